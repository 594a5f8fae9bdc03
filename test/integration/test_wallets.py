# SPDX-License-Identifier: Apache-2.0
"""The life of a wallet, as its owner sees it: made, used and ended with a passkey.

The same tests on the path routes and on POST /, with the challenges of both binding levels. Signatures are judged by
ethereum.py alone, which has only the address.
"""

import base64
import datetime
import glob
import json
import os
import re
import sqlite3
import time
import unittest

from ethereum import address_of, check_signed, decompress, is_address, keccak256, personal, recover_address, transaction_digest
from harness import JSON11, TOP, OwnServerTest, SharedServerTest
from passkey import (ADDRESS, AT, FIRST, HASH, SIGN, UP, Authenticator, Owner, WalletClient, b64u, commitment, hex_of,
                     unb64u)

RP, ORIGIN = 'aastar.io', 'https://aastar.io'
REFERENCE = {'KMS_RP_ID': RP, 'KMS_ORIGIN': ORIGIN}
API_KEY = 'kms_00112233445566778899aabbccddeeff'
DIGEST = bytes.fromhex('a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2')
UUID = re.compile(r'[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}')
TIME_Z = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z')
TIME_DB = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?\+00:00')

with open(os.path.join(TOP, 'test/integration/transactions.json'), encoding='utf-8') as f:
    TRANSACTIONS = json.load(f)

# What a request says, and the bytes that are meant.
MESSAGES = (
    ({'Message': '0x48656c6c6f'}, b'Hello'),
    ({'Message': '0x'}, b''),
    ({'Message': '0x48656c6c6f', 'MessageEncoding': 'hex'}, b'Hello'),
    ({'Message': '48656C6c6f', 'MessageEncoding': 'hex'}, b'Hello'),
    ({'Message': 'test', 'MessageEncoding': 'base64'}, b'\xb5\xeb\x2d'),
    ({'Message': 'SGVsbG8=', 'MessageEncoding': 'base64'}, b'Hello'),
    ({'Message': 'hello', 'MessageEncoding': 'utf8'}, b'hello'),
    ({'Message': '0x1234', 'MessageEncoding': 'utf8'}, b'0x1234'),
    ({'Message': '', 'MessageEncoding': 'utf8'}, b''),
    ({'Message': 'Grüße, 世界 🔑', 'MessageEncoding': 'utf8'}, 'Grüße, 世界 🔑'.encode()),
    ({'Message': '0x' + 'ab' * 4000}, b'\xab' * 4000),
)


def seconds_of(moment):
    """A time as the path routes write it, or as AWS does."""
    if isinstance(moment, str):
        assert TIME_Z.fullmatch(moment), moment
        return datetime.datetime.fromisoformat(re.sub(r'\.\d+', '', moment).replace('Z', '+00:00')).timestamp()
    return moment


