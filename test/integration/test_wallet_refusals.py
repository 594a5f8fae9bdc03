# SPDX-License-Identifier: Apache-2.0
"""What the wallet routes refuse before a proof matters: at the door, of passkeys, of registrations."""

import json

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from harness import JSON11, OwnServerTest, SharedServerTest, b64
from passkey import AT, DELETE, SCHEDULE, TARGETS, UNFREEZE, UP, UV, Authenticator, Owner, WalletClient, b64u, cbor, hex_of, path, unb64u
from wallet_cases import DIGEST, NOBODY, UNKNOWN, Refusals, misuse, post

BODY_MAX = 262144

# Operation: members of a request that would be good but for its proof.
ROUTES = {
    'CreateKey': {'PasskeyPublicKey': '04' + '11' * 64},
    'DescribeKey': {'KeyId': UNKNOWN},
    'ListKeys': {},
    'GetPublicKey': {'KeyId': UNKNOWN},
    'DeriveAddress': {'KeyId': UNKNOWN, 'DerivationPath': path(0)},
    'Sign': {'KeyId': UNKNOWN, 'DerivationPath': path(0), 'Message': '0x'},
    'SignHash': {'KeyId': UNKNOWN, 'Hash': DIGEST.hex()},
    'ChangePasskey': {'KeyId': UNKNOWN, 'PasskeyPublicKey': '04' + '11' * 64},
    'AddPasskey': {'KeyId': UNKNOWN, 'PasskeyPublicKey': '04' + '11' * 64},
    'RemovePasskey': {'KeyId': UNKNOWN, 'PasskeyPublicKey': '04' + '11' * 64},
    'DeleteKey': {'KeyId': UNKNOWN},
    'CancelKeyDeletion': {'KeyId': UNKNOWN},
    'UnfreezeKey': {'KeyId': UNKNOWN},
    'BeginRegistration': {},
    'CompleteRegistration': {'ChallengeId': UNKNOWN, 'Credential': {}},
    'BeginAuthentication': {'KeyId': UNKNOWN},
}
OF_A_WALLET = [name for name, members in ROUTES.items() if 'KeyId' in members]
OF_AN_OWNER = [name for name in OF_A_WALLET if name not in ('DescribeKey', 'GetPublicKey', 'BeginAuthentication')]


class Refused(Refusals):
    """The rows are added below."""


row = Refused.row

# --- the door: every route -------------------------------------------------------------------------------------------

for route, members in ROUTES.items():
    good = json.dumps(members)
    row(f'{route}: no JSON', post(route, 'KeyId=1'), 'SERIALIZATION')
    row(f'{route}: an array', post(route, '[]'), 'SERIALIZATION')
    row(f'{route}: something behind the object', post(route, good + 'x'), 'SERIALIZATION')
    row(f'{route}: cut off', post(route, good[:-1]), 'SERIALIZATION')
    row(f'{route}: a wrong target', post(route, good, {'X-Amz-Target': 'TrentService.Nothing'}), 'UNKNOWN_OPERATION')
    row(f'{route}: GET', lambda self, route=route: self.wallets.get('/' + route), 'METHOD', 405)
    row(f'{route}: too large', post(route, '{"Padding":"%s"}' % ('x' * BODY_MAX)), 'TOO_LARGE', 413)
for route in OF_A_WALLET:
    # Begin*, Describe* and GetPublicKey may be asked by Address, so KeyId is not required there.
    row(f'{route}: an unknown wallet', post(route, json.dumps({**ROUTES[route], 'PasskeyPublicKey': '04' + (
        '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ece'
        'cbb6406837bf51f5')})), 'NOT_FOUND')
    row(f'{route}: no wallet named', post(route, json.dumps({k: v for k, v in ROUTES[route].items() if k != 'KeyId'})),
        'BAD_INPUT')
    row(f'{route}: KeyId is a number', post(route, json.dumps({**ROUTES[route], 'KeyId': 7})), 'SERIALIZATION')
    row(f'{route}: KeyId twice', post(route, '{"KeyId":"%s","KeyId":"%s"}' % (UNKNOWN, UNKNOWN)), 'SERIALIZATION')


