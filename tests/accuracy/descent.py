"""Discrete descent (`solver.method=gd`) of every model that has it: y + lr f(y), step
by step with 80 digits."""
from decimal import Decimal as D

from barlow import drawn, generic, generic_columns, rotated
from contrast import layer, layer_columns
from deep import deep, deep_columns
from eigenmode import eigenmode, eigenmode_columns
from flow import Flow
from group import CLOSED, Case, Group, Way
from matrices import THEORY, byol, byol_columns
from predictors import two_layer, two_layer_columns


class Descent(Flow):
    def steps(self, case, rows):
        y, f = self.make(case.settings, D)
        y, lr, done, found = [D(x) for x in y], D(case.settings["lr"]), 0, []
        for t in case.times:
            while done < round(t / case.settings["lr"]):
                y = [a + lr * b for a, b in zip(y, f(y))]
                done += 1
            found.append(y)
        return self.answer(case, found)


def case(name, settings, lr, steps):
    return Case(name, {**settings, "lr": lr}, [k * lr for k in steps])


def barlow_cases():
    return [case("two rows", {"Gamma": rotated([1, .6, .2], 1),
                              "W0": drawn(2, 3, .1, 81)}, 2.0**-4, [0, 10, 40, 200]),
            case("near the limit", {"Gamma": rotated([1, .3], 4),
                                    "W0": drawn(2, 2, .1, 82)}, .21, [0, 5, 20])]


def mode_cases():
    return [case("with EMA", {"p0": [.1, .4, 1.2], "s0": [.05, .25, .5],
                              "lambda_s": 1.09}, .25, [0, 4, 40, 160]),
            case("constant tau", {"p0": [-.3, .1], "s0": [.3, .04], "ema": "off",
                                  "tau0": 1.0, "lambda_s": 1.2, "eta": .02}, .5,
                 [0, 3, 20])]


def two_layer_cases():
    return [case("with EMA", {"p10": [.5, .9], "p20": [.3, .8], "s0": [.2, .4],
                              "lambda_s": 1.09, "alpha_p": 2.0, "eta": .03}, .25,
                 [0, 4, 40, 160])]


def byol_cases():
    start = {"Wa0": THEORY["W0"]}
    return [case("byol", {**THEORY, **start}, .25, [0, 4, 20, 80]),
            case("simsiam", {**THEORY, "variant": "simsiam"}, .25, [0, 4, 20]),
            case("no stop-gradient", {**THEORY, "variant": "no-stop-gradient"}, .25,
                 [0, 4, 20])]


def layer_cases():
    pairs = {"x": drawn(3, 2, 1, 31), "xp": drawn(3, 2, 1, 32)}
    W0 = {"W0": drawn(2, 2, .1, 33), "output.state": "on"}
    return [case("InfoNCE", {**pairs, **W0}, 2.0**-5, [0, 8, 32]),
            case("population", {"C": rotated([1, .4], 41), "A": rotated([.5, .1], 42),
                                **W0, "eta": .01}, .25, [0, 4, 20]),
            case("fixed", {"X": rotated([1, -.3], 23), **W0}, .125, [0, 8, 24])]


def deep_cases():
    two = {"W1": drawn(2, 2, .3, 60), "W2": drawn(2, 2, .3, 61), "output.state": "on"}
    return [case("fixed", {"X": rotated([1, .5], 56), **two, "eta": .01}, .0625,
                 [0, 8, 24]),
            case("residual, InfoNCE", {
                "x": drawn(3, 2, 1, 51), "xp": drawn(3, 2, 1, 52), **two,
                "residual": "on", "d0": 1}, 2.0**-5, [0, 8, 32])]


FLOORS = {"loss": 1.0, "W": 1e-2, "sigma": 1e-3, "lambda": 1e-3, "commutator": 1e-2}
WAYS = [Way("gd", {CLOSED: 1e-12}, {"solver.method": "gd"})]


def group(model, cases, make, columns):
    return Group(model, "descent, step by step", cases,
                 {CLOSED: Descent(make, columns).steps}, WAYS, floors=FLOORS)


GROUPS = [
    group("barlow-twins", barlow_cases, generic, generic_columns),
    group("byol-eigenmode", mode_cases, eigenmode, eigenmode_columns),
    group("byol-two-layer", two_layer_cases, two_layer, two_layer_columns),
    group("byol", byol_cases, byol, byol_columns),
    group("contrastive", layer_cases, layer, layer_columns),
    group("contrastive-deep", deep_cases, deep, deep_columns),
]
