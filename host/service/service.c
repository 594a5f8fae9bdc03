/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/service.h"

#include "common/clock.h"
#include "host/service/key_cache.h"
#include "host/service/signer.h"
#include "host/service/threads.h"

#include <stdio.h>
#include <string.h>

struct service {
	struct service_config config;
	char region[SERVICE_REGION_MAX + 1];
	struct service_thread *threads;
	struct challenge_book *book;
};

enum kms_rc service_open(struct service **out,
			 const struct service_config *config)
{
	struct service *s = NULL;
	int len = 0;
	enum kms_rc rc = KMS_RC_OK;

	*out = NULL;
	s = mem_zalloc(1, sizeof(*s));
	if (!s)
		return KMS_RC_NO_MEMORY;
	s->config = *config;
	len = snprintf(s->region, sizeof(s->region), "%s", config->region);
	s->config.region = s->region;
	s->threads = mem_zalloc(config->reactors, sizeof(*s->threads));
	if (!s->threads || len < 1 || len > SERVICE_REGION_MAX)
		rc = KMS_RC_CONFIG;
	if (!rc)
		rc = challenge_book_new(&s->book, CHALLENGE_BOOK_MAX);
	if (rc)
		service_close(&s);
	*out = s;
	return rc;
}

void service_close(struct service **s)
{
	if (!*s)
		return;
	challenge_book_free(&(*s)->book);
	mem_free((*s)->threads);
	mem_free(*s);
	*s = NULL;
}

const struct service_config *service_config(const struct service *s)
{
	return &s->config;
}

struct challenge_book *service_book(struct service *s)
{
	return s->book;
}

struct service_thread *service_thread(struct service *s, unsigned int index)
{
	return &s->threads[index];
}

enum kms_rc service_thread_start(struct service *s, unsigned int index)
{
	struct service_thread *t = &s->threads[index];
	enum kms_rc rc = tee_line_open(&t->queue.line, s->config.tee);

	if (!rc)
		rc = store_reader_open(&t->queue.reader, s->config.store);
	if (!rc) {
		t->cache = key_cache_new();
		if (!t->cache)
			rc = KMS_RC_NO_MEMORY;
	}
	if (rc)
		service_thread_stop(s, index);
	return rc;
}

void service_thread_stop(struct service *s, unsigned int index)
{
	struct service_thread *t = &s->threads[index];

	keeper_withdraw(s->config.keeper, index);
	service_flush_tally(s, index, 0, true);
	tee_line_close(&t->queue.line);
	store_reader_close(&t->queue.reader);
	key_cache_free(&t->cache);
}

size_t service_thread_fds(struct service *s, unsigned int index, int *fds,
			  size_t max)
{
	struct service_thread *t = &s->threads[index];
	size_t n = 0;

	if (max)
		fds[n++] = keeper_fd(s->config.keeper, index);
	for (unsigned int i = 0; n < max && i < tee_workers(s->config.tee); i++)
		fds[n++] = tee_line_fd(t->queue.line, i);
	return n;
}

void service_thread_work(struct service *s, unsigned int index)
{
	tee_line_reap(s->threads[index].queue.line);
	keeper_reap(s->config.keeper, index);
}

void service_thread_flush(struct service *s, unsigned int index)
{
	tee_line_flush(s->threads[index].queue.line);
}

void service_thread_tick(struct service *s, unsigned int index, uint64_t now_ns)
{
	struct sign_queue *q = &s->threads[index].queue;

	tee_line_tick(q->line, now_ns);
	signer_tick(q, now_ns);
	tee_line_flush(q->line);
	service_flush_tally(s, index, now_ns, false);
}

/* 2025: before it, a board without a clock of its own waits for the network. */
#define CLOCK_IS_SET_MS 1735689600000

bool service_clock_is_set(struct call *call)
{
	if (clock_unix_ms() >= CLOCK_IS_SET_MS)
		return true;
	call_fail(call, KMS_RC_UNAVAILABLE,
		  "The clock of the server is not set");
	return false;
}

struct store_reader *service_reader(struct call *call)
{
	return call->service->threads[call->reactor].queue.reader;
}

struct sign_queue *service_sign_queue(struct call *call)
{
	return &call->service->threads[call->reactor].queue;
}

static uint64_t deadline_of(const struct call *call)
{
	return call->start_ns +
	       (uint64_t)call->service->config.sign_ms * 1000000u;
}

void service_start_sign(struct call *call, struct sign_job *job)
{
	struct service_thread *t = &call->service->threads[call->reactor];

	job->arena = call->arena;
	job->sign.deadline_ns = deadline_of(call);
	if (!job->sign.evidence.ptr) {
		job->sign.evidence_kind = (uint8_t)call->caller.kind;
		job->sign.evidence = bytes_of(call->caller.evidence,
					      call->caller.evidence_len);
	}
	signer_start(&t->queue, job);
}

enum kms_rc service_start_random(struct call *call, struct tee_random *r)
{
	r->deadline_ns = deadline_of(call);
	return tee_random(service_sign_queue(call)->line, r);
}
