/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay_guest - the end of test/replay that runs in the guest of tools/qemu
 *
 *   replay_guest replay TRACE ANSWERS   runs a trace against the test image
 *   replay_guest lock                   I5: one instance at a time per shard,
 *                                       of the domain that a trace has left
 *
 * It knows nothing of the TA's answers but, for lock, their status.
 */
#include "abi/messages.h"
#include "abi/ta_uuid.h"
#include "common/endian.h"
#include "test/replay/tape.h"
#include "test/replay/trace.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <tee_client_api.h>
#include <unistd.h>

struct tee {
	TEEC_Context context;
	TEEC_Session session;
	bool open;
};

static const TEEC_UUID test_image = TA_TEST_UUID;

static bool tee_begin(struct tee *t)
{
	memset(t, 0, sizeof(*t));
	return TEEC_InitializeContext(NULL, &t->context) == TEEC_SUCCESS;
}

static uint32_t tee_open(struct tee *t)
{
	uint32_t origin = 0;
	uint32_t result =
		TEEC_OpenSession(&t->context, &t->session, &test_image,
				 TEEC_LOGIN_PUBLIC, NULL, NULL, &origin);

	t->open = result == TEEC_SUCCESS;
	return result;
}

static void tee_close(struct tee *t)
{
	if (t->open)
		TEEC_CloseSession(&t->session);
	t->open = false;
}

/* --- replay ------------------------------------------------------------- */

/* An input is lent for reading; libteec has one type for all memory. */
static uint32_t fill_param(TEEC_Parameter *param, int i,
			   const struct trace_call *call,
			   struct trace_answer *answer)
{
	size_t len = call->param[i].len;

	switch ((enum trace_kind)call->param[i].kind) {
	case TRACE_VALUE:
		return TEEC_VALUE_INPUT;
	case TRACE_IN:
		if (len)
			param->tmpref.buffer =
				(void *)(uintptr_t)call->param[i].bytes;
		param->tmpref.size = len;
		return TEEC_MEMREF_TEMP_INPUT;
	case TRACE_OUT:
		if (len)
			param->tmpref.buffer = answer->param[i].bytes;
		param->tmpref.size = len;
		return TEEC_MEMREF_TEMP_OUTPUT;
	case TRACE_NONE:
	case TRACE_KINDS:
	default:
		return TEEC_NONE;
	}
}

static uint32_t invoke(struct tee *t, const struct trace_call *call,
		       struct trace_answer *answer)
{
	TEEC_Operation op = { 0 };
	uint32_t types[TRACE_PARAMS] = { 0 };
	uint32_t result = TEEC_ERROR_BAD_STATE;
	uint32_t origin = 0;

	if (!t->open)
		return result;
	for (int i = 0; i < TRACE_PARAMS; i++)
		types[i] = fill_param(&op.params[i], i, call, answer);
	op.paramTypes =
		TEEC_PARAM_TYPES(types[0], types[1], types[2], types[3]);
	result = TEEC_InvokeCommand(&t->session, call->cmd, &op, &origin);
	if (result && result != TEEC_ERROR_SHORT_BUFFER)
		return result;
	for (int i = 0; i < TRACE_PARAMS; i++)
		if (call->param[i].kind == TRACE_OUT)
			answer->param[i].len =
				(uint32_t)op.params[i].tmpref.size;
	return result;
}

static void run(void *arg, const struct trace_call *call,
		struct trace_answer *answer)
{
	struct tee *t = arg;

	for (int i = 0; i < TRACE_PARAMS; i++)
		answer->param[i].len = 0;
	switch (call->cmd) {
	case TRACE_OPEN:
		answer->result = tee_open(t);
		break;
	case TRACE_CLOSE:
		tee_close(t);
		answer->result = TEEC_SUCCESS;
		break;
	default:
		answer->result = invoke(t, call, answer);
		break;
	}
}

static int replay(const char *trace_name, const char *answers_name)
{
	FILE *trace = fopen(trace_name, "rb");
	FILE *answers = fopen(answers_name, "wb");
	struct tee t;
	bool good = trace && answers && tee_begin(&t) &&
		    trace_replay(trace, answers, run, &t);

	if (good)
		tee_close(&t);
	else
		perror("replay_guest");
	return answers && !fclose(answers) && good ? 0 : 1;
}

