"""Where models come to rest and which points there are (`fixed-points`): eigenmodes
of BYOL, its matrices, Barlow Twins under each loss."""
from decimal import Decimal as D

import exact
import tables
from barlow import rotated
from eigenmode import modes
from exact import chain, diagonal, root, turn
from flow import plus
from group import CLOSED, DIGITS, Case, Group, Way, law
from program import matrix


def by_mode(rows):
    """Each point's mode: collapse is the first of them."""
    mode = -1
    for row in rows:
        mode += row["kind"] == "collapsed"
        yield mode, row["kind"]


@law
def eigenmode_known(case, rows):
    return [case.known[mode].get(kind, {}) for mode, kind in by_mode(rows)]


@law
def eigenmode_closed(case, rows):
    each = modes(case.settings)
    listed = [kind for _, kind in by_mode(rows)]
    assert listed == [kind for m in each for kind in kinds(m)], (case.name, listed)
    return [point(each[mode], kind) for mode, kind in by_mode(rows)]


def gap_of(m):
    T = D(m["lambda_d"]) * (1 if m["ema"] == "on" else D(m["tau0"]))
    return T, T * T - 4 * D(m["eta_s"]) * D(m["lambda_s"])


def kinds(m):
    T, gap = gap_of(m)
    if T <= 0 or gap < 0 or m["eta_s"] == 0:
        return ["collapsed"]
    return ["collapsed"] + (["saddle", "stable"] if gap else ["degenerate"])


def point(m, kind):
    """p = [T ± √(T² − 4 eta b)]/2b, s = (eta_p/eta_s) p²/alpha; at equal decays the
    Jacobian has -2 eta and the roots of mu² + (kappa + beta + x) mu + kappa beta,
    kappa = ±p√…, x = Tp; without EMA -2 eta and -kappa."""
    T, gap = gap_of(m)
    ep, es, beta = D(m["eta_p"]), D(m["eta_s"]), D(m["beta"])
    if kind == "collapsed":
        tau = beta / (beta - es) if beta > es else D("inf")
        return {"p": D(0), "s": D(0),
                "tau": tau if m["ema"] == "on" else D(m["tau0"])}
    sign = {"saddle": -1, "stable": 1, "degenerate": 0}[kind]
    p = (T + sign * gap.sqrt()) / (2 * D(m["lambda_s"]))
    found = {"p": p, "s": ep / es * p * p / D(m["alpha_p"]),
             "tau": D(1 if m["ema"] == "on" else m["tau0"])}
    if ep != es:
        return found
    kappa = sign * p * gap.sqrt()
    if m["ema"] == "on":
        half = (kappa + beta + T * p) / 2
        far = -half - (half * half - kappa * beta).sqrt()
        eig = [-2 * es, far, kappa * beta / far]
    else:
        eig = [-2 * es, -kappa]
        found["eig_3"] = D("nan")
    return {**found, **{f"eig_{k}": x for k, x in enumerate(sorted(eig), 1)}}


def threshold_cases():
    """eta a part of 10^-k below the threshold and above it, down to k = 14."""
    parts = [side * 10.0**-k for k in (2, 5, 8, 11, 14) for side in (-1, 1)]
    cases = []
    for ema in ("on", "off"):
        b, T = 1.09, 1.25 * (1.0 if ema == "on" else .75)
        eta = [float(D(T) ** 2 / (4 * D(b)) * (1 - D(x))) for x in parts]
        cases.append(Case(f"beside the threshold, ema={ema}", {
            "alpha_p": 2.0, "eta_p": eta, "eta_s": eta, "beta": .4, "lambda_s": b,
            "lambda_d": 1.25, "tau0": .75, "ema": ema}))
    cases.append(Case("at the threshold", {
        "alpha_p": .5, "eta_p": [.25, .25 - 2.0**-50, .25 + 2.0**-50],
        "eta_s": [.25, .25 - 2.0**-50, .25 + 2.0**-50], "beta": .75,
        "lambda_s": 1.0, "lambda_d": 1.0, "tau0": 1.0, "ema": "on"}))
    return cases


def matrix_cases():
    apart = {"X": rotated([1, .6, .3], 71), "Xp": rotated([.3, .1, .2], 72), "n2": 3}
    along = {"X": matrix(diagonal([1, .5])), "Xp": matrix(diagonal([.25, .125])),
             "n2": 2}
    cases = [
        Case("not commuting", {**apart, "eta": .02, "alpha_p": 2.0}),
        Case("two decays", {**apart, "eta_p": .05, "eta_s": .01}),
        Case("some modes die", {**apart, "eta": .08}),
        Case("commuting", {**along, "eta": .04}),
    ]
    # Of the second mode, λ_d²/(4λ_s) = .25/2.5.
    for k in (3, 6, 9, 12):
        for side in (-1, 1):
            eta = float(D("0.1") * (1 + side * D(10) ** -k))
            cases.append(Case(f"{side:+d}e-{k} of the threshold", {
                **along, "eta": eta}))
    return cases


