/* SPDX-License-Identifier: Apache-2.0 */
/* What a TA process cannot do, and who cannot look into it. */
#include "ta/posix/landlock.h"
#include "test/unit/transport/calls.h"
#include "test/unit/transport/echo_ta.h"
#include "test/unit/transport/worker_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The sanitizers' mlock() does nothing. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_IS_LOCKED false
#elif defined(__has_feature)
#define MEMORY_IS_LOCKED (!__has_feature(address_sanitizer))
#else
#define MEMORY_IS_LOCKED true
#endif

static const struct transport *const t = &transport_process;

static void a_missing_program_is_unavailable(void **state)
{
	struct fixture *f = *state;
	struct transport_config config = f->config;
	struct worker *w = NULL;

	config.ta_program = "/nonexistent/teekms-ta";
	assert_int_equal(t->open(&w, &config, 1), KMS_RC_UNAVAILABLE);
	assert_null(w);
	config.ta_program = "/bin/true";
	assert_int_equal(t->open(&w, &config, 1), KMS_RC_UNAVAILABLE);
	assert_null(w);
	config.channels = 0;
	assert_int_equal(t->open(&w, &config, 1), KMS_RC_BAD_INPUT);
}

static void a_state_directory_open_to_others_is_refused(void **state)
{
	struct fixture *f = *state;
	struct worker *w = NULL;

	assert_int_equal(chmod(f->dir, 0750), 0);
	assert_int_equal(t->open(&w, &f->config, 1), KMS_RC_UNAVAILABLE);
	assert_int_equal(chmod(f->dir, 0700), 0);
}

static void forbidden_system_calls_kill_the_worker(void **state)
{
	struct fixture *f = *state;
	static const uint16_t cmds[] = { ECHO_SOCKET,	    ECHO_FORK,
					 ECHO_EXEC,	    ECHO_EXEC_MEMORY,
					 ECHO_OPEN_OUTSIDE, ECHO_KILL_PARENT };

	for (size_t i = 0; i < ARRAY_LEN(cmds); i++) {
		struct test_call *call = test_call_new(cmds[i], 0, 0);
		siginfo_t info = { 0 };

		assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
		t->flush(f->c);
		assert_true(wait_for_death(f));
		assert_int_equal(waitid(P_PID, (id_t)worker_pid(f), &info,
					WEXITED | WNOWAIT),
				 0);
		assert_int_equal(info.si_status, SIGSYS);
		assert_int_equal(t->reap(f->c), 1);
		assert_int_equal(call->call.rc, KMS_RC_UNAVAILABLE);
		test_call_free(&call);
		assert_int_equal(t->restart(f->w), KMS_RC_OK);
	}
}

static void storage_is_reached_and_nothing_above_it(void **state)
{
	struct fixture *f = *state;
	struct test_call *call = test_call_new(ECHO_OPEN_STATE, 0, 0);

	assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, 1));
	assert_int_equal(call->call.rc, KMS_RC_OK);
	test_call_free(&call);
}

/* In a child, because there is no way back. */
static enum kms_rc confine(int dir)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return KMS_RC_INTERNAL;
	return landlock_confine(dir);
}

static bool kernel_has_landlock(const struct fixture *f)
{
	int status = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child)
		_exit(confine(open(f->dir, O_RDONLY | O_DIRECTORY)) ==
		      KMS_RC_UNSUPPORTED);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 0;
}

/* Whoever lists a folder sees the names of what it must not open. */
static void not_even_the_folder_of_storage_can_be_listed(void **state)
{
	struct fixture *f = *state;
	struct test_call *call = test_call_new(ECHO_LIST_STATE, 0, 0);

	assert_int_equal(t->submit(f->c, &call->call), KMS_RC_OK);
	t->flush(f->c);
	assert_true(test_reap(t, f->c, 1));
	assert_int_equal(call->call.rc, kernel_has_landlock(f)
						? KMS_RC_UNAVAILABLE
						: KMS_RC_OK);
	test_call_free(&call);
}

static bool is_denied(long rc)
{
	return rc < 0 && errno == EACCES;
}

