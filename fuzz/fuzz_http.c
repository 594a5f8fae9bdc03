/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes on a connection, in pieces of any length. Property: what is handed
 * out, and whether and how the connection is refused, does not depend on where
 * the bytes were cut; and a handler sees no control character, no second Host
 * and no ambiguous length.
 */
#include "fuzz/http_feed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed_account whole = feed(data, size, 0, 0);
	struct feed_account bytes = feed(data, size, 1, size);
	struct feed_account pieces = feed(data, size, 64, whole.digest + size);

	if (!feed_same(&whole, &bytes) || !feed_same(&whole, &pieces))
		abort();
	return 0;
}
