# SPDX-License-Identifier: Apache-2.0
"""Many callers at once, and more of them than the TEE can serve."""

import concurrent.futures
import json
import socket
import threading
import time

from harness import K256, P256, Client, OwnServerTest, SharedServerTest, b64, digest_of
from test_lifecycle import resume, stop

DIGEST = digest_of(b'load')
# What a caller may be told when there is too much to do or the TEE does not answer.
BUSY = {429: {'ThrottlingException', 'KMSInternalException'}, 400: {'ThrottlingException'},
        503: {'KMSInternalException', 'KeyUnavailableException', 'DependencyTimeoutException', 'ThrottlingException'},
        500: {'DependencyTimeoutException', 'KMSInternalException', 'KeyUnavailableException'},
        504: {'DependencyTimeoutException'}}


class Concurrent(SharedServerTest):
    def each(self, threads, work):
        """Runs work(client, index) in as many threads, each with a connection of its own."""
        clients = []
        try:
            # One after the other, because QEMU's forwarded port has a backlog of one.
            for _ in range(threads):
                clients.append(Client(self.server.endpoint))
                clients[-1].get('/healthz')
            with concurrent.futures.ThreadPoolExecutor(threads) as pool:
                return list(pool.map(work, clients, range(threads)))
        finally:
            for client in clients:
                client.close()

    def test_keys_created_at_once_are_all_there_and_all_different(self):
        made = self.each(16, lambda client, _: [client.create((K256, P256)[i % 2])['KeyId'] for i in range(5)])
        ids = [key_id for some in made for key_id in some]
        self.assertEqual(len(set(ids)), 80)
        publics = self.each(4, lambda client, index: [client.public_key(i) for i in ids[index::4]])
        self.assertEqual(len({p for some in publics for p in some}), 80)

    def test_one_key_signs_for_many_at_once(self):
        key_id = self.client.create()['KeyId']

        def work(client, index):
            for i in range(20):
                digest = digest_of(b'%d %d' % (index, i))
                signature = client.sign(key_id, digest)
                answer = client.must('Verify', KeyId=key_id, Message=b64(digest), MessageType='DIGEST',
                                     Signature=b64(signature), SigningAlgorithm='ECDSA_SHA_256')
                self.assertTrue(answer['SignatureValid'])
        self.each(16, work)

    def test_signing_goes_on_while_keys_are_created(self):
        key_id = self.client.create()['KeyId']

        def work(client, index):
            for _ in range(10):
                if index % 4 == 0:
                    fresh = client.create()['KeyId']
                    client.sign(fresh, DIGEST)
                else:
                    client.sign(key_id, DIGEST)
        self.each(16, work)


class Overload(OwnServerTest):
    def test_what_does_not_fit_the_queue_is_refused_with_retry_after_and_nothing_hangs(self):
        server = self.new_server('--workers', '1').start()
        client = self.connect(server)
        key_id = client.create()['KeyId']
        workers = server.workers()
        self.addCleanup(resume, workers)
        body = json.dumps({'KeyId': key_id, 'Message': b64(DIGEST), 'MessageType': 'DIGEST', 'SigningAlgorithm': 'ECDSA_SHA_256'})
        request = ('POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: TrentService.Sign\r\nContent-Type: application/x-amz-json-1.1\r\n'
                   f'Content-Length: {len(body)}\r\n\r\n{body}').encode()
        stop(workers)
        answers, lock = [], threading.Lock()

        def flood():
            with socket.create_connection(('127.0.0.1', server.port), 90) as s:
                s.sendall(request)
                stream = s.makefile('rb')
                head = []
                while (line := stream.readline().strip()):
                    head.append(line.decode().lower())
                if not head:
                    return  # more connections than the server takes
                length = next(int(h.split(':')[1]) for h in head if h.startswith('content-length:'))
                with lock:
                    answers.append((int(head[0].split()[1]), head, stream.read(length), time.monotonic()))
        threads = [threading.Thread(target=flood) for _ in range(1200)]
        for t in threads:
            t.start()
        # Those in the queue wait for the TEE; the others must be told at once. Then the TEE comes back.
        end = time.monotonic() + 15
        while time.monotonic() < end:
            with lock:
                if any(a[0] != 200 for a in answers):
                    break
            time.sleep(0.05)
        # Paths that do not need the TEE go on.
        self.assertEqual(self.connect(server, 5).get('/healthz').status, 200)
        resume(workers)
        for t in threads:
            t.join(90)
        self.assertFalse(any(t.is_alive() for t in threads), 'a request hangs')
        refused = [a for a in answers if a[0] != 200]
        for status, head, text, _ in refused:
            self.assertIn(status, BUSY, text)
            self.assertIn(json.loads(text)['__type'], BUSY[status])
            if status in (429, 503) or 'Throttling' in json.loads(text)['__type']:
                self.assertTrue(any(h.startswith('retry-after:') and int(h.split(':')[1]) >= 1 for h in head), head)
        self.assertTrue(refused, '1200 requests at once fit the queue of one stopped worker')
        self.assertTrue(server.process.poll() is None)
        self.assertTrue(self.connect(server).sign(key_id, DIGEST))

    def test_a_tee_that_does_not_answer_is_told_in_time_and_recovers(self):
        server = self.new_server('--workers', '1').start()
        client = self.connect(server, 90)
        key_id = client.create()['KeyId']
        workers = server.workers()
        self.addCleanup(resume, workers)
        stop(workers)
        begin = time.monotonic()
        answer = client.call('Sign', KeyId=key_id, Message=b64(DIGEST), MessageType='DIGEST', SigningAlgorithm='ECDSA_SHA_256')
        self.assertLess(time.monotonic() - begin, 60)
        self.assertIn(answer.status, BUSY, answer)
        self.assertIn(answer.code, BUSY[answer.status])
        # By then the server may have replaced the worker that does not answer.
        if self.connect(server, 70).get('/readyz').status != 503:
            self.assertNotEqual(server.workers(), workers)
        resume(workers)
        end = time.monotonic() + 30
        while client.call('Sign', KeyId=key_id, Message=b64(DIGEST), MessageType='DIGEST',
                          SigningAlgorithm='ECDSA_SHA_256').status != 200:
            self.assertLess(time.monotonic(), end, server.log())
            time.sleep(0.2)

    def test_connections_beyond_the_limit_do_not_stop_the_server(self):
        server = self.new_server().start()
        held = []
        try:
            for _ in range(3000):
                s = socket.create_connection(('127.0.0.1', server.port), 2)
                held.append(s)
        except OSError:
            pass
        finally:
            for s in held:
                s.close()
        end = time.monotonic() + 10
        while True:
            try:
                self.assertEqual(self.connect(server, 5).get('/healthz').status, 200)
                break
            except OSError:
                self.assertLess(time.monotonic(), end, server.log())
                time.sleep(0.1)
        self.assertIsNone(server.process.poll())
