/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I1: no secret of a wallet in any answer or in storage. I23: none is left
 * where it is not kept. And what a use may cost: no storage, no heap, so much
 * stack. The wallet that every library knows the addresses of.
 */
#include "test/property/wallets.h"

#include "codec/eth_address.h"
#include "common/hex.h"
#include "ta/crypto/test_hooks.h"
#include "ta/keystore/seal.h"
#include "ta/keystore/vault_record.h"
#include "ta/scrub.h"

#include <pthread.h>
#include <string.h>

#define SECRETS 6

/* What nobody may see, opened as no command of the TA does. */
struct secrets {
	struct secret32 all[SECRETS]; /* entropy, node, chain, secret, leaves */
	unsigned int answers;
};

static void open_body(struct wallets *w, uint64_t slot, uint8_t *body,
		      size_t len)
{
	struct ta *ta = &w->f->one.ta;
	const struct host_blob *blob = &w->host->db.blobs[slot];

	assert_ok(seal_open(&ta->keys, &ta->crypto, body, len,
			    bytes_of(blob->bytes, blob->len)));
}

static void find_secrets(struct wallets *w, struct secrets *s, uint64_t slot)
{
	uint8_t body[WALLET_RECORD_LEN];
	struct wallet_record r;
	uint8_t pub[64];

	memset(s, 0, sizeof(*s));
	open_body(w, slot + 1, body, VAULT_RECORD_LEN);
	assert_ok(vault_record_decode(&s->all[0], body));
	open_body(w, slot, body, WALLET_RECORD_LEN);
	assert_ok(wallet_record_decode(&r, body));
	s->all[1] = r.node.key;
	s->all[2] = r.node.chain;
	s->all[3] = r.secret;
	for (uint32_t i = 0; i < 2; i++)
		assert_ok(hd_leaf(&w->f->one.ta.crypto.k256, &s->all[4 + i],
				  pub, &r.node, 0, i));
}

static bool contains(struct bytes hay, const struct secret32 *needle)
{
	return memmem(hay.ptr, hay.len, needle->b, sizeof(needle->b)) != NULL;
}

/* --- I1 ----------------------------------------------------------------- */

static void watch(void *arg, struct bytes request, struct bytes state,
		  struct bytes rsp, struct bytes out)
{
	struct secrets *s = arg;

	(void)request;
	(void)state;
	s->answers++;
	for (size_t i = 0; i < SECRETS; i++)
		if (contains(rsp, &s->all[i]) || contains(out, &s->all[i]))
			fail_msg("secret %zu is in an answer", i);
}

static void all_asks(struct wallets *w, uint64_t slot)
{
	struct passkey *p = w->passkeys;
	const struct ask asks[] = {
		ask_hash(slot),
		ask_message(slot, USE_MESSAGE),
		ask_message(slot, USE_MESSAGE_191),
		ask_transaction(slot),
		ask_address(slot, 0),
		ask_address(slot, 1),
		ask_op(slot, OP_ISSUE_ADDRESS),
		ask_passkey(slot, OP_ADD_PASSKEY, &p[1]),
		ask_passkey(slot, OP_REMOVE_PASSKEY, &p[1]),
		ask_op(slot, OP_UNFREEZE),
		ask_op(slot, OP_SCHEDULE_DELETION),
		ask_op(slot, OP_CANCEL_DELETION),
	};

	for (size_t i = 0; i < ARRAY_LEN(asks); i++)
		assert_ok(ask_do(w, &asks[i], &p[0]));
}

static void i1_no_answer_and_no_storage_holds_a_wallet_s_secret(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct secrets s;

	find_secrets(w, &s, slot);
	w->f->one.watch = watch;
	w->f->one.watch_arg = &s;
	all_asks(w, slot);
	assert_true(s.answers > 20);
	for (size_t i = 0; i < SECRETS; i++)
		assert_false(gp_storage_contains(bytes_of(s.all[i].b, 32)));
	w->f->one.watch = NULL;
}

/* The answer to the creation itself, once the secrets are known. */
static void i1_a_creation_s_answer_holds_no_secret(void **state)
{
	struct wallets *w = *state;
	static uint8_t rsp[ABI_RESPONSE_MAX];
	static uint8_t out[ABI_STATE_OUT_MAX];
	struct host *h = w->host;
	uint64_t slot = h->db.next_slot;
	size_t rsp_len = 0;
	size_t out_len = 0;
	struct secrets s;
	struct host_op ops[2];

	wallets_creation(ops, &w->passkeys[0], BIND_INTENT);
	assert_ok(host_prepare(h, ops, 2));
	rsp_len = h->rsp.len;
	out_len = h->out.len;
	memcpy(rsp, h->rsp.ptr, rsp_len);
	memcpy(out, h->out.ptr, out_len);
	host_store(h);
	assert_ok(host_commit(h));
	host_finish(h);
	find_secrets(w, &s, slot);
	watch(&s, (struct bytes){ 0 }, (struct bytes){ 0 },
	      bytes_of(rsp, rsp_len), bytes_of(out, out_len));
}

