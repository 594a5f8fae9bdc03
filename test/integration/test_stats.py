# SPDX-License-Identifier: Apache-2.0
"""/stats, /QueueStatus and /RollbackCounter: each number against what was done to make it."""

import os
import signal
import time

from harness import OwnServerTest
from passkey import Authenticator, Owner, WalletClient
from wallet_cases import API_KEY, DIGEST


class Stats(OwnServerTest):
    def serve(self, **more):
        server = self.new_server(**more).start()
        client = WalletClient(server.endpoint)
        self.addCleanup(client.close)
        return server, client

    def wait_for(self, client, part, wanted):
        """Numbers are written down once a second and wallets counted every five."""
        end = time.monotonic() + 20
        while True:
            told = {name: client.get('/stats').json[part][name] for name in wanted}
            if told == wanted or time.monotonic() > end:
                return self.assertEqual(told, wanted)
            time.sleep(0.2)

    def test_every_number_follows_what_was_done(self):
        server, client = self.serve()
        before = client.get('/RollbackCounter').json['counter']
        first = Owner.create(client, Authenticator())
        second = Owner.register(client, Authenticator())
        third = Owner.create(client, Authenticator())
        self.assertEqual(client.get('/RollbackCounter').json['counter'] - before, 3)
        self.assertEqual(first.sign_hash(DIGEST).status, 200)
        self.assertEqual(first.sign_message({'Message': '0x'}, b'')[0].status, 200)
        self.assertEqual(first.derive().status, 200)
        self.assertEqual(client.op('SignHash', {**first.where(0), 'Hash': '0x' + DIGEST.hex()}).status, 400)
        self.assertEqual(second.delete(days=7).status, 200)
        self.assertEqual(third.delete().status, 200)
        client.good('ListKeys')
        done = {'total_signs': 2, 'daily_signs': 2, 'total_ops': 8, 'daily_ops': 8, 'errors': 1, 'panics': 0, 'webauthn': 6}
        self.wait_for(client, 'operations', done)
        self.wait_for(client, 'keys', {'total': 2, 'active': 2, 'with_address': 2, 'with_passkey': 2, 'frozen': 0,
                                       'pending_deletion': 1})
        told = client.get('/stats').json
        self.assertGreater(told['operations']['avg_sign_ms'], 0)
        self.assertGreater(told['operations']['avg_derive_ms'], 0)
        self.assertEqual((told['api_keys'], told['ta_mode'], told['queue']),
                         (0, 'process', {'circuit_breaker': 'closed', 'consecutive_failures': 0}))
        self.assertEqual([w['code'] for w in told['warnings']], ['NO_API_KEYS'])
        client.headers['x-api-key'] = server.cli('api-key', 'generate', '--label', 'a').stdout.strip()
        told = client.get('/stats').json
        self.assertEqual((told['api_keys'], told['warnings']), (1, []))
        server.restart()
        client.connection.close()
        self.wait_for(client, 'operations', done)

    def test_a_worker_that_died_is_told(self):
        server, client = self.serve()
        workers = server.workers()
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
            self.addCleanup(_kill, pid)
        self.assertEqual(client.get('/stats').json['operations']['panics'], 0)
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        self.wait_for(client, 'operations', {'panics': len(workers)})
        end = time.monotonic() + 20
        while client.get('/QueueStatus').json['consecutive_failures'] and time.monotonic() < end:
            time.sleep(0.1)
        self.assertEqual(client.get('/QueueStatus').json, {'queue_depth': 0, 'estimated_wait_seconds': 0,
                                                           'circuit_breaker_open': False, 'consecutive_failures': 0})
        self.assertEqual(Owner.create(client, Authenticator()).sign_hash(DIGEST).status, 200)

    def test_strangers_learn_how_the_server_is_and_not_how_much_it_has(self):
        _, client = self.serve(env={'KMS_API_KEY': API_KEY})
        told = client.get('/stats').json
        self.assertEqual(set(told), {'service', 'version', 'ta_mode', 'queue', '_explain'})
        told = client.get('/stats', headers={'x-api-key': API_KEY}).json
        self.assertLessEqual({'keys', 'operations', 'api_keys', 'warnings'}, set(told))

    def test_a_revoked_api_key_counts_no_more(self):
        server, client = self.serve(env={'KMS_API_KEY': API_KEY})
        client.headers['x-api-key'] = API_KEY
        made = server.cli('api-key', 'generate', '--label', 'a').stdout.strip()
        self.assertEqual(client.get('/stats').json['api_keys'], 1)
        server.cli('api-key', 'revoke', made[4:12])
        told = client.get('/stats').json
        self.assertEqual((told['api_keys'], [w['code'] for w in told['warnings']]), (0, ['NO_API_KEYS']))

    def test_people_read_it_indented(self):
        _, client = self.serve()
        plain, pretty = client.get('/stats'), client.get('/stats?pretty=1')
        self.assertNotIn(b'\n', plain.body)
        self.assertIn(b'\n  "keys": {\n', pretty.body)
        self.assertEqual(set(plain.json), set(pretty.json))


def _kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
