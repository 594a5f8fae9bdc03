/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/uuid.h"
#include "test/unit/hex.h"
#include "test/unit/seed.h"

static bool get(uint8_t uuid[UUID_LEN], const char *text)
{
	return uuid_get(uuid, bytes_of_text(text));
}

/* The example of version 4 in RFC 9562, A.3. */
static void the_text_of_the_standard_goes_both_ways(void **state)
{
	static const char text[] = "919108f7-52d1-4320-9bac-f847db4148a8";
	uint8_t uuid[UUID_LEN] = { 0 };
	uint8_t want[UUID_LEN];
	char again[UUID_TEXT_LEN + 1];

	(void)state;
	from_hex(want, sizeof(want), "919108f752d143209bacf847db4148a8");
	assert_true(get(uuid, text));
	assert_memory_equal(uuid, want, sizeof(want));
	uuid_put(again, uuid);
	assert_string_equal(again, text);
	uuid_mark_random(uuid);
	assert_memory_equal(uuid, want, sizeof(want));
}

static void every_other_text_is_refused(void **state)
{
	static const char *const refused[] = {
		"",
		"919108f7-52d1-4320-9bac-f847db4148a",
		"919108f7-52d1-4320-9bac-f847db4148a80",
		"919108F7-52d1-4320-9bac-f847db4148a8",
		"919108f7-52d1-4320-9bac-f847db4148aG",
		"919108f7052d1-4320-9bac-f847db4148a8",
		"919108f75-2d1-4320-9bac-f847db4148a8",
		"919108f7-52d1-4320-9bac_f847db4148a8",
		"{19108f7-52d1-4320-9bac-f847db4148a}",
		"919108f752d143209bacf847db4148a8",
	};
	uint8_t uuid[UUID_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (get(uuid, refused[i]))
			fail_msg("accepted: %s", refused[i]);
	/* with its NUL */
	assert_false(
		uuid_get(uuid, bytes_of("919108f7-52d1-4320-9bac-f847db4148a8",
					UUID_TEXT_LEN + 1)));
}

static void random_bytes_become_version_4(void **state)
{
	uint8_t uuid[UUID_LEN];
	char text[UUID_TEXT_LEN + 1];

	(void)state;
	for (int i = 0; i < 256; i++) {
		memset(uuid, i, sizeof(uuid));
		uuid_mark_random(uuid);
		uuid_put(text, uuid);
		assert_int_equal(text[14], '4');
		assert_non_null(strchr("89ab", text[19]));
		assert_int_equal(uuid[0], i);
		assert_int_equal(uuid[15], i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_of_the_standard_goes_both_ways),
		cmocka_unit_test(every_other_text_is_refused),
		cmocka_unit_test(random_bytes_become_version_4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
