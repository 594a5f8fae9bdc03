/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call - one request on its way through a service function
 *
 * Owns:      nothing; it lives in the request's arena, which dies with it.
 * Promises:  a call is ended exactly once, by call_done() or call_fail().
 *            Behind that neither it nor its arena may be touched.
 * Threads:   a call belongs to the thread it was started in.
 */

#ifndef KMS_HOST_SERVICE_CALL_H
#define KMS_HOST_SERVICE_CALL_H

#include "abi/schema.h"
#include "codec/json.h"
#include "common/mem.h"
#include "host/service/op.h"

struct service;

/* What the caller showed. The TA judges it again. */
struct caller {
	enum abi_evidence kind;
	uint8_t evidence[32]; /* API_KEY: SHA-256 of the presented key */
	size_t evidence_len;
	char key_id[16]; /* for logs: "1a2b3c4d", "env", or "-" */
	bool admitted;	 /* could run what is not open to everybody */
};

struct call {
	const struct op *op;
	const void *in; /* the operation's input struct; NULL: not run */
	struct service *service;
	unsigned int reactor; /* index of the thread */
	struct arena *arena;  /* memory until the call ends */
	struct caller caller;
	uint8_t request_id[16];	 /* UUID; x-amzn-RequestId */
	bool aws;		 /* came by POST /: times are numbers there */
	struct bytes web_origin; /* Origin of the page, or absent */
	uint64_t start_ns;	 /* monotonic, first byte of the request */
	uint64_t tee_ns;	/* that the TEE took; 0: not asked, or untold */
	struct json_writer out; /* the answer, when it ends OK */
	void *user;		/* of the service function */
	struct bytes ceremony;	/* id of the owner's challenge, or absent */
	char log_key[40];	/* key the call is about, for the log */
	struct bytes message;	/* of call_fail() */
	void (*finish)(struct call *call, enum kms_rc rc); /* dispatch */
};

/*
 * Ends the call. OK: the text in call->out is the answer; without any text
 * the answer is empty. Else: the error with its usual message, if it has one.
 */
void call_done(struct call *call, enum kms_rc rc);

/*
 * Ends the call with an error and its own message, which the client sees:
 * never a path, an SQL text or anything of the TEE's.
 */
void call_fail(struct call *call, enum kms_rc rc, const char *fmt, ...)
	KMS_PRINTF(3, 4);

#endif /* KMS_HOST_SERVICE_CALL_H */
