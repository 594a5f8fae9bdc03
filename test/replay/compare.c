/* SPDX-License-Identifier: Apache-2.0 */
#include "test/replay/compare.h"

#include "abi/messages.h"
#include "common/sha256.h"
#include "ta/crypto/p256.h"
#include "ta/crypto/p256_point.h"
#include "test/replay/tape.h"
#include "test/replay/trace.h"

#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 5    /* differences that are described */
#define ROW	  16   /* bytes shown of each side */
#define KEYS_MAX  4096 /* P-256 keys of a trace */

struct p256_key {
	uint8_t uuid[ABI_UUID_LEN];
	uint8_t pub[64];
};

struct comparison {
	FILE *report;
	struct compared sum;
	struct p256 p256;
	struct p256_key keys[KEYS_MAX];
	size_t key_count;
	struct trace_call call;
	struct trace_answer expected;
	struct trace_answer got;
};

/* The body of a message that tells success; the TA's other answers have none.
 */
static bool body_of(struct bytes *body, const uint8_t *ptr, size_t len)
{
	struct abi_header h = { 0 };

	return !abi_get_header(&h, body, bytes_of(ptr, len)) && !h.status;
}

static bool answer_body(struct bytes *body, const struct trace_answer *a)
{
	return a->result == TRACE_SUCCESS &&
	       body_of(body, a->param[1].bytes, a->param[1].len);
}

/* --- what may differ ---------------------------------------------------- */

/* The value stands in the answer's own buffer, where it is blanked. */
static bool blank_tee_kind(struct trace_answer *a)
{
	struct bytes body = { 0 };
	struct bytes value = { 0 };
	struct abi_rep fields = { 0 };
	struct abi_info_rsp info = { 0 };

	if (!answer_body(&body, a))
		return true;
	if (ABI_DECODE(&info, info_rsp, body) ||
	    (info.tee_kind != TEE_KIND_OPTEE &&
	     info.tee_kind != TEE_KIND_PROCESS))
		return false;
	fields = (struct abi_rep){ .ptr = body.ptr, .len = body.len };
	/* The third field, tag 0x0003. */
	for (int i = 0; i < 3; i++)
		if (!abi_rep_next(&fields, &value))
			return false;
	a->param[1].bytes[value.ptr - a->param[1].bytes] = 0;
	return true;
}

/* Remembers the P-256 keys that a PREPARE has made. */
static void learn_keys(struct comparison *c)
{
	struct abi_prepare_req req = { 0 };
	struct abi_prepare_rsp rsp = { 0 };
	struct bytes body = { 0 };
	struct bytes in = { 0 };
	struct bytes out = { 0 };

	if (!body_of(&body, c->call.param[0].bytes, c->call.param[0].len) ||
	    ABI_DECODE(&req, prepare_req, body) ||
	    !answer_body(&body, &c->expected) ||
	    ABI_DECODE(&rsp, prepare_rsp, body))
		return;
	while (abi_rep_next(&req.ops, &in) &&
	       abi_rep_next(&rsp.results, &out)) {
		struct abi_prepare_op op = { 0 };
		struct abi_prepare_result result = { 0 };

		if (ABI_DECODE(&op, prepare_op, in) ||
		    ABI_DECODE(&result, prepare_result, out) ||
		    op.key_spec != KEY_SPEC_P256 || result.public_key.len != 64)
			continue;
		if (c->key_count == KEYS_MAX)
			abort();
		memcpy(c->keys[c->key_count].uuid, result.uuid, ABI_UUID_LEN);
		memcpy(c->keys[c->key_count++].pub, result.public_key.ptr, 64);
	}
}

static const struct p256_key *find_key(const struct comparison *c,
				       const uint8_t uuid[ABI_UUID_LEN])
{
	for (size_t i = 0; i < c->key_count; i++)
		if (!memcmp(c->keys[i].uuid, uuid, ABI_UUID_LEN))
			return &c->keys[i];
	return NULL;
}

static bool is_good(struct comparison *c, const uint8_t sig[64],
		    const struct abi_sign_item *item,
		    const struct p256_key *key)
{
	uint8_t s[32];

	memcpy(s, sig + 32, sizeof(s));
	p256_lower_s(s);
	return item->digest.len == SHA256_LEN &&
	       !memcmp(s, sig + 32, sizeof(s)) &&
	       !p256_verify(&c->p256, sig, item->digest.ptr, key->pub);
}

/* Blanks the P-256 signatures of an answer; false when one is wrong. */
static bool blank_signatures(struct comparison *c, struct trace_answer *a)
{
	struct abi_sign_req req = { 0 };
	struct abi_sign_rsp rsp = { 0 };
	struct bytes body = { 0 };
	struct bytes in = { 0 };
	struct bytes out = { 0 };
	bool good = true;

	if (!body_of(&body, c->call.param[0].bytes, c->call.param[0].len) ||
	    ABI_DECODE(&req, sign_req, body) || !answer_body(&body, a) ||
	    ABI_DECODE(&rsp, sign_rsp, body))
		return true;
	while (abi_rep_next(&req.items, &in) &&
	       abi_rep_next(&rsp.items, &out)) {
		struct abi_sign_item item = { 0 };
		struct abi_sign_result result = { 0 };
		const struct p256_key *key = NULL;

		if (ABI_DECODE(&item, sign_item, in) ||
		    ABI_DECODE(&result, sign_result, out))
			continue;
		key = find_key(c, item.uuid);
		if (!key || result.status || result.signature.len != 64)
			continue;
		good &= is_good(c, result.signature.ptr, &item, key);
		c->sum.p256++;
		memset(a->param[1].bytes +
			       (result.signature.ptr - a->param[1].bytes),
		       0, 64);
	}
	return good;
}