/* --- I23 ---------------------------------------------------------------- */

static void check_wiped(struct wallets *w, const struct secrets *s, bool in_lru)
{
	const struct ta *ta = &w->f->one.ta;
	struct ta *rest = &w->saved_ta;

	assert_true(ct_is_zero(&ta->scratch, sizeof(ta->scratch)));
	assert_true(ct_is_zero(&ta->txn.pair, sizeof(ta->txn.pair)));
	/* Opened wallets are kept in the LRU, and nowhere else. */
	memcpy(rest, ta, sizeof(*rest));
	if (in_lru)
		memset(&rest->lru, 0, sizeof(rest->lru));
	for (size_t i = 0; i < SECRETS; i++)
		if (contains(bytes_of(rest, sizeof(*rest)), &s->all[i]))
			fail_msg("secret %zu is left in the instance", i);
	/* The entropy is not even there. */
	assert_false(contains(bytes_of(ta, sizeof(*ta)), &s->all[0]));
}

static void i23_a_command_leaves_no_secret_behind(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct ask gone = ask_op(slot, OP_DELETE);
	struct ask sign = ask_hash(slot);
	struct ask bad = ask_hash(slot);
	struct passkey_assertion by;
	struct secrets s;

	find_secrets(w, &s, slot);
	check_wiped(w, &s, false);
	assert_ok(ask_do(w, &sign, &w->passkeys[0]));
	check_wiped(w, &s, true);
	all_asks(w, slot);
	check_wiped(w, &s, true);
	/* Nor does one that fails: at the assertion, behind it, at its end. */
	fixture_restart(w->f);
	ask_gesture(w, &sign, &w->passkeys[0], &by);
	assert_rc(ask_with(w, &bad, &by), KMS_RC_OK);
	assert_rc(ask_with(w, &bad, &by), KMS_RC_AUTH_CHALLENGE);
	check_wiped(w, &s, true);
	ask_gesture(w, &gone, &w->passkeys[0], &by);
	assert_ok(ask_with(w, &gone, &by));
	check_wiped(w, &s, true);
	host_store(w->host);
	assert_ok(host_commit(w->host));
	host_finish(w->host);
	check_wiped(w, &s, false);
}

/* The first half of a pair is refused with its second half. */
static void i23_a_refused_creation_leaves_no_entropy(void **state)
{
	struct wallets *w = *state;
	struct host_op ops[3];
	const struct txn *t = &w->f->one.ta.txn;

	wallets_creation(ops, &w->passkeys[0], BIND_INTENT);
	ops[1] = host_create(KEY_SPEC_SECP256K1);
	assert_rc(host_prepare(w->host, ops, 2), KMS_RC_DECODE);
	assert_true(ct_is_zero(&t->pair, sizeof(t->pair)));
	assert_true(ct_is_zero(t->blobs, sizeof(t->blobs)));
	assert_true(ct_is_zero(&w->f->one.ta.scratch,
			       sizeof(w->f->one.ta.scratch)));
	wallets_creation(ops, &w->passkeys[0], BIND_INTENT);
	ops[2] = (struct host_op){ .op = OP_CREATE_VAULT };
	assert_rc(host_prepare(w->host, ops, 3), KMS_RC_DECODE);
	assert_true(ct_is_zero(&t->pair, sizeof(t->pair)));
	assert_true(ct_is_zero(t->blobs, sizeof(t->blobs)));
}

static enum kms_rc ask_send_raw(struct wallets *w, const struct ask *a,
				const struct passkey_assertion *by)
{
	struct abi_sign_item item = {
		.slot = a->slot,
		.evidence_kind = EVIDENCE_PASSKEY,
		.evidence = passkey_evidence(by),
		.use = a->use,
		.index = a->index,
		.payload = a->payload,
	};
	size_t at = 0;

	memcpy(item.uuid, w->host->db.keys[a->slot].uuid, sizeof(item.uuid));
	host_begin(w->host, CMD_SIGN);
	at = abi_open(&w->host->req_w, ABI_TAG_SIGN_ITEMS);
	ABI_PUT(&w->host->req_w, sign_item, &item);
	abi_close(&w->host->req_w, at);
	host_put_proof(w->host, a->slot);
	return host_send_request(w->host, CMD_SIGN, 1);
}

