/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"
#include "cli/options.h"
#include "codec/json.h"
#include "codec/utf8.h"
#include "common/clock.h"
#include "common/hex.h"
#include "common/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define PREFIX	       "kms_"
#define PREFIX_LEN     4
#define RANDOM_LEN     16
#define DIGITS	       (2 * RANDOM_LEN)
#define KEY_LEN	       (PREFIX_LEN + DIGITS)
#define GENERATE_TRIES 8
/* Every byte of a label may become six. */
#define JSON_ROW_MAX 1280

struct request {
	const char *db;
	const char *state_dir;
	const char *label;
	bool json;
	bool help;
	bool version;
	char path[STORE_PATH_MAX];
};

static bool label_is_printable(const char *label)
{
	const uint8_t *p = (const uint8_t *)label;
	size_t left = strlen(label);

	while (left) {
		size_t len = utf8_len(p, left);

		if (!len || *p < ' ' || *p == 0x7f)
			return false;
		/* U+0080 to U+009F steer terminals, too. */
		if (p[0] == 0xc2 && p[1] < 0xa0)
			return false;
		p += len;
		left -= len;
	}
	return true;
}

static bool fill_random(uint8_t out[RANDOM_LEN])
{
	ssize_t got = 0;

	do
		got = getrandom(out, RANDOM_LEN, 0);
	while (got < 0 && errno == EINTR);
	return got == RANDOM_LEN;
}

/* Writes the key as text and the row that stands for it. */
static bool make_key(char text[KEY_LEN + 1], struct store_api_key *row,
		     const char *label)
{
	uint8_t random[RANDOM_LEN] = { 0 };
	bool done = fill_random(random);

	/* hex_encode() ends it.
	 * NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(text, PREFIX, PREFIX_LEN);
	hex_encode(text + PREFIX_LEN, random, sizeof(random));
	*row = (struct store_api_key){ .created_ms = clock_unix_ms() };
	memcpy(row->id, text + PREFIX_LEN, STORE_API_KEY_ID_LEN);
	memcpy(row->label, label, strlen(label));
	sha256_once(row->hash, text, KEY_LEN);
	secret_wipe(random, sizeof(random));
	return done;
}

/* False also when the reader of a pipe has gone or the disk is full. */
static bool flush_output(void)
{
	if (!ferror(stdout) && !fflush(stdout))
		return true;
	fprintf(stderr, "standard output: %s\n", strerror(errno));
	return false;
}

static bool hand_out(struct store *s, const char *text, const char *id)
{
	puts(text);
	if (flush_output())
		return true;
	if (store_revoke_api_key(s, id))
		fprintf(stderr,
			"the key " PREFIX "%s... is live but was "
			"not shown: revoke it\n",
			id);
	return false;
}

static int generate(struct store *s, const char *label)
{
	char text[KEY_LEN + 1] = { 0 };
	struct store_api_key row = { 0 };
	enum kms_rc rc = KMS_RC_EXISTS;
	int status = 1;

	/* 32 bits of id may be taken already. */
	for (int i = 0; rc == KMS_RC_EXISTS && i < GENERATE_TRIES; i++) {
		if (!make_key(text, &row, label)) {
			fprintf(stderr, "no random numbers: %s\n",
				strerror(errno));
			goto out;
		}
		rc = store_add_api_key(s, &row);
	}
	if (rc) {
		fprintf(stderr, "no key made: %s\n", store_why(s));
		goto out;
	}
	if (!hand_out(s, text, row.id))
		goto out;
	fprintf(stderr,
		"API key generated. Label: \"%s\"\n"
		"Keep it: it cannot be shown again.\n",
		label);
	status = 0;
out:
	secret_wipe(text, sizeof(text));
	return status;
}

struct listing {
	size_t live;
	size_t all;
};

static bool print_row(void *arg, const struct store_api_key *key)
{
	struct listing *l = arg;
	char created[CLOCK_TEXT_SIZE];

	if (key->revoked)
		return true;
	if (!l->live++)
		printf("%-16s  %-20s  %s\n", "KEY", "CREATED", "LABEL");
	clock_put_seconds(created, key->created_ms);
	printf(PREFIX "%s...   %-20s  %s\n", key->id, created, key->label);
	return true;
}

static bool print_json(void *arg, const struct store_api_key *key)
{
	struct listing *l = arg;
	char text[JSON_ROW_MAX] = { 0 };
	char created[CLOCK_TEXT_SIZE];
	struct json_writer w = { 0 };

	clock_put_seconds(created, key->created_ms);
	json_begin(&w, text, sizeof(text));
	json_object(&w);
	json_text_member(&w, "id", key->id);
	json_text_member(&w, "label", key->label);
	json_text_member(&w, "created", created);
	json_bool_member(&w, "revoked", key->revoked);
	json_end(&w);
	if (json_writer_done(&w))
		return false;
	printf("%s\n  %.*s", l->all++ ? "," : "", (int)w.len, text);
	return true;
}

static int list(struct store *s, bool json)
{
	struct listing l = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (json)
		putchar('[');
	rc = store_list_api_keys(s, json ? print_json : print_row, &l);
	if (rc) {
		fprintf(stderr, "the list is incomplete: %s\n",
			kms_rc_text(rc));
		return 1;
	}
	if (json)
		puts(l.all ? "\n]" : "]");
	else if (l.live)
		printf("%zu key(s) total.\n", l.live);
	else
		puts("No API keys configured.");
	return flush_output() ? 0 : 1;
}

/* Finds the id of a whole key by its hash. */
struct search {
	uint8_t hash[SHA256_LEN];
	char id[STORE_API_KEY_ID_LEN + 1];
	bool found;
};

static bool compare(void *arg, const struct store_api_key *key)
{
	struct search *s = arg;

	if (key->revoked || !ct_equal(key->hash, s->hash, sizeof(s->hash)))
		return true;
	memcpy(s->id, key->id, sizeof(s->id));
	s->found = true;
	return false;
}

static enum kms_rc revoke_whole(struct store *s, const char *text)
{
	struct search search = { 0 };
	enum kms_rc rc = KMS_RC_INTERNAL;

	sha256_once(search.hash, text, KEY_LEN);
	rc = store_list_api_keys(s, compare, &search);
	if (!rc && !search.found)
		rc = KMS_RC_NOT_FOUND;
	return rc ? rc : store_revoke_api_key(s, search.id);
}

static int revoke_key(struct store *s, const char *what)
{
	const char *id = what;
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!strncmp(what, PREFIX, PREFIX_LEN))
		id += PREFIX_LEN;
	rc = id != what && strlen(id) == DIGITS ? revoke_whole(s, what)
						: store_revoke_api_key(s, id);
	switch (rc) {
	case KMS_RC_OK:
		puts("API key revoked.");
		return flush_output() ? 0 : 1;
	case KMS_RC_NOT_FOUND:
		fputs("API key not found.\n", stderr);
		return 1;
	case KMS_RC_BAD_INPUT:
		fputs("That is no id of one key: give more of it, in "
		      "lower-case hexadecimal digits.\n",
		      stderr);
		return 1;
	default:
		fprintf(stderr, "not revoked: %s\n", store_why(s));
		return 1;
	}
}

