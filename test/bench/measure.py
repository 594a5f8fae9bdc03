# SPDX-License-Identifier: Apache-2.0
"""What bench.py is made of: how a running server is loaded, and what is read from it meanwhile.

Processor time is the scheduler's, per process, so that wrk, which shares the cores, does not count.
"""

import contextlib
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from cryptography.hazmat.primitives import serialization
from harness import BUILD, LocalServer, Client
from passkey import Authenticator, b64u

HERE = os.path.dirname(os.path.abspath(__file__))
SIGN = {'Message': 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=', 'MessageType': 'DIGEST',
        'SigningAlgorithm': 'ECDSA_SHA_256'}
CREATE = {'KeyUsage': 'SIGN_VERIFY', 'KeySpec': 'ECC_SECG_P256K1'}
OWNERS = 64


def program(name):
    return os.path.join(BUILD, 'test/bench', name)


def run_json(command, limit=120):
    done = subprocess.run(command, text=True, capture_output=True, check=False, timeout=limit)
    if done.returncode != 0:
        raise SystemExit(f'bench: {os.path.basename(command[0])} failed\n{done.stderr[-2000:]}')
    return json.loads(done.stdout.rstrip().split('\n')[-1])


def cpu_ns(pid):
    """Processor time of all threads of a process so far."""
    total = 0
    for task in os.listdir(f'/proc/{pid}/task'):
        try:
            with open(f'/proc/{pid}/task/{task}/schedstat', encoding='ascii') as f:
                total += int(f.read().split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return total


def rss_kib(pid, row='VmRSS'):
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return int(next(line for line in f if line.startswith(row + ':')).split()[1])


def raw():
    """The limits of this machine, now."""
    with tempfile.TemporaryDirectory(prefix='teekms-bench-raw-') as folder:
        return run_json([program('raw_bench'), folder])


class Server:
    """A server whose callers need an API key, as they do outside of a first try."""

    def __init__(self, *args, server=None, **kw):
        self.server = server or LocalServer(*args, **kw)
        self.api_key = self.client = self.ready_s = None

    def __enter__(self):
        begin = time.monotonic()
        self.server.start()
        self.ready_s = time.monotonic() - begin
        self.api_key = self.server.cli('api-key', 'generate').stdout.strip()
        self.client = self.connect()
        return self

    def __exit__(self, *_):
        self.client.close()
        self.server.destroy()

    def connect(self):
        client = Client(self.server.endpoint, 60)
        client.headers['x-api-key'] = self.api_key
        return client

    def sign_bodies(self, keys=16):
        return [{'KeyId': self.client.create()['KeyId'], **SIGN} for _ in range(keys)]

    def loaded(self, command):
        """Runs a load of which the last line is JSON, and adds the processor time each process spent on a request."""
        server, pids = self.server, self.server.workers()
        before = cpu_ns(server.process.pid), sum(map(cpu_ns, pids))
        shown = run_json(command)
        after = cpu_ns(server.process.pid), sum(map(cpu_ns, pids))
        shown['per_second'] = shown['requests'] / shown['seconds'] if shown['requests'] else 0
        for name, one, other in zip(('host_cpu_us', 'ta_cpu_us'), before, after):
            shown[name] = (other - one) / max(shown['requests'], 1) / 1e3
        return shown

    def wrk(self, operation, bodies, connections, seconds=2):
        """Rates and latencies of one operation."""
        server = self.server
        with tempfile.NamedTemporaryFile('w', prefix='teekms-bench-', encoding='ascii') as f:
            f.writelines(json.dumps(b) + '\n' for b in bodies)
            f.flush()
            shown = self.loaded(['wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--timeout', '20s', '-s',
                                 os.path.join(HERE, 'wrk.lua'), server.endpoint, '--', operation, f.name, self.api_key])
        if shown.pop('errors') or not shown['requests']:
            raise SystemExit(f'bench: not every {operation} worked\n{server.log()[-2000:]}')
        return shown

    def owners(self):
        """Wallets, each with a passkey of its own, as passkey_bench reads them."""
        for _ in range(OWNERS):
            passkey = Authenticator()
            made = self.client.create(**wallet_of(passkey))
            pem = passkey.private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                                serialization.NoEncryption())
            yield made['KeyId'] + '\n' + pem.decode()


class Ceremonies:
    """Rounds of passkey_bench on one server; each goes on where the signature counters were left."""

    def __init__(self, server):
        self.server, self.owners, self.count = server, list(server.owners()), 1
        self.file = tempfile.NamedTemporaryFile('w', prefix='teekms-bench-', encoding='ascii')

    def __enter__(self):
        self.file.writelines(self.owners)
        self.file.flush()
        return self

    def __exit__(self, *_):
        self.file.close()

    def key_ids(self):
        return [{'KeyId': owner.split('\n', 1)[0]} for owner in self.owners]

    def run(self, connections, seconds=2):
        shown = self.server.loaded([program('passkey_bench'), str(self.server.server.port), self.server.api_key, self.file.name,
                                    str(connections), str(seconds), str(self.count)])
        self.count += shown['requests']
        return shown


def wallet_of(passkey):
    return {'PasskeyPublicKey': '0x' + passkey.public.hex(), 'CredentialId': b64u(passkey.credential)}