/* 0, or the number of what is not as it must be. */
static int try_outside(int dir, int above)
{
	char *const argv[] = { NULL };

	if (!is_denied(open("/etc/passwd", O_RDONLY)))
		return 1;
	if (!is_denied(openat(dir, "../outside", O_RDONLY)))
		return 2;
	if (!is_denied(openat(dir, "../new", O_CREAT | O_WRONLY, 0600)))
		return 3;
	/* Also by a folder that was open before. */
	if (!is_denied(openat(above, "outside", O_WRONLY)))
		return 4;
	if (!is_denied(unlinkat(above, "outside", 0)))
		return 5;
	if (!is_denied(openat(dir, "link", O_RDONLY)))
		return 6;
	if (!is_denied(open("/", O_RDONLY | O_DIRECTORY)))
		return 7;
	if (!is_denied(execve("/bin/true", argv, argv)))
		return 8;
	if (renameat(dir, "link", above, "link") == 0)
		return 9;
	return 0;
}

static int try_inside(int dir)
{
	char *const argv[] = { NULL };
	int fd = openat(dir, "one", O_CREAT | O_RDWR, 0700);
	char byte = 0;

	if (fd < 0 || write(fd, "x", 1) != 1 || pread(fd, &byte, 1, 0) != 1 ||
	    fsync(fd) || close(fd))
		return 20;
	if (renameat(dir, "one", dir, "two") || fsync(dir))
		return 21;
	/* It is no program; the kernel must not come to see that. */
	if (!is_denied(syscall(SYS_execveat, dir, "two", argv, argv, 0)))
		return 24;
	fd = openat(dir, "two", O_RDWR);
	if (fd < 0 || close(fd) || unlinkat(dir, "two", 0))
		return 22;
	if (!is_denied(mkdirat(dir, "folder", 0700)) ||
	    !is_denied(symlinkat("/etc/passwd", dir, "link2")) ||
	    !is_denied(mkfifoat(dir, "fifo", 0600)))
		return 23;
	return 0;
}

/* Landlock alone, without what else keeps a worker in. */
static void landlock_leaves_the_files_of_storage_and_no_other(void **state)
{
	struct fixture *f = *state;
	int above = open(f->dir, O_RDONLY | O_DIRECTORY);
	int status = 0;
	int dir = -1;
	pid_t child = 0;

	if (!kernel_has_landlock(f)) {
		close(above);
		return; /* skip() reads as a failure in TAP */
	}
	assert_int_equal(mkdirat(above, "state", 0700), 0);
	dir = openat(above, "state", O_RDONLY | O_DIRECTORY);
	close(openat(above, "outside", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlinkat("../outside", dir, "link"), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (confine(dir))
			_exit(99);
		status = try_outside(dir, above);
		_exit(status ? status : try_inside(dir));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(unlinkat(dir, "link", 0), 0);
	assert_int_equal(unlinkat(above, "outside", 0), 0);
	assert_int_equal(unlinkat(above, "state", AT_REMOVEDIR), 0);
	close(dir);
	close(above);
}

/* What /proc/PID/status says behind that name. */
static unsigned long long status_number(pid_t pid, const char *name, int base)
{
	unsigned long long value = ~0ull;
	char line[256];
	FILE *file = NULL;

	snprintf(line, sizeof(line), "/proc/%d/status", pid);
	file = fopen(line, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)))
			value = strtoull(line + strlen(name), NULL, base);
	fclose(file);
	return value;
}

static void the_worker_is_locked_down(void **state)
{
	struct fixture *f = *state;
	pid_t pid = worker_pid(f);

	assert_int_equal(status_number(pid, "NoNewPrivs:", 10), 1);
	assert_int_equal(status_number(pid, "Seccomp:", 10), 2);
	assert_int_equal(status_number(pid, "CapEff:", 16), 0);
	assert_int_equal(status_number(pid, "CapPrm:", 16), 0);
	assert_int_equal(status_number(pid, "Threads:", 10), 1);
	assert_true(!MEMORY_IS_LOCKED || status_number(pid, "VmLck:", 10) > 0);
}

