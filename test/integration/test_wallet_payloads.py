# SPDX-License-Identifier: Apache-2.0
"""Requests whose body is wrong, though the proof is not: they cost no ceremony, the same assertion is good afterwards."""

import copy

from ethereum import check_signed, keccak256, transaction_digest
from passkey import ADDRESS, HASH, MESSAGE, SIGN, TRANSACTION, path
from wallet_cases import BY_TYPE, DIGEST, NOBODY, TRANSACTIONS, Refusals, misuse

DROP = object()
SIGNS = {'index': 0, 'use': HASH, 'digest': DIGEST}
TRANSFER = TRANSACTIONS[0]['tx']


class Misspelt(Refusals):
    """The rows are added below."""


# --- bodies: the assertion that came along stays good ----------------------------------------------------------------


def spared(name, code, change, route, members, op, **items):
    """change: of the members; then the request as it was meant goes through with the same assertion."""
    def run(self):
        proof = self.victim.proof(op, **items)
        meant = {'KeyId': self.victim.key_id, **members, 'WebAuthn': proof}
        asked = copy.deepcopy(meant)
        change(asked)

        def then(test):
            answer = test.wallets.op(route, meant)
            test.assertEqual(answer.status, 200, answer)
            if 'Transaction' in meant:
                test.assertEqual(check_signed(meant['Transaction'], bytes.fromhex(answer.json['Signature'])),
                                 test.victim.describe()['Address'])
        self.refuse(lambda _: self.wallets.op(route, asked), 400, code, then)
    Misspelt.add(name, run)


def put(**members):
    def change(asked):
        for member, value in members.items():
            if value is DROP:
                del asked[member]
            else:
                asked[member] = value
    return change


def hash_row(name, code, **members):
    spared('SignHash: ' + name, code, put(**members), 'SignHash', {'DerivationPath': path(0), 'Hash': DIGEST.hex()},
           SIGN, **SIGNS)


hash_row('no hash', 'BAD_INPUT', Hash=DROP)
hash_row('a hash of 31 bytes', 'BAD_INPUT', Hash=DIGEST[1:].hex())
hash_row('a hash of 33 bytes', 'BAD_INPUT', Hash=DIGEST.hex() + '00')
hash_row('a hash with an odd digit', 'BAD_INPUT', Hash=DIGEST.hex()[1:])
hash_row('a hash that is no hexadecimal', 'BAD_INPUT', Hash='g' * 64)
hash_row('a hash with 0X', 'BAD_INPUT', Hash='0X' + DIGEST.hex())
hash_row('a hash that is a number', 'SERIALIZATION', Hash=1)
hash_row('an empty hash', 'BAD_INPUT', Hash='')

BAD_PATHS = ("m/44'/60'/0'/0", "m/44'/60'/0'/0/0/0", "44'/60'/0'/0/0", "M/44'/60'/0'/0/0", "m/44/60'/0'/0/0", "m/44'/60'/0'/0/0'",
             "m/44h/60h/0h/0/0", "m/44'/60'/0'/0/01", "m/44'/60'/0'/0/+1", "m/44'/60'/0'/0/-1", "m/44'/60'/0'/0/ 1", "m/44'/60'/0'/0/0x1",
             "m/44'/60'/0'/0/2147483648", "m/44'/60'/0'/0/4294967296", "m/44'/60'/0'/0/10000", "m/44'/60'/0'/1/0", "m/44'/60'/1'/0/0",
             "m/44'/0'/0'/0/0", "m/44'/60'/0'/0/", "m/44'/60'/0'//0", "m", "", "m/44'/60'/0'/0/0\n", "m/44'/60'/0'/0/" + '0' * 60)
for number, text in enumerate(BAD_PATHS):
    hash_row(f'path {number}', 'BAD_INPUT', DerivationPath=text)
for number in (0, 5, 12, 15, 19):
    spared(f'DeriveAddress: path {number}', 'BAD_INPUT', put(DerivationPath=BAD_PATHS[number]), 'DeriveAddress',
           {'DerivationPath': path(0)}, ADDRESS, index=0)
spared('DeriveAddress: no path', 'BAD_INPUT', put(DerivationPath=DROP), 'DeriveAddress', {'DerivationPath': path(0)},
       ADDRESS, index=0)
hash_row('a path that is a number', 'SERIALIZATION', DerivationPath=0)
Misspelt.row('SignHash: an index that was never issued', misuse(SIGN, {**SIGNS, 'index': 8888}, 'SignHash',
                                                       {'DerivationPath': path(8888), 'Hash': DIGEST.hex()}), 'NEED_ISSUE')
hash_row('an unknown address', 'NOT_FOUND', Address=NOBODY)
hash_row('an address that is none', 'NOT_FOUND', Address='vitalik.eth')


def message_row(name, code, **members):
    spared('Sign: ' + name, code, put(**members), 'Sign', {'DerivationPath': path(0), 'Message': '0x1234'},
           SIGN, index=0, use=MESSAGE, digest=keccak256(b'\x12\x34'))


