/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dispatch - from a request to its operation, and from a result to an answer
 *
 * Owns:      routing, authentication of callers, the check of members, errors
 *            in AWS's and in plain form, request ids, the access log.
 * Promises:  every request that comes in is answered once; a service function
 *            sees only callers and members that passed.
 * Threads:   dispatch_handle() runs in the thread of the request's reactor,
 *            which dispatch_thread_start() made known before.
 */

#ifndef KMS_HOST_DISPATCH_H
#define KMS_HOST_DISPATCH_H

#include "host/dispatch/door.h"
#include "host/http/http.h"
#include "host/store/store.h"

struct dispatch;
struct service;

struct dispatch_config {
	struct service *service; /* borrowed; handed on in struct call */
	struct store *store;	 /* borrowed */
	const char *api_key;	 /* KMS_API_KEY; NULL or "": none */
	bool require_api_key;	 /* KMS_REQUIRE_API_KEY=1 */
	bool production;	 /* never open */
	/* Patterns of origins whose pages may call an open server; or NULL. */
	const char *pages;
	bool open;	      /* KMS_ALLOW_OPEN_MODE=1: always, in dev */
	unsigned int threads; /* reactors */
	struct door_config door;
};

/* Gives *d, which dispatch_free() ends. NO_MEMORY. */
enum kms_rc dispatch_new(struct dispatch **d,
			 const struct dispatch_config *config) KMS_MUST_USE;
void dispatch_free(struct dispatch **d);

/* In the reactor's thread, before its first and after its last request. */
enum kms_rc dispatch_thread_start(struct dispatch *d, struct http_reactor *r,
				  unsigned int index) KMS_MUST_USE;
void dispatch_thread_stop(struct dispatch *d, unsigned int index);

/* Callbacks of struct http_config. */
void dispatch_handle(struct dispatch *d, struct http_request *req);
void dispatch_refuse(struct dispatch *d, struct http_reactor *r,
		     struct http_refusal *no);

#endif /* KMS_HOST_DISPATCH_H */
