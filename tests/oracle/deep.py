"""Writes deep.csv: the closed form of an aligned mode of a deep linear network
under a fixed X with weight decay, to 50 digits at double arguments. Run:
/usr/bin/python3 deep.py > deep.csv (python3-mpmath). With sigma_l^2 = q + a_l
the time is a sum of logarithms (partial fractions), evaluated with 600 digits;
layers that start equal are set 1e-150 apart, which is worth less than 1e-80 in
the results. Two layers are held against theory.md's own formula here."""
from mpmath import mp, mpf, exp, log, expm1, log1p, sqrt, nstr, inf

mp.dps = 600
CASES = [  # sigma0, lambda, eta
    ([0.3], 0.8, 0.05),
    ([0.3, 0.1], 0.8, 0.0),
    ([0.1, 0.3], 0.8, 0.0),
    ([0.3, 0.1], 0.8, 0.01),
    ([0.1, 0.1], 0.8, 0.0),
    ([0.1, 0.1], -0.8, 0.02),
    ([0.3, 0.1], -2.5, 0.0),
    ([0.3, 0.1], -2.5, 0.04),
    ([0.1, 0.30000000000000004], -170.0, 0.0),
    ([0.5, 0.5000000000000001], 0.8, 0.0),
    ([0.5, 0.50000001], 1.3, 0.0),
    ([1.0, 1e-150], 0.8, 0.0),
    ([1e-150, 1e-150], 0.8, 0.0),
    ([2e-150, 1e-150], 0.8, 0.0),
    ([1e3, 1e-9], 1e-3, 0.0),
    ([0.5, 0.5, 0.5], 0.8, 0.0),
    ([0.5, 0.5, 0.5], 0.8, 0.04),
    ([0.5, 0.2, 0.9], 0.8, 0.0),
    ([0.5, 0.2, 0.9], 0.8, 0.004),
    ([0.5, 0.2, 0.2], 0.8, 0.0),
    ([0.2, 0.5, 0.5], 0.8, 0.0),
    ([0.5, 0.2, 0.9], -3.0, 0.0),
    ([0.5, 0.2, 0.2], -3.0, 0.1),
    ([0.7, 0.7000000000000001, 0.70000001], 1.7, 0.0),
    ([1e-8, 1.0, 1e4], 0.3, 0.0),
    ([1e-100, 1.0, 1e-3], 0.3, 0.0),
    ([0.5, 0.2, 0.9, 0.35], 0.8, 0.0),
    ([0.5, 0.2, 0.9, 0.35], 0.8, 1e-3),
    ([0.9, 0.8, 1.1, 0.95, 1.2, 0.8, 1.0, 1.05], 0.4, 0.0),
    ([1.0, 0.9, 1.1, 0.95, 1.2, 0.8, 1.0, 1.05, 0.9, 1.1, 0.7, 1.3, 1.0, 0.85,
      1.15, 1.25], 0.1, 0.0),
    # decay against growth: lambda sigma0^(2L-2) over eta above and below 1
    ([0.5, 0.5], 0.8, 0.2),
    ([0.5, 0.5], 0.8, 0.20000000000001),
    ([0.5, 0.5], 0.8, 0.1999999),
    ([0.3, 0.1], 0.8, 0.029127),
    ([0.3, 0.1], 0.8, 0.0291273817),
    ([0.5, 0.5, 0.5], 0.8, 0.0499999),
    ([0.5, 0.5, 0.5], 0.8, 0.06),
]
FRACTIONS = ["0.1", "0.5", "0.9", "0.999", "0.999999", "0.999999999999",
             "0.999999999999999"]
TIMES = [1e-3, 0.7, 10.0, 250.0]


def apart(sigma0):
    s = sorted((mpf(x) ** 2, k) for k, x in enumerate(sigma0))
    out = [mpf(0)] * len(s)
    for rank, (square, k) in enumerate(s):
        out[k] = square * (1 + rank * mpf(10) ** -150)
    return out


