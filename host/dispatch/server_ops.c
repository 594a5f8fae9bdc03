/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations that tell of the server.
 */
#include "host/dispatch/op_fields.h"
#include "host/dispatch/op_rows.h"
#include "host/service/ops.h"
#include "host/service/wallet_ops.h"

/* clang-format off */
static const struct op rows[] = {
	{
		.name = "Stats",
		.method = "GET",
		.path = "/stats",
		.auth = AUTH_OPTIONAL,
		.rate = RATE_ADDRESS,
		.in = stats_fields,
		.in_size = sizeof(struct stats_in),
		.out = stats_out,
		.out_max = 16 * 1024,
		.run = service_stats,
		.doc = "Tells how much there is and was done; counts to callers with an API key.",
		.example = "pretty=1",
	},
	{
		.name = "QueueStatus",
		.method = "GET",
		.path = "/QueueStatus",
		.rate = RATE_ADDRESS,
		.in = no_fields,
		.out = queue_out,
		.run = service_queue_status,
		.doc = "Tells how many calls the TEE has before it.",
	},
	{
		.name = "RollbackCounter",
		.method = "GET",
		.path = "/RollbackCounter",
		.rate = RATE_ADDRESS,
		.in = no_fields,
		.out = counter_out,
		.run = service_rollback_counter,
		.doc = "Tells how many changes of keys were committed.",
	},
	{
		.name = "Health",
		.method = "GET",
		.path = "/health",
		.in = no_fields,
		.out = health_out,
		.run = service_health,
		.doc = "Tells whether the server is well, and what it offers.",
	},
	{
		.name = "Version",
		.method = "GET",
		.path = "/version",
		.in = no_fields,
		.out = version_out,
		.run = service_version,
		.doc = "Tells the version and the profile.",
	},
	{
		.name = "Healthz",
		.method = "GET",
		.path = "/healthz",
		.in = no_fields,
		.out = probe_out,
		.run = service_healthz,
		.doc = "Liveness probe: the process answers.",
	},
	{
		.name = "Readyz",
		.method = "GET",
		.path = "/readyz",
		.in = no_fields,
		.out = probe_out,
		.fails = FAILS(KMS_RC_UNAVAILABLE),
		.run = service_readyz,
		.doc = "Readiness probe: the TEE signs and the database reads.",
	},
};
/* clang-format on */

const struct op_list server_ops = { rows, ARRAY_LEN(rows) };