def system_calls(seconds=2):
    """System calls of teekmsd per Sign; None where strace may not look."""
    out = {}
    with Server() as s, tempfile.TemporaryDirectory(prefix='teekms-bench-') as folder:
        bodies = s.sign_bodies()
        for connections in (1, 64):
            path = os.path.join(folder, 'calls')
            with subprocess.Popen(['strace', '-f', '-qq', '-c', '-o', path, '-p', str(s.server.process.pid)],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as tracer:
                time.sleep(0.5)
                if tracer.poll() is not None:
                    return None
                requests = s.wrk('Sign', bodies, connections, seconds)['requests']
                tracer.send_signal(signal.SIGINT)
                tracer.wait(20)
            with open(path, encoding='ascii') as f:
                total = next(line.split() for line in f if line.rstrip().endswith('total'))
            out[f'connections_{connections}'] = int(total[3]) / requests
    return out


def allocations(seconds=2):
    """Calls of malloc and its kin in teekmsd per Sign, once everything is warm."""
    with tempfile.NamedTemporaryFile(prefix='teekms-bench-') as counter:
        counter.write(bytes(8))
        counter.flush()

        def now():
            with open(counter.name, 'rb') as f:
                return int.from_bytes(f.read(8), 'little')
        env = {'LD_PRELOAD': program('count_malloc.so'), 'BENCH_MALLOC_COUNT': counter.name}
        with Server(env=env) as s:
            bodies = s.sign_bodies()
            s.wrk('Sign', bodies, 64, 1)
            before = now()
            if not before:
                return None
            made = s.wrk('Sign', bodies, 64, seconds)
            return (now() - before) / made['requests']


def idle_connections(count=5000):
    """Memory of teekmsd per connection that has had an answer and waits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(count, hard - 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with Server('--connections', str(count + 100)) as s, contextlib.ExitStack() as open_ones:
            pid = s.server.process.pid

            def connect(n):
                for _ in range(n):
                    c = open_ones.enter_context(socket.create_connection(('127.0.0.1', s.server.port), 10))
                    c.sendall(b'GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
                    c.recv(4096)
            connect(100)
            before = rss_kib(pid, 'RssAnon')
            connect(count - 100)
            return (rss_kib(pid, 'RssAnon') - before) * 1024 / (count - 100)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Counted(LocalServer):
    """teekmsd under callgrind; its TA runs natively."""

    def command(self):
        return callgrind(os.path.join(self.folder, 'counts')) + super().command()

    def counted(self):
        self.stop(60)
        return instructions_in(os.path.join(self.folder, 'counts'))


def callgrind(path):
    return ['valgrind', '-q', '--tool=callgrind', f'--callgrind-out-file={path}']


def instructions_in(path):
    with open(path, encoding='ascii', errors='replace') as f:
        return int(re.findall(r'^(?:summary|totals): (\d+)', f.read(), re.M)[-1])


def host_instructions(state, key_id, few=400, many=2400):
    """User instructions of teekmsd per Sign over one connection: the slope between two counts of requests."""
    found = []
    for count in (few, many):
        with tempfile.TemporaryDirectory(prefix='teekms-bench-') as folder:
            copy = os.path.join(folder, 'state')
            shutil.copytree(state, copy)
            env = {'LD_PRELOAD': program('no_pidfd.so')}
            with Server(server=Counted('--workers', '1', '--reactors', '1', state=copy, env=env)) as s:
                for _ in range(count):
                    s.client.must('Sign', KeyId=key_id, **SIGN)
                found.append(s.server.counted())
    return (found[1] - found[0]) / (many - few)


def raw_instructions(few=100, many=600):
    found = []
    with tempfile.TemporaryDirectory(prefix='teekms-bench-') as folder:
        for count in (few, many):
            path = os.path.join(folder, 'counts')
            subprocess.run(callgrind(path) + [program('raw_bench'), '--signs', str(count)], check=True, timeout=60,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            found.append(instructions_in(path))
    return (found[1] - found[0]) / (many - few)


def fast_folder(room):
    """Where a write need not wait for a disk, if there is so much room; else the usual place."""
    try:
        free = os.statvfs('/dev/shm')
    except OSError:
        return None
    return '/dev/shm' if free.f_bavail * free.f_frsize > room and os.access('/dev/shm', os.W_OK) else None


def filled_state(folder, wanted):
    """Makes a state of so many keys in the folder. Gives one of them, how many there are, and what it cost."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix='teekms-bench-', dir=fast_folder(4096 * wanted)) as fast:
        state = os.path.join(fast, 'state')
        with Server(state=state) as s:
            have, seconds = 0, 1
            while wanted - have > 100:
                made = s.wrk('CreateKey', [CREATE], 64, seconds)
                have += made['requests']
                # wrk counts seconds, not requests.
                seconds = max(1, min(60, int((wanted - have) / made['per_second'])))
            while have < wanted:
                s.client.create()
                have += 1
            key_id = s.client.create()['KeyId']
            s.server.stop(60)
            shutil.copytree(state, folder)
    return key_id, have + 1, time.monotonic() - begin


def start_up(state, key_id):
    """Time until it is ready, and memory after the first signature."""
    with Server(state=state) as s:
        s.client.must('Sign', KeyId=key_id, **SIGN)
        return {'ready_s': s.ready_s, 'host_rss_kib': rss_kib(s.server.process.pid),
                'ta_rss_kib': sum(map(rss_kib, s.server.workers()))}
