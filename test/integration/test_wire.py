# SPDX-License-Identifier: Apache-2.0
"""AWS JSON 1.1 byte by byte: what SDKs rely on without saying so."""

import email.utils
import json
import re
import time

from harness import JSON11, K256, P256, REGION, SharedServerTest, b64, digest_of

UUID = r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
ARN = re.compile(rf'^arn:aws:kms:{REGION}:\d{{12}}:key/({UUID})$')
ABSENT = '00000000-0000-4000-8000-000000000000'
ECDSA = 'ECDSA_SHA_256'


def one_error(text):
    return re.compile(r'^1 validation errors? detected: ' + re.escape(text))


class Envelope(SharedServerTest):
    def test_a_success_has_the_headers_of_aws(self):
        answer = self.client.call('ListKeys')
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers['Content-Type'], JSON11)
        self.assertEqual(int(answer.headers['Content-Length']), len(answer.body))
        self.assertRegex(answer.headers['x-amzn-RequestId'], rf'^{UUID}$')
        self.assertIn('no-store', answer.headers['Cache-Control'])
        self.assertNotIn('x-amz-crc32', answer.headers)
        self.assertNotIn('Content-Encoding', answer.headers)

    def test_each_answer_has_a_request_id_of_its_own(self):
        ids = [self.client.call('ListKeys').headers['x-amzn-RequestId'] for _ in range(5)]
        ids += [self.client.call('Sign').headers['x-amzn-RequestId'] for _ in range(5)]
        self.assertEqual(len(set(ids)), 10)

    def test_the_date_is_now_so_that_sdks_can_set_their_clock(self):
        date = email.utils.parsedate_to_datetime(self.client.call('ListKeys').headers['Date'])
        self.assertLess(abs(date.timestamp() - time.time()), 5)

    def test_the_target_header_may_be_spelt_in_any_case(self):
        answer = self.client.request('POST', '/', '{}', {'x-aMz-tArGeT': 'TrentService.ListKeys', 'Content-Type': JSON11})
        self.assertEqual(answer.status, 200)

    def test_an_empty_body_is_an_empty_object(self):
        self.assertEqual(self.client.raw('TrentService.ListKeys', '').status, 200)

    def test_a_missing_or_unknown_target_is_an_unknown_operation(self):
        for target in (None, '', 'ListKeys', 'TrentService.', 'TrentService.NoSuchThing', 'Other.ListKeys'):
            with self.subTest(target=target):
                self.assert_error(self.client.raw(target, '{}'), 'UnknownOperationException', False)

    def test_unknown_members_are_ignored(self):
        self.assertEqual(self.client.call('ListKeys', FutureMember={'a': [1, None, 'x']}).status, 200)

    def test_null_members_count_as_absent(self):
        self.assertEqual(self.client.call('ListKeys', Limit=None, Marker=None).status, 200)
        self.assert_error(self.client.call('DescribeKey', KeyId=None), 'ValidationException',
                          one_error("Value null at 'keyId' failed to satisfy constraint: Member must not be null"))

    def test_what_is_no_json_object_is_a_serialization_error(self):
        for body in ('{', '[]', '"x"', '1', 'null', '{"Limit":1}{}', '{"Limit":01}', '{"Limit":1,}', "{'Limit':1}",
                     '{"Limit":NaN}', '\ufeff{}', '{"KeyId":"\\ud800"}', '{"a":' * 200 + '1' + '}' * 200):
            with self.subTest(body=body[:30]):
                self.assert_error(self.client.raw('TrentService.ListKeys', body.encode()), 'SerializationException')

    def test_bytes_that_are_no_utf8_are_a_serialization_error(self):
        self.assert_error(self.client.raw('TrentService.ListKeys', b'{"Marker":"\xff"}'), 'SerializationException')

    def test_a_wrong_json_type_is_a_serialization_error(self):
        for op, params in (('ListKeys', {'Limit': '5'}), ('ListKeys', {'Limit': 1.5}), ('ListKeys', {'Limit': True}),
                           ('DescribeKey', {'KeyId': 5}), ('DescribeKey', {'KeyId': ['a']}),
                           ('CreateKey', {'MultiRegion': 'false'}), ('CreateKey', {'Tags': {}}),
                           ('Sign', {'KeyId': ABSENT, 'Message': 7, 'SigningAlgorithm': ECDSA}),
                           ('Sign', {'KeyId': ABSENT, 'Message': '*', 'SigningAlgorithm': ECDSA}),
                           ('Sign', {'KeyId': ABSENT, 'Message': 'YQ', 'SigningAlgorithm': ECDSA})):
            with self.subTest(op=op, params=params):
                self.assert_error(self.client.call(op, **params), 'SerializationException')

    def test_escapes_are_understood_in_both_directions(self):
        text = 'Schlüssel "\\/\b\f\n\r\t" \U0001f511'
        body = '{"KeyUsage":"SIGN_VERIFY","KeySpec":"%s","Description":%s}'
        for ascii_only in (True, False):
            with self.subTest(ascii_only=ascii_only):
                answer = self.client.raw('TrentService.CreateKey',
                                         (body % (K256, json.dumps(text, ensure_ascii=ascii_only))).encode())
                self.assertEqual(answer.status, 200, answer)
                self.assertEqual(answer.json['KeyMetadata']['Description'], text)

    def test_null_never_appears_in_an_answer(self):
        key = self.client.create()
        for answer in (self.client.call('DescribeKey', KeyId=key['KeyId']), self.client.call('ListKeys', Limit=1),
                       self.client.call('GetPublicKey', KeyId=key['KeyId'])):
            self.assertNotIn(b'null', answer.body)


