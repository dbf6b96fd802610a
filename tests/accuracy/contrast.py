"""`contrastive`: one layer (theory.md 6)."""
from decimal import Decimal as D

import exact
import tables
from barlow import drawn, rotated
from exact import root
from flow import Flow, chain, entries, exp, flat, identity, numbers, plus, shaped
from flow import times, total, turn
from group import CLOSED, DIGITS, STEPPER, U, Case, Group, Way, default, known
from group import tight
from program import matrix


def values(W, name="sigma"):
    rows = min(len(W), len(W[0]))
    return {f"{name}_{j}": s for j, s in enumerate(exact.singular(W)[:rows], 1)}


def drive(settings, number):
    """G(V) = V X, for one layer V or a product of many."""
    if "X" in settings:
        X = numbers(settings["X"], number)
        return lambda V: chain(V, X)
    if "C" in settings:
        C, A = (numbers(settings[k], number) for k in ("C", "A"))
        return lambda V: population(V, C, A)
    x, xp = (numbers(settings[k], number) for k in ("x", "xp"))
    dot = settings.get("loss") == "dot"
    temperature = number(settings.get("temperature", .1))
    return lambda V: (by_dots(V, x, xp, temperature) if dot else
                      by_distances(V, x, xp))


def population(V, C, A):
    """[(I+S)^-1 + (I+S)^-2] V C - V A, S = V C V^T of two rows."""
    VC = chain(V, C)
    (a, b), (c, d) = plus(chain(VC, turn(V)), identity(2))
    det = a * d - b * c
    inverse = [[d / det, -(b / det)], [-(c / det), a / det]]
    return plus(chain(plus(inverse, chain(inverse, inverse)), VC),
                chain(V, A), -1)


def softmax(logits):
    e = [exp(x) for x in logits]
    size = total(e)
    return [x / size for x in e]


def by_distances(V, x, xp):
    """V X, X = sum over pairs of alpha (x_i - x_j)(…)^T, minus the pair's own."""
    n, m = len(x), len(x[0])
    X = [[0] * m for _ in range(m)]
    for i in range(n):
        apart = [[(xp[i][k] if j == i else x[j][k]) - x[i][k] for k in range(m)]
                 for j in range(n)]
        seen = [[total(v * u for v, u in zip(row, step)) for row in V]
                for step in apart]
        alpha = softmax([total(z * z for z in r) * -1 / 2 for r in seen])
        for j, u in enumerate(apart):
            weight = alpha[j] if j != i else alpha[i] - 1
            X = [[X[p][q] + weight * (u[p] * u[q]) for q in range(m)]
                 for p in range(m)]
    return chain(V, X)


def by_dots(V, x, xp, temperature):
    """Minus the gradient of the mean of -log softmax_j(z_i.z_j'/T)_i."""
    n = len(x)
    z, zp = chain(x, turn(V)), chain(xp, turn(V))
    G = times(0, V)
    for i in range(n):
        alpha = softmax([total(a * b for a, b in zip(z[i], y)) / temperature
                         for y in zp])
        for j in range(n):
            w = ((1 if i == j else 0) - alpha[j]) / (temperature * n)
            G = [[G[p][q] + w * (z[i][p] * xp[j][q] + zp[j][p] * x[i][q])
                  for q in range(len(V[0]))] for p in range(len(V))]
    return G


def layer(settings, number):
    W = numbers(settings["W0"], number)
    push, eta = drive(settings, number), number(settings.get("eta", 0))
    shape = (len(W), len(W[0]))

    def f(y):
        (V,) = shaped(y, shape)
        return flat(plus(push(V), V, -eta))

    return flat(W), f


