/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema - every message between the worlds, once
 *
 * F(S, kind, name, tag, max, required): S is the message, kind is u8, u16, u32,
 * u64, fix (exactly max bytes), var (at most max bytes) or rep (at most max
 * items). Structs, decoders, encoders and the fuzzers' grammar are made from
 * these rows. Numbers are never reused. Numbered as in spec 3.f.
 */

#ifndef KMS_ABI_SCHEMA_H
#define KMS_ABI_SCHEMA_H

#include "abi/limits.h"

/* clang-format off */

/* C(name, number): commands of TEEC_InvokeCommand, also in the header. */
#define ABI_COMMANDS(C)							       \
	C(INFO, 0x01)							       \
	C(SELFTEST, 0x02)						       \
	C(SHARD_STATUS, 0x04)						       \
	C(SHARD_OPEN, 0x05)						       \
	C(PREPARE, 0x06)						       \
	C(COMMIT, 0x07)							       \
	C(ABORT, 0x08)							       \
	C(WARM, 0x09)							       \
	C(RANDOM, 0x0a)							       \
	C(SIGN, 0x20)							       \
	C(PROVISION, 0x40)

#define ABI_info_req(F, S)

/* ready_status: 0, or the enum kms_rc that commands on keys would get. */
#define ABI_info_rsp(F, S)						       \
	F(S, u32, build_flags, 0x0001, 0, 1)				       \
	F(S, u32, ta_version, 0x0002, 0, 1)				       \
	F(S, u8, tee_kind, 0x0003, 0, 1)				       \
	F(S, u8, provisioned, 0x0004, 0, 1)				       \
	F(S, u16, shard_total, 0x0005, 0, 1)				       \
	F(S, u32, rollback_level, 0x0006, 0, 1)				       \
	F(S, u32, time_level, 0x0007, 0, 1)				       \
	F(S, fix, domain_id, 0x0008, 16, 1)				       \
	F(S, fix, aik_pub, 0x0009, 65, 1)				       \
	F(S, var, shards_open, 0x000a, 2 * ABI_SHARDS_MAX, 1)		       \
	F(S, u16, max_batch, 0x000b, 0, 1)				       \
	F(S, u16, max_sign, 0x000c, 0, 1)				       \
	F(S, u16, ready_status, 0x000d, 0, 1)

/* only_signature: 1 runs secp256k1's answers alone. */
#define ABI_selftest_req(F, S)						       \
	F(S, u8, only_signature, 0x0001, 0, 0)

#define ABI_selftest_rsp(F, S)						       \
	F(S, u16, tests_run, 0x0001, 0, 1)

/* Makes the domain root, the control object and the anchors. */
#define ABI_provision_req(F, S)						       \
	F(S, u16, shard_total, 0x0001, 0, 1)				       \
	F(S, var, host_entropy, 0x0002, 64, 0)

#define ABI_provision_rsp(F, S)						       \
	F(S, fix, domain_id, 0x0001, 16, 1)

/* shards: u16 each. All of them open, or none. */
#define ABI_shard_open_req(F, S)					       \
	F(S, var, shards, 0x0001, 2 * ABI_SHARDS_MAX, 1)

#define ABI_shard_open_rsp(F, S)					       \
	F(S, rep, status, 0x0001, ABI_SHARDS_MAX, 1)

#define ABI_shard_status_req(F, S)					       \
	F(S, u16, shard, 0x0001, 0, 1)

/* Also the value of one status item of shard_open_rsp. */
#define ABI_shard_status_rsp(F, S)					       \
	F(S, u16, shard, 0x0001, 0, 1)					       \
	F(S, u64, seq, 0x0002, 0, 1)					       \
	F(S, fix, root, 0x0003, 32, 1)					       \
	F(S, fix, prev_root, 0x0004, 32, 1)				       \
	F(S, u8, depth, 0x0005, 0, 1)					       \
	F(S, u8, flags, 0x0006, 0, 1)					       \
	F(S, u32, root_gen, 0x0007, 0, 1)				       \
	F(S, u64, next_slot, 0x0008, 0, 1)				       \
	F(S, u64, live, 0x0009, 0, 1)					       \
	F(S, u32, boot_ctr, 0x000a, 0, 1)				       \
	F(S, u8, staged, 0x000b, 0, 1)

/*
 * One atomic change of one shard. expect_seq is the anchor's seq the host
 * knows, so that a repeated PREPARE cannot run twice, not even after a restart.
 */
#define ABI_prepare_req(F, S)						       \
	F(S, u16, shard, 0x0001, 0, 1)					       \
	F(S, u64, expect_seq, 0x0002, 0, 1)				       \
	F(S, rep, ops, 0x0010, ABI_BATCH_OPS, 1)

