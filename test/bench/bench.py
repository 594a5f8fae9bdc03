#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Measures one build, as figures and as ratios to the raw limits of the same run. Never a gate.

    test/bench/bench.py [--build DIR] [--out FILE.json]

    BENCH_FULL=1    also start-up, memory and instructions at 10^6 keys, which takes many minutes
    BENCH_ROUNDS    rounds of the signing measurement (default 5), of which the median counts

R is libsecp256k1's time for one signature here and now. "target" is the aim of the project; a target of another
room's work is not judged here. docs/performance.md says what the rows mean.
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
SIZES = [10, 10000] + ([1000000] if FULL else [])


def medians(rounds):
    """Of a list of equally nested dicts of numbers."""
    if isinstance(rounds[0], dict):
        return {name: medians([r[name] for r in rounds]) for name in rounds[0]}
    return statistics.median(rounds)


def one_round(server, bodies):
    """R, then the server: what the machine does meanwhile hits both."""
    raw = m.raw()
    one, many = server.wrk('Sign', bodies, 1), server.wrk('Sign', bodies, 64)
    r_us, v_us = raw['k256_sign_ns'] / 1e3, raw['k256_verify_ns'] / 1e3
    return {'raw': raw, 'sign_1': one, 'sign_64': many,
            'ta_efficiency': r_us / many['ta_cpu_us'],
            'ta_efficiency_verified': (r_us + v_us) / many['ta_cpu_us'],
            'host_efficiency': r_us / (many['host_cpu_us'] + many['ta_cpu_us']),
            'host_efficiency_verified': (r_us + v_us) / (many['host_cpu_us'] + many['ta_cpu_us']),
            'latency_1_p50': one['p50_us'] / r_us, 'latency_1_p99': one['p99_us'] / r_us,
            'latency_64_p99': many['p99_us'] / (64 * r_us)}


def signing():
    with m.Server() as server:
        bodies = server.sign_bodies()
        server.wrk('Sign', bodies, 16, 1)  # warm
        return medians([one_round(server, bodies) for _ in range(ROUNDS)])


def one_passkey_round(server, ceremonies):
    """The raw limit first, again: of a design that would trust one verification and no signature, and of this one."""
    raw = m.raw()
    one, many = ceremonies.run(1), ceremonies.run(64)
    begin = server.wrk('BeginAuthentication', ceremonies.key_ids(), 64, 1)
    least = raw['p256_verify_ns'] + raw['k256_sign_ns']
    checked = least + raw['p256_verify_ns'] + raw['k256_verify_ns']
    ta, both = many['ta_cpu_us'] * 1e3, (many['ta_cpu_us'] + many['host_cpu_us']) * 1e3
    return {'least_ns': least, 'checked_ns': checked, 'ceremony_1': one, 'ceremony_64': many, 'begin_64': begin,
            'ta_efficiency': least / ta, 'ta_efficiency_checked': checked / ta,
            'host_efficiency': least / both, 'host_efficiency_checked': checked / both,
            'latency_64_p99': many['p99_us'] * 1e3 / (64 * least)}


def passkeys():
    with m.Server() as server, m.Ceremonies(server) as ceremonies:
        ceremonies.run(64, 1)  # warm
        return {'passkey': medians([one_passkey_round(server, ceremonies) for _ in range(min(ROUNDS, 3))])}


def transport():
    """Signatures without HTTP: the ring, and the TA linked in."""
    with m.Server() as server, tempfile.TemporaryDirectory(prefix='teekms-bench-') as folder:
        key = server.client.create()['KeyId']
        server.server.stop()

        def run(kind):
            return m.run_json([m.program('sign_bench'), kind, TEEKMS_TA, server.server.state, key])
        rounds = [{'raw': m.raw(), 'ring': run('process'), 'inproc': run('inproc'),
                   'empty': m.run_json([m.program('ta_bench'), TEEKMS_TA, folder])} for _ in range(3)]
    for r in rounds:
        r['ring_cpu_more'] = r['ring']['cpu_us_64'] / r['inproc']['cpu_us_64'] - 1
        # The shortest trip, because at one in flight the cores' other work is most of a mean.
        r['ring_trip'] = (r['ring']['best_us'] - r['inproc']['best_us']) * 1e3 / r['raw']['k256_sign_ns']
    return {'transport': medians(rounds)}


