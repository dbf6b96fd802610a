"""`barlow-twins-kernel`: spectra and embeddings of kernels (theory.md 1), and Γ of
`barlow-twins` from the same data."""
from decimal import Decimal as D

import exact
import program
from barlow import ODE, TIGHT, drawn, mode
from exact import eigen
from flow import Flow, chain, entries, flat, identity, numbers, plus, shaped
from flow import times, turn
from group import CLOSED, DIGITS, Case, Group, Way, default, tight
from program import matrix


class Data(Way):
    """The case's samples as a file; views are equal, as without augmentation."""

    def run(self, group, case):
        with program.written(case.numbers) as path:
            return program.run(group.command, group.model, {
                **case.words, "data.name": "array", "data.path": path})


def kernel(settings, number):
    K, F = numbers(settings["K"], number), numbers(settings["W0"], number)
    d, n = len(F), len(K) // 2
    Z = [[number(1) / (2 * n) if abs(i - j) == n else number(0)
          for j in range(2 * n)] for i in range(2 * n)]
    ZK = chain(Z, K)

    def f(y):
        (V,) = shaped(y, (d, 2 * n))
        C = chain(V, Z, turn(V))
        return flat(times(-4, chain(plus(C, identity(d), -1), V, ZK)))

    return flat(F), f


