# SPDX-License-Identifier: Apache-2.0
"""The signatures as another library sees them, which has only the public key."""

import base64

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key
from harness import K256, K256_ORDER, P256, P256_ORDER, SharedServerTest, b64, digest_of

PREHASHED = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
CURVES = ((K256, ec.SECP256K1, K256_ORDER), (P256, ec.SECP256R1, P256_ORDER))


class IndependentVerification(SharedServerTest):
    def new_key(self, spec):
        key_id = self.client.create(spec)['KeyId']
        return key_id, load_der_public_key(self.client.public_key(key_id))

    def test_signatures_verify_from_the_public_key_alone(self):
        for spec, curve, _ in CURVES:
            key_id, public = self.new_key(spec)
            self.assertIsInstance(public.curve, curve)
            for i in range(8):
                digest = digest_of(b'%d' % i)
                signature = self.client.sign(key_id, digest)
                public.verify(signature, digest, PREHASHED)
                with self.assertRaises(InvalidSignature):
                    public.verify(signature, digest_of(b'other'), PREHASHED)

    def test_a_raw_message_is_hashed_with_sha256(self):
        for spec, _, _ in CURVES:
            key_id, public = self.new_key(spec)
            for message in (b'a', b'hello' * 100, b'm' * 4096):
                for params in ({}, {'MessageType': 'RAW'}):
                    answer = self.client.must('Sign', KeyId=key_id, Message=b64(message), SigningAlgorithm='ECDSA_SHA_256',
                                              **params)
                    signature = base64.b64decode(answer['Signature'])
                    public.verify(signature, message, ec.ECDSA(hashes.SHA256()))

    def test_every_32_byte_digest_can_be_signed(self):
        for spec, _, order in CURVES:
            key_id, public = self.new_key(spec)
            for number in (0, 1, order - 1, order, order + 1, 2 ** 256 - 1):
                with self.subTest(spec=spec, number=hex(number)):
                    digest = number.to_bytes(32, 'big')
                    signature = self.client.sign(key_id, digest)
                    public.verify(signature, digest, PREHASHED)
                    self.assertTrue(self.verify(key_id, digest, signature))

    def verify(self, key_id, digest, signature):
        answer = self.client.call('Verify', KeyId=key_id, Message=b64(digest), MessageType='DIGEST',
                                  Signature=b64(signature), SigningAlgorithm='ECDSA_SHA_256')
        return answer.status == 200 and answer.json['SignatureValid'] is True

    def test_s_is_low_and_verify_takes_both_halves(self):
        for spec, _, order in CURVES:
            key_id, _ = self.new_key(spec)
            for i in range(8):
                digest = digest_of(b'%d' % i)
                signature = self.client.sign(key_id, digest)
                r, s = utils.decode_dss_signature(signature)
                self.assertLessEqual(s, order // 2)
                self.assertEqual(utils.encode_dss_signature(r, s), signature, 'minimal DER')
                self.assertLessEqual(len(signature), 72)
                self.assertTrue(self.verify(key_id, digest, signature))
                self.assertTrue(self.verify(key_id, digest, utils.encode_dss_signature(r, order - s)))
                self.assertFalse(self.verify(key_id, digest, utils.encode_dss_signature(r, s + order)))

    def test_keys_differ(self):
        publics = {self.client.public_key(self.client.create(spec)['KeyId']) for spec in (K256, P256) for _ in range(8)}
        self.assertEqual(len(publics), 16)
