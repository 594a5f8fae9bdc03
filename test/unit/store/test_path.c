/* SPDX-License-Identifier: Apache-2.0 */
#include "host/store/path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_path(const struct store_path_sources *from, const char *want)
{
	char path[STORE_PATH_MAX] = { 0 };

	assert_int_equal(store_path_resolve(path, sizeof(path), from),
			 KMS_RC_OK);
	assert_string_equal(path, want);
}

static void the_first_source_wins(void **state)
{
	struct store_path_sources from = { .db = "/a/b.db",
					   .env = "/e/e.db",
					   .system_dir = "/" };

	(void)state;
	assert_path(&from, "/a/b.db");
	from.db = NULL;
	from.state_dir = "/s";
	assert_path(&from, "/s/kms.db");
	from.state_dir = NULL;
	assert_path(&from, "/e/e.db");
	from.env_dir = "/d";
	assert_path(&from, "/e/e.db");
	from.env = "";
	assert_path(&from, "/d/kms.db");
	from.env_dir = "";
	assert_path(&from, "//kms.db");
	from.system_dir = "/no/such/folder";
	assert_path(&from, "./kms.db");
	/* A file is no folder. */
	from.system_dir = "/proc/self/exe";
	assert_path(&from, "./kms.db");
}

static void doubtful_options_are_refused(void **state)
{
	char path[16] = { 0 };
	const struct store_path_sources bad[] = {
		{ .db = "a", .state_dir = "b" },
		{ .db = "" },
		{ .state_dir = "" },
		{ .db = "0123456789abcdef" },
		{ .state_dir = "0123456789" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(
			store_path_resolve(path, sizeof(path), &bad[i]),
			KMS_RC_BAD_INPUT);
}

static void the_folder_of_the_database_is_the_state_folder(void **state)
{
	static const char *const rows[][2] = {
		{ "/a/b/kms.db", "/a/b" }, { "./kms.db", "." },
		{ "kms.db", "." },	   { "/kms.db", "/" },
		{ "a/kms.db", "a" },
	};
	char folder[8] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(
			store_path_folder(folder, sizeof(folder), rows[i][0]),
			KMS_RC_OK);
		assert_string_equal(folder, rows[i][1]);
	}
	assert_int_equal(
		store_path_folder(folder, sizeof(folder), "/a/b/c/d/e"),
		KMS_RC_BAD_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_source_wins),
		cmocka_unit_test(doubtful_options_are_refused),
		cmocka_unit_test(
			the_folder_of_the_database_is_the_state_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
