/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/client_data.h"
#include "test/unit/codec/exact.h"
#include "test/unit/seed.h"

/* 42 x 32, the value the tables below use */
#define CHALLENGE "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI"
#define ORIGIN	  "https://example.org"

#define GET  "\"type\":\"webauthn.get\""
#define CHAL "\"challenge\":\"" CHALLENGE "\""
#define ORIG "\"origin\":\"" ORIGIN "\""
#define SAME "\"crossOrigin\":false"

/* What Chrome adds at times, so that nobody compares a template. */
#define CHROME                                                              \
	"\"other_keys_can_be_added_here\":\"do not compare clientDataJSON " \
	"against a template. See https://goo.gl/yabPex\""

struct ceremony {
	const char *json;
	const char *challenge; /* hex */
	const char *origin;
};

static enum kms_rc parse(const char *json)
{
	struct bytes in = exact_text(json);
	struct client_data d = { 0 };
	enum kms_rc rc = client_data_parse(&d, in, CLIENT_DATA_GET);

	exact_free(&in);
	return rc;
}

static void assert_ceremony(const struct ceremony *want, const char *type)
{
	struct bytes in = exact_text(want->json);
	struct bytes challenge = exact_hex(want->challenge);
	struct client_data d = { 0 };

	if (client_data_parse(&d, in, type))
		fail_msg("refused: %s", want->json);
	assert_memory_equal(d.challenge, challenge.ptr, 32);
	assert_true(bytes_is_var(d.origin, want->origin));
	exact_free(&challenge);
	exact_free(&in);
}

/* Web Authentication Level 3, section 16: ES256 without attestation. */
static void published_texts_are_read(void **state)
{
	static const struct ceremony create = {
		"{\"type\":\"webauthn.create\",\"challenge\":"
		"\"AMMPt4UxxGTStncdq417YDwBFi8vpIa-pw8oOuVW4TA\","
		"\"origin\":\"https://example.org\",\"crossOrigin\":false,"
		"\"extraData\":\"clientDataJSON may be extended with "
		"additional fields in the future, such as this: "
		"BkQeDjdcTBrXBiAwJTLE5Q\"}",
		"00c30fb78531c464d2b6771dab8d7b60"
		"3c01162f2fa486bea70f283ae556e130",
		ORIGIN
	};
	static const struct ceremony get = {
		"{\"type\":\"webauthn.get\",\"challenge\":"
		"\"OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag\","
		"\"origin\":\"https://example.org\",\"crossOrigin\":false}",
		"39c0e7521417ba54d43e8dc95174f423"
		"dee9bf3cd804ff6d65c857c9abf4d408",
		ORIGIN
	};

	(void)state;
	assert_ceremony(&create, CLIENT_DATA_CREATE);
	assert_ceremony(&get, CLIENT_DATA_GET);
}

