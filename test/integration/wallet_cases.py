# SPDX-License-Identifier: Apache-2.0
"""What the tests of wallets share: settings, payloads, a server for a class, and how a bad request is tried."""

import json
import os
import re
import unittest

from harness import TOP, LocalServer, OwnServerTest, SharedServerTest
from passkey import Authenticator, Owner, WalletClient

RP, ORIGIN = 'aastar.io', 'https://aastar.io'  # of the reference's clients
REFERENCE = {'KMS_RP_ID': RP, 'KMS_ORIGIN': ORIGIN}
API_KEY = 'kms_00112233445566778899aabbccddeeff'
UNKNOWN = '00000000-0000-4000-8000-000000000000'
NOBODY = '0x' + 'ab' * 20
DIGEST = bytes.fromhex('a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2')

# Against a TEE under emulation a ceremony takes a second: there, less of the same, and not what the host alone refuses.
SLOW = 'TEEKMS_ENDPOINT' in os.environ
not_when_slow = unittest.skipIf(SLOW, 'the same code elsewhere, too slow here')
JUDGED_IN_THE_TEE = ('AUTH_CHALLENGE', 'AUTH_SIG', 'AUTH_COUNTER', 'NEED_ISSUE', 'POLICY_DENY')

with open(os.path.join(TOP, 'test/integration/transactions.json'), encoding='utf-8') as f:
    TRANSACTIONS = json.load(f)

# What a request says, and the bytes that are meant.
MESSAGES = (
    ({'Message': '0x48656c6c6f'}, b'Hello'),
    ({'Message': 'test', 'MessageEncoding': 'base64'}, b'\xb5\xeb\x2d'),
    ({'Message': 'Grüße, 世界 🔑', 'MessageEncoding': 'utf8'}, 'Grüße, 世界 🔑'.encode()),
    ({'Message': '0x'}, b''),
    ({'Message': '0x48656c6c6f', 'MessageEncoding': 'hex'}, b'Hello'),
    ({'Message': '48656C6c6f', 'MessageEncoding': 'hex'}, b'Hello'),
    ({'Message': 'SGVsbG8=', 'MessageEncoding': 'base64'}, b'Hello'),
    ({'Message': 'hello', 'MessageEncoding': 'utf8'}, b'hello'),
    ({'Message': '0x1234', 'MessageEncoding': 'utf8'}, b'0x1234'),
    ({'Message': '', 'MessageEncoding': 'utf8'}, b''),
    ({'Message': '0x' + 'ab' * 4000}, b'\xab' * 4000),
)

if SLOW:
    MESSAGES = MESSAGES[:3]
    TRANSACTIONS = list({case['tx'].get('type', 0): case for case in reversed(TRANSACTIONS)}.values())[::-1]

BY_TYPE = {case['tx'].get('type', 0): case['tx'] for case in TRANSACTIONS}


class ServerOfTheClass(OwnServerTest):
    """One server for the tests of a class."""

    profile, options, env = 'dev', (), {}

    @classmethod
    def setUpClass(cls):
        cls.server = LocalServer(*cls.options, profile=cls.profile, env=cls.env)
        cls.addClassCleanup(cls.server.destroy)
        cls.server.start()


SECOND = Authenticator(counter=50)  # the victim's other passkey


class Refusals(SharedServerTest):
    """Bad requests, each by its name, with the status and code it gets, and without any effect.

    After every one the wallets look as before, and the owner's next ceremony works.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.wallets = WalletClient(cls.server.endpoint)
        cls.addClassCleanup(cls.wallets.close)
        cls.victim = Owner.create(cls.wallets, Authenticator(counter=100))
        cls.foreign = Owner.create(cls.wallets, Authenticator(counter=100))
        answer = cls.victim.add_passkey(SECOND.public, SECOND.credential)
        assert answer.status == 200, answer

    def look(self):
        """LastUsedAt is written now and then, also for the good ceremonies."""
        looks = []
        for owner in (self.victim, self.foreign):
            described, *status = owner.look()
            described.pop('LastUsedAt', None)
            status[1].pop('LastUsedAt', None)
            looks.append((described, *status))
        return looks

    def refuse(self, send, status, code, then=None):
        before = self.look()
        answer = send(self)
        self.assertEqual(answer.status, status, answer)
        self.assertIn(answer.json.get('code'), code if isinstance(code, tuple) else (code,), answer)
        self.assertTrue(answer.json['error'])
        self.assertEqual(answer.headers['Content-Type'], 'application/json')
        self.assertEqual(self.look(), before)
        (then or type(self).next_ceremony)(self)

    def next_ceremony(self):
        if not SLOW:
            self.ceremony()

    def test_zz_the_owner_is_served_as_before(self):
        self.ceremony()

    def ceremony(self):
        answer = self.victim.sign_hash(DIGEST)
        self.assertEqual(answer.status, 200, answer)

    @classmethod
    def row(cls, name, send, code, status=400, then=None):
        """Adds a test. code: or some of which any will do; then: in place of the next ceremony."""
        cls.add(name, lambda self: self.refuse(send, status, code, then), code in JUDGED_IN_THE_TEE)

    @classmethod
    def add(cls, name, run, when_slow=False):
        method = 'test_' + re.sub(r'\W+', '_', name).strip('_').lower()
        assert not hasattr(cls, method), method
        setattr(cls, method, run if when_slow else not_when_slow(run))


def post(name, body, headers=None):
    return lambda self: self.wallets.op(name, body=body, headers=headers)


def misuse(given, items, name, members):
    """A proof of one thing, for another."""
    return lambda self: self.wallets.op(name, {'KeyId': self.victim.key_id, **members,
                                               'WebAuthn': self.victim.proof(given, **items)})
