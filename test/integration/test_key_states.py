# SPDX-License-Identifier: Apache-2.0
"""What a key allows in each of its states, and who leads to which: at once, and after a restart."""

import threading
import time

from harness import K256, P256, OwnServerTest, SharedServerTest, b64, digest_of
from passkey import Authenticator, Owner, WalletClient

DIGEST = digest_of(b'states')
ALIAS_ARN = 'arn:aws:kms:us-east-1:000000000000:alias/a'
UNKNOWN = '00000000-0000-4000-8000-000000000000'
SIGN = {'Message': b64(DIGEST), 'MessageType': 'DIGEST', 'SigningAlgorithm': 'ECDSA_SHA_256'}


def uses(client, key, signature):
    """Every operation that a key has to be enabled for, some of them wrong in more than that."""
    yield client.call('Sign', KeyId=key, **SIGN)
    yield client.call('Sign', KeyId=key, **{**SIGN, 'DryRun': True})
    yield client.call('Sign', KeyId=key, **{**SIGN, 'SigningAlgorithm': 'ECDSA_SHA_512'})
    yield client.call('Verify', KeyId=key, Signature=b64(signature), **SIGN)
    yield client.call('Verify', KeyId=key, Signature=b64(b'no signature'), **SIGN)
    yield client.call('GetPublicKey', KeyId=key)


