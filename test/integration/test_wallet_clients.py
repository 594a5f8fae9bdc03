# SPDX-License-Identifier: Apache-2.0
"""What the reference's clients rely on, row by row, and what time does to wallets."""

import glob
import json
import os
import sqlite3
import time
import unittest

from ethereum import check_signed, keccak256, personal, recover_address, transaction_digest
from harness import JSON11, TOP, OwnServerTest
from passkey import (ADDRESS, CHANGE, DELETE, FIRST, HASH, SIGN, UNFREEZE, Authenticator, Owner, WalletClient, b64u, commitment,
                     hex_of, unb64u)
from wallet_cases import DIGEST, ORIGIN, REFERENCE, RP, TRANSACTIONS, ServerOfTheClass


class Kept(ServerOfTheClass):
    """The rows of http-api-1, section 18: what clients and acceptance scripts rely on."""

    options, env = ('--compat',), REFERENCE

    def setUp(self):
        self.client = WalletClient(self.server.endpoint)
        self.addCleanup(self.client.close)

    def passkey(self, **more):
        return Authenticator(RP, ORIGIN, **more)

    def owner(self, **more):
        return Owner.create(self.client, self.passkey(**more), 'reference')

    def test_k1_content_types_do_not_matter(self):
        owner = self.owner()
        for kind in (JSON11, 'application/json', 'text/plain', ''):
            for name in ('DescribeKey', 'BeginAuthentication', 'GetPublicKey'):
                self.client.good(name, {'KeyId': owner.key_id}, {'Content-Type': kind})

    def test_k2_signatures_have_no_prefix(self):
        owner = self.owner()
        self.assertRegex(owner.sign_hash(DIGEST).json['Signature'], '^[0-9a-f]{130}$')
        self.assertRegex(owner.sign_message({'Message': '0x00'}, b'\0')[0].json['Signature'], '^[0-9a-f]{130}$')
        self.assertRegex(owner.sign_transaction(TRANSACTIONS[0]['tx']).json['Signature'], '^f8[0-9a-f]+$')

    def test_k3_targets_as_the_sdk_sends_them(self):
        def post(owner, name, target, proof, **members):
            headers = {'Content-Type': 'application/json'}
            if target:
                headers['X-Amz-Target'] = 'TrentService.' + target
            body = json.dumps({'KeyId': owner.key_id, 'WebAuthn': proof, **members})
            answer = self.client.request('POST', '/' + name, body, headers)
            self.assertEqual(answer.status, 200, (name, target, answer))

        owner, new = self.owner(), self.passkey()
        post(owner, 'UnfreezeKey', None, owner.proof(UNFREEZE))
        post(owner, 'UnfreezeKey', 'UnfreezeKey', owner.proof(UNFREEZE))
        for target in (None, 'ChangePasskey'):
            post(owner, 'ChangePasskey', target, owner.proof(CHANGE), PasskeyPublicKey=new.public.hex())
            owner.authenticator, new = new, self.passkey()
        for target in (None, 'BeginAuthentication'):
            headers = {'X-Amz-Target': 'TrentService.' + target} if target else {}
            self.client.good('BeginAuthentication', {'KeyId': owner.key_id}, headers)
        self.client.good('BeginRegistration', {}, {'X-Amz-Target': 'TrentService.BeginRegistration'})
        for target in (None, 'DeleteKey', 'ScheduleKeyDeletion'):
            owner = self.owner()
            post(owner, 'DeleteKey', target, owner.proof(DELETE))
            self.assertEqual(self.client.status_of(owner.key_id).status, 400)

    def test_k4_members_of_answers_are_in_pascal_case(self):
        owner = self.owner()
        answers = [owner.created, owner.describe(), owner.derive().json, owner.sign_hash(DIGEST).json, owner.unfreeze().json,
                   owner.change_passkey(self.passkey().public).json,
                   self.client.status_of(owner.key_id).json, self.client.good('ListKeys', {}),
                   self.client.good('GetPublicKey', {'KeyId': owner.key_id})]
        for name in ('BeginRegistration', 'BeginAuthentication'):
            begun = self.client.good(name, {'KeyId': owner.key_id})
            self.assertEqual(sorted(begun), ['ChallengeId', 'Options'])
        for answer in answers:
            for name in answer:
                self.assertRegex(name, '^[A-Z]', answer)
        for route, names in (('/QueueStatus', {'queue_depth', 'estimated_wait_seconds', 'circuit_breaker_open',
                                               'consecutive_failures'}),
                             ('/RollbackCounter', {'counter'}), ('/health', {'status', 'endpoints'}),
                             ('/version', {'version', 'build', 'profile', 'challenge_mode'}),
                             ('/stats', {'keys', 'operations', 'queue', 'api_keys', 'warnings', '_explain'})):
            self.assertLessEqual(names, set(self.client.get(route).json), route)

    def test_k5_create_key_answers_what_the_sdk_reads(self):
        made = self.owner().created
        self.assertIsInstance(made['Mnemonic'], str)
        self.assertLessEqual({'KeyId', 'Arn', 'CreationDate', 'Enabled', 'Description', 'KeyUsage', 'KeySpec', 'Origin'},
                             set(made['KeyMetadata']))

    def test_k6_assertions_as_the_sdk_makes_them(self):
        owner = Owner.register(self.client, self.passkey(), 'reference')
        ident, nonce = owner.begin()
        text = b'{"type":"webauthn.get","challenge":"%s","origin":"https://aastar.io"}' % b64u(commitment(nonce, DIGEST)).encode()
        credential = owner.authenticator.get(b'', client_data=text, credential=b'unrelated to the stored one')
        self.assertEqual(len(unb64u(credential['response']['authenticatorData'])), 37)
        self.assertEqual(unb64u(credential['response']['authenticatorData'])[32], 0x05)
        made = self.client.good('SignHash', {'KeyId': owner.key_id, 'DerivationPath': FIRST, 'Hash': '0x' + DIGEST.hex(),
                                             'WebAuthn': {'ChallengeId': ident, 'Credential': credential}})
        self.assertEqual(recover_address(DIGEST, hex_of(made['Signature'])), owner.describe()['Address'])

    def test_k7_registration_without_user_verification(self):
        owner = Owner.register(self.client, self.passkey(), 'reference', flags=0x41, counter=0)
        self.assertEqual(owner.sign_hash(DIGEST).status, 200)

    def test_k8_one_passkey_for_several_wallets(self):
        passkey = self.passkey()
        owners = [Owner.create(self.client, passkey, 'reference') for _ in range(3)]
        self.assertEqual(len({o.key_id for o in owners}), 3)
        self.assertEqual(len({o.describe()['Address'] for o in owners}), 3)
        for owner in owners + owners:
            self.assertEqual(owner.sign_hash(DIGEST).status, 200)

    def test_k9_statuses_that_scripts_assert(self):
        owner = self.owner()
        self.assertEqual(self.client.op('UnfreezeKey', {'KeyId': owner.key_id}).status, 400)
        proof = owner.proof(ADDRESS, index=0)
        members = {**owner.where(0), 'WebAuthn': proof}
        self.assertEqual(self.client.op('DeriveAddress', members).status, 200)
        self.assertEqual(self.client.op('DeriveAddress', members).status, 400, 'replayed')
        old = owner.proof(ADDRESS, index=0)
        ident, nonce = owner.begin()
        stale = {'ChallengeId': old['ChallengeId'], 'Credential': owner.authenticator.get(bytes(32))}
        self.assertNotEqual(self.client.op('DeriveAddress', {**owner.where(0), 'WebAuthn': stale}).status, 200)
        newer = {'ChallengeId': ident, 'Credential': owner.authenticator.get(nonce)}
        self.assertEqual(self.client.op('DeriveAddress', {**owner.where(0), 'WebAuthn': newer}).status, 200)
        self.assertEqual(self.client.request('POST', '/admin/purge-key', '{}').status, 404)

    def test_k10_a_status_right_after_creation_and_explicit_paths(self):
        owner = self.owner()
        self.assertEqual(self.client.status_of(owner.key_id).status, 200)
        self.assertEqual(owner.derive(3).status, 200)

    def database(self):
        files = [f for f in glob.glob(os.path.join(self.server.state, '*.db'))]
        self.assertEqual(len(files), 1, files)
        return sqlite3.connect(files[0], timeout=10, isolation_level=None)

    def test_an_owner_can_cancel_what_the_database_has_forgotten(self):
        """The TEE decides whether a deletion is pending; an edited word alone stranded the wallet."""
        owner, base = self.owner(), self.database()
        self.addCleanup(base.close)
        answer = owner.cancel_deletion()
        self.assertEqual((answer.status, answer.json['code']), (400, 'INVALID_STATE'), answer)
        self.assertEqual(owner.delete(days=7).status, 200)
        base.execute("UPDATE wallets SET lifecycle_status = 'active' WHERE key_id = ?", (owner.key_id,))
        self.assertEqual(owner.sign_hash(DIGEST).status, 400)
        self.assertEqual(owner.cancel_deletion().json['LifecycleStatus'], 'active')
        self.assertEqual(owner.sign_hash(DIGEST).status, 200)

    def test_what_was_refused_costs_no_ceremony(self):
        owner = self.owner()
        proof = owner.proof(SIGN, use=HASH, digest=DIGEST, index=0)
        response = proof['Credential']['response']
        good = response['signature']
        response['signature'] = owner.proof(SIGN, use=HASH, digest=DIGEST, index=0)['Credential']['response']['signature']
        members = {**owner.where(0), 'Hash': '0x' + DIGEST.hex(), 'WebAuthn': proof}
        self.assertEqual(self.client.op('SignHash', members).json['code'], 'AUTH_SIG')
        response['signature'] = good
        self.assertEqual(self.client.op('SignHash', members).status, 200)
        self.assertEqual(self.client.op('SignHash', members).status, 400, 'but it serves once')

    def test_k11_a_state_edited_in_the_database_counts_at_once(self):
        owner, new = self.owner(), self.passkey()
        base = self.database()
        self.addCleanup(base.close)

        def edit(state):
            changed = base.execute('UPDATE wallets SET lifecycle_status = ? WHERE key_id = ?', (state, owner.key_id))
            self.assertEqual(changed.rowcount, 1)
            self.assertEqual(self.client.status_of(owner.key_id).json['LifecycleStatus'], state)

        for _ in range(2):
            edit('frozen')
            self.assertIs(owner.describe()['Enabled'], False)
            for answer in (owner.derive(), owner.sign_hash(DIGEST), owner.sign_transaction(TRANSACTIONS[0]['tx']),
                           owner.sign_message({'Message': '0x'}, b'')[0]):
                self.assertEqual((answer.status, answer.json['code']), (400, 'FROZEN'), answer)
            self.assertEqual(self.client.op('UnfreezeKey', {'KeyId': owner.key_id}).status, 400)
            self.assertEqual(self.client.status_of(owner.key_id).json['LifecycleStatus'], 'frozen')
            self.assertEqual(owner.change_passkey(new.public).status, 200)
            owner.authenticator, new = new, self.passkey()
            self.assertEqual(self.client.status_of(owner.key_id).json['LifecycleStatus'], 'frozen')
            self.assertEqual(owner.unfreeze().json['LifecycleStatus'], 'active')
            self.assertEqual(owner.derive().status, 200)
            edit('frozen')
            edit('active')
            self.assertEqual(owner.sign_hash(DIGEST).status, 200)
        edit('frozen')
        self.assertEqual(owner.delete().status, 200)

    def test_k12_an_api_key_of_the_command_line_acts_at_once(self):
        server = self.new_server(env={**REFERENCE, 'KMS_REQUIRE_API_KEY': '1'}).start()
        client = WalletClient(server.endpoint)
        self.addCleanup(client.close)
        body = {'PasskeyPublicKey': self.passkey().public.hex()}
        self.assertEqual(client.op('CreateKey', body).status, 401)
        key = server.cli('api-key', 'generate', '--label', 'k12').stdout.strip()
        self.assertEqual(client.op('CreateKey', body, {'x-api-key': key}).status, 200)
        self.assertEqual(client.op('CreateKey', body, {'x-api-key': key[:-1] + 'x'}).status, 401)
        server.cli('api-key', 'revoke', key)
        self.assertEqual(client.op('CreateKey', body, {'x-api-key': key}).status, 401)

    def test_k13_counters_may_jump(self):
        owner = self.owner(counter=int(time.time()))
        for step in (1, 1000, 10 ** 6, 1):
            owner.authenticator.step = step
            self.assertEqual(owner.sign_hash(DIGEST).status, 200)
        owner.authenticator.counter -= 2
        owner.authenticator.step = 1
        self.assertEqual(owner.sign_hash(DIGEST).json['code'], 'AUTH_COUNTER')

    def test_an_authenticator_that_does_not_count_is_taken(self):
        owner = self.owner(step=0)
        for _ in range(3):
            self.assertEqual(owner.sign_hash(DIGEST).status, 200)

    def test_unprefixed_messages_are_guessed_only_with_compat(self):
        owner = self.owner()
        for text, message in (('test', b'\xb5\xeb\x2d'), ('hello', b'hello'), ('', b'')):
            answer, digest = owner.sign_message({'Message': text}, message)
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(recover_address(digest, hex_of(answer.json['Signature'])), owner.describe()['Address'])
        server = self.new_server(env=REFERENCE).start()
        client = WalletClient(server.endpoint)
        self.addCleanup(client.close)
        other = Owner.create(client, self.passkey(), 'reference')
        for text in ('test', 'hello', '48656c6c6f'):
            answer, _ = other.sign_message({'Message': text}, b'')
            self.assertEqual((answer.status, answer.json['code']), (400, 'BAD_INPUT'))


