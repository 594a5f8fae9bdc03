/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/posix/lockdown.h"

#include "ta/posix/landlock.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What may be allocated after the lock-down; the TA itself allocates nothing.
 */
#define MEMLOCK_SPARE (4ul << 20)

#define PRIVATE_SPACES (CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)

static enum kms_rc failed(const char *what)
{
	fprintf(stderr, "teekms-ta: %s: %s\n", what, strerror(errno));
	return KMS_RC_UNAVAILABLE;
}

static int compare_ints(const void *a, const void *b)
{
	const int *x = a;
	const int *y = b;

	return (*x > *y) - (*x < *y);
}

void lockdown_close_others(int *keep, unsigned int count)
{
	unsigned int from = STDERR_FILENO + 1;

	qsort(keep, count, sizeof(*keep), compare_ints);
	for (unsigned int i = 0; i < count; i++) {
		if (keep[i] < (int)from)
			continue;
		if (keep[i] > (int)from)
			close_range(from, (unsigned int)keep[i] - 1, 0);
		from = (unsigned int)keep[i] + 1;
	}
	close_range(from, ~0u, 0);
}

/* As far as we may; a failure shows when the memory gets locked. */
static void raise_memlock_limit(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (!setrlimit(RLIMIT_MEMLOCK, &limit) ||
	    getrlimit(RLIMIT_MEMLOCK, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)!setrlimit(RLIMIT_MEMLOCK, &limit);
}

/* Locks "START-END rw-p ...", if that is private and writable. */
static bool lock_mapping(const char *line)
{
	char *at = NULL;
	uintptr_t start = strtoull(line, &at, 16);
	uintptr_t end = 0;

	if (*at != '-')
		return false;
	end = strtoull(at + 1, &at, 16);
	return strncmp(at, " rw-p", 5) != 0 ||
	       mlock((const void *)start, end - start) == 0;
}

/*
 * Everything private and writable. Not the code, which is public, and not the
 * ring, which the server sees anyway: so a usual limit suffices.
 */
static bool lock_current(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512];
	bool locked = maps != NULL;

	while (locked && fgets(line, sizeof(line), maps))
		locked = lock_mapping(line);
	if (maps)
		fclose(maps);
	return locked;
}

/*
 * Also what is allocated later. Only after the capabilities are gone is it
 * known what the limit leaves for that; without the spare an allocation would
 * fail in the middle of work.
 */
static bool lock_future(void)
{
	void *trial = MAP_FAILED;

	if (mlockall(MCL_FUTURE | MCL_ONFAULT))
		return false;
	trial = mmap(NULL, MEMLOCK_SPARE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (trial != MAP_FAILED) {
		munmap(trial, MEMLOCK_SPARE);
		return true;
	}
	munlockall();
	return false;
}

static enum kms_rc memory_not_locked(bool insist)
{
	struct rlimit limit = { 0, 0 };

	getrlimit(RLIMIT_MEMLOCK, &limit);
	fprintf(stderr,
		"teekms-ta: memory is not locked, so keys may reach the swap: "
		"the limit of locked memory is %lu KiB. Set it to 8 MiB or "
		"more (ulimit -l, LimitMEMLOCK= in a unit, memlock in "
		"limits.conf).\n",
		(unsigned long)(limit.rlim_cur >> 10));
	return insist ? KMS_RC_UNAVAILABLE : KMS_RC_OK;
}

/* See the header: root becomes the owner of the state directory. */
static enum kms_rc become_owner(int state_fd)
{
	struct stat st = { 0 };

	if (fstat(state_fd, &st))
		return failed("state directory");
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		errno = EPERM;
		return failed("state directory is open to other users");
	}
	if (geteuid() != 0 || st.st_uid == 0)
		return KMS_RC_OK;
	if (setgroups(0, NULL) || setresgid(st.st_gid, st.st_gid, st.st_gid) ||
	    setresuid(st.st_uid, st.st_uid, st.st_uid))
		return failed("becoming the owner of the state directory");
	return KMS_RC_OK;
}

static enum kms_rc drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capset, &head, none))
		return failed("capset");
	return KMS_RC_OK;
}

/* Whatever a container or an old kernel forbids is left out. */
static void enter_namespaces(void)
{
	if (!unshare(CLONE_NEWUSER | PRIVATE_SPACES))
		return;
	/* One by one: the first brings the right to the others. */
	(void)!unshare(CLONE_NEWUSER);
	(void)!unshare(CLONE_NEWNET);
	(void)!unshare(CLONE_NEWIPC);
	(void)!unshare(CLONE_NEWUTS);
}

/* Two ways to the same end: a container often forbids the one or the other. */
static enum kms_rc keep_to_state(int state_fd)
{
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	bool rooted = false;

	if (fchdir(state_fd))
		return failed("entering the state directory");
	rooted = chroot(".") == 0;
	if (!rooted && errno != EPERM)
		return failed("chroot");
	rc = landlock_confine(state_fd);
	if (rc != KMS_RC_UNSUPPORTED)
		return rc ? failed("Landlock") : KMS_RC_OK;
	if (!rooted)
		fputs("teekms-ta: neither chroot nor Landlock: the files that "
		      "its user may open stay in reach\n",
		      stderr);
	return KMS_RC_OK;
}

static volatile sig_atomic_t server;

static void leave_without_server(int sig)
{
	(void)sig;
	if (getppid() != server)
		_exit(EXIT_FAILURE);
}

/*
 * The kernel tells when the thread that started us ends, which need not be the
 * end of the server: the next of its threads is our parent then, and we are
 * told again. Last, because changes of credentials reset both settings.
 */
static enum kms_rc die_with_parent(pid_t parent)
{
	struct sigaction act = { .sa_handler = leave_without_server,
				 .sa_flags = SA_RESTART };

	server = parent;
	if (sigaction(SIGUSR1, &act, NULL))
		return failed("SIGUSR1");
	if (prctl(PR_SET_DUMPABLE, 0))
		return failed("PR_SET_DUMPABLE");
	if (prctl(PR_SET_PDEATHSIG, SIGUSR1))
		return failed("PR_SET_PDEATHSIG");
	/* It may have died before that. */
	if (getppid() != parent) {
		errno = ESRCH;
		return failed("the server is gone");
	}
	return KMS_RC_OK;
}

enum kms_rc lockdown_begin(const struct lockdown *l)
{
	const struct rlimit no_core = { 0, 0 };
	enum kms_rc rc = KMS_RC_UNAVAILABLE;
	bool locked = false;

	if (setrlimit(RLIMIT_CORE, &no_core))
		return failed("RLIMIT_CORE");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed("PR_SET_NO_NEW_PRIVS");
	raise_memlock_limit();
	locked = lock_current();
	rc = become_owner(l->state_fd);
	if (rc)
		return rc;
	enter_namespaces();
	rc = keep_to_state(l->state_fd);
	if (!rc)
		rc = drop_capabilities();
	if (!rc && (!locked || !lock_future()))
		rc = memory_not_locked(l->insist_on_memlock);
	if (rc)
		return rc;
	return die_with_parent(l->parent);
}
