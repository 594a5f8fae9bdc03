/* SPDX-License-Identifier: Apache-2.0 */
/*
 * count_malloc - counts what a program takes from the heap, while it runs
 *
 * Preloaded into teekmsd. The count is the first eight bytes of the file that
 * BENCH_MALLOC_COUNT names, so that whoever measures can read it at any time.
 * Built on glibc's own names, because dlsym() allocates.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static _Atomic uint64_t before_start;
static _Atomic uint64_t *count = &before_start;

/* The TA's process inherits the environment and is not counted. */
__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("BENCH_MALLOC_COUNT");
	int fd = -1;
	void *at = MAP_FAILED;

	if (!path || strcmp(program_invocation_short_name, "teekmsd") != 0)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	at = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		  0);
	if (at != MAP_FAILED)
		count = at;
	(void)close(fd);
}

void *malloc(size_t size)
{
	atomic_fetch_add(count, 1);
	return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	atomic_fetch_add(count, 1);
	return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
	atomic_fetch_add(count, 1);
	return __libc_realloc(old, size);
}
