/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops - the operations: what each gets, and the function that runs it
 *
 * The rows of host/dispatch/ops.c fill these structs. A struct bytes is absent
 * when its ptr is NULL; an enumeration or number when it is 0 or not present.
 * Views live as long as the call.
 */

#ifndef KMS_HOST_SERVICE_OPS_H
#define KMS_HOST_SERVICE_OPS_H

#include "host/service/call.h"

struct op_tag {
	struct bytes key;
	struct bytes value;
};

struct create_key_in {
	struct bytes policy;
	struct bytes description;
	unsigned int key_usage;		       /* enum aws_key_usage */
	unsigned int key_spec;		       /* enum aws_key_spec */
	unsigned int customer_master_key_spec; /* the old name of key_spec */
	unsigned int origin;		       /* enum aws_origin */
	struct bytes custom_key_store_id;
	bool bypass_lockout_check;
	struct op_structs tags; /* struct op_tag */
	bool multi_region;
	struct bytes xks_key_id;
};

/* DescribeKey and GetPublicKey. */
struct key_in {
	struct bytes key_id;
	struct op_strings grant_tokens;
};

/* EnableKey, DisableKey, CancelKeyDeletion. */
struct key_id_in {
	struct bytes key_id;
};

struct schedule_deletion_in {
	struct bytes key_id;
	struct op_int window_days;
};

struct recipient_in {
	bool given;
	unsigned int algorithm;
	struct bytes document;
};

struct generate_random_in {
	struct op_int number_of_bytes;
	struct bytes custom_key_store_id;
	struct recipient_in recipient;
};

struct list_keys_in {
	struct op_int limit;
	struct bytes marker;
};

struct sign_in {
	struct bytes key_id;
	struct bytes message;
	unsigned int message_type; /* enum aws_message_type */
	struct op_strings grant_tokens;
	unsigned int signing_algorithm; /* enum aws_signing_algorithm */
	bool dry_run;
};

struct verify_in {
	struct bytes key_id;
	struct bytes message;
	unsigned int message_type; /* enum aws_message_type */
	struct bytes signature;
	unsigned int signing_algorithm; /* enum aws_signing_algorithm */
	struct op_strings grant_tokens;
	bool dry_run;
};

/* CreateAlias and UpdateAlias; DeleteAlias has the name alone. */
struct alias_in {
	struct bytes alias_name;
	struct bytes target_key_id;
};

struct list_aliases_in {
	struct bytes key_id;
	struct op_int limit;
	struct bytes marker;
};

struct tag_resource_in {
	struct bytes key_id;
	struct op_structs tags; /* struct op_tag */
};

struct untag_resource_in {
	struct bytes key_id;
	struct op_strings tag_keys;
};

struct list_tags_in {
	struct bytes key_id;
	struct op_int limit;
	struct bytes marker;
};

struct update_description_in {
	struct bytes key_id;
	struct bytes description;
};

op_run service_create_key;
op_run service_describe_key;
op_run service_list_keys; /* also GET /keys */
op_run service_get_public_key;
op_run service_sign;
op_run service_verify;
op_run service_enable_key;
op_run service_disable_key;
op_run service_schedule_deletion;
op_run service_cancel_key_deletion;
op_run service_generate_random;
op_run service_create_alias;
op_run service_update_alias;
op_run service_delete_alias;
op_run service_list_aliases;
op_run service_tag_resource;
op_run service_untag_resource;
op_run service_list_resource_tags;
op_run service_update_description;
op_run service_health;
op_run service_version;
op_run service_healthz;
op_run service_readyz;

#endif /* KMS_HOST_SERVICE_OPS_H */
