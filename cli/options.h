/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options - long options of a sub-command, strictly
 *
 * "--name VALUE" and "--name=VALUE", in any order with other arguments; "--"
 * ends options. No abbreviations, no clusters of letters, nothing optional. A
 * VALUE of its own that begins with "-" is taken for a forgotten value.
 */

#ifndef KMS_CLI_OPTIONS_H
#define KMS_CLI_OPTIONS_H

#include "common/attr.h"

#include <stdbool.h>

/* One of value and flag is set. A table ends with a row without a name. */
struct option_spec {
	const char *name;   /* with its dashes */
	const char **value; /* borrows from argv; NULL before */
	bool *flag;	    /* false before */
};

/*
 * Moves what is no option to args, which has room for max, and sets *count.
 * False: complained on standard error.
 */
bool options_parse(const struct option_spec *specs, int argc, char **argv,
		   const char **args, int max, int *count) KMS_MUST_USE;

#endif /* KMS_CLI_OPTIONS_H */