/*
 * One change; var members of 64 and 32 bytes have that length or are absent.
 * The TA chooses slot and uuid of what is created. Every other op
 * names slot and uuid of a record that is in p2.
 *
 *   CREATE_KEY      key_spec, key_usage
 *   CREATE_WALLET   passkey, bind_level, rp_id, origins, (credential_hash),
 *                   (registration); CREATE_VAULT follows
 *   CREATE_VAULT    nothing: the entropy of the wallet before it
 *   DELETE          nothing; behind a wallet's, DELETE_VAULT follows
 *   DELETE_VAULT    nothing: the vault of the wallet before it
 *   SET_STATE       key_state (keys)
 *   ISSUE_ADDRESS   index
 *   ADD_PASSKEY, CHANGE_PASSKEY   passkey, (credential_hash)
 *   REMOVE_PASSKEY  passkey
 *   FREEZE, UNFREEZE, CANCEL_DELETION   nothing
 *   SCHEDULE_DELETION   window_days
 */
#define ABI_prepare_op(F, S)						       \
	F(S, u8, op, 0x0001, 0, 1)					       \
	F(S, u8, evidence_kind, 0x0002, 0, 1)				       \
	F(S, var, evidence, 0x0003, ABI_EVIDENCE_MAX, 0)		       \
	F(S, u64, slot, 0x0010, 0, 0)					       \
	F(S, fix, uuid, 0x0011, ABI_UUID_LEN, 0)			       \
	F(S, u8, key_spec, 0x0020, 0, 0)				       \
	F(S, u8, key_usage, 0x0021, 0, 0)				       \
	F(S, u8, key_state, 0x0022, 0, 0)				       \
	F(S, var, host_entropy, 0x0023, 64, 0)				       \
	F(S, var, passkey, 0x0030, 64, 0)				       \
	F(S, var, credential_hash, 0x0031, 32, 0)			       \
	F(S, u8, bind_level, 0x0032, 0, 0)				       \
	F(S, var, rp_id, 0x0033, ABI_RP_ID_MAX, 0)			       \
	F(S, var, origins, 0x0034, ABI_ORIGINS_MAX, 0)			       \
	F(S, var, registration, 0x0035, ABI_EVIDENCE_MAX, 0)		       \
	F(S, u32, index, 0x0036, 0, 0)					       \
	F(S, u16, window_days, 0x0037, 0, 0)

/*
 * The value of evidence of kind PASSKEY: one WebAuthn assertion. nonce is what
 * CHALLENGE gave; signature is r | s; credential_hash picks the passkey.
 */
#define ABI_passkey_evidence(F, S)					       \
	F(S, fix, nonce, 0x0001, 32, 1)					       \
	F(S, var, auth_data, 0x0002, ABI_AUTH_DATA_MAX, 1)		       \
	F(S, var, client_data, 0x0003, ABI_CLIENT_DATA_MAX, 1)		       \
	F(S, fix, signature, 0x0004, 64, 1)				       \
	F(S, var, credential_hash, 0x0005, 32, 0)

/*
 * The value of evidence of kind RAW_PASSKEY: an assertion for any challenge at
 * all, which can be replayed for ever.
 */
#define ABI_raw_assertion(F, S)						       \
	F(S, var, auth_data, 0x0001, ABI_AUTH_DATA_MAX, 1)		       \
	F(S, fix, client_hash, 0x0002, 32, 1)				       \
	F(S, fix, signature, 0x0003, 64, 1)

/* The value of registration: what navigator.credentials.create() gave. */
#define ABI_registration(F, S)						       \
	F(S, fix, nonce, 0x0001, 32, 1)					       \
	F(S, var, auth_data, 0x0002, ABI_AUTH_DATA_MAX, 1)		       \
	F(S, var, client_data, 0x0003, ABI_CLIENT_DATA_MAX, 1)

/* p2 of PREPARE, WARM and SIGN: a body without a header. */
#define ABI_state_in(F, S)						       \
	F(S, rep, records, 0x0001, ABI_BATCH_OPS, 0)			       \
	F(S, var, siblings, 0x0002, 32 * ABI_SIBLINGS_MAX, 0)		       \
	F(S, rep, proofs, 0x0003, ABI_BATCH_OPS, 0)

/*
 * PREPARE sends records (blobs) and one multiproof in siblings for all touched
 * slots; WARM and SIGN send proofs: each a blob with its own path.
 */
#define ABI_state_proof(F, S)						       \
	F(S, var, blob, 0x0001, ABI_BLOB_MAX, 1)			       \
	F(S, var, path, 0x0002, 32 * ABI_DEPTH_MAX, 0)

