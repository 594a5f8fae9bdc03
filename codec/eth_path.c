/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/eth_path.h"

#include "common/decimal.h"
#include "common/text.h"

#include <assert.h>
#include <string.h>

#define PREFIX_LEN (sizeof(ETH_PATH_PREFIX) - 1)

static_assert(ETH_PATH_LEN == PREFIX_LEN + 10 + 1 + 10, "two numbers fit");

/* The digits before and behind the one slash. */
static bool split(struct bytes *account, struct bytes *index, struct bytes text)
{
	const uint8_t *slash = NULL;

	if (text.len)
		slash = memchr(text.ptr, '/', text.len);
	if (!slash)
		return false;
	*account = bytes_of(text.ptr, (size_t)(slash - text.ptr));
	*index = bytes_of(slash + 1, text.len - account->len - 1);
	return true;
}

enum kms_rc eth_path_get(struct eth_path *path, struct bytes text)
{
	struct bytes account = { 0 };
	struct bytes index = { 0 };
	uint64_t a = 0;
	uint64_t i = 0;

	if (text.len < PREFIX_LEN ||
	    !bytes_is_var(bytes_of(text.ptr, PREFIX_LEN), ETH_PATH_PREFIX) ||
	    !split(&account, &index,
		   bytes_of(text.ptr + PREFIX_LEN, text.len - PREFIX_LEN)) ||
	    decimal_get(&a, ETH_PATH_NUMBER_MAX, account) ||
	    decimal_get(&i, ETH_PATH_NUMBER_MAX, index))
		return KMS_RC_BAD_INPUT;
	path->account = (uint32_t)a;
	path->index = (uint32_t)i;
	return KMS_RC_OK;
}

size_t eth_path_put(char out[ETH_PATH_LEN + 1], const struct eth_path *path)
{
	struct text text = { 0 };

	assert(path->account <= ETH_PATH_NUMBER_MAX);
	assert(path->index <= ETH_PATH_NUMBER_MAX);
	text_begin(&text, out, ETH_PATH_LEN + 1);
	text_put(&text, ETH_PATH_PREFIX);
	text_put_number(&text, path->account, 1);
	text_put(&text, "/");
	text_put_number(&text, path->index, 1);
	return text.len;
}
