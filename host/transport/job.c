/* SPDX-License-Identifier: Apache-2.0 */
#include "host/transport/job.h"

#include "common/mem.h"
#include "host/transport/merge.h"

#include <string.h>

void job_list_add(struct job_list *l, struct job *job)
{
	job->next = NULL;
	if (l->last)
		l->last->next = job;
	else
		l->first = job;
	l->last = job;
}

struct job *job_list_take(struct job_list *l)
{
	struct job *job = l->first;

	if (!job)
		return NULL;
	l->first = job->next;
	if (!l->first)
		l->last = NULL;
	job->next = NULL;
	return job;
}

enum kms_rc job_fill(struct job *job, struct tee_call *call)
{
	size_t len = call->req.len + call->state.len;
	uint8_t *at = job->data;

	if (call->req.len > ABI_REQUEST_MAX ||
	    call->state.len > ABI_STATE_IN_MAX)
		return KMS_RC_BAD_INPUT;
	if (len > sizeof(job->data)) {
		job->heap = mem_zalloc(1, len);
		if (!job->heap)
			return KMS_RC_NO_MEMORY;
		at = job->heap;
	}
	if (call->req.len)
		memcpy(at, call->req.ptr, call->req.len);
	if (call->state.len)
		memcpy(at + call->req.len, call->state.ptr, call->state.len);
	job->req = bytes_of(at, call->req.len);
	job->state = (struct bytes){ 0 };
	if (call->state.ptr)
		job->state = bytes_of(at + call->req.len, call->state.len);
	job->cmd = call->cmd;
	job->call = call;
	job->out_cap = call->rsp.cap < ABI_RESPONSE_MAX ? call->rsp.cap
							: ABI_RESPONSE_MAX;
	job->out2_cap = call->state_out.cap < ABI_STATE_OUT_MAX
				? call->state_out.cap
				: ABI_STATE_OUT_MAX;
	job->items = 0;
	if (!call->state.ptr && !job->out2_cap)
		job->items = merge_count(job->cmd, job->req);
	return KMS_RC_OK;
}

void job_clear(struct job *job)
{
	mem_free(job->heap);
	job->heap = NULL;
	job->call = NULL;
}
