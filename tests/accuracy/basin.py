"""The share of a box of starts that survives (`basin`): the starts are drawn again
by Philox (base/random.h), and each one's fate is told by another means."""
from decimal import Decimal as D

from fates import digits_cases
from group import CLOSED, DIGITS, STEPPER, Case, Group, Way

STREAM, WORD = 7, 2**32 - 1
Z = D("1.9599639845400542355245944305205515279555")  # 97.5% of the normal


def philox(counter, key):
    """Philox4x32-10 as published (Salmon, Moraes, Dror, Shaw 2011)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        a, b = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & WORD, (a >> 32) ^ c3 ^ k1, a & WORD
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return c0, c1


def starts(box, samples, seed=0):
    """{key: number} of each start: side k of start i is number i·sides + k."""
    for i in range(samples):
        start = {}
        for k, (key, (low, high)) in enumerate(box.items()):
            index = i * len(box) + k
            one, two = philox((index & WORD, index >> 32, STREAM, 0), (seed, 0))
            part = ((two << 32 | one) >> 11) * 2.0**-53
            start[key] = low + part * (high - low)
        yield start


def drawn(name, rest, box, samples, **more):
    case = Case(name, rest, words={
        **rest, **{f"box.{k}": list(v) for k, v in box.items()},
        "samples": samples}, **more)
    case.box, case.samples = box, samples
    return case


def share(case, lives):
    """Wilson's interval of what lives."""
    n = D(case.samples)
    part = sum(map(lives, starts(case.box, case.samples))) / n
    z2 = Z * Z / n
    half = Z * (part * (1 - part) / n + z2 / (4 * n)).sqrt()
    return [{"survives": part, "low": (part + z2 / 2 - half) / (1 + z2),
             "high": (part + z2 / 2 + half) / (1 + z2)}]


def free_cases():
    rest = {"eta": 0.0, "ema": "off", "tau0": 1.0, "lambda_s": 1.25}
    return [drawn("eta = 0, p0 and s0", {**rest, "alpha_p": 2.0},
                  {"p0": (-1.0, 2.0), "s0": (0.0, .5)}, 4000),
            drawn("eta = 0, p0 and alpha_p", {**rest, "s0": .3},
                  {"p0": (-2.0, 3.0), "alpha_p": (.5, 4.0)}, 4000)]


def free_lives(case, rows):
    """c > 0, or p0 > 0 and c > -p*²/alpha."""
    def lives(start):
        m = {**case.settings, **start}
        p, alpha = D(m["p0"]), D(m["alpha_p"])
        c = alpha * D(m["s0"]) - p * p
        return c > 0 or p > 0 and c > -(D(m["tau0"]) / D(m["lambda_s"])) ** 2

    return share(case, lives)


def line_cases():
    """p0 alone is drawn: those between two ends of 20 digits live."""
    ends = {c.name: c for c in digits_cases()}
    cases = []
    for low, high, box in (("lower end", "upper end", (0.0, 2.0)),
                           ("lower end, EMA", "upper end, EMA", (0.0, 2.5)),
                           ("small eta, EMA", None, (-.5, .5))):
        case = drawn(f"p0 across the {low}", ends[low].words, {"p0": box}, 5000)
        case.ends = [ends[name].boundary[0] if name else D(1)
                     for name in (low, high)]
        cases.append(case)
    return cases


def line_lives(case, rows):
    low, high = case.ends
    return share(case, lambda start: low < D(start["p0"]) < high)


def plane_cases():
    rest = {"alpha_p": 1.5, "lambda_s": 1.09, "beta": .4}
    return [drawn("EMA, p0 and s0", {**rest, "eta": .05, "tau0": 0.0},
                  {"p0": (-.5, 1.0), "s0": (0.0, .2)}, 400),
            drawn("EMA, p0 and eta", {**rest, "s0": .1, "tau0": .5},
                  {"p0": (-.5, 1.0), "eta": (.01, .25)}, 400),
            drawn("two sides, constant tau", {**rest, "tau0": .9, "ema": "off"},
                  {"p0": (-.5, 1.0), "eta": (.01, .25), "s0": (0.0, .2)}, 400)]


def plane_lives(case, rows):
    """SciPy to t = 600, all starts as one system."""
    import numpy as np
    from steppers import solve
    drawn_ = list(starts(case.box, case.samples))
    m = {k: np.array([{**case.settings, **s}[k] for s in drawn_])
         for k in ("p0", "s0", "eta", "tau0", "alpha_p", "lambda_s", "beta")}
    ema = case.settings.get("ema") != "off"
    w = np.sqrt(m["s0"])

    def f(y):
        p, w, a = y.reshape(3, -1)
        a = a if ema else m["tau0"] * w
        q = a - m["lambda_s"] * p * w
        return np.concatenate([m["alpha_p"] * w * q - m["eta"] * p,
                               p * q - m["eta"] * w,
                               m["beta"] * (w - a) if ema else 0 * w])

    y = solve(f, np.concatenate([m["p0"], w, m["tau0"] * w]), [600.0], "DOP853",
              1e-8, 1e-9)[0]
    lives = iter(y[:case.samples] > .2)
    return share(case, lambda start: int(next(lives)))


BARS = {CLOSED: 1e-14, STEPPER: 1e-14, DIGITS: 1e-14}
NOTE = ("the starts are drawn by the generator that the program documents, written "
        "down again; one start that went elsewhere would be an error of 1e-4 or more.")
GROUPS = [
    Group("byol-eigenmode", "share of a box", lambda: (
        free_cases() + line_cases() + plane_cases()),
          {CLOSED: lambda c, r: free_lives(c, r) if "eta = 0" in c.name else None,
           STEPPER: lambda c, r: plane_lives(c, r) if not hasattr(c, "ends")
           and "eta = 0" not in c.name else None,
           DIGITS: lambda c, r: line_lives(c, r) if hasattr(c, "ends") else None},
          [Way("default", BARS)], command="basin", note=NOTE),
]
