/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authenticator data and the object around it: the parts that were read make
 * up all of the input, and a registration is also in the form of an
 * assertion.
 */
#include "codec/attestation.h"
#include "codec/auth_data.h"
#include "codec/cose_key.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define FIXED_LEN 37
#define KEY_LEN	  77 /* of every P-256 key, as no head may be longer */

static void check_fixed(const struct auth_data *a, struct bytes data)
{
	uint32_t count = 0;

	fuzz_check(data.len >= FIXED_LEN && data.len <= AUTH_DATA_MAX);
	fuzz_check(!memcmp(a->rp_id_hash, data.ptr, 32));
	fuzz_check(a->flags == data.ptr[32]);
	for (size_t i = 33; i < FIXED_LEN; i++)
		count = count << 8 | data.ptr[i];
	fuzz_check(a->sign_count == count);
	fuzz_check(!a->extensions.ptr == !(a->flags & AUTH_DATA_ED));
	if (a->extensions.ptr)
		fuzz_check(a->extensions.ptr + a->extensions.len ==
			   data.ptr + data.len);
}

static void check_assertion(struct bytes data)
{
	struct auth_data a = { 0 };

	if (auth_data_get_assertion(&a, data))
		return;
	check_fixed(&a, data);
	fuzz_check(!a.credential_id.ptr);
	if (!(a.flags & (AUTH_DATA_AT | AUTH_DATA_ED)))
		fuzz_check(data.len == FIXED_LEN);
	if (!(a.flags & AUTH_DATA_AT))
		fuzz_check(data.len == FIXED_LEN + a.extensions.len);
}

static void check_attested(struct bytes data)
{
	struct auth_data a = { 0 };
	struct auth_data same = { 0 };
	struct bytes id = { 0 };
	struct bytes key = { 0 };
	uint8_t pub[64];
	size_t used = 0;

	if (auth_data_get_attested(&a, data))
		return;
	check_fixed(&a, data);
	id = a.credential_id;
	fuzz_check(!memcmp(a.aaguid, data.ptr + FIXED_LEN, 16));
	fuzz_check(id.ptr == data.ptr + FIXED_LEN + 18 && id.len);
	fuzz_check(id.len == ((size_t)id.ptr[-2] << 8 | id.ptr[-1]));
	fuzz_check(data.len ==
		   FIXED_LEN + 18 + id.len + KEY_LEN + a.extensions.len);
	key = bytes_of(id.ptr + id.len, KEY_LEN);
	fuzz_check(!cose_key_p256(pub, &used, key) && used == KEY_LEN);
	fuzz_check(!memcmp(pub, a.pub, sizeof(pub)));
	fuzz_check(!auth_data_get_assertion(&same, data));
	fuzz_check(bytes_equal_var(same.extensions, a.extensions));
}

static void check_object(struct bytes object)
{
	struct attestation at = { 0 };

	if (attestation_get(&at, object))
		return;
	/* Besides the three values there are heads and names only. */
	fuzz_check(at.statement.len && at.statement.ptr[0] >> 5 == 5);
	fuzz_check(object.len >
		   at.format.len + at.statement.len + at.auth_data.len + 21);
	fuzz_check(object.len <= at.format.len + at.statement.len +
					 at.auth_data.len + 21 + 6);
	check_assertion(at.auth_data);
	check_attested(at.auth_data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	check_assertion(in);
	check_attested(in);
	check_object(in);
	return 0;
}
