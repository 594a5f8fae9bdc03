/* SPDX-License-Identifier: Apache-2.0 */
/*
 * origin - where an assertion was made, and the patterns that allow it
 *
 * A web origin is scheme://host or scheme://host:port, written as browsers
 * serialise it: lower case, ASCII (IDNA names in their xn-- form), no user,
 * path or trailing dot, no port that the scheme implies. An app's origin is
 * opaque: android:apk-key-hash:..., ios:bundle-id:...
 *
 * A pattern is an origin, which matches itself alone. In that of a web origin
 * "*" may stand for
 *   - the left-most labels of the host, one or more: *.example.org allows
 *     a.example.org and b.a.example.org, never example.org itself, and needs
 *     two labels behind it, or "localhost";
 *   - the port, which then has to be there: http://localhost:*
 * Public data.
 */

#ifndef KMS_CODEC_ORIGIN_H
#define KMS_CODEC_ORIGIN_H

#include "common/bytes.h"

/* Whether a configured pattern is one; any other matches nothing. */
bool origin_pattern_ok(struct bytes pattern);

bool origin_matches_var(struct bytes pattern, struct bytes origin);

/* Gives the host of a web origin as a view; false for anything else. */
bool origin_host(struct bytes *host, struct bytes origin);

/* The domain itself or one below it: an RP id has to have the host so. */
bool origin_host_in_var(struct bytes host, struct bytes domain);

#endif /* KMS_CODEC_ORIGIN_H */
