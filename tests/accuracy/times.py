"""Step times of `barlow-twins` under each loss and preconditioner (theory.md 1): what
`predict` says before, and what a flow's own events find (`steps.csv`)."""
import csv
import os
import tempfile
from decimal import Decimal as D

import exact
import program
from barlow import drawn, rotated
from group import CLOSED, U, Case, Group, Way
from program import matrix


class Events(Way):
    """steps.csv of a flow that is integrated to the last step and somewhat past."""

    def run(self, group, case):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "flow")
            program.run("flow", group.model, {**case.words, **self.solver},
                        options=("-o", out))
            with open(os.path.join(out, "steps.csv"), newline="") as file:
                return [{k: float(x) for k, x in row.items()}
                        for row in csv.DictReader(file)]


def cases():
    many = {"gamma": [9.3, 1.0, .7, .7, .1, 1e-3, 1e-8], "lr": 0.02, "d": 7,
            "s0": [1e-3, 1e-150, .5, .25, 1e-6, 3e-9, 1e-5]}
    # Preconditioned modes are counted step by step, so that none may be slow.
    few = {"gamma": [9.3, 1.0, .7, .7, .1], "lr": 1e-3, "d": 5,
           "s0": [1e-3, 1e-30, .5, .3, 1e-6]}
    sigma = [9.4, 1.5, .75, 2.0, .1, .25, 1.0]
    return [
        Case("covariance", many),
        Case("vicreg", {**many, "loss": "vicreg", "nu": .8, "sigma": sigma}),
        Case("spectral", {**many, "loss": "spectral", "sigma": sigma}),
        Case("left", {**few, "precondition": "left", "precondition_epsilon": .25}),
        Case("left, small r", {**few, "precondition": "left",
                               "precondition_epsilon": .05}),
        Case("logdet", {**few, "precondition": "logdet", "mu": .5,
                        "precondition_epsilon": .25}),
        Case("logdet, large mu", {**few, "precondition": "logdet", "mu": 3.0,
                                  "precondition_epsilon": 1.0}),
    ]


def event_cases():
    """As above, from starts that are not as small."""
    return [Case(c.name, {**{k: v for k, v in c.settings.items() if k != "lr"},
                          "gamma": [2.0, 1.0, .4, .4], "d": 4,
                          "s0": [1e-3, 1e-5, .1, 1e-2],
                          **({"sigma": [2.5, 1.0, .75, 2.0]}
                             if "sigma" in c.settings else {})})
            for c in cases() if "," not in c.name]


def closed(case, rows):
    m, wanted = case.settings, []
    for j, (gamma, start) in enumerate(zip(m["gamma"], m["s0"])):
        g, s0 = D(gamma), D(start)
        if "precondition" in m:
            row = preconditioned(m, g, s0)
        else:
            sg = D(m["sigma"][j]) if "sigma" in m else g
            rate = sg - D(m.get("nu", 1)) * (sg - g) if "sigma" in m else g
            part = sg * sg * s0 * s0 / rate  # of the plateau
            row = {"s_final": rate.sqrt() / sg, "tau": -part.ln() / (8 * rate),
                   "half_time": ((1 - part) / part).ln() / (8 * rate)}
            if "lr" in m:
                row["steps"] = -part.ln() / (2 * (1 + 4 * D(m["lr"]) * rate).ln())
        wanted.append({"gamma": g, "s0": s0, **row})
    return wanted


def preconditioned(m, g, s0):
    """left: 8 gamma t = r ln λ - (1 + r) ln(1 - λ) from λ0 to 1/2; log-det by partial
    fractions over p and -n; descent step by step."""
    r, lam = D(m["precondition_epsilon"]), g * s0 * s0
    if m["precondition"] == "left":
        half = D("0.5")
        clock = lambda x: (r * x.ln() - (1 + r) * (1 - x).ln()) / (8 * g)
        pull = lambda x: 4 * (1 - x) / (x + r)
    else:
        mu = D(m["mu"])
        both = ((1 + r) ** 2 + 2 * mu).sqrt()
        p, n = (1 - r + both) / 2, (r - 1 + both) / 2
        half = p / 2
        clock = lambda x: (r / (p * n) * x.ln() - (p + r) / (p * (p + n))
                           * (p - x).ln() + (n - r) / (n * (p + n))
                           * (x + n).ln()) / (8 * g)
        pull = lambda x: 4 * (1 - x) + 2 * mu / (x + r)
    time = clock(half) - clock(lam)
    row = {"s_final": (2 * half / g).sqrt(), "tau": time, "half_time": time}
    if "lr" in m:
        row["steps"] = D(descended(m, g, s0, half, pull))
    return row


