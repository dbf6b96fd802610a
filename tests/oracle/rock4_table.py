"""Writes the rows of src/ode/rock4_table.c: per degree s the numbers of a
stabilised Runge-Kutta method of order 4 (Abdulle, SIAM J. Sci. Comput. 23
(2002) 2041-2054), derived here from its definition. Run, in some minutes:
/usr/bin/python3 rock4_table.py > rows (python3-scipy, python3-mpmath).

R(z) = w(x) P(x) / (w(x0) P(x0)), x = x0 + z (1 + x0)/l: P of degree s - 4
orthogonal for w^2/sqrt(1 - x^2), w = ((x-a)^2 + b^2) ((x-c)^2 + d^2). In
doubles first: a, b, c, d from R = exp + O(z^5) and |R| <= 0.95 where it
oscillates, x0 given (moving it only moves x = 1 between the last maximum and
the rest, and l by under a percent); four last stages with all conditions of
order 4, of whose two-parameter family these leave the least errors of order 5,
with a glance at the shape of the estimate of the error (rock4.c). Then to 40
digits, with d and two of the stages' numbers rounded and held."""
import numpy as np
from mpmath import mp, mpf, cos, sin, pi, matrix, lu_solve, sqrt
from scipy.optimize import least_squares

mp.dps = 40
DEGREES = [5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 19, 21, 24, 27, 30, 34, 38,
           43, 49, 56, 64, 74, 86, 100, 118, 140, 170, 200]
DAMPED = .95  # of R
GAMMA = [1, 2, 3, 6, 4, 8, 12, 24]  # trees of order 1, 2, 3, 3, 4, 4, 4, 4
GAMMA5 = np.array([5, 10, 20, 15, 30, 20, 40, 60, 120.])
SIGMA5 = np.array([24, 2, 2, 2, 1, 6, 1, 2, 1.])


def x0_of(s):  # (x0 - 1) s^2
    first = {5: 42, 6: 38, 7: 34, 8: 32, 9: 30}
    return first.get(s, 29 if s < 12 else 28 if s < 16 else 27 if s < 36
                     else 26)


def recurrence(s, u):
    """mu, kappa, l, and the coefficients 2 to 4 of R against exp's: P_j =
    (mu_j z + 1 + kappa_j) P_(j-1) - kappa_j P_(j-2). In y = (1 - x) s^2, so
    that nothing cancels near x = 1; u = (a, b, c, d, x0), as y too."""
    a, b, c, d, top = u
    m, k2 = s - 4, s * s
    n = m + 6  # Gauss-Chebyshev is then exact
    y = [2 * k2 * sin((2 * i + 1) * pi / (4 * n))**2 for i in range(n)]
    weight = [(((t + a)**2 + b * b) * ((t + c)**2 + d * d))**2 for t in y]
    size = sqrt(sum(weight))
    q0, q1, beta = [mpf(0)] * n, [1 / size] * n, mpf(0)
    taylor0, taylor1 = [mpf(0)] * 5, [mpf(1)] + [mpf(0)] * 4  # in x s^2
    mu, kappa, ratio = [], [], mpf(0)
    for _ in range(m):
        alpha = sum(w * t * q * q for w, t, q in zip(weight, y, q1))
        r = [(alpha - t) * q - beta * p for t, q, p in zip(y, q1, q0)]
        new = sqrt(sum(w * t * t for w, t in zip(weight, r)))
        q0, q1 = q1, [t / new for t in r]
        # scaled to 1 at x0; ratio is beta p_(j-1)/p_j there
        grow = top + alpha - ratio
        mu.append(1 / grow)
        kappa.append(ratio / grow)
        taylor0, taylor1 = taylor1, [
            (taylor1[i - 1] if i else 0) / grow
            + (1 + kappa[-1]) * taylor1[i] - kappa[-1] * taylor0[i]
            for i in range(5)]
        beta, ratio = new, new * new / grow
    for re, im in ((a, b), (c, d)):
        t = top - re
        quad = [t * t + im * im, 2 * t, mpf(1)]
        taylor1 = [sum(quad[j] * taylor1[i - j] for j in range(min(i, 2) + 1))
                   / quad[0] for i in range(5)]
    slope = taylor1[1]
    mu = [t / slope for t in mu]
    wrong = [taylor1[2] / slope**2 * 2 - 1, taylor1[3] / slope**3 * 6 - 1,
             taylor1[4] / slope**4 * 24 - 1]
    return mu, kappa, (2 * k2 + top) * slope, wrong


def newton(f, v):
    """Solves f(v) = 0, from near."""
    v = [mpf(t) for t in v]
    for _ in range(6):
        at, step = f(v), mpf(10)**-20
        if max(abs(t) for t in at) < mpf(10)**-33:
            break
        jacobian = matrix(len(v), len(v))
        for j in range(len(v)):
            w = list(v)
            w[j] += step
            for i, t in enumerate(f(w)):
                jacobian[i, j] = (t - at[i]) / step
        move = lu_solve(jacobian, matrix(at))
        v = [t - move[i] for i, t in enumerate(v)]
    assert max(abs(t) for t in f(v)) < mpf(10)**-30
    return v


def slopes(a, order):
    """Weights of h f(g) by tree from those of g."""
    d = [a[0]**0, a[0], a[0]**2, a[1], a[0]**3, a[0] * a[1], a[2], a[3]]
    if order == 5:
        d += [a[0]**4, a[0]**2 * a[1], a[1]**2, a[0] * a[2], a[0] * a[3],
              a[4], a[5], a[6], a[7]]
    return np.array(d)


