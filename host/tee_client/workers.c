/* SPDX-License-Identifier: Apache-2.0 */
#include "host/tee_client/line.h"

static bool goes_along(const struct abi_field *f,
		       const struct line_member *members, size_t count,
		       unsigned int kind)
{
	for (size_t i = 0; i < count; i++)
		if (members[i].offset == f->offset)
			return kind < 32 && (members[i].kinds >> kind & 1);
	return true;
}

void line_put(struct abi_writer *w, const struct abi_layout *layout,
	      const void *in, const struct line_member *members,
	      size_t member_count, unsigned int kind)
{
	for (size_t i = 0; i < layout->count; i++) {
		const struct abi_field *f = &layout->fields[i];
		struct abi_layout one = { .fields = f, .count = 1 };

		if (goes_along(f, members, member_count, kind))
			abi_put(w, &one, in);
	}
}

static enum kms_rc greet(struct tee *t)
{
	struct tee_line *line = NULL;
	struct tee_info info = { 0 };
	enum kms_rc rc = tee_line_open(&line, t);

	for (unsigned int i = 0; !rc && i < t->config.workers; i++) {
		rc = tee_info(line, i, &info);
		if (!rc)
			rc = info.ready_rc;
	}
	tee_line_close(&line);
	return rc;
}

enum kms_rc tee_open(struct tee **out, const struct tee_config *c)
{
	struct tee *t = mem_zalloc(1, sizeof(*t));
	enum kms_rc rc = KMS_RC_OK;

	*out = NULL;
	if (!t)
		return KMS_RC_NO_MEMORY;
	t->config = *c;
	/* One channel more than lines: the greeting's. */
	t->config.transport_config.channels = c->lines_max + 1;
	for (unsigned int i = 0; !rc && i < c->workers; i++)
		rc = c->transport->open(&t->workers[i],
					&t->config.transport_config, i);
	if (!rc)
		rc = greet(t);
	if (rc)
		tee_close(&t);
	*out = t;
	return rc;
}

void tee_close(struct tee **t)
{
	if (!*t)
		return;
	for (unsigned int i = 0; i < (*t)->config.workers; i++)
		if ((*t)->workers[i])
			(*t)->config.transport->close(&(*t)->workers[i]);
	mem_free(*t);
	*t = NULL;
}

unsigned int tee_workers(const struct tee *t)
{
	return t->config.workers;
}

unsigned int tee_worker_of(const struct tee *t, uint16_t shard)
{
	return shard % t->config.workers;
}

bool tee_serves(const struct tee *t, unsigned int worker)
{
	return atomic_load(&t->serving[worker]);
}

void tee_set_serving(struct tee *t, unsigned int worker, bool serving)
{
	if (atomic_exchange(&t->serving[worker], serving) && !serving &&
	    !tee_is_abandoned(t))
		atomic_fetch_add(&t->losses, 1);
}

unsigned int tee_losses(const struct tee *t)
{
	return atomic_load(&t->losses);
}

int tee_death_fd(const struct tee *t, unsigned int worker)
{
	return t->config.transport->death_fd(t->workers[worker]);
}

enum kms_rc tee_restart(struct tee *t, unsigned int worker)
{
	tee_set_serving(t, worker, false);
	return t->config.transport->restart(t->workers[worker]);
}

void tee_abandon(struct tee *t)
{
	atomic_store(&t->abandoned, true);
}

bool tee_is_abandoned(const struct tee *t)
{
	return atomic_load(&t->abandoned);
}

enum kms_rc tee_line_open(struct tee_line **out, struct tee *t)
{
	struct tee_line *l = mem_zalloc(1, sizeof(*l));
	enum kms_rc rc = KMS_RC_OK;

	*out = NULL;
	if (!l)
		return KMS_RC_NO_MEMORY;
	l->tee = t;
	for (unsigned int i = 0; !rc && i < t->config.workers; i++)
		rc = t->config.transport->channel_open(&l->channels[i],
						       t->workers[i]);
	if (rc)
		tee_line_close(&l);
	*out = l;
	return rc;
}

void tee_line_close(struct tee_line **line)
{
	struct tee_line *l = *line;

	if (!l)
		return;
	for (unsigned int i = 0; i < l->tee->config.workers; i++)
		if (l->channels[i])
			l->tee->config.transport->channel_close(
				&l->channels[i]);
	mem_free(l->request);
	mem_free(l->state);
	mem_free(l->response);
	mem_free(l->state_out);
	mem_free(l);
	*line = NULL;
}

int tee_line_fd(struct tee_line *l, unsigned int worker)
{
	return l->tee->config.transport->fd(l->channels[worker]);
}

void tee_line_flush(struct tee_line *l)
{
	for (unsigned int i = 0; i < l->tee->config.workers; i++)
		l->tee->config.transport->flush(l->channels[i]);
}

unsigned int tee_line_reap(struct tee_line *l)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < l->tee->config.workers; i++)
		n += l->tee->config.transport->reap(l->channels[i]);
	return n;
}
