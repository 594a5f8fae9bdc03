#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random points under load: whatever was acknowledged still signs, and no start needs repair.

    TORTURE_ROUNDS    how often something is killed (default 200); fewer kills are a failure
    KMS_TEST_SEED     repeats the choices of a run

Two rounds of three kill teekmsd, which is then started again on the same state; the others kill one worker of
the trusted application, which the server has to bring back by itself. Reports in TAP.
"""

import os
import random
import signal
import sys
import threading
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'integration'))
from harness import K256, P256, Client, LocalServer, digest_of, wait_ready  # noqa: E402

ROUNDS = int(os.environ.get('TORTURE_ROUNDS', 200))
SEED = int(os.environ.get('KMS_TEST_SEED') or random.SystemRandom().randrange(1 << 32))
CREATORS, SIGNERS = 3, 3


class Load:
    """Threads that create and sign until told to stop; errors are expected while something is dead."""

    def __init__(self, endpoint, known):
        self.endpoint, self.known = endpoint, known
        self.created, self.wrong = {}, []
        self.signatures = 0
        self.acknowledged = threading.Event()
        self.done = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(self.create,)) for _ in range(CREATORS)]
        self.threads += [threading.Thread(target=self.run, args=(self.sign,)) for _ in range(SIGNERS)]
        for thread in self.threads:
            thread.start()

    def run(self, work):
        client = None
        rng = random.Random()
        while not self.done.is_set():
            try:
                client = client or Client(self.endpoint, timeout=20)
                work(client, rng)
            except Exception:  # pylint: disable=broad-except
                if client:
                    client.close()
                client = None
                time.sleep(0.01)
        if client:
            client.close()

    def create(self, client, rng):
        answer = client.call('CreateKey', KeyUsage='SIGN_VERIFY', KeySpec=rng.choice((K256, P256)))
        if answer.status == 200:
            # Acknowledged: from here on it must not be lost.
            key_id = answer.json['KeyMetadata']['KeyId']
            with self.lock:
                self.created[key_id] = None
            self.acknowledged.set()

    def sign(self, client, rng):
        with self.lock:
            key_id = rng.choice(self.known + list(self.created))
        client.sign(key_id, digest_of(b'load'))
        self.signatures += 1

    def stop(self):
        self.done.set()
        for thread in self.threads:
            thread.join(30)
            if thread.is_alive():
                self.wrong.append('a request hangs')


def verified_signature(client, key_id, rng, publics):
    """Signs and verifies through the public key that the key had when it was first seen."""
    if key_id not in publics:
        publics[key_id] = client.public_key(key_id)
    digest = rng.randbytes(32)
    load_der_public_key(publics[key_id]).verify(client.sign(key_id, digest), digest,
                                                ec.ECDSA(utils.Prehashed(hashes.SHA256())))


def check(endpoint, key_ids, rng, publics):
    """Problems with these keys; a worker that was just killed has some seconds to come back."""
    problems = []
    client = Client(endpoint, timeout=30)
    end = time.monotonic() + 20
    for key_id in key_ids:
        while True:
            try:
                verified_signature(client, key_id, rng, publics)
                break
            except Exception as err:  # pylint: disable=broad-except
                client.close()
                if time.monotonic() > end:
                    problems.append(f'{key_id}: {err!r}')
                    break
                time.sleep(0.1)
    client.close()
    return problems


def kill_something(server, rng):
    """Kills and, for the server, starts anew. Gives what it was."""
    workers = server.workers()
    if rng.random() < 1 / 3 and workers:
        os.kill(rng.choice(workers), signal.SIGKILL)
        return 'worker'
    server.kill()
    return 'teekmsd'


def one_round(server, acknowledged, rng, publics):
    load = Load(server.endpoint, list(acknowledged))
    # A round in which nothing was acknowledged would prove nothing.
    problems = [] if load.acknowledged.wait(20) else ['no key was acknowledged within 20 s']
    time.sleep(rng.uniform(0, 0.15))
    victim = kill_something(server, rng)
    if victim == 'teekmsd':
        try:
            server.start()
        except AssertionError as err:
            problems.append(f'start after kill -9: {err}')
    else:
        time.sleep(0.1)  # the load meets the dead worker and the new one
    load.stop()
    problems += load.wrong
    fresh = list(load.created)
    older = rng.sample(acknowledged, min(5, len(acknowledged)))
    if not problems:
        wait_ready(server.endpoint, log=server.log)
        problems += check(server.endpoint, fresh + older, rng, publics)
    acknowledged += fresh
    return victim, problems, load.signatures


def main():
    print(f'# KMS_TEST_SEED={SEED}', flush=True)
    rng = random.Random(SEED)
    server = LocalServer('--workers', '2')
    failed, number, totals = 0, 0, {'teekmsd': 0, 'worker': 0, 'signatures': 0}
    try:
        server.start()
        client = Client(server.endpoint)
        acknowledged, publics = [client.create(spec)['KeyId'] for spec in (K256, P256)], {}
        client.close()
        while number < ROUNDS:
            number += 1
            victim, problems, signatures = one_round(server, acknowledged, rng, publics)
            totals[victim] += 1
            totals['signatures'] += signatures
            failed += bool(problems)
            print('not ok' if problems else 'ok', number, '-', f'{victim} killed, {len(acknowledged)} keys acknowledged')
            for problem in problems:
                print('\n'.join('# ' + line for line in problem.split('\n')))
            sys.stdout.flush()
            if problems and server.process is None:
                break
        number += 2
        kills = totals['teekmsd'] + totals['worker']
        failed += kills < ROUNDS
        print('not ok' if kills < ROUNDS else 'ok', number - 1, '-', f'{ROUNDS} kills were made')
        problems = ['the server is down'] if server.process is None else check(server.endpoint, acknowledged, rng, publics)
        failed += bool(problems)
        print('not ok' if problems else 'ok', number, '-', f'each of {len(acknowledged)} acknowledged keys signs at the end')
        for problem in problems[:20]:
            print('#', problem)
    finally:
        server.destroy()
    print(f'# killed teekmsd {totals["teekmsd"]} and a worker {totals["worker"]} times, '
          f'{totals["signatures"]} signatures under load')
    print(f'1..{number}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