def layer_columns(settings, t, y):
    m = len(settings["W0"][0])
    (W,) = shaped(y, (len(y) // m, m))
    return {**values(W), **(entries("W", W) if "output.state" in settings
                            else {})}


def fixed_cases():
    d = exact.diagonal
    return [
        Case("diagonal", {"X": matrix(d([.5, .125, -1])), "output.state": "on",
                          "W0": drawn(3, 3, .3, 21), "eta": .0625},
             [0.0, 1.0, 4.0, 20.0, 200.0]),
        Case("equal eigenvalues", {"X": matrix(d([.5] * 3)), "output.state": "on",
                                   "W0": drawn(2, 3, 1e-150, 22)},
             [0.0, 1.0, 100.0, 690.0]),
        Case("indefinite", {"X": rotated([1, -.3, .2], 23), "output.state": "on",
                            "W0": drawn(3, 3, .3, 24)}, [0.0, 1.0, 5.0]),
    ] + tables.contrastive()


def fixed_closed(case, rows):
    """W(0) exp((X - eta) t), where 80 digits span it."""
    m = case.settings
    if case.name.startswith("table"):
        return None
    x, V = exact.eigen(exact.decimals(m["X"]))
    wanted = []
    for t in case.times:
        grow = exact.diagonal([((a - D(m.get("eta", 0))) * D(t)).exp() for a in x])
        W = chain(exact.decimals(m["W0"]), turn(V), grow, V)
        wanted.append(values(W))
    return wanted


def infonce_cases():
    return [
        Case("two points", {"x": matrix([[1.0], [-.5]]), "xp": matrix([[1.0], [-.5]]),
                            "W0": matrix([[.01]]), "output.state": "on"},
             [0.0, .3, 1.0, 2.0]),
        Case("three pairs", {"x": drawn(3, 2, 1, 31), "xp": drawn(3, 2, 1, 32),
                             "W0": drawn(2, 2, .1, 33), "output.state": "on"},
             [0.0, .5, 1.0, 3.0]),
        Case("dot product", {"x": drawn(3, 2, 1, 34), "xp": drawn(3, 2, 1, 35),
                             "W0": drawn(2, 2, .1, 36), "loss": "dot",
                             "temperature": .5, "output.state": "on"},
             [0.0, 1.0, 3.0, 8.0]),
    ]


def infonce_closed(case, rows):
    """Two points a apart, views equal: u = (wa)²/2 has u' = 4 a² u/(e^u + 1), so
    that ln(u)/2 + Ein'(u)/… : 2 ln u + sum u^k/(k k!) = 4 a² t + const."""
    if case.name != "two points":
        return None
    m = case.settings
    a = abs(D(m["x"][0][0]) - D(m["x"][1][0]))
    w0 = D(m["W0"][0][0])
    u0 = (w0 * a) ** 2 / 2

    def clock(u):
        sum_, power, k = D(0), u, 1
        while True:
            sum_ += power / k
            if power < D(10) ** -78 * sum_:
                return 2 * u.ln() + sum_
            k += 1
            power = power * u / k

    wanted = []
    for t in case.times:
        u = u0 if t == 0 else root(
            lambda z: clock(z.exp()) - clock(u0) - 4 * a * a * D(t),
            lambda z: 1 + z.exp().exp(), u0.ln(), D(6)).exp()
        wanted.append({"W_1_1": w0 * (u / u0).sqrt()})
    return wanted


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
    """W C W^T has the eigenvalues s*(r) of A v = r C v, C = L L^T."""
    (a, b), (_, c) = exact.decimals(case.settings["C"])
    l11 = a.sqrt()
    l21 = b / l11
    l22 = (c - l21 * l21).sqrt()
    back = [[1 / l11, D(0)], [-l21 / (l11 * l22), 1 / l22]]
    r, _ = exact.eigen(chain(back, exact.decimals(case.settings["A"]), turn(back)))
    return [{f"cov_lambda_{j}": stable(x) for j, x in
             enumerate(reversed(r), 1)}]


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
    """In ln w, mode by mode, where it is not too stiff."""
    import numpy as np
    from steppers import solve
    m, row = case.settings, {}
    for j in range(len(m["C"])):
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
    for i in range(len(case.settings["C"])):
        c, a = D(case.settings["C"][i][i]), D(case.settings["A"][i][i])
        r = a / c
        wanted.append({"s": stable(r), "collapsed": D(int(r >= 2)), "c": c, "a": a})
    return wanted


def points_cases():
    ratios = [1e-300, 1e-16, 1e-3, .5, 1.0, 1.9999, 2 - 2.0**-52, 2.0, 2.5, 1e9]
    return [Case("ten modes", {"C": matrix(exact.diagonal([1.0] * 10)),
                               "A": matrix(exact.diagonal(ratios))})]


BARS = {CLOSED: 1e-7, STEPPER: 1e-7, DIGITS: 1e-7}
TIGHT = {CLOSED: 1e-11, STEPPER: 1e-9, DIGITS: 1e-11}
FLOORS = {"W": 1e-2, "sigma": 1e-3}

GROUPS = [
    Group("contrastive", "fixed X", fixed_cases,
          {CLOSED: fixed_closed, DIGITS: known},
          [Way("exact", {CLOSED: 5e-14, STEPPER: 1e-9, DIGITS: 5e-14})],
          flow=Flow(layer, layer_columns)),
    Group("contrastive", "InfoNCE", infonce_cases, {CLOSED: infonce_closed},
          [default(BARS), tight(TIGHT)], flow=Flow(layer, layer_columns),
          floors=FLOORS),
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