class States(SharedServerTest):
    def setUp(self):
        made = self.client.create()
        self.key, self.arn = made['KeyId'], made['Arn']
        self.signature = self.client.sign(self.key, DIGEST)

    def metadata(self):
        return self.client.must('DescribeKey', KeyId=self.key)['KeyMetadata']

    def assert_state(self, state):
        meta = self.metadata()
        self.assertEqual((meta['KeyState'], meta['Enabled']), (state, state == 'Enabled'))

    def change(self, operation, key=None):
        answer = self.client.call(operation, KeyId=key or self.key)
        self.assertEqual((answer.status, answer.body), (200, b''), answer)

    def test_a_disabled_key_is_used_by_nobody(self):
        self.change('DisableKey')
        self.assert_state('Disabled')
        for answer in uses(self.client, self.key, self.signature):
            self.assert_error(answer, 'DisabledException', f'{self.arn} is disabled.')
        self.change('EnableKey', self.arn)
        self.assert_state('Enabled')
        self.client.sign(self.key, DIGEST)
        self.client.must('Verify', KeyId=self.key, Signature=b64(self.signature), **SIGN)

    def label(self, name):
        """Every operation that changes what a key is called."""
        for operation, params in (('CreateAlias', {'AliasName': name, 'TargetKeyId': self.key}),
                                  ('UpdateAlias', {'AliasName': name, 'TargetKeyId': self.key}),
                                  ('TagResource', {'KeyId': self.key, 'Tags': [{'TagKey': 'a', 'TagValue': '1'}]}),
                                  ('UntagResource', {'KeyId': self.key, 'TagKeys': ['b']}),
                                  ('UpdateKeyDescription', {'KeyId': self.key, 'Description': name})):
            yield operation, self.client.call(operation, **params)

    def test_a_key_is_labelled_unless_it_is_on_its_way_to_its_end(self):
        name, late = f'alias/states/{self.key}', f'alias/late/{self.key}'
        self.change('DisableKey')
        for operation, answer in self.label(name):
            self.assertEqual(answer.status, 200, (operation, answer))
        self.client.must('ScheduleKeyDeletion', KeyId=self.key)
        for _, answer in self.label(late):
            self.assert_error(answer, 'KMSInvalidStateException', f'{self.arn} is pending deletion.')
        # It is still called what it was called, and an alias of it can go.
        self.assertEqual(self.client.must('DescribeKey', KeyId=name)['KeyMetadata']['Description'], name)
        self.assert_error(self.client.call('Sign', KeyId=name, **SIGN), 'KMSInvalidStateException',
                          f'{self.arn} is pending deletion.')
        self.assertEqual(self.client.call('DeleteAlias', AliasName=name).status, 200)
        self.assert_error(self.client.call('DescribeKey', KeyId=late), 'NotFoundException')

    def test_both_are_idempotent(self):
        for operation, state in (('EnableKey', 'Enabled'), ('DisableKey', 'Disabled'), ('EnableKey', 'Enabled')):
            for _ in range(2):
                self.change(operation)
                self.assert_state(state)

    def test_the_rest_of_the_key_stays(self):
        before, public = self.metadata(), self.client.public_key(self.key)
        self.change('DisableKey')
        self.change('EnableKey')
        self.assertEqual(self.metadata(), before)
        self.assertEqual(self.client.public_key(self.key), public)

    def test_other_connections_see_it_at_once(self):
        others = [self.connect() for _ in range(6)]
        for other in others:
            other.sign(self.key, DIGEST)
        for _ in range(5):
            self.change('DisableKey')
            for other in others:
                for answer in uses(other, self.key, self.signature):
                    self.assert_error(answer, 'DisabledException', f'{self.arn} is disabled.')
            self.change('EnableKey')
            for other in others:
                other.sign(self.key, DIGEST)
                other.must('Verify', KeyId=self.key, Signature=b64(self.signature), **SIGN)

    def test_signatures_under_way_end_as_one_or_the_other(self):
        over, seen = threading.Event(), set()

        def sign():
            client = self.connect()
            while not over.is_set():
                answer = client.call('Sign', KeyId=self.key, **SIGN)
                seen.add((answer.status, answer.code, None if answer.status == 200 else answer.message))

        threads = [threading.Thread(target=sign) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(15):
            self.change('DisableKey')
            self.change('EnableKey')
        over.set()
        for thread in threads:
            thread.join(30)
        self.assertLessEqual(seen, {(200, None, None), (400, 'DisabledException', f'{self.arn} is disabled.'),
                                    (400, 'DisabledException', None)})
        self.client.sign(self.key, DIGEST)

    def schedule(self, **days):
        return self.client.must('ScheduleKeyDeletion', KeyId=self.key, **days)

    def test_a_key_pending_deletion_is_of_no_use(self):
        for before in ('EnableKey', 'DisableKey'):
            self.change(before)
            self.schedule()
            self.assert_state('PendingDeletion')
            others = [self.client.call(name, KeyId=self.key) for name in ('EnableKey', 'DisableKey', 'ScheduleKeyDeletion')]
            for answer in [*uses(self.client, self.key, self.signature), *others]:
                self.assert_error(answer, 'KMSInvalidStateException', f'{self.arn} is pending deletion.')
            self.assertIn(self.key, [k['KeyId'] for k in self.client.must('ListKeys', Limit=1000)['Keys']])
            self.assertEqual(self.client.must('CancelKeyDeletion', KeyId=self.key), {'KeyId': self.arn})
            self.assert_state('Disabled')
            self.assertNotIn('DeletionDate', self.metadata())
            for answer in uses(self.client, self.key, self.signature):
                self.assert_error(answer, 'DisabledException', f'{self.arn} is disabled.')
        self.change('EnableKey')
        self.client.sign(self.key, DIGEST)

    def test_the_window_is_7_to_30_days(self):
        for days in (7, 8, 29, 30, None):
            began = time.time()
            told = self.schedule(**({'PendingWindowInDays': days} if days else {}))
            self.assertEqual({**told, 'DeletionDate': 0}, {'KeyId': self.arn, 'DeletionDate': 0, 'KeyState': 'PendingDeletion',
                                                           'PendingWindowInDays': days or 30})
            self.assertAlmostEqual(told['DeletionDate'], began + 86400 * (days or 30), delta=60)
            self.assertEqual(self.metadata()['DeletionDate'], told['DeletionDate'])
            self.client.must('CancelKeyDeletion', KeyId=self.key)
        for days, text in ((0, "1 validation error detected: Value '0' at 'pendingWindowInDays' failed to satisfy constraint: "
                               'Member must have value greater than or equal to 1'),
                           (366, "1 validation error detected: Value '366' at 'pendingWindowInDays' failed to satisfy constraint: "
                                 'Member must have value less than or equal to 365'),
                           (1, 'PendingWindowInDays must be between 7 and 30'), (6, 'PendingWindowInDays must be between 7 and 30'),
                           (31, 'PendingWindowInDays must be between 7 and 30')):
            self.assert_error(self.client.call('ScheduleKeyDeletion', KeyId=self.key, PendingWindowInDays=days),
                              'ValidationException', text)
        self.assert_state('Disabled')

    def test_only_what_is_pending_deletion_is_kept(self):
        for change in ('EnableKey', 'DisableKey'):
            self.change(change)
            self.assert_error(self.client.call('CancelKeyDeletion', KeyId=self.key), 'KMSInvalidStateException',
                              f'{self.arn} is not pending deletion.')

    def test_of_many_who_schedule_one_does(self):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.connect().call('ScheduleKeyDeletion', KeyId=self.key)))
                   for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        self.assertEqual(sorted(answer.status for answer in answers), [200] + 7 * [400])
        self.assertEqual({answer.code for answer in answers}, {None, 'KMSInvalidStateException'})

    def test_identifiers(self):
        for operation in ('EnableKey', 'DisableKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion'):
            with self.subTest(operation):
                for alias in ('alias/a', ALIAS_ARN):
                    self.assert_error(self.client.call(operation, KeyId=alias), 'NotFoundException', f"Invalid keyId '{alias}'")
                self.assert_error(self.client.call(operation, KeyId=UNKNOWN), 'NotFoundException',
                                  f"Key 'arn:aws:kms:us-east-1:000000000000:key/{UNKNOWN}' does not exist")
                self.assert_error(self.client.call(operation, KeyId='x'), 'NotFoundException', "Invalid keyId 'x'")
                self.assert_error(self.client.call(operation, KeyId='arn:x'), 'InvalidArnException', 'Invalid arn arn:x')
                self.assert_error(self.client.call(operation), 'ValidationException',
                                  "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: "
                                  'Member must not be null')


    def test_a_wallet_is_no_such_key(self):
        client = WalletClient(self.server.endpoint)
        self.addCleanup(client.close)
        wallet = Owner.create(client, Authenticator()).key_id
        for operation in ('EnableKey', 'DisableKey'):
            self.assert_error(self.client.call(operation, KeyId=wallet), 'UnsupportedOperationException',
                              f'Key {wallet} is a wallet, which its passkeys rule')


