/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - lines on standard error, by module and level
 *
 *   [2026-11-24T04:07:29Z INFO  kms::access] text
 *
 * Owns:      the levels, set once at start from KMS_LOG: "info", or a list
 *            such as "warn,access=info,store=debug"; "off" silences.
 * Promises:  one write(2) per line, at most LOG_LINE_MAX bytes; control
 *            characters of log_escape()d values never reach the terminal.
 * Threads:   all calls but log_configure() from any thread.
 *
 * Secrets have types of their own, which a format does not take. The normal
 * world only; the TA does not link this file.
 */

#ifndef KMS_COMMON_LOG_H
#define KMS_COMMON_LOG_H

#include "common/attr.h"
#include "common/bytes.h"
#include "common/kms_rc.h"

#define LOG_LINE_MAX 1536

enum log_level { LOG_OFF, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* NULL or "" stands for "info". CONFIG, and nothing changes. */
enum kms_rc log_configure(const char *spec) KMS_MUST_USE;

bool log_wants(enum log_level level, const char *module);

void log_line(enum log_level level, const char *module, const char *fmt, ...)
	KMS_PRINTF(3, 4);

/* A line that is put together already. */
void log_text(enum log_level level, const char *module, const char *text);

#define log_error(module, ...) log_line(LOG_ERROR, (module), __VA_ARGS__)
#define log_warn(module, ...)  log_line(LOG_WARN, (module), __VA_ARGS__)
#define log_info(module, ...)  log_line(LOG_INFO, (module), __VA_ARGS__)
#define log_debug(module, ...) log_line(LOG_DEBUG, (module), __VA_ARGS__)

/*
 * Copies hostile text into out with a NUL: quotes, backslashes and what is not
 * printable ASCII become \xNN. Cut to fit. Gives out; "-" for absent text.
 */
const char *log_escape(char *out, size_t cap, struct bytes text);

#endif /* KMS_COMMON_LOG_H */
