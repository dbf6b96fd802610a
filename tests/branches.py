#!/usr/bin/python3
"""What a run of tests left uncovered: lines by room, and branches of the files
on which numbers, input and resumption rest.

usage: branches.py BUILD LIST [--show]

BUILD holds what gcc --coverage left. Every branch that nothing took in the files
named at the head of LIST must be in LIST with its reason, and everything in LIST
must be such a branch; rooms must have 90% of their lines run. --show prints
LIST as it should be, with "?" for a reason that is missing.

LIST's head names files, and words whose lines are left out ("skip"); then come
files, and under each lines

  FUNCTION | SOURCE LINE | BRANCHES | REASON

BRANCHES are numbers of n branches of that line as gcov orders them, "3/4", or
"all" for a line that is not reached. A condition has two: the first is the one
that goes on to what stands next (2k-1), the second is the one that jumps (2k).
Where a function has a line twice, " #2" follows the second's text. REASON is a
sentence or the =NAME of one that stands in the head."""
import argparse
import collections
import concurrent.futures
import fnmatch
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LEAST = .9


def notes_of(build):
    """gcov's account of each object."""
    found = [p for top in ("src", "models") for p in sorted(glob.glob(
        os.path.join(build, top, "*", "*.gcno")))]

    def ask(path):
        text = subprocess.run(
            ["gcov", "-j", "-t", "-b", "-o", os.path.dirname(path), path],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        return json.loads(text)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(ask, found))


class Line:
    def __init__(self):
        self.count, self.function, self.branches = 0, None, []


def gather(build):
    """{file: {line number: Line}}: what several objects, or several clones of a
    function, make of a line is added up."""
    files = collections.defaultdict(lambda: collections.defaultdict(Line))
    for notes in notes_of(build):
        for part in notes["files"]:
            if not part["file"].startswith(("src/", "models/")):
                continue
            for got in part["lines"]:
                line = files[part["file"]][got["line_number"]]
                line.count += got["count"]
                line.function = line.function or got.get("function_name", "?")
                taken = [b["count"] for b in got["branches"]]
                if len(taken) > len(line.branches):
                    line.branches += [0] * (len(taken) - len(line.branches))
                for k, n in enumerate(taken):
                    line.branches[k] += n
    return files


def table(files):
    """Lines run by room; whether all have enough."""
    hit, every = collections.Counter(), collections.Counter()
    for name, lines in files.items():
        parts = name.split("/")
        room = "models/" + parts[1] if parts[0] == "models" else parts[1]
        for key in (room, "~all"):
            hit[key] += sum(line.count > 0 for line in lines.values())
            every[key] += len(lines)
    for room in sorted(every):
        print("%-16s %5.1f%% of %5d lines" % (
            room.strip("~"), 100 * hit[room] / every[room], every[room]))
    return bool(every) and all(hit[r] >= LEAST * every[r] for r in every)


def uncovered(files, patterns, skipped):
    """{(file, function, text): branches} of what was not taken, in order; and
    the number of all branches."""
    found, total = {}, 0
    for name in sorted(files):
        if not any(fnmatch.fnmatch(name, p) for p in patterns):
            continue
        with open(os.path.join(ROOT, name), encoding="utf-8") as f:
            source = f.read().split("\n")
        seen = collections.Counter()
        if max(files[name]) > len(source):
            sys.exit("%s: is not what was built" % name)
        for number in sorted(files[name]):
            line = files[name][number]
            n = len(line.branches)
            text = " ".join(source[number - 1].split())
            if n == 0 or any(word in text for word in skipped):
                continue
            total += n
            seen[line.function, text] += 1
            if seen[line.function, text] > 1:
                text += " #%d" % seen[line.function, text]
            missing = [k + 1 for k, c in enumerate(line.branches) if c == 0]
            if missing:
                what = "all" if len(missing) == n else "%s/%d" % (
                    ",".join(map(str, missing)), n)
                found[name, line.function, text] = what
    return found, total


def listed(path):
    """Patterns of files, reasons by name, and {key: (branches, reason)}."""
    patterns, skipped, reasons, entries, name = [], [], {}, {}, None
    with open(path, encoding="utf-8") as f:
        for number, row in enumerate(f, 1):
            row = row.rstrip("\n")
            if not row or row.startswith("#"):
                continue
            if row.startswith("="):
                key, _, text = row.partition(": ")
                reasons[key] = text
            elif row.startswith("files "):
                patterns += row.split()[1:]
            elif row.startswith("skip "):
                skipped += row.partition(":")[0].split()[1:]
            elif not row.startswith(" "):
                name = row
            else:
                # A source line may hold | itself: the middle is whatever is left.
                function, _, rest = row.strip().partition(" | ")
                text, what, reason = rest.rsplit(" | ", 2)
                key = name, function, text
                if key in entries:
                    sys.exit("%s:%d: stands there twice" % (path, number))
                entries[key] = what, reason
    return patterns, skipped, reasons, entries


def show(path, found, entries):
    """The list as it should be: its head, and every line with the reason that it
    had, or "?"."""
    with open(path, encoding="utf-8") as f:
        for row in f:
            if not row.startswith(("#", "=", "files ", "skip ")) and row.strip():
                break
            print(row, end="")
    last = None
    for key, what in found.items():
        if key[0] != last:
            print(key[0])
        last = key[0]
        print("  %s | %s | %s | %s" % (
            key[1], key[2], what, entries.get(key, ("", "?"))[1]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("list")
    parser.add_argument("--show", action="store_true")
    options = parser.parse_args()
    patterns, skipped, reasons, entries = listed(options.list)
    files = gather(os.path.relpath(os.path.abspath(options.build), ROOT))
    found, total = uncovered(files, patterns, skipped)
    if options.show:
        show(options.list, found, entries)
        return 0
    good = table(files)
    faults = []
    for key, what in found.items():
        if key not in entries:
            faults.append((key, what, "is not covered, and not listed"))
        elif entries[key][0] != what:
            faults.append((key, what, "is not covered, listed is %s" %
                           entries[key][0]))
    for key, (what, reason) in entries.items():
        if key not in found:
            faults.append((key, what, "is listed, and covered or gone"))
        if not reason or reason.startswith(("?", "=")) and reason not in reasons:
            faults.append((key, what, "is listed without a reason"))
    unused = set(reasons) - {reason for _, reason in entries.values()}
    n = sum(w.count(",") + 1 if w != "all" else 1 for w in found.values())
    print("%d of %d branches of step control, parsers and checkpointing are not "
          "taken, on %d lines" % (n, total, len(found)))
    for (name, function, text), what, why in faults:
        print("%s: %s: %s: branches %s: %s" % (name, function, text, what, why))
    for name in sorted(unused):
        print("reason %s is not used" % name)
    return 0 if good and not faults and not unused else 1


if __name__ == "__main__":
    sys.exit(main())
