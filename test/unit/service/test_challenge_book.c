/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/mem.h"
#include "host/service/challenge_book.h"
#include "test/unit/seed.h"
#include "test/unit/vector_file.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NOW  1000000000ull
#define LIFE (ABI_NONCE_LIFE_MS * 1000000ull)

/* As a purpose of grant sessions will be, which nothing here has yet. */
#define GRANT_SESSION 3

static struct challenge_book *book;
static const char *ceremonies;
static const uint8_t nobody[ABI_UUID_LEN];

static int end(void **state)
{
	(void)state;
	challenge_book_free(&book);
	return 0;
}

static void make(unsigned int most)
{
	challenge_book_free(&book);
	assert_int_equal(challenge_book_new(&book, most), 0);
}

static struct challenge of_wallet(uint8_t wallet, uint8_t nonce)
{
	struct challenge c = { .purpose = CHALLENGE_AUTHENTICATION,
			       .shard = 7,
			       .rp_id = "a.example" };

	memset(c.uuid, wallet, sizeof(c.uuid));
	memset(c.nonce, nonce, sizeof(c.nonce));
	return c;
}

static enum kms_rc put(char id[UUID_TEXT_LEN + 1], struct challenge c,
		       uint64_t now)
{
	return challenge_book_put(book, id, &c, now);
}

static enum kms_rc take(struct challenge *out, const char *id, uint8_t purpose,
			const uint8_t uuid[ABI_UUID_LEN], uint64_t now)
{
	static uint8_t note[CHALLENGE_NOTE_MAX];
	struct bytes text = bytes_of_text(id);
	enum kms_rc rc =
		challenge_book_look(book, out, note, text, purpose, uuid, now);

	/* Looking alone leaves it there. */
	assert_int_equal(
		challenge_book_look(book, out, note, text, purpose, uuid, now),
		rc);
	if (!rc)
		assert_true(challenge_book_end(book, text));
	return rc;
}

static void a_challenge_is_given_out_once(void **state)
{
	char id[UUID_TEXT_LEN + 1];
	struct challenge c = of_wallet(1, 2);
	struct challenge out = { 0 };

	(void)state;
	make(4);
	assert_int_equal(put(id, c, NOW), 0);
	assert_int_equal(strlen(id), UUID_TEXT_LEN);
	assert_int_equal(take(&out, id, CHALLENGE_AUTHENTICATION, c.uuid, NOW),
			 0);
	assert_memory_equal(out.nonce, c.nonce, sizeof(c.nonce));
	assert_string_equal(out.rp_id, "a.example");
	assert_int_equal(out.shard, 7);
	assert_int_equal(take(&out, id, CHALLENGE_AUTHENTICATION, c.uuid, NOW),
			 KMS_RC_NOT_FOUND);
}

static void one_of_another_wallet_or_purpose_stays(void **state)
{
	char id[UUID_TEXT_LEN + 1];
	struct challenge c = of_wallet(1, 2);
	struct challenge other = of_wallet(3, 4);
	struct challenge out = { 0 };

	(void)state;
	make(4);
	assert_int_equal(put(id, c, NOW), 0);
	assert_int_equal(
		take(&out, id, CHALLENGE_AUTHENTICATION, other.uuid, NOW),
		KMS_RC_AUTH_CHALLENGE);
	assert_int_equal(take(&out, id, CHALLENGE_REGISTRATION, c.uuid, NOW),
			 KMS_RC_AUTH_CHALLENGE);
	assert_int_equal(take(&out, id, CHALLENGE_REGISTRATION, nobody, NOW),
			 KMS_RC_AUTH_CHALLENGE);
	assert_int_equal(take(&out, id, CHALLENGE_AUTHENTICATION, c.uuid, NOW),
			 0);
}

/* The purpose that the operation wants. */
static uint8_t purpose_of(const struct json_value *ceremony)
{
	char op[128];

	vector_text(op, sizeof(op), ceremony, "op");
	return strstr(op, "grant-session") ? GRANT_SESSION
					   : CHALLENGE_AUTHENTICATION;
}

static uint8_t purpose_begun(const struct json_value *ceremony)
{
	char text[32];

	vector_text(text, sizeof(text), ceremony, "begin_purpose");
	if (!strcmp(text, "grant-session"))
		return GRANT_SESSION;
	assert_string_equal(text, "authentication");
	return CHALLENGE_AUTHENTICATION;
}

static bool is_of_wrong_purpose(const struct json_value *ceremony)
{
	struct json_value expect = vector_inside(ceremony, "expect");
	char text[64];

	if (!vector_has(&expect, "any"))
		return false;
	vector_text(text, sizeof(text), &expect, "any");
	assert_string_equal(text, "reject at the host: wrong purpose");
	return true;
}

