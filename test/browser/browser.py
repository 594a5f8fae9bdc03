# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium with a virtual authenticator, and the page that it opens.

The page's server hands the calls below /kms/ on to teekmsd, as a site would that has teekms behind it: there is no CORS.
Chromium is driven over WebDriver, its authenticator over the DevTools protocol that chromedriver passes on.
"""

import http.client
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'examples')
FILES = {'/': (HERE, 'page.html', 'text/html; charset=utf-8'),
         '/page.mjs': (HERE, 'page.mjs', 'text/javascript'),
         '/frame.html': (HERE, 'frame.html', 'text/html; charset=utf-8'),
         '/wallet-client.mjs': (EXAMPLES, 'wallet-client.mjs', 'text/javascript')}
FLAGS = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--no-default-browser-check')
START_SECONDS = 60


class PageServer:
    """On a port of its own; endpoint is the teekmsd behind it."""

    def __init__(self, endpoint):
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler_for(endpoint))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.origin = f'http://localhost:{self.port}'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def handler_for(endpoint):
    behind = urllib.parse.urlsplit(endpoint)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def log_message(self, format, *args):  # pylint: disable=redefined-builtin
            pass

        def answer(self, status, kind, body):
            self.send_response(status)
            self.send_header('Content-Type', kind)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            where = FILES.get(urllib.parse.urlsplit(self.path).path)
            if not where:
                self.answer(404, 'text/plain', b'')
                return
            with open(os.path.join(*where[:2]), 'rb') as f:
                self.answer(200, where[2], f.read())

        def do_POST(self):
            body = self.rfile.read(int(self.headers['Content-Length'] or 0))
            kept = ('content-type', 'origin', 'x-api-key', 'x-amz-target')
            headers = {name: value for name, value in self.headers.items() if name.lower() in kept}
            connection = http.client.HTTPConnection(behind.hostname, behind.port, timeout=30)
            try:
                connection.request('POST', self.path.removeprefix('/kms'), body, headers)
                answer = connection.getresponse()
                self.answer(answer.status, answer.headers['Content-Type'], answer.read())
            finally:
                connection.close()

    return Handler


class ScriptError(Exception):
    """What a script on the page has thrown, as its name and message."""


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='teekms-browser-')
        self.log = os.path.join(self.folder, 'driver.log')
        self.session = None
        with open(self.log, 'wb') as out:
            self.process = subprocess.Popen(['chromedriver', '--port=0', '--log-level=WARNING'], stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=out, start_new_session=True)
        try:
            self.port = self._wait_for_port()
            self.session = self._open()
        except BaseException:
            self.close()
            raise

    def _wait_for_port(self):
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            with open(self.log, encoding='utf-8', errors='replace') as f:
                _, found, rest = f.read().partition('started successfully on port ')
            if found and '.' in rest:
                return int(rest.split('.', 1)[0])
            time.sleep(0.05)
        with open(self.log, encoding='utf-8', errors='replace') as f:
            raise AssertionError(f'chromedriver did not start:\n{f.read()}')

    def _open(self):
        flags = [*FLAGS, '--user-data-dir=' + os.path.join(self.folder, 'profile')]
        options = {'binary': shutil.which('chromium'), 'args': flags}
        made = self._call('POST', '/session', {'capabilities': {'alwaysMatch': {
            'browserName': 'chrome', 'goog:chromeOptions': options, 'timeouts': {'script': 60000, 'pageLoad': 60000}}}})
        return made['sessionId']

    def _call(self, method, path, members=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=120)
        try:
            connection.request(method, path, None if members is None else json.dumps(members),
                               {'Content-Type': 'application/json'})
            value = json.loads(connection.getresponse().read())['value']
        finally:
            connection.close()
        if isinstance(value, dict) and 'error' in value and 'stacktrace' in value:
            raise AssertionError(f'{path}: {value["error"]}: {value["message"]}')
        return value

    def _in_session(self, method, path, members=None):
        return self._call(method, f'/session/{self.session}{path}', members)

    def close(self):
        try:
            if self.session:
                self._in_session('DELETE', '')
        finally:
            self.process.terminate()
            self.process.wait(20)
            shutil.rmtree(self.folder, ignore_errors=True)

    def open(self, url):
        self._in_session('POST', '/url', {'url': url})

    def devtools(self, command, **params):
        return self._in_session('POST', '/goog/cdp/execute', {'cmd': command, 'params': params})

    def enter_frame(self):
        """Scripts run in the page's first frame from now on, until the next open()."""
        self._in_session('POST', '/frame', {'id': 0})

    def run(self, script, *args):
        """The body of an async function of args, on the page; kms is the module of the page."""
        wrapped = ('const done = arguments[arguments.length - 1], args = [...arguments].slice(0, -1);'
                   "import('/page.mjs').then((kms) => (async (kms, args) => {" + script + '})(kms, args))'
                   '.then((value) => done({ value }), (err) => done({ error: `${err.name} ${err.code ?? ""} ${err.message}` }));')
        made = self._in_session('POST', '/execute/async', {'script': wrapped, 'args': list(args)})
        if 'error' in made:
            raise ScriptError(made['error'])
        return made.get('value')

    def add_authenticator(self, **more):
        self.devtools('WebAuthn.enable')
        options = {'protocol': 'ctap2', 'ctap2Version': 'ctap2_1', 'transport': 'internal', 'hasResidentKey': True,
                   'hasUserVerification': True, 'isUserVerified': True, 'automaticPresenceSimulation': True, **more}
        return self.devtools('WebAuthn.addVirtualAuthenticator', options=options)['authenticatorId']

    def remove_authenticator(self, ident):
        self.devtools('WebAuthn.removeVirtualAuthenticator', authenticatorId=ident)
