/* SPDX-License-Identifier: Apache-2.0 */
#include "host/transport/ta_process.h"

#include "abi/ring.h"
#include "common/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBER_LEN 12
#define TRACE_LINE 512
/* program, index, parent, trace, three descriptors, replies, NULL */
#define ARGS_MAX (7 + RING_CHANNELS_MAX + 1)

struct tracer {
	int fd;
	unsigned int index;
};

/* One write per line, so that lines of several workers do not mix. */
static void trace_line(unsigned int index, const char *text, size_t len)
{
	char line[TRACE_LINE + 32];
	int n = snprintf(line, sizeof(line), "[ta %u] %.*s\n", index, (int)len,
			 text);

	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return; /* there is nobody left to tell */
}

static void *trace_main(void *arg)
{
	struct tracer t = *(struct tracer *)arg;
	char text[TRACE_LINE];
	size_t have = 0;
	ssize_t got = 0;

	mem_free(arg);
	while ((got = read(t.fd, text + have, sizeof(text) - have)) > 0) {
		char *end = NULL;
		size_t used = 0;

		have += (size_t)got;
		while ((end = memchr(text + used, '\n', have - used))) {
			trace_line(t.index, text + used,
				   (size_t)(end - text) - used);
			used = (size_t)(end - text) + 1;
		}
		if (!used && have == sizeof(text)) {
			trace_line(t.index, text, have);
			used = have;
		}
		memmove(text, text + used, have - used);
		have -= used;
	}
	if (have)
		trace_line(t.index, text, have);
	close(t.fd);
	return NULL;
}

/* Takes fd in any case. */
static enum kms_rc tracer_start(struct ta_process *p, int fd,
				unsigned int index)
{
	struct tracer *t = mem_zalloc(1, sizeof(*t));
	sigset_t all;
	sigset_t old;

	if (!t) {
		close(fd);
		return KMS_RC_NO_MEMORY;
	}
	*t = (struct tracer){ .fd = fd, .index = index };
	/* Signals are for the server's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	p->traced = pthread_create(&p->tracer, NULL, trace_main, t) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!p->traced) {
		close(fd);
		mem_free(t);
		return KMS_RC_NO_MEMORY;
	}
	return KMS_RC_OK;
}

/* Descriptors 0 to 2, and the named ones under their own numbers. */
static int add_files(posix_spawn_file_actions_t *files,
		     const struct ta_process_args *args, int err_fd)
{
	int rc = posix_spawn_file_actions_addopen(files, STDIN_FILENO,
						  "/dev/null", O_RDONLY, 0);

	if (!rc)
		rc = posix_spawn_file_actions_addopen(files, STDOUT_FILENO,
						      "/dev/null", O_WRONLY, 0);
	if (!rc && err_fd >= 0)
		rc = posix_spawn_file_actions_adddup2(files, err_fd,
						      STDERR_FILENO);
	/* The same number twice: only close-on-exec is taken off. */
	for (unsigned int i = 0; !rc && i < args->fd_count; i++)
		rc = posix_spawn_file_actions_adddup2(files, args->fds[i],
						      args->fds[i]);
	return rc;
}

/*
 * A group of its own, so that Ctrl-C reaches the server, which then ends its
 * workers in order; and none of the signals that the server blocks or ignores.
 */
static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none;
	sigset_t all;
	int rc = 0;

	sigemptyset(&none);
	sigfillset(&all);
	rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK |
						    POSIX_SPAWN_SETSIGDEF |
						    POSIX_SPAWN_SETPGROUP);
	if (!rc)
		rc = posix_spawnattr_setsigmask(attr, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(attr, &all);
	return rc;
}

struct command_line {
	char numbers[ARGS_MAX][NUMBER_LEN];
	char *argv[ARGS_MAX];
};

/* Gives the command line, or NULL; program is lent to it. */
static struct command_line *command_line_new(const struct ta_process_args *args,
					     char *program)
{
	struct command_line *line = mem_zalloc(1, sizeof(*line));
	unsigned int argc = 4 + args->fd_count;

	if (!line)
		return NULL;
	snprintf(line->numbers[1], NUMBER_LEN, "%u", args->index);
	snprintf(line->numbers[2], NUMBER_LEN, "%d", (int)getpid());
	snprintf(line->numbers[3], NUMBER_LEN, "%d", args->trace);
	for (unsigned int i = 4; i < argc; i++)
		snprintf(line->numbers[i], NUMBER_LEN, "%d", args->fds[i - 4]);
	line->argv[0] = program;
	for (unsigned int i = 1; i < argc; i++)
		line->argv[i] = line->numbers[i];
	return line;
}

static int spawn(pid_t *pid, char *const argv[],
		 const struct ta_process_args *args, int err_fd)
{
	char *envp[] = { NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int rc = posix_spawn_file_actions_init(&files);

	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attr);
	if (rc)
		goto out;
	rc = add_files(&files, args, err_fd);
	if (!rc)
		rc = set_attributes(&attr);
	if (!rc)
		rc = posix_spawn(pid, argv[0], &files, &attr, argv, envp);
	posix_spawnattr_destroy(&attr);
out:
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

enum kms_rc ta_process_start(struct ta_process *p,
			     const struct ta_process_args *args)
{
	enum kms_rc rc = KMS_RC_NO_MEMORY;
	char *program = NULL;
	struct command_line *line = NULL;
	int trace[2] = { -1, -1 };

	*p = (struct ta_process){ .pidfd = -1 };
	if (args->fd_count > 3 + RING_CHANNELS_MAX)
		return KMS_RC_BAD_INPUT;
	program = mem_strdup(args->program);
	if (program)
		line = command_line_new(args, program);
	if (!line)
		goto out;
	rc = KMS_RC_UNAVAILABLE;
	if (args->trace && pipe2(trace, O_CLOEXEC))
		goto out;
	if (spawn(&p->pid, line->argv, args, trace[1]))
		goto out;
	/* It is our child and not waited for yet: the pid is still its own. */
	p->pidfd = pidfd_open(p->pid, 0);
	if (p->pidfd < 0)
		goto out;
	rc = KMS_RC_OK;
	if (args->trace) {
		rc = tracer_start(p, trace[0], args->index);
		trace[0] = -1;
	}
out:
	if (trace[0] >= 0)
		close(trace[0]);
	if (trace[1] >= 0)
		close(trace[1]);
	mem_free(line);
	mem_free(program);
	if (rc)
		ta_process_end(p, 0);
	return rc;
}

bool ta_process_died(const struct ta_process *p, int timeout_ms)
{
	struct pollfd fd = { .fd = p->pidfd, .events = POLLIN };

	return p->pidfd < 0 || poll(&fd, 1, timeout_ms) > 0;
}

void ta_process_end(struct ta_process *p, int grace_ms)
{
	if (p->pid <= 0)
		return;
	if (p->pidfd < 0 || !ta_process_died(p, grace_ms))
		kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (p->pidfd >= 0)
		close(p->pidfd);
	if (p->traced)
		pthread_join(p->tracer, NULL);
	*p = (struct ta_process){ .pidfd = -1 };
}