/* test/vectors/ceremony.json; test_ceremonies.c has what the TA says. */
static void the_purpose_of_whole_ceremonies_decides(void **state)
{
	struct vector_file file = { 0 };
	struct json_value cases = { 0 };
	struct json_value v = { 0 };
	size_t counts[2] = { 0 };
	size_t pos = 0;

	(void)state;
	vector_file_open(&file, ceremonies);
	cases = vector_inside(&file.top, "cases");
	while (json_next(&cases, &pos, NULL, &v)) {
		char id[UUID_TEXT_LEN + 1];
		struct challenge c = { .purpose = purpose_begun(&v) };
		struct challenge out = { 0 };
		bool wrong = is_of_wrong_purpose(&v);

		make(1);
		vector_uuid(c.uuid, &file.top, "wallet_id");
		vector_hex(c.nonce, sizeof(c.nonce), &v, "nonce_hex");
		assert_int_equal(put(id, c, NOW), 0);
		assert_int_equal(take(&out, id, purpose_of(&v), c.uuid, NOW),
				 wrong ? KMS_RC_AUTH_CHALLENGE : KMS_RC_OK);
		counts[wrong]++;
	}
	printf("# %zu ceremonies, %zu refused\n", counts[0] + counts[1],
	       counts[1]);
	assert_true(counts[0] > 0 && counts[1] > 0);
	vector_file_close(&file);
}

static void it_lives_as_long_as_the_nonce(void **state)
{
	char id[UUID_TEXT_LEN + 1];
	struct challenge c = of_wallet(1, 2);
	struct challenge out = { 0 };

	(void)state;
	make(4);
	assert_int_equal(put(id, c, NOW), 0);
	assert_int_equal(
		take(&out, id, CHALLENGE_AUTHENTICATION, c.uuid, NOW + LIFE),
		KMS_RC_NOT_FOUND);
	assert_int_equal(put(id, c, NOW), 0);
	assert_int_equal(take(&out, id, CHALLENGE_AUTHENTICATION, c.uuid,
			      NOW + LIFE - 1),
			 0);
}

static void a_full_book_refuses_until_something_expires(void **state)
{
	char id[UUID_TEXT_LEN + 1];

	(void)state;
	make(3);
	for (uint8_t i = 0; i < 3; i++)
		assert_int_equal(put(id, of_wallet(i, 0), NOW + i), 0);
	assert_int_equal(put(id, of_wallet(9, 0), NOW + LIFE - 1), KMS_RC_BUSY);
	assert_int_equal(put(id, of_wallet(9, 0), NOW + LIFE), 0);
	assert_int_equal(put(id, of_wallet(9, 0), NOW + LIFE), KMS_RC_BUSY);
}

static void a_wallet_fills_no_more_than_its_share(void **state)
{
	char first[UUID_TEXT_LEN + 1];
	char second[UUID_TEXT_LEN + 1];
	char id[UUID_TEXT_LEN + 1];
	struct challenge c = of_wallet(1, 2);
	struct challenge out = { 0 };

	(void)state;
	make(2 * CHALLENGE_BOOK_OF_WALLET);
	assert_int_equal(put(first, c, NOW), 0);
	assert_int_equal(put(second, c, NOW), 0);
	for (int i = 0; i < CHALLENGE_BOOK_OF_WALLET - 1; i++)
		assert_int_equal(put(id, c, NOW), 0);
	/* The oldest gave way, the next one did not. */
	assert_int_equal(
		take(&out, first, CHALLENGE_AUTHENTICATION, c.uuid, NOW),
		KMS_RC_NOT_FOUND);
	assert_int_equal(
		take(&out, second, CHALLENGE_AUTHENTICATION, c.uuid, NOW), 0);
	assert_int_equal(put(id, of_wallet(5, 0), NOW), 0);
}

static void a_registration_keeps_its_note(void **state)
{
	static uint8_t note[CHALLENGE_NOTE_MAX + 1];
	uint8_t got[CHALLENGE_NOTE_MAX];
	char id[UUID_TEXT_LEN + 1];
	struct challenge c = { .purpose = CHALLENGE_REGISTRATION };
	struct challenge out = { 0 };

	(void)state;
	make(2);
	memset(note, 'n', sizeof(note));
	c.note = bytes_of(note, sizeof(note));
	assert_int_equal(put(id, c, NOW), KMS_RC_TOO_LARGE);
	c.note.len--;
	assert_int_equal(put(id, c, NOW), 0);
	memset(note, 0, sizeof(note));
	assert_int_equal(challenge_book_look(book, &out, got, bytes_of_text(id),
					     CHALLENGE_REGISTRATION, nobody,
					     NOW),
			 0);
	assert_ptr_equal(out.note.ptr, got);
	assert_int_equal(out.note.len, CHALLENGE_NOTE_MAX);
	assert_int_equal(got[CHALLENGE_NOTE_MAX - 1], 'n');
}

