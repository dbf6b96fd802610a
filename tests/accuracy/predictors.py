"""`byol-two-layer` and `directset`: modes under other predictors (theory.md 4, 5)."""
from decimal import Decimal as D

from clock import p_at
from eigenmode import ODE, TIGHT, modes
from flow import Flow, sqrt, total
from group import CLOSED, Case, Group, default, law, tight


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


GROUPS = [
    Group("byol-two-layer", "flow", two_layer_cases, {CLOSED: two_layer_closed},
          [default(ODE), tight(TIGHT)],
          flow=Flow(two_layer, two_layer_columns)),
    Group("directset", "flow", directset_cases, {CLOSED: directset_closed},
          [default(ODE), tight(TIGHT)],
          flow=Flow(directset, directset_columns)),
]
