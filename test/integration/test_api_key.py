# SPDX-License-Identifier: Apache-2.0
"""API keys: open in dev until there is one, then closed; and production, which is closed from the start."""

import os
import re
import subprocess
import unittest

from harness import K256, TEEKMS, OwnServerTest, b64, clean_env, digest_of

OPEN_PATHS = ('/health', '/version', '/healthz', '/readyz')
# On POST / a caller gets an AWS error (all of which are 400) or, as on plain paths, 401.
REFUSALS = {'MissingAuthenticationTokenException', 'UnrecognizedClientException', 'AccessDeniedException',
            'IncompleteSignatureException', 'InvalidSignatureException'}
SIGV4 = {'Authorization': 'AWS4-HMAC-SHA256 Credential=AKIDTEST/20250101/us-east-1/kms/aws4_request, '
                          'SignedHeaders=host;x-amz-date, Signature=' + '0' * 64, 'X-Amz-Date': '20250101T000000Z'}


class ApiKeyTest(OwnServerTest):
    def assert_refused(self, client, headers=None):
        answer = client.call('ListKeys', headers)
        self.assertIn(answer.status, (400, 401), answer)
        self.assertIn(answer.code, REFUSALS)
        answer = client.get('/keys', headers)
        self.assertEqual(answer.status, 401, answer)
        self.assertIsInstance(answer.json, dict)

    def assert_open(self, client, headers=None):
        self.assertEqual(client.call('ListKeys', headers).status, 200)
        self.assertEqual(client.get('/keys', headers).status, 200)

    def generate(self, server, label='test'):
        """The key as a script would take it: stdout is the key and nothing else."""
        done = server.cli('api-key', 'generate', '--label', label)
        self.assertRegex(done.stdout, r'^kms_[0-9a-f]{32}\n$')
        self.assertIn(label, done.stderr)
        return done.stdout.strip()


@unittest.skipIf(os.path.isdir('/data/kms'), 'this machine has a /data/kms')
class Places(ApiKeyTest):
    """The server and the command line find the same database, however they are told."""

    def generate_here(self, server, *args, **env):
        done = subprocess.run([TEEKMS, 'api-key', 'generate', '--label', 'a', *args], env=clean_env(**env),
                              cwd=server.folder, text=True, timeout=30, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=True)
        return done.stdout.strip()

    def test_without_options(self):
        server = self.new_server(bare=True).start()
        self.check(server, self.generate_here(server))

    def test_by_variables(self):
        for env in ({'KMS_STATE_DIR': 'some'}, {'KMS_DB_PATH': './other.db'},
                    {'KMS_STATE_DIR': 'third', 'KMS_DB_PATH': './third.db'}):
            with self.subTest(**env):
                server = self.new_server(bare=True, env=env).start()
                self.check(server, self.generate_here(server, **env))

    def test_an_option_wins_over_all_variables(self):
        server = self.new_server('--state-dir', 'mine', bare=True, env={'KMS_DB_PATH': './other.db'}).start()
        self.check(server, self.generate_here(server, '--state-dir', 'mine', KMS_DB_PATH='./other.db'))

    def check(self, server, key):
        client = self.connect(server)
        self.assert_refused(client)
        self.assert_open(client, {'x-api-key': key})
        server.stop()


