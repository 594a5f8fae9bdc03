/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of operations: every operation the server offers, once. Router,
 * checks, documents and the contract test are made from it.
 */
#include "host/dispatch/op_rows.h"

static const struct op_list *const lists[] = {
	&aws_ops,
	&wallet_ops,
	&server_ops,
};

const struct op *op_at(size_t place)
{
	size_t i = 0;

	while (i < ARRAY_LEN(lists) && place >= lists[i]->count)
		place -= lists[i++]->count;
	return i < ARRAY_LEN(lists) ? &lists[i]->rows[place] : NULL;
}

size_t op_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		count += lists[i]->count;
	return count;
}