/* Looking must not make a database where somebody mistyped a path. */
static int without_database(const struct request *r, const char *verb)
{
	fprintf(stderr, "%s: no database yet\n", r->path);
	if (!strcmp(verb, "list")) {
		puts(r->json ? "[]" : "No API keys configured.");
		return flush_output() ? 0 : 1;
	}
	fputs("API key not found.\n", stderr);
	return 1;
}

static int run(const struct request *r, const char *verb, const char *argument)
{
	struct store *s = NULL;
	int status = 1;

	if (strcmp(verb, "generate") != 0 && access(r->path, F_OK))
		return without_database(r, verb);
	if (!database_open(&s, r->path))
		return 1;
	if (!strcmp(verb, "generate"))
		status = generate(s, r->label);
	else if (!strcmp(verb, "list"))
		status = list(s, r->json);
	else
		status = revoke_key(s, argument);
	store_close(&s);
	return status;
}

/* Every verb takes its own arguments and no others. */
static bool fits(struct request *r, const char *const *args, int count)
{
	if (!count)
		return false;
	if (!strcmp(args[0], "generate")) {
		if (r->json || (count == 2 && r->label))
			return false;
		/* The reference takes the label without the option, too. */
		if (count == 2)
			r->label = args[1];
		if (!r->label)
			r->label = "";
		return true;
	}
	if (r->label)
		return false;
	if (!strcmp(args[0], "list"))
		return count == 1;
	return !strcmp(args[0], "revoke") && count == 2 && !r->json;
}

int command_api_key(const struct command *self, int argc, char **argv)
{
	struct request r = { 0 };
	const struct option_spec specs[] = {
		{ .name = "--db", .value = &r.db },
		{ .name = "--state-dir", .value = &r.state_dir },
		{ .name = "--label", .value = &r.label },
		{ .name = "--json", .flag = &r.json },
		{ .name = "--help", .flag = &r.help },
		{ .name = "--version", .flag = &r.version },
		{ 0 },
	};
	const char *args[2] = { 0 };
	int count = 0;

	if (!options_parse(specs, argc, argv, args, ARRAY_LEN(args), &count))
		return EXIT_USAGE;
	if (r.help || r.version) {
		fputs(r.help ? self->usage : "teekms " KMS_VERSION "\n",
		      stdout);
		return flush_output() ? 0 : 1;
	}
	if (!fits(&r, args, count))
		return command_misused(self);
	if (r.label &&
	    (!label_is_printable(r.label) ||
	     strlen(r.label) >= sizeof(((struct store_api_key *)0)->label))) {
		fputs("a label is printable UTF-8 of at most 128 bytes\n",
		      stderr);
		return EXIT_USAGE;
	}
	if (!database_find(r.path, r.db, r.state_dir))
		return EXIT_USAGE;
	return run(&r, args[0], args[1]);
}
