#!/usr/bin/env python3
"""make mutation: a sample of mutants, and how many of them the tests catch.
README.md beside it says how to use it."""
import argparse
import collections
import csv
import fcntl
import fnmatch
import hashlib
import json
import os
import random
import re
import sys
import time

import coverage
import operators
import suite
from builder import BUILD, ROOMS, WATCHED, WORK, Builder

RESULTS = BUILD + "/results.json"
SURVIVORS = BUILD + "/survivors.csv"
HEAD = ["file", "line", "operator", "before", "after"]
EQUIVALENT = os.path.join(os.path.dirname(__file__), "equivalent.csv")
# Of the networks: losses, what targets and predictors do, what is measured.
NETWORK = re.compile(r"models/resnet/(loss.*|objective|direct|descent|heads|"
                     r"orthogonal|alignment|monitor|pairs)\.c$")
WATCH = os.environ.get("SANITIZERS") != "0"
USERS = 8     # a header that more sources include takes too long
LONGEST = 90  # seconds of tests for one mutant, after which it has survived


class Mutant:
    """One change of one file."""

    def __init__(self, file, source, site):
        place, end, new, self.operator = site
        self.file, self.place = file, place
        self.text = source[:place] + new + source[end:]
        self.line = source.count("\n", 0, place) + 1
        begin = source.rfind("\n", 0, place) + 1
        stop = source.find("\n", end)
        self.before = " ".join(source[begin:stop].split())
        self.after = " ".join(
            (source[begin:place] + new + source[end:stop]).split())
        key = f"{file}\0{place}\0{end}\0{new}\0{source}"
        self.key = hashlib.sha256(key.encode()).hexdigest()[:20]

    def row(self):
        return [self.file, self.line, self.operator, self.before, self.after]


def drawn(files, rng):
    """Mutants without end: a line with code is as likely as any other of all
    files, and then each of what can be done to it."""
    lines = []
    for file in files:
        with open(file) as opened:
            source = opened.read()
        of_line = {}
        for site in operators.sites(source):
            of_line.setdefault(source.count("\n", 0, site[0]), []).append(site)
        lines += [(file, source, of) for _, of in sorted(of_line.items())]
    while any(of for _, _, of in lines):
        file, source, of = rng.choice(lines)
        if of:
            yield Mutant(file, source, of.pop(rng.randrange(len(of))))


class Judge:
    """Gives mutants to the tests that run them, and keeps what came of it."""

    def __init__(self, builder, lines):
        self.builder, self.lines, self.kept = builder, lines, {}
        self.sanitizers = builder.sanitizers()
        if os.path.exists(RESULTS):
            with open(RESULTS) as file:
                self.kept = json.load(file)

    def of(self, mutant):
        """[test, what it said], ["", why none caught it]; None: no mutant."""
        able = self.lines.running(mutant.file, mutant.line)
        old = self.kept.get(mutant.key)
        if old == "none":
            return None
        if old and old["digests"] != self.digests(able, old["said"][0]):
            old = None
        if old and (old["said"][0] or old["watched"] or not WATCH):
            return old["said"]
        made = self.builder.mutate(mutant.file, mutant.text)
        if made is None:
            self.keep(mutant, "none")
            return None
        said = old["said"] if old else self.run(able)
        if WATCH and not said[0]:
            said = self.watched(mutant, able, made) or said
        self.keep(mutant, {"digests": self.digests(able, said[0]),
                           "said": said, "watched": WATCH})
        return said

    @staticmethod
    def digests(able, catcher):
        """Of the tests on which what was said rests."""
        return [t.digest for t in able if catcher in ("", t.name)]

    @staticmethod
    def run(able):
        """[test, what it said], or ["", how many ran it]."""
        left = LONGEST
        for test in able:
            if left < test.seconds:
                return ["", "more tests than time"]
            wrong, took = suite.run(test, WORK, 3 + 5 * test.seconds)
            if wrong:
                return [test.name, wrong]
            left -= took
        return ["", f"{len(able)} tests run it" if able else "none runs it"]

    def watched(self, mutant, able, made):
        """Who caught it under sanitizers, of unit tests that pass there with
        the library as it is; or None."""
        left = LONGEST
        able = [t for t in able if not t.script]
        if able:
            self.builder.watch(mutant.file, mutant.text, made)
        for test in able:
            if left < 5 * test.seconds:
                break
            if not self.passes(test):
                continue
            wrong, took = suite.run(test, WATCHED, 9 + 25 * test.seconds,
                                    self.sanitizers)
            if wrong:
                return [test.name, "sanitizers: " + wrong]
            left -= took
        return None

    def passes(self, test):
        if not hasattr(test, "clean"):
            test.clean = not suite.run(test, BUILD, 9 + 25 * test.seconds,
                                       self.sanitizers)[0]
        return test.clean

    def keep(self, mutant, what):
        self.kept[mutant.key] = what
        with open(RESULTS + ".new", "w") as file:
            json.dump(self.kept, file)
        os.replace(RESULTS + ".new", RESULTS)


