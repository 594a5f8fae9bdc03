/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/messages.h"
#include "abi/record.h"
#include "common/endian.h"
#include "test/unit/seed.h"

#include <string.h>

static const struct {
	const char *name;
	const struct abi_layout *layout;
} messages[] = {
#define M(msg) { #msg, &abi_layout_##msg },
	ABI_MESSAGES(M)
#undef M
};

/* Any message's struct fits. */
#define STRUCT_MAX 512

static void every_layout_is_sound(void **state)
{
	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(messages); m++) {
		const struct abi_layout *l = messages[m].layout;

		assert_true(l->count <= 32);
		assert_true(l->size <= STRUCT_MAX);
		for (size_t i = 0; i < l->count; i++) {
			const struct abi_field *f = &l->fields[i];

			if (i && f->tag <= l->fields[i - 1].tag)
				fail_msg("%s: tags do not ascend",
					 messages[m].name);
			assert_true(f->offset >= sizeof(uint32_t));
			assert_true(f->kind < ABI_FIX || f->max);
		}
	}
}

/* A body with random values in every field; views borrow the pool. */
static size_t random_body(uint8_t *out, size_t cap, const struct abi_layout *l,
			  struct prng *p, bool optional_too)
{
	static uint8_t pool[8192];
	struct abi_writer w = { 0 };

	prng_fill(p, pool, sizeof(pool));
	abi_begin(&w, out, cap);
	for (size_t i = 0; i < l->count; i++) {
		const struct abi_field *f = &l->fields[i];
		size_t copies = 1;
		size_t len = f->max;

		if (!f->required && !optional_too)
			continue;
		if (f->kind == ABI_REP)
			copies = 1 + prng_below(p, f->max < 4 ? f->max : 4);
		if (f->kind == ABI_VAR || f->kind == ABI_REP)
			len = prng_below(p, f->max < 200 ? f->max + 1 : 200);
		if (f->kind < ABI_FIX)
			len = (size_t)1 << f->kind;
		while (copies--)
			abi_put_var(&w, f->tag, pool, len);
	}
	assert_int_equal(abi_finish_body(&w), 0);
	return w.len;
}

static enum kms_rc decode_exact(void *out, const struct abi_layout *l,
				const uint8_t *body, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	enum kms_rc rc = KMS_RC_INTERNAL;

	assert_non_null(copy);
	memcpy(copy, body, len);
	rc = abi_decode(out, l, bytes_of(copy, len));
	free(copy);
	return rc;
}

static void every_message_survives_both_ways(void **state)
{
	struct prng p = prng_start();
	static uint8_t body[32768];
	static uint8_t again[32768];
	uint64_t msg[STRUCT_MAX / 8];
	struct abi_writer w = { 0 };

	(void)state;
	for (size_t i = 0; i < 40 * ARRAY_LEN(messages); i++) {
		const struct abi_layout *l =
			messages[i % ARRAY_LEN(messages)].layout;
		size_t len = random_body(body, sizeof(body), l, &p, true);

		assert_int_equal(abi_decode(msg, l, bytes_of(body, len)), 0);
		abi_begin(&w, again, sizeof(again));
		abi_put(&w, l, msg);
		assert_int_equal(abi_finish_body(&w), 0);
		assert_int_equal(w.len, len);
		assert_memory_equal(again, body, len);
	}
}

/* A cut is noticed, but where what is left is itself a whole message. */
static void every_truncated_message_is_refused(void **state)
{
	struct prng p = prng_start();
	static uint8_t body[32768];
	uint64_t msg[STRUCT_MAX / 8];

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(messages); m++) {
		const struct abi_layout *l = messages[m].layout;
		size_t len = random_body(body, sizeof(body), l, &p, false);
		size_t reps = 0;

		for (size_t i = 0; i < l->count; i++)
			reps += l->fields[i].kind == ABI_REP;
		for (size_t cut = 0; cut < len; cut++) {
			enum kms_rc rc = decode_exact(msg, l, body, cut);

			if (rc != KMS_RC_DECODE && !reps)
				fail_msg("%s cut at %zu of %zu: %s",
					 messages[m].name, cut, len,
					 kms_rc_name(rc));
			if (!rc)
				assert_true(cut % 4 == 0);
		}
	}
}