#define ABI_prepare_rsp(F, S)						       \
	F(S, var, pc, 0x0001, ABI_PC_LEN, 1)				       \
	F(S, rep, results, 0x0010, ABI_BATCH_OPS, 1)

/*
 * One per op, in their order. public_key: 64 bytes x | y of a new key, of a
 * new wallet's first address, of the address that was issued, or of the passkey
 * that was replaced.
 */
#define ABI_prepare_result(F, S)					       \
	F(S, u8, op, 0x0001, 0, 1)					       \
	F(S, u64, slot, 0x0002, 0, 1)					       \
	F(S, fix, uuid, 0x0003, ABI_UUID_LEN, 1)			       \
	F(S, u64, version, 0x0004, 0, 1)				       \
	F(S, var, public_key, 0x0005, 64, 0)

/* p3 of PREPARE: a body without a header; one new blob per op. */
#define ABI_state_out(F, S)						       \
	F(S, rep, blobs, 0x0001, ABI_BATCH_OPS, 0)

#define ABI_commit_req(F, S)						       \
	F(S, var, pc, 0x0001, ABI_PC_LEN, 1)

/* receipts: ABI_RECEIPT_LEN bytes each; none after a restart. */
#define ABI_commit_rsp(F, S)						       \
	F(S, u16, shard, 0x0001, 0, 1)					       \
	F(S, u64, seq, 0x0002, 0, 1)					       \
	F(S, fix, root, 0x0003, 32, 1)					       \
	F(S, rep, receipts, 0x0010, ABI_BATCH_OPS, 0)

#define ABI_abort_req(F, S)						       \
	F(S, u16, shard, 0x0001, 0, 1)

#define ABI_abort_rsp(F, S)

#define ABI_warm_req(F, S)						       \
	F(S, u16, shard, 0x0001, 0, 1)

#define ABI_warm_rsp(F, S)						       \
	F(S, u16, loaded, 0x0001, 0, 1)

/* len: how many bytes, 1 to ABI_RANDOM_MAX. */
#define ABI_random_req(F, S)						       \
	F(S, u16, len, 0x0001, 0, 1)

#define ABI_random_rsp(F, S)						       \
	F(S, var, bytes, 0x0001, ABI_RANDOM_MAX, 1)

#define ABI_sign_req(F, S)						       \
	F(S, rep, items, 0x0010, ABI_SIGN_ITEMS, 1)

/*
 * One use of a record, or a challenge for one. Keys: alg and digest. Wallets:
 * use, account, index and, but for addresses, the payload: the 32-byte hash,
 * the message, or the unsigned transaction (EIP-155, EIP-2718). CHALLENGE
 * looks at shard and uuid only; 16 zero bytes ask for one to register with.
 */
#define ABI_sign_item(F, S)						       \
	F(S, u16, shard, 0x0001, 0, 1)					       \
	F(S, u64, slot, 0x0002, 0, 1)					       \
	F(S, fix, uuid, 0x0003, ABI_UUID_LEN, 1)			       \
	F(S, u8, alg, 0x0004, 0, 0)					       \
	F(S, var, digest, 0x0005, 32, 0)				       \
	F(S, u8, evidence_kind, 0x0006, 0, 1)				       \
	F(S, var, evidence, 0x0007, ABI_EVIDENCE_MAX, 0)		       \
	F(S, u8, use, 0x0008, 0, 0)					       \
	F(S, u32, account, 0x0009, 0, 0)				       \
	F(S, u32, index, 0x000a, 0, 0)					       \
	F(S, var, payload, 0x000b, ABI_PAYLOAD_MAX, 0)

#define ABI_sign_rsp(F, S)						       \
	F(S, rep, items, 0x0010, ABI_SIGN_ITEMS, 1)

/*
 * signature: r | s, low s; recid only for secp256k1. digest is what a wallet
 * has signed, public_key what signed it or was derived, nonce a challenge.
 */
#define ABI_sign_result(F, S)						       \
	F(S, u16, status, 0x0001, 0, 1)					       \
	F(S, var, signature, 0x0002, 64, 0)				       \
	F(S, u8, recid, 0x0003, 0, 0)					       \
	F(S, var, digest, 0x0004, 32, 0)				       \
	F(S, var, public_key, 0x0005, 64, 0)				       \
	F(S, var, nonce, 0x0006, 32, 0)

