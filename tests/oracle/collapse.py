"""Writes collapse.csv: the metrics of spectra to 50 digits, from their
definitions (theory.md 8). Run: python3 collapse.py > collapse.csv
(python3-mpmath). A spectrum of doubles stands in the row itself, falling,
separated by blanks. Values on the bound 1e-6 sigma_1 are neither dead nor in
the fit."""
import math
import random
from mpmath import mp, mpf, exp, log, nstr

mp.dps = 60
random.seed(8)

SPECTRA = {
    "ramp": [4.0, 3.0, 2.0, 1.0],
    "geometric": [0.9**k for k in range(64)],
    "flat": [0.125] * 512,
    "rank-one": [3.0] + [0.0] * 15,
    "power": [(k + 1) ** -0.7 for k in range(100)],
    "normal": sorted((abs(random.gauss(0, 1)) for _ in range(30)), reverse=True),
    "gap": [2.0, 1.9, 1e-3, 1e-5, 3e-7, 1e-9, 0.0],
    "large": [1.5e308, 1e308, 7e303],
    "small": [1e-300, 4e-301, 2e-305],
}

print("case,auc,rankme,alpha_req,participation_ratio,n_dead,sigma")
for name, sigma in SPECTRA.items():
    s = [mpf(x) for x in sigma]
    d, total = len(s), sum(s)
    auc = sum(sum(s[: j + 1]) / total for j in range(d)) / d
    rankme = exp(-sum(x / total * log(x / total) for x in s if x > 0))
    participation = sum(x**2 for x in s) ** 2 / sum(x**4 for x in s)
    dead = sum(x < mpf(10) ** -6 * s[0] for x in s)
    kept = [(log(j + 1), log(x**2)) for j, x in enumerate(s) if x > mpf(10) ** -6 * s[0]]
    alpha = math.inf
    if len(kept) > 1:
        n = len(kept)
        mx, my = sum(p[0] for p in kept) / n, sum(p[1] for p in kept) / n
        alpha = -sum((x - mx) * (y - my) for x, y in kept) / sum(
            (x - mx) ** 2 for x, _ in kept
        )
    show = lambda x: "inf" if x == math.inf else nstr(mp.chop(x, 1e-50), 50)
    print(
        f"{name},{show(auc)},{show(rankme)},{show(alpha)},{show(participation)},"
        f"{dead},{' '.join(map(repr, sigma))}"
    )
