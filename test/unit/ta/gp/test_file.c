/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What only files have: other processes, damaged bytes, a device key.
 */
#include "tee.h"

#include "test/unit/seed.h"
#include "test/unit/ta/gp/folder.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define P     TEE_STORAGE_PRIVATE
#define SLOT  4096
#define A_OBJ "p-61" /* the object "a" */

/* Another TA process: opens "a", says how that went, and waits to be killed. */
static pid_t other_process(uint32_t flags, int *answer)
{
	TEE_ObjectHandle h;
	TEE_Result res = TEE_SUCCESS;
	int pipes[2];
	pid_t pid = 0;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		/* Nothing of the parent's but the directory. */
		gp_posix_close();
		if (folder_open(true))
			_exit(1);
		res = open_id(P, "a", flags, &h);
		if (write(pipes[1], &res, sizeof(res)) != sizeof(res))
			_exit(1);
		for (;;)
			pause();
	}
	close(pipes[1]);
	*answer = pipes[0];
	return pid;
}

static TEE_Result ask(int answer)
{
	TEE_Result res = TEE_ERROR_GENERIC;

	assert_int_equal(read(answer, &res, sizeof(res)), sizeof(res));
	close(answer);
	return res;
}

static void end(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void another_process_is_refused_until_this_one_closes(void **state)
{
	TEE_ObjectHandle h;
	int answer = -1;
	pid_t pid = 0;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	/* Forked before the object is open, so that it inherits no lock. */
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	pid = other_process(RW, &answer);
	assert_int_equal(ask(answer), TEE_ERROR_ACCESS_CONFLICT);
	end(pid);
	pid = other_process(R, &answer);
	assert_int_equal(ask(answer), TEE_ERROR_ACCESS_CONFLICT);
	end(pid);
	TEE_CloseObject(h);
	pid = other_process(RW, &answer);
	assert_int_equal(ask(answer), TEE_SUCCESS);
	end(pid);
}

static void a_killed_process_lets_go(void **state)
{
	TEE_ObjectHandle h;
	int answer = -1;
	pid_t pid = 0;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	pid = other_process(RW, &answer);
	assert_int_equal(ask(answer), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_ACCESS_CONFLICT);
	assert_int_equal(put(P, "a", "y", 1, RW | TEE_DATA_FLAG_OVERWRITE),
			 TEE_ERROR_ACCESS_CONFLICT);
	end(pid);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
	TEE_CloseObject(h);
}

static void readers_in_several_processes_coexist(void **state)
{
	TEE_ObjectHandle h;
	int answer = -1;
	pid_t pid = 0;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	pid = other_process(R, &answer);
	assert_int_equal(ask(answer), TEE_SUCCESS);
	assert_int_equal(open_id(P, "a", R, &h), TEE_SUCCESS);
	TEE_CloseObject(h);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_ACCESS_CONFLICT);
	end(pid);
}

/* Several processes race for one object: exactly one may have it. */
static void of_many_processes_one_wins(void **state)
{
	int answer[6];
	pid_t pid[6];
	unsigned int won = 0;
	size_t i = 0;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	for (i = 0; i < ARRAY_LEN(pid); i++)
		pid[i] = other_process(RW, &answer[i]);
	for (i = 0; i < ARRAY_LEN(pid); i++)
		won += ask(answer[i]) == TEE_SUCCESS;
	for (i = 0; i < ARRAY_LEN(pid); i++)
		end(pid[i]);
	assert_int_equal(won, 1);
}

/* kill -9 in the middle of a stream of writes, as often as time allows. */
static void a_killed_writer_leaves_a_whole_object(void **state)
{
	struct prng p = prng_start();
	uint8_t data[600];
	uint8_t last = 0;
	TEE_ObjectHandle h;
	size_t got = 0;
	pid_t pid = 0;
	int round = 0;
	size_t i = 0;

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(put(P, "a", data, sizeof(data), RW), TEE_SUCCESS);
	for (round = 0; round < 30; round++) {
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			gp_posix_close();
			if (folder_open(true) || open_id(P, "a", RW, &h))
				_exit(1);
			for (i = last;; i++) {
				memset(data, (int)(i & 0xff), sizeof(data));
				if (TEE_SeekObjectData(h, 0,
						       TEE_DATA_SEEK_SET) ||
				    TEE_WriteObjectData(h, data, sizeof(data)))
					_exit(1);
			}
		}
		usleep((useconds_t)(1000 + prng_next(&p) % 8000));
		end(pid);
		assert_int_equal(get(P, "a", data, sizeof(data), &got),
				 TEE_SUCCESS);
		assert_int_equal(got, sizeof(data));
		last = data[0];
		for (i = 0; i < sizeof(data); i++)
			assert_int_equal(data[i], last);
	}
}

