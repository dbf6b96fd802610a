"""Writes byol.csv: the flows of `byol` (theory.md 2) and `byol-symmetric` (3) to
34 digits, in the user's coordinates. Run: python3 byol.py > byol.csv
(python3-mpmath).

The equations are polynomials, so the Taylor coefficients of a solution follow
from Cauchy products; a step is as long as the last of ORDER terms allows. Lines:
    case,set,WORD                a setting of the command line
    case,t,NAME,VALUE            a column at t, or an entry of the state"""
import random
from mpmath import mp, mpf, matrix, eigsy, sqrt, nstr

mp.dps = 50
ORDER, TOLERANCE = 40, mpf(10) ** -44
TIMES = [0.5, 3.0, 12.0]


def add(A, B, b=1):
    return [[x + b * y for x, y in zip(r, s)] for r, s in zip(A, B)]


def scale(c, A):
    return [[c * x for x in r] for r in A]


def product(A, B):
    columns = list(zip(*B))
    return [[sum(x * y for x, y in zip(r, c)) for c in columns] for r in A]


def turn(A):
    return [list(c) for c in zip(*A)]


def norm(A):
    return sqrt(sum(x * x for r in A for x in r))


def convolve(A, B, k):
    """Coefficient k of A B."""
    out = product(A[0], B[k])
    for i in range(1, k + 1):
        out = add(out, product(A[i], B[k - i]))
    return out


def unit(n):
    return [[mpf(i == j) for j in range(n)] for i in range(n)]


def byol_slope(c):
    """Coefficient k of the derivatives, the series up to k being known."""
    X, S = c["X"], add(c["X"], c["Xp"])
    variant = c["variant"]

    def slope(series, memory, k):
        W, P = series["W"], series["Wp"]
        A = series["Wa"] if variant == "byol" else W
        if variant == "no-predictor":
            return {"W": add(scale(-1, product(W[k], c["Xp"])), W[k], -c["eta_s"])}
        PW = memory.setdefault("PW", [])
        R = memory.setdefault("R", [])
        PT = memory.setdefault("PT", [])
        WT = memory.setdefault("WT", [])
        PT.append(turn(P[k]))
        WT.append(turn(W[k]))
        PW.append(convolve(P, W, k))
        R.append(add(product(A[k], X), product(PW[k], S), -1))
        dW = add(convolve(PT, R, k), W[k], -c["eta_s"])
        if variant == "no-stop-gradient":
            dW = add(dW, add(product(PW[k], X), product(W[k], S), -1))
        dP = add(scale(c["alpha_p"], convolve(R, WT, k)), P[k], -c["eta_p"])
        out = {"W": dW, "Wp": dP}
        if variant == "byol":
            out["Wa"] = scale(c["beta"], add(W[k], A[k], -1))
        return out

    return slope


def symmetric_slope(c):
    b, tau, alpha, eta = 1 + c["sigma2"], c["tau"], c["alpha_p"], c["eta"]

    def slope(series, memory, k):
        P, F = series["Wp"], series["F"]
        PF = memory.setdefault("PF", [])
        PF.append(convolve(P, F, k))
        PPF = convolve(P, PF, k)
        once, twice = add(PF[k], turn(PF[k])), add(PPF, turn(PPF))
        dP = add(scale(alpha * tau, F[k]), once, -alpha * b / 2)
        dF = add(scale(tau, once), twice, -b)
        return {"Wp": add(dP, P[k], -eta), "F": add(dF, F[k], -2 * eta)}

    return slope


def integrate(slope, state, times):
    t, out = mpf(0), []
    for end in map(mpf, times):
        while t < end:
            series = {name: [value] for name, value in state.items()}
            memory = {}
            for k in range(ORDER):
                change = slope(series, memory, k)
                for name in state:
                    d = change.get(name, scale(0, state[name]))
                    series[name].append(scale(mpf(1) / (k + 1), d))
            last = max(norm(series[name][ORDER]) for name in state)
            h = end - t
            if last > 0:
                h = min(h, (TOLERANCE / last) ** (mpf(1) / ORDER))
            for name in state:
                total = series[name][ORDER]
                for k in range(ORDER - 1, -1, -1):
                    total = add(series[name][k], total, h)
                state[name] = total
            t = end if h == end - t else t + h
        out.append(dict(state))
    return out


def eigen(A):
    """Eigenvalues, falling, and vectors."""
    n = len(A)
    values, vectors = eigsy(matrix(A))
    order = sorted(range(n), key=lambda i: -values[i])
    return [values[i] for i in order], [[vectors[r, i] for r in range(n)] for i in order]


def paired(P, F):
    """p_j beside the falling eigenvalues of F, by the largest overlap first."""
    s, u = eigen(F)
    p, q = eigen(scale(mpf(1) / 2, add(P, turn(P))))
    n = len(s)
    left = [(sum(x * y for x, y in zip(q[i], u[j])) ** 2, i, j) for i in range(n) for j in range(n)]
    out = [None] * n
    while left:
        _, i, j = max(left)
        out[j] = p[i]
        left = [x for x in left if x[1] != i and x[2] != j]
    return out, s


def say_modes(say, P, F):
    p, s = paired(P, F)
    for j in range(len(p)):
        say(f"p_{j + 1}", p[j])
        say(f"s_{j + 1}", s[j])


def commutator(say, F, P):
    L = norm(add(product(F, P), product(P, F), -1))
    say("commutator", L)
    say("commutator_normalised", L / (norm(F) * norm(P)))


