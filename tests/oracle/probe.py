# A small problem with classes, and what a linear probe and nearest neighbours
# make of it: Newton's method on the whole Hessian in NumPy, and a plain sort.
# /usr/bin/python3 tests/oracle/probe.py > tests/oracle/probe.csv
# Rows: name, then numbers.
import numpy as np

rng = np.random.default_rng(7)
N, D, K, M = 60, 4, 7, 25
labels = np.array([2, 3, 5, 6, 7, 8, 11])


def draw(n):
    y = rng.integers(0, K, n)
    centre = np.stack([np.cos(np.arange(K)), np.sin(2 * np.arange(K)), np.arange(K) / 3, 0 * np.arange(K)], 1)
    x = (centre[y] * 1.2 + rng.standard_normal((n, D))) * [1, 10, 0.1, 3] + [0, 100, -3, 0]
    return x.astype(np.float32), labels[y]


x, y = draw(N)
t, u = draw(M)
u[3] = 9  # a class that was not trained on


def row(name, values):
    print(name + "," + ",".join("%.17g" % v for v in np.ravel(values)))


row("x", x)
row("y", y)
row("t", t)
row("u", u)


def ranks(scores):
    out = []
    for s, c in zip(scores, u):
        k = np.flatnonzero(labels == c)
        out.append(99 if len(k) == 0 else sum((s > s[k[0]]) | ((s == s[k[0]]) & (np.arange(K) < k[0]))))
    return np.array(out)


def accuracy(scores):
    r = ranks(scores)
    return [np.mean(r < 1), np.mean(r < 5)]


mean, std = x.astype(float).mean(0), x.astype(float).std(0)
Z = np.c_[(x - mean) / std, np.ones(N)]
T = np.c_[(t - mean) / std, np.ones(M)]
Y = (y[:, None] == labels).astype(float)
for l2 in (1e-2, 1e-4):
    penalty = np.r_[np.full(D, l2), 0]
    W = np.zeros((D + 1, K))
    for step in range(200):
        S = Z @ W
        P = np.exp(S - S.max(1, keepdims=True))
        P /= P.sum(1, keepdims=True)
        J = -np.mean(np.log((P * Y).sum(1))) + (penalty[:, None] * W * W).sum() / 2
        G = Z.T @ (P - Y) / N + penalty[:, None] * W
        H = np.zeros((D + 1, K, D + 1, K))
        for a in range(K):
            for b in range(K):
                w = P[:, a] * ((a == b) - P[:, b])
                H[:, a, :, b] = Z.T @ (w[:, None] * Z) / N + (a == b) * np.diag(penalty)
        n = (D + 1) * K
        d = -(np.linalg.pinv(H.reshape(n, n), rcond=1e-13) @ G.ravel()).reshape(D + 1, K)

        def f(W):
            S = Z @ W
            m = S.max(1)
            return np.mean(np.log(np.exp(S - m[:, None]).sum(1)) + m - (S * Y).sum(1)) + (penalty[:, None] * W * W).sum() / 2

        a = 1.0
        while f(W + a * d) > J + 1e-15 and a > 1e-3:
            a /= 2
        W = W + a * d
        if np.linalg.norm(G) < 1e-14:
            break
    assert np.linalg.norm(G) < 1e-13, np.linalg.norm(G)
    row("logistic", [l2, J, *accuracy(T @ W), *W[:D].T.ravel(), *W[D]])

unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
C = unit(t.astype(float)) @ unit(x.astype(float)).T
for k in (1, 5, 20, N):
    scores = np.zeros((M, K))
    for i in range(M):
        for j in np.argsort(-C[i], kind="stable")[:k]:
            scores[i, np.flatnonzero(labels == y[j])[0]] += np.exp(C[i, j] / 0.07)
    hit = np.array([c in labels and scores[i, labels == c][0] > 0 for i, c in enumerate(u)])
    row("knn", [k, np.mean(hit & (ranks(scores) < 1)), np.mean(hit & (ranks(scores) < 5))])
