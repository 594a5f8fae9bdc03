# SPDX-License-Identifier: Apache-2.0
"""UpdateKeyDescription: the text that DescribeKey shows, and whose it is."""

import re

from harness import SharedServerTest, boto3_kms
from passkey import Authenticator, Owner, WalletClient

ABSENT = '00000000-0000-4000-8000-000000000000'


class Case(SharedServerTest):
    def setUp(self):
        self.key = self.client.create(Description='first')
        self.key_id, self.arn = self.key['KeyId'], self.key['Arn']

    def shown(self, key_id=None):
        return self.client.must('DescribeKey', KeyId=key_id or self.key_id)['KeyMetadata']['Description']


class Life(Case):
    def test_a_description_is_written_over(self):
        for given, text in ((self.key_id, 'second'), (self.arn, ''), (self.key_id, 'ü"€\n🔑'), (self.arn, '🔑' * 8192),
                            (self.arn, '\x01' * 8192)):
            with self.subTest(text=text[:10]):
                answer = self.client.call('UpdateKeyDescription', KeyId=given, Description=text)
                self.assertEqual((answer.status, answer.body), (200, b''), answer)
                self.assertEqual(self.client.must('DescribeKey', KeyId=self.key_id)['KeyMetadata'],
                                 {**self.key, 'Description': text})

    def test_a_description_is_there_after_a_restart(self):
        if not self.server.can_restart:
            self.skipTest('this server cannot be restarted')
        self.client.call('UpdateKeyDescription', KeyId=self.key_id, Description='second')
        self.server.restart()
        self.client.close()
        self.assertEqual(self.shown(), 'second')

    def test_what_is_refused_changes_nothing(self):
        name = 'alias/described/' + self.key_id
        self.assertEqual(self.client.call('CreateAlias', AliasName=name, TargetKeyId=self.key_id).status, 200)
        for params, code, message in (
                ({'KeyId': self.key_id, 'Description': 'x' * 8193}, 'ValidationException',
                 re.compile("at 'description'.*less than or equal to 8192")),
                ({'KeyId': self.key_id, 'Description': '\0'}, 'ValidationException', re.compile("at 'description'.*pattern", re.S)),
                ({'KeyId': self.key_id}, 'ValidationException', re.compile("Value null at 'description'")),
                ({'KeyId': name, 'Description': 'x'}, 'NotFoundException', f"Invalid keyId '{name}'"),
                ({'KeyId': ABSENT, 'Description': 'x'}, 'NotFoundException', f"Key '{self.arn[:-36]}{ABSENT}' does not exist"),
                ({'KeyId': 'arn:foo', 'Description': 'x'}, 'InvalidArnException', None)):
            with self.subTest(code, message=str(message)):
                self.assert_error(self.client.call('UpdateKeyDescription', **params), code, message)
        self.assertEqual(self.shown(), 'first')


class Wallets(Case):
    def test_a_description_of_a_wallet_is_its_owners(self):
        wallets = WalletClient(self.server.endpoint)
        self.addCleanup(wallets.close)
        owner = Owner.create(wallets, Authenticator())
        before = self.shown(owner.key_id)
        self.assert_error(self.client.call('UpdateKeyDescription', KeyId=owner.key_id, Description='x'),
                          'AccessDeniedException', re.compile('^Passkey authorization required'))
        self.assertEqual(self.shown(owner.key_id), before)
        self.assertEqual(owner.delete(days=7).status, 200)
        self.assert_error(self.client.call('UpdateKeyDescription', KeyId=owner.key_id, Description='x'),
                          'KMSInvalidStateException', re.compile(f'^arn:.*{owner.key_id} is pending deletion.$'))


class Boto3(Case):
    def test_a_description_is_written_over(self):
        kms = boto3_kms(self.server.endpoint)
        self.addCleanup(kms.close)
        kms.update_key_description(KeyId=self.arn, Description='boto3')
        self.assertEqual(kms.describe_key(KeyId=self.key_id)['KeyMetadata']['Description'], 'boto3')
        with self.assertRaises(kms.exceptions.NotFoundException):
            kms.update_key_description(KeyId=ABSENT, Description='')
