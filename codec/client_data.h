/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_data - what the browser was asked to have signed (WebAuthn 5.8.1)
 *
 * The text clients make by WebAuthn 5.8.1.1 is compared as a template, to its
 * last byte; any other goes through codec/json. Both give the same verdict
 * for every text, so the template only saves time: it takes no text on trust,
 * as the specification's "limited verification" does with what follows
 * crossOrigin.
 *
 * Required: "type", "challenge" and "origin", written without escapes.
 * "crossOrigin" is absent or false and "topOrigin" absent: we are never
 * embedded. Other members are allowed, as clients add them on purpose, but no
 * member twice and no more than CLIENT_DATA_DEPTH_MAX containers inside each
 * other. Public data.
 */

#ifndef KMS_CODEC_CLIENT_DATA_H
#define KMS_CODEC_CLIENT_DATA_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define CLIENT_DATA_MIN	      32
#define CLIENT_DATA_MAX	      2048
#define CLIENT_DATA_DEPTH_MAX 4

#define CLIENT_DATA_GET	   "webauthn.get"
#define CLIENT_DATA_CREATE "webauthn.create"

struct client_data {
	uint8_t challenge[32]; /* compare it with ct_equal() */
	struct bytes origin;   /* printable ASCII; for origin_matches_var() */
};

/*
 * Fills *out, whose view borrows json, when the text is of this type.
 * AUTH_FORMAT; AUTH_RP when the page was embedded in another one.
 */
enum kms_rc client_data_parse(struct client_data *out, struct bytes json,
			      const char *type) KMS_MUST_USE;

#endif /* KMS_CODEC_CLIENT_DATA_H */
