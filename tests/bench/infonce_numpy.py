"""Seconds of InfoNCE's right-hand side in NumPy, W, x, x' -> G = -dL/dW, as one
would write it, in one N×N array as far as that goes, by blocks of rows, and
with X made first; and the loss and |G| of each, to be held against ours. Files hold columns as rows.

infonce_numpy.py W.npy X.npy XP.npy ROUNDS   prints a line each: name, seconds
(the best), loss, |G|. Threads are those of the environment. Exits 77 where
NumPy is not installed.
"""
import sys
import time

try:
    import numpy as np
except ImportError:
    sys.exit(77)

BLOCK = 256


def squares(Z):
    return np.einsum("ki,ki->i", Z, Z)


def back(Z, U, alpha_ii, loss, ZH, h, x, xp):
    """G from Z H and h = H 1, H = alpha + alpha^T off the diagonal."""
    dZp = (1 - alpha_ii) * U
    dZ = ZH - h * Z - dZp
    return loss, -(dZ @ x.T + dZp @ xp.T)


def plain(W, x, xp):
    Z, U = W @ x, W @ (xp - x)
    q = squares(Z) / 2
    logits = Z.T @ Z - q[:, None] - q
    np.fill_diagonal(logits, -squares(U) / 2)
    alpha = np.exp(logits - logits.max(1, keepdims=True))
    alpha /= alpha.sum(1, keepdims=True)
    own = np.diag(alpha).copy()
    np.fill_diagonal(alpha, 0)
    H = alpha + alpha.T
    return back(Z, U, own, -np.log(own).sum(), Z @ H, H.sum(0), x, xp)


def in_place(W, x, xp):
    Z, U = W @ x, W @ xp
    U -= Z
    q = squares(Z) / 2
    alpha = Z.T @ Z
    alpha -= q[:, None]
    alpha -= q
    np.fill_diagonal(alpha, -squares(U) / 2)
    alpha -= alpha.max(1, keepdims=True)
    np.exp(alpha, out=alpha)
    alpha /= alpha.sum(1, keepdims=True)
    own = np.diag(alpha).copy()
    np.fill_diagonal(alpha, 0)
    h = alpha.sum(0) + alpha.sum(1)
    ZH = Z @ alpha
    ZH += Z @ alpha.T
    return back(Z, U, own, -np.log(own).sum(), ZH, h, x, xp)


def by_blocks(W, x, xp):
    Z, U = W @ x, W @ xp
    U -= Z
    n = Z.shape[1]
    q, pair = squares(Z) / 2, -squares(U) / 2
    ZH, h, own = np.zeros_like(Z), np.zeros(n), np.empty(n)
    for i in range(0, n, BLOCK):
        rows = slice(i, min(i + BLOCK, n))
        alpha = Z[:, rows].T @ Z
        alpha -= q[rows, None]
        alpha -= q
        k = np.arange(rows.stop - i)
        alpha[k, i + k] = pair[rows]
        alpha -= alpha.max(1, keepdims=True)
        np.exp(alpha, out=alpha)
        alpha /= alpha.sum(1, keepdims=True)
        own[rows] = alpha[k, i + k]
        alpha[k, i + k] = 0
        h += alpha.sum(0)
        h[rows] += alpha.sum(1)
        ZH += Z[:, rows] @ alpha
        ZH[:, rows] += Z @ alpha.T
    return back(Z, U, own, -np.log(own).sum(), ZH, h, x, xp)


def with_x(W, x, xp):
    """W X with X = Sigma0 - Sigma1 made first, as theory.md 6 has it."""
    Z, across = W @ x, xp - x
    q = squares(Z) / 2
    logits = Z.T @ Z - q[:, None] - q
    np.fill_diagonal(logits, -squares(W @ across) / 2)
    alpha = np.exp(logits - logits.max(1, keepdims=True))
    alpha /= alpha.sum(1, keepdims=True)
    own = np.diag(alpha).copy()
    np.fill_diagonal(alpha, 0)
    H = alpha + alpha.T
    X = (x * H.sum(0) - x @ H) @ x.T - (across * (1 - own)) @ across.T
    return -np.log(own).sum(), W @ X


def main(W, x, xp, rounds):
    given = [np.load(path).T for path in (W, x, xp)]
    for run in (plain, in_place, by_blocks, with_x):
        best = float("inf")
        for _ in range(int(rounds)):
            begun = time.perf_counter()
            loss, G = run(*given)
            best = min(best, time.perf_counter() - begun)
        print(run.__name__, f"{best:.6f} {loss:.17g} {np.linalg.norm(G):.17g}")


if __name__ == "__main__":
    main(*sys.argv[1:])
