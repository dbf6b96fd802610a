"""`contrastive-deep` (theory.md 6)."""
from decimal import Decimal as D

import exact
import tables
from barlow import drawn, rotated
from contrast import BARS, FLOORS, TIGHT, drive, softmax, values
from flow import Flow, chain, entries, flat, identity, numbers, plus, shaped
from flow import times, total, turn
from group import CLOSED, DIGITS, STEPPER, Case, Group, Way, default, known
from group import law, tight
from program import matrix


def layers_of(settings):
    if "sigma0" in settings:
        return [exact.diagonal(row) for row in settings["sigma0"]]
    return [exact.decimals(settings[f"W{i}"]) for i in range(1, 17)
            if f"W{i}" in settings]


def deep(settings, number):
    """G = -dL/dV of V = W_L … W_1, beside a residual I + …, of which the loss sees
    d0 rows: W_l' = (W_L … W_l+1)^T G (W_l-1 … W_1)^T - eta W_l."""
    if settings.get("activation") == "relu":
        return rectified(settings, number)
    W = [numbers(M, number) for M in layers_of(settings)]
    shapes = [(len(M), len(M[0])) for M in W]
    if "lambda" in settings:
        lam = settings["lambda"]
        X = numbers(exact.diagonal(lam if isinstance(lam, list) else [lam]), number)
        push = lambda V: chain(V, X)
    else:
        push = drive(settings, number)
    eta = number(settings.get("eta", 0))
    head = settings.get("d0", shapes[-1][0])
    residual = settings.get("residual") == "on"

    def f(y):
        layers = shaped(y, *shapes)
        below = [None]
        for M in layers:
            below.append(M if below[-1] is None else chain(M, below[-1]))
        V = below[-1]
        if residual:
            V = plus(V, identity(len(V)))
        G = push(V[:head]) + times(0, V[head:])
        out, above = [None] * len(layers), None
        for l in reversed(range(len(layers))):
            d = G if above is None else chain(turn(above), G)
            d = d if below[l] is None else chain(d, turn(below[l]))
            out[l] = plus(d, layers[l], -eta)
            above = layers[l] if above is None else chain(above, layers[l])
        return flat(*out)

    return flat(*W), f


def rectified(settings, number):
    """Rectifiers between layers, by back-propagation of every datum. The flow is
    smooth as long as no unit changes sides, which is made sure of."""
    W = [numbers(M, number) for M in layers_of(settings)]
    shapes = [(len(M), len(M[0])) for M in W]
    data = numbers(settings["x"] + settings["xp"], number)
    sides = []

    def f(y):
        layers = shaped(y, *shapes)
        runs = [forward(layers, x) for x in data]
        now = [on for run in runs for _, on in run[:-1]]
        sides.append(now)
        assert now == sides[0], "a unit changed sides"
        forces = pushes([run[-1][0] for run in runs])
        out = [times(0, M) for M in layers]
        for x, run, g in zip(data, runs, forces):
            for l in reversed(range(len(layers))):
                before = run[l - 1][0] if l else x
                out[l] = [[w + a * b for w, b in zip(row, before)]
                          for row, a in zip(out[l], g)]
                if l:
                    g = [total(a * row[k] for a, row in zip(g, layers[l])) if on
                         else 0 for k, on in enumerate(run[l - 1][1])]
        return flat(*out)

    return flat(*W), f


def forward(layers, x):
    """What each layer gives, rectified but for the last, and which units are on."""
    out = []
    for l, M in enumerate(layers):
        x = [total(a * b for a, b in zip(row, x)) for row in M]
        on = [first(a) > 0 for a in x]
        if l + 1 < len(layers):
            x = [a if side else 0 * a for a, side in zip(x, on)]
        out.append((x, on))
    return out


def first(x):
    return x.upto(0)[0] if hasattr(x, "upto") else x


def pushes(z):
    """Minus the slope of the loss along each of the n first views, then the n
    second ones: pairs push by the softmax of their distances."""
    n = len(z) // 2
    out = [[0] * len(z[0]) for _ in z]
    for i in range(n):
        others = [n + i if j == i else j for j in range(n)]
        apart = [[b - a for a, b in zip(z[i], z[j])] for j in others]
        alpha = softmax([total(u * u for u in step) * -1 / 2 for step in apart])
        for k, (j, u) in enumerate(zip(others, apart)):
            w = alpha[k] - 1 if k == i else alpha[k]
            out[j] = [a + w * b for a, b in zip(out[j], u)]
            out[i] = [a - w * b for a, b in zip(out[i], u)]
    return out


def deep_columns(settings, t, y):
    W = layers_of(settings)
    row = {}
    for l, M in enumerate(shaped(y, *[(len(M), len(M[0])) for M in W]), 1):
        row.update(values(M, f"sigma_{l}"))
        if "output.state" in settings:
            row.update(entries(f"W{l}", M))
    return row


