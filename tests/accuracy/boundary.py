"""`byol-eigenmode`: the basin's boundary (theory.md 4)."""
import math
from decimal import Decimal as D

from eigenmode import eigenmode
from group import CLOSED, DIGITS, STEPPER, Case, Group, Way, known, law


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


GROUPS = [
    Group("byol-eigenmode", "basin's boundary", boundary_cases,
          {CLOSED: boundary_closed, STEPPER: boundary_stepper, DIGITS: known},
          [Way("exact", {CLOSED: 1e-12, STEPPER: 1.1e-6, DIGITS: 1e-12})],
          command="separatrix"),
]