static void the_texts_of_many_clients_are_read(void **state)
{
	static const char hex[] = "42424242424242424242424242424242"
				  "42424242424242424242424242424242";
	/* clang-format off */
	static const struct ceremony all[] = {
		/* Level 2 clients; Safari and apps without the last member */
		{ "{" GET "," CHAL "," ORIG "," SAME "}", hex, ORIGIN },
		{ "{" GET "," CHAL "," ORIG "}", hex, ORIGIN },
		/* Chrome, with a blank at times */
		{ "{" GET "," CHAL "," ORIG "," SAME "," CHROME "}", hex,
		  ORIGIN },
		{ "{" GET "," CHAL "," ORIG "," SAME ", " CHROME "}", hex,
		  ORIGIN },
		/* early Firefox */
		{ "{" CHAL ",\"clientExtensions\":{},"
		  "\"hashAlgorithm\":\"SHA-256\"," ORIG "," GET "}", hex,
		  ORIGIN },
		/* early Chrome and Safari: sorted */
		{ "{" CHAL "," ORIG "," GET "}", hex, ORIGIN },
		{ "{" CHAL ",\"new_keys_may_be_added_here\":\"do not compare "
		  "clientDataJSON against a template. See "
		  "https://goo.gl/yabPex\"," ORIG "," GET "}", hex, ORIGIN },
		/* Level 1 token binding */
		{ "{" CHAL "," ORIG ",\"tokenBinding\":{\"status\":"
		  "\"not-supported\"}," GET "}", hex, ORIGIN },
		{ "{" GET "," CHAL "," ORIG ",\"tokenBinding\":{\"status\":"
		  "\"present\",\"id\":\"AAAA\"}}", hex, ORIGIN },
		/* Android: a browser, and an app by its signing key */
		{ "{" GET "," CHAL "," ORIG "," SAME
		  ",\"androidPackageName\":\"com.android.chrome\"}", hex,
		  ORIGIN },
		{ "{" GET "," CHAL ",\"origin\":\"android:apk-key-hash:"
		  "-sYXRdwJA3hvue3mKpYrOZ9zSPC7b4mbgzJmdZEDO5w\","
		  "\"androidPackageName\":\"com.example.wallet\"}", hex,
		  "android:apk-key-hash:"
		  "-sYXRdwJA3hvue3mKpYrOZ9zSPC7b4mbgzJmdZEDO5w" },
		{ "{" GET "," CHAL ",\"origin\":\"ios:bundle-id:"
		  "org.example.wallet\"}", hex,
		  "ios:bundle-id:org.example.wallet" },
		/* ports, blanks, other members of every kind */
		{ "{" GET "," CHAL ",\"origin\":\"http://localhost:5173\","
		  SAME "}", hex, "http://localhost:5173" },
		{ "\n{ " GET " ,\t" CHAL ",\r\n" ORIG " }\n", hex, ORIGIN },
		{ "{\"a\":null,\"b\":[1,-2.5e3,true,{\"c\":[]}]," GET ","
		  "\"d\":\"\\u00e9\\n\xc3\xa9\"," CHAL "," ORIG
		  ",\"typ\\u0065x\":{}}", hex, ORIGIN },
		/* members of these names elsewhere do not count */
		{ "{\"x\":{\"type\":\"webauthn.create\",\"challenge\":\"\","
		  "\"origin\":\"\",\"topOrigin\":\"\",\"crossOrigin\":true},"
		  GET "," CHAL "," ORIG "}", hex, ORIGIN },
		{ "{" GET "," CHAL "," ORIG ",\"x\":\"\\\"topOrigin\\\":\"}",
		  hex, ORIGIN },
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		assert_ceremony(&all[i], CLIENT_DATA_GET);
}

static void embedded_pages_are_refused(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		"{" GET "," CHAL "," ORIG ",\"crossOrigin\":true}",
		"{" GET "," CHAL "," ORIG ",\"crossOrigin\":true,"
			"\"topOrigin\":\"https://evil.example\"}",
		"{" GET "," CHAL "," ORIG "," SAME ","
			"\"topOrigin\":\"https://example.org\"}",
		"{" GET "," CHAL "," ORIG ",\"topOrigin\":null}",
		"{" GET "," CHAL "," ORIG ",\"top\\u004frigin\":\"\"}",
		"{" GET "," CHAL "," ORIG ",\"crossOrigin\":null}",
		"{" GET "," CHAL "," ORIG ",\"crossOrigin\":\"false\"}",
		"{" GET "," CHAL "," ORIG ",\"crossOrigin\":0}",
		"{" GET "," CHAL "," ORIG ",\"crossOrigin\":[]}",
		"{\"crossOrigin\":true," GET "," CHAL "," ORIG "}",
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (parse(texts[i]) != KMS_RC_AUTH_RP)
			fail_msg("not AUTH_RP: %s", texts[i]);
}

static void other_texts_are_refused(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		"",
		"{}",
		"{" GET "}",
		"                                                       ",
		"\"{" GET "," CHAL "," ORIG "}\"",
		"[" "{" GET "," CHAL "," ORIG "}" "]",
		"[" "\"type\",\"webauthn.get\",\"challenge\"" "]",
		/* cut off, or more behind */
		"{" GET "," CHAL "," ORIG,
		"{" GET "," CHAL "," ORIG ",",
		"{" GET "," CHAL "," ORIG "," SAME,
		"{" GET "," CHAL "," ORIG ",\"crossOrigin\":fals}",
		"{" GET "," CHAL "," ORIG ",\"crossOrigin\":falsey}",
		"{" GET "," CHAL "," ORIG "}}",
		"{" GET "," CHAL "," ORIG "}{}",
		"{" GET "," CHAL "," ORIG "," SAME "}x",
		"{" GET "," CHAL "," ORIG "," SAME ",}",
		"{" GET "," CHAL "," ORIG "," SAME ",",
		"{" GET "," CHAL "," ORIG "," SAME ",x",
		"{" GET "," CHAL "," ORIG "," SAME ",\"x\":}",
		"{" GET "," CHAL "," ORIG "," SAME ",\"x\":01}",
		"{" GET "," CHAL "," ORIG "," SAME ",'x':1}",
		"{" GET "," CHAL "," ORIG "," SAME "//\n}",
		"\xef\xbb\xbf{" GET "," CHAL "," ORIG "}",
		"{" GET "," CHAL "," ORIG ",\"x\":\"\xff\"}",
		"{" GET "," CHAL "," ORIG ",\"x\":\"\xc0\x80\"}",
		"{" GET "," CHAL "," ORIG ",\"x\":\"\\ud800\"}",
		"{" GET "," CHAL "," ORIG ",\"x\":\"\n\"}",
		/* a member that is not there */
		"{" CHAL "," ORIG "," SAME "}",
		"{" GET "," ORIG "," SAME ",\"padding\":\"padding\"}",
		"{" GET "," CHAL "," SAME "}",
		"{" GET "," CHAL ",\"Origin\":\"" ORIGIN "\"}",
		"{" GET "," CHAL ",\"origin\\u0000\":\"" ORIGIN "\"}",
		"{" GET "," CHAL ",\"x\":{" ORIG "}}",
		"{" GET "," CHAL ",\"x\":[" "\"origin\",\"" ORIGIN "\"]}",
		/* one that is there twice, also under an escaped name */
		"{" GET "," GET "," CHAL "," ORIG "}",
		"{" GET "," CHAL "," CHAL "," ORIG "}",
		"{" GET "," CHAL "," ORIG "," ORIG "}",
		"{" GET "," CHAL "," ORIG "," SAME "," SAME "}",
		"{" GET "," CHAL "," ORIG ",\"crossOrigin\":true," SAME "}",
		"{" GET "," CHAL "," ORIG "," SAME "," ORIG "}",
		"{" GET "," CHAL "," ORIG "," SAME ",\"origin\":\"x\"}",
		"{" GET "," CHAL "," ORIG "," SAME ",\"orig\\u0069n\":\"x\"}",
		"{" GET "," CHAL "," ORIG ",\"typ\\u0065\":\"x\"}",
		"{" GET "," CHAL "," ORIG ",\"x\":0,\"x\":0}",
		"{" GET "," CHAL "," ORIG ",\"x\":{\"y\":0,\"\\u0079\":0}}",
		/* the type */
		"{\"type\":\"webauthn.create\"," CHAL "," ORIG "}",
		"{\"type\":\"webauthn.create\"," CHAL "," ORIG "," SAME "}",
		"{\"type\":\"payment.get\"," CHAL "," ORIG "}",
		"{\"type\":\"webauthn.get \"," CHAL "," ORIG "}",
		"{\"type\":\"webauthn.ge\"," CHAL "," ORIG "}",
		"{\"type\":\"Webauthn.get\"," CHAL "," ORIG "}",
		"{\"type\":\"\"," CHAL "," ORIG "}",
		"{\"type\":\"webauthn\\u002eget\"," CHAL "," ORIG "}",
		"{\"type\":null," CHAL "," ORIG "}",
		"{\"type\":[\"webauthn.get\"]," CHAL "," ORIG "}",
		/* the challenge */
		"{" GET ",\"challenge\":\"\"," ORIG "}",
		"{" GET ",\"challenge\":\"" CHALLENGE "=\"," ORIG "}",
		"{" GET ",\"challenge\":\"" CHALLENGE " \"," ORIG "}",
		"{" GET ",\"challenge\":\" " CHALLENGE "\"," ORIG "}",
		"{" GET ",\"challenge\":\"" CHALLENGE "Q\"," ORIG "}",
		"{" GET ",\"challenge\":\"" CHALLENGE CHALLENGE "\"," ORIG "}",
		"{" GET ",\"challenge\":\"QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
			"QkJCQk\"," ORIG "}",
		"{" GET ",\"challenge\":\"QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
			"QkJCQg\"," ORIG "}",
		"{" GET ",\"challenge\":\"QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
			"QkJCQkJC\"," ORIG "}",
		/* ... with unused bits set, and in the other alphabet */
		"{" GET ",\"challenge\":\"QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
			"QkJCQkJ\"," ORIG "}",
		"{" GET ",\"challenge\":\"+kJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
			"QkJCQkI\"," ORIG "}",
		"{" GET ",\"challenge\":\"/kJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"
			"QkJCQkI\"," ORIG "}",
		"{" GET ",\"challenge\":\"\\u0051kJCQkJCQkJCQkJCQkJCQkJCQkJCQk"
			"JCQkJCQkJCQkI\"," ORIG "}",
		"{" GET ",\"challenge\":null," ORIG ",\"padding\":\"\"}",
		"{" GET ",\"challenge\":0," ORIG ",\"padding\":\"\"}",
		"{" GET ",\"challenge\":{" CHAL "}," ORIG "}",
		/* the origin */
		"{" GET "," CHAL ",\"origin\":\"\"}",
		"{" GET "," CHAL ",\"origin\":\"\"," SAME "}",
		"{" GET "," CHAL ",\"origin\":null}",
		"{" GET "," CHAL ",\"origin\":false}",
		"{" GET "," CHAL ",\"origin\":[\"" ORIGIN "\"]}",
		"{" GET "," CHAL ",\"origin\":\"https:\\/\\/example.org\"}",
		"{" GET "," CHAL ",\"origin\":\"https://ex\\u0061mple.org\"}",
		"{" GET "," CHAL ",\"origin\":\"https://example.org\\u0000\"}",
		"{" GET "," CHAL ",\"origin\":\"https://example.org \"}",
		"{" GET "," CHAL ",\"origin\":\"https://ex\xc3\xa4mple.org\"}",
		"{" GET "," CHAL ",\"origin\":\"https://example.org\x7f\"}",
		"{" GET "," CHAL ",\"origin\":\"https://example.org\t\"}",
		/* five deep, in each kind of container */
		"{" GET "," CHAL "," ORIG ",\"x\":[[[[]]]]}",
		"{" GET "," CHAL "," ORIG ",\"x\":[[[[1]]]]}",
		"{" GET "," CHAL "," ORIG ",\"x\":{\"x\":{\"x\":{\"x\":{}}}}}",
		"{\"x\":[{\"y\":[{}]}]," GET "," CHAL "," ORIG "}",
	};
	/* clang-format on */

	(void)state;
	assert_true(ARRAY_LEN(texts) > 80);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (parse(texts[i]) != KMS_RC_AUTH_FORMAT)
			fail_msg("not AUTH_FORMAT: %s", texts[i]);
}