def by_victim(name, **extra):
    """As the victim, with nothing that shows the owner's consent."""
    def send(self):
        known = {**ROUTES[name], 'KeyId': self.victim.key_id, **extra}
        if 'PasskeyPublicKey' in known and 'PasskeyPublicKey' not in extra:
            known['PasskeyPublicKey'] = self.foreign.authenticator.public.hex()
        return self.wallets.op(name, known)
    return send


for route in OF_AN_OWNER:
    row(f'{route}: no proof', by_victim(route), 'AUTH_REQUIRED')
    row(f'{route}: proof is null', by_victim(route, WebAuthn=None, Passkey=None), 'AUTH_REQUIRED')
    row(f'{route}: a legacy proof', by_victim(route, Passkey={'AuthenticatorData': '00' * 37, 'ClientDataHash': '00' * 32,
                                                              'Signature': '00' * 64}), 'AUTH_REQUIRED')
    row(f'{route}: an empty proof', by_victim(route, WebAuthn={}), 'BAD_INPUT')
    row(f'{route}: the proof is a string', by_victim(route, WebAuthn='yes'), 'SERIALIZATION')

row('an unknown path', lambda self: self.wallets.request('POST', '/SignAll', '{}'), 'UNKNOWN_PATH', 404)
row('a path behind a route', lambda self: self.wallets.request('POST', '/SignHash/anything', '{}'), 'UNKNOWN_PATH', 404)
row('the purge route', lambda self: self.wallets.request('POST', '/admin/purge-key', '{}'), 'UNKNOWN_PATH', 404)
row('the purge route with a token', lambda self: self.wallets.request(
    'POST', '/admin/purge-key', '{"key_id":"%s"}' % self.victim.key_id, {'Authorization': 'Bearer x'}), 'UNKNOWN_PATH', 404)
row('KeyStatus: unknown', lambda self: self.wallets.status_of(UNKNOWN), 'NOT_FOUND')
row('KeyStatus: in capitals', lambda self: self.wallets.status_of(self.victim.key_id.upper()), 'NOT_FOUND')
row('KeyStatus: no query', lambda self: self.wallets.get('/KeyStatus'), 'BAD_INPUT')
row('KeyStatus: nothing', lambda self: self.wallets.status_of(''), 'BAD_INPUT')
row('KeyStatus: POST', lambda self: self.wallets.request('POST', '/KeyStatus', '{}'), 'METHOD', 405)
row('SignHash: DELETE', lambda self: self.wallets.request('DELETE', '/SignHash'), 'METHOD', 405)
row('SignHash: another target', post('SignHash', json.dumps(ROUTES['SignHash']), {'X-Amz-Target': 'TrentService.Sign'}),
    'UNKNOWN_OPERATION')
row('SignHash: a target in small letters', post('SignHash', json.dumps(ROUTES['SignHash']),
                                                {'X-Amz-Target': 'trentservice.signhash'}), 'UNKNOWN_OPERATION')
row('DescribeKey: a name in capitals', lambda self: self.wallets.op('DescribeKey', {'KeyId': self.victim.key_id.upper()}),
    'NOT_FOUND')
row('DescribeKey: without hyphens', lambda self: self.wallets.op('DescribeKey', {'KeyId': self.victim.key_id.replace('-', '')}),
    'NOT_FOUND')
row('DescribeKey: nothing', post('DescribeKey', '{"KeyId":""}'), 'BAD_INPUT')
row('BeginAuthentication: an unknown address', post('BeginAuthentication', json.dumps({'Address': NOBODY})), 'NOT_FOUND')
row('BeginAuthentication: an address without 0x',
    lambda self: self.wallets.op('BeginAuthentication', {'Address': self.victim.describe()['Address'][2:]}), 'NOT_FOUND')
