"""References with 50 digits that stand under tests/oracle, as cases."""
import csv
import os

from group import Case

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
