/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gp_internal - what the files of the GP layer share with each other
 */

#ifndef KMS_TA_POSIX_GP_INTERNAL_H
#define KMS_TA_POSIX_GP_INTERNAL_H

#include "common/bytes.h"
#include "common/secret.h"
#include "ta/posix/gp/gp.h"
#include "ta/posix/gp/gp_control.h"
#include "ta/posix/gp/tee_internal_api_extensions.h"

/* It may say so here; the dev kit's declaration does not. */
/* NOLINTNEXTLINE(readability-redundant-declaration) */
void TEE_Panic(TEE_Result panicCode) __attribute__((noreturn));

#define GP_HANDLES_MAX	 256
#define GP_INSTANCES_MAX 64
#define GP_NAME_MAX	 (2 + 2 * TEE_OBJECT_ID_MAX_LEN + 1)
#define GP_KEY_BITS	 256
#define GP_AAD_MAX	 256

/* One object where it is kept; all but the name is the store's own. */
struct gp_file {
	char name[GP_NAME_MAX];
	int fd;		     /* file store; -1: none */
	unsigned int entry;  /* memory store */
	unsigned int newest; /* slot that holds the newest content */
	uint64_t seq;
	bool even;    /* both slots hold it */
	bool settled; /* and both are on the disk */
};

/*
 * Where objects are kept. A store sees one call at a time. shared: the file
 * may be open elsewhere too, for reading. Results are those of the GP calls.
 */
struct gp_store {
	TEE_Result (*open)(struct gp_file *f, bool shared);
	TEE_Result (*create)(struct gp_file *f, bool shared, bool overwrite,
			     struct bytes data, enum gp_fault fault);
	/* Sets *len; buf takes GP_OBJECT_MAX bytes. */
	TEE_Result (*load)(struct gp_file *f, uint8_t *buf, size_t *len);
	TEE_Result (*save)(struct gp_file *f, struct bytes data,
			   enum gp_fault fault);
	TEE_Result (*remove)(struct gp_file *f);
	void (*close)(struct gp_file *f);
};

extern const struct gp_store gp_store_file;
extern const struct gp_store gp_store_memory;

struct gp_device {
	const struct gp_store *store;
	int state_dir;
	bool rpmb;
	TEE_UUID uuid;
	struct secret32 key;
};

extern struct gp_device gp_device;

/* A key in a transient object or an operation. */
struct gp_key {
	uint8_t d[32]; /* private value, or the AES key */
	uint8_t x[32];
	uint8_t y[32];
};

struct gp_pobj;

struct __TEE_ObjectHandle {
	bool used;
	unsigned int instance;
	TEE_ObjectInfo info;
	struct gp_pobj *pobj; /* persistent: storage.c */
	struct gp_key key;    /* transient: object.c */
};

/* A free handle, all zero but used and instance, or NULL. */
TEE_ObjectHandle gp_object_take(void);
void gp_object_give(TEE_ObjectHandle object);
/* Panics unless it is a live handle of this instance. */
void gp_object_check(TEE_ObjectHandle object);

void gp_pobj_give(struct gp_pobj *pobj);

/* Closed and wiped, as when the instance dies. */
void gp_objects_drop(unsigned int instance);
void gp_operations_drop(unsigned int instance);

/* HMAC-SHA-256(device key, label | 0 | SHA-256(a | b)). */
void gp_device_derive(struct secret32 *out, const char *label, struct bytes a,
		      struct bytes b);
/* Random bytes of the TEE itself; panics rather than fail. */
void gp_random(void *out, size_t len);

/* Every table of handles and the storage behind one lock. */
void gp_lock(void);
void gp_unlock(void);
/* For a jump out of the TEE, wherever it was. */
void gp_unlock_if_held(void);

/* OpenSSL's objects of one P-256 operation; NULL without memory. */
struct gp_engine;
struct gp_engine *gp_engine_new(void) KMS_MUST_USE;
void gp_engine_free(struct gp_engine **e);
/* False: the public key is no point, or the private one out of range. */
bool gp_p256_set(struct gp_engine *e, const struct gp_key *key, bool private);
void gp_p256_generate(struct gp_key *key);
/* sig is r | s. */
bool gp_p256_sign(struct gp_engine *e, uint8_t sig[64], struct bytes digest);
bool gp_p256_verify(struct gp_engine *e, const uint8_t sig[64],
		    struct bytes digest);

/* ct is as long as plain. */
void gp_gcm_seal(uint8_t *ct, uint8_t tag[16], const uint8_t key[32],
		 const uint8_t nonce[12], struct bytes aad, struct bytes plain);
/* Writes ct.len bytes; false, and zeroes, when the tag is wrong. */
bool gp_gcm_open(uint8_t *plain, const uint8_t key[32], const uint8_t nonce[12],
		 struct bytes aad, struct bytes ct, const uint8_t tag[16]);

/* Fetches the algorithms of OpenSSL once. NO_MEMORY. */
enum kms_rc gp_crypto_open(void) KMS_MUST_USE;
void gp_crypto_close(void);

#ifdef KMS_TA_TEST_HOOKS
unsigned int gp_instance(void);
/* Counts the call; meets CUT_BEFORE itself and returns any other fault. */
enum gp_fault gp_enter(enum gp_call call);
/* Meets CUT_DURING and CUT_AFTER. */
void gp_leave(enum gp_fault fault);
void gp_stop(bool power_cut, TEE_Result panic_code) __attribute__((noreturn));
bool gp_clock_read(TEE_Time *time);
uint32_t gp_clock_get_level(void);
void gp_tape(void *bytes, size_t len, void (*source)(void *, size_t));
void gp_aead_note(const uint8_t key[32], const void *nonce, size_t nonce_len);
void gp_heap_note(void);
void gp_rpmb_note(size_t at, size_t changed, size_t len);
#else
static inline unsigned int gp_instance(void)
{
	return 0;
}

static inline enum gp_fault gp_enter(enum gp_call call)
{
	(void)call;
	return GP_FAULT_NONE;
}

static inline void gp_leave(enum gp_fault fault)
{
	(void)fault;
}
#endif

#endif /* KMS_TA_POSIX_GP_INTERNAL_H */
