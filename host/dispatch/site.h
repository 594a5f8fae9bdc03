/* SPDX-License-Identifier: Apache-2.0 */
/*
 * site - whether a request comes from this machine and not from a web page
 *
 * A server that is open on the loopback is also within reach of every page in
 * a browser here: a page can let its own name point to 127.0.0.1 and then read
 * what we answer (DNS rebinding), and it can send simple requests to the
 * loopback without reading the answer. Browsers tell on both.
 *
 * Threads:   none.
 */

#ifndef KMS_HOST_SITE_H
#define KMS_HOST_SITE_H

#include "host/http/http.h"

/*
 * NULL, or what to tell the client: its Host is a name that somebody else may
 * own, or a page of another site asks for a change. pages: patterns of origins
 * that may, with commas between them (KMS_ORIGIN).
 */
const char *site_objection(const struct http_request *req, struct bytes pages);

#endif /* KMS_HOST_SITE_H */
