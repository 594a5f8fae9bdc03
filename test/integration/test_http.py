# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 on a bare socket: order, limits, and forms that proxies and we could read differently."""

import json
import socket
import time
import urllib.parse

from harness import JSON11, SharedServerTest


def post(body=b'{}', target='ListKeys', more=b'', version=b'1.1', length=None):
    length = len(body) if length is None else length
    return (b'POST / HTTP/' + version + b'\r\nHost: localhost\r\nContent-Type: ' + JSON11.encode() +
            b'\r\nX-Amz-Target: TrentService.' + target.encode() + b'\r\n' + more +
            (b'' if length is False else b'Content-Length: %d\r\n' % length) + b'\r\n' + body)


class BareSocket(SharedServerTest):
    def open(self, timeout=15):
        url = urllib.parse.urlsplit(self.server.endpoint)
        s = socket.create_connection((url.hostname, url.port), timeout)
        self.addCleanup(s.close)
        return s

    def read_answer(self, stream):
        """(status, headers, body); None at the end of the stream."""
        line = stream.readline()
        if not line:
            return None
        version, status = line.split(b' ')[:2]
        self.assertEqual(version, b'HTTP/1.1')
        headers = {}
        while (line := stream.readline().rstrip(b'\r\n')):
            name, _, value = line.partition(b':')
            headers[name.lower()] = value.strip()
        return int(status), headers, stream.read(int(headers.get(b'content-length', 0)))

    def answers(self, sent, limit=10):
        """All answers to these bytes until the server closes, or half a second of silence."""
        s = self.open()
        try:
            s.sendall(sent)
        except (BrokenPipeError, ConnectionResetError):
            pass
        found, stream = [], s.makefile('rb')
        while len(found) < limit:
            try:
                answer = self.read_answer(stream)
            except (TimeoutError, ConnectionResetError, ValueError):
                break
            if answer is None:
                break
            found.append(answer)
            s.settimeout(0.5)
        return found


