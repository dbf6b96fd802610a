"""`byol` and `byol-symmetric`: full matrices (theory.md 2 and 3)."""
from decimal import Decimal as D

import exact
import tables
from flow import Flow, chain, entries, flat, identity, numbers, plus, shaped
from flow import times, turn
from group import CLOSED, DIGITS, STEPPER, Case, Group, Way, default
from group import law, tight
from clock import p_at
from program import matrix


def read(settings, key, number):
    return numbers(settings[key], number)


def rates(settings, number):
    eta = settings.get("eta", .04)
    return [number(settings.get("alpha_p", 1)), number(settings.get("beta", .4)),
            number(settings.get("eta_p", eta)), number(settings.get("eta_s", eta))]


def byol(settings, number):
    """State W, W_p, W_a; what a variant does not have stays as it is."""
    variant = settings.get("variant", "byol")
    X, Xp = (read(settings, k, number) for k in ("X", "Xp"))
    W = read(settings, "W0", number)
    n, m = len(W), len(X)
    if variant == "no-predictor":
        Wp = numbers(identity(n), number)
    else:
        Wp = read(settings, "Wp0", number)
    Wa = numbers(settings.get("Wa0", times(0, W)), number)
    alpha, beta, eta_p, eta_s = rates(settings, number)
    S = plus(X, Xp)

    def f(y):
        V, P, A = shaped(y, (n, m), (n, n), (n, m))
        target = A if variant == "byol" else V
        push = plus(chain(target, X), chain(P, V, S), -1)
        dP = plus(times(alpha, chain(push, turn(V))), P, -eta_p)
        dV = plus(chain(turn(P), push), V, -eta_s)
        if variant == "no-stop-gradient":
            off = plus(P, identity(n), -1)
            square = chain(turn(off), off)
            grow = plus(chain(turn(P), P), identity(n))
            dV = plus(times(-1, plus(chain(grow, V, Xp), chain(square, V, X))),
                      V, -eta_s)
        if variant == "no-predictor":
            dP = times(0, P)
        dA = times(beta, plus(V, A, -1)) if variant == "byol" else times(0, A)
        return flat(dV, dP, dA)

    return flat(W, Wp, Wa), f


def byol_columns(settings, t, y):
    n, m = len(settings["W0"]), len(settings["X"])
    W, P, A = shaped(y, (n, m), (n, n), (n, m))
    row = {**entries("W", W), "W_norm": exact.norm(W)}
    if settings.get("variant") != "no-predictor":
        row.update(entries("Wp", P), Wp_norm=exact.norm(P))
    if settings.get("variant", "byol") == "byol":
        row.update(entries("Wa", A), Wa_norm=exact.norm(A))
    F = chain(W, exact.decimals(settings["X"]), turn(W))
    row["commutator"] = exact.norm(plus(chain(F, P), chain(P, F), -1))
    row.update((f"s_{j}", s * s) for j, s in
               enumerate(exact.singular(W)[:n], 1))
    return row


THEORY = {  # of theory.md, its check
    "X": matrix([[1, .3, 0], [.3, .8, .1], [0, .1, .5]]),
    "Xp": matrix([[.2, 0, .05], [0, .1, 0], [.05, 0, .4]]),
    "W0": matrix([[.3, -.2, .1], [.1, .4, -.3]]),
    "Wp0": matrix([[.5, .2], [-.1, .3]]), "alpha_p": 2.0, "output.state": "on"}


def byol_cases():
    ts = [0.0, 1.0, 5.0, 20.0]
    return [
        Case("theory's own", {**THEORY, "Wa0": matrix([[0] * 3] * 2)}, ts),
        Case("simsiam", {**THEORY, "variant": "simsiam"}, ts),
        Case("no stop-gradient", {**THEORY, "variant": "no-stop-gradient"},
             [0.0, 1.0, 5.0, 12.0]),
        Case("no stop-gradient, axes", {
            "variant": "no-stop-gradient", "eta": 0.0, "alpha_p": 1.5,
            "X": matrix([[1, 0], [0, .5]]), "Xp": matrix([[.25, 0], [0, .125]]),
            "W0": matrix([[.75, 0], [0, .5]]), "output.state": "on",
            "Wp0": matrix([[.25, 0], [0, 1.5]])}, [0.0, .5, 1.0, 4.0]),
        Case("aligned", {"variant": "simsiam", "eta": .04, "alpha_p": 1.0,
                         "X": matrix(exact.diagonal([1, 1])),
                         "Xp": matrix(exact.diagonal([.125, .125])),
                         "W0": matrix([[.25, 0], [0, 2.0**-5]]),
                         "Wp0": matrix([[.25, 0], [0, 2.0**-5]]),
                         "output.state": "on"}, [0.0, 1.0, 10.0, 80.0]),
    ] + tables.byol("byol")