def deep_cases():
    pairs = {"x": drawn(3, 2, 1, 51), "xp": drawn(3, 2, 1, 52)}
    two = {"W1": drawn(2, 2, .3, 60), "W2": drawn(2, 2, .3, 61)}
    cases = [
        Case("fixed", {"X": rotated([1, .5, -.3], 53), "W1": drawn(2, 3, .3, 54),
                       "W2": drawn(2, 2, .3, 55), "eta": .01},
             [0.0, .5, 1.0, 1.6]),
        Case("three layers", {"X": rotated([1, .5], 56), "W1": drawn(2, 2, .4, 57),
                              "W2": drawn(2, 2, .4, 58), "W3": drawn(2, 2, .4, 59)},
             [0.0, .2, .45]),
        Case("InfoNCE", {**pairs, **two}, [0.0, .5, 1.0, 2.0]),
        Case("population", {"C": rotated([1, .4], 62), "A": rotated([.5, .1], 63),
                            "W1": drawn(2, 2, .3, 64), "W2": drawn(2, 2, .3, 65)},
             [0.0, 1.0, 5.0, 20.0]),
        Case("dot product", {**pairs, **two, "loss": "dot", "temperature": .5},
             [0.0, 1.0, 3.0]),
        Case("first row alone", {**pairs, **two, "d0": 1}, [0.0, .5, 1.0, 2.0]),
        Case("residual, fixed", {"X": rotated([.8, -.6], 66), "residual": "on",
                                 "W1": drawn(3, 2, .3, 67),
                                 "W2": drawn(2, 3, .3, 68), "eta": .05},
             [0.0, .3, .6, 1.0]),
        Case("residual, InfoNCE, first row", {
            **pairs, **two, "residual": "on", "d0": 1, "eta": .01},
             [0.0, .3, 1.0, 2.0]),
        Case("residual, population", {
            "C": rotated([1, .4], 62), "A": rotated([.5, .1], 63), **two,
            "residual": "on"}, [0.0, 1.0, 5.0]),
        Case("rectifiers", {**pairs, "activation": "relu",
                            "W1": drawn(4, 2, .4, 69), "W2": drawn(2, 4, .4, 70)},
             [0.0, .1, .25]),
        Case("rectifiers, three layers", {
            **pairs, "activation": "relu", "W1": drawn(3, 2, .6, 71),
            "W2": drawn(3, 3, .6, 72), "W3": drawn(2, 3, .6, 73)}, [0.0, .05, .15]),
    ]
    for case in cases:
        case.settings["output.state"] = "on"
    return cases


@law
def deep_closed(case, rows):
    """What stays: M = W_l W_l^T - W_l+1^T W_l+1 but for decay, of the layers that
    the program gives; with rectifiers its diagonal."""
    m, wanted = case.settings, []
    start = layers_of(m)
    for t, row in zip(case.times, rows):
        layers = [[[D(row[f"W{l}_{i}_{j}"]) for j in range(1, len(M[0]) + 1)]
                   for i in range(1, len(M) + 1)] for l, M in enumerate(start, 1)]
        fall = (-2 * D(m.get("eta", 0)) * D(t)).exp()
        want = {}
        for l in range(len(start) - 1):
            now, then = between(layers, l), between(start, l)
            size = exact.norm(layers[l]) ** 2 + exact.norm(layers[l + 1]) ** 2
            for i, j in pairs_of(len(now), "activation" in m):
                name = f"M{l + 1}_{i + 1}_{j + 1}"
                row[name] = float(now[i][j] - fall * then[i][j])
                want[name] = D(0), size
        wanted.append(want)
    return wanted


def between(layers, l):
    return plus(chain(layers[l], turn(layers[l])),
                chain(turn(layers[l + 1]), layers[l + 1]), -1)


def pairs_of(n, diagonal):
    return [(i, j) for i in range(n) for j in range(n) if i == j or not diagonal]


def blow_cases():
    end = 17.16581701043921
    return [Case("theory's two layers", {"sigma0": matrix([[.3], [.1]]),
                                         "lambda": .8}, [0.0, 5.0, 17.0]),
            Case("balanced", {"sigma0": matrix([[.1], [.1]]), "lambda": .8},
                 [0.0, 10.0, 62.0, 62.499]),
            Case("three layers", {"sigma0": matrix([[.5]] * 3), "lambda": .8},
                 [0.0, 1.0, 4.9]),
            Case("falling", {"sigma0": matrix([[.3], [.1]]), "lambda": -2.5},
                 [0.0, 1.0, 100.0]),
            Case("1e-12 before the end", {"sigma0": matrix([[.3], [.1]]),
                                          "lambda": .8}, [end * (1 - 1e-12)],
                 skip=(STEPPER,)),
            ] + tables.deep()


def blow_closed(case, rows):
    """Two layers and balanced ones, without decay, as printed."""
    m = case.settings
    s0 = [D(row[0]) for row in m["sigma0"]]
    lam, wanted = D(m["lambda"]), []
    if m.get("eta", 0) or min(s0) < D("1e-20") * max(s0) or lam == 0:
        return None
    same, L = len(set(s0)) == 1, len(s0)
    if not same and L != 2 or L == 1:
        return None
    for t in case.times:
        if same:
            k = 2 * L - 2
            left = 1 - k * lam * s0[0] ** k * D(t)
            row = {f"sigma_{l}_1": s0[0] * left ** (D(-1) / k)
                   for l in range(1, L + 1)}
            end = 1 / (k * lam * s0[0] ** k)
        else:
            gap = s0[0] ** 2 - s0[1] ** 2
            kappa = (s0[1] / s0[0]) ** 2
            first = gap / (1 - kappa * (2 * lam * gap * D(t)).exp())
            row = {"sigma_1_1": first.sqrt(), "sigma_2_1": (first - gap).sqrt()}
            end = (1 / kappa).ln() / (2 * lam * gap)
        row["t_blowup"] = end if lam > 0 else float("inf")
        wanted.append(row)
    return wanted


GROUPS = [
    Group("contrastive-deep", "matrices", deep_cases, {CLOSED: deep_closed},
          [default(BARS), tight(TIGHT)], flow=Flow(deep, deep_columns),
          floors=FLOORS),
    Group("contrastive-deep", "aligned", blow_cases,
          {CLOSED: blow_closed, DIGITS: known},
          [Way("exact", {CLOSED: 1e-13, STEPPER: 1e-6, DIGITS: 1e-13})],
          flow=Flow(deep, deep_columns)),
]
