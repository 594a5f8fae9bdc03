/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was done, counted, and told at /stats, /QueueStatus, /RollbackCounter.
 */
#include "common/clock.h"
#include "host/service/ops.h"
#include "host/service/threads.h"
#include "host/service/wallet_ops.h"

#include <stdio.h>
#include <string.h>

#define SECOND_NS	1000000000u
#define TOTALS_NS	(5ull * SECOND_NS) /* they need a scan of the table */
#define CALL_COSTS_MS	1
#define SIGN_DAY	"sign/"
#define OP_DAY		"op/"
#define PRETTY_INDENT	2
#define COMPACT_OUT_MAX 8192

/* --- counting ------------------------------------------------------------ */

void service_count(struct call *call, enum kms_rc rc)
{
	struct service_tally *t = NULL;
	uint64_t us = 0;

	if (!call->op || !call->op->count || !call->in)
		return;
	t = &service_thread(call->service, call->reactor)->tally;
	us = (clock_mono_ns() - call->start_ns) / 1000;
	if (rc) {
		t->errors++;
		return;
	}
	t->ops++;
	if (call->ceremony.ptr)
		t->webauthn++;
	if (call->op->count == COUNT_SIGN) {
		t->signs++;
		t->sign_us += us;
	} else if (call->op->count == COUNT_DERIVE) {
		t->derives++;
		t->derive_us += us;
	}
}

static void hand_over(struct keeper *k, const char *name, uint64_t *value)
{
	if (*value)
		keeper_count(k, name, *value);
	*value = 0;
}

static void hand_over_day(struct keeper *k, const char *prefix, uint64_t value)
{
	char day[CLOCK_DAY_SIZE];
	char name[STORE_COUNTER_NAME_MAX + 1];

	clock_put_day(day, clock_unix_ms());
	snprintf(name, sizeof(name), "%s%s", prefix, day);
	if (value)
		keeper_count(k, name, value);
}

void service_flush_tally(struct service *s, unsigned int index, uint64_t now_ns,
			 bool now)
{
	struct service_tally *t = &service_thread(s, index)->tally;
	struct keeper *k = service_config(s)->keeper;

	if (!now && now_ns - t->flushed_ns < SECOND_NS)
		return;
	t->flushed_ns = now_ns;
	hand_over_day(k, SIGN_DAY, t->signs);
	hand_over_day(k, OP_DAY, t->ops);
	hand_over(k, "sign", &t->signs);
	hand_over(k, "sign_us", &t->sign_us);
	hand_over(k, "derive", &t->derives);
	hand_over(k, "derive_us", &t->derive_us);
	hand_over(k, "op", &t->ops);
	hand_over(k, "error", &t->errors);
	hand_over(k, "webauthn", &t->webauthn);
}

/* --- telling ------------------------------------------------------------- */

static unsigned int queue_depth(const struct call *call)
{
	const struct service_config *c = service_config(call->service);
	unsigned int depth = 0;

	for (unsigned int i = 0; i < c->reactors; i++)
		depth += atomic_load_explicit(
			&service_thread(call->service, i)->queue.under_way,
			memory_order_relaxed);
	return depth;
}

static unsigned int dead_workers(const struct call *call)
{
	const struct tee *tee = service_config(call->service)->tee;
	unsigned int dead = 0;

	for (unsigned int i = 0; i < tee_workers(tee); i++)
		dead += !tee_serves(tee, i);
	return dead;
}

static void put_count(struct json_writer *w, const char *name, uint64_t count)
{
	json_int_member(w, name, (int64_t)count);
}

static uint64_t counter(const struct call *call, const char *name)
{
	struct store_reader *r =
		service_thread(call->service, call->reactor)->queue.reader;
	uint64_t value = 0;

	/* Numbers for people: what cannot be read is told as nothing. */
	return store_get_counter(r, &value, name) ? 0 : value;
}

static uint64_t counter_of_day(const struct call *call, const char *prefix)
{
	char day[CLOCK_DAY_SIZE];
	char name[STORE_COUNTER_NAME_MAX + 1];

	clock_put_day(day, clock_unix_ms());
	snprintf(name, sizeof(name), "%s%s", prefix, day);
	return counter(call, name);
}