static void a_missing_required_field_is_refused(void **state)
{
	struct prng p = prng_start();
	static uint8_t body[32768];
	static uint8_t less[32768];
	uint64_t msg[STRUCT_MAX / 8];

	(void)state;
	for (size_t m = 0; m < ARRAY_LEN(messages); m++) {
		const struct abi_layout *l = messages[m].layout;
		size_t len = random_body(body, sizeof(body), l, &p, true);

		for (size_t i = 0; i < l->count; i++) {
			size_t at = 0;
			size_t out = 0;

			/* Copies all TLVs but those of field i. */
			while (at < len) {
				size_t n = 8 + ((le32_get(body + at + 4) + 3u) &
						~3u);

				if (le16_get(body + at) != l->fields[i].tag) {
					memcpy(less + out, body + at, n);
					out += n;
				}
				at += n;
			}
			assert_int_equal(decode_exact(msg, l, less, out),
					 l->fields[i].required ? KMS_RC_DECODE
							       : KMS_RC_OK);
		}
	}
}

static void optional_fields_are_told_apart(void **state)
{
	struct abi_sign_result r = { 0 };
	struct abi_writer w = { 0 };
	uint8_t body[128];

	(void)state;
	abi_begin(&w, body, sizeof(body));
	abi_put_var(&w, 1, "\x00\x00", 2);
	assert_int_equal(ABI_DECODE(&r, sign_result, bytes_of(body, w.len)), 0);
	assert_false(ABI_HAS(&r, sign_result, recid));
	assert_null(r.signature.ptr);
	abi_put_var(&w, 3, "\x01", 1);
	assert_int_equal(ABI_DECODE(&r, sign_result, bytes_of(body, w.len)), 0);
	assert_true(ABI_HAS(&r, sign_result, recid));
	assert_int_equal(r.recid, 1);
}

/* One TLV after the other by hand: tag, flags, zero, length, value. */
struct raw_tlv {
	uint16_t tag;
	uint8_t flags;
	uint8_t reserved;
	uint32_t len;
	uint8_t value[8];
};

static size_t put_raw(uint8_t *out, const struct raw_tlv *t, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		le16_put(out + n, t[i].tag);
		out[n + 2] = t[i].flags;
		out[n + 3] = t[i].reserved;
		le32_put(out + n + 4, t[i].len);
		memcpy(out + n + 8, t[i].value, 8);
		n += 8 + ((t[i].len + 3u) & ~3u);
	}
	return n;
}

static enum kms_rc decode_sign_result(const struct raw_tlv *t, size_t count)
{
	struct abi_sign_result r = { 0 };
	uint8_t body[128] = { 0 };
	size_t len = put_raw(body, t, count);

	return decode_exact(&r, &abi_layout_sign_result, body, len);
}

