/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teekmsd - wires the rooms together, waits for a signal, takes them apart
 */
#include "common/log.h"
#include "host/dispatch/describe.h"
#include "host/dispatch/dispatch.h"
#include "host/http/http.h"
#include "host/service/service.h"
#include "host/settings.h"
#include "host/store/path.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALL_MS	      20000
#define CHANNEL_DEPTH 512
#define HEADER_MAX    (16 * 1024)
#define BODY_MAX      (512 * 1024)
/* Untouched pages of it cost nothing; the longest answer must fit. */
#define SCRATCH		(1024 * 1024)
#define DESCRIPTION_LEN (1024 * 1024)
#define FDS_MAX		(1 + TEE_WORKERS_MAX)

struct server {
	struct settings settings;
	char db_path[STORE_PATH_MAX];
	char state_dir[STORE_PATH_MAX];
	char ta_program[PATH_MAX];
	char ta_dir[PATH_MAX];
	char self_dir[PATH_MAX];
	unsigned int reactors;
	unsigned int workers;
	struct store *store;
	struct tee *tee;
	struct keeper *keeper;
	struct service *service;
	struct dispatch *dispatch;
	struct http_server *http;
};

/* One per watched descriptor: which thread's work it stands for. */
struct watch {
	struct server *server;
	unsigned int index;
};

static struct watch watches[64];

static void work(void *arg)
{
	struct watch *w = arg;

	service_thread_work(w->server->service, w->index);
}

static enum kms_rc thread_start(void *arg, struct http_reactor *r,
				unsigned int index)
{
	struct server *s = arg;
	int fds[FDS_MAX];
	size_t count = 0;
	enum kms_rc rc = service_thread_start(s->service, index);

	if (!rc)
		rc = dispatch_thread_start(s->dispatch, r, index);
	if (rc)
		return rc;
	watches[index] = (struct watch){ s, index };
	count = service_thread_fds(s->service, index, fds, FDS_MAX);
	for (size_t i = 0; !rc && i < count; i++)
		rc = http_reactor_watch(r, fds[i], work, &watches[index]);
	return rc;
}

static void thread_stop(void *arg, unsigned int index)
{
	struct server *s = arg;

	dispatch_thread_stop(s->dispatch, index);
	service_thread_stop(s->service, index);
}

static void handle(void *arg, struct http_request *req)
{
	struct server *s = arg;

	dispatch_handle(s->dispatch, req);
}

static void round_end(void *arg, unsigned int index)
{
	struct server *s = arg;

	service_thread_flush(s->service, index);
}

static void tick(void *arg, unsigned int index, uint64_t now_ns)
{
	struct server *s = arg;

	service_thread_tick(s->service, index, now_ns);
}

static void refuse(void *arg, struct http_reactor *r, struct http_refusal *no)
{
	struct server *s = arg;

	dispatch_refuse(s->dispatch, r, no);
}

static enum kms_rc fail(const char *what, enum kms_rc rc, const char *why)
{
	fprintf(stderr, "teekmsd: %s: %s: %s\n", what, kms_rc_name(rc),
		why && *why ? why : kms_rc_text(rc));
	return rc;
}

static enum kms_rc make_dir(const char *path)
{
	if (mkdir(path, 0700) && errno != EEXIST)
		return fail(path, KMS_RC_CONFIG, strerror(errno));
	return KMS_RC_OK;
}

/* The TA's program stands beside this one, unless told otherwise. */
static enum kms_rc find_ta_program(struct server *s)
{
	const char *name =
		s->settings.production ? "teekms-ta-production" : "teekms-ta";
	char *self = s->self_dir;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(s->self_dir) - 1);
	char *slash = len > 0 ? strrchr(self, '/') : NULL;
	int n = 0;

	if (s->settings.ta_program) {
		n = snprintf(s->ta_program, sizeof(s->ta_program), "%s",
			     s->settings.ta_program);
	} else if (slash) {
		*slash = '\0';
		n = snprintf(s->ta_program, sizeof(s->ta_program), "%s/%s",
			     self, name);
		/* In the build folder it stands in its own room. */
		if (access(s->ta_program, X_OK))
			n = snprintf(s->ta_program, sizeof(s->ta_program),
				     "%s/../ta/%s", self, name);
	}
	if (n <= 0 || (size_t)n >= sizeof(s->ta_program) ||
	    access(s->ta_program, X_OK))
		return fail(s->ta_program, KMS_RC_CONFIG,
			    "the TA's program was not found (--ta-program)");
	return KMS_RC_OK;
}

