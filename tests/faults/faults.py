#!/usr/bin/python3
"""Every command with every fault: the k-th allocation, write, flush, change of
a name or read of our own code fails (alone, or with all that follow), for every
k until the command succeeds. After each: no crash, nothing of ours held or left
open, no hang, an exit code of the contract, one line on standard error, nothing
but whole files under final names, nothing but the beginning of the output on
standard output.

usage: faults.py PROGRAM [COMMAND…] [--every N] [--modes one,rest] [--jobs N]
                 [--families alloc,write,flush,name,read] [--again N] [--own P]
                 [--alike N] [--offset K]

PROGRAM is linked with shim.c, P is one without. Every N-th fault is made, from
the K-th on, or of calls from one place by one way the first N; after every N-th
of --again that a run can go on from, it does."""
import argparse
import collections
import concurrent.futures
import os
import shutil
import sys
import tempfile
import time

from commands import COMMANDS
from judge import FAMILIES, differences, left_open, wrong
from pristine import ROOT, prepare
from server import Server, names_of, tree

MEMORY = "/dev/shm"  # where flushing costs nothing


def show(name, family, k, mode, what, where, said):
    print("%s: %s %d %s: %s\n    at %s\n    said %r" % (
        name, family, k, mode, what, " < ".join("%s %s" % w for w in where),
        said.decode("utf-8", "replace")[:200]), flush=True)


class Campaign:
    """All faults of a command: counts per family and mode, and problems."""

    def __init__(self, program, name, work, options):
        self.program, self.name, self.options = program, name, options
        self.command = COMMANDS[name]
        self.server = Server(program, self.command,
                             os.path.join(work, "run-" + name),
                             os.path.join(work, "pristine"))
        self.problems = collections.Counter()

    def without_faults(self, family):
        whole = self.server.run(family, 0, "mark")
        if whole.code or whole.signal:
            raise RuntimeError("%s fails by itself: %d %s" % (
                self.name, whole.code, whole.err.decode("utf-8", "replace")))
        for text in left_open(whole):
            self.note((family, text, ()), 0, "one",
                      names_of(self.program, whole.held), b"")
        return whole

    def note(self, key, k, mode, where, said):
        self.problems[key] += 1
        if self.problems[key] == 1:
            show(self.name, key[0], k, mode, key[1],
                 where[:self.options.depth], said)

    def fault(self, family, k, mode, whole, made):
        """One of them: whether it was reached, and the command succeeded."""
        result = self.server.run(family, k, mode)
        if not result.frames:
            return False, False
        where = names_of(self.program, result.frames)
        found = wrong(self.command, family, mode, result, whole,
                      self.server.before, [f for f, _ in where])
        # What can be gone on with is, to the same bytes.
        if "--resume" in self.command.words and result.code and \
                made % self.options.again == 0:
            found += differences(self.server.run(family, 0, "one", False), whole)
        for text in found:
            if text == "leak":
                text += " of " + ", ".join("%s %s" % n for n in names_of(
                    self.program, result.held))
            self.note((family, text, where[0]), k, mode, where, result.err)
        return True, result.code == 0 and not result.signal

    def chosen(self, marks, mode):
        """Of the calls from 1 on, those that shall fail."""
        most = self.options.alike or len(marks)
        seen = collections.Counter()
        for k, mark in enumerate(marks, 1):
            seen[mark] += 1
            if seen[mark] <= most and \
                    (k + (mode == "rest") - self.options.offset) \
                    % self.options.every == 0:
                yield k

    def family(self, family, mode):
        whole = self.without_faults(family)
        made = went_on = 0
        for k in self.chosen(whole.marks, mode):
            reached, good = self.fault(family, k, mode, whole, made + 1)
            made += reached
            went_on += good
        return "%s %s: %d calls, %d faults, %d went on" % (
            family, mode, whole.calls, made, went_on)

    def run(self):
        start = time.monotonic()
        counts = [self.family(family, mode)
                  for family in self.options.families.split(",")
                  for mode in self.options.modes.split(",")]
        self.server.close()
        return "%s: %.0f s, %d problems\n    %s" % (
            self.name, time.monotonic() - start, len(self.problems),
            "\n    ".join(counts))


def understand():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("commands", nargs="*", default=[])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--alike", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", type=int, default=1)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--own", default=os.path.join(ROOT, "eigenstep"))
    parser.add_argument("--modes", default="one,rest")
    parser.add_argument("--families", default=",".join(FAMILIES))
    return parser.parse_intermixed_args()


def main():
    options = understand()
    program = os.path.abspath(options.program)
    names = options.commands or list(COMMANDS)
    work = tempfile.mkdtemp(prefix="faults-", dir=MEMORY if os.access(
        MEMORY, os.W_OK) else None)
    failed = 0

    def campaign(name):
        one = Campaign(program, name, work, options)
        print(one.run(), flush=True)
        return len(one.problems)

    try:
        pristine = prepare(os.path.abspath(options.own), program, names, work)
        before = tree(pristine)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            failed = sum(pool.map(campaign, names))
        if tree(pristine) != before:
            print("what was to be read alone was written to")
            failed += 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
