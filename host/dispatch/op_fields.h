/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_fields - the members that the rows of ops.c take and give
 */

#ifndef KMS_HOST_OP_FIELDS_H
#define KMS_HOST_OP_FIELDS_H

#include "host/service/op.h"

/* What the database keeps as text, which has no end but its zero. */
extern const struct op_pattern text_pattern;

extern const struct field no_fields[];
extern const struct field create_key_fields[];
extern const struct field key_fields[];
extern const struct field key_id_fields[];
extern const struct field schedule_deletion_fields[];
extern const struct field generate_random_fields[];
extern const struct field list_keys_fields[];
extern const struct field sign_fields[];
extern const struct field verify_fields[];

extern const struct field update_description_fields[];
extern const struct field alias_fields[];
extern const struct field delete_alias_fields[];
extern const struct field list_aliases_fields[];

extern const struct field tag_resource_fields[];
extern const struct field untag_resource_fields[];
extern const struct field list_tags_fields[];

extern const struct field create_wallet_fields[];
extern const struct field begin_registration_fields[];
extern const struct field complete_registration_fields[];
extern const struct field wallet_fields[];
extern const struct field derive_address_fields[];
extern const struct field sign_wallet_fields[];
extern const struct field sign_hash_fields[];
extern const struct field passkey_fields[];
extern const struct field delete_key_fields[];
extern const struct field owned_fields[];
extern const struct field list_wallets_fields[];
extern const struct field key_status_fields[];
extern const struct field stats_fields[];

extern const struct op_member no_out[]; /* an empty body */
extern const struct op_member metadata_out[];
extern const struct op_member schedule_deletion_out[];
extern const struct op_member key_id_out[];
extern const struct op_member generate_random_out[];
extern const struct op_member list_keys_out[];
extern const struct op_member public_key_out[];
extern const struct op_member sign_out[];
extern const struct op_member verify_out[];
extern const struct op_member list_aliases_out[];
extern const struct op_member list_tags_out[];
extern const struct op_member health_out[];
extern const struct op_member version_out[];
extern const struct op_member probe_out[];

extern const struct op_member create_wallet_out[];
extern const struct op_member registration_options_out[];
extern const struct op_member registration_out[];
extern const struct op_member authentication_options_out[];
extern const struct op_member wallet_out[];
extern const struct op_member wallet_list_out[];
extern const struct op_member wallet_key_out[];
extern const struct op_member key_status_out[];
extern const struct op_member derive_address_out[];
extern const struct op_member signature_out[];
extern const struct op_member transaction_signature_out[];
extern const struct op_member changed_out[];
extern const struct op_member passkey_count_out[];
extern const struct op_member deletion_out[];
extern const struct op_member lifecycle_out[];
extern const struct op_member stats_out[];
extern const struct op_member queue_out[];
extern const struct op_member counter_out[];

#endif /* KMS_HOST_OP_FIELDS_H */
