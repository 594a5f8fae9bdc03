/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/aws.h"

#define X(name) #name,
static const char *const key_spec_names[] = { AWS_KEY_SPECS(X) };
static const char *const key_usage_names[] = { AWS_KEY_USAGES(X) };
static const char *const origin_names[] = { AWS_ORIGINS(X) };
static const char *const message_type_names[] = { AWS_MESSAGE_TYPES(X) };
static const char *const signing_names[] = { AWS_SIGNING_ALGORITHMS(X) };
static const char *const recipient_names[] = { AWS_RECIPIENT_ALGORITHMS(X) };
#undef X

#define SET(list)                                         \
	{                                                 \
		.names = (list), .count = ARRAY_LEN(list) \
	}

const struct op_enum aws_key_specs = SET(key_spec_names);
const struct op_enum aws_key_usages = SET(key_usage_names);
const struct op_enum aws_origins = SET(origin_names);
const struct op_enum aws_message_types = SET(message_type_names);
const struct op_enum aws_signing_algorithms = SET(signing_names);
const struct op_enum aws_recipient_algorithms = SET(recipient_names);
