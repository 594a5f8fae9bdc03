/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door - whose requests are counted, and how many of each are let in
 *
 * The flags of a row tell which of three counts it takes part in: that of the
 * caller (its API key, or its address while it needs none), that of the
 * client's address, and that of the wallet it names. The operations of AWS
 * take part in none.
 */

#ifndef KMS_HOST_DOOR_H
#define KMS_HOST_DOOR_H

#include "codec/json.h"
#include "host/http/http.h"
#include "host/service/call.h"

#define DOOR_OPEN UINT32_MAX /* requests a minute: not counted */

struct door_config {
	unsigned int per_caller; /* requests a minute */
	unsigned int per_address;
	unsigned int per_wallet;
	unsigned int identities_max; /* of each */
};

struct door;

enum kms_rc door_new(struct door **out,
		     const struct door_config *config) KMS_MUST_USE;
void door_free(struct door **d);

/* What a refused caller is told. */
struct door_refusal {
	unsigned int per_minute;
	unsigned int wait_s;
};

/* Counts caller and address. RATE. */
enum kms_rc door_enter(struct door *d, struct door_refusal *refusal,
		       const struct call *call,
		       const struct http_request *req) KMS_MUST_USE;
/*
 * Counts the wallet that the body names by its KeyId or an Address, of a call
 * that door_enter() let in. RATE: then it has not counted there either.
 */
enum kms_rc door_enter_wallet(struct door *d, struct door_refusal *refusal,
			      struct call *call, const struct http_request *req,
			      const struct json_value *body) KMS_MUST_USE;

#endif /* KMS_HOST_DOOR_H */
