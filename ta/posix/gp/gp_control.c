/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults, counters, tapes and clocks of the tests.
 */
#include "gp_internal.h"

#include "common/mem.h"
#include "common/sha256.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_MAX 8

struct fault {
	enum gp_call call;
	uint64_t first; /* of calls yet to come; 0: none */
	uint64_t count;
	enum gp_fault fault;
};

static struct {
	pthread_mutex_t lock;
	struct fault faults[FAULTS_MAX];
	uint64_t counts[GP_CALL_KINDS];
	gp_stop_fn *stop;
	void *stop_arg;
	enum { TAPE_OFF, TAPE_RECORD, TAPE_REPLAY } tape_mode;
	uint8_t *tape;
	size_t tape_cap;
	size_t tape_len;
	size_t tape_at;
	struct bytes replay;
	int64_t clock_ms;
	uint32_t clock_level;
	bool watch;
	uint64_t *seen; /* open addressing; 0 is free */
	size_t seen_cap;
	uint64_t seals;
	uint64_t repeats;
	struct gp_rpmb_wear wear;
} control = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.clock_ms = -1,
	.clock_level = 100,
};

static __thread unsigned int instance;
static __thread unsigned int depth; /* inside the TEE */
static __thread bool guarded;
static atomic_ulong offences;

unsigned int gp_instance(void)
{
	return instance;
}

void gp_instance_set(unsigned int id)
{
	if (id >= GP_INSTANCES_MAX)
		abort();
	instance = id;
}

void gp_instance_drop(unsigned int id)
{
	gp_operations_drop(id);
	gp_objects_drop(id);
}

void gp_on_stop(gp_stop_fn *stop, void *arg)
{
	control.stop = stop;
	control.stop_arg = arg;
}

void gp_stop(bool power_cut, TEE_Result panic_code)
{
	depth = 0;
	guarded = false;
	if (control.stop)
		control.stop(control.stop_arg, power_cut, panic_code);
	abort();
}

static void power_cut(void)
{
	gp_unlock_if_held();
	gp_stop(true, 0);
}

/* Calls and faults */

static bool is_kind(enum gp_call wanted, enum gp_call call)
{
	return wanted == GP_CALL_ANY || wanted == call ||
	       (wanted == GP_CALL_STORAGE && call >= GP_CALL_OPEN &&
		call <= GP_CALL_DELETE);
}

void gp_fault_set(enum gp_call call, uint64_t nth, uint64_t count,
		  enum gp_fault fault)
{
	struct fault *unused = NULL;
	size_t i = 0;

	pthread_mutex_lock(&control.lock);
	for (i = 0; i < FAULTS_MAX; i++) {
		if (control.faults[i].first && control.faults[i].call == call)
			control.faults[i].first = 0;
		if (!control.faults[i].first)
			unused = &control.faults[i];
	}
	if (!unused)
		abort();
	if (nth)
		*unused = (struct fault){ call, nth, count, fault };
	pthread_mutex_unlock(&control.lock);
}

/* Counts down to the fault, then through it. */
static enum gp_fault step(struct fault *f)
{
	if (f->first > 1) {
		f->first--;
		return GP_FAULT_NONE;
	}
	if (f->count != UINT64_MAX && !--f->count)
		f->first = 0;
	return f->fault;
}

enum gp_fault gp_enter(enum gp_call call)
{
	enum gp_fault fault = GP_FAULT_NONE;
	enum gp_fault one = GP_FAULT_NONE;
	size_t i = 0;

	if (call == GP_CALL_ALLOC && guarded && !depth)
		atomic_fetch_add(&offences, 1);
	depth++;
	pthread_mutex_lock(&control.lock);
	control.counts[call]++;
	for (i = 0; i < FAULTS_MAX; i++) {
		if (!control.faults[i].first ||
		    !is_kind(control.faults[i].call, call))
			continue;
		one = step(&control.faults[i]);
		fault = one ? one : fault;
	}
	pthread_mutex_unlock(&control.lock);
	if (fault == GP_FAULT_CUT_BEFORE)
		power_cut();
	return fault;
}

void gp_leave(enum gp_fault fault)
{
	if (depth)
		depth--;
	if (fault == GP_FAULT_CUT_DURING || fault == GP_FAULT_CUT_AFTER)
		power_cut();
}

uint64_t gp_count(enum gp_call call)
{
	uint64_t sum = 0;
	unsigned int i = 0;

	pthread_mutex_lock(&control.lock);
	for (i = 0; i < GP_CALL_KINDS; i++)
		if (is_kind(call, (enum gp_call)i))
			sum += control.counts[i];
	pthread_mutex_unlock(&control.lock);
	return sum;
}

void gp_count_reset(void)
{
	pthread_mutex_lock(&control.lock);
	memset(control.counts, 0, sizeof(control.counts));
	pthread_mutex_unlock(&control.lock);
}

/* Heap guard */

void gp_heap_guard(bool on)
{
	guarded = on;
}

uint64_t gp_heap_offences(void)
{
	return atomic_load(&offences);
}

void gp_heap_note(void)
{
	if (guarded && !depth)
		atomic_fetch_add(&offences, 1);
}

/* Tape */

