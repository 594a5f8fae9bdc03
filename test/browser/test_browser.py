# SPDX-License-Identifier: Apache-2.0
"""Passkeys of a real browser: Chromium makes and uses them, the TA judges what comes out."""

import json
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'integration'))

# pylint: disable=wrong-import-position
from browser import Browser, PageServer, ScriptError  # noqa: E402
from ethereum import address_of, check_signed, decompress, keccak256, personal, recover_address, transaction_digest  # noqa: E402
from harness import LocalServer  # noqa: E402
from wallet_cases import API_KEY, DIGEST, TRANSACTIONS  # noqa: E402

MESSAGE = 'Grüße, 世界'.encode()


def setUpModule():
    global browser  # pylint: disable=global-statement
    browser = Browser()
    unittest.addModuleCleanup(browser.close)


class InTheBrowser:
    """One server and the wallets that a page makes there."""

    profile, env, style, key = 'dev', {}, 'intent', None

    @classmethod
    def setUpClass(cls):
        cls.server = LocalServer(profile=cls.profile, env=cls.env)
        cls.addClassCleanup(cls.server.destroy)
        cls.server.start()
        cls.page = PageServer(cls.server.endpoint)
        cls.addClassCleanup(cls.page.close)

    def setUp(self):
        browser.open(self.page.origin)
        self.authenticator = browser.add_authenticator()
        self.addCleanup(lambda: browser.remove_authenticator(self.authenticator))
        self.wallet = browser.run('return kms.register(args[0])', self.key)

    def call(self, script, *args):
        """wallet is the one of this test."""
        return browser.run('const wallet = kms.wallet(args[0], args[1], args[2]); args = args.slice(3);' + script,
                           self.wallet, self.style, self.key, *args)

    def address(self):
        return self.call('return (await wallet.describe()).Address')

    def assert_signs(self):
        made = self.call('return wallet.signHash(kms.fromHex(args[0]))', DIGEST.hex())
        self.assertEqual(recover_address(DIGEST, bytes.fromhex(made['Signature'])), self.address())

    def assert_refused(self, code, script, *args):
        with self.assertRaisesRegex(ScriptError, code):
            self.call(script, *args)

    def test_a_wallet_is_registered_and_signs_a_hash(self):
        self.assert_signs()
        meta = self.call('return wallet.describe()')
        self.assertEqual(meta['Description'], 'from a browser')

    def test_addresses_are_derived(self):
        for index in (0, 1, 20):
            made = self.call('return wallet.address(args[0])', index)
            self.assertEqual(address_of(decompress(bytes.fromhex(made['PublicKey'][2:]))), made['Address'])

    def test_messages_are_signed(self):
        for method, digest in (('signMessage', keccak256(MESSAGE)), ('signPersonalMessage', personal(MESSAGE))):
            made = self.call(f'return wallet.{method}(kms.fromHex(args[0]), kms.fromHex(args[1]))', MESSAGE.hex(), digest.hex())
            self.assertEqual(recover_address(digest, bytes.fromhex(made['Signature'])), self.address())

    def test_transactions_of_every_type_are_signed(self):
        address = self.address()
        for case in TRANSACTIONS:
            tx = case['tx']
            if tx['nonce'] >= 2 ** 53:
                continue
            made = self.call('return wallet.signTransaction(args[0], kms.fromHex(args[1]))', tx, transaction_digest(tx).hex())
            self.assertEqual(check_signed(tx, bytes.fromhex(made['Signature'])), address, case['name'])

    def test_what_the_browser_makes(self):
        self.assert_signs()
        text = browser.run('return kms.lastClientData()')
        members = json.loads(text)
        self.assertEqual((members['type'], members['origin'], members['crossOrigin']), ('webauthn.get', self.page.origin, False))
        data = browser.run('return kms.lastAuthenticatorData()')
        self.assertEqual(data[32] & 0x05, 0x05)
        before = int.from_bytes(bytes(data[33:37]), 'big')
        self.assert_signs()
        after = int.from_bytes(bytes(browser.run('return kms.lastAuthenticatorData()')[33:37]), 'big')
        self.assertGreater(after, before)

    def test_passkeys_are_added_changed_and_removed(self):
        self.call('const [point, id] = await kms.newPasskey(args[0]); await wallet.addPasskey(point, id);', self.key)
        self.assert_signs()
        self.assertEqual(self.call('return (await wallet.describe()).PasskeyCount'), 2)

    def test_the_passkey_is_changed(self):
        before = self.call('return (await wallet.describe()).PasskeyPublicKey')
        self.call('const [point, id] = await kms.newPasskey(args[0]); await wallet.changePasskey(point, id);', self.key)
        self.assertNotEqual(self.call('return (await wallet.describe()).PasskeyPublicKey'), before)
        self.assert_signs()

    def test_a_wallet_is_deleted(self):
        self.call('await wallet.delete(7)')
        self.assert_refused('KEY_DISABLED|INVALID_STATE', 'return wallet.signHash(new Uint8Array(32))')
        self.call('await wallet.cancelDeletion()')
        self.assert_signs()
        self.call('await wallet.unfreeze()')
        self.call('await wallet.delete()')
        self.assert_refused('NOT_FOUND', 'return wallet.describe()')

    def test_an_owner_who_was_not_verified_is_refused(self):
        browser.devtools('WebAuthn.setUserVerified', authenticatorId=self.authenticator, isUserVerified=False)
        with self.assertRaisesRegex(ScriptError, 'AUTH_FLAGS'):
            browser.run('return kms.careless(args[0], args[1]).signHash(new Uint8Array(32))', self.wallet, self.key)
        browser.devtools('WebAuthn.setUserVerified', authenticatorId=self.authenticator, isUserVerified=True)
        self.assert_signs()

    def test_a_page_that_frames_ours_gets_nothing(self):
        other = PageServer(self.server.endpoint)
        self.addCleanup(other.close)
        browser.open(f'{other.origin}/frame.html?of={self.page.origin}/')
        browser.enter_frame()
        self.assert_refused('AUTH_RP|AUTH_FORMAT', 'return wallet.signHash(new Uint8Array(32))')
        self.assertIs(json.loads(browser.run('return kms.lastClientData()'))['crossOrigin'], True)
        browser.open(self.page.origin)
        self.assert_signs()


class Level1AsTheReference(InTheBrowser, unittest.TestCase):
    style = 'reference'


class Level1WithIntents(InTheBrowser, unittest.TestCase):
    pass


class Level2InProduction(InTheBrowser, unittest.TestCase):
    profile, key = 'production', API_KEY
    env = {'KMS_RP_ID': 'localhost', 'KMS_ORIGIN': 'http://localhost:*', 'KMS_API_KEY': API_KEY, 'KMS_RATE_LIMIT': '100000'}

    def test_the_challenges_of_level_1_are_refused(self):
        self.style = 'reference'
        self.assert_refused('AUTH_CHALLENGE', 'return wallet.signHash(new Uint8Array(32))')
        self.assert_refused('AUTH_CHALLENGE', 'return wallet.address(0)')
        self.style = 'intent'
        self.assert_signs()

    def test_another_site_gets_nothing(self):
        """The browser itself keeps the passkey from a page of another host."""
        browser.open(self.page.origin.replace('localhost', '127.0.0.1'))
        self.assert_refused('SecurityError', 'return wallet.signHash(new Uint8Array(32))')
