#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The commit protocol as a small model, explored to its last state.

Two keys, each with a version; a root is the pair of versions. What a shard's
trusted storage and the host's database hold changes one durable write at a
time, and the machine may lose its power between any two of them, also while it
recovers. Two hosts drive it:

  honest    follows the protocol; a violation is a state it cannot continue
            from, or an acknowledged change that is gone
  hostile   keeps every record and every certificate, sends what it likes and
            reboots at will; a violation is an older version that the TA
            accepts after a newer one was acknowledged

Four protocols are explored. Two of them are known to be wrong, which shows
that the model is able to find it:

  db-first      certificate, database, anchor            (the one we use)
  anchor-first  anchor, then database
  dual-early    anchor holds old and new, receipt at once
  dual-late     anchor holds old and new, receipt after a second write
"""
import sys
from collections import namedtuple

KEYS = 2
CHANGES = 3  # most changes that are ever begun
BOOTS = 3  # most restarts

# Durable: cur, pend (the anchor), seq, boot, db (rows), row (the prepared
# rows), and what a client was told (acked). Volatile: step, new, window.
Honest = namedtuple("Honest", "cur pend seq boot db row acked step new begun")
Hostile = namedtuple("Hostile", "cur pend seq boot staged window pcs acked begun")
Pc = namedtuple("Pc", "seq prev new boot")

ZERO = (0,) * KEYS


def bump(root, key):
    return root[:key] + (root[key] + 1,) + root[key + 1:]


def newest(a, b):
    return tuple(max(x, y) for x, y in zip(a, b))


def older(a, b):
    return any(x < y for x, y in zip(a, b))


# --- the honest host: the durable writes of one change, in their order -------

STEPS = {
    "db-first": ("row", "anchor", "ack", "flip"),
    "anchor-first": ("anchor", "ack", "row", "flip"),
    "dual-early": ("row", "pend", "ack", "anchor", "flip"),
    "dual-late": ("row", "pend", "anchor", "ack", "flip"),
}


def write(s, what):
    """One durable write, or one message to the client."""
    if what == "row":
        return s._replace(row=s.new)
    if what == "pend":
        return s._replace(pend=s.new)
    if what == "anchor":
        return s._replace(cur=s.new, pend=None, seq=s.seq + 1)
    if what == "ack":
        return s._replace(acked=newest(s.acked, s.new))
    return s._replace(db=s.new, row=None)  # flip


def recoveries(s):
    """What the host does with an interrupted change, one write at a time."""
    if s.row is not None and s.row == s.cur:
        yield s._replace(db=s.row, row=None)
    elif s.row is not None and s.db == s.cur:
        # With the certificate it may commit; it may as well give up.
        if s.pend in (None, s.row):
            yield s._replace(cur=s.row, pend=None, seq=s.seq + 1)
        yield s._replace(row=None, pend=None)
    elif s.pend is not None:
        yield s._replace(pend=None)


def settled(s):
    return s.row is None and s.pend is None and s.db == s.cur


def honest_next(protocol, s):
    if s.boot < BOOTS:  # the power may fail at any time
        yield s._replace(boot=s.boot + 1, step="recover", new=None)
    if s.step == "recover":
        if settled(s):
            yield s._replace(step="idle")
        else:
            yield from recoveries(s)
    elif s.step == "idle":
        for key in range(KEYS):
            if s.begun < CHANGES:
                yield s._replace(step=0, new=bump(s.cur, key), begun=s.begun + 1)
    else:
        steps = STEPS[protocol]
        s2 = write(s, steps[s.step])
        last = s.step + 1 == len(steps)
        yield s2._replace(step="idle" if last else s.step + 1, new=None if last else s.new)


def honest_wrong(protocol, s):
    if s.step == "recover" and not settled(s) and not any(True for _ in recoveries(s)):
        return "lost: the anchor's records do not exist"
    if s.step == "idle" and older(s.db, s.acked):
        return "lost: an acknowledged change"
    return None


# --- the hostile host ---------------------------------------------------------


def provable(s):
    """Every root the TA would believe a proof under."""
    return {s.cur} | ({s.pend} if s.pend is not None else set())


def hostile_commit(protocol, s, pc):
    if pc.seq != s.seq + 1 or pc.prev != s.cur:
        return
    if pc.boot == s.boot and s.staged != pc:
        return
    if pc.boot != s.boot and not s.window:
        return
    acked = newest(s.acked, pc.new)
    if protocol in ("db-first", "anchor-first"):
        yield s._replace(cur=pc.new, seq=pc.seq, staged=None, window=False, acked=acked)
    elif s.pend is None:  # first write of a dual root
        early = acked if protocol == "dual-early" else s.acked
        yield s._replace(pend=pc.new, window=False, acked=early)
    elif s.pend == pc.new:  # second write
        yield s._replace(cur=pc.new, pend=None, seq=pc.seq, staged=None, window=False, acked=acked)


def hostile_next(protocol, s):
    if s.boot < BOOTS:
        yield s._replace(boot=s.boot + 1, staged=None, window=True)
    if s.staged is not None:  # ABORT
        yield s._replace(staged=None)
    elif s.begun < CHANGES:  # PREPARE, under any root the TA believes
        for root in provable(s) if s.window else {s.cur}:
            for key in range(KEYS):
                pc = Pc(s.seq + 1, root, bump(root, key), s.boot)
                yield s._replace(staged=pc, window=False, pcs=s.pcs | {pc}, begun=s.begun + 1)
    for pc in s.pcs:
        yield from hostile_commit(protocol, s, pc)
    # After a restart a dual root is settled by whichever state is shown.
    if s.pend is not None and s.window:
        yield s._replace(pend=None)
        yield s._replace(cur=s.pend, pend=None, seq=s.seq + 1)


def hostile_wrong(_protocol, s):
    if any(older(root, s.acked) for root in provable(s)) and s.window:
        return "rolled back: an older version is accepted"
    if older(s.cur, s.acked) and s.pend is None:
        return "rolled back: a version decreased"
    return None


# --- exploration --------------------------------------------------------------


def explore(protocol, start, successors, wrong):
    seen = {start}
    todo = [start]
    found = {}
    while todo:
        s = todo.pop()
        why = wrong(protocol, s)
        if why:
            found.setdefault(why, 0)
            found[why] += 1
        for s2 in successors(protocol, s):
            if s2 not in seen:
                seen.add(s2)
                todo.append(s2)
    return len(seen), found


def check(protocol):
    honest = Honest(ZERO, None, 0, 0, ZERO, None, ZERO, "idle", None, 0)
    hostile = Hostile(ZERO, None, 0, 0, None, True, frozenset(), ZERO, 0)
    states = violations = 0
    for name, start, successors, wrong in (
            ("honest", honest, honest_next, honest_wrong),
            ("hostile", hostile, hostile_next, hostile_wrong)):
        count, found = explore(protocol, start, successors, wrong)
        states += count
        violations += sum(found.values())
        print(f"# {protocol}, {name} host: {count} states, {sum(found.values())} violations"
              + "".join(f"; {why}: {n}" for why, n in sorted(found.items())))
    return states, violations


def main():
    rows = (
        ("db_first_loses_nothing_and_accepts_nothing_old", "db-first", False),
        ("anchor_first_is_found_to_lose_records", "anchor-first", True),
        ("dual_root_with_an_early_receipt_is_found_to_roll_back", "dual-early", True),
        ("dual_root_with_a_late_receipt_loses_nothing", "dual-late", False),
    )
    failed = 0
    print(f"1..{len(rows)}")
    for n, (name, protocol, wrong) in enumerate(rows, 1):
        states, violations = check(protocol)
        ok = (violations > 0) == wrong and states > 100
        failed += not ok
        print(f"{'ok' if ok else 'not ok'} {n} - t1_{name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
