# SPDX-License-Identifier: Apache-2.0
"""Start, stop, restart, death: what was acknowledged stays, what is older is refused."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from harness import K256, P256, TEEKMSD, OwnServerTest, SharedServerTest, b64, clean_env, digest_of, free_port

DIGEST = digest_of(b'lifecycle')
KEY = {'KeyUsage': 'SIGN_VERIFY', 'KeySpec': K256}


class Restart(SharedServerTest):
    def test_keys_survive_a_restart(self):
        if not self.server.can_restart:
            self.skipTest('no TEEKMS_CONTROL')
        keys = [self.client.create(spec, Description=spec) for spec in (K256, P256) for _ in range(3)]
        publics = [self.client.public_key(k['KeyId']) for k in keys]
        self.client.close()
        self.server.restart()
        client = self.connect()
        for key, public in zip(keys, publics):
            self.assertEqual(client.must('DescribeKey', KeyId=key['KeyId'])['KeyMetadata'], key)
            self.assertEqual(client.public_key(key['KeyId']), public)
            self.verify(client, key['KeyId'])

    def verify(self, client, key_id):
        signature = client.sign(key_id, DIGEST)
        answer = client.must('Verify', KeyId=key_id, Message=b64(DIGEST), MessageType='DIGEST', Signature=b64(signature),
                             SigningAlgorithm='ECDSA_SHA_256')
        self.assertTrue(answer['SignatureValid'])


class Stop(OwnServerTest):
    def test_sigterm_finishes_the_open_request_and_then_ends_with_0(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                server = self.new_server().start()
                client = self.connect(server)
                key_id = client.create()['KeyId']
                self.addCleanup(resume, server.workers())
                workers = server.workers()
                self.assertTrue(workers, 'the trusted application runs as a process')
                stop(workers)
                answers = []
                signer = threading.Thread(target=lambda: answers.append(client.sign(key_id, DIGEST)))
                signer.start()
                time.sleep(0.3)
                server.process.send_signal(number)
                time.sleep(0.3)
                self.assertIsNone(server.process.poll(), 'the open request is waited for')
                with self.assertRaises(OSError):
                    socket.create_connection(('127.0.0.1', server.port), 1).close()
                resume(workers)
                signer.join(20)
                self.assertEqual(len(answers), 1, server.log())
                self.assertEqual(server.process.wait(20), 0)

    def test_creates_that_hang_do_not_outlive_the_stop(self):
        """They had pointers into memory of requests that the stop had ended."""
        for grace in (0, 300):
            with self.subTest(grace=grace):
                server = self.new_server('--grace', str(grace)).start()
                workers = server.workers()
                self.addCleanup(resume, workers)
                stop(workers)
                clients = [self.connect(server) for _ in range(20)]
                threads = [threading.Thread(target=attempt, args=(c, 'CreateKey'), kwargs=KEY) for c in clients]
                threads += [threading.Thread(target=attempt, args=(self.connect(server), None))]
                for thread in threads:
                    thread.start()
                time.sleep(0.3)
                began = time.monotonic()
                self.assertEqual(server.stop(), 0, server.log())
                self.assertLess(time.monotonic() - began, 10)
                resume(workers)
                for thread in threads:
                    thread.join(20)

    def test_nothing_is_left_running(self):
        server = self.new_server().start()
        workers = server.workers()
        self.assertEqual(server.stop(), 0)
        self.assert_gone(workers)

    def test_the_trusted_application_ends_with_its_server(self):
        server = self.new_server().start()
        workers = server.workers()
        server.kill()
        self.assert_gone(workers)

    def assert_gone(self, pids):
        self.assertTrue(pids)
        end = time.monotonic() + 5
        while time.monotonic() < end and any(map(running, pids)):
            time.sleep(0.05)
        self.assertEqual([p for p in pids if running(p)], [])


class Refusal(OwnServerTest):
    """Each start that is refused says why, and ends with another status than 0."""

    def refuse(self, server, pattern):
        status, text = server.launch().wait_exit()
        self.assertGreater(status, 0, text)
        self.assertRegex(text, re.compile(pattern, re.I | re.S))

    def test_an_old_copy_of_the_database(self):
        server = self.new_server().start()
        self.connect(server).create()
        server.stop()
        copy = os.path.join(server.folder, 'copy')
        os.mkdir(copy)
        files = server.database_files()
        self.assertTrue(files)
        for path in files:
            shutil.copy2(path, copy)
        server.start()
        newer = self.connect(server).create()['KeyId']
        server.stop()
        current = os.path.join(server.folder, 'current')
        os.mkdir(current)
        for path in server.database_files():
            shutil.move(path, current)
        for name in os.listdir(copy):
            shutil.copy2(os.path.join(copy, name), server.state)
        self.refuse(server, r'(older|behind|rolled back|ROLLED_BACK).*(restore|newest|latest|current|copy)')
        # Refusing changed nothing: with the right database it serves again.
        for path in server.database_files():
            os.remove(path)
        for name in os.listdir(current):
            shutil.copy2(os.path.join(current, name), server.state)
        server.start()
        self.connect(server).sign(newer, DIGEST)

    def test_the_database_of_another_tee(self):
        one, two = self.new_server().start(), self.new_server().start()
        for server in (one, two):
            self.connect(server).create()
            server.stop()
        for path in one.database_files():
            os.remove(path)
        for path in two.database_files():
            shutil.copy2(path, one.state)
        self.refuse(one, r'(another|foreign|other|belongs)')

    def test_a_lost_database(self):
        server = self.new_server().start()
        self.connect(server).create()
        server.stop()
        for path in server.database_files():
            os.remove(path)
        self.refuse(server, r'ROLLED_BACK')

    def test_production_makes_no_key_domain_unless_it_is_told(self):
        server = self.new_server('--profile', 'production', bare=True)
        self.refuse(server, r'NOT_PROVISIONED.*--provision')
        server.args.append('--provision')
        server.start().stop()
        server.args.remove('--provision')
        server.start().stop()

    def test_a_missing_anchor(self):
        server = self.new_server().start()
        self.connect(server).create()
        server.stop()
        name = 'p-' + b'teekms.anchor.00'.hex()
        found = [os.path.join(at, name) for at, _, names in os.walk(server.folder) if name in names]
        self.assertEqual(len(found), 1)
        os.remove(found[0])
        self.refuse(server, r'STORAGE')
        self.assertFalse(os.path.exists(found[0]), 'never made anew')

    def test_a_damaged_control_object(self):
        server = self.new_server().start()
        self.connect(server).create()
        server.stop()
        name = 'p-' + b'teekms.control'.hex()
        found = [os.path.join(at, name) for at, _, names in os.walk(server.folder) if name in names]
        self.assertEqual(len(found), 1)
        with open(found[0], 'r+b') as file:
            file.write(bytes(8192))
        # Not as if the TEE had never held a domain.
        self.refuse(server, r'the TEE: STORAGE')

    def test_a_file_that_is_no_database(self):
        server = self.new_server().start()
        server.stop()
        path = server.database_files()[0]
        for other in server.database_files():
            os.remove(other)
        with open(path, 'wb') as f:
            f.write(b'this is not a database\n' * 1000)
        self.refuse(server, re.escape(os.path.basename(path)))

    def test_a_database_with_a_damaged_page(self):
        server = self.new_server().start()
        self.connect(server).create()
        server.stop()
        path = next(p for p in server.database_files() if p.endswith('.db'))
        with open(path, 'r+b') as f:
            f.seek(4096)
            f.write(b'damaged' * 64)
        self.refuse(server, r'teekmsd: state: UNAVAILABLE: the database is damaged')

    def test_a_second_server_on_the_same_state(self):
        first = self.new_server().start()
        key_id = self.connect(first).create()['KeyId']
        self.refuse(self.new_server(state=first.state), r'IN_USE')
        self.connect(first).sign(key_id, DIGEST)

    def test_a_port_in_use(self):
        first = self.new_server().start()
        second = self.new_server()
        second.port = first.port
        self.refuse(second, rf'{first.port}')

    def test_dev_beyond_the_loopback(self):
        server = self.new_server('--listen', f'0.0.0.0:{free_port()}')
        self.refuse(server, r'loopback|127\.0\.0\.1')

    def test_production_over_a_development_ta(self):
        program = os.path.join(os.path.dirname(os.path.dirname(TEEKMSD)), 'ta', 'teekms-ta')
        self.refuse(self.new_server('--ta-program', program, profile='production'), 'development')

    def test_options_and_settings_that_make_no_sense(self):
        for args, env, pattern in ((('--no-such-option',), {}, 'no-such-option'), (('--workers', 'many'), {}, 'workers'),
                                   (('--workers', '-1'), {}, 'workers'), (('--profile', 'staging'), {}, '--profile'),
                                   (('--listen', '127.0.0.1:99999'), {}, '99999'), (('--tee', 'sgx'), {}, '--tee'),
                                   (('--ta-program', '/nonexistent'), {}, '--ta-program'), (('stray',), {}, 'stray'),
                                   ((), {'KMS_LOG': 'loudest'}, 'KMS_LOG'), ((), {'KMS_REQUIRE_API_KEY': 'maybe'}, 'KMS_REQUIRE_API_KEY'),
                                   (('--profile', 'production'), {'KMS_ALLOW_LEGACY_PASSKEY': '1'}, 'KMS_ALLOW_LEGACY_PASSKEY'),
                                   (('--profile', 'production'), {'KMS_ALLOW_OPEN_MODE': '1'}, 'KMS_ALLOW_OPEN_MODE'),
                                   ((), {'KMS_ALLOW_OPEN_MODE': '1', 'KMS_API_KEY': 'x'}, 'KMS_ALLOW_OPEN_MODE'),
                                   ((), {'KMS_RATE_LIMIT': 'many'}, 'KMS_RATE_LIMIT'), ((), {'KMS_RP_ID': '*.a.example'}, 'KMS_RP_ID'),
                                   ((), {'KMS_ORIGIN': 'a.example'}, 'KMS_ORIGIN'), (('--account', '12'), {}, '--account'),
                                   (('--compat=1',), {}, '--compat'), (('--db', ''), {}, '--db')):
            with self.subTest(args=args, env=env):
                self.refuse(self.new_server(*args, env=env), re.escape(pattern))

    def test_help_and_version_are_no_refusal(self):
        for option, pattern in (('--help', '--state-dir'), ('--version', r'\d+\.\d+\.\d+'), ('--describe-ops', 'TrentService.Sign')):
            with self.subTest(option=option):
                done = subprocess.run([TEEKMSD, option], env=clean_env(), text=True, timeout=20, check=False,
                                      stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, pattern)


class Side(OwnServerTest):
    def test_two_servers_side_by_side_know_nothing_of_each_other(self):
        one, two = self.new_server().start(), self.new_server().start()
        key = self.connect(one).create()
        self.connect(one).sign(key['KeyId'], DIGEST)
        answer = self.connect(two).call('DescribeKey', KeyId=key['KeyId'])
        self.assertEqual(answer.code, 'NotFoundException')

    def test_arns_have_the_region_and_the_account(self):
        server = self.new_server('--region', 'eu-west-1', '--account=123456789012', env={'KMS_REGION': 'nowhere'}).start()
        made = self.connect(server).create()
        self.assertEqual(made['Arn'], f'arn:aws:kms:eu-west-1:123456789012:key/{made["KeyId"]}')

    def test_the_state_is_readable_by_its_owner_only(self):
        server = self.new_server().start()
        self.connect(server).create()
        for folder, _, names in os.walk(server.state):
            for path in [folder] + [os.path.join(folder, n) for n in names]:
                self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)


class Workers(OwnServerTest):
    def test_a_dead_worker_comes_back_and_keys_still_sign(self):
        server = self.new_server('--workers', '2').start()
        client = self.connect(server)
        keys = [client.create()['KeyId'] for _ in range(12)]
        for _ in range(3):
            before = server.workers()
            self.assertEqual(len(before), 2)
            os.kill(before[0], signal.SIGKILL)
            end = time.monotonic() + 15
            for key_id in keys:
                while True:
                    answer = client.call('Sign', KeyId=key_id, Message=b64(DIGEST), MessageType='DIGEST',
                                         SigningAlgorithm='ECDSA_SHA_256')
                    if answer.status == 200:
                        break
                    self.assertIn(answer.status, (429, 500, 503, 504), answer)
                    self.assertLess(time.monotonic(), end, server.log())
                    time.sleep(0.05)
            self.assertEqual(len(server.workers()), 2)
            self.assertNotEqual(server.workers(), before)
            self.assertTrue(client.create()['KeyId'])

    def test_creates_go_on_when_a_worker_dies_under_them(self):
        """The thread that makes keys waited for the dead worker's answer, and revived nobody meanwhile."""
        server = self.new_server('--workers', '2').start()
        over = threading.Event()
        made = []

        def creator():
            client = self.connect(server)
            while not over.is_set():
                answer = attempt(client, 'CreateKey', **KEY)
                if answer is not None and answer.status == 200:
                    made.append(time.monotonic())

        threads = [threading.Thread(target=creator) for _ in range(32)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                time.sleep(0.5)
                before = server.workers()
                os.kill(before[0], signal.SIGKILL)
                died = time.monotonic()
                while time.monotonic() < died + 8:
                    if server.workers() != before and len(server.workers()) == 2 and made and made[-1] > died + 0.5:
                        break
                    time.sleep(0.05)
                self.assertEqual(len(server.workers()), 2, 'revived although creates keep coming')
                self.assertGreater(made[-1], died + 0.5, 'creates went on')
        finally:
            over.set()
            for thread in threads:
                thread.join(30)
        self.assertEqual(server.stop(), 0)

    def test_the_trusted_application_is_locked_down(self):
        server = self.new_server().start()
        for pid in server.workers():
            with open(f'/proc/{pid}/status', encoding='utf-8') as f:
                status = dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line)
            self.assertEqual(status['Seccomp'].strip(), '2')
            self.assertEqual(status['NoNewPrivs'].strip(), '1')
            with open(f'/proc/{pid}/limits', encoding='utf-8') as f:
                self.assertRegex(f.read(), r'Max core file size\s+0\s')


def attempt(client, operation, **params):
    """A call, or the readiness probe without an operation, that may well be cut off."""
    try:
        return client.call(operation, **params) if operation else client.get('/readyz')
    except (OSError, http.client.HTTPException):
        client.close()
        return None


def stop(pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)


def resume(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass


def running(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as f:
            return f.read().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False
