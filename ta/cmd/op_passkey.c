/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which passkeys a wallet has: one to four, no two the same.
 */
#include "ta/cmd/op.h"

#include "ta/crypto/p256_point.h"
#include "ta/ta.h"

#include <string.h>

enum kms_rc op_read_passkey(struct wallet_passkey *p,
			    const struct abi_prepare_op *in)
{
	struct bytes hash = in->credential_hash;

	*p = (struct wallet_passkey){ 0 };
	/* Verification with anything but a point would panic the TA. */
	if (in->passkey.len != sizeof(p->pub) ||
	    !p256_is_point(in->passkey.ptr))
		return KMS_RC_DECODE;
	memcpy(p->pub, in->passkey.ptr, sizeof(p->pub));
	/* Zero stands for "not known" where it is kept. */
	if (hash.ptr && (hash.len != sizeof(p->credential_hash) ||
			 ct_is_zero(hash.ptr, hash.len)))
		return KMS_RC_DECODE;
	if (hash.ptr)
		memcpy(p->credential_hash, hash.ptr, hash.len);
	return KMS_RC_OK;
}

/* Two passkeys of one credential id: one of them could never be found. */
static bool has_credential(const struct wallet_record *w,
			   const struct wallet_passkey *p)
{
	bool found = false;

	for (uint8_t i = 0; i < w->passkey_count; i++)
		found |= ct_equal(w->passkeys[i].credential_hash,
				  p->credential_hash,
				  sizeof(p->credential_hash));
	return found &&
	       !ct_is_zero(p->credential_hash, sizeof(p->credential_hash));
}

enum kms_rc op_check_passkeys(const struct wallet_record *w, uint8_t op,
			      const struct wallet_passkey *p)
{
	bool known = wallet_find_passkey(w, p->pub) < ABI_PASSKEYS_MAX ||
		     (op != OP_REMOVE_PASSKEY && has_credential(w, p));

	switch (op) {
	case OP_ADD_PASSKEY:
		if (w->passkey_count == ABI_PASSKEYS_MAX)
			return KMS_RC_LIMIT;
		return known ? KMS_RC_POLICY_DENY : KMS_RC_OK;
	case OP_CHANGE_PASSKEY:
		return known ? KMS_RC_POLICY_DENY : KMS_RC_OK;
	case OP_REMOVE_PASSKEY:
		if (!known)
			return KMS_RC_NOT_FOUND;
		/* Without a passkey the wallet would obey nobody any more. */
		return w->passkey_count == 1 ? KMS_RC_POLICY_DENY : KMS_RC_OK;
	default:
		return KMS_RC_OK;
	}
}

static void remove_passkey(struct wallet_record *w, uint8_t at)
{
	for (w->passkey_count--; at < w->passkey_count; at++)
		w->passkeys[at] = w->passkeys[at + 1];
	w->passkeys[at] = (struct wallet_passkey){ 0 };
}

void op_change_passkeys(struct wallet_record *w, uint8_t op,
			const struct wallet_passkey *p, uint8_t by)
{
	switch (op) {
	case OP_ADD_PASSKEY:
		w->passkeys[w->passkey_count++] = *p;
		break;
	case OP_CHANGE_PASSKEY:
		w->passkeys[by] = *p;
		/* What the old one has delegated ends with it. */
		w->gen++;
		break;
	case OP_REMOVE_PASSKEY:
		remove_passkey(w, wallet_find_passkey(w, p->pub));
		w->gen++;
		break;
	default:
		break;
	}
}
