/* SPDX-License-Identifier: Apache-2.0 */
/*
 * challenge_book - the ceremonies that have begun and not ended
 *
 * Owns:      in memory only: a challenge of the TEE dies with its instance and
 *            within ABI_NONCE_LIFE_MS, and a database would only slow it down.
 *            A ceremony that a restart cuts off is begun again.
 * Promises:  a challenge stays until its ceremony ends or it is too old: what
 *            was refused on the way may be tried again, as the TEE spends a
 *            nonce on success only, and once. Constant memory. One wallet has
 *            at most CHALLENGE_BOOK_OF_WALLET of them, the oldest gives way.
 * Threads:   shared; a lock inside.
 */

#ifndef KMS_HOST_SERVICE_CHALLENGE_BOOK_H
#define KMS_HOST_SERVICE_CHALLENGE_BOOK_H

#include "abi/schema.h"
#include "codec/uuid.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define CHALLENGE_BOOK_MAX	 65536
#define CHALLENGE_BOOK_OF_WALLET 64
#define CHALLENGE_NOTE_MAX	 1536

enum challenge_purpose {
	CHALLENGE_REGISTRATION = 1,
	CHALLENGE_AUTHENTICATION = 2,
};

struct challenge {
	uint8_t purpose;	    /* enum challenge_purpose */
	uint8_t uuid[ABI_UUID_LEN]; /* of the wallet, or zero */
	uint16_t shard;		    /* whose instance made the nonce */
	uint8_t nonce[32];
	char rp_id[ABI_RP_ID_MAX + 1];
	struct bytes note; /* what a registration will need; or none */
};

struct challenge_book;

/* most: at most CHALLENGE_BOOK_MAX. NO_MEMORY. */
enum kms_rc challenge_book_new(struct challenge_book **out,
			       unsigned int most) KMS_MUST_USE;
void challenge_book_free(struct challenge_book **b);

/* Copies *c, note too, and makes up its id. BUSY, NO_MEMORY, UNAVAILABLE. */
enum kms_rc challenge_book_put(struct challenge_book *b,
			       char id[UUID_TEXT_LEN + 1],
			       const struct challenge *c,
			       uint64_t now_ns) KMS_MUST_USE;

/*
 * Copies the challenge with this id, if purpose and uuid are its own, and its
 * note to note_buf, unless that is NULL. NOT_FOUND; AUTH_CHALLENGE when it is
 * another's.
 */
enum kms_rc challenge_book_look(struct challenge_book *b, struct challenge *out,
				uint8_t note_buf[CHALLENGE_NOTE_MAX],
				struct bytes id, uint8_t purpose,
				const uint8_t uuid[ABI_UUID_LEN],
				uint64_t now_ns) KMS_MUST_USE;

/* The ceremony has done what it was for. False when it was not there. */
bool challenge_book_end(struct challenge_book *b, struct bytes id);

#endif /* KMS_HOST_SERVICE_CHALLENGE_BOOK_H */
