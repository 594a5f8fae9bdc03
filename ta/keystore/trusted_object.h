/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trusted_object - one small object in the TEE's trusted storage
 *
 * Owns:      the choice of storage (RPMB where the TEE has it) and the
 *            handle, held open and exclusive as long as the object is served.
 * Promises:  a write is whole or absent after a power cut: at most 232 bytes,
 *            so that object and file header share one 256-byte RPMB block.
 *            A missing object is an error and never made up for.
 */

#ifndef KMS_TA_KEYSTORE_TRUSTED_OBJECT_H
#define KMS_TA_KEYSTORE_TRUSTED_OBJECT_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define TRUSTED_OBJECT_MAX 232

struct trusted_object {
	void *handle; /* TEE_ObjectHandle, NULL when closed */
};

/* True when the storage in use detects rollback; level: GP's figure. */
bool trusted_storage_is_strong(void);
uint32_t trusted_storage_level(void);

/*
 * Opens exclusively and reads exactly len bytes. NOT_FOUND, IN_USE (another
 * instance holds it), STORAGE (everything else; TEE storage is then unusable).
 */
enum kms_rc trusted_object_open(struct trusted_object *o, const char *id,
				void *data, size_t len) KMS_MUST_USE;
/* Reads without keeping it open; several readers may. As above. */
enum kms_rc trusted_object_read(const char *id, void *data,
				size_t len) KMS_MUST_USE;
/* Makes the object; EXISTS when there is one. Not kept open. */
enum kms_rc trusted_object_create(const char *id, const void *data,
				  size_t len) KMS_MUST_USE;
/* Replaces the content of an open object. STORAGE: old or new is there. */
enum kms_rc trusted_object_write(struct trusted_object *o, const void *data,
				 size_t len) KMS_MUST_USE;
void trusted_object_close(struct trusted_object *o);

#endif /* KMS_TA_KEYSTORE_TRUSTED_OBJECT_H */
