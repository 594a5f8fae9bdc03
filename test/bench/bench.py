#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures one build, as figures and as ratios to the raw limits of the same run. Never a gate.

    test/bench/bench.py [--build DIR] [--out FILE.json]

    BENCH_FULL=1    also start-up and memory at 10^6 keys, which takes minutes
    BENCH_ROUNDS    rounds of the signing measurement (default 5), of which the median counts

R is libsecp256k1's time for one signature here and now. Processor time is taken from the scheduler, per
process, so that wrk, which shares the cores, does not count. "target" is the aim of the project.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
FULL = os.environ.get('BENCH_FULL') == '1'
ROUNDS = int(os.environ.get('BENCH_ROUNDS') or 5)
SECONDS = 2


def run_json(command):
    out = subprocess.run(command, text=True, stdout=subprocess.PIPE, check=True, timeout=300).stdout
    return json.loads(out.rstrip().split('\n')[-1])


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


def rss_kib(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return int(next(line for line in f if line.startswith('VmRSS:')).split()[1])


class Bench:
    def __init__(self, build):
        self.build = build
        self.folder = tempfile.TemporaryDirectory(prefix='teekms-bench-')
        self.result = {}

    def raw(self):
        with tempfile.TemporaryDirectory(prefix='raw-', dir=self.folder.name) as folder:
            return run_json([os.path.join(self.build, 'test/bench/raw_bench'), folder])

    def wrk(self, server, operation, bodies, connections, seconds=SECONDS):
        """Rates and latencies of one operation, with the processor time each process spent on it."""
        path = os.path.join(self.folder.name, 'bodies')
        with open(path, 'w', encoding='ascii') as f:
            f.writelines(json.dumps(b) + '\n' for b in bodies)
        workers = server.workers()
        before = cpu_ns(server.process.pid), sum(map(cpu_ns, workers))
        shown = run_json(['wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--timeout', '20s',
                          '-s', os.path.join(HERE, 'wrk.lua'), server.endpoint, '--', operation, path])
        after = cpu_ns(server.process.pid), sum(map(cpu_ns, workers))
        if shown['errors'] or not shown['requests']:
            raise SystemExit(f'bench: {shown["errors"]} of {shown["requests"]} {operation} failed\n{server.log()[-2000:]}')
        return {'per_second': shown['requests'] / shown['seconds'], 'p50_us': shown['p50_us'], 'p99_us': shown['p99_us'],
                'host_cpu_us': (after[0] - before[0]) / shown['requests'] / 1e3,
                'ta_cpu_us': (after[1] - before[1]) / shown['requests'] / 1e3}

    def ta_calls(self, ta):
        with tempfile.TemporaryDirectory(prefix='teekms-bench-ta-') as state:
            return run_json([os.path.join(self.build, 'test/bench/ta_bench'), ta, state])

    def signing(self, server, client):
        """R, then the server, in turns: what the machine does meanwhile hits both."""
        ids = [client.create()['KeyId'] for _ in range(16)]
        bodies = [{'KeyId': i, 'Message': 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=', 'MessageType': 'DIGEST',
                   'SigningAlgorithm': 'ECDSA_SHA_256'} for i in ids]
        self.wrk(server, 'Sign', bodies, 16, 1)  # warm
        rounds = [{'raw': self.raw(), 1: self.wrk(server, 'Sign', bodies, 1), 64: self.wrk(server, 'Sign', bodies, 64)}
                  for _ in range(ROUNDS)]
        raw = {k: min(r['raw'][k] for r in rounds) for k in rounds[0]['raw']}

        def median(of):
            return statistics.median(of(r) for r in rounds)
        out = {'raw': raw, 'sign_1': {}, 'sign_64': {}}
        for n in (1, 64):
            for figure in rounds[0][n]:
                out[f'sign_{n}'][figure] = median(lambda r, n=n, figure=figure: r[n][figure])
        out['ta_efficiency'] = median(lambda r: r['raw']['k256_sign_ns'] / 1e3 / r[64]['ta_cpu_us'])
        out['host_efficiency'] = median(lambda r: r['raw']['k256_sign_ns'] / 1e3 / (r[64]['host_cpu_us'] + r[64]['ta_cpu_us']))
        out['latency_1_p50'] = median(lambda r: r[1]['p50_us'] * 1e3 / r['raw']['k256_sign_ns'])
        out['latency_1_p99'] = median(lambda r: r[1]['p99_us'] * 1e3 / r['raw']['k256_sign_ns'])
        out['latency_64_p99'] = median(lambda r: r[64]['p99_us'] * 1e3 / (64 * r['raw']['k256_sign_ns']))
        return out

    def creating(self, server, raw):
        body = [{'KeyUsage': 'SIGN_VERIFY', 'KeySpec': 'ECC_SECG_P256K1'}]
        one = self.wrk(server, 'CreateKey', body, 1)
        many = self.wrk(server, 'CreateKey', body, 64)
        return {'create_1': one, 'create_64': many,
                'create_1_ratio': one['per_second'] * raw['sqlite_full_commit_ns'] / 1e9,
                'create_64_ratio': many['per_second'] / one['per_second']}

    def growth(self, new_server, client_of):
        """Start-up time and memory with more and more keys in one state folder."""
        server, out = new_server().start(), {}
        try:
            have = 0
            for wanted in [10, 10000] + ([1000000] if FULL else []):
                client = client_of(server)
                while have < wanted:
                    if wanted - have < 100:
                        client.create()
                        have += 1
                    else:  # wrk cannot count to a number, so the last hundred come one by one
                        made = self.wrk(server, 'CreateKey', [{'KeyUsage': 'SIGN_VERIFY', 'KeySpec': 'ECC_SECG_P256K1'}], 64,
                                        1 if wanted <= 10000 else 20)
                        have += int(made['per_second'] * (1 if wanted <= 10000 else 20))
                key_id = client.create()['KeyId']
                client.close()
                server.stop()
                begin = time.monotonic()
                server.start()
                ready = time.monotonic() - begin
                client = client_of(server)
                client.sign(key_id, b'\1' * 32)
                out[f'keys_{wanted}'] = {'keys': have, 'ready_s': ready, 'host_rss_kib': rss_kib(server.process.pid),
                                         'ta_rss_kib': sum(map(rss_kib, server.workers()))}
                client.close()
        finally:
            server.destroy()
        return out


# (label, path in the result, unit, target, whether more is better); the targets are the project's own.
ROWS = [
    ('libsecp256k1 sign (R)', ('raw', 'k256_sign_ns'), 'ns', None, False),
    ('libsecp256k1 verify', ('raw', 'k256_verify_ns'), 'ns', None, False),
    ('P-256 sign (OpenSSL)', ('raw', 'p256_sign_ns'), 'ns', None, False),
    ('P-256 verify (OpenSSL)', ('raw', 'p256_verify_ns'), 'ns', None, False),
    ('SHA-256 of 32 bytes', ('raw', 'sha256_32_ns'), 'ns', 100, False),
    ('fdatasync of 4 KiB', ('raw', 'fdatasync_4k_ns'), 'ns', None, False),
    ('SQLite FULL commit', ('raw', 'sqlite_full_commit_ns'), 'ns', None, False),
    ('TA calls, empty, 1 in flight', ('ta', 'empty_1'), '/s', None, True),
    ('TA calls, empty, 32 in flight', ('ta', 'empty_32'), '/s', None, True),
    ('TA signatures per CPU second', ('ta', 'sign_per_cpu_second'), '/s', None, True),
    ('R / TA CPU per Sign', ('ta_efficiency',), '', 0.88, True),
    ('R / (host + TA CPU), 64 connections', ('host_efficiency',), '', 0.65, True),
    ('Sign, 1 connection', ('sign_1', 'per_second'), '/s', None, True),
    ('  p50', ('sign_1', 'p50_us'), 'us', None, False),
    ('  p99', ('sign_1', 'p99_us'), 'us', None, False),
    ('  p50 / R', ('latency_1_p50',), '', 4, False),
    ('  p99 / R', ('latency_1_p99',), '', 10, False),
    ('Sign, 64 connections', ('sign_64', 'per_second'), '/s', None, True),
    ('  p50', ('sign_64', 'p50_us'), 'us', None, False),
    ('  p99', ('sign_64', 'p99_us'), 'us', None, False),
    ('  p99 / (64 R)', ('latency_64_p99',), '', 4, False),
    ('  host CPU per Sign', ('sign_64', 'host_cpu_us'), 'us', None, False),
    ('  TA CPU per Sign', ('sign_64', 'ta_cpu_us'), 'us', None, False),
    ('CreateKey, 1 connection', ('create_1', 'per_second'), '/s', None, True),
    ('  / SQLite FULL commits', ('create_1_ratio',), '', 0.7, True),
    ('CreateKey, 64 connections', ('create_64', 'per_second'), '/s', None, True),
    ('  / 1 connection', ('create_64_ratio',), '', 5, True),
] + [row for n in (10, 10000, 1000000) for row in (
    (f'Start with {n} keys', (f'keys_{n}', 'ready_s'), 's', 2 if n > 10000 else None, False),
    ('  host memory', (f'keys_{n}', 'host_rss_kib'), 'KiB', 16384 if n == 10 else None, False),
    ('  TA memory', (f'keys_{n}', 'ta_rss_kib'), 'KiB', None, False))]


def look_up(result, path):
    for name in path:
        if name not in result:
            return None
        result = result[name]
    return result


def table(result):
    r = result['raw']['k256_sign_ns']
    yield f'{"":40}{"figure":>12}      {"x R":>9} {"target":>9}'
    for label, path, unit, target, more in ROWS:
        value = look_up(result, path)
        if value is None:
            continue
        digits = 0 if value >= 100 else 2
        ratio = {'ns': value / r, 'us': value * 1e3 / r, '/s': 1e9 / value / r if value else 0}.get(unit)
        verdict = '' if target is None else ('  met' if (value >= target if more else value <= target) else '  missed')
        yield (f'{label:40}{value:12,.{digits}f} {unit:4} ' + (f'{ratio:9.2f}' if ratio is not None else ' ' * 9) +
               (f' {target:9g}' if target is not None else '') + verdict)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--build', default='build-gcc')
    parser.add_argument('--out')
    args = parser.parse_args()
    os.environ['TEEKMS_BUILD'] = args.build
    sys.path.insert(0, os.path.join(TOP, 'test/integration'))
    from harness import TEEKMS_TA, Client, LocalServer  # reads TEEKMS_BUILD

    bench = Bench(os.path.join(TOP, args.build))
    result = {'machine': platform.machine(), 'cores': os.cpu_count(), 'load': os.getloadavg()[0], 'rounds': ROUNDS,
              'commit': subprocess.run(['git', '-C', TOP, 'rev-parse', '--short', 'HEAD'], text=True, check=False,
                                       stdout=subprocess.PIPE).stdout.strip()}
    server = LocalServer().start()
    try:
        client = Client(server.endpoint)
        result.update(bench.signing(server, client))
        result['ta'] = bench.ta_calls(TEEKMS_TA)
        result['ta']['sign_per_cpu_second'] = 1e6 / result['sign_64']['ta_cpu_us']
        client.close()
        result.update(bench.creating(server, result['raw']))
    finally:
        server.destroy()
    result.update(bench.growth(LocalServer, lambda s: Client(s.endpoint, 60)))

    out = args.out or os.path.join(TOP, args.build, 'bench.json')
    with open(out, 'w', encoding='utf-8') as f:
        json.dump(result, f, indent=1)
        f.write('\n')
    print('\n'.join(table(result)))
    print(f'\n"x R": how many of libsecp256k1\'s signatures take as long. Raw figures: {os.path.relpath(out)}')


if __name__ == '__main__':
    main()
