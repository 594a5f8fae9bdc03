/* SPDX-License-Identifier: Apache-2.0 */
/* Who may come in, and what the service learns of them. */
#include "test/unit/dispatch/fixture.h"

#include <string.h>

#define ENV_KEY "a key from the environment"
#define SIGV4	"AWS4-HMAC-SHA256 Credential=AKID/20260101/eu/kms/aws4_request"

static void sign_with(const char *name, const char *value, unsigned int status)
{
	begin_aws("TrentService.Sign", SIGN_BODY);
	add_header(name, value);
	send_it(status);
}

static void dev_is_open_until_the_first_key(void **state)
{
	(void)state;
	aws("TrentService.Sign", SIGN_BODY, 200);
	assert_int_equal(fakes.caller.kind, EVIDENCE_NONE);
	add_api_key(KEY);
	aws("TrentService.Sign", SIGN_BODY, 401);
	assert_body("{\"__type\":\"MissingAuthenticationTokenException\","
		    "\"message\":\"Missing Authentication Token\","
		    "\"error\":\"Missing Authentication Token\"}");
	get("/keys", 401);
	assert_body("{\"error\":\"Missing API key\","
		    "\"code\":\"NO_CREDENTIAL\"}");
	get("/health", 200);
	/* Revoking the last one opens nothing. */
	fakes.keys[0].revoked = true;
	aws("TrentService.Sign", SIGN_BODY, 401);
}

static void an_open_server_answers_to_its_own_names_only(void **state)
{
	static const char *const ours[] = {
		"localhost",	  "localhost:8080", "LocalHost:1",
		"127.0.0.1:8080", "127.0.0.2",	    "[::1]:8080",
	};
	static const char *const others[] = {
		"example.org",
		"localhost.example.org",
		"127.0.0.1.example.org",
		"[::1].example.org",
		"localhost:80@b.org",
		"xlocalhost",
		"1127.0.0.1",
		"[::2]",
		"",
		"0.0.0.0",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		sign_with("Host", ours[i], 200);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		sign_with("Host", others[i], 403);
	assert_type("AccessDeniedException");
	assert_non_null(strstr(fakes.body, "localhost"));
	begin("GET", "/keys", NULL);
	add_header("Host", "example.org");
	send_it(403);
	assert_non_null(strstr(fakes.body, "\"code\":\"ACCESS_DENIED\""));
	/* A probe that asks by another name learns nothing. */
	begin("GET", "/health", NULL);
	add_header("Host", "example.org");
	send_it(200);
	/* Whoever has a key may call it what they like. */
	add_api_key(KEY);
	begin_aws("TrentService.Sign", SIGN_BODY);
	add_header("Host", "kms.example.org");
	add_header("x-api-key", KEY);
	send_it(200);
}

static void pages_of_other_sites_change_nothing(void **state)
{
	static const char *const others[] = {
		"http://example.org",
		"https://localhost.example.org",
		"null",
		"",
		"http://example.org:8080",
		"file://",
	};

	(void)state;
	sign_with("Origin", "http://localhost:3000", 200);
	sign_with("Origin", "https://127.0.0.1", 200);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		sign_with("Origin", others[i], 403);
	/* What only reads cannot be read by them: there is no CORS. */
	begin("GET", "/keys", NULL);
	add_header("Origin", "http://example.org");
	send_it(200);
}

static void an_api_key_is_evidence(void **state)
{
	uint8_t hash[SHA256_LEN];

	(void)state;
	add_api_key(KEY);
	sign_with("X-Api-Key", KEY, 200);
	sha256_once(hash, KEY, strlen(KEY));
	assert_int_equal(fakes.caller.kind, EVIDENCE_API_KEY);
	assert_int_equal(fakes.caller.evidence_len, sizeof(hash));
	assert_memory_equal(fakes.caller.evidence, hash, sizeof(hash));
	assert_string_equal(fakes.caller.key_id, "01234567");
}

static void wrong_api_keys_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"kms_",
		"kms_01234567",
		"kms_0123456789abcdef0123456789abcdeF",
		"kms_0123456789abcdef0123456789abcdef0",
		"KMS_0123456789abcdef0123456789abcdef",
		"kms_ffffffff89abcdef0123456789abcdef",
		"kms_'; drop 89abcdef0123456789abcdef",
	};

	(void)state;
	add_api_key(KEY);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		sign_with("x-api-key", wrong[i], 401);
		assert_type("UnrecognizedClientException");
		begin("GET", "/keys", NULL);
		add_header("x-api-key", wrong[i]);
		send_it(401);
		assert_body("{\"error\":\"Invalid API key\","
			    "\"code\":\"BAD_CREDENTIAL\"}");
	}
	begin_aws("TrentService.Sign", SIGN_BODY);
	add_header("x-api-key", KEY);
	add_header("x-api-key", KEY);
	send_it(401);
	assert_int_equal(fakes.runs, 0);
}

