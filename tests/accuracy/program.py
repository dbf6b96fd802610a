"""Runs the program: one command, its CSV as rows of {column: number}, or what its
--json sums up; and the files of numbers that it is given."""
import contextlib
import csv
import json
import os
import subprocess
import tempfile

PROGRAM = os.environ.get("EIGENSTEP", "./eigenstep")
ALONE = {**os.environ, "OMP_NUM_THREADS": "1"}  # runs are short


def word(value):
    """A setting as the program reads it, doubles with all their digits."""
    if isinstance(value, (list, tuple)):
        inner = ",".join(word(x) for x in value)
        nested = value and isinstance(value[0], (list, tuple))
        return "[" + inner + "]" if nested or inside(value) else inner
    return value if isinstance(value, str) else repr(value)


def inside(value):
    return getattr(value, "row", False)


class Row(list):
    """A row of a matrix: written with brackets."""

    row = True


def matrix(rows):
    return [Row(float(x) for x in row) for row in rows]


def number(text):
    try:
        return float(text)
    except ValueError:
        return text


def said(command, target, settings, options=()):
    """Standard output."""
    words = [f"{k}={word(v)}" for k, v in settings.items()]
    call = [PROGRAM, command, target, *words, *options, "--quiet"]
    got = subprocess.run(call, capture_output=True, text=True,
                         env=ALONE)
    if got.returncode:
        raise SystemExit(f"{' '.join(call)}\nexit {got.returncode}: {got.stderr}")
    return got.stdout


def run(command, target, settings, options=()):
    text = said(command, target, settings, options)
    return [{k: number(v) for k, v in row.items()}
            for row in csv.DictReader(text.splitlines())]


def summary(command, target, settings):
    """Infinities are texts in JSON."""
    found = json.loads(said(command, target, settings, ("--json",)))
    return {k: number(v) if isinstance(v, str) else v for k, v in found.items()}


@contextlib.contextmanager
def written(rows):
    """The path of a CSV file of these doubles, with all their digits."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "numbers.csv")
        with open(path, "w") as file:
            file.writelines(",".join(map(repr, row)) + "\n" for row in rows)
        yield path
