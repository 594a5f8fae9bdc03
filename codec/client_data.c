/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/client_data.h"

#include "codec/json.h"
#include "common/base64.h"

#include <string.h>

/* The members that count, as they stand in the text. */
struct members {
	struct bytes challenge;
	struct bytes origin;
};

/* What JSON writes as itself and an origin may contain. */
static bool is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

static bool take_text(struct bytes *rest, const char *text)
{
	size_t len = strlen(text);

	if (len > rest->len || !bytes_is_var(bytes_of(rest->ptr, len), text))
		return false;
	rest->ptr += len;
	rest->len -= len;
	return true;
}

static bool take_plain(struct bytes *rest, struct bytes *out)
{
	size_t len = 0;

	while (len < rest->len && is_plain(rest->ptr[len]))
		len++;
	*out = bytes_of(rest->ptr, len);
	rest->ptr += len;
	rest->len -= len;
	return true;
}

/*
 * The template; with the last member, and without it, as clients of Level 1
 * and many apps write it.
 */
static bool match_template(struct members *m, struct bytes json,
			   const char *type)
{
	bool same = take_text(&json, "{\"type\":\"") &&
		    take_text(&json, type) &&
		    take_text(&json, "\",\"challenge\":\"") &&
		    take_plain(&json, &m->challenge) &&
		    take_text(&json, "\",\"origin\":\"") &&
		    take_plain(&json, &m->origin);

	return same && (bytes_is_var(json, "\",\"crossOrigin\":false}") ||
			bytes_is_var(json, "\"}"));
}

/* An unescaped string member. */
static bool get_string(struct bytes *out, const struct json_value *object,
		       const char *name)
{
	struct json_value v = json_member(object, name);

	*out = v.raw;
	return v.type == JSON_STRING && !v.escaped;
}

static bool is_embedded(const struct json_value *object)
{
	enum json_type cross = json_member(object, "crossOrigin").type;

	return (cross != JSON_ABSENT && cross != JSON_FALSE) ||
	       json_member(object, "topOrigin").type != JSON_ABSENT;
}

static enum kms_rc get_members(struct members *m, struct bytes json,
			       const char *want_type)
{
	struct json_value top = { 0 };
	struct bytes type = { 0 };

	if (json_parse(&top, json) ||
	    json_depth(&top) > CLIENT_DATA_DEPTH_MAX ||
	    !get_string(&type, &top, "type") ||
	    !bytes_is_var(type, want_type) ||
	    !get_string(&m->challenge, &top, "challenge") ||
	    !get_string(&m->origin, &top, "origin"))
		return KMS_RC_AUTH_FORMAT;
	return is_embedded(&top) ? KMS_RC_AUTH_RP : KMS_RC_OK;
}

/* What both ways ask of the members they found. */
static enum kms_rc fill(struct client_data *out, const struct members *m)
{
	size_t len = 0;

	if (base64url_decode(out->challenge, sizeof(out->challenge), &len,
			     (const char *)m->challenge.ptr,
			     m->challenge.len) ||
	    len != sizeof(out->challenge) || !m->origin.len)
		return KMS_RC_AUTH_FORMAT;
	for (size_t i = 0; i < m->origin.len; i++)
		if (!is_plain(m->origin.ptr[i]))
			return KMS_RC_AUTH_FORMAT;
	out->origin = m->origin;
	return KMS_RC_OK;
}

enum kms_rc client_data_parse(struct client_data *out, struct bytes json,
			      const char *type)
{
	enum kms_rc rc = KMS_RC_AUTH_FORMAT;
	struct members m = { 0 };

	*out = (struct client_data){ 0 };
	if (json.len < CLIENT_DATA_MIN || json.len > CLIENT_DATA_MAX)
		return KMS_RC_AUTH_FORMAT;
	if (!match_template(&m, json, type)) {
		rc = get_members(&m, json, type);
		if (rc)
			return rc;
	}
	return fill(out, &m);
}