class KeepAlive(BareSocket):
    def test_pipelined_requests_are_answered_in_order(self):
        ids = [f'00000000-0000-4000-8000-{i:012}' for i in range(12)]
        sent = b''.join(post(json.dumps({'KeyId': i}).encode(), 'DescribeKey') for i in ids)
        found = self.answers(sent, len(ids))
        self.assertEqual([a[0] for a in found], [400] * len(ids))
        self.assertEqual([i for i, a in zip(ids, found) if i in a[2].decode()], ids)

    def test_slow_and_fast_operations_keep_their_order(self):
        key = self.client.create()['KeyId']
        sign = json.dumps({'KeyId': key, 'Message': 'aGVsbG8=', 'SigningAlgorithm': 'ECDSA_SHA_256'}).encode()
        found = self.answers((post(sign, 'Sign') + post(b'[') + b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n') * 5, 15)
        self.assertEqual([a[0] for a in found], [200, 400, 200] * 5)
        self.assertEqual([b'Signature' in a[2] for a in found], [True, False, False] * 5)

    def test_a_connection_serves_many_requests(self):
        client = self.connect()
        client.get('/healthz')
        sock = client.connection.sock
        for _ in range(200):
            self.assertEqual(client.call('ListKeys', Limit=1).status, 200)
        self.assertIs(client.connection.sock, sock)

    def test_a_request_may_come_byte_by_byte(self):
        s = self.open()
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in post(b'{"Limit":1}'):
            s.sendall(bytes([byte]))
        self.assertEqual(self.read_answer(s.makefile('rb'))[0], 200)

    def test_the_client_may_ask_to_close(self):
        s = self.open()
        s.sendall(post(more=b'Connection: close\r\n'))
        stream = s.makefile('rb')
        self.assertEqual(self.read_answer(stream)[0], 200)
        self.assertIsNone(self.read_answer(stream))

    def test_http_1_0_is_answered_and_closed(self):
        s = self.open()
        s.sendall(post(version=b'1.0'))
        stream = s.makefile('rb')
        self.assertIn(self.read_answer(stream)[0], (200, 505))
        self.assertIsNone(self.read_answer(stream))

    def test_chunked_bodies_and_expect_are_understood(self):
        chunked = post(b'b\r\n{"Limit": 1\r\n1\r\n}\r\n0\r\n\r\n', more=b'Transfer-Encoding: chunked\r\n', length=False)
        self.assertEqual([a[0] for a in self.answers(chunked * 2, 2)], [200, 200])
        s = self.open()
        head, body = post(more=b'Expect: 100-continue\r\n').split(b'\r\n\r\n')
        s.sendall(head + b'\r\n\r\n')
        stream = s.makefile('rb')
        self.assertTrue(stream.readline().startswith(b'HTTP/1.1 100'))
        stream.readline()
        s.sendall(body)
        self.assertEqual(self.read_answer(stream)[0], 200)


class Malformed(BareSocket):
    """Each is refused, and what follows on the connection is never taken for a request."""

    SECOND = b'GET /version HTTP/1.1\r\nHost: x\r\n\r\n'
    NO_CL = {'length': False}

    def forms(self):
        cl = post()
        yield 'two lengths that differ', cl.replace(b'Content-Length: 2', b'Content-Length: 2\r\nContent-Length: 3')
        yield 'a list of lengths', cl.replace(b'Length: 2', b'Length: 2, 2')
        yield 'length and chunked', post(b'0\r\n\r\n', more=b'Transfer-Encoding: chunked\r\n', length=5)
        for value in (b'xchunked', b'chunked, identity', b'identity', b'chunked, chunked', b'\x0bchunked', b'gzip'):
            yield f'transfer encoding {value}', post(b'0\r\n\r\n', more=b'Transfer-Encoding: ' + value + b'\r\n', length=False)
        yield 'a blank before the colon', cl.replace(b'Content-Length:', b'Content-Length :')
        yield 'a blank before the colon of chunked', post(more=b'Transfer-Encoding : chunked\r\n')
        for value in (b'+2', b'-2', b'0x2', b'2 2', b'2abc', b'', b'18446744073709551618', b'99999999999999999999999'):
            yield f'length {value}', cl.replace(b'Length: 2', b'Length: ' + value)
        yield 'a folded header', post(more=b'X-A: b\r\n c\r\n')
        yield 'a bare line feed', cl.replace(b'Host: localhost\r\n', b'Host: localhost\n')
        yield 'a bare carriage return', post(more=b'X-A: b\rX-B: c\r\n')
        yield 'NUL in a value', post(more=b'X-A: b\0c\r\n')
        yield 'NUL in a name', post(more=b'X-\0A: b\r\n')
        yield 'a control character in a name', post(more=b'X\x01: b\r\n')
        yield 'a header without a colon', post(more=b'X-A\r\n')
        yield 'an empty header name', post(more=b': x\r\n')
        yield 'no host', cl.replace(b'Host: localhost\r\n', b'')
        yield 'two hosts', post(more=b'Host: other\r\n')
        yield 'a chunk size out of range', post(b'fffffffffffffffff\r\n{}\r\n0\r\n\r\n',
                                                more=b'Transfer-Encoding: chunked\r\n', length=False)
        yield 'a chunk size with a prefix', post(b'0x2\r\n{}\r\n0\r\n\r\n', more=b'Transfer-Encoding: chunked\r\n', length=False)
        yield 'a chunk without its line end', post(b'2\r\n{}0\r\n\r\n', more=b'Transfer-Encoding: chunked\r\n', length=False)
        yield 'HTTP/2.0', cl.replace(b'HTTP/1.1', b'HTTP/2.0')
        yield 'HTTP/1.10', cl.replace(b'HTTP/1.1', b'HTTP/1.10')
        yield 'no version', cl.replace(b' HTTP/1.1', b'')
        yield 'no HTTP', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'\0' * 40

    def test_malformed_requests_are_refused_and_the_connection_ends(self):
        for name, sent in self.forms():
            with self.subTest(name):
                found = self.answers(sent + self.SECOND, 3)
                self.assertLessEqual(len(found), 1, found)
                for status, headers, body in found:
                    self.assertIn(status, (400, 411, 413, 414, 431, 501, 505), body)
                    self.assertRegex(headers[b'x-amzn-requestid'], rb'^[0-9a-f-]{36}$')
                    self.assertIn(b'json', headers[b'content-type'])
        self.assertEqual(self.client.get('/healthz').status, 200)


class Limits(BareSocket):
    def test_a_large_legal_body_is_read(self):
        answer = self.client.call('DescribeKey', KeyId='00000000-0000-4000-8000-000000000000', Pad='p' * (500 << 10))
        self.assert_error(answer, 'NotFoundException')

    def test_a_body_far_too_large_is_refused_before_it_is_read(self):
        s = self.open()
        s.sendall(post(b'', length=1 << 33))
        answer = self.read_answer(s.makefile('rb'))
        self.assertEqual(answer[0], 413)
        self.assertEqual(answer[1][b'content-type'], b'application/x-amz-json-1.1')

    def test_chunks_count_towards_the_limit(self):
        head = post(b'', more=b'Transfer-Encoding: chunked\r\n', length=False)
        chunk = b'10000\r\n' + b' ' * 0x10000 + b'\r\n'
        found = self.answers(head + chunk * 256, 2)
        self.assertEqual([a[0] for a in found] or [413], [413])

    def test_headers_far_too_large_are_refused(self):
        for more in (b'X-A: ' + b'a' * (256 << 10) + b'\r\n', b'X-A: b\r\n' * 5000):
            found = self.answers(post(more=more), 2)
            self.assertEqual([a[0] for a in found] or [431], [431])
        found = self.answers(b'GET /' + b'a' * (256 << 10) + b' HTTP/1.1\r\nHost: x\r\n\r\n', 2)
        self.assertIn([a[0] for a in found] or [431], ([414], [431]))

    def test_unfinished_requests_do_not_hold_up_others(self):
        held = [self.open() for _ in range(100)]
        for s in held:
            s.sendall(post()[:60])
        begin = time.monotonic()
        self.assertEqual(self.connect().call('ListKeys', Limit=1).status, 200)
        self.assertLess(time.monotonic() - begin, 5)

    def test_a_client_that_leaves_does_no_harm(self):
        key = self.client.create()['KeyId']
        sign = json.dumps({'KeyId': key, 'Message': 'aGVsbG8=', 'SigningAlgorithm': 'ECDSA_SHA_256'}).encode()
        for _ in range(50):
            s = self.open()
            s.sendall(post(sign, 'Sign') * 4)
            s.close()
        self.assertEqual(self.client.get('/readyz').status, 200)
