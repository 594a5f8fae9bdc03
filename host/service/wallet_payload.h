/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallet_payload - from the members of a request to what the TEE is to sign
 *
 * Nothing is guessed: what could be read in two ways is refused, for the other
 * one is somebody's money (http-api-1 S6).
 */

#ifndef KMS_HOST_SERVICE_WALLET_PAYLOAD_H
#define KMS_HOST_SERVICE_WALLET_PAYLOAD_H

#include "codec/eth_tx.h"
#include "common/mem.h"
#include "host/service/wallet_ops.h"

#define WALLET_WHY_MAX 160

/*
 * Gives the bytes of a message, in the arena. Without an encoding it has to
 * begin with "0x", unless guess is set: then it is base64 if it can be, or
 * else the text itself, as in the reference. BAD_INPUT (also when it is more
 * than the TEE takes), NO_MEMORY.
 */
enum kms_rc wallet_read_message(struct bytes *out, struct arena *arena,
				struct bytes text, enum message_encoding form,
				bool guess,
				char why[WALLET_WHY_MAX]) KMS_MUST_USE;

/*
 * Fills *tx and checks it; lists are encoded into the arena. why tells a
 * person what is wrong. BAD_INPUT, NO_MEMORY.
 */
enum kms_rc wallet_read_transaction(struct eth_tx *tx, struct arena *arena,
				    const struct transaction_in *in,
				    char why[WALLET_WHY_MAX]) KMS_MUST_USE;

#endif /* KMS_HOST_SERVICE_WALLET_PAYLOAD_H */
