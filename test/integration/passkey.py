# SPDX-License-Identifier: Apache-2.0
"""A software authenticator and a client of the wallet routes, as their owner's phone and browser would be.

Written from the description of the HTTP interface and docs/passkeys.md; it shares no code with what it tests.
"""

import base64
import json
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from ethereum import keccak256, personal, transaction_digest, unhex
from harness import JSON11, Client, digest_of

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
FIRST = "m/44'/60'/0'/0/0"

# Operations and uses, as an intent names them.
DELETE, ADD, REMOVE, CHANGE, UNFREEZE, SCHEDULE, CANCEL, SIGN, ADDRESS = 2, 8, 9, 10, 12, 13, 14, 0x20, 0x25
HASH, MESSAGE, MESSAGE_191, TRANSACTION = 1, 2, 3, 4


def path(index, account=0):
    return f"m/44'/60'/0'/{account}/{index}"


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64u(text):
    assert not set(text) & set('+/='), text
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


# --- challenges ------------------------------------------------------------------------------------------------------


def intent(op, key_id, rp_id, *, index=None, use=None, digest=None, passkey=None, credential=None, days=None):
    """What the gesture allows, as bytes."""
    signs = op in (SIGN, ADDRESS)
    items = [
        (1, bytes([op])),
        (2, uuid.UUID(key_id).bytes),
        (3, digest_of(rp_id.encode())),
        (4, bytes(4) if signs else None),
        (5, (index or 0).to_bytes(4, 'big') if signs else None),
        (6, bytes([use]) if use else None),
        (7, digest),
        (8, passkey[1:] if passkey else None),
        (9, digest_of(credential) if credential else None),
        (10, days.to_bytes(2, 'big') if days else None),
    ]
    return b'teekms/intent/2' + b''.join(bytes([tag]) + len(value).to_bytes(2, 'big') + value
                                         for tag, value in items if value is not None)


def challenge_of_intent(nonce, text):
    return digest_of(b'teekms/chal/2' + nonce + digest_of(text))


def commitment(nonce, digest):
    """What the clients of binding level 1 send for a signature."""
    return digest_of(nonce + digest)


# --- the authenticator -----------------------------------------------------------------------------------------------


def cbor(item):
    """The canonical form of what WebAuthn has: integers, bytes, texts and maps."""
    if isinstance(item, int):
        return _cbor_head(0, item) if item >= 0 else _cbor_head(1, -1 - item)
    if isinstance(item, (bytes, bytearray)):
        return _cbor_head(2, len(item)) + item
    if isinstance(item, str):
        return _cbor_head(3, len(item.encode())) + item.encode()
    return _cbor_head(5, len(item)) + b''.join(cbor(k) + cbor(v) for k, v in item.items())


def _cbor_head(major, value):
    for size, code in ((1, 24), (2, 25), (4, 26)):
        if value < 24:
            return bytes([major << 5 | value])
        if value < 1 << 8 * size:
            return bytes([major << 5 | code]) + value.to_bytes(size, 'big')
    raise ValueError(value)


