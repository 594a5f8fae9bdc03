/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 8
#define ARGS_MAX  3

static struct {
	char words[WORDS_MAX][32];
	const char *name;
	const char *db;
	bool json;
	const char *args[ARGS_MAX];
	int count;
} got;

/* Splits a line at blanks and parses it; the first word is the command. */
static bool parse(const char *line)
{
	const struct option_spec specs[] = {
		{ .name = "--name", .value = &got.name },
		{ .name = "--db", .value = &got.db },
		{ .name = "--json", .flag = &got.json },
		{ 0 },
	};
	char *argv[WORDS_MAX + 1] = { 0 };
	int argc = 0;

	memset(&got, 0, sizeof(got));
	while (*line) {
		size_t len = strcspn(line, " ");

		memcpy(got.words[argc], line, len);
		argv[argc] = got.words[argc];
		argc++;
		line += len + (line[len] == ' ');
	}
	return options_parse(specs, argc, argv, got.args, ARGS_MAX, &got.count);
}

static void options_stand_anywhere(void **state)
{
	(void)state;
	assert_true(parse("cmd one --name x --json two --db=y"));
	assert_string_equal(got.name, "x");
	assert_string_equal(got.db, "y");
	assert_true(got.json);
	assert_int_equal(got.count, 2);
	assert_string_equal(got.args[0], "one");
	assert_string_equal(got.args[1], "two");
	assert_true(parse("cmd"));
	assert_int_equal(got.count, 0);
	assert_null(got.name);
	assert_false(got.json);
}

static void two_dashes_end_options(void **state)
{
	(void)state;
	assert_true(parse("cmd --json -- --name -x"));
	assert_null(got.name);
	assert_int_equal(got.count, 2);
	assert_string_equal(got.args[0], "--name");
	assert_string_equal(got.args[1], "-x");
}

static void a_value_with_a_dash_needs_the_equals_sign(void **state)
{
	(void)state;
	assert_false(parse("cmd --name --json"));
	assert_false(parse("cmd --name -x"));
	assert_true(parse("cmd --name=--json"));
	assert_string_equal(got.name, "--json");
	assert_false(got.json);
	assert_true(parse("cmd --name=a=b"));
	assert_string_equal(got.name, "a=b");
	assert_true(parse("cmd --name="));
	assert_string_equal(got.name, "");
}

static void mistakes_are_refused(void **state)
{
	static const char *const lines[] = {
		"cmd --nam x",
		"cmd --names x",
		"cmd -n x",
		"cmd -",
		"cmd --name",
		"cmd --json=1",
		"cmd --json=",
		"cmd --name a --name b",
		"cmd one two three four",
		"cmd --",
		"cmd --=x",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		bool fine = !strcmp(lines[i], "cmd --");

		if (parse(lines[i]) != fine)
			fail_msg("%s", lines[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(two_dashes_end_options),
		cmocka_unit_test(a_value_with_a_dash_needs_the_equals_sign),
		cmocka_unit_test(mistakes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
