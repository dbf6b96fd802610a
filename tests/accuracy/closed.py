"""Closed forms in decimal arithmetic with 80 digits, from theory as printed: no
formula is arranged as the program's are, and no library is used."""
from decimal import Decimal as D
from decimal import getcontext

getcontext().prec = 80
getcontext().Emin, getcontext().Emax = -10**15, 10**15


def exp(x):
    return D(x).exp()


def barlow_mode(gamma, s0, t):
    """lambda and s of an aligned mode of Barlow Twins."""
    g, s, t = D(gamma), D(s0), D(t)
    if g == 0 or s == 0:
        return D(0), s
    grown = exp(8 * g * t)
    s = s * exp(4 * g * t) / (1 + s * s * g * (grown - 1)).sqrt()
    return g * s * s, s


def barlow_aligned(case, rows):
    got = case.settings
    wanted = []
    for t in case.times:
        modes = [barlow_mode(g, s, t) for g, s in zip(got["gamma"], got["s0"])]
        row = {f"lambda_{j}": lam for j, (lam, _) in enumerate(modes, 1)}
        row.update({f"W_{j}_{j}": s for j, (_, s) in enumerate(modes, 1)})
        row["loss"] = sum((1 - lam) ** 2 for lam, _ in modes)
        wanted.append(row)
    return wanted
