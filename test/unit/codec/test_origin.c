/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/origin.h"
#include "common/attr.h"
#include "test/unit/codec/exact.h"

#define LABEL63 \
	"abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0"

static bool is_pattern(const char *pattern)
{
	struct bytes p = exact_text(pattern);
	bool ok = origin_pattern_ok(p);

	exact_free(&p);
	return ok;
}

static bool matches(const char *pattern, const char *origin)
{
	struct bytes p = exact_text(pattern);
	struct bytes o = exact_text(origin);
	bool match = origin_matches_var(p, o);

	exact_free(&o);
	exact_free(&p);
	return match;
}

static const char *const origins[] = {
	"https://example.org",
	"https://a.example.org",
	"https://a-b.c.example.org",
	"https://xn--bcher-kva.example",
	"https://example.org:8443",
	"https://example.org:80",
	"https://example.org:1",
	"https://example.org:65535",
	"http://localhost",
	"http://localhost:5173",
	"http://localhost:443",
	"https://1.example.org",
	"https://" LABEL63 ".org",
	"chrome-extension://abcdefghijklmnopabcdefghijklmnop",
	"android:apk-key-hash:-sYXRdwJA3hvue3mKpYrOZ9zSPC7b4mbgzJmdZEDO5w",
	"android:apk-key-hash:XA/+e5WnFxtwQzWk2+HqA4lr3d0",
	"android:apk-key-hash-sha256:AAAA",
	"ios:bundle-id:org.example.Wallet-2",
};

static const char *const malformed[] = {
	"",
	"null",
	"*",
	"https",
	"https:",
	"https:/",
	"https://",
	"://example.org",
	"//example.org",
	"example.org",
	"https:example.org",
	"https:/example.org",
	"https:///example.org",
	"https://example.org/",
	"https://example.org/path",
	"https://example.org?q",
	"https://example.org#f",
	"https://example.org.",
	"https://.example.org",
	"https://example..org",
	"https://-a.example.org",
	"https://a-.example.org",
	"https://example.org-",
	"https://a_b.example.org",
	"https://Example.org",
	"HTTPS://example.org",
	"https://example.ORG",
	"https://ex\xc3\xa4mple.org",
	"https://ex%61mple.org",
	"https://user@example.org",
	"https://user:pw@example.org",
	"https://example.org@evil.example",
	"https://example.org\\evil",
	"https://[::1]",
	"https://[::1]:8443",
	" https://example.org",
	"https://example.org ",
	"https://exa mple.org",
	"https://example.org\n",
	"https://example.org:",
	"https://example.org:0",
	"https://example.org:00",
	"https://example.org:08443",
	"https://example.org:65536",
	"https://example.org:99999",
	"https://example.org:100000",
	"https://example.org:18446744073709551617",
	"https://example.org:-1",
	"https://example.org:+1",
	"https://example.org:8443:1",
	"https://example.org:84a3",
	"https://example.org:8443/",
	"https://example.org:https",
	/* browsers leave these out */
	"https://example.org:443",
	"http://example.org:80",
	"1https://example.org",
	"-https://example.org",
	"ht tps://example.org",
	"ht*ps://example.org",
	"https://" LABEL63 "1.org",
	"android:apk-key-hash:",
	"android:apk-key-hash",
	"android:apk-key-hash:A A",
	"android:apk-key-hash:A\"",
	"android:other:AAAA",
	"android:",
	"ios:bundle-id:",
	"ios:bundle-id:org.example:x",
	"ios:bundle-id:org.ex\xc3\xa4mple",
	"ios:other:org.example",
};

static void an_origin_is_a_pattern_for_itself_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(origins); i++) {
		assert_true(is_pattern(origins[i]));
		for (size_t j = 0; j < ARRAY_LEN(origins); j++)
			assert_int_equal(matches(origins[i], origins[j]),
					 i == j);
	}
}

static void malformed_origins_match_nothing(void **state)
{
	(void)state;
	assert_true(ARRAY_LEN(malformed) > 60);
	for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
		if (is_pattern(malformed[i]) ||
		    matches(malformed[i], malformed[i]))
			fail_msg("accepted: %s", malformed[i]);
		assert_false(matches("https://*.example.org:*", malformed[i]));
		assert_false(matches("https://example.org", malformed[i]));
		assert_false(matches(malformed[i], "https://example.org"));
	}
}

static void a_zero_byte_is_no_end(void **state)
{
	static const char *const texts[] = {
		"https://example.org",
		"https://example.org:8443",
		"ios:bundle-id:org.example",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		for (size_t at = 0; at <= strlen(texts[i]); at++) {
			char text[64] = { 0 };
			struct bytes b = bytes_of(text, strlen(texts[i]) + 1);

			memcpy(text, texts[i], at);
			memcpy(text + at + 1, texts[i] + at, b.len - 1 - at);
			assert_false(origin_pattern_ok(b));
		}
	}
}

static void other_patterns_are_refused(void **state)
{
	static const char *const patterns[] = {
		"https://*",
		"https://*.",
		"https://*.org",
		"https://*:8443",
		"https://*:*",
		"https://**.example.org",
		"https://*a.example.org",
		"https://a*.example.org",
		"https://*-a.example.org",
		"https://a.*.org",
		"https://a.*.example.org",
		"https://*.*.example.org",
		"https://example.*",
		"https://example.org*",
		"https://*example.org",
		"*://example.org",
		"https://example.org:8*",
		"https://example.org:*8",
		"https://example.org:**",
		"https://example.org:*/",
		"https://*.example.org:443",
		"https://*.example.org.",
		"https://*..example.org",
		"https://*.Example.org",
		"https://*.localhost.",
		"android:apk-key-hash:*",
		"ios:bundle-id:org.example.*",
		"android:*",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
		if (is_pattern(patterns[i]) ||
		    matches(patterns[i], patterns[i]) ||
		    matches(patterns[i], "https://a.example.org"))
			fail_msg("accepted: %s", patterns[i]);
	}
}

