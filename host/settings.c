/* SPDX-License-Identifier: Apache-2.0 */
#include "host/settings.h"

#include <stdlib.h>
#include <string.h>

#define RATE_LIMIT 100 /* in production */

enum kind { TEXT, NUMBER, FLAG };

struct setting {
	const char *option; /* without "--" */
	const char *env;    /* NULL: none */
	enum kind kind;
	size_t offset;
	const char *standard; /* default, as it would be typed; NULL: none */
	unsigned int min;
	unsigned int max;
	const char *help;
};

#define AT(member) offsetof(struct settings, member)

/* clang-format off */
static const struct setting table[] = {
	{ "listen", "KMS_LISTEN", TEXT, AT(listen), "127.0.0.1:8080", 0, 0,
	  "ADDRESS:PORT to serve on; port 0 takes a free one" },
	{ "state-dir", "KMS_STATE_DIR", TEXT, AT(state_dir), NULL, 0, 0,
	  "folder of the database and of the TA process's storage; else "
	  "/data/kms where that exists, else the working folder" },
	{ "db", "KMS_DB_PATH", TEXT, AT(db), NULL, 0, 0,
	  "database file, when it is not kms.db in the state folder; alone, "
	  "its folder is the state folder" },
	{ "profile", "KMS_PROFILE", TEXT, AT(profile), "dev", 0, 0,
	  "dev (open on loopback until an API key exists) or production" },
	{ "tee", "KMS_TEE", TEXT, AT(tee), "process", 0, 0,
	  "process (no protection from root) or optee" },
	{ "ta-program", "KMS_TA_PROGRAM", TEXT, AT(ta_program), NULL, 0, 0,
	  "the TA process's program, when it is not beside teekmsd" },
	{ "region", "KMS_REGION", TEXT, AT(region), "us-east-1", 0, 0,
	  "Region in key ARNs" },
	{ "account", "KMS_ACCOUNT", TEXT, AT(account_text), "000000000000", 0,
	  0, "account in key ARNs, 12 digits" },
	{ "workers", "KMS_WORKERS", NUMBER, AT(workers), "0", 0, 64,
	  "TEE instances; 0: one per core" },
	{ "reactors", "KMS_REACTORS", NUMBER, AT(reactors), "0", 0, 32,
	  "HTTP threads; 0: one per core" },
	{ "shards", "KMS_SHARDS", NUMBER, AT(shards), "16", 1, 64,
	  "shards of a new key domain; fixed once it is made" },
	{ "connections", "KMS_CONNECTIONS", NUMBER, AT(connections), "4096", 1,
	  100000, "most open connections of a thread" },
	{ "queue", "KMS_QUEUE", NUMBER, AT(queue), "1024", 1, 65536,
	  "most requests of a thread under way, and most waiting changes" },
	{ "sign-timeout", "KMS_SIGN_TIMEOUT_MS", NUMBER, AT(sign_ms), "10000",
	  10, 600000, "milliseconds a signature may take" },
	{ "grace", "KMS_GRACE_MS", NUMBER, AT(grace_ms), "5000", 0, 600000,
	  "milliseconds open requests get at a stop" },
	{ "freeze-after", "KMS_INACTIVITY_FREEZE_SECS", NUMBER,
	  AT(freeze_after_s), "31536000", 0, 3153600000,
	  "seconds unused until a wallet is frozen; 0: never" },
	{ "compat", "KMS_COMPAT", FLAG, AT(compat), NULL, 0, 0,
	  "1: forgive clients what the KMS they were made for forgives" },
	{ "provision", NULL, FLAG, AT(provision), NULL, 0, 0,
	  "make a key domain in an empty TEE (dev does so by itself)" },
	{ "trace", NULL, FLAG, AT(trace), NULL, 0, 0,
	  "pass the TA process's trace on to standard error" },
	{ "describe-ops", NULL, FLAG, AT(describe_ops), NULL, 0, 0,
	  "print the table of operations as JSON and exit" },
	{ "version", NULL, FLAG, AT(version), NULL, 0, 0,
	  "print the version and exit" },
	{ "help", NULL, FLAG, AT(help), NULL, 0, 0,
	  "print this and exit" },
	/* Environment only. */
	{ NULL, "KMS_API_KEY", TEXT, AT(api_key), NULL, 0, 0,
	  "one more valid API key" },
	{ NULL, "KMS_REQUIRE_API_KEY", FLAG, AT(require_api_key), NULL, 0, 0,
	  "1: never open, also while no API key exists" },
	{ NULL, "KMS_ALLOW_OPEN_MODE", FLAG, AT(allow_open_mode), NULL, 0, 0,
	  "1: dev stays open although there are API keys" },
	{ NULL, "KMS_RP_ID", TEXT, AT(rp_id), NULL, 0, 0,
	  "domains that passkeys are made for, the first by default" },
	{ NULL, "KMS_RP_NAME", TEXT, AT(rp_name), "teekms", 0, 0,
	  "what authenticators call this server" },
	{ NULL, "KMS_ORIGIN", TEXT, AT(origin), NULL, 0, 0,
	  "pages where passkeys may be used; https:// and the first domain" },
	{ NULL, "KMS_RATE_LIMIT", TEXT, AT(rate_limit_text), NULL, 0, 0,
	  "requests a minute of an API key and for a wallet; production: 100" },
	{ NULL, "KMS_RATE_LIMIT_ADDRESS", NUMBER, AT(rate_address), "0", 0,
	  1000000, "requests a minute of a client's address; 0: any" },
	{ NULL, "KMS_RATE_LIMIT_MAX_KEYS", NUMBER, AT(rate_keys_max), "10000",
	  1, 1000000, "most API keys, wallets, addresses counted at once" },
	{ NULL, "KMS_ALLOW_LEGACY_PASSKEY", FLAG, AT(allow_legacy_passkey),
	  NULL, 0, 0, "1: new wallets bind nothing, for old test suites; dev only" },
	{ NULL, "KMS_LOG", TEXT, AT(log), "info", 0, 0,
	  "level, or a list such as warn,access=info,store=debug" },
};
/* clang-format on */

