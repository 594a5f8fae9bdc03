/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps - what the scenes of a trace are made of, on the host of shard 0
 */

#ifndef KMS_TEST_STEPS_H
#define KMS_TEST_STEPS_H

#include "test/replay/recorder.h"

/* What host_sign() presents for keys of evidence API_KEY. */
extern const uint8_t step_token[SHA256_LEN];

static inline struct bytes step_nothing(void)
{
	return (struct bytes){ 0 };
}

/* Ends the request in the host model; its length is then final. */
void step_finish(struct recorder *r, uint16_t items);
/* Sends the request of the host model as it stands. */
void step_send_raw(struct recorder *r, uint16_t cmd, uint32_t rsp_cap,
		   uint32_t out_cap);
/* Flips a bit, cuts off what follows, or adds a byte, for which there is room.
 */
void step_mutate(struct recorder *r, uint8_t *bytes, size_t *len);
/* Aborts unless that was a refusal; which one is for the trace to know. */
void step_refused(const struct recorder *r, enum kms_rc rc);

/* Aborts unless that is what came of it. */
void step_expect(const struct recorder *r, enum kms_rc rc, enum kms_rc want);

/* Starts a SIGN of random digests, without state. */
void step_begin_sign(struct recorder *r, const uint64_t *slots, size_t count);
void step_sign(struct recorder *r, const uint64_t *slots, size_t count,
	       bool with_state);
/* PREPARE of one change, which is then staged. */
void step_stage(struct recorder *r, struct host_op op);
void step_abort(struct recorder *r);
/*
 * Creates and commits. The first p256_count keys are P-256: few, because that
 * curve is slow in QEMU.
 */
void step_create(struct recorder *r, size_t count, size_t p256_count);

/* An enabled key that was made without a token. */
uint64_t step_plain_slot(struct recorder *r, uint8_t spec);
struct host_op step_any_change(struct recorder *r, uint8_t op, uint8_t state);

#endif /* KMS_TEST_STEPS_H */
