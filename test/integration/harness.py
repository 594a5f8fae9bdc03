# SPDX-License-Identifier: Apache-2.0
"""A server to test against, and the ways to talk to it.

Two kinds of server, one interface: LocalServer starts teekmsd with the trusted application as a process and a state
folder of its own; GuestServer is one that runs elsewhere, usually in the OP-TEE guest (test/qemu/), and is named by

    TEEKMS_ENDPOINT   http://127.0.0.1:PORT
    TEEKMS_CONTROL    a command that takes "stop", "start" or "kill", for the tests that need it

TEEKMS_BUILD names the build folder (default: build). Nothing is taken from the user's own AWS configuration.
"""

import atexit
import base64
import glob
import hashlib
import http.client
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.parse

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, os.environ.get('TEEKMS_BUILD', 'build'))
TEEKMSD = os.path.join(BUILD, 'host/teekmsd')
TEEKMS = os.path.join(BUILD, 'cli/teekms')
TEEKMS_TA = os.path.join(BUILD, 'ta/teekms-ta')

REGION = 'us-east-1'
JSON11 = 'application/x-amz-json-1.1'
K256, P256 = 'ECC_SECG_P256K1', 'ECC_NIST_P256'
K256_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
START_SECONDS = 30


def b64(data):
    return base64.b64encode(data).decode()


def digest_of(data):
    return hashlib.sha256(data).digest()


