#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs unittest modules and reports in TAP, so that all suites are counted alike.

    test/tap.py FOLDER [-k PATTERN]... [MODULE]...     default: every test_*.py in FOLDER
"""

import argparse
import os
import sys
import time
import traceback
import unittest


class TapResult(unittest.TestResult):
    """One line per test; a failed sub-test fails its test once, a skipped one changes nothing."""

    def __init__(self, out):
        super().__init__()
        self.out = out
        self.number = 0
        self.failed = 0
        self.notes = []
        self.reported = False
        self.started = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.notes = []
        self.reported = False
        self.started = time.monotonic()

    def line(self, good, test, directive=''):
        self.reported = True
        self.number += 1
        self.failed += not good
        # module.Class.method is the same whether the folder or one module was asked for
        print('ok' if good else 'not ok', self.number, '-', test.id(), directive, file=self.out)
        for note in self.notes:
            for text in note.rstrip().split('\n'):
                print('#', text, file=self.out)
        self.notes.clear()
        self.out.flush()

    def note(self, err):
        trace = traceback.TracebackException(*err, limit=-6)
        trace.stack[:] = [f for f in trace.stack if os.sep + 'unittest' + os.sep not in f.filename]
        self.notes.append(''.join(trace.format()))

    def addSuccess(self, test):
        self.line(not self.notes, test, f'# {time.monotonic() - self.started:.1f} s')

    def addFailure(self, test, err):
        self.note(err)
        self.line(False, test)

    def addError(self, test, err):
        self.addFailure(test, err)

    def addSubTest(self, test, subtest, err):
        if err:
            self.notes.append(f'{subtest._subDescription()}:')  # pylint: disable=protected-access
            self.note(err)

    def stopTest(self, test):
        # unittest calls neither success nor failure when sub-tests failed or were skipped
        if not self.reported:
            self.line(not self.notes, test)
        super().stopTest(test)

    def addSkip(self, test, reason):
        if not hasattr(test, 'test_case'):  # which only a sub-test has
            self.line(True, test, f'# SKIP {reason}')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('folder')
    parser.add_argument('modules', nargs='*')
    parser.add_argument('-k', dest='patterns', action='append')
    args = parser.parse_args()

    loader = unittest.TestLoader()
    if args.patterns:
        loader.testNamePatterns = [p if '*' in p else f'*{p}*' for p in args.patterns]
    sys.path.insert(0, args.folder)
    if args.modules:
        suite = loader.loadTestsFromNames([m.removesuffix('.py') for m in args.modules])
    else:
        suite = loader.discover(args.folder, 'test_*.py')
    result = TapResult(sys.stdout)
    suite.run(result)
    print(f'1..{result.number}')
    sys.exit(1 if result.failed or not result.number else 0)


if __name__ == '__main__':
    main()