def weights(s):
    """1/prod (x + a_l) = sum w_l/(x + a_l)."""
    out = []
    for l, a in enumerate(s):
        w = mpf(1)
        for m, b in enumerate(s):
            if m != l:
                w /= b - a
        out.append(w)
    return out


def blowup(s, lam):
    if lam <= 0:
        return inf
    # ln(prod (q + s_l)^w_l) -> 0 as q -> inf, since the weights sum to 0
    return -sum(w * log(a) for w, a in zip(weights(s), s)) / (2 * lam)


def invert(s, lam, T):
    """q with int_0^q dx/prod(x + s_l) = 2 lam T, by bisection of ln(x + least)
    and Newton."""
    w, least = weights(s), min(s)
    rest = [a - least for a in s]

    def integral(u):
        p = exp(u)
        return sum(x * log((p + b) / a) for x, a, b in zip(w, s, rest))

    goal, u = 2 * lam * T, log(least)
    step = mpf(1) if goal > 0 else mpf(-1)
    near, far = u, u + step
    while abs(integral(far)) < abs(goal):
        near, far, step = far, far + 2 * step, 2 * step
    for _ in range(60):
        middle = (near + far) / 2
        if abs(integral(middle)) < abs(goal):
            near = middle
        else:
            far = middle
    u = (near + far) / 2
    for _ in range(8):
        p, product = exp(u), mpf(1)
        for b in rest:
            product *= p + b
        u -= (integral(u) - goal) * product / p
    return [sqrt(exp(u) + b) for b in rest]


def two_layers(sigma0, lam, T):
    big, small = max(map(mpf, sigma0)), min(map(mpf, sigma0))
    D, kappa = big**2 - small**2, small**2 / big**2
    first = sqrt(D / (1 - kappa * exp(2 * lam * D * T)))
    second = first * sqrt(kappa * exp(2 * lam * D * T))
    return [first, second] if mpf(sigma0[0]) == big else [second, first]


print("sigma0,lambda,eta,t_blowup,t,sigma")
for sigma0, lam, eta in CASES:
    L, l, e = len(sigma0), mpf(lam), mpf(eta)
    rate, t_end = (2 * L - 2) * e, inf
    if L > 1:
        s = apart(sigma0)
        T_end = blowup(s, l)
        even = len(set(sigma0)) == 1
        if even:  # the balanced formula
            growth = (2 * L - 2) * l * mpf(sigma0[0]) ** (2 * L - 2)
            T_end = 1 / growth if lam > 0 else inf
        if T_end < inf and rate * T_end < 1:
            t_end = -log1p(-rate * T_end) / rate if eta > 0 else T_end
    times = TIMES
    if t_end < inf:
        # Twice double's precision carries t* - t as far as this.
        near = rate * T_end > 0.99 and not even if L > 1 else False
        times = [float(t_end * mpf(x)) for x in FRACTIONS[: -1 if near else 7]]
    for t in times:
        if not mpf(t) < t_end:
            continue
        if L == 1:
            sigma = [mpf(sigma0[0]) * exp((l - e) * mpf(t))]
        else:
            T = -expm1(-rate * mpf(t)) / rate if eta > 0 else mpf(t)
            if even:
                power = -1 / mpf(2 * L - 2)
                sigma = [mpf(sigma0[0]) * (1 - growth * T) ** power] * L
            else:
                sigma = invert(s, l, T)
            sigma = [exp(-e * mpf(t)) * x for x in sigma]
            if L == 2 and sigma0[0] != sigma0[1]:
                for x, y in zip(sigma, two_layers(sigma0, l, T)):
                    assert abs(x * exp(e * mpf(t)) / y - 1) < mpf(10) ** -60
        text = lambda x: "inf" if x == inf else nstr(x, 50)
        print(" ".join(map(repr, sigma0)), repr(lam), repr(eta), text(t_end),
              repr(t), " ".join(map(text, sigma)), sep=",")