def kernel_columns(settings, t, y):
    n = len(settings["K"]) // 2
    Z = [[D(1) / (2 * n) if abs(i - j) == n else D(0) for j in range(2 * n)]
         for i in range(2 * n)]
    (F,) = shaped(y, (len(y) // (2 * n), 2 * n))
    C = chain(F, Z, turn(F))
    row = {f"lambda_{j}": x for j, x in enumerate(exact.eigen(C)[0], 1)}
    row["loss"] = exact.norm(plus(C, identity(len(C)), -1)) ** 2
    return {**row, **entries("W", F)}


def kernel_cases():
    M = drawn(6, 6, 1, 11)
    K = exact.product(exact.decimals(M), turn(exact.decimals(M)))
    K = matrix([[float(K[min(i, j)][max(i, j)]) for j in range(6)]
                for i in range(6)])
    return [Case("three pairs", {"K": K, "W0": drawn(2, 6, .03, 12),
                                 "output.state": "on"},
                 [0.0, 0.2, 0.5, 1.0, 3.0], {"W": 1e-2, "lambda": 1e-3})]


def kernel_aligned():
    return [Case("one pair", {"K": matrix([[2.0, 1.0], [1.0, 0.5 + 2.0**-20]]),
                              "s0": [1e-4, 1e-4]}, [0.0, 1.0, 3.0, 10.0, 100.0],
                 {"lambda_2": 1e-8}),
            Case("one pair of opposites",
                 {"K": matrix([[1.0, -0.5], [-0.5, 1.0]]), "s0": [1e-6, 0.3]},
                 [0.0, 1.0, 10.0, 30.0, 100.0])]


def kernel_closed(case, rows):
    """ZK of one pair: gamma = (b ± √(ac))/2."""
    (a, b), (_, c) = exact.decimals(case.settings["K"])
    both = [(b + (a * c).sqrt()) / 2, (b - (a * c).sqrt()) / 2]
    return [{f"lambda_{j}": mode(g, s, t)[0] for j, (g, s) in
             enumerate(zip(both, case.settings["s0"]), 1)}
            for t in case.times]


def cross(n):
    """Z of n pairs."""
    return [[D(1) / (2 * n) if abs(i - j) == n else D(0) for j in range(2 * n)]
            for i in range(2 * n)]


def root_of(K):
    """L with K = L L^T, by Cholesky's method."""
    n = len(K)
    L = [[D(0)] * n for _ in range(n)]
    for j in range(n):
        for i in range(j, n):
            rest = K[i][j] - sum(L[i][k] * L[j][k] for k in range(j))
            L[i][j] = rest.sqrt() if i == j else rest / L[j][j]
    return L


def spectrum(K):
    """Eigenvalues of L^T Z L, and the modes' values at the points, L times its
    eigenvectors, the largest of each positive."""
    L = root_of(K)
    gamma, B = eigen(chain(turn(L), cross(len(K) // 2), L))
    values = []
    for b in B:
        v = [sum(x * y for x, y in zip(row, b)) for row in L]
        values.append([x * (1 if max(v, key=abs) > 0 else -1) for x in v])
    return gamma, values


def smooth(width):
    """K of an rbf kernel, rounded: nearly singular where it is wide."""
    x = [-1.0, 0.0, 1.0, -.7, .35, 1.4]
    return matrix([[float((-(D(a) - D(b)) ** 2 / (2 * D(width) ** 2)).exp())
                    for a in x] for b in x])


def spectrum_cases():
    M = drawn(8, 8, 1, 13)
    full = chain(exact.decimals(M), turn(exact.decimals(M)))
    full = matrix([[float(full[min(i, j)][max(i, j)]) for j in range(8)]
                   for i in range(8)])
    return [Case("four pairs, full rank", {"K": full, "d": 8, "s0": [.01] * 8}),
            Case("rbf, narrow", {"K": smooth(.2), "d": 6, "s0": [.01] * 6}),
            Case("rbf, condition 1e8", {"K": smooth(2.5), "d": 6, "s0": [.01] * 6})]


def spectrum_digits(case, rows):
    """Known to roundoff beside the largest of K, as any of a symmetric matrix."""
    K = exact.decimals(case.settings["K"])
    size = eigen(K)[0][0] / len(K)
    return [{"gamma": (g, size)} for g in spectrum(K)[0]]


def embedding_cases():
    cases = []
    for case in spectrum_cases():
        case.settings.update({"d": 2, "s0": [1e-2, 3e-3], "output.state": "on"})
        case.times = [0.0, .5, 1.5, 4.0]
        cases.append(case)
    return cases


def embedding_digits(case, rows):
    """Row i of F(t) is s_i(t) times mode i at the points."""
    gamma, values = spectrum(exact.decimals(case.settings["K"]))
    wanted = []
    for t in case.times:
        row = {}
        for i, (g, v, s0) in enumerate(zip(gamma, values, case.settings["s0"]), 1):
            lam, s = mode(g, s0, t)
            row[f"lambda_{i}"] = lam
            size = s * max(map(abs, v))
            row.update({f"W_{i}_{j}": (s * x, size) for j, x in enumerate(v, 1)})
        wanted.append(row)
    return wanted


def data_cases():
    spread = drawn(5, 3, 1, 16)
    cases = []
    for name, words in (
            ("linear", {"kernel": "linear", "d": 3}),
            ("linear, centred", {"kernel": "linear", "d": 3, "data.center": "on"}),
            ("rbf", {"kernel": "rbf", "bandwidth": .75, "d": 5}),
            ("rbf, centred", {"kernel": "rbf", "bandwidth": .75, "d": 4,
                              "data.center": "on"}),
            ("rbf, median width", {"kernel": "rbf", "d": 5})):
        cases.append(Case(name, {**words, "s0": [.01] * words["d"]}))
        cases[-1].numbers = spread
    return cases


def features_cases():
    cases = [c for c in data_cases() if "linear" in c.name]
    for case in cases:
        del case.settings["kernel"]
    return cases


def data_digits(case, rows):
    """Equal views: the eigenvalues of K/n, K of one view, centred or not."""
    x, m = exact.decimals(case.numbers), case.settings
    n = len(x)
    apart = [[sum((a - b) ** 2 for a, b in zip(p, q)) for q in x] for p in x]
    if m.get("kernel") == "rbf":
        widths = sorted(apart[i][j].sqrt() for i in range(n) for j in range(i))
        middle = (widths[4] + widths[5]) / 2  # of ten
        width = D(m["bandwidth"]) if "bandwidth" in m else middle
        K = [[(-d / (2 * width ** 2)).exp() for d in row] for row in apart]
    else:
        K = chain(x, turn(x))
    if m.get("data.center") == "on":
        H = plus(identity(n), [[D(1) / n] * n] * n, -1)
        K = chain(H, K, H)
    gamma = eigen(K)[0]
    return [{"gamma": (g / n, gamma[0] / n)} for g in gamma[:len(rows)]]


GROUPS = [
    Group("barlow-twins-kernel", "generic start", kernel_cases, {},
          [default(ODE), tight(TIGHT)], flow=Flow(kernel, kernel_columns),
          floors={"loss": 1.0}),
    Group("barlow-twins-kernel", "aligned start", kernel_aligned,
          {CLOSED: kernel_closed}, [Way("exact", {CLOSED: 1e-12})]),
    Group("barlow-twins-kernel", "embeddings", embedding_cases,
          {DIGITS: embedding_digits}, [Way("exact", {DIGITS: 1e-12})],
          floors={"lambda": 1e-3}),
    Group("barlow-twins-kernel", "spectra", spectrum_cases,
          {DIGITS: spectrum_digits}, [Way("exact", {DIGITS: 1e-14})],
          command="predict"),
    Group("barlow-twins-kernel", "spectra of data", data_cases,
          {DIGITS: data_digits}, [Data("exact", {DIGITS: 1e-14})],
          command="predict"),
    Group("barlow-twins", "spectra of data", features_cases,
          {DIGITS: data_digits}, [Data("exact", {DIGITS: 1e-14})],
          command="predict"),
]
