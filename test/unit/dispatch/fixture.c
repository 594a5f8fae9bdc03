/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/dispatch/fixture.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dispatch *dispatch;
struct http_request *request;

const struct dispatch_config uncounted = {
	.door = { DOOR_OPEN, DOOR_OPEN, DOOR_OPEN, 16 },
};

void restart(const struct dispatch_config *given)
{
	struct dispatch_config config = *given;

	if (dispatch)
		dispatch_thread_stop(dispatch, 0);
	dispatch_free(&dispatch);
	config.threads = 1;
	assert_int_equal(dispatch_new(&dispatch, &config), 0);
	assert_int_equal(dispatch_thread_start(dispatch, NULL, 0), 0);
}

int fixture_open(void **state)
{
	(void)state;
	fakes_reset();
	assert_int_equal(log_configure("off"), 0);
	request = calloc(1, sizeof(*request));
	assert_non_null(request);
	assert_int_equal(arena_init(&request->scratch, 2048 * 1024), 0);
	restart(&uncounted);
	return 0;
}

int fixture_close(void **state)
{
	(void)state;
	dispatch_thread_stop(dispatch, 0);
	dispatch_free(&dispatch);
	arena_clear(&request->scratch);
	free(request);
	return 0;
}

void begin(const char *method, const char *path, const char *body)
{
	struct arena scratch = request->scratch;

	arena_reset(&scratch);
	memset(request, 0, sizeof(*request));
	request->scratch = scratch;
	request->method = bytes_of_text(method);
	request->target = bytes_of_text(path);
	request->path = bytes_of_text(path);
	request->body = bytes_of_text(body);
	request->start_ns = fakes.now_ns;
	snprintf(request->peer, sizeof(request->peer), "127.0.0.1:50000");
}

static void begin_post(const char *path, const char *target, const char *body)
{
	begin("POST", path, body);
	if (target)
		add_header("X-Amz-Target", target);
}

void begin_aws(const char *target, const char *body)
{
	begin_post("/", target, body);
}

void add_header(const char *name, const char *value)
{
	request->headers[request->header_count++] =
		(struct http_header){ bytes_of_text(name),
				      bytes_of_text(value) };
}

void send_it(unsigned int status)
{
	unsigned int before = fakes.answers;

	dispatch_handle(dispatch, request);
	assert_int_equal(fakes.answers, before + 1);
	if (fakes.status != status)
		fail_msg("status %u, not %u: %s", fakes.status, status,
			 fakes.body);
}

void get(const char *path, unsigned int status)
{
	begin("GET", path, NULL);
	send_it(status);
}

void post(const char *path, const char *target, const char *body,
	  unsigned int status)
{
	begin_post(path, target, body);
	send_it(status);
}

void aws(const char *target, const char *body, unsigned int status)
{
	post("/", target, body, status);
}

struct http_refusal refusal_of(unsigned int status, const char *method,
			       const char *path)
{
	struct http_refusal no = {
		.status = status,
		.why = "body too large",
		.peer = "10.0.0.1:1",
		.method = method ? bytes_of_text(method) : (struct bytes){ 0 },
		.path = path ? bytes_of_text(path) : (struct bytes){ 0 },
		.http_1_0 = true,
	};

	dispatch_refuse(dispatch, NULL, &no);
	return no;
}

void assert_body(const char *want)
{
	assert_string_equal(fakes.body, want);
}

void assert_type(const char *type)
{
	char want[96];

	snprintf(want, sizeof(want), "{\"__type\":\"%s\"", type);
	if (strncmp(fakes.body, want, strlen(want)))
		fail_msg("%s is not a %s", fakes.body, type);
}

void add_api_key(const char *text)
{
	struct store_api_key *k = &fakes.keys[fakes.key_count++];

	memcpy(k->id, text + 4, STORE_API_KEY_ID_LEN);
	sha256_once(k->hash, text, strlen(text));
}