/* A glitch in signing: no signature, no nonce spent, and no more service. */
static void i24_a_faulted_signature_does_not_leave(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct ask sign = ask_hash(slot);
	struct passkey_assertion by;
	struct abi_info_rsp info = { 0 };

	ask_gesture(w, &sign, &w->passkeys[0], &by);
	k256_test_fault(K256_FAULT_S, 7);
	assert_rc(ask_send_raw(w, &sign, &by), KMS_RC_FAULT);
	assert_int_equal(w->host->rsp_body.len, 0);
	assert_rc(host_info(w->host, &info), KMS_RC_FAULT);
}

/* Of what an address hangs on, branch and leaf, each is derived twice. */
static void i24_a_faulted_address_is_not_shown(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);

	for (uint32_t i = 0; i < 4; i++) {
		struct ask see = ask_address(slot, i);
		struct passkey_assertion by;

		fixture_restart(w->f);
		ask_gesture(w, &see, &w->passkeys[0], &by);
		k256_test_fault(K256_FAULT_PUBLIC, 512 * i + i);
		assert_rc(ask_send_raw(w, &see, &by), KMS_RC_FAULT);
		assert_int_equal(w->host->rsp_body.len, 0);
	}
}

/* --- what it costs ------------------------------------------------------ */

static void a_use_touches_no_storage_and_no_heap(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	const struct ask asks[] = { ask_hash(slot),
				    ask_message(slot, USE_MESSAGE),
				    ask_message(slot, USE_MESSAGE_191),
				    ask_transaction(slot),
				    ask_address(slot, 3) };
	struct passkey_assertion by;
	uint64_t before = gp_heap_offences();

	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		uint8_t nonce[32];
		enum kms_rc rc = KMS_RC_INTERNAL;

		gp_count_reset();
		gp_heap_guard(true);
		wallets_nonce(w, slot, nonce);
		gp_heap_guard(false);
		ask_gesture(w, &asks[i], &w->passkeys[0], &by);
		gp_heap_guard(true);
		rc = ask_with(w, &asks[i], &by);
		gp_heap_guard(false);
		assert_ok(rc);
		assert_int_equal(gp_count(GP_CALL_STORAGE), 0);
		assert_int_equal(gp_count(GP_CALL_ALLOC), 0);
	}
	assert_int_equal(gp_heap_offences(), before);
}

/* A sanitizer's frames are no measure. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

#define STACK_LEN ((size_t)1 << 20)
#define PAINT	  0xa7

struct painted {
	struct host *h;
	uint16_t cmd;
	enum kms_rc rc;
};

static void *run_on_paint(void *arg)
{
	struct painted *p = arg;

	p->rc = host_resend(p->h, p->cmd);
	return NULL;
}

/* How much stack the request that stands in the host takes. */
static size_t depth_of(struct host *h, uint16_t cmd)
{
	static uint8_t stack[STACK_LEN] __attribute__((aligned(4096)));
	struct painted p = { .h = h, .cmd = cmd };
	pthread_attr_t attr;
	pthread_t thread;
	size_t clean = 0;

	memset(stack, PAINT, sizeof(stack));
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof(stack)), 0);
	assert_int_equal(pthread_create(&thread, &attr, run_on_paint, &p), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
	assert_ok(p.rc);
	while (clean < sizeof(stack) && stack[clean] == PAINT)
		clean++;
	return sizeof(stack) - clean;
}

/* INFO uses next to nothing, so its depth is that of the scrubbing. */
static void i23_no_command_goes_deeper_than_what_is_scrubbed(void **state)
{
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct ask sign = ask_transaction(slot);
	struct ask issue = ask_op(slot, OP_ISSUE_ADDRESS);
	struct passkey_assertion by;
	struct abi_info_rsp info = { 0 };
	struct host_op ops[2];
	size_t scrubbed = 0;

	/* cmocka's skip() reads as a failure in TAP. */
	if (SANITIZED)
		return;
	assert_ok(host_info(w->host, &info));
	scrubbed = depth_of(w->host, CMD_INFO);
	assert_true(scrubbed > SCRUB_LEN);
	wallets_mark(w);
	wallets_creation(ops, &w->passkeys[0], BIND_INTENT);
	host_encode_prepare(w->host, ops, 2);
	assert_ok(abi_finish(&w->host->req_w, 2));
	assert_true(depth_of(w->host, CMD_PREPARE) <= scrubbed);
	wallets_back(w);
	for (int op = 0; op < 2; op++) {
		const struct ask *a = op ? &issue : &sign;

		ask_gesture(w, a, &w->passkeys[0], &by);
		wallets_mark(w);
		assert_ok(ask_with(w, a, &by));
		/* Again, with the nonce not spent yet and the record cold. */
		memcpy(&w->f->one.ta, &w->saved_ta, sizeof(w->saved_ta));
		assert_true(depth_of(w->host, op ? CMD_PREPARE : CMD_SIGN) <=
			    scrubbed);
		wallets_back(w);
	}
}

