/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Objects as files: two slots of 4 KiB that hold the same content.
 *
 * A write goes to one slot and to the disk, and only then to the other: a
 * power cut in the middle leaves the old content whole there, and a bit that
 * flips later costs one copy, not a step back to the content before. Writing
 * in place keeps the inode, and with it the lock that other processes see.
 *
 * slot: magic u32 | len u32 | seq u64 | nonce 12 | 0 u32 | ciphertext | tag 16
 */
#include "gp_internal.h"

#include "common/endian.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT_MAGIC 0x4f474b54u /* "TKGO" */
#define SLOT_LEN   4096
#define HEADER_LEN 32
#define NONCE_AT   16
#define NONCE_LEN  12
#define TAG_LEN	   16
#define OPEN_TRIES 16

static_assert(HEADER_LEN + GP_OBJECT_MAX + TAG_LEN == SLOT_LEN, "it fits");

/* Under the lock of storage. */
static uint8_t slot[SLOT_LEN];
static uint8_t other[GP_OBJECT_MAX];

static TEE_Result errno_result(void)
{
	switch (errno) {
	case ENOENT:
		return TEE_ERROR_ITEM_NOT_FOUND;
	case EEXIST:
	case EWOULDBLOCK:
		return TEE_ERROR_ACCESS_CONFLICT;
	case ENOSPC:
	case EDQUOT:
		return TEE_ERROR_STORAGE_NO_SPACE;
	case ENOMEM:
		return TEE_ERROR_OUT_OF_MEMORY;
	default:
		return TEE_ERROR_STORAGE_NOT_AVAILABLE;
	}
}

static bool same_inode(int fd, const char *name)
{
	struct stat by_fd = { 0 };
	struct stat by_name = { 0 };

	return !fstat(fd, &by_fd) &&
	       !fstatat(gp_device.state_dir, name, &by_name,
			AT_SYMLINK_NOFOLLOW) &&
	       by_fd.st_dev == by_name.st_dev && by_fd.st_ino == by_name.st_ino;
}