static void put_average(struct json_writer *w, const char *name, uint64_t us,
			uint64_t count)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%.3f",
			   count ? (double)us / 1000.0 / (double)count : 0.0);

	json_name(w, name);
	json_put_raw(w, bytes_of(text, (size_t)len));
}

static void put_keys(struct json_writer *w, const struct call *call)
{
	struct service_thread *t = service_thread(call->service, call->reactor);
	struct service_memo *m = &t->memo;
	uint64_t now = clock_mono_ns();

	if (!m->totals_ns || now - m->totals_ns > TOTALS_NS) {
		if (store_count_wallets(t->queue.reader, &m->totals))
			m->totals = (struct store_wallet_totals){ 0 };
		m->totals_ns = now;
	}
	json_name(w, "keys");
	json_object(w);
	put_count(w, "total", m->totals.total);
	put_count(w, "active", m->totals.total);
	put_count(w, "with_address", m->totals.with_address);
	put_count(w, "with_passkey", m->totals.with_passkey);
	put_count(w, "frozen", m->totals.frozen);
	put_count(w, "pending_deletion", m->totals.pending_deletion);
	json_end(w);
}

static void put_operations(struct json_writer *w, const struct call *call)
{
	uint64_t signs = counter(call, "sign");

	json_name(w, "operations");
	json_object(w);
	put_count(w, "total_signs", signs);
	put_count(w, "daily_signs", counter_of_day(call, SIGN_DAY));
	put_count(w, "total_ops", counter(call, "op"));
	put_count(w, "daily_ops", counter_of_day(call, OP_DAY));
	put_average(w, "avg_sign_ms", counter(call, "sign_us"), signs);
	put_average(w, "avg_derive_ms", counter(call, "derive_us"),
		    counter(call, "derive"));
	put_count(w, "errors", counter(call, "error"));
	put_count(w, "panics", counter(call, "panic"));
	put_count(w, "webauthn", counter(call, "webauthn"));
	json_end(w);
}

static void put_queue(struct json_writer *w, unsigned int dead)
{
	json_name(w, "queue");
	json_object(w);
	json_text_member(w, "circuit_breaker", dead ? "open" : "closed");
	put_count(w, "consecutive_failures", dead);
	json_end(w);
}

static void put_both(struct json_writer *w, const char *en, const char *zh)
{
	json_text_member(w, "en", en);
	json_text_member(w, "zh", zh);
}

static void put_warning(struct json_writer *w, const char *code, const char *en,
			const char *zh)
{
	json_object(w);
	json_text_member(w, "code", code);
	put_both(w, en, zh);
	json_end(w);
}

static void put_warnings(struct json_writer *w, const struct call *call,
			 uint64_t api_keys, unsigned int dead)
{
	const struct service_config *c = service_config(call->service);

	json_name(w, "warnings");
	json_array(w);
	if (!api_keys)
		put_warning(w, "NO_API_KEYS",
			    "No API key of the teekms program is valid.",
			    "没有由 teekms 程序创建的有效 API 密钥。");
	if (dead)
		put_warning(w, "CIRCUIT_BREAKER_OPEN",
			    "A TEE worker is being restarted.",
			    "TEE 工作进程正在重启。");
	if (c->bind_level == BIND_NOTHING)
		put_warning(w, "LEGACY_PASSKEYS",
			    "New wallets take assertions that can be replayed.",
			    "新钱包接受可重放的断言。");
	json_end(w);
}

static void put_explanations(struct json_writer *w)
{
	static const struct {
		const char *name;
		const char *en;
		const char *zh;
	} rows[] = {
		{ "keys", "Wallets, counted every five seconds.",
		  "钱包数量,每五秒统计一次。" },
		{ "operations", "Counted since the database was made.",
		  "自数据库创建以来的累计值。" },
		{ "queue", "Open while a TEE worker does not serve.",
		  "有 TEE 工作进程不可用时为 open。" },
		{ "api_keys", "API keys that are valid, without revoked ones.",
		  "有效的 API 密钥数,不包括已撤销的。" },
	};

	json_name(w, "_explain");
	json_object(w);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_name(w, rows[i].name);
		json_object(w);
		put_both(w, rows[i].en, rows[i].zh);
		json_end(w);
	}
	json_end(w);
}