def weights(mu, kappa, order):
    """By tree, of the stage before the last four."""
    g0 = np.array([mpf(0)] * (17 if order == 5 else 8))
    g1 = mu[0] * slopes(g0, order)
    for m, k in zip(mu[1:], kappa[1:]):
        g0, g1 = g1, m * slopes(g1, order) + (1 + k) * g1 - k * g0
    return g1


def finish(v, p, order):
    """Weights of the four slopes, and of the result."""
    d = [slopes(p, order)]
    for row in (v[0:1], v[1:3], v[3:6]):
        d.append(slopes(p + sum(c * t for c, t in zip(row, d)), order))
    return d, p + sum(c * t for c, t in zip(v[6:], d))


def rough_polynomial(s, near):
    """u in doubles, by the zeros of w P."""
    k2, m = s * s, s - 4
    top = x0_of(s)

    def f(v):
        u = 1 + np.append(v, top) / k2
        im = v[1::2] / k2
        n = m + 6
        x = np.cos((2 * np.arange(n) + 1) * np.pi / 2 / n)
        w = lambda t: (((t - u[0])**2 + im[0]**2)
                       * ((t - u[2])**2 + im[1]**2))
        q0, q1, beta = 0 * x, np.full(n, 1 / np.linalg.norm(w(x))), 0
        diagonal, side = np.zeros(m), np.zeros(m)
        for j in range(m):
            diagonal[j] = (w(x)**2 * x * q1 * q1).sum()
            r = (x - diagonal[j]) * q1 - beta * q0
            side[j] = beta = np.linalg.norm(w(x) * r)
            q0, q1 = q1, r / beta
        zeros = np.linalg.eigvalsh(np.diag(diagonal) + np.diag(side[:-1], 1)
                                   + np.diag(side[:-1], -1))
        t = np.cos(np.linspace(0, np.pi, 40 * s))
        high = np.abs(w(t) / w(u[4])
                      * np.prod((t[:, None] - zeros) / (u[4] - zeros), 1))
        pairs = np.array([u[0] + 1j * im[0], u[2] + 1j * im[1]])
        far = 1 / (u[4] - np.concatenate([zeros, pairs, pairs.conj()]))
        sums = [(far**j).sum().real for j in (1, 2, 3, 4)]
        return [sums[j] / sums[0]**(j + 1) for j in (1, 2, 3)] + [
            high.max() - DAMPED]

    shift = top - near[4]
    start = near[:4] + np.array([shift, 0, shift, 0])
    r = least_squares(f, start, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    assert r.cost < 1e-14, s
    return np.append(r.x, top)


def rough_finish(p, v):
    """v in doubles: the family's best."""
    p = p.astype(float)

    def f(v):
        d, y = finish(v, p, 5)
        four = np.array([[t[i] for t in [-p] + d] for i in range(4)])
        e = np.linalg.svd(four)[2][-1]
        shape = e[0] * -p + sum(c * t for c, t in zip(e[1:], d))
        shape = shape[4:8] / shape[7] * np.array(GAMMA[4:]) / 24
        return np.concatenate([1e5 * (y[:8] - 1 / np.array(GAMMA)),
                               (y[8:] - 1 / GAMMA5) / SIGMA5, 5e-4 * v,
                               1e-3 * (shape - 1)])

    return least_squares(f, v, max_nfev=500, xtol=1e-13, ftol=1e-13,
                         gtol=1e-13).x


def row(s, u, v):
    u = rough_polynomial(s, u)
    d, top = mpf(str(round(u[3], 6))), mpf(int(u[4]))
    abc = newton(lambda t: recurrence(s, t + [d, top])[3], u[:3])
    mu, kappa, length, _ = recurrence(s, abc + [d, top])
    v = rough_finish(weights(mu, kappa, 5), v)
    held = [mpf(str(round(v[i], 6))) for i in (2, 4)]
    join = lambda t: t[:2] + held[:1] + t[2:3] + held[1:] + t[3:]
    p = weights(mu, kappa, 4)
    wrong = lambda t: [x - mpf(1) / g
                       for x, g in zip(finish(join(t), p, 4)[1], GAMMA)]
    exact = join(newton(wrong, [v[i] for i in (0, 1, 3, 5, 6, 7, 8, 9)]))
    text = lambda t: mp.nstr(t, 18, strip_zeros=True)
    table = [("w", abc + [d]), ("a", exact[:6]), ("b", exact[6:])]
    lines = ["{.stages = %d, .x0 = %d, .length = %s" % (s, top, text(length))]
    for name, numbers in table:
        one = ", ".join(text(t) for t in numbers)
        lines.append(" .%s = {%s}" % (name, one))
    return u, v, ",\n".join(lines) + "},"


def main():
    u0 = np.array([25.257, 21.115, 12.244, 7.803, 27])  # at s = 20
    v0 = np.array([-.117, 1.015, -.653, -.065, .139, .469, .424, -.195, .166,
                   .284])
    rows = {}
    for chain in ([s for s in DEGREES[::-1] if s <= 21],
                  [s for s in DEGREES if s > 21]):
        u, v = u0, v0
        for s in chain:
            u, v, rows[s] = row(s, u, v)
    for s in DEGREES:
        print(rows[s])


if __name__ == "__main__":
    main()
