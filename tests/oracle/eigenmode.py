"""Writes eigenmode.csv: p(t) and s(t) of an eigenmode at constant tau to 30
digits, at doubles. Run: python3 eigenmode.py > eigenmode.csv (python3-mpmath);
and eigenmode_points.csv, stationary points and the real parts of eigenvalues:
python3 eigenmode.py --points > eigenmode_points.csv.

p' = -b (p - r1)(p - r2)(p - r3) is integrated by partial fractions over the
three roots, complex ones too, at so many digits that nothing need be arranged:
t = -(1/b) sum_i ln((p - r_i)/(p0 - r_i))/prod_j(r_i - r_j); equal roots are
taken apart by 1e-70. s comes from the invariant. Some rows are checked against
a Taylor series integrator of the two equations themselves (--check). The points
are roots of the equations, found numerically, and the Jacobian is differentiated
numerically, at 60 digits."""

import random
import sys

from mpmath import diff, eig, exp, findroot, log, matrix, mp, mpc, mpf, nstr, odefun, sqrt

mp.dps = 330
APART = mpf(10) ** -70


def roots(b, T, eta, A):
    """Roots of (p^2 + A)(T - b p) - eta p (eta = 0 or A = 0)."""
    if A == 0:
        R = sqrt(mpc(T * T - 4 * eta * b))
        r = [mpc(0), (T - R) / (2 * b), (T + R) / (2 * b)]
    else:
        q = sqrt(mpc(-A))
        r = [q, -q, mpc(T / b)]
    scale = max(abs(x) for x in r) or mpf(1)
    r[1] += APART * scale if abs(r[1] - r[0]) < APART * scale else 0
    for i in (0, 1):
        if abs(r[2] - r[i]) < APART * scale:
            r[2] += 2 * APART * scale
    return r


def time(p, p0, b, r):
    total = mpf(0)
    for i in range(3):
        weight = mpf(1)
        for j in range(3):
            if j != i:
                weight *= r[i] - r[j]
        total += (log((p - r[i]) / (p0 - r[i])) / weight).real
    return -total / b


def flow(p0, t, b, T, eta, A):
    """p at t. In s >= 0 with p = limit + (p0 - limit) e^{-s}."""
    r = roots(b, T, eta, A)
    slope = (p0 * p0 + A) * (T - b * p0) - eta * p0
    if t == 0 or slope == 0:
        return p0
    real = sorted(x.real for x in r if abs(x.imag) < mpf(10) ** -200)
    if slope < 0:
        limit = max(x for x in real if x < p0)
    else:
        limit = min(x for x in real if x > p0)
    at = lambda s: limit + (p0 - limit) * exp(-s)
    low, high = mpf(0), abs(slope / (p0 - limit)) * t + mpf(10) ** -30
    while high < 520 and time(at(high), p0, b, r) < t:
        low, high = high, 2 * high
    if high >= 520 and time(at(mpf(520)), p0, b, r) < t:
        if limit == 0:
            return None
        return limit
    for _ in range(70):
        middle = (low + high) / 2
        if time(at(middle), p0, b, r) < t:
            low = middle
        else:
            high = middle
    p = at((low + high) / 2)
    for _ in range(4):
        rate = (p * p + A) * (T - b * p) - eta * p
        p += rate * (t - time(p, p0, b, r))
    return p


def deep(p0, t, b, T, eta, A):
    """Collapse onto 0 with a rate, whatever its depth: from p = 1e-80 on."""
    r = roots(b, T, eta, A)
    end = p0 if abs(p0) < mpf(10) ** -80 else mpf(10) ** -80 * (1 if p0 > 0 else -1)
    return end * exp(-eta * (t - time(end, p0, b, r)))


def parabola(p0, alpha, eta, b, ld, tau, t):
    T = mpf(ld) * mpf(tau)
    args = (mpf(p0), mpf(t), mpf(b), T, mpf(eta), mpf(0))
    p = flow(*args)
    if p is None:
        p = deep(*args)
    return p, p * p / mpf(alpha)


def level(p0, s0, alpha, b, ld, tau, t):
    A = mpf(alpha) * mpf(s0) - mpf(p0) ** 2
    p = flow(mpf(p0), mpf(t), mpf(b), mpf(ld) * mpf(tau), mpf(0), A)
    if p is None:
        return None, None
    return p, (p * p + A) / mpf(alpha)


def row(p0, s0, tau, alpha, eta, b, ld, t, p, s):
    if p is None:
        return
    inputs = ",".join(repr(float(x)) for x in (p0, s0, tau, alpha, eta, b, ld, t))
    print(inputs + "," + nstr(p, 30) + "," + nstr(s, 30))


def on(p0, eta, t, b=1.09, ld=1.0, tau=1.0, alpha=1.0):
    s0 = p0 * p0 / alpha
    row(p0, s0, tau, alpha, eta, b, ld, t, *parabola(p0, alpha, eta, b, ld, tau, t))


