/* SPDX-License-Identifier: Apache-2.0 */
/* The program as a script meets it. argv[1] is its path. */
#include "common/attr.h"
#include "host/store/store.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define WORDS_MAX  10
#define OUTPUT_MAX 4096
#define KEY_LEN	   36

static char *program;

static struct {
	char dir[64];
	char db[96];
	char out_path[96];
	char err_path[96];
	char out[OUTPUT_MAX];
	char err[OUTPUT_MAX];
	const char *to; /* where standard output goes instead */
} w;

static int set_up(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	snprintf(w.dir, sizeof(w.dir), "/tmp/kms-cli-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	snprintf(w.db, sizeof(w.db), "%s/kms.db", w.dir);
	/* A database of this machine is none of ours. */
	assert_int_equal(setenv("KMS_DB_PATH", w.db, 1), 0);
	snprintf(w.out_path, sizeof(w.out_path), "%s/out", w.dir);
	snprintf(w.err_path, sizeof(w.err_path), "%s/err", w.dir);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(w.db);
	unlink(w.out_path);
	unlink(w.err_path);
	return rmdir(w.dir);
}

static void redirect(int to, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || dup2(fd, to) != to)
		_exit(99);
}

static void read_back(char out[OUTPUT_MAX], const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t len = 0;

	memset(out, 0, OUTPUT_MAX);
	if (fd < 0)
		return;
	len = read(fd, out, OUTPUT_MAX - 1);
	assert_true(len >= 0);
	close(fd);
}

/* Runs name, the words of line (at blanks), and gives the exit status. */
static int run_as(const char *name, const char *line)
{
	char words[WORDS_MAX][160] = { 0 };
	char *argv[WORDS_MAX + 2] = { 0 };
	int argc = 0;
	int status = 0;
	pid_t child = -1;

	snprintf(words[argc], sizeof(words[0]), "%s", name);
	argv[argc] = words[argc];
	for (argc = 1; *line; argc++) {
		size_t len = strcspn(line, " ");

		memcpy(words[argc], line, len);
		argv[argc] = words[argc];
		line += len + (line[len] == ' ');
	}
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (chdir(w.dir))
			_exit(99);
		redirect(1, w.to ? w.to : w.out_path);
		redirect(2, w.err_path);
		execv(program, argv);
		_exit(99);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 99);
	read_back(w.out, w.to ? "/dev/null" : w.out_path);
	read_back(w.err, w.err_path);
	return WEXITSTATUS(status);
}

static int run(const char *line)
{
	return run_as("teekms", line);
}

static void generate(char key[KEY_LEN + 1], const char *line)
{
	assert_int_equal(run(line), 0);
	assert_int_equal(strlen(w.out), KEY_LEN + 1);
	assert_memory_equal(w.out, "kms_", 4);
	assert_int_equal(strspn(w.out + 4, "0123456789abcdef"), 32);
	assert_int_equal(w.out[KEY_LEN], '\n');
	memcpy(key, w.out, KEY_LEN);
	key[KEY_LEN] = '\0';
	assert_null(strstr(w.err, key));
}

static int revoke_key(const char *what)
{
	char line[128];

	snprintf(line, sizeof(line), "api-key revoke %s", what);
	return run(line);
}

static void a_key_is_printed_alone_and_only_its_hash_is_kept(void **state)
{
	char key[KEY_LEN + 1];
	char other[KEY_LEN + 1];
	struct store *s = NULL;
	struct store_reader *r = NULL;
	struct store_api_key row = { 0 };
	char id[STORE_API_KEY_ID_LEN + 1] = { 0 };
	uint8_t hash[SHA256_LEN] = { 0 };
	const char *why = NULL;

	(void)state;
	generate(key, "api-key generate --label build-server");
	assert_non_null(strstr(w.err, "build-server"));
	generate(other, "api-key generate build");
	assert_string_not_equal(key, other);
	assert_int_equal(store_open(&s, w.db, &why), KMS_RC_OK);
	assert_int_equal(store_reader_open(&r, s), KMS_RC_OK);
	memcpy(id, key + 4, STORE_API_KEY_ID_LEN);
	assert_int_equal(store_get_api_key(r, &row, id), KMS_RC_OK);
	sha256_once(hash, key, KEY_LEN);
	assert_memory_equal(row.hash, hash, sizeof(hash));
	assert_string_equal(row.label, "build-server");
	store_reader_close(&r);
	store_close(&s);
}

static void the_list_masks_keys_and_hides_revoked_ones(void **state)
{
	char key[KEY_LEN + 1];
	char id[9] = { 0 };

	(void)state;
	assert_int_equal(run("api-key list"), 0);
	assert_string_equal(w.out, "No API keys configured.\n");
	/* Looking makes no database. */
	assert_int_not_equal(access(w.db, F_OK), 0);
	assert_int_equal(run("api-key list --json"), 0);
	assert_string_equal(w.out, "[]\n");
	generate(key, "api-key generate --label=a\"b\\");
	memcpy(id, key + 4, 8);
	assert_int_equal(run("api-key list"), 0);
	assert_non_null(strstr(w.out, id));
	assert_non_null(strstr(w.out, "a\"b\\"));
	assert_non_null(strstr(w.out, "1 key(s) total."));
	assert_null(strstr(w.out, key + 12));
	assert_int_equal(run("api-key list --json"), 0);
	assert_non_null(strstr(w.out, "\"label\":\"a\\\"b\\\\\""));
	assert_non_null(strstr(w.out, "\"revoked\":false"));
	assert_null(strstr(w.out, key + 12));
	assert_int_equal(revoke_key(id), 0);
	assert_int_equal(run("api-key list"), 0);
	assert_string_equal(w.out, "No API keys configured.\n");
	assert_int_equal(run("api-key list --json"), 0);
	assert_non_null(strstr(w.out, "\"revoked\":true"));
}

