/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay - runs files of a corpus through one target, under any compiler
 *
 *   replay_NAME FOLDER...
 */
#include "common/mem.h"
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

/* In memory of exactly its size, so that a sanitizer sees any overread. */
static int run_file(const char *path)
{
	struct stat st = { 0 };
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0;
	int rc = -1;

	if (!f || fstat(fileno(f), &st) || !S_ISREG(st.st_mode))
		goto out;
	size = (size_t)st.st_size;
	data = mem_zalloc(1, size ? size : 1);
	if (!data || fread(data, 1, size, f) != size)
		goto out;
	rc = LLVMFuzzerTestOneInput(data, size);
out:
	if (rc)
		fprintf(stderr, "%s: could not be run\n", path);
	mem_free(data);
	if (f)
		fclose(f);
	return rc;
}

/* Gives how many files were run, -1 when one could not be. */
static long run_folder(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry = NULL;
	char path[1024];
	long count = 0;

	while (d && count >= 0 && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		count = run_file(path) ? -1 : count + 1;
	}
	if (d)
		closedir(d);
	return count;
}

int main(int argc, char **argv)
{
	int failed = argc < 2;

	for (int i = 1; i < argc; i++) {
		long count = run_folder(argv[i]);

		printf("%s: %ld inputs\n", argv[i], count);
		/* An empty folder is a test that cannot fail. */
		failed |= count <= 0;
	}
	return failed;
}
