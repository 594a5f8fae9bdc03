/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/host_model.h"

#include "common/endian.h"

#include <assert.h>
#include <string.h>

/* --- the tree ----------------------------------------------------------- */

static uint8_t *node(struct host_db *db, unsigned int level, uint64_t index)
{
	return db->tree[((size_t)1 << (HOST_DEPTH - level)) + index];
}

static const uint8_t *node_of(const struct host_db *db, unsigned int level,
			      uint64_t index)
{
	return db->tree[((size_t)1 << (HOST_DEPTH - level)) + index];
}

static void tree_init(struct host_db *db)
{
	for (unsigned int level = 0; level <= HOST_DEPTH; level++) {
		uint8_t empty[SHA256_LEN];

		slot_tree_empty(empty, level);
		for (size_t i = 0; i < (size_t)1 << (HOST_DEPTH - level); i++)
			memcpy(node(db, level, i), empty, sizeof(empty));
	}
}

static void tree_set(struct host_db *db, uint64_t slot,
		     const struct host_blob *blob)
{
	record_leaf(node(db, 0, slot), bytes_of(blob->bytes, blob->len));
	for (unsigned int level = 1; level <= HOST_DEPTH; level++) {
		slot >>= 1;
		slot_tree_node(node(db, level, slot),
			       node_of(db, level - 1, 2 * slot),
			       node_of(db, level - 1, 2 * slot + 1));
	}
}

unsigned int host_depth(const struct host_db *db)
{
	return slot_tree_depth(db->next_slot);
}

const uint8_t *host_root(const struct host_db *db)
{
	return node_of(db, host_depth(db), 0);
}

size_t host_path(const struct host *h, uint64_t slot,
		 uint8_t path[ABI_DEPTH_MAX * SHA256_LEN])
{
	unsigned int depth = host_depth(&h->db);

	for (unsigned int level = 0; level < depth; level++)
		memcpy(path + level * SHA256_LEN,
		       node_of(&h->db, level, (slot >> level) ^ 1), SHA256_LEN);
	return (size_t)depth * SHA256_LEN;
}

/* The siblings of all touched slots, as abi/slot_tree.h orders them. */
static void put_siblings(struct host *h, const uint64_t *slots, size_t count,
			 unsigned int depth)
{
	bool touched[HOST_SLOTS] = { false };
	size_t at = abi_open(&h->state_w, ABI_TAG_SIBLINGS);

	for (size_t i = 0; i < count; i++)
		touched[slots[i]] = true;
	for (unsigned int level = 0; level < depth; level++) {
		size_t width = (size_t)1 << (depth - level);

		for (size_t i = 0; i < width; i++) {
			if (touched[i] && !touched[i ^ 1]) {
				memcpy(h->state + h->state_w.len,
				       node_of(&h->db, level, i ^ 1),
				       SHA256_LEN);
				h->state_w.len += SHA256_LEN;
			}
		}
		for (size_t i = 0; i < width / 2; i++)
			touched[i] = touched[2 * i] || touched[2 * i + 1];
		memset(touched + width / 2, 0, width / 2);
	}
	abi_close(&h->state_w, at);
}

/* --- raw commands ------------------------------------------------------- */

void host_init(struct host *h, host_send *send, void *arg, uint16_t shard)
{
	memset(h, 0, sizeof(*h));
	h->send = send;
	h->arg = arg;
	h->shard = shard;
	h->rsp_cap = sizeof(h->rsp_bytes);
	h->out_cap = sizeof(h->out_bytes);
	tree_init(&h->db);
}

void host_forget(struct host *h)
{
	memset(&h->staged, 0, sizeof(h->staged));
}

void host_begin(struct host *h, uint16_t cmd)
{
	h->req_counter++;
	memset(h->req_id, 0, sizeof(h->req_id));
	le64_put(h->req_id, h->req_counter);
	le16_put(h->req_id + 8, h->shard);
	abi_begin(&h->req_w, h->request, sizeof(h->request));
	abi_put_header(&h->req_w, cmd, 0, h->req_id);
	abi_begin(&h->state_w, h->state, sizeof(h->state));
}

enum kms_rc host_resend(struct host *h, uint16_t cmd)
{
	struct abi_header header = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	h->rsp = (struct buf){ .ptr = h->rsp_bytes, .cap = h->rsp_cap };
	h->out = (struct buf){ .ptr = h->out_bytes, .cap = h->out_cap };
	h->rsp_items = 0;
	rc = h->send(h->arg, cmd, bytes_of(h->request, h->req_w.len),
		     bytes_of(h->state, h->state_w.len), &h->rsp, &h->out);
	if (rc)
		return rc;
	rc = abi_get_header(&header, &h->rsp_body,
			    bytes_of(h->rsp.ptr, h->rsp.len));
	/* The model answers for its own TA: a bad answer is a bug. */
	assert(!rc && header.cmd == cmd);
	h->rsp_items = header.items;
	return (enum kms_rc)header.status;
}

