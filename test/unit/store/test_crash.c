/* SPDX-License-Identifier: Apache-2.0 */
/* A writer that is killed at any moment loses nothing it was told is safe. */
#include "test/unit/store/fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS		50
#define LONGEST_LIFE_NS (60 * 1000 * 1000)

static struct prng rng;
static struct model model;
static struct change_set set;

/* What the writer says when a call has come back. */
struct word {
	uint64_t begun;
	uint64_t finished;
};

static void tell(int fd, struct word w)
{
	if (write(fd, &w, sizeof(w)) != sizeof(w))
		_exit(3);
}

/* Ends only by a signal. */
static void be_the_writer(const char *path, int fd, uint64_t seed)
{
	struct prng r = { .state = seed };
	struct store *s = NULL;
	struct word w = { 0 };
	const char *why = NULL;

	for (unsigned int i = 0;; i++) {
		if (!s) {
			if (store_open(&s, path, &why))
				_exit(4);
			model_load(&model, s, 0);
			w.begun = w.finished = model.seq;
			tell(fd, w);
		}
		change_set_make(&set, &model, s, &r, 1 + prng_below(&r, 20));
		if (store_begin_batch(s, &set.batch))
			_exit(5);
		w.begun = set.batch.seq;
		tell(fd, w);
		if (store_finish_batch(s, 0, set.batch.seq, set.root))
			_exit(6);
		w.finished = set.batch.seq;
		tell(fd, w);
		/* Closing copies the log into the file: be killed there, too.
		 */
		if (i % 5 == 4)
			store_close(&s);
	}
}

static struct word let_live_for_a_while(const char *path)
{
	struct timespec life = { .tv_nsec = (long)prng_below(&rng,
							     LONGEST_LIFE_NS) };
	uint64_t seed = prng_next(&rng);
	struct word last = { 0 };
	struct word w = { 0 };
	int fds[2] = { -1, -1 };
	int status = 0;
	pid_t child = -1;

	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(fds[0]);
		be_the_writer(path, fds[1], seed);
	}
	close(fds[1]);
	nanosleep(&life, NULL);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	while (read(fds[0], &w, sizeof(w)) == sizeof(w))
		last = w;
	close(fds[0]);
	return last;
}

static void a_killed_writer_loses_nothing_it_acknowledged(void **state)
{
	struct place place;
	struct store_shard shard = { 0 };
	uint64_t newest = 0;

	(void)state;
	place_make(&place);
	for (int round = 0; round < ROUNDS; round++) {
		struct word w = let_live_for_a_while(place.path);
		struct store *s = open_ok(place.path);
		struct store_reader *r = reader_ok(s);

		assert_int_equal(store_get_shard(s, &shard, 0), KMS_RC_OK);
		assert_true(shard.seq + shard.prepared >= w.begun);
		assert_true(shard.seq + 1 >= w.begun);
		assert_true(shard.seq + shard.prepared >= newest);
		model_load(&model, s, 0);
		assert_model(s, r, &model);
		newest = model.seq;
		store_reader_close(&r);
		store_close(&s);
	}
	print_message("# %d kills, %llu batches\n", ROUNDS,
		      (unsigned long long)newest);
	assert_true(newest > 0);
	place_remove(&place);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_killed_writer_loses_nothing_it_acknowledged),
	};

	place_choose(argc, argv);
	rng = prng_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
