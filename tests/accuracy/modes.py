"""Models of decoupled modes: `byol-eigenmode`, `byol-two-layer`, `directset`
(theory.md 4 and 5), their stationary points and the basin's boundary."""
import math
from decimal import Decimal as D

import tables
from exact import atan, root
from flow import Flow, sqrt, total
from group import CLOSED, DIGITS, STEPPER, U, Case, Group, Way, default, known
from group import law, tight

def clock(b, eta, tau, c=D(0), alpha=D(1)):
    """t(p) up to a constant, as printed, and dt/dp: on c = 0, or at eta = 0."""
    if eta == 0 and c != 0:
        a2 = alpha * c
        rest = tau / b
        if c > 0:
            a = a2.sqrt()
            return lambda p: ((-abs(rest - p).ln() + (p * p + a2).ln() / 2
                               + rest / a * atan(p / a)) / (b * (rest ** 2 + a2)))
        q = (-a2).sqrt()
        return lambda p: ((-abs(rest - p).ln() + abs(p * p - q * q).ln() / 2
                           + rest / (2 * q) * abs((p - q) / (p + q)).ln())
                          / (b * (rest ** 2 - q * q)))
    if eta == 0:
        rest = tau / b
        return lambda p: (abs(p / (rest - p)).ln() / rest - 1 / p) / tau
    gap = tau * tau - 4 * eta * b
    if gap > 0:
        r = gap.sqrt()
        low, high = (tau - r) / (2 * b), (tau + r) / (2 * b)
        return lambda p: (-p.ln() / (low * high) + abs(p - low).ln()
                          / (low * (high - low)) - abs(p - high).ln()
                          / (high * (high - low))) / b
    if gap == 0:
        z = tau / (2 * b)
        return lambda p: ((abs(p - z) / p).ln() / z ** 2
                          + 1 / (z * (p - z))) / b
    q = (-gap).sqrt()
    return lambda p: (-p.ln() + (b * p * p - tau * p + eta).ln() / 2
                      - tau / q * atan((2 * b * p - tau) / q)) / eta


def p_at(t, p0, b, eta, tau, c=D(0), alpha=D(1)):
    """p(t) by inverting the clock; p runs from p0 to where it ends."""
    if t == 0:
        return p0
    rate = lambda p: (p * p + alpha * c) * (tau - b * p) - eta * p
    tick = clock(b, eta, tau, c, alpha)
    start = tick(p0)
    end = ending(p0, b, eta, tau)
    rising = rate(p0) > 0
    if end == 0:  # p = p0 e^-z
        at, back = lambda z: p0 * (-z).exp(), lambda p: -p
    else:
        at, back = (lambda z: end + (p0 - end) * (-z).exp()), lambda p: end - p
    high = D(1)
    while tick(at(high)) - start < t:
        high *= 2
        if high > (200 if end else 10**6):
            return end
    assert rising == (end > p0)
    return at(root(lambda z: tick(at(z)) - start - t,
                   lambda z: back(at(z)) / rate(at(z)), D(0), high))


def ending(p0, b, eta, tau):
    if eta == 0:
        return tau / b
    gap = tau * tau - 4 * eta * b
    if gap < 0:
        return D(0)
    low, high = (tau - gap.sqrt()) / (2 * b), (tau + gap.sqrt()) / (2 * b)
    return D(0) if p0 < low else high


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
    near = 0.0853362779077071989
    return [
        Case("theory's own", {"p0": [.1], "s0": [.01], "lambda_s": 1.0009},
             [0.0, 1.0, 10.0, 40.0], skip=()),
        Case("beside the boundary, 1e-12", {
            "p0": [near * (1 - 1e-12), near * (1 + 1e-12)],
            "s0": [.001, .001], "lambda_s": 1.09}, [1.0, 100.0, 400.0],
            {"p": 1e8, "s": 1e8, "tau": 1e8}),
        Case("s = 0 passed", {"p0": [-.3, -.5], "s0": [.02, .2],
                              "tau0": [.5, 1.0]}, [0.5, 2.0, 5.0, 20.0],
             {"s": 1e-2, "tau": 1.0}),
    ] + tables.eigenmode_flows()


