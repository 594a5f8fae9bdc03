/* SPDX-License-Identifier: Apache-2.0 */
#include "host/transport/ring_queue.h"

#include "common/mem.h"
#include "common/secret.h"
#include "host/transport/result.h"

#include <string.h>

#define DEPTH_MAX 4096

enum kms_rc ring_queue_init(struct ring_queue *q, unsigned int depth)
{
	uint32_t slots = 1;

	*q = (struct ring_queue){ 0 };
	if (depth == 0 || depth > DEPTH_MAX)
		return KMS_RC_BAD_INPUT;
	while (slots < depth)
		slots *= 2;
	q->slots = mem_zalloc(slots, sizeof(*q->slots));
	if (!q->slots)
		return KMS_RC_NO_MEMORY;
	q->depth = depth;
	q->mask = slots - 1;
	return KMS_RC_OK;
}

void ring_queue_clear(struct ring_queue *q)
{
	mem_free(q->slots);
	*q = (struct ring_queue){ 0 };
}

void ring_queue_attach(struct ring_queue *q, struct ring_channel *shm)
{
	*q = (struct ring_queue){ .shm = shm,
				  .slots = q->slots,
				  .depth = q->depth,
				  .mask = q->mask };
}

uint32_t ring_queue_count(const struct ring_queue *q)
{
	return q->next - q->first;
}

/* Smaller of the two; a larger buffer of the caller is of no use. */
static uint32_t clamp(size_t cap, uint32_t max)
{
	return cap < max ? (uint32_t)cap : max;
}

static bool request_fits_limits(const struct tee_call *call)
{
	return call->req.len <= ABI_REQUEST_MAX &&
	       call->state.len <= ABI_STATE_IN_MAX;
}

static void copy_part(uint8_t *ring, uint32_t at, struct bytes part)
{
	if (part.len)
		/* NULL only with length 0.
		 * NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
		memcpy(ring + at, part.ptr, part.len);
}

enum kms_rc ring_queue_push(struct ring_queue *q, struct tee_call *call)
{
	struct ring_slot *slot = &q->slots[q->next & q->mask];
	struct ring_request head = { .seq = q->next, .cmd = call->cmd };
	struct ring_span in = { 0 };
	struct ring_span out = { 0 };

	if (!request_fits_limits(call))
		return KMS_RC_BAD_INPUT;
	if (!q->shm)
		return KMS_RC_UNAVAILABLE;
	head.p0_len = (uint32_t)call->req.len;
	head.p2_len = (uint32_t)call->state.len;
	head.has_p2 = call->state.ptr != NULL;
	head.p1_cap = clamp(call->rsp.cap, ABI_RESPONSE_MAX);
	head.p3_cap = clamp(call->state_out.cap, ABI_STATE_OUT_MAX);
	in = ring_place(q->request_at, head.p0_len, head.p2_len);
	out = ring_place(q->reply_at, head.p1_cap, head.p3_cap);
	if (ring_queue_count(q) == q->depth ||
	    in.end - q->request_free > RING_LEN ||
	    out.end - q->reply_free > RING_LEN)
		return KMS_RC_BUSY;

	memcpy(q->shm->requests + q->request_at % RING_LEN, &head,
	       sizeof(head));
	copy_part(q->shm->requests, in.first, call->req);
	copy_part(q->shm->requests, in.second, call->state);
	*slot = (struct ring_slot){ .call = call,
				    .reply = out,
				    .reply_at = q->reply_at,
				    .request_end = in.end,
				    .out_cap = head.p1_cap,
				    .out2_cap = head.p3_cap };
	call->slot = q->next++;
	q->request_at = in.end;
	q->reply_at = out.end;
	atomic_store_explicit(&q->shm->written, q->request_at,
			      memory_order_release);
	return KMS_RC_OK;
}

/* Takes the oldest slot off and gives its space back. */
static struct ring_slot take_first(struct ring_queue *q)
{
	struct ring_slot slot = q->slots[q->first & q->mask];

	q->slots[q->first & q->mask].call = NULL;
	q->first++;
	q->request_free = slot.request_end;
	q->reply_free = slot.reply.end;
	return slot;
}

static void fill_call(const struct ring_queue *q, const struct ring_slot *slot,
		      const struct ring_reply *head)
{
	struct tee_call *call = slot->call;

	call->rc = result_to_rc(head->result);
	call->rsp.len = head->p1_len;
	call->state_out.len = head->p3_len;
	if (head->p1_len)
		memcpy(call->rsp.ptr, q->shm->replies + slot->reply.first,
		       head->p1_len);
	if (head->p3_len)
		memcpy(call->state_out.ptr,
		       q->shm->replies + slot->reply.second, head->p3_len);
}

/* Random bytes may be in it, and the place may be used again much later. */
static void wipe_reply(const struct ring_queue *q, const struct ring_slot *slot,
		       const struct ring_reply *head)
{
	secret_wipe(q->shm->replies + slot->reply.first, head->p1_len);
	secret_wipe(q->shm->replies + slot->reply.second, head->p3_len);
}

enum kms_rc ring_queue_pop(struct ring_queue *q, struct tee_call **call)
{
	*call = NULL;
	while (q->shm && !*call) {
		const struct ring_slot *slot = &q->slots[q->first & q->mask];
		struct ring_reply head = { 0 };
		uint32_t ready = 0;

		ready = atomic_load_explicit(&q->shm->answered,
					     memory_order_acquire) -
			q->first;
		if (ready == 0)
			break;
		if (ready > ring_queue_count(q))
			return KMS_RC_DECODE;
		/* The one look at the head; the TA may change it meanwhile. */
		memcpy(&head, q->shm->replies + slot->reply_at % RING_LEN,
		       sizeof(head));
		if (head.seq != q->first || head.p1_len > slot->out_cap ||
		    head.p3_len > slot->out2_cap ||
		    (result_to_rc(head.result) && (head.p1_len || head.p3_len)))
			return KMS_RC_DECODE;
		*call = slot->call;
		if (*call)
			fill_call(q, slot, &head);
		wipe_reply(q, slot, &head);
		take_first(q);
	}
	return KMS_RC_OK;
}

struct tee_call *ring_queue_abandon(struct ring_queue *q)
{
	struct tee_call *call = NULL;

	while (ring_queue_count(q) && !call)
		call = take_first(q).call;
	return call;
}

bool ring_queue_cancel(struct ring_queue *q, const struct tee_call *call)
{
	uint32_t age = call->slot - q->first;

	if (age >= ring_queue_count(q) ||
	    q->slots[call->slot & q->mask].call != call)
		return false;
	q->slots[call->slot & q->mask].call = NULL;
	return true;
}
