/* SPDX-License-Identifier: Apache-2.0 */
#include "test/replay/trace.h"

#include "common/endian.h"

#include <string.h>

static bool put(FILE *f, const void *bytes, size_t len)
{
	return !len || fwrite(bytes, len, 1, f) == 1;
}

static bool put_u32(FILE *f, uint32_t v)
{
	uint8_t le[4];

	le32_put(le, v);
	return put(f, le, sizeof(le));
}

static bool get(FILE *f, void *bytes, size_t len)
{
	return !len || fread(bytes, len, 1, f) == 1;
}

static bool get_u32(FILE *f, uint32_t *v)
{
	uint8_t le[4] = { 0 };

	if (!get(f, le, sizeof(le)))
		return false;
	*v = le32_get(le);
	return true;
}

/* A length that fits, and its bytes. */
static bool get_bytes(FILE *f, uint32_t *len, uint8_t *bytes, bool follow)
{
	if (!get_u32(f, len) || *len > TRACE_BYTES_MAX)
		return false;
	return !follow || get(f, bytes, *len);
}

void trace_begin(struct trace_call *call, uint32_t cmd, const char *note)
{
	memset(call->note, 0, sizeof(call->note));
	(void)snprintf(call->note, sizeof(call->note), "%s", note);
	call->cmd = cmd;
	for (int i = 0; i < TRACE_PARAMS; i++) {
		call->param[i].kind = TRACE_NONE;
		call->param[i].len = 0;
	}
}

bool trace_put_call(FILE *f, const struct trace_call *call)
{
	bool good =
		put(f, call->note, sizeof(call->note)) && put_u32(f, call->cmd);

	for (int i = 0; good && i < TRACE_PARAMS; i++) {
		good = put(f, &call->param[i].kind, 1) &&
		       put_u32(f, call->param[i].len);
		if (good && call->param[i].kind == TRACE_IN)
			good = put(f, call->param[i].bytes, call->param[i].len);
	}
	return good;
}

bool trace_put_answer(FILE *f, const struct trace_answer *a)
{
	bool good = put_u32(f, a->result);

	for (int i = 0; good && i < TRACE_PARAMS; i++) {
		good = put_u32(f, a->param[i].len);
		if (good && a->result == TRACE_SUCCESS)
			good = put(f, a->param[i].bytes, a->param[i].len);
	}
	return good;
}

enum trace_got trace_get_call(FILE *f, struct trace_call *call)
{
	bool good = fread(call->note, 1, 1, f) == 1;

	if (!good)
		return feof(f) ? TRACE_END : TRACE_DAMAGED;
	good = get(f, call->note + 1, sizeof(call->note) - 1) &&
	       !call->note[sizeof(call->note) - 1] && get_u32(f, &call->cmd);
	for (int i = 0; good && i < TRACE_PARAMS; i++) {
		good = get(f, &call->param[i].kind, 1) &&
		       call->param[i].kind < TRACE_KINDS;
		good = good &&
		       get_bytes(f, &call->param[i].len, call->param[i].bytes,
				 call->param[i].kind == TRACE_IN);
	}
	return good ? TRACE_GOT : TRACE_DAMAGED;
}

enum trace_got trace_get_answer(FILE *f, struct trace_answer *a)
{
	uint8_t le[4] = { 0 };
	bool good = fread(le, 1, 1, f) == 1;

	if (!good)
		return feof(f) ? TRACE_END : TRACE_DAMAGED;
	good = get(f, le + 1, sizeof(le) - 1);
	a->result = le32_get(le);
	for (int i = 0; good && i < TRACE_PARAMS; i++)
		good = get_bytes(f, &a->param[i].len, a->param[i].bytes,
				 a->result == TRACE_SUCCESS);
	return good ? TRACE_GOT : TRACE_DAMAGED;
}

bool trace_replay(FILE *trace, FILE *answers, trace_run *run, void *arg)
{
	static struct trace_call call;
	static struct trace_answer answer;
	enum trace_got got = TRACE_DAMAGED;

	for (;;) {
		got = trace_get_call(trace, &call);
		if (got != TRACE_GOT)
			return got == TRACE_END;
		/* What the recording build has answered is not looked at. */
		if (trace_get_answer(trace, &answer) != TRACE_GOT)
			return false;
		run(arg, &call, &answer);
		if (!trace_put_answer(answers, &answer))
			return false;
	}
}
