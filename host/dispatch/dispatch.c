/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/dispatch.h"

#include "codec/uuid.h"
#include "common/log.h"
#include "common/secret.h"
#include "host/dispatch/access.h"
#include "host/dispatch/answer.h"
#include "host/dispatch/auth.h"
#include "host/dispatch/aws_error.h"
#include "host/dispatch/fields.h"
#include "host/dispatch/router.h"
#include "host/dispatch/site.h"
#include "host/service/service.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define MODULE	      "dispatch"
#define OUT_MAX_USUAL 4096
#define ALLOW_CAP     64

struct dispatch_thread {
	struct http_reactor *reactor;
	struct auth_view view;
	uint8_t random[256]; /* for request ids; a larger read may be short */
	size_t random_left;
};

struct dispatch {
	struct service *service;
	struct store *store;
	struct auth auth;
	struct door *door;
	struct bytes pages; /* that may call an open server; borrowed */
	unsigned int thread_count;
	struct dispatch_thread *threads;
};

/* A request in work, in its own arena. */
struct exchange {
	struct call call; /* first, so that a call leads back here */
	struct http_request *req;
	bool foreign;	     /* comes from a web page, perhaps */
	bool sigv4;	     /* the client speaks AWS's signatures */
	unsigned int wait_s; /* Retry-After, when it was refused at the door */
	char request_id[UUID_TEXT_LEN + 1];
	char headers[ANSWER_HEADER_CAP];
};

enum kms_rc dispatch_new(struct dispatch **d,
			 const struct dispatch_config *config)
{
	struct dispatch *n = mem_zalloc(1, sizeof(*n));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	*d = NULL;
	if (!n)
		return rc;
	n->threads = mem_zalloc(config->threads, sizeof(*n->threads));
	if (n->threads)
		rc = door_new(&n->door, &config->door);
	if (rc) {
		dispatch_free(&n);
		return rc;
	}
	n->service = config->service;
	n->store = config->store;
	n->thread_count = config->threads;
	n->pages = bytes_of_text(config->pages);
	auth_init(&n->auth, config->api_key,
		  config->require_api_key || config->production);
	n->auth.open = config->open && !n->auth.closed;
	*d = n;
	return KMS_RC_OK;
}

void dispatch_free(struct dispatch **d)
{
	if (!*d)
		return;
	secret_wipe(&(*d)->auth, sizeof((*d)->auth));
	door_free(&(*d)->door);
	mem_free((*d)->threads);
	mem_free(*d);
	*d = NULL;
}

enum kms_rc dispatch_thread_start(struct dispatch *d, struct http_reactor *r,
				  unsigned int index)
{
	d->threads[index].reactor = r;
	return store_reader_open(&d->threads[index].view.reader, d->store);
}

void dispatch_thread_stop(struct dispatch *d, unsigned int index)
{
	store_reader_close(&d->threads[index].view.reader);
}

static unsigned int thread_of(const struct dispatch *d,
			      const struct http_reactor *r)
{
	unsigned int i = 0;

	while (i + 1 < d->thread_count && d->threads[i].reactor != r)
		i++;
	return i;
}

/* A version 4 UUID; the kernel is asked once for sixteen of them. */
static bool new_request_id(struct dispatch_thread *t, uint8_t uuid[16])
{
	if (t->random_left < 16) {
		if (getrandom(t->random, sizeof(t->random), 0) !=
		    (ssize_t)sizeof(t->random))
			return false;
		t->random_left = sizeof(t->random);
	}
	t->random_left -= 16;
	memcpy(uuid, t->random + t->random_left, 16);
	uuid_mark_random(uuid);
	return true;
}

static void send_answer(struct exchange *x, unsigned int status, enum kms_rc rc,
			struct bytes body)
{
	char allow[ALLOW_CAP] = "";
	struct http_answer answer = {
		.status = status,
		.content_type =
			x->call.aws ? ANSWER_AWS_TYPE : ANSWER_PLAIN_TYPE,
		.body = body,
		.extra = x->headers,
	};

	if (status == 405)
		router_allowed(allow, sizeof(allow), x->req->path);
	answer_headers(x->headers, x->request_id, status, rc, x->wait_s,
		       status == 405 ? allow : NULL);
	access_log(x->req, &x->call, x->request_id, status, rc);
	http_answer(x->req, &answer);
}

static void finish_error(struct exchange *x, enum kms_rc rc)
{
	unsigned int status = answer_status(rc, x->call.aws);
	bool credential =
		rc == KMS_RC_NO_CREDENTIAL || rc == KMS_RC_BAD_CREDENTIAL;

	/*
	 * SDKs expect 400 as from AWS; whoever sent no AWS signature is told
	 * 401 here as on the path routes.
	 */
	if (credential && !x->sigv4)
		status = 401;
	if (x->foreign)
		status = 403;
	if (status >= 500)
		log_error(MODULE, "request=%s op=%s failed: %s (%s)",
			  x->request_id, x->call.op ? x->call.op->name : "-",
			  kms_rc_name(rc), kms_rc_text(rc));
	send_answer(x, status, rc,
		    answer_error_body(rc, x->call.aws, x->call.message,
				      x->call.arena));
}

