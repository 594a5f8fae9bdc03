/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lockdown - takes from the TA process whatever it does not need
 *
 * The TA runs as the owner of its state directory: a server that runs as root
 * gives that directory to a user of its own (chown), and the TA becomes that
 * user. Where root owns it, the TA stays uid 0 but without a single
 * capability, in a user namespace where nobody is anybody.
 *
 * Always: no core dump, not dumpable, no new privileges, locked memory, gone
 * with the server, no descriptor but the named ones, the system calls of
 * seccomp.c only. Where the kernel lets us: own user, network, IPC and UTS
 * namespaces; no file but those in the state directory, by making that the root
 * directory and by Landlock, either of which suffices. Says so where neither
 * works: the filter of system calls sees no paths.
 * None of it holds against root or the kernel of this machine.
 */

#ifndef KMS_TA_POSIX_LOCKDOWN_H
#define KMS_TA_POSIX_LOCKDOWN_H

#include "common/attr.h"
#include "common/kms_rc.h"

#include <stdbool.h>
#include <sys/types.h>

struct lockdown {
	int state_fd;
	pid_t parent;
	bool insist_on_memlock; /* else say that keys may reach the swap */
};

/* Closes every descriptor but 0 to 2 and these, which get sorted. */
void lockdown_close_others(int *keep, unsigned int count);

/* Before the TA's first instruction. Says on stderr what failed. */
enum kms_rc lockdown_begin(const struct lockdown *l) KMS_MUST_USE;

/* Before the first request: the filter. UNAVAILABLE. */
enum kms_rc lockdown_end(int state_fd) KMS_MUST_USE;

#endif /* KMS_TA_POSIX_LOCKDOWN_H */
