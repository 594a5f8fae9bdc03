# SPDX-License-Identifier: Apache-2.0
"""Tags: words on keys, as AWS counts and refuses them."""

import json
import re

from harness import K256, SharedServerTest, boto3_kms
from passkey import Authenticator, Owner, WalletClient

ABSENT = '00000000-0000-4000-8000-000000000000'
DUPLICATE, TOO_MANY, RESERVED = 'Duplicate tag keys', 'Too many tags', 'Tags beginning with aws: are reserved'


def tags_of(pairs):
    return [{'TagKey': key, 'TagValue': value} for key, value in pairs.items()]


class Case(SharedServerTest):
    def setUp(self):
        self.key = self.client.create()
        self.key_id, self.arn = self.key['KeyId'], self.key['Arn']

    def tag(self, key_id=None, **pairs):
        answer = self.client.call('TagResource', KeyId=key_id or self.key_id, Tags=tags_of(pairs))
        self.assertEqual((answer.status, answer.body), (200, b''), answer)

    def tags(self, key_id=None, **params):
        found, params = {}, {'KeyId': key_id or self.key_id, **params}
        while True:
            page = self.client.must('ListResourceTags', **params)
            self.assertEqual('NextMarker' in page, page['Truncated'])
            for tag in page['Tags']:
                self.assertNotIn(tag['TagKey'], found)
                found[tag['TagKey']] = tag['TagValue']
            if not page['Truncated']:
                return found
            params['Marker'] = page['NextMarker']


class Life(Case):
    def test_tags_come_change_and_go(self):
        self.assertEqual(self.client.must('ListResourceTags', KeyId=self.key_id), {'Tags': [], 'Truncated': False})
        self.tag(team='a', Team='A', empty='')
        self.tag(self.arn, **{'team': 'b', 'k ü€🔑': 'v\n"ü€🔑'})
        self.assertEqual(self.tags(self.arn), {'team': 'b', 'Team': 'A', 'empty': '', 'k ü€🔑': 'v\n"ü€🔑'})
        answer = self.client.call('UntagResource', KeyId=self.arn, TagKeys=['Team', 'absent', 'empty', 'empty'])
        self.assertEqual((answer.status, answer.body), (200, b''), answer)
        self.assertEqual(self.tags(), {'team': 'b', 'k ü€🔑': 'v\n"ü€🔑'})
        self.assertEqual(self.client.call('UntagResource', KeyId=self.key_id, TagKeys=[]).status, 200)
        self.assertEqual(self.client.call('TagResource', KeyId=self.key_id, Tags=[]).status, 200)
        self.assertEqual(len(self.tags()), 2)

    def test_a_key_is_made_with_its_tags(self):
        pairs = {f'key {i}': f'value {i}' for i in range(50)}
        made = self.client.create(Tags=tags_of(pairs))
        self.assertEqual(self.tags(made['KeyId']), pairs)
        self.assertEqual(self.tags(), {})

    def test_the_longest_tags_fit_into_a_page(self):
        pairs = {f'{i:02}' + '\x01' * 126: '\x01' * 256 for i in range(50)}
        made = self.client.create(Tags=tags_of(pairs))
        self.assertEqual(self.tags(made['KeyId']), pairs)
        pairs = {f'{i:02}' + '🔑' * 126: '🔑' * 256 for i in range(50)}
        made = self.client.create(Tags=tags_of(pairs))
        for limit in (7, 49, 1000):
            self.assertEqual(self.tags(made['KeyId'], Limit=limit), pairs)

    def test_tags_are_there_after_a_restart(self):
        if not self.server.can_restart:
            self.skipTest('this server cannot be restarted')
        made = self.client.create(Tags=tags_of({'a': 'made'}))
        self.tag(b='put')
        self.server.restart()
        self.client.close()
        self.assertEqual((self.tags(made['KeyId']), self.tags()), ({'a': 'made'}, {'b': 'put'}))


