/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mh - what the tests of a malicious host share
 *
 * The host of these tests keeps everything it ever saw, sends what it likes,
 * and looks at all that comes back. Each test is named after the invariant of
 * the TA that it shows (docs/threat-model.md).
 */

#ifndef KMS_TEST_MH_H
#define KMS_TEST_MH_H

#include "test/property/fixture.h"

/* --- taint: what must never leave the TA --------------------------------- */

/*
 * Secrets are known by every window of 8 bytes, so that a part of one, at any
 * place, is found. The table is on the heap, out of its own sight.
 */
#define MH_WINDOW 8

void mh_taint_open(void);
void mh_taint_close(void);
void mh_taint_add(const void *secret, size_t len);
/* Device key, domain root, identity, certificate keys. */
void mh_taint_learn(const struct instance *i);
/* The state of the generator, of which the next command makes another one. */
void mh_taint_learn_generator(const struct instance *i);
/* Record keys and private keys of all blobs that a PREPARE has given. */
void mh_taint_learn_blobs(const struct instance *i, struct bytes state_out);
/* Where a secret begins in these bytes, or NULL. */
const uint8_t *mh_taint_find(const void *bytes, size_t len);
size_t mh_taint_count(void);

/* --- the memory of an instance -------------------------------------------- */

/*
 * A host_send, as instance_send(): the command runs on a stack of its own,
 * which was painted before. A panic is UNAVAILABLE and ends the instance.
 */
enum kms_rc mh_stack_send(void *arg, uint16_t cmd, struct bytes request,
			  struct bytes state, struct buf *rsp, struct buf *out);
/* What the last command used of it, in bytes, and all of that memory. */
size_t mh_stack_depth(void);
struct bytes mh_stack_memory(void);

/*
 * A secret in the program's static memory, but for the host's part and for
 * where the TA keeps its secrets: keys, primitives, opened records, the
 * staged batch. everywhere: also there. NULL when there is none.
 */
const uint8_t *mh_taint_in_memory(const struct fixture *f, bool everywhere);

/* --- a life of a shard ---------------------------------------------------- */

/* The workloads below stay under this number of keys. */
#define MH_KEYS_MAX 40

/* A batch of 1 to 4 random changes, as far as there is something to change. */
size_t mh_pick_ops(struct fixture *f, struct host_op *ops);
/* One random thing that an honest host does; the shard can go on after it. */
void mh_act(struct fixture *f);

/* A request that was valid before a hostile hand bent it. */
struct mh_attack {
	uint16_t cmd;
	enum kms_rc rc;
};
/*
 * Sends one. What it may have staged or committed is undone or taken over, so
 * that the oracle stays right.
 */
struct mh_attack mh_attack(struct fixture *f);

/* --- refusals that change nothing (I9) ------------------------------------ */

/*
 * A fixture whose host fails the test when a command that was refused has
 * changed the TA or its storage; mh_refusals counts them.
 */
extern unsigned int mh_refusals;
int mh_open_checked(void **state);
#define mh_checked_test(name) \
	cmocka_unit_test_setup_teardown(name, mh_open_checked, fixture_close)

/* Keys 0 .. 7; 3 is disabled, 4 deleted, 5 wants an API key. */
void mh_make_keys(struct fixture *f);
/* The generator wants its seed at the next call, and gets nothing new. */
void mh_starve(struct fixture *f);
/* The end of that, with a restart. */
void mh_feed(struct fixture *f);

/* The name of a command and a result, for messages. */
const char *mh_name(const struct mh_attack *a);

#endif /* KMS_TEST_MH_H */
