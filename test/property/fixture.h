/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fixture - a provisioned TA with an honest host at shard 0, for each test
 */

#ifndef KMS_TEST_FIXTURE_H
#define KMS_TEST_FIXTURE_H

#include "test/property/check.h"

#include "test/property/host_model.h"
#include "test/property/world.h"
#include "test/unit/seed.h"

#define FIXTURE_SHARDS 4

struct fixture {
	struct instance one;
	struct instance two; /* not started */
	struct host host;    /* of shard 0, by way of one */
	struct prng prng;
};

/* cmocka's setup and teardown. *state is the fixture. */
int fixture_open(void **state);
/* The same over storage without rollback protection. */
int fixture_open_weak(void **state);
/* A TA that was never provisioned. */
int fixture_open_blank(void **state);
int fixture_close(void **state);

#define fixture_test(name) \
	cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

/* Creates count keys of both kinds by turns; gives the first slot. */
uint64_t fixture_keys(struct fixture *f, size_t count);
uint64_t fixture_key(struct fixture *f, uint8_t spec);
/* Signs a random digest and checks the signature from outside. */
void fixture_check_signs(struct fixture *f, uint64_t slot);
void fixture_check_refused(struct fixture *f, uint64_t slot, enum kms_rc rc);
/* Fails the test unless s is r | s, low s, with the right recovery id. */
void fixture_check_signature(const struct host_key *key,
			     const uint8_t digest[32],
			     const struct host_signature *s);
enum kms_rc fixture_set_state(struct fixture *f, uint64_t slot, uint8_t state);
enum kms_rc fixture_delete(struct fixture *f, uint64_t slot);
/* The instance dies and a new one recovers the shard. */
void fixture_restart(struct fixture *f);

#endif /* KMS_TEST_FIXTURE_H */
