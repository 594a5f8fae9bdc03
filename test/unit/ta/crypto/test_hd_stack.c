/* SPDX-License-Identifier: Apache-2.0 */
#include "common/attr.h"
#include "ta/crypto/bip39.h"
#include "ta/crypto/hd.h"
#include "ta/crypto/hmac512.h"
#include "test/unit/ta/crypto/with_k256.h"

#include <pthread.h>

/*
 * Threads derive on a stack of ours, which is searched when they have ended.
 * Each function runs alone, because what one leaves another may overwrite.
 */
#define STACK_LEN ((size_t)256 * 1024)

struct secrets {
	struct secret32 entropy;
	struct bip39_mnemonic words;
	struct hmac512 keyed; /* with the words */
	struct secret64 seed;
	struct hd_node master;
	struct hd_node node;
	struct hd_node branch; /* on the way to the key */
	struct secret32 key;
};

static _Alignas(65536) uint8_t stack[STACK_LEN];
static struct secrets known;
static struct secrets made;
static uint8_t made_pub[64];
static enum kms_rc made_rc;

static void make_words(void)
{
	bip39_mnemonic(&made.words, &known.entropy);
}

static void make_seed(void)
{
	bip39_seed(&made.seed, &known.entropy);
}

static void make_master(void)
{
	made_rc = hd_master(&k256, &made.master,
			    bytes_of(known.seed.b, sizeof(known.seed.b)));
}

static void make_child(void)
{
	made_rc = hd_child(&k256, &made.node, &known.master, 44 | HD_HARDENED);
}

static void make_node(void)
{
	made_rc = hd_account_node(&k256, &made.node, &known.entropy);
}

static void make_leaf(void)
{
	made_rc = hd_leaf(&k256, &made.key, made_pub, &known.node, 1, 2);
}

static void be_careless(void)
{
	struct hd_node copy = known.node;

	__asm__ volatile("" : : "r"(&copy) : "memory");
}

static const struct maker {
	const char *name;
	void (*make)(void);
} makers[] = {
	{ "words", make_words },   { "seed", make_seed },
	{ "master", make_master }, { "child", make_child },
	{ "node", make_node },	   { "leaf", make_leaf },
};
static const struct maker careless = { "careless", be_careless };

static void *make_on_stack(void *maker)
{
	((const struct maker *)maker)->make();
	return NULL;
}

static bool on_stack(const void *what)
{
	return memmem(stack, sizeof(stack), what, 16) != NULL;
}

static bool leaves_a_secret(const struct maker *maker)
{
	pthread_attr_t attr;
	pthread_t thread;

	memset(stack, 0, sizeof(stack));
	made_rc = KMS_RC_OK;
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof(stack)), 0);
	assert_int_equal(pthread_create(&thread, &attr, make_on_stack,
					(void *)(uintptr_t)maker),
			 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(pthread_attr_destroy(&attr), 0);
	assert_int_equal(made_rc, KMS_RC_OK);
	return on_stack(known.entropy.b) || on_stack(known.entropy.b + 16) ||
	       on_stack(known.words.text) || on_stack(known.words.text + 100) ||
	       on_stack(&known.keyed.inner) || on_stack(&known.keyed.outer) ||
	       on_stack(known.seed.b) || on_stack(known.seed.b + 48) ||
	       on_stack(known.master.key.b) || on_stack(known.master.chain.b) ||
	       on_stack(made.node.key.b) || on_stack(made.node.chain.b) ||
	       on_stack(known.node.key.b) || on_stack(known.node.chain.b) ||
	       on_stack(known.branch.key.b) || on_stack(known.branch.chain.b) ||
	       on_stack(known.key.b);
}

static void secrets_do_not_stay_on_the_stack(void **state KMS_UNUSED)
{
	size_t i = 0;

	for (i = 0; i < sizeof(known.entropy.b); i++)
		known.entropy.b[i] = (uint8_t)(7 * i + 1);
	bip39_mnemonic(&known.words, &known.entropy);
	hmac512_init(&known.keyed, known.words.text, known.words.len);
	bip39_seed(&known.seed, &known.entropy);
	assert_int_equal(
		hd_master(&k256, &known.master,
			  bytes_of(known.seed.b, sizeof(known.seed.b))),
		KMS_RC_OK);
	assert_int_equal(hd_account_node(&k256, &known.node, &known.entropy),
			 KMS_RC_OK);
	assert_int_equal(hd_child(&k256, &known.branch, &known.node, 1),
			 KMS_RC_OK);
	assert_int_equal(
		hd_leaf(&k256, &known.key, made_pub, &known.node, 1, 2),
		KMS_RC_OK);
	made = known;
	assert_true(leaves_a_secret(&careless));
	for (i = 0; i < ARRAY_LEN(makers); i++)
		if (leaves_a_secret(&makers[i]))
			fail_msg("%s", makers[i].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_K256(secrets_do_not_stay_on_the_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