def clean_env(**more):
    """The environment without what would change a client's or the server's behaviour."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(('AWS_', 'KMS_', 'TEEKMS_', 'LD_PRELOAD'))}
    for name in list(env):
        if name.lower() in ('http_proxy', 'https_proxy', 'all_proxy'):
            del env[name]
    env.update(more)
    return env


def aws_env(endpoint, **more):
    """For SDK processes: credentials that mean nothing, and no configuration files."""
    return clean_env(AWS_ACCESS_KEY_ID='AKIDTEST', AWS_SECRET_ACCESS_KEY='test', AWS_DEFAULT_REGION=REGION,
                     AWS_REGION=REGION, AWS_CONFIG_FILE='/dev/null', AWS_SHARED_CREDENTIALS_FILE='/dev/null',
                     AWS_EC2_METADATA_DISABLED='true', AWS_PAGER='', AWS_ENDPOINT_URL=endpoint, AWS_MAX_ATTEMPTS='1',
                     **more)


def boto3_kms(endpoint):
    """boto3's client, as it comes but for retries; closed by whoever asked for it."""
    # Here, for the tests that run where it is not installed.
    import boto3  # pylint: disable=import-outside-toplevel
    import botocore.config  # pylint: disable=import-outside-toplevel
    session = boto3.session.Session(aws_access_key_id='AKIDTEST', aws_secret_access_key='test', region_name=REGION)
    return session.client('kms', endpoint_url=endpoint, config=botocore.config.Config(retries={'max_attempts': 0}, proxies={}))


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The AWS error code, None for a success."""
        return None if self.status == 200 else self.json['__type']

    @property
    def message(self):
        return self.json.get('message')

    def __repr__(self):
        return f'<{self.status} {self.body[:300]!r}>'


class Client:
    """One keep-alive connection, without the help of an SDK."""

    def __init__(self, endpoint, timeout=30):
        url = urllib.parse.urlsplit(endpoint)
        self.connection = http.client.HTTPConnection(url.hostname, url.port, timeout=timeout)
        self.headers = {}

    def close(self):
        self.connection.close()

    def request(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, {**self.headers, **(headers or {})})
        r = self.connection.getresponse()
        return Answer(r.status, r.headers, r.read())

    def get(self, path, headers=None):
        return self.request('GET', path, headers=headers)

    def raw(self, target, body, headers=None):
        every = {'Content-Type': JSON11}
        if target is not None:
            every['X-Amz-Target'] = target
        return self.request('POST', '/', body, {**every, **(headers or {})})

    def call(self, operation, headers=None, **params):
        return self.raw('TrentService.' + operation, json.dumps(params), headers)

    def must(self, operation, **params):
        answer = self.call(operation, **params)
        assert answer.status == 200, f'{operation}: {answer}'
        return answer.json

    # The calls that most tests need.
    def create(self, spec=K256, **params):
        return self.must('CreateKey', KeyUsage='SIGN_VERIFY', KeySpec=spec, **params)['KeyMetadata']

    def sign(self, key_id, digest):
        return base64.b64decode(self.must('Sign', KeyId=key_id, Message=b64(digest), MessageType='DIGEST',
                                          SigningAlgorithm='ECDSA_SHA_256')['Signature'])

    def public_key(self, key_id):
        return base64.b64decode(self.must('GetPublicKey', KeyId=key_id)['PublicKey'])


class LocalServer:
    """teekmsd on a free port of the loopback, with a state folder that lives as long as this object."""

    can_restart = True
    is_local = True

    def __init__(self, *args, state=None, env=None, profile='dev', bare=False):
        self.args, self.env, self.profile, self.bare = list(args), dict(env or {}), profile, bare
        self.folder = tempfile.mkdtemp(prefix='teekms-test-')
        self.state = state or os.path.join(self.folder, 'state')
        os.makedirs(self.state, mode=0o700, exist_ok=True)
        self.log_path = os.path.join(self.folder, 'server.log')
        self.process = None
        self.port = free_port()

    @property
    def endpoint(self):
        return f'http://127.0.0.1:{self.port}'

    def command(self):
        if self.bare:  # in its folder, told nothing but where to listen
            return [TEEKMSD, '--listen', f'127.0.0.1:{self.port}', *self.args]
        # An empty state is made a key domain when asked for; dev does so by itself.
        provision = ['--provision'] if self.profile == 'production' and not self.database_files() else []
        return [TEEKMSD, '--listen', f'127.0.0.1:{self.port}', '--state-dir', self.state, '--profile', self.profile,
                *provision, *self.args]

    def launch(self):
        """Starts it and does not wait."""
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen(self.command(), env=clean_env(**self.env), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, cwd=self.folder)
        return self

    def start(self):
        self.launch()
        wait_ready(self.endpoint, alive=lambda: self.process.poll() is None, log=self.log)
        return self

    def stop(self, grace=20):
        """SIGTERM. Gives the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(grace)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self.process = None
        return status

    def kill(self):
        """SIGKILL: what a power cut is to a process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self):
        self.stop()
        self.start()

    def wait_exit(self, seconds=20):
        """For a server that shall refuse to serve: gives its status and what it said."""
        try:
            return self.process.wait(seconds), self.log()
        except subprocess.TimeoutExpired:
            raise AssertionError(f'it serves, though it must not:\n{self.log()}') from None
        finally:
            self.kill()

    def workers(self):
        """Process ids of the trusted application."""
        found = []
        for stat in glob.glob('/proc/[0-9]*/stat'):
            try:
                with open(stat, encoding='utf-8', errors='replace') as f:
                    text = f.read()
            except OSError:
                continue
            name, rest = text[text.index('(') + 1:text.rindex(')')], text[text.rindex(')') + 2:].split()
            if name.startswith('teekms-ta') and int(rest[1]) == self.process.pid and rest[0] != 'Z':
                found.append(int(text.split(' ', 1)[0]))
        return sorted(found)

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as f:
            return f.read()

    def database_files(self):
        return sorted(glob.glob(os.path.join(self.state, '*.db*')))

    def cli(self, *args, check=True):
        """The teekms program on this server's database."""
        done = subprocess.run([TEEKMS, *args, '--state-dir', self.state], env=clean_env(), text=True, timeout=30,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f'teekms {shlex.join(args)}: status {done.returncode}\n{done.stdout}{done.stderr}')
        return done

    def destroy(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class GuestServer:
    """A server that somebody else started."""

    is_local = False

    def __init__(self, endpoint, control):
        self.endpoint = endpoint.rstrip('/')
        self.control = control
        self.can_restart = bool(control)

    def _control(self, word):
        subprocess.run(shlex.split(self.control) + [word], check=True, timeout=300, stdin=subprocess.DEVNULL)

    def start(self):
        wait_ready(self.endpoint)
        return self

    def restart(self):
        self._control('stop')
        self._control('start')
        wait_ready(self.endpoint)

    def kill_and_start(self):
        self._control('kill')
        self._control('start')
        wait_ready(self.endpoint)


def wait_ready(endpoint, alive=lambda: True, log=lambda: '', seconds=START_SECONDS):
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        if not alive():
            raise AssertionError(f'the server ended at its start:\n{log()}')
        client = Client(endpoint, timeout=5)
        try:
            last = client.get('/readyz')
            if last.status == 200:
                return
        except (OSError, http.client.HTTPException) as err:
            last = err
        finally:
            client.close()
        time.sleep(0.05)
    raise AssertionError(f'not ready after {seconds} s, last answer {last}\n{log()}')


_shared = []


def shared_server():
    """The server that tests share which leave nothing behind but keys."""
    if not _shared:
        endpoint = os.environ.get('TEEKMS_ENDPOINT')
        server = GuestServer(endpoint, os.environ.get('TEEKMS_CONTROL')) if endpoint else LocalServer()
        if server.is_local:
            atexit.register(server.destroy)
        _shared.append(server.start())
    return _shared[0]


class SharedServerTest(unittest.TestCase):
    """self.client talks to the shared server."""

    @classmethod
    def setUpClass(cls):
        cls.server = shared_server()
        cls.client = Client(cls.server.endpoint)
        cls.addClassCleanup(cls.client.close)

    def connect(self, timeout=30):
        client = Client(self.server.endpoint, timeout)
        self.addCleanup(client.close)
        return client

    def assert_error(self, answer, code, message=None, status=400):
        """message: the exact text, a compiled pattern, or False for "must have none"."""
        self.assertEqual((answer.status, answer.code), (status, code), answer)
        self.assertEqual(answer.headers['Content-Type'], JSON11)
        self.assertTrue(answer.headers['x-amzn-RequestId'])
        if message is False:
            self.assertNotIn('message', answer.json)
        elif isinstance(message, str):
            self.assertEqual(answer.message, message)
        elif message is not None:
            self.assertRegex(answer.message or '', message)


@unittest.skipIf(os.environ.get('TEEKMS_ENDPOINT'), 'starts servers of its own')
class OwnServerTest(unittest.TestCase):
    """For tests that stop, kill or configure their server."""

    def new_server(self, *args, **kw):
        server = LocalServer(*args, **kw)
        self.addCleanup(server.destroy)
        return server

    def connect(self, server, timeout=30):
        client = Client(server.endpoint, timeout)
        self.addCleanup(client.close)
        return client
