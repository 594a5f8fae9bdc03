/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/answer.h"

#include "common/text.h"
#include "host/dispatch/aws_error.h"
#include "host/dispatch/plain_error.h"

#define RETRY_AFTER_S 1u

unsigned int answer_status(enum kms_rc rc, bool aws)
{
	return aws ? aws_error_of(rc).status : plain_error_of(rc).status;
}

static void put_member(struct json_writer *w, const char *name,
		       struct bytes text)
{
	if (!text.ptr)
		return;
	json_name(w, name);
	json_put_string(w, text);
}

static void put_aws(struct json_writer *w, enum kms_rc rc, struct bytes message)
{
	struct aws_error e = aws_error_of(rc);

	if (!message.ptr)
		message = bytes_of_text(e.message);
	put_member(w, "__type", bytes_of_text(e.type));
	put_member(w, "message", message);
	/* "error" is there also where AWS sends no message. */
	put_member(w, "error",
		   message.ptr ? message : bytes_of_text(kms_rc_text(rc)));
}

static void put_plain(struct json_writer *w, enum kms_rc rc,
		      struct bytes message)
{
	if (!message.ptr)
		message = bytes_of_text(plain_error_of(rc).message);
	put_member(w, "error", message);
	put_member(w, "code", bytes_of_text(kms_rc_name(rc)));
}

struct bytes answer_error_body(enum kms_rc rc, bool aws, struct bytes message,
			       struct arena *arena)
{
	static const char full[] = "{\"error\":\"out of memory\"}";
	/* Twice the text, each byte at most an escape of six. */
	size_t cap = 12 * message.len + 1024;
	char *text = arena_alloc(arena, cap);
	struct json_writer w = { 0 };

	if (!text)
		return bytes_of(full, sizeof(full) - 1);
	json_begin(&w, text, cap);
	json_object(&w);
	if (aws)
		put_aws(&w, rc, message);
	else
		put_plain(&w, rc, message);
	json_end(&w);
	return bytes_of(text, w.len);
}

static bool is_worth_repeating(unsigned int status, enum kms_rc rc)
{
	return status == 429 || status == 503 || rc == KMS_RC_BUSY ||
	       rc == KMS_RC_RATE;
}

static void put_line(struct text *t, const char *name, const char *value)
{
	text_put(t, name);
	text_put(t, ": ");
	text_put(t, value);
	text_put(t, "\r\n");
}

void answer_headers(char out[ANSWER_HEADER_CAP], const char *request_id,
		    unsigned int status, enum kms_rc rc, unsigned int wait_s,
		    const char *allow)
{
	struct text lines = { 0 };

	text_begin(&lines, out, ANSWER_HEADER_CAP);
	put_line(&lines, "x-amzn-RequestId", request_id);
	put_line(&lines, "Cache-Control",
		 "no-cache, no-store, must-revalidate, private");
	put_line(&lines, "X-Content-Type-Options", "nosniff");
	if (is_worth_repeating(status, rc)) {
		text_put(&lines, "Retry-After: ");
		text_put_number(&lines, wait_s ? wait_s : RETRY_AFTER_S, 1);
		text_put(&lines, "\r\n");
	}
	if (allow)
		put_line(&lines, "Allow", allow);
}
