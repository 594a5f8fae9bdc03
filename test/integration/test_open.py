# SPDX-License-Identifier: Apache-2.0
"""Paths without credentials, and what is no path at all."""

import json

from harness import SharedServerTest


class OpenPaths(SharedServerTest):
    def test_health_names_itself(self):
        answer = self.client.get('/health')
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json['status'], 'healthy')
        self.assertTrue(answer.json['version'])

    def test_version_tells_the_profile(self):
        answer = self.client.get('/version')
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.json['version'])
        self.assertEqual(answer.json['profile'], 'dev')

    def test_probes_answer_200(self):
        for path in ('/healthz', '/readyz'):
            with self.subTest(path=path):
                self.assertEqual(self.client.get(path).status, 200)

    def test_an_unknown_path_is_404_and_a_wrong_method_405(self):
        self.assertEqual(self.client.get('/no/such/path').status, 404)
        self.assertEqual(self.client.get('/health/more').status, 404)
        for method, path, allowed in (('DELETE', '/', 'POST'), ('PUT', '/health', 'GET'), ('POST', '/healthz', 'GET')):
            with self.subTest(method=method, path=path):
                answer = self.client.request(method, path, '{}')
                self.assertEqual(answer.status, 405)
                self.assertIn(allowed, answer.headers['Allow'])

    def test_head_goes_where_get_is_open(self):
        for path in ('/health', '/version', '/healthz', '/readyz', '/stats', '/QueueStatus', '/RollbackCounter'):
            with self.subTest(path=path):
                answer = self.client.request('HEAD', path)
                self.assertEqual((answer.status, answer.body), (200, b''))
                self.assertGreater(int(answer.headers['Content-Length']), 0)
                self.assertEqual(self.client.request('POST', path, '{}').headers['Allow'], 'GET, HEAD')
        answer = self.client.request('HEAD', '/keys')
        self.assertEqual((answer.status, answer.headers['Allow']), (405, 'GET'))

    def test_a_query_does_not_change_the_path(self):
        self.assertEqual(self.client.get('/healthz?a=b').status, 200)

    def test_errors_of_plain_paths_are_json(self):
        answer = self.client.get('/no/such/path')
        self.assertIn('application/json', answer.headers['Content-Type'])
        self.assertIsInstance(json.loads(answer.body), dict)

    def test_the_promise_of_the_readme(self):
        # Word for word what the README's first minute says.
        answer = self.client.raw('TrentService.CreateKey',
                                 '{"KeyUsage":"SIGN_VERIFY","KeySpec":"ECC_SECG_P256K1","Origin":"AWS_KMS"}')
        self.assertEqual(answer.status, 200)
        self.assertIn(answer.json['KeyMetadata']['KeyId'], self.client.get('/keys').body.decode() +
                      str(self.client.must('ListKeys', Limit=1000)))
