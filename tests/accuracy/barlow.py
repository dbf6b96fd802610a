"""`barlow-twins` and `barlow-twins-kernel` (theory.md 1)."""
import random
from decimal import Decimal as D

import exact
import program
import tables
from exact import root
from flow import Flow, chain, entries, flat, identity, numbers, plus, shaped
from flow import times, turn
from group import CLOSED, DIGITS, STEPPER, U, Case, Group, Way, default, known
from group import law, tight
from program import matrix


def mode(gamma, s0, t):
    """lambda and s of an aligned mode, as printed."""
    g, s, t = D(gamma), D(s0), D(t)
    if g == 0 or s == 0:
        return D(0), s
    grown = (8 * g * t).exp()
    s = s * (4 * g * t).exp() / (1 + s * s * g * (grown - 1)).sqrt()
    return g * s * s, s


def aligned_closed(case, rows):
    got, wanted = case.settings, []
    for t in case.times:
        modes = [mode(g, s, t) for g, s in zip(got["gamma"], got["s0"])]
        row = {f"lambda_{j}": lam for j, (lam, _) in enumerate(modes, 1)}
        if "output.state" in got:
            row.update({f"W_{j}_{j}": s for j, (_, s) in enumerate(modes, 1)})
        row["loss"] = sum((1 - lam) ** 2 for lam, _ in modes)
        wanted.append(row)
    return wanted


def in_logarithm(rate):
    """A stepper for modes: x = ln s, mode by mode, since starts are as small as
    1e-300; up to rate times time of 100, where every mode is where it ends, and
    where preconditioning does not make it stiff or run away.
    rate(settings, j) -> what s'/s is at s."""
    def ask(case, rows):
        import numpy as np
        from steppers import solve
        wanted = [{} for _ in case.times]
        for j, (g, s0) in enumerate(zip(case.settings["gamma"],
                                        case.settings["s0"])):
            reach = [t for t in case.times if 8 * abs(g) * t <= 100]
            if not reach or s0 == 0 or g == 0:
                continue
            r = rate(case.settings, j)
            if r is None or abs(r(s0)) * max(reach) > 400:
                continue
            found = solve(lambda x: r(np.exp(x)), [np.log(s0)], reach)
            for row, x in zip(wanted, found):
                row[f"lambda_{j + 1}"] = np.sign(g) * np.exp(
                    2 * x[0] + np.log(abs(g)))
        return wanted

    return ask


def plain_rate(settings, j):
    g = settings["gamma"][j]
    return lambda s: 4 * g * (1 - g * s * s)


def aligned_extreme():
    return [
        Case("starts of 1e-300", {"gamma": [1.0, 1.0, 0.4, 1e-8],
                                  "s0": [1e-300, 1e-160, 1e-300, 1e-5]},
             [0.0, 1e-8, 90.0, 172.0, 173.0, 500.0, 1e8]),
        Case("equal eigenvalues", {"gamma": [0.7, 0.7, 0.7],
                                   "s0": [1e-3, 1e-3, 0.5]},
             [0.0, 0.5, 1.0, 2.0, 5.0, 1e8]),
        Case("negative", {"gamma": [1.0, -1e-3, -40.0], "s0": [3.0, 1e4, 0.1]},
             [0.0, 1e-9, 1.0, 100.0]),
    ]


def aligned_moderate():
    return [
        Case("staircase", {"gamma": [1.0, 0.6, 0.2, 0.05],
                           "s0": [1e-3, 1e-4, 1e-3, 1e-6]},
             [0.0, 0.5, 2.0, 5.0, 20.0, 60.0]),
        Case("negative", {"gamma": [1.0, -0.5], "s0": [0.1, 0.1]},
             [0.0, 1.0, 5.0, 20.0], {"lambda_2": 5e-3}),
        Case("above", {"gamma": [2.0, 1.0], "s0": [5.0, 5.0]},
             [0.0, 0.01, 0.1, 1.0]),
    ]


class Timed(Way):
    """A sweep over the time of the end, whose rows say how many steps it took."""

    def run(self, group, case):
        rows = program.run("sweep", group.model, {
            **case.words, **self.solver, "sweep.t_end": case.times})
        return [{**row, "t": row["t_end"]} for row in rows]


