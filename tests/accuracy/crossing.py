"""`overlay` of a trained run: the factor on one setting that changes a mode's fate
(docs/overlay-byol.md, crossing.csv), from the constants in its modes.csv."""
import csv
import math
import os
import tempfile
from decimal import Decimal as D

import program
from group import STEPPER, Case, Group, Way, law

RUN = {"data.name": "gaussian", "data.n": 400, "data.dims": 3, "data.pairs": "fixed",
       "data.whiten": "sum", "augment.noise": .3, "net.arch": "linear",
       "method.loss": "l2", "method.predictor": "linear",
       "method.predictor_init": "identity", "method.projector_init": "pca",
       "method.dim": 3, "method.predictor_scale": .1, "train.batch": 400,
       "train.eval_n": 400, "train.optimizer": "sgd", "train.momentum": 0,
       "train.schedule": "constant", "train.lr": .01, "train.steps": 10,
       "train.log_every": 10, "train.predict": "conjugate"}
STEP = 1e-9  # fates are certain to a part in this


class Overlay(Way):
    """A short run, and a row for each mode and setting with a factor."""

    def run(self, group, case):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "run")
            program.run("train", "simsiam", case.words, ("-o", out))
            program.run("overlay", out, {})
            modes = {row["mode"]: row for row in table(out, "modes.csv")}
            rows = [{**modes[row["mode"]], **row}
                    for row in table(out, "crossing.csv")
                    if not math.isnan(float(row["factor"]))]
        return [{k: program.number(x) for k, x in row.items()} for row in rows]


def table(folder, name):
    with open(os.path.join(folder, name), newline="") as file:
        return list(csv.DictReader(file))


def cases():
    return [Case("constant tau", {**RUN, "net.init_scale": .02,
                                  "train.weight_decay": .04}),
            Case("a mode that dies", {**RUN, "net.init_scale": .02,
                                      "train.weight_decay": .1}),
            Case("EMA", {**RUN, "net.init_scale": .04, "method.target": "ema",
                         "method.ema_momentum": .998, "train.weight_decay": .04})]


def turned(m, row, factor):
    """That mode's settings, one of them turned."""
    m = dict(m)
    f = float(factor)
    if row["parameter"] == "eta":
        m["eta"] *= f
    elif row["parameter"] == "init_scale":
        m["s0"] *= f * f
    else:
        m[{"predictor_scale": "p0"}.get(row["parameter"], row["parameter"])] *= f
    return m


def settings(case, row):
    """Rates of a loss of |…|², twice those of theory's; beta is (1 - momentum)/lr."""
    ema = "method.ema_momentum" in case.settings
    beta = (1 - case.settings["method.ema_momentum"]) / .01 if ema else 0.0
    return {**{k: row[k] for k in ("p0", "s0", "tau0", "lambda_d", "lambda_s")},
            "alpha_p": 1.0, "eta": case.settings["train.weight_decay"],
            "beta": beta, "k": 2.0}


@law
def bracketed(case, rows):
    """SciPy's fates a part of STEP to both sides of every factor, all in one."""
    sides = [turned(settings(case, row), row, row["factor"] * (1 + side * STEP))
             for row in rows for side in (-1, 1)]
    lives = fates(sides, "method.ema_momentum" in case.settings)
    wanted = []
    for row, below, above in zip(rows, lives[::2], lives[1::2]):
        near, far = (above, below) if row["factor"] < 1 else (below, above)
        right = near == (row["from"] == "stable") and \
            far == (row["to"] == "stable") and near != far
        row["factor"] = 0.0 if right else math.inf
        wanted.append({"factor": (D(0), D(1))})
    return wanted


def fates(modes, ema):
    import numpy as np
    from steppers import solve
    m = {k: np.array([x[k] for x in modes]) for k in modes[0]}
    w = np.sqrt(m["s0"])

    def f(y):
        p, w, a = y.reshape(3, -1)
        a = a if ema else m["tau0"] * w
        q = m["k"] * (m["lambda_d"] * a - m["lambda_s"] * p * w)
        return np.concatenate([m["alpha_p"] * w * q - m["eta"] * p,
                               p * q - m["eta"] * w,
                               m["beta"] * (w - a) if ema else 0 * w])

    y = solve(f, np.concatenate([m["p0"], w, m["tau0"] * w]), [4000.0])[0]
    return [x > .2 for x in y[:len(modes)]]


GROUPS = [
    Group("overlay", "factors that cross the separatrix", cases,
          {STEPPER: bracketed}, [Overlay("default", {STEPPER: STEP})],
          command="overlay",
          note="fates a part of 1e-9 on both sides of the factor are those that the "
          "table says; docs/overlay-byol.md promises that much."),
]