def points_closed(case, rows):
    """p = [T ± √(T² − 4 eta b)]/2b and what follows, sorted as printed."""
    m = case.settings
    T, b = D(m["lambda_d"]), D(m["lambda_s"])
    if m.get("ema") == "off":
        T *= D(m["tau0"])
    ep, es = D(m["eta_p"]), D(m["eta_s"])
    if es != ep:
        return None
    gap = T * T - 4 * es * b
    if gap <= 0 or T <= 0:
        return None
    wanted = {"collapsed": {"p": D(0), "s": D(0)}}
    for kind, sign in (("saddle", -1), ("stable", 1)):
        p = (T + sign * gap.sqrt()) / (2 * b)
        wanted[kind] = {"p": p, "s": p * p / D(m["alpha_p"])}
    return [wanted.get(row["kind"], {}) for row in rows]


@law
def points_known(case, rows):
    return [case.known.get(row["kind"], {}) for row in rows]


def boundary_closed(case, rows):
    """eta = 0: -√(alpha s0) and √(alpha s0 + p*²); on the parabola through the
    saddle: the saddle."""
    s0, alpha = D(case.settings["s0"]), D(case.settings["alpha_p"])
    b, eta = D(case.settings["lambda_s"]), D(case.settings["eta"])
    if eta == 0:
        return [{"p0": -(alpha * s0).sqrt()},
                {"p0": (alpha * s0 + 1 / b ** 2).sqrt()}]
    if case.name != "through the saddle":
        return None
    return [{"p0": (1 - (1 - 4 * eta * b).sqrt()) / (2 * b)}, {}]


@law
def boundary_stepper(case, rows):
    """Starts 1e-6 to both sides of each end, followed by SciPy: those inside
    survive and those outside collapse, so that the error is below 1e-6."""
    wanted = []
    for got in rows:
        inward = 1 if got["branch"] == "lower" else -1
        size = max(abs(got["p0"]), 1e-3)
        lives = [survives({**case.settings, "p0": [got["p0"] + step * size],
                           "s0": [case.settings["s0"]]})
                 for step in (-1e-6 * inward, 1e-6 * inward)]
        end = got["p0"] + 1e-6 * size
        wanted.append({"p0": (end, size) if lives == [False, True] else math.nan})
    return wanted


def survives(settings):
    from steppers import solve
    y0, f = eigenmode(settings, float)
    y = solve(lambda y: f(y.tolist()), y0, [600.0], "DOP853", 1e-9, 1e-14)[0]
    return y[0] > .2


def boundary_cases():
    """Those with a digits oracle: tests/oracle/eigenmode_separatrix.py."""
    base = {"alpha_p": 1.0, "eta": .04, "lambda_s": 1.09, "s0": .001}
    off = {**base, "ema": "off", "tau0": 1.0}
    cases = [
        Case("theory's own", off, known=[{"p0": "0.065670376424505933937"},
                                         {"p0": "1.623974845108882063"}]),
        Case("s0 = .01", {**off, "s0": .01},
             known=[{"p0": "-0.051211927471639708959"}, {}], skip=(STEPPER,)),
        Case("with EMA", {**base, "beta": .4, "tau0": 0.0},
             known=[{"p0": "0.085336277907707198932"},
                    {"p0": "1.9437135161047881753"}]),
        Case("with EMA, large alpha", {
            "alpha_p": 3.0, "eta": .1, "beta": .05, "lambda_s": 1.2, "s0": .3,
            "tau0": .5}, known=[{"p0": "-0.94827821177522396082"}, {}],
             skip=(STEPPER,)),
        Case("with EMA, small eta", {
            "alpha_p": .5, "eta": .02, "beta": 1.5, "lambda_s": 1.0, "s0": .02,
            "tau0": 0.0}, known=[{"p0": "-0.085591048724172963739"}, {}],
             skip=(STEPPER,)),
        Case("eta = 0", {**off, "eta": 0.0}, skip=(STEPPER,)),
        Case("eta = 0, large", {**off, "eta": 0.0, "alpha_p": 50.0, "s0": 3.0},
             skip=(STEPPER,)),
        # p- = 1/4 where lambda_s = 1, eta = 3/16; s0 = p-² is a double.
        Case("through the saddle", {**off, "lambda_s": 1.0, "eta": .1875,
                                    "s0": .0625}, skip=(STEPPER,)),
    ]
    return cases