class Life:
    """One server, one way to speak to it, one kind of challenge."""

    aws = False
    style = 'intent'
    rp, origin = 'localhost', 'http://localhost:8080'

    def connect(self):
        client = WalletClient(self.server.endpoint, aws=self.aws, api_key=getattr(self, 'api_key', None))
        self.addCleanup(client.close)
        return client

    def setUp(self):
        self.wallets = self.connect()

    def passkey(self, **more):
        return Authenticator(self.rp, self.origin, **more)

    def new_owner(self, **more):
        return Owner.create(self.wallets, self.passkey(), self.style, **more)

    def assert_ok(self, answer):
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def assert_refused(self, answer, code, status=400):
        self.assertEqual(answer.status, status, answer)
        if self.aws:
            self.assertIn('__type', answer.json)
        else:
            self.assertEqual(answer.json['code'], code, answer)

    def assert_signs(self, owner, index=0, address=None):
        """With the wallet's own key, which only its address tells."""
        made = self.assert_ok(owner.sign_hash(DIGEST, index))
        address = address or owner.describe()['Address']
        self.assertEqual(recover_address(DIGEST, hex_of(made['Signature'])), address)

    # --- birth -----------------------------------------------------------------------------------------------------

    def test_created_with_a_passkey_that_exists(self):
        owner = self.new_owner(Description='Grüße 🔑')
        meta = owner.created['KeyMetadata']
        self.assertEqual(owner.created['Mnemonic'], '[MNEMONIC_IN_SECURE_WORLD]')
        self.assertRegex(meta['KeyId'], UUID)
        self.assertTrue(meta['Arn'].endswith(':key/' + meta['KeyId']), meta)
        self.assertLess(abs(seconds_of(meta['CreationDate']) - time.time()), 3600)
        self.assertIs(meta['Enabled'], True)
        self.assertEqual((meta['Description'], meta['KeyUsage'], meta['KeySpec'], meta['Origin'], meta['LifecycleStatus']),
                         ('Grüße 🔑', 'SIGN_VERIFY', 'ECC_SECG_P256K1', 'EXTERNAL_KMS', 'active'))
        self.assertEqual(meta['PasskeyPublicKey'], '0x' + owner.authenticator.public.hex())
        self.poll(owner)

    def test_registered_by_the_ceremony(self):
        passkey = self.passkey()
        owner = Owner.register(self.wallets, passkey, self.style, begin={'Description': 'mine', 'UserName': 'alice'})
        self.assertEqual(owner.created['CredentialId'], b64u(passkey.credential))
        self.assertIn(owner.created['Status'], ('deriving', 'ready'))
        self.check_options(owner.options)
        self.poll(owner)
        meta = owner.describe()
        self.assertEqual((meta['Description'], meta['PasskeyPublicKey']), ('mine', '0x' + passkey.public.hex()))
        begun = self.wallets.good('BeginAuthentication', {'KeyId': owner.key_id})['Options']
        self.assertEqual(begun['allowCredentials'],
                         [{'id': b64u(passkey.credential), 'type': 'public-key', 'transports': ['internal', 'hybrid']}])
        self.assert_signs(owner)

    def check_options(self, options):
        self.assertEqual(options['rp']['id'], self.rp)
        self.assertEqual(options['user']['name'], 'alice')
        self.assertTrue(options['user']['displayName'])
        self.assertEqual(len(unb64u(options['user']['id'])), 16)
        self.assertEqual(len(unb64u(options['challenge'])), 32)
        self.assertEqual(options['pubKeyCredParams'], [{'type': 'public-key', 'alg': -7}])
        self.assertTrue(60000 <= options['timeout'] <= 300000, 'what the nonce lives')
        self.assertEqual((options['attestation'], options['excludeCredentials']), ('none', []))
        self.assertEqual(options['authenticatorSelection'], {'residentKey': 'preferred', 'userVerification': 'required'})

    def poll(self, owner):
        """As clients do after CreateKey, every 3 s for up to 180 s; ours is ready within a few."""
        end = time.monotonic() + 30
        while True:
            status = self.assert_ok(self.wallets.status_of(owner.key_id))
            if status['Status'] != 'deriving' or time.monotonic() > end:
                break
            time.sleep(0.2)
        self.assertEqual((status['KeyId'], status['Status'], status['LifecycleStatus']), (owner.key_id, 'ready', 'active'))
        meta = owner.describe()
        self.assertTrue(is_address(meta['Address']), meta)
        self.assertEqual(meta['DerivationPath'], FIRST)
        self.assertRegex(meta['PublicKey'], '^0x0[23][0-9a-f]{64}$')
        self.assertEqual(address_of(decompress(bytes.fromhex(meta['PublicKey'][2:]))), meta['Address'])
        self.assertRegex(meta['LastUsedAt'], TIME_DB)

    def test_listed_and_described(self):
        mine = [self.new_owner(Description=f'number {i}') for i in range(3)]
        listed = self.every_page()
        for owner in mine:
            meta = owner.describe()
            self.assertEqual(listed.count((owner.key_id, meta['Arn'])), 1)
            self.assertEqual(meta['Description'], f'number {mine.index(owner)}')
        self.assertEqual(len(listed), len(set(listed)))

    def every_page(self):
        found, marker = [], {}
        while True:
            page = self.wallets.good('ListKeys', {'Limit': 7, **marker})
            self.assertLessEqual(len(page['Keys']), 7)
            found += [(k['KeyId'], k['KeyArn']) for k in page['Keys']]
            if not page['Truncated']:
                return found
            marker = {'Marker': page['NextMarker']}

    def test_the_public_key_is_told(self):
        owner = self.new_owner()
        meta = owner.describe()
        for name in ({'Address': meta['Address']}, {'KeyId': owner.key_id}):
            made = self.wallets.good('GetPublicKey', name)
            self.assertEqual(made['KeyId'].rsplit('/', 1)[-1], owner.key_id)
            self.assertEqual((made['KeyUsage'], made['KeySpec']), ('SIGN_VERIFY', 'ECC_SECG_P256K1'))
            if made['PublicKey'].startswith('0x'):
                self.assertEqual(made['PublicKey'], meta['PublicKey'])
            else:  # AWS's form on POST /: SubjectPublicKeyInfo, ending with the point
                self.assertTrue(self.aws)
                point = base64.b64decode(made['PublicKey'])[-64:]
                self.assertEqual(point, decompress(bytes.fromhex(meta['PublicKey'][2:])))

    # --- uses ------------------------------------------------------------------------------------------------------

    def test_a_hash_is_signed_as_it_is(self):
        owner = self.new_owner()
        address = owner.describe()['Address']
        for digest in (DIGEST, bytes(32), b'\xff' * 32, keccak256(b'')):
            made = self.assert_ok(owner.sign_hash(digest))
            self.assertRegex(made['Signature'], '^[0-9a-f]{130}$')
            self.assertEqual(recover_address(digest, hex_of(made['Signature'])), address)

    def test_messages_of_every_form(self):
        owner = self.new_owner()
        address = owner.describe()['Address']
        for members, message in MESSAGES:
            for eip191 in (False, True):
                with self.subTest(members=str(members)[:60], eip191=eip191):
                    answer, digest = owner.sign_message(members, message, eip191=eip191)
                    made = self.assert_ok(answer)
                    self.assertEqual(recover_address(digest, hex_of(made['Signature'])), address)
                    self.assertEqual(made['TransactionHash'], '0x' + digest.hex())

    def test_raw_is_what_no_message_type_means(self):
        owner = self.new_owner()
        for members in ({}, {'MessageType': 'RAW'}):
            answer, _ = owner.sign_message({'Message': '0x01', **members}, b'\x01')
            signature = hex_of(self.assert_ok(answer)['Signature'])
            self.assertEqual(recover_address(keccak256(b'\x01'), signature), owner.describe()['Address'])

    def test_transactions_of_every_type(self):
        owner = self.new_owner()
        address = owner.describe()['Address']
        for case in TRANSACTIONS:
            with self.subTest(case['name']):
                made = self.assert_ok(owner.sign_transaction(case['tx']))
                raw = hex_of(made['Signature'])
                self.assertEqual(check_signed(case['tx'], raw), address)
                self.assertEqual(made['TransactionHash'], '0x' + keccak256(raw).hex())

    def test_a_long_transaction_is_signed(self):
        owner = self.new_owner()
        tx = {**TRANSACTIONS[7]['tx'], 'data': '0x' + '5b' * 6000}
        made = self.assert_ok(owner.sign_transaction(tx))
        self.assertEqual(check_signed(tx, hex_of(made['Signature'])), owner.describe()['Address'])

    def test_addresses_are_derived_and_become_names(self):
        owner = self.new_owner()
        first = owner.describe()
        seen = {first['Address']}
        self.assertEqual(self.assert_ok(owner.derive(0))['Address'], first['Address'])
        for index in (1, 19, 20, 9999):
            made = self.assert_ok(owner.derive(index))
            self.assertEqual(address_of(decompress(bytes.fromhex(made['PublicKey'][2:]))), made['Address'])
            self.assertNotIn(made['Address'], seen)
            seen.add(made['Address'])
            self.assertEqual(self.assert_ok(owner.derive(index)), made)
            self.assert_signs(owner, index, made['Address'])
            self.check_name(owner, index, made['Address'])
        self.assertEqual(owner.describe()['Address'], first['Address'])

    def check_name(self, owner, index, address):
        """Address in place of KeyId and path, in any case."""
        shouted = '0x' + address[2:].upper()
        self.assertEqual(self.wallets.good('GetPublicKey', {'Address': shouted})['KeyId'], owner.key_id)
        begun = self.wallets.good('BeginAuthentication', {'Address': shouted})
        challenge = owner.challenge(unb64u(begun['Options']['challenge']), SIGN, index=index, use=HASH, digest=DIGEST)
        proof = {'ChallengeId': begun['ChallengeId'], 'Credential': owner.authenticator.get(challenge)}
        made = self.wallets.good('SignHash', {'Address': shouted, 'Hash': DIGEST.hex(), 'WebAuthn': proof})
        self.assertEqual(recover_address(DIGEST, hex_of(made['Signature'])), address)

    def test_sign_hash_without_a_path_uses_the_first_address(self):
        owner = self.new_owner()
        proof = owner.proof(SIGN, index=0, use=HASH, digest=DIGEST)
        made = self.wallets.good('SignHash', {'KeyId': owner.key_id, 'Hash': DIGEST.hex(), 'WebAuthn': proof})
        self.assertEqual(recover_address(DIGEST, hex_of(made['Signature'])), owner.describe()['Address'])

    def test_unknown_members_are_ignored(self):
        owner = self.new_owner()
        answer = owner.sign_hash(DIGEST, SigningAlgorithm='ECDSA_SHA_256', Unknown={'a': [1, 2]})
        self.assertEqual(recover_address(DIGEST, hex_of(self.assert_ok(answer)['Signature'])), owner.describe()['Address'])

    # --- passkeys --------------------------------------------------------------------------------------------------

    def test_a_changed_passkey_takes_over(self):
        owner, new = self.new_owner(), self.passkey()
        old = owner.authenticator
        old.counter = 1000
        self.assert_signs(owner)
        made = self.assert_ok(owner.change_passkey(new.public))
        self.assertEqual(made, {'KeyId': owner.key_id, 'Changed': True})
        self.assertEqual(owner.describe()['PasskeyPublicKey'], '0x' + new.public.hex())
        self.assert_refused(owner.sign_hash(DIGEST), 'AUTH_SIG')
        owner.authenticator = new
        self.assert_signs(owner)  # with a lower counter than the old one's
        self.assertEqual(self.wallets.good('BeginAuthentication', {'KeyId': owner.key_id})['Options']['allowCredentials'], [])

    def test_a_changed_passkey_may_bring_its_id(self):
        owner, new = self.new_owner(), self.passkey()
        self.assert_ok(owner.change_passkey(new.public, new.credential))
        owner.authenticator = new
        allowed = self.wallets.good('BeginAuthentication', {'KeyId': owner.key_id})['Options']['allowCredentials']
        self.assertEqual([c['id'] for c in allowed], [b64u(new.credential)])
        self.assert_signs(owner)

    def test_passkeys_are_added_and_removed(self):
        owner, second = self.new_owner(), self.passkey(counter=1000)
        first = owner.authenticator
        self.assertEqual(self.assert_ok(owner.add_passkey(second.public, second.credential))['PasskeyCount'], 2)
        for passkey in (first, second, first):
            owner.authenticator = passkey
            self.assert_signs(owner)
        self.assert_refused(owner.add_passkey(second.public), 'POLICY_DENY')
        self.assertEqual(self.assert_ok(owner.remove_passkey(second.public))['PasskeyCount'], 1)
        owner.authenticator = second
        self.assert_refused(owner.sign_hash(DIGEST), 'AUTH_SIG')
        owner.authenticator = first
        self.assert_signs(owner)

    def test_at_most_four_passkeys_and_at_least_one(self):
        owner = self.new_owner()
        for count in (2, 3, 4):
            passkey = self.passkey()
            self.assertEqual(self.assert_ok(owner.add_passkey(passkey.public, passkey.credential))['PasskeyCount'], count)
        self.assert_refused(owner.add_passkey(self.passkey().public), 'LIMIT')
        alone = self.new_owner()
        self.assertEqual(alone.remove_passkey(alone.authenticator.public).status, 400)
        self.assert_signs(alone)
        self.assertEqual(owner.describe()['PasskeyCount'], 4)

    # --- the end ---------------------------------------------------------------------------------------------------

    def test_unfreezing_an_active_wallet_leaves_it_so(self):
        owner = self.new_owner()
        for _ in range(2):
            self.assertEqual(self.assert_ok(owner.unfreeze()), {'KeyId': owner.key_id, 'LifecycleStatus': 'active'})
        self.assert_signs(owner)

    def test_a_deletion_can_wait_and_be_cancelled(self):
        owner = self.new_owner()
        for days in (7, 30):
            made = self.assert_ok(owner.delete(days))
            self.assertLess(abs(seconds_of(made['DeletionDate']) - time.time() - days * 86400), 3600)
            meta = owner.describe()
            self.assertEqual((meta['LifecycleStatus'], meta['Enabled']), ('pending_deletion', False))
            self.assertEqual(self.wallets.status_of(owner.key_id).json['LifecycleStatus'], 'pending_deletion')
            self.assertEqual(owner.sign_hash(DIGEST).status, 400)
            self.assertEqual(owner.derive().status, 400)
            self.assertEqual(owner.change_passkey(self.passkey().public).status, 400)
            self.assertEqual(self.assert_ok(owner.cancel_deletion())['LifecycleStatus'], 'active')
            self.assert_signs(owner)

    def test_a_waiting_deletion_can_be_made_at_once(self):
        owner = self.new_owner()
        self.assert_ok(owner.delete(7))
        self.assert_ok(owner.delete())
        self.assertEqual(self.wallets.status_of(owner.key_id).status, 400)

    def test_a_deleted_wallet_is_gone(self):
        for window in (None, 0):
            owner = self.new_owner()
            address = owner.describe()['Address']
            made = self.assert_ok(owner.delete(window))
            self.assertEqual(made['KeyId'], owner.key_id)
            self.assertLess(abs(seconds_of(made['DeletionDate']) - time.time()), 3600)
            for name, members in (('DescribeKey', {'KeyId': owner.key_id}), ('BeginAuthentication', {'KeyId': owner.key_id}),
                                  ('BeginAuthentication', {'Address': address}), ('GetPublicKey', {'Address': address})):
                self.assert_refused(self.wallets.op(name, members), 'NOT_FOUND')
            self.assertEqual(self.wallets.status_of(owner.key_id).status, 400)
            self.assertNotIn(owner.key_id, [key for key, _ in self.every_page()])