class Refusals(Case):
    def assert_refused(self, tags, code, message):
        """By both operations that take tags."""
        self.assert_error(self.client.call('TagResource', KeyId=self.key_id, Tags=tags), code, message)
        self.assert_error(self.client.call('CreateKey', KeyUsage='SIGN_VERIFY', KeySpec=K256, Tags=tags), code, message)
        self.assertEqual(self.tags(), {})

    def test_what_tag_exception_is_for(self):
        for tags, message in (([('a', '1'), ('b', '2'), ('a', '3')], DUPLICATE), ([('a', '1'), ('a', '1')], DUPLICATE),
                              ([('aws:x', '1')], RESERVED), ([('AwS:', '')], RESERVED),
                              ([(f'k{i}', '') for i in range(51)], TOO_MANY), ([('k', '')] * 500, TOO_MANY)):
            with self.subTest(message, count=len(tags)):
                self.assert_refused([{'TagKey': k, 'TagValue': v} for k, v in tags], 'TagException', message)
        self.tag(a='aws:value', A='x', aws='y')
        self.assert_error(self.client.call('UntagResource', KeyId=self.key_id, TagKeys=['a', 'aws:x']), 'TagException', RESERVED)
        self.assert_error(self.client.call('UntagResource', KeyId=self.key_id, TagKeys=[f'k{i}' for i in range(51)]),
                          'TagException', TOO_MANY)
        self.assertEqual(len(self.tags()), 3)

    def test_what_is_there_counts_and_overwriting_is_free(self):
        self.tag(**{f'k{i}': 'v' for i in range(49)})
        self.assert_error(self.client.call('TagResource', KeyId=self.key_id, Tags=tags_of({'x': '', 'y': ''})),
                          'TagException', TOO_MANY)
        self.tag(x='')
        self.tag(**{f'k{i}': 'other' for i in range(49)})
        self.assertEqual(self.tags(), {**{f'k{i}': 'other' for i in range(49)}, 'x': ''})

    def test_lengths_and_missing_members(self):
        for tags, what in (
                ([{'TagKey': '', 'TagValue': 'v'}], r"Value '' at 'tags\.1\.member\.tagKey'.*greater than or equal to 1"),
                ([{'TagKey': 'k', 'TagValue': 'v'}, {'TagKey': 'x' * 129, 'TagValue': 'v'}],
                 r"at 'tags\.2\.member\.tagKey'.*less than or equal to 128"),
                ([{'TagKey': 'k', 'TagValue': 'x' * 257}], r"at 'tags\.1\.member\.tagValue'.*less than or equal to 256"),
                ([{'TagKey': 'k\0', 'TagValue': 'v'}], r"at 'tags\.1\.member\.tagKey'.*pattern"),
                ([{'TagKey': 'k', 'TagValue': '\0'}], r"at 'tags\.1\.member\.tagValue'.*pattern"),
                ([{'TagKey': 'k'}], r"Value null at 'tags\.1\.member\.tagValue'.*must not be null"),
                ([{'TagValue': 'v'}], r"Value null at 'tags\.1\.member\.tagKey'.*must not be null")):
            with self.subTest(what):
                self.assert_refused(tags, 'ValidationException', re.compile(what, re.S))
        self.assert_error(self.client.call('TagResource', KeyId=self.key_id), 'ValidationException', re.compile("'tags'"))
        self.assert_error(self.client.call('UntagResource', KeyId=self.key_id), 'ValidationException', re.compile("'tagKeys'"))
        self.assert_error(self.client.call('UntagResource', KeyId=self.key_id, TagKeys=['k', 'x' * 129]),
                          'ValidationException', re.compile(r"at 'tagKeys\.2\.member'"))
        self.assert_error(self.client.call('TagResource', KeyId=self.key_id, Tags={}), 'SerializationException')

    def test_the_key_is_there_and_is_no_alias(self):
        name = 'alias/tags/' + self.key_id
        self.assertEqual(self.client.call('CreateAlias', AliasName=name, TargetKeyId=self.key_id).status, 200)
        for op, more in (('TagResource', {'Tags': []}), ('UntagResource', {'TagKeys': []}), ('ListResourceTags', {})):
            for given, code, message in (
                    (name, 'NotFoundException', f"Invalid keyId '{name}'"),
                    (self.arn[:-40] + name, 'NotFoundException', f"Invalid keyId '{self.arn[:-40] + name}'"),
                    (ABSENT, 'NotFoundException', f"Key '{self.arn[:-36]}{ABSENT}' does not exist"),
                    ('arn:foo', 'InvalidArnException', None)):
                with self.subTest(op, given=given):
                    self.assert_error(self.client.call(op, KeyId=given, **more), code, message)


class Lists(Case):
    def test_every_tag_comes_once_at_any_page_size(self):
        pairs = {f'k{i}': str(i) for i in range(50)}
        self.tag(**pairs)
        for limit in (1, 7, 49, 50, 1000):
            with self.subTest(limit=limit):
                self.assertEqual(self.tags(Limit=limit), pairs)
        page = self.client.must('ListResourceTags', KeyId=self.key_id)
        self.assertEqual((len(page['Tags']), page['Truncated']), (50, False))

    def test_limit_and_marker_are_looked_at(self):
        self.tag(a='', b='')
        good = self.client.must('ListResourceTags', KeyId=self.key_id, Limit=1)['NextMarker']
        for limit in (0, 1001):
            self.assert_error(self.client.call('ListResourceTags', KeyId=self.key_id, Limit=limit), 'ValidationException')
        for marker in ('x', good[:-1], self.client.must('ListKeys', Limit=1)['NextMarker']):
            with self.subTest(marker=marker):
                self.assert_error(self.client.call('ListResourceTags', KeyId=self.key_id, Marker=marker), 'InvalidMarkerException')


class Wallets(Case):
    def test_a_wallet_has_tags_without_its_passkey_until_it_ends(self):
        wallets = WalletClient(self.server.endpoint)
        self.addCleanup(wallets.close)
        owner = Owner.create(wallets, Authenticator())
        self.tag(owner.key_id, a='1')
        self.assertEqual(owner.delete(days=7).status, 200)
        for op, more in (('TagResource', {'Tags': []}), ('UntagResource', {'TagKeys': []})):
            self.assert_error(self.client.call(op, KeyId=owner.key_id, **more), 'KMSInvalidStateException',
                              re.compile(f'^arn:.*{owner.key_id} is pending deletion.$'))
        self.assertEqual(self.tags(owner.key_id), {'a': '1'})


class Boto3(Case):
    def test_a_life(self):
        kms = boto3_kms(self.server.endpoint)
        self.addCleanup(kms.close)
        key = kms.create_key(KeyUsage='SIGN_VERIFY', KeySpec=K256, Tags=tags_of({'a': '1'}))['KeyMetadata']['KeyId']
        kms.tag_resource(KeyId=key, Tags=tags_of({'b': '2', 'c': '3'}))
        kms.untag_resource(KeyId=key, TagKeys=['a'])
        pages = kms.get_paginator('list_resource_tags').paginate(KeyId=key, PaginationConfig={'PageSize': 1})
        self.assertEqual([t for page in pages for t in page['Tags']], tags_of({'b': '2', 'c': '3'}))
        with self.assertRaises(kms.exceptions.TagException):
            kms.tag_resource(KeyId=key, Tags=tags_of({'aws:a': ''}))
        self.assertNotIn('Tags', json.dumps(kms.describe_key(KeyId=key)['KeyMetadata'], default=str))
