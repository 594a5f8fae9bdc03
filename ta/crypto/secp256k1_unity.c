/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libsecp256k1 as one translation unit, for the process and the OP-TEE image.
 *
 * The sources are the pinned Debian package's, never a copy of ours. Messages
 * of the library are diagnostics of misuse alone and are compiled out; the two
 * callbacks that end the program are secp256k1_panic.c's in the TA and
 * secp256k1_abort.c's elsewhere.
 *
 * Tables, measured on x86-64, gcc 12: signing with a comb of 22 KiB takes 23.8
 * us, with 86 KiB 23.2, with 2 KiB 26.5. Recovery, the check after it, takes
 * 41.1 us with a window of 8 (8 KiB), 42.4 with 6, 37.8 with 15 (1 MiB). Small
 * ones it is: secure memory is scarce and caches are shared.
 */
#define USE_EXTERNAL_DEFAULT_CALLBACKS 1
#define ENABLE_MODULE_RECOVERY	       1
#define ECMULT_WINDOW_SIZE	       8
#define COMB_BLOCKS		       11
#define COMB_TEETH		       6
#include <stdio.h>
#define fprintf(...) ((void)0)
#include "src/secp256k1.c"

#include "src/precomputed_ecmult.c"
#include "src/precomputed_ecmult_gen.c"
