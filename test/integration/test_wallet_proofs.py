# SPDX-License-Identifier: Apache-2.0
"""Which assertions are no consent: malformed, of somebody else, spent, or given for something else."""

import re

from ethereum import keccak256, transaction_digest
from passkey import (ADD, ADDRESS, AT, BS, CANCEL, CHANGE, DELETE, ED, HASH, MESSAGE, MESSAGE_191, REMOVE, SCHEDULE, SIGN,
                     TRANSACTION, UNFREEZE, UP, UV, Authenticator, b64u, challenge_of_intent, intent, path, unb64u)
from wallet_cases import DIGEST, NOBODY, SECOND, TRANSACTIONS, UNKNOWN, Refusals, misuse

OTHER_DIGEST = keccak256(b'another one')
DROP = object()
TRANSFER = TRANSACTIONS[0]['tx']


class Unproven(Refusals):
    """The rows are added below."""


row = Unproven.row

# --- proofs: the ceremony --------------------------------------------------------------------------------------------


def sign_with(**wrong):
    """SignHash, with an assertion that is wrong in these members."""
    return lambda self: self.wallets.op('SignHash', {**self.victim.where(0), 'Hash': DIGEST.hex(), 'WebAuthn': self.victim.proof(
        SIGN, index=0, use=HASH, digest=DIGEST, wrong={k: v(self) if callable(v) else v for k, v in wrong.items()})})


def last_counter(self):
    """The highest that the TEE has seen: what was refused counts for nothing."""
    self.ceremony()
    return self.victim.authenticator.counter


def client_data(change):
    """SignHash, with a clientDataJSON made by a function of the good one."""
    def send(self):
        ident, nonce = self.victim.begin()
        passkey = self.victim.authenticator
        text = passkey.client_data('webauthn.get', self.victim.challenge(nonce, SIGN, index=0, use=HASH, digest=DIGEST))
        credential = passkey.get(b'', client_data=change(text))
        return self.wallets.op('SignHash', {**self.victim.where(0), 'Hash': DIGEST.hex(),
                                            'WebAuthn': {'ChallengeId': ident, 'Credential': credential}})
    return send


def edit(at, value):
    """SignHash, with a member of the WebAuthn member replaced or dropped: at is its path."""
    def send(self):
        proof = self.victim.proof(SIGN, index=0, use=HASH, digest=DIGEST)
        *outer, last = at.split('.')
        place = proof
        for step in outer:
            place = place[step]
        if value is DROP:
            del place[last]
        else:
            place[last] = value(self, place[last]) if callable(value) else value
        return self.wallets.op('SignHash', {**self.victim.where(0), 'Hash': DIGEST.hex(), 'WebAuthn': proof})
    return send


row('proof: of a registration', sign_with(kind='webauthn.create'), 'AUTH_FORMAT')
row('proof: of a payment', sign_with(kind='payment.get'), 'AUTH_FORMAT')
for origin in ('https://evil.example', 'http://localhost.evil.example:8080', 'http://evil.example/http://localhost:8080',
               'https://localhost@evil.example', 'null', 'http://localhost:8080/path', 'file://localhost'):
    row(f'proof: from {origin}', sign_with(origin=origin), 'AUTH_RP')
row('proof: from a frame in another page', sign_with(crossOrigin=True), 'AUTH_RP')
row('proof: for another RP', sign_with(rp_id='example.org'), 'AUTH_RP')
row('proof: nobody there', sign_with(flags=0), 'AUTH_FLAGS')
row('proof: verified but not present', sign_with(flags=UV), 'AUTH_FLAGS')
row('proof: present but not verified', sign_with(flags=UP), 'AUTH_FLAGS')
row('proof: backed up but not eligible', sign_with(flags=UP | UV | BS), 'AUTH_FORMAT')
row('proof: a credential announced', sign_with(flags=UP | UV | AT), 'AUTH_FORMAT')
row('proof: extensions announced', sign_with(flags=UP | UV | ED), 'AUTH_FORMAT')
row('proof: a byte behind', sign_with(tail=b'\0'), 'AUTH_FORMAT')
row('proof: authenticator data of 36 bytes', edit('Credential.response.authenticatorData',
                                                  lambda _, text: b64u(unb64u(text)[:36])), 'BAD_INPUT')
