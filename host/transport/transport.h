/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport - carries one command to one TEE instance and its answer back
 *
 * Owns:      the TEE instances ("workers"): processes, sessions, their memory.
 * Promises:  every submitted call is finished exactly once: by reap() or by
 *            cancel(). A dead worker finishes its calls with UNAVAILABLE.
 * Threads:   a worker is shared; a channel belongs to one thread.
 *
 * Nothing is retried here and nothing is parsed: bytes in, bytes out. Kinds:
 * process (teekms-ta over shared memory), optee (libteec), inproc (the TA
 * linked in, for tests), faulty (wraps another kind and fails its nth call).
 */

#ifndef KMS_HOST_TRANSPORT_H
#define KMS_HOST_TRANSPORT_H

#include "abi/limits.h"
#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

struct worker;
struct channel;
struct tee_call;

/* Runs in the thread of the channel, from reap(). */
typedef void tee_call_done(struct tee_call *call);

/*
 * One command. The caller owns it and lends req and state until submit()
 * returns (they are copied), rsp and state_out until done() or cancel().
 */
struct tee_call {
	uint16_t cmd;
	struct bytes req;     /* p0 */
	struct bytes state;   /* p2, may be absent */
	struct buf rsp;	      /* p1; len is set */
	struct buf state_out; /* p3, cap 0 when none is expected; len is set */
	/*
	 * OK: the TA answered, its own status is in rsp. UNAVAILABLE: it did
	 * not; whether the command ran is unknown. SHORT_BUFFER. DECODE: the
	 * TA refused the parameters as such.
	 */
	enum kms_rc rc;
	tee_call_done *done;
	void *arg;	       /* of the caller */
	struct tee_call *next; /* of the transport while in flight */
	uint32_t slot;	       /* likewise */
};

struct transport_config {
	const char *ta_program; /* process: path of teekms-ta */
	const char *state_dir;	/* process: the TA's own directory */
	unsigned int channels;	/* most channels a worker will have */
	unsigned int depth;	/* most calls in flight in one channel */
	bool trace;		/* let the TA's trace through to stderr */
};

struct transport {
	const char *name;

	/* Starts worker number index. The config is copied. */
	enum kms_rc (*open)(struct worker **w,
			    const struct transport_config *config,
			    unsigned int index);
	void (*close)(struct worker **w);

	/*
	 * Readable once the worker has died; -1 when that is not known. Ask
	 * again after a restart, which may end the old descriptor.
	 */
	int (*death_fd)(struct worker *w);
	/*
	 * Ends what is left of the worker and starts it anew, and waits until
	 * it serves. Calls in flight are finished by their channels' next
	 * reap(): with the answer if there is one, else with UNAVAILABLE.
	 * UNAVAILABLE when it cannot be ended or started now; the worker is
	 * dead then, and another try is worthwhile.
	 */
	enum kms_rc (*restart)(struct worker *w);

	/* Give a channel of the worker; it outlives restarts. */
	enum kms_rc (*channel_open)(struct channel **c, struct worker *w);
	void (*channel_close)(struct channel **c);

	/* BUSY when depth calls are in flight, UNAVAILABLE when dead. */
	enum kms_rc (*submit)(struct channel *c, struct tee_call *call);
	/* Wakes the worker once for everything submitted since. */
	void (*flush)(struct channel *c);
	/* Readable when reap() has something to finish. */
	int (*fd)(struct channel *c);
	/* Finishes what is ready; gives how many. Drains fd. */
	unsigned int (*reap)(struct channel *c);
	/* The call is no longer wanted; its answer will be dropped. */
	void (*cancel)(struct channel *c, struct tee_call *call);
};

extern const struct transport transport_process;
extern const struct transport transport_inproc;
extern const struct transport transport_optee;

#endif /* KMS_HOST_TRANSPORT_H */
