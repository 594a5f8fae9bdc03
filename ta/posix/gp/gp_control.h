/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gp_control - what only tests may do to the TEE under the TA
 *
 * Compiled with KMS_TA_TEST_HOOKS; the process that ships has none of it.
 * Everything here but the per-thread functions is global to the process.
 */

#ifndef KMS_TA_POSIX_GP_CONTROL_H
#define KMS_TA_POSIX_GP_CONTROL_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"
#include "ta/posix/gp/gp.h"

/*
 * Storage in memory instead of files: the same rules, no durability to wait
 * for. cfg->state_dir is ignored, the device key is a fixed one.
 */
enum kms_rc gp_memory_open(const struct gp_config *cfg) KMS_MUST_USE;

/* Kinds of calls, as they are counted and made to fail. */
enum gp_call {
	GP_CALL_RANDOM,
	GP_CALL_TIME,
	GP_CALL_OPEN,
	GP_CALL_CREATE,
	GP_CALL_READ,
	GP_CALL_WRITE,
	GP_CALL_DELETE,
	GP_CALL_ALLOC,	/* TEE_Malloc, TEE_Allocate* */
	GP_CALL_KEY,	/* generate, populate, set */
	GP_CALL_CRYPTO, /* one AE or signature operation */
	GP_CALL_INVOKE, /* of a pseudo TA */
	GP_CALL_KINDS,
	GP_CALL_ANY = GP_CALL_KINDS, /* for gp_fault_set() and gp_count() */
	GP_CALL_STORAGE,	     /* open, create, read, write, delete */
};

enum gp_fault {
	GP_FAULT_NONE,
	GP_FAULT_ERROR,	     /* the call's usual error; random: panic */
	GP_FAULT_CORRUPT,    /* open, read: TEE_ERROR_CORRUPT_OBJECT */
	GP_FAULT_STUCK,	     /* random: the bytes of the call before */
	GP_FAULT_CUT_BEFORE, /* power cut before anything happened */
	GP_FAULT_CUT_DURING, /* with the new content half written */
	GP_FAULT_CUT_AFTER,  /* when it is written, before the TA knows */
};

/*
 * The nth following call of that kind, counted from 1, and the count - 1 after
 * it, meet the fault. count UINT64_MAX is for good. nth 0 removes it.
 */
void gp_fault_set(enum gp_call call, uint64_t nth, uint64_t count,
		  enum gp_fault fault);

/* Calls since gp_count_reset(). */
uint64_t gp_count(enum gp_call call);
void gp_count_reset(void);

/*
 * Called instead of abort(), for a power cut and for TEE_Panic(). It must not
 * return: it jumps back into the test, which calls gp_instance_drop() as a
 * reboot would. NULL brings abort() back.
 */
typedef void gp_stop_fn(void *arg, bool power_cut, TEE_Result panic_code);
void gp_on_stop(gp_stop_fn *stop, void *arg);

/*
 * Handles belong to the instance of the thread that opened them; 0 at first.
 * gp_instance_drop() does to them what the death of that instance does.
 */
void gp_instance_set(unsigned int id);
void gp_instance_drop(unsigned int id);
/* For a thread that ends before the program: what the TEE keeps for it. */
void gp_thread_end(void);

/* Random tape: record appends to a buffer, replay reads it back. */
void gp_tape_record(void);
/* Gives the tape; it is valid until the next gp_tape_ call. */
struct bytes gp_tape_stop(void);
/* Borrows tape; its end panics. An absent one ends the replay. */
void gp_tape_replay(struct bytes tape);

/* System time stands still at ms, until the next call; negative: real time. */
void gp_clock_set(int64_t ms);
void gp_clock_advance(uint32_t ms);
/* What gpd.tee.systemTime.protectionLevel says. */
void gp_clock_level(uint32_t level);

/* Memory storage: what a host with the disk, or a screwdriver, can do. */
enum gp_medium {
	GP_MEDIUM_REE = 1,
	GP_MEDIUM_RPMB = 2,
};
struct gp_snapshot;
/* Gives the snapshot, or NULL without memory. */
struct gp_snapshot *gp_storage_snapshot(void) KMS_MUST_USE;
/* Media as a mask; a hostile host rolls back GP_MEDIUM_REE only. */
void gp_storage_restore(const struct gp_snapshot *s, unsigned int media);
void gp_snapshot_free(struct gp_snapshot **s);

enum gp_tamper { GP_TAMPER_DELETE, GP_TAMPER_FLIP };
/* NOT_FOUND when there is no such object. */
enum kms_rc gp_storage_tamper(uint32_t storage, struct bytes id,
			      enum gp_tamper how) KMS_MUST_USE;
/* Over every object, closed or open: equal when nothing changed. */
void gp_storage_digest(uint8_t out[32]);
/* Whether any object holds these bytes in the clear. */
bool gp_storage_contains(struct bytes needle);
/* Shows the content of every object; visit may not call the TEE. */
void gp_storage_visit(void (*visit)(void *arg, struct bytes content),
		      void *arg);

/* Wear of the RPMB partition, in authenticated writes of 256 bytes. */
struct gp_rpmb_wear {
	uint32_t write_counter;
	uint64_t blocks;
};
struct gp_rpmb_wear gp_rpmb_wear(void);

/* AES-GCM seals seen so far, and those that used a (key, nonce) again. */
void gp_aead_watch(bool on);
uint64_t gp_aead_seals(void);
uint64_t gp_aead_repeats(void);

/*
 * While on, for this thread: every TEE_Malloc, TEE_Allocate* and, where the
 * program is linked with gp_heap_dep, every malloc of the TA counts as an
 * offence. Calls into the TEE, which has its own memory, do not.
 */
void gp_heap_guard(bool on);
uint64_t gp_heap_offences(void);

#endif /* KMS_TA_POSIX_GP_CONTROL_H */