enum kms_rc host_send_request(struct host *h, uint16_t cmd, uint16_t items)
{
	enum kms_rc rc = abi_finish(&h->req_w, items);

	assert(!rc && !abi_finish_body(&h->state_w));
	return rc ? rc : host_resend(h, cmd);
}

enum kms_rc host_random(struct host *h, uint8_t *out, uint16_t len)
{
	struct abi_random_req req = { .len = len };
	struct abi_random_rsp rsp = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	host_begin(h, CMD_RANDOM);
	ABI_PUT(&h->req_w, random_req, &req);
	rc = host_send_request(h, CMD_RANDOM, 0);
	if (!rc)
		rc = ABI_DECODE(&rsp, random_rsp, h->rsp_body);
	if (rc)
		return rc;
	assert(rsp.bytes.len == len);
	memcpy(out, rsp.bytes.ptr, len);
	return KMS_RC_OK;
}

enum kms_rc host_info(struct host *h, struct abi_info_rsp *info)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	host_begin(h, CMD_INFO);
	rc = host_send_request(h, CMD_INFO, 0);
	return rc ? rc : ABI_DECODE(info, info_rsp, h->rsp_body);
}

enum kms_rc host_provision(struct host *h, uint16_t shard_total,
			   struct bytes entropy)
{
	struct abi_provision_req req = { .shard_total = shard_total,
					 .host_entropy = entropy };

	host_begin(h, CMD_PROVISION);
	ABI_PUT(&h->req_w, provision_req, &req);
	return host_send_request(h, CMD_PROVISION, 0);
}

enum kms_rc host_shard_open(struct host *h, struct abi_shard_status_rsp *st)
{
	uint8_t list[2];
	struct abi_shard_open_req req = { .shards = bytes_of(list, 2) };
	struct abi_shard_open_rsp rsp = { 0 };
	struct bytes value = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	le16_put(list, h->shard);
	host_begin(h, CMD_SHARD_OPEN);
	ABI_PUT(&h->req_w, shard_open_req, &req);
	rc = host_send_request(h, CMD_SHARD_OPEN, 1);
	if (!rc)
		rc = ABI_DECODE(&rsp, shard_open_rsp, h->rsp_body);
	if (rc)
		return rc;
	if (!abi_rep_next(&rsp.status, &value))
		return KMS_RC_DECODE;
	return ABI_DECODE(st, shard_status_rsp, value);
}

enum kms_rc host_shard_status(struct host *h, struct abi_shard_status_rsp *st)
{
	struct abi_shard_status_req req = { .shard = h->shard };
	enum kms_rc rc = KMS_RC_INTERNAL;

	host_begin(h, CMD_SHARD_STATUS);
	ABI_PUT(&h->req_w, shard_status_req, &req);
	rc = host_send_request(h, CMD_SHARD_STATUS, 0);
	return rc ? rc : ABI_DECODE(st, shard_status_rsp, h->rsp_body);
}

/* --- changes ------------------------------------------------------------ */

struct host_op host_create(uint8_t spec)
{
	return (struct host_op){ .op = OP_CREATE_KEY, .spec = spec };
}

struct host_op host_change(const struct host *h, uint64_t slot, uint8_t op,
			   uint8_t state)
{
	return (struct host_op){ .op = op,
				 .slot = slot,
				 .state = state,
				 .spec = h->db.keys[slot].spec };
}

static void put_u8(struct abi_writer *w, uint16_t tag, uint8_t v)
{
	abi_put_var(w, tag, &v, 1);
}

static bool creates(uint8_t op)
{
	return op == OP_CREATE_KEY || op == OP_CREATE_WALLET ||
	       op == OP_CREATE_VAULT;
}

static void put_view(struct abi_writer *w, uint16_t tag, struct bytes view)
{
	if (view.ptr)
		abi_put_var(w, tag, view.ptr, view.len);
}

static void put_of_wallet(struct abi_writer *w, const struct host_op *op)
{
	uint8_t le[4];

	put_view(w, 0x0030, op->passkey);
	put_view(w, 0x0031, op->credential_hash);
	if (op->op == OP_CREATE_WALLET)
		put_u8(w, 0x0032, op->bind_level);
	put_view(w, 0x0033, op->rp_id);
	put_view(w, 0x0034, op->origins);
	put_view(w, 0x0035, op->registration);
	le32_put(le, op->index);
	if (op->op == OP_ISSUE_ADDRESS)
		abi_put_var(w, 0x0036, le, 4);
	le16_put(le, op->window_days);
	if (op->op == OP_SCHEDULE_DELETION)
		abi_put_var(w, 0x0037, le, 2);
}

