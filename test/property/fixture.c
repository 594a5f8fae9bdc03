/* SPDX-License-Identifier: Apache-2.0 */
#include "test/property/fixture.h"

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <string.h>

static int open_world(void **state, bool strong, bool provision)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	f.prng = prng_start();
	world_open(strong);
	instance_start(&f.one, 1);
	host_init(&f.host, instance_send, &f.one, 0);
	if (provision) {
		assert_ok(host_provision(&f.host, FIXTURE_SHARDS,
					 (struct bytes){ 0 }));
		assert_ok(host_recover(&f.host, false));
	}
	*state = &f;
	return 0;
}

int fixture_open(void **state)
{
	return open_world(state, true, true);
}

int fixture_open_weak(void **state)
{
	return open_world(state, false, true);
}

int fixture_open_blank(void **state)
{
	return open_world(state, true, false);
}

int fixture_close(void **state)
{
	struct fixture *f = *state;

	instance_kill(&f->one);
	instance_kill(&f->two);
	world_close();
	return 0;
}

uint64_t fixture_keys(struct fixture *f, size_t count)
{
	struct host_op ops[ABI_BATCH_OPS];
	uint64_t first = f->host.db.next_slot;

	for (size_t done = 0; done < count;) {
		size_t n = count - done;

		n = n > ABI_BATCH_OPS ? ABI_BATCH_OPS : n;
		for (size_t i = 0; i < n; i++)
			ops[i] = host_create((done + i) % 2
						     ? KEY_SPEC_P256
						     : KEY_SPEC_SECP256K1);
		assert_ok(host_apply(&f->host, ops, n));
		done += n;
	}
	return first;
}

uint64_t fixture_key(struct fixture *f, uint8_t spec)
{
	struct host_op op = host_create(spec);
	uint64_t slot = f->host.db.next_slot;

	assert_ok(host_apply(&f->host, &op, 1));
	return slot;
}

/* The recovery id must lead back to the key's own point. */
static void check_recovery(const struct host_key *key, const uint8_t digest[32],
			   const struct host_signature *s)
{
	secp256k1_ecdsa_recoverable_signature sig;
	secp256k1_pubkey found;
	uint8_t octets[65];
	size_t len = sizeof(octets);

	assert_true(s->has_recid);
	assert_int_equal(
		secp256k1_ecdsa_recoverable_signature_parse_compact(
			secp256k1_context_static, &sig, s->sig, s->recid),
		1);
	assert_int_equal(secp256k1_ecdsa_recover(secp256k1_context_static,
						 &found, &sig, digest),
			 1);
	secp256k1_ec_pubkey_serialize(secp256k1_context_static, octets, &len,
				      &found, SECP256K1_EC_UNCOMPRESSED);
	assert_memory_equal(octets + 1, key->public_key, 64);
}

/* Half the group orders of secp256k1 and P-256. */
static const uint8_t half_orders[2][32] = {
	{ 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4,
	  0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0 },
	{ 0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b,
	  0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8 },
};

void fixture_check_signature(const struct host_key *key,
			     const uint8_t digest[32],
			     const struct host_signature *s)
{
	bool k256 = key->spec == KEY_SPEC_SECP256K1;
	struct p256 p = { 0 };

	assert_true(memcmp(s->sig + 32, half_orders[k256 ? 0 : 1], 32) <= 0);
	if (k256) {
		check_recovery(key, digest, s);
		return;
	}
	assert_ok(p256_open(&p));
	assert_ok(p256_verify(&p, s->sig, digest, key->public_key));
	p256_clear(&p);
}

void fixture_check_signs(struct fixture *f, uint64_t slot)
{
	struct host_signature s = { 0 };
	uint8_t digest[32];

	prng_fill(&f->prng, digest, sizeof(digest));
	assert_ok(host_sign(&f->host, slot, digest, &s));
	fixture_check_signature(&f->host.db.keys[slot], digest, &s);
}

void fixture_check_refused(struct fixture *f, uint64_t slot, enum kms_rc rc)
{
	static const uint8_t nothing[64];
	struct host_signature s = { 0 };
	uint8_t digest[32];

	prng_fill(&f->prng, digest, sizeof(digest));
	assert_rc(host_sign(&f->host, slot, digest, &s), rc);
	assert_memory_equal(s.sig, nothing, sizeof(nothing));
}

enum kms_rc fixture_set_state(struct fixture *f, uint64_t slot, uint8_t state)
{
	struct host_op op = host_change(&f->host, slot, OP_SET_STATE, state);

	return host_apply(&f->host, &op, 1);
}

enum kms_rc fixture_delete(struct fixture *f, uint64_t slot)
{
	struct host_op op = host_change(&f->host, slot, OP_DELETE, 0);

	return host_apply(&f->host, &op, 1);
}

void fixture_restart(struct fixture *f)
{
	instance_kill(&f->one);
	host_forget(&f->host);
	instance_start(&f->one, 1);
	assert_ok(host_recover(&f->host, false));
}
