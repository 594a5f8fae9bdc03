/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/relying_party.h"

#include "codec/origin.h"

#include <stdio.h>
#include <string.h>

#define LOCALHOST "localhost"

/*
 * Takes the next item of a list off *list, without the blanks around it; NULL
 * is left behind the last one.
 */
static bool take_item(const char **list, struct bytes *item)
{
	size_t len = 0;

	if (!*list)
		return false;
	len = strcspn(*list, ",");
	*item = bytes_of(*list, len);
	*list = (*list)[len] ? *list + len + 1 : NULL;
	while (item->len && item->ptr[0] == ' ') {
		item->ptr++;
		item->len--;
	}
	while (item->len && item->ptr[item->len - 1] == ' ')
		item->len--;
	return true;
}

/* An RP id is the host of some origin. */
static bool is_id(struct bytes id)
{
	char origin[ABI_RP_ID_MAX + sizeof("https://")];
	int len = 0;

	if (!id.len || id.len > ABI_RP_ID_MAX || memchr(id.ptr, ':', id.len) ||
	    memchr(id.ptr, '*', id.len))
		return false;
	len = snprintf(origin, sizeof(origin), "https://%.*s", (int)id.len,
		       (const char *)id.ptr);
	return origin_pattern_ok(bytes_of(origin, (size_t)len));
}

static enum kms_rc read_ids(struct relying_party *rp, const char *list,
			    const char **why)
{
	struct bytes id = { 0 };

	while (take_item(&list, &id)) {
		*why = "KMS_RP_ID: not a list of at most 8 host names";
		if (!is_id(id) || rp->count == RELYING_PARTY_IDS_MAX)
			return KMS_RC_CONFIG;
		memcpy(rp->ids[rp->count++], id.ptr, id.len);
	}
	return KMS_RC_OK;
}

static enum kms_rc add_origin(struct relying_party *rp, struct bytes pattern)
{
	size_t at = strlen(rp->origins);
	size_t comma = at ? 1 : 0;

	if (!origin_pattern_ok(pattern) ||
	    pattern.len > ABI_ORIGINS_MAX - comma ||
	    at > ABI_ORIGINS_MAX - comma - pattern.len)
		return KMS_RC_CONFIG;
	if (comma)
		rp->origins[at++] = ',';
	memcpy(rp->origins + at, pattern.ptr, pattern.len);
	return KMS_RC_OK;
}

static enum kms_rc default_origin(struct relying_party *rp)
{
	bool local = !strcmp(rp->ids[0], LOCALHOST);
	char text[ABI_RP_ID_MAX + 16];
	int len = snprintf(text, sizeof(text), "%s://%s%s",
			   local ? "http" : "https", rp->ids[0],
			   local ? ":*" : "");

	return add_origin(rp, bytes_of(text, (size_t)len));
}

static enum kms_rc read_origins(struct relying_party *rp, const char *list,
				const char **why)
{
	struct bytes pattern = { 0 };
	enum kms_rc rc = KMS_RC_OK;

	*why = "KMS_ORIGIN: not a list of origins (https://a.example, "
	       "https://*.a.example, http://localhost:*) of at most 256 "
	       "characters";
	while (!rc && take_item(&list, &pattern))
		rc = add_origin(rp, pattern);
	if (!rc && !*rp->origins && rp->count)
		rc = default_origin(rp);
	return rc;
}

enum kms_rc relying_party_read(struct relying_party *rp, const char *ids,
			       const char *name, const char *origins,
			       const char **why)
{
	int len = 0;
	enum kms_rc rc = KMS_RC_INTERNAL;

	*rp = (struct relying_party){ 0 };
	rc = read_ids(rp, ids, why);
	if (!rc)
		rc = read_origins(rp, origins, why);
	if (rc)
		return rc;
	*why = "KMS_RP_NAME: longer than 64 characters";
	len = snprintf(rp->name, sizeof(rp->name), "%s", name ? name : "");
	if (len < 0 || (size_t)len >= sizeof(rp->name))
		return KMS_RC_CONFIG;
	*why = NULL;
	return KMS_RC_OK;
}

const char *relying_party_choose(const struct relying_party *rp,
				 struct bytes origin)
{
	struct bytes host = { 0 };

	if (!origin.len || !origin_host(&host, origin))
		return rp->ids[0];
	for (unsigned int i = 0; i < rp->count; i++) {
		struct bytes id = bytes_of_text(rp->ids[i]);

		if (origin_host_in_var(host, id))
			return rp->ids[i];
	}
	return rp->ids[0];
}