class Dev(ApiKeyTest):
    def test_dev_is_open_until_a_key_exists_and_a_revoked_key_is_dead_at_once(self):
        server = self.new_server().start()
        client = self.connect(server)
        self.assert_open(client)
        first = self.generate(server, 'first')
        self.assert_refused(client)
        self.assert_open(client, {'x-api-key': first})
        second = self.generate(server, 'second')
        for key in (first, second):
            self.assert_open(client, {'X-API-Key': key})
        server.cli('api-key', 'revoke', first)
        self.assert_refused(client, {'x-api-key': first})
        self.assert_open(client, {'x-api-key': second})
        # Revoking the last one does not open the door again.
        server.cli('api-key', 'revoke', second[4:12])
        self.assert_refused(client, {'x-api-key': second})
        server.restart()
        self.assert_refused(self.connect(server), {'x-api-key': first})

    def test_an_open_server_can_be_told_to_stay_open(self):
        server = self.new_server(env={'KMS_ALLOW_OPEN_MODE': '1'}).start()
        self.generate(server)
        self.assert_open(self.connect(server))

    def test_wrong_keys_are_refused(self):
        server = self.new_server().start()
        key = self.generate(server)
        client = self.connect(server)
        for wrong in ('', 'x', key[:-1], key + '0', key.upper(), key[:-1] + ('0' if key[-1] != '0' else '1'),
                      'kms_' + '0' * 32, ' ' * 10, key[:12] + '0' * 24):
            with self.subTest(wrong=wrong):
                self.assert_refused(client, {'x-api-key': wrong})
        self.assert_refused(client, SIGV4)

    def test_open_paths_stay_open(self):
        server = self.new_server().start()
        self.generate(server)
        client = self.connect(server)
        for path in OPEN_PATHS:
            with self.subTest(path=path):
                self.assertEqual(client.get(path).status, 200)

    def test_signing_takes_the_key_too(self):
        server = self.new_server().start()
        key = self.generate(server)
        client = self.connect(server)
        client.headers = {'x-api-key': key}
        key_id = client.create(K256)['KeyId']
        self.assertTrue(client.sign(key_id, digest_of(b'x')))
        client.headers = {}
        answer = client.call('Sign', KeyId=key_id, Message=b64(digest_of(b'x')), MessageType='DIGEST',
                             SigningAlgorithm='ECDSA_SHA_256')
        self.assertIn(answer.code, REFUSALS)

    def test_the_list_masks_keys(self):
        server = self.new_server().start()
        server.stop()
        self.assertIn('No API keys', server.cli('api-key', 'list').stdout)
        keys = [self.generate(server, label) for label in ('alpha', 'beta')]
        listed = server.cli('api-key', 'list').stdout
        for key, label in zip(keys, ('alpha', 'beta')):
            self.assertIn(label, listed)
            self.assertIn(key[:8], listed)
            self.assertNotIn(key, listed)
            self.assertNotIn(key[13:30], listed)

    def test_the_database_holds_no_key(self):
        server = self.new_server().start()
        key = self.generate(server)
        self.assert_open(self.connect(server), {'x-api-key': key})
        server.stop()
        for path in server.database_files():
            with open(path, 'rb') as f:
                content = f.read()
            self.assertNotIn(key[12:].encode(), content)
            self.assertNotIn(bytes.fromhex(key[4:]), content)

    def test_the_program_tells_mistakes_by_its_status(self):
        server = self.new_server().start()
        for args in (('api-key', 'revoke', 'deadbeef'), ('api-key', 'revoke'), ('api-key', 'nonsense'), ('nonsense',),
                     ('api-key', 'generate', '--no-such-option')):
            with self.subTest(args=args):
                done = server.cli(*args, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertTrue(done.stderr)
                self.assertEqual(done.stdout, '')

    def test_a_key_from_the_environment_closes_the_door(self):
        server = self.new_server(env={'KMS_API_KEY': 'kms_' + 'ab' * 16}).start()
        client = self.connect(server)
        self.assert_refused(client)
        self.assert_open(client, {'x-api-key': 'kms_' + 'ab' * 16})
        server.restart()

    def test_a_key_may_be_required_before_there_is_one(self):
        server = self.new_server(env={'KMS_REQUIRE_API_KEY': '1'}).start()
        client = self.connect(server)
        self.assert_refused(client)
        self.assert_open(client, {'x-api-key': self.generate(server)})

    def test_an_empty_key_from_the_environment_is_none(self):
        server = self.new_server(env={'KMS_API_KEY': ''}).start()
        self.assert_open(self.connect(server))

    def test_secrets_do_not_reach_the_log(self):
        server = self.new_server(env={'KMS_LOG': 'debug'}).start()
        key = self.generate(server)
        client = self.connect(server)
        client.headers = {'x-api-key': key, 'User-Agent': 'test" 200 "forged'}
        key_id = client.create(K256)['KeyId']
        digest = digest_of(b'secret')
        signature = client.sign(key_id, digest)
        client.headers['x-api-key'] = 'kms_' + 'cd' * 16
        client.call('ListKeys')
        client.get('/keys?secret=in-a-query')
        server.stop()
        log = server.log()
        for secret in (key, key[12:], 'cd' * 16, b64(digest), digest.hex(), b64(signature), 'in-a-query', '" 200 "forged'):
            self.assertNotIn(secret, log)
        access = re.findall(r'^.*"POST / HTTP/1\.1" (\d+).*$', log, re.M)
        self.assertEqual(access[:2], ['200', '200'], log)


class Production(ApiKeyTest):
    def test_production_is_closed_from_the_start(self):
        server = self.new_server(profile='production').start()
        client = self.connect(server)
        for path in OPEN_PATHS:
            self.assertEqual(client.get(path).status, 200)
        for headers in ({}, {'x-api-key': ''}, {'x-api-key': 'kms_' + '0' * 32}, SIGV4):
            with self.subTest(headers=headers):
                self.assert_refused(client, headers)

    def test_an_api_key_opens_production(self):
        server = self.new_server(profile='production').start()
        key = self.generate(server)
        client = self.connect(server)
        self.assert_open(client, {'x-api-key': key})
        self.assert_refused(client)
        self.assertEqual(client.get('/version').json['profile'], 'prod')