static void a_revoked_key_is_refused_at_once(void **state)
{
	(void)state;
	add_api_key(KEY);
	add_api_key("kms_89abcdef0123456789abcdef01234567");
	sign_with("x-api-key", KEY, 200);
	fakes.keys[0].revoked = true;
	sign_with("x-api-key", KEY, 401);
}

static void a_key_from_the_environment_closes_the_server(void **state)
{
	(void)state;
	restart(&(struct dispatch_config){ .api_key = ENV_KEY });
	aws("TrentService.Sign", SIGN_BODY, 401);
	sign_with("x-api-key", ENV_KEY, 200);
	assert_string_equal(fakes.caller.key_id, "env");
	/* An empty variable is none, and an empty header no key. */
	restart(&(struct dispatch_config){ .api_key = "" });
	aws("TrentService.Sign", SIGN_BODY, 200);
	add_api_key(KEY);
	sign_with("x-api-key", "", 401);
}

static void a_demanded_key_closes_the_server(void **state)
{
	(void)state;
	restart(&(struct dispatch_config){ .require_api_key = true });
	aws("TrentService.Sign", SIGN_BODY, 401);
	restart(&(struct dispatch_config){ .production = true });
	aws("TrentService.Sign", SIGN_BODY, 401);
	assert_type("MissingAuthenticationTokenException");
	get("/version", 200);
}

static void an_unverified_signature_opens_nothing(void **state)
{
	(void)state;
	sign_with("Authorization", SIGV4, 200);
	assert_int_equal(fakes.caller.kind, EVIDENCE_NONE);
	restart(&(struct dispatch_config){ .production = true });
	sign_with("Authorization", SIGV4, 400);
	assert_body("{\"__type\":\"UnrecognizedClientException\","
		    "\"message\":\"The security token included in the request "
		    "is invalid.\",\"error\":\"The security token included in "
		    "the request is invalid.\"}");
	restart(&(struct dispatch_config){ 0 });
	add_api_key(KEY);
	sign_with("Authorization", SIGV4, 400);
	assert_int_equal(fakes.runs, 1);
}

static void a_silent_database_opens_nothing(void **state)
{
	(void)state;
	fakes.store_rc = KMS_RC_UNAVAILABLE;
	aws("TrentService.Sign", SIGN_BODY, 500);
	assert_type("KMSInternalException");
	sign_with("x-api-key", KEY, 500);
	get("/keys", 503);
	get("/health", 200);
	assert_int_equal(fakes.runs, 1);
}

static void callers_are_judged_before_targets_and_bodies(void **state)
{
	(void)state;
	add_api_key(KEY);
	aws("TrentService.Nothing", "{", 401);
	assert_type("MissingAuthenticationTokenException");
	begin("DELETE", "/keys", NULL);
	send_it(405);
	get("/none", 404);
}

/* There was a moment in which an open server did not look again. */
static void the_first_key_closes_the_very_next_request(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		aws("TrentService.Sign", SIGN_BODY, 200);
	add_api_key(KEY);
	aws("TrentService.Sign", SIGN_BODY, 401);
}

static void a_closed_door_asks_the_database_no_more(void **state)
{
	unsigned int calls = 0;

	(void)state;
	add_api_key(KEY);
	aws("TrentService.Sign", SIGN_BODY, 401);
	calls = fakes.store_calls;
	aws("TrentService.Sign", SIGN_BODY, 401);
	assert_int_equal(fakes.store_calls, calls);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(dev_is_open_until_the_first_key),
		fixture_test(an_open_server_answers_to_its_own_names_only),
		fixture_test(pages_of_other_sites_change_nothing),
		fixture_test(an_api_key_is_evidence),
		fixture_test(wrong_api_keys_are_refused),
		fixture_test(a_revoked_key_is_refused_at_once),
		fixture_test(a_key_from_the_environment_closes_the_server),
		fixture_test(a_demanded_key_closes_the_server),
		fixture_test(an_unverified_signature_opens_nothing),
		fixture_test(a_silent_database_opens_nothing),
		fixture_test(callers_are_judged_before_targets_and_bodies),
		fixture_test(the_first_key_closes_the_very_next_request),
		fixture_test(a_closed_door_asks_the_database_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
