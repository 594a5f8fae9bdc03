/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GenerateRandom.
 */
#include "common/secret.h"
#include "host/service/ops.h"
#include "host/service/threads.h"

struct random_call {
	struct tee_random random;
	struct call *call;
};

static void answered(struct tee_random *r, enum kms_rc rc)
{
	struct random_call *c = r->arg;
	struct call *call = c->call;

	if (!rc) {
		json_object(&call->out);
		json_name(&call->out, "Plaintext");
		json_put_base64(&call->out, r->bytes.b, r->len);
		json_end(&call->out);
	}
	secret_wipe(&r->bytes, sizeof(r->bytes));
	call_done(call, rc);
}

/* What the request asks for that this version does not do; NULL: nothing. */
static const char *not_offered(const struct generate_random_in *in)
{
	if (in->custom_key_store_id.ptr)
		return "Custom key stores are not supported.";
	if (in->recipient.given)
		return "Recipient is not supported.";
	return NULL;
}

void service_generate_random(struct call *call)
{
	const struct generate_random_in *in = call->in;
	struct random_call *c = NULL;
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	if (!in->number_of_bytes.present) {
		call_fail(call, KMS_RC_BAD_INPUT, "NumberOfBytes is required.");
		return;
	}
	if (not_offered(in)) {
		call_fail(call, KMS_RC_UNSUPPORTED, "%s", not_offered(in));
		return;
	}
	c = arena_alloc(call->arena, sizeof(*c));
	if (c) {
		c->call = call;
		c->random.len = (size_t)in->number_of_bytes.value;
		c->random.done = answered;
		c->random.arg = c;
		rc = service_start_random(call, &c->random);
	}
	if (rc)
		call_done(call, rc);
}
