"""`byol-eigenmode`: flows of decoupled modes (theory.md 4)."""
import math
from decimal import Decimal as D

import tables
from clock import p_at
from flow import Flow, sqrt
from group import CLOSED, DIGITS, STEPPER, U, Group, Way, Case, default, known
from group import law, tight


def eigenmode_closed(case, rows):
    """At constant tau, on c = 0 or at eta = 0."""
    got, wanted = case.settings, []
    if not case.name.startswith("closed"):
        return None
    for t in case.times:
        row = {}
        for j, (p0, s0) in enumerate(zip(got["p0"], got["s0"]), 1):
            alpha, eta = D(got["alpha_p"]), D(got["eta"])
            p, s = D(p0), D(s0)
            c = s - p * p / alpha if eta == 0 else D(0)
            b, tau = D(got["lambda_s"]), D(got["tau0"])
            p = p_at(D(t), p, b, eta, tau, c, alpha)
            row[f"p_{j}"] = p
            if eta == 0 or s == D(p0) ** 2 / alpha:
                row[f"s_{j}"] = p * p / alpha + c
        wanted.append(row)
    return wanted


def constant_cases():
    base = {"ema": "off", "tau0": 1.0, "alpha_p": 1.0, "lambda_s": 1.09375}
    times = [0.0, 1.0, 5.0, 10.0, 80.0, 1e4]
    powers = [2.0**-9, 2.0**-4, 0.25, 0.5, 1.5]  # their squares are doubles
    on = {"p0": powers, "s0": [p * p for p in powers]}
    gap0 = {"tau0": 1.0, "lambda_s": 1.0, "eta": 0.25}  # a double root at 1/2
    return [
        Case("closed, c = 0", {**base, **on, "eta": 0.04}, times),
        Case("closed, c = 0, above the threshold",
             {**base, **on, "eta": 0.3}, [0.0, 1.0, 10.0, 80.0, 500.0]),
        Case("closed, c = 0, at the threshold",
             {**base, "p0": [0.25, 0.75], "s0": [0.0625, 0.5625], **gap0},
             [0.0, 1.0, 10.0, 1e3, 1e8]),
        Case("closed, eta = 0, c > 0",
             {**base, "eta": 0.0, "p0": [.2, -.3, 1.4], "s0": [.1, .2, 3.0]},
             [0.0, 1.0, 5.0, 30.0]),
        Case("closed, eta = 0, c < 0",
             {**base, "eta": 0.0, "p0": [.5, .3, 1.2], "s0": [.1, .05, 1.0]},
             [0.0, 1.0, 5.0, 30.0]),
    ] + tables.eigenmodes()


def modes(settings):
    """A dictionary of each mode's own settings."""
    n = max(len(v) for v in settings.values() if isinstance(v, list))
    return [{k: v[j] if isinstance(v, list) else v for k, v in settings.items()}
            for j in range(n)]


def eigenmode(settings, number):
    """State p, w, a of each mode: s = w^2, tau = a/w."""
    each, y0 = [], []
    for m in modes(settings):
        w = sqrt(number(m["s0"]))
        tau0 = number(m.get("tau0", 0))
        eta = m.get("eta", .04)
        each.append((number(m.get("alpha_p", 1)), number(m.get("eta_p", eta)),
                     number(m.get("eta_s", eta)), number(m.get("beta", .4)),
                     number(m.get("lambda_s", 1.09)),
                     number(m.get("lambda_d", 1)), tau0,
                     m.get("ema", "on") == "on"))
        y0 += [number(m["p0"]), w, tau0 * w]

    def f(y):
        out = []
        for j, (alpha, eta_p, eta_s, beta, ls, ld, tau0, ema) in enumerate(each):
            p, w, a = y[3 * j:3 * j + 3]
            if not ema:
                a = tau0 * w
            q = ld * a - ls * (p * w)
            out += [alpha * (w * q) - eta_p * p, p * q - eta_s * w,
                    beta * (w - a) if ema else 0 * w]
        return out

    return y0, f


def eigenmode_columns(settings, t, y):
    row = {}
    for j, m in enumerate(modes(settings)):
        p, w, a = y[3 * j:3 * j + 3]
        row[f"p_{j + 1}"], row[f"s_{j + 1}"] = p, w * w
        if m.get("ema", "on") == "on" and w:
            row[f"tau_{j + 1}"] = a / w
    return row


@law
def balance(case, rows):
    """s = p^2/alpha + c e^(-2 eta t), from the p that the program gives; late,
    the stationary point."""
    wanted = []
    for t, got in zip(case.times, rows):
        row = {}
        for j, m in enumerate(modes(case.settings), 1):
            eta = m.get("eta", .04)
            if m.get("eta_p", eta) != m.get("eta_s", eta) or \
                    not math.isfinite(got[f"p_{j}"]):
                continue
            p, p0, alpha = D(got[f"p_{j}"]), D(m["p0"]), D(m.get("alpha_p", 1))
            c = D(m["s0"]) - p0 * p0 / alpha
            decay = (-2 * D(m.get("eta_s", eta)) * D(t)).exp()
            size = max(p * p / alpha, abs(c) * decay)
            row[f"s_{j}"] = p * p / alpha + c * decay, size
        wanted.append(row)
    return wanted


def ema_cases():
    # An error of the start grows by 1/distance until the mode leaves the saddle;
    # nearer to the boundary only fates can be told (fates.py).
    near = 0.0853362779077071989
    return [
        Case("theory's own", {"p0": [.1], "s0": [.01], "lambda_s": 1.0009},
             [0.0, 1.0, 10.0, 40.0]),
        Case("beside the boundary, 1e-3", {
            "p0": [near * (1 - 1e-3), near * (1 + 1e-3)],
            "s0": [.001, .001], "lambda_s": 1.09},
            [1.0, 50.0, 100.0, 200.0, 300.0, 400.0], {"p": 1e3, "s": 1e3, "tau": 1e3}),
        Case("s = 0 passed", {"p0": [-.3, -.5], "s0": [.02, .2],
                              "tau0": [.5, 1.0]}, [0.5, 2.0, 5.0, 20.0],
             {"s": 1e-2, "tau": 1.0}),
    ] + tables.eigenmode_flows()


ODE = {CLOSED: 1e-7, STEPPER: 1e-7, DIGITS: 1e-7}
TIGHT = {CLOSED: 1e-11, STEPPER: 1e-9, DIGITS: 1e-11}

GROUPS = [
    Group("byol-eigenmode", "constant tau", constant_cases,
          {CLOSED: eigenmode_closed, DIGITS: known},
          [Way("exact", {CLOSED: 8 * U, STEPPER: 1e-9, DIGITS: 8 * U})],
          flow=Flow(eigenmode, eigenmode_columns)),
    Group("byol-eigenmode", "flow", ema_cases, {CLOSED: balance},
          [default(ODE), tight(TIGHT)],
          flow=Flow(eigenmode, eigenmode_columns)),
]