def off(p0, s0, t, b=1.09, ld=1.0, tau=1.0, alpha=1.0):
    row(p0, s0, tau, alpha, 0.0, b, ld, t, *level(p0, s0, alpha, b, ld, tau, t))


def extremes():
    count = 0
    for eta in (0.0, 1e-12, 1e-4, 0.04, 0.22, 0.24, 10.0):
        for p0 in (1e-8, 1e-3, 0.05, 0.8, 10.0):
            for t in (1e-6, 1.0, 80.0, 1e6):
                if eta * t > 1e4:
                    continue
                on(p0, eta, t, alpha=(1e-6, 1.0, 1e6)[count % 3])
                count += 1


def threshold():
    for k in range(1, 15):
        for sign in (1, -1):
            top = 1 / (4 * 1.09)
            eta = top * (1 + sign * 10.0**-k)
            root = 1 / (2 * 1.09)
            for p0, t in ((root * 1.5, 200.0), (root * 0.8, 60.0), (root * (1 + 1e-3), 3e4)):
                on(p0, eta, t)
    for p0 in (0.2, 0.25, 0.25 + 2**-40, 0.25 - 2**-40, 1.0):
        for t in (0.5, 30.0, 1e4):
            on(p0, 0.125, t, b=2.0)


def saddle():
    for b, eta in ((1.0, 0.01), (1.09, 0.04), (1.0, 0.1875)):
        minus = 2 * eta / (1 + (1 - 4 * eta * b) ** 0.5)
        for k in range(2, 16):
            for sign in (1, -1):
                on(minus * (1 + sign * 10.0**-k), eta, 20.0 * k, b=b)
        on(minus, eta, 100.0, b=b)


def other_signs():
    for t in (1e-3, 1.0, 50.0, 3e3):
        on(-0.3, 0.04, t)
        on(-5.0, 0.3, t)
        on(0.3, 0.04, t, tau=-1.0)
        on(0.3, 0.04, t, tau=0.0)
        on(0.3, 0.0, t, tau=0.0)
        on(0.3, 0.0, t, tau=-0.5)
        on(-0.3, 0.0, t)
        on(-0.3, 0.04, t, tau=-1.0)
    for p0 in (0.02, 1e-150, -0.4, 0.041):
        for t in (17000.0, 9000.0, 18500.0):
            on(p0, 0.04, t)
    for p0 in (1e3, 1e5):
        for t in (1e-9, 1e-3, 10.0):
            on(p0, 0.04, t)
            on(p0, 0.3, t)


def corners():
    for p0 in (3e6, 1e8, 1e10):
        for t in (1e-15, 1e-13, 3e-13):
            on(p0, 0.04, t)
            on(p0, 0.3, t)
            on(p0, 0.04, t, tau=-1.0)
    for t in (1e14, 1e15, 1e16):
        on(5e-16, 1e-15, t)  # the saddle is at 1e-15
        on(2e-15, 1e-15, t)
        on(9.9999e-26, 1e-25, 1e10 * t)
    for t in (1e-28, 1e-26, 1e-24):
        off(1e-14, 1e24, t, ld=1e-9)  # p0, p* and sqrt(A) far apart
    for t in (0.5, 1.5, 1.6):
        off(-150.0, 22500 + 4e-11, t, b=0.2, ld=600.0)  # p is small for long
        off(-150.0, 22500 + 4e-7, t, b=0.2, ld=600.0)


def levels():
    for e in [0.0] + [s * 10.0**-k for k in (1, 4, 8, 12, 15) for s in (1, -1)]:
        for t in (0.5, 20.0, 2e3):
            off(1.0, 0.75, t, b=1.0, ld=0.5 * (1 + e))  # q = 1/2, p* = q(1 + e)
    for p0 in (-0.7, -1e-8, 0.0, 1e-8, 0.3, 5.0):
        for s0 in (1e-12, 1e-3, 0.5):
            for t in (1e-6, 1.0, 40.0):
                off(p0, s0, t, alpha=(1.0, 1e6, 1e-6)[int(t) % 3])
    for t in (1.0, 30.0, 200.0):
        off(0.5, 1e-13, t)
        off(-0.5, 1e-13, t)
        off(0.95, 1e-13, t)
        off(0.5, 0.01, t, tau=0.0)
        off(0.2, 0.9, t, tau=-1.0)
        off(0.3, 0.09 * (1 + 1e-13), t)
        off(0.3, 0.09 * (1 - 1e-13), t)


