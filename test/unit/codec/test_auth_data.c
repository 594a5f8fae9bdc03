/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/auth_data.h"
#include "test/unit/codec/exact.h"
#include "test/unit/codec/webauthn_vectors.h"

#define HASH	 W3C_RP_ID_HASH
#define COUNT	 "00000007"
#define AAGUID	 W3C_NONE_AAGUID
#define KEY	 W3C_NONE_KEY
#define ATTESTED AAGUID "0020" W3C_NONE_ID KEY
#define ED25519 \
	"a4"    \
	"0101"  \
	"0327"  \
	"2006"  \
	"215820" W3C_NONE_X

typedef enum kms_rc get_fn(struct auth_data *out, struct bytes data);

/* Reads what has to be accepted; *in is for the caller to free. */
static struct auth_data must_get(get_fn *get, struct bytes *in, const char *hex)
{
	struct auth_data a = { 0 };

	*in = exact_hex(hex);
	assert_int_equal(get(&a, *in), 0);
	return a;
}

static void assert_refused(get_fn *get, const char *const *hex, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes in = exact_hex(hex[i]);
		struct auth_data a = { 0 };

		if (get(&a, in) != KMS_RC_AUTH_FORMAT)
			fail_msg("accepted: %s", hex[i]);
		exact_free(&in);
	}
}

static void assert_hex(const void *got, size_t len, const char *want)
{
	struct bytes w = exact_hex(want);

	assert_int_equal(len, w.len);
	assert_memory_equal(got, w.ptr, len);
	exact_free(&w);
}

static void a_published_assertion_is_read(void **state)
{
	struct bytes in = { 0 };
	struct auth_data a =
		must_get(auth_data_get_assertion, &in, W3C_NONE_GET_AUTH_DATA);

	(void)state;
	assert_hex(a.rp_id_hash, 32, W3C_RP_ID_HASH);
	assert_int_equal(a.flags, AUTH_DATA_UP | AUTH_DATA_BE | AUTH_DATA_BS);
	assert_int_equal(a.sign_count, 0);
	assert_null(a.credential_id.ptr);
	assert_null(a.extensions.ptr);
	exact_free(&in);
}

static void a_published_registration_is_read(void **state)
{
	struct bytes in = { 0 };
	struct auth_data a =
		must_get(auth_data_get_attested, &in, W3C_NONE_AUTH_DATA);

	(void)state;
	assert_hex(a.rp_id_hash, 32, W3C_RP_ID_HASH);
	assert_int_equal(a.flags, 0x59);
	assert_int_equal(a.sign_count, 0);
	assert_hex(a.aaguid, 16, W3C_NONE_AAGUID);
	assert_hex(a.credential_id.ptr, a.credential_id.len, W3C_NONE_ID);
	assert_hex(a.pub, 64, W3C_NONE_X W3C_NONE_Y);
	assert_null(a.extensions.ptr);
	exact_free(&in);
}

/* Up and attested, not verified: the form is no policy. */
static void the_counter_is_big_endian(void **state)
{
	struct bytes in = { 0 };
	struct auth_data a = must_get(auth_data_get_attested, &in,
				      HASH "41fedcba98" ATTESTED);

	(void)state;
	assert_true(a.sign_count == 0xfedcba98);
	exact_free(&in);
}

static void extensions_are_given_as_one_map(void **state)
{
	/* {"credProtect": 2, "hmac-secret": true} */
	static const char map[] = "a2"
				  "6b6372656450726f74656374"
				  "02"
				  "6b686d61632d736563726574"
				  "f5";
	struct bytes in = { 0 };
	struct auth_data a = { 0 };
	char text[256];

	(void)state;
	snprintf(text, sizeof(text), HASH "85" COUNT "%s", map);
	a = must_get(auth_data_get_assertion, &in, text);
	assert_hex(a.extensions.ptr, a.extensions.len, map);
	exact_free(&in);

	a = must_get(auth_data_get_assertion, &in, HASH "85" COUNT "a0");
	assert_int_equal(a.extensions.len, 1);
	exact_free(&in);

	a = must_get(auth_data_get_attested, &in,
		     HASH "c5" COUNT ATTESTED "a163757631"
			  "8183020401");
	assert_hex(a.extensions.ptr, a.extensions.len,
		   "a163757631"
		   "8183020401");
	assert_hex(a.pub, 64, W3C_NONE_X W3C_NONE_Y);
	exact_free(&in);
}

