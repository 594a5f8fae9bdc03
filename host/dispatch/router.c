/* SPDX-License-Identifier: Apache-2.0 */
#include "host/dispatch/router.h"

#include <stdio.h>
#include <string.h>

#define TARGET_PREFIX "TrentService."

/* aws-kms.md P2: multi-Region keys and custom key stores. */
static const char *const refused_targets[] = {
	"TrentService.ReplicateKey",
	"TrentService.UpdatePrimaryRegion",
	"TrentService.CreateCustomKeyStore",
	"TrentService.ConnectCustomKeyStore",
	"TrentService.DisconnectCustomKeyStore",
	"TrentService.DeleteCustomKeyStore",
	"TrentService.UpdateCustomKeyStore",
	"TrentService.DescribeCustomKeyStores",
};

static struct bytes without_slash(struct bytes path)
{
	if (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	return path;
}

static bool has_path(const struct op *op, struct bytes path)
{
	return op->path && bytes_is_var(path, op->path);
}

static bool has_target(const struct op *op, struct bytes target)
{
	return op->target && bytes_is_var(target, op->target);
}

/* HEAD only where the answer is open to everybody. */
static bool takes_head(const struct op *op)
{
	return !(op->auth & AUTH_ANY) && !strcmp(op->method, "GET");
}

bool router_is_aws(struct bytes method, struct bytes path)
{
	return bytes_is_var(method, "POST") && bytes_is_var(path, "/");
}

enum kms_rc router_find_path(const struct op **op, struct bytes method,
			     struct bytes path)
{
	bool head = bytes_is_var(method, "HEAD");
	bool known = bytes_is_var(path, "/");

	*op = NULL;
	path = without_slash(path);
	for (size_t i = 0; i < op_count(); i++) {
		const struct op *row = op_at(i);

		if (!has_path(row, path))
			continue;
		known = true;
		if (!bytes_is_var(method, row->method) &&
		    !(head && takes_head(row)))
			continue;
		*op = row;
		return KMS_RC_OK;
	}
	return known ? KMS_RC_METHOD : KMS_RC_UNKNOWN_PATH;
}

enum kms_rc router_find_target(const struct op **op, struct bytes target)
{
	*op = NULL;
	for (size_t i = 0; i < op_count(); i++) {
		if (!has_target(op_at(i), target))
			continue;
		*op = op_at(i);
		if (!op_at(i)->when)
			break;
	}
	if (*op)
		return KMS_RC_OK;
	for (size_t i = 0; i < ARRAY_LEN(refused_targets); i++)
		if (bytes_is_var(target, refused_targets[i]))
			return KMS_RC_UNSUPPORTED;
	return KMS_RC_UNKNOWN_OPERATION;
}

static bool is_one_of(const struct json_value *name, const char *const *names)
{
	while (*names && !json_name_is(name, *names))
		names++;
	return *names;
}

/* One walk over the body, so that a long one is not searched per name. */
static bool has_one_of(const struct json_value *body, const char *const *names)
{
	struct json_value name = { 0 };
	struct json_value value = { 0 };
	size_t pos = 0;

	while (json_next(body, &pos, &name, &value))
		if (value.type != JSON_NULL && is_one_of(&name, names))
			return true;
	return false;
}

const struct op *router_choose(const struct op *op,
			       const struct json_value *body)
{
	struct bytes target = bytes_of_text(op->target);

	for (size_t i = 0; i < op_count(); i++)
		if (op_at(i)->when && has_target(op_at(i), target) &&
		    has_one_of(body, op_at(i)->when))
			return op_at(i);
	return op;
}

bool router_is_target(const struct op *op, struct bytes target)
{
	size_t len = sizeof(TARGET_PREFIX) - 1;

	if (target.len > len &&
	    bytes_is_var(bytes_of(target.ptr, len), TARGET_PREFIX) &&
	    bytes_is_var(bytes_of(target.ptr + len, target.len - len),
			 op->name))
		return true;
	for (size_t i = 0; i < op_count(); i++)
		if (op_at(i)->run == op->run && has_target(op_at(i), target))
			return true;
	return false;
}

static size_t add_method(char *out, size_t cap, size_t at, const char *method)
{
	int n = snprintf(out + at, cap - at, "%s%s", at ? ", " : "", method);

	return n > 0 && at + (size_t)n < cap ? at + (size_t)n : at;
}

void router_allowed(char *out, size_t cap, struct bytes path)
{
	size_t at = 0;

	out[0] = '\0';
	if (bytes_is_var(path, "/"))
		at = add_method(out, cap, at, "POST");
	path = without_slash(path);
	for (size_t i = 0; i < op_count(); i++) {
		if (!has_path(op_at(i), path))
			continue;
		at = add_method(out, cap, at, op_at(i)->method);
		if (takes_head(op_at(i)))
			at = add_method(out, cap, at, "HEAD");
	}
}
