# SPDX-License-Identifier: Apache-2.0
"""KMS_ALLOW_LEGACY_PASSKEY, for the reference's oldest suite (http-api-1, section 7.4 and K14)."""

import os

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ethereum import check_signed, keccak256, recover_address
from harness import TEEKMSD, OwnServerTest
from passkey import UP, Authenticator, Owner, WalletClient, digest_of, hex_of, path, unb64u
from wallet_cases import DIGEST, ORIGIN, REFERENCE, RP, TRANSACTIONS, ServerOfTheClass

REFUSED = 'Legacy raw passkey assertions are not accepted for signing/mutating operations'


def raw(authenticator, der=False, **wrong):
    """The Passkey member: an assertion for a challenge that nobody has issued."""
    response = authenticator.get(b'test-challenge', counter=1, **wrong)['response']
    signature = unb64u(response['signature'])
    if not der:
        r, s = decode_dss_signature(signature)
        signature = r.to_bytes(32, 'big') + s.to_bytes(32, 'big')
    return {'AuthenticatorData': '0x' + unb64u(response['authenticatorData']).hex(),
            'ClientDataHash': digest_of(unb64u(response['clientDataJSON'])).hex(), 'Signature': signature.hex()}


class Switched(ServerOfTheClass):
    """Asked for: the whole life of a wallet without a single challenge."""

    options, env = ('--compat',), {**REFERENCE, 'KMS_ALLOW_LEGACY_PASSKEY': '1'}

    def setUp(self):
        self.client = WalletClient(self.server.endpoint)
        self.addCleanup(self.client.close)
        self.owner = Owner.create(self.client, Authenticator(RP, ORIGIN), 'reference')

    def op(self, name, passkey, **members):
        return self.client.op(name, {'KeyId': self.owner.key_id, 'Passkey': passkey, **members})

    def good(self, name, by=None, **members):
        answer = self.op(name, raw(by or self.owner.authenticator), **members)
        self.assertEqual(answer.status, 200, (name, answer))
        return answer.json

    def test_k14_a_life_without_challenges(self):
        address, first = self.owner.describe()['Address'], {'DerivationPath': path(0)}
        derived = self.good('DeriveAddress', DerivationPath=path(1))['Address']
        made = self.good('SignHash', Hash='0x' + DIGEST.hex(), **first)
        self.assertEqual(recover_address(DIGEST, hex_of(made['Signature'])), address)
        made = self.good('Sign', Message='0x48656c6c6f', DerivationPath=path(1))
        self.assertEqual(recover_address(keccak256(b'Hello'), hex_of(made['Signature'])), derived)
        tx = TRANSACTIONS[0]['tx']
        self.assertEqual(check_signed(tx, hex_of(self.good('Sign', Transaction=tx, **first)['Signature'])), address)
        self.good('UnfreezeKey')
        new = Authenticator(RP, ORIGIN)
        self.good('ChangePasskey', PasskeyPublicKey='0x' + new.public.hex())
        self.assertEqual(self.op('SignHash', raw(self.owner.authenticator), Hash=DIGEST.hex(), **first).status, 400)
        self.good('SignHash', by=new, Hash=DIGEST.hex(), **first)
        self.good('DeleteKey', by=new)
        self.assertEqual(self.client.op('DescribeKey', {'KeyId': self.owner.key_id}).json['code'], 'NOT_FOUND')

    def test_signatures_come_raw_and_as_der(self):
        for der in (False, True):
            answer = self.op('SignHash', raw(self.owner.authenticator, der), Hash=DIGEST.hex(), DerivationPath=path(0))
            self.assertEqual(answer.status, 200, answer)

    def test_what_is_wrong_with_it_is_told(self):
        mine = self.owner.authenticator
        good = raw(mine)
        rows = (
            ('another passkey', raw(Authenticator(RP, ORIGIN)), 'AUTH_SIG'),
            ('another RP', raw(mine, rp_id='example.org'), 'AUTH_RP'),
            ('nobody there', raw(mine, flags=0), 'AUTH_FLAGS'),
            ('another signature', {**good, 'Signature': raw(mine)['Signature'][:-2] + '00'}, 'AUTH_SIG'),
            ('another hash', {**good, 'ClientDataHash': '00' * 32}, 'AUTH_SIG'),
            ('no signature', {**good, 'Signature': None}, 'BAD_INPUT'),
            ('zeroes', {**good, 'Signature': '00' * 64}, 'AUTH_FORMAT'),
            ('not quite DER', {**good, 'Signature': '31' + raw(mine, True)['Signature'][2:]}, 'AUTH_FORMAT'),
            ('a short hash', {**good, 'ClientDataHash': '00' * 31}, 'BAD_INPUT'),
            ('no hexadecimal', {**good, 'AuthenticatorData': 'xy' * 37}, 'BAD_INPUT'),
            ('nothing', {}, 'BAD_INPUT'),
        )
        before = self.owner.look()
        for name, passkey, code in rows:
            with self.subTest(name):
                answer = self.op('SignHash', passkey, Hash=DIGEST.hex(), DerivationPath=path(0))
                self.assertEqual((answer.status, answer.json['code']), (400, code), answer)
        self.assertEqual(self.owner.look(), before)
        # Presence is enough, as there; what is newer than the reference is not done by it.
        self.assertEqual(self.op('SignHash', raw(mine, flags=UP), Hash=DIGEST.hex(), DerivationPath=path(0)).status, 200)
        answer = self.op('AddPasskey', good, PasskeyPublicKey='0x' + Authenticator(RP, ORIGIN).public.hex())
        self.assertEqual((answer.status, answer.json['code']), (400, 'AUTH_REQUIRED'))

    def test_an_assertion_with_a_challenge_comes_first(self):
        self.assertEqual(self.owner.sign_hash(DIGEST, Passkey={'Signature': '00' * 64}).status, 200)
        proof = {'ChallengeId': '00000000-0000-0000-0000-000000000000', 'Credential': self.owner.authenticator.get(b'\0' * 32)}
        answer = self.op('SignHash', raw(self.owner.authenticator), Hash=DIGEST.hex(), WebAuthn=proof)
        self.assertEqual((answer.status, answer.json['code']), (400, 'AUTH_CHALLENGE'))

    def test_a_bare_nonce_signs(self):
        ident, nonce = self.owner.begin()
        proof = {'ChallengeId': ident, 'Credential': self.owner.authenticator.get(nonce)}
        members = {**self.owner.where(0), 'Hash': DIGEST.hex(), 'WebAuthn': proof}
        self.assertEqual(self.client.op('SignHash', members).status, 200)
        self.assertEqual(self.client.op('SignHash', members).json['code'], 'AUTH_CHALLENGE')

    def test_everybody_is_told(self):
        self.assertEqual(self.client.get('/version').json['challenge_mode'], 'transition')
        self.assertIn('LEGACY_PASSKEYS', [w['code'] for w in self.client.get('/stats').json['warnings']])
        self.assertEqual(self.owner.describe()['BindLevel'], 0)
        self.assertRegex(self.server.log(), 'WARN .*KMS_ALLOW_LEGACY_PASSKEY')


