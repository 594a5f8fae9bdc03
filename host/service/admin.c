/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /health, /version, /healthz, /readyz: what an operator or a load balancer
 * asks. None of them shows anything of a key.
 */
#include "host/service/ops.h"
#include "host/service/threads.h"

#include <string.h>

static bool all_workers_serve(const struct service_config *c)
{
	for (unsigned int i = 0; i < tee_workers(c->tee); i++)
		if (!tee_serves(c->tee, i))
			return false;
	return true;
}

static void put_endpoints(struct json_writer *w, const char *method)
{
	json_name(w, method);
	json_array(w);
	for (size_t i = 0; i < op_count(); i++)
		if (op_at(i)->path && !strcmp(op_at(i)->method, method))
			json_put_text(w, op_at(i)->path);
	json_end(w);
}

void service_health(struct call *call)
{
	const struct service_config *c = service_config(call->service);
	const struct tee_info *info = keeper_tee_info(c->keeper);
	struct json_writer *w = &call->out;

	json_object(w);
	json_text_member(w, "status",
			 all_workers_serve(c) ? "healthy" : "degraded");
	json_text_member(w, "service", "teekms");
	json_text_member(w, "version", KMS_VERSION);
	json_name(w, "ta_mode");
	json_put_text(w,
		      info->tee_kind == TEE_KIND_OPTEE ? "optee" : "process");
	json_bool_member(w, "attestation_available", false);
	json_name(w, "endpoints");
	json_object(w);
	put_endpoints(w, "POST");
	put_endpoints(w, "GET");
	json_end(w);
	json_end(w);
	call_done(call, KMS_RC_OK);
}

/* profile: what the reference's clients read; the rest is the TA's word. */
void service_version(struct call *call)
{
	const struct service_config *c = service_config(call->service);
	const struct tee_info *info = keeper_tee_info(c->keeper);
	bool development = info->build_flags & ABI_BUILD_DEVELOPMENT;
	bool weak = info->build_flags & ABI_BUILD_WEAK;
	struct json_writer *w = &call->out;

	json_object(w);
	json_text_member(w, "version", KMS_VERSION);
	json_text_member(w, "build", KMS_VERSION);
	json_text_member(w, "profile", c->production ? "prod" : "dev");
	/* Of new wallets; a TA that ships knows no other. */
	json_text_member(w, "challenge_mode",
			 c->bind_level == BIND_NOTHING ? "transition"
						       : "strict");
	json_name(w, "tee");
	json_object(w);
	json_name(w, "kind");
	json_put_text(w,
		      info->tee_kind == TEE_KIND_OPTEE ? "optee" : "process");
	json_int_member(w, "ta_version", info->ta_version);
	json_bool_member(w, "development", development);
	json_bool_member(w, "serves_without_rollback_protection", weak);
	json_int_member(w, "rollback_level", info->rollback_level);
	json_int_member(w, "shards", info->shard_total);
	json_end(w);
	json_end(w);
	call_done(call, KMS_RC_OK);
}

static void put_status(struct call *call, const char *status)
{
	json_object(&call->out);
	json_text_member(&call->out, "status", status);
	json_end(&call->out);
}

/* Alive: this thread runs. */
void service_healthz(struct call *call)
{
	put_status(call, "ok");
	call_done(call, KMS_RC_OK);
}

static void probed(struct keeper_change *change)
{
	struct call *call = change->arg;

	if (!change->rc)
		put_status(call, "ready");
	call_done(call, change->rc ? KMS_RC_UNAVAILABLE : KMS_RC_OK);
}

/*
 * Ready: every worker makes a signature, and the database answers. The keeper
 * finds that out at most once a second, whoever asks how often.
 */
void service_readyz(struct call *call)
{
	const struct service_config *c = service_config(call->service);
	struct keeper_change *change =
		arena_alloc(call->arena, sizeof(*change));
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	if (change) {
		change->job = KEEPER_PROBE;
		change->reactor = call->reactor;
		change->done = probed;
		change->arg = call;
		rc = keeper_submit(c->keeper, change);
	}
	if (rc)
		call_done(call, rc);
}