/* By hand: abi_put() would also write the members a creation must not have. */
static void put_op(struct host *h, const struct host_op *op)
{
	const struct host_key *key = &h->db.keys[op->slot];
	const struct host_blob *blob = &h->db.blobs[op->slot];
	size_t at = abi_open(&h->req_w, ABI_TAG_PREPARE_OPS);
	uint8_t slot[8];

	put_u8(&h->req_w, 0x0001, op->op);
	put_u8(&h->req_w, 0x0002, op->evidence_kind);
	put_view(&h->req_w, 0x0003, op->evidence);
	if (!creates(op->op)) {
		le64_put(slot, op->slot);
		abi_put_var(&h->req_w, 0x0010, slot, sizeof(slot));
		abi_put_var(&h->req_w, 0x0011, key->uuid, ABI_UUID_LEN);
		abi_put_var(&h->state_w, ABI_TAG_RECORDS, blob->bytes,
			    blob->len);
	}
	if (op->op == OP_CREATE_KEY) {
		put_u8(&h->req_w, 0x0020, op->spec);
		put_u8(&h->req_w, 0x0021, KEY_USAGE_SIGN_VERIFY);
	}
	if (op->op == OP_SET_STATE)
		put_u8(&h->req_w, 0x0022, op->state);
	put_view(&h->req_w, 0x0023, op->entropy);
	put_of_wallet(&h->req_w, op);
	abi_close(&h->req_w, at);
}

void host_encode_prepare(struct host *h, const struct host_op *ops,
			 size_t count)
{
	uint64_t slots[ABI_BATCH_OPS] = { 0 };
	uint64_t next = h->db.next_slot;
	uint8_t le[8];

	assert(count && count <= ABI_BATCH_OPS);
	host_begin(h, CMD_PREPARE);
	le16_put(le, h->shard);
	abi_put_var(&h->req_w, 0x0001, le, 2);
	le64_put(le, h->db.seq);
	abi_put_var(&h->req_w, 0x0002, le, 8);
	for (size_t i = 0; i < count; i++) {
		put_op(h, &ops[i]);
		slots[i] = creates(ops[i].op) ? next++ : ops[i].slot;
		assert(slots[i] < HOST_SLOTS);
	}
	put_siblings(h, slots, count, slot_tree_depth(next));
}

static void take_created(struct host_key *key, const struct host_op *op,
			 const struct abi_prepare_result *r)
{
	static const uint8_t types[] = { [OP_CREATE_KEY] = RECORD_KEY,
					 [OP_CREATE_WALLET] = RECORD_WALLET,
					 [OP_CREATE_VAULT] = RECORD_VAULT };

	assert(!key->exists);
	assert(r->public_key.len == (op->op == OP_CREATE_VAULT ? 0 : 64));
	key->exists = true;
	key->type = types[op->op];
	key->spec = op->spec;
	key->evidence_kind = op->evidence_kind;
	memcpy(key->uuid, r->uuid, sizeof(key->uuid));
	if (r->public_key.len)
		memcpy(key->public_key, r->public_key.ptr, 64);
	/* A key's ENABLED and a wallet's ACTIVE are the same number. */
	key->state = KEY_STATE_ENABLED;
	key->vault = r->slot + 1;
	key->next_index = ABI_ADDRESSES_FIRST;
	if (op->op == OP_CREATE_WALLET)
		memcpy(key->passkey, op->passkey.ptr, 64);
}

static void take_change(struct host_key *key, const struct host_op *op)
{
	switch (op->op) {
	case OP_SET_STATE:
		key->state = op->state;
		break;
	case OP_DELETE:
	case OP_DELETE_VAULT:
		key->deleted = true;
		break;
	case OP_ISSUE_ADDRESS:
		if (key->next_index <= op->index)
			key->next_index = op->index + 1;
		break;
	case OP_CHANGE_PASSKEY:
		memcpy(key->passkey, op->passkey.ptr, 64);
		break;
	case OP_FREEZE:
		key->state = WALLET_FROZEN;
		break;
	case OP_UNFREEZE:
	case OP_CANCEL_DELETION:
		key->state = WALLET_ACTIVE;
		break;
	case OP_SCHEDULE_DELETION:
		key->state = WALLET_PENDING_DELETION;
		break;
	default:
		break;
	}
}

/* What the key is after the op, from what the TA answered. */
static void take_result(struct host *h, struct host_op *op,
			const struct abi_prepare_result *r, struct bytes blob)
{
	struct host_key *key = &op->after;

	assert(blob.len <= HOST_BLOB_MAX && r->op == op->op);
	op->slot = r->slot;
	op->blob.len = (uint16_t)blob.len;
	memcpy(op->blob.bytes, blob.ptr, blob.len);
	*key = h->db.keys[op->slot];
	key->version = r->version;
	if (creates(op->op))
		take_created(key, op, r);
	else
		take_change(key, op);
}