row('ListKeys: a limit of 0', post('ListKeys', '{"Limit":0}'), 'BAD_INPUT')
row('ListKeys: a limit of 1001', post('ListKeys', '{"Limit":1001}'), 'BAD_INPUT')
row('ListKeys: a limit with a fraction', post('ListKeys', '{"Limit":1.0}'), 'SERIALIZATION')
row('ListKeys: a limit in quotes', post('ListKeys', '{"Limit":"1"}'), 'SERIALIZATION')
row('ListKeys: an invented marker', post('ListKeys', '{"Marker":"AAAA"}'), 'INVALID_MARKER')
row('a body that begins with a mark of its byte order', post('DescribeKey', '\ufeff{"KeyId":"%s"}'.encode() % UNKNOWN.encode()),
    'SERIALIZATION')
row('a body that is no UTF-8', post('DescribeKey', b'{"KeyId":"\xff"}'), 'SERIALIZATION')
row('a body nested too deep', post('DescribeKey', '{"KeyId":"%s","x":%s%s}' % (UNKNOWN, '[' * 500, ']' * 500)), 'SERIALIZATION')

# --- passkeys --------------------------------------------------------------------------------------------------------

ON_CURVE = Authenticator().public
OFF_CURVE = ON_CURVE[:-1] + bytes([ON_CURVE[-1] ^ 1])
BAD_POINTS = {
    'no hexadecimal': 'zz' * 65,
    'an odd digit': ON_CURVE.hex() + '0',
    'too short': ON_CURVE[:-1].hex(),
    'too long': ON_CURVE.hex() + '00',
    'compressed': '02' + ON_CURVE[1:33].hex(),
    'hybrid': '06' + ON_CURVE[1:].hex(),
    'off the curve': OFF_CURVE.hex(),
    'at infinity': '04' + '00' * 64,
    'beyond the field': '04' + 'ff' * 64,
    'empty': '',
    'with 0X': '0X' + ON_CURVE.hex(),
    'with blanks': ' ' + ON_CURVE.hex(),
}
for name, point in BAD_POINTS.items():
    row(f'CreateKey: a passkey {name}', post('CreateKey', json.dumps({'PasskeyPublicKey': point})), 'BAD_INPUT')
for name in ('off the curve', 'at infinity', 'too short', 'compressed', 'no hexadecimal'):
    row(f'ChangePasskey: a passkey {name}', by_victim('ChangePasskey', PasskeyPublicKey=BAD_POINTS[name]), 'BAD_INPUT')
    row(f'AddPasskey: a passkey {name}', by_victim('AddPasskey', PasskeyPublicKey=BAD_POINTS[name]), 'BAD_INPUT')


def create(**more):
    return post('CreateKey', json.dumps({'PasskeyPublicKey': ON_CURVE.hex(), **more}))


row('CreateKey: neither passkey nor the usage of a key', post('CreateKey', '{}'), 'BAD_INPUT')
row('CreateKey: a passkey that is a number', create(PasskeyPublicKey=4), 'SERIALIZATION')
row('CreateKey: a long description', create(Description='x' * 257), 'BAD_INPUT')
row('CreateKey: a description with a zero', create(Description='a\0b'), 'BAD_INPUT')
row('CreateKey: a description that is a list', create(Description=['x']), 'SERIALIZATION')
row('CreateKey: another usage', create(KeyUsage='ENCRYPT_DECRYPT'), 'BAD_INPUT')
row('CreateKey: another curve', create(KeySpec='ECC_NIST_P256'), 'BAD_INPUT')
row('CreateKey: an empty credential', create(CredentialId=''), 'BAD_INPUT')
row('CreateKey: a padded credential', create(CredentialId='AAA='), 'BAD_INPUT')

