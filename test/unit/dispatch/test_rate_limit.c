/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/mem.h"
#include "host/dispatch/rate_limit.h"
#include "test/unit/seed.h"

#include <stdio.h>
#include <string.h>

#define SECOND 1000000000ull
#define START  (5 * SECOND)

static struct rate_limit *limit;

static void make(unsigned int per_minute, unsigned int identities)
{
	rate_limit_free(&limit);
	assert_int_equal(rate_limit_new(&limit, per_minute, identities), 0);
}

static enum kms_rc take(const char *who, uint64_t now, unsigned int *wait)
{
	unsigned int ignored = 0;

	return rate_limit_take(limit, bytes_of_text(who), now,
			       wait ? wait : &ignored);
}

static void a_minutes_worth_may_come_at_once(void **state)
{
	unsigned int wait = 0;

	(void)state;
	make(100, 4);
	for (int i = 0; i < 100; i++)
		assert_int_equal(take("a", START, NULL), 0);
	assert_int_equal(take("a", START, &wait), KMS_RC_RATE);
	assert_int_equal(wait, 1);
	/* 600 ms a token; asking too early costs nothing. */
	assert_int_equal(take("a", START + 599 * (SECOND / 1000), NULL),
			 KMS_RC_RATE);
	assert_int_equal(take("a", START + 600 * (SECOND / 1000), NULL), 0);
	assert_int_equal(take("a", START + 600 * (SECOND / 1000), NULL),
			 KMS_RC_RATE);
	assert_int_equal(take("b", START, NULL), 0);
}

static void the_wait_is_told_in_seconds(void **state)
{
	unsigned int wait = 0;

	(void)state;
	make(1, 4);
	assert_int_equal(take("a", START, NULL), 0);
	assert_int_equal(take("a", START + SECOND / 2, &wait), KMS_RC_RATE);
	assert_int_equal(wait, 60);
	assert_int_equal(take("a", START + 59 * SECOND, &wait), KMS_RC_RATE);
	assert_int_equal(wait, 1);
	assert_int_equal(take("a", START + 60 * SECOND, NULL), 0);
}

static void what_is_given_back_was_never_taken(void **state)
{
	(void)state;
	make(2, 2);
	rate_limit_give_back(limit, bytes_of_text("a"));
	for (int i = 0; i < 5; i++) {
		assert_int_equal(take("a", START, NULL), 0);
		rate_limit_give_back(limit, bytes_of_text("a"));
	}
	assert_int_equal(take("a", START, NULL), 0);
	assert_int_equal(take("a", START, NULL), 0);
	assert_int_equal(take("a", START, NULL), KMS_RC_RATE);
	rate_limit_give_back(limit, bytes_of_text("a"));
	assert_int_equal(take("a", START, NULL), 0);
	assert_int_equal(take("a", START, NULL), KMS_RC_RATE);
}

static void zero_refuses_everything(void **state)
{
	unsigned int wait = 0;

	(void)state;
	make(0, 4);
	assert_int_equal(take("a", START, &wait), KMS_RC_RATE);
	assert_true(wait >= 1);
}

static void busy_identities_keep_a_new_one_out_until_they_rest(void **state)
{
	(void)state;
	make(60, 2);
	assert_int_equal(take("a", START, NULL), 0);
	assert_int_equal(take("b", START, NULL), 0);
	assert_int_equal(take("c", START, NULL), KMS_RC_RATE);
	assert_int_equal(take("a", START, NULL), 0);
	/* b's token is back, so b can be forgotten. */
	assert_int_equal(take("c", START + SECOND, NULL), 0);
	assert_int_equal(take("d", START + SECOND, NULL), KMS_RC_RATE);
	assert_int_equal(take("b", START + 2 * SECOND, NULL), 0);
}

/* Against the definition: a bucket per identity, in exact arithmetic. */
static void it_agrees_with_a_bucket_of_tokens(void **state)
{
	enum { WHO = 6, PER_MINUTE = 20 };
	const uint64_t token = 60 * SECOND / PER_MINUTE;
	uint64_t debt[WHO] = { 0 };
	uint64_t last[WHO] = { 0 };
	struct prng p = prng_start();
	uint64_t now = START;

	(void)state;
	make(PER_MINUTE, WHO);
	for (int i = 0; i < 20000; i++) {
		size_t w = prng_below(&p, WHO);
		char name[] = { (char)('a' + w), '\0' };
		uint64_t gone = 0;
		bool ok = false;

		now += prng_below(&p, 2 * SECOND / WHO);
		gone = now - last[w];
		debt[w] = debt[w] > gone ? debt[w] - gone : 0;
		last[w] = now;
		ok = debt[w] + token <= 60 * SECOND;
		debt[w] += ok ? token : 0;
		assert_int_equal(take(name, now, NULL),
				 ok ? KMS_RC_OK : KMS_RC_RATE);
	}
}

static void no_memory_is_told(void **state)
{
	struct rate_limit *r = NULL;

	(void)state;
	for (unsigned long n = 1; n <= 3; n++) {
		mem_fail_at(n);
		assert_int_equal(rate_limit_new(&r, 1, 1), KMS_RC_NO_MEMORY);
		assert_null(r);
	}
	mem_fail_at(0);
}

static int end(void **state)
{
	(void)state;
	rate_limit_free(&limit);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_minutes_worth_may_come_at_once,
					  end),
		cmocka_unit_test_teardown(the_wait_is_told_in_seconds, end),
		cmocka_unit_test_teardown(what_is_given_back_was_never_taken,
					  end),
		cmocka_unit_test_teardown(zero_refuses_everything, end),
		cmocka_unit_test_teardown(
			busy_identities_keep_a_new_one_out_until_they_rest,
			end),
		cmocka_unit_test_teardown(it_agrees_with_a_bucket_of_tokens,
					  end),
		cmocka_unit_test_teardown(no_memory_is_told, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
