/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TA under an honest host: what must work before anything is attacked.
 */
#include "test/property/check.h"

#include "test/property/host_model.h"
#include "test/property/world.h"

#include <string.h>

static struct instance one;
static struct host host;

static int setup(void **state)
{
	(void)state;
	world_open(true);
	instance_start(&one, 1);
	host_init(&host, instance_send, &one, 0);
	assert_ok(host_provision(&host, 4, (struct bytes){ 0 }));
	assert_ok(host_recover(&host, false));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	instance_stop(&one);
	world_close();
	return 0;
}

static void check_signature(const struct host_key *key,
			    const uint8_t digest[32],
			    const struct host_signature *s)
{
	if (key->spec == KEY_SPEC_SECP256K1)
		assert_ok(k256_verify(&one.ta.crypto.k256, s->sig, digest,
				      key->public_key));
	else
		assert_ok(p256_verify(&one.ta.crypto.p256, s->sig, digest,
				      key->public_key));
}

static void a_created_key_signs(void **state)
{
	static const uint8_t specs[] = { KEY_SPEC_SECP256K1, KEY_SPEC_P256 };
	static const uint8_t digest[32] = { 1, 2, 3 };
	struct host_signature s = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(specs); i++) {
		struct host_op op = host_create(specs[i]);

		assert_ok(host_apply(&host, &op, 1));
		assert_ok(host_sign(&host, i, digest, &s));
		check_signature(&host.db.keys[i], digest, &s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_created_key_signs, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