class Count:
    """Caught, survived and equivalent mutants by file."""

    def __init__(self):
        self.files = collections.defaultdict(lambda: [0, 0, 0])

    def show(self):
        for file, of in sorted(self.files.items()):
            print("%-42s %3d caught %3d survived %3d equivalent" % (file, *of))
        caught, survived, same = map(sum, zip(*self.files.values()))
        share = 100 * caught / max(1, caught + survived)
        print(f"{caught} of {caught + survived} mutants caught: {share:.1f}%; "
              f"{same} more are equivalent, "
              f"{100 * caught / (caught + survived + same):.1f}% with them")
        return share


def equivalents():
    with open(EQUIVALENT, newline="") as file:
        return {(r["file"], r["operator"], r["before"], r["after"])
                for r in csv.DictReader(file)}


def try_all(mutants, judge, wanted, minutes):
    """The count, and the rows of survivors."""
    known, count, rows = equivalents(), Count(), []
    tried, until = 0, time.monotonic() + 60 * minutes
    for mutant in mutants:
        if tried == wanted or time.monotonic() > until:
            break
        same = (mutant.file, mutant.operator, mutant.before,
                mutant.after) in known
        said = ["", "equivalent"] if same else judge.of(mutant)
        if said is None:
            continue
        tried += 1
        count.files[mutant.file][2 if same else 0 if said[0] else 1] += 1
        word = "same" if same else "caught" if said[0] else "SURVIVED"
        print(f"{tried:4d} {word:8s} {mutant.file}:{mutant.line} "
              f"{mutant.operator}: {' '.join(said)}", flush=True)
        if not same and not said[0]:
            print(f"       {mutant.before}\n       {mutant.after}", flush=True)
            rows.append(mutant.row())
    return count, rows


def mutated(builder):
    """The files that FILES names."""
    patterns = setting("FILES", "*").split()
    able = [s for s in builder.users
            if s.startswith(ROOMS) and len(builder.users[s]) <= USERS
            and (not s.startswith("models/resnet/") or NETWORK.match(s))]
    return [s for s in sorted(able)
            if any(fnmatch.fnmatch(s, p) for p in patterns)]


def setting(name, default):
    return type(default)(os.environ.get(name) or default)


def main():
    parser = argparse.ArgumentParser()
    for name in ("compile", "link", "libraries", "tests", "program", "objects",
                 "jobs"):
        parser.add_argument("--" + name, required=True)
    options = parser.parse_args()
    os.makedirs(BUILD, exist_ok=True)
    lock = open(BUILD + "/lock", "w")  # until the end
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another run of make mutation is on the way here")
    builder = Builder(options)
    builder.build()
    lines = coverage.Map(builder, lambda text: print(text, flush=True))
    rng = random.Random(setting("SEED", 1))
    count, rows = try_all(
        drawn(mutated(builder), rng), Judge(builder, lines),
        setting("MUTANTS", 300), setting("MINUTES", 1e9))
    if not count.files:
        sys.exit("no mutants: FILES names no source that is mutated")
    with open(SURVIVORS, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([HEAD, *rows])
    share = count.show()
    print(f"survivors: {SURVIVORS}")
    sys.exit(share < setting("SHARE", 80.0))


if __name__ == "__main__":
    main()
