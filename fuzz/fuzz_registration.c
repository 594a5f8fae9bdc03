/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whatever the strict reader takes, libcbor reads as the same; what it does
 * not take is refused, whatever libcbor thinks of it.
 */
#include "codec/attestation.h"
#include "fuzz/fuzz.h"
#include "host/service/registration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes object = bytes_of(data, size);
	struct attestation at = { 0 };
	struct auth_data auth = { 0 };
	struct registration r = { 0 };
	enum kms_rc rc = registration_read(&r, object);

	if (attestation_get(&at, object) ||
	    auth_data_get_attested(&auth, at.auth_data)) {
		fuzz_check(rc);
		return 0;
	}
	fuzz_check(!rc);
	fuzz_check(bytes_equal_var(r.auth_data, at.auth_data));
	fuzz_check(bytes_equal_var(bytes_of(r.auth.pub, 64),
				   bytes_of(auth.pub, 64)));
	return 0;
}