class Unswitched(OwnServerTest):
    def test_it_is_of_wallets_and_not_of_the_server(self):
        server = self.new_server(env=REFERENCE).start()
        client = WalletClient(server.endpoint)
        self.addCleanup(client.close)
        strict = Owner.create(client, Authenticator(RP, ORIGIN), 'reference')
        self.assertEqual(client.get('/version').json['challenge_mode'], 'strict')
        server.env['KMS_ALLOW_LEGACY_PASSKEY'] = '1'
        server.restart()
        client.connection.close()
        loose = Owner.create(client, Authenticator(RP, ORIGIN), 'reference')
        for owner, status in ((strict, 400), (loose, 200)):
            answer = client.op('SignHash', {**owner.where(0), 'Hash': DIGEST.hex(), 'Passkey': raw(owner.authenticator)})
            self.assertEqual(answer.status, status, answer)
            if status == 400:
                self.assertTrue(answer.json['error'].startswith(REFUSED), answer)
        self.assertEqual(strict.sign_hash(DIGEST).status, 200)

    def test_a_ta_that_ships_stops_the_start(self):
        program = os.path.join(os.path.dirname(os.path.dirname(TEEKMSD)), 'ta', 'teekms-ta-production')
        server = self.new_server('--ta-program', program, env={'KMS_ALLOW_LEGACY_PASSKEY': '1'})
        status, said = server.launch().wait_exit()
        self.assertNotEqual(status, 0)
        self.assertRegex(said, 'KMS_ALLOW_LEGACY_PASSKEY.*no development build')
