"""Writes eigenmode_flow.csv: trajectories of BYOL's decoupled eigenmodes to 30
digits, at doubles. Run: python3 eigenmode_flow.py > eigenmode_flow.csv
(python3-mpmath).

Taylor series of order 60 with 60 digits for the polynomial system in (p, w, a),
s = w^2 and tau = a/w, of theory.md 2 and 4:
    p' = alpha_p w q - eta_p p,  w' = p q - eta_s w,  a' = beta (w - a),
    q = lambda_d a - lambda_s p w
(without ema a = tau0 w). Where s0 = 0 it stays so and tau is that of an
infinitesimal w. Every trajectory is made twice, with steps of two lengths, and
the two must agree to 35 digits."""
import random
from mpmath import mp, mpf, nstr, sqrt

mp.dps = 60
ORDER = 60


def series(x, y, n):
    """Coefficient n of a product of series."""
    return sum(x[k] * y[n - k] for k in range(n + 1))


def taylor(cell, start):
    alpha, eta_p, eta_s, beta, lam_s, lam_d, ema, p0, s0, tau0 = cell
    drive = mpf(0) if s0 == 0 else alpha
    p, w, a = [[x] for x in start]
    pw, q = [], []
    for n in range(ORDER):
        pw.append(series(p, w, n))
        pull = a[n] if ema else tau0 * w[n]
        q.append(lam_d * pull - lam_s * pw[n])
        p.append((drive * series(w, q, n) - eta_p * p[n]) / (n + 1))
        w.append((series(p, q, n) - eta_s * w[n]) / (n + 1))
        a.append(beta * (w[n] - a[n]) / (n + 1) if ema else tau0 * w[n + 1])
    return p, w, a


def radius(parts):
    """A length that the last terms say the series converges on."""
    length = mpf("inf")
    for x in parts:
        size = max(abs(c) for c in x[:2]) + mpf(10) ** -500
        for n in (ORDER - 1, ORDER):
            if x[n] != 0:
                length = min(length, (size / abs(x[n])) ** (mpf(1) / n))
    return length


def follow(cell, times, share):
    s0, tau0 = cell[8], cell[9]
    w0 = mpf(1) if s0 == 0 else sqrt(s0)
    y, t, rows = [cell[7], w0, tau0 * w0], mpf(0), []
    for end in times:
        while t < end:
            parts = taylor(cell, y)
            h = min(share * radius(parts), end - t)
            y = [sum(c * h**n for n, c in enumerate(x)) for x in parts]
            t = end if h == end - t else t + h
        s = mpf(0) if s0 == 0 else y[1] ** 2
        rows.append((y[0], s, y[2] / y[1]))
    return rows


CHECKS = [  # theory.md 4
    ((1, 0.04, 0.04, 0.4, 1.09, 1, 0, 0.1, 0.02, 1), (1, 5, 10, 80)),
    ((1, 0.04, 0.04, 0.4, 1.0009, 1, 1, 0.1, 0.01, 0), (1, 10, 40)),
    ((2, 0, 0, 0.4, 1.5, 1, 0, 0.2, 0.1, 1), (1, 5)),
]
EXTREMES = [
    # s0 = 0; p0 = 0; both signs; w through 0 and tau through its pole
    ((1, 0.04, 0.04, 0.4, 1.09, 1, 1, 0.3, 0, 0), (1, 10, 100)),
    ((1, 0.04, 0.04, 0.4, 1.09, 1, 1, -0.3, 0, 0), (1, 4, 100)),
    ((1, 0.04, 0.04, 0.4, 1.09, 1, 1, 0, 0.4, 0), (0.01, 1, 30)),
    ((1, 0.04, 0.04, 0.4, 1.09, 1, 1, -0.3, 0.01, 0), (1, 10, 200)),
    ((3, 0.01, 0.01, 0.7, 1.09, 1, 1, -0.2, 0.5, 0.5), (1, 10, 60)),
    # deep collapse: tau to its end, at beta = eta, and running away
    ((1, 0.5, 0.5, 0.7, 1.09, 1, 1, 0.2, 0.1, 0), (10, 100, 400)),
    ((1, 0.25, 0.25, 0.25, 1.09, 1, 1, 0.2, 0.1, 0), (10, 100, 400)),
    ((1, 0.5, 0.5, 0.01, 1.09, 1, 1, 0.2, 0.1, 1), (10, 100, 400)),
    # tiny starts, large and small alpha_p, a stiff beta, a large tau0
    ((1, 1e-3, 1e-3, 0.4, 1.09, 1, 1, 1e-6, 1e-6, 0), (1, 100, 2000)),
    ((1e4, 0.04, 0.04, 0.4, 1.09, 1, 1, 0.1, 0.1, 0), (0.01, 1, 20)),
    ((1e-4, 0.04, 0.04, 0.4, 1.09, 1, 1, 0.1, 0.1, 0), (1, 20, 200)),
    ((1, 0.04, 0.04, 300, 1.09, 1, 1, 0.1, 0.1, 0), (0.01, 1, 20)),
    ((1, 0.04, 0.04, 0.02, 1.09, 1, 1, 0.1, 0.1, 50), (0.1, 1, 20)),
    # p far above, no decay, two decays, anisotropic
    ((1, 0.04, 0.04, 0.4, 1.09, 1, 1, 3, 1e-3, 0), (0.1, 1, 50)),
    ((1, 0, 0, 0.4, 1.09, 1, 1, 0.5, 0.1, 0), (1, 10, 100)),
    ((1, 0.1, 0, 0.4, 1.09, 1, 1, 0.5, 0.1, 0), (1, 10, 100)),
    ((1, 0.02, 0.1, 0.4, 1.09, 1, 1, 0.5, 0.1, 0), (1, 10, 100)),
    ((1, 0.04, 0.04, 0.4, 0.3, 0.7, 0, 0.3, 0.2, 0.8), (1, 10, 100)),
]


def random_cells(n):
    rng = random.Random(5)
    for k in range(n):
        eta = round(10 ** rng.uniform(-3, -0.5), 6)
        yield (
            (
                round(10 ** rng.uniform(-1, 1), 4),
                eta,
                eta if k % 4 else round(eta * rng.uniform(0.3, 3), 6),
                round(10 ** rng.uniform(-2, 0.5), 5),
                round(1 + rng.uniform(0, 0.6), 4),
                1.0 if k % 3 else round(rng.uniform(0.5, 1.5), 3),
                int(k % 5 != 0),
                round(rng.uniform(-0.3, 1), 4),
                round(10 ** rng.uniform(-4, 0), 6),
                round(rng.uniform(-0.2, 1.2), 3),
            ),
            (1.0, 10.0, 60.0),
        )


def table():
    names = "alpha_p,eta_p,eta_s,beta,lambda_s,lambda_d,ema,p0,s0,tau0"
    print(names + ",t,p,s,tau")
    for cell, times in CHECKS + EXTREMES + list(random_cells(24)):
        exact = tuple(mpf(float(x)) for x in cell)
        ends = [mpf(float(t)) for t in times]
        rows = follow(exact, ends, mpf("0.08"))
        again = follow(exact, ends, mpf("0.05"))
        for end, row, other in zip(ends, rows, again):
            for x, y in zip(row, other):
                assert abs(x - y) <= mpf(10) ** -35 * abs(x), (cell, end, x, y)
            words = [repr(float(x)) for x in cell] + [repr(float(end))]
            print(",".join(words + [nstr(x, 30) for x in row]))


if __name__ == "__main__":
    table()
