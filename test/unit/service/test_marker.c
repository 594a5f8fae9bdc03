/* SPDX-License-Identifier: Apache-2.0 */
/* Markers: what was given out comes back, and nothing else does. */
#include "host/service/marker.h"
#include "test/unit/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ACCOUNT 123456789012u

static char text[1024];
static size_t text_len;

static void make(const char *list, uint64_t account, struct bytes name)
{
	struct json_writer w = { 0 };

	json_begin(&w, text, sizeof(text));
	marker_put(&w, list, account, name);
	text_len = w.len - 2; /* without its quotes */
	memmove(text, text + 1, text_len);
}

static enum kms_rc get(uint8_t *name, size_t *len, const char *list,
		       uint64_t account, size_t cap)
{
	return marker_get(name, cap, len, list, account,
			  bytes_of(text, text_len));
}

static void a_marker_leads_back_to_its_name(void **state)
{
	struct prng rng = prng_start();
	uint8_t name[MARKER_NAME_MAX];
	uint8_t got[MARKER_NAME_MAX];

	(void)state;
	for (size_t len = 0; len <= sizeof(name); len += 37) {
		size_t got_len = 0;

		prng_fill(&rng, name, len);
		make("ListX", ACCOUNT, bytes_of(name, len));
		assert_int_equal(get(got, &got_len, "ListX", ACCOUNT, len),
				 KMS_RC_OK);
		assert_int_equal(got_len, len);
		assert_memory_equal(got, name, len);
	}
}

static void a_marker_of_another_list_or_account_is_refused(void **state)
{
	uint8_t got[16];
	size_t len = 0;

	(void)state;
	make("ListX", ACCOUNT, bytes_of("name", 4));
	assert_int_equal(get(got, &len, "ListX", ACCOUNT, 4), KMS_RC_OK);
	assert_int_equal(get(got, &len, "ListY", ACCOUNT, 4),
			 KMS_RC_INVALID_MARKER);
	assert_int_equal(get(got, &len, "ListX", ACCOUNT + 1, 4),
			 KMS_RC_INVALID_MARKER);
	assert_int_equal(get(got, &len, "ListX", ACCOUNT, 3),
			 KMS_RC_INVALID_MARKER);
}

static void a_garbled_marker_is_refused(void **state)
{
	uint8_t got[16];
	size_t len = 0;

	(void)state;
	make("ListX", ACCOUNT, bytes_of("name", 4));
	for (size_t i = 0; i < text_len; i++) {
		text[i] ^= 1;
		assert_int_equal(get(got, &len, "ListX", ACCOUNT, sizeof(got)),
				 KMS_RC_INVALID_MARKER);
		text[i] ^= 1;
	}
	for (text_len = 0; text_len < 16; text_len++)
		assert_int_equal(get(got, &len, "ListX", ACCOUNT, sizeof(got)),
				 KMS_RC_INVALID_MARKER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_marker_leads_back_to_its_name),
		cmocka_unit_test(
			a_marker_of_another_list_or_account_is_refused),
		cmocka_unit_test(a_garbled_marker_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