static void an_assertion_steps_over_an_attested_credential(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		HASH "45" COUNT ATTESTED,
		HASH "c5" COUNT ATTESTED "a0",
		HASH "45" COUNT AAGUID "000177" ED25519,
		HASH "45" COUNT AAGUID "000177" "a0",
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct bytes in = { 0 };
		struct auth_data a =
			must_get(auth_data_get_assertion, &in, texts[i]);

		assert_int_equal(a.sign_count, 7);
		assert_null(a.credential_id.ptr);
		assert_int_equal(a.pub[0], 0);
		exact_free(&in);
	}
}

static void reserved_flags_are_left_alone(void **state)
{
	struct bytes in = { 0 };
	struct auth_data a =
		must_get(auth_data_get_assertion, &in, HASH "27" COUNT);

	(void)state;
	assert_int_equal(a.flags, 0x27);
	exact_free(&in);
}

/* Each of these has a form that is accepted nowhere. */
static void malformed_data_is_refused(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		"",
		"00",
		HASH,
		HASH "05",
		HASH "05000000",
		/* bytes behind that no flag announces */
		HASH "05" COUNT "00",
		HASH "05" COUNT "a0",
		HASH "05" COUNT ATTESTED,
		HASH "45" COUNT ATTESTED "a0",
		HASH "45" COUNT ATTESTED "00",
		/* flags without what they announce */
		HASH "85" COUNT,
		HASH "45" COUNT,
		HASH "c5" COUNT,
		HASH "c5" COUNT ATTESTED,
		HASH "45" COUNT "a0",
		/* backed up, but not to be backed up */
		HASH "15" COUNT,
		HASH "11" COUNT,
		HASH "55" COUNT ATTESTED,
		HASH "95" COUNT "a0",
		/* extensions that are no map, or two, or not strict */
		HASH "85" COUNT "00",
		HASH "85" COUNT "80",
		HASH "85" COUNT "60",
		HASH "85" COUNT "f6",
		HASH "85" COUNT "a0" "a0",
		HASH "85" COUNT "a0" "00",
		HASH "85" COUNT "a1" "6161",
		HASH "85" COUNT "bf" "ff",
		HASH "85" COUNT "b800",
		HASH "85" COUNT "a1" "6161" "f90000",
		HASH "85" COUNT "a1" "6161" "c000",
		HASH "85" COUNT "a1" "61ff" "00",
		HASH "85" COUNT "a1" "6161" "8181818100",
		HASH "85" COUNT "bbffffffffffffffff" "6161" "00",
		HASH "c5" COUNT ATTESTED "80",
		HASH "c5" COUNT ATTESTED "a0" "00",
		/* credential ids of no byte, of too many, cut off */
		HASH "45" COUNT AAGUID "0000" KEY,
		HASH "45" COUNT AAGUID "0400" W3C_NONE_ID KEY,
		HASH "45" COUNT AAGUID "ffff" W3C_NONE_ID KEY,
		HASH "45" COUNT AAGUID "0021" W3C_NONE_ID KEY,
		HASH "45" COUNT AAGUID "001f" W3C_NONE_ID KEY,
		HASH "45" COUNT AAGUID "0020" W3C_NONE_ID,
		HASH "45" COUNT AAGUID "00",
		HASH "45" COUNT AAGUID,
		HASH "45" COUNT "00",
		/* a key that is no map */
		HASH "45" COUNT AAGUID "0001" "77" "80",
		HASH "45" COUNT AAGUID "0001" "77" "5820" W3C_NONE_X,
		HASH "45" COUNT AAGUID "0001" "77" "04" W3C_NONE_X W3C_NONE_Y,
	};
	/* clang-format on */

	(void)state;
	assert_refused(auth_data_get_assertion, texts, ARRAY_LEN(texts));
	assert_refused(auth_data_get_attested, texts, ARRAY_LEN(texts));
}

static void a_registration_needs_a_p256_key(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		HASH "05" COUNT,
		HASH "85" COUNT "a0",
		HASH "45" COUNT AAGUID "000177" ED25519,
		HASH "45" COUNT AAGUID "000177" "a0",
		HASH "45" COUNT AAGUID "000177"
			"a5" "0102" "0326" "2002" "215820" W3C_NONE_X
			"225820" W3C_NONE_Y,
		HASH "45" COUNT AAGUID "000177"
			"a5" "0102" "0326" "2001" "215820" W3C_NONE_X
			"215820" W3C_NONE_Y,
	};
	/* clang-format on */

	(void)state;
	assert_refused(auth_data_get_attested, texts, ARRAY_LEN(texts));
}

