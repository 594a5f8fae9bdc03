/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Client data: the template and the JSON reader give the same verdict, what
 * was read stands in the text, and a text has one type.
 */
#include "codec/client_data.h"
#include "codec/json.h"
#include "common/base64.h"
#include "fuzz/fuzz.h"

#include <string.h>

/* A blank behind the brace keeps the meaning, and leaves the template. */
static void check_other_way(struct bytes json, const char *type,
			    enum kms_rc want, const struct client_data *read)
{
	static uint8_t wide[CLIENT_DATA_MAX];
	struct client_data d = { 0 };

	if (json.len < CLIENT_DATA_MIN || json.len >= sizeof(wide) ||
	    json.ptr[0] != '{')
		return;
	wide[0] = '{';
	wide[1] = ' ';
	memcpy(wide + 2, json.ptr + 1, json.len - 1);
	fuzz_check(client_data_parse(&d, bytes_of(wide, json.len + 1), type) ==
		   want);
	if (want)
		return;
	fuzz_check(!memcmp(d.challenge, read->challenge, sizeof(d.challenge)));
	fuzz_check(bytes_equal_var(d.origin, read->origin));
}

static void check_accepted(struct bytes json, const char *type,
			   const struct client_data *read)
{
	struct json_value top = { 0 };
	char challenge[BASE64_LEN(32)];
	size_t len = 0;

	fuzz_check(!json_parse(&top, json));
	fuzz_check(json_depth(&top) <= CLIENT_DATA_DEPTH_MAX);
	fuzz_check(bytes_is_var(json_member(&top, "type").raw, type));
	len = base64url_encode(challenge, read->challenge, 32);
	fuzz_check(bytes_equal_var(json_member(&top, "challenge").raw,
				   bytes_of(challenge, len)));
	fuzz_check(json_member(&top, "origin").raw.ptr == read->origin.ptr);
	fuzz_check(json_member(&top, "topOrigin").type == JSON_ABSENT);
	fuzz_check(json_member(&top, "crossOrigin").type != JSON_TRUE);
}

static bool check(struct bytes json, const char *type)
{
	struct client_data read = { 0 };
	enum kms_rc rc = client_data_parse(&read, json, type);

	if (!rc)
		check_accepted(json, type, &read);
	check_other_way(json, type, rc, &read);
	return !rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes json = bytes_of(data, size);
	bool get = check(json, CLIENT_DATA_GET);
	bool create = check(json, CLIENT_DATA_CREATE);

	fuzz_check(!get || !create);
	return 0;
}