def descended(m, g, s, half, pull):
    lr, k = D(m["lr"]), 0
    while g * s * s < half:
        s += lr * g * s * pull(g * s * s)
        k += 1
    return k


def measured(case, rows):
    """Rows of steps.csv go by falling gamma, those of predict as given."""
    half = {j: row["half_time"] for j, row in enumerate(closed(case, rows), 1)}
    return [{"tau_measured": half[int(row["mode"])]} for row in rows]


class Growth(Way):
    """half_time_generic of --json, a row for each mode."""

    def run(self, group, case):
        found = program.summary("predict", group.model, case.words)
        return [{"half_time_generic": t} for t in found["half_time_generic"]]


def growth_cases():
    small = {"Gamma": rotated([1, .6, .2], 1), "W0": drawn(2, 3, 1e-3, 2)}
    along = matrix(exact.diagonal([1, .6, .25]))
    return [
        Case("three modes, two rows", small),
        Case("nearly equal", {"Gamma": rotated([.51, .5, .1], 3),
                              "W0": drawn(2, 3, 1e-4, 4)}),
        Case("a third mode that starts larger", {
            "Gamma": matrix(exact.diagonal([1, .5, .45])),
            "W0": matrix([[1e-3, 2e-7, 3e-2], [2e-3, 1e-6, -1e-2]])}),
        Case("indefinite", {"Gamma": rotated([1, .3, -.5], 5),
                            "W0": drawn(2, 3, 1e-3, 6)}),
        Case("vicreg", {"Gamma": along, "loss": "vicreg", "nu": .75,
                        "Sigma": matrix(exact.diagonal([1.25, 1, .5])),
                        "W0": drawn(2, 3, 1e-3, 7)}),
    ]


def grown(case, rows):
    """Where the k-th eigenvalue of Z e^(4rt) G e^(4rt) Z^T is 1, Z = W(0) in the
    basis of Γ, over the modes that grow: G and the rates r are Γ's eigenvalues, or
    σ²/r and σ - ν(σ - γ). It is read in its logarithm, of slope 8 r_k nearly."""
    m = case.settings
    gamma, V = exact.eigen(exact.decimals(m["Gamma"]))
    if "Sigma" in m:  # of diagonals alone
        sigma = [D(m["Sigma"][j][j]) for j in range(len(gamma))]
        rate = [s - D(m["nu"]) * (s - g) for s, g in zip(sigma, gamma)]
        weight = [s * s / r for s, r in zip(sigma, rate)]
    else:
        rate = weight = gamma
    Z = exact.product(exact.decimals(m["W0"]), exact.turn(V))
    some = [j for j, r in enumerate(rate) if r > 0]

    def excess(t, k):
        """ln of that eigenvalue."""
        size = [weight[j] * (8 * rate[j] * t).exp() for j in some]
        M = [[sum(g * a[j] * b[j] for g, j in zip(size, some)) for b in Z]
             for a in Z]
        return exact.eigen(M)[0][k].ln()

    wanted = []
    for k in range(len(Z)):
        high = D(1)
        while excess(high, k) < 0:
            high += high / 2
        wanted.append({"half_time_generic": exact.root(
            lambda t: excess(t, k), lambda t: 8 * rate[k], D(0), high)})
    return wanted


def by(method, rtol):
    return Events(f"{method} {rtol:g}", {CLOSED: 100 * rtol},
                  {"solver.method": method, "solver.rtol": rtol,
                   "solver.atol": rtol * 1e-4})


GROUPS = [
    Group("barlow-twins", "step times", cases, {CLOSED: closed},
          [Way("exact", {CLOSED: 8 * U})], command="predict"),
    Group("barlow-twins", "steps of a flow", event_cases, {CLOSED: measured},
          [by("dop853", 1e-9), by("rosenbrock", 1e-6)]),
    Group("barlow-twins", "half times by linear growth", growth_cases,
          {CLOSED: grown}, [Growth("exact", {CLOSED: 1e-11})], command="predict",
          note="with all modes of Γ counted, to which the program's root is looked "
          "for to 1e-11 in the logarithm."),
]
