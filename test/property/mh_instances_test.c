/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I5: two live instances never hold the same shard, whether they are threads
 * of one TEE or processes, and however one of them ends.
 */
#include "test/property/mh_files.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define THREADS	     4
#define ROUNDS	     100
#define PROCESSES    4
#define GENERATIONS  6
#define CHILD_ROUNDS 10

static enum kms_rc open_shard(struct instance *i, struct host *h,
			      uint16_t shard)
{
	struct abi_shard_status_rsp st = { 0 };

	host_init(h, instance_send, i, shard);
	return host_shard_open(h, &st);
}

/* --- one TEE -------------------------------------------------------------- */

/* While one holds shard 0, two gets another one, as often as it asks. */
static void check_refused(struct fixture *f)
{
	static struct host other;

	instance_start_fast(&f->two, 2);
	for (int again = 0; again < 3; again++)
		assert_rc(open_shard(&f->two, &other, 0), KMS_RC_IN_USE);
	assert_ok(open_shard(&f->two, &other, 1));
	fixture_keys(f, 1);
	fixture_check_signs(f, 0);
}

static void i5_a_second_instance_is_refused_until_the_first_ends(void **state)
{
	static struct host other;
	struct fixture *f = *state;
	static void (*const ends[])(struct instance *) = { instance_kill,
							   instance_stop };

	for (size_t how = 0; how < ARRAY_LEN(ends); how++) {
		check_refused(f);
		ends[how](&f->one);
		assert_ok(open_shard(&f->two, &other, 0));
		instance_start_fast(&f->one, 1);
		assert_rc(host_recover(&f->host, false), KMS_RC_IN_USE);
		instance_kill(&f->two);
		assert_ok(host_recover(&f->host, false));
	}
}

/* What the first has prepared, the second may finish; the first is dead. */
static void i5_what_a_dead_instance_prepared_its_heir_commits(void **state)
{
	static struct host heir;
	struct fixture *f = *state;
	struct host_op op = host_create(KEY_SPEC_SECP256K1);

	assert_ok(host_prepare(&f->host, &op, 1));
	host_store(&f->host);
	instance_kill(&f->one);
	instance_start_fast(&f->two, 2);
	heir = f->host;
	heir.arg = &f->two;
	assert_ok(host_recover(&heir, false));
	assert_int_equal(heir.db.seq, 1);
	assert_rc(host_commit(&f->host), KMS_RC_UNAVAILABLE);
}

static void i5_all_or_none_of_the_shards_are_opened(void **state)
{
	static struct host other;
	struct fixture *f = *state;
	struct abi_shard_open_req req = {
		.shards = bytes_of((const uint8_t *)"\1\0\2\0\0\0\3\0", 8),
	};

	instance_start_fast(&f->two, 2);
	host_init(&other, instance_send, &f->two, 1);
	host_begin(&other, CMD_SHARD_OPEN);
	ABI_PUT(&other.req_w, shard_open_req, &req);
	assert_rc(host_send_request(&other, CMD_SHARD_OPEN, 4), KMS_RC_IN_USE);
	for (uint16_t shard = 1; shard < FIXTURE_SHARDS; shard++) {
		assert_false(f->two.ta.shards[shard].open);
		assert_ok(open_shard(&f->one, &other, shard));
	}
}

static struct racer {
	pthread_t thread;
	unsigned int number;
	struct instance instance;
	struct host host;
	unsigned int wins;
	bool wrong; /* another result than won or IN_USE, or two holders */
} racers[THREADS];

static atomic_int holders;

static void *race(void *arg)
{
	struct racer *r = arg;

	for (int round = 0; round < ROUNDS; round++) {
		enum kms_rc rc = KMS_RC_INTERNAL;

		instance_start_fast(&r->instance, r->number);
		rc = open_shard(&r->instance, &r->host, 0);
		if (!rc) {
			r->wins++;
			r->wrong |= atomic_fetch_add(&holders, 1) != 0;
			sched_yield();
			r->wrong |= atomic_fetch_sub(&holders, 1) != 1;
		}
		r->wrong |= rc && rc != KMS_RC_IN_USE;
		instance_kill(&r->instance);
	}
	gp_thread_end();
	return NULL;
}

