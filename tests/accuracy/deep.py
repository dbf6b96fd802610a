"""`contrastive-deep` (theory.md 6)."""
from decimal import Decimal as D

import exact
import tables
from barlow import drawn, rotated
from contrast import BARS, FLOORS, TIGHT, drive, values
from flow import Flow, chain, flat, numbers, plus, shaped, turn
from group import CLOSED, DIGITS, STEPPER, Case, Group, Way, default, known
from group import law, tight
from program import matrix


def layers_of(settings):
    if "sigma0" in settings:
        return [exact.diagonal(row) for row in settings["sigma0"]]
    return [exact.decimals(settings[f"W{i}"]) for i in range(1, 17)
            if f"W{i}" in settings]


def deep(settings, number):
    W = [numbers(M, number) for M in layers_of(settings)]
    shapes = [(len(M), len(M[0])) for M in W]
    if "lambda" in settings:
        lam = settings["lambda"]
        X = numbers(exact.diagonal(lam if isinstance(lam, list) else [lam]), number)
        push = lambda V: chain(V, X)
    else:
        push = drive(settings, number)
    eta = number(settings.get("eta", 0))

    def f(y):
        layers = shaped(y, *shapes)
        below = [None]
        for M in layers:
            below.append(M if below[-1] is None else chain(M, below[-1]))
        G = push(below[-1])
        out, above = [None] * len(layers), None
        for l in reversed(range(len(layers))):
            d = G if above is None else chain(turn(above), G)
            d = d if below[l] is None else chain(d, turn(below[l]))
            out[l] = plus(d, layers[l], -eta)
            above = layers[l] if above is None else chain(above, layers[l])
        return flat(*out)

    return flat(*W), f


def deep_columns(settings, t, y):
    W = layers_of(settings)
    row = {}
    for l, M in enumerate(shaped(y, *[(len(M), len(M[0])) for M in W]), 1):
        row.update(values(M, f"sigma_{l}"))
    return row


def deep_cases():
    pairs = {"x": drawn(3, 2, 1, 51), "xp": drawn(3, 2, 1, 52)}
    return [
        Case("fixed", {"X": rotated([1, .5, -.3], 53), "W1": drawn(2, 3, .3, 54),
                       "W2": drawn(2, 2, .3, 55), "eta": .01},
             [0.0, .5, 1.0, 1.6]),
        Case("three layers", {"X": rotated([1, .5], 56), "W1": drawn(2, 2, .4, 57),
                              "W2": drawn(2, 2, .4, 58), "W3": drawn(2, 2, .4, 59)},
             [0.0, .2, .45]),
        Case("InfoNCE", {**pairs, "W1": drawn(2, 2, .3, 60),
                         "W2": drawn(2, 2, .3, 61)}, [0.0, .5, 1.0, 2.0]),
        Case("population", {"C": rotated([1, .4], 62), "A": rotated([.5, .1], 63),
                            "W1": drawn(2, 2, .3, 64), "W2": drawn(2, 2, .3, 65)},
             [0.0, 1.0, 5.0, 20.0]),
    ]


@law
def deep_closed(case, rows):
    """What stays: W1 W1^T - W2^T W2 but for decay, which the program says of its
    own state: 0 beside the layers' squares."""
    return [{"conserved_residual": (D(0), max(D(r["sigma_1_1"]) ** 2, D(1)))}
            for r in rows]


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
