"""Which test runs which line: each runs once with counted objects (gcov) in
libmutant.so, and once as it is. Kept in build/mutation/map.json."""
import glob
import json
import os
import subprocess

import suite
from builder import BUILD

FOLDER = BUILD + "/coverage"
KEPT = BUILD + "/map.json"


def build(builder):
    """All sources with counters, as one libmutant.so."""
    objects = builder.objects(FOLDER, builder.mutated, "-MMD", "--coverage")
    builder.shared(FOLDER + "/libmutant.so", objects, "--coverage")


def counted():
    """{source: (lines with code, those that ran)} since the last call."""
    data = glob.glob(FOLDER + "/**/*.gcda", recursive=True)
    if not data:
        return {}
    told = subprocess.run(["gcov", "--json-format", "--stdout", *data],
                          capture_output=True, check=True).stdout
    for path in data:
        os.remove(path)
    found = {}
    for text in told.splitlines():
        for file in json.loads(text)["files"] if text.strip() else ():
            code, ran = found.setdefault(file["file"], (set(), set()))
            for line in file["lines"]:
                code.add(line["line_number"])
                if line["count"]:
                    ran.add(line["line_number"])
    return {file: sets for file, sets in found.items()
            if os.path.exists(file) and not file.startswith("/")}


def look(test, old, say):
    """What the map says of one test."""
    wrong, seconds = suite.run(test, BUILD, suite.SLOW)
    if wrong:
        say(f"left out: {test.name} ({wrong})")
        return {"digest": test.digest, "left_out": wrong}
    suite.run(test, FOLDER, 10 * suite.SLOW)
    lines = {}
    for file, (code, ran) in counted().items():
        old["code"][file] = [suite.digest(file), sorted(code)]
        if ran:
            lines[file] = [suite.digest(file), sorted(ran)]
    say(f"{seconds:6.1f} s, {sum(len(r) for _, r in lines.values()):6d} lines: "
        f"{test.name}")
    return {"digest": test.digest, "seconds": seconds, "lines": lines}


class Map:
    """Which tests run a line."""

    def __init__(self, builder, say):
        self.builder, self.say = builder, say
        self.kept = {"code": {}, "tests": {}}
        if os.path.exists(KEPT):
            with open(KEPT) as file:
                self.kept = json.load(file)
        self.units = self.looked_at(suite.units())
        self.scripts = None  # not asked for yet

    def looked_at(self, tests):
        known = self.kept["tests"]
        new = [t for t in tests
               if known.get(t.name, {}).get("digest") != t.digest]
        if new:
            build(self.builder)
            counted()
        for test in new:
            known[test.name] = look(test, self.kept, self.say)
            self.keep()
        for test in tests:
            test.seconds = known[test.name].get("seconds")
            test.lines = known[test.name].get("lines", {})
        return tests

    def keep(self):
        with open(KEPT + ".new", "w") as file:
            json.dump(self.kept, file)
        os.replace(KEPT + ".new", KEPT)

    def line_with_code(self, file, line):
        """The counted line that a line belongs to; None: that is not known."""
        sha, code = self.kept["code"].get(file, (None, []))
        if sha != suite.digest(file):
            return None
        before = [n for n in code if n <= line]
        return before[-1] if before else None

    def running(self, file, line):
        """The tests that run the line, of scripts where no unit test does; all
        that run the file where lines are not known. Fast ones come first, and
        of like ones those that run little else."""
        at = self.line_with_code(file, line)
        files = [file]
        if file not in self.kept["code"]:  # a header of tables
            files = self.builder.users[file]
        able = self.among(self.units, files, at)
        if not able:
            if self.scripts is None:
                self.scripts = self.looked_at(suite.scripts())
            able = self.among(self.scripts, files, at)
        return able

    @staticmethod
    def among(tests, files, at):
        found = []
        for test in tests:
            ran = {line for file in files
                   for line in test.lines.get(file, (None, ()))[1]}
            if ran and (at is None or at in ran):
                all_lines = sum(len(lines) for _, lines in test.lines.values())
                found.append((int(8 * test.seconds), all_lines / len(ran),
                              test.name, test))
        return [test for *_, test in sorted(found)]
