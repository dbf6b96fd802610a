"""Writes reference.csv: flows by Taylor series with 70 digits, at doubles, to 50.
Run: python3 reference.py [--check] [WORD…] (only cases whose names hold a word
are made again; minutes). With --check every flow is made twice, with other orders
and other steps, and the two must agree to 45 digits of a column's size or
floor."""
import csv
import fcntl
import os
import shutil
import sys
from decimal import Decimal as D

import groups
from flow import REFERENCE, key_of


def close(one, two, floor):
    size = max(abs(one), abs(two), D(floor))
    return abs(one - two) <= D(10) ** -45 * size


def made(group, case):
    one = group.flow.digits(case)
    two = one
    if "--check" in sys.argv:
        two = group.flow.digits(case, share=D("0.7"), order=38)
    for t, a, b in zip(case.times, one, two):
        for column, value in a.items():
            assert close(value, b[column], case.floor(column) or 1e-300), (
                case.name, t, column, value, b[column])
            yield [key_of(group, case), repr(float(t)), column,
                   format(+value, ".50g") if value else "0"]


def read():
    rows = {}
    if os.path.exists(REFERENCE):
        with open(REFERENCE, newline="") as file:
            for row in list(csv.reader(file))[1:]:
                rows.setdefault(row[0], []).append(row)
    return rows


def write(key, found):
    """One case into the file; other runs may be at others."""
    with open(REFERENCE + ".part", "a", newline="") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        rows = {**read(), key: found}
        file.truncate(0)
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["case", "t", "column", "value"])
        for key in sorted(rows):
            out.writerows(rows[key])
        file.flush()
        shutil.copyfile(file.name, REFERENCE)


def main():
    words = [w for w in sys.argv[1:] if w != "--check"]
    for group in groups.GROUPS:
        if group.flow is None or "50 digits" in group.oracles:
            continue
        for case in group.cases():
            if "50 digits" in case.skip or case.known is not None:
                continue
            key = key_of(group, case)
            if not words or any(w in key for w in words):
                print(key, flush=True)
                write(key, list(made(group, case)))


if __name__ == "__main__":
    main()
