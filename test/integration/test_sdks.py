# SPDX-License-Identifier: Apache-2.0
"""Unmodified clients of AWS KMS: boto3, awscli and @aws-sdk/client-kms, with nothing set but the endpoint."""

import base64
import json
import os
import re
import subprocess

import botocore.exceptions
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key
from harness import K256, P256, SharedServerTest, aws_env, boto3_kms, digest_of

JS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'js')
AWS = '/usr/bin/aws' if os.path.exists('/usr/bin/aws') else 'aws'
DIGEST = digest_of(b'a tour')


def check_signature(spki, signature, digest):
    load_der_public_key(spki).verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))


class Boto3(SharedServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kms = boto3_kms(cls.server.endpoint)
        cls.addClassCleanup(cls.kms.close)

    def test_create_describe_sign_verify(self):
        for spec in (K256, P256):
            with self.subTest(spec=spec):
                meta = self.kms.create_key(KeyUsage='SIGN_VERIFY', KeySpec=spec, Description='boto3')['KeyMetadata']
                again = self.kms.describe_key(KeyId=meta['Arn'])
                self.assertEqual(again['KeyMetadata'], meta)
                self.assertRegex(again['ResponseMetadata']['RequestId'], r'^[0-9a-f-]{36}$')
                public = self.kms.get_public_key(KeyId=meta['KeyId'])
                self.assertEqual(public['SigningAlgorithms'], ['ECDSA_SHA_256'])
                made = self.kms.sign(KeyId=meta['KeyId'], Message=DIGEST, MessageType='DIGEST', SigningAlgorithm='ECDSA_SHA_256')
                check_signature(public['PublicKey'], made['Signature'], DIGEST)
                self.assertTrue(self.kms.verify(KeyId=meta['KeyId'], Message=DIGEST, MessageType='DIGEST',
                                                Signature=made['Signature'], SigningAlgorithm='ECDSA_SHA_256')['SignatureValid'])

    def test_a_key_is_disabled_and_enabled_again(self):
        key = self.kms.create_key(KeyUsage='SIGN_VERIFY', KeySpec=K256)['KeyMetadata']['KeyId']
        ask = {'KeyId': key, 'Message': DIGEST, 'MessageType': 'DIGEST', 'SigningAlgorithm': 'ECDSA_SHA_256'}
        self.kms.disable_key(KeyId=key)
        self.assertFalse(self.kms.describe_key(KeyId=key)['KeyMetadata']['Enabled'])
        with self.assertRaises(self.kms.exceptions.DisabledException):
            self.kms.sign(**ask)
        self.kms.enable_key(KeyId=key)
        check_signature(self.kms.get_public_key(KeyId=key)['PublicKey'], self.kms.sign(**ask)['Signature'], DIGEST)

    def test_random_bytes(self):
        seen = {self.kms.generate_random(NumberOfBytes=n)['Plaintext'] for n in (16, 32, 1024) for _ in range(3)}
        self.assertEqual(sorted(map(len, seen)), [16] * 3 + [32] * 3 + [1024] * 3)
        with self.assertRaises(self.kms.exceptions.UnsupportedOperationException):
            self.kms.generate_random(NumberOfBytes=32, CustomKeyStoreId='cks-1234567890abcdef0')

    def test_a_deletion_is_scheduled_and_cancelled(self):
        key = self.kms.create_key(KeyUsage='SIGN_VERIFY', KeySpec=P256)['KeyMetadata']
        told = self.kms.schedule_key_deletion(KeyId=key['KeyId'], PendingWindowInDays=7)
        self.assertEqual((told['KeyId'], told['KeyState'], told['PendingWindowInDays']), (key['Arn'], 'PendingDeletion', 7))
        shown = self.kms.describe_key(KeyId=key['KeyId'])['KeyMetadata']
        self.assertEqual((shown['KeyState'], shown['Enabled'], shown['DeletionDate']),
                         ('PendingDeletion', False, told['DeletionDate']))
        with self.assertRaises(self.kms.exceptions.KMSInvalidStateException):
            self.kms.get_public_key(KeyId=key['KeyId'])
        self.assertEqual(self.kms.cancel_key_deletion(KeyId=key['KeyId'])['KeyId'], key['Arn'])
        self.assertEqual(self.kms.describe_key(KeyId=key['KeyId'])['KeyMetadata']['KeyState'], 'Disabled')

    def test_errors_arrive_as_the_exceptions_of_the_sdk(self):
        key = self.kms.create_key(KeyUsage='SIGN_VERIFY', KeySpec=K256)['KeyMetadata']['KeyId']
        with self.assertRaises(self.kms.exceptions.NotFoundException):
            self.kms.describe_key(KeyId='00000000-0000-4000-8000-000000000000')
        with self.assertRaises(self.kms.exceptions.KMSInvalidSignatureException):
            self.kms.verify(KeyId=key, Message=DIGEST, MessageType='DIGEST', Signature=b'\0' * 70, SigningAlgorithm='ECDSA_SHA_256')
        with self.assertRaises(self.kms.exceptions.InvalidKeyUsageException):
            self.kms.sign(KeyId=key, Message=b'm', SigningAlgorithm='ECDSA_SHA_512')
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            self.kms.create_key(KeySpec='NO_SPEC')
        self.assertEqual(caught.exception.response['Error']['Code'], 'ValidationException')

    def test_the_paginator_finds_every_key_once(self):
        mine = {self.kms.create_key(KeyUsage='SIGN_VERIFY', KeySpec=K256)['KeyMetadata']['KeyId'] for _ in range(5)}
        pages = self.kms.get_paginator('list_keys').paginate(PaginationConfig={'PageSize': 3})
        found = [k['KeyId'] for page in pages for k in page['Keys']]
        self.assertEqual(len(found), len(set(found)))
        self.assertLessEqual(mine, set(found))


class AwsCli(SharedServerTest):
    def aws(self, *args, status=0):
        env = aws_env(self.server.endpoint)
        done = subprocess.run([AWS, '--endpoint-url', self.server.endpoint, '--output', 'json', 'kms', *args], env=env,
                              text=True, timeout=120, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout) if status == 0 and done.stdout.strip() else done.stderr

    def test_the_tour_of_the_readme(self):
        meta = self.aws('create-key', '--key-usage', 'SIGN_VERIFY', '--key-spec', K256)['KeyMetadata']
        key = ('--key-id', meta['KeyId'])
        self.assertEqual(self.aws('describe-key', *key)['KeyMetadata']['Arn'], meta['Arn'])
        listed = self.aws('list-keys', '--page-size', '10')['Keys']
        self.assertIn(meta['KeyId'], [k['KeyId'] for k in listed])
        spki = base64.b64decode(self.aws('get-public-key', *key)['PublicKey'])
        message = ('--message-type', 'DIGEST', '--message', base64.b64encode(DIGEST).decode(),
                   '--signing-algorithm', 'ECDSA_SHA_256')
        signature = self.aws('sign', *key, *message)['Signature']
        check_signature(spki, base64.b64decode(signature), DIGEST)
        self.assertIs(self.aws('verify', *key, *message, '--signature', signature)['SignatureValid'], True)

    def test_random_bytes(self):
        self.assertEqual(len(base64.b64decode(self.aws('generate-random', '--number-of-bytes', '32')['Plaintext'])), 32)

    def test_the_states_of_a_key(self):
        meta = self.aws('create-key', '--key-usage', 'SIGN_VERIFY', '--key-spec', K256)['KeyMetadata']
        key = ('--key-id', meta['KeyId'])
        self.aws('disable-key', *key)
        told = self.aws('schedule-key-deletion', *key)
        self.assertEqual((told['KeyId'], told['KeyState'], told['PendingWindowInDays']), (meta['Arn'], 'PendingDeletion', 30))
        self.assertIn('KMSInvalidStateException', self.aws('enable-key', *key, status=254))
        self.assertEqual(self.aws('cancel-key-deletion', *key)['KeyId'], meta['Arn'])
        self.aws('enable-key', *key)
        self.assertEqual(self.aws('describe-key', *key)['KeyMetadata']['KeyState'], 'Enabled')

    def test_errors_are_told(self):
        text = self.aws('describe-key', '--key-id', '00000000-0000-4000-8000-000000000000', status=254)
        self.assertRegex(text, r'An error occurred \(NotFoundException\) when calling the DescribeKey operation.*: Key ')


def npm_install():
    """Once per change of the lock file."""
    lock, done = os.path.join(JS, 'package-lock.json'), os.path.join(JS, 'node_modules', '.installed')
    if not os.path.exists(done) or os.path.getmtime(done) < os.path.getmtime(lock):
        made = subprocess.run(['npm', 'ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], cwd=JS,
                              text=True, timeout=600, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        if made.returncode:
            raise AssertionError(f'npm ci failed:\n{made.stdout}')
        with open(done, 'w', encoding='utf-8'):
            pass


class JavaScript(SharedServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        npm_install()
        done = subprocess.run(['node', 'tour.mjs', cls.server.endpoint], cwd=JS, env=aws_env(cls.server.endpoint), text=True,
                              timeout=120, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        cls.output = done.stdout
        cls.lines = dict(reversed(m) for m in re.findall(r'^(ok|not ok) - (.*)$', done.stdout, re.M))

    def step(self, name):
        self.assertEqual(self.lines.get(name), 'ok', self.output)

    def test_create_describe_list(self):
        self.step('creates, describes and lists')

    def test_sign_and_verify(self):
        self.step('signs and verifies')

    def test_errors_are_exceptions_of_the_sdk(self):
        self.step('errors are exceptions of the SDK')

    def test_the_address_is_recovered_from_the_signature(self):
        self.step('ethers recovers the address of the public key')

    def test_a_transaction_signed_here_is_valid(self):
        self.step('a transaction signed through KMS has this sender')

    def test_viem_agrees(self):
        self.step('viem recovers the same address')
