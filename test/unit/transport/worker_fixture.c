/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/transport/worker_fixture.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct transport *const t = &transport_process;

int start(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .dir = "/tmp/teekms-test-XXXXXX" };
	assert_non_null(mkdtemp(f.dir));
	f.config = (struct transport_config){
		.ta_program = getenv("KMS_TEST_ECHO_TA"),
		.state_dir = f.dir,
		.channels = 3,
		.depth = DEPTH,
	};
	assert_int_equal(t->open(&f.w, &f.config, 0), KMS_RC_OK);
	assert_int_equal(t->channel_open(&f.c, f.w), KMS_RC_OK);
	*state = &f;
	return 0;
}

int stop(void **state)
{
	struct fixture *f = *state;
	char path[80];

	t->channel_close(&f->c);
	t->close(&f->w);
	snprintf(path, sizeof(path), "%s/mark", f->dir);
	unlink(path);
	return rmdir(f->dir);
}

pid_t worker_pid(const struct fixture *f)
{
	char line[128];
	int pid = 0;
	FILE *info = NULL;

	snprintf(line, sizeof(line), "/proc/self/fdinfo/%d", t->death_fd(f->w));
	info = fopen(line, "re");
	assert_non_null(info);
	while (!pid && fgets(line, sizeof(line), info))
		if (!strncmp(line, "Pid:", 4))
			pid = (int)strtol(line + 4, NULL, 10);
	fclose(info);
	assert_true(pid > 1);
	return pid;
}

bool wait_for_death(const struct fixture *f)
{
	struct pollfd fd = { .fd = t->death_fd(f->w), .events = POLLIN };

	return poll(&fd, 1, 10000) == 1;
}