static void a_zero_byte_ends_nothing(void **state)
{
	static const char text[] = "{" GET "," CHAL "," ORIG "}\0";
	struct client_data d = { 0 };

	(void)state;
	assert_int_equal(client_data_parse(&d, bytes_of(text, sizeof(text) - 2),
					   CLIENT_DATA_GET),
			 0);
	assert_int_equal(client_data_parse(&d, bytes_of(text, sizeof(text) - 1),
					   CLIENT_DATA_GET),
			 KMS_RC_AUTH_FORMAT);
}

/* len bytes, of which the last are blanks, or an origin made longer. */
static enum kms_rc parse_long(const char *begin, char fill, const char *end,
			      size_t len)
{
	static char text[4096];
	struct client_data d = { 0 };

	memset(text, fill, len);
	memcpy(text, begin, strlen(begin));
	memcpy(text + len - strlen(end), end, strlen(end));
	return client_data_parse(&d, bytes_of(text, len), CLIENT_DATA_GET);
}

static void the_longest_text_has_2048_bytes(void **state)
{
	static const char whole[] = "{" GET "," CHAL "," ORIG "}";
	static const char begin[] = "{" GET "," CHAL ",\"origin\":\"";

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		enum kms_rc want = over ? KMS_RC_AUTH_FORMAT : KMS_RC_OK;
		size_t len = CLIENT_DATA_MAX + over;

		assert_int_equal(parse_long(whole, ' ', "", len), want);
		assert_int_equal(parse_long(begin, 'a', "\"}", len), want);
	}
}

