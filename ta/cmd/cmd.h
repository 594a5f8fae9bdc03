/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd - the TA's commands and their table
 *
 * A handler decodes call->body, works, and writes its response's fields to
 * call->rsp and its state to call->out. Its kms_rc becomes the response's
 * status; unless that is OK, what it wrote is dropped.
 */

#ifndef KMS_TA_CMD_CMD_H
#define KMS_TA_CMD_CMD_H

#include "ta/ta.h"

typedef enum kms_rc cmd_run(struct ta *ta, struct ta_call *call);

struct cmd {
	uint16_t number;
	bool before_selftest; /* runs although the self test failed */
	bool needs_root;      /* only in a provisioned TEE */
	uint16_t items_max;   /* most items the header may announce */
	/* What the answer takes at most: checked before anything is done. */
	uint32_t rsp_base;
	uint32_t rsp_per_item;
	uint32_t out_base;
	uint32_t out_per_item;
	cmd_run *run;
};

/* NULL when there is no such command. */
const struct cmd *cmd_find(uint16_t number);

cmd_run cmd_info;
cmd_run cmd_selftest;
cmd_run cmd_provision;
cmd_run cmd_shard_open;
cmd_run cmd_shard_status;
cmd_run cmd_prepare;
cmd_run cmd_commit;
cmd_run cmd_abort;
cmd_run cmd_warm;
cmd_run cmd_random;
cmd_run cmd_sign;

#endif /* KMS_TA_CMD_CMD_H */
