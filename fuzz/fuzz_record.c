/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed record as the database gives it back: an accepted header is
 * written again byte by byte, and the leaf depends on all of the blob.
 */
#include "abi/record.h"
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t other[ABI_BLOB_MAX];
	struct record_header h = { 0 };
	uint8_t header[RECORD_HEADER_LEN];
	uint8_t leaf[SHA256_LEN];
	uint8_t changed[SHA256_LEN];

	if (size > sizeof(other) || record_get_header(&h, bytes_of(data, size)))
		return 0;
	record_put_header(header, &h);
	fuzz_check(bytes_equal_var(bytes_of(header, sizeof(header)),
				   bytes_of(data, sizeof(header))));
	record_leaf(leaf, bytes_of(data, size));
	memcpy(other, data, size);
	other[size - 1] ^= 1;
	record_leaf(changed, bytes_of(other, size));
	fuzz_check(!bytes_equal_var(bytes_of(leaf, sizeof(leaf)),
				    bytes_of(changed, sizeof(changed))));
	return 0;
}