/* The command line finds the same database: host/store/path.h. */
static enum kms_rc find_state(struct server *s)
{
	const struct settings *set = &s->settings;
	const struct store_path_sources from = {
		.db = set->db,
		.state_dir = set->db ? NULL : set->state_dir,
		.env = set->env_db,
		.env_dir = set->env_state_dir,
		.system_dir = STORE_SYSTEM_DIR,
	};
	const char *named =
		set->state_dir ? set->state_dir : set->env_state_dir;
	enum kms_rc rc =
		store_path_resolve(s->db_path, sizeof(s->db_path), &from);
	int n = 0;

	if (!rc && !named)
		return store_path_folder(s->state_dir, sizeof(s->state_dir),
					 s->db_path);
	if (!rc)
		n = snprintf(s->state_dir, sizeof(s->state_dir), "%s", named);
	return rc || (size_t)n >= sizeof(s->state_dir) ? KMS_RC_CONFIG
						       : KMS_RC_OK;
}

static enum kms_rc find_paths(struct server *s)
{
	enum kms_rc rc = find_state(s);
	int n = 0;

	if (rc)
		return fail("--db, --state-dir", rc, "not a usable path");
	n = snprintf(s->ta_dir, sizeof(s->ta_dir), "%s/tee", s->state_dir);
	if (n < 0 || (size_t)n >= sizeof(s->ta_dir))
		return fail("--state-dir", KMS_RC_CONFIG, "is too long");
	rc = make_dir(s->state_dir);
	if (!rc && !strcmp(s->settings.tee, "process")) {
		rc = make_dir(s->ta_dir);
		if (!rc)
			rc = find_ta_program(s);
	}
	return rc;
}

static const struct transport *choose_transport(const struct settings *s)
{
	if (!strcmp(s->tee, "process"))
		return &transport_process;
#ifdef KMS_WITH_OPTEE
	return &transport_optee;
#else
	return NULL;
#endif
}

static enum kms_rc open_tee(struct server *s)
{
	struct tee_config config = {
		.transport = choose_transport(&s->settings),
		.transport_config = { .ta_program = s->ta_program,
				      .state_dir = s->ta_dir,
				      .depth = CHANNEL_DEPTH,
				      .trace = s->settings.trace },
		.workers = s->workers,
		/* A real TEE may share a slow processor with others. */
		.call_ms = strcmp(s->settings.tee, "optee") ? CALL_MS
							    : 3 * CALL_MS,
		.lines_max = s->reactors + 1,
	};
	enum kms_rc rc = KMS_RC_INTERNAL;

	if (!config.transport)
		return fail("--tee", KMS_RC_CONFIG,
			    "this build does not reach OP-TEE");
	rc = tee_open(&s->tee, &config);
	return rc ? fail("the TEE", rc, NULL) : KMS_RC_OK;
}

/* A TA that takes no evidence at all must not stand behind production. */
static enum kms_rc check_build(const struct server *s)
{
	const struct tee_info *info = keeper_tee_info(s->keeper);

	if (s->settings.production && (info->build_flags & ABI_BUILD_TEST))
		return fail("the TEE", KMS_RC_CONFIG,
			    "the trusted application is a test build");
	if (s->settings.production &&
	    (info->build_flags & ABI_BUILD_DEVELOPMENT))
		return fail("the TEE", KMS_RC_CONFIG,
			    "the trusted application is a development build, "
			    "which --profile production refuses");
	if (s->settings.allow_legacy_passkey &&
	    !(info->build_flags & ABI_BUILD_DEVELOPMENT))
		return fail("KMS_ALLOW_LEGACY_PASSKEY", KMS_RC_CONFIG,
			    "the trusted application is no development build");
	return KMS_RC_OK;
}

