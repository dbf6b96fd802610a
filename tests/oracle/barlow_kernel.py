"""Writes barlow_kernel.csv: Barlow Twins of an rbf kernel on five pairs of
points, from numpy's dense routines alone. Run: python3 barlow_kernel.py >
barlow_kernel.csv (python3-numpy).

The program works in the eigenbasis of a truncated kernel. Here there is no
basis: f(x) = A k(x), and the gradient flow of |C - I|^2 in the weights of the
kernel's features is, with F = A K and C = F Z F^T, Z = (1/2n)[[0,I],[I,0]],
    A' = -4 (C - I) F Z.
A is integrated by the classical Runge-Kutta method; half the step size must
give the same numbers to 1e-10. gamma is what LAPACK's general eigenproblem of
Z K gives. Rows: case, name, i, j, value; a case is "plain" or "centred" (H K H,
H = I - 11^T/2n, and k(x) likewise)."""
import numpy as np

n, p, d, extra = 5, 3, 2, 2
N = 2 * n
rng = np.random.default_rng(20230)
X = rng.normal(size=(n, p)) + 3
X = np.vstack([X, X + 0.3 * rng.normal(size=(n, p))])
points = rng.normal(size=(extra, p)) + 3
F0 = 1e-2 * rng.normal(size=(d, N))
Z = np.zeros((N, N))
Z[:n, n:] = Z[n:, :n] = np.eye(n) / N
TIMES = [0.0, 2.0, 6.0, 12.0, 40.0]


def distances(a, b):
    return np.sqrt(((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2))


bandwidth = np.median(distances(X[:n], X[:n])[np.triu_indices(n, 1)])


def rbf(a, b):
    return np.exp(-(distances(a, b) ** 2) / (2 * bandwidth**2))


def flow(K, A, step):
    def slope(A):
        F = A @ K
        return -4 * (F @ Z @ F.T - np.eye(d)) @ F @ Z

    out, t = [], 0.0
    for end in TIMES:
        steps = int(round((end - t) / step))
        for _ in range(steps):
            a = slope(A)
            b = slope(A + step / 2 * a)
            c = slope(A + step / 2 * b)
            A = A + step / 6 * (a + 2 * b + 2 * c + slope(A + step * c))
        t = end
        out.append(A)
    return out


def say(case, name, M):
    for (i, j), value in np.ndenumerate(np.atleast_2d(M)):
        print(f"{case},{name},{i},{j},{float(value)!r}")


def run(case, K, k):
    center = case == "centred"
    F = F0 - F0.mean(axis=1, keepdims=True) if center else F0
    # Least squares: the centred kernel is singular, and F lies in its span.
    A = np.linalg.lstsq(K, F.T, rcond=1e-12)[0].T
    coarse, fine = flow(K, A, 2e-3), flow(K, A, 1e-3)
    gap = max(abs((a - b) @ K).max() for a, b in zip(coarse, fine))
    assert gap < 1e-10, gap
    gamma = np.sort(np.linalg.eigvals(Z @ K).real)[::-1]
    say(case, "gamma", gamma[abs(gamma) > 1e-12])
    say(case, "F0", F)
    for i, A in enumerate(fine):
        F = A @ K
        lam = np.sort(np.linalg.eigvalsh(F @ Z @ F.T))[::-1]
        say(case, f"lambda{i}", lam)
        say(case, f"F{i + 1}", F)
        say(case, f"test{i}", A @ k)


print("case,name,i,j,value")
say("both", "X", X)
say("both", "points", points)
say("both", "bandwidth", bandwidth)
say("both", "times", TIMES)
K, k = rbf(X, X), rbf(X, points)
run("plain", K, k)
H = np.eye(N) - np.ones((N, N)) / N
run("centred", H @ K @ H, H @ (k - K.mean(axis=1, keepdims=True)))