class Kept(OwnServerTest):
    def test_an_api_key_is_what_changes_a_key_of_production(self):
        server = self.new_server(profile='production', env={'KMS_API_KEY': 'k' * 32}).start()
        client, stranger = self.connect(server), self.connect(server)
        client.headers['x-api-key'] = 'k' * 32
        key = client.create()['KeyId']
        self.assertEqual(stranger.call('DisableKey', KeyId=key).code, 'MissingAuthenticationTokenException')
        self.assertEqual(client.call('DisableKey', KeyId=key).status, 200)
        self.assertEqual(client.call('Sign', KeyId=key, **SIGN).code, 'DisabledException')
        self.assertEqual(client.call('EnableKey', KeyId=key).status, 200)
        client.sign(key, DIGEST)

    def test_states_survive_restart_and_kill(self):
        server = self.new_server().start()
        client = self.connect(server)
        keys = [client.create(spec)['KeyId'] for spec in (K256, P256) for _ in range(4)]
        for end in (server.stop, server.kill):
            for key in keys[::2]:
                self.assertEqual(client.call('DisableKey', KeyId=key).status, 200)
            end()
            server.start()
            client = self.connect(server)
            for i, key in enumerate(keys):
                state = client.must('DescribeKey', KeyId=key)['KeyMetadata']['KeyState']
                self.assertEqual(state, 'Enabled' if i % 2 else 'Disabled')
                self.assertEqual(client.call('Sign', KeyId=key, **SIGN).code, None if i % 2 else 'DisabledException')
            for key in keys:
                self.assertEqual(client.call('EnableKey', KeyId=key).status, 200)
                client.sign(key, DIGEST)
