/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "common/log.h"

#include <stdio.h>
#include <string.h>

#define DATABASE_HELP                                                          \
	"\n"                                                                   \
	"The database is the first of these, as for teekmsd:\n"                \
	"  --db PATH          the file\n"                                      \
	"  --state-dir DIR    DIR/" STORE_FILE_NAME "\n"                       \
	"  " STORE_PATH_ENV "        environment variable: the file\n"         \
	"  " STORE_DIR_ENV "      environment variable: its folder\n"          \
	"  " STORE_SYSTEM_DIR "/" STORE_FILE_NAME "   if that folder exists\n" \
	"  ./" STORE_FILE_NAME "\n"

/* clang-format off */
static const struct command commands[] = {
	{
		.name = "api-key",
		.summary = "make, list and revoke API keys",
		.usage =
"usage: teekms api-key generate [--label LABEL]\n"
"       teekms api-key list [--json]\n"
"       teekms api-key revoke ID\n"
"\n"
"Keys for the x-api-key header. Changes act at once, also on a running server.\n"
"\n"
"generate   prints a new key on standard output, alone: K=$(teekms api-key\n"
"           generate). It cannot be shown again; only its SHA-256 is kept.\n"
"list       prints the live keys without what is secret of them; --json prints\n"
"           the revoked ones too\n"
"revoke     takes an id from the list, the beginning of one, or a whole key\n"
DATABASE_HELP,
		.run = command_api_key,
	},
};
/* clang-format on */

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_usage(FILE *out)
{
	fprintf(out, "usage: teekms COMMAND [ARGUMENT]...\n\ncommands:\n");
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		fprintf(out, "  %-12s %s\n", commands[i].name,
			commands[i].summary);
	fprintf(out, "\nteekms COMMAND --help tells more.\n");
}

int command_misused(const struct command *self)
{
	fputs(self->usage, stderr);
	return EXIT_USAGE;
}

/* A program that is called by a command's name is that command. */
static const struct command *find_alias(const char *program)
{
	const char *slash = strrchr(program, '/');

	return find(slash ? slash + 1 : program);
}

int main(int argc, char **argv)
{
	const struct command *cmd = argc ? find_alias(argv[0]) : NULL;

	/* What went wrong is told once, by the command. */
	if (log_configure("off"))
		return 1;
	if (cmd)
		return cmd->run(cmd, argc, argv);
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return 0;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("teekms " KMS_VERSION);
		return 0;
	}
	cmd = find(argv[1]);
	if (cmd)
		return cmd->run(cmd, argc - 1, argv + 1);
	fprintf(stderr, "unknown command: %s\n", argv[1]);
	print_usage(stderr);
	return EXIT_USAGE;
}
