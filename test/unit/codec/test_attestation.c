/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/attestation.h"
#include "codec/auth_data.h"
#include "test/unit/codec/exact.h"
#include "test/unit/codec/webauthn_vectors.h"

#define FMT	"63666d74"	   /* "fmt" */
#define STMT	"6761747453746d74" /* "attStmt" */
#define DATA	"686175746844617461"
#define NONE	"646e6f6e65"
#define PAYLOAD "430a0b0c"

static void a_published_object_is_read(void **state)
{
	struct bytes in = exact_hex(W3C_NONE_OBJECT);
	struct attestation at = { 0 };
	struct auth_data a = { 0 };

	(void)state;
	assert_int_equal(attestation_get(&at, in), 0);
	assert_true(bytes_is_var(at.format, "none"));
	assert_int_equal(at.statement.len, 1);
	assert_int_equal(at.auth_data.len, 164);
	assert_int_equal(auth_data_get_attested(&a, at.auth_data), 0);
	assert_int_equal(a.credential_id.len, 32);
	exact_free(&in);
}

static void a_self_attested_object_is_read(void **state)
{
	struct bytes in = exact_hex(W3C_SELF_OBJECT);
	struct bytes id = exact_hex(W3C_SELF_ID);
	struct attestation at = { 0 };
	struct auth_data a = { 0 };

	(void)state;
	assert_int_equal(attestation_get(&at, in), 0);
	assert_true(bytes_is_var(at.format, "packed"));
	assert_int_equal(at.statement.ptr[0], 0xa2);
	assert_int_equal(auth_data_get_attested(&a, at.auth_data), 0);
	assert_int_equal(a.flags, 0x5d);
	assert_true(bytes_equal_var(a.credential_id, id));
	exact_free(&id);
	exact_free(&in);
}

static void members_come_in_any_order(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		"a3" FMT NONE STMT "a0" DATA PAYLOAD,
		"a3" FMT NONE DATA PAYLOAD STMT "a0",
		"a3" STMT "a0" FMT NONE DATA PAYLOAD,
		"a3" STMT "a0" DATA PAYLOAD FMT NONE,
		"a3" DATA PAYLOAD FMT NONE STMT "a0",
		"a3" DATA PAYLOAD STMT "a0" FMT NONE,
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct bytes in = exact_hex(texts[i]);
		struct attestation at = { 0 };

		assert_int_equal(attestation_get(&at, in), 0);
		assert_true(bytes_is_var(at.format, "none"));
		assert_int_equal(at.statement.len, 1);
		assert_int_equal(at.auth_data.len, 3);
		assert_memory_equal(at.auth_data.ptr, "\x0a\x0b\x0c", 3);
		exact_free(&in);
	}
}

static void other_objects_are_refused(void **state)
{
	/* clang-format off */
	static const char *const texts[] = {
		"",
		"a0",
		"80",
		"00",
		/* one is missing */
		"a2" FMT NONE STMT "a0",
		"a2" FMT NONE DATA PAYLOAD,
		"a2" STMT "a0" DATA PAYLOAD,
		/* one is there twice, in place of another or beside all */
		"a3" FMT NONE FMT NONE DATA PAYLOAD,
		"a3" FMT NONE STMT "a0" STMT "a0",
		"a3" DATA PAYLOAD DATA PAYLOAD STMT "a0",
		"a4" FMT NONE STMT "a0" DATA PAYLOAD DATA PAYLOAD,
		"a4" FMT NONE STMT "a0" DATA PAYLOAD FMT NONE,
		/* a foreign one */
		"a4" FMT NONE STMT "a0" DATA PAYLOAD "6161" "00",
		"a4" "01" "00" FMT NONE STMT "a0" DATA PAYLOAD,
		"a3" "63464d54" NONE STMT "a0" DATA PAYLOAD,
		"a3" "43666d74" NONE STMT "a0" DATA PAYLOAD,
		"a3" "64666d7400" NONE STMT "a0" DATA PAYLOAD,
		/* numbers for names, as CTAP2 itself has them */
		"a3" "01" NONE "02" PAYLOAD "03" "a0",
		/* another type */
		"a3" FMT "446e6f6e65" STMT "a0" DATA PAYLOAD,
		"a3" FMT "00" STMT "a0" DATA PAYLOAD,
		"a3" FMT NONE STMT "80" DATA PAYLOAD,
		"a3" FMT NONE STMT "f6" DATA PAYLOAD,
		"a3" FMT NONE STMT "40" DATA PAYLOAD,
		"a3" FMT NONE STMT "a0" DATA "630a0b0c",
		"a3" FMT NONE STMT "a0" DATA "a0",
		"a3" FMT NONE STMT "a0" DATA "8143" "0a0b0c",
		"83" FMT NONE STMT "a0" DATA PAYLOAD,
		/* a statement that is not strict */
		"a3" FMT NONE STMT "bfff" DATA PAYLOAD,
		"a3" FMT NONE STMT "a1616100" "00" DATA PAYLOAD,
		"a3" FMT NONE STMT "a16161f7" DATA PAYLOAD,
		"a3" FMT NONE STMT "a161618181818100" DATA PAYLOAD,
		/* bytes behind; cut off; not strict outside */
		"a3" FMT NONE STMT "a0" DATA PAYLOAD "00",
		"a3" FMT NONE STMT "a0" DATA "440a0b0c",
		"a3" FMT NONE STMT "a0" DATA "5bffffffffffffffff0a0b0c",
		"a3" FMT NONE STMT "a0" DATA "58030a0b0c",
		"b803" FMT NONE STMT "a0" DATA PAYLOAD,
		"bf" FMT NONE STMT "a0" DATA PAYLOAD "ff",
		"d9d9f7" "a3" FMT NONE STMT "a0" DATA PAYLOAD,
	};
	/* clang-format on */
	struct attestation at = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct bytes in = exact_hex(texts[i]);

		if (attestation_get(&at, in) != KMS_RC_AUTH_FORMAT)
			fail_msg("accepted: %s", texts[i]);
		exact_free(&in);
	}
}

static void the_longest_object_has_8192_bytes(void **state)
{
	struct bytes head = exact_hex("a3" FMT NONE STMT "a0" DATA "59");
	struct attestation at = { 0 };

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		size_t len = ATTESTATION_MAX + over;
		size_t data_len = len - head.len - 2;
		uint8_t *copy = calloc(1, len);

		assert_non_null(copy);
		memcpy(copy, head.ptr, head.len);
		copy[head.len] = (uint8_t)(data_len >> 8);
		copy[head.len + 1] = (uint8_t)data_len;
		assert_int_equal(attestation_get(&at, bytes_of(copy, len)),
				 over ? KMS_RC_AUTH_FORMAT : KMS_RC_OK);
		free(copy);
	}
	exact_free(&head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_published_object_is_read),
		cmocka_unit_test(a_self_attested_object_is_read),
		cmocka_unit_test(members_come_in_any_order),
		cmocka_unit_test(other_objects_are_refused),
		cmocka_unit_test(the_longest_object_has_8192_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