/* Anonymous callers see how the server is, not how much it has (S10). */
static void put_stats(struct json_writer *w, const struct call *call)
{
	const struct service_config *c = service_config(call->service);
	const struct tee_info *info = keeper_tee_info(c->keeper);
	unsigned int dead = dead_workers(call);
	struct store_reader *r =
		service_thread(call->service, call->reactor)->queue.reader;
	struct store_api_key_count api_keys = { 0 };

	json_object(w);
	json_text_member(w, "service", "teekms");
	json_text_member(w, "version", KMS_VERSION);
	json_text_member(w, "ta_mode",
			 info->tee_kind == TEE_KIND_OPTEE ? "optee"
							  : "process");
	put_queue(w, dead);
	if (call->caller.admitted || c->compat) {
		if (store_count_api_keys(r, &api_keys))
			api_keys.live = 0;
		put_keys(w, call);
		put_operations(w, call);
		put_count(w, "api_keys", api_keys.live);
		put_warnings(w, call, api_keys.live, dead);
	}
	put_explanations(w);
	json_end(w);
}

/* --- indented, for people ------------------------------------------------ */

struct indenter {
	struct buf out;
	unsigned int depth;
	bool quoted;
	bool escaped;
};

static void add(struct indenter *i, char c)
{
	if (i->out.len < i->out.cap)
		i->out.ptr[i->out.len++] = (uint8_t)c;
}

static void add_line(struct indenter *i)
{
	add(i, '\n');
	for (unsigned int n = 0; n < i->depth * PRETTY_INDENT; n++)
		add(i, ' ');
}

static void add_quoted(struct indenter *i, char c)
{
	add(i, c);
	if (!i->escaped && c == '"')
		i->quoted = false;
	i->escaped = !i->escaped && c == '\\';
}

static void add_mark(struct indenter *i, char c)
{
	if (c == '}' || c == ']') {
		i->depth--;
		add_line(i);
	}
	add(i, c);
	i->quoted = c == '"';
	if (c == '{' || c == '[') {
		i->depth++;
		add_line(i);
	} else if (c == ',') {
		add_line(i);
	} else if (c == ':') {
		add(i, ' ');
	}
}

static void put_pretty(struct json_writer *out, struct arena *arena,
		       struct bytes json)
{
	struct indenter i = { .out = { .cap = out->cap } };

	i.out.ptr = arena_alloc(arena, i.out.cap);
	if (!i.out.ptr)
		return;
	for (size_t n = 0; n < json.len; n++) {
		if (i.quoted)
			add_quoted(&i, (char)json.ptr[n]);
		else
			add_mark(&i, (char)json.ptr[n]);
	}
	json_put_raw(out, bytes_of(i.out.ptr, i.out.len));
}

/* --- the operations ------------------------------------------------------ */

void service_stats(struct call *call)
{
	const struct stats_in *in = call->in;
	struct json_writer w = { 0 };
	char *text = arena_alloc(call->arena, COMPACT_OUT_MAX);
	bool pretty = bytes_is_var(in->pretty, "1") ||
		      bytes_is_var(in->pretty, "true");

	if (!text) {
		call_done(call, KMS_RC_NO_MEMORY);
		return;
	}
	json_begin(&w, text, COMPACT_OUT_MAX);
	put_stats(&w, call);
	if (json_writer_done(&w)) {
		call_done(call, KMS_RC_INTERNAL);
		return;
	}
	if (pretty)
		put_pretty(&call->out, call->arena, bytes_of(text, w.len));
	else
		json_put_raw(&call->out, bytes_of(text, w.len));
	call_done(call, KMS_RC_OK);
}

void service_queue_status(struct call *call)
{
	struct json_writer *w = &call->out;
	unsigned int depth = queue_depth(call);
	unsigned int dead = dead_workers(call);

	json_object(w);
	put_count(w, "queue_depth", depth);
	put_count(w, "estimated_wait_seconds", depth * CALL_COSTS_MS / 1000);
	json_bool_member(w, "circuit_breaker_open", dead);
	put_count(w, "consecutive_failures", dead);
	json_end(w);
	call_done(call, KMS_RC_OK);
}

void service_rollback_counter(struct call *call)
{
	const struct service_config *c = service_config(call->service);

	json_object(&call->out);
	put_count(&call->out, "counter", keeper_commits(c->keeper));
	json_end(&call->out);
	call_done(call, KMS_RC_OK);
}
