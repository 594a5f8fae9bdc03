/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/wallet_payload.h"

#include "abi/limits.h"
#include "common/base64.h"
#include "common/hex.h"

#include <stdio.h>
#include <string.h>

static bool has_prefix(struct bytes text)
{
	return text.len >= 2 && text.ptr[0] == '0' && text.ptr[1] == 'x';
}

static enum kms_rc read_hex(struct bytes *out, uint8_t *room, struct bytes text)
{
	if (has_prefix(text))
		text = bytes_of(text.ptr + 2, text.len - 2);
	*out = bytes_of(room, text.len / 2);
	return hex_decode(room, text.len / 2, (const char *)text.ptr, text.len);
}

static enum kms_rc read_base64(struct bytes *out, uint8_t *room,
			       struct bytes text)
{
	size_t len = 0;
	enum kms_rc rc = base64_decode(room, text.len, &len,
				       (const char *)text.ptr, text.len);

	*out = bytes_of(room, len);
	return rc;
}

/* In the order of the reference, which takes "test" for base64. */
static enum kms_rc guess_form(struct bytes *out, uint8_t *room,
			      struct bytes text)
{
	if (has_prefix(text))
		return read_hex(out, room, text);
	if (!read_base64(out, room, text))
		return KMS_RC_OK;
	*out = text;
	return KMS_RC_OK;
}

static enum kms_rc read_form(struct bytes *out, uint8_t *room,
			     struct bytes text, enum message_encoding form,
			     bool guess, char why[WALLET_WHY_MAX])
{
	snprintf(why, WALLET_WHY_MAX, "Message is not valid %s",
		 form == ENCODING_BASE64 ? "base64" : "hexadecimal");
	switch (form) {
	case ENCODING_HEX:
		return read_hex(out, room, text);
	case ENCODING_BASE64:
		return read_base64(out, room, text);
	case ENCODING_UTF8:
		*out = text;
		return KMS_RC_OK;
	case ENCODING_ABSENT:
	default:
		break;
	}
	if (guess)
		return guess_form(out, room, text);
	if (has_prefix(text))
		return read_hex(out, room, text);
	snprintf(why, WALLET_WHY_MAX,
		 "Message must begin with 0x, or MessageEncoding must tell "
		 "what it is: hex, base64 or utf8");
	return KMS_RC_BAD_INPUT;
}

enum kms_rc wallet_read_message(struct bytes *out, struct arena *arena,
				struct bytes text, enum message_encoding form,
				bool guess, char why[WALLET_WHY_MAX])
{
	/* One more, so that an empty message is not an absent one. */
	uint8_t *room = arena_alloc(arena, text.len + 1);
	enum kms_rc rc = KMS_RC_NO_MEMORY;

	if (room)
		rc = read_form(out, room, text, form, guess, why);
	if (rc || out->len <= ABI_PAYLOAD_MAX)
		return rc;
	snprintf(why, WALLET_WHY_MAX, "Message too large: %zu bytes (max %d)",
		 out->len, ABI_PAYLOAD_MAX);
	return KMS_RC_BAD_INPUT;
}
