/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line - what the files of this room share
 */

#ifndef KMS_HOST_TEE_CLIENT_LINE_H
#define KMS_HOST_TEE_CLIENT_LINE_H

#include "host/tee_client/tee.h"

#include <stdatomic.h>

struct tee {
	struct tee_config config;
	struct worker *workers[TEE_WORKERS_MAX];
	atomic_bool serving[TEE_WORKERS_MAX];
	atomic_uint losses; /* how often one ceased to serve */
	atomic_bool abandoned;
};

struct tee_line {
	struct tee *tee;
	struct channel *channels[TEE_WORKERS_MAX];
	struct tee_sign *first; /* signatures under way, oldest first */
	struct tee_sign *last;
	struct tee_random *randoms; /* under way */
	unsigned int next_random;   /* worker that is asked next */
	uint8_t sign_request[ABI_REQUEST_MAX];
	uint8_t sign_state[TEE_SIGN_STATE_MAX];
	/* Buffers of the blocking calls, allocated when first needed. */
	uint8_t *request;
	uint8_t *state;
	uint8_t *response;
	uint8_t *state_out;
};

/* random.c: ends what is late. */
void line_tick_random(struct tee_line *l, uint64_t now_ns);

/* A member that goes along with some of a message's kinds only. */
struct line_member {
	size_t offset;
	uint32_t kinds; /* bit n: of kind n, below 32 */
};

/* Writes the members of a struct that its kind has, and all others. */
void line_put(struct abi_writer *w, const struct abi_layout *layout,
	      const void *in, const struct line_member *members,
	      size_t member_count, unsigned int kind);

#endif /* KMS_HOST_TEE_CLIENT_LINE_H */
