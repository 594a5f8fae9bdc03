# SPDX-License-Identifier: Apache-2.0
"""What the checks in tools/check-* share: the files, C without its comments, and the verdict."""

import os
import re
import subprocess
import sys

_SKIPPED = re.compile(r'^(build(-.*)?|node_modules|\.git|\.cache|__pycache__)$')


def root():
    """The tree to check: the first argument, else the one this script is in."""
    for arg in sys.argv[1:]:
        if not arg.startswith('-'):
            return os.path.abspath(arg)
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def files(top, pattern):
    """Paths relative to top that git knows or would add; without git, all that is there."""
    if os.path.exists(os.path.join(top, '.git')):
        out = subprocess.run(
            ['git', '-C', top, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
            stdout=subprocess.PIPE, check=True).stdout.decode()
        names = sorted(set(out.split('\0')) - {''})
    else:
        names = []
        for folder, dirs, entries in os.walk(top):
            dirs[:] = [d for d in dirs if not _SKIPPED.match(d)]
            names += [os.path.relpath(os.path.join(folder, e), top) for e in entries]
        names.sort()
    wanted = re.compile(pattern)
    return [n for n in names if wanted.search(n) and os.path.isfile(os.path.join(top, n))]


def read(top, name):
    with open(os.path.join(top, name), encoding='utf-8', errors='replace') as f:
        return f.read()


_TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code_lines(text):
    """(number, line) of C text with comments blanked and literals emptied, but #include kept."""
    def blank(match):
        token = match.group(0)
        if token[0] == '/':
            return '\n' * token.count('\n') or ' '
        start = text.rfind('\n', 0, match.start()) + 1
        if re.match(r'\s*#\s*include\b', text[start:match.start()]):
            return token
        return token[0] + token[0]
    return list(enumerate(_TOKENS.sub(blank, text).split('\n'), 1))


def verdict(name, problems):
    """Prints the problems and ends the program."""
    for problem in problems:
        print(problem)
    print(f'{name}: {len(problems)} problem(s)' if problems else f'{name}: ok')
    sys.exit(1 if problems else 0)
