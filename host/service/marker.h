/* SPDX-License-Identifier: Apache-2.0 */
/*
 * marker - where the next page of a list begins
 *
 * A marker is base64url of the last item's name and a digest over it, the list
 * and the account, so that a garbled one and another list's are told.
 */

#ifndef KMS_HOST_SERVICE_MARKER_H
#define KMS_HOST_SERVICE_MARKER_H

#include "codec/json.h"

#define MARKER_NAME_MAX 512

void marker_put(struct json_writer *w, const char *list, uint64_t account,
		struct bytes name);
/* INVALID_MARKER, also when the name is longer than cap. */
enum kms_rc marker_get(uint8_t *name, size_t cap, size_t *len, const char *list,
		       uint64_t account, struct bytes text) KMS_MUST_USE;

#endif /* KMS_HOST_SERVICE_MARKER_H */
