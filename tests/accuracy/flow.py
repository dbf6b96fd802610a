"""A flow written down once more, for both oracles that follow it: SciPy's
steppers with doubles, and Taylor series with decimals, whose results stand in
reference.csv (reference.py)."""
import csv
import importlib
import math
import os
from decimal import Decimal as D

from exact import plus, times, turn  # noqa: F401  of any numbers
from taylor import Series, Sum, series

REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         "reference.csv")


class Flow:
    """make(settings, number) gives y0 and f(y) -> y' in numbers of that kind;
    columns(settings, t, y) what the program prints, from decimals."""

    def __init__(self, make, columns, method="DOP853"):
        self.make, self.columns, self.method = make, columns, method

    def answer(self, case, found):
        return [self.columns(case.settings, D(t), [D(x) for x in y])
                for t, y in zip(case.times, found)]

    def stepper(self, case, rows):
        solve = importlib.import_module("steppers").solve
        y0, f = self.make(case.settings, float)
        times = [t for t in case.times if t <= case.reach]
        if not times:
            return None
        found = solve(lambda y: f(y.tolist()), y0, times, self.method)
        return self.answer(case, found) + [{}] * (len(case.times) - len(times))

    def digits(self, case, **settings):
        import taylor
        y0, f = self.make(case.settings, D)
        return self.answer(case, taylor.solve(f, y0, case.times, **settings))


_stored = {}


def stored(key):
    """What reference.csv has of a case, a row for each time."""
    if not _stored:
        with open(REFERENCE, newline="") as file:
            for row in csv.DictReader(file):
                at = _stored.setdefault(row["case"], {})
                at.setdefault(row["t"], {})[row["column"]] = row["value"]
    return _stored[key]


def key_of(group, case):
    return f"{group.model} {group.name} {case.name}".replace(",", ";")


def total(parts):
    parts = list(parts)
    if any(isinstance(p, Series) for p in parts):
        return Sum([series(p) for p in parts])
    return sum(parts)


def product(A, B):
    columns = list(zip(*B))
    return [[total(a * b for a, b in zip(row, column)) for column in columns]
            for row in A]


def chain(*matrices):
    out = matrices[0]
    for M in matrices[1:]:
        out = product(out, M)
    return out


def identity(n, c=1):
    return [[c if i == j else 0 for j in range(n)] for i in range(n)]


def exp(x):
    return x.exp() if hasattr(x, "exp") else math.exp(x)


def sqrt(x):
    return x.sqrt() if hasattr(x, "sqrt") else math.sqrt(x)


def numbers(M, number):
    return [[number(x) for x in row] for row in M]


def flat(*matrices):
    return [x for M in matrices for row in M for x in row]


def shaped(y, *shapes):
    """Matrices of these shapes, one after the other, out of y."""
    out, at = [], 0
    for rows, cols in shapes:
        out.append([list(y[at + i * cols:at + (i + 1) * cols])
                    for i in range(rows)])
        at += rows * cols
    return out


def entries(name, M):
    return {f"{name}_{i}_{j}": x for i, row in enumerate(M, 1)
            for j, x in enumerate(row, 1)}
