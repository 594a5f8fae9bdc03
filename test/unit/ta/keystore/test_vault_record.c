/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/keystore/vault_record.h"

#include "test/property/check.h"

#include <string.h>

static void entropy_comes_back_and_nothing_else_is_taken(void **state)
{
	uint8_t body[VAULT_RECORD_LEN];
	struct secret32 entropy;
	struct secret32 got;

	(void)state;
	memset(&entropy, 0xe7, sizeof(entropy));
	for (size_t at = 0; at < sizeof(body); at++) {
		bool inside = at >= 8 && at < 40;

		vault_record_encode(body, &entropy);
		assert_ok(vault_record_decode(&got, body));
		assert_memory_equal(&got, &entropy, sizeof(got));
		body[at] ^= 0x80;
		assert_rc(vault_record_decode(&got, body),
			  inside ? KMS_RC_OK : KMS_RC_DECODE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entropy_comes_back_and_nothing_else_is_taken),
	};

	return cmocka_run_group_tests_name("vault_record", tests, NULL, NULL);
}
