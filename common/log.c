/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include "common/clock.h"
#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MODULES_MAX 16
#define MODULE_LEN  23

struct levels {
	enum log_level other; /* of modules that are not listed */
	size_t count;
	struct {
		char module[MODULE_LEN + 1];
		enum log_level level;
	} list[MODULES_MAX];
};

/* Written by log_configure() before there are threads. */
static struct levels levels = { .other = LOG_INFO };

static const char *const level_names[] = { "off", "error", "warn", "info",
					   "debug" };

static bool level_of(enum log_level *out, struct bytes name)
{
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
		if (!bytes_is_var(name, level_names[i]))
			continue;
		*out = (enum log_level)i;
		return true;
	}
	return false;
}

/* One item of the list: "level" or "module=level". */
static bool add_item(struct levels *l, const char *item, size_t len)
{
	const char *equals = memchr(item, '=', len);
	size_t name_len = equals ? (size_t)(equals - item) : 0;
	size_t skip = equals ? name_len + 1 : 0;
	enum log_level level = LOG_OFF;

	if (!level_of(&level, bytes_of(item + skip, len - skip)))
		return false;
	if (!equals) {
		l->other = level;
		return true;
	}
	if (!name_len || name_len > MODULE_LEN || l->count == MODULES_MAX ||
	    strspn(item, "abcdefghijklmnopqrstuvwxyz_") != name_len)
		return false;
	memcpy(l->list[l->count].module, item, name_len);
	l->list[l->count].level = level;
	l->count++;
	return true;
}

enum kms_rc log_configure(const char *spec)
{
	struct levels next = { .other = LOG_INFO };

	while (spec && *spec) {
		size_t len = strcspn(spec, ",");

		if (!add_item(&next, spec, len))
			return KMS_RC_CONFIG;
		spec += len;
		spec += *spec == ',';
	}
	levels = next;
	return KMS_RC_OK;
}

bool log_wants(enum log_level level, const char *module)
{
	for (size_t i = 0; i < levels.count; i++)
		if (!strcmp(levels.list[i].module, module))
			return level <= levels.list[i].level;
	return level <= levels.other;
}

static const char *level_label(enum log_level level)
{
	switch (level) {
	case LOG_ERROR:
		return "ERROR";
	case LOG_WARN:
		return "WARN ";
	case LOG_INFO:
		return "INFO ";
	case LOG_DEBUG:
		return "DEBUG";
	case LOG_OFF:
	default:
		return "?    ";
	}
}

void log_line(enum log_level level, const char *module, const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	va_list args;

	if (!log_wants(level, module))
		return;
	va_start(args, fmt);
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		text[0] = '\0';
	va_end(args);
	log_text(level, module, text);
}

void log_text(enum log_level level, const char *module, const char *text)
{
	char buffer[LOG_LINE_MAX];
	char time[CLOCK_TEXT_SIZE];
	struct text line = { 0 };

	if (!log_wants(level, module))
		return;
	clock_put_seconds(time, clock_unix_ms());
	text_begin(&line, buffer, sizeof(buffer));
	text_put(&line, "[");
	text_put(&line, time);
	text_put(&line, " ");
	text_put(&line, level_label(level));
	text_put(&line, " kms::");
	text_put(&line, module);
	text_put(&line, "] ");
	text_put(&line, text);
	buffer[line.len] = '\n';
	/* A full or closed stderr must not stop the server. */
	(void)!write(STDERR_FILENO, buffer, line.len + 1);
}

const char *log_escape(char *out, size_t cap, struct bytes text)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	if (!text.ptr)
		text = bytes_of("-", 1);
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		if (n + (plain ? 1 : 4) >= cap)
			break;
		if (plain) {
			out[n++] = (char)c;
			continue;
		}
		out[n++] = '\\';
		out[n++] = 'x';
		out[n++] = digits[c >> 4];
		out[n++] = digits[c & 15];
	}
	out[n] = '\0';
	return out;
}
