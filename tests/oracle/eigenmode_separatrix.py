"""Prints the boundary of an eigenmode's basin to 20 digits, for the table in
tests/models/test_separatrix.c. Run: python3 eigenmode_separatrix.py
(python3-mpmath; minutes).

Bisection in p0 with the Taylor series of eigenmode_flow.py at 60 digits. With S
= sqrt(alpha_p s) and Q = tau S, an orbit on which p, S and Q are all above 0.9
p+ survives, one on which all are below p-/2 in size collapses (the regions of
theory's parabola; the cells are such that c has gone by then)."""
import eigenmode_flow as flow
from mpmath import mp, mpf, nstr, sqrt

CELLS = [  # alpha_p, eta, beta, lambda_s, ema, s0, tau0, p0 below, p0 above
    (1, 0.04, 0.4, 1.09, 1, 0.001, 0, 0.0853, 0.0854),
    (1, 0.04, 0.4, 1.09, 1, 0.001, 0, 1.9437, 1.9438),
    (3, 0.1, 0.05, 1.2, 1, 0.3, 0.5, -0.95, 0.9),
    (0.5, 0.02, 1.5, 1.0, 1, 0.02, 0, -0.1, 0.2),
    (1, 0.04, 0.4, 1.09, 0, 0.001, 1, 0.0656, 0.0657),
    (1, 0.04, 0.4, 1.09, 0, 0.001, 1, 1.6239, 1.6240),
    (1, 0.04, 0.4, 1.09, 0, 0.01, 1, -0.0513, -0.0512),
]


def survives(cell, p0):
    alpha, eta, beta, lam, ema, s0, tau0 = [mpf(float(x)) for x in cell[:7]]
    full = (alpha, eta, eta, beta, lam, mpf(1), ema, p0, s0, tau0)
    root = sqrt(1 - 4 * eta * lam)
    low, high = (1 - root) / (2 * lam), (1 + root) / (2 * lam)
    y = [p0, sqrt(s0), tau0 * sqrt(s0)]
    while True:
        parts = flow.taylor(full, y)
        h = mpf("0.25") * flow.radius(parts)
        y = [sum(c * h**n for n, c in enumerate(x)) for x in parts]
        S, Q = sqrt(alpha) * y[1], sqrt(alpha) * y[2]
        if min(y[0], S, Q) > mpf("0.9") * high:
            return True
        if max(abs(y[0]), abs(S), abs(Q)) < mpf("0.5") * low:
            return False


if __name__ == "__main__":
    for cell in CELLS:
        a, b = mpf(str(cell[7])), mpf(str(cell[8]))
        at_a = survives(cell, a)
        assert at_a != survives(cell, b), cell
        while b - a > mpf(10) ** -21:
            middle = (a + b) / 2
            if survives(cell, middle) == at_a:
                a = middle
            else:
                b = middle
        print(cell[:7], nstr((a + b) / 2, 20), flush=True)