def creating():
    with m.Server() as server:
        rounds = []
        for _ in range(3):
            commit = m.raw()['sqlite_full_commit_ns']
            one, many = server.wrk('CreateKey', [m.CREATE], 1), server.wrk('CreateKey', [m.CREATE], 64)
            rounds.append({'create_1': one, 'create_64': many, 'create_1_ratio': one['per_second'] * commit / 1e9,
                           'create_64_ratio': many['per_second'] / one['per_second']})
        return medians(rounds)


def creating_wallets():
    with m.Server() as server:
        bodies = [m.wallet_of(m.Authenticator()) for _ in range(16)]
        return medians([{'wallet_1': server.wrk('CreateKey', bodies, 1, 1), 'wallet_64': server.wrk('CreateKey', bodies, 64, 1)}
                        for _ in range(min(ROUNDS, 3))])


def counting():
    return {'system_calls': m.system_calls(), 'allocations': m.allocations(),
            'idle_connection_bytes': m.idle_connections(), 'raw_instructions': m.raw_instructions()}


def growth():
    out = {}
    for wanted in SIZES:
        with tempfile.TemporaryDirectory(prefix='teekms-bench-') as folder:
            state = os.path.join(folder, 'state')
            key, have, seconds = m.filled_state(state, wanted)
            size = sum(os.path.getsize(os.path.join(state, n)) for n in os.listdir(state) if n.startswith('kms.db'))
            out[f'keys_{wanted}'] = {'keys': have, 'fill_s': seconds, 'database_bytes_per_key': size / have,
                                     **m.start_up(state, key), 'instructions': m.host_instructions(state, key)}
    smallest, largest = (out[f'keys_{n}']['instructions'] for n in (SIZES[0], SIZES[-1]))
    return {**out, 'instructions_growth': largest / smallest - 1}