def matrix_digits(case, rows):
    """The largest p in (0, 1] at which the k-th eigenvalue of p(X - p(X + X')) is
    eta_s; the slope of that is v'(X - 2p(X + X'))v."""
    m = case.settings
    X = exact.decimals(m["X"])
    S = plus(X, exact.decimals(m["Xp"]))
    eta = m.get("eta", .04)
    ep, es = D(m.get("eta_p", eta)), D(m.get("eta_s", eta))
    wanted = []
    for k in range(m["n2"]):
        def at(p):
            values, V = exact.eigen(plus(X, S, -p))
            return p * values[k] - es, V[k]

        p, part = D(1), peak(at, X, S)
        if at(part)[0] < 0:
            wanted.append({c: D("nan") for c in ("p", "s", "lambda_d", "lambda_s",
                                                 "overlap")})
            continue
        p = root(lambda p: -at(p)[0],
                 lambda p: -value(at(p)[1], plus(X, S, -2 * p)), part, D(1))
        v = at(p)[1]
        mine = exact.eigen(X)[1][k]
        d, s = value(v, X), value(v, S)
        # p moves by what eta does: 1/slope, large beside the threshold.
        slope = abs(value(v, plus(X, S, -2 * p)))
        size = max(D(1), es / (p * slope))
        found = {"p": p, "s": ep / es * p * p / D(m.get("alpha_p", 1)),
                 "lambda_d": d, "lambda_s": s,
                 "overlap": sum(a * b for a, b in zip(v, mine)) ** 2}
        wanted.append({c: (x, x * size) for c, x in found.items()})
    return wanted


def value(v, M):
    return chain([v], M, turn([v]))[0][0]


def peak(at, X, S):
    """Where p lambda(X - pS) is largest: in these cases its slope changes its sign
    once, as 50 places between 0 and 1 show."""
    slope = lambda p: value(at(p)[1], plus(X, S, -2 * p))
    low, high = D("0.001"), D(1)
    for _ in range(120):
        middle = (low + high) / 2
        if slope(middle) > 0:
            low = middle
        else:
            high = middle
    return low


def barlow_cases():
    gamma = [9.3, 1.0, .7, .7, 1e-3, 1e-8, -.5]
    alone = {"gamma": gamma, "d": 7}
    sigma = [9.4, 2.0, .7, 1.5, .01, 1.0, 3.0]
    G, S = rotated([1, .5, .3], 73), rotated([2, 1.5, .8], 74)
    return [
        Case("covariance", alone),
        Case("left", {**alone, "precondition": "left", "precondition_epsilon": .3}),
        Case("logdet", {**alone, "precondition": "logdet", "mu": .3,
                        "precondition_epsilon": .1}),
        Case("logdet, small r", {**alone, "precondition": "logdet", "mu": 1e-9,
                                 "precondition_epsilon": 1e-9}),
        Case("vicreg", {**alone, "loss": "vicreg", "nu": .6, "sigma": sigma}),
        Case("spectral", {**alone, "loss": "spectral", "sigma": sigma}),
        Case("vicreg, not commuting", {"Gamma": G, "Sigma": S, "loss": "vicreg",
                                       "nu": .75, "d": 3}),
        Case("spectral, not commuting", {"Gamma": G, "Sigma": S,
                                         "loss": "spectral", "d": 3}),
    ]


def barlow_closed(case, rows):
    """Plateaus of theory.md 1, in gamma's order; with Σ by falling β = 1 - ν + νρ of
    Γv = ρΣv, √(β/σ)v a row of W, whatever the order in which they stepped."""
    m = case.settings
    if "Gamma" in m:
        return generalised(m)
    if "sigma" in m:
        return falling(m)
    lam = D(1)
    if m.get("precondition") == "logdet":
        r, mu = D(m["precondition_epsilon"]), D(m["mu"])
        lam = (1 - r + ((1 + r) ** 2 + 2 * mu).sqrt()) / 2
    return [{"gamma": g, "s": (lam / g).sqrt() if g > 0 else D(0),
             "lambda": lam if g > 0 else D(0)} for g in map(D, m["gamma"])]


def falling(m):
    nu, ends = D(m.get("nu", 1)), []
    for gamma, sigma in zip(m["gamma"], m["sigma"]):
        g, sg = D(gamma), D(sigma)
        ends.append((1 - nu + nu * g / sg, g, sg))
    ends.sort(reverse=True)
    return [{"gamma": g, "s": (beta / sg).sqrt(), "lambda": g * beta / sg}
            if beta > 0 else {"gamma": D("nan"), "s": D(0), "lambda": D(0)}
            for beta, g, sg in ends]


def generalised(m):
    G, S = exact.decimals(m["Gamma"]), exact.decimals(m["Sigma"])
    x, V = exact.eigen(S)
    back = chain(turn(V), diagonal([1 / a.sqrt() for a in x]), V)
    rho, U_ = exact.eigen(chain(back, G, back))
    nu, wanted = D(m.get("nu", 1)), []
    for r, u in zip(rho, U_):
        v = chain([u], back)[0]  # v'Σv = 1
        size = sum(a * a for a in v)
        beta = 1 - nu + nu * r
        wanted.append({"gamma": value(v, G) / size, "s": (beta * size).sqrt(),
                       "lambda": beta * r})
    return wanted


GROUPS = [
    Group("byol-eigenmode", "points", tables.eigenmode_points,
          {CLOSED: eigenmode_closed, DIGITS: eigenmode_known},
          [Way("exact", {CLOSED: 1e-14, DIGITS: 1e-14})], command="fixed-points"),
    Group("byol-eigenmode", "points, threshold", threshold_cases,
          {CLOSED: eigenmode_closed}, [Way("exact", {CLOSED: 1e-14})],
          command="fixed-points"),
    Group("byol", "points", matrix_cases, {DIGITS: matrix_digits},
          [Way("exact", {DIGITS: 1e-13})], command="fixed-points"),
    Group("barlow-twins", "ends", barlow_cases, {CLOSED: barlow_closed},
          [Way("exact", {CLOSED: 1e-13})], command="fixed-points"),
]