/*
 * A blank behind the brace changes no meaning, but the text is none of the
 * template's any more: both ways have to agree.
 */
static enum kms_rc assert_both_ways(struct client_data *d, const uint8_t *text,
				    size_t len)
{
	static uint8_t wide[CLIENT_DATA_MAX];
	struct client_data slow = { 0 };
	struct bytes in = { 0 };
	enum kms_rc rc =
		client_data_parse(d, bytes_of(text, len), CLIENT_DATA_GET);

	assert_true(len < sizeof(wide));
	if (!len || text[0] != '{')
		return rc;
	wide[0] = '{';
	wide[1] = ' ';
	memcpy(wide + 2, text + 1, len - 1);
	in = bytes_of(wide, len + 1);
	assert_int_equal(client_data_parse(&slow, in, CLIENT_DATA_GET), rc);
	if (rc)
		return rc;
	assert_memory_equal(slow.challenge, d->challenge, 32);
	assert_true(bytes_equal_var(slow.origin, d->origin));
	return rc;
}

static const char *const shapes[] = {
	"{" GET "," CHAL "," ORIG "}",
	"{" GET "," CHAL "," ORIG "," SAME "}",
	"{" GET "," CHAL "," ORIG "," SAME "," CHROME "}",
	"{" CHAL "," ORIG "," GET "}",
};

