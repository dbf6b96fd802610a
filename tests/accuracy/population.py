"""`contrastive` with mode=population: flows, modes and where they rest (theory.md
6)."""
from decimal import Decimal as D

import exact
import tables
from barlow import drawn, rotated
from contrast import BARS, FLOORS, TIGHT, layer, layer_columns
from exact import chain, turn
from flow import Flow
from group import CLOSED, DIGITS, STEPPER, U, Case, Group, Way, default, known, tight
from program import matrix


def population_cases():
    cases = [
        Case("not commuting", {"C": rotated([1, .4], 41), "A": rotated([.5, .1], 42),
                               "W0": drawn(2, 2, .1, 43), "output.state": "on"},
             [0.0, 1.0, 5.0, 20.0]),
        Case("a collapse", {"C": rotated([1, .4], 44), "A": rotated([.2, 3], 45),
                            "W0": drawn(2, 2, .5, 46), "output.state": "on"},
             [0.0, 1.0, 5.0, 20.0]),
    ]
    return cases


def rest_cases():
    """As above, to the end."""
    cases = population_cases()
    for case in cases:
        case.times = [2000.0]
    return cases


def rest_closed(case, rows):
    """W C W^T has the eigenvalues s*(r) of A v = r C v."""
    return [{f"cov_lambda_{j}": stable(r) for j, (r, _) in
             enumerate(directions(case.settings), 1)}]


def directions(m):
    """(r, v) of A v = r C v by rising r; C = Q diag(c) Q^T."""
    c, Q = exact.eigen(exact.decimals(m["C"]))
    back = chain(turn(Q), exact.diagonal([1 / x.sqrt() for x in c]), Q)
    r, V = exact.eigen(chain(back, exact.decimals(m["A"]), back))
    return [(x, chain([v], back)[0]) for x, v in zip(reversed(r), reversed(V))]


def stable(r):
    return (1 - 2 * r + (1 + 4 * r).sqrt()) / (2 * r) if r < 2 else D(0)


def population_modes():
    """The table, C and A diagonal, 40 modes a run: w² c = s."""
    cases = []
    for t, part in tables.population().items():
        for k in range(0, len(part), 40):
            cases.append(modes_case(f"t={t:g}, {k + 1} to {k + 40}", t,
                                    part[k:k + 40]))
    return cases


def modes_case(name, t, part):
    c, a = ([float(r[k]) for r in part] for k in (0, 1))
    w = [float((D(r[2]) / D(x)).sqrt()) for r, x in zip(part, c)]
    known = {f"W_{j}_{j}": (shifted(D(x), D(y), D(v) ** 2 * D(x), D(float(r[2])),
                                    D(r[3])) / D(x)).sqrt()
             for j, (x, y, v, r) in enumerate(zip(c, a, w, part), 1)}
    return Case(name, {"C": matrix(exact.diagonal(c)),
                       "A": matrix(exact.diagonal(a)),
                       "W0": matrix(exact.diagonal(w)), "output.state": "on"},
                [t], known=[known])


def shifted(c, a, start, s0, s):
    """The table's s from s0, as it is from a start that lies within a double's
    rounding of it: ds/ds0 = f(s)/f(s0) of s' = f(s), to 30 digits."""
    f = lambda s: s * (c * (2 + s) / (1 + s) ** 2 - a)
    return s + (start - s0) * f(s) / f(s0) if f(s0) else s


def modes_stepper(case, rows):
    """In ln w, every third mode by itself, where it is not too stiff."""
    import numpy as np
    from steppers import solve
    m, row = case.settings, {}
    for j in range(0, len(m["C"]), 3):
        c, a, w = (m[k][j][j] for k in ("C", "A", "W0"))
        if max(c, a) * case.times[0] > 100 or w < 1e-140 or w > 1e6:
            continue

        def rate(x):
            s = np.exp(2 * x) * c
            return c * (2 + s) / (1 + s) ** 2 - a

        x = solve(rate, [np.log(w)], case.times)[0]
        row[f"W_{j + 1}_{j + 1}"] = float(np.exp(x[0]))
    return [row]


def points_closed(case, rows):
    """s* = (1 - 2r + √(1 + 4r))/2r of r = a/c < 2; else it collapses."""
    wanted = []
    if case.name != "ten modes":
        return along(case.settings)
    for i in range(len(case.settings["C"])):
        c, a = D(case.settings["C"][i][i]), D(case.settings["A"][i][i])
        r = a / c
        wanted.append({"s": stable(r), "collapsed": D(int(r >= 2)), "c": c, "a": a})
    return wanted


def along(m):
    """c = v^T C v and a = v^T A v of |v| = 1."""
    wanted = []
    for r, v in directions(m):
        size = exact.dot(v, v)
        value = lambda k: chain([v], exact.decimals(m[k]), turn([v]))[0][0] / size
        wanted.append({"c": value("C"), "a": value("A"), "s": stable(r),
                       "collapsed": D(int(r >= 2))})
    return wanted


def points_cases():
    ratios = [1e-300, 1e-16, 1e-3, .5, 1.0, 1.9999, 2 - 2.0**-52, 2.0, 2.5, 1e9]
    return [Case("ten modes", {"C": matrix(exact.diagonal([1.0] * 10)),
                               "A": matrix(exact.diagonal(ratios))}),
            Case("not commuting", {"C": rotated([1, .6, .4], 47),
                                   "A": rotated([2.5, .5, .1], 48)})]


GROUPS = [
    Group("contrastive", "population", population_cases, {},
          [default(BARS), tight(TIGHT)], flow=Flow(layer, layer_columns),
          floors=FLOORS),
    Group("contrastive", "population, modes", population_modes,
          {STEPPER: modes_stepper, DIGITS: known},
          [Way("exact", {STEPPER: 1e-9, DIGITS: 8 * U})]),
    Group("contrastive", "population, at rest", rest_cases,
          {CLOSED: rest_closed}, [default({CLOSED: 1e-7}), tight({CLOSED: 1e-11})],
          floors={"cov_lambda": 1e-3}),
    Group("contrastive", "stationary modes", points_cases,
          {CLOSED: points_closed}, [Way("exact", {CLOSED: 8 * U})],
          command="fixed-points"),
]