static enum kms_rc open_state(struct server *s)
{
	const struct settings *set = &s->settings;
	struct keeper_config config = {
		.shard_total = (uint16_t)set->shards,
		.may_provision = set->provision || !set->production,
		.reactors = s->reactors,
		.queue_max = set->queue,
		.freeze_after_ms = (uint64_t)set->freeze_after_s * 1000,
	};
	const char *why = NULL;
	enum kms_rc rc = store_open(&s->store, s->db_path, &why);

	if (rc)
		return fail(s->db_path, rc, why);
	rc = store_claim(s->store);
	if (rc)
		return fail(s->db_path, rc,
			    "another server uses this database");
	rc = open_tee(s);
	if (rc)
		return rc;
	config.tee = s->tee;
	config.store = s->store;
	rc = keeper_start(&s->keeper, &config, &why);
	if (rc)
		return fail("state", rc, why);
	return check_build(s);
}

/* dev can be tried out on this machine without telling it anything. */
static enum kms_rc read_relying_party(struct relying_party *rp,
				      const struct settings *set)
{
	const char *ids = set->rp_id;
	const char *why = NULL;
	enum kms_rc rc = KMS_RC_OK;

	if (!ids && !set->production)
		ids = "localhost";
	rc = relying_party_read(rp, ids, set->rp_name, set->origin, &why);
	if (rc)
		return fail("passkeys", rc, why);
	if (!rp->count)
		log_warn("server", "no KMS_RP_ID: wallets cannot be created");
	if (set->allow_legacy_passkey)
		log_warn("server", "KMS_ALLOW_LEGACY_PASSKEY: whoever has seen "
				   "an assertion of a new wallet can use it");
	return KMS_RC_OK;
}

static struct door_config door_of(const struct settings *set)
{
	return (struct door_config){
		.per_caller = set->rate_limit,
		.per_wallet = set->rate_limit,
		.per_address =
			set->rate_address ? set->rate_address : DOOR_OPEN,
		.identities_max = set->rate_keys_max,
	};
}

static uint8_t bind_level_of(const struct settings *set)
{
	if (set->allow_legacy_passkey)
		return BIND_NOTHING;
	return set->production && !set->compat ? BIND_INTENT : BIND_PAYLOAD;
}

static enum kms_rc open_service(struct server *s)
{
	const struct settings *set = &s->settings;
	struct service_config service = {
		.tee = s->tee,
		.store = s->store,
		.keeper = s->keeper,
		.reactors = s->reactors,
		.account = set->account,
		.region = set->region,
		.production = set->production,
		.sign_ms = set->sign_ms,
		.compat = set->compat,
		.bind_level = bind_level_of(set),
	};
	struct dispatch_config dispatch = {
		.store = s->store,
		.api_key = set->api_key,
		.require_api_key = set->require_api_key,
		.production = set->production,
		.open = set->allow_open_mode,
		.threads = s->reactors,
		.door = door_of(set),
	};
	enum kms_rc rc = read_relying_party(&service.rp, set);

	if (rc)
		return rc;
	rc = service_open(&s->service, &service);
	dispatch.service = s->service;
	if (!rc)
		dispatch.pages = service_config(s->service)->rp.origins;
	if (!rc)
		rc = dispatch_new(&s->dispatch, &dispatch);
	return rc ? fail("start", rc, NULL) : KMS_RC_OK;
}

/* dev answers without credentials, so it must not be reached from outside. */
static bool is_loopback(const char *listen)
{
	return !strncmp(listen, "127.", 4) || !strncmp(listen, "[::1]:", 6) ||
	       !strncmp(listen, "localhost:", 10);
}