def byol_columns(say, c, state):
    W, P, A = state["W"], state["Wp"], state["Wa"]
    if c["variant"] != "byol":
        A = W
    say("W_norm", norm(W))
    say("Wp_norm", norm(P))
    say("Wa_norm", norm(A))
    commutator(say, product(product(W, c["X"]), turn(W)), P)
    say("asymmetry", norm(add(P, turn(P), -1)) / norm(P))
    tau = sum(x * y for r, s in zip(A, W) for x, y in zip(r, s)) / norm(W) ** 2
    say("tau", tau)
    say("tau_residual", norm(add(A, W, -tau)) / norm(A))
    say_modes(say, P, product(W, turn(W)))


def symmetric_columns(say, c, state):
    P, F = state["Wp"], state["F"]
    b, n = 1 + c["sigma2"], len(P)
    K = add(scale(c["alpha_p"] / 2, F), product(P, P))
    K = add(add(scale(b, K), P, -c["tau"]), unit(n), mpf(3) / 2 * c["eta"])
    commutator(say, F, P)
    say("K_min", eigen(K)[0][-1])
    say_modes(say, P, F)


def words(M):
    return "[" + ",".join("[" + ",".join(f"{x:.2f}" for x in r) + "]" for r in M) + "]"


def exactly(M):
    """As the program reads the words."""
    return [[mpf(float(f"{x:.2f}")) for x in r] for r in M]


def draw(rows, cols, size):
    return [[rng.uniform(-size, size) for _ in range(cols)] for _ in range(rows)]


def moment(n, size):
    """Symmetric and safely positive."""
    B = draw(n, n, size)
    C = [[sum(x * y for x, y in zip(r, s)) for s in B] for r in B]
    for i in range(n):
        C[i][i] += 0.2 * size
    return [[round(C[min(i, j)][max(i, j)], 2) for j in range(n)] for i in range(n)]


def case(number, given, matrices, slope, columns, parts):
    for name, value in given.items():
        print(f"{number},set,{name}={value}")
    c = {}
    for name, M in matrices.items():
        print(f"{number},set,{name}={words(M)}")
        c[name] = exactly(M)
    for name, value in given.items():
        c[name] = value if name == "variant" else mpf(float(value))
    state = {part: c[part + "0"] for part in parts}
    if given.get("variant") == "no-predictor":
        state["Wp"] = unit(len(state["Wp"]))
    for t, state in zip(TIMES, integrate(slope(c), state, TIMES)):
        say = lambda name, value: print(f"{number},{t!r},{name},{nstr(value, 34)}")
        for part in parts:
            M = state[part]
            if part == "Wa" and c["variant"] != "byol":
                M = state["W"]
            for i, row in enumerate(M):
                for j, x in enumerate(row):
                    say(f"{part}_{i + 1}_{j + 1}", x)
        columns(say, c, state)


rng = random.Random(20210)
number = 0
for variant, n2, n1, given in [
    ("byol", 2, 3, {"alpha_p": "2.5", "beta": "0.4", "eta_p": "0.03", "eta_s": "0.03"}),
    ("byol", 3, 3, {"alpha_p": "0.3", "beta": "1.7", "eta_p": "0.01", "eta_s": "0.06"}),
    ("byol", 3, 2, {"alpha_p": "7", "beta": "0", "eta_p": "0.05", "eta_s": "0"}),
    ("byol", 1, 2, {"alpha_p": "1", "beta": "0.02", "eta_p": "0", "eta_s": "0"}),
    ("simsiam", 2, 3, {"alpha_p": "0.6", "eta_p": "0.02", "eta_s": "0.02"}),
    ("simsiam", 3, 2, {"alpha_p": "4", "eta_p": "0.2", "eta_s": "0.1"}),
    ("no-predictor", 2, 3, {"eta_p": "0.3", "eta_s": "0.05"}),
    ("no-stop-gradient", 2, 3, {"alpha_p": "3", "eta_p": "0.02", "eta_s": "0.05"}),
    ("no-stop-gradient", 3, 2, {"alpha_p": "0.4", "eta_p": "0.01", "eta_s": "0"}),
]:
    number += 1
    start = {"W0": draw(n2, n1, 0.7), "Wp0": draw(n2, n2, 0.7), "Wa0": draw(n2, n1, 0.5)}
    moments = {"X": moment(n1, 0.9), "Xp": moment(n1, 0.4)}
    case(
        number,
        {"variant": variant, **given},
        {**moments, **start},
        byol_slope,
        byol_columns,
        ["W", "Wp", "Wa"],
    )
for n, given in [
    (2, {"sigma2": "0.5", "tau": "0.8", "alpha_p": "3", "eta": "0.01"}),
    (3, {"sigma2": "0", "tau": "1.2", "alpha_p": "0.2", "eta": "0.05"}),
    (3, {"sigma2": "0.09", "tau": "1", "alpha_p": "1", "eta": "0.3"}),
    (4, {"sigma2": "0.2", "tau": "-0.5", "alpha_p": "2", "eta": "0"}),
]:
    number += 1
    P = draw(n, n, 0.6)
    P = [[round((P[i][j] + P[j][i]) / 2, 2) for j in range(n)] for i in range(n)]
    case(
        number,
        given,
        {"Wp0": P, "F0": moment(n, 0.6)},
        symmetric_slope,
        symmetric_columns,
        ["Wp", "F"],
    )
