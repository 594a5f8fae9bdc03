#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every check passes on a good example and fails on each bad one.

A check that cannot fail is worse than none, so each rule has the example that breaks it.
"""

import os
import shutil
import subprocess
import tempfile
import unittest

TOOLS = os.path.dirname(os.path.abspath(__file__))
GUARD = '#ifndef X_H\n#define X_H\n%s\n#endif\n'


class Tree(unittest.TestCase):
    def setUp(self):
        self.top = tempfile.mkdtemp(prefix='teekms-check-')
        self.addCleanup(shutil.rmtree, self.top)

    def write(self, name, text):
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)

    def run_check(self, check, *args, cwd=None):
        done = subprocess.run([os.path.join(TOOLS, check), *args], text=True, cwd=cwd,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def expect(self, done, status, place=''):
        self.assertEqual(done[0], status, done[1])
        self.assertIn(place, done[1])

    def passes(self, check):
        self.expect(self.run_check(check, self.top), 0)

    def fails(self, check, place):
        self.expect(self.run_check(check, self.top), 1, place)


class Rooms(Tree):
    ROOMS = ('common/bytes.h', 'common/mem.h', 'abi/wire.h', 'codec/json.h', 'host/http/http.h',
             'host/dispatch/dispatch.h', 'host/service/sign.h', 'host/store/store.h', 'host/tee_client/tee_client.h',
             'host/transport/transport.h', 'ta/cmd/cmds.h', 'ta/policy/policy.h', 'ta/keystore/keystore.h',
             'ta/crypto/k256.h')

    def setUp(self):
        super().setUp()
        for name in self.ROOMS:
            self.write(name, GUARD % '')

    def include(self, name, *headers):
        self.write(name, ''.join(f'#include {h}\n' for h in headers))

    def test_includes_along_the_arrow_pass(self):
        self.include('host/http/a.c', '"host/http/http.h"', '"common/bytes.h"', '<llhttp.h>')
        self.include('host/service/a.c', '"host/tee_client/tee_client.h"', '"host/store/store.h"', '"codec/json.h"')
        self.include('host/main.c', '"host/http/http.h"', '"host/transport/transport.h"')
        self.include('ta/cmd/a.c', '"ta/keystore/keystore.h"', '"abi/wire.h"', '<stdint.h>')
        self.include('ta/entry.c', '"ta/cmd/cmds.h"', '<tee_internal_api.h>')
        self.passes('check-rooms')

    def test_an_include_against_the_arrow_fails(self):
        for name, header in (('host/transport/a.c', 'host/service/sign.h'), ('host/store/a.c', 'host/service/sign.h'),
                             ('host/service/a.c', 'host/http/http.h'), ('host/dispatch/a.c', 'host/main.h'),
                             ('host/transport/a.c', 'host/store/store.h'), ('ta/crypto/a.c', 'ta/policy/policy.h'),
                             ('abi/a.c', 'codec/json.h'), ('common/a.c', 'abi/wire.h')):
            with self.subTest(name=name, header=header):
                self.write('host/main.h', GUARD % '')
                self.include(name, f'"{header}"')
                self.fails('check-rooms', f'{name}:1: ')
                os.remove(os.path.join(self.top, name))

    def test_the_worlds_do_not_include_each_other(self):
        self.include('host/service/a.c', '"ta/crypto/k256.h"')
        self.include('ta/cmd/b.c', '"host/store/store.h"')
        self.fails('check-rooms', 'host/service/a.c:1')
        self.fails('check-rooms', 'ta/cmd/b.c:1')

    def test_the_heap_stays_out_of_the_ta(self):
        self.include('ta/cmd/a.c', '"common/mem.h"')
        self.fails('check-rooms', 'ta/cmd/a.c:1')

    def test_a_library_header_belongs_to_its_room(self):
        for name, header in (('host/service/a.c', 'sqlite3.h'), ('host/service/a.c', 'secp256k1.h'),
                             ('ta/policy/a.c', 'tee_internal_api.h'), ('ta/keystore/keystore.c', 'tee_internal_api.h'),
                             ('host/service/a.c', 'cbor.h'), ('codec/cbor.c', 'cbor.h'),
                             ('host/store/a.c', 'llhttp.h'), ('ta/cmd/a.c', 'openssl/evp.h'),
                             ('ta/cmd/a.c', 'stdlib.h'), ('codec/a.c', 'stdio.h'), ('abi/a.c', 'time.h')):
            with self.subTest(name=name, header=header):
                self.include(name, f'<{header}>')
                self.fails('check-rooms', f'{name}:1: ')
                os.remove(os.path.join(self.top, name))

    def test_a_second_opinion_on_cbor_is_for_registrations(self):
        self.include('host/service/registration.c', '<cbor.h>')
        self.passes('check-rooms')

    def test_headers_are_named_from_the_root(self):
        self.include('host/http/a.c', '"http.h"')
        self.fails('check-rooms', 'host/http/a.c:1')

    def test_an_include_in_a_comment_is_none(self):
        self.write('ta/cmd/a.c', '/*\n#include "host/http/http.h"\n*/\n')
        self.passes('check-rooms')


class Banned(Tree):
    def test_plain_code_passes(self):
        self.write('host/service/a.c', '/* memcmp(a) */\nconst char *t = "system(x)";\nint a = x.free(1) + my_free(2);\n')
        self.write('common/mem.c', 'void *p = malloc(1);\n')
        self.write('ta/posix/main.c', 'int r = fprintf(stderr, "x");\n')
        self.write('test/unit/a.c', 'int r = memcmp(a, b, 1);\n')
        self.passes('check-banned')

    def test_each_banned_call_fails(self):
        for name, call in (('host/a.c', 'memcmp(a, b, 3)'), ('host/a.c', 'strcpy(a, b)'), ('host/a.c', 'sprintf(a, b)'),
                           ('cli/a.c', 'atoi(x)'), ('host/a.c', 'strtok(a, b)'), ('host/a.c', 'rand()'),
                           ('host/a.c', 'alloca(3)'), ('host/a.c', 'malloc(3)'), ('host/a.c', 'free (p)'),
                           ('codec/a.c', 'mem_zalloc(1, 2)'), ('ta/cmd/a.c', 'printf("x")'), ('ta/a.c', 'TEE_Malloc(1, 0)'),
                           ('cli/a.c', 'system("ls")'), ('ta/keystore/a.c', 'DMSG("x")'),
                           ('ta/policy/a.c', 'TEE_GetREETime(&t)'), ('codec/a.c', 'time(NULL)')):
            with self.subTest(name=name, call=call):
                self.write(name, f'int one;\nint x = {call};\n')
                self.fails('check-banned', f'{name}:2: ')
                os.remove(os.path.join(self.top, name))


class Sources(Tree):
    def setUp(self):
        super().setUp()
        self.write('build/compile_commands.json', '[{"directory": "%s/build", "file": "../fuzz/fuzz_a.c"}]' % self.top)
        self.write('fuzz/fuzz_a.c', '')
        self.write('fuzz/corpus/a/seed', '')
        self.write('host/optee.c', '')
        self.write('host/meson.build', "files('optee.c')\n")

    def check(self):
        return self.run_check('check-sources', 'build', cwd=self.top)

    def test_what_is_compiled_or_listed_passes(self):
        self.expect(self.check(), 0)

    def test_a_fuzz_target_that_nothing_builds_fails(self):
        self.write('fuzz/fuzz_b.c', '')
        self.expect(self.check(), 1, 'fuzz/fuzz_b.c: nothing builds it')

    def test_a_corpus_without_its_target_fails(self):
        self.write('fuzz/corpus/b/seed', '')
        self.expect(self.check(), 1, 'fuzz/corpus/b')


class Headers(Tree):
    def test_a_complete_header_passes(self):
        self.write('common/a.h', GUARD % '#include <stdint.h>\nuint8_t f(void);')
        self.passes('check-headers')

    def test_a_header_that_needs_another_one_fails(self):
        self.write('common/a.h', GUARD % 'uint8_t f(void);')
        self.fails('check-headers', 'common/a.h: does not compile alone with gcc')
        self.fails('check-headers', 'common/a.h: does not compile alone with clang')


class Format(Tree):
    def setUp(self):
        super().setUp()
        shutil.copy(os.path.join(TOOLS, '..', '.clang-format'), self.top)

    def test_formatted_code_passes(self):
        self.write('common/a.c', 'int f(int a)\n{\n\treturn a;\n}\n')
        self.passes('check-format')

    def test_other_indentation_fails(self):
        self.write('common/a.c', 'int f(int a) {\n  return a;\n}\n')
        status, out = self.run_check('check-format', self.top)
        decides = 'version 14 decides and is not installed' not in out
        self.assertEqual(status, 1 if decides else 0, out)
        self.assertIn('common/a.c:1' if decides else 'would change', out)


class Words(Tree):
    def test_usual_text_passes(self):
        self.write('a.md', 'See build/ and /usr/bin/python3, ~/.local and https://example.org/home.\n')
        self.passes('check-words')

    def test_paths_and_registries_fail(self):
        for text in ('/' + 'work/x', '/home/' + 'joe/x', '/' + 'root/.cache', '"resolved"' + ': "https://x"',
                     *map('.'.join, (('registry', 'npmjs', 'org'), ('deb', 'debian', 'org'), ('pypi', 'org')))):
            with self.subTest(text=text):
                self.write('a.md', f'first\nsee {text}\n')
                self.fails('check-words', 'a.md:2: ')


class Docs(Tree):
    SERVER = '#!/bin/sh\ncase $1 in\n--help) echo "  --listen ADDR  where";;\n' \
             '--describe-ops) echo \'{"operations":[{"target":"TrentService.Sign"},{"method":"GET","path":"/keys",' \
             '"in":[{"name":"Limit","members":[{"name":"Inner"}]}],"out":[{"name":"Keys"}]}]}\';;\nesac\n'
    RC = '#define KMS_RC_LIST(X)  \\\n\tX(0, OK, "success")  \\\n\tX(4, NOT_FOUND, "no such")\n'

    def setUp(self):
        super().setUp()
        self.write('build/host/teekmsd', self.SERVER)
        os.chmod(os.path.join(self.top, 'build/host/teekmsd'), 0o755)
        self.write('common/kms_rc.h', self.RC)
        self.write('host/main.c', 'const char *p = getenv("KMS_DB_PATH");\n')
        self.write('docs/operations.md', '`--listen` `KMS_DB_PATH`\n')
        self.write('docs/api.md', '`TrentService.Sign`, `GET /keys` `Limit` `Inner` `Keys`\n')
        self.write('docs/errors.md', '| 0 | `OK` | success |\n| 4 | `NOT_FOUND` | no such |\n')

    def check(self):
        return self.run_check('check-docs', 'build', cwd=self.top)

    def test_agreeing_docs_pass(self):
        self.expect(self.check(), 0)

    def test_each_missing_entry_fails(self):
        for name, gone in (('docs/operations.md', '--listen'), ('docs/operations.md', 'KMS_DB_PATH'),
                           ('docs/api.md', 'TrentService.Sign'), ('docs/api.md', 'GET /keys'),
                           ('docs/api.md', 'Limit'), ('docs/api.md', 'Inner'), ('docs/api.md', 'Keys'),
                           ('docs/errors.md', 'NOT_FOUND'), ('docs/errors.md', 'success')):
            with self.subTest(gone=gone):
                self.setUp()
                path = os.path.join(self.top, name)
                with open(path, encoding='utf-8') as f:
                    text = f.read()
                self.write(name, text.replace(gone, 'gone'))
                self.expect(self.check(), 1)

    def test_an_entry_of_something_that_went_fails(self):
        self.write('docs/errors.md', '| 0 | `OK` | success |\n| 4 | `NOT_FOUND` | no such |\n| 9 | `OLD` | x |\n')
        self.expect(self.check(), 1, 'OLD')


class Scripts(Tree):
    def check(self):
        subprocess.run(['git', 'init', '-q', self.top], check=True)
        return self.run_check('check-scripts', self.top)

    def test_plain_scripts_pass(self):
        self.write('a', '#!/bin/bash\nset -eu\necho "$1"\n')
        self.write('b.py', 'print(1)\n')
        self.expect(self.check(), 0, '(1 shell, 1 Python)')

    def test_finding_none_fails(self):
        self.write('b.py', 'print(1)\n')
        status, out = self.run_check('check-scripts', self.top)
        self.assertEqual(status, 1, out)
        self.assertIn('nothing to check', out)
        os.remove(os.path.join(self.top, 'b.py'))
        self.assertEqual(self.check()[0], 1)

    def test_a_careless_shell_script_fails(self):
        self.write('a', '#!/bin/sh\nrm -rf $1\n')
        self.expect(self.check(), 1, 'SC2086')

    def test_python_that_does_not_parse_fails(self):
        for text in ('print(1\n', "x = '\\d'\n"):
            with self.subTest(text=text):
                self.write('b.py', text)
                self.expect(self.check(), 1, 'in b.py')


class Build(Tree):
    def test_a_folder_of_something_else_is_left_alone(self):
        for name, there in (('build', 'build/notes'), ('build', 'build/build.ninja'), ('file', 'file')):
            with self.subTest(there):
                self.write(there, 'mine')
                status, out = self.run_check('build', os.path.join(self.top, name))
                self.assertEqual(status, 1, out)
                self.assertIn('is not a build folder', out)
                self.assertTrue(os.path.exists(os.path.join(self.top, there)))

    def test_the_benchmark_measures_what_the_suites_built(self):
        """Another compiler would build the folder anew."""
        top = os.path.join(TOOLS, '..')
        plan = subprocess.run(['make', '-n', 'bench'], cwd=top, text=True, stdout=subprocess.PIPE, check=True).stdout
        self.assertIn('\nCC=gcc tools/build build-gcc\n', plan)


class Run(Tree):
    """What make run starts."""

    def start(self, *options, **env):
        """The command line and the variables that the server would get."""
        self.write('host/teekmsd', '#!/bin/sh\necho "$KMS_LISTEN|$KMS_PROFILE|$KMS_STATE_DIR|$*" >"$0.out"\n')
        os.chmod(os.path.join(self.top, 'host/teekmsd'), 0o755)
        plain = {k: v for k, v in os.environ.items() if not k.startswith('KMS_')}
        subprocess.run([os.path.join(TOOLS, 'run'), self.top, *options], check=True, stdout=subprocess.DEVNULL,
                       env={**plain, 'XDG_STATE_HOME': self.top, **env})
        with open(os.path.join(self.top, 'host/teekmsd.out'), encoding='utf-8') as f:
            return f.read().strip().split('|')

    def test_it_has_defaults_of_its_own(self):
        self.assertEqual(self.start(), ['127.0.0.1:8080', '', self.top + '/teekms', ''])

    def test_a_variable_wins_over_them(self):
        env = {'KMS_LISTEN': '127.0.0.1:0', 'KMS_PROFILE': 'production', 'KMS_STATE_DIR': self.top + '/mine'}
        self.assertEqual(self.start(**env), [*env.values(), ''])

    def test_an_option_wins_over_both(self):
        options = ['--listen', '127.0.0.1:0', '--profile=dev', '--state-dir', self.top + '/other']
        out = self.start(*options, KMS_LISTEN='127.0.0.1:1', KMS_PROFILE='production')
        self.assertEqual(out[3], ' '.join(options))
        self.assertTrue(os.path.isdir(self.top + '/other'))


class Tap(Tree):
    """The runner of the other suites."""

    def run_tests(self, *sub_tests):
        body = ''.join(f'        with self.subTest({i}):\n            {text}\n' for i, text in enumerate(sub_tests))
        self.write('test_a.py', f'import unittest\n\n\nclass A(unittest.TestCase):\n    def test_a(self):\n{body}')
        done = subprocess.run(['/usr/bin/python3', os.path.join(TOOLS, '../test/tap.py'), self.top], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout

    def test_what_passes_passes(self):
        for sub_tests in (('pass',), ('self.skipTest("not here")', 'pass')):
            status, out = self.run_tests(*sub_tests)
            self.assertEqual(status, 0, out)
            self.assertIn('ok 1 - test_a.A.test_a', out)
            self.assertNotIn('ok 2', out)

    def test_a_failed_sub_test_fails_its_test(self):
        fails, skips = 'self.fail("wrong")', 'self.skipTest("not here")'
        for sub_tests in ((fails, 'pass'), (fails, skips), (skips, fails)):
            with self.subTest(sub_tests):
                self.expect(self.run_tests(*sub_tests), 1, 'not ok 1 - test_a.A.test_a')


class Analysers(Tree):
    def analyse(self, kind, code):
        self.write('common/a.c', code)
        self.write('build/compile_commands.json',
                   '[{"directory": "%s", "file": "common/a.c", "command": "cc -c common/a.c"}]' % self.top)
        shutil.copy(os.path.join(TOOLS, '..', '.clang-tidy'), self.top)
        return self.run_check('check-tidy', kind, 'build', cwd=self.top)

    def test_tidy_accepts_plain_code(self):
        self.expect(self.analyse('tidy', 'int f(int a);\nint f(int a)\n{\n\treturn a;\n}\n'), 0)

    def test_tidy_refuses_recursion(self):
        self.expect(self.analyse('tidy', 'int f(int a);\nint f(int a)\n{\n\treturn a ? f(a - 1) : 0;\n}\n'), 1,
                    'misc-no-recursion')

    def test_cppcheck_accepts_plain_code(self):
        self.expect(self.analyse('cppcheck', 'int f(int a)\n{\n\treturn a;\n}\n'), 0)

    def test_cppcheck_refuses_an_overrun(self):
        self.expect(self.analyse('cppcheck', 'int f(void)\n{\n\tint a[2] = { 0 };\n\n\treturn a[3];\n}\n'), 1,
                    'arrayIndexOutOfBounds')


if __name__ == '__main__':
    unittest.main()
