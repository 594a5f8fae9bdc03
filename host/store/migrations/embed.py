#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes numbered SQL files as a table of C strings.

usage: embed.py NAME OUT.c 0001_x.sql 0002_y.sql ...
"""

import pathlib
import sys


def literal(line):
    text = line.replace("\\", "\\\\").replace('"', '\\"')
    return '\t\t"%s\\n"' % text


def main(name, out, *paths):
    rows = []
    for number, path in enumerate(map(pathlib.Path, paths), start=1):
        if int(path.name[:4]) != number:
            sys.exit(f"{path}: expected number {number:04}")
        lines = map(literal, path.read_text("utf-8").splitlines())
        rows.append("\n".join(lines))
    body = ",\n".join(rows)
    pathlib.Path(out).write_text(
        "/* Made from the SQL files by embed.py. */\n"
        '#include "host/store/migrations.h"\n\n'
        f"const char *const {name}_migrations[] = {{\n{body},\n}};\n\n"
        f"const unsigned int {name}_migration_count = {len(rows)};\n",
        "utf-8",
    )


main(*sys.argv[1:])