def window(name, code, value):
    row(f'DeleteKey: {name}', misuse(DELETE, {}, 'DeleteKey', {'PendingWindowInDays': value}), code)


window('in 1 day', 'BAD_INPUT', 1)
window('in 6 days', 'BAD_INPUT', 6)
window('in 31 days', 'BAD_INPUT', 31)
window('in -7 days', 'BAD_INPUT', -7)
window('in a hundred million days', 'BAD_INPUT', 10 ** 8)
window('in half a week', 'SERIALIZATION', 7.0)
window('in seven days in words', 'SERIALIZATION', '7')

# --- registration ----------------------------------------------------------------------------------------------------


def register(change=None, edit_members=None, **wrong):
    def send(self):
        passkey = Authenticator()
        begun = self.wallets.good('BeginRegistration')
        challenge = unb64u(begun['Options']['challenge'])
        credential = passkey.create(challenge, **wrong)
        if change:
            credential['response'].update(change(passkey, challenge))
        members = {'ChallengeId': begun['ChallengeId'], 'Credential': credential}
        if edit_members:
            edit_members(self, members)
        return self.wallets.op('CompleteRegistration', members)
    return send


def attested(change):
    """The attestation object from the authenticator data that a function makes of the good one."""
    def make(passkey, _):
        cose = cbor(passkey.cose_key())
        data = passkey.auth_data(UP | UV | AT, 0, tail=bytes(16) + b'\0\x14' + passkey.credential + cose)
        return {'attestationObject': b64u(change(data, cose))}
    return register(make)


def wrapped(data):
    return cbor({'fmt': 'none', 'attStmt': {}, 'authData': data})


row('registration: of an assertion', register(kind='webauthn.get'), 'AUTH_FORMAT')
row('registration: from elsewhere', register(origin='https://evil.example'), 'AUTH_RP')
row('registration: in a frame of another page', register(crossOrigin=True), 'AUTH_RP')
row('registration: for another RP', register(rp_id='example.org'), 'AUTH_RP')
row('registration: nobody there', register(flags=UV | AT), 'AUTH_FLAGS')
row('registration: no credential', register(flags=UP | UV), 'AUTH_FORMAT')
row('registration: an id of no bytes', register(credential=b''), 'BAD_INPUT')
row('registration: an RSA key', register(cose={1: 3, 3: -257, -1: b'\1' * 256, -2: b'\1\0\1'}), 'AUTH_FORMAT')
row('registration: another algorithm', register(cose={1: 2, 3: -35, -1: 1, -2: ON_CURVE[1:33], -3: ON_CURVE[33:]}), 'AUTH_FORMAT')
row('registration: another curve', register(cose={1: 2, 3: -7, -1: 2, -2: ON_CURVE[1:33], -3: ON_CURVE[33:]}), 'AUTH_FORMAT')
row('registration: a key off the curve', register(cose={1: 2, 3: -7, -1: 1, -2: OFF_CURVE[1:33], -3: OFF_CURVE[33:]}),
    'AUTH_FORMAT')
row('registration: a short coordinate', register(cose={1: 2, 3: -7, -1: 1, -2: ON_CURVE[1:32], -3: ON_CURVE[33:]}), 'AUTH_FORMAT')
row('registration: no y', register(cose={1: 2, 3: -7, -1: 1, -2: ON_CURVE[1:33]}), 'AUTH_FORMAT')
row('registration: another challenge', register(change=lambda passkey, _: {
    'clientDataJSON': b64u(passkey.client_data('webauthn.create', bytes(32)))}), 'AUTH_CHALLENGE')