class Authenticator:
    """One passkey. Every member of what it makes can be overridden, to make it wrong."""

    def __init__(self, rp_id='localhost', origin='http://localhost:3000', counter=0, step=1):
        self.rp_id, self.origin = rp_id, origin
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.credential = digest_of(self.public)[:20]
        self.counter, self.step = counter, step

    @property
    def public(self):
        numbers = self.private.public_key().public_numbers()
        return b'\x04' + numbers.x.to_bytes(32, 'big') + numbers.y.to_bytes(32, 'big')

    def client_data(self, kind, challenge, origin=None, **more):
        """Compact, in the order of browsers."""
        members = {'type': kind, 'challenge': b64u(challenge), 'origin': origin or self.origin, **more}
        return json.dumps(members, separators=(',', ':')).encode()

    def auth_data(self, flags, counter, rp_id=None, tail=b''):
        return digest_of((rp_id or self.rp_id).encode()) + bytes([flags]) + counter.to_bytes(4, 'big') + tail

    def cose_key(self):
        return {1: 2, 3: -7, -1: 1, -2: self.public[1:33], -3: self.public[33:]}

    def create(self, challenge, *, flags=UP | UV | AT, counter=0, rp_id=None, cose=None, credential=None, kind='webauthn.create',
               client_data=None, attestation=None, **more):
        """The answer of navigator.credentials.create(), attestation "none"."""
        ident = self.credential if credential is None else credential
        tail = bytes(16) + len(ident).to_bytes(2, 'big') + ident + cbor(cose or self.cose_key())
        data = self.auth_data(flags, counter, rp_id, tail)
        response = {
            'clientDataJSON': b64u(client_data or self.client_data(kind, challenge, **more)),
            'attestationObject': b64u(attestation or cbor({'fmt': 'none', 'attStmt': {}, 'authData': data})),
            'transports': ['internal'],
        }
        return {'id': b64u(ident), 'rawId': b64u(ident), 'type': 'public-key', 'response': response,
                'authenticatorAttachment': 'platform', 'clientExtensionResults': {}}

    def get(self, challenge, *, flags=UP | UV, counter=None, rp_id=None, tail=b'', credential=None, kind='webauthn.get',
            client_data=None, signature=None, **more):
        """The answer of navigator.credentials.get()."""
        if counter is None:
            self.counter += self.step
            counter = self.counter
        data = self.auth_data(flags, counter, rp_id, tail)
        client_data = client_data or self.client_data(kind, challenge, **more)
        signature = signature or self.private.sign(data + digest_of(client_data), ec.ECDSA(hashes.SHA256()))
        ident = self.credential if credential is None else credential
        response = {'clientDataJSON': b64u(client_data), 'authenticatorData': b64u(data), 'signature': b64u(signature),
                    'userHandle': b64u(b'owner')}
        return {'id': b64u(ident), 'rawId': b64u(ident), 'type': 'public-key', 'response': response,
                'clientExtensionResults': {}}


# --- the client ------------------------------------------------------------------------------------------------------

# What the public SDK sends as X-Amz-Target, and with which type (K1, K3).
TARGETS = {name: 'TrentService.' + name for name in ('CreateKey', 'DescribeKey', 'ListKeys', 'GetPublicKey', 'DeriveAddress',
                                                     'Sign', 'SignHash', 'ChangePasskey')}
TARGETS['DeleteKey'] = 'TrentService.ScheduleKeyDeletion'
PLAIN_TYPE = ('ChangePasskey', 'UnfreezeKey')


class WalletClient(Client):
    """Speaks as the SDK does on the path routes; with aws=True, on POST / by target."""

    def __init__(self, endpoint, timeout=30, api_key=None, aws=False):
        super().__init__(endpoint, timeout)
        self.aws = aws
        if api_key:
            self.headers['x-api-key'] = api_key

    def op(self, name, members=None, headers=None, body=None):
        body = json.dumps(members or {}) if body is None else body
        if self.aws:
            return self.raw('TrentService.' + name, body, headers)
        every = {'Content-Type': JSON11 if name in TARGETS and name not in PLAIN_TYPE else 'application/json'}
        if name in TARGETS:
            every['X-Amz-Target'] = TARGETS[name]
        return self.request('POST', '/' + name, body, {**every, **(headers or {})})

    def good(self, name, members=None, headers=None):
        answer = self.op(name, members, headers)
        assert answer.status == 200, f'{name}: {answer}'
        return answer.json

    def status_of(self, key_id):
        return self.get('/KeyStatus?KeyId=' + key_id)