static void every_cut_is_refused(void **state)
{
	static const char whole_hex[] = HASH "c5" COUNT ATTESTED "a0";
	struct bytes whole = exact_hex(whole_hex);
	struct auth_data a = { 0 };

	(void)state;
	for (size_t len = 0; len <= whole.len; len++) {
		struct bytes in = exact_copy(whole.ptr, len);
		enum kms_rc want =
			len == whole.len ? KMS_RC_OK : KMS_RC_AUTH_FORMAT;

		assert_int_equal(auth_data_get_attested(&a, in), want);
		assert_int_equal(auth_data_get_assertion(&a, in), want);
		exact_free(&in);
	}
	exact_free(&whole);
}

/* Attested data with an id of id_len bytes and an extension of fill bytes. */
static struct bytes long_data(size_t id_len, size_t fill)
{
	struct bytes head = exact_hex(HASH "c5" COUNT AAGUID);
	struct bytes key = exact_hex(KEY);
	uint8_t *out = calloc(1, 4096);
	size_t n = head.len;
	struct bytes data = { 0 };

	assert_non_null(out);
	memcpy(out, head.ptr, head.len);
	out[n++] = (uint8_t)(id_len >> 8);
	out[n++] = (uint8_t)id_len;
	n += id_len;
	memcpy(out + n, key.ptr, key.len);
	n += key.len;
	memcpy(out + n, "\xa1\x61\x61\x59", 4);
	n += 4;
	out[n++] = (uint8_t)(fill >> 8);
	out[n++] = (uint8_t)fill;
	data = exact_copy(out, n + fill);
	free(out);
	exact_free(&head);
	exact_free(&key);
	return data;
}

static void the_longest_data_has_1024_bytes(void **state)
{
	/* what a long id and a long extension share */
	const size_t room = AUTH_DATA_MAX - 37 - 18 - 77 - 6;
	struct auth_data a = { 0 };

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		enum kms_rc want = over ? KMS_RC_AUTH_FORMAT : KMS_RC_OK;
		struct bytes in = long_data(1, room - 1 + over);

		assert_int_equal(in.len, AUTH_DATA_MAX + over);
		assert_int_equal(auth_data_get_attested(&a, in), want);
		assert_int_equal(auth_data_get_assertion(&a, in), want);
		exact_free(&in);
		in = long_data(room - 256 + over, 256);
		assert_int_equal(auth_data_get_attested(&a, in), want);
		if (!over)
			assert_int_equal(a.credential_id.len, room - 256);
		exact_free(&in);
	}
}

/* Every byte but the reserved flags shows in what was read. */
static void a_changed_byte_is_refused_or_shows(void **state)
{
	struct bytes whole = exact_hex(HASH "c5" COUNT ATTESTED "a161611818");
	uint8_t *byte = (uint8_t *)(uintptr_t)whole.ptr;
	struct auth_data old = { 0 };
	uint8_t id[32];
	uint8_t ext[5];

	(void)state;
	assert_int_equal(auth_data_get_attested(&old, whole), 0);
	memcpy(id, old.credential_id.ptr, sizeof(id));
	memcpy(ext, old.extensions.ptr, sizeof(ext));
	for (size_t i = 0; i < whole.len; i++) {
		for (unsigned int flip = 1; flip < 256; flip++) {
			struct auth_data a = { 0 };

			byte[i] ^= (uint8_t)flip;
			if (!auth_data_get_attested(&a, whole)) {
				struct bytes e = a.extensions;

				assert_true(
					memcmp(a.rp_id_hash, old.rp_id_hash,
					       32) ||
					a.flags != old.flags ||
					a.sign_count != old.sign_count ||
					memcmp(a.aaguid, old.aaguid, 16) ||
					memcmp(a.pub, old.pub, 64) ||
					memcmp(a.credential_id.ptr, id, 32) ||
					memcmp(e.ptr, ext, sizeof(ext)));
			}
			byte[i] ^= (uint8_t)flip;
		}
	}
	exact_free(&whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_assertion_is_read),
		cmocka_unit_test(a_published_registration_is_read),
		cmocka_unit_test(the_counter_is_big_endian),
		cmocka_unit_test(extensions_are_given_as_one_map),
		cmocka_unit_test(
			an_assertion_steps_over_an_attested_credential),
		cmocka_unit_test(reserved_flags_are_left_alone),
		cmocka_unit_test(malformed_data_is_refused),
		cmocka_unit_test(a_registration_needs_a_p256_key),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(the_longest_data_has_1024_bytes),
		cmocka_unit_test(a_changed_byte_is_refused_or_shows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
