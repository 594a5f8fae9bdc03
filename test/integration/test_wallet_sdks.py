# SPDX-License-Identifier: Apache-2.0
"""Wallets in JavaScript: the example runs as it stands, and what it gets signed is judged by ethers and viem."""

import os
import re
import subprocess

from harness import TOP, SharedServerTest, clean_env
from test_sdks import JS, npm_install
from wallet_cases import TRANSACTIONS


def node(script, endpoint, folder):
    return subprocess.run(['node', script, endpoint], cwd=folder, env=clean_env(), text=True, timeout=300,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


class JudgedInJavaScript(SharedServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        npm_install()
        cls.output = node('wallets.mjs', cls.server.endpoint, JS).stdout
        cls.lines = {name: verdict for verdict, name in re.findall(r'^(ok|not ok) - (.*)$', cls.output, re.M)}

    def step(self, name):
        self.assertEqual(self.lines.get(name), 'ok', self.output)

    def test_a_hash(self):
        self.step('a hash is signed as it is')

    def test_raw_messages(self):
        self.step('raw messages are hashed with Keccak-256')

    def test_personal_messages(self):
        self.step('EIP-191 messages verify as personal_sign')

    def test_typed_data(self):
        self.step('typed data is signed by its hash')

    def test_every_index_has_its_own_key(self):
        self.step('every index has its own key')


for case in TRANSACTIONS:
    def judge(self, name=case['name']):
        self.step('transaction: ' + name)
    setattr(JudgedInJavaScript, 'test_transaction_' + re.sub(r'\W+', '_', case['name']), judge)
del judge


class Example(SharedServerTest):
    def test_the_example_runs_as_it_stands(self):
        done = node('examples/wallet.mjs', self.server.endpoint, os.path.abspath(TOP))
        self.assertEqual(done.returncode, 0, done.stdout)
        told = [line.split()[0] for line in done.stdout.strip().split('\n')]
        self.assertEqual(told, ['wallet', 'address', 'another', 'signature', 'refused', 'passkeys', 'deleted', 'deleted'])
