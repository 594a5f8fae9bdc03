/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The enumerations that the members of wallets' requests have.
 */
#include "host/service/wallet_ops.h"

static const char *const usages[] = { WALLET_KEY_USAGE };
static const char *const specs[] = { WALLET_KEY_SPEC };
static const char *const encodings[] = { "hex", "base64", "utf8" };
static const char *const meanings[] = { "RAW", "EIP191" };

const struct op_enum wallet_usages = { usages, ARRAY_LEN(usages) };
const struct op_enum wallet_specs = { specs, ARRAY_LEN(specs) };
const struct op_enum message_encodings = { encodings, ARRAY_LEN(encodings) };
const struct op_enum message_meanings = { meanings, ARRAY_LEN(meanings) };
