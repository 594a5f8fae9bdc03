/* SPDX-License-Identifier: Apache-2.0 */
#include "ta/posix/lockdown.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Arenas, OpenSSL and stacks take about a third of it. */
#define MEMLOCK_NEED (64ul << 20)

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

/*
 * Everything, and what is allocated later. The limit is lifted first, because
 * the right to exceed it goes with the capabilities.
 */
static enum kms_rc lock_memory(const struct lockdown *l)
{
	const rlim_t need = MEMLOCK_NEED + l->shared_len;
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &limit)) {
		if (getrlimit(RLIMIT_MEMLOCK, &limit))
			return failed("RLIMIT_MEMLOCK");
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(RLIMIT_MEMLOCK, &limit))
			return failed("RLIMIT_MEMLOCK");
	}
	/* Less would make an allocation fail later, in the middle of work. */
	if (limit.rlim_cur >= need &&
	    !mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return KMS_RC_OK;
	fprintf(stderr,
		"teekms-ta: memory is not locked, so keys may reach the swap. "
		"Raise the limit of locked memory to %lu MiB or more "
		"(ulimit -l, LimitMEMLOCK= in a unit, memlock in "
		"limits.conf).\n",
		(unsigned long)(need >> 20));
	return l->insist_on_memlock ? KMS_RC_UNAVAILABLE : KMS_RC_OK;
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

/* Last: changes of credentials reset both settings. */
static enum kms_rc die_with_parent(pid_t parent)
{
	if (prctl(PR_SET_DUMPABLE, 0))
		return failed("PR_SET_DUMPABLE");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
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

	if (setrlimit(RLIMIT_CORE, &no_core))
		return failed("RLIMIT_CORE");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed("PR_SET_NO_NEW_PRIVS");
	rc = lock_memory(l);
	if (rc)
		return rc;
	rc = become_owner(l->state_fd);
	if (rc)
		return rc;
	enter_namespaces();
	if (fchdir(l->state_fd))
		return failed("entering the state directory");
	/* Without the right to it, the server's view of files stays. */
	if (chroot(".") && errno != EPERM)
		return failed("chroot");
	rc = drop_capabilities();
	if (rc)
		return rc;
	return die_with_parent(l->parent);
}