static enum kms_rc take_prepared(struct host *h)
{
	struct abi_prepare_rsp rsp = { 0 };
	struct abi_state_out out = { 0 };
	struct bytes value = { 0 };
	struct bytes blob = { 0 };
	enum kms_rc rc = ABI_DECODE(&rsp, prepare_rsp, h->rsp_body);

	if (!rc)
		rc = ABI_DECODE(&out, state_out,
				bytes_of(h->out.ptr, h->out.len));
	if (rc)
		return rc;
	assert(rsp.pc.len == ABI_PC_LEN &&
	       rsp.results.count == h->staged.count &&
	       out.blobs.count == h->staged.count);
	memcpy(h->staged.pc, rsp.pc.ptr, ABI_PC_LEN);
	for (size_t i = 0; !rc && i < h->staged.count; i++) {
		struct abi_prepare_result r = { 0 };

		if (!abi_rep_next(&rsp.results, &value) ||
		    !abi_rep_next(&out.blobs, &blob))
			return KMS_RC_DECODE;
		rc = ABI_DECODE(&r, prepare_result, value);
		if (!rc)
			take_result(h, &h->staged.ops[i], &r, blob);
	}
	return rc;
}

enum kms_rc host_prepare(struct host *h, const struct host_op *ops,
			 size_t count)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	host_encode_prepare(h, ops, count);
	h->staged.count = count;
	h->staged.seq = h->db.seq + 1;
	memcpy(h->staged.ops, ops, count * sizeof(*ops));
	rc = host_send_request(h, CMD_PREPARE, (uint16_t)count);
	return rc ? rc : take_prepared(h);
}

void host_store(struct host *h)
{
	h->db.next = h->staged;
	h->db.prepared = true;
}

enum kms_rc host_send_commit(struct host *h, const uint8_t pc[ABI_PC_LEN],
			     size_t count)
{
	struct abi_commit_req req = { .pc = bytes_of(pc, ABI_PC_LEN) };

	host_begin(h, CMD_COMMIT);
	ABI_PUT(&h->req_w, commit_req, &req);
	return host_send_request(h, CMD_COMMIT, (uint16_t)count);
}

enum kms_rc host_commit(struct host *h)
{
	return host_send_commit(h, h->db.next.pc, h->db.next.count);
}

void host_finish(struct host *h)
{
	struct host_db *db = &h->db;

	for (size_t i = 0; i < db->next.count; i++) {
		const struct host_op *op = &db->next.ops[i];

		db->keys[op->slot] = op->after;
		db->blobs[op->slot] = op->blob;
		if (op->slot >= db->next_slot)
			db->next_slot = op->slot + 1;
		tree_set(db, op->slot, &op->blob);
	}
	db->seq = db->next.seq;
	host_drop(h);
}

void host_drop(struct host *h)
{
	h->db.prepared = false;
	h->db.next.count = 0;
}

enum kms_rc host_abort(struct host *h)
{
	struct abi_abort_req req = { .shard = h->shard };

	host_begin(h, CMD_ABORT);
	ABI_PUT(&h->req_w, abort_req, &req);
	return host_send_request(h, CMD_ABORT, 0);
}

enum kms_rc host_apply(struct host *h, const struct host_op *ops, size_t count)
{
	enum kms_rc rc = host_prepare(h, ops, count);

	if (rc)
		return rc;
	host_store(h);
	rc = host_commit(h);
	if (!rc)
		host_finish(h);
	return rc;
}

enum kms_rc host_recover(struct host *h, bool drop)
{
	struct abi_shard_status_rsp st = { 0 };
	struct host_db *db = &h->db;
	enum kms_rc rc = host_shard_open(h, &st);

	if (rc)
		return rc;
	if (db->prepared && st.seq == db->next.seq) {
		host_finish(h);
	} else if (db->prepared && st.seq == db->seq) {
		/* One recovery commit needs no receipts: items 0. */
		rc = drop ? KMS_RC_EXPIRED
			  : host_send_commit(h, db->next.pc, 0);
		if (!rc)
			host_finish(h);
		else
			host_drop(h);
		rc = host_shard_status(h, &st);
		if (rc)
			return rc;
	}
	if (st.seq != db->seq || st.next_slot != db->next_slot ||
	    !bytes_equal_var(bytes_of(st.root, SHA256_LEN),
			     bytes_of(host_root(db), SHA256_LEN)))
		return KMS_RC_STALE;
	return KMS_RC_OK;
}
