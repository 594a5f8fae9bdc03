# SPDX-License-Identifier: Apache-2.0
"""What a client has to know of Ethereum, from its standards: Keccak-256, RLP, addresses, transactions of types 0 to 4.

Slow and plain, so that it can be judged by reading; shares nothing with what it tests.
"""

import re

# --- Keccak-256 (the padding before FIPS 202) ------------------------------------------------------------------------

MASK64 = (1 << 64) - 1
RATE = 136


def _round_constants():
    """FIPS 202, 3.2.5: bits of a linear feedback shift register at the places 2^j - 1."""
    constants, state = [], 1
    for _ in range(24):
        word = 0
        for j in range(7):
            word |= (state & 1) << ((1 << j) - 1)
            state = state << 1 ^ (0x171 if state & 0x80 else 0)
        constants.append(word)
    return constants


def _rotations():
    """FIPS 202, 3.2.2: the offset of each lane, walking x, y = y, 2x + 3y."""
    offsets, x, y = {(0, 0): 0}, 1, 0
    for t in range(24):
        offsets[x, y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets


ROUND_CONSTANTS, ROTATIONS = _round_constants(), _rotations()


def _rotate(word, by):
    return (word << by | word >> (64 - by)) & MASK64


def _permute(a):
    for constant in ROUND_CONSTANTS:
        parity = [a[x, 0] ^ a[x, 1] ^ a[x, 2] ^ a[x, 3] ^ a[x, 4] for x in range(5)]
        mixed = [parity[x - 1] ^ _rotate(parity[(x + 1) % 5], 1) for x in range(5)]
        b = {(y, (2 * x + 3 * y) % 5): _rotate(a[x, y] ^ mixed[x], ROTATIONS[x, y]) for x in range(5) for y in range(5)}
        a = {(x, y): b[x, y] ^ ~b[(x + 1) % 5, y] & MASK64 & b[(x + 2) % 5, y] for x in range(5) for y in range(5)}
        a[0, 0] ^= constant
    return a


def keccak256(data):
    room = -len(data) % RATE or RATE
    padded = bytearray(data) + bytearray(room)
    padded[len(data)] ^= 0x01
    padded[-1] ^= 0x80
    a = {(x, y): 0 for x in range(5) for y in range(5)}
    for at in range(0, len(padded), RATE):
        for lane in range(RATE // 8):
            a[lane % 5, lane // 5] ^= int.from_bytes(padded[at + 8 * lane:at + 8 * lane + 8], 'little')
        a = _permute(a)
    return b''.join(a[lane, 0].to_bytes(8, 'little') for lane in range(4))


# --- secp256k1 (SEC 2) -----------------------------------------------------------------------------------------------

P = 2 ** 256 - 2 ** 32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def _add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, P) % P
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P) % P
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def _multiply(k, point):
    total = None
    for bit in bin(k)[2:]:
        total = _add(total, total)
        if bit == '1':
            total = _add(total, point)
    return total


def _lift(x, odd):
    y = pow(x ** 3 + 7, (P + 1) // 4, P)
    if y * y % P != (x ** 3 + 7) % P:
        raise ValueError('not on the curve')
    return x, y if y % 2 == odd else P - y


def recover(digest, r, s, parity):
    """The public key that signed (SEC 1, 4.1.6), 64 bytes."""
    if not (0 < r < N and 0 < s < N):
        raise ValueError('no signature')
    inverse = pow(r, -1, N)
    left = _multiply(s * inverse % N, _lift(r, parity))
    right = _multiply(-int.from_bytes(digest, 'big') * inverse % N, G)
    x, y = _add(left, right)
    return x.to_bytes(32, 'big') + y.to_bytes(32, 'big')


def compress(key):
    return bytes([2 + key[63] % 2]) + key[:32]


def decompress(key):
    x, y = _lift(int.from_bytes(key[1:], 'big'), key[0] - 2)
    return x.to_bytes(32, 'big') + y.to_bytes(32, 'big')


def address_of(key):
    return '0x' + keccak256(key)[12:].hex()


def recover_address(digest, signature):
    """Of 65 bytes r, s, v."""
    r, s, v = int.from_bytes(signature[:32], 'big'), int.from_bytes(signature[32:64], 'big'), signature[64]
    assert v in (27, 28), v
    assert s <= N // 2, 'high s'
    return address_of(recover(digest, r, s, v - 27))


# --- RLP (yellow paper, appendix B) ----------------------------------------------------------------------------------


def number(value):
    return value.to_bytes((value.bit_length() + 7) // 8, 'big')


def rlp(item):
    if isinstance(item, int):
        item = number(item)
    if isinstance(item, (list, tuple)):
        return _with_length(0xc0, b''.join(map(rlp, item)))
    if len(item) == 1 and item[0] < 0x80:
        return bytes(item)
    return _with_length(0x80, bytes(item))


def _with_length(first, payload):
    if len(payload) < 56:
        return bytes([first + len(payload)]) + payload
    length = number(len(payload))
    return bytes([first + 55 + len(length)]) + length + payload


def unrlp(data):
    item, rest = _take(data)
    assert not rest, 'bytes behind the item'
    return item


def _take(data):
    first = data[0]
    if first < 0x80:
        return data[:1], data[1:]
    short = first - (0xc0 if first >= 0xc0 else 0x80)
    start, length = 1, short
    if short > 55:
        start = 1 + short - 55
        length = int.from_bytes(data[1:start], 'big')
    payload, rest = data[start:start + length], data[start + length:]
    assert len(payload) == length, 'cut off'
    if first < 0xc0:
        return payload, rest
    items = []
    while payload:
        item, payload = _take(payload)
        items.append(item)
    return items, rest


# --- transactions (EIP-155, 2930, 1559, 4844, 7702) ------------------------------------------------------------------


def unhex(text):
    return bytes.fromhex(text[2:] if text.startswith('0x') else text)


def amount(text):
    return int(text, 16) if text.startswith('0x') else int(text, 10)


def fields_of(tx):
    """What is signed, as a list, from the members of a Transaction."""
    kind = tx.get('type', 0)
    access = [[unhex(e['address']), [unhex(k) for k in e['storageKeys']]] for e in tx.get('accessList', [])]
    call = [tx['gas'], unhex(tx['to']), amount(tx['value']), unhex(tx['data'])]
    if kind == 0:
        return [tx['nonce'], amount(tx['gasPrice']), *call]
    if kind == 1:
        return [tx['chainId'], tx['nonce'], amount(tx['gasPrice']), *call, access]
    fields = [tx['chainId'], tx['nonce'], amount(tx['maxPriorityFeePerGas']), amount(tx['maxFeePerGas']), *call, access]
    if kind == 3:
        fields += [amount(tx['maxFeePerBlobGas']), [unhex(h) for h in tx['blobVersionedHashes']]]
    if kind == 4:
        fields.append([[a['chainId'], unhex(a['address']), a['nonce'], a['yParity'], amount(a['r']), amount(a['s'])]
                       for a in tx['authorizationList']])
    return fields


def transaction_digest(tx):
    kind = tx.get('type', 0)
    if kind == 0:
        return keccak256(rlp(fields_of(tx) + [tx['chainId'], b'', b'']))
    return keccak256(bytes([kind]) + rlp(fields_of(tx)))


def check_signed(tx, raw):
    """That raw is exactly tx and a signature. Gives the sender."""
    kind = tx.get('type', 0)
    if kind:
        assert raw[0] == kind, raw[:1]
        raw = raw[1:]
    *fields, v, r, s = unrlp(raw)
    v, r, s = (int.from_bytes(x, 'big') for x in (v, r, s))
    assert rlp(fields) == rlp(fields_of(tx)), 'another transaction than asked for'
    assert rlp([*fields_of(tx), v, r, s]) == raw, 'not canonical'
    assert s <= N // 2, 'high s'
    parity = v if kind else v - 35 - 2 * tx['chainId']
    assert parity in (0, 1), v
    return address_of(recover(transaction_digest(tx), r, s, parity))


# --- messages --------------------------------------------------------------------------------------------------------


def personal(message):
    """EIP-191, version 0x45."""
    return keccak256(b'\x19Ethereum Signed Message:\n' + str(len(message)).encode() + message)


def is_address(text):
    return bool(re.fullmatch(r'0x[0-9a-f]{40}', text))
