/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of a TA process. Any other one kills it: not an error that
 * an attacker inside could try again and again. What is not here on purpose:
 * every way to a socket, a program, another process or new executable memory.
 *
 * Of a path a filter sees the folder it is relative to, not the characters: an
 * absolute one, or one with "..", passes here. What is outside of the state
 * directory is out of reach by chroot() and Landlock (lockdown.c).
 */
#include "ta/posix/lockdown.h"

#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

static const int plain[] = {
	SCMP_SYS(read),		  SCMP_SYS(write),
	SCMP_SYS(writev),	  SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),	  SCMP_SYS(lseek),
	SCMP_SYS(close),	  SCMP_SYS(fstat),
	SCMP_SYS(ftruncate),	  SCMP_SYS(fallocate),
	SCMP_SYS(fsync),	  SCMP_SYS(fdatasync),
	SCMP_SYS(flock),	  SCMP_SYS(fcntl),
	SCMP_SYS(getdents64),	  SCMP_SYS(brk),
	SCMP_SYS(munmap),	  SCMP_SYS(mremap),
	SCMP_SYS(madvise),	  SCMP_SYS(futex),
	SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),	  SCMP_SYS(getpid),
	SCMP_SYS(getppid),	  SCMP_SYS(gettid),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),	  SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),		  SCMP_SYS(exit_group),
};

/*
 * Those whose first argument is the folder that a path begins at: not needed
 * for any other, and one more wall where the path is relative.
 */
static const int below_state[] = {
	SCMP_SYS(openat),
	SCMP_SYS(unlinkat),
	SCMP_SYS(newfstatat),
};

static int allow_files(scmp_filter_ctx ctx, int state_fd)
{
	scmp_datum_t dir = (scmp_datum_t)state_fd;
	int rc = 0;

	for (size_t i = 0;
	     !rc && i < sizeof(below_state) / sizeof(below_state[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, below_state[i], 1,
				      SCMP_A0_32(SCMP_CMP_EQ, dir, 0));
	/*
	 * fstat() of newer C libraries: an empty path, any descriptor. With a
	 * path it is a stat() of that, which tells of a file but opens none.
	 */
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat),
				      1,
				      SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH,
					      AT_EMPTY_PATH));
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(renameat),
				      2, SCMP_A0_32(SCMP_CMP_EQ, dir, 0),
				      SCMP_A2_32(SCMP_CMP_EQ, dir, 0));
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(renameat2),
				      2, SCMP_A0_32(SCMP_CMP_EQ, dir, 0),
				      SCMP_A2_32(SCMP_CMP_EQ, dir, 0));
	return rc;
}

/* Data only; and signals to nobody else, which abort() needs. */
static int allow_guarded(scmp_filter_ctx ctx)
{
	scmp_datum_t self = (scmp_datum_t)getpid();
	int rc = 0;

	rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!rc)
		rc = seccomp_rule_add(
			ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!rc)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				      SCMP_A0_32(SCMP_CMP_EQ, self, 0));
	return rc;
}

enum kms_rc lockdown_end(int state_fd)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = 0;

	if (!ctx)
		return KMS_RC_UNAVAILABLE;
	for (size_t i = 0; !rc && i < sizeof(plain) / sizeof(plain[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, plain[i], 0);
	if (!rc)
		rc = allow_files(ctx, state_fd);
	if (!rc)
		rc = allow_guarded(ctx);
	if (!rc)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	return rc ? KMS_RC_UNAVAILABLE : KMS_RC_OK;
}