/* Whether two texts were read as the same ceremony. */
static bool is_same(const struct client_data *a, const struct client_data *b)
{
	return !memcmp(a->challenge, b->challenge, 32) &&
	       bytes_equal_var(a->origin, b->origin);
}

/*
 * The one byte that may change and leave no trace is one of the name
 * "crossOrigin", which then is a member that is only carried.
 */
static void a_changed_byte_is_refused_or_shows(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
		struct bytes good = exact_text(shapes[s]);
		struct bytes in = exact_text(shapes[s]);
		uint8_t *byte = (uint8_t *)(uintptr_t)in.ptr;
		const char *cross = strstr(shapes[s], "crossOrigin");
		size_t judged = cross ? (size_t)(cross - shapes[s]) : in.len;
		struct client_data old = { 0 };

		assert_int_equal(assert_both_ways(&old, good.ptr, good.len), 0);
		for (size_t i = 0; i < judged; i++) {
			for (unsigned int flip = 1; flip < 256; flip++) {
				struct client_data d = { 0 };

				byte[i] ^= (uint8_t)flip;
				if (!assert_both_ways(&d, in.ptr, in.len))
					assert_false(is_same(&d, &old));
				byte[i] ^= (uint8_t)flip;
			}
		}
		exact_free(&in);
		exact_free(&good);
	}
}

/* Random edits of good texts, with what JSON and the template care about. */
static void both_ways_give_the_same_verdict(void **state)
{
	static const char *const parts[] = {
		"\"",	    "\\",      ",",
		"{",	    "}",       ":",
		" ",	    "\\u0061", "false",
		"true",	    "0",       "\x7f",
		"\xc3\xa9", "\xff",    "/",
		"=",	    GET,       CHAL,
		ORIG,	    SAME,      ",\"topOrigin\":\"\"",
		"[",	    "]",       ",\"x\":1",
	};
	struct prng p = prng_start();
	size_t accepted = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		const char *shape = shapes[prng_below(&p, ARRAY_LEN(shapes))];
		const char *part = parts[prng_below(&p, ARRAY_LEN(parts))];
		uint8_t text[1024];
		size_t len = strlen(shape);
		size_t at = prng_below(&p, len);
		size_t drop = prng_below(&p, 3);
		struct client_data d = { 0 };

		if (drop > len - at)
			drop = len - at;
		memcpy(text, shape, at);
		memcpy(text + at, part, strlen(part));
		memcpy(text + at + strlen(part), shape + at + drop,
		       len - at - drop);
		len += strlen(part) - drop;
		accepted += !assert_both_ways(&d, text, len);
	}
	assert_true(accepted > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_texts_are_read),
		cmocka_unit_test(the_texts_of_many_clients_are_read),
		cmocka_unit_test(embedded_pages_are_refused),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(a_zero_byte_ends_nothing),
		cmocka_unit_test(the_longest_text_has_2048_bytes),
		cmocka_unit_test(a_changed_byte_is_refused_or_shows),
		cmocka_unit_test(both_ways_give_the_same_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