def escape_cases():
    return [Case("starts of 1e-150", {"gamma": [1.0, 0.5], "s0": [1e-150, 1e-150]},
                 [20.0, 84.0, 86.0, 86.5, 120.0, 172.0, 174.0]),
            Case("starts of 1e-30", {"gamma": [1.0], "s0": [1e-30]},
                 [5.0, 17.0, 17.3, 18.0])]


@law
def escape_closed(case, rows):
    """A step's error is at most rtol of each component. While lambda grows its
    relative error is kept, so that errors add up: to 2 N rtol of lambda = gamma s²
    after N steps, if all are of one sign. At the end it is d lambda =
    lambda (1 - lambda) d ln(lambda/(1 - lambda)), and two units beside of the last
    steps alone. So the bar is rtol, of a size of 2 lambda (N (1 - lambda) + 1)."""
    wanted = []
    for t, row in zip(case.times, rows):
        want = {}
        for j, (g, s) in enumerate(zip(case.settings["gamma"],
                                       case.settings["s0"]), 1):
            x = mode(g, s, t)[0]
            want[f"lambda_{j}"] = x, 2 * x * (D(row["steps"]) * (1 - x) + 1)
        wanted.append(want)
    return wanted


def generic(settings, number):
    G = numbers(settings["Gamma"], number)
    W = numbers(settings["W0"], number)
    d, m = len(W), len(G)

    def f(y):
        (V,) = shaped(y, (d, m))
        push = chain(V, G)
        C = chain(push, turn(V))
        return flat(times(-4, chain(plus(C, identity(d), -1), push)))

    return flat(W), f


