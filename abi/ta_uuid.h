/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ta_uuid - the name of the trusted application
 *
 * Random (RFC 4122 version 4), made once. TA_UUID initialises a TEE_UUID and
 * a TEEC_UUID alike; the image of the TA is TA_UUID_TEXT with ".ta" behind.
 * An image with test hooks has a name of its own, and so other objects and
 * other keys; no server looks for it.
 */

#ifndef KMS_ABI_TA_UUID_H
#define KMS_ABI_TA_UUID_H

/* clang-format off */
#define TA_UUID                                                                \
	{                                                                      \
		0xb3e0affd, 0x37f8, 0x45db,                                    \
		{                                                              \
			0x82, 0xf0, 0xb7, 0x74,                                \
			0xca, 0x5f, 0x6c, 0xe7                                 \
		}                                                              \
	}
#define TA_TEST_UUID                                                           \
	{                                                                      \
		0xa7c8b157, 0xc166, 0x4775,                                    \
		{                                                              \
			0x96, 0xb7, 0x6e, 0x0e,                                \
			0x91, 0xb2, 0x0b, 0xe9                                 \
		}                                                              \
	}
/* clang-format on */

#define TA_UUID_TEXT	  "b3e0affd-37f8-45db-82f0-b774ca5f6ce7"
#define TA_TEST_UUID_TEXT "a7c8b157-c166-4775-96b7-6e0e91b20be9"

#endif /* KMS_ABI_TA_UUID_H */
