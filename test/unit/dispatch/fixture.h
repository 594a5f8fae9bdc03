/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture - a dispatcher among the fakes, and one request at a time to it
 */

#ifndef KMS_TEST_DISPATCH_FIXTURE_H
#define KMS_TEST_DISPATCH_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/dispatch/dispatch.h"
#include "test/unit/dispatch/fakes.h"

#define KEY "kms_0123456789abcdef0123456789abcdef"
#define SIGN_BODY                                \
	"{\"KeyId\":\"k\",\"Message\":\"Zm9v\"," \
	"\"SigningAlgorithm\":\"ECDSA_SHA_256\"}"

extern struct dispatch *dispatch;
extern struct http_request *request;

/* Open to everybody, as often as they like. */
extern const struct dispatch_config uncounted;

/* Setup and teardown: fresh fakes, a dispatcher that is uncounted, no log. */
int fixture_open(void **state);
int fixture_close(void **state);

#define fixture_test(name) \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

/* Another dispatcher in place of the one that is there. */
void restart(const struct dispatch_config *given);

/* A new request in *request, not sent yet. */
void begin(const char *method, const char *path, const char *body);
void begin_aws(const char *target, const char *body);
void add_header(const char *name, const char *value);
/* Sends *request, which must be answered once and with this status. */
void send_it(unsigned int status);

void get(const char *path, unsigned int status);
/* NULL: without a target. */
void post(const char *path, const char *target, const char *body,
	  unsigned int status);
void aws(const char *target, const char *body, unsigned int status);

/* The answer to what http refuses, over HTTP/1.0; method and path or NULL. */
struct http_refusal refusal_of(unsigned int status, const char *method,
			       const char *path);

void assert_body(const char *want);
/* The body is an error of AWS's form. */
void assert_type(const char *type);

/* The store holds it from now on. */
void add_api_key(const char *text);

#endif /* KMS_TEST_DISPATCH_FIXTURE_H */