void settings_help(FILE *out)
{
	fprintf(out, "usage: teekmsd [options]\n\n"
		     "A self-hosted key service for Ethereum accounts that "
		     "speaks the AWS KMS protocol.\n\n");
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct setting *t = &table[i];
		char option[40] = "";

		if (t->option)
			snprintf(option, sizeof(option), "--%s", t->option);
		fprintf(out, "  %-16s %-22s %s", option, t->env ? t->env : "",
			t->help);
		if (t->standard)
			fprintf(out, " [%s]", t->standard);
		fputc('\n', out);
	}
	fprintf(out, "\nAn option wins over its variable.\n");
}

static bool parse_number(unsigned int *out, const struct setting *t,
			 const char *text)
{
	unsigned long v = 0;
	char *end = NULL;

	if (*text < '0' || *text > '9')
		return false;
	v = strtoul(text, &end, 10);
	if (*end || v < t->min || v > t->max)
		return false;
	*out = (unsigned int)v;
	return true;
}

static bool assign(struct settings *s, const struct setting *t,
		   const char *value)
{
	char *at = (char *)s + t->offset;
	unsigned int number = 0;

	switch (t->kind) {
	case TEXT:
		memcpy(at, &value, sizeof(value));
		return true;
	case NUMBER:
		if (!parse_number(&number, t, value))
			return false;
		memcpy(at, &number, sizeof(number));
		return true;
	case FLAG:
	default:
		*(bool *)(void *)at = !strcmp(value, "1");
		return !strcmp(value, "1") || !strcmp(value, "0");
	}
}

static const struct setting *find_option(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (table[i].option && strlen(table[i].option) == len &&
		    !strncmp(table[i].option, name, len))
			return &table[i];
	return NULL;
}

static enum kms_rc refuse(FILE *err, const char *what, const char *value,
			  const char *why)
{
	fprintf(err, "teekmsd: %s%s%s: %s (try --help)\n", what,
		value ? " " : "", value ? value : "", why);
	return KMS_RC_CONFIG;
}