class PathRoutesAsTheReference(Life, SharedServerTest):
    style = 'reference'

    def setUp(self):
        Life.setUp(self)

    connect = Life.connect


class TargetsAsTheReference(PathRoutesAsTheReference):
    aws = True


class PathRoutesWithIntents(PathRoutesAsTheReference):
    style = 'intent'


class TargetsWithIntents(PathRoutesAsTheReference):
    aws, style = True, 'intent'


class ServerOfTheClass(OwnServerTest):
    """One server for the tests of a class."""

    profile, options, env = 'dev', (), {}

    @classmethod
    def setUpClass(cls):
        cls.server = cls().new_server(*cls.options, profile=cls.profile, env=cls.env)
        cls.addClassCleanup(cls.server.destroy)
        cls.server.start()

    def runTest(self):
        """So that the class can be made without a test."""


class ProductionPathRoutes(Life, ServerOfTheClass):
    """Binding level 2: nothing but intents."""

    rp, origin, profile, api_key = RP, ORIGIN, 'production', API_KEY
    env = {**REFERENCE, 'KMS_API_KEY': API_KEY, 'KMS_RATE_LIMIT': '1000000'}
    connect = Life.connect

    def test_the_challenges_of_level_1_are_refused(self):
        owner = self.new_owner()
        owner.style = 'reference'
        before = owner.look()
        self.assert_refused(owner.sign_hash(DIGEST), 'AUTH_CHALLENGE')
        self.assert_refused(owner.sign_transaction(TRANSACTIONS[0]['tx']), 'AUTH_CHALLENGE')
        self.assert_refused(owner.derive(), 'AUTH_CHALLENGE')
        self.assert_refused(owner.change_passkey(self.passkey().public), 'AUTH_CHALLENGE')
        self.assert_refused(owner.unfreeze(), 'AUTH_CHALLENGE')
        self.assert_refused(owner.delete(7), 'AUTH_CHALLENGE')
        self.assert_refused(owner.delete(), 'AUTH_CHALLENGE')
        self.assertEqual(owner.look(), before)
        owner.style = 'intent'
        self.assert_signs(owner)

    def test_registration_needs_the_user_verified(self):
        begun = self.wallets.good('BeginRegistration')
        credential = self.passkey().create(unb64u(begun['Options']['challenge']), flags=UP | AT)
        members = {'ChallengeId': begun['ChallengeId'], 'Credential': credential}
        self.assert_refused(self.wallets.op('CompleteRegistration', members), 'AUTH_FLAGS')

    def test_who_has_no_api_key_learns_only_whether_it_is_ready(self):
        owner = self.new_owner()
        stranger = WalletClient(self.server.endpoint)
        self.addCleanup(stranger.close)
        self.assertEqual(self.assert_ok(stranger.status_of(owner.key_id)),
                         {'KeyId': owner.key_id, 'Status': 'ready', 'LifecycleStatus': 'active'})
        self.assertEqual(self.assert_ok(self.wallets.status_of(owner.key_id))['Address'], owner.describe()['Address'])