class Keys(SharedServerTest):
    def test_a_new_key_has_the_whole_metadata(self):
        for spec in (K256, P256):
            with self.subTest(spec=spec):
                meta = self.client.create(spec, Description='paid by us')
                arn = ARN.match(meta['Arn'])
                self.assertTrue(arn, meta['Arn'])
                self.assertEqual(meta['KeyId'], arn.group(1))
                self.assertIn(f':{meta["AWSAccountId"]}:', meta['Arn'])
                self.assertIsInstance(meta['CreationDate'], (int, float))
                self.assertLess(abs(meta['CreationDate'] - time.time()), 60)
                wanted = {'Enabled': True, 'Description': 'paid by us', 'KeyUsage': 'SIGN_VERIFY', 'KeyState': 'Enabled',
                          'Origin': 'AWS_KMS', 'KeyManager': 'CUSTOMER', 'CustomerMasterKeySpec': spec, 'KeySpec': spec,
                          'MultiRegion': False, 'SigningAlgorithms': [ECDSA]}
                self.assertEqual({k: meta.get(k) for k in wanted}, wanted)
                extra = set(meta) - set(wanted) - {'KeyId', 'Arn', 'AWSAccountId', 'CreationDate'}
                self.assertEqual(extra, set())
                self.assertEqual(self.client.must('DescribeKey', KeyId=meta['Arn'])['KeyMetadata'], meta)

    def test_description_is_empty_and_never_absent(self):
        self.assertEqual(self.client.create()['Description'], '')

    def test_the_old_name_of_key_spec_is_accepted(self):
        meta = self.client.must('CreateKey', KeyUsage='SIGN_VERIFY', CustomerMasterKeySpec=K256)['KeyMetadata']
        self.assertEqual(meta['KeySpec'], K256)

    def test_usage_must_be_given_and_fit(self):
        self.assert_error(self.client.call('CreateKey', KeySpec=K256), 'ValidationException',
                          'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.')
        self.assert_error(self.client.call('CreateKey', KeySpec=K256, KeyUsage='ENCRYPT_DECRYPT'), 'ValidationException',
                          f'KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec {K256}')

    def test_what_is_not_built_is_unsupported_and_what_is_no_name_invalid(self):
        for params in ({}, {'KeySpec': 'RSA_2048', 'KeyUsage': 'SIGN_VERIFY'}, {'KeySpec': 'SM2', 'KeyUsage': 'SIGN_VERIFY'},
                       {'KeySpec': K256, 'KeyUsage': 'SIGN_VERIFY', 'Origin': 'AWS_CLOUDHSM'},
                       {'KeySpec': K256, 'KeyUsage': 'SIGN_VERIFY', 'CustomKeyStoreId': 'cks-1'}):
            with self.subTest(params=params):
                self.assert_error(self.client.call('CreateKey', **params), 'UnsupportedOperationException', re.compile('.'))
        answer = self.client.call('CreateKey', KeySpec='ECC_FOO', KeyUsage='SIGN_VERIFY')
        self.assert_error(answer, 'ValidationException',
                          one_error("Value 'ECC_FOO' at 'keySpec' failed to satisfy constraint: "
                                    'Member must satisfy enum value set: ['))
        self.assertIn(K256, answer.message)

    def test_all_violated_constraints_are_told_at_once(self):
        answer = self.client.call('CreateKey', KeySpec='A', KeyUsage='B', Description='x' * 8193)
        self.assert_error(answer, 'ValidationException', re.compile(r'^3 validation errors? detected: '))
        self.assertEqual(answer.message.count(' failed to satisfy constraint: '), 3)
        for path in ("at 'keySpec'", "at 'keyUsage'", "at 'description'"):
            self.assertIn(path, answer.message)

    def test_lengths_count_characters(self):
        self.assertEqual(len(self.client.create(Description='é' * 8192)['Description']), 8192)

    def test_a_key_is_found_by_id_and_by_arn_and_answers_with_its_arn(self):
        meta = self.client.create()
        for name in (meta['KeyId'], meta['Arn']):
            with self.subTest(name=name):
                self.assertEqual(self.client.must('DescribeKey', KeyId=name)['KeyMetadata']['KeyId'], meta['KeyId'])
                self.assertEqual(self.client.must('GetPublicKey', KeyId=name)['KeyId'], meta['Arn'])

    def test_what_is_not_there_is_not_found_with_status_400(self):
        arn = self.client.create()['Arn']
        account = arn.split(':')[4]
        for name, message in (
                (ABSENT, f"Key 'arn:aws:kms:{REGION}:{account}:key/{ABSENT}' does not exist"),
                (arn[:-36] + ABSENT, f"Key 'arn:aws:kms:{REGION}:{account}:key/{ABSENT}' does not exist"),
                ('alias/nobody', f'Alias arn:aws:kms:{REGION}:{account}:alias/nobody is not found.'),
                ('no-such-form', "Invalid keyId 'no-such-form'"),
                (arn.replace(REGION, 'eu-north-9'), 'Invalid arn eu-north-9')):
            for op in ('DescribeKey', 'GetPublicKey'):
                with self.subTest(op=op, name=name):
                    self.assert_error(self.client.call(op, KeyId=name), 'NotFoundException', message)

    def test_the_key_id_has_1_to_2048_characters(self):
        self.assert_error(self.client.call('DescribeKey', KeyId=''), 'ValidationException', one_error(
            "Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1"))
        answer = self.client.call('DescribeKey', KeyId='a' * 2049)
        self.assert_error(answer, 'ValidationException')
        self.assertIn('Member must have length less than or equal to 2048', answer.message)

    def test_the_public_key_is_spki_with_a_named_curve(self):
        for spec, prefix, length in (
                (K256, '3056301006072a8648ce3d020106052b8104000a034200' + '04', 88),
                (P256, '3059301306072a8648ce3d020106082a8648ce3d030107034200' + '04', 91)):
            with self.subTest(spec=spec):
                meta = self.client.create(spec)
                answer = self.client.must('GetPublicKey', KeyId=meta['KeyId'])
                spki = self.client.public_key(meta['KeyId'])
                self.assertEqual((spki.hex()[:len(prefix)], len(spki)), (prefix, length))
                self.assertEqual({k: v for k, v in answer.items() if k != 'PublicKey'},
                                 {'KeyId': meta['Arn'], 'KeySpec': spec, 'CustomerMasterKeySpec': spec,
                                  'KeyUsage': 'SIGN_VERIFY', 'SigningAlgorithms': [ECDSA]})


