/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listen - listening sockets from an address in text
 *
 * Owns:      nothing; gives descriptors.
 * Threads:   none.
 */

#ifndef KMS_HOST_HTTP_LISTEN_H
#define KMS_HOST_HTTP_LISTEN_H

#include "common/attr.h"
#include "common/kms_rc.h"

/*
 * Gives count sockets that listen on the same address, "127.0.0.1:8080",
 * "localhost:0" (which is 127.0.0.1) or "[::1]:0", among which the kernel
 * spreads the clients; sets *port. On
 * failure gives none. BAD_INPUT, UNAVAILABLE with a static *why.
 */
enum kms_rc listen_open(int *fds, unsigned int count, unsigned int *port,
			const char *address, const char **why) KMS_MUST_USE;

#endif /* KMS_HOST_HTTP_LISTEN_H */
