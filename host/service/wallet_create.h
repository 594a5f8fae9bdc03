/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallet_create - a wallet on its way, by CreateKey or by a registration
 *
 * A function that gives false or NULL has ended the call.
 */

#ifndef KMS_HOST_SERVICE_WALLET_CREATE_H
#define KMS_HOST_SERVICE_WALLET_CREATE_H

#include "host/service/keeper.h"
#include "host/service/service.h"
#include "host/service/wallet_ops.h"

/* Whether this server makes wallets at all. */
bool wallet_may_create(struct call *call);

/* In the call's arena; with the texts that its row will get. */
struct wallet_creation {
	struct keeper_change change;
	struct call *call;
	char description[4 * WALLET_DESCRIPTION_MAX + 1]; /* UTF-8 */
	/* Writes the answer, once it is committed. */
	void (*show)(struct call *call, const struct store_wallet *w);
};

struct wallet_creation *wallet_creation_new(struct call *call,
					    const char *rp_id);
/* Views of the description and AWS's Origin; both may be absent. */
void wallet_describe(struct wallet_creation *c, struct bytes description,
		     struct bytes origin);
/* The only passkey that it will have: x | y. */
void wallet_give_passkey(struct wallet_creation *c, const uint8_t xy[64]);
void wallet_creation_start(struct wallet_creation *c);

#endif /* KMS_HOST_SERVICE_WALLET_CREATE_H */
