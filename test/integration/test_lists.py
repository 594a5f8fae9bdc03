# SPDX-License-Identifier: Apache-2.0
"""Pages of ListKeys: every key exactly once, whatever happens between two pages."""

import re

from harness import SharedServerTest


class Pages(SharedServerTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine = {cls.client.create()['KeyId'] for _ in range(7)}

    def walk(self, limit, between=lambda: None):
        """Key ids in the order of the pages."""
        found, params = [], {'Limit': limit}
        while True:
            page = self.client.must('ListKeys', **params)
            self.assertLessEqual(len(page['Keys']), limit)
            self.assertEqual('NextMarker' in page, page['Truncated'])
            found += [k['KeyId'] for k in page['Keys']]
            if not page['Truncated']:
                return found
            params['Marker'] = page['NextMarker']
            between()

    def test_an_entry_is_id_and_arn(self):
        page = self.client.must('ListKeys', Limit=3)
        for entry in page['Keys']:
            self.assertEqual(set(entry), {'KeyId', 'KeyArn'})
            self.assertTrue(entry['KeyArn'].endswith(':key/' + entry['KeyId']))

    def test_every_key_comes_once_at_any_page_size(self):
        for limit in (1, 2, 3, 7, 1000):
            with self.subTest(limit=limit):
                found = self.walk(limit)
                self.assertEqual(len(found), len(set(found)))
                self.assertLessEqual(self.mine, set(found))

    def test_pages_are_stable_while_keys_are_added(self):
        before = set(self.walk(1000))
        found = self.walk(2, between=self.client.create)
        self.assertEqual(len(found), len(set(found)))
        self.assertLessEqual(before, set(found))

    def test_the_limit_is_1_to_1000(self):
        for limit, constraint in ((0, 'greater than or equal to 1'), (-1, 'greater than or equal to 1'),
                                  (1001, 'less than or equal to 1000'), (2 ** 31 - 1, 'less than or equal to 1000')):
            with self.subTest(limit=limit):
                self.assert_error(self.client.call('ListKeys', Limit=limit), 'ValidationException', re.compile(
                    rf"^1 validation errors? detected: Value '{limit}' at 'limit' failed to satisfy constraint: "
                    rf'Member must have value {constraint}'))

    def test_a_page_has_100_keys_unless_asked(self):
        while len(self.client.must('ListKeys', Limit=1000)['Keys']) <= 100:
            self.client.create()
        page = self.client.must('ListKeys')
        self.assertEqual((len(page['Keys']), page['Truncated']), (100, True))

    def test_a_foreign_marker_is_refused(self):
        good = self.client.must('ListKeys', Limit=1)['NextMarker']
        for marker in ('x', 'AAAA', good + 'A', good[:-1], '00000000-0000-4000-8000-000000000000', ' ', 'é'):
            with self.subTest(marker=marker):
                answer = self.client.call('ListKeys', Marker=marker)
                self.assert_error(answer, 'InvalidMarkerException')
        self.assert_error(self.client.call('ListKeys', Marker=''), 'ValidationException')
        self.assert_error(self.client.call('ListKeys', Marker='m' * 1025), 'ValidationException')

    def test_get_keys_lists_too(self):
        answer = self.client.get('/keys')
        self.assertEqual(answer.status, 200)
        self.assertIn('json', answer.headers['Content-Type'])
        self.assertTrue(answer.json['Keys'])
