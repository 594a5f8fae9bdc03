/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command - the sub-commands of the teekms program
 *
 * Each is one row of the table in teekms.c. Results go to standard output,
 * everything else to standard error; the status is 0 only on success.
 */

#ifndef KMS_CLI_COMMAND_H
#define KMS_CLI_COMMAND_H

#include "host/store/path.h"
#include "host/store/store.h"

#define EXIT_USAGE 2

struct command {
	const char *name;
	const char *summary;
	const char *usage; /* all of --help */
	/* argv[0] is the command's name. Gives the exit status. */
	int (*run)(const struct command *self, int argc, char **argv);
};

int command_api_key(const struct command *self, int argc, char **argv);

/* Prints the usage on standard error and gives EXIT_USAGE. */
int command_misused(const struct command *self);

/*
 * Where the database is: --db, --state-dir, KMS_DB_PATH, ... False: complained.
 */
bool database_find(char path[STORE_PATH_MAX], const char *db,
		   const char *state_dir) KMS_MUST_USE;

/* Gives *s and says on standard error which file it is, or why it failed. */
bool database_open(struct store **s, const char *path) KMS_MUST_USE;

#endif /* KMS_CLI_COMMAND_H */
