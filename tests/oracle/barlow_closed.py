"""Writes barlow_closed.csv: the closed form of an aligned Barlow Twins mode to
50 digits, at doubles gamma, s0, t. Run: python3 barlow_closed.py > barlow_closed.csv
(python3-mpmath). The formula is evaluated as printed in theory.md, section 1,
with 400 digits to spare, so that it shares no rearrangement with the program."""
from mpmath import mp, mpf, exp, sqrt, nstr

mp.dps = 900

GAMMAS = [1.0, 0.4, 9.3, 117.3, 1e-3, 2.5e-7, 0.0, -0.5, -2e-3, -37.1]
STARTS = [1e-6, 0.1, 1.0, 1.7, 3e-9, 1e-170, 25.0]
TIMES = [1e-3, 0.0271, 0.5, 1.0, 3.3, 7.9, 17.123456789, 61.0, 250.7, 1000.0]


def closed(gamma, s0, t):
    g, s, t = mpf(gamma), mpf(s0), mpf(t)
    if g == 0:
        return s, mpf(0)
    lam = 1 / (1 + (1 / (g * s * s) - 1) * exp(-8 * g * t))
    st = s * exp(4 * g * t) / sqrt(1 + s * s * g * (exp(8 * g * t) - 1))
    return st, lam


print("gamma,s0,t,s,lambda,one_minus_lambda")
for gamma in GAMMAS:
    for s0 in STARTS:
        for t in TIMES:
            s, lam = closed(gamma, s0, t)
            print(
                f"{gamma!r},{s0!r},{t!r},{nstr(s, 50)},{nstr(lam, 50)},{nstr(1 - lam, 50)}"
            )