static void the_rules_of_tlvs_hold(void **state)
{
	static const struct raw_tlv status = { 1, 1, 0, 2, { 0 } };
	static const struct {
		const char *why;
		struct raw_tlv second;
		enum kms_rc rc;
	} rows[] = {
		{ "fine", { 3, 1, 0, 1, { 1 } }, KMS_RC_OK },
		{ "not critical but known", { 3, 0, 0, 1, { 1 } }, KMS_RC_OK },
		{ "unknown", { 9, 0, 0, 4, { 1 } }, KMS_RC_OK },
		{ "unknown critical", { 9, 1, 0, 4, { 1 } }, KMS_RC_DECODE },
		{ "unknown flag", { 3, 3, 0, 1, { 1 } }, KMS_RC_DECODE },
		{ "reserved byte", { 3, 1, 1, 1, { 1 } }, KMS_RC_DECODE },
		{ "repeated", { 1, 1, 0, 2, { 0 } }, KMS_RC_DECODE },
		{ "descending", { 0, 0, 0, 2, { 0 } }, KMS_RC_DECODE },
		{ "too wide", { 3, 1, 0, 2, { 1 } }, KMS_RC_DECODE },
		{ "empty integer", { 3, 1, 0, 0, { 0 } }, KMS_RC_DECODE },
		{ "padding", { 3, 1, 0, 1, { 1, 0, 0, 1 } }, KMS_RC_DECODE },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct raw_tlv both[2] = { status, rows[i].second };

		if (decode_sign_result(both, 2) != rows[i].rc)
			fail_msg("%s", rows[i].why);
	}
}

static void a_length_near_the_end_of_the_integers_is_refused(void **state)
{
	struct abi_sign_result r = { 0 };
	uint8_t body[12] = { 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 };

	(void)state;
	for (uint32_t len = 0xfffffff0u; len; len++) {
		le32_put(body + 4, len);
		assert_int_equal(decode_exact(&r, &abi_layout_sign_result, body,
					      sizeof(body)),
				 KMS_RC_DECODE);
	}
}

static void limits_are_exact(void **state)
{
	static uint8_t value[ABI_EVIDENCE_MAX + 4];
	static uint8_t body[2 * ABI_EVIDENCE_MAX];
	struct abi_state_proof proof = { 0 };
	struct abi_commit_rsp commit = { 0 };
	struct abi_writer w = { 0 };

	(void)state;
	for (size_t len = ABI_BLOB_MAX - 1; len <= ABI_BLOB_MAX + 1; len++) {
		abi_begin(&w, body, sizeof(body));
		abi_put_var(&w, 1, value, len);
		assert_int_equal(
			ABI_DECODE(&proof, state_proof, bytes_of(body, w.len)),
			len <= ABI_BLOB_MAX ? KMS_RC_OK : KMS_RC_DECODE);
	}
	for (size_t n = ABI_BATCH_OPS; n <= ABI_BATCH_OPS + 1; n++) {
		abi_begin(&w, body, sizeof(body));
		abi_put_var(&w, 1, value, 2);
		abi_put_var(&w, 2, value, 8);
		abi_put_var(&w, 3, value, 32);
		for (size_t i = 0; i < n; i++)
			abi_put_var(&w, ABI_TAG_RECEIPTS, value, 4);
		assert_int_equal(
			ABI_DECODE(&commit, commit_rsp, bytes_of(body, w.len)),
			n <= ABI_BATCH_OPS ? KMS_RC_OK : KMS_RC_DECODE);
	}
}

static void a_run_is_walked_to_its_end(void **state)
{
	struct abi_sign_req req = { 0 };
	struct abi_writer w = { 0 };
	struct bytes v = { 0 };
	uint8_t body[256];
	size_t n = 0;

	(void)state;
	abi_begin(&w, body, sizeof(body));
	for (uint8_t i = 0; i < 5; i++)
		abi_put_var(&w, ABI_TAG_SIGN_ITEMS, &i, i ? 1 : 0);
	assert_int_equal(ABI_DECODE(&req, sign_req, bytes_of(body, w.len)), 0);
	assert_int_equal(req.items.count, 5);
	while (abi_rep_next(&req.items, &v)) {
		assert_int_equal(v.len, n ? 1 : 0);
		if (n)
			assert_int_equal(v.ptr[0], n);
		n++;
	}
	assert_int_equal(n, 5);
	assert_int_equal(req.items.count, 0);
}

