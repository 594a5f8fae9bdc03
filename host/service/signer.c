/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/signer.h"

#include "common/clock.h"

#define RETRY_NS  5000000u /* a commit takes about a millisecond */
#define LOADS_MAX 8

static void end(struct sign_job *job, enum kms_rc rc)
{
	atomic_fetch_sub_explicit(&job->queue->under_way, 1,
				  memory_order_relaxed);
	job->done(job, rc);
}

/*
 * The three functions below call each other as often as the TEE asks for the
 * record: LOADS_MAX times at most.
 */
static void answered(struct tee_sign *s, enum kms_rc rc);

static void wait_a_little(struct sign_job *job, enum kms_rc rc)
{
	job->last = rc;
	job->retry_ns = clock_mono_ns() + RETRY_NS;
	job->next = job->queue->waiting;
	job->queue->waiting = job;
}

/* What a restarting worker or a commit under way answers for a moment. */
static bool will_pass(enum kms_rc rc)
{
	switch (rc) {
	case KMS_RC_UNAVAILABLE:
	case KMS_RC_NOT_OPEN:
	case KMS_RC_HELD:
	case KMS_RC_BAD_PROOF:
	case KMS_RC_STALE:
	case KMS_RC_STORAGE:
		return true;
	default:
		return false;
	}
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void try_now(struct sign_job *job)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	job->asked_ns = clock_mono_ns();
	rc = tee_sign(job->queue->line, &job->sign);
	if (rc)
		answered(&job->sign, rc);
}

/* Reads the committed record and its path, and tries with them. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void send_state(struct sign_job *job)
{
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	if (!job->proof)
		job->proof = arena_alloc(job->arena, sizeof(*job->proof));
	if (job->proof)
		rc = store_get_proof(job->queue->reader, job->proof,
				     job->sign.shard, job->sign.slot);
	if (rc) {
		end(job, rc);
		return;
	}
	job->loads++;
	job->sign.blob = bytes_of(job->proof->blob, job->proof->blob_len);
	job->sign.path = bytes_of(job->proof->path, job->proof->path_len);
	try_now(job);
}

/* NOLINTNEXTLINE(misc-no-recursion) */
static void answered(struct tee_sign *s, enum kms_rc rc)
{
	struct sign_job *job = s->arg;

	job->tee_ns += clock_mono_ns() - job->asked_ns;
	if (rc == KMS_RC_NEED_STATE && job->loads < LOADS_MAX) {
		send_state(job);
		return;
	}
	if (will_pass(rc) && clock_mono_ns() + RETRY_NS < s->deadline_ns) {
		/* A path that was read before a commit is of no use after. */
		s->blob = (struct bytes){ 0 };
		s->path = (struct bytes){ 0 };
		wait_a_little(job, rc);
		return;
	}
	end(job, rc);
}

void signer_start(struct sign_queue *q, struct sign_job *job)
{
	job->queue = q;
	job->sign.done = answered;
	job->sign.arg = job;
	atomic_fetch_add_explicit(&q->under_way, 1, memory_order_relaxed);
	try_now(job);
}

void signer_tick(struct sign_queue *q, uint64_t now)
{
	struct sign_job *job = q->waiting;

	q->waiting = NULL;
	while (job) {
		struct sign_job *next = job->next;

		if (job->sign.deadline_ns <= now) {
			end(job, job->last);
		} else if (job->retry_ns <= now) {
			job->loads = 0;
			try_now(job);
		} else {
			job->next = q->waiting;
			q->waiting = job;
		}
		job = next;
	}
}
