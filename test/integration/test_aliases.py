# SPDX-License-Identifier: Apache-2.0
"""Aliases: names that lead to keys, where AWS takes them, and authorise nothing."""

import itertools
import re
import time

from harness import K256, P256, REGION, SharedServerTest, b64, boto3_kms, digest_of
from passkey import Authenticator, Owner, WalletClient

ABSENT = '00000000-0000-4000-8000-000000000000'
ECDSA = 'ECDSA_SHA_256'
PREFIX = ('Alias must start with the prefix "alias/". Please see '
          'https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html')
numbers = itertools.count(time.time_ns())


class Case(SharedServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.client.create()
        cls.key_id, cls.arn = cls.key['KeyId'], cls.key['Arn']
        cls.account = cls.arn.split(':')[4]

    def fresh(self):
        """A name that nobody has."""
        return f'alias/test/{next(numbers)}'

    def arn_of(self, name):
        return f'arn:aws:kms:{REGION}:{self.account}:{name}'

    def make(self, key_id=None, name=None):
        name = name or self.fresh()
        answer = self.client.call('CreateAlias', AliasName=name, TargetKeyId=key_id or self.key_id)
        self.assertEqual((answer.status, answer.body), (200, b''), answer)
        return name

    def entries(self, **params):
        found = []
        while True:
            page = self.client.must('ListAliases', **params)
            self.assertEqual('NextMarker' in page, page['Truncated'])
            found += page['Aliases']
            if not page['Truncated']:
                return found
            params['Marker'] = page['NextMarker']

    def entry(self, name):
        return next(e for e in self.entries(Limit=100) if e['AliasName'] == name)


class Life(Case):
    def test_an_alias_is_made_listed_moved_and_deleted(self):
        other = self.client.create(P256)
        name = self.make()
        first = self.entry(name)
        self.assertEqual({k: v for k, v in first.items() if not k.endswith('Date')},
                         {'AliasName': name, 'AliasArn': self.arn_of(name), 'TargetKeyId': self.key_id})
        self.assertEqual(first['CreationDate'], first['LastUpdatedDate'])
        self.assertAlmostEqual(first['CreationDate'], time.time(), delta=300)
        time.sleep(0.01)
        answer = self.client.call('UpdateAlias', AliasName=name, TargetKeyId=other['Arn'])
        self.assertEqual((answer.status, answer.body), (200, b''))
        moved = self.entry(name)
        self.assertEqual((moved['TargetKeyId'], moved['CreationDate']), (other['KeyId'], first['CreationDate']))
        self.assertGreater(moved['LastUpdatedDate'], first['LastUpdatedDate'])
        self.assertEqual(self.client.must('DescribeKey', KeyId=name)['KeyMetadata'], other)
        answer = self.client.call('DeleteAlias', AliasName=name)
        self.assertEqual((answer.status, answer.body), (200, b''))
        for call in (self.client.call('DeleteAlias', AliasName=name), self.client.call('DescribeKey', KeyId=name),
                     self.client.call('UpdateAlias', AliasName=name, TargetKeyId=self.key_id)):
            self.assert_error(call, 'NotFoundException', f'Alias {self.arn_of(name)} is not found.')
        self.make(name=name)

    def test_a_name_is_taken_once(self):
        name = self.make()
        for target in (self.key_id, self.client.create()['KeyId']):
            self.assert_error(self.client.call('CreateAlias', AliasName=name, TargetKeyId=target),
                              'AlreadyExistsException', f'An alias with the name {self.arn_of(name)} already exists')
        self.make(name=name.upper().replace('ALIAS/', 'alias/'))

    def test_a_key_has_50_aliases_at_most(self):
        full = self.client.create()['KeyId']
        names = [self.make(full) for _ in range(50)]
        self.assert_error(self.client.call('CreateAlias', AliasName=self.fresh(), TargetKeyId=full), 'LimitExceededException')
        spare = self.make()
        self.assert_error(self.client.call('UpdateAlias', AliasName=spare, TargetKeyId=full), 'LimitExceededException')
        self.assertEqual(self.entry(spare)['TargetKeyId'], self.key_id)
        self.client.call('DeleteAlias', AliasName=names[0])
        self.assertEqual(self.client.call('UpdateAlias', AliasName=spare, TargetKeyId=full).status, 200)

    def test_aliases_are_there_after_a_restart(self):
        if not self.server.can_restart:
            self.skipTest('this server cannot be restarted')
        name = self.make()
        self.server.restart()
        self.client.close()
        self.assertEqual(self.client.must('DescribeKey', KeyId=name)['KeyMetadata']['KeyId'], self.key_id)


class Names(Case):
    def test_what_is_no_name_is_told_as_aws_tells_it(self):
        pattern = re.escape('Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$')
        for name, code, message in (
                ('alias/a b', 'ValidationException', re.compile(
                    f"^1 validation error detected: Value 'alias/a b' at 'aliasName' failed to satisfy constraint: {pattern}$")),
                ('alias/ü', 'ValidationException', re.compile(pattern)),
                ('', 'ValidationException', re.compile("Value '' at 'aliasName'.*greater than or equal to 1")),
                ('alias/' + 'a' * 251, 'ValidationException', re.compile("at 'aliasName'.*less than or equal to 256")),
                ('name', 'ValidationException', PREFIX),
                ('Alias/name', 'ValidationException', PREFIX),
                ('alias', 'ValidationException', PREFIX),
                (self.arn_of('alias/name'), 'ValidationException', PREFIX),
                ('alias/', 'ValidationException', 'alias/ contains invalid characters for an alias'),
                ('alias/a:b', 'ValidationException', 'alias/a:b contains invalid characters for an alias'),
                ('alias/aws/s3', 'NotAuthorizedException', ''),
                ('alias/aws/', 'NotAuthorizedException', '')):
            for op, more in (('CreateAlias', {'TargetKeyId': self.key_id}), ('UpdateAlias', {'TargetKeyId': self.key_id}),
                             ('DeleteAlias', {})):
                with self.subTest(op=op, name=name[:40]):
                    self.assert_error(self.client.call(op, AliasName=name, **more), code, message)

    def test_a_name_may_be_long_and_look_odd(self):
        tail = f'{next(numbers)}'
        for name in ('alias/' + tail + 'a' * (250 - len(tail)), f'alias/aws-{tail}', f'alias//{tail}', f'alias/alias/{tail}',
                     f'alias/-_{tail}'):
            with self.subTest(name=name):
                self.make(name=name)
                self.assertEqual(self.client.must('GetPublicKey', KeyId=name)['KeyId'], self.arn)
                self.assertEqual(self.entry(name)['AliasArn'], self.arn_of(name))

    def test_members_must_be_there(self):
        answer = self.client.call('CreateAlias')
        self.assert_error(answer, 'ValidationException')
        for member in ('aliasName', 'targetKeyId'):
            self.assertIn(f"Value null at '{member}' failed to satisfy constraint: Member must not be null", answer.message)


class Targets(Case):
    def test_the_target_is_a_key_by_id_or_arn(self):
        name = self.make(self.arn)
        account = self.account
        for target, code, message in (
                (name, 'ValidationException', 'Aliases must refer to keys. Not aliases'),
                (self.arn_of(name), 'ValidationException', 'Aliases must refer to keys. Not aliases'),
                (ABSENT, 'NotFoundException', f"Key 'arn:aws:kms:{REGION}:{account}:key/{ABSENT}' does not exist"),
                ('no-such-form', 'NotFoundException', "Invalid keyId 'no-such-form'"),
                (self.arn.replace(REGION, 'eu-north-9'), 'NotFoundException', 'Invalid arn eu-north-9'),
                (self.arn.replace(account, '999999999999'), 'NotFoundException', None),
                ('arn:foo', 'InvalidArnException', 'Invalid arn arn:foo')):
            for op, alias in (('CreateAlias', self.fresh()), ('UpdateAlias', name)):
                with self.subTest(op=op, target=target):
                    self.assert_error(self.client.call(op, AliasName=alias, TargetKeyId=target), code, message)
        self.assertEqual(self.entry(name)['TargetKeyId'], self.key_id)


class Uses(Case):
    def test_what_uses_a_key_takes_its_alias_and_answers_with_the_arn(self):
        name = self.make()
        digest = digest_of(b'by alias')
        ask = {'Message': b64(digest), 'MessageType': 'DIGEST', 'SigningAlgorithm': ECDSA}
        for given in (name, self.arn_of(name)):
            with self.subTest(given=given):
                self.assertEqual(self.client.must('DescribeKey', KeyId=given)['KeyMetadata'], self.key)
                self.assertEqual(self.client.must('GetPublicKey', KeyId=given)['KeyId'], self.arn)
                made = self.client.must('Sign', KeyId=given, **ask)
                self.assertEqual(made['KeyId'], self.arn)
                verified = self.client.must('Verify', KeyId=given, Signature=made['Signature'], **ask)
                self.assertEqual((verified['KeyId'], verified['SignatureValid']), (self.arn, True))
                self.assert_error(self.client.call('Sign', KeyId=given, DryRun=True, **ask), 'DryRunOperationException')

    def test_a_moved_alias_signs_with_the_other_key_at_once(self):
        name = self.make()
        digest, other = digest_of(b'moved'), self.client.create()
        self.client.sign(name, digest)
        self.assertEqual(self.client.call('UpdateAlias', AliasName=name, TargetKeyId=other['KeyId']).status, 200)
        signature = self.client.sign(name, digest)
        self.client.must('Verify', KeyId=other['KeyId'], Message=b64(digest), MessageType='DIGEST',
                         Signature=b64(signature), SigningAlgorithm=ECDSA)

    def test_an_alias_that_is_not_there_is_not_found(self):
        name = self.make()
        foreign = f'arn:aws:kms:{REGION}:999999999999:{name}'
        for given, message in (('alias/nobody', f'Alias {self.arn_of("alias/nobody")} is not found.'),
                               (self.arn_of('alias/nobody'), f'Alias {self.arn_of("alias/nobody")} is not found.'),
                               ('alias/', f'Alias {self.arn_of("alias/")} is not found.'),
                               (name + '\0', None), ('alias/' + 'x' * 1000, None),
                               (foreign, f'Alias {foreign} is not found.'),
                               (self.arn_of(name).replace(REGION, 'eu-north-9'), 'Invalid arn eu-north-9')):
            for op in ('DescribeKey', 'GetPublicKey'):
                with self.subTest(op=op, given=given[:60]):
                    self.assert_error(self.client.call(op, KeyId=given), 'NotFoundException', message)

    def test_what_manages_a_key_takes_no_alias(self):
        name = self.make()
        for given in (name, self.arn_of(name)):
            for op in ('ListAliases', 'ScheduleKeyDeletion', 'CancelKeyDeletion'):
                with self.subTest(op=op, given=given):
                    self.assert_error(self.client.call(op, KeyId=given), 'NotFoundException', f"Invalid keyId '{given}'")


class Lists(Case):
    def test_every_alias_comes_once_at_any_page_size(self):
        mine = {self.make() for _ in range(7)}
        for limit in (1, 3, 100, 1000):
            with self.subTest(limit=limit):
                found = [e['AliasName'] for e in self.entries(Limit=limit)]
                self.assertEqual(found, sorted(set(found)))
                self.assertLessEqual(mine, set(found))

    def test_those_of_one_key(self):
        key = self.client.create()
        self.assertEqual(self.client.must('ListAliases', KeyId=key['KeyId']), {'Aliases': [], 'Truncated': False})
        mine = sorted(self.make(key['KeyId']) for _ in range(5))
        for given in (key['KeyId'], key['Arn']):
            for limit in (1, 2, 50):
                with self.subTest(given=given, limit=limit):
                    found = self.entries(KeyId=given, Limit=limit)
                    self.assertEqual([e['AliasName'] for e in found], mine)
                    self.assertEqual({e['TargetKeyId'] for e in found}, {key['KeyId']})
        self.assert_error(self.client.call('ListAliases', KeyId=ABSENT), 'NotFoundException')

    def test_pages_are_stable_while_aliases_come_and_go(self):
        key = self.client.create()['KeyId']
        mine = sorted(self.make(key) for _ in range(6))
        page = self.client.must('ListAliases', KeyId=key, Limit=3)
        self.client.call('DeleteAlias', AliasName=mine[2])
        self.client.call('DeleteAlias', AliasName=mine[3])
        self.make(key, name=mine[0] + '0')
        rest = self.entries(KeyId=key, Marker=page['NextMarker'])
        self.assertEqual([e['AliasName'] for e in rest], mine[4:])

    def test_a_page_has_50_unless_asked_and_100_at_most(self):
        keys = [self.client.create()['KeyId'] for _ in range(3)]
        for key in keys:
            for _ in range(34):
                self.make(key)
        for limit, count in (({}, 50), ({'Limit': 100}, 100), ({'Limit': 1000}, 100), ({'Limit': 99}, 99)):
            with self.subTest(**limit):
                page = self.client.must('ListAliases', **limit)
                self.assertEqual((len(page['Aliases']), page['Truncated']), (count, True))
        for limit in (0, 1001, -1):
            self.assert_error(self.client.call('ListAliases', Limit=limit), 'ValidationException',
                              re.compile(f"Value '{limit}' at 'limit' failed to satisfy constraint"))

    def test_a_foreign_marker_is_refused(self):
        self.make(), self.make(), self.client.create()
        good = self.client.must('ListAliases', Limit=1)['NextMarker']
        for marker in ('x', good[:-1], good + 'A', self.client.must('ListKeys', Limit=1)['NextMarker'], 'é'):
            with self.subTest(marker=marker):
                self.assert_error(self.client.call('ListAliases', Marker=marker), 'InvalidMarkerException')


class Wallets(Case):
    def setUp(self):
        self.wallets = WalletClient(self.server.endpoint)
        self.addCleanup(self.wallets.close)
        self.owner = Owner.create(self.wallets, Authenticator())

    def test_an_alias_of_a_wallet_authorises_nothing(self):
        name = self.make(self.owner.key_id)
        self.assertEqual(self.client.must('DescribeKey', KeyId=name)['KeyMetadata']['KeyId'], self.owner.key_id)
        self.assert_error(self.client.call('Sign', KeyId=name, Message=b64(b'm'), SigningAlgorithm=ECDSA),
                          'AccessDeniedException', re.compile('^Passkey authorization required'))
        # Wallets' own operations know a wallet by its id and its addresses.
        answer = self.client.request('POST', '/DescribeKey', f'{{"KeyId": "{name}"}}')
        self.assertEqual((answer.status, answer.json['code']), (400, 'NOT_FOUND'), answer)

    def test_a_wallet_on_its_way_to_its_end_gets_no_alias(self):
        name, taken = self.fresh(), self.make(self.owner.key_id)
        other = self.make()
        self.assertEqual(self.owner.delete(days=7).status, 200)
        pending = re.compile(f'^arn:.*key/{self.owner.key_id} is pending deletion.$')
        self.assert_error(self.client.call('CreateAlias', AliasName=name, TargetKeyId=self.owner.key_id),
                          'KMSInvalidStateException', pending)
        self.assert_error(self.client.call('UpdateAlias', AliasName=other, TargetKeyId=self.owner.key_id),
                          'KMSInvalidStateException', pending)
        self.assertEqual([e['AliasName'] for e in self.entries(KeyId=self.owner.key_id)], [taken])
        self.assertEqual(self.client.call('UpdateAlias', AliasName=taken, TargetKeyId=self.key_id).status, 200)

    def test_an_alias_goes_with_its_key(self):
        name = self.make(self.owner.key_id)
        self.assertEqual(self.owner.delete().status, 200)
        self.assert_error(self.client.call('DescribeKey', KeyId=name), 'NotFoundException',
                          f'Alias {self.arn_of(name)} is not found.')
        self.make(name=name)


class Boto3(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kms = boto3_kms(cls.server.endpoint)
        cls.addClassCleanup(cls.kms.close)

    def test_a_life(self):
        key = self.kms.create_key(KeyUsage='SIGN_VERIFY', KeySpec=K256)['KeyMetadata']
        names = sorted(self.fresh() for _ in range(5))
        for name in names:
            self.kms.create_alias(AliasName=name, TargetKeyId=key['KeyId'])
        pages = self.kms.get_paginator('list_aliases').paginate(KeyId=key['KeyId'], PaginationConfig={'PageSize': 2})
        found = [a for page in pages for a in page['Aliases']]
        self.assertEqual([a['AliasName'] for a in found], names)
        self.assertTrue(all(a['CreationDate'] == a['LastUpdatedDate'] for a in found))
        self.assertEqual(self.kms.describe_key(KeyId=names[0])['KeyMetadata'], key)
        self.assertEqual(self.kms.sign(KeyId=names[0], Message=b'm', SigningAlgorithm=ECDSA)['KeyId'], key['Arn'])
        self.kms.update_alias(AliasName=names[0], TargetKeyId=self.key_id)
        self.kms.delete_alias(AliasName=names[0])
        with self.assertRaises(self.kms.exceptions.NotFoundException):
            self.kms.sign(KeyId=names[0], Message=b'm', SigningAlgorithm=ECDSA)
        with self.assertRaises(self.kms.exceptions.AlreadyExistsException):
            self.kms.create_alias(AliasName=names[1], TargetKeyId=self.key_id)