static void a_star_stands_for_whole_labels(void **state)
{
	static const char pattern[] = "https://*.example.org";

	(void)state;
	assert_true(is_pattern(pattern));
	assert_true(matches(pattern, "https://a.example.org"));
	assert_true(matches(pattern, "https://a.b.example.org"));
	assert_true(matches(pattern, "https://a.b.c-d.1.example.org"));
	assert_true(matches(pattern, "https://example.org.example.org"));
	assert_false(matches(pattern, "https://example.org"));
	assert_false(matches(pattern, "https://.example.org"));
	assert_false(matches(pattern, "https://aexample.org"));
	assert_false(matches(pattern, "https://a-example.org"));
	assert_false(matches(pattern, "https://a.example.org.evil.example"));
	assert_false(matches(pattern, "https://evil.example/.example.org"));
	assert_false(matches(pattern, "https://evil.example#.example.org"));
	assert_false(matches(pattern, "https://evil@a.example.org"));
	assert_false(matches(pattern, "http://a.example.org"));
	assert_false(matches(pattern, "https://a.example.org:8443"));
	assert_false(matches(pattern, "https://*.example.org"));
	assert_true(
		matches("http://*.localhost:3000", "http://a.localhost:3000"));
}

static void a_star_stands_for_a_written_port(void **state)
{
	static const char pattern[] = "http://localhost:*";

	(void)state;
	assert_true(is_pattern(pattern));
	assert_true(matches(pattern, "http://localhost:5173"));
	assert_true(matches(pattern, "http://localhost:1"));
	assert_true(matches(pattern, "http://localhost:65535"));
	assert_false(matches(pattern, "http://localhost"));
	assert_false(matches(pattern, "http://localhost:"));
	assert_false(matches(pattern, "http://localhost:80"));
	assert_false(matches(pattern, "http://localhost:*"));
	assert_false(matches(pattern, "https://localhost:5173"));
	assert_false(matches(pattern, "http://a.localhost:5173"));
	assert_false(matches(pattern, "http://localhost.evil.example:5173"));
	assert_false(matches(pattern, "http://localhost:5173@evil.example"));
	assert_true(matches("https://*.example.org:*",
			    "https://a.example.org:8443"));
	assert_false(
		matches("https://*.example.org:*", "https://a.example.org"));
}

static void hosts_have_253_bytes_at_most(void **state)
{
	char text[400];
	int len = snprintf(text, sizeof(text), "https://%s.%s.%s.%s", LABEL63,
			   LABEL63, LABEL63, LABEL63);

	(void)state;
	assert_int_equal(len, 8 + 255);
	assert_false(is_pattern(text));
	text[8 + 253] = '\0';
	assert_true(is_pattern(text));
}

static void the_host_of_a_web_origin_is_given(void **state)
{
	struct bytes host = { 0 };
	struct bytes o = exact_text("https://a.example.org:8443");

	(void)state;
	assert_true(origin_host(&host, o));
	assert_true(bytes_is_var(host, "a.example.org"));
	exact_free(&o);
	o = exact_text("http://localhost");
	assert_true(origin_host(&host, o));
	assert_true(bytes_is_var(host, "localhost"));
	exact_free(&o);
	for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
		o = exact_text(malformed[i]);
		assert_false(origin_host(&host, o));
		exact_free(&o);
	}
	o = exact_text("ios:bundle-id:org.example");
	assert_false(origin_host(&host, o));
	exact_free(&o);
	o = exact_text("https://*.example.org");
	assert_false(origin_host(&host, o));
	exact_free(&o);
}

static void a_host_is_in_its_domain(void **state)
{
	static const struct {
		const char *host;
		const char *domain;
		bool in;
	} rows[] = {
		{ "example.org", "example.org", true },
		{ "a.example.org", "example.org", true },
		{ "b.a.example.org", "example.org", true },
		{ "localhost", "localhost", true },
		{ "example.org", "a.example.org", false },
		{ "aexample.org", "example.org", false },
		{ "example.org.evil", "example.org", false },
		{ "xample.org", "example.org", false },
		{ "example.com", "example.org", false },
		{ "example.org", "", false },
		{ "", "example.org", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bytes host = exact_text(rows[i].host);
		struct bytes domain = exact_text(rows[i].domain);

		assert_int_equal(origin_host_in_var(host, domain), rows[i].in);
		exact_free(&domain);
		exact_free(&host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_origin_is_a_pattern_for_itself_alone),
		cmocka_unit_test(malformed_origins_match_nothing),
		cmocka_unit_test(a_zero_byte_is_no_end),
		cmocka_unit_test(other_patterns_are_refused),
		cmocka_unit_test(a_star_stands_for_whole_labels),
		cmocka_unit_test(a_star_stands_for_a_written_port),
		cmocka_unit_test(hosts_have_253_bytes_at_most),
		cmocka_unit_test(the_host_of_a_web_origin_is_given),
		cmocka_unit_test(a_host_is_in_its_domain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
