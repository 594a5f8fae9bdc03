/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What clients of the reference have signed for a nonce and a payload:
 * test/vectors/webauthn-commitments.json.
 */
#include "codec/intent.h"
#include "common/base64.h"
#include "common/endian.h"
#include "test/unit/vector_file.h"

#include <stdio.h>

#define REST " digest_hex nonce_hex challenge_b64url"

typedef void vector_fn(const struct json_value *v);

static const char *path;
static struct vector_file file;

static int open_file(void **state)
{
	(void)state;
	vector_file_open(&file, path);
	return 0;
}

static int close_file(void **state)
{
	(void)state;
	vector_file_close(&file);
	return 0;
}

/* --- digests ------------------------------------------------------------ */

static void check_digest(const struct json_value *v, struct bytes tail)
{
	uint8_t wallet[16];
	uint8_t want[32];
	uint8_t got[32];
	char tag[64];

	vector_text(tag, sizeof(tag), v, "tag");
	vector_uuid(wallet, v, "wallet_id");
	vector_hex(want, sizeof(want), v, "digest_hex");
	vector_tagged_digest(got, tag, wallet, tail);
	assert_memory_equal(got, want, sizeof(want));
}

static void check_mint(const struct json_value *v)
{
	uint8_t bytes[256];
	uint8_t hash[32];
	char label[256];
	size_t len = vector_text(label, sizeof(label), v, "label_utf8");

	if (vector_has(v, "label_bytes_hex")) {
		assert_int_equal(vector_hex_any(bytes, sizeof(bytes), v,
						"label_bytes_hex"),
				 len);
		assert_memory_equal(label, bytes, len);
	}
	sha256_once(hash, label, len);
	check_digest(v, bytes_of(hash, sizeof(hash)));
}

static void check_refresh(const struct json_value *v)
{
	uint8_t index[4];

	be32_put(index, vector_u32(v, "agent_index"));
	check_digest(v, bytes_of(index, sizeof(index)));
}

/* --- challenges --------------------------------------------------------- */

static void check_payload(const struct json_value *v)
{
	uint8_t commitment[32];
	uint8_t challenge[32];

	vector_hex(commitment, sizeof(commitment), v, "commitment_hex");
	assert_int_equal(vector_base64url(challenge, sizeof(challenge), v,
					  "challenge_b64url"),
			 sizeof(challenge));
	assert_memory_equal(challenge, commitment, sizeof(commitment));
}

/* Its preimage is prose. */
static void check_proposed(const struct json_value *v)
{
	uint8_t wallet[16];
	char text[256];

	vector_uuid(wallet, v, "wallet_id");
	vector_text(text, sizeof(text), v, "tag");
	vector_text(text, sizeof(text), v, "preimage");
}

static void check_challenge(const struct json_value *v)
{
	uint8_t nonce[32];
	uint8_t digest[32];
	uint8_t want[32];
	uint8_t got[32];
	char name[64];

	vector_text(name, sizeof(name), v, "name");
	printf("# %s\n", name);
	vector_hex(nonce, sizeof(nonce), v, "nonce_hex");
	vector_hex(digest, sizeof(digest), v, "digest_hex");
	assert_int_equal(
		vector_base64url(want, sizeof(want), v, "challenge_b64url"),
		sizeof(want));
	intent_payload_challenge(got, nonce, digest);
	assert_memory_equal(got, want, sizeof(want));
}

static size_t replay(const struct json_value *list, const char *shape,
		     vector_fn *check)
{
	struct json_value v = { 0 };
	size_t count = 0;
	size_t pos = 0;

	assert_int_equal(list->type, JSON_ARRAY);
	for (; json_next(list, &pos, NULL, &v); count++) {
		vector_shape(&v, shape);
		check_challenge(&v);
		check(&v);
	}
	assert_true(count > 0);
	return count;
}

static void every_challenge_commits_to_nonce_and_digest(void **state)
{
	const struct json_value *top = &file.top;
	struct json_value proposed = { 0 };
	struct json_value list = { 0 };
	size_t count = 0;

	(void)state;
	vector_shape(top, "description payload_commitment mint refresh "
			  "proposed");
	list = vector_inside(top, "payload_commitment");
	count +=
		replay(&list, "name source commitment_hex" REST, check_payload);
	list = vector_inside(top, "mint");
	count += replay(&list,
			"name source tag wallet_id label_utf8 "
			"?label_bytes_hex" REST,
			check_mint);
	list = vector_inside(top, "refresh");
	count += replay(&list, "name source tag wallet_id agent_index" REST,
			check_refresh);
	proposed = vector_inside(top, "proposed");
	vector_shape(&proposed, "note vectors");
	list = vector_inside(&proposed, "vectors");
	count += replay(&list, "name tag wallet_id preimage" REST,
			check_proposed);
	printf("# %zu commitments\n", count);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_challenge_commits_to_nonce_and_digest),
	};

	if (argc != 2)
		return 2;
	path = argv[1];
	return cmocka_run_group_tests_name("commitments", tests, open_file,
					   close_file);
}
