/* SPDX-License-Identifier: Apache-2.0 */
/*
 * access - one line per request, as http-api-1 section 16 has it
 *
 *   ip:port "GET /health HTTP/1.1" 200 "referer" "user agent" 0.412ms
 *   request=<id> api_key=<id> op=<name> key=<KeyId> tee=0.105ms rc=<name>
 *
 * (one line); tee is the time that the TEE took, "-" when it was not asked. No
 * query, no header but those two, no body.
 */

#ifndef KMS_HOST_ACCESS_H
#define KMS_HOST_ACCESS_H

#include "host/http/http.h"
#include "host/service/call.h"

void access_log(const struct http_request *req, const struct call *call,
		const char *request_id, unsigned int status, enum kms_rc rc);

/*
 * A request that was refused before it was one: the same line, as far as it
 * is known, with the reason for rc.
 */
void access_log_refused(const struct http_refusal *no, const char *request_id);

#endif /* KMS_HOST_ACCESS_H */