/* --- the wallet everybody knows ----------------------------------------- */

/* Its entropy cannot be chosen, so it is put where an opened wallet stands. */
static void plant_known_wallet(struct wallets *w, uint64_t slot)
{
	static const struct secret32 zero;
	struct ta *ta = &w->f->one.ta;
	struct lru_entry e = { 0 };
	const struct lru_entry *warm = NULL;

	assert_ok(host_warm(w->host, &slot, 1));
	warm = lru_find(&ta->lru, 0, slot);
	assert_non_null(warm);
	e = *warm;
	memset(&e.wallet.leaf, 0, sizeof(e.wallet.leaf));
	assert_ok(hd_account_node(&ta->crypto.k256, &e.wallet.record.node,
				  &zero));
	lru_keep(&ta->lru, &e);
}

static void check_known(struct wallets *w, struct ask a, const char *digest)
{
	static const uint8_t address[] = { 0xf2, 0x78, 0xcf, 0x59, 0xf8,
					   0x2e, 0xdc, 0xf8, 0x71, 0xd6,
					   0x30, 0xf2, 0x8e, 0xcc, 0x80,
					   0x56, 0xf2, 0x5c, 0x1c, 0xdb };
	struct host_key key = { .spec = KEY_SPEC_SECP256K1 };
	struct host_signature s = { .has_recid = true };
	struct passkey_assertion by;
	struct answer got;
	uint8_t found[20];
	uint8_t want[32];

	ask_gesture(w, &a, &w->passkeys[0], &by);
	assert_ok(
		ask_send(w, &a, EVIDENCE_PASSKEY, passkey_evidence(&by), &got));
	eth_address_of(found, got.public_key);
	assert_memory_equal(found, address, sizeof(address));
	if (!digest)
		return;
	assert_ok(hex_decode(want, sizeof(want), digest, 64));
	assert_memory_equal(got.digest, want, sizeof(want));
	memcpy(key.public_key, got.public_key, 64);
	memcpy(s.sig, got.signature, 64);
	s.recid = got.recid;
	fixture_check_signature(&key, got.digest, &s);
}

/*
 * BIP-39's 24 words of zero entropy, at m/44'/60'/0'/0/0; the address and the
 * digests are those of ethers and viem for the same wallet and payloads.
 */
static void the_known_wallet_has_its_address_and_digests(void **state)
{
	static const char tx_hex[] = "ec808504a817c80082520894742d35cc6634c0532"
				     "925a3b844bc9e7595f2bd18"
				     "880de0b6b3a764000080018080";
	static uint8_t tx[(sizeof(tx_hex) - 1) / 2];
	static uint8_t hash[32];
	struct wallets *w = *state;
	uint64_t slot = wallets_create(w, &w->passkeys[0], BIND_INTENT);
	struct ask a = ask_address(slot, 0);

	plant_known_wallet(w, slot);
	check_known(w, a, NULL);
	assert_ok(hex_decode(hash, sizeof(hash),
			     "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
			     "e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2",
			     64));
	a = ask_hash(slot);
	a.index = 0;
	a.payload = bytes_of(hash, sizeof(hash));
	check_known(w, a,
		    "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4"
		    "e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2");
	a = ask_message(slot, USE_MESSAGE);
	a.index = 0;
	a.payload = bytes_of("Hello", 5);
	check_known(w, a,
		    "06b3dfaec148fb1bb2b066f10ec285e7"
		    "c9bf402ab32aa78a5d38e34566810cd2");
	assert_ok(hex_decode(tx, sizeof(tx), tx_hex, sizeof(tx_hex) - 1));
	a = ask_transaction(slot);
	a.index = 0;
	a.payload = bytes_of(tx, sizeof(tx));
	check_known(w, a,
		    "1eaacb75d1224f4cc35d7f37b22f40e5"
		    "fceac56b3849ed912b7ea9249bbefabb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		wallets_test(
			i1_no_answer_and_no_storage_holds_a_wallet_s_secret),
		wallets_test(i1_a_creation_s_answer_holds_no_secret),
		wallets_test(i23_a_command_leaves_no_secret_behind),
		wallets_test(i23_a_refused_creation_leaves_no_entropy),
		wallets_test(i24_a_faulted_signature_does_not_leave),
		wallets_test(i24_a_faulted_address_is_not_shown),
		wallets_test(a_use_touches_no_storage_and_no_heap),
		wallets_test(i23_no_command_goes_deeper_than_what_is_scrubbed),
		wallets_test(the_known_wallet_has_its_address_and_digests),
	};

	return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
