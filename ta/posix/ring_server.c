/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/posix/ring_server.h"

#include "abi/instance.h"

#include <string.h>
#include <unistd.h>

static bool head_is_sane(const struct ring_request *head)
{
	return head->cmd <= UINT16_MAX && head->p0_len <= ABI_REQUEST_MAX &&
	       head->p1_cap <= ABI_RESPONSE_MAX &&
	       head->p2_len <= ABI_STATE_IN_MAX &&
	       head->p3_cap <= ABI_STATE_OUT_MAX && head->has_p2 <= 1 &&
	       (head->has_p2 || !head->p2_len);
}

static void run(struct ring_server *s, const struct ring_request *head,
		const struct ring_span *in)
{
	struct ring_span out =
		ring_place(s->reply_at, head->p1_cap, head->p3_cap);
	struct ring_reply reply = { .seq = s->seq };
	uint8_t *requests = s->shm->requests;
	uint8_t *replies = s->shm->replies;
	struct instance_params p = {
		.in = bytes_of(requests + in->first, head->p0_len),
		.out = { .ptr = replies + out.first, .cap = head->p1_cap },
	};

	if (head->has_p2)
		p.in2 = bytes_of(requests + in->second, head->p2_len);
	if (head->p3_cap)
		p.out2 = (struct buf){ .ptr = replies + out.second,
				       .cap = head->p3_cap };
	reply.result = instance_invoke((uint16_t)head->cmd, &p);
	reply.p1_len = (uint32_t)p.out.len;
	reply.p3_len = (uint32_t)p.out2.len;
	memcpy(replies + s->reply_at % RING_LEN, &reply, sizeof(reply));
	s->reply_at = out.end;
	s->request_at = in->end;
	s->seq++;
	atomic_store_explicit(&s->shm->answered, s->seq, memory_order_release);
}

enum kms_rc ring_server_step(struct ring_server *s, bool *served)
{
	struct ring_request head = { 0 };
	struct ring_span in = { 0 };
	uint32_t waiting = 0;

	*served = false;
	waiting = atomic_load_explicit(&s->shm->written, memory_order_acquire) -
		  s->request_at;
	if (!waiting)
		return KMS_RC_OK;
	if (waiting > RING_LEN || waiting % RING_ALIGN)
		return KMS_RC_DECODE;
	/* The one look at the head; the server may change it meanwhile. */
	memcpy(&head, s->shm->requests + s->request_at % RING_LEN,
	       sizeof(head));
	if (head.seq != s->seq || !head_is_sane(&head))
		return KMS_RC_DECODE;
	in = ring_place(s->request_at, head.p0_len, head.p2_len);
	if (in.end - s->request_at > waiting)
		return KMS_RC_DECODE;
	run(s, &head, &in);
	*served = true;
	return KMS_RC_OK;
}

bool ring_server_pending(const struct ring_server *s)
{
	return atomic_load_explicit(&s->shm->written, memory_order_acquire) !=
	       s->request_at;
}

/* Serves a channel for one turn; the others wait no longer than that. */
static enum kms_rc take_turn(struct ring_server *s, int reply_fd, bool *busy)
{
	enum kms_rc rc = KMS_RC_OK;
	unsigned int count = 0;
	bool served = true;
	uint64_t one = 1;

	while (count < RING_WAKE_EVERY && served) {
		rc = ring_server_step(s, &served);
		if (rc)
			return rc;
		count += served;
	}
	if (!count)
		return KMS_RC_OK;
	*busy = true;
	/* Nonblocking; a full counter is as good as a rung bell. */
	if (write(reply_fd, &one, sizeof(one)) < 0)
		return KMS_RC_OK;
	return KMS_RC_OK;
}

static bool any_pending(const struct ring_worker *w)
{
	for (unsigned int i = 0; i < w->count; i++)
		if (ring_server_pending(&w->channels[i]))
			return true;
	return atomic_load(&w->header->stop) != 0;
}

/* Says that it will sleep, looks once more, sleeps. */
static enum kms_rc await_doorbell(const struct ring_worker *w)
{
	uint64_t rung = 0;
	ssize_t got = (ssize_t)sizeof(rung);

	atomic_store(&w->header->sleeping, 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (!any_pending(w))
		got = read(w->doorbell, &rung, sizeof(rung));
	atomic_store(&w->header->sleeping, 0);
	return got == (ssize_t)sizeof(rung) ? KMS_RC_OK : KMS_RC_UNAVAILABLE;
}

enum kms_rc ring_worker_run(const struct ring_worker *w)
{
	enum kms_rc rc = KMS_RC_OK;

	while (!rc && !atomic_load(&w->header->stop)) {
		bool busy = false;

		for (unsigned int i = 0; !rc && i < w->count; i++)
			rc = take_turn(&w->channels[i], w->reply_fds[i], &busy);
		if (!rc && !busy)
			rc = await_doorbell(w);
	}
	return rc;
}
