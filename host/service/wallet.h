/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wallet - what the operations on wallets share
 *
 * Finding a wallet, taking the owner's assertion, asking the TEE, and how a
 * wallet is shown. A function that gives false, or a result other than OK, has
 * ended the call.
 */

#ifndef KMS_HOST_SERVICE_WALLET_H
#define KMS_HOST_SERVICE_WALLET_H

#include "codec/eth_address.h"
#include "codec/eth_path.h"
#include "host/service/keeper.h"
#include "host/service/service.h"
#include "host/service/signer.h"
#include "host/service/wallet_ceremony.h"
#include "host/service/wallet_ops.h"

/* A wallet and which of its addresses. */
struct wallet_place {
	struct store_wallet wallet; /* its texts are the reader's */
	struct eth_path path;
	char address[ETH_ADDRESS_TEXT_LEN + 1]; /* of wallet_find_any() */
	char public_key[ETH_KEY_TEXT_LEN + 1];	/* compressed; likewise */
};

/* --- finding (wallet.c) -------------------------------------------------- */

bool wallet_find(struct call *call, struct store_wallet *out,
		 struct bytes key_id);
/* By KeyId, or else by any of its addresses. */
bool wallet_find_any(struct call *call, struct wallet_place *out,
		     const struct wallet_in *in);
/* The key that is to sign: by Address, or by KeyId and DerivationPath. */
bool wallet_find_key(struct call *call, struct wallet_place *out,
		     const struct wallet_in *in, bool path_required);
bool wallet_read_path(struct call *call, struct eth_path *path,
		      struct bytes text);

/*
 * Frozen and pending deletion, as the database says: an operator may have
 * written it there. The TEE has a state of its own, which it judges by.
 */
bool wallet_is_usable(struct call *call, const struct store_wallet *w);
bool wallet_is_kept(struct call *call, const struct store_wallet *w);

/* --- showing (wallet_show.c) --------------------------------------------- */

const char *wallet_lifecycle_name(enum store_lifecycle lifecycle);
/* The member's value: RFC 3339, or on POST / the number that AWS has. */
void wallet_put_time(struct call *call, const char *name, int64_t unix_ms);
/* {"KeyMetadata":{...}} without the last brace. */
void wallet_put_metadata(struct call *call, const struct store_wallet *w);
void wallet_put_id(struct call *call, const uint8_t uuid[ABI_UUID_LEN]);

/* --- the owner's assertion (wallet_auth.c) ------------------------------- */

struct wallet_evidence {
	enum abi_evidence kind;
	struct bytes text; /* the message of that kind in abi/schema.h */
};

/*
 * Checks what can be checked early. Gives the evidence in the arena, good for
 * one use or change of this wallet; until the TEE has done that, the ceremony
 * goes on, and the same assertion may be sent again.
 */
bool wallet_read_evidence(struct call *call, struct wallet_evidence *evidence,
			  const struct store_wallet *w,
			  const struct owner_in *owner);

/* --- uses and changes (wallet_use.c) ------------------------------------- */

struct wallet_use {
	struct sign_job job;
	struct call *call;
	struct store_wallet wallet;
	struct eth_path path;
	struct wallet_evidence evidence;
	void *user; /* of the operation */
	/* Only when the TEE did it. */
	void (*done)(struct wallet_use *u);
	/* Any other result; NULL: it ends the call. */
	void (*failed)(struct wallet_use *u, enum kms_rc rc);
};
/*
 * Of a usable wallet, with its owner's evidence. In the call's arena, or NULL:
 * the call has been ended.
 */
struct wallet_use *wallet_use_new(struct call *call,
				  const struct wallet_place *place,
				  const struct owner_in *owner);
void wallet_use_start(struct wallet_use *u, enum abi_use use,
		      struct bytes payload);

struct wallet_change {
	struct keeper_change change;
	struct call *call;
	void *user;
	const char *denied;    /* what POLICY_DENY means here; may be NULL */
	enum kms_rc denied_as; /* and its result, when it is another */
	const char *limited;   /* what LIMIT means here; may be NULL */
	/* Only when it was committed. */
	void (*done)(struct wallet_change *c);
};
struct wallet_change *wallet_change_new(struct call *call,
					const struct store_wallet *w);
void wallet_change_start(struct wallet_change *c, enum abi_op op,
			 const struct wallet_evidence *evidence);

/* The 65 bytes of a passkey as x | y, once they are a point of the curve. */
bool wallet_take_passkey(struct call *call, struct bytes *xy,
			 struct bytes point);
/* SHA-256 of a credential id, in the arena; none: an absent view. */
bool wallet_hash_credential(struct call *call, struct bytes *hash,
			    struct bytes credential_id);
/* base64url of a credential id, in the arena. */
bool wallet_credential_text(struct call *call, const char **text,
			    struct bytes credential_id);

#endif /* KMS_HOST_SERVICE_WALLET_H */
