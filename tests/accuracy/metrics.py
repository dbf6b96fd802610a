"""`metrics`: every number of docs/metrics.md of matrices and spectra of doubles."""
import random
from decimal import Decimal as D

import exact
import program
from group import CLOSED, DIGITS, Case, Group, Way

DEAD = D(1e-6)  # the bound as the program has it, a double


class Read(Way):
    """The case's numbers as a file of one row a line."""

    def run(self, group, case):
        with program.written(case.numbers) as path:
            return program.run("metrics", path, case.words)


def of(name, kind, numbers, **words):
    case = Case(name, {"kind": kind, **words})
    case.numbers = [[float(x) for x in row] for row in numbers]
    return case


def normal(n, d, seed, scale=lambda i, j: 1.0):
    r = random.Random(seed)
    return [[scale(i, j) * r.gauss(0, 1) for j in range(d)] for i in range(n)]


def representations():
    spread = normal(9, 4, 3)
    # 2^32 + k 2^-20: what is left of the mean has 11 digits less.
    offset = [[2.0**32 + round(x * 64) * 2.0**-20 for x in row] for row in spread]
    one = [[x * y for y in (1.0, 2.0, -4.0, .5, 8.0)] for x in (1.0, 2.0, 5.0, -3.0)]
    return [
        of("normal", "representation", normal(12, 5, 1)),
        of("columns graded to 1e-15", "representation",
           normal(12, 6, 2, lambda i, j: 10.0 ** (-3 * j))),
        of("rows graded to 1e-11", "representation",
           normal(12, 6, 4, lambda i, j: 10.0**-i)),
        of("Hilbert's", "representation",
           [[1 / (i + j + 1) for j in range(7)] for i in range(7)], center="off"),
        of("beside a large mean", "representation", offset),
        of("fewer than dimensions", "representation", normal(3, 8, 5)),
        of("twice the same rows", "representation", normal(4, 5, 6) * 2),
        of("of rank one", "representation", one, center="off"),
        of("large", "representation", normal(6, 4, 7, lambda i, j: 1e306)),
        of("small", "representation", normal(6, 4, 8, lambda i, j: 1e-300)),
    ]


def spectra():
    mixed = [abs(x) ** 3 for (x,) in normal(40, 1, 9)]
    return [
        of("mixed order", "spectrum", [mixed]),
        of("a power", "spectrum", [[j**-.7 for j in range(1, 60)]]),
        of("with dead ones", "spectrum",
           [[2.0, 1.9, 1e-3, 1e-5, 3e-7, 1e-9, 0.0, 2e-6, 5e-324]]),
        of("on the bound", "spectrum", [[1.0, .5, 1e-6, 1e-6, 9.999e-7]]),
        of("near the largest", "spectrum", [[1.5e308, 1e308, 7e303]]),
        of("near the least", "spectrum", [[1e-300, 4e-301, 2e-305]]),
        of("below normal", "spectrum", [[5e-324, 1e-322, 3e-310]]),
        of("nearly flat", "spectrum", [[1 + k * 2.0**-50 for k in range(20)]]),
    ]


def known_cases():
    halves = [2.0**-k for k in range(16)]
    graded = [[halves[i] if i == j else 0.0 for j in range(16)] for i in range(16)]
    # All rows of ±1 in four columns: orthogonal, of mean 0 and of one length.
    signs = [[1.0 - 2 * (i >> j & 1) for j in range(4)] for i in range(16)]
    return [
        of("halves", "spectrum", [halves]),
        of("halves, as a matrix", "representation", graded, center="off"),
        of("flat", "spectrum", [[.125] * 512]),
        of("flat, as a matrix", "representation", signs),
        of("one alone", "spectrum", [[3.0]]),
        of("rank one", "spectrum", [[0.0, 7.0, 0.0, 0.0]]),
        of("constant", "representation", [[.1, .7, -3.0]] * 5),
        of("constant, one row", "representation", [[.1, .7, -3.0, 0.0]]),
        of("constant, not centred", "representation", [[.1, .7, -3.0]] * 5,
           center="off"),
    ]


def centred(M):
    mean = [sum(column) / len(M) for column in zip(*M)]
    return [[x - m for x, m in zip(row, mean)] for row in M]


def singular_values(case):
    M = exact.decimals(case.numbers)
    if case.settings["kind"] == "spectrum":
        return sorted(M[0], reverse=True)
    if case.settings.get("center", "on") == "on":
        M = centred(M)
    found = exact.singular(M)[:min(len(M), len(M[0]))]
    found += [D(0)] * (len(M[0]) - len(found))
    # Of a matrix without full rank 80 digits leave some 1e-80.
    return [x if x > D("1e-60") * found[0] else D(0) for x in found]


def slope(values):
    """alpha_req, and what it is known to: errors of roundoff beside the largest
    value, which move ln of the j-th by their share of it."""
    kept = [(D(j).ln(), x) for j, x in enumerate(values, 1) if x > DEAD * values[0]]
    if len(kept) < 2:
        return D("inf")
    middle = sum(u for u, _ in kept) / len(kept)
    square = sum((u - middle) ** 2 for u, _ in kept)
    weight = [(u - middle) / square for u, _ in kept]
    alpha = -2 * sum(w * x.ln() for w, (_, x) in zip(weight, kept))
    reach = 2 * sum(abs(w) * values[0] / x for w, (_, x) in zip(weight, kept))
    return alpha, max(abs(alpha), reach)


def by_definition(case, rows):
    values = singular_values(case)
    d, total = len(values), sum(values)
    sums, so_far = D(0), D(0)
    for x in values:
        so_far += x
        sums += so_far
    shares = [x / total for x in values if x]
    squares = [x * x for x in shares]
    return [{"n": D(d if case.settings["kind"] == "spectrum"
                    else len(case.numbers)),
             "d": D(d), "auc": sums / total / d,
             "rankme": (-sum(q * q.ln() for q in shares)).exp(),
             "alpha_req": slope(values),
             "participation_ratio": sum(squares) ** 2 / sum(q * q for q in squares),
             "n_dead": D(sum(x < DEAD * values[0] for x in values))}]


def by_formula(case, rows):
    """Flat, halves, rank one, constant."""
    name, d = case.name.split(",")[0], D(len(case.numbers[0]))
    if name == "flat":
        found = {"auc": (d + 1) / (2 * d), "rankme": d, "alpha_req": (D(0), D(1)),
                 "participation_ratio": d, "n_dead": D(0)}
    elif name == "halves":
        end = D(2) ** -int(d)
        mean = 1 - d * end / (1 - end)  # of k, weights 2^-k
        found = {"auc": 1 / (1 - end) - 1 / d,
                 "rankme": ((D(2) * (1 - end)).ln() + mean * D(2).ln()).exp(),
                 "participation_ratio": D(15) / 9 * (1 - end**2) ** 2
                 / (1 - end**4), "n_dead": D(0)}
    else:
        dead = d if name == "constant" and "not" not in case.name else d - 1
        found = {"auc": D(1), "rankme": D(1), "participation_ratio": D(1),
                 "alpha_req": D("inf"), "n_dead": dead}
    return [found]


GROUPS = [
    Group("metrics", "with a formula", known_cases, {CLOSED: by_formula},
          [Read("exact", {CLOSED: 1e-13})], command="metrics"),
    Group("metrics", "spectra", spectra, {DIGITS: by_definition},
          [Read("exact", {DIGITS: 1e-14})], command="metrics"),
    Group("metrics", "representations", representations, {DIGITS: by_definition},
          [Read("exact", {DIGITS: 1e-13})], command="metrics"),
]
