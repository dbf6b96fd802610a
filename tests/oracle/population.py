"""Writes population.csv: one mode of the Gaussian population flow at doubles,
to 50 digits. Run: python3 population.py > population.csv (python3-mpmath).

exact,c,a,s0,t,s(t) solves t = int ds/(2 s [c (2+s)/(1+s)^2 - a]) for s, the
integral by partial fractions over the roots of the denominator, at 200 digits,
by bisection: nothing in it is arranged against cancellation. A few rows are
checked against a Taylor series of the equation itself (--check). stable,c,a,,,s* is the root of
c (2+s) = a (1+s)^2."""

import random
import sys

from mpmath import exp, inf, ln, mp, mpf, nstr, odefun, sqrt

mp.dps = 200


def stable(c, a):
    r = mpf(a) / mpf(c)
    return (1 - 2 * r + sqrt(1 + 4 * r)) / (2 * r) if r else inf


def clock(c, a):
    """t(s) up to a constant."""
    c, a = mpf(c), mpf(a)
    if a == 0:
        return lambda s: (s + ln(s) / 2 - ln(s + 2) / 2) / (2 * c)
    r = a / c
    if r == 2:  # -(1+s)^2/(s^2 (2s+3)) = -1/(3 s^2) - 4/(9 s) - 1/(9 (2s+3))
        return lambda s: (1 / (3 * s) - 4 * ln(s) / 9 - ln(2 * s + 3) / 18) / (2 * c)
    root = sqrt(1 + 4 * r)
    p, q = (1 - 2 * r + root) / (2 * r), (1 - 2 * r - root) / (2 * r)
    weights = [
        (mpf(0), 1 / (-r * p * q)),
        (p, (1 + p) ** 2 / (-r * p * (p - q))),
        (q, (1 + q) ** 2 / (-r * q * (q - p))),
    ]
    return lambda s: sum(k * ln(abs(s - z)) for z, k in weights) / (2 * c)


def flow(c, a, s0, t):
    """s = s(z) runs from s0 at z = 0 to where it ends at z = inf."""
    s0, t = mpf(s0), mpf(t)
    rest = max(stable(c, a), mpf(0))
    tau = clock(c, a)
    start = tau(s0)
    up = (s0 < rest) == (t > 0)
    if t > 0 and 0 < rest < inf:
        if s0 < rest:
            odds = s0 / (rest - s0)
            far = lambda z: rest * odds * exp(z) / (1 + odds * exp(z))
        else:
            far = lambda z: rest + (s0 - rest) * exp(-z)
    elif t < 0 and 0 < rest < inf and s0 > rest:
        far = lambda z: rest + (s0 - rest) * exp(z)
    elif t < 0 and 0 < rest < inf:
        odds = s0 / (rest - s0)
        far = lambda z: rest * odds * exp(-z) / (1 + odds * exp(-z))
    else:
        far = lambda z: s0 * exp(z if up else -z)
    low, high = mpf(0), mpf(1)
    gone = lambda z: abs(tau(far(z)) - start) > abs(t)
    while not gone(high):
        high *= 2
        if high > 3000:
            return far(high)
    while high - low > mpf(10) ** -60 * high:
        mid = (low + high) / 2
        low, high = (low, mid) if gone(mid) else (mid, high)
    return far(low)


def cases():
    yield 1, 0.5, 0.01, 1
    yield 1, 0.5, 0.01, 5
    two = 2.0
    yield 1, two, 1e-200, 1e199
    yield 1, two, 0.7, 1e180
    yield 1, 1e14, 1e-3, 3e-13
    near = [two - 2**-52, two - 1e-12, two, two + 2**-51, two + 1e-12]
    for a in [0, 1e-30, 1e-8, 0.01, 0.3, 0.5, 0.75, 1, 1.5, 1.9999] + near + [2.1, 3, 40, 1e9, 1e40]:
        for s0 in [1e-300, 1e-20, 1e-3, 0.7, 1.7, 30, 1e12, 1e200]:
            for t in [1e-9, 0.1, 3, 40, 700, 1e12, -0.3, -20]:
                yield 1, a, s0, t
    for a in [0.01, 0.5, 1.5, 1.9999, two - 1e-12]:
        s = float(stable(1, a))
        for f in [1 - 1e-14, 1 + 1e-14, 1 - 1e-9, 1 + 1e-6]:
            for t in [1e-3, 2, 30, -1, -15]:
                yield 1, a, s * f, t
    for c, a in [(1e-40, 1e-41), (3e60, 1e60), (1e-5, 1), (7e8, 1e-3)]:
        for s0 in [1e-12, 0.4, 900]:
            for t in [1e-62, 1e-9, 1, 1e41, -0.01 / max(c, a)]:
                yield c, a, s0, t
    random.seed(6)
    for _ in range(120):
        c, r = 10 ** random.uniform(-3, 3), random.choice(
            [random.uniform(0, 3), 10 ** random.uniform(-6, 3)])
        yield c, r * c, 10 ** random.uniform(-30, 6), 10 ** random.uniform(-3, 2) / c


def check():
    for c, a, s0, t in [(1, 0.5, 0.01, 3), (1, 2, 0.7, 3), (1, 0, 0.2, 2), (1, 3, 5, 1), (1, 0.5, 5, -1)]:
        mp.dps = 40
        sign = 1 if t > 0 else -1
        f = lambda x, s: sign * 2 * s * (c * (2 + s) / (1 + s) ** 2 - a)
        want = odefun(f, 0, mpf(s0))(abs(t))
        mp.dps = 200
        print(c, a, s0, t, nstr(want, 30), nstr(flow(c, a, s0, t) / want - 1, 5))


def main():
    for c, a, s0, t in cases():
        c, a, s0, t = map(float, (c, a, s0, t))
        s = flow(c, a, s0, t)
        print("exact,%r,%r,%r,%r,%s" % (c, a, s0, t, nstr(s, 50)))
    ratios = [10.0**-k for k in (300, 250, 200, 100, 50, 20, 17, 16, 12, 8, 5, 3, 2, 1)]
    ratios += [0.2, 0.3, 0.4999999999999999, 0.5, 0.5000000000000001, 0.75, 1, 1.25, 1.5, 1.9, 1.999]
    ratios += [2 - 10.0**-k for k in (5, 8, 11, 13, 15)] + [2 - 2**-51, 2 - 2**-52]
    for a in ratios:
        for c in (1.0, 3.0, 1e-200, 7e100):
            b = a * c
            if b < 2 * c:
                print("stable,%r,%r,,,%s" % (c, b, nstr(stable(c, b), 50)))


if "--check" in sys.argv:
    check()
else:
    main()