static void containers_know_their_length(void **state)
{
	struct abi_sign_req req = { 0 };
	struct abi_sign_item item = { .shard = 7, .slot = 9, .alg = 1 };
	struct abi_sign_item back = { 0 };
	struct abi_writer w = { 0 };
	struct bytes v = { 0 };
	uint8_t body[512];
	size_t at = 0;

	(void)state;
	abi_begin(&w, body, sizeof(body));
	for (uint64_t i = 0; i < 2; i++) {
		item.slot = 100 + i;
		item.evidence = bytes_of("xyz", 3);
		at = abi_open(&w, ABI_TAG_SIGN_ITEMS);
		ABI_PUT(&w, sign_item, &item);
		abi_close(&w, at);
	}
	assert_int_equal(abi_finish_body(&w), 0);
	assert_int_equal(ABI_DECODE(&req, sign_req, bytes_of(body, w.len)), 0);
	for (uint64_t i = 0; i < 2; i++) {
		assert_true(abi_rep_next(&req.items, &v));
		assert_int_equal(ABI_DECODE(&back, sign_item, v), 0);
		assert_int_equal(back.shard, 7);
		assert_true(back.slot == 100 + i);
		assert_int_equal(back.evidence.len, 3);
	}
}

static void headers_survive_both_ways(void **state)
{
	uint8_t req_id[ABI_REQ_ID_LEN] = "0123456789abcde";
	struct abi_writer w = { 0 };
	struct abi_header h = { 0 };
	struct bytes body = { 0 };
	uint8_t msg[64];

	(void)state;
	abi_begin(&w, msg, sizeof(msg));
	abi_put_header(&w, CMD_SIGN, KMS_RC_STALE, req_id);
	abi_put_var(&w, 1, "ab", 2);
	assert_int_equal(abi_finish(&w, 3), 0);
	assert_int_equal(abi_get_header(&h, &body, bytes_of(msg, w.len)), 0);
	assert_int_equal(h.cmd, CMD_SIGN);
	assert_int_equal(h.status, KMS_RC_STALE);
	assert_int_equal(h.items, 3);
	assert_int_equal(h.body_len, 12);
	assert_memory_equal(h.req_id, req_id, sizeof(req_id));
	assert_ptr_equal(body.ptr, msg + ABI_HEADER_LEN);
	for (size_t cut = 0; cut < w.len; cut++)
		assert_int_equal(abi_get_header(&h, &body, bytes_of(msg, cut)),
				 KMS_RC_DECODE);
	assert_int_equal(abi_get_header(&h, &body, bytes_of(msg, w.len + 1)),
			 KMS_RC_DECODE);
	msg[4]++;
	assert_int_equal(abi_get_header(&h, &body, bytes_of(msg, w.len)),
			 KMS_RC_VERSION);
	assert_int_equal(h.major, ABI_MAJOR + 1);
	msg[0]++;
	assert_int_equal(abi_get_header(&h, &body, bytes_of(msg, w.len)),
			 KMS_RC_DECODE);
}

static void the_writer_notices_every_lack_of_room(void **state)
{
	uint8_t req_id[ABI_REQ_ID_LEN] = { 0 };
	uint8_t out[64];

	(void)state;
	for (size_t cap = 0; cap <= sizeof(out); cap++) {
		struct abi_writer w = { 0 };
		size_t at = 0;

		memset(out, 0xee, sizeof(out));
		abi_begin(&w, out, cap);
		abi_put_header(&w, CMD_INFO, 0, req_id);
		at = abi_open(&w, 1);
		abi_put_var(&w, 1, "abc", 3);
		abi_close(&w, at);
		assert_int_equal(w.len, 52);
		assert_int_equal(abi_finish(&w, 0),
				 cap < 52 ? KMS_RC_SHORT_BUFFER : KMS_RC_OK);
		for (size_t i = cap; i < sizeof(out); i++)
			assert_int_equal(out[i], 0xee);
	}
}

