/* SPDX-License-Identifier: Apache-2.0 */
#include "host/transport/ring_map.h"

#include "common/mem.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static bool map_memory(struct ring_map *m)
{
	size_t size = ring_size(m->channels);
	void *base = NULL;

	m->fd = memfd_create("teekms-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (m->fd < 0 || ftruncate(m->fd, (off_t)size) ||
	    fcntl(m->fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return false;
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd, 0);
	if (base == MAP_FAILED)
		return false;
	m->header = base;
	m->header->magic = RING_MAGIC;
	m->header->channels = m->channels;
	return true;
}

enum kms_rc ring_map_new(struct ring_map **map, unsigned int channels)
{
	struct ring_map *m = mem_zalloc(1, sizeof(*m));

	*map = m;
	if (!m)
		return KMS_RC_NO_MEMORY;
	atomic_store(&m->holders, 1);
	m->fd = -1;
	m->channels = channels;
	if (map_memory(m))
		return KMS_RC_OK;
	ring_map_drop(map);
	return KMS_RC_NO_MEMORY;
}

void ring_map_close_fd(struct ring_map *map)
{
	if (map->fd >= 0)
		close(map->fd);
	map->fd = -1;
}

struct ring_map *ring_map_hold(struct ring_map *map)
{
	if (map)
		atomic_fetch_add(&map->holders, 1);
	return map;
}

void ring_map_drop(struct ring_map **map)
{
	struct ring_map *m = *map;

	*map = NULL;
	if (!m || atomic_fetch_sub(&m->holders, 1) != 1)
		return;
	if (m->header)
		munmap(m->header, ring_size(m->channels));
	ring_map_close_fd(m);
	mem_free(m);
}
