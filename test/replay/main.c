/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay_trace - makes traces and judges what was answered to them
 *
 *   replay_trace record TRACE            against the Linux build of the TA
 *   replay_trace compare TRACE ANSWERS   of test/replay/guest.c
 *
 * Status 0 only when nothing differs. KMS_TEST_SEED repeats a trace.
 */
#include "test/replay/compare.h"
#include "test/replay/in_process.h"
#include "test/replay/recorder.h"

#include <stdlib.h>
#include <string.h>

static FILE *open_file(const char *name, const char *mode)
{
	FILE *f = fopen(name, mode);

	if (!f) {
		perror(name);
		exit(2);
	}
	return f;
}

static int record(const char *name)
{
	static struct recorder r;
	FILE *out = open_file(name, "wb");

	in_process_open();
	recorder_run(&r, out, in_process_run, NULL, prng_start());
	in_process_close();
	printf("# %zu calls\n", r.calls);
	return fclose(out) ? 1 : 0;
}

static int compare(const char *trace_name, const char *answers_name)
{
	FILE *trace = open_file(trace_name, "rb");
	FILE *answers = open_file(answers_name, "rb");
	struct compared c = { 0 };

	/* For the P-256 of the comparison. */
	in_process_open();
	c = compare_files(trace, answers, stdout);
	in_process_close();
	printf("# %zu calls, %zu different; %zu P-256 signatures verified\n",
	       c.calls, c.different, c.p256);
	(void)fclose(trace);
	(void)fclose(answers);
	return !c.calls || c.different ? 1 : 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "record"))
		return record(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "compare"))
		return compare(argv[2], argv[3]);
	(void)fputs("usage: replay_trace record TRACE\n"
		    "       replay_trace compare TRACE ANSWERS\n",
		    stderr);
	return 2;
}