def two_layer(settings, number):
    each, y0 = [], []
    for m in modes(settings):
        w = sqrt(number(m["s0"]))
        tau0, eta = number(m.get("tau0", 0)), number(m.get("eta", .04))
        each.append((number(m.get("alpha_p", 1)), eta, number(m.get("beta", .4)),
                     number(m["lambda_s"]), tau0, m.get("ema", "on") == "on"))
        y0 += [number(m["p10"]), number(m["p20"]), w, tau0 * w]

    def f(y):
        out = []
        for j, (alpha, eta, beta, b, tau0, ema) in enumerate(each):
            p1, p2, w, a = y[4 * j:4 * j + 4]
            if not ema:
                a = tau0 * w
            p = p1 * p2
            q = a - b * (p * w)
            push = alpha * (w * q)
            out += [push * p2 - eta * p1, push * p1 - eta * p2,
                    p * q - eta * w, beta * (w - a) if ema else 0 * w]
        return out

    return y0, f


def two_layer_columns(settings, t, y):
    row = {}
    for j, m in enumerate(modes(settings)):
        p1, p2, w, a = y[4 * j:4 * j + 4]
        row.update({f"p1_{j + 1}": p1, f"p2_{j + 1}": p2, f"s_{j + 1}": w * w})
        if m.get("ema", "on") == "on" and w:
            row[f"tau_{j + 1}"] = a / w
    return row


@law
def two_layer_closed(case, rows):
    """Balanced at constant tau: p = p1² runs the one-layer flow on c = 0 in twice
    the time. Else s - p1²/alpha and p1² - p2² fall as e^(-2 eta t)."""
    wanted = []
    for t, got in zip(case.times, rows):
        row = {}
        for j, m in enumerate(modes(case.settings), 1):
            eta, alpha = D(m.get("eta", .04)), D(m.get("alpha_p", 1))
            p1, p2, s0 = D(m["p10"]), D(m["p20"]), D(m["s0"])
            if case.name == "balanced":
                p = p_at(2 * D(t), p1 * p2, D(m["lambda_s"]), eta, D(m["tau0"]))
                row[f"p1_{j}"] = row[f"p2_{j}"] = p.sqrt()
                row[f"s_{j}"] = p / alpha
                continue
            fall = (-2 * eta * D(t)).exp()
            now = D(got[f"p1_{j}"])
            c = (s0 - p1 ** 2 / alpha) * fall
            row[f"s_{j}"] = now ** 2 / alpha + c, max(now ** 2 / alpha, abs(c))
            square = now ** 2 - (p1 ** 2 - p2 ** 2) * fall
            row[f"p2_{j}"] = square.sqrt(), abs(now)
        wanted.append(row)
    return wanted


def two_layer_cases():
    powers = [2.0**-4, .25, .5, 1.0]
    return [
        Case("balanced", {"ema": "off", "tau0": 1.0, "lambda_s": 1.09375,
                          "eta": .04, "p10": powers, "p20": powers,
                          "s0": [p * p for p in powers]},
             [0.0, 1.0, 5.0, 20.0, 80.0]),
        Case("with EMA", {"p10": [.5, .9], "p20": [.3, .8], "s0": [.2, .4],
                          "lambda_s": 1.09, "alpha_p": 2.0, "eta": .03},
             [0.0, 1.0, 5.0, 20.0, 60.0]),
        Case("constant tau", {"ema": "off", "tau0": .9, "p10": [.5, .2],
                              "p20": [.3, .1], "s0": [.2, .4],
                              "lambda_s": 1.09, "eta": .02},
             [0.0, 1.0, 5.0, 20.0, 60.0]),
    ]


def directset(settings, number):
    """State: p of directset; w = √s of directpred and directcopy."""
    eta, tau = number(settings["eta"]), number(settings["tau"])
    b = number(1 + settings["sigma2"])
    a, boost = number(settings.get("a", .5)), number(settings.get("epsilon", 0))
    rule = settings.get("rule", "directset")
    p0 = [number(x) for x in settings["p0"]]
    if rule == "directset":
        return p0, lambda y: [2 * a * (p * (p * (tau - b * p) - eta))
                              for p in y]
    if rule == "directcopy":  # s0 = p0²
        w0 = p0
        places = lambda y: direct_copy(y, boost)
    else:
        largest = max(p0)  # x + boost x² = p there
        x = (sqrt(1 + 4 * boost * largest) - 1) / (2 * boost)
        w0 = [p - boost * x * x for p in p0]
        top = w0.index(max(w0))
        places = lambda y: [w + boost * (y[top] * y[top]) for w in y]
    return w0, lambda y: [w * (p * (tau - b * p) - eta)
                          for w, p in zip(y, places(y))]