row('proof: authenticator data without end', edit('Credential.response.authenticatorData', b64u(bytes(5000))), 'BAD_INPUT')
row('proof: the counter stands still', sign_with(counter=last_counter), 'AUTH_COUNTER')
row('proof: the counter goes back', sign_with(counter=lambda self: last_counter(self) - 1), 'AUTH_COUNTER')
row('proof: the counter is gone', sign_with(counter=0), 'AUTH_COUNTER')

def challenged(value):
    return lambda text: re.sub(rb'"challenge":"[^"]*"', b'"challenge":' + value, text)


BAD_CLIENT_DATA = {
    'no JSON': (lambda text: b'not JSON', 'AUTH_FORMAT'),
    'an array': (lambda text: b'[' + text + b']', 'AUTH_FORMAT'),
    'a mark of its byte order': (lambda text: b'\xef\xbb\xbf' + text, 'AUTH_FORMAT'),
    'something behind it': (lambda text: text + b'x', 'AUTH_FORMAT'),
    'two challenges': (lambda text: text[:-1] + b',"challenge":"AAAA"}', 'AUTH_FORMAT'),
    'two types': (lambda text: text[:-1] + b',"type":"webauthn.get"}', 'AUTH_FORMAT'),
    'two origins': (lambda text: text[:-1] + b',"origin":"http://localhost:8080"}', 'AUTH_FORMAT'),
    'no type': (lambda text: text.replace(b'"type":"webauthn.get",', b''), 'AUTH_FORMAT'),
    'no origin': (lambda text: re.sub(rb',"origin":"[^"]*"', b'', text), 'AUTH_FORMAT'),
    'no challenge': (lambda text: re.sub(rb'"challenge":"[^"]*",', b'', text), 'AUTH_FORMAT'),
    'a padded challenge': (lambda text: re.sub(rb'("challenge":"[^"]*)"', rb'\1="', text), 'AUTH_FORMAT'),
    'a short challenge': (challenged(b'"AAAA"'), 'AUTH_FORMAT'),
    'a challenge of zeroes': (challenged(b'"' + b'A' * 43 + b'"'), 'AUTH_CHALLENGE'),
    'a challenge that is a number': (challenged(b'1'), 'AUTH_FORMAT'),
    'the challenge inside': (lambda text: b'{"type":"webauthn.get","x":%s,"origin":"http://localhost:8080"}' % text, 'AUTH_FORMAT'),
    'a type in capitals': (lambda text: text.replace(b'webauthn.get', b'WEBAUTHN.GET'), 'AUTH_FORMAT'),
}
for name, (change, refusal) in BAD_CLIENT_DATA.items():
    row(f'client data: {name}', client_data(change), refusal)