def generic_columns(settings, t, y):
    G = exact.decimals(settings["Gamma"])
    (W,) = shaped(y, (len(y) // len(G), len(G)))
    C = chain(W, G, turn(W))
    values, _ = exact.eigen(C)
    row = {f"lambda_{j}": x for j, x in enumerate(values, 1)}
    row["loss"] = exact.norm(plus(C, identity(len(C)), -1)) ** 2
    if "output.state" in settings:
        row.update(entries("W", W))
    return row


def drawn(rows, cols, scale, seed):
    r = random.Random(seed)
    return matrix([[scale * r.gauss(0, 1) for _ in range(cols)]
                   for _ in range(rows)])


def rotated(values, seed):
    """A symmetric matrix of doubles with about these eigenvalues."""
    n, r = len(values), random.Random(seed)
    M = exact.decimals([[r.gauss(0, 1) for _ in range(n)] for _ in range(n)])
    _, Q = exact.eigen(plus(M, turn(M)))
    M = chain(turn(Q), exact.diagonal(values), Q)
    return matrix([[float(M[min(i, j)][max(i, j)]) for j in range(n)]
                   for i in range(n)])


def generic_cases():
    return [
        Case("three modes, two rows", {"Gamma": rotated([1, .6, .2], 1),
                                       "W0": drawn(2, 3, 1e-3, 2)},
             [0.0, 1.0, 3.0, 8.0]),
        Case("equal eigenvalues", {"Gamma": matrix(exact.diagonal([.75] * 3)),
                                   "W0": drawn(3, 3, .1, 3)},
             [0.0, 0.5, 1.0, 2.0, 4.0]),
        Case("indefinite", {"Gamma": rotated([1, .3, -.5], 4),
                            "W0": drawn(3, 3, .05, 5)},
             [0.0, 1.0, 3.0, 10.0], {"lambda_3": 1e-3}),
        Case("starts of 1e-150", {"Gamma": rotated([1, .5], 6),
                                  "W0": drawn(2, 2, 1e-150, 7)},
             [0.0, 40.0, 86.5, 100.0], {"lambda_2": 1.0}),
        Case("one row", {"Gamma": matrix(exact.diagonal([1, .7, .2])),
                         "W0": drawn(1, 3, 1e-2, 8), "output.state": "on"},
             [0.0, 0.5, 1.5, 5.0]),
    ]


@law
def generic_closed(case, rows):
    """Equal eigenvalues: those of C are logistic. One row: w_i^(1/gamma_i) keep
    their ratios."""
    if case.name == "equal eigenvalues":
        g = D(case.settings["Gamma"][0][0])
        W = exact.decimals(case.settings["W0"])
        start = exact.singular(W)
        return [{f"lambda_{j}": mode(g, s, t)[0] for j, s in
                 enumerate(start, 1)} for t in case.times]
    if case.name != "one row":
        return None
    w = case.settings["W0"][0]
    wanted = []
    for row in rows:
        grown = (D(row["W_1_1"]) / D(w[0])).ln()
        wanted.append({f"W_1_{j}": D(w[j - 1]) * (
            grown * D(case.settings["Gamma"][j - 1][j - 1])).exp()
            for j in (2, 3)})
    return wanted


def partner_cases():
    return [Case("three modes, two rows", {"Gamma": rotated([1, .6, .2], 1),
                                           "W0": drawn(2, 3, 1e-3, 2)},
                 [0.0, 1.0, 3.0, 8.0]),
            Case("indefinite", {"Gamma": rotated([1, .3, -.5], 4),
                                "W0": drawn(3, 3, .05, 5)}, [0.0, 1.0, 3.0, 6.0]),
            Case("starts of 1e-150", {"Gamma": rotated([1, .5], 6),
                                      "W0": drawn(2, 2, 1e-150, 7)},
                 [0.0, 40.0, 86.5, 100.0])]


def partner_digits(case, rows):
    """Modes from R_jj of W(0) V = U R; row k of V an eigenvector."""
    m = case.settings
    gamma, V = exact.eigen(exact.decimals(m["Gamma"]))
    columns = turn(chain(exact.decimals(m["W0"]), turn(V)))[:len(m["W0"])]
    size, seen = [], []
    for column in columns:
        for u in seen:
            by = exact.dot(u, column)
            column = [x - by * y for x, y in zip(column, u)]
        length = exact.dot(column, column).sqrt()
        seen.append([x / length for x in column])
        size.append(length)
    return [{f"predicted_{j}": mode(g, s, t)[0] for j, (g, s) in
             enumerate(zip(gamma, size), 1)} for t in case.times]


def family_rate(settings, j):
    g = settings["gamma"][j]
    if "loss" in settings:
        sg, nu = settings["sigma"][j], settings["nu"]
        if j % 6:
            return None
        return lambda s: 4 * (sg - nu * (sg - g) - (sg * s) ** 2)
    r, mu = settings["precondition_epsilon"], settings.get("mu")
    if g < 0 or r < .5 or j % 6:
        return None
    if mu is None:
        return lambda s: 4 * g * (1 - g * s * s) / (g * s * s + r)
    return lambda s: 2 * g * (2 * (1 - g * s * s) + mu / (g * s * s + r))


def family_mode(settings, j, t):
    g, s0 = D(settings["gamma"][j]), D(settings["s0"][j])
    t = D(t)
    if "loss" in settings:
        sg, nu = D(settings["sigma"][j]), D(settings["nu"])
        rate = sg - nu * (sg - g)
        u = s0 * s0
        if rate == 0:
            return g * u / (1 + 8 * sg * sg * u * t)
        e = (8 * rate * t).exp()
        return g * u * e / (1 + sg * sg * u * (e - 1) / rate)
    r, mu = D(settings["precondition_epsilon"]), D(settings.get("mu", 0))
    lam = g * s0 * s0
    r1 = ((1 + r) ** 2 + 2 * mu).sqrt()
    p, n = (1 - r + r1) / 2, (r - 1 + r1) / 2
    if not 0 < lam < p or t == 0:
        return lam if t == 0 else None
    if mu == 0:  # n = r: one logarithm less
        clock = lambda x: r * x.ln() - (1 + r) * (1 - x).ln()
        p, slope = D(1), lambda x: x + r
    else:
        clock = lambda x: (r / (p * n) * x.ln()
                           - (p + r) / (p * (p + n)) * (p - x).ln()
                           + (n - r) / (n * (p + n)) * (x + n).ln())
        slope = lambda x: (x + r) / ((x + n) * p)
    at = lambda z: p * z.exp() / (1 + z.exp())
    z0 = (lam / (p - lam)).ln()
    start, high = clock(lam), z0 + 1
    while clock(at(high)) - start < 8 * g * t:
        high += high - z0
        if high - z0 > 100:  # as good as there
            return None
    return at(root(lambda z: clock(at(z)) - start - 8 * g * t,
                   lambda z: slope(at(z)), z0, high))


def family_closed(case, rows):
    """Of the table's modes and times every sixth: a root takes 80 digits."""
    wanted = []
    for t, row in zip(case.times, case.known):
        some = sorted(row, key=lambda k: int(k.split("_")[1]))[::6]
        found = {k: family_mode(case.settings, int(k.split("_")[1]) - 1, t)
                 for k in some}
        wanted.append({k: x for k, x in found.items() if x is not None})
    return wanted


def descent_closed(case, rows):
    """The recursion itself, step by step."""
    got, wanted, done = case.settings, [], 0
    lr = D(got["lr"])
    s = [D(x) for x in got["s0"]]
    g = [D(x) for x in got["gamma"]]
    for t in case.times:
        while done < round(t / got["lr"]):
            s = [x + 4 * lr * c * x * (1 - c * x * x) for x, c in zip(s, g)]
            done += 1
        wanted.append({f"lambda_{j}": c * x * x for j, (x, c) in
                       enumerate(zip(s, g), 1)})
    return wanted


def descent_cases():
    return [Case("staircase", {"gamma": [1.0, .6, .2], "lr": 0.01,
                               "s0": [1e-3, 1e-4, 1e-3]},
                 [0.0, 1.0, 2.0, 5.0, 10.0, 20.0]),
            Case("near the limit", {"gamma": [1.0], "lr": 0.2, "s0": [1e-3]},
                 [0.0, 1.0, 2.0, 3.0, 10.0])]


ODE = {CLOSED: 1e-7, STEPPER: 1e-7, DIGITS: 1e-7}
TIGHT = {CLOSED: 1e-12, STEPPER: 1e-9, DIGITS: 1e-12}
EXACT = {CLOSED: 8 * U, STEPPER: 1e-10, DIGITS: 8 * U}


def by(method, rtol, bar=100, way=Way):
    return way(f"{method} {rtol:g}", {CLOSED: bar * rtol},
               {"solver.method": method, "solver.rtol": rtol,
                "solver.atol": min(1e-12, rtol * 1e-3)})


def escaping(method, rtol):
    return by(method, rtol, 1, Timed)


GROUPS = [
    Group("barlow-twins", "aligned start", tables.barlow_aligned,
          {CLOSED: aligned_closed, STEPPER: in_logarithm(plain_rate),
           DIGITS: known}, [Way("exact", EXACT)]),
    Group("barlow-twins", "extreme aligned starts", aligned_extreme,
          {CLOSED: aligned_closed, STEPPER: in_logarithm(plain_rate)},
          [Way("exact", EXACT)]),
    Group("barlow-twins", "aligned start, integrated", aligned_moderate,
          {CLOSED: aligned_closed},
          [by("tsit5", 1e-6), by("tsit5", 1e-9), by("dop853", 1e-6),
           by("dop853", 1e-9), by("dop853", 1e-12), by("adams", 1e-6),
           by("adams", 1e-9), by("adams", 1e-12), by("exponential", 1e-6),
           by("exponential", 1e-9), by("exponential", 1e-12),
           by("rosenbrock", 1e-6), by("rosenbrock", 1e-9), by("gsl-rk8pd", 1e-9),
           by("gsl-msadams", 1e-9)], floors={"loss": 1.0}),
    Group("barlow-twins", "escape, integrated", escape_cases,
          {CLOSED: escape_closed},
          [escaping("tsit5", 1e-6), escaping("dop853", 1e-6),
           escaping("dop853", 1e-9), escaping("dop853", 1e-12),
           escaping("adams", 1e-6), escaping("adams", 1e-9),
           escaping("exponential", 1e-6), escaping("exponential", 1e-9),
           escaping("exponential", 1e-12), escaping("rosenbrock", 1e-6),
           escaping("rosenbrock", 1e-9)],
          note="the bar is an error of rtol in each step, all of one sign, which "
          "relative growth keeps: 2 N rtol of lambda after N steps."),
    Group("barlow-twins", "generic start", generic_cases,
          {CLOSED: generic_closed}, [default(ODE), tight(TIGHT)],
          flow=Flow(generic, generic_columns), floors={"loss": 1.0}),
    Group("barlow-twins", "aligned partner", partner_cases,
          {DIGITS: partner_digits}, [Way("exact", {DIGITS: 1e-13})]),
    Group("barlow-twins", "VICReg-like, spectral, preconditioned",
          tables.barlow_family,
          {CLOSED: family_closed, STEPPER: in_logarithm(family_rate),
           DIGITS: known}, [Way("exact", EXACT)]),
    Group("barlow-twins", "descent", descent_cases, {CLOSED: descent_closed},
          [Way("gd", {CLOSED: 1e-12}, {"solver.method": "gd"})]),
]