@law
def byol_closed(case, rows):
    """Aligned: the modes' clock. SimSiam and BYOL: W W^T - W_p^T W_p/alpha falls
    as e^(-2 eta t). Without stop-gradient along axes: alpha w²/2 - G(p) stays."""
    m = case.settings
    if case.name == "aligned":
        return [aligned_row(m, D(t)) for t in case.times]
    if case.name == "no stop-gradient, axes":
        return [axes_row(m, row) for row in rows]
    if m.get("variant", "byol") not in ("byol", "simsiam"):
        return None
    alpha, _, eta_p, eta_s = rates(m, D)
    if eta_p != eta_s:
        return None
    start = difference(exact.decimals(m["W0"]), exact.decimals(m["Wp0"]), alpha)
    wanted = []
    for t, row in zip(case.times, rows):
        n = len(m["W0"])
        W = [[D(row[f"W_{i}_{j}"]) for j in range(1, len(m["X"]) + 1)]
             for i in range(1, n + 1)]
        P = [[D(row[f"Wp_{i}_{j}"]) for j in range(1, n + 1)]
             for i in range(1, n + 1)]
        rest = plus(difference(W, P, alpha), start, -(-2 * eta_s * D(t)).exp())
        size = exact.norm(W) ** 2 + exact.norm(P) ** 2 / alpha
        # As an error of |W|: |W|² with and without what should be 0.
        row["law"] = float(exact.norm(rest))
        wanted.append({"law": (D(0), size)})
    return wanted


def difference(W, P, alpha):
    return plus(chain(W, turn(W)), chain(turn(P), P), -1 / alpha)


def aligned_row(m, t):
    row = {}
    for j in range(2):
        p = p_at(t, D(m["Wp0"][j][j]), 1 + D(m["Xp"][j][j]), D(m["eta"]), D(1))
        row[f"W_{j + 1}_{j + 1}"] = row[f"Wp_{j + 1}_{j + 1}"] = p
    return row


def axes_row(m, got):
    row, alpha = {}, D(m["alpha_p"])
    for j in range(2):
        x, y = D(m["X"][j][j]), D(m["X"][j][j]) + D(m["Xp"][j][j])
        G = lambda p: (p * p / 2 - x / y * p
                       + (1 - (x / y) ** 2) * abs(y * p - x).ln())
        w0, p0 = D(m["W0"][j][j]), D(m["Wp0"][j][j])
        p = D(got[f"Wp_{j + 1}_{j + 1}"])
        square = w0 ** 2 + 2 / alpha * (G(p) - G(p0))
        row[f"W_{j + 1}_{j + 1}"] = square.sqrt(), w0
    return row


def gone_cases():
    ts = [0.0, 1.0, 5.0, 50.0]
    base = {**THEORY, "variant": "no-predictor"}
    return [Case("theory's own", base, ts),
            Case("long", {**base, "eta": 0.0}, [0.0, 1e3, 1e4]),
            Case("equal eigenvalues", {**base, "Xp": matrix(
                exact.diagonal([.25] * 3))}, ts)]


def gone_closed(case, rows):
    """W(t) = W(0) exp(-(X' + eta I) t)."""
    m = case.settings
    values, V = exact.eigen(exact.decimals(m["Xp"]))
    _, _, _, eta = rates(m, D)
    wanted = []
    for t in case.times:
        fall = exact.diagonal([(-(x + eta) * D(t)).exp() for x in values])
        W = chain(exact.decimals(m["W0"]), turn(V), fall, V)
        size = exact.norm(W)
        wanted.append({k: (x, size) for k, x in entries("W", W).items()})
        wanted[-1]["W_norm"] = size
    return wanted


def symmetric(settings, number):
    P, F = read(settings, "Wp0", number), read(settings, "F0", number)
    n = len(P)
    b, tau = number(1 + settings["sigma2"]), number(settings["tau"])
    alpha, _, eta, _ = rates(settings, number)

    def f(y):
        Q, G = shaped(y, (n, n), (n, n))
        both = plus(chain(Q, G), chain(G, Q))
        QQ = chain(Q, Q)
        dQ = plus(plus(times(-alpha * b / 2, both), G, alpha * tau), Q, -eta)
        dG = plus(plus(times(-b, plus(chain(QQ, G), chain(G, QQ))), both, tau),
                  G, -2 * eta)
        return flat(dQ, dG)

    return flat(P, F), f


