/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings - what an operator can set: command line, then environment
 *
 * One table makes the parser, --help and the documents' check. A setting that
 * is unknown or does not parse stops the start.
 */

#ifndef KMS_HOST_SETTINGS_H
#define KMS_HOST_SETTINGS_H

#include "common/attr.h"
#include "common/kms_rc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SETTINGS_NO_LIMIT UINT32_MAX

struct settings {
	const char *listen;
	const char *state_dir;	   /* --state-dir, or NULL */
	const char *env_state_dir; /* KMS_STATE_DIR, or NULL */
	const char *db;		   /* --db, or NULL */
	const char *env_db;	   /* KMS_DB_PATH, or NULL */
	const char *profile;
	const char *tee;
	const char *ta_program; /* NULL: beside teekmsd */
	const char *region;
	const char *account_text;
	const char *api_key;
	const char *log;
	const char *rp_id;
	const char *rp_name;
	const char *origin;
	const char *rate_limit_text;
	unsigned int rate_address;
	unsigned int rate_keys_max;
	unsigned int workers; /* 0: as many as cores */
	unsigned int reactors;
	unsigned int shards;
	unsigned int connections;
	unsigned int queue;
	unsigned int sign_ms;
	unsigned int grace_ms;
	unsigned int freeze_after_s; /* 0: never */
	bool require_api_key;
	bool allow_open_mode;
	bool allow_legacy_passkey;
	bool compat;
	bool provision;
	bool trace;
	bool describe_ops;
	bool version;
	bool help;

	bool production; /* derived */
	uint64_t account;
	unsigned int rate_limit; /* SETTINGS_NO_LIMIT: none */
};

/* Fills *s; a failure has been told on err. CONFIG. */
enum kms_rc settings_read(struct settings *s, int argc, char **argv,
			  FILE *err) KMS_MUST_USE;
void settings_help(FILE *out);

#endif /* KMS_HOST_SETTINGS_H */