/* Between open() and flock() the name may have got another file: try again. */
static TEE_Result open_and_lock(struct gp_file *f, bool shared)
{
	int how = (shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
	unsigned int i = 0;

	for (i = 0; i < OPEN_TRIES; i++) {
		f->fd = openat(gp_device.state_dir, f->name,
			       O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (f->fd < 0)
			return errno_result();
		if (flock(f->fd, how))
			return errno_result();
		if (same_inode(f->fd, f->name))
			return TEE_SUCCESS;
		close(f->fd);
		f->fd = -1;
	}
	return TEE_ERROR_ACCESS_CONFLICT;
}

/* CORRUPT_OBJECT: the file ends before; any other failure is the disk's. */
static TEE_Result read_all(int fd, uint8_t *buf, size_t len, off_t at)
{
	ssize_t n = 0;

	while (len) {
		n = pread(fd, buf, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return TEE_ERROR_STORAGE_NOT_AVAILABLE;
		if (!n)
			return TEE_ERROR_CORRUPT_OBJECT;
		buf += n;
		len -= (size_t)n;
		at += n;
	}
	return TEE_SUCCESS;
}

static bool write_all(int fd, const uint8_t *buf, size_t len, off_t at)
{
	ssize_t n = 0;

	while (len) {
		n = pwrite(fd, buf, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf += n;
		len -= (size_t)n;
		at += n;
	}
	return true;
}

static void object_key(struct secret32 *key, const struct gp_file *f)
{
	gp_device_derive(key, "object", bytes_of_text(f->name),
			 bytes_of(NULL, 0));
}

static void build_slot(const struct gp_file *f, struct bytes data, uint64_t seq)
{
	struct secret32 key = { 0 };

	memset(slot, 0, sizeof(slot));
	le32_put(slot, SLOT_MAGIC);
	le32_put(slot + 4, (uint32_t)data.len);
	le64_put(slot + 8, seq);
	gp_random(slot + NONCE_AT, NONCE_LEN);
	object_key(&key, f);
	gp_gcm_seal(slot + HEADER_LEN, slot + HEADER_LEN + data.len, key.b,
		    slot + NONCE_AT, bytes_of(slot, HEADER_LEN), data);
	secret_wipe(&key, sizeof(key));
}

/* CORRUPT_OBJECT: torn, forged, or of another object. */
static TEE_Result read_slot(const struct gp_file *f, unsigned int which,
			    uint8_t *buf, size_t *len, uint64_t *seq)
{
	struct secret32 key = { 0 };
	bool good = false;
	uint32_t n = 0;
	TEE_Result res =
		read_all(f->fd, slot, sizeof(slot), (off_t)which * SLOT_LEN);

	if (res)
		return res;
	n = le32_get(slot + 4);
	if (le32_get(slot) != SLOT_MAGIC || n > GP_OBJECT_MAX)
		return TEE_ERROR_CORRUPT_OBJECT;
	object_key(&key, f);
	good = gp_gcm_open(
		buf, key.b, slot + NONCE_AT, bytes_of(slot, HEADER_LEN),
		bytes_of(slot + HEADER_LEN, n), slot + HEADER_LEN + n);
	secret_wipe(&key, sizeof(key));
	*len = n;
	*seq = le64_get(slot + 8);
	return good ? TEE_SUCCESS : TEE_ERROR_CORRUPT_OBJECT;
}

static bool is_disk_error(TEE_Result res)
{
	return res && res != TEE_ERROR_CORRUPT_OBJECT;
}

/*
 * A slot that the disk does not give may hold the newest content, so the other
 * one must not stand in for it; and what is CORRUPT_OBJECT gets deleted.
 */
static TEE_Result file_load(struct gp_file *f, uint8_t *buf, size_t *len)
{
	uint64_t seq[2] = { 0 };
	size_t lens[2] = { 0 };
	TEE_Result first = read_slot(f, 0, buf, &lens[0], &seq[0]);
	TEE_Result second = read_slot(f, 1, other, &lens[1], &seq[1]);
	bool good[2] = { !first, !second };
	TEE_Result res = TEE_ERROR_STORAGE_NOT_AVAILABLE;

	if (is_disk_error(first) || is_disk_error(second))
		goto out;
	res = TEE_ERROR_CORRUPT_OBJECT;
	if (!good[0] && !good[1])
		goto out;
	f->newest = good[1] && (!good[0] || seq[1] > seq[0]);
	f->even = good[0] && good[1] && seq[0] == seq[1];
	f->seq = seq[f->newest];
	*len = lens[f->newest];
	if (f->newest)
		memcpy(buf, other, *len);
	res = TEE_SUCCESS;
out:
	secret_wipe(other, sizeof(other));
	return res;
}

static TEE_Result put_slot(const struct gp_file *f, unsigned int which)
{
	return write_all(f->fd, slot, sizeof(slot), (off_t)which * SLOT_LEN)
		       ? TEE_SUCCESS
		       : errno_result();
}

/* The power goes with the data half written and the old tag in its place. */
static void tear(const struct gp_file *f, unsigned int which,
		 enum gp_fault fault)
{
	size_t len = HEADER_LEN + le32_get(slot + 4) / 2;

	if (write_all(f->fd, slot, len, (off_t)which * SLOT_LEN))
		gp_leave(fault);
}

/*
 * Before the first write: after a kill or a power cut the copies may differ,
 * or wait in the page cache, so the newest one is made twofold and durable.
 */
static TEE_Result settle(struct gp_file *f)
{
	TEE_Result res = TEE_SUCCESS;

	if (f->settled)
		return res;
	if (!f->even) {
		res = read_all(f->fd, slot, sizeof(slot),
			       (off_t)f->newest * SLOT_LEN);
		if (!res)
			res = put_slot(f, !f->newest);
	}
	if (!res && fdatasync(f->fd))
		res = errno_result();
	f->settled = !res;
	return res;
}

/* The caller has load()ed. */
static TEE_Result file_save(struct gp_file *f, struct bytes data,
			    enum gp_fault fault)
{
	unsigned int first = !f->newest;
	TEE_Result res = settle(f);

	if (res)
		goto out;
	build_slot(f, data, f->seq + 1);
	if (fault == GP_FAULT_CUT_DURING)
		tear(f, first, fault);
	res = put_slot(f, first);
	if (!res && fdatasync(f->fd))
		res = errno_result();
	if (res)
		goto out;
	f->seq++;
	f->newest = first;
	if (fault == GP_FAULT_CUT_AFTER)
		tear(f, !first, fault);
	/*
	 * Not waited for: the next write begins with this slot, when the other
	 * one has long been safe.
	 */
	res = put_slot(f, !first);
out:
	secret_wipe(slot, sizeof(slot));
	return res;
}

static TEE_Result file_open(struct gp_file *f, bool shared)
{
	return open_and_lock(f, shared);
}

static TEE_Result fill_new(struct gp_file *f, struct bytes data,
			   enum gp_fault fault)
{
	TEE_Result res = TEE_SUCCESS;

	build_slot(f, data, 1);
	if (fault == GP_FAULT_CUT_DURING)
		tear(f, 0, fault);
	res = put_slot(f, 0);
	if (!res)
		res = put_slot(f, 1);
	if (!res && fsync(f->fd))
		res = errno_result();
	return res;
}

static TEE_Result publish(const struct gp_file *f, const char *temporary,
			  bool overwrite)
{
	int dir = gp_device.state_dir;

	if (renameat2(dir, temporary, dir, f->name,
		      overwrite ? 0 : RENAME_NOREPLACE) ||
	    fsync(dir))
		return errno_result();
	return TEE_SUCCESS;
}

/*
 * The new file is locked before it gets its name, and an old one of that name
 * until it has lost it.
 */
static TEE_Result file_create(struct gp_file *f, bool shared, bool overwrite,
			      struct bytes data, enum gp_fault fault)
{
	struct gp_file fresh = *f;
	TEE_Result res = TEE_SUCCESS;
	char temporary[24] = { 0 };

	if (overwrite && f->fd < 0) {
		res = open_and_lock(f, false);
		if (res && res != TEE_ERROR_ITEM_NOT_FOUND)
			return res;
		res = TEE_SUCCESS;
	}
	snprintf(temporary, sizeof(temporary), "t-%ld", (long)getpid());
	unlinkat(gp_device.state_dir, temporary, 0);
	fresh.fd = openat(gp_device.state_dir, temporary,
			  O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fresh.fd < 0)
		return errno_result();
	if (flock(fresh.fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB))
		res = errno_result();
	if (!res)
		res = fill_new(&fresh, data, fault);
	if (!res)
		res = publish(&fresh, temporary, overwrite);
	secret_wipe(slot, sizeof(slot));
	if (res) {
		close(fresh.fd);
		unlinkat(gp_device.state_dir, temporary, 0);
		return res;
	}
	if (f->fd >= 0)
		close(f->fd);
	*f = fresh;
	f->seq = 1;
	f->newest = 0;
	f->even = true;
	f->settled = true;
	return TEE_SUCCESS;
}

static TEE_Result file_remove(struct gp_file *f)
{
	int dir = gp_device.state_dir;

	if (!same_inode(f->fd, f->name))
		return TEE_ERROR_ITEM_NOT_FOUND;
	if (unlinkat(dir, f->name, 0) || fsync(dir))
		return errno_result();
	return TEE_SUCCESS;
}

static void file_close(struct gp_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

const struct gp_store gp_store_file = {
	.open = file_open,
	.create = file_create,
	.load = file_load,
	.save = file_save,
	.remove = file_remove,
	.close = file_close,
};