def symmetric_columns(settings, t, y):
    n = len(settings["Wp0"])
    P, F = shaped(y, (n, n), (n, n))
    row = {**entries("Wp", P), **entries("F", F), "commutator": exact.norm(
        plus(chain(F, P), chain(P, F), -1))}
    row.update((f"s_{j}", x) for j, x in enumerate(exact.eigen(F)[0], 1))
    b, tau = D(1 + settings["sigma2"]), D(settings["tau"])
    alpha, _, eta, _ = rates(settings, D)
    K = plus(times(b * alpha / 2, F), times(b, chain(P, P)))
    K = plus(plus(K, P, -tau), identity(n), 3 * eta / 2)
    row["K_min"] = exact.eigen(K)[0][-1]
    return row


def symmetric_cases():
    base = {"tau": 1.0, "sigma2": .09, "eta": .04, "alpha_p": 1.0,
            "output.state": "on"}
    return [
        Case("theory's own", {**base, "Wp0": matrix([[.3, .1], [.1, .2]]),
                              "F0": matrix([[.2, -.05], [-.05, .1]])},
             [0.0, 1.0, 5.0, 20.0]),
        Case("three dimensions", {**base, "alpha_p": 2.0, "eta": .02, "Wp0": matrix(
            [[.5, .1, 0], [.1, .3, -.2], [0, -.2, .2]]), "F0": matrix(
                [[.4, .1, .1], [.1, .3, 0], [.1, 0, .2]])},
             [0.0, 1.0, 5.0, 20.0]),
        Case("commuting", {**base, "sigma2": .125,
                           "Wp0": matrix([[.5, 0], [0, .25]]),
                           "F0": matrix([[.25, 0], [0, .0625]])},
             [0.0, 1.0, 10.0, 80.0, 400.0]),
    ] + tables.byol("byol-symmetric")


@law
def symmetric_closed(case, rows):
    """Commuting: the modes' clock. Else tr(F - W_p²/alpha) falls as e^(-2 eta t),
    of the matrices that the program gives."""
    m = case.settings
    if case.name != "commuting":
        return [traced(m, D(t), row) for t, row in zip(case.times, rows)]
    return [{f"{k}_{j}": p ** (1 if k == "p" else 2)
             for j, p in enumerate((p_at(D(t), D(m["Wp0"][i][i]), D(1.125),
                                         D(m["eta"]), D(1)) for i in range(2)), 1)
             for k in "ps"} for t in case.times]


def traced(m, t, row):
    n, alpha = len(m["Wp0"]), D(m["alpha_p"])
    P, F = ([[D(row[f"{name}_{i}_{j}"]) for j in range(1, n + 1)]
             for i in range(1, n + 1)] for name in ("Wp", "F"))
    left = balance_of(F, P, alpha)
    rest = left - balance_of(exact.decimals(m["F0"]), exact.decimals(m["Wp0"]),
                             alpha) * (-2 * D(m["eta"]) * t).exp()
    row["law"] = float(rest)
    return {"law": (D(0), exact.norm(F) + exact.norm(P) ** 2 / alpha)}


def balance_of(F, P, alpha):
    square = chain(P, P)
    return sum(F[i][i] - square[i][i] / alpha for i in range(len(F)))


BARS = {CLOSED: 1e-7, STEPPER: 1e-7, DIGITS: 1e-7}
TIGHT = {CLOSED: 1e-11, STEPPER: 1e-9, DIGITS: 1e-11}
FLOORS = {"W": 1e-2, "s": 1e-3, "p": 1e-2, "commutator": 1e-2, "K_min": .1,
          "Wp": 1e-2, "Wa": 1e-2, "tau": .1, "tau_residual": 1.0,
          "asymmetry": 1.0, "commutator_normalised": 1.0}

GROUPS = [
    Group("byol", "matrices", byol_cases, {CLOSED: byol_closed},
          [default(BARS), tight(TIGHT)], flow=Flow(byol, byol_columns),
          floors=FLOORS),
    Group("byol", "no predictor", gone_cases, {CLOSED: gone_closed},
          [Way("exact", {CLOSED: 1e-13, STEPPER: 1e-10, DIGITS: 1e-12})],
          flow=Flow(byol, byol_columns), floors=FLOORS),
    Group("byol-symmetric", "matrices", symmetric_cases,
          {CLOSED: symmetric_closed}, [default(BARS), tight(TIGHT)],
          flow=Flow(symmetric, symmetric_columns), floors=FLOORS),
]