class Owner:
    """A wallet with the passkey that it obeys. style: 'intent', or 'reference' for what the SDK sends at level 1."""

    def __init__(self, client, authenticator, key_id, style='intent'):
        self.client, self.authenticator, self.key_id, self.style = client, authenticator, key_id, style

    @classmethod
    def create(cls, client, authenticator, style='intent', **more):
        """CreateKey with a passkey that exists already."""
        made = client.good('CreateKey', {'Description': 'a wallet', 'KeyUsage': 'SIGN_VERIFY', 'KeySpec': 'ECC_SECG_P256K1',
                                         'Origin': 'EXTERNAL_KMS', 'PasskeyPublicKey': '0x' + authenticator.public.hex(), **more})
        owner = cls(client, authenticator, made['KeyMetadata']['KeyId'], style)
        owner.created = made
        return owner

    @classmethod
    def register(cls, client, authenticator, style='intent', flags=UP | UV | AT, begin=None, **more):
        """The ceremony."""
        begun = client.good('BeginRegistration', begin)
        credential = authenticator.create(unb64u(begun['Options']['challenge']), flags=flags, **more)
        made = client.good('CompleteRegistration', {'ChallengeId': begun['ChallengeId'], 'Credential': credential})
        owner = cls(client, authenticator, made['KeyId'], style)
        owner.created, owner.options = made, begun['Options']
        return owner

    def begin(self):
        begun = self.client.good('BeginAuthentication', {'KeyId': self.key_id})
        return begun['ChallengeId'], unb64u(begun['Options']['challenge'])

    def challenge(self, nonce, op, **items):
        """What the gesture is about, in this owner's style."""
        if self.style == 'intent' or op in (ADD, REMOVE, CANCEL):
            return challenge_of_intent(nonce, intent(op, self.key_id, self.authenticator.rp_id, **items))
        return commitment(nonce, items['digest']) if op == SIGN else nonce

    def proof(self, op, /, wrong=None, by=None, **items):
        """The WebAuthn member for one operation. wrong: members of the assertion that are to be wrong."""
        ident, nonce = self.begin()
        credential = (by or self.authenticator).get(self.challenge(nonce, op, **items), **(wrong or {}))
        return {'ChallengeId': ident, 'Credential': credential}

    def where(self, index):
        return {'KeyId': self.key_id, 'DerivationPath': path(index)}

    # The operations. extra: members of the request, over what is right.

    def derive(self, index=0, **extra):
        return self.client.op('DeriveAddress', {**self.where(index), 'WebAuthn': self.proof(ADDRESS, index=index), **extra})

    def sign_hash(self, digest, index=0, **extra):
        proof = self.proof(SIGN, index=index, use=HASH, digest=digest)
        return self.client.op('SignHash', {**self.where(index), 'Hash': '0x' + digest.hex(), 'WebAuthn': proof, **extra})

    def sign_message(self, members, message, index=0, eip191=False):
        """members: how the request says it; message: the bytes that are meant."""
        digest = personal(message) if eip191 else keccak256(message)
        proof = self.proof(SIGN, index=index, use=MESSAGE_191 if eip191 else MESSAGE, digest=digest)
        if eip191:
            members = {**members, 'MessageType': 'EIP191'}
        return self.client.op('Sign', {**self.where(index), **members, 'WebAuthn': proof}), digest

    def sign_transaction(self, tx, index=0, **extra):
        proof = self.proof(SIGN, index=index, use=TRANSACTION, digest=transaction_digest(tx))
        return self.client.op('Sign', {**self.where(index), 'Transaction': tx, 'WebAuthn': proof, **extra})

    def _passkey(self, name, op, public, credential, **extra):
        members = {'KeyId': self.key_id, 'PasskeyPublicKey': '0x' + public.hex()}
        if credential:
            members['CredentialId'] = b64u(credential)
        proof = self.proof(op, passkey=public, credential=credential, **extra)
        return self.client.op(name, {**members, 'WebAuthn': proof})

    def change_passkey(self, public, credential=None, **extra):
        return self._passkey('ChangePasskey', CHANGE, public, credential, **extra)

    def add_passkey(self, public, credential=None, **extra):
        return self._passkey('AddPasskey', ADD, public, credential, **extra)

    def remove_passkey(self, public, **extra):
        return self._passkey('RemovePasskey', REMOVE, public, None, **extra)

    def unfreeze(self, **extra):
        return self.client.op('UnfreezeKey', {'KeyId': self.key_id, 'WebAuthn': self.proof(UNFREEZE), **extra})

    def delete(self, days=None, **extra):
        members = {'KeyId': self.key_id, 'WebAuthn': self.proof(SCHEDULE, days=days) if days else self.proof(DELETE)}
        if days is not None:
            members['PendingWindowInDays'] = days
        return self.client.op('DeleteKey', {**members, **extra})

    def cancel_deletion(self, **extra):
        return self.client.op('CancelKeyDeletion', {'KeyId': self.key_id, 'WebAuthn': self.proof(CANCEL), **extra})

    # What is seen of it.

    def describe(self):
        return self.client.good('DescribeKey', {'KeyId': self.key_id})['KeyMetadata']

    def look(self):
        """All that a refused request must not change."""
        seen = dict(self.describe())
        status = self.client.status_of(self.key_id)
        return seen, status.status, status.json


def hex_of(text):
    """A signature of the path routes: hexadecimal without 0x (K2)."""
    assert not text.startswith('0x'), text
    return unhex(text)
