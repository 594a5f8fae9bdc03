/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/slot_tree.h"
#include "test/unit/seed.h"

#include <string.h>

#define TREE_DEPTH_MAX 8
#define SLOTS_MAX      (1u << TREE_DEPTH_MAX)

/* All nodes of a small tree, computed the naive way. */
struct naive {
	unsigned int depth;
	uint8_t node[TREE_DEPTH_MAX + 1][SLOTS_MAX][SHA256_LEN];
};

static void naive_build(struct naive *t)
{
	for (unsigned int level = 0; level < t->depth; level++)
		for (size_t i = 0; i < (size_t)1 << (t->depth - level); i += 2)
			slot_tree_node(t->node[level + 1][i / 2],
				       t->node[level][i],
				       t->node[level][i + 1]);
}

static void naive_random(struct naive *t, struct prng *p, unsigned int depth)
{
	memset(t, 0, sizeof(*t));
	t->depth = depth;
	for (size_t i = 0; i < (size_t)1 << depth; i++)
		if (prng_below(p, 3))
			prng_fill(p, t->node[0][i], SHA256_LEN);
	naive_build(t);
}

struct proof {
	const struct naive *tree;
	size_t asked;
	size_t allowed;
	uint64_t last; /* level and index asked before, to check the order */
};

static bool sibling(void *arg, unsigned int level, uint64_t index, uint8_t *out)
{
	struct proof *proof = arg;
	uint64_t place = (uint64_t)level << 32 | (index + 1);

	assert_true(place > proof->last);
	assert_true(level < proof->tree->depth);
	proof->last = place;
	if (proof->asked == proof->allowed)
		return false;
	proof->asked++;
	memcpy(out, proof->tree->node[level][index], SHA256_LEN);
	return true;
}

static void copy_visited(void *arg, unsigned int level, uint64_t index,
			 const uint8_t *node)
{
	struct naive *t = arg;

	assert_true(level >= 1 && level <= t->depth);
	memcpy(t->node[level][index], node, SHA256_LEN);
}

/* Picks some slots in order and gives each a new leaf; gives the count. */
static size_t pick(struct slot_leaf *leaves, struct naive *t, struct prng *p)
{
	size_t count = 0;
	size_t odds = 1 + prng_below(p, 20);

	for (size_t i = 0; i < (size_t)1 << t->depth && count < 64; i++) {
		if (prng_below(p, odds))
			continue;
		leaves[count].slot = i;
		memcpy(leaves[count].was, t->node[0][i], SHA256_LEN);
		prng_fill(p, leaves[count].is, SHA256_LEN);
		count++;
	}
	return count;
}

static void folding_equals_a_full_recomputation(void **state)
{
	static struct naive before;
	static struct naive after;
	static struct naive cached;
	struct prng p = prng_start();
	static struct slot_leaf leaves[64];

	(void)state;
	for (int i = 0; i < 150; i++) {
		unsigned int depth = (unsigned int)prng_below(&p, 9);
		struct proof proof = { .tree = &before, .allowed = SIZE_MAX };
		uint8_t was[SHA256_LEN];
		uint8_t is[SHA256_LEN];
		size_t count = 0;

		naive_random(&before, &p, depth);
		count = pick(leaves, &before, &p);
		if (!count)
			continue;
		after = before;
		for (size_t k = 0; k < count; k++)
			memcpy(after.node[0][leaves[k].slot], leaves[k].is,
			       SHA256_LEN);
		naive_build(&after);
		cached = before;
		memcpy(cached.node[0], after.node[0], sizeof(after.node[0]));
		assert_int_equal(slot_tree_fold(was, is, leaves, count, depth,
						sibling, &proof, copy_visited,
						&cached),
				 0);
		assert_memory_equal(was, before.node[depth][0], SHA256_LEN);
		assert_memory_equal(is, after.node[depth][0], SHA256_LEN);
		/* What visit tells is all that a node cache needs. */
		assert_memory_equal(&cached, &after, sizeof(after));
	}
}

static void a_missing_sibling_is_a_bad_proof(void **state)
{
	static struct naive t;
	struct prng p = prng_start();
	static struct slot_leaf leaves[64];
	uint8_t was[SHA256_LEN];
	uint8_t is[SHA256_LEN];

	(void)state;
	naive_random(&t, &p, 4);
	for (size_t allowed = 0; allowed <= 4; allowed++) {
		struct proof proof = { .tree = &t, .allowed = allowed };

		leaves[0] = (struct slot_leaf){ .slot = 5 };
		assert_int_equal(slot_tree_fold(was, is, leaves, 1, 4, sibling,
						&proof, NULL, NULL),
				 allowed < 4 ? KMS_RC_BAD_PROOF : KMS_RC_OK);
	}
}

