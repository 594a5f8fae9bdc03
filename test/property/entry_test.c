/* SPDX-License-Identifier: Apache-2.0 */
/* What is left of a call in the TA's own memory when its entry point is back.
 */
#include "abi/messages.h"
#include "abi/ta_uuid.h"
#include "ta/posix/gp/gp_control.h"
#include "test/property/host_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <tee_internal_api.h>

#include <cmocka.h>

#define MARK_LEN 32
#define TAG_SKIP 0x7fff

/* The linker's: between them stands all that is zero at the start, and with
 * it the one instance of the TA. */
extern const uint8_t __bss_start[];
extern const uint8_t _end[];

/* Kept apart, so that the search does not find what it is asked about. */
struct marks {
	uint8_t request[MARK_LEN];
	uint8_t state[MARK_LEN];
	uint8_t req_id[ABI_REQ_ID_LEN];
};

static int open_ta(void **state)
{
	const struct gp_config config = { .state_dir = -1,
					  .uuid = TA_UUID,
					  .rpmb = true };

	(void)state;
	assert_int_equal(gp_memory_open(&config), KMS_RC_OK);
	assert_int_equal(TA_CreateEntryPoint(), TEE_SUCCESS);
	return 0;
}

static int close_ta(void **state)
{
	(void)state;
	TA_DestroyEntryPoint();
	gp_posix_close();
	return 0;
}

/* Byte by byte: a sanitizer guards the gaps between variables. */
__attribute__((no_sanitize("address"))) static bool is_left(const uint8_t *mark,
							    size_t len)
{
	size_t size = (size_t)((uintptr_t)_end - (uintptr_t)__bss_start);

	for (size_t at = 0; at + len <= size; at++) {
		size_t n = 0;

		while (n < len && __bss_start[at + n] == mark[n])
			n++;
		if (n == len)
			return true;
	}
	return false;
}

static void make_marks(struct marks *m)
{
	assert_int_equal(getrandom(m, sizeof(*m), 0), sizeof(*m));
}

/* INFO with a member that is skipped, and state that nobody reads. */
static size_t put_request(uint8_t *out, size_t cap, const struct marks *m)
{
	struct abi_writer w = { 0 };

	abi_begin(&w, out, cap);
	abi_put_header(&w, CMD_INFO, 0, m->req_id);
	abi_put_var(&w, TAG_SKIP, m->request, sizeof(m->request));
	out[ABI_HEADER_LEN + 2] = 0; /* not critical */
	assert_int_equal(abi_finish(&w, 0), KMS_RC_OK);
	return w.len;
}

static TEE_Result call(struct marks *m, size_t rsp_cap, size_t state_len)
{
	uint8_t request[128];
	uint8_t response[1024];
	TEE_Param params[4] = { 0 };

	params[0].memref.buffer = request;
	params[0].memref.size = put_request(request, sizeof(request), m);
	params[1].memref.buffer = response;
	params[1].memref.size = rsp_cap;
	params[2].memref.buffer = m->state;
	params[2].memref.size = state_len;
	return TA_InvokeCommandEntryPoint(
		NULL, CMD_INFO,
		TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
				TEE_PARAM_TYPE_MEMREF_OUTPUT,
				TEE_PARAM_TYPE_MEMREF_INPUT,
				TEE_PARAM_TYPE_NONE),
		params);
}

/* The response repeats the request's id. */
static void check_nothing_is_left(const struct marks *m)
{
	assert_false(is_left(m->request, sizeof(m->request)));
	assert_false(is_left(m->state, sizeof(m->state)));
	assert_false(is_left(m->req_id, sizeof(m->req_id)));
}

static void nothing_of_a_call_is_left_behind(void **state)
{
	struct marks m;

	(void)state;
	make_marks(&m);
	assert_int_equal(call(&m, 1024, sizeof(m.state)), TEE_SUCCESS);
	check_nothing_is_left(&m);
}

static void nothing_of_a_refused_call_is_left_behind(void **state)
{
	struct marks m;

	(void)state;
	make_marks(&m);
	assert_int_equal(call(&m, ABI_HEADER_LEN, sizeof(m.state)),
			 TEE_ERROR_SHORT_BUFFER);
	check_nothing_is_left(&m);
	/* The request has been copied when p2 is found to be too long. */
	assert_int_equal(call(&m, 1024, ABI_STATE_IN_MAX + 1),
			 TEE_ERROR_BAD_PARAMETERS);
	check_nothing_is_left(&m);
}

/* A host_send through the entry point. */
static enum kms_rc send(void *arg, uint16_t cmd, struct bytes request,
			struct bytes state, struct buf *rsp, struct buf *out)
{
	TEE_Param params[4] = { 0 };
	TEE_Result res = TEE_ERROR_GENERIC;

	(void)arg;
	params[0].memref.buffer = (void *)(uintptr_t)request.ptr;
	params[0].memref.size = request.len;
	params[1].memref.buffer = rsp->ptr;
	params[1].memref.size = rsp->cap;
	params[2].memref.buffer = (void *)(uintptr_t)state.ptr;
	params[2].memref.size = state.len;
	params[3].memref.buffer = out->ptr;
	params[3].memref.size = out->cap;
	res = TA_InvokeCommandEntryPoint(
		NULL, cmd,
		TEE_PARAM_TYPES(TEE_PARAM_TYPE_MEMREF_INPUT,
				TEE_PARAM_TYPE_MEMREF_OUTPUT,
				TEE_PARAM_TYPE_MEMREF_INPUT,
				TEE_PARAM_TYPE_MEMREF_OUTPUT),
		params);
	rsp->len = params[1].memref.size;
	out->len = params[3].memref.size;
	return res ? KMS_RC_UNAVAILABLE : KMS_RC_OK;
}

/* The batch keeps its records until it is dropped; their copy goes at once. */
static void no_record_of_an_aborted_batch_is_left_behind(void **state)
{
	struct host_op op = host_create(KEY_SPEC_SECP256K1);
	/* Not among what is searched. */
	struct host *h = malloc(sizeof(*h));
	const struct host_blob *blob = NULL;

	(void)state;
	assert_non_null(h);
	host_init(h, send, NULL, 0);
	assert_int_equal(host_provision(h, 1, (struct bytes){ 0 }), KMS_RC_OK);
	assert_int_equal(host_recover(h, false), KMS_RC_OK);
	assert_int_equal(host_prepare(h, &op, 1), KMS_RC_OK);
	blob = &h->staged.ops[0].blob;
	assert_true(blob->len > 64);
	assert_true(is_left(blob->bytes, blob->len));
	assert_int_equal(host_abort(h), KMS_RC_OK);
	assert_false(is_left(blob->bytes + blob->len - 64, 64));
	free(h);
}

/* Otherwise the search above proves nothing. */
static void the_search_finds_what_is_there(void **state)
{
	static volatile uint8_t kept[MARK_LEN];
	struct marks m;

	(void)state;
	make_marks(&m);
	assert_false(is_left(m.request, sizeof(m.request)));
	for (size_t i = 0; i < sizeof(kept); i++)
		kept[i] = m.request[i];
	assert_true(is_left(m.request, sizeof(m.request)));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_ta, close_ta)
	const struct CMUnitTest tests[] = {
		T(nothing_of_a_call_is_left_behind),
		T(nothing_of_a_refused_call_is_left_behind),
		T(no_record_of_an_aborted_batch_is_left_behind),
		T(the_search_finds_what_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
