# SPDX-License-Identifier: Apache-2.0
"""GenerateRandom: as many bytes as asked for, never the same, and the errors of AWS."""

import base64
import os
import signal
import threading
import time
import zlib

from harness import OwnServerTest, SharedServerTest, b64

RANGE = "1 validation error detected: Value '{}' at 'numberOfBytes' failed to satisfy constraint: Member must have value {}"
DOCUMENT = {'KeyEncryptionAlgorithm': 'RSAES_OAEP_SHA_256', 'AttestationDocument': b64(b'document')}


def random(client, count):
    return base64.b64decode(client.must('GenerateRandom', NumberOfBytes=count)['Plaintext'])


class Random(SharedServerTest):
    def test_it_gives_as_many_bytes_as_asked_for(self):
        for count in (1, 2, 3, 31, 32, 33, 255, 256, 1023, 1024):
            self.assertEqual(len(random(self.client, count)), count)

    def test_no_two_are_alike_and_nothing_shrinks(self):
        made = [random(self.client, 1024) for _ in range(64)]
        blocks = [made[i][at:at + 16] for i in range(64) for at in range(0, 1024, 16)]
        self.assertEqual(len(blocks), len(set(blocks)))
        self.assertGreater(len(zlib.compress(b''.join(made), 9)), 65536)
        ones = sum(bin(byte).count('1') for part in made for byte in part)
        self.assertAlmostEqual(ones, 64 * 1024 * 4, delta=3000)

    def test_many_ask_at_once(self):
        seen = []

        def ask():
            client = self.connect()
            for _ in range(30):
                seen.append(random(client, 32))

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertEqual(len(seen), 16 * 30)
        self.assertEqual(len(set(seen)), 16 * 30)

    def test_what_is_refused(self):
        for members, code, message in (
                ({}, 'ValidationException', 'NumberOfBytes is required.'),
                ({'NumberOfBytes': None}, 'ValidationException', 'NumberOfBytes is required.'),
                ({'NumberOfBytes': 0}, 'ValidationException', RANGE.format(0, 'greater than or equal to 1')),
                ({'NumberOfBytes': -1}, 'ValidationException', RANGE.format(-1, 'greater than or equal to 1')),
                ({'NumberOfBytes': 1025}, 'ValidationException', RANGE.format(1025, 'less than or equal to 1024')),
                ({'NumberOfBytes': '32'}, 'SerializationException', None),
                ({'NumberOfBytes': 32, 'CustomKeyStoreId': 'cks-1'}, 'UnsupportedOperationException', None),
                ({'NumberOfBytes': 32, 'Recipient': DOCUMENT}, 'UnsupportedOperationException', None),
                ({'NumberOfBytes': 32, 'Recipient': {}}, 'UnsupportedOperationException', None)):
            with self.subTest(members=members):
                answer = self.client.call('GenerateRandom', **members)
                self.assert_error(answer, code, message)
                self.assertNotIn('Plaintext', answer.json)


class Workers(OwnServerTest):
    def test_a_worker_that_does_not_answer_costs_its_callers_alone(self):
        server = self.new_server('--workers', '2', '--sign-timeout', '500').start()
        client = self.connect(server)
        stopped = server.workers()[0]
        os.kill(stopped, signal.SIGSTOP)
        self.addCleanup(os.kill, stopped, signal.SIGCONT)
        answers = [client.call('GenerateRandom', NumberOfBytes=32) for _ in range(4)]
        self.assertEqual({answer.status for answer in answers}, {200, 500})
        self.assertEqual({answer.code for answer in answers}, {None, 'DependencyTimeoutException'})

    def test_a_dead_worker_is_left_out(self):
        server = self.new_server('--workers', '2').start()
        client = self.connect(server)
        os.kill(server.workers()[0], signal.SIGKILL)
        end = time.monotonic() + 15
        while client.call('GenerateRandom', NumberOfBytes=32).status != 200 and time.monotonic() < end:
            time.sleep(0.05)
        for _ in range(6):
            self.assertEqual(len(random(client, 32)), 32)
