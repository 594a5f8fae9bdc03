/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

/* name_len excludes "=VALUE". */
static const struct option_spec *find(const struct option_spec *specs,
				      const char *arg, size_t name_len)
{
	for (; specs->name; specs++)
		if (strlen(specs->name) == name_len &&
		    !strncmp(specs->name, arg, name_len))
			return specs;
	return NULL;
}

static bool complain(const char *what, const char *arg, size_t len)
{
	fprintf(stderr, "%s: %.*s\n", what, (int)len, arg);
	return false;
}

/* Takes the option at argv[*at], and its value when that stands behind it. */
static bool take(const struct option_spec *specs, int argc, char **argv,
		 int *at)
{
	const char *arg = argv[*at];
	size_t len = strcspn(arg, "=");
	const struct option_spec *spec = find(specs, arg, len);
	const char *value = arg[len] ? arg + len + 1 : NULL;

	if (!spec)
		return complain("unknown option", arg, len);
	if (spec->flag) {
		if (value)
			return complain("option takes no value", arg, len);
		*spec->flag = true;
		return true;
	}
	if (!value && *at + 1 < argc && argv[*at + 1][0] != '-')
		value = argv[++*at];
	if (!value)
		return complain("option needs a value", arg, len);
	if (*spec->value)
		return complain("option is given twice", arg, len);
	*spec->value = value;
	return true;
}

bool options_parse(const struct option_spec *specs, int argc, char **argv,
		   const char **args, int max, int *count)
{
	bool ended = false;

	*count = 0;
	for (int i = 1; i < argc; i++) {
		if (!ended && !strcmp(argv[i], "--")) {
			ended = true;
		} else if (!ended && argv[i][0] == '-') {
			if (!take(specs, argc, argv, &i))
				return false;
		} else if (*count == max) {
			return complain("unexpected argument", argv[i],
					strlen(argv[i]));
		} else {
			args[(*count)++] = argv[i];
		}
	}
	return true;
}