static enum kms_rc read_environment(struct settings *s, FILE *err)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct setting *t = &table[i];
		const char *value = t->env ? getenv(t->env) : NULL;

		/* An empty variable is an unset one. */
		if (!value || !*value)
			value = t->standard;
		if (value && !assign(s, t, value))
			return refuse(err, t->env, value,
				      "is not a value it takes");
	}
	return KMS_RC_OK;
}

/* "--name value" or "--name=value"; NULL: the value is missing. */
static const char *value_of(int *at, int argc, char **argv, const char *equals)
{
	if (equals)
		return equals + 1;
	return *at + 1 < argc ? argv[++*at] : NULL;
}

static enum kms_rc read_options(struct settings *s, int argc, char **argv,
				FILE *err)
{
	for (int i = 1; i < argc; i++) {
		const char *name = argv[i] + 2;
		const char *equals = strchr(argv[i], '=');
		const struct setting *t = NULL;
		const char *value = "1";
		int at = i;

		if (!strncmp(argv[i], "--", 2))
			t = find_option(name, equals ? (size_t)(equals - name)
						     : strlen(name));
		if (!t)
			return refuse(err, argv[i], NULL, "no such option");
		if (t->kind == FLAG && equals)
			return refuse(err, argv[i], NULL, "takes no value");
		if (t->kind != FLAG)
			value = value_of(&i, argc, argv, equals);
		if (!value)
			return refuse(err, argv[at], NULL, "needs a value");
		if (!*value || !assign(s, t, value))
			return refuse(err, argv[at], equals ? NULL : value,
				      "is not a value it takes");
	}
	return KMS_RC_OK;
}

/* dev is for trying things out, so it counts only when it is told to. */
static enum kms_rc derive_rate(struct settings *s, FILE *err)
{
	const struct setting range = { .max = 1000000 };
	const char *text = s->rate_limit_text;

	s->rate_limit = s->production ? RATE_LIMIT : SETTINGS_NO_LIMIT;
	if (text && !parse_number(&s->rate_limit, &range, text))
		return refuse(err, "KMS_RATE_LIMIT", text,
			      "is not a number up to 1000000");
	return KMS_RC_OK;
}

/* What would take away a protection is told, not passed over. */
static enum kms_rc check_weakening(const struct settings *s, FILE *err)
{
	if (s->allow_legacy_passkey && s->production)
		return refuse(err, "KMS_ALLOW_LEGACY_PASSKEY", "1",
			      "--profile production takes no assertion without "
			      "its challenge");
	if (s->allow_open_mode && s->production)
		return refuse(err, "KMS_ALLOW_OPEN_MODE", "1",
			      "--profile production is never open");
	if (s->allow_open_mode && (s->require_api_key || s->api_key))
		return refuse(err, "KMS_ALLOW_OPEN_MODE", "1",
			      "contradicts KMS_REQUIRE_API_KEY and "
			      "KMS_API_KEY");
	return KMS_RC_OK;
}

static enum kms_rc derive(struct settings *s, FILE *err)
{
	char *end = NULL;
	enum kms_rc rc = KMS_RC_OK;

	s->production = !strcmp(s->profile, "production");
	if (!s->production && strcmp(s->profile, "dev") != 0)
		return refuse(err, "--profile", s->profile,
			      "is not dev or production");
	if (strcmp(s->tee, "process") != 0 && strcmp(s->tee, "optee") != 0)
		return refuse(err, "--tee", s->tee, "is not process or optee");
	if (strlen(s->account_text) != 12 ||
	    strspn(s->account_text, "0123456789") != 12)
		return refuse(err, "--account", s->account_text,
			      "is not 12 digits");
	s->account = strtoull(s->account_text, &end, 10);
	rc = derive_rate(s, err);
	return rc ? rc : check_weakening(s, err);
}

enum kms_rc settings_read(struct settings *s, int argc, char **argv, FILE *err)
{
	enum kms_rc rc = KMS_RC_INTERNAL;

	memset(s, 0, sizeof(*s));
	rc = read_environment(s, err);
	/* --state-dir wins over KMS_DB_PATH as well. */
	s->env_db = s->db;
	s->env_state_dir = s->state_dir;
	s->db = NULL;
	s->state_dir = NULL;
	if (!rc)
		rc = read_options(s, argc, argv, err);
	if (!rc)
		rc = derive(s, err);
	return rc;
}
