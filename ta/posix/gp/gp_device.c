/* SPDX-License-Identifier: Apache-2.0 */
#include "gp_internal.h"

#include "common/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE_KEY "device.key"
#define LABEL_MAX  32
#define TRACE_MAX  256

struct gp_device gp_device;

void trace_printf(const char *func, int line, int level, const char *fmt, ...)
{
	static const char letters[] = "?EID";
	char text[TRACE_MAX] = { 0 };
	va_list args;
	size_t at = 0;
	int n = 0;

	n = snprintf(text, sizeof(text), "%c/TA: %s:%d ", letters[level & 3],
		     func, line);
	at += n > 0 ? (size_t)n : 0;
	if (at > sizeof(text) - 1)
		at = sizeof(text) - 1;
	va_start(args, fmt);
	/* The analyser overlooks va_start(). */
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	n = vsnprintf(text + at, sizeof(text) - at, fmt, args);
	va_end(args);
	at += n > 0 ? (size_t)n : 0;
	if (at > sizeof(text) - 1)
		at = sizeof(text) - 1;
	text[at] = '\n';
	if (write(STDERR_FILENO, text, at + 1) < 0)
		return; /* nobody reads the trace */
}

void gp_device_derive(struct secret32 *out, const char *label, struct bytes a,
		      struct bytes b)
{
	uint8_t msg[LABEL_MAX + SHA256_LEN] = { 0 };
	size_t label_len = strlen(label) + 1;
	struct sha256 s = { 0 };
	unsigned int len = 0;

	if (label_len > LABEL_MAX)
		TEE_Panic(TEE_ERROR_BAD_PARAMETERS);
	memcpy(msg, label, label_len);
	sha256_init(&s);
	sha256_update(&s, a.ptr, a.len);
	sha256_update(&s, b.ptr, b.len);
	sha256_final(&s, msg + label_len);
	if (!HMAC(EVP_sha256(), gp_device.key.b, sizeof(gp_device.key.b), msg,
		  label_len + SHA256_LEN, out->b, &len) ||
	    len != sizeof(out->b))
		TEE_Panic(TEE_ERROR_OUT_OF_MEMORY);
}

/* A key that others could read, or that is not ours, is no key. */
static enum kms_rc load_key(struct secret32 *key, int dir)
{
	enum kms_rc rc = KMS_RC_STORAGE;
	struct secret32 probe = { 0 };
	struct stat st = { 0 };
	struct stat owner = { 0 };
	int fd = -1;

	fd = openat(dir, DEVICE_KEY, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		rc = errno == ENOENT ? KMS_RC_NOT_FOUND : KMS_RC_STORAGE;
		goto out;
	}
	/* In a user namespace of its own a process does not see its own uid,
	 * so the key is compared with the directory it stands in. */
	if (fstat(dir, &owner) || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    (st.st_mode & 077) || st.st_uid != owner.st_uid ||
	    st.st_size != sizeof(key->b))
		goto out;
	if (read(fd, probe.b, sizeof(probe.b)) != sizeof(probe.b) ||
	    ct_is_zero(probe.b, sizeof(probe.b)))
		goto out;
	*key = probe;
	rc = KMS_RC_OK;
out:
	if (fd >= 0)
		close(fd);
	secret_wipe(&probe, sizeof(probe));
	return rc;
}

/*
 * Several processes may start at once on an empty directory: each writes its
 * own file, and the rename lets one of them win.
 */
static enum kms_rc make_key(int dir)
{
	enum kms_rc rc = KMS_RC_STORAGE;
	struct secret32 fresh = { 0 };
	char name[sizeof(DEVICE_KEY) + 16] = { 0 };
	int fd = -1;

	if (getrandom(fresh.b, sizeof(fresh.b), 0) != sizeof(fresh.b)) {
		rc = KMS_RC_ENTROPY;
		goto out;
	}
	snprintf(name, sizeof(name), DEVICE_KEY ".%ld", (long)getpid());
	unlinkat(dir, name, 0); /* of a process that was killed here */
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		goto out;
	if (write(fd, fresh.b, sizeof(fresh.b)) != sizeof(fresh.b) || fsync(fd))
		goto out;
	if (renameat2(dir, name, dir, DEVICE_KEY, RENAME_NOREPLACE) &&
	    errno != EEXIST)
		goto out;
	rc = fsync(dir) ? KMS_RC_STORAGE : KMS_RC_OK;
out:
	if (fd >= 0) {
		close(fd);
		unlinkat(dir, name, 0);
	}
	secret_wipe(&fresh, sizeof(fresh));
	return rc;
}

enum kms_rc gp_posix_open(const struct gp_config *cfg)
{
	enum kms_rc rc = KMS_RC_STORAGE;

	gp_device = (struct gp_device){
		.store = &gp_store_file,
		.state_dir = cfg->state_dir,
		.rpmb = cfg->rpmb,
		.uuid = cfg->uuid,
	};
	rc = load_key(&gp_device.key, cfg->state_dir);
	if (rc == KMS_RC_NOT_FOUND) {
		rc = make_key(cfg->state_dir);
		if (!rc)
			rc = load_key(&gp_device.key, cfg->state_dir);
	}
	if (!rc)
		rc = gp_crypto_open();
	if (rc)
		gp_posix_close();
	return rc == KMS_RC_NOT_FOUND ? KMS_RC_STORAGE : rc;
}

void gp_posix_close(void)
{
	unsigned int i = 0;

	for (i = 0; i < GP_INSTANCES_MAX; i++) {
		gp_operations_drop(i);
		gp_objects_drop(i);
	}
	gp_crypto_close();
	secret_wipe(&gp_device, sizeof(gp_device));
}
