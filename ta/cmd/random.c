/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RANDOM: bytes of the generator that keys are made with. What it gave tells
 * nothing of what it gives before or after (SP 800-90A, HMAC-DRBG).
 */
#include "ta/cmd/cmd.h"

enum kms_rc cmd_random(struct ta *ta, struct ta_call *call)
{
	struct abi_random_req req = { 0 };
	struct abi_random_rsp rsp = { 0 };
	uint8_t bytes[ABI_RANDOM_MAX] = { 0 };
	enum kms_rc rc = ABI_DECODE(&req, random_req, call->body);

	if (!rc && (!req.len || req.len > sizeof(bytes)))
		rc = KMS_RC_LIMIT;
	if (!rc)
		rc = drbg_bytes(&ta->crypto.drbg, bytes, req.len);
	if (rc)
		goto out;
	rsp.bytes = bytes_of(bytes, req.len);
	ABI_PUT(&call->rsp, random_rsp, &rsp);
out:
	secret_wipe(bytes, sizeof(bytes));
	return rc;
}
