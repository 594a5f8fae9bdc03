/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/attestation.h"
#include "host/service/registration.h"
#include "test/unit/codec/webauthn_vectors.h"
#include "test/unit/hex.h"
#include "test/unit/seed.h"

#include <stdio.h>

static uint8_t sample[ATTESTATION_MAX];

static struct bytes read_hex(const char *hex)
{
	return bytes_of(sample, from_hex(sample, sizeof(sample), hex));
}

static void published_registrations_are_read(void **state)
{
	struct registration r = { 0 };

	(void)state;
	assert_int_equal(registration_read(&r, read_hex(W3C_NONE_OBJECT)), 0);
	assert_hex(r.auth.credential_id.ptr, r.auth.credential_id.len,
		   W3C_NONE_ID);
	assert_hex(r.auth.pub, 64, W3C_NONE_X W3C_NONE_Y);
	assert_hex(r.auth_data.ptr, r.auth_data.len, W3C_NONE_AUTH_DATA);
	assert_int_equal(registration_read(&r, read_hex(W3C_SELF_OBJECT)), 0);
	assert_hex(r.auth.credential_id.ptr, r.auth.credential_id.len,
		   W3C_SELF_ID);
}

static void the_library_alone_reads_the_same(void **state)
{
	static const char *const texts[] = { W3C_NONE_OBJECT, W3C_SELF_OBJECT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct bytes in = read_hex(texts[i]);
		struct registration r = { 0 };
		struct bytes auth_data = { 0 };
		uint8_t pub[64];

		assert_int_equal(registration_read(&r, in), 0);
		assert_int_equal(registration_read_cbor(pub, &auth_data, in),
				 0);
		assert_memory_equal(pub, r.auth.pub, sizeof(pub));
		assert_ptr_equal(auth_data.ptr, r.auth_data.ptr);
		assert_int_equal(auth_data.len, r.auth_data.len);
	}
}

/*
 * Whatever is broken, the two never read different keys: what the strict
 * reader takes the library reads as the same.
 */
static void broken_ones_are_never_read_in_two_ways(void **state)
{
	struct prng p = prng_start();
	unsigned int taken = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct bytes in =
			read_hex(i % 2 ? W3C_NONE_OBJECT : W3C_SELF_OBJECT);
		struct attestation at = { 0 };
		struct auth_data auth = { 0 };
		struct registration r = { 0 };
		size_t at_byte = prng_below(&p, in.len);

		sample[at_byte] ^= (uint8_t)(1u << prng_below(&p, 8));
		if (attestation_get(&at, in) ||
		    auth_data_get_attested(&auth, at.auth_data)) {
			assert_int_not_equal(registration_read(&r, in), 0);
			continue;
		}
		assert_int_equal(registration_read(&r, in), 0);
		assert_memory_equal(r.auth.pub, auth.pub, sizeof(auth.pub));
		taken++;
	}
	/* Ids, hashes and coordinates may be anything. */
	assert_true(taken > 1000);
}

static void cut_off_objects_are_refused(void **state)
{
	struct bytes in = read_hex(W3C_NONE_OBJECT);
	struct registration r = { 0 };
	struct bytes auth_data = { 0 };
	uint8_t pub[64];

	(void)state;
	for (size_t len = 0; len < in.len; len++) {
		struct bytes cut = bytes_of(in.ptr, len);

		assert_int_equal(registration_read(&r, cut),
				 KMS_RC_AUTH_FORMAT);
		assert_int_not_equal(
			registration_read_cbor(pub, &auth_data, cut), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_registrations_are_read),
		cmocka_unit_test(the_library_alone_reads_the_same),
		cmocka_unit_test(broken_ones_are_never_read_in_two_ways),
		cmocka_unit_test(cut_off_objects_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
