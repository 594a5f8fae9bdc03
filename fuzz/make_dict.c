/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_dict - prints the words of the table of operations, for the fuzzer
 *
 *   make_dict            prints
 *   make_dict FILE       compares with FILE, and fails when they differ
 */
#include "host/dispatch/fields.h"

#include <stdio.h>
#include <string.h>

#define WORDS_MAX 512

struct dict {
	FILE *file;
	const char *words[WORDS_MAX]; /* those that stand in it already */
	size_t count;
};

static void put_word(struct dict *d, const char *word)
{
	for (size_t i = 0; i < d->count; i++)
		if (!strcmp(d->words[i], word))
			return;
	if (d->count == WORDS_MAX)
		return;
	d->words[d->count++] = word;
	fprintf(d->file, "\"\\\"%s\\\"\"\n", word);
}

static void put_field(struct dict *d, const struct field *f)
{
	put_word(d, f->name);
	for (unsigned int i = 0; f->set && i < f->set->count; i++)
		put_word(d, f->set->names[i]);
}

static void put_fields(struct dict *d, const struct field *fields)
{
	const struct field *stack[FIELDS_NEST_MAX] = { fields };
	unsigned int depth = 1;

	while (depth) {
		const struct field *f = stack[depth - 1]++;

		if (!f->name) {
			depth--;
			continue;
		}
		put_field(d, f);
		if (f->sub && depth < FIELDS_NEST_MAX)
			stack[depth++] = f->sub;
	}
}

static void put_dict(FILE *f)
{
	static struct dict dict;
	struct dict *d = &dict;

	dict.file = f;
	fprintf(f, "# Made by make_dict from the table of operations.\n");
	for (size_t i = 0; i < op_count(); i++)
		put_fields(d, op_at(i)->in);
	put_word(d, "\\\\u0000");
	put_word(d, "\\\\ud83d\\\\ude00");
	fprintf(f, "\"null\"\n\"true\"\n\"false\"\n\"1e400\"\n\"-1\"\n");
}

/* Whether what was just printed is what the file holds. */
static int compare(FILE *made, const char *path)
{
	FILE *kept = fopen(path, "r");
	int a = 0;
	int b = 0;

	if (!kept)
		return 1;
	rewind(made);
	do {
		a = fgetc(made);
		b = fgetc(kept);
	} while (a == b && a != EOF);
	fclose(kept);
	if (a != b)
		fprintf(stderr, "%s is old: run make_dict > %s\n", path, path);
	return a != b;
}

int main(int argc, char **argv)
{
	FILE *made = NULL;
	int rc = 1;

	if (argc < 2) {
		put_dict(stdout);
		return 0;
	}
	made = tmpfile();
	if (!made)
		return 1;
	put_dict(made);
	rc = compare(made, argv[1]);
	fclose(made);
	return rc;
}
