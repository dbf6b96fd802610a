"""Which starts survive (docs/fate.md): outcomes beside the boundary, whose place is
known exactly or to 20 digits, and the share of a box."""
from decimal import Decimal as D

import program
from group import CLOSED, DIGITS, Case, Group, Way
from program import matrix


class Beside(Way):
    """Cells at relative distances 10^-k from the boundary along one axis, k from
    2 to 15, on both sides. A cell's number is 0 where its outcome is right, else
    how far from the boundary it is: the error is the largest distance from which
    the program does not know where a start goes."""

    def run(self, group, case):
        end, below, above = case.boundary
        values = distances(end)
        cells = program.run("sweep", group.model, {
            **case.words, f"sweep.{case.axis}": values, **self.solver})
        row = {}
        for value, cell in zip(values, cells):
            apart = D(value) / end - 1
            right = cell["outcome"] == (above if D(value) > end else below)
            row[f"{case.axis} off by {float(apart):.1e}"] = \
                0.0 if right else abs(float(apart))
        return [row]


def distances(end):
    """Doubles, rising; none is the boundary itself."""
    values = {float(end * (1 + side * D(10) ** -k))
              for k in range(2, 16) for side in (-1, 1)}
    return sorted(value for value in values if D(value) != end)


def all_right(case, rows):
    """Every cell's number is 0, beside a boundary of size 1."""
    end, _, _ = case.boundary
    return [{f"{case.axis} off by {float(D(v) / end - 1):.1e}": (D(0), D(1))
             for v in distances(end)}]


def beside(name, model_words, axis, end, below, above):
    case = Case(name, model_words)
    case.axis, case.boundary = axis, (D(end), below, above)
    return case


LIVES, DIES, OPEN = "stable", "collapsed", "undecided"


def digits_cases():
    """Boundaries to 20 digits: tests/oracle/eigenmode_separatrix.py."""
    base = {"alpha_p": 1.0, "eta": .04, "lambda_s": 1.09, "s0": .001}
    off = {**base, "ema": "off", "tau0": 1.0}
    ema = {**base, "beta": .4, "tau0": 0.0}
    return [
        beside("lower end", off, "p0", "0.065670376424505933937", DIES, LIVES),
        beside("upper end", off, "p0", "1.623974845108882063", LIVES, DIES),
        beside("below 0", {**off, "s0": .01}, "p0", "-0.051211927471639708959",
               DIES, LIVES),
        beside("lower end, EMA", ema, "p0", "0.085336277907707198932", DIES, LIVES),
        beside("upper end, EMA", ema, "p0", "1.9437135161047881753", LIVES, DIES),
        beside("large alpha, EMA", {
            "alpha_p": 3.0, "eta": .1, "beta": .05, "lambda_s": 1.2, "s0": .3,
            "tau0": .5}, "p0", "-0.94827821177522396082", DIES, LIVES),
        beside("small eta, EMA", {
            "alpha_p": .5, "eta": .02, "beta": 1.5, "lambda_s": 1.0, "s0": .02,
            "tau0": 0.0}, "p0", "-0.085591048724172963739", DIES, LIVES),
    ]


def balanced(p, b=1.09375):
    """eta at which a start p on the parabola is the saddle: p(1 - bp); and rates."""
    return D(p) * (1 - D(b) * D(p)), {"ema": "off", "tau0": 1.0, "lambda_s": b}


def parabola_cases():
    cases = []
    for p in (.25, 2.0**-6):
        end, rest = balanced(p)
        cases.append(beside(f"p={p:g}", {**rest, "p0": p, "s0": p * p}, "eta", end,
                            LIVES, DIES))
    return cases


def free_cases():
    """eta = 0: c > -p*²/alpha for p0 > 0, c > 0 for p0 < 0."""
    cases = []
    for alpha in (1.0, 50.0):
        free = {"eta": 0.0, "ema": "off", "tau0": 1.0, "lambda_s": 1.25,
                "alpha_p": alpha}
        for s0 in (.1, 3.0):
            end = (D(alpha) * D(s0)).sqrt()
            far = (D(alpha) * D(s0) + D("0.64")).sqrt()
            name = f"s0={s0:g} alpha_p={alpha:g}"
            cases += [beside(f"{name}, below 0", {**free, "s0": s0}, "p0", -end,
                             DIES, LIVES),
                      beside(f"{name}, above", {**free, "s0": s0}, "p0", far,
                             LIVES, DIES)]
    return cases


def two_layer_cases():
    """p1 = p2 and s = p1²: the saddle is at p1 p2 = p-."""
    cases = []
    for p in (.5, 2.0**-3):
        end, rest = balanced(p * p)
        cases.append(beside(f"p={p * p:g}", {
            **rest, "p10": p, "p20": p, "s0": p * p}, "eta", end, LIVES, DIES))
    return cases


def symmetric_cases():
    """W_p = pI and F = p²I; that modes live is never certain (docs/sweep.md)."""
    cases = []
    for p in (.25, 2.0**-6):
        end, _ = balanced(p, 1.125)
        cases.append(beside(f"p={p:g}", {
            "sigma2": .125, "tau": 1.0, "alpha_p": 1.0,
            "Wp0": matrix([[p, 0], [0, p]]),
            "F0": matrix([[p * p, 0], [0, p * p]])}, "eta", end, OPEN, DIES))
    return cases


def at(rtol, method="auto"):
    name = f"{'lanes' if method == 'auto' else method} {rtol:g}"
    bars = {o: 100 * rtol for o in (CLOSED, DIGITS)}
    return Beside(name, bars, {"solver.rtol": rtol, "solver.atol": rtol * 1e-4,
                               "solver.method": method})


LANES = [at(1e-6), at(1e-9), at(1e-12), at(1e-14)]
ALONE = [at(1e-9, "dop853"), at(1e-12, "dop853")]
GROUPS = [
    Group("byol-eigenmode", "fates beside the parabola's boundary",
          parabola_cases, {CLOSED: all_right}, LANES + ALONE, command="sweep"),
    Group("byol-eigenmode", "fates at eta = 0", free_cases, {CLOSED: all_right},
          LANES, command="sweep"),
    Group("byol-eigenmode", "fates beside the separatrix", digits_cases,
          {DIGITS: all_right}, LANES + ALONE, command="sweep"),
    Group("byol-two-layer", "fates beside the parabola's boundary",
          two_layer_cases, {CLOSED: all_right}, ALONE, command="sweep"),
    Group("byol-symmetric", "fates beside the parabola's boundary",
          symmetric_cases, {CLOSED: all_right},
          [Beside("exact", {CLOSED: 1e-12}), at(1e-9, "dop853")],
          command="sweep"),
]