/* In a child of that user: true when it can open the worker's memory. */
static bool memory_opens_for(pid_t pid, uid_t uid)
{
	char path[64];
	int status = 0;
	pid_t child = 0;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (geteuid() == 0 && uid != 0 && setresuid(uid, uid, uid))
			_exit(2);
		_exit(open(path, O_RDONLY) >= 0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 1;
}

/*
 * The same user may read the memory of what it runs, unless that is not
 * dumpable. Root hands the directory to a user, whom the TA then becomes.
 */
static void nobody_but_root_reads_the_workers_memory(void **state)
{
	struct fixture *f = *state;
	uid_t uid = geteuid() ? geteuid() : 12345;
	pid_t idle = 0;

	if (geteuid() == 0)
		assert_int_equal(chown(f->dir, uid, uid), 0);
	assert_int_equal(t->restart(f->w), KMS_RC_OK);
	assert_int_equal(status_number(worker_pid(f), "Uid:", 10), uid);
	assert_false(memory_opens_for(worker_pid(f), uid));
	assert_false(memory_opens_for(worker_pid(f), 54321));
	storage_is_reached_and_nothing_above_it(state);
	/* Without the lock-down it would have opened. */
	idle = fork();
	assert_true(idle >= 0);
	if (!idle) {
		if (geteuid() == 0 && setresuid(uid, uid, uid))
			_exit(2);
		prctl(PR_SET_DUMPABLE, 1);
		for (;;)
			pause();
	}
	usleep(100000);
	assert_true(memory_opens_for(idle, uid));
	kill(idle, SIGKILL);
	waitpid(idle, NULL, 0);
}

static void the_worker_dies_with_its_server(void **state)
{
	struct fixture *f = *state;
	int ends[2] = { -1, -1 };
	struct pollfd fd = { .events = POLLIN };
	pid_t worker = 0;
	pid_t server = 0;

	assert_int_equal(pipe(ends), 0);
	server = fork();
	assert_true(server >= 0);
	if (!server) {
		struct fixture own = { .config = f->config };

		if (t->open(&own.w, &own.config, 1))
			_exit(1);
		worker = worker_pid(&own);
		if (write(ends[1], &worker, sizeof(worker)) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &worker, sizeof(worker)),
			 sizeof(worker));
	fd.fd = (int)syscall(SYS_pidfd_open, worker, 0);
	assert_true(fd.fd >= 0);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	assert_int_equal(poll(&fd, 1, 10000), 1);
	close(fd.fd);
	close(ends[0]);
	close(ends[1]);
}

/* Runs in a child, whose stderr is a pipe: what of it comes through. */
static void collect_stderr(struct fixture *f, bool trace, char *out, size_t cap)
{
	int ends[2] = { -1, -1 };
	size_t len = 0;
	ssize_t got = 0;
	pid_t child = 0;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		struct fixture own = { .config = f->config };
		struct test_call *call = test_call_new(ECHO_SAY, 6, 0);

		dup2(ends[1], STDERR_FILENO);
		own.config.trace = trace;
		memcpy(call->in, "hello\n", 6);
		if (t->open(&own.w, &own.config, 7) ||
		    t->channel_open(&own.c, own.w) ||
		    t->submit(own.c, &call->call))
			_exit(1);
		t->flush(own.c);
		if (!test_reap(t, own.c, 1))
			_exit(1);
		t->channel_close(&own.c);
		t->close(&own.w);
		_exit(0);
	}
	close(ends[1]);
	while (len + 1 < cap &&
	       (got = read(ends[0], out + len, cap - 1 - len)) > 0)
		len += (size_t)got;
	out[len] = 0;
	close(ends[0]);
	waitpid(child, NULL, 0);
}

static void the_tas_trace_passes_only_when_asked_for(void **state)
{
	struct fixture *f = *state;
	static char text[4096];

	collect_stderr(f, true, text, sizeof(text));
	assert_non_null(strstr(text, "[ta 7] teekms-ta: pid "));
	assert_non_null(strstr(text, "protects nothing against root"));
	assert_non_null(strstr(text, "[ta 7] hello\n"));
	collect_stderr(f, false, text, sizeof(text));
	assert_non_null(strstr(text, "protects nothing against root"));
	assert_null(strstr(text, "hello"));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		T(a_missing_program_is_unavailable),
		T(a_state_directory_open_to_others_is_refused),
		T(forbidden_system_calls_kill_the_worker),
		T(storage_is_reached_and_nothing_above_it),
		T(not_even_the_folder_of_storage_can_be_listed),
		T(landlock_leaves_the_files_of_storage_and_no_other),
		T(the_worker_is_locked_down),
		T(nobody_but_root_reads_the_workers_memory),
		T(the_worker_dies_with_its_server),
		T(the_tas_trace_passes_only_when_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
