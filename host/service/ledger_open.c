/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening: which of the two, database and TEE, is ahead, and what that means.
 *
 *   database            anchor     meaning                        action
 *   n                   n          clean                          none
 *   n, prepared n + 1   n          cut between steps 2 and 3      COMMIT
 *   n, prepared n + 1   n + 1      cut between steps 3 and 4      finish
 *   older than n        n          an old copy was put back       refuse
 *   newer               n          another TEE, or it was reset   refuse
 */
#include "host/service/ledger.h"

#include "common/log.h"
#include "common/secret.h"

#include <string.h>

#define PC_SEQ_AT  8
#define PC_ROOT_AT 48

static const char why_rolled_back[] =
	"The database is older than the state of the TEE: an old copy was "
	"put in its place. Nothing was changed. Put the newest copy of the "
	"database (with its -wal file) back and start again.";
static const char why_foreign[] =
	"The database does not belong to this TEE: its history is not the "
	"one the TEE has committed. Nothing was changed. Start with the state "
	"directory that belongs to this TEE.";
static const char why_in_use[] =
	"Another server holds the shards of this TEE. Stop it first.";
static const char why_storage[] =
	"The trusted storage of the TEE has failed, or an anchor is missing "
	"or altered. The TEE refuses to serve such a shard for good; restore "
	"the trusted storage.";

static const char *why_of(enum kms_rc rc)
{
	switch (rc) {
	case KMS_RC_ROLLED_BACK:
		return why_rolled_back;
	case KMS_RC_FOREIGN_STATE:
		return why_foreign;
	case KMS_RC_IN_USE:
		return why_in_use;
	case KMS_RC_STORAGE:
		return why_storage;
	default:
		return NULL;
	}
}

static bool same_root(const uint8_t a[SHA256_LEN], const uint8_t b[SHA256_LEN])
{
	return ct_equal(a, b, SHA256_LEN);
}

static enum kms_rc judge(const struct store_shard *db,
			 const struct abi_shard_status_rsp *tee)
{
	if (db->seq < tee->seq)
		return KMS_RC_ROLLED_BACK;
	if (db->seq > tee->seq || !same_root(db->root, tee->root))
		return KMS_RC_FOREIGN_STATE;
	return KMS_RC_OK;
}

/* Step 3 was not reached, or its outcome is not known. */
static enum kms_rc commit_prepared(struct ledger *l, uint16_t shard,
				   const struct store_shard *db)
{
	uint8_t root[SHA256_LEN] = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	rc = tee_commit(l->line, shard, db->pc, 0, root, NULL);
	switch (rc) {
	case KMS_RC_OK:
		log_info("keeper", "shard %u: finished an interrupted commit",
			 shard);
		return store_finish_batch(l->store, shard, db->seq + 1, root);
	case KMS_RC_CERT:
	case KMS_RC_EXPIRED:
	case KMS_RC_SEQ:
	case KMS_RC_STALE:
		/* The TEE did not take it, so nobody was told it had. */
		log_info("keeper", "shard %u: dropped an interrupted change",
			 shard);
		return store_drop_batch(l->store, shard);
	default:
		return rc;
	}
}

static enum kms_rc reconcile(struct ledger *l, uint16_t shard,
			     const struct abi_shard_status_rsp *tee)
{
	struct store_shard db = { 0 };
	enum kms_rc rc = store_get_shard(l->store, &db, shard);

	if (rc || !db.prepared)
		return rc ? rc : judge(&db, tee);
	if (db.pc_len != ABI_PC_LEN)
		return KMS_RC_FOREIGN_STATE;
	if (tee->seq == db.seq + 1 &&
	    same_root(db.pc + PC_ROOT_AT, tee->root)) {
		log_info("keeper", "shard %u: finished a committed change",
			 shard);
		return store_finish_batch(l->store, shard, tee->seq, tee->root);
	}
	rc = judge(&db, tee);
	return rc ? rc : commit_prepared(l, shard, &db);
}

static enum kms_rc learn(struct ledger *l, uint16_t shard)
{
	struct ledger_shard *s = &l->shards[shard];
	struct abi_shard_status_rsp status = { 0 };
	enum kms_rc rc = tee_shard_status(l->line, shard, &status);

	if (rc)
		return rc;
	*s = (struct ledger_shard){
		.seq = status.seq,
		.next_slot = status.next_slot,
		.depth = status.depth,
		.usable = true,
	};
	memcpy(s->root, status.root, sizeof(s->root));
	return KMS_RC_OK;
}

enum kms_rc ledger_open_worker(struct ledger *l, unsigned int worker,
			       const char **why)
{
	struct abi_shard_status_rsp statuses[8];
	enum kms_rc rc = KMS_RC_OK;
	uint16_t shards[ABI_SHARDS_MAX];
	size_t count = 0;

	for (uint16_t s = 0; s < l->shard_total; s++) {
		l->shards[s].usable &= tee_worker_of(l->tee, s) != worker;
		if (tee_worker_of(l->tee, s) == worker)
			shards[count++] = s;
	}
	/* In portions, so that the answers fit on the stack. */
	for (size_t at = 0; !rc && at < count; at += ARRAY_LEN(statuses)) {
		size_t n = count - at;

		if (n > ARRAY_LEN(statuses))
			n = ARRAY_LEN(statuses);
		rc = tee_shard_open(l->line, worker, shards + at, n, statuses);
		for (size_t i = 0; !rc && i < n; i++)
			rc = reconcile(l, shards[at + i], &statuses[i]);
		for (size_t i = 0; !rc && i < n; i++)
			rc = learn(l, shards[at + i]);
	}
	/* It may have finished an interrupted one. */
	l->key_changes++;
	if (!rc)
		tee_set_serving(l->tee, worker, true);
	else
		*why = why_of(rc);
	return rc;
}

enum kms_rc ledger_revive(struct ledger *l, unsigned int worker)
{
	const char *why = NULL;
	enum kms_rc rc = KMS_RC_UNAVAILABLE;

	if (tee_is_abandoned(l->tee))
		return rc;
	rc = tee_restart(l->tee, worker);
	if (!rc)
		rc = ledger_open_worker(l, worker, &why);
	if (rc)
		log_error("keeper", "worker %u stays down: %s %s", worker,
			  kms_rc_name(rc), why ? why : kms_rc_text(rc));
	else
		log_info("keeper", "worker %u serves again", worker);
	return rc;
}