static void i5_of_racing_instances_one_holds_the_shard(void **state)
{
	struct fixture *f = *state;
	unsigned int wins = 0;

	instance_kill(&f->one);
	for (unsigned int i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){ .number = 3 + i };
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race,
						&racers[i]),
				 0);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(racers[i].thread, NULL);
		assert_false(racers[i].wrong);
		wins += racers[i].wins;
	}
	assert_true(wins > 0);
	/* Each opening was counted in the anchor, and none was lost. */
	fixture_restart(f);
	assert_int_equal(f->one.ta.shards[0].anchor.boot_ctr, wins + 2);
}

/* --- processes ------------------------------------------------------------ */

/* In a child: a TEE over the same files, nothing else of the parent's. */
static void become_another_process(struct fixture *f)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	gp_posix_close();
	if (folder_open(true))
		_exit(9);
	instance_start_fast(&f->two, 2);
}

/* Opens shard 0, says how that went, and waits to be killed. */
static pid_t holder(struct fixture *f, enum kms_rc *rc)
{
	int ends[2];
	pid_t pid = 0;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		become_another_process(f);
		*rc = open_shard(&f->two, &f->host, 0);
		if (write(ends[1], rc, sizeof(*rc)) != sizeof(*rc))
			_exit(9);
		for (;;)
			pause();
	}
	close(ends[1]);
	assert_int_equal(read(ends[0], rc, sizeof(*rc)), sizeof(*rc));
	close(ends[0]);
	return pid;
}

static void i5_a_second_process_is_refused_until_the_first_is_dead(void **state)
{
	struct fixture *f = *state;
	enum kms_rc rc = KMS_RC_INTERNAL;
	pid_t pid = 0;

	for (int i = 0; i < 3; i++) {
		pid = holder(f, &rc);
		assert_ok(rc);
		assert_rc(host_recover(&f->host, false), KMS_RC_IN_USE);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_ok(host_recover(&f->host, false));
		fixture_key(f, KEY_SPEC_SECP256K1);
		pid = holder(f, &rc);
		assert_rc(rc, KMS_RC_IN_USE);
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		fixture_check_signs(f, 0);
		instance_kill(&f->one);
		instance_start_fast(&f->one, 1);
	}
}

/* What the children of a race share. */
struct arena {
	atomic_int holders;
	atomic_int wins;
	atomic_int wrong;
};

static void child_round(struct fixture *f, struct arena *a, bool last)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	instance_start_fast(&f->two, 2);
	rc = open_shard(&f->two, &f->host, 0);
	if (rc && rc != KMS_RC_IN_USE)
		atomic_fetch_add(&a->wrong, 1);
	if (!rc) {
		atomic_fetch_add(&a->wins, 1);
		if (atomic_fetch_add(&a->holders, 1))
			atomic_fetch_add(&a->wrong, 1);
		usleep(200);
		atomic_fetch_sub(&a->holders, 1);
	}
	/* The last thing it does is die, with or without the shard. */
	if (last)
		raise(SIGKILL);
	instance_kill(&f->two);
}

static void i5_of_racing_processes_one_holds_the_shard(void **state)
{
	struct fixture *f = *state;
	struct arena *a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[PROCESSES];

	assert_ptr_not_equal(a, MAP_FAILED);
	for (int generation = 0; generation < GENERATIONS; generation++) {
		for (int i = 0; i < PROCESSES; i++) {
			pids[i] = fork();
			assert_true(pids[i] >= 0);
			if (pids[i])
				continue;
			become_another_process(f);
			for (int round = 1; round <= CHILD_ROUNDS; round++)
				child_round(f, a, round == CHILD_ROUNDS);
			_exit(9);
		}
		for (int i = 0; i < PROCESSES; i++)
			assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
	}
	assert_int_equal(atomic_load(&a->wrong), 0);
	assert_true(atomic_load(&a->wins) > 0);
	assert_ok(host_recover(&f->host, false));
	assert_int_equal(f->one.ta.shards[0].anchor.boot_ctr,
			 atomic_load(&a->wins) + 1);
	munmap(a, sizeof(*a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(
			i5_a_second_instance_is_refused_until_the_first_ends),
		fixture_test(i5_what_a_dead_instance_prepared_its_heir_commits),
		fixture_test(i5_all_or_none_of_the_shards_are_opened),
		fixture_test(i5_of_racing_instances_one_holds_the_shard),
		mh_files_test(
			i5_a_second_process_is_refused_until_the_first_is_dead),
		mh_files_test(i5_of_racing_processes_one_holds_the_shard),
	};

	return cmocka_run_group_tests_name("instances", tests, NULL, NULL);
}