static void an_id_has_one_spelling(void **state)
{
	char id[UUID_TEXT_LEN + 1];
	struct challenge c = of_wallet(1, 2);
	struct challenge out = { 0 };
	char other[UUID_TEXT_LEN + 2];

	(void)state;
	make(4);
	do {
		assert_int_equal(put(id, c, NOW), 0);
	} while (!strpbrk(id, "abcdef"));
	snprintf(other, sizeof(other), "%s", id);
	for (char *p = other; *p; p++)
		if (*p >= 'a')
			*p = (char)(*p - 'a' + 'A');
	assert_int_equal(
		take(&out, other, CHALLENGE_AUTHENTICATION, c.uuid, NOW),
		KMS_RC_NOT_FOUND);
	snprintf(other, sizeof(other), "%s-", id);
	assert_int_equal(
		take(&out, other, CHALLENGE_AUTHENTICATION, c.uuid, NOW),
		KMS_RC_NOT_FOUND);
	assert_int_equal(take(&out, "", CHALLENGE_AUTHENTICATION, c.uuid, NOW),
			 KMS_RC_NOT_FOUND);
	assert_int_equal(take(&out, id, CHALLENGE_AUTHENTICATION, c.uuid, NOW),
			 0);
}

/* What a list of all of them, looked through each time, would say. */
static void it_agrees_with_a_plain_list(void **state)
{
	enum { MOST = 20, ROUNDS = 20000 };
	struct known {
		char id[UUID_TEXT_LEN + 1];
		uint8_t wallet;
		uint64_t end;
	} list[MOST] = { 0 };
	struct prng p = prng_start();
	uint64_t now = NOW;

	(void)state;
	make(MOST);
	for (int i = 0; i < ROUNDS; i++) {
		struct known *k = &list[prng_below(&p, MOST)];
		struct challenge out = { 0 };
		struct challenge c =
			of_wallet((uint8_t)prng_below(&p, 5), (uint8_t)i);
		size_t live = 0;

		now += prng_below(&p, LIFE / 8);
		for (size_t n = 0; n < MOST; n++)
			live += list[n].end > now;
		if (k->end) {
			struct challenge mine = of_wallet(k->wallet, 0);
			bool alive = k->end > now;

			assert_int_equal(take(&out, k->id,
					      CHALLENGE_AUTHENTICATION,
					      mine.uuid, now),
					 alive ? KMS_RC_OK : KMS_RC_NOT_FOUND);
			k->end = 0;
			continue;
		}
		k->wallet = c.uuid[0];
		assert_int_equal(put(k->id, c, now),
				 live < MOST ? KMS_RC_OK : KMS_RC_BUSY);
		k->end = live < MOST ? now + LIFE : 0;
	}
}

#define THREADS 4

static char shared_ids[256][UUID_TEXT_LEN + 1];

static void *end_all(void *arg)
{
	size_t *count = arg;

	for (size_t i = 0; i < ARRAY_LEN(shared_ids); i++)
		*count += challenge_book_end(
			book, bytes_of(shared_ids[i], UUID_TEXT_LEN));
	return NULL;
}

static void a_ceremony_ends_once_however_many_threads_end_it(void **state)
{
	pthread_t threads[THREADS];
	size_t counts[THREADS] = { 0 };
	size_t sum = 0;

	(void)state;
	make(ARRAY_LEN(shared_ids));
	for (size_t i = 0; i < ARRAY_LEN(shared_ids); i++)
		assert_int_equal(
			put(shared_ids[i], of_wallet((uint8_t)i, 0), NOW), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, end_all, &counts[i]),
			0);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += counts[i];
	}
	assert_int_equal(sum, ARRAY_LEN(shared_ids));
}

static void no_memory_is_told(void **state)
{
	char id[UUID_TEXT_LEN + 1];
	struct challenge c = { .purpose = CHALLENGE_REGISTRATION,
			       .note = { (const uint8_t *)"n", 1 } };

	(void)state;
	challenge_book_free(&book);
	for (unsigned long n = 1; n <= 4; n++) {
		mem_fail_at(n);
		assert_int_equal(challenge_book_new(&book, 2),
				 KMS_RC_NO_MEMORY);
		assert_null(book);
	}
	mem_fail_at(0);
	make(1);
	mem_fail_at(1);
	assert_int_equal(put(id, c, NOW), KMS_RC_NO_MEMORY);
	mem_fail_at(0);
	assert_int_equal(put(id, c, NOW), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_challenge_is_given_out_once),
		cmocka_unit_test(one_of_another_wallet_or_purpose_stays),
		cmocka_unit_test(the_purpose_of_whole_ceremonies_decides),
		cmocka_unit_test(it_lives_as_long_as_the_nonce),
		cmocka_unit_test(a_full_book_refuses_until_something_expires),
		cmocka_unit_test(a_wallet_fills_no_more_than_its_share),
		cmocka_unit_test(a_registration_keeps_its_note),
		cmocka_unit_test(an_id_has_one_spelling),
		cmocka_unit_test(it_agrees_with_a_plain_list),
		cmocka_unit_test(
			a_ceremony_ends_once_however_many_threads_end_it),
		cmocka_unit_test(no_memory_is_told),
	};

	if (argc != 2)
		return 2;
	ceremonies = argv[1];
	return cmocka_run_group_tests(tests, NULL, end);
}