static enum kms_rc open_http(struct server *s)
{
	const struct settings *set = &s->settings;
	const struct http_config config = {
		.listen = set->listen,
		.reactors = s->reactors,
		.connections_max = set->connections,
		.requests_max = set->queue,
		.header_max = HEADER_MAX,
		.body_max = BODY_MAX,
		.idle_ms = 60000,
		.header_ms = 10000,
		.request_ms = 30000,
		.answer_ms = 30000,
		.scratch = SCRATCH,
		.arg = s,
		.thread_start = thread_start,
		.thread_stop = thread_stop,
		.handle = handle,
		.round_end = round_end,
		.tick = tick,
		.refuse = refuse,
	};
	const char *why = NULL;
	enum kms_rc rc = KMS_RC_OK;

	if (!set->production && !is_loopback(set->listen) &&
	    !set->require_api_key && !set->api_key)
		return fail("--listen", KMS_RC_CONFIG,
			    "the dev profile serves on loopback only, unless "
			    "KMS_REQUIRE_API_KEY=1 or KMS_API_KEY is set");
	rc = http_server_start(&s->http, &config, &why);
	return rc ? fail(set->listen, rc, why) : KMS_RC_OK;
}

static void close_all(struct server *s)
{
	bool answered = true;

	if (s->http)
		answered = http_server_stop(&s->http, s->settings.grace_ms);
	if (!answered)
		log_warn("server", "some requests were cut off");
	keeper_free(&s->keeper);
	dispatch_free(&s->dispatch);
	service_close(&s->service);
	tee_close(&s->tee);
	store_close(&s->store);
}

static unsigned int cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : (unsigned int)(n > 32 ? 32 : n);
}

static enum kms_rc start(struct server *s)
{
	enum kms_rc rc = KMS_RC_OK;

	s->reactors = s->settings.reactors ? s->settings.reactors : cores();
	s->workers = s->settings.workers ? s->settings.workers : cores();
	if (s->workers > s->settings.shards)
		s->workers = s->settings.shards;
	rc = find_paths(s);
	if (!rc)
		rc = open_state(s);
	if (!rc)
		rc = open_service(s);
	if (!rc)
		rc = open_http(s);
	return rc;
}

/*
 * The first signal stops gracefully; the process then ends with 0. The next
 * one ends it the usual way, should anything hang.
 */
static void wait_for_signal(sigset_t *set)
{
	int sig = 0;

	while (sigwait(set, &sig) || (sig != SIGTERM && sig != SIGINT))
		;
	log_info("server", "stopping on signal %d", sig);
	pthread_sigmask(SIG_UNBLOCK, set, NULL);
}

static int run(struct server *s)
{
	sigset_t set;
	enum kms_rc rc = KMS_RC_OK;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	/* Blocked in all threads, so that this one alone takes them. */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	umask(077);
	rc = start(s);
	if (!rc) {
		log_info("server", "teekms %s, profile %s, tee %s", KMS_VERSION,
			 s->settings.profile, s->settings.tee);
		log_info("server", "database %s", s->db_path);
		log_info("server", "listening on port %u",
			 http_server_port(s->http));
		wait_for_signal(&set);
	}
	close_all(s);
	return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_ops(void)
{
	struct json_writer w = { 0 };
	char *text = mem_zalloc(1, DESCRIPTION_LEN);
	int status = EXIT_FAILURE;

	if (!text)
		return status;
	json_begin(&w, text, DESCRIPTION_LEN);
	describe_ops(&w);
	if (!json_writer_done(&w) && printf("%.*s\n", (int)w.len, text) > 0)
		status = EXIT_SUCCESS;
	mem_free(text);
	return status;
}

int main(int argc, char **argv)
{
	static struct server server;
	struct settings *set = &server.settings;

	if (settings_read(set, argc, argv, stderr))
		return 2;
	if (set->help) {
		settings_help(stdout);
		return EXIT_SUCCESS;
	}
	if (set->version) {
		printf("teekmsd %s\n", KMS_VERSION);
		return EXIT_SUCCESS;
	}
	if (set->describe_ops)
		return print_ops();
	if (log_configure(set->log)) {
		fprintf(stderr, "teekmsd: KMS_LOG: not a level or list\n");
		return 2;
	}
	return run(&server);
}
