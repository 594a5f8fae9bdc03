/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsecp256k1 as one translation unit, for the process and the OP-TEE image.
 *
 * The sources are the pinned Debian package's, never a copy of ours. Table
 * sizes were measured, see k256.c. Messages of the library are diagnostics of
 * misuse alone and are compiled out; the two callbacks that end the program
 * are secp256k1_panic.c's in the TA and secp256k1_abort.c's elsewhere.
 */
#define USE_EXTERNAL_DEFAULT_CALLBACKS 1
#define ENABLE_MODULE_RECOVERY	       1
#define ECMULT_WINDOW_SIZE	       8
#define COMB_BLOCKS		       43
#define COMB_TEETH		       6
#include <stdio.h>
#define fprintf(...) ((void)0)
#include "src/secp256k1.c"

#include "src/precomputed_ecmult.c"
#include "src/precomputed_ecmult_gen.c"