/* --- lock --------------------------------------------------------------- */

/* Opens shard 0 in the instance of the session; gives the TA's status. */
static enum kms_rc open_shard(struct tee *t)
{
	static const uint8_t req_id[ABI_REQ_ID_LEN] = { 1 };
	static const uint8_t shard[2] = { 0, 0 };
	const struct abi_shard_open_req req = {
		.shards = bytes_of(shard, sizeof(shard)),
	};
	static struct trace_call call;
	static struct trace_answer answer;
	struct abi_header h = { 0 };
	struct bytes body = { 0 };
	struct abi_writer w;

	trace_begin(&call, CMD_SHARD_OPEN, "");
	abi_begin(&w, call.param[0].bytes, sizeof(call.param[0].bytes));
	abi_put_header(&w, CMD_SHARD_OPEN, 0, req_id);
	ABI_PUT(&w, shard_open_req, &req);
	if (abi_finish(&w, 1))
		return KMS_RC_INTERNAL;
	call.param[0].kind = TRACE_IN;
	call.param[0].len = (uint32_t)w.len;
	call.param[1].kind = TRACE_OUT;
	call.param[1].len = ABI_RESPONSE_MAX;
	run(t, &call, &answer);
	if (answer.result || abi_get_header(&h, &body,
					    bytes_of(answer.param[1].bytes,
						     answer.param[1].len)))
		return KMS_RC_UNAVAILABLE;
	return (enum kms_rc)h.status;
}

/* A session whose TA has the device key of the traces, and any generator. */
static bool begin_instance(struct tee *t)
{
	static struct trace_call call;
	static struct trace_answer answer;

	trace_begin(&call, TAPE_START, "");
	call.param[0].kind = TRACE_IN;
	call.param[0].len = sizeof(struct tape_start);
	memset(call.param[0].bytes, TAPE_DEVICE_KEY, call.param[0].len);
	if (!tee_begin(t) || tee_open(t))
		return false;
	run(t, &call, &answer);
	return answer.result == TEEC_SUCCESS;
}

static enum kms_rc begin_and_open(struct tee *t)
{
	return begin_instance(t) ? open_shard(t) : KMS_RC_UNAVAILABLE;
}

static bool judge(const char *what, enum kms_rc got, enum kms_rc want)
{
	printf("%s: %s, expected %s\n", what, kms_rc_name(got),
	       kms_rc_name(want));
	return got == want;
}

/* A process that holds the shard until it is killed. */
static pid_t start_holder(enum kms_rc *rc)
{
	struct tee t;
	int ends[2];
	uint8_t le[2] = { 0xff, 0xff };
	pid_t pid = pipe(ends) ? -1 : fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		le16_put(le, (uint16_t)begin_and_open(&t));
		if (write(ends[1], le, sizeof(le)) != sizeof(le))
			_exit(1);
		for (;;)
			(void)pause();
	}
	*rc = KMS_RC_UNAVAILABLE;
	if (pid > 0 && read(ends[0], le, sizeof(le)) == sizeof(le))
		*rc = (enum kms_rc)le16_get(le);
	return pid;
}

static int lock(void)
{
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	pid_t holder = start_holder(&rc);
	struct tee second;
	struct tee third;
	bool good = judge("the first instance", rc, KMS_RC_OK);

	good &= judge("a second one beside it", begin_and_open(&second),
		      KMS_RC_IN_USE);
	if (holder > 0) {
		(void)kill(holder, SIGKILL);
		(void)waitpid(holder, NULL, 0);
	}
	good &= judge("the second one after the first was killed",
		      open_shard(&second), KMS_RC_OK);
	good &= judge("a third one beside it", begin_and_open(&third),
		      KMS_RC_IN_USE);
	tee_close(&second);
	good &= judge("the third one after the second was closed",
		      open_shard(&third), KMS_RC_OK);
	tee_close(&third);
	return good ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "replay"))
		return replay(argv[2], argv[3]);
	if (argc == 2 && !strcmp(argv[1], "lock"))
		return lock();
	(void)fputs("usage: replay_guest replay TRACE ANSWERS\n"
		    "       replay_guest lock\n",
		    stderr);
	return 2;
}