# (label, path in the result, unit, raw limit it is compared with, target, whether more is better)
R, SIGN, COMMIT = ('raw', 'k256_sign_ns'), ('raw_instructions',), ('raw', 'sqlite_full_commit_ns')
LEAST = ('passkey', 'least_ns')
ROWS = [
    ('libsecp256k1 sign (R)', R, 'ns', 'R', None, False),
    ('libsecp256k1 verify', ('raw', 'k256_verify_ns'), 'ns', 'R', None, False),
    ('P-256 sign (OpenSSL)', ('raw', 'p256_sign_ns'), 'ns', 'R', None, False),
    ('P-256 verify (OpenSSL)', ('raw', 'p256_verify_ns'), 'ns', 'R', None, False),
    ('SHA-256 of 32 bytes', ('raw', 'sha256_32_ns'), 'ns', 'R', 100, False),
    ('fdatasync of 4 KiB', ('raw', 'fdatasync_4k_ns'), 'ns', 'R', None, False),
    ('SQLite FULL commit', COMMIT, 'ns', 'R', None, False),
    ('-- TA, through the transport', None, '', '', None, False),
    ('empty, 1 in flight', ('transport', 'empty', 'empty_1'), '/s', 'R', None, True),
    ('empty, 32 in flight', ('transport', 'empty', 'empty_32'), '/s', 'R', None, True),
    ('sign, 1 in flight', ('transport', 'ring', 'sign_1'), '/s', 'R', None, True),
    ('sign, 32 in flight', ('transport', 'ring', 'sign_32'), '/s', 'R', None, True),
    ('sign, batches of 32', ('transport', 'ring', 'batch_32'), '/s', 'R', None, True),
    ('sign, TA linked in, 1 in flight', ('transport', 'inproc', 'sign_1'), '/s', 'R', None, True),
    ('CPU of a signature, both sides, 1 in flight', ('transport', 'ring', 'cpu_us_1'), 'us', 'R', None, False),
    ('CPU of a signature, 32 in flight', ('transport', 'ring', 'cpu_us_32'), 'us', 'R', None, False),
    ('CPU of a signature, batches of 32', ('transport', 'ring', 'cpu_us_batch'), 'us', 'R', None, False),
    ('CPU of a signature, TA linked in, 64 in flight', ('transport', 'inproc', 'cpu_us_64'), 'us', 'R', None, False),
    ('CPU of the ring at 64 in flight, more than linked in', ('transport', 'ring_cpu_more'), '', '', 0.03, False),
    ('a trip through the ring, 1 in flight, in R', ('transport', 'ring_trip'), '', '', 0.25, False),
    ('-- Sign over HTTP, with an API key', None, '', '', None, False),
    ('R / TA CPU', ('ta_efficiency',), '', '', 0.88, True),
    ('(R + verify) / TA CPU', ('ta_efficiency_verified',), '', '', None, True),
    ('R / (host + TA CPU), 64 connections', ('host_efficiency',), '', '', 0.65, True),
    ('(R + verify) / (host + TA CPU)', ('host_efficiency_verified',), '', '', None, True),
    ('host CPU', ('sign_64', 'host_cpu_us'), 'us', 'R', None, False),
    ('TA CPU', ('sign_64', 'ta_cpu_us'), 'us', 'R', None, False),
    ('1 connection', ('sign_1', 'per_second'), '/s', 'R', None, True),
    ('  p50', ('sign_1', 'p50_us'), 'us', 'R', None, False),
    ('  p99', ('sign_1', 'p99_us'), 'us', 'R', None, False),
    ('  p50 in R', ('latency_1_p50',), '', '', 4, False),
    ('  p99 in R', ('latency_1_p99',), '', '', 10, False),
    ('64 connections', ('sign_64', 'per_second'), '/s', 'R', None, True),
    ('  p50', ('sign_64', 'p50_us'), 'us', 'R', None, False),
    ('  p99', ('sign_64', 'p99_us'), 'us', 'R', None, False),
    ('  p99 in 64 R', ('latency_64_p99',), '', '', 4, False),
    ('host instructions', ('keys_10', 'instructions'), 'instr', 'raw sign', 25000, False),
    ('system calls, 1 connection', ('system_calls', 'connections_1'), '', '', None, False),
    ('system calls, 64 connections', ('system_calls', 'connections_64'), '', '', 2.6, False),
    ('heap allocations', ('allocations',), '', '', 0, False),
    ('memory of an idle connection', ('idle_connection_bytes',), 'B', '', 1024, False),
    ('-- BeginAuthentication and SignHash with a passkey', None, '', '', None, False),
    ('P-256 verify and R (R + V)', ('passkey', 'least_ns'), 'ns', 'R', None, False),
    ('R + 2V + libsecp256k1 verify', ('passkey', 'checked_ns'), 'ns', 'R', None, False),
    ('(R + V) / TA CPU', ('passkey', 'ta_efficiency'), '', '', None, True),
    ('(R + 2V + verify) / TA CPU', ('passkey', 'ta_efficiency_checked'), '', '', None, True),
    ('(R + V) / (host + TA CPU), 64 connections', ('passkey', 'host_efficiency'), '', '', None, True),
    ('(R + 2V + verify) / (host + TA CPU)', ('passkey', 'host_efficiency_checked'), '', '', None, True),
    ('host CPU', ('passkey', 'ceremony_64', 'host_cpu_us'), 'us', 'R + V', None, False),
    ('  BeginAuthentication alone', ('passkey', 'begin_64', 'host_cpu_us'), 'us', 'R + V', None, False),
    ('TA CPU', ('passkey', 'ceremony_64', 'ta_cpu_us'), 'us', 'R + V', None, False),
    ('  BeginAuthentication alone', ('passkey', 'begin_64', 'ta_cpu_us'), 'us', 'R + V', None, False),
    ('CPU of the load, not counted', ('passkey', 'ceremony_64', 'load_cpu_us'), 'us', 'R + V', None, False),
    ('1 connection', ('passkey', 'ceremony_1', 'per_second'), '/s', 'R + V', None, True),
    ('  p50 of both answers', ('passkey', 'ceremony_1', 'p50_us'), 'us', 'R + V', None, False),
    ('  p99', ('passkey', 'ceremony_1', 'p99_us'), 'us', 'R + V', None, False),
    ('  authenticator between them', ('passkey', 'ceremony_1', 'authenticator_us'), 'us', 'R + V', None, False),
    ('64 connections', ('passkey', 'ceremony_64', 'per_second'), '/s', 'R + V', None, True),
    ('  p50 of both answers', ('passkey', 'ceremony_64', 'p50_us'), 'us', 'R + V', None, False),
    ('  p99', ('passkey', 'ceremony_64', 'p99_us'), 'us', 'R + V', None, False),
    ('  p99 in 64 (R + V)', ('passkey', 'latency_64_p99'), '', '', None, False),
    ('-- CreateKey, durable', None, '', '', None, False),
    ('1 connection', ('create_1', 'per_second'), '/s', 'commit', None, True),
    ('  in SQLite FULL commits', ('create_1_ratio',), '', '', 0.7, True),
    ('64 connections', ('create_64', 'per_second'), '/s', 'commit', None, True),
    ('  in 1 connection', ('create_64_ratio',), '', '', 5, True),
    ('-- CreateKey with a passkey: a wallet, durable', None, '', '', None, False),
    ('1 connection', ('wallet_1', 'per_second'), '/s', 'commit', None, True),
    ('64 connections', ('wallet_64', 'per_second'), '/s', 'commit', None, True),
    ('host CPU', ('wallet_64', 'host_cpu_us'), 'us', 'R', None, False),
    ('TA CPU', ('wallet_64', 'ta_cpu_us'), 'us', 'R', None, False),
] + [row for n in (10, 10000, 1000000) for row in (
    (f'-- with {n} keys', (f'keys_{n}',), '', '', None, False),
    ('ready after', (f'keys_{n}', 'ready_s'), 's', 'commit', 2 if n > 10000 else None, False),
    ('host memory', (f'keys_{n}', 'host_rss_kib'), 'KiB', '', 16384 if n == 10 else None, False),
    ('TA memory', (f'keys_{n}', 'ta_rss_kib'), 'KiB', '', None, False),
    ('database', (f'keys_{n}', 'database_bytes_per_key'), 'B/key', '', None, False),
    ('host instructions per Sign', (f'keys_{n}', 'instructions'), 'instr', 'raw sign', None, False),
    ('time to make them', (f'keys_{n}', 'fill_s'), 's', '', None, False))] + [
    ('growth of instructions, least to most keys', ('instructions_growth',), '', '', 0.03, False)]