def anywhere():
    draw = random.Random(4)
    log10 = lambda a, b: 10 ** draw.uniform(a, b)
    for _ in range(150):
        ld, tau, b = log10(-1, 1), log10(-1, 1), log10(-1, 1)
        eta = (ld * tau) ** 2 / (4 * b) * log10(-2, 0.5)
        scale = ld * tau / b
        on(scale * log10(-3, 1), eta, log10(-2, 2.5) / eta / 4, b, ld, tau, log10(-6, 6))
    for _ in range(100):
        ld, tau, b, alpha = log10(-1, 1), log10(-1, 1), log10(-1, 1), log10(-3, 3)
        p0 = draw.choice((1, -1)) * log10(-3, 1)
        s0 = p0 * p0 / alpha * log10(-2, 2)
        off(p0, s0, log10(-2, 1.5) / (ld * tau) / abs(p0), b, ld, tau, alpha)


def check():
    mp.dps = 40
    for p0, s0, eta, alpha, b, T, t in (
        (0.1, 0.01, 0.04, 1, 1.09, 1, 5),
        (0.3, 0.09, 0.24, 1, 1.09, 1, 5),
        (1.0, 0.75, 0, 1, 1, 0.5, 3),
        (-0.4, 0.3, 0, 2, 1.5, 1, 3),
    ):
        p, s, h, a, bb, TT = map(mpf, (p0, s0, eta, alpha, b, T))
        f = lambda _, y: [
            a * y[1] * (TT - bb * y[0]) - h * y[0],
            2 * y[0] * y[1] * (TT - bb * y[0]) - 2 * h * y[1],
        ]
        s = p * p / a if eta else s
        want = odefun(f, 0, [p, s])(t)
        A = a * s - p * p if eta == 0 else mpf(0)
        mp.dps = 330
        got = flow(p, mpf(t), bb, TT, h, A)
        mp.dps = 40
        assert abs(got / want[0] - 1) < mpf(10) ** -30
        assert abs((got * got + A) / a / want[1] - 1) < mpf(10) ** -30


def jacobian(f, at):
    n = len(at)
    J = matrix(n, n)
    for j in range(n):
        for i in range(n):
            g = lambda x: f(*(at[:j] + [x] + at[j + 1 :]))[i]
            J[i, j] = diff(g, at[j], h=mpf(10) ** -25)
    return J


def point(kind, inputs, f, at):
    eigenvalues = sorted(x.real for x in eig(jacobian(f, at), left=False, right=False))
    cells = [repr(float(x)) for x in inputs] + [kind]
    cells += [nstr(x, 25) for x in at + [1] * (3 - len(at)) + eigenvalues]
    print(",".join(cells + ["nan"] * (3 - len(eigenvalues))))


def points_of(alpha, eta_p, eta_s, beta, b, ld, tau0, ema):
    inputs = (alpha, eta_p, eta_s, beta, b, ld, tau0, ema)
    a, hp, hs, be, bb, l, tau = map(mpf, inputs[:7])
    if ema:
        tau = mpf(1)

    def f(p, s, x=tau):
        r = l * x - bb * p
        rates = [a * s * r - hp * p, 2 * p * s * r - 2 * hs * s]
        return rates + ([be * (1 - x) - x * (p * r - hs)] if ema else [])

    T = l * tau
    tail = [tau] if ema else []
    gap = T * T - 4 * hs * bb
    if gap > 0:
        for kind, sign in (("saddle", -1), ("stable", 1)):
            p = findroot(lambda p: bb * p * p - T * p + hs, (T + sign * sqrt(gap)) / (2 * bb) * (1 + mpf(10) ** -20))
            s = findroot(lambda s: f(p, s)[0], hp * p * p / (a * hs) * (1 + mpf(10) ** -20))
            assert max(abs(x) for x in f(p, s)) < mpf(10) ** -45 * (1 + s)
            point(kind, inputs, f, [p, s] + tail)
    if ema and be > hs:
        point("collapsed", inputs, f, [mpf(0), mpf(0), be / (be - hs)])


def points():
    mp.dps = 60
    print("alpha_p,eta_p,eta_s,beta,lambda_s,lambda_d,tau0,ema,kind,p,s,tau,eig_1,eig_2,eig_3")
    draw = random.Random(9)
    log10 = lambda a, b: 10 ** draw.uniform(a, b)
    for i in range(90):
        b, ld, tau0 = log10(-0.5, 0.5), log10(-0.5, 0.5), log10(-0.5, 0.5)
        ema = i % 3 > 0
        top = (ld * (1 if ema else tau0)) ** 2 / (4 * b)
        eta_s = top * (log10(-6, -0.01) if i % 5 else 1 - 10.0 ** -(1 + i // 8))
        eta_p = eta_s if i % 2 else eta_s * log10(-1.5, 1.5)
        points_of(log10(-3, 3), eta_p, eta_s, log10(-4, 1), b, ld, tau0, int(ema))


if "--check" in sys.argv:
    check()
elif "--points" in sys.argv:
    points()
else:
    print("p0,s0,tau0,alpha_p,eta,lambda_s,lambda_d,t,p,s")
    for part in (extremes, threshold, saddle, other_signs, corners, levels, anywhere):
        part()
