#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""I1: what ships has no command that gives a key away, and nothing of the tests.

    release_symbols.py NM PROGRAM...

Looks at the symbols of the programs and archives; TAP.
"""

import re
import subprocess
import sys

# A name that would need a reason, wherever it appears in our own code.
EXPORT = re.compile(r'^(cmd|keys|key_record|lru|seal|txn|loader|device_key)_\w*(export|dump|reveal|backup|plain|extract)')
TESTS = re.compile(r'^(k256_test_|selftest_test_|gp_(memory_open|fault_set|on_stop|storage_|tape_|clock_set|heap_|aead_watch))')


def symbols(nm, program):
    out = subprocess.run([nm, '--defined-only', program], check=True, capture_output=True, text=True).stdout
    return {line.split()[-1] for line in out.splitlines() if len(line.split()) == 3}


def main():
    nm, programs = sys.argv[1], sys.argv[2:]
    failed = False
    print(f'1..{len(programs)}')
    for number, program in enumerate(programs, 1):
        found = symbols(nm, program)
        bad = sorted(s for s in found if EXPORT.search(s) or TESTS.search(s))
        # Without the commands themselves nothing was looked at.
        good = not bad and {'cmd_sign', 'cmd_prepare', 'seal_open'} <= found
        failed |= not good
        name = program.rsplit('/', 1)[-1]
        print(f'{"ok" if good else "not ok"} {number} - i1_{name}_has_no_export_and_no_test_hook')
        for symbol in bad:
            print(f'# {symbol}')
    return failed


sys.exit(main())
