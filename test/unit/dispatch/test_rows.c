/* SPDX-License-Identifier: Apache-2.0 */
/* Which row a request gets, who may come in, and how often. */
#include "test/unit/dispatch/fixture.h"

#include <stdio.h>
#include <string.h>

#define KEY_2 "kms_fedcba9876543210fedcba9876543210"
#define POINT                                                                \
	"046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296" \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define ASSERTION                                                 \
	"{\"ChallengeId\":\"c\",\"Credential\":{\"id\":\"AAAA\"," \
	"\"rawId\":\"!\",\"type\":\"public-key\",\"response\":{"  \
	"\"clientDataJSON\":\"e30\",\"authenticatorData\":"       \
	"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"," \
	"\"signature\":\"MAYCAQECAQE\",\"userHandle\":null}}}"

static void assert_ran(const char *name)
{
	assert_string_equal(fakes.ran, name);
}

static void a_member_chooses_the_row_on_post(void **state)
{
	static const struct {
		const char *target;
		const char *body;
		const char *ran;
	} rows[] = {
		{ "TrentService.CreateKey", "{}", "create_key" },
		{ "TrentService.CreateKey",
		  "{\"PasskeyPublicKey\":\"" POINT "\"}", "create_wallet" },
		{ "TrentService.CreateKey", "{\"PasskeyPublicKey\":null}",
		  "create_key" },
		{ "TrentService.DescribeKey", "{\"KeyId\":\"a\"}",
		  "describe_key" },
		{ "TrentService.DescribeKey", "{\"Address\":\"0x\"}",
		  "describe_wallet" },
		{ "TrentService.GetPublicKey", "{\"KeyId\":\"a\"}",
		  "get_public_key" },
		{ "TrentService.GetPublicKey", "{\"Address\":\"0x\"}",
		  "get_wallet_key" },
		{ "TrentService.ListKeys", "{}", "list_keys" },
		{ "TrentService.Sign",
		  "{\"KeyId\":\"k\",\"Message\":\"Zm9v\","
		  "\"SigningAlgorithm\":\"ECDSA_SHA_256\"}",
		  "sign" },
		{ "TrentService.Sign",
		  "{\"KeyId\":\"k\",\"Message\":\"0x\","
		  "\"DerivationPath\":\"m\"}",
		  "sign_wallet" },
		{ "TrentService.Sign", "{\"WebAuthn\":" ASSERTION "}",
		  "sign_wallet" },
		{ "TrentService.Sign", "{\"Passkey\":{}}", "sign_wallet" },
		{ "TrentService.Sign", "{\"Address\":\"0x\"}", "sign_wallet" },
		{ "TrentService.Sign", "{\"MessageEncoding\":\"hex\"}",
		  "sign_wallet" },
		{ "TrentService.Sign",
		  "{\"Passkey\":null,\"\\u0041ddress\":\"0x\"}",
		  "sign_wallet" },
		{ "TrentService.ScheduleKeyDeletion", "{\"KeyId\":\"k\"}",
		  "schedule_deletion" },
		{ "TrentService.ScheduleKeyDeletion",
		  "{\"KeyId\":\"k\",\"WebAuthn\":" ASSERTION "}",
		  "delete_wallet" },
		{ "TrentService.ScheduleKeyDeletion",
		  "{\"KeyId\":\"k\",\"Passkey\":{}}", "delete_wallet" },
		{ "TrentService.CancelKeyDeletion", "{\"KeyId\":\"k\"}",
		  "cancel_key_deletion" },
		{ "TrentService.CancelKeyDeletion",
		  "{\"KeyId\":\"k\",\"WebAuthn\":" ASSERTION "}",
		  "cancel_deletion" },
		{ "TrentService.DeleteKey", "{\"KeyId\":\"k\"}",
		  "delete_wallet" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		post("/", rows[i].target, rows[i].body, 200);
		if (strcmp(fakes.ran, rows[i].ran) != 0)
			fail_msg("row %zu ran %s", i, fakes.ran);
		assert_true(fakes.aws);
	}
}

static void a_path_has_its_own_row(void **state)
{
	(void)state;
	post("/CreateKey", NULL, "{\"PasskeyPublicKey\":\"" POINT "\"}", 200);
	assert_ran("create_wallet");
	assert_false(fakes.aws);
	assert_string_equal(fakes.content_type, "application/json");
	post("/CreateKey", NULL, "{}", 400);
	post("/ListKeys/", NULL, "", 200);
	assert_ran("list_wallets");
	post("/Sign/x", NULL, "{}", 404);
	post("/SignTransaction", NULL, "{}", 404);
	post("/admin/purge-key", NULL, "{}", 404);
}

static void a_target_beside_a_path_must_be_its_own(void **state)
{
	static const char body[] = "{\"KeyId\":\"k\"}";

	(void)state;
	post("/DeleteKey", "TrentService.DeleteKey", body, 200);
	post("/DeleteKey", "TrentService.ScheduleKeyDeletion", body, 200);
	post("/ListKeys", "TrentService.ListKeys", body, 200);
	post("/UnfreezeKey", NULL, body, 200);
	post("/BeginAuthentication", "TrentService.BeginAuthentication", body,
	     200);
	fakes.ran = "nothing";
	post("/DeleteKey", "TrentService.UnfreezeKey", body, 400);
	post("/UnfreezeKey", "TrentService.DeleteKey", body, 400);
	post("/UnfreezeKey", "trentservice.UnfreezeKey", body, 400);
	post("/UnfreezeKey", "TrentService.", body, 400);
	post("/UnfreezeKey", "", body, 400);
	begin("POST", "/UnfreezeKey", body);
	add_header("x-amz-target", "TrentService.UnfreezeKey");
	add_header("x-amz-target", "TrentService.UnfreezeKey");
	send_it(400);
	assert_ran("nothing");
	assert_non_null(strstr(fakes.body, "\"code\":\"UNKNOWN_OPERATION\""));
}

static void objects_inside_objects_are_decoded(void **state)
{
	static const char body[] =
		"{\"WebAuthn\":" ASSERTION ",\"Transaction\":{\"chainId\":"
		"18446744073709551615,\"nonce\":0,\"to\":\"\",\"value\":\"1\","
		"\"gas\":21000,\"data\":\"0xAbcd\",\"accessList\":[]}}";
	const struct sign_wallet_in *in = &fakes.sign_wallet;
	const struct assertion_in *a = &in->owner.webauthn;

	(void)state;
	post("/Sign", NULL, body, 200);
	assert_true(a->given && a->credential.given);
	assert_false(in->owner.passkey.given);
	assert_true(bytes_is_var(a->challenge_id, "c"));
	assert_int_equal(a->credential.id.len, 3);
	assert_true(bytes_is_var(a->credential.response.client_data, "{}"));
	assert_int_equal(a->credential.response.auth_data.len, 37);
	assert_int_equal(a->credential.response.signature.len, 8);
	assert_true(in->transaction.given);
	assert_true(in->transaction.chain_id.value == UINT64_MAX);
	assert_int_equal(in->transaction.gas.value, 21000);
	assert_non_null(in->transaction.to.ptr);
	assert_memory_equal(in->transaction.data.ptr, "\xab\xcd", 2);
	assert_int_equal(in->transaction.access_list.type, JSON_ARRAY);
	assert_int_equal(in->transaction.blob_hashes.type, JSON_ABSENT);
	assert_null(in->transaction.gas_price.ptr);
}

static void what_is_wrong_inside_is_told_by_its_path(void **state)
{
	static const struct {
		const char *body;
		const char *text;
	} rows[] = {
		{ "{\"WebAuthn\":{\"ChallengeId\":\"c\"}}",
		  "Value null at 'webAuthn.credential' failed" },
		{ "{\"WebAuthn\":{\"ChallengeId\":\"c\",\"Credential\":{"
		  "\"id\":\"AAAA\",\"response\":{}}}}",
		  "Value null at 'webAuthn.credential.response.signature' "
		  "failed" },
		{ "{\"WebAuthn\":{\"ChallengeId\":\"c\",\"Credential\":{"
		  "\"id\":\"AA==\",\"response\":{}}}}",
		  "Value at 'webAuthn.credential.id' failed to satisfy "
		  "constraint: Member must be base64url without padding" },
		{ "{\"WebAuthn\":[]}", "'webAuthn' must be an object" },
		{ "{\"WebAuthn\":{\"ChallengeId\":\"c\",\"Credential\":7}}",
		  "'webAuthn.credential' must be an object" },
		{ "{\"Transaction\":{\"nonce\":1.0}}",
		  "Value '1.0' at 'transaction.nonce' failed" },
		{ "{\"Transaction\":{\"nonce\":-1}}",
		  "Value '-1' at 'transaction.nonce' failed" },
		{ "{\"Transaction\":{\"gas\":18446744073709551616}}",
		  "Value '18446744073709551616' at 'transaction.gas' failed" },
		{ "{\"Transaction\":{\"gas\":\"1\"}}",
		  "'transaction.gas' must be an integer" },
		{ "{\"Transaction\":{\"data\":\"0x0\"}}",
		  "Value at 'transaction.data' failed to satisfy constraint: "
		  "Member must be hexadecimal" },
		{ "{\"Transaction\":{\"data\":\"0X00\"}}",
		  "'transaction.data' failed" },
		{ "{\"Transaction\":{\"accessList\":{}}}",
		  "'transaction.accessList' must be a list" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		post("/Sign", NULL, rows[i].body, 400);
		if (!strstr(fakes.body, rows[i].text))
			fail_msg("row %zu: %s", i, fakes.body);
	}
	assert_int_equal(fakes.runs, 0);
}

static void a_message_that_is_too_long_is_not_told_back(void **state)
{
	static char body[65536 + 32];
	const size_t at = strlen("{\"Message\":\"");

	(void)state;
	memset(body, 'm', sizeof(body));
	memcpy(body, "{\"Message\":\"", at);
	memcpy(body + at + 65537, "\"}", 3);
	post("/Sign", NULL, body, 400);
	assert_string_equal(
		fakes.body,
		"{\"error\":\"1 validation error detected: Value at 'message' "
		"failed to satisfy constraint: Member must have length less "
		"than or equal to 65536\",\"code\":\"BAD_INPUT\"}");
	memcpy(body + at + 65536, "\"}", 3);
	post("/Sign", NULL, body, 200);
}

static void a_credential_shows_more_where_none_is_needed(void **state)
{
	(void)state;
	begin("GET", "/KeyStatus", NULL);
	request->query = bytes_of_text("KeyId=k");
	send_it(200);
	/* dev, and no key yet: everybody is somebody. */
	assert_true(fakes.admitted);
	add_api_key(KEY);
	begin("GET", "/KeyStatus", NULL);
	request->query = bytes_of_text("KeyId=k");
	send_it(200);
	assert_false(fakes.admitted);
	begin("GET", "/KeyStatus", NULL);
	request->query = bytes_of_text("KeyId=k");
	add_header("x-api-key", KEY_2);
	send_it(200);
	assert_false(fakes.admitted);
	begin("GET", "/KeyStatus", NULL);
	request->query = bytes_of_text("KeyId=k");
	add_header("x-api-key", KEY);
	send_it(200);
	assert_true(fakes.admitted);
	begin("HEAD", "/stats", NULL);
	send_it(200);
}

static void bodies_of_wallets_are_at_most_256_kib(void **state)
{
	static char body[256 * 1024 + 2];

	(void)state;
	memset(body, ' ', sizeof(body) - 1);
	memcpy(body, "{\"KeyId\":\"k\"}", 13);
	body[256 * 1024] = '\0';
	post("/UnfreezeKey", NULL, body, 200);
	body[256 * 1024] = ' ';
	post("/UnfreezeKey", NULL, body, 413);
	assert_non_null(strstr(fakes.body, "\"code\":\"TOO_LARGE\""));
	post("/", "TrentService.UnfreezeKey", body, 413);
	assert_non_null(strstr(fakes.body, "\"ValidationException\""));
	post("/", "TrentService.DescribeKey", body, 200);
}

static void send_with_key(const char *key, unsigned int status)
{
	begin("POST", "/UnfreezeKey", "{\"KeyId\":\"k\"}");
	add_header("x-api-key", key);
	send_it(status);
}

static void each_api_key_has_a_limit_of_its_own(void **state)
{
	(void)state;
	restart(&(struct dispatch_config){
		.door = { 2, DOOR_OPEN, DOOR_OPEN, 16 } });
	add_api_key(KEY);
	add_api_key(KEY_2);
	send_with_key(KEY, 200);
	send_with_key(KEY, 200);
	send_with_key(KEY, 429);
	assert_string_equal(fakes.body, "{\"error\":\"Rate limit exceeded: 2 "
					"requests/minute\",\"code\":\"RATE\"}");
	assert_non_null(strstr(fakes.extra, "\r\nRetry-After: 30\r\n"));
	send_with_key(KEY_2, 200);
	/* Who has no key is told that first, and is not counted. */
	send_with_key("kms_x", 401);
	fakes.now_ns += 30 * 1000000000ull;
	send_with_key(KEY, 200);
	send_with_key(KEY, 429);
}

static void without_a_key_the_address_is_the_caller(void **state)
{
	(void)state;
	restart(&(struct dispatch_config){
		.door = { 1, DOOR_OPEN, DOOR_OPEN, 16 } });
	post("/UnfreezeKey", NULL, "{\"KeyId\":\"k\"}", 200);
	begin("POST", "/UnfreezeKey", "{\"KeyId\":\"k\"}");
	snprintf(request->peer, sizeof(request->peer), "127.0.0.1:50001");
	send_it(429);
	begin("POST", "/UnfreezeKey", "{\"KeyId\":\"k\"}");
	snprintf(request->peer, sizeof(request->peer), "[::1]:50001");
	send_it(200);
}

static void each_wallet_has_a_limit_of_its_own(void **state)
{
	(void)state;
	restart(&(struct dispatch_config){
		.door = { DOOR_OPEN, DOOR_OPEN, 1, 16 } });
	post("/BeginAuthentication", NULL, "{\"KeyId\":\"k\"}", 200);
	post("/UnfreezeKey", NULL, "{\"KeyId\":\"k\"}", 429);
	post("/", "TrentService.UnfreezeKey", "{\"KeyId\":\"k\"}", 400);
	assert_non_null(strstr(fakes.body, "\"ThrottlingException\""));
	/* However it is spelt. */
	post("/UnfreezeKey", NULL, "{\"KeyId\":\"\\u006b\"}", 429);
	post("/UnfreezeKey", NULL, "{\"KeyId\":\"K\"}", 429);
	post("/UnfreezeKey", NULL,
	     "{\"KeyId\":\"arn:aws:kms:a:000000000000:key/k\"}", 429);
	post("/UnfreezeKey", NULL, "{\"KeyId\":\"l\"}", 200);
	post("/BeginAuthentication", NULL, "{\"Address\":\"0x\"}", 200);
	post("/BeginAuthentication", NULL, "{\"Address\":\"0x\"}", 429);
}

static void all_names_of_a_wallet_count_together(void **state)
{
	(void)state;
	fakes.address = "0xab";
	restart(&(struct dispatch_config){
		.door = { DOOR_OPEN, DOOR_OPEN, 1, 16 } });
	post("/BeginAuthentication", NULL, "{\"Address\":\"0xAB\"}", 200);
	post("/BeginAuthentication", NULL, "{\"Address\":\"0xab\"}", 429);
	post("/UnfreezeKey", NULL,
	     "{\"KeyId\":\"00000000-0000-0000-0000-000000000000\"}", 429);
	post("/BeginAuthentication", NULL, "{\"Address\":\"0xcd\"}", 200);
	/* The database is asked about addresses that are to count only. */
	fakes.wallets_asked_for = 0;
	post("/UnfreezeKey", NULL, "{\"KeyId\":\"k\",\"Address\":\"0xab\"}",
	     200);
	restart(&uncounted);
	post("/BeginAuthentication", NULL, "{\"Address\":\"0xab\"}", 200);
	assert_int_equal(fakes.wallets_asked_for, 0);
}

static void what_one_limit_refuses_counts_for_none(void **state)
{
	static const char body[] = "{\"KeyId\":\"k\"}";

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		restart(&(struct dispatch_config){ .door = { i ? DOOR_OPEN : 2,
							     i ? 2 : DOOR_OPEN,
							     1, 16 } });
		post("/UnfreezeKey", NULL, body, 200);
		post("/UnfreezeKey", NULL, body, 429);
		post("/", "TrentService.UnfreezeKey", body, 400);
		post("/UnfreezeKey", NULL, "{\"KeyId\":\"l\"}", 200);
		post("/UnfreezeKey", NULL, "{\"KeyId\":\"m\"}", 429);
	}
	/* The address refuses, and the caller's bucket is left alone. */
	restart(&(struct dispatch_config){ .door = { 2, 1, DOOR_OPEN, 16 } });
	add_api_key(KEY);
	send_with_key(KEY, 200);
	send_with_key(KEY, 429);
	begin("POST", "/UnfreezeKey", body);
	snprintf(request->peer, sizeof(request->peer), "127.0.0.2:50000");
	add_header("x-api-key", KEY);
	send_it(200);
}

static void the_operations_of_aws_are_not_counted(void **state)
{
	(void)state;
	restart(&(struct dispatch_config){ .door = { 0, 0, 0, 16 } });
	post("/", "TrentService.DescribeKey", "{\"KeyId\":\"k\"}", 200);
	begin("GET", "/health", NULL);
	send_it(200);
	post("/", "TrentService.DescribeKey", "{\"Address\":\"k\"}", 400);
	begin("GET", "/KeyStatus", NULL);
	send_it(429);
}

static void open_mode_stays_open_when_there_are_keys(void **state)
{
	(void)state;
	add_api_key(KEY);
	restart(&(struct dispatch_config){ .open = true,
					   .door = uncounted.door });
	post("/UnfreezeKey", NULL, "{\"KeyId\":\"k\"}", 200);
	restart(&(struct dispatch_config){
		.open = true, .production = true, .door = uncounted.door });
	post("/UnfreezeKey", NULL, "{\"KeyId\":\"k\"}", 401);
}

static void every_end_is_counted_once(void **state)
{
	(void)state;
	post("/UnfreezeKey", NULL, "{\"KeyId\":\"k\"}", 200);
	assert_int_equal(fakes.counted, 1);
	post("/UnfreezeKey", NULL, "{}", 400);
	post("/UnfreezeKey", NULL, "", 400);
	assert_int_equal(fakes.counted, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_member_chooses_the_row_on_post),
		fixture_test(a_path_has_its_own_row),
		fixture_test(a_target_beside_a_path_must_be_its_own),
		fixture_test(objects_inside_objects_are_decoded),
		fixture_test(what_is_wrong_inside_is_told_by_its_path),
		fixture_test(a_message_that_is_too_long_is_not_told_back),
		fixture_test(a_credential_shows_more_where_none_is_needed),
		fixture_test(bodies_of_wallets_are_at_most_256_kib),
		fixture_test(each_api_key_has_a_limit_of_its_own),
		fixture_test(without_a_key_the_address_is_the_caller),
		fixture_test(each_wallet_has_a_limit_of_its_own),
		fixture_test(all_names_of_a_wallet_count_together),
		fixture_test(what_one_limit_refuses_counts_for_none),
		fixture_test(the_operations_of_aws_are_not_counted),
		fixture_test(open_mode_stays_open_when_there_are_keys),
		fixture_test(every_end_is_counted_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