/* False when what may differ is not what it may be. */
static bool blank(struct comparison *c, struct trace_answer *a)
{
	switch (c->call.cmd) {
	case CMD_INFO:
		return blank_tee_kind(a);
	case CMD_SIGN:
		return blank_signatures(c, a);
	default:
		return true;
	}
}

/* --- the report --------------------------------------------------------- */

static const char *cmd_name(uint32_t cmd)
{
	static const char *const tape[] = { "tape: start",  "tape: random",
					    "tape: clock",  "tape: fail",
					    "tape: glitch", "tape: break" };

	if (cmd == TRACE_OPEN || cmd == TRACE_CLOSE)
		return cmd == TRACE_OPEN ? "open" : "close";
	if (cmd >= TAPE_START && cmd - TAPE_START < ARRAY_LEN(tape))
		return tape[cmd - TAPE_START];
	return cmd > UINT16_MAX ? "?" : abi_cmd_name((uint16_t)cmd);
}

static void print_row(const struct comparison *c, const char *who,
		      const uint8_t *bytes, size_t at, size_t len)
{
	(void)fprintf(c->report, "#   %-6s %4zu:", who, at);
	for (size_t i = at; i < len && i < at + ROW; i++)
		(void)fprintf(c->report, " %02x", bytes[i]);
	(void)fputs(at < len ? "\n" : " (end)\n", c->report);
}

/* Results, and the status in the header if there is one. */
static void print_result(const struct comparison *c, const char *who,
			 const struct trace_answer *a)
{
	struct abi_header h = { 0 };
	struct bytes body = { 0 };
	bool has =
		a->result == TRACE_SUCCESS &&
		!abi_get_header(&h, &body,
				bytes_of(a->param[1].bytes, a->param[1].len));

	(void)fprintf(c->report, "#   %-6s result 0x%08x, status %s\n", who,
		      a->result,
		      has ? kms_rc_name((enum kms_rc)h.status) : "-");
}

static void print_param(const struct comparison *c, int i)
{
	const struct trace_answer *a = &c->expected;
	const struct trace_answer *b = &c->got;
	size_t a_len = a->result ? 0 : a->param[i].len;
	size_t b_len = b->result ? 0 : b->param[i].len;
	size_t at = 0;

	if (a->param[i].len != b->param[i].len)
		(void)fprintf(c->report, "#   p%d: %u bytes, but %u\n", i,
			      a->param[i].len, b->param[i].len);
	while (at < a_len && at < b_len &&
	       a->param[i].bytes[at] == b->param[i].bytes[at])
		at++;
	if (at == a_len && at == b_len)
		return;
	(void)fprintf(c->report, "#   p%d differs from byte %zu on\n", i, at);
	at -= at % ROW;
	print_row(c, "trace", a->param[i].bytes, at, a_len);
	print_row(c, "answer", b->param[i].bytes, at, b_len);
}

static void describe(struct comparison *c, const char *what)
{
	if (c->sum.different > SHOWN_MAX)
		return;
	(void)fprintf(c->report, "# call %zu, %s, \"%s\": %s\n", c->sum.calls,
		      cmd_name(c->call.cmd), c->call.note, what);
	print_result(c, "trace", &c->expected);
	print_result(c, "answer", &c->got);
	for (int i = 0; i < TRACE_PARAMS; i++)
		print_param(c, i);
}

/* --- the comparison ----------------------------------------------------- */

static bool equal(const struct trace_answer *a, const struct trace_answer *b)
{
	bool same = a->result == b->result;

	for (int i = 0; same && i < TRACE_PARAMS; i++) {
		same = a->param[i].len == b->param[i].len;
		if (same && a->result == TRACE_SUCCESS)
			same = !memcmp(a->param[i].bytes, b->param[i].bytes,
				       a->param[i].len);
	}
	return same;
}

static void compare_call(struct comparison *c)
{
	bool good = true;

	c->sum.calls++;
	if (c->call.cmd == CMD_PREPARE)
		learn_keys(c);
	good = blank(c, &c->expected);
	good &= blank(c, &c->got);
	if (good && equal(&c->expected, &c->got))
		return;
	c->sum.different++;
	describe(c, good ? "the answers differ" : "what may differ is wrong");
}

static void compare_all(struct comparison *c, FILE *trace, FILE *answers)
{
	enum trace_got got = trace_get_call(trace, &c->call);

	while (got == TRACE_GOT) {
		if (trace_get_answer(trace, &c->expected) != TRACE_GOT ||
		    trace_get_answer(answers, &c->got) != TRACE_GOT) {
			got = TRACE_DAMAGED;
			break;
		}
		compare_call(c);
		got = trace_get_call(trace, &c->call);
	}
	if (got == TRACE_END)
		return;
	c->sum.different++;
	(void)fprintf(c->report, "# after call %zu there is no answer\n",
		      c->sum.calls);
}

struct compared compare_files(FILE *trace, FILE *answers, FILE *report)
{
	static struct comparison c;

	memset(&c, 0, sizeof(c));
	c.report = report;
	if (p256_open(&c.p256))
		abort();
	compare_all(&c, trace, answers);
	p256_clear(&c.p256);
	return c.sum;
}