message_row('neither message nor transaction', 'BAD_INPUT', Message=DROP)
message_row('both message and transaction', 'BAD_INPUT', Transaction=TRANSFER)
message_row('a message with an odd digit', 'BAD_INPUT', Message='0x123')
message_row('a message with a bad digit', 'BAD_INPUT', Message='0x12zz')
message_row('a message with two prefixes', 'BAD_INPUT', Message='0x0x12')
message_row('a message whose form must be guessed', 'BAD_INPUT', Message='hello')
message_row('base64 with a blank', 'BAD_INPUT', Message='SGVs bG8=', MessageEncoding='base64')
message_row('base64 without its padding', 'BAD_INPUT', Message='SGVsbG8', MessageEncoding='base64')
message_row('base64 with bits behind', 'BAD_INPUT', Message='SGVsbG9=', MessageEncoding='base64')
message_row('base64 in the other alphabet', 'BAD_INPUT', Message='__-_', MessageEncoding='base64')
message_row('hexadecimal that is none', 'BAD_INPUT', Message='hello', MessageEncoding='hex')
message_row('an unknown form', 'BAD_INPUT', MessageEncoding='rot13')
message_row('a form in capitals', 'BAD_INPUT', MessageEncoding='HEX')
message_row('an unknown type of message', 'BAD_INPUT', MessageType='EIP712')
message_row('the type that AWS has', 'BAD_INPUT', MessageType='DIGEST')
message_row('a message that is a list', 'SERIALIZATION', Message=[1])
message_row('a message too long', 'BAD_INPUT', Message='0x' + '00' * 32768)
message_row('no path', 'BAD_INPUT', DerivationPath=DROP)
message_row('an unknown address', 'NOT_FOUND', Address=NOBODY)


BAD_AMOUNTS = {
    'of nothing': '', 'of a prefix': '0x', 'in hexadecimal without prefix': 'de0b6b3a7640000', 'with an exponent': '1e18',
    'with a fraction': '1.5', 'behind a blank': ' 1', 'with a plus': '+1', 'below zero': '-1', 'with a leading zero': '01',
    'with 0X': '0X1', 'of 2^256 in hexadecimal': '0x1' + '0' * 64, 'of 2^256': str(2 ** 256), 'in other digits': '\u0661',
    'with a unit': '1 ether',
}


def transaction_row(name, code, kind=0, **members):
    tx = BY_TYPE[kind] if kind else TRANSFER
    spared(f'transaction of type {kind}: {name}', code, lambda asked: put(**members)(asked['Transaction']), 'Sign',
           {'DerivationPath': path(0), 'Transaction': tx}, SIGN, index=0, use=TRANSACTION, digest=transaction_digest(tx))


for member in ('chainId', 'nonce', 'to', 'value', 'gasPrice', 'gas', 'data'):
    transaction_row(f'no {member}', 'BAD_INPUT', **{member: DROP})
    transaction_row(f'{member} is null', 'BAD_INPUT', **{member: None})
    transaction_row(f'{member} is a list', 'SERIALIZATION', **{member: []})
for member in ('chainId', 'nonce', 'gas'):
    transaction_row(f'{member} in quotes', 'SERIALIZATION', **{member: '1'})
    transaction_row(f'{member} with a fraction', ('BAD_INPUT', 'SERIALIZATION'), **{member: 1.0})
    transaction_row(f'{member} below zero', 'BAD_INPUT', **{member: -1})
    transaction_row(f'{member} of 2^64', 'BAD_INPUT', **{member: 2 ** 64})
transaction_row('chainId 0', 'BAD_INPUT', chainId=0)
transaction_row('a chainId whose v does not fit', 'BAD_INPUT', chainId=(2 ** 64 - 37) // 2 + 1)
for member in ('value', 'gasPrice'):
    for name, text in BAD_AMOUNTS.items():
        transaction_row(f'{member} {name}', 'BAD_INPUT', **{member: text})
    transaction_row(f'{member} is a number', 'SERIALIZATION', **{member: 1})
for text in ('0x', '0x742d35', '0x742d35Cc6634C0532925a3b844Bc9e7595f2bD1800', '0x742d35Cc6634C0532925a3b844Bc9e7595f2bDzz',
             '0x0x35Cc6634C0532925a3b844Bc9e7595f2bD18', 'vitalik.eth'):
    transaction_row(f'a receiver {text}', 'BAD_INPUT', to=text)
for text in ('0x1', 'zz', '0x0x12'):
    transaction_row(f'the data {text}', 'BAD_INPUT', data=text)
transaction_row('a fee of type 2', 'BAD_INPUT', maxFeePerGas='1')
transaction_row('an access list', 'BAD_INPUT', accessList=[])
transaction_row('an unknown type', 'BAD_INPUT', type=5)
transaction_row('a type in quotes', 'SERIALIZATION', type='0x0')
transaction_row('a gas price', 'BAD_INPUT', 2, gasPrice='1')
transaction_row('no highest fee', 'BAD_INPUT', 2, maxFeePerGas=DROP)
transaction_row('a tip above the fee', 'BAD_INPUT', 2, maxFeePerGas='1', maxPriorityFeePerGas='2')
transaction_row('an access list that is an object', 'SERIALIZATION', 2, accessList={})
transaction_row('an access without keys', 'BAD_INPUT', 1, accessList=[{'address': NOBODY}])
transaction_row('an access to nowhere', 'BAD_INPUT', 1, accessList=[{'address': '0x12', 'storageKeys': []}])
transaction_row('a short storage key', 'BAD_INPUT', 1, accessList=[{'address': NOBODY, 'storageKeys': ['0x12']}])
transaction_row('no blobs', 'BAD_INPUT', 3, blobVersionedHashes=[])
transaction_row('blobs of an unknown version', 'BAD_INPUT', 3, blobVersionedHashes=['0x02' + '55' * 31])
transaction_row('a short blob hash', 'BAD_INPUT', 3, blobVersionedHashes=['0x0155'])
transaction_row('a new contract', 'BAD_INPUT', 3, to='')
transaction_row('no fee for the blobs', 'BAD_INPUT', 3, maxFeePerBlobGas=DROP)
transaction_row('no authorization', 'BAD_INPUT', 4, authorizationList=[])
transaction_row('an authorization without a signature', 'BAD_INPUT', 4,
                authorizationList=[{'chainId': 1, 'address': NOBODY, 'nonce': 0}])
transaction_row('a new contract', 'BAD_INPUT', 4, to='')
