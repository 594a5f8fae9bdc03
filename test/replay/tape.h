/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tape - the same TEE for every build of the TA, in a test
 *
 * The linker puts it between the TA and the TEE (--wrap, see wraps.list), in
 * the Linux build and in the OP-TEE image alike, so that no code of the TA
 * knows of it. Randomness, P-256 keys, time, the device key and failures of
 * storage are what the tape says; everything else is the TEE's own. An image
 * with it says ABI_BUILD_TEST in INFO and has a name, and so objects and keys,
 * of its own.
 */

#ifndef KMS_TEST_TAPE_H
#define KMS_TEST_TAPE_H

#include <stdint.h>

/* Every byte of the device key of all traces. */
#define TAPE_DEVICE_KEY	 0xd5
#define TAPE_PAIRS_MAX	 16
#define TAPE_LITERAL_MAX 256

/* Commands of the tape; p0 is a memref, everything little-endian. */
enum tape_cmd {
	/* struct tape_start and up to TAPE_PAIRS_MAX pairs: starts the TA,
	 * which refuses (SELFTEST) before; once in an instance */
	TAPE_START = 0xffff0000u,
	/* bytes: the next of the generator, before it goes on */
	TAPE_RANDOM,
	/* u64: milliseconds, and there time stands still */
	TAPE_CLOCK,
	/* u32 enum tape_call, u32 nth: that call of it fails, once; 0: none */
	TAPE_FAIL,
	/* u32 enum k256_fault, u32 bit */
	TAPE_GLITCH,
	/* u32: known answer that is wrong from now on; ~0: none */
	TAPE_BREAK,
};

enum tape_call {
	TAPE_CALL_OPEN,
	TAPE_CALL_CREATE,
	TAPE_CALL_READ,
	TAPE_CALL_WRITE,
	TAPE_CALLS,
};

struct tape_pair {
	uint8_t key[32];
	uint8_t x[32];
	uint8_t y[32];
};

struct tape_start {
	uint8_t device_key[32];
	uint8_t seed[32];
};

#endif /* KMS_TEST_TAPE_H */
