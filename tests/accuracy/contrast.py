"""`contrastive`: one layer (theory.md 6)."""
from decimal import Decimal as D

import exact
import tables
from barlow import drawn, rotated
from exact import root
from flow import Flow, chain, entries, exp, flat, identity, numbers, plus, shaped
from flow import times, total, turn
from group import CLOSED, DIGITS, STEPPER, Case, Group, Way, default, known
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
    share = number(len(x) if settings.get("reduction") == "mean" else 1)
    return lambda V: (by_dots(V, x, xp, temperature) if dot else
                      times(1 / share, by_distances(V, x, xp)))


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
    return chain(V, weighed(V, x, xp)[0])


def weighed(V, x, xp):
    """X, the sum over pairs of alpha (x_i - x_j)(…)^T, minus the pair's own; and
    each pair's own share."""
    n, m = len(x), len(x[0])
    X, own = [[0] * m for _ in range(m)], []
    for i in range(n):
        apart = [[(xp[i][k] if j == i else x[j][k]) - x[i][k] for k in range(m)]
                 for j in range(n)]
        seen = [[total(v * u for v, u in zip(row, step)) for row in V]
                for step in apart]
        alpha = softmax([total(z * z for z in r) * -1 / 2 for r in seen])
        own.append(alpha[i])
        for j, u in enumerate(apart):
            weight = alpha[j] if j != i else alpha[i] - 1
            X = [[X[p][q] + weight * (u[p] * u[q]) for q in range(m)]
                 for p in range(m)]
    return X, own


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
    return {**values(W), **observed(settings, W),
            **(entries("W", W) if "output.state" in settings else {})}


def observed(settings, W):
    """loss and x_min, and cov_lambda and regime, docs/contrastive.md."""
    if "X" in settings:
        return {"x_min": exact.eigen(exact.decimals(settings["X"]))[0][-1]}
    if "C" in settings:
        return of_population(W, *(exact.decimals(settings[k]) for k in "CA"))
    x, xp = (exact.decimals(settings[k]) for k in ("x", "xp"))
    if settings.get("loss") == "dot":
        T = D(settings["temperature"])
        z, zp = chain(x, turn(W)), chain(xp, turn(W))
        own = [softmax([exact.dot(a, b) / T for b in zp])[i]
               for i, a in enumerate(z)]
        loss = -sum(p.ln() for p in own) / len(own)
        return {"loss": loss, **spread(W, x)[0]}
    X, own = weighed(W, x, xp)
    if settings.get("reduction") == "mean":
        X, own = times(1 / D(len(own)), X), [p ** (1 / D(len(own))) for p in own]
    return {"loss": -sum(p.ln() for p in own), "x_min": exact.eigen(X)[0][-1],
            **spread(W, x)[0], "regime": spread(W, x)[1]}


def spread(W, x):
    """Eigenvalues of S = W Cov(x) W^T, and √det(I + 2S) over the number of pairs."""
    n = D(len(x))
    mean = [sum(column) / n for column in turn(x)]
    centred = [[a - b for a, b in zip(row, mean)] for row in x]
    S = times(1 / n, chain(W, turn(centred), centred, turn(W)))
    values = exact.eigen(S)[0]
    size = D(1)
    for s in values:
        size *= 1 + 2 * s
    return ({f"cov_lambda_{j}": s for j, s in enumerate(values, 1)},
            size.sqrt() / n)


def of_population(W, C, A):
    """½tr(WAW^T) - ½ log det(I+S) - ½tr(S(I+S)^-1); P + PC^-1P - A with P = C -
    CW^T(I+S)^-1WC, so that C^-1P = I - W^T(I+S)^-1WC."""
    S = chain(W, C, turn(W))
    (a, b), (c, d) = plus(S, identity(2))
    det = a * d - b * c
    inverse = [[d / det, -b / det], [-c / det, a / det]]
    back = plus(identity(len(C)), chain(turn(W), inverse, W, C), -1)
    P = chain(C, back)
    X = plus(plus(P, chain(P, back)), A, -1)
    trace = lambda M: sum(M[i][i] for i in range(len(M)))
    return {"loss": (trace(chain(W, A, turn(W))) - det.ln()
                     - trace(chain(S, inverse))) / 2,
            "x_min": exact.eigen(plus(times(D(".5"), X), turn(X), D(".5")))[0][-1],
            **{f"cov_lambda_{j}": x for j, x in enumerate(exact.eigen(S)[0], 1)}}


def fixed_cases():
    d = exact.diagonal
    pairs = {"x": drawn(3, 2, 1, 31), "xp": drawn(3, 2, 1, 32)}
    return [
        Case("diagonal", {"X": matrix(d([.5, .125, -1])), "output.state": "on",
                          "W0": drawn(3, 3, .3, 21), "eta": .0625},
             [0.0, 1.0, 4.0, 20.0, 200.0]),
        Case("equal eigenvalues", {"X": matrix(d([.5] * 3)), "output.state": "on",
                                   "W0": drawn(2, 3, 1e-150, 22)},
             [0.0, 1.0, 100.0, 690.0]),
        Case("indefinite", {"X": rotated([1, -.3, .2], 23), "output.state": "on",
                            "W0": drawn(3, 3, .3, 24)}, [0.0, 1.0, 5.0]),
        Case("pairs alone", {**pairs, "W0": drawn(2, 2, .3, 25), "output.state": "on",
                             "negatives": "off"}, [0.0, .5, 2.0], skip=(STEPPER,)),
    ] + tables.contrastive()


def fixed_closed(case, rows):
    """W(0) exp((X - eta) t), where 80 digits span it; X = -sum (x'-x)(x'-x)^T
    without negatives."""
    m = case.settings
    if "negatives" in m:
        apart = plus(exact.decimals(m["xp"]), exact.decimals(m["x"]), -1)
        m = {**m, "X": times(-1, chain(turn(apart), apart))}
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
        Case("of the mean", {"x": drawn(4, 2, 1, 37), "xp": drawn(4, 2, 1, 38),
                             "W0": drawn(2, 2, .2, 39), "reduction": "mean",
                             "output.state": "on"}, [0.0, 1.0, 4.0]),
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


BARS = {CLOSED: 1e-7, STEPPER: 1e-7, DIGITS: 1e-7}
TIGHT = {CLOSED: 1e-11, STEPPER: 1e-9, DIGITS: 1e-11}
FLOORS = {"W": 1e-2, "sigma": 1e-3, "loss": 1.0, "x_min": 1.0, "cov_lambda": 1e-3}

GROUPS = [
    Group("contrastive", "fixed X", fixed_cases,
          {CLOSED: fixed_closed, DIGITS: known},
          [Way("exact", {CLOSED: 5e-14, STEPPER: 1e-9, DIGITS: 5e-14})],
          flow=Flow(layer, layer_columns)),
    Group("contrastive", "InfoNCE", infonce_cases, {CLOSED: infonce_closed},
          [default(BARS), tight(TIGHT)], flow=Flow(layer, layer_columns),
          floors=FLOORS),
]
