"""Writes barlow_family.csv: closed forms of the family of linear Barlow Twins to
50 digits, at doubles. Run: python3 barlow_family.py > barlow_family.csv
(python3-mpmath). law vicreg: a = sigma, b = nu; left: a = r; logdet: a = r, b =
mu. The last two are inverted by bisection in the logarithm of lambda/gap; the
implicit equation is checked against the rate of theory.md, section 1, by
numerical differentiation."""
from mpmath import mp, mpf, exp, expm1, log, log1p, sqrt, diff, nstr

mp.dps = 900


def vicreg(gamma, sigma, nu, s0, t):
    g, sg, n, s, t = map(mpf, (gamma, sigma, nu, s0, t))
    r = sg - n * (sg - g)
    u = s * s
    if r == 0:
        u = u / (1 + 8 * sg**2 * u * t)
    else:
        e = exp(8 * r * t)
        u = u * e / (1 + sg**2 * u * (e - 1) / r)
    return sqrt(u), g * u, 1 - sg * u


def coefficients(law, r, mu):
    if law == "left":
        return mpf(1), mpf(10) ** 60, r, 1 + r, mpf(0)  # C = 0: any n
    root = sqrt((1 + r) ** 2 + 2 * mu)
    p, n = (1 - r + root) / 2, (r - 1 + root) / 2
    return p, n, r / (p * n), (p + r) / (p * (p + n)), (n - r) / (n * (p + n))


def rate(law, gamma, r, mu, lam):
    if law == "left":
        return 8 * gamma * lam * (1 - lam) / (lam + r)
    return 4 * gamma * lam * (2 * (1 - lam) + mu / (lam + r))


def bisect(f, low, high):
    """Root of the rising f; high is doubled until it is beyond."""
    while f(high) < 0:
        low, high = high, 2 * high + 1
    for _ in range(330):
        middle = (low + high) / 2
        if f(middle) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def ridge(law, gamma, r, mu, s0, t):
    g, r, mu, s, t = map(mpf, (gamma, r, mu, s0, t))
    p, n, A, B, C = coefficients(law, r, mu)
    start = g * s * s
    x = 8 * g * t

    def phase(lam, gap):
        return (
            A * log(lam / start) - B * log(gap / (p - start)) + C * log((lam + n) / (start + n))
        )

    if g < 0:
        lam_at = lambda v: start * exp(-v)
        v = bisect(lambda v: -phase(lam_at(v), p - lam_at(v)) + x, mpf(0), mpf(1))
        lam = lam_at(v)
        gap = p - lam
    elif start < p:
        y0 = log(start / (p - start))
        at = lambda y: (p / (1 + exp(-y)), p / (1 + exp(y)))
        y = y0 + bisect(lambda d: phase(*at(y0 + d)) - x, mpf(0), mpf(1))
        lam, gap = at(y)
    elif start == p:
        lam, gap = p, mpf(0)
    else:
        at = lambda h: (p + (start - p) * exp(-h), (p - start) * exp(-h))
        h = bisect(lambda h: phase(*at(h)) - x, mpf(0), mpf(1))
        lam, gap = at(h)
    if abs(start) > 1e-6 and start != p:
        near = start * mpf("0.9")
        slope = diff(lambda l: phase(l, p - l) / (8 * g), near)
        assert abs(slope * rate(law, g, r, mu, near) - 1) < mpf(10) ** -20
    return sqrt(lam / g), lam, 1 - p + gap


def row(law, gamma, a, b, s0, t):
    values = vicreg(gamma, a, b, s0, t) if law == "vicreg" else ridge(law, gamma, a, b, s0, t)
    print(f"{law},{gamma!r},{a!r},{b!r},{s0!r},{t!r}," + ",".join(nstr(v, 50) for v in values))


print("law,gamma,a,b,s0,t,s,lambda,rest")
for gamma in [1.0, 0.4, -0.3, 0.0, 1e-9]:
    for sigma in [0.7, 1.3, 25.0, 1e-5]:
        for nu in [0.0, 0.3, 1.0, 1.7142857142857142]:
            for s0 in [1e-170, 3e-9, 0.8, 30.0]:
                for t in [0.0271, 1.0, 17.123456789]:
                    row("vicreg", gamma, sigma, nu, s0, t)

mp.dps = 90
BESIDE_ONE = [1.0 - 1e-9, 1.0 + 1e-9, 1.0, 0.9999]
for law, bs in (("left", [0.0]), ("logdet", [0.1, 3.0, 1e-7])):
    for r in [0.01, 1e-7, 0.8, 30.0]:
        for b in bs:
            for gamma in [1.0, 0.4, 2.5e-7, 117.3]:
                for s0 in [1e-170, 3e-9, 0.05, 0.7] + (BESIDE_ONE if gamma == 1 else []):
                    if gamma * s0 * s0 > 10:
                        continue
                    for x in [0.001, 0.3, 0.83, 2.1, 41.0]:
                        row(law, gamma, r, b, s0, x / gamma)
            for gamma in [-0.5, -2e-3]:
                for share in [1e-250, 1e-9, 0.1, 0.5]:
                    for x in [0.001, 0.3, 8.7, 300.0]:
                        row(law, gamma, r, b, float(mp.sqrt(share * r / -gamma)), x * r / -gamma)

# |lambda0| far above the plateau, where three logarithms cancel
for law, b in (("left", 0.0), ("logdet", 0.1), ("logdet", 3.0)):
    for r in [1e3, 1e7, 1e12]:
        for share in [0.01, 0.5]:
            for x in [0.1 / (share * r), 3 / (share * r), 0.3, 0.2 * r]:
                if law == "logdet" and x > 300:
                    continue
                row(law, -0.3, r, b, float(mp.sqrt(share * r / 0.3)), x / 0.3)
