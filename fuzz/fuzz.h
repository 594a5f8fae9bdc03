/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz - what a target is: one entry, and a property that must hold
 *
 * libFuzzer calls the entry with what it invents, replay.c with the corpus.
 */

#ifndef KMS_FUZZ_H
#define KMS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Like assert(), but never compiled out. */
#define fuzz_check(condition)                                                  \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, \
				__LINE__, #condition);                         \
			abort();                                               \
		}                                                              \
	} while (0)

#endif /* KMS_FUZZ_H */
