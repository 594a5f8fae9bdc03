/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpmb_keep - keeps tee-supplicant's emulated RPMB across power cuts
 *
 * Debian's tee-supplicant emulates the RPMB partition in a variable, so it is
 * lost with the process. Preloaded into it, this restores that variable from
 * $RPMB_IMAGE when it starts, and writes what changed before an answer goes
 * back to OP-TEE. A real device is untouched by this: it is for the test guest.
 *
 * Image: header at 0, journal at 4096, data at 8192. A change is journalled
 * first, so that data and write counter change together, as on a device.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <linux/tee.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BLOCK		  256
#define BLOCK_COUNT	  1024
#define JOURNAL_OFFSET	  4096
#define DATA_OFFSET	  8192
#define JOURNAL_BLOCK_MAX 12
#define MAGIC		  0x314b4d4252504d52ull

/* As tee-supplicant's rpmb.c declares it (RPMB_EMU). */
struct rpmb_emu {
	uint8_t buf[BLOCK_COUNT * BLOCK];
	size_t size;
	uint8_t key[32];
	bool key_set;
	uint8_t nonce[16];
	uint32_t write_counter;
	struct {
		uint16_t msg_type;
		uint16_t op_result;
		uint16_t address;
	} last_op;
};

struct meta {
	uint64_t magic;
	uint32_t write_counter;
	uint32_t key_set;
	uint8_t key[32];
};

struct journal {
	struct meta meta;
	uint32_t block_count;
	uint32_t block_no[JOURNAL_BLOCK_MAX];
	uint8_t block[JOURNAL_BLOCK_MAX][BLOCK];
	uint64_t checksum;
};

_Static_assert(sizeof(struct journal) <= DATA_OFFSET - JOURNAL_OFFSET,
	       "the journal fits between header and data");

static struct rpmb_emu *emu;
static struct meta kept;
static uint8_t shadow[BLOCK_COUNT * BLOCK];
static int image = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what)
{
	fprintf(stderr, "rpmb_keep: %s\n", what);
	_exit(1);
}

static void put(const void *buf, size_t len, off_t at)
{
	if (pwrite(image, buf, len, at) != (ssize_t)len)
		fail("cannot write the image");
}

/* Returns whether it could be read completely. */
static bool get(void *buf, size_t len, off_t at)
{
	return pread(image, buf, len, at) == (ssize_t)len;
}

/* FNV-1a: it has to notice a torn write, not an attacker. */
static uint64_t checksum(const struct journal *j)
{
	const uint8_t *p = (const uint8_t *)j;
	uint64_t h = 0xcbf29ce484222325ull;
	size_t i = 0;

	for (i = 0; i < offsetof(struct journal, checksum); i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

static void apply(const struct journal *j)
{
	uint32_t i = 0;

	for (i = 0; i < j->block_count; i++)
		put(j->block[i], BLOCK, DATA_OFFSET + j->block_no[i] * BLOCK);
	put(&j->meta, sizeof(j->meta), 0);
}

static struct meta meta_of_emu(void)
{
	struct meta m = { .magic = MAGIC,
			  .write_counter = emu->write_counter,
			  .key_set = emu->key_set };

	memcpy(m.key, emu->key, sizeof(m.key));
	return m;
}

static void save(void)
{
	static struct journal j;
	struct meta m = meta_of_emu();
	uint32_t i = 0;

	if (!memcmp(&m, &kept, sizeof(m)) &&
	    !memcmp(shadow, emu->buf, sizeof(shadow)))
		return;
	memset(&j, 0, sizeof(j));
	j.meta = m;
	for (i = 0; i < BLOCK_COUNT; i++) {
		if (!memcmp(shadow + i * BLOCK, emu->buf + i * BLOCK, BLOCK))
			continue;
		/* One request of OP-TEE writes one block at a time. */
		if (j.block_count == JOURNAL_BLOCK_MAX)
			fail("more blocks changed at once than expected");
		j.block_no[j.block_count] = i;
		memcpy(j.block[j.block_count++], emu->buf + i * BLOCK, BLOCK);
		memcpy(shadow + i * BLOCK, emu->buf + i * BLOCK, BLOCK);
	}
	j.checksum = checksum(&j);
	put(&j, sizeof(j), JOURNAL_OFFSET);
	apply(&j);
	kept = m;
}

static void restore(void)
{
	static struct journal j;

	if (!get(&j, sizeof(j), JOURNAL_OFFSET) ||
	    !get(&kept, sizeof(kept), 0) ||
	    !get(shadow, sizeof(shadow), DATA_OFFSET))
		fail("the image is too small");
	if (j.meta.magic == MAGIC && j.checksum == checksum(&j) &&
	    j.block_count <= JOURNAL_BLOCK_MAX) {
		apply(&j);
		if (!get(&kept, sizeof(kept), 0) ||
		    !get(shadow, sizeof(shadow), DATA_OFFSET))
			fail("cannot read the image back");
	}
	if (kept.magic != MAGIC)
		return; /* a new image: an RPMB without key */
	memcpy(emu->buf, shadow, sizeof(shadow));
	memcpy(emu->key, kept.key, sizeof(kept.key));
	emu->key_set = kept.key_set;
	emu->write_counter = kept.write_counter;
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return !*p && !memcmp(p, p + 1, len - 1);
}

/*
 * The variable has no symbol any more, but a shape: 256 KiB of zeros, then
 * their size, then a key that is not set. Only the program itself (the first
 * object) is searched, and exactly one match is accepted.
 */
static int find_emu(struct dl_phdr_info *info, size_t size, void *arg)
{
	const uint8_t *at = NULL;
	uintptr_t start = 0;
	size_t off = 0;
	int i = 0;

	(void)size;
	(void)arg;
	for (i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type != PT_LOAD || !(ph->p_flags & PF_W))
			continue;
		start = info->dlpi_addr + ph->p_vaddr;
		start = (start + 7) & ~(uintptr_t)7;
		for (off = 0; off + sizeof(*emu) <= ph->p_memsz; off += 8) {
			struct rpmb_emu *e = (struct rpmb_emu *)(start + off);

			at = (const uint8_t *)e;
			if (e->size != sizeof(e->buf) ||
			    !is_zero(at, sizeof(e->buf)) ||
			    !is_zero(e->key, sizeof(e->key)))
				continue;
			if (emu)
				fail("found two RPMB emulations");
			emu = e;
		}
	}
	return 1;
}

__attribute__((constructor)) static void start(void)
{
	const char *path = getenv("RPMB_IMAGE");

	if (!path)
		return;
	dl_iterate_phdr(find_emu, NULL);
	if (!emu)
		fail("this tee-supplicant has no RPMB emulation as known");
	image = open(path, O_RDWR | O_DSYNC | O_CLOEXEC);
	if (image < 0)
		fail("cannot open the image");
	restore();
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, ...);
	void *arg = NULL;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	pthread_mutex_lock(&lock);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "ioctl");
	/* OP-TEE must not learn of a write that a power cut could undo. */
	if (emu && request == TEE_IOC_SUPPL_SEND)
		save();
	pthread_mutex_unlock(&lock);
	return next(fd, request, arg);
}
