/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of a hostile host: each was right before one thing was bent.
 */
#include "test/property/mh.h"

#include "common/endian.h"

#include <stdio.h>
#include <string.h>

static const uint16_t commands[] = {
	CMD_INFO,    CMD_SELFTEST,  CMD_SHARD_STATUS, CMD_SHARD_OPEN,
	CMD_PREPARE, CMD_COMMIT,    CMD_ABORT,	      CMD_WARM,
	CMD_SIGN,    CMD_PROVISION, CMD_RANDOM,
};

static void put_u16(struct host *h, uint16_t tag, uint16_t v)
{
	uint8_t le[2];

	le16_put(le, v);
	abi_put_var(&h->req_w, tag, le, sizeof(le));
}

static uint64_t any_slot(struct fixture *f)
{
	const struct host_db *db = &f->host.db;

	return db->next_slot ? prng_below(&f->prng, db->next_slot) : 0;
}

static uint16_t encode_sign(struct fixture *f)
{
	uint16_t count = (uint16_t)(1 + prng_below(&f->prng, 3));

	host_begin(&f->host, CMD_SIGN);
	for (uint16_t i = 0; i < count; i++) {
		uint64_t slot = any_slot(f);
		uint8_t digest[32];

		prng_fill(&f->prng, digest, sizeof(digest));
		host_put_sign_item(&f->host, slot, f->host.db.keys[slot].uuid,
				   digest, EVIDENCE_NONE, (struct bytes){ 0 });
		host_put_proof(&f->host, slot);
	}
	return count;
}

static uint16_t encode_prepare(struct fixture *f)
{
	struct host_op ops[4];
	size_t count = mh_pick_ops(f, ops);

	if (!count)
		ops[count++] = host_create(KEY_SPEC_SECP256K1);
	host_encode_prepare(&f->host, ops, count);
	return (uint16_t)count;
}

/* Prepares and stores a batch, and writes the COMMIT for it. */
static uint16_t encode_commit(struct fixture *f)
{
	struct abi_commit_req req = { 0 };
	struct host_op ops[4];
	size_t count = mh_pick_ops(f, ops);

	if (!count || host_prepare(&f->host, ops, count))
		f->host.staged.count = 0;
	else
		host_store(&f->host);
	host_begin(&f->host, CMD_COMMIT);
	req.pc = bytes_of(f->host.staged.pc, ABI_PC_LEN);
	ABI_PUT(&f->host.req_w, commit_req, &req);
	return (uint16_t)f->host.staged.count;
}

static uint16_t encode(struct fixture *f, uint16_t cmd)
{
	struct host *h = &f->host;

	switch (cmd) {
	case CMD_SIGN:
		return encode_sign(f);
	case CMD_PREPARE:
		return encode_prepare(f);
	case CMD_COMMIT:
		return encode_commit(f);
	default:
		break;
	}
	host_begin(h, cmd);
	switch (cmd) {
	case CMD_SHARD_OPEN:
		put_u16(h, 0x0001, (uint16_t)prng_below(&f->prng, 6));
		return 1;
	case CMD_SHARD_STATUS:
	case CMD_ABORT:
		put_u16(h, 0x0001, (uint16_t)prng_below(&f->prng, 3));
		return 0;
	case CMD_PROVISION:
		put_u16(h, 0x0001, FIXTURE_SHARDS);
		return 0;
	case CMD_WARM:
		put_u16(h, 0x0001, h->shard);
		host_put_proof(h, any_slot(f));
		return 0;
	case CMD_RANDOM:
		put_u16(h, 0x0001, (uint16_t)prng_below(&f->prng, 1200));
		return 0;
	case CMD_SELFTEST:
		/* The whole of it would cost more than all else here. */
		abi_put_var(&h->req_w, 0x0001, "\1", 1);
		return 0;
	default:
		return 0;
	}
}

static void flip(struct fixture *f, uint8_t *bytes, size_t len)
{
	if (len)
		bytes[prng_below(&f->prng, len)] ^=
			(uint8_t)(1u << prng_below(&f->prng, 8));
}

static void bend(struct fixture *f)
{
	struct host *h = &f->host;
	size_t body = h->req_w.len - ABI_HEADER_LEN;

	switch (prng_below(&f->prng, 8)) {
	case 0:
		flip(f, h->request, ABI_HEADER_LEN);
		break;
	case 1:
	case 2:
		flip(f, h->request + ABI_HEADER_LEN, body);
		break;
	case 3:
	case 4:
		flip(f, h->state, h->state_w.len);
		break;
	case 5:
		h->req_w.len -= prng_below(&f->prng, h->req_w.len);
		break;
	case 6:
		if (h->state_w.len)
			h->state_w.len -= prng_below(&f->prng, h->state_w.len);
		break;
	default:
		h->rsp_cap = prng_below(&f->prng, 256);
		h->out_cap = prng_below(&f->prng, 256);
		break;
	}
}

/* What the command did all the same, the oracle has to know. */
static void settle(struct fixture *f, const struct mh_attack *a)
{
	struct host *h = &f->host;

	if (a->cmd == CMD_COMMIT && h->db.prepared) {
		if (!a->rc)
			host_finish(h);
		else
			host_drop(h);
	}
	/* A bent number may have named another shard. */
	for (h->shard = 0; h->shard < FIXTURE_SHARDS; h->shard++)
		(void)host_abort(h);
	h->shard = 0;
	h->staged.count = 0;
}

struct mh_attack mh_attack(struct fixture *f)
{
	struct host *h = &f->host;
	struct mh_attack a = {
		.cmd = commands[prng_below(&f->prng, ARRAY_LEN(commands))],
	};
	uint16_t items = encode(f, a.cmd);

	assert_ok(abi_finish(&h->req_w, items));
	bend(f);
	a.rc = host_resend(h, a.cmd);
	h->rsp_cap = sizeof(h->rsp_bytes);
	h->out_cap = sizeof(h->out_bytes);
	settle(f, &a);
	return a;
}

const char *mh_name(const struct mh_attack *a)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s: %s", abi_cmd_name(a->cmd),
		 kms_rc_name(a->rc));
	return name;
}