row('registration: no CBOR', attested(lambda data, _: b'\xff\xff'), 'AUTH_FORMAT')
row('registration: an object of nothing', attested(lambda data, _: cbor({})), 'AUTH_FORMAT')
row('registration: no authenticator data', attested(lambda data, _: cbor({'fmt': 'none', 'attStmt': {}})), 'AUTH_FORMAT')
row('registration: cut off', attested(lambda data, _: wrapped(data)[:-5]), 'AUTH_FORMAT')
row('registration: a byte behind', attested(lambda data, _: wrapped(data) + b'\0'), 'AUTH_FORMAT')
row('registration: a byte behind the key', attested(lambda data, _: wrapped(data + b'\0')), 'AUTH_FORMAT')
row('registration: a credential longer than the data', attested(lambda data, _: wrapped(data[:53] + b'\xff\xff' + data[55:])),
    'AUTH_FORMAT')
row('registration: authenticator data of 36 bytes', attested(lambda data, _: wrapped(data[:36])), 'AUTH_FORMAT')
row('registration: an unknown ceremony', register(edit_members=lambda self, m: m.update(ChallengeId=UNKNOWN)), 'AUTH_CHALLENGE')
row('registration: the ceremony of an assertion',
    register(edit_members=lambda self, m: m.update(ChallengeId=self.victim.begin()[0])), 'AUTH_CHALLENGE')
row('registration: another id than the one attested', register(edit_members=lambda self, m: m['Credential'].update(id='AAAA')),
    'AUTH_FORMAT')
row('registration: no id', register(edit_members=lambda self, m: m['Credential'].pop('id')), 'BAD_INPUT')
row('registration: no response', register(edit_members=lambda self, m: m['Credential'].pop('response')), 'BAD_INPUT')
row('registration: no attestation', register(edit_members=lambda self, m: m['Credential']['response'].pop('attestationObject')),
    'BAD_INPUT')
row('registration: no client data', register(edit_members=lambda self, m: m['Credential']['response'].pop('clientDataJSON')),
    'BAD_INPUT')
row('registration: no credential at all', register(edit_members=lambda self, m: m.pop('Credential')), 'BAD_INPUT')
row('registration: no ceremony', register(edit_members=lambda self, m: m.pop('ChallengeId')), 'BAD_INPUT')


def register_twice(self):
    passkey = Authenticator()
    begun = self.wallets.good('BeginRegistration')
    members = {'ChallengeId': begun['ChallengeId'], 'Credential': passkey.create(unb64u(begun['Options']['challenge']))}
    self.assertEqual(self.wallets.op('CompleteRegistration', members).status, 200)
    return self.wallets.op('CompleteRegistration', members)


row('registration: completed twice', register_twice, 'AUTH_CHALLENGE')
row('BeginRegistration: a long name', post('BeginRegistration', json.dumps({'UserName': 'x' * 65})), 'BAD_INPUT')
row('BeginRegistration: a name that is a number', post('BeginRegistration', '{"UserName":1}'), 'SERIALIZATION')
row('BeginRegistration: a description with a zero', post('BeginRegistration', '{"Description":"a\\u0000"}'), 'BAD_INPUT')
row('BeginRegistration: a long description', post('BeginRegistration', json.dumps({'Description': 'x' * 257})), 'BAD_INPUT')