static void leaves_out_of_order_or_range_are_a_bad_proof(void **state)
{
	static const uint64_t rows[][2] = {
		{ 1, 1 }, { 2, 1 }, { 1, 4 }, { 4, 5 }, { 0, UINT64_MAX },
	};
	static struct naive t;
	struct slot_leaf leaves[2];
	uint8_t was[SHA256_LEN];
	uint8_t is[SHA256_LEN];

	(void)state;
	t.depth = 2;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct proof proof = { .tree = &t, .allowed = SIZE_MAX };

		leaves[0] = (struct slot_leaf){ .slot = rows[i][0] };
		leaves[1] = (struct slot_leaf){ .slot = rows[i][1] };
		assert_int_equal(slot_tree_fold(was, is, leaves, 2, 2, sibling,
						&proof, NULL, NULL),
				 KMS_RC_BAD_PROOF);
	}
	assert_int_equal(slot_tree_fold(was, is, leaves, 0, 2, sibling, NULL,
					NULL, NULL),
			 KMS_RC_BAD_PROOF);
	leaves[0].slot = 0;
	assert_int_equal(slot_tree_fold(was, is, leaves, 1, ABI_DEPTH_MAX + 1,
					sibling, NULL, NULL, NULL),
			 KMS_RC_BAD_PROOF);
}

static void a_tree_without_levels_is_its_leaf(void **state)
{
	struct slot_leaf leaf = { .was = { 1 }, .is = { 2 } };
	uint8_t was[SHA256_LEN];
	uint8_t is[SHA256_LEN];

	(void)state;
	assert_int_equal(
		slot_tree_fold(was, is, &leaf, 1, 0, NULL, NULL, NULL, NULL),
		0);
	assert_int_equal(was[0], 1);
	assert_int_equal(is[0], 2);
}

static void empty_subtrees_are_built_from_empty_leaves(void **state)
{
	static struct naive t;
	uint8_t empty[SHA256_LEN];

	(void)state;
	memset(&t, 0, sizeof(t));
	t.depth = TREE_DEPTH_MAX;
	naive_build(&t);
	for (unsigned int h = 0; h <= TREE_DEPTH_MAX; h++) {
		slot_tree_empty(empty, h);
		assert_memory_equal(empty, t.node[h][0], SHA256_LEN);
	}
}

static void a_grown_tree_keeps_its_leaves(void **state)
{
	static struct naive t;
	static struct naive grown;
	struct prng p = prng_start();
	uint8_t root[SHA256_LEN];

	(void)state;
	for (unsigned int from = 0; from <= 6; from++) {
		for (unsigned int to = from; to <= TREE_DEPTH_MAX; to++) {
			naive_random(&t, &p, from);
			memset(&grown, 0, sizeof(grown));
			grown.depth = to;
			memcpy(grown.node[0], t.node[0], sizeof(t.node[0]));
			naive_build(&grown);
			memcpy(root, t.node[from][0], SHA256_LEN);
			slot_tree_grow(root, from, to);
			assert_memory_equal(root, grown.node[to][0],
					    SHA256_LEN);
		}
	}
}

static void the_depth_is_the_smallest_that_serves(void **state)
{
	(void)state;
	assert_int_equal(slot_tree_depth(0), 0);
	assert_int_equal(slot_tree_depth(1), 0);
	assert_int_equal(slot_tree_depth(2), 1);
	assert_int_equal(slot_tree_depth(3), 2);
	assert_int_equal(slot_tree_depth(4), 2);
	assert_int_equal(slot_tree_depth(5), 3);
	assert_int_equal(slot_tree_depth((uint64_t)1 << 24), 24);
	assert_int_equal(slot_tree_depth(UINT64_MAX), ABI_DEPTH_MAX);
}

static void left_and_right_are_different(void **state)
{
	uint8_t a[SHA256_LEN] = { 1 };
	uint8_t b[SHA256_LEN] = { 2 };
	uint8_t ab[SHA256_LEN];
	uint8_t ba[SHA256_LEN];

	(void)state;
	slot_tree_node(ab, a, b);
	slot_tree_node(ba, b, a);
	assert_memory_not_equal(ab, ba, SHA256_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding_equals_a_full_recomputation),
		cmocka_unit_test(a_missing_sibling_is_a_bad_proof),
		cmocka_unit_test(leaves_out_of_order_or_range_are_a_bad_proof),
		cmocka_unit_test(a_tree_without_levels_is_its_leaf),
		cmocka_unit_test(empty_subtrees_are_built_from_empty_leaves),
		cmocka_unit_test(a_grown_tree_keeps_its_leaves),
		cmocka_unit_test(the_depth_is_the_smallest_that_serves),
		cmocka_unit_test(left_and_right_are_different),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
