/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_path.h"
#include "test/unit/hex.h"
#include "test/unit/seed.h"

static enum kms_rc get(struct eth_path *path, const char *text)
{
	return eth_path_get(path, bytes_of_text(text));
}

static void the_two_numbers_are_read(void **state)
{
	struct eth_path path = { 0 };

	(void)state;
	assert_int_equal(get(&path, "m/44'/60'/0'/0/0"), 0);
	assert_int_equal(path.account, 0);
	assert_int_equal(path.index, 0);
	assert_int_equal(get(&path, "m/44'/60'/0'/1/20"), 0);
	assert_int_equal(path.account, 1);
	assert_int_equal(path.index, 20);
	assert_int_equal(get(&path, "m/44'/60'/0'/2147483647/2147483647"), 0);
	assert_int_equal(path.account, 0x7fffffff);
	assert_int_equal(path.index, 0x7fffffff);
}

static void every_other_text_is_refused(void **state)
{
	static const char *const refused[] = {
		"",
		"m",
		"m/",
		"m/44'/60'/0'",
		"m/44'/60'/0'/",
		"m/44'/60'/0'/0",
		"m/44'/60'/0'/0/",
		"m/44'/60'/0'//0",
		"m/44'/60'/0'/0//0",
		"m/44'/60'/0'/0/0/",
		"m/44'/60'/0'/0/0/0",
		"/44'/60'/0'/0/0",
		"44'/60'/0'/0/0",
		"M/44'/60'/0'/0/0",
		" m/44'/60'/0'/0/0",
		"m/44'/60'/0'/0/0 ",
		"m/44'/60'/0'/0/0\n",
		"m/44'/60'/0'/ 0/0",
		"m/44'/60'/0'/0 /0",
		"m/44h/60h/0h/0/0",
		"m/44H/60H/0H/0/0",
		"m/44'/60'/0h/0/0",
		"m/44/60/0/0/0",
		"m/44''/60'/0'/0/0",
		"m/44'/60'/0'/0'/0",
		"m/44'/60'/0'/0/0'",
		"m/44'/60'/0'/0h/0",
		"m/44'/60'/1'/0/0",
		"m/44'/61'/0'/0/0",
		"m/45'/60'/0'/0/0",
		"m/044'/60'/0'/0/0",
		"m/44'/60'/00'/0/0",
		"m/44'/60'/0'/00/0",
		"m/44'/60'/0'/0/00",
		"m/44'/60'/0'/01/0",
		"m/44'/60'/0'/0/01",
		"m/44'/60'/0'/+1/0",
		"m/44'/60'/0'/0/+1",
		"m/44'/60'/0'/-1/0",
		"m/44'/60'/0'/0/-0",
		"m/44'/60'/0'/0x1/0",
		"m/44'/60'/0'/1e1/0",
		"m/44'/60'/0'/2147483648/0",
		"m/44'/60'/0'/0/2147483648",
		"m/44'/60'/0'/4294967296/0",
		"m/44'/60'/0'/0/18446744073709551616",
		"m/44'/60'/0'/0/99999999999999999999999999999999999999",
	};
	static const char text[] = "m/44'/60'/0'/0/0";
	struct eth_path path = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (get(&path, refused[i]) != KMS_RC_BAD_INPUT)
			fail_msg("accepted: %s", refused[i]);
	/* with its NUL */
	assert_int_equal(eth_path_get(&path, bytes_of(text, sizeof(text))),
			 KMS_RC_BAD_INPUT);
	assert_int_equal(eth_path_get(&path, (struct bytes){ 0 }),
			 KMS_RC_BAD_INPUT);
}

static void a_path_survives_writing_and_reading(void **state)
{
	struct prng p = prng_start();

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct eth_path path = {
			.account = (uint32_t)(prng_next(&p) >>
					      (33 + prng_below(&p, 31))),
			.index = (uint32_t)(prng_next(&p) >>
					    (33 + prng_below(&p, 31))),
		};
		struct eth_path back = { 0 };
		char want[64];
		char text[ETH_PATH_LEN + 1];
		size_t len = eth_path_put(text, &path);

		snprintf(want, sizeof(want), "m/44'/60'/0'/%u/%u", path.account,
			 path.index);
		assert_string_equal(text, want);
		assert_int_equal(len, strlen(want));
		assert_int_equal(get(&back, text), 0);
		assert_memory_equal(&back, &path, sizeof(path));
	}
}

static void the_longest_path_fits(void **state)
{
	const struct eth_path path = { 0x7fffffff, 0x7fffffff };
	char text[ETH_PATH_LEN + 1];

	(void)state;
	assert_int_equal(eth_path_put(text, &path), ETH_PATH_LEN);
	assert_string_equal(text, "m/44'/60'/0'/2147483647/2147483647");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_two_numbers_are_read),
		cmocka_unit_test(every_other_text_is_refused),
		cmocka_unit_test(a_path_survives_writing_and_reading),
		cmocka_unit_test(the_longest_path_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