def direct_copy(y, boost):
    size = sqrt(total((w * w) * (w * w) for w in y))
    return [w * w / size + boost for w in y]


def directset_columns(settings, t, y):
    rule = settings.get("rule", "directset")
    boost = D(settings.get("epsilon", 0))
    if rule == "directset":
        power = 1 / D(settings.get("a", .5))
        return {k: v for j, p in enumerate(y, 1) for k, v in
                ((f"p_{j}", p), (f"s_{j}", p ** power))}
    s = [w * w for w in y]
    p = direct_copy(y, boost) if rule == "directcopy" else [
        w + boost * max(s) for w in y]
    return {k: v for j in range(len(y)) for k, v in
            ((f"p_{j + 1}", p[j]), (f"s_{j + 1}", s[j]))}


def directset_closed(case, rows):
    """directset runs the learned predictor's flow on c = 0 in 2a times the time."""
    m = case.settings
    if m.get("rule", "directset") != "directset":
        return None
    a = D(m.get("a", .5))
    wanted = []
    for t in case.times:
        found = [p_at(2 * a * D(t), D(p), D(1 + m["sigma2"]), D(m["eta"]),
                      D(m["tau"])) for p in m["p0"]]
        wanted.append({k: v for j, p in enumerate(found, 1) for k, v in
                       ((f"p_{j}", p), (f"s_{j}", p ** (1 / a)))})
    return wanted


def directset_cases():
    base = {"sigma2": .09, "eta": .04, "tau": 1.0}
    times = [0.0, 1.0, 10.0, 50.0, 100.0]
    return [
        Case("a = 1/2", {**base, "p0": [.03, .05, .3, 1.4]}, times),
        Case("a = 1", {**base, "p0": [.03, .05, .3], "a": 1.0}, times),
        Case("a = 1/4", {**base, "p0": [.03, .05, .3], "a": .25}, times),
        Case("directpred", {**base, "p0": [.2, .1, .09], "rule": "directpred",
                            "epsilon": .1}, times),
        Case("directcopy", {**base, "p0": [.5, .4, .3], "rule": "directcopy",
                            "epsilon": .3}, [0.0, 1.0, 4.0, 10.0]),
    ]


ODE = {CLOSED: 1e-7, STEPPER: 1e-7, DIGITS: 1e-7}
TIGHT = {CLOSED: 1e-11, STEPPER: 1e-9, DIGITS: 1e-11}

GROUPS = [
    Group("byol-eigenmode", "constant tau", constant_cases,
          {CLOSED: eigenmode_closed, DIGITS: known},
          [Way("exact", {CLOSED: 8 * U, STEPPER: 1e-9, DIGITS: 8 * U})],
          flow=Flow(eigenmode, eigenmode_columns)),
    Group("byol-eigenmode", "flow", ema_cases, {CLOSED: balance, DIGITS: known},
          [default(ODE), tight(TIGHT)],
          flow=Flow(eigenmode, eigenmode_columns)),
    Group("byol-eigenmode", "points", tables.eigenmode_points,
          {CLOSED: points_closed, DIGITS: points_known},
          [Way("exact", {CLOSED: 1e-13, DIGITS: 1e-12})],
          command="fixed-points"),
    Group("byol-eigenmode", "basin's boundary", boundary_cases,
          {CLOSED: boundary_closed, STEPPER: boundary_stepper, DIGITS: known},
          [Way("exact", {CLOSED: 1e-12, STEPPER: 1.1e-6, DIGITS: 1e-12})],
          command="separatrix"),
    Group("byol-two-layer", "flow", two_layer_cases, {CLOSED: two_layer_closed},
          [default(ODE), tight(TIGHT)],
          flow=Flow(two_layer, two_layer_columns)),
    Group("directset", "flow", directset_cases, {CLOSED: directset_closed},
          [default(ODE), tight(TIGHT)],
          flow=Flow(directset, directset_columns)),
]