static void a_key_is_revoked_by_id_prefix_or_whole(void **state)
{
	char key[KEY_LEN + 1];
	char id[9] = { 0 };

	(void)state;
	for (size_t form = 0; form < 4; form++) {
		generate(key, "api-key generate");
		memcpy(id, key + 4, 8);
		if (form == 1)
			id[3] = '\0';
		if (form == 2) {
			assert_int_equal(revoke_key(key), 0);
		} else if (form == 3) {
			key[12] = '\0'; /* kms_ and the id, as in the list */
			assert_int_equal(revoke_key(key), 0);
		} else {
			assert_int_equal(revoke_key(id), 0);
		}
		assert_string_equal(w.out, "API key revoked.\n");
		assert_int_equal(revoke_key(form >= 2 ? key : id), 1);
		assert_string_equal(w.out, "");
	}
}

static void a_wrong_key_with_the_right_id_revokes_nothing(void **state)
{
	char key[KEY_LEN + 1];

	(void)state;
	generate(key, "api-key generate");
	key[KEY_LEN - 1] = key[KEY_LEN - 1] == '0' ? '1' : '0';
	assert_int_equal(revoke_key(key), 1);
	assert_int_equal(run("api-key list"), 0);
	assert_non_null(strstr(w.out, "1 key(s) total."));
}

static void mistakes_end_with_a_status_and_print_nothing(void **state)
{
	static const char *const lines[] = {
		"",
		"nonsense",
		"--nonsense",
		"api-key",
		"api-key nonsense",
		"api-key generate --no-such-option",
		"api-key generate --label",
		"api-key generate one two",
		"api-key generate --label a b",
		"api-key generate --json",
		"api-key generate --label \x1b[31m",
		"api-key generate --label \xc2\x9b",
		"api-key generate --label \xff",
		"api-key list all",
		"api-key list --label x",
		"api-key revoke",
		"api-key revoke a b",
		"api-key revoke deadbeef",
		"api-key revoke kms_",
		"api-key list --db x --state-dir y",
		"api-key list --db=",
		"api-key generate --db /no/such/folder/kms.db",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		if (!run(lines[i]) || *w.out || !*w.err)
			fail_msg("%s: stdout \"%s\", stderr \"%s\"", lines[i],
				 w.out, w.err);
	}
	/* None of them made a database. */
	assert_int_not_equal(access(w.db, F_OK), 0);
}

static void a_label_has_at_most_128_bytes(void **state)
{
	char key[KEY_LEN + 1];
	char line[200] = "api-key generate --label ";
	size_t len = strlen(line);

	(void)state;
	memset(line + len, 'x', 128);
	generate(key, line);
	line[len + 128] = 'x';
	assert_int_equal(run(line), 2);
}

static void help_and_version_go_to_standard_output(void **state)
{
	static const char *const lines[] = { "--help", "help", "api-key --help",
					     "api-key list --help" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		assert_int_equal(run(lines[i]), 0);
		assert_non_null(strstr(w.out, "usage: teekms"));
		assert_string_equal(w.err, "");
	}
	assert_int_equal(run("--version"), 0);
	assert_string_equal(w.out, "teekms " KMS_VERSION "\n");
	assert_int_equal(run("api-key --version"), 0);
	assert_string_equal(w.out, "teekms " KMS_VERSION "\n");
}

static void the_alias_is_the_command(void **state)
{
	(void)state;
	assert_int_equal(run_as("/usr/bin/api-key", "generate --label x"), 0);
	assert_int_equal(strlen(w.out), KEY_LEN + 1);
	assert_int_equal(run_as("api-key", "list"), 0);
	assert_non_null(strstr(w.out, "1 key(s) total."));
	assert_int_equal(run_as("api-key", ""), 2);
}

static void a_key_nobody_saw_is_revoked(void **state)
{
	(void)state;
	w.to = "/dev/full";
	assert_int_equal(run("api-key generate"), 1);
	w.to = NULL;
	assert_int_equal(run("api-key list --json"), 0);
	assert_non_null(strstr(w.out, "\"revoked\":true"));
	assert_null(strstr(w.out, "\"revoked\":false"));
}

static void the_environment_names_the_database(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/other.db", w.dir);
	assert_int_equal(setenv("KMS_DB_PATH", path, 1), 0);
	assert_int_equal(run("api-key generate"), 0);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_not_equal(access(w.db, F_OK), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(run("api-key generate --state-dir ."), 0);
	assert_int_equal(access(w.db, F_OK), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_is_printed_alone_and_only_its_hash_is_kept),
		TEST(the_list_masks_keys_and_hides_revoked_ones),
		TEST(a_key_is_revoked_by_id_prefix_or_whole),
		TEST(a_wrong_key_with_the_right_id_revokes_nothing),
		TEST(mistakes_end_with_a_status_and_print_nothing),
		TEST(a_label_has_at_most_128_bytes),
		TEST(help_and_version_go_to_standard_output),
		TEST(the_alias_is_the_command),
		TEST(a_key_nobody_saw_is_revoked),
		TEST(the_environment_names_the_database),
	};
	int failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: test_api_key TEEKMS\n");
		return 2;
	}
	/* It is started in another folder. */
	program = realpath(argv[1], NULL);
	if (!program)
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(program);
	return failed;
}