static void random_bodies_never_break_a_decoder(void **state)
{
	struct prng p = prng_start();
	uint64_t msg[STRUCT_MAX / 8];
	static uint8_t body[32768];

	(void)state;
	for (size_t i = 0; i < 400 * ARRAY_LEN(messages); i++) {
		const struct abi_layout *l =
			messages[i % ARRAY_LEN(messages)].layout;
		size_t len = random_body(body, sizeof(body), l, &p, i & 1);

		for (size_t k = prng_below(&p, 3); len && k < 3; k++)
			body[prng_below(&p, len)] ^=
				(uint8_t)(1u << prng_below(&p, 8));
		(void)!decode_exact(msg, l, body, len);
	}
}

static void commands_have_names(void **state)
{
	(void)state;
	assert_string_equal(abi_cmd_name(CMD_SIGN), "SIGN");
	assert_string_equal(abi_cmd_name(0xffff), "?");
}

static void record_headers_survive_both_ways(void **state)
{
	struct prng p = prng_start();
	struct record_header h = { 0 };
	struct record_header back = { 0 };
	uint8_t blob[RECORD_HEADER_LEN];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		prng_fill(&p, &h, sizeof(h));
		record_put_header(blob, &h);
		assert_int_equal(
			record_get_header(&back, bytes_of(blob, sizeof(blob))),
			0);
		assert_int_equal(back.type, h.type);
		assert_int_equal(back.flags, h.flags);
		assert_int_equal(back.shard, h.shard);
		assert_true(back.root_gen == h.root_gen);
		assert_true(back.slot == h.slot);
		assert_true(back.version == h.version);
		assert_memory_equal(back.uuid, h.uuid, sizeof(h.uuid));
	}
	for (size_t cut = 0; cut < sizeof(blob); cut++)
		assert_int_equal(record_get_header(&back, bytes_of(blob, cut)),
				 KMS_RC_DECODE);
	for (size_t i = 0; i < 12; i++) {
		if (i >= 6 && i < 10)
			continue; /* type, flags, shard */
		blob[i] ^= 0x10;
		assert_int_equal(
			record_get_header(&back, bytes_of(blob, sizeof(blob))),
			KMS_RC_DECODE);
		blob[i] ^= 0x10;
	}
}

static void a_leaf_depends_on_every_byte_of_its_blob(void **state)
{
	uint8_t blob[RECORD_OVERHEAD + 8] = { 1, 2, 3 };
	uint8_t first[SHA256_LEN];
	uint8_t leaf[SHA256_LEN];

	(void)state;
	record_leaf(first, bytes_of(blob, sizeof(blob)));
	for (size_t i = 0; i < sizeof(blob); i++) {
		blob[i] ^= 0x80;
		record_leaf(leaf, bytes_of(blob, sizeof(blob)));
		assert_memory_not_equal(first, leaf, sizeof(leaf));
		blob[i] ^= 0x80;
	}
	record_leaf(leaf, bytes_of(blob, RECORD_HEADER_LEN));
	assert_memory_not_equal(first, leaf, sizeof(leaf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layout_is_sound),
		cmocka_unit_test(every_message_survives_both_ways),
		cmocka_unit_test(every_truncated_message_is_refused),
		cmocka_unit_test(a_missing_required_field_is_refused),
		cmocka_unit_test(optional_fields_are_told_apart),
		cmocka_unit_test(the_rules_of_tlvs_hold),
		cmocka_unit_test(
			a_length_near_the_end_of_the_integers_is_refused),
		cmocka_unit_test(limits_are_exact),
		cmocka_unit_test(a_run_is_walked_to_its_end),
		cmocka_unit_test(containers_know_their_length),
		cmocka_unit_test(headers_survive_both_ways),
		cmocka_unit_test(the_writer_notices_every_lack_of_room),
		cmocka_unit_test(random_bodies_never_break_a_decoder),
		cmocka_unit_test(commands_have_names),
		cmocka_unit_test(record_headers_survive_both_ways),
		cmocka_unit_test(a_leaf_depends_on_every_byte_of_its_blob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
