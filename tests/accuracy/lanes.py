"""Sweeps: cells that are solved side by side (docs/sweep.md). One of eigenmodes is
held to what a flow of as many modes is, one of matrices cell by cell."""
from decimal import Decimal as D
from itertools import product

import program
from eigenmode import balance, eigenmode, eigenmode_columns, modes
from flow import Flow
from group import CLOSED, DIGITS, STEPPER, Case, Group, Way
from matrices import FLOORS, THEORY, byol, byol_columns
from program import matrix
from taylor import passing


class Lanes(Way):
    """A sweep for each time; a row has the columns of all cells."""

    def run(self, group, case):
        rows = []
        for t in case.times:
            cells = program.run("sweep", group.model, {
                **case.words, **self.solver, "time.t_end": t})
            assert all(cell["status"] == 0 for cell in cells), case.name
            rows.append({"t": t, **group.picked(cells)})
        return rows


class Modes(Group):
    def picked(self, cells):
        return {f"{k}_{j}": cell[f"{k}_1"] for j, cell in enumerate(cells, 1)
                for k in ("p", "s", "tau")}


class Matrices(Group):
    """The first cell of each sweep; others keep the lanes beside it busy."""

    def picked(self, cells):
        return cells[0]


def grid(name, axes, rest, times):
    """A case of all combinations, the last axis the fastest."""
    cells = list(product(*axes.values()))
    settings = {**rest, **{k: [cell[i] for cell in cells]
                           for i, k in enumerate(axes)}}
    words = {**rest, **{f"sweep.{k}": v for k, v in axes.items()}}
    return Case(name, settings, times, words=words)


def mode_cases():
    """Starts on both sides of the parabola, and all away from the basin's
    boundary, so that no error grows on the way."""
    return [
        grid("with EMA", {"eta": [.01, .05, .15, .3], "p0": [-.3, .05, .4, 1.3]},
             {"s0": .25, "tau0": 0.0, "alpha_p": 1.5, "lambda_s": 1.09},
             [2.0, 15.0]),
        grid("constant tau", {"alpha_p": [.25, 1.0, 8.0], "p0": [.2, .5, 1.3]},
             {"s0": .25, "tau0": .9, "eta": .03, "lambda_s": 1.2, "ema": "off"},
             [2.0, 15.0]),
        grid("slow target", {"beta": [.003, .05, 4.0], "s0": [.01, .3, 2.0]},
             {"p0": .7, "tau0": .6, "eta": .02, "lambda_s": 1.3, "alpha_p": 1.0},
             [1.0, 10.0]),
    ]


def settle_cases():
    p0 = [-.5, -.2, .02, .04]
    rest = {"s0": .5, "ema": "off", "tau0": 1.0, "eta": .05, "lambda_s": 1.0,
            "alpha_p": 1.0}
    return [Case("from below p-", {**rest, "p0": p0},
                 words={**rest, "sweep.p0": p0})]


def settle_digits(case, rows):
    """At constant tau and c >= 0 a fate is certain when p comes to p-, and not
    before (docs/fate.md, Theorem 8)."""
    wanted = []
    for m in modes(case.settings):
        tau, b, eta = D(m["tau0"]), D(m["lambda_s"]), D(m["eta"])
        low = (tau - (tau * tau - 4 * eta * b).sqrt()) / (2 * b)
        y0, f = eigenmode({k: [v] if k in ("p0", "s0") else v
                           for k, v in m.items()}, D)
        wanted.append({"t_settle": passing(f, y0, 0, low)})
    return wanted


def settle_closed(case, rows):
    """The end of the way, p+ and p+²/alpha."""
    wanted = []
    for m in modes(case.settings):
        tau, b, eta = D(m["tau0"]), D(m["lambda_s"]), D(m["eta"])
        p = (tau + (tau * tau - 4 * eta * b).sqrt()) / (2 * b)
        wanted.append({"p_1": p, "s_1": p * p / D(m["alpha_p"])})
    return wanted


def matrix_cases():
    """The theory's matrices at other rates, each the first of nine cells."""
    cases = []
    for variant, alpha, eta in (("byol", 2.0, .04), ("byol", .5, .01),
                                ("simsiam", 1.0, .1)):
        rest = {**THEORY, "variant": variant}
        del rest["output.state"], rest["alpha_p"]
        if variant == "byol":
            rest["Wa0"] = matrix([[0] * 3] * 2)
        cases.append(Case(
            f"{variant}, alpha_p={alpha:g} eta={eta:g}",
            {**rest, "alpha_p": alpha, "eta": eta}, [1.0, 5.0, 20.0],
            words={**rest, "sweep.alpha_p": [alpha, 1.25, 3.0],
                   "sweep.eta": [eta, .02, .07]}))
    return cases


def matrix_columns(settings, t, y):
    row = byol_columns(settings, t, y)
    return {k: x for k, x in row.items() if k.count("_") == 1
            and k not in ("commutator",)}


def at(rtol, method="auto", **solver):
    name = f"{'lanes' if method == 'auto' else method} {rtol:g}"
    name += ", no SIMD" if solver else ""
    bar = 100 * rtol
    return Lanes(name, {CLOSED: bar, STEPPER: max(bar, 1e-9), DIGITS: bar},
                 {"solver.rtol": rtol, "solver.atol": rtol * 1e-4,
                  "solver.method": method, **solver})


def settling(rtol, method="auto"):
    """The end is a limit, not integrated."""
    name = f"{'lanes' if method == 'auto' else method} {rtol:g}"
    return Way(name, {CLOSED: 1e-13, DIGITS: 100 * rtol},
               {"solver.rtol": rtol, "solver.atol": rtol * 1e-4,
                "solver.method": method})


WAYS = [at(1e-6), at(1e-9), at(1e-9, **{"solver.simd": "none"}), at(1e-12),
        at(1e-14), at(1e-9, "dop853")]

GROUPS = [
    Modes("byol-eigenmode", "cells", mode_cases, {CLOSED: balance}, WAYS,
          command="sweep", flow=Flow(eigenmode, eigenmode_columns)),
    Group("byol-eigenmode", "entry into the region", settle_cases,
          {CLOSED: settle_closed, DIGITS: settle_digits},
          [settling(1e-6), settling(1e-9), settling(1e-12),
           settling(1e-9, "dop853")], command="sweep"),
    Matrices("byol", "cells", matrix_cases, {}, WAYS, command="sweep",
             flow=Flow(byol, matrix_columns), floors=FLOORS),
]