#define ABI_MESSAGES(M)							       \
	M(passkey_evidence) M(raw_assertion) M(registration)		       \
	M(info_req) M(info_rsp) M(selftest_req) M(selftest_rsp)		       \
	M(provision_req) M(provision_rsp) M(shard_open_req) M(shard_open_rsp)  \
	M(shard_status_req) M(shard_status_rsp) M(prepare_req) M(prepare_op)   \
	M(state_in) M(state_proof) M(prepare_rsp) M(prepare_result)	       \
	M(state_out) M(commit_req) M(commit_rsp) M(abort_req) M(abort_rsp)     \
	M(warm_req) M(warm_rsp) M(sign_req) M(sign_item) M(sign_rsp)	       \
	M(sign_result) M(random_req) M(random_rsp)

/* Run tags, for those who write a run item by item. */
#define ABI_TAG_SHARD_STATUS	0x0001
#define ABI_TAG_PREPARE_OPS	0x0010
#define ABI_TAG_RESULTS		0x0010
#define ABI_TAG_RECEIPTS	0x0010
#define ABI_TAG_SIGN_ITEMS	0x0010
#define ABI_TAG_BLOBS		0x0001
#define ABI_TAG_RECORDS		0x0001
#define ABI_TAG_SIBLINGS	0x0002
#define ABI_TAG_PROOFS		0x0003

/* clang-format on */

/* What proves that the caller may use a key (design: evidence). */
enum abi_evidence {
	EVIDENCE_NONE = 0,    /* accepted by development builds only */
	EVIDENCE_API_KEY = 1, /* SHA-256 of the presented key, 32 bytes */
	EVIDENCE_PASSKEY = 2,
	EVIDENCE_SIGV4 = 3,
	EVIDENCE_CREDENTIAL = 4,
	EVIDENCE_GRANT = 5,
	EVIDENCE_RAW_PASSKEY = 6, /* development builds only; BIND_NOTHING */
	EVIDENCE_COUNT,
};

enum abi_op {
	OP_CREATE_KEY = 1,
	OP_DELETE = 2,
	OP_SET_STATE = 3,
	OP_CREATE_WALLET = 4,
	OP_CREATE_VAULT = 5,
	OP_DELETE_VAULT = 6,
	OP_ISSUE_ADDRESS = 7,
	OP_ADD_PASSKEY = 8,
	OP_REMOVE_PASSKEY = 9,
	OP_CHANGE_PASSKEY = 10,
	OP_FREEZE = 11,
	OP_UNFREEZE = 12,
	OP_SCHEDULE_DELETION = 13,
	OP_CANCEL_DELETION = 14,
};

/* What a sign_item asks of a record. */
enum abi_use {
	USE_DIGEST = 0,	     /* a key signs a digest: the AWS way */
	USE_HASH = 1,	     /* a wallet signs 32 bytes it cannot read */
	USE_MESSAGE = 2,     /* keccak256 of the bytes, without a prefix */
	USE_MESSAGE_191 = 3, /* EIP-191 personal message */
	USE_TRANSACTION = 4, /* decoded before it is signed */
	USE_ADDRESS = 5,     /* no signature: the public key of a path */
	USE_CHALLENGE = 6,   /* no record: a nonce for the next assertion */
};

/* How much of a request a wallet's assertion must name (spec 3.d.3). */
enum abi_bind_level {
	BIND_NOTHING = 0, /* development builds only: for old test suites */
	BIND_PAYLOAD = 1, /* as the reference's strict clients: the payload */
	BIND_INTENT = 2,  /* the whole intent, always */
};

enum abi_wallet_state {
	WALLET_ACTIVE = 1,
	WALLET_FROZEN = 2,
	WALLET_PENDING_DELETION = 3,
};

enum abi_key_spec {
	KEY_SPEC_SECP256K1 = 1,
	KEY_SPEC_P256 = 2,
};

enum abi_key_usage {
	KEY_USAGE_SIGN_VERIFY = 1,
};

enum abi_key_state {
	KEY_STATE_ENABLED = 1,
	KEY_STATE_DISABLED = 2,
	KEY_STATE_PENDING_DELETION = 3,
};

enum abi_alg {
	ALG_ECDSA_SHA_256 = 1, /* the curve is the key's */
};

enum abi_tee_kind {
	TEE_KIND_OPTEE = 1,
	TEE_KIND_PROCESS = 2,
};

/* info_rsp.build_flags */
#define ABI_BUILD_DEVELOPMENT 0x01 /* evidence "none" is accepted */
#define ABI_BUILD_WEAK	      0x02 /* serves without rollback protection */
#define ABI_BUILD_TEST	      0x04 /* test hooks are compiled in */

/* shard_status_rsp.flags */
#define ABI_SHARD_WEAK 0x01 /* the anchor has no rollback protection */

#endif /* KMS_ABI_SCHEMA_H */