void gp_tape_record(void)
{
	control.tape_mode = TAPE_RECORD;
	control.tape_len = 0;
}

struct bytes gp_tape_stop(void)
{
	control.tape_mode = TAPE_OFF;
	return bytes_of(control.tape, control.tape_len);
}

void gp_tape_replay(struct bytes tape)
{
	control.tape_mode = tape.ptr ? TAPE_REPLAY : TAPE_OFF;
	control.replay = tape;
	control.tape_at = 0;
}

static void tape_append(const void *bytes, size_t len)
{
	size_t cap = control.tape_cap ? control.tape_cap : 4096;
	uint8_t *grown = NULL;

	while (cap < control.tape_len + len)
		cap *= 2;
	if (cap != control.tape_cap) {
		grown = mem_zalloc(1, cap);
		if (!grown)
			abort();
		if (control.tape_len)
			memcpy(grown, control.tape, control.tape_len);
		mem_free(control.tape);
		control.tape = grown;
		control.tape_cap = cap;
	}
	memcpy(control.tape + control.tape_len, bytes, len);
	control.tape_len += len;
}

void gp_tape(void *bytes, size_t len, void (*source)(void *, size_t))
{
	bool ended = false;

	if (control.tape_mode == TAPE_OFF) {
		source(bytes, len);
		return;
	}
	pthread_mutex_lock(&control.lock);
	if (control.tape_mode == TAPE_RECORD) {
		source(bytes, len);
		tape_append(bytes, len);
	} else if (len <= control.replay.len - control.tape_at) {
		memcpy(bytes, control.replay.ptr + control.tape_at, len);
		control.tape_at += len;
	} else {
		ended = true;
	}
	pthread_mutex_unlock(&control.lock);
	if (ended)
		TEE_Panic(TEE_ERROR_NO_DATA);
}

/* Clock */

void gp_clock_set(int64_t ms)
{
	control.clock_ms = ms;
}

void gp_clock_advance(uint32_t ms)
{
	TEE_Time now = { 0 };

	if (control.clock_ms < 0) {
		TEE_GetSystemTime(&now);
		control.clock_ms = (int64_t)now.seconds * 1000 + now.millis;
	}
	control.clock_ms += ms;
}

void gp_clock_level(uint32_t level)
{
	control.clock_level = level;
}

uint32_t gp_clock_get_level(void)
{
	return control.clock_level;
}

bool gp_clock_read(TEE_Time *time)
{
	if (control.clock_ms < 0)
		return false;
	time->seconds = (uint32_t)(control.clock_ms / 1000);
	time->millis = (uint32_t)(control.clock_ms % 1000);
	return true;
}

/* AEAD keys and nonces, as 64 bits of a hash; a chance repeat is a miracle. */

static bool seen_add(uint64_t *table, size_t cap, uint64_t mark)
{
	size_t i = mark & (cap - 1);

	while (table[i] && table[i] != mark)
		i = (i + 1) & (cap - 1);
	if (table[i])
		return false;
	table[i] = mark;
	return true;
}

static void seen_grow(void)
{
	size_t cap = control.seen_cap ? control.seen_cap * 4 : 4096;
	uint64_t *grown = mem_zalloc(cap, sizeof(*grown));
	size_t i = 0;

	if (!grown)
		abort();
	for (i = 0; i < control.seen_cap; i++)
		if (control.seen[i])
			seen_add(grown, cap, control.seen[i]);
	mem_free(control.seen);
	control.seen = grown;
	control.seen_cap = cap;
}

void gp_aead_watch(bool on)
{
	control.watch = on;
}

void gp_aead_note(const uint8_t key[32], const void *nonce, size_t nonce_len)
{
	uint8_t hash[SHA256_LEN] = { 0 };
	struct sha256 s = { 0 };
	uint64_t mark = 0;

	if (!control.watch)
		return;
	sha256_init(&s);
	sha256_update(&s, key, 32);
	sha256_update(&s, nonce, nonce_len);
	sha256_final(&s, hash);
	memcpy(&mark, hash, sizeof(mark));
	pthread_mutex_lock(&control.lock);
	if (control.seals * 2 >= control.seen_cap)
		seen_grow();
	control.seals++;
	if (!seen_add(control.seen, control.seen_cap, mark | 1))
		control.repeats++;
	pthread_mutex_unlock(&control.lock);
	secret_wipe(&s, sizeof(s));
}

uint64_t gp_aead_seals(void)
{
	return control.seals;
}

uint64_t gp_aead_repeats(void)
{
	return control.repeats;
}

/*
 * OP-TEE writes in place what lies in one block of 256 bytes, behind a header
 * of 24; anything else is a new copy and an update of the table of files.
 */
void gp_rpmb_note(size_t at, size_t changed, size_t len)
{
	size_t first = (24 + at) / 256;
	size_t last = (24 + at + (changed ? changed - 1 : 0)) / 256;
	uint32_t blocks = 1;

	if (first != last)
		blocks = (uint32_t)((24 + len + 255) / 256) + 1;
	control.wear.write_counter += blocks;
	control.wear.blocks += blocks;
}

struct gp_rpmb_wear gp_rpmb_wear(void)
{
	return control.wear;
}
