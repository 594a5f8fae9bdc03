/* SPDX-License-Identifier: Apache-2.0 */
#include "common/endian.h"
#include "ta/cmd/cmd.h"
#include "ta/crypto/selftest.h"
#include "ta/keystore/control.h"
#include "ta/keystore/secure_time.h"
#include "ta/ta_build.h"
#include "ta/ta_version.h"

#include <assert.h>
#include <string.h>

enum kms_rc cmd_info(struct ta *ta, struct ta_call *call)
{
	uint8_t open[2 * ABI_SHARDS_MAX] = { 0 };
	struct abi_info_req req = { 0 };
	struct abi_info_rsp rsp = {
		.build_flags = TA_BUILD_FLAGS,
		.ta_version = TA_VERSION_NUMBER,
		.tee_kind = TA_TEE_KIND,
		.provisioned = ta->shard_total != 0,
		.shard_total = ta->shard_total,
		.rollback_level = trusted_storage_level(),
		.time_level = secure_time_level(),
		.max_batch = ABI_BATCH_OPS,
		.max_sign = ABI_SIGN_ITEMS,
		.ready_status = (uint16_t)ta_readiness(ta),
	};
	enum kms_rc rc = ABI_DECODE(&req, info_req, call->body);
	size_t len = 0;

	if (rc)
		return rc;
	memcpy(rsp.domain_id, ta->keys.domain_id, sizeof(rsp.domain_id));
	rsp.aik_pub[0] = 0x04;
	memcpy(rsp.aik_pub + 1, ta->keys.aik_pub, sizeof(ta->keys.aik_pub));
	for (uint16_t i = 0; i < ABI_SHARDS_MAX; i++) {
		if (!ta->shards[i].open)
			continue;
		le16_put(open + len, i);
		len += 2;
	}
	rsp.shards_open = bytes_of(open, len);
	ABI_PUT(&call->rsp, info_rsp, &rsp);
	return KMS_RC_OK;
}

enum kms_rc cmd_selftest(struct ta *ta, struct ta_call *call)
{
	struct abi_selftest_req req = { 0 };
	struct abi_selftest_rsp rsp = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, selftest_req, call->body);

	if (rc)
		return rc;
	rc = req.only_signature
		     ? crypto_selftest_signature(&ta->crypto, &rsp.tests_run)
		     : crypto_selftest(&ta->crypto, &rsp.tests_run);
	/* Once failed, an instance never serves again. */
	if (rc)
		ta->ready = false;
	if (!rc)
		ABI_PUT(&call->rsp, selftest_rsp, &rsp);
	return rc ? KMS_RC_SELFTEST : KMS_RC_OK;
}

/*
 * An anchor that was ever opened shows that there was a domain: its control
 * object is missing, which is tampering and no reason to begin anew.
 */
static enum kms_rc check_no_domain(void)
{
	enum kms_rc rc = KMS_RC_OK;

	for (uint16_t i = 0; !rc && i < ABI_SHARDS_MAX; i++)
		rc = anchor_check_unused(i);
	return rc;
}

static enum kms_rc make_anchors(const struct ta *ta, uint16_t total)
{
	uint8_t flags = trusted_storage_is_strong() ? 0 : ABI_SHARD_WEAK;
	enum kms_rc rc = KMS_RC_OK;

	for (uint16_t i = 0; !rc && i < total; i++) {
		rc = anchor_create(i, ta->keys.root_gen, flags);
		/* Left by a PROVISION that did not get to its end. */
		if (rc == KMS_RC_EXISTS)
			rc = KMS_RC_OK;
	}
	return rc;
}

/*
 * The control object is written last: it alone makes a domain, so a cut
 * anywhere before leaves a TEE that can be provisioned again.
 */