static void flip(const char *name, off_t at)
{
	uint8_t byte = 0;
	int fd = openat(folder_fd, name, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void one_damaged_copy_costs_nothing(void **state)
{
	char back[8];
	size_t got = 0;
	TEE_ObjectHandle h;
	off_t slot = 0;

	(void)state;
	for (slot = 0; slot < 2; slot++) {
		assert_int_equal(
			put(P, "a", "old", 3, RW | TEE_DATA_FLAG_OVERWRITE),
			TEE_SUCCESS);
		assert_int_equal(open_id(P, "a", RW, &h), TEE_SUCCESS);
		assert_int_equal(TEE_WriteObjectData(h, "new", 3), TEE_SUCCESS);
		TEE_CloseObject(h);
		flip(A_OBJ, slot * SLOT + 33);
		assert_int_equal(get(P, "a", back, 8, &got), TEE_SUCCESS);
		assert_memory_equal(back, "new", 3);
	}
}

static void two_damaged_copies_are_a_corrupt_object(void **state)
{
	static const off_t at[] = { 0, 5, 9, 17, 33, 40, 48 };
	char back[40];
	TEE_ObjectHandle h;
	size_t i = 0;

	(void)state;
	for (i = 0; i < ARRAY_LEN(at); i++) {
		memset(back, 'x', sizeof(back));
		assert_int_equal(put(P, "a", back, sizeof(back), RW),
				 TEE_SUCCESS);
		flip(A_OBJ, at[i]);
		flip(A_OBJ, SLOT + at[i]);
		assert_int_equal(open_id(P, "a", RW, &h),
				 TEE_ERROR_CORRUPT_OBJECT);
		assert_int_equal(open_id(P, "a", RW, &h),
				 TEE_ERROR_ITEM_NOT_FOUND);
	}
}

static void a_file_cut_short_is_corrupt(void **state)
{
	TEE_ObjectHandle h;
	int fd = -1;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	fd = openat(folder_fd, A_OBJ, O_RDWR);
	assert_int_equal(ftruncate(fd, 20), 0);
	close(fd);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_CORRUPT_OBJECT);
}

/* From here on this process cannot read at that place of any file. */
static bool break_disk_at(uint32_t at)
{
	struct sock_filter rows[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pread64, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[3])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, at, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = { ARRAY_LEN(rows), rows };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

/* In a child, whose disk fails at that place once the object is open. */
static void check_read_error(uint32_t at)
{
	TEE_ObjectHandle h;
	char back[8] = { 0 };
	size_t got = 0;
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		gp_posix_close();
		if (folder_open(true) || open_id(P, "a", RW, &h) ||
		    !break_disk_at(at))
			_exit(1);
		if (TEE_ReadObjectData(h, back, sizeof(back), &got) !=
		    TEE_ERROR_STORAGE_NOT_AVAILABLE)
			_exit(2);
		if (TEE_WriteObjectData(h, "no", 2) !=
		    TEE_ERROR_STORAGE_NOT_AVAILABLE)
			_exit(3);
		TEE_CloseObject(h);
		if (open_id(P, "a", RW, &h) != TEE_ERROR_STORAGE_NOT_AVAILABLE)
			_exit(4);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(get(P, "a", back, sizeof(back), &got), TEE_SUCCESS);
	assert_int_equal(got, 4);
	assert_memory_equal(back, "stay", 4);
}

/* Neither deleted as if it were damaged, nor served from the other copy. */
static void a_read_error_costs_no_object(void **state)
{
	(void)state;
	assert_int_equal(put(P, "a", "stay", 4, RW), TEE_SUCCESS);
	check_read_error(0);
	check_read_error(SLOT);
	/* The disk's word counts before the damage of the other copy. */
	flip(A_OBJ, 33);
	check_read_error(SLOT);
}

static void the_content_of_another_object_is_corrupt(void **state)
{
	TEE_ObjectHandle h;

	(void)state;
	assert_int_equal(put(P, "a", "a", 1, RW), TEE_SUCCESS);
	assert_int_equal(put(P, "b", "b", 1, RW), TEE_SUCCESS);
	assert_int_equal(renameat(folder_fd, "p-62", folder_fd, A_OBJ), 0);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_CORRUPT_OBJECT);
}

static void content_is_not_in_the_clear(void **state)
{
	static const char secret[] = "the root of every key in this domain";
	static uint8_t file[2 * SLOT];
	int fd = -1;

	(void)state;
	assert_int_equal(put(P, "a", secret, sizeof(secret), RW), TEE_SUCCESS);
	fd = openat(folder_fd, A_OBJ, O_RDONLY);
	assert_int_equal(read(fd, file, sizeof(file)), sizeof(file));
	close(fd);
	assert_null(memmem(file, sizeof(file), secret, sizeof(secret) - 1));
}

static void what_is_stored_outlives_the_process(void **state)
{
	char back[8];
	size_t got = 0;

	(void)state;
	assert_int_equal(put(P, "a", "stay", 4, RW), TEE_SUCCESS);
	gp_posix_close();
	assert_int_equal(folder_open(true), KMS_RC_OK);
	assert_int_equal(get(P, "a", back, 8, &got), TEE_SUCCESS);
	assert_memory_equal(back, "stay", 4);
	assert_int_equal(folder_each(NULL), 2);
}

static void another_device_key_opens_nothing(void **state)
{
	TEE_ObjectHandle h;

	(void)state;
	assert_int_equal(put(P, "a", "x", 1, RW), TEE_SUCCESS);
	gp_posix_close();
	assert_int_equal(unlinkat(folder_fd, "device.key", 0), 0);
	assert_int_equal(folder_open(true), KMS_RC_OK);
	assert_int_equal(open_id(P, "a", RW, &h), TEE_ERROR_CORRUPT_OBJECT);
}

static void a_device_key_others_can_read_is_refused(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(fstatat(folder_fd, "device.key", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 32);
	gp_posix_close();
	assert_int_equal(fchmodat(folder_fd, "device.key", 0640, 0), 0);
	assert_int_equal(folder_open(true), KMS_RC_STORAGE);
	assert_int_equal(fchmodat(folder_fd, "device.key", 0600, 0), 0);
	assert_int_equal(folder_open(true), KMS_RC_OK);
}

static void a_device_key_of_the_wrong_size_is_refused(void **state)
{
	(void)state;
	gp_posix_close();
	assert_int_equal(truncate(folder_path, 0), -1);
	assert_int_equal(unlinkat(folder_fd, "device.key", 0), 0);
	close(openat(folder_fd, "device.key", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(folder_open(true), KMS_RC_STORAGE);
	assert_int_equal(unlinkat(folder_fd, "device.key", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", folder_fd, "device.key"), 0);
	assert_int_equal(folder_open(true), KMS_RC_STORAGE);
}

#define ONE(f) \
	cmocka_unit_test_setup_teardown(f, folder_set_up, folder_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(another_process_is_refused_until_this_one_closes),
		ONE(a_killed_process_lets_go),
		ONE(readers_in_several_processes_coexist),
		ONE(of_many_processes_one_wins),
		ONE(a_killed_writer_leaves_a_whole_object),
		ONE(one_damaged_copy_costs_nothing),
		ONE(two_damaged_copies_are_a_corrupt_object),
		ONE(a_file_cut_short_is_corrupt),
		ONE(a_read_error_costs_no_object),
		ONE(the_content_of_another_object_is_corrupt),
		ONE(content_is_not_in_the_clear),
		ONE(what_is_stored_outlives_the_process),
		ONE(another_device_key_opens_nothing),
		ONE(a_device_key_others_can_read_is_refused),
		ONE(a_device_key_of_the_wrong_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