def der(r, s):
    def integer(value):
        raw = value.to_bytes(value.bit_length() // 8 + 1, 'big')
        return b'\x02' + bytes([len(raw)]) + raw
    body = integer(r) + integer(s)
    return b64u(b'\x30' + bytes([len(body)]) + body)


P256_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
RESPONSE = 'Credential.response.'
SIGNATURE = RESPONSE + 'signature'
BAD_SIGNATURES = {
    'of nobody': (der(12345, 67890), 'AUTH_SIG'),
    'with r 0': (der(0, 1), 'AUTH_FORMAT'),
    'with s 0': (der(1, 0), 'AUTH_FORMAT'),
    'with r n': (der(P256_N, 1), 'AUTH_FORMAT'),
    'with s n': (der(1, P256_N), 'AUTH_FORMAT'),
    'with a byte behind': (lambda _, text: b64u(unb64u(text) + b'\0'), ('AUTH_FORMAT', 'BAD_INPUT')),
    'cut off': (lambda _, text: b64u(unb64u(text)[:-1]), 'AUTH_FORMAT'),
    'with a long length': (lambda _, text: b64u(b'\x30\x81' + unb64u(text)[1:]), ('AUTH_FORMAT', 'BAD_INPUT')),
    'as r and s': (b64u(bytes(range(64))), 'AUTH_FORMAT'),
    'with a changed bit': (lambda _, text: b64u(unb64u(text)[:-1] + bytes([unb64u(text)[-1] ^ 1])), 'AUTH_SIG'),
    'empty': ('', 'BAD_INPUT'),
    'in base64': (lambda _, text: text + '==', 'BAD_INPUT'),
    'of a number': (7, 'SERIALIZATION'),
}
for name, (value, refusal) in BAD_SIGNATURES.items():
    row(f'signature: {name}', edit(SIGNATURE, value), refusal)
row('proof: by another passkey', lambda self: self.wallets.op('SignHash', {
    **self.victim.where(0), 'Hash': DIGEST.hex(),
    'WebAuthn': self.victim.proof(SIGN, by=Authenticator(counter=10 ** 6), index=0, use=HASH, digest=DIGEST)}), 'AUTH_SIG')
row('proof: by another passkey that lends the id', lambda self: self.wallets.op('SignHash', {
    **self.victim.where(0), 'Hash': DIGEST.hex(),
    'WebAuthn': self.victim.proof(SIGN, by=Authenticator(counter=10 ** 6), index=0, use=HASH, digest=DIGEST,
                                  wrong={'credential': SECOND.credential})}), 'AUTH_SIG')

for name in ('ChallengeId', 'Credential', 'Credential.id', 'Credential.response', RESPONSE + 'clientDataJSON',
             RESPONSE + 'authenticatorData', SIGNATURE):
    row(f'proof: without {name}', edit(name, DROP), 'BAD_INPUT')
    row(f'proof: {name} is null', edit(name, None), 'BAD_INPUT')
    row(f'proof: {name} is a number', edit(name, 5), 'SERIALIZATION')
for name in (RESPONSE + 'clientDataJSON', RESPONSE + 'authenticatorData', 'Credential.id'):
    row(f'proof: {name} is padded', edit(name, lambda _, text: text + '='), 'BAD_INPUT')
    row(f'proof: {name} in the other alphabet', edit(name, lambda _, text: '+/' + text[2:]), 'BAD_INPUT')
row('proof: an id with bits behind', edit('Credential.id', 'AAB'), 'BAD_INPUT')

# --- proofs: the challenge -------------------------------------------------------------------------------------------

row('challenge: unknown', edit('ChallengeId', UNKNOWN), 'AUTH_CHALLENGE')
row('challenge: empty', edit('ChallengeId', ''), 'BAD_INPUT')
row('challenge: no UUID', edit('ChallengeId', "' OR 1=1 --"), 'AUTH_CHALLENGE')
row('challenge: a registration', edit('ChallengeId', lambda self, _: self.wallets.good('BeginRegistration')['ChallengeId']),
    'AUTH_CHALLENGE')
row('challenge: of another wallet', edit('ChallengeId', lambda self, _: self.foreign.begin()[0]), 'AUTH_CHALLENGE')
row('challenge: another one of the same wallet', edit('ChallengeId', lambda self, _: self.victim.begin()[0]), 'AUTH_CHALLENGE')


def replay(self):
    members = {**self.victim.where(0), 'Hash': DIGEST.hex(), 'WebAuthn': self.victim.proof(SIGN, index=0, use=HASH, digest=DIGEST)}
    self.assertEqual(self.wallets.op('SignHash', members).status, 200)
    return self.wallets.op('SignHash', members)


row('challenge: spent', replay, 'AUTH_CHALLENGE')


def renamed(self):
    """The nonce of a spent challenge under the name of a new one."""
    ident, nonce = self.victim.begin()
    challenge = self.victim.challenge(nonce, SIGN, index=0, use=HASH, digest=DIGEST)
    for name, status in ((ident, 200), (self.victim.begin()[0], 400)):
        proof = {'ChallengeId': name, 'Credential': self.victim.authenticator.get(challenge)}
        answer = self.wallets.op('SignHash', {**self.victim.where(0), 'Hash': DIGEST.hex(), 'WebAuthn': proof})
        self.assertEqual(answer.status, status, answer)
    return answer


row('challenge: spent, under a new name', renamed, 'AUTH_CHALLENGE')

# --- what was consented to is not what is asked for ------------------------------------------------------------------

NEW, NEWER = Authenticator(), Authenticator()

# Operation of the intent: its items, and the request that they allow.
CONSENTS = {
    SIGN: ({'index': 0, 'use': HASH, 'digest': DIGEST}, 'SignHash', {'DerivationPath': path(0), 'Hash': DIGEST.hex()}),
    ADDRESS: ({'index': 0}, 'DeriveAddress', {'DerivationPath': path(0)}),
    ADD: ({'passkey': NEW.public}, 'AddPasskey', {'PasskeyPublicKey': NEW.public.hex()}),
    REMOVE: ({'passkey': SECOND.public}, 'RemovePasskey', {'PasskeyPublicKey': SECOND.public.hex()}),
    CHANGE: ({'passkey': NEW.public}, 'ChangePasskey', {'PasskeyPublicKey': NEW.public.hex()}),
    DELETE: ({}, 'DeleteKey', {}),
    SCHEDULE: ({'days': 7}, 'DeleteKey', {'PendingWindowInDays': 7}),
    UNFREEZE: ({}, 'UnfreezeKey', {}),
    CANCEL: ({}, 'CancelKeyDeletion', {}),
}
NAMES = {SIGN: 'sign', ADDRESS: 'derive', ADD: 'add', REMOVE: 'remove', CHANGE: 'change', DELETE: 'delete',
         SCHEDULE: 'schedule', UNFREEZE: 'unfreeze', CANCEL: 'cancel'}

for consented, (items, _, _) in CONSENTS.items():
    for asked, (_, route, members) in CONSENTS.items():
        if asked not in (consented, CANCEL):
            # Of these a slow TEE is asked only what would cost the wallet.
            row(f'consent to {NAMES[consented]}, asked to {NAMES[asked]}', misuse(consented, items, route, members),
                ('AUTH_CHALLENGE',) if asked in (SIGN, ADDRESS, REMOVE, SCHEDULE, UNFREEZE) else 'AUTH_CHALLENGE')

SIGNS = CONSENTS[SIGN][0]
row('consent to sign at another index', misuse(SIGN, {**SIGNS, 'index': 1}, *CONSENTS[SIGN][1:]), 'AUTH_CHALLENGE')
row('consent to sign another hash', misuse(SIGN, {**SIGNS, 'digest': OTHER_DIGEST}, *CONSENTS[SIGN][1:]), 'AUTH_CHALLENGE')
row('consent to sign a message, asked for its hash', misuse(SIGN, {**SIGNS, 'use': MESSAGE}, *CONSENTS[SIGN][1:]),
    'AUTH_CHALLENGE')
row('consent to sign a transaction, asked for its hash', misuse(SIGN, {**SIGNS, 'use': TRANSACTION}, *CONSENTS[SIGN][1:]),
    'AUTH_CHALLENGE')
row('consent to a hash, asked for the message', misuse(
    SIGN, {'index': 0, 'use': HASH, 'digest': keccak256(b'')}, 'Sign', {'DerivationPath': path(0), 'Message': '0x'}),
    'AUTH_CHALLENGE')
row('consent to a raw message, asked for EIP-191', misuse(
    SIGN, {'index': 0, 'use': MESSAGE, 'digest': keccak256(b'')}, 'Sign',
    {'DerivationPath': path(0), 'Message': '0x', 'MessageType': 'EIP191'}), 'AUTH_CHALLENGE')
row('consent to EIP-191, asked for a raw message', misuse(
    SIGN, {'index': 0, 'use': MESSAGE_191, 'digest': keccak256(b'')}, 'Sign', {'DerivationPath': path(0), 'Message': '0x'}),
    'AUTH_CHALLENGE')
for name, change in (('value', '0x1'), ('to', NOBODY), ('nonce', 1), ('chainId', 5), ('gas', 21001), ('gasPrice', '0x1'),
                     ('data', '0x00')):
    row(f'consent to a transaction with another {name}', misuse(
        SIGN, {'index': 0, 'use': TRANSACTION, 'digest': transaction_digest(TRANSFER)}, 'Sign',
        {'DerivationPath': path(0), 'Transaction': {**TRANSFER, name: change}}), 'AUTH_CHALLENGE')
row('consent to see another address', misuse(ADDRESS, {'index': 1}, *CONSENTS[ADDRESS][1:]), 'AUTH_CHALLENGE')
row('consent to issue another address', misuse(ADDRESS, {'index': 7000}, 'DeriveAddress', {'DerivationPath': path(7001)}),
    'AUTH_CHALLENGE')
row('consent to delete in 8 days, asked for 7', misuse(SCHEDULE, {'days': 8}, *CONSENTS[SCHEDULE][1:]), 'AUTH_CHALLENGE')
for code, name in ((ADD, 'AddPasskey'), (CHANGE, 'ChangePasskey'), (REMOVE, 'RemovePasskey')):
    row(f'{name}: consent to another passkey', misuse(code, {'passkey': NEWER.public}, *CONSENTS[code][1:]), 'AUTH_CHALLENGE')
for code, name in ((ADD, 'AddPasskey'), (CHANGE, 'ChangePasskey')):
    row(f'{name}: another credential id', misuse(code, {'passkey': NEW.public, 'credential': b'one'}, name,
                                                 {'PasskeyPublicKey': NEW.public.hex(), 'CredentialId': b64u(b'two')}),
        'AUTH_CHALLENGE')
    row(f'{name}: a credential id nobody consented to', misuse(code, {'passkey': NEW.public}, name,
                                                               {'PasskeyPublicKey': NEW.public.hex(), 'CredentialId': b64u(b'two')}),
        'AUTH_CHALLENGE')
    row(f'{name}: the credential id left out', misuse(code, {'passkey': NEW.public, 'credential': b'one'}, *CONSENTS[code][1:]),
        'AUTH_CHALLENGE')


def borrowed(change):
    """SignHash by the victim, with an intent that was changed as a whole."""
    def send(self):
        ident, nonce = self.victim.begin()
        key, rp_id = self.victim.key_id, 'localhost'
        text = change(self, intent(SIGN, key, rp_id, **SIGNS))
        credential = self.victim.authenticator.get(challenge_of_intent(nonce, text))
        return self.wallets.op('SignHash', {**self.victim.where(0), 'Hash': DIGEST.hex(),
                                            'WebAuthn': {'ChallengeId': ident, 'Credential': credential}})
    return send


row('intent: of another wallet', borrowed(lambda self, _: intent(SIGN, self.foreign.key_id, 'localhost', **SIGNS)),
    'AUTH_CHALLENGE')
row('intent: of another RP', borrowed(lambda self, _: intent(SIGN, self.victim.key_id, 'example.org', **SIGNS)), 'AUTH_CHALLENGE')
row('intent: of another account', borrowed(lambda self, text: text.replace(b'\x04\0\x04\0\0\0\0', b'\x04\0\x04\0\0\0\x01')),
    'AUTH_CHALLENGE')
row('intent: of another version', borrowed(lambda self, text: text.replace(b'intent/2', b'intent/1')), 'AUTH_CHALLENGE')
row('intent: with one item more', borrowed(lambda self, text: text + b'\x0a\0\x02\0\x07'), 'AUTH_CHALLENGE')
row('AddPasskey: with the bare nonce', lambda self: self.wallets.op('AddPasskey', {
    'KeyId': self.victim.key_id, 'PasskeyPublicKey': NEW.public.hex(), 'WebAuthn': bare(self.victim)}), 'AUTH_CHALLENGE')
row('RemovePasskey: with the bare nonce', lambda self: self.wallets.op('RemovePasskey', {
    'KeyId': self.victim.key_id, 'PasskeyPublicKey': SECOND.public.hex(), 'WebAuthn': bare(self.victim)}), 'AUTH_CHALLENGE')
row('SignHash: with the bare nonce', lambda self: self.wallets.op('SignHash', {
    **self.victim.where(0), 'Hash': DIGEST.hex(), 'WebAuthn': bare(self.victim)}), 'AUTH_CHALLENGE')
row('Sign: with the bare nonce', lambda self: self.wallets.op('Sign', {
    **self.victim.where(0), 'Transaction': TRANSFER, 'WebAuthn': bare(self.victim)}), 'AUTH_CHALLENGE')
row('a proof for another wallet', lambda self: self.wallets.op('SignHash', {
    **self.foreign.where(0), 'Hash': DIGEST.hex(), 'WebAuthn': self.victim.proof(SIGN, **SIGNS)}), 'AUTH_CHALLENGE')


def bare(owner):
    ident, nonce = owner.begin()
    return {'ChallengeId': ident, 'Credential': owner.authenticator.get(nonce)}

row('RemovePasskey: one that it has not', misuse(REMOVE, {'passkey': NEW.public}, 'RemovePasskey',
                                                 {'PasskeyPublicKey': NEW.public.hex()}), 'NOT_FOUND')
row('AddPasskey: one that it has', lambda self: self.victim.add_passkey(SECOND.public), 'POLICY_DENY')
