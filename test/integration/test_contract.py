# SPDX-License-Identifier: Apache-2.0
"""The table of operations against the answers: no member comes that it does not name, and none is missing."""

import json
import subprocess
import unittest

from harness import TEEKMSD, SharedServerTest, b64, digest_of

# Declared, but not answered yet.
OWED = set()


def operations():
    text = subprocess.run([TEEKMSD, '--describe-ops'], text=True, stdout=subprocess.PIPE, check=True, timeout=30).stdout
    return json.loads(text)


class Members(SharedServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = cls.client.create()['KeyId']
        cls.digest = digest_of(b'contract')
        cls.signature = cls.client.sign(cls.key, cls.digest)

    def filled(self, op):
        """The table's own example with a key that exists; None when a required member is missing in it."""
        example = op.get('example') or ''
        given = json.loads(example) if example.startswith('{') else {}
        real = {'KeyId': self.key, 'Message': b64(self.digest), 'Signature': b64(self.signature)}
        given.update({name: value for name, value in real.items() if name in given})
        wanted = {field['name'] for field in op['in'] if field.get('required')}
        return given if wanted <= set(given) else None

    def answer(self, op):
        members = self.filled(op)
        if members is None or op.get('method') not in (None, 'GET'):
            self.skipTest(f'{op["name"]}: the table has no example that can be called')
        if 'target' in op:
            return self.client.raw(op['target'], json.dumps(members))
        query = op.get('example')
        return self.client.get(op['path'] + (f'?{query}' if query else ''))

    def test_every_answer_has_the_members_of_its_row(self):
        for op in operations():
            with self.subTest(op['name'], at=op.get('target') or op.get('path')):
                answer = self.answer(op)
                self.assertEqual(answer.status, 200, answer)
                declared = {member['name']: member['always'] for member in op['out']}
                present = set(answer.json)
                self.assertLessEqual(present, set(declared), 'members that the table does not name')
                missing = {name for name, always in declared.items() if always} - present
                self.assertLessEqual({(op['name'], name) for name in missing}, OWED)

    def test_the_page_that_is_not_the_last_names_the_next_one(self):
        self.client.create()
        out = next(op['out'] for op in operations() if op['name'] == 'ListKeys')
        first = self.client.must('ListKeys', Limit=1)
        self.assertEqual(set(first), {member['name'] for member in out})


if __name__ == '__main__':
    unittest.main()
