/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pta_system - the one service of OP-TEE's system pseudo TA that we use
 *
 * PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY: memref 0 in, extra data that the key is
 * bound to; memref 1 out, the key, whose size the caller chooses.
 */

#ifndef PTA_SYSTEM_H
#define PTA_SYSTEM_H

#define PTA_SYSTEM_UUID                                                \
	{                                                              \
		0x3a2f8978, 0x5dc0, 0x11e8,                            \
		{                                                      \
			0x9c, 0x2d, 0xfa, 0x7a, 0xe0, 0x1b, 0xbe, 0xbc \
		}                                                      \
	}

#define PTA_SYSTEM_DERIVE_TA_UNIQUE_KEY 1

#define TA_DERIVED_KEY_MIN_SIZE	       16
#define TA_DERIVED_KEY_MAX_SIZE	       32
#define TA_DERIVED_EXTRA_DATA_MAX_SIZE 1024

#endif /* PTA_SYSTEM_H */