enum kms_rc cmd_provision(struct ta *ta, struct ta_call *call)
{
	struct abi_provision_req req = { 0 };
	struct abi_provision_rsp rsp = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, provision_req, call->body);

	if (rc)
		return rc;
	if (!req.shard_total || req.shard_total > ABI_SHARDS_MAX)
		return KMS_RC_LIMIT;
	if (!trusted_storage_is_strong() && !TA_SERVES_WEAK)
		return KMS_RC_WEAK_REFUSED;
	if (ta->shard_total)
		return KMS_RC_PROVISIONED;
	/* Also finds a domain that another instance has made meanwhile. */
	rc = ta_load_domain(ta);
	if (rc != KMS_RC_NOT_PROVISIONED)
		return rc ? rc : KMS_RC_PROVISIONED;
	rc = check_no_domain();
	if (rc)
		return rc;
	rc = keys_make_root(&ta->keys, &ta->crypto, req.host_entropy);
	if (!rc)
		rc = make_anchors(ta, req.shard_total);
	if (!rc)
		rc = control_create(&ta->keys, &ta->crypto, req.shard_total);
	if (!rc)
		/* What serves is what was read back. */
		rc = ta_load_domain(ta);
	if (rc) {
		keys_drop_root(&ta->keys);
		return rc;
	}
	memcpy(rsp.domain_id, ta->keys.domain_id, sizeof(rsp.domain_id));
	ABI_PUT(&call->rsp, provision_rsp, &rsp);
	return KMS_RC_OK;
}

static void fill_status(const struct ta *ta, struct abi_shard_status_rsp *rsp,
			const struct shard *s)
{
	const struct anchor *a = &s->anchor;

	*rsp = (struct abi_shard_status_rsp){
		.shard = a->shard,
		.seq = a->seq,
		.depth = a->depth,
		.flags = a->flags,
		.root_gen = a->root_gen,
		.next_slot = a->next_slot,
		.live = a->live,
		.boot_ctr = a->boot_ctr,
		.staged = ta->txn.active && ta->txn.shard == a->shard,
	};
	memcpy(rsp->root, a->root, sizeof(rsp->root));
	memcpy(rsp->prev_root, a->prev_root, sizeof(rsp->prev_root));
}

static_assert(ABI_SHARDS_MAX <= 64, "one bit each");

/* Before anything is opened, as an opening is counted for good. */
static enum kms_rc check_shards(const struct ta *ta, struct bytes list)
{
	uint64_t seen = 0;

	for (size_t i = 0; i < list.len; i += 2) {
		uint16_t number = le16_get(list.ptr + i);

		if (number >= ta->shard_total)
			return KMS_RC_NOT_FOUND;
		if (ta->shards[number].open || (seen >> number & 1))
			return KMS_RC_IN_USE;
		seen |= (uint64_t)1 << number;
	}
	return KMS_RC_OK;
}

static enum kms_rc open_one(struct ta *ta, uint16_t number)
{
	return shard_open(&ta->shards[number], number,
			  trusted_storage_is_strong(), TA_SERVES_WEAK);
}

enum kms_rc cmd_shard_open(struct ta *ta, struct ta_call *call)
{
	struct abi_shard_open_req req = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, shard_open_req, call->body);
	size_t opened = 0;

	if (rc)
		return rc;
	if (req.shards.len % 2 || !req.shards.len ||
	    call->header.items != req.shards.len / 2)
		return KMS_RC_DECODE;
	rc = check_shards(ta, req.shards);
	while (!rc && opened < req.shards.len) {
		rc = open_one(ta, le16_get(req.shards.ptr + opened));
		if (!rc)
			opened += 2;
	}
	/* All or none. */
	while (rc && opened) {
		opened -= 2;
		shard_close(&ta->shards[le16_get(req.shards.ptr + opened)]);
	}
	for (size_t i = 0; !rc && i < req.shards.len; i += 2) {
		uint16_t number = le16_get(req.shards.ptr + i);
		struct abi_shard_status_rsp status = { 0 };
		size_t at = abi_open(&call->rsp, ABI_TAG_SHARD_STATUS);

		fill_status(ta, &status, &ta->shards[number]);
		ABI_PUT(&call->rsp, shard_status_rsp, &status);
		abi_close(&call->rsp, at);
		call->items++;
	}
	return rc;
}

enum kms_rc cmd_shard_status(struct ta *ta, struct ta_call *call)
{
	struct abi_shard_status_req req = { 0 };
	struct abi_shard_status_rsp rsp = { 0 };
	const struct shard *s = NULL;
	enum kms_rc rc = ABI_DECODE(&req, shard_status_req, call->body);

	if (rc)
		return rc;
	s = ta_shard(ta, req.shard);
	if (!s)
		return KMS_RC_NOT_OPEN;
	if (s->broken)
		return KMS_RC_STORAGE;
	fill_status(ta, &rsp, s);
	ABI_PUT(&call->rsp, shard_status_rsp, &rsp);
	return KMS_RC_OK;
}