def look_up(result, path):
    for name in path:
        if not isinstance(result, dict) or name not in result:
            return None
        result = result[name]
    return result


def in_raw(result, value, unit, raw):
    """The figure as a multiple of the raw limit."""
    if not raw or not value:
        return ''
    limit = look_up(result, {'R': R, 'R + V': LEAST, 'commit': COMMIT, 'raw sign': SIGN}[raw])
    if not limit:
        return ''
    ns = {'ns': value, 'us': value * 1e3, 's': value * 1e9, '/s': 1e9 / value, 'instr': value}[unit]
    return f'{ns / limit:.3g} {raw}'


def table(result):
    yield f'{"":53}{"figure":>12} {"":5} {"in raw limits":>16} {"target":>8}'
    for label, path, unit, raw, target, more in ROWS:
        value = look_up(result, path) if path else {}
        if value is None:
            continue
        if isinstance(value, dict):
            yield '\n' + label
            continue
        verdict = '' if target is None else 'met' if (value >= target if more else value <= target) else 'missed'
        digits = 0 if abs(value) >= 100 else 3
        shown_target = '' if target is None else f'{target:g}'
        yield (f'{label:53}{value:12,.{digits}f} {unit:5} {in_raw(result, value, unit, raw):>16} '
               f'{shown_target:>8} {verdict}').rstrip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--build', default='build-gcc')
    parser.add_argument('--out')
    args = parser.parse_args()
    os.environ['TEEKMS_BUILD'] = args.build
    sys.path[:0] = [os.path.join(TOP, 'test/integration')]
    global m, TEEKMS_TA  # both read TEEKMS_BUILD when they are loaded
    import measure as m  # pylint: disable=import-outside-toplevel
    from harness import TEEKMS_TA  # pylint: disable=import-outside-toplevel

    begin = time.monotonic()
    result = {'machine': platform.machine(), 'cores': os.cpu_count(), 'load': os.getloadavg()[0], 'rounds': ROUNDS,
              'commit': subprocess.run(['git', '-C', TOP, 'rev-parse', '--short', 'HEAD'], text=True, check=False,
                                       stdout=subprocess.PIPE).stdout.strip()}
    for part in (signing, passkeys, transport, creating, creating_wallets, counting, growth):
        print(f'# {part.__name__} ... ({time.monotonic() - begin:.0f} s)', file=sys.stderr, flush=True)
        result.update(part())
    result['load_after'], result['seconds'] = os.getloadavg()[0], time.monotonic() - begin

    out = args.out or os.path.join(TOP, args.build, 'bench.json')
    with open(out, 'w', encoding='utf-8') as f:
        json.dump(result, f, indent=1)
        f.write('\n')
    print('\n'.join(table(result)))
    print(f'\nR: one signature of libsecp256k1; V: one verification of OpenSSL\'s P-256; commit: one of SQLite, durable;'
          f'\nraw sign: R in instructions, under callgrind.'
          f'\nLoad {result["load"]:.1f} to {result["load_after"]:.1f} on {result["cores"]} cores: compare ratios, not figures. '
          f'All of it: {os.path.relpath(out)}')


if __name__ == '__main__':
    main()
