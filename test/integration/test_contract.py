# SPDX-License-Identifier: Apache-2.0
"""The table of operations against the answers: no member comes that it does not name, and none is missing."""

import json
import subprocess
import unittest
import urllib.parse

from harness import TEEKMSD, SharedServerTest, b64, digest_of
from passkey import HASH, SCHEDULE, SIGN, Authenticator, Owner, WalletClient


def operations():
    text = subprocess.run([TEEKMSD, '--describe-ops'], text=True, stdout=subprocess.PIPE, check=True, timeout=30).stdout
    return json.loads(text)


def is_of_wallets(op):
    return op.get('method') == 'POST' or op['name'] == 'KeyStatus' or 'when' in op


class Rows(SharedServerTest):
    def check(self, op, answer):
        """answer: the members that came."""
        declared = {member['name']: member['always'] for member in op['out']}
        self.assertLessEqual(set(answer), set(declared), 'members that the table does not name')
        self.assertEqual({name for name, always in declared.items() if always} - set(answer), set())


class Members(Rows):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.client.create()['KeyId']
        cls.digest = digest_of(b'contract')
        cls.signature = cls.client.sign(cls.key, cls.digest)

    def filled(self, op):
        """The table's own example with a key that exists."""
        example = op.get('example') or ''
        given = json.loads(example) if example.startswith('{') else {}
        real = {'KeyId': self.key, 'TargetKeyId': self.key, 'Message': b64(self.digest), 'Signature': b64(self.signature)}
        given.update({name: value for name, value in real.items() if name in given})
        return given

    def answer(self, op):
        if 'target' in op:
            return self.client.raw(op['target'], json.dumps(self.filled(op)))
        query = op.get('example')
        return self.client.get(op['path'] + (f'?{query}' if query else ''))

    def test_every_answer_has_the_members_of_its_row(self):
        for op in operations():
            if is_of_wallets(op):
                continue
            with self.subTest(op['name'], at=op.get('target') or op.get('path')):
                answer = self.answer(op)
                self.assertEqual(answer.status, 200, answer)
                self.check(op, answer.json if answer.body else {})

    def test_the_page_that_is_not_the_last_names_the_next_one(self):
        self.client.create()
        out = next(op['out'] for op in operations() if op['name'] == 'ListKeys')
        first = self.client.must('ListKeys', Limit=1)
        self.assertEqual(set(first), {member['name'] for member in out})


class Failures(Rows):
    def ask(self, op, **members):
        """The table's own example, with other members."""
        example = op.get('example', '')
        if not example.startswith('{'):
            query = {**dict(urllib.parse.parse_qsl(example)), **members}
            return self.client.get(op['path'] + '?' + urllib.parse.urlencode(query))
        body = json.dumps({**json.loads(example), **members})
        if 'path' in op:
            return self.client.request('POST', op['path'], body)
        return self.client.raw(op['target'], body)

    def test_the_rows_name_what_a_malformed_arn_leads_to(self):
        for op in operations():
            if not any(member['name'] == 'KeyId' for member in op['in']):
                continue
            with self.subTest(op['name'], at=op.get('path') or op['target']):
                answer = self.ask(op, KeyId='arn:foo')
                self.assertEqual(answer.status, 400, answer)
                names = {fail['code'] for fail in op['fails']} | {fail['type'] for fail in op['fails']}
                self.assertIn(answer.json.get('code') or answer.code, names)
                self.assertIn('Invalid arn arn:foo', answer.json['error'])


class WalletMembers(Rows):
    def test_every_answer_has_the_members_of_its_row(self):
        """A wallet's life, in which each operation is asked once."""
        client = WalletClient(self.server.endpoint)
        self.addCleanup(client.close)
        first, second = Owner.create(client, Authenticator()), Owner.register(client, Authenticator())
        spare, third, digest = Authenticator(), Authenticator(), digest_of(b'contract')
        wallet = {'KeyId': first.key_id}
        answers = {
            'CreateKey': first.created,
            'BeginRegistration': client.good('BeginRegistration'),
            'CompleteRegistration': second.created,
            'BeginAuthentication': client.good('BeginAuthentication', wallet),
            'KeyStatus': client.status_of(first.key_id).json,
            'DescribeKey': client.good('DescribeKey', wallet),
            'ListKeys': client.good('ListKeys', {'Limit': 1}),
            'GetPublicKey': client.good('GetPublicKey', wallet),
            'DeriveAddress': first.derive().json,
            'Sign': first.sign_message({'Message': '0x'}, b'')[0].json,
            'SignHash': client.good('SignHash', {**wallet, 'Hash': digest.hex(), 'WebAuthn': first.proof(
                SIGN, index=0, use=HASH, digest=digest)}),
            'AddPasskey': first.add_passkey(spare.public).json,
            'RemovePasskey': first.remove_passkey(spare.public).json,
            'ChangePasskey': second.change_passkey(third.public).json,
            'UnfreezeKey': first.unfreeze().json,
            'ScheduleKeyDeletion': client.raw('TrentService.ScheduleKeyDeletion', json.dumps(
                {**wallet, 'PendingWindowInDays': 7, 'WebAuthn': first.proof(SCHEDULE, days=7)})).json,
            'CancelKeyDeletion': first.cancel_deletion().json,
            'DeleteKey': first.delete().json,
        }
        for op in filter(is_of_wallets, operations()):
            with self.subTest(op['name']):
                self.check(op, answers[op['name']])


if __name__ == '__main__':
    unittest.main()