class Dormancy(OwnServerTest):
    def wait_for(self, what, seconds=20):
        end = time.monotonic() + seconds
        while not what() and time.monotonic() < end:
            time.sleep(0.2)
        self.assertTrue(what())

    def test_a_wallet_that_nobody_uses_is_frozen_and_its_owner_thaws_it(self):
        server = self.new_server(env={'KMS_INACTIVITY_FREEZE_SECS': '2'}).start()
        client = WalletClient(server.endpoint)
        self.addCleanup(client.close)
        owner, busy = (Owner.create(client, Authenticator()) for _ in range(2))

        def frozen():
            self.assertEqual(busy.sign_hash(DIGEST).status, 200, 'a wallet in use')
            return client.status_of(owner.key_id).json['LifecycleStatus'] == 'frozen'

        time.sleep(2.5)
        if not frozen():  # the job runs at the start, and then rarely
            server.restart()
            client.connection.close()
        self.wait_for(frozen)
        self.assertEqual(owner.sign_hash(DIGEST).json['code'], 'FROZEN')
        self.assertEqual(owner.derive().json['code'], 'FROZEN')
        owner.authenticator.step = 1
        self.assertEqual(owner.unfreeze().status, 200)
        self.assertEqual(owner.sign_hash(DIGEST).status, 200)
        self.assertRegex(server.log(), 'freez|frozen|froze')

    def test_wallets_outlive_a_restart_and_nonces_do_not(self):
        server = self.new_server().start()
        client = WalletClient(server.endpoint)
        self.addCleanup(client.close)
        owner, pending = (Owner.create(client, Authenticator()) for _ in range(2))
        self.assertEqual(owner.derive(21).status, 200)
        self.assertEqual(pending.delete(7).status, 200)
        before = owner.describe(), pending.describe()
        proof = owner.proof(SIGN, index=0, use=HASH, digest=DIGEST)
        server.restart()
        client.connection.close()
        after = owner.describe(), pending.describe()
        for seen in (*before, *after):
            seen.pop('LastUsedAt')
        self.assertEqual(after, before)
        answer = client.op('SignHash', {**owner.where(0), 'Hash': DIGEST.hex(), 'WebAuthn': proof})
        self.assertEqual((answer.status, answer.json['code']), (400, 'AUTH_CHALLENGE'))
        self.assertEqual(owner.sign_hash(DIGEST, 21).status, 200)
        self.assertEqual(pending.sign_hash(DIGEST).status, 400)
        self.assertEqual(pending.cancel_deletion().status, 200)
        self.assertEqual(pending.sign_hash(DIGEST).status, 200)


