/* SPDX-License-Identifier: Apache-2.0 */
#include "abi/slot_tree.h"

#include <string.h>

void slot_tree_node(uint8_t out[SHA256_LEN], const uint8_t left[SHA256_LEN],
		    const uint8_t right[SHA256_LEN])
{
	uint8_t msg[1 + 2 * SHA256_LEN];

	msg[0] = 0x01;
	memcpy(msg + 1, left, SHA256_LEN);
	memcpy(msg + 1 + SHA256_LEN, right, SHA256_LEN);
	sha256_once(out, msg, sizeof(msg));
}

void slot_tree_empty(uint8_t out[SHA256_LEN], unsigned int height)
{
	memset(out, 0, SHA256_LEN);
	while (height--)
		slot_tree_node(out, out, out);
}

unsigned int slot_tree_depth(uint64_t count)
{
	unsigned int depth = 0;

	while (depth < ABI_DEPTH_MAX && ((uint64_t)1 << depth) < count)
		depth++;
	return depth;
}

void slot_tree_grow(uint8_t root[SHA256_LEN], unsigned int from,
		    unsigned int to)
{
	uint8_t empty[SHA256_LEN];

	slot_tree_empty(empty, from);
	for (; from < to; from++) {
		slot_tree_node(root, root, empty);
		slot_tree_node(empty, empty, empty);
	}
}

bool slot_tree_take_sibling(void *arg, unsigned int level, uint64_t index,
			    uint8_t out[SHA256_LEN])
{
	struct bytes *left = arg;

	(void)level;
	(void)index;
	if (left->len < SHA256_LEN)
		return false;
	memcpy(out, left->ptr, SHA256_LEN);
	left->ptr += SHA256_LEN;
	left->len -= SHA256_LEN;
	return true;
}

/* Joins the node at leaves[from] with its right or left neighbour. */
static void join(struct slot_leaf *out, const struct slot_leaf *node,
		 const uint8_t was[SHA256_LEN], const uint8_t is[SHA256_LEN])
{
	bool right = node->slot & 1;
	struct slot_leaf up = { .slot = node->slot >> 1 };

	if (right) {
		slot_tree_node(up.was, was, node->was);
		slot_tree_node(up.is, is, node->is);
	} else {
		slot_tree_node(up.was, node->was, was);
		slot_tree_node(up.is, node->is, is);
	}
	*out = up;
}

static bool leaves_are_ordered(const struct slot_leaf *leaves, size_t count,
			       unsigned int depth)
{
	if (!count || depth > ABI_DEPTH_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (leaves[i].slot >> depth)
			return false;
		if (i && leaves[i].slot <= leaves[i - 1].slot)
			return false;
	}
	return true;
}

enum kms_rc slot_tree_fold(uint8_t was_root[SHA256_LEN],
			   uint8_t is_root[SHA256_LEN],
			   struct slot_leaf *leaves, size_t count,
			   unsigned int depth, slot_tree_sibling *sibling,
			   void *sibling_arg, slot_tree_visit *visit,
			   void *visit_arg)
{
	if (!leaves_are_ordered(leaves, count, depth))
		return KMS_RC_BAD_PROOF;
	for (unsigned int level = 0; level < depth; level++) {
		size_t out = 0;

		for (size_t i = 0; i < count; out++) {
			const struct slot_leaf *n = &leaves[i];
			uint8_t sib[SHA256_LEN];
			bool pair = i + 1 < count &&
				    (n->slot ^ 1) == leaves[i + 1].slot;

			if (pair) {
				join(&leaves[out], n, leaves[i + 1].was,
				     leaves[i + 1].is);
			} else {
				if (!sibling(sibling_arg, level, n->slot ^ 1,
					     sib))
					return KMS_RC_BAD_PROOF;
				join(&leaves[out], n, sib, sib);
			}
			i += pair ? 2 : 1;
			if (visit)
				visit(visit_arg, level + 1, leaves[out].slot,
				      leaves[out].is);
		}
		count = out;
	}
	memcpy(was_root, leaves[0].was, SHA256_LEN);
	memcpy(is_root, leaves[0].is, SHA256_LEN);
	return KMS_RC_OK;
}
