"""References with 50 digits that stand under tests/oracle, as cases."""
import ast
import csv
import os

from group import Case
from program import matrix

ORACLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../oracle")


def rows(name):
    with open(os.path.join(ORACLE, name), newline="") as file:
        yield from csv.DictReader(file)


def grouped(table, *keys):
    found = {}
    for row in table:
        found.setdefault(tuple(row[k] for k in keys), []).append(row)
    return found


def barlow_aligned():
    """All gamma of one start and all times in one run."""
    cases = []
    for (s0,), part in grouped(rows("barlow_closed.csv"), "s0").items():
        at = grouped(part, "t")
        gammas = [r["gamma"] for r in next(iter(at.values()))]
        known = [{k: v for j, r in enumerate(group, 1) for k, v in
                  ((f"lambda_{j}", r["lambda"]), (f"W_{j}_{j}", r["s"]))}
                 for group in at.values()]
        cases.append(Case(
            f"s0={s0}", {"gamma": [float(g) for g in gammas],
                         "s0": [float(s0)] * len(gammas), "d": len(gammas),
                         "output.state": "on"},
            [float(t) for (t,) in at], known=known))
    return cases


def barlow_family():
    """All modes and times of one law in a run; the table has some of each."""
    cases = []
    for (rule, a, b), part in grouped(
            rows("barlow_family.csv"), "law", "a", "b").items():
        modes = sorted({(float(r["gamma"]), float(r["s0"])) for r in part},
                       reverse=True)
        times = sorted({float(r["t"]) for r in part})
        known = [{} for _ in times]
        for r in part:
            j = modes.index((float(r["gamma"]), float(r["s0"]))) + 1
            known[times.index(float(r["t"]))][f"lambda_{j}"] = r["lambda"]
        settings = {"gamma": [g for g, _ in modes], "s0": [s for _, s in modes],
                    "d": len(modes)}
        if rule == "vicreg":
            settings.update(loss="vicreg", nu=float(b),
                            sigma=[float(a)] * len(modes))
        else:
            settings.update(precondition=rule, precondition_epsilon=float(a))
        if rule == "logdet":
            settings["mu"] = float(b)
        cases.append(Case(f"{rule} {a} {b}", settings, times, known=known))
    return cases


def eigenmodes():
    """At constant tau, the modes that share a time."""
    keys = ("p0", "s0", "tau0", "alpha_p", "eta", "lambda_s", "lambda_d")
    cases = []
    for (t,), part in grouped(rows("eigenmode.csv"), "t").items():
        if len(part) < 4:
            continue
        settings = {k: [float(r[k]) for r in part] for k in keys}
        known = {k: v for j, r in enumerate(part, 1) for k, v in
                 ((f"p_{j}", r["p"]), (f"s_{j}", r["s"]))}
        cases.append(Case(f"table, t={float(t):g}", {**settings, "ema": "off"},
                          [float(t)], known=[known], skip=("stepper",)))
    return cases


def eigenmode_flows():
    keys = ("p0", "s0", "tau0", "alpha_p", "eta_p", "eta_s", "beta", "lambda_s",
            "lambda_d")
    cases = []
    table = [r for r in rows("eigenmode_flow.csv") if float(r["ema"]) == 1]
    for (t,), part in grouped(table, "t").items():
        settings = {k: [float(r[k]) for r in part] for k in keys}
        known = {k: v for j, r in enumerate(part, 1) for k, v in
                 ((f"p_{j}", r["p"]), (f"s_{j}", r["s"]), (f"tau_{j}", r["tau"]))}
        cases.append(Case(f"table, t={float(t):g}", settings, [float(t)],
                          known=[known]))
    return cases


def eigenmode_points():
    """A run with EMA and one without; known: of each mode {kind: columns}."""
    keys = ("alpha_p", "eta_p", "eta_s", "beta", "lambda_s", "lambda_d", "tau0")
    cases = []
    for (ema,), half in grouped(rows("eigenmode_points.csv"), "ema").items():
        found = grouped(half, *keys)
        known = [{r["kind"]: {k: r[k] for k in
                              ("p", "s", "eig_1", "eig_2", "eig_3") if r[k]}
                  for r in part} for part in found.values()]
        settings = {k: [float(where[i]) for where in found]
                    for i, k in enumerate(keys)}
        on = "on" if float(ema) else "off"
        cases.append(Case(f"table, ema={on}", {**settings, "ema": on}, known=known))
    return cases


def by_words(name):
    """Tables of lines case,set,WORD and case,t,NAME,VALUE."""
    words, known = {}, {}
    with open(os.path.join(ORACLE, name), newline="") as file:
        for line in file:
            case, kind, rest = line.rstrip("\n").split(",", 2)
            if kind == "set":
                key, value = rest.split("=", 1)
                words.setdefault(case, {})[key] = value
            else:
                column, value = rest.split(",")
                at = known.setdefault(case, {}).setdefault(float(kind), {})
                at[column] = value
    return words, known


def byol(model):
    words, known = by_words("byol.csv")
    cases = []
    for case, settings in words.items():
        if ("F0" in settings) != (model == "byol-symmetric"):
            continue
        cases.append(Case(f"table {case}",
                          {**{k: value(v) for k, v in settings.items()},
                           "output.state": "on"},
                          list(known[case]), known=list(known[case].values())))
    return cases


def value(text):
    if text.startswith("["):
        return matrix(ast.literal_eval(text))
    try:
        return float(text)
    except ValueError:
        return text


def contrastive():
    words, known = by_words("contrastive.csv")
    return [Case(f"table {c}", {k: value(v) for k, v in settings.items()},
                 list(known[c]), known=list(known[c].values()),
                 skip=("stepper",))
            for c, settings in words.items()]


def deep():
    """A mode a run: each has its own t*, which infinitely many digits precede."""
    cases = []
    for (sigma0, lam, eta, end), part in grouped(
            rows("deep.csv"), "sigma0", "lambda", "eta", "t_blowup").items():
        layers = matrix([[float(x)] for x in sigma0.split()])
        cases.append(Case(
            f"sigma0={sigma0} lambda={lam} eta={eta}",
            {"sigma0": layers, "lambda": float(lam), "eta": float(eta)},
            [float(r["t"]) for r in part],
            known=[{**{f"sigma_{i}_1": x for i, x in
                       enumerate(r["sigma"].split(), 1)}, "t_blowup": end}
                   for r in part], skip=("stepper",)))
    return cases


def population():
    """Of each time that many modes share, their c, a, s0, t and s."""
    found = {}
    with open(os.path.join(ORACLE, "population.csv"), newline="") as file:
        for kind, c, a, s0, t, s in csv.reader(file):
            if kind == "exact" and float(t) >= 0:
                found.setdefault(float(t), []).append((c, a, s0, t, s))
    return {t: [(c, a, s0, s) for c, a, s0, _, s in part]
            for t, part in found.items() if len(part) > 10}
