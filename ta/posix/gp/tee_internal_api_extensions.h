/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee_internal_api_extensions - OP-TEE's storage identifiers and trace
 *
 * TRACE_LEVEL is set by the build: 0 nothing, 1 errors, 2 information, 3
 * debugging. A message that is switched off costs nothing, yet its arguments
 * are still compiled.
 */

#ifndef TEE_INTERNAL_API_EXTENSIONS_H
#define TEE_INTERNAL_API_EXTENSIONS_H

#include "tee_internal_api.h"

/* The default storage, and the one in the RPMB partition of an eMMC. */
#define TEE_STORAGE_PRIVATE_REE	 0x80000000
#define TEE_STORAGE_PRIVATE_RPMB 0x80000100

#define TRACE_ERROR 1
#define TRACE_INFO  2
#define TRACE_DEBUG 3

#ifndef TRACE_LEVEL
#define TRACE_LEVEL 0
#endif

/* One line on the standard error output. */
void trace_printf(const char *func, int line, int level, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#define GP_TRACE(level, ...)                                      \
	do {                                                      \
		if (TRACE_LEVEL >= (level))                       \
			trace_printf(__func__, __LINE__, (level), \
				     __VA_ARGS__);                \
	} while (0)
#define EMSG(...) GP_TRACE(TRACE_ERROR, __VA_ARGS__)
#define IMSG(...) GP_TRACE(TRACE_INFO, __VA_ARGS__)
#define DMSG(...) GP_TRACE(TRACE_DEBUG, __VA_ARGS__)

#endif /* TEE_INTERNAL_API_EXTENSIONS_H */