/* End of every request; the exchange is gone afterwards. */
static void finish(struct call *call, enum kms_rc rc)
{
	struct exchange *x = (struct exchange *)(void *)call;

	if (!rc && call->out.len)
		rc = json_writer_done(&call->out) ? KMS_RC_INTERNAL : KMS_RC_OK;
	service_count(call, rc);
	if (rc)
		finish_error(x, rc);
	else
		send_answer(x, 200, rc, bytes_of(call->out.ptr, call->out.len));
}

static void say(struct call *call, const char *text)
{
	call->message = bytes_of_text(text);
}

/* Tells a refused caller how many requests there may be, and when the next. */
static enum kms_rc refused_at_door(struct exchange *x, enum kms_rc rc,
				   const struct door_refusal *refusal)
{
	char text[64];
	char *copy = arena_alloc(x->call.arena, sizeof(text));

	if (rc != KMS_RC_RATE || !copy)
		return rc;
	snprintf(text, sizeof(text), "Rate limit exceeded: %u requests/minute",
		 refusal->per_minute);
	memcpy(copy, text, sizeof(text));
	say(&x->call, copy);
	x->wait_s = refusal->wait_s;
	return rc;
}

static enum kms_rc enter(struct exchange *x, const struct dispatch *d)
{
	struct door_refusal refusal = { 0 };
	enum kms_rc rc = door_enter(d->door, &refusal, &x->call, x->req);

	return rc ? refused_at_door(x, rc, &refusal) : rc;
}

/* Who needs no credential needs at least to come from this machine. */
static enum kms_rc check_site(struct exchange *x, const struct dispatch *d)
{
	const char *objection = site_objection(x->req, d->pages);

	if (!objection)
		return KMS_RC_OK;
	x->foreign = true;
	say(&x->call, objection);
	return KMS_RC_ACCESS_DENIED;
}

/* Who is calling: whoever may, or anybody where everybody may. */
static enum kms_rc identify(struct exchange *x, const struct dispatch *d,
			    struct dispatch_thread *t)
{
	struct call *call = &x->call;
	enum kms_rc rc = KMS_RC_OK;

	if (!call->aws && !call->op->auth)
		return rc;
	rc = auth_check(&d->auth, &t->view, &call->caller, &x->sigv4, x->req);
	if (!rc && call->caller.kind == EVIDENCE_NONE)
		rc = check_site(x, d);
	call->caller.admitted = !rc;
	if (call->aws || (call->op->auth & AUTH_ANY))
		return rc;
	/* A credential that is not valid shows no more than none does. */
	x->foreign = false;
	call->message = (struct bytes){ 0 };
	return KMS_RC_OK;
}

/* The target of POST /, or one that came along with another path. */
static enum kms_rc read_target(struct exchange *x)
{
	struct call *call = &x->call;
	unsigned int count = 0;
	struct bytes target = http_header(x->req, "x-amz-target", &count);

	if (call->aws)
		return count == 1 ? router_find_target(&call->op, target)
				  : KMS_RC_UNKNOWN_OPERATION;
	if (!count || strcmp(call->op->method, "POST") != 0 ||
	    (count == 1 && router_is_target(call->op, target)))
		return KMS_RC_OK;
	say(call, "X-Amz-Target names another operation than the path");
	return KMS_RC_UNKNOWN_OPERATION;
}

/* Finds the row, in the order of http-api-1 2.1: path, caller, rate, target. */
static enum kms_rc find_op(struct exchange *x, const struct dispatch *d,
			   struct dispatch_thread *t)
{
	struct http_request *req = x->req;
	struct call *call = &x->call;
	enum kms_rc rc = KMS_RC_OK;

	call->aws = router_is_aws(req->method, req->path);
	call->web_origin = http_header(req, "origin", NULL);
	if (!call->aws)
		rc = router_find_path(&call->op, req->method, req->path);
	if (!rc)
		rc = identify(x, d, t);
	if (!rc && !call->aws)
		rc = enter(x, d);
	if (!rc)
		rc = read_target(x);
	return rc;
}

/* The JSON object of the request: its body, or the query of a GET. */
static enum kms_rc read_object(struct exchange *x, struct json_value *object)
{
	struct call *call = &x->call;
	bool has_body = call->aws || !strcmp(call->op->method, "POST");
	struct bytes text = has_body ? x->req->body : (struct bytes){ 0 };
	enum kms_rc rc = KMS_RC_OK;

	if (!has_body && x->req->query.len)
		rc = fields_from_query(&text, call->op->in, x->req->query,
				       call->arena, &call->message);
	if (rc)
		return rc;
	rc = json_parse(object, text.len ? text : bytes_of_text("{}"));
	if (rc)
		say(call, "the body is not a valid JSON text");
	return rc;
}

