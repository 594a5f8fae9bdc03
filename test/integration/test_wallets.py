# SPDX-License-Identifier: Apache-2.0
"""The life of a wallet, as its owner sees it: made, used and ended with a passkey.

The same tests on the path routes and on POST /, with the challenges of both binding levels. Signatures are judged by
ethereum.py alone, which has only the address.
"""

import base64
import datetime
import re
import time

from ethereum import address_of, check_signed, decompress, is_address, keccak256, recover_address
from harness import SharedServerTest
from passkey import AT, FIRST, HASH, SIGN, UP, Authenticator, Owner, WalletClient, b64u, hex_of, unb64u
from wallet_cases import API_KEY, BY_TYPE, DIGEST, MESSAGES, ORIGIN, REFERENCE, RP, SLOW, TRANSACTIONS, ServerOfTheClass, not_when_slow

UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
TIME_Z = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z')
TIME_DB = r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?\+00:00$'


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
        tx = {**BY_TYPE[2], 'data': '0x' + '5b' * 6000}
        made = self.assert_ok(owner.sign_transaction(tx))
        self.assertEqual(check_signed(tx, hex_of(made['Signature'])), owner.describe()['Address'])

    def test_addresses_are_derived_and_become_names(self):
        owner = self.new_owner()
        first = owner.describe()
        seen = {first['Address']}
        self.assertEqual(self.assert_ok(owner.derive(0))['Address'], first['Address'])
        for index in (20,) if SLOW else (1, 19, 20, 9999):
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
        for more in ({}, {'KeyId': owner.key_id}, {'KeyId': owner.describe()['Arn']}):
            begun = self.wallets.good('BeginAuthentication', {'Address': shouted})
            challenge = owner.challenge(unb64u(begun['Options']['challenge']), SIGN, index=index, use=HASH, digest=DIGEST)
            proof = {'ChallengeId': begun['ChallengeId'], 'Credential': owner.authenticator.get(challenge)}
            made = self.wallets.good('SignHash', {'Address': shouted, 'Hash': DIGEST.hex(), 'WebAuthn': proof, **more})
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

    def assert_passkeys(self, owner, *passkeys):
        """(passkey, whether its id is known), oldest first: what is shown, and whom the browser is told to ask."""
        told = self.wallets.good('DescribeKey', {'KeyId': owner.key_id})
        if not self.wallets.aws:  # AWS's DescribeKey has no such member
            self.assertEqual(told['Passkeys'], [{'PublicKey': '0x' + p.public.hex(), **({'CredentialId': b64u(p.credential)} if known else {})}
                                                for p, known in passkeys])
        meta = told['KeyMetadata']
        self.assertEqual((meta['PasskeyPublicKey'], meta['PasskeyCount']), ('0x' + passkeys[0][0].public.hex(), len(passkeys)))
        allowed = self.wallets.good('BeginAuthentication', {'KeyId': owner.key_id})['Options']['allowCredentials']
        known = [b64u(p.credential) for p, known in passkeys if known]
        self.assertEqual([c['id'] for c in allowed], known if len(known) == len(passkeys) else [])

    def test_every_passkey_is_known(self):
        owner, second, third, fourth = self.new_owner(), *(self.passkey() for _ in range(3))
        first = owner.authenticator
        self.assert_passkeys(owner, (first, False))
        self.assert_ok(owner.change_passkey(second.public, second.credential))
        owner.authenticator = second
        self.assert_ok(owner.add_passkey(third.public, third.credential))
        self.assert_passkeys(owner, (second, True), (third, True))
        owner.authenticator = third  # the one that consents is the one that is replaced
        self.assert_ok(owner.change_passkey(fourth.public, fourth.credential))
        owner.authenticator = fourth
        self.assert_passkeys(owner, (second, True), (fourth, True))
        self.assert_ok(owner.remove_passkey(second.public))
        self.assert_passkeys(owner, (fourth, True))
        self.assert_ok(owner.add_passkey(first.public))
        self.assert_passkeys(owner, (fourth, True), (first, False))
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

    def test_an_empty_text_is_an_absent_one(self):
        owner = Owner.register(self.wallets, self.passkey(), self.style,
                               begin={'Description': '', 'UserName': '', 'UserDisplayName': '', 'Origin': ''})
        self.assertEqual((owner.describe()['Origin'], owner.describe()['Description']), ('EXTERNAL_KMS', ''))
        begun = self.wallets.good('BeginRegistration', {'UserName': '', 'UserDisplayName': ''})
        self.assertTrue(begun['Options']['user']['name'] and begun['Options']['user']['displayName'])
        owner = Owner.create(self.wallets, self.passkey(), Origin='')
        self.assertEqual(owner.describe()['Origin'], 'EXTERNAL_KMS')

    def test_at_most_four_passkeys_and_at_least_one(self):
        owner = self.new_owner()
        for count in (2, 3, 4):
            passkey = self.passkey()
            self.assertEqual(self.assert_ok(owner.add_passkey(passkey.public, passkey.credential))['PasskeyCount'], count)
        refused = owner.add_passkey(self.passkey().public)
        self.assert_refused(refused, 'LIMIT')
        self.assertIn('no room for more', refused.json['error'])
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
        for days in (7,) if SLOW else (7, 30):
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
        for window in (None,) if SLOW else (None, 0):
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


@not_when_slow
class TargetsAsTheReference(PathRoutesAsTheReference):
    aws = True


@not_when_slow
class PathRoutesWithIntents(PathRoutesAsTheReference):
    style = 'intent'


class TargetsWithIntents(PathRoutesAsTheReference):
    aws, style = True, 'intent'


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