class OnTheTargets(SharedServerTest):
    """POST / answers the same, and as AWS's clients read it."""

    def test_errors_have_the_members_of_aws(self):
        client = WalletClient(self.server.endpoint, aws=True)
        self.addCleanup(client.close)
        owner = Owner.create(client, Authenticator())
        proof = owner.proof(UNFREEZE)
        rows = (('SignHash', {'KeyId': owner.key_id, 'Hash': DIGEST.hex(), 'WebAuthn': proof}, 'AccessDeniedException'),
                ('SignHash', {'KeyId': owner.key_id, 'Hash': DIGEST.hex()}, 'AccessDeniedException'),
                ('SignHash', {'KeyId': owner.key_id, 'Hash': '12'}, 'ValidationException'),
                ('SignHash', {'KeyId': UNKNOWN, 'Hash': DIGEST.hex()}, 'NotFoundException'),
                ('BeginAuthentication', {'Address': NOBODY}, 'NotFoundException'),
                ('SignEverything', {}, 'UnknownOperationException'))
        for name, members, kind in rows:
            answer = client.op(name, members)
            self.assertIn(answer.status, (400, 404))
            self.assertEqual(answer.code, kind, answer)
            self.assertEqual(answer.headers['Content-Type'], JSON11)
            if kind != 'UnknownOperationException':  # AWS gives it no message
                self.assertEqual(answer.json['error'], answer.json['message'])
        self.assertEqual(owner.sign_hash(DIGEST).status, 200)

    def test_operations_of_aws_see_a_wallet_and_cannot_use_it(self):
        client = WalletClient(self.server.endpoint, aws=True)
        self.addCleanup(client.close)
        owner = Owner.create(client, Authenticator())
        wallet, algorithm = {'KeyId': owner.key_id}, {'SigningAlgorithm': 'ECDSA_SHA_256'}
        self.assertEqual(client.must('DescribeKey', **wallet)['KeyMetadata']['Address'], owner.describe()['Address'])
        self.assertEqual(len(client.public_key(owner.key_id)), 88)
        signed = hex_of(owner.sign_hash(DIGEST).json['Signature'])
        signature = encode_dss_signature(int.from_bytes(signed[:32], 'big'), int.from_bytes(signed[32:64], 'big'))
        checked = client.must('Verify', Message=b64(DIGEST), MessageType='DIGEST', Signature=b64(signature), **wallet, **algorithm)
        self.assertIs(checked['SignatureValid'], True)
        answer = client.call('Sign', Message=b64(DIGEST), MessageType='DIGEST', **wallet, **algorithm)
        self.assertEqual((answer.status, answer.code), (400, 'AccessDeniedException'))
        for operation, days in (('ScheduleKeyDeletion', {'PendingWindowInDays': 7}), ('ScheduleKeyDeletion', {}),
                                ('CancelKeyDeletion', {})):
            self.assert_error(client.call(operation, **wallet, **days), 'AccessDeniedException',
                              f'Passkey authorization required: key {owner.key_id} has a passkey bound')
        proof = owner.proof(SCHEDULE, days=7)
        answer = client.call('ScheduleKeyDeletion', KeyId=client.create()['KeyId'], PendingWindowInDays=7, WebAuthn=proof)
        self.assertEqual((answer.status, answer.code), (400, 'NotFoundException'))


