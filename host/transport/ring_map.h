/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring_map - the shared memory of one life of a worker
 *
 * Owns:      the memfd and its mapping, for as long as anybody holds it.
 * Promises:  its size is sealed, so no side can make the other one fault.
 * Threads:   hold and drop are thread safe.
 */

#ifndef KMS_HOST_TRANSPORT_RING_MAP_H
#define KMS_HOST_TRANSPORT_RING_MAP_H

#include "abi/ring.h"
#include "common/attr.h"
#include "common/kms_rc.h"

struct ring_map {
	atomic_uint holders;
	unsigned int channels;
	int fd; /* until ring_map_close_fd() */
	struct ring_header *header;
};

/* Gives the map to its first holder. NO_MEMORY. */
enum kms_rc ring_map_new(struct ring_map **map,
			 unsigned int channels) KMS_MUST_USE;
void ring_map_close_fd(struct ring_map *map);

/* Accepts and gives NULL. */
struct ring_map *ring_map_hold(struct ring_map *map);
void ring_map_drop(struct ring_map **map);

#endif /* KMS_HOST_TRANSPORT_RING_MAP_H */