class Signing(SharedServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.client.create()
        cls.digest = digest_of(b'hello')

    def ask(self, op='Sign', **changes):
        params = {'KeyId': self.key['KeyId'], 'Message': b64(self.digest), 'MessageType': 'DIGEST', 'SigningAlgorithm': ECDSA}
        if op == 'Verify':
            params['Signature'] = b64(self.client.sign(self.key['KeyId'], self.digest))
        params.update(changes)
        return self.client.call(op, **{k: v for k, v in params.items() if v is not None})

    def test_the_answer_names_arn_and_algorithm(self):
        for op, members in (('Sign', {'KeyId', 'Signature', 'SigningAlgorithm'}),
                            ('Verify', {'KeyId', 'SignatureValid', 'SigningAlgorithm'})):
            answer = self.ask(op).json
            self.assertEqual(set(answer), members)
            self.assertEqual((answer['KeyId'], answer['SigningAlgorithm']), (self.key['Arn'], ECDSA))

    def test_a_digest_has_exactly_the_length_of_the_hash(self):
        for op in ('Sign', 'Verify'):
            for length in (1, 20, 31, 33, 48, 64):
                with self.subTest(op=op, length=length):
                    self.assert_error(self.ask(op, Message=b64(b'\1' * length)), 'ValidationException',
                                      f'Digest is invalid length for algorithm {ECDSA}.')

    def test_a_message_has_1_to_4096_bytes_and_is_never_echoed(self):
        self.assertEqual(self.ask(Message=b64(b'm' * 4096), MessageType='RAW').status, 200)
        for op in ('Sign', 'Verify'):
            for message, constraint in ((b'', 'greater than or equal to 1'), (b'm' * 4097, 'less than or equal to 4096')):
                with self.subTest(op=op, length=len(message)):
                    self.assert_error(self.ask(op, Message=b64(message), MessageType='RAW'), 'ValidationException', one_error(
                        f"Value at 'message' failed to satisfy constraint: Member must have length {constraint}"))

    def test_missing_members_are_named(self):
        for member in ('KeyId', 'Message', 'SigningAlgorithm'):
            with self.subTest(member=member):
                path = member[0].lower() + member[1:]
                self.assert_error(self.ask(**{member: None}), 'ValidationException', re.compile(
                    rf"^1 validation errors? detected: Value (null )?at '{path}' failed to satisfy constraint: "
                    r'Member must not be null'))

    def test_another_specs_algorithm_is_a_usage_error_and_no_algorithm_an_invalid_value(self):
        self.assert_error(self.ask(SigningAlgorithm='ECDSA_SHA_384'), 'InvalidKeyUsageException',
                          f'Algorithm ECDSA_SHA_384 is incompatible with key spec {K256}.')
        self.assert_error(self.ask(SigningAlgorithm='ECDSA_SHA_1'), 'ValidationException', one_error(
            "Value 'ECDSA_SHA_1' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: ["))
        self.assert_error(self.ask(MessageType='HASH'), 'ValidationException', one_error(
            "Value 'HASH' at 'messageType' failed to satisfy constraint: Member must satisfy enum value set: ["))

    def test_constraints_come_before_the_key_and_the_key_before_the_digest(self):
        self.assert_error(self.ask(KeyId=ABSENT, SigningAlgorithm='X'), 'ValidationException')
        self.assert_error(self.ask(KeyId=ABSENT, Message=b64(b'1')), 'NotFoundException')
        self.assert_error(self.ask(SigningAlgorithm='ECDSA_SHA_384', Message=b64(b'1')), 'InvalidKeyUsageException')

    def test_a_dry_run_checks_everything_and_then_raises(self):
        for op in ('Sign', 'Verify'):
            with self.subTest(op=op):
                self.assert_error(self.ask(op, DryRun=True), 'DryRunOperationException',
                                  'The request would have succeeded, but the DryRun option is set.')
                self.assert_error(self.ask(op, DryRun=True, Message=b64(b'1')), 'ValidationException')
                self.assert_error(self.ask(op, DryRun=True, KeyId=ABSENT), 'NotFoundException')
                self.assertEqual(self.ask(op, DryRun=False).status, 200)

    def test_a_wrong_signature_raises_without_a_message(self):
        good = self.client.sign(self.key['KeyId'], self.digest)
        other = self.client.sign(self.client.create()['KeyId'], self.digest)
        for name, signature in (('of another key', other), ('raw r and s', b'\1' * 64), ('garbage', b'\x30\x00'),
                                ('cut', good[:-1]), ('with more behind it', good + b'\0'),
                                ('changed', good[:-1] + bytes([good[-1] ^ 1])), ('one byte', b'0')):
            with self.subTest(name):
                self.assert_error(self.ask('Verify', Signature=b64(signature)), 'KMSInvalidSignatureException', False)
        self.assert_error(self.ask('Verify', Message=b64(digest_of(b'other'))), 'KMSInvalidSignatureException', False)
