/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures and public keys: what is read is written byte by byte again. */
#include "codec/der.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes der = bytes_of(data, size);
	enum der_curve curve = DER_K256;
	uint8_t pair[64];
	uint8_t signature[DER_ECDSA_MAX];
	uint8_t key[DER_SPKI_MAX];

	if (!der_get_ecdsa(pair, der)) {
		size_t len = der_put_ecdsa(signature, pair);

		fuzz_check(bytes_equal_var(bytes_of(signature, len), der));
	}
	if (!der_get_spki(&curve, pair, der)) {
		size_t len = der_put_spki(key, curve, pair);

		fuzz_check(bytes_equal_var(bytes_of(key, len), der));
	}
	return 0;
}