/* On POST / the members tell which of a target's rows it is. */
static enum kms_rc settle_op(struct exchange *x, const struct dispatch *d,
			     const struct json_value *object)
{
	struct call *call = &x->call;
	struct door_refusal refusal = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	if (call->aws) {
		call->op = router_choose(call->op, object);
		rc = enter(x, d);
	}
	if (rc)
		return rc;
	if (call->op->body_max && x->req->body.len > call->op->body_max)
		return KMS_RC_TOO_LARGE;
	rc = door_enter_wallet(d->door, &refusal, call, x->req, object);
	return rc ? refused_at_door(x, rc, &refusal) : rc;
}

static enum kms_rc read_members(struct exchange *x, const struct dispatch *d)
{
	struct call *call = &x->call;
	struct json_value object = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;
	void *in = NULL;

	rc = read_object(x, &object);
	if (!rc)
		rc = settle_op(x, d, &object);
	if (rc)
		return rc;
	in = arena_alloc(call->arena, call->op->in_size + 1);
	if (!in)
		return KMS_RC_NO_MEMORY;
	rc = fields_decode(in, call->op->in, &object, call->arena,
			   &call->message);
	if (!rc)
		call->in = in;
	return rc;
}

static enum kms_rc open_answer(struct call *call)
{
	size_t cap = call->op->out_max ? call->op->out_max : OUT_MAX_USUAL;
	char *text = arena_alloc(call->arena, cap);

	if (!text)
		return KMS_RC_NO_MEMORY;
	json_begin(&call->out, text, cap);
	return KMS_RC_OK;
}

/* What HTTP itself refused, in our words. */
static enum kms_rc rc_of_status(unsigned int status)
{
	switch (status) {
	case 408:
		return KMS_RC_TIMEOUT;
	case 413:
	case 431:
		return KMS_RC_TOO_LARGE;
	case 429:
	case 503:
		return KMS_RC_BUSY;
	default:
		return KMS_RC_BAD_INPUT;
	}
}

static const char *text_of_status(unsigned int status)
{
	switch (status) {
	case 408:
		return "The request did not arrive in time";
	case 413:
		return "Payload too large";
	case 414:
		return "Request line too long";
	case 431:
		return "Request header fields too large";
	case 429:
	case 503:
		return "Too many requests are waiting";
	default:
		return "Malformed request";
	}
}

static size_t put_refusal(char *out, size_t cap, unsigned int status)
{
	enum kms_rc rc = rc_of_status(status);
	const char *text = text_of_status(status);
	struct json_writer w = { 0 };

	/* Not every client says where it was going, so both forms. */
	json_begin(&w, out, cap);
	json_object(&w);
	json_text_member(&w, "error", text);
	json_text_member(&w, "code", kms_rc_name(rc));
	json_text_member(&w, "__type", aws_error_of(rc).type);
	json_text_member(&w, "message", text);
	json_end(&w);
	return json_writer_done(&w) ? 0 : w.len;
}

void dispatch_refuse(struct dispatch *d, struct http_reactor *r,
		     struct http_refusal *no)
{
	struct dispatch_thread *t = &d->threads[thread_of(d, r)];
	char request_id[UUID_TEXT_LEN + 1] = "-";
	uint8_t uuid[16] = { 0 };

	if (new_request_id(t, uuid))
		uuid_put(request_id, uuid);
	answer_headers(no->extra, request_id, no->status,
		       rc_of_status(no->status), 0, NULL);
	no->body_len = put_refusal(no->body, sizeof(no->body), no->status);
	no->content_type = router_is_aws(no->method, no->path)
				   ? ANSWER_AWS_TYPE
				   : ANSWER_PLAIN_TYPE;
	access_log_refused(no, request_id);
}

/* For a request whose arena cannot even hold the exchange. */
static void refuse_without_memory(struct dispatch *d, struct http_request *req)
{
	struct http_refusal no = {
		.status = 503,
		.why = "no memory for the request",
		.peer = req->peer,
		.method = req->method,
		.path = req->path,
		.http_1_0 = req->http_1_0,
	};
	struct http_answer answer = { .status = no.status, .extra = no.extra };

	log_error(MODULE, "no memory for a request of %s", req->peer);
	dispatch_refuse(d, req->reactor, &no);
	answer.content_type = no.content_type;
	answer.body = bytes_of(no.body, no.body_len);
	http_answer(req, &answer);
}

void dispatch_handle(struct dispatch *d, struct http_request *req)
{
	unsigned int index = thread_of(d, req->reactor);
	struct dispatch_thread *t = &d->threads[index];
	struct exchange *x = arena_alloc(&req->scratch, sizeof(*x));
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!x) {
		refuse_without_memory(d, req);
		return;
	}
	x->req = req;
	x->call.service = d->service;
	x->call.reactor = index;
	x->call.arena = &req->scratch;
	x->call.start_ns = req->start_ns;
	x->call.caller.key_id[0] = '-';
	x->call.finish = finish;
	if (!new_request_id(t, x->call.request_id)) {
		finish(&x->call, KMS_RC_INTERNAL);
		return;
	}
	uuid_put(x->request_id, x->call.request_id);
	rc = find_op(x, d, t);
	if (!rc)
		rc = read_members(x, d);
	if (!rc)
		rc = open_answer(&x->call);
	if (rc)
		finish(&x->call, rc);
	else
		x->call.op->run(&x->call);
}
