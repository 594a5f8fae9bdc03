/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_teec - the functions of libteec over a TA that signs like sign_ta.h
 */

#ifndef KMS_TEST_FAKE_TEEC_H
#define KMS_TEST_FAKE_TEEC_H

#include <stdbool.h>

/* Commands that are not SIGN echo p0 to p1 and p2 to p3. */
struct fake_teec {
	unsigned int invocations;
	unsigned int open_sessions;
	unsigned int open_blocks;
	bool hold;	/* invocations wait until this is taken away */
	bool hold_open; /* so do openings of sessions */
	bool refuse;	/* sessions cannot be opened */
	bool die_next;	/* the next invocation ends the TA */
};

/* Under one lock with the functions. */
struct fake_teec fake_teec_get(void);
void fake_teec_hold(bool hold);
void fake_teec_hold_open(bool hold);
void fake_teec_refuse(bool refuse);
void fake_teec_die_next(void);
/* Waits until an invocation is held. */
void fake_teec_await_held(void);

#endif /* KMS_TEST_FAKE_TEEC_H */
