/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/service/relying_party.h"

#include <stdio.h>
#include <string.h>

/* 65 characters */
#define TOO_LONG                                       \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaa.example"

static struct relying_party rp;

static enum kms_rc read(const char *ids, const char *origins)
{
	const char *why = NULL;
	enum kms_rc rc = relying_party_read(&rp, ids, "name", origins, &why);

	assert_true(!rc == !why);
	return rc;
}

static void assert_chosen(const char *origin, const char *want)
{
	assert_string_equal(relying_party_choose(&rp, bytes_of_text(origin)),
			    want);
}

static void lists_are_read_without_their_blanks(void **state)
{
	(void)state;
	assert_int_equal(read("a.example, localhost ,b.example",
			      "https://a.example , http://localhost:*"),
			 0);
	assert_int_equal(rp.count, 3);
	assert_string_equal(rp.ids[1], "localhost");
	assert_string_equal(rp.ids[2], "b.example");
	assert_string_equal(rp.origins, "https://a.example,http://localhost:*");
	assert_string_equal(rp.name, "name");
}

static void origins_follow_from_the_first_id(void **state)
{
	(void)state;
	assert_int_equal(read("a.example,localhost", NULL), 0);
	assert_string_equal(rp.origins, "https://a.example");
	assert_int_equal(read("localhost", NULL), 0);
	assert_string_equal(rp.origins, "http://localhost:*");
	assert_int_equal(read(NULL, NULL), 0);
	assert_int_equal(rp.count, 0);
	assert_string_equal(rp.origins, "");
}

static void what_is_no_domain_is_refused(void **state)
{
	static const char *const ids[] = {
		",",	       "a.example,",  "https://a.example",
		"a.example:1", "*.example",   "A.example",
		"a b",	       "a.example/x", "a,b,c,d,e,f,g,h,i",
		TOO_LONG,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		if (read(ids[i], NULL) != KMS_RC_CONFIG)
			fail_msg("accepted: %s", ids[i]);
}

static void what_is_no_origin_is_refused(void **state)
{
	static const char *const origins[] = {
		",",	     "a.example",	   "https://",
		"https://*", "https://a.*",	   "https://a.example/",
		"*",	     "https://a.example,", "https://A.example",
	};
	char longest[400] = "";
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(origins); i++)
		if (read("a.example", origins[i]) != KMS_RC_CONFIG)
			fail_msg("accepted: %s", origins[i]);
	/* 14 of 17 characters and 13 commas are 251. */
	for (int i = 0; i < 14; i++)
		len += (size_t)snprintf(longest + len, sizeof(longest) - len,
					"%shttps://a.example", i ? "," : "");
	assert_int_equal(len, 251);
	assert_int_equal(read("a.example", longest), 0);
	snprintf(longest + len, sizeof(longest) - len, ",a:b");
	assert_int_equal(read("a.example", longest), KMS_RC_CONFIG);
	snprintf(longest + len, sizeof(longest) - len, ",https://a.example");
	assert_int_equal(read("a.example", longest), KMS_RC_CONFIG);
}

static void a_page_gets_the_domain_it_is_in(void **state)
{
	(void)state;
	assert_int_equal(read("a.example,b.example,localhost", NULL), 0);
	assert_chosen("https://b.example", "b.example");
	assert_chosen("https://x.y.b.example:8443", "b.example");
	assert_chosen("http://localhost:3000", "localhost");
	/* Whether these may is judged later. */
	assert_chosen("https://evil.test", "a.example");
	assert_chosen("https://notb.example", "a.example");
	assert_chosen("null", "a.example");
	assert_chosen("", "a.example");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_are_read_without_their_blanks),
		cmocka_unit_test(origins_follow_from_the_first_id),
		cmocka_unit_test(what_is_no_domain_is_refused),
		cmocka_unit_test(what_is_no_origin_is_refused),
		cmocka_unit_test(a_page_gets_the_domain_it_is_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