class ProductionTargets(ProductionPathRoutes):
    aws = True


class WithCompat(Life, ServerOfTheClass):
    """production that forgives: level 1, as the reference's clients need it."""

    rp, origin, style, profile, options, api_key = RP, ORIGIN, 'reference', 'production', ('--compat',), API_KEY
    env = ProductionPathRoutes.env
    connect = Life.connect


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
        post(owner, 'UnfreezeKey', None, owner.proof(12))
        post(owner, 'UnfreezeKey', 'UnfreezeKey', owner.proof(12))
        for target in (None, 'ChangePasskey'):
            post(owner, 'ChangePasskey', target, owner.proof(10), PasskeyPublicKey=new.public.hex())
            owner.authenticator, new = new, self.passkey()
        for target in (None, 'BeginAuthentication'):
            headers = {'X-Amz-Target': 'TrentService.' + target} if target else {}
            self.client.good('BeginAuthentication', {'KeyId': owner.key_id}, headers)
        self.client.good('BeginRegistration', {}, {'X-Amz-Target': 'TrentService.BeginRegistration'})
        for target in (None, 'DeleteKey', 'ScheduleKeyDeletion'):
            owner = self.owner()
            post(owner, 'DeleteKey', target, owner.proof(2))
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
        nonce = b'\xa1' * 32
        self.assertEqual(b64u(commitment(nonce, b'\x11' * 32)), 'dtvnfrB_ZLDhAiTEp5L5jpcBDvpXyDASeqy6PHGnOZU')
        digest = bytes.fromhex('8bb1b199f427dfc49e5fe40f2f3278cb1a48587824b78263051c8c4d81d77a81')
        self.assertEqual(b64u(commitment(nonce, digest)), '5VOZcW8wYipnwXJ24QloaQOakpBCIf29F0NeCYzFCaE')

    def test_the_example_of_the_intent(self):
        owner = Owner(None, Authenticator('example.org'), '495c2e73-b688-46de-bab2-1af39ac0802c')
        made = owner.challenge(self.NONCE, SIGN, index=3, use=HASH, digest=DIGEST)
        self.assertEqual(b64u(made), 'lpMq6lgu1Rrj5x64bus_mrEwt2oKN8rGdv_1r01FEZE')

    def test_eip_191(self):
        """Of the public example of EIP-191's personal_sign libraries: "hello world"."""
        self.assertEqual(personal(b'hello world').hex(), 'd9eba16ed0ecae432b71fe008c98cc872bb4cc214d3220a36f365326cf807d68')