class Vectors(unittest.TestCase):
    """Section 21 of http-api-1, and the published commitments: that the client computes what the reference's does."""

    NONCE = b'\x42' * 32

    def test_the_challenges_of_section_21(self):
        tx = TRANSACTIONS[0]['tx']
        rows = (('QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI', self.NONCE),
                ('sSdJHPvsASi1v469RgpMKw-1onxwYZ40vuaot_XeqtA', commitment(self.NONCE, DIGEST)),
                ('E8u4ifgWzOaVqAJ5yuqsZUImp6_mjmWOsTeSJGniWjM', commitment(self.NONCE, keccak256(b'Hello'))),
                ('uk7EtIm3i9bgVjyPW7xgws4hX0z8v0oit_00D8I6zTM', commitment(self.NONCE, transaction_digest(tx))))
        for text, value in rows:
            self.assertEqual(b64u(value), text)

    def test_the_digests_of_section_21(self):
        self.assertEqual(keccak256(b'Hello').hex(), '06b3dfaec148fb1bb2b066f10ec285e7c9bf402ab32aa78a5d38e34566810cd2')
        self.assertEqual(transaction_digest(TRANSACTIONS[0]['tx']).hex(),
                         '1eaacb75d1224f4cc35d7f37b22f40e5fceac56b3849ed912b7ea9249bbefabb')
        self.assertEqual(transaction_digest(TRANSACTIONS[1]['tx']).hex(),
                         'daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53')

    def test_the_signatures_of_section_21_come_from_its_address(self):
        address = '0xf278cf59f82edcf871d630f28ecc8056f25c1cdb'
        made = ('19342512919ad3a310fc728436867ae60a5b6c71f19d06136e38a2d8b5b15783'
                '534309d8ff8c286e3e9696411434519af31c787f3d94dfd08e0bc9123812e8c01c')
        self.assertEqual(recover_address(DIGEST, hex_of(made)), address)
        made = ('c0059defbbb42115a9f6dd9f57476f867fe702023fbbefb2296331f181ee2179'
                '79e4a60903651a75e7e8f70fb0b0a0c43e9d4d710628fba03703a1b62651a27c1c')
        self.assertEqual(recover_address(keccak256(b'Hello'), hex_of(made)), address)
        made = ('f86c808504a817c80082520894742d35cc6634c0532925a3b844bc9e7595f2bd18880de0b6b3a76400008025a0285eebe98192d91fb8d261'
                'df6ace21a69dafe25e9d3b8fa957a63ae8895da8c7a0382da5f578f89ef02c2cd7a78180db91058b7aa606a344b73aae8ddd91a0e6f1')
        self.assertEqual(check_signed(TRANSACTIONS[0]['tx'], hex_of(made)), address)

    def test_the_published_commitments(self):
        with open(os.path.join(TOP, 'test/vectors/webauthn-commitments.json'), encoding='utf-8') as f:
            groups = json.load(f)
        for vector in groups['payload_commitment'] + groups['mint'] + groups['refresh'] + groups['proposed']['vectors']:
            with self.subTest(vector['name']):
                made = commitment(hex_of(vector['nonce_hex']), hex_of(vector['digest_hex']))
                self.assertEqual(b64u(made), vector['challenge_b64url'])

    def test_the_example_of_the_intent(self):
        owner = Owner(None, Authenticator('example.org'), '495c2e73-b688-46de-bab2-1af39ac0802c')
        made = owner.challenge(self.NONCE, SIGN, index=3, use=HASH, digest=DIGEST)
        self.assertEqual(b64u(made), 'lpMq6lgu1Rrj5x64bus_mrEwt2oKN8rGdv_1r01FEZE')

    def test_eip_191(self):
        """Of the public example of EIP-191's personal_sign libraries: "hello world"."""
        self.assertEqual(personal(b'hello world').hex(), 'd9eba16ed0ecae432b71fe008c98cc872bb4cc214d3220a36f365326cf807d68')