class TheDoor(OwnServerTest):
    def post(self, client, name, headers=None, body=None):
        every = {'Content-Type': 'application/json', **(headers or {})}
        return client.request('POST', '/' + name, json.dumps(ROUTES[name]) if body is None else body, every)

    def serve(self, **env):
        server = self.new_server(env=env).start()
        client = WalletClient(server.endpoint)
        self.addCleanup(client.close)
        return client

    def test_without_an_api_key_nothing_is_served(self):
        client = self.serve(KMS_REQUIRE_API_KEY='1', KMS_API_KEY='kms_' + '12' * 16)
        for name in ROUTES:
            with self.subTest(name):
                for headers, text in (({}, 'Missing API key'), ({'x-api-key': 'kms_' + '00' * 16}, 'Invalid API key'),
                                      ({'x-api-key': ''}, None), ({'x-api-key': 'kms_' + '12' * 16 + ' x'}, 'Invalid API key')):
                    answer = self.post(client, name, headers)
                    self.assertEqual(answer.status, 401, answer)
                    self.assertIn(text or 'API key', answer.json['error'])
        for name in ROUTES:  # the door stands before target and body, and the method before the door
            self.assertEqual(self.post(client, name, {'X-Amz-Target': 'TrentService.Nothing'}, 'x').status, 401)
            self.assertEqual(client.get('/' + name).status, 405)
        self.assertEqual(self.post(client, 'ListKeys', {'x-api-key': 'kms_' + '12' * 16}).status, 200)
        self.assertEqual(client.status_of(UNKNOWN).status, 400, 'open')

    def test_too_many_requests_are_told_when_to_come_again(self):
        client = self.serve(KMS_RATE_LIMIT='3', KMS_API_KEY='kms_' + '12' * 16, KMS_REQUIRE_API_KEY='1')
        key = {'x-api-key': 'kms_' + '12' * 16}
        for _ in range(20):
            self.assertEqual(self.post(client, 'ListKeys').status, 401, 'not counted')
        for _ in range(3):
            self.assertEqual(self.post(client, 'ListKeys', key).status, 200)
        for name in ROUTES:
            answer = self.post(client, name, key)
            self.assertEqual((answer.status, answer.json['code']), (429, 'RATE'), (name, answer))
            self.assertEqual(answer.json['error'], 'Rate limit exceeded: 3 requests/minute')
            self.assertTrue(1 <= int(answer.headers['Retry-After']) <= 60, answer.headers['Retry-After'])

    def test_a_wallet_has_a_limit_whoever_asks(self):
        server = self.new_server(env={'KMS_RATE_LIMIT': '6', 'KMS_REQUIRE_API_KEY': '1'}).start()
        keys = [server.cli('api-key', 'generate', '--label', name).stdout.strip() for name in 'abc']
        first, second, third = (WalletClient(server.endpoint, api_key=key) for key in keys)
        for client in (first, second, third):
            self.addCleanup(client.close)
        busy, quiet = (Owner.create(first, Authenticator()).key_id for _ in range(2))
        for name in ('ListKeys', 'BeginRegistration', 'ListKeys', 'BeginRegistration'):  # they name no wallet
            self.assertEqual(third.op(name, {'KeyId': busy}).status, 200)
        self.assertEqual([first.op('BeginAuthentication', {'KeyId': busy}).status for _ in range(5)], [200] * 4 + [429])
        self.assertEqual([second.op('BeginAuthentication', {'KeyId': busy}).status for _ in range(3)], [200] * 2 + [429])
        self.assertEqual(second.op('BeginAuthentication', {'KeyId': quiet}).status, 200)

    def test_a_wallet_has_one_limit_by_whatever_name(self):
        server = self.new_server(env={'KMS_RATE_LIMIT': '4', 'KMS_REQUIRE_API_KEY': '1'}).start()
        keys = [server.cli('api-key', 'generate', '--label', name).stdout.strip() for name in 'abc']
        first, second, third = (WalletClient(server.endpoint, api_key=key) for key in keys)
        for client in (first, second, third):
            self.addCleanup(client.close)
        owner = Owner.create(first, Authenticator())
        address = owner.describe()['Address']
        names = ({'Address': address}, {'Address': '0x' + address[2:].upper()}, {'KeyId': owner.key_id})
        for name in names:
            self.assertEqual(second.op('BeginAuthentication', name).status, 200)
        for name in names:
            self.assertEqual(third.op('BeginAuthentication', name).status, 429)
        for _ in range(4):  # none of the refused has counted
            self.assertEqual(third.op('ListKeys').status, 200)

    def test_an_address_can_have_a_limit(self):
        client = self.serve(KMS_RATE_LIMIT_ADDRESS='5')
        statuses = [self.post(client, 'ListKeys').status for _ in range(8)]
        self.assertEqual(statuses[:5], [200] * 5)
        self.assertEqual(statuses[-1], 429)

    def test_a_limit_of_0_refuses_everything(self):
        client = self.serve(KMS_RATE_LIMIT='0', KMS_API_KEY='kms_' + '12' * 16, KMS_REQUIRE_API_KEY='1')
        self.assertEqual(self.post(client, 'ListKeys', {'x-api-key': 'kms_' + '12' * 16}).status, 429)


assert set(TARGETS) <= set(ROUTES)
