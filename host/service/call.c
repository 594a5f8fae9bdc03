/* SPDX-License-Identifier: Apache-2.0 */
#include "host/service/call.h"

#include <stdarg.h>
#include <stdio.h>

void call_done(struct call *call, enum kms_rc rc)
{
	call->finish(call, rc);
}

void call_fail(struct call *call, enum kms_rc rc, const char *fmt, ...)
{
	va_list args;
	char *text = NULL;
	int len = 0;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len >= 0)
		text = arena_alloc(call->arena, (size_t)len + 1);
	if (text) {
		va_start(args, fmt);
		len = vsnprintf(text, (size_t)len + 1, fmt, args);
		va_end(args);
		call->message = bytes_of(text, (size_t)len);
	}
	call->finish(call, rc);
}
