"""Writes contrastive.csv: the flow W' = W X - eta W of a constant X (theory.md 6)
in 50 digits, W(t) = W0 exp((X - eta) t), with the singular values of W(t) by
Jacobi's method on its rows, which needs no W^T W. Run: python3 contrastive.py >
contrastive.csv (python3-mpmath).

Settings are doubles, written in full. Lines:
    case,set,WORD                a setting of the command line
    case,t,NAME,VALUE            a column at t"""
import random
from mpmath import mp, mpf, matrix, eigsy, eye, exp, nstr, qr, sqrt

mp.dps = 110  # columns 1e30 and more apart, and their squares


def doubles(rows, cols, draw):
    return [[float("%.16g" % draw(i, j)) for j in range(cols)] for i in range(rows)]


def word(name, M):
    return name + "=[" + ",".join(
        "[" + ",".join(repr(x) for x in r) + "]" for r in M) + "]"


def symmetric(M):
    n = len(M)
    return [[M[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]


def rotated(values, seed):
    """Q diag(values) Q^T, rounded to doubles."""
    n, r = len(values), random.Random(seed)
    Q, _ = qr(matrix([[r.gauss(0, 1) for _ in range(n)] for _ in range(n)]))
    D = matrix(n, n)
    for j, v in enumerate(values):
        D[j, j] = mpf(v)
    M = Q * D * Q.T
    return symmetric(doubles(n, n, lambda i, j: float(M[i, j])))


def singular(W):
    """One-sided Jacobi on the rows or columns, whichever are fewer; falling."""
    d, m = W.rows, W.cols
    A = [[W[i, j] for j in range(m)] for i in range(d)]
    if d > m:
        A = [list(c) for c in zip(*A)]
    k = len(A)
    for _ in range(60):
        worst = mpf(0)
        for p in range(k):
            for q in range(p + 1, k):
                a = sum(x * x for x in A[p])
                b = sum(x * x for x in A[q])
                g = sum(x * y for x, y in zip(A[p], A[q]))
                if a == 0 or b == 0 or g == 0:
                    continue
                worst = max(worst, abs(g) / sqrt(a * b))
                z = (b - a) / (2 * g)
                t = (1 if z >= 0 else -1) / (abs(z) + sqrt(1 + z * z))
                c = 1 / sqrt(1 + t * t)
                s = c * t
                for i in range(len(A[p])):
                    x, y = A[p][i], A[q][i]
                    A[p][i], A[q][i] = c * x - s * y, s * x + c * y
        if worst < mpf(10) ** -90:
            break
    return sorted((sqrt(sum(x * x for x in r)) for r in A), reverse=True)


def flow(X, W0, eta, t):
    n = len(X)
    values, V = eigsy(matrix(X))
    Z = matrix(W0) * V
    for j in range(n):
        f = exp((values[j] - mpf(eta)) * mpf(t))
        for i in range(Z.rows):
            Z[i, j] *= f
    return Z * V.T, min(values)


def case(number, X, W0, times, eta=0.0, skip_from=None):
    print("%d,set,%s" % (number, word("X", X)))
    print("%d,set,%s" % (number, word("W0", W0)))
    print("%d,set,eta=%r" % (number, eta))
    for t in times:
        W, least = flow(X, W0, eta, t)
        for j, s in enumerate(singular(W)):
            if skip_from is None or j < skip_from:
                print("%d,%r,sigma_%d,%s" % (number, t, j + 1, nstr(s, 50)))
        print("%d,%r,x_min,%s" % (number, t, nstr(least, 50)))


r = random.Random(7)
normal = lambda i, j: r.gauss(0, 1)

# 1: random, square, 35 orders apart in the end; 2, 3: d < m and d > m
case(1, rotated([1.1, .4, 0, -.3, -.9], 1), doubles(5, 5, normal), [0.5, 10.0, 40.0])
case(2, rotated([2, 1, .5, -.5, -1, -2, -3], 2), doubles(4, 7, normal),
     [1.0, 16.0, 40.0], .25)
case(3, rotated([1, 0, -1], 3), doubles(6, 3, normal), [1.0, 35.0, 100.0])
# 4: repeated eigenvalues, to the last bit on the axes and rotated below
case(4, [[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, -2.0, 0], [0, 0, 0, -2.0]],
     doubles(4, 4, normal), [3.0, 25.0])
case(5, rotated([.5, .5, .5, -1, -1], 5), doubles(5, 5, normal), [2.0, 45.0])
# 6: rank 2 of 4, of which two values are zero
left, right = doubles(4, 2, normal), doubles(2, 4, normal)
low = [[float(sum(round(8 * a) * round(8 * b) for a, b in zip(x, c)))
        for c in zip(*right)] for x in left]
case(6, rotated([1, .2, -.5, -1], 6), low, [0.5, 20.0], skip_from=2)
# 7: rows graded by 1e-4 each; 8: columns too, on the axes, 1e40 apart
case(7, rotated([1.5, .5, -.5, -1.5], 7),
     doubles(4, 4, lambda i, j: r.gauss(0, 1) * 1e-4 ** i), [1.0, 20.0])
case(8, [[3.0 if i == j == 0 else 1e-3 if i == j == 1 else -2.0 if i == j else 0.0
          for j in range(3)] for i in range(3)],
     doubles(3, 3, lambda i, j: r.gauss(0, 1) * 1e-7 ** j), [0.0, 1.0, 15.0])
# 9: a large spectrum, 1e4 to 1e-2, over a short time
case(9, rotated([40, 1, .01, -60, -400], 9), doubles(5, 5, normal), [.1, .5])
# 10: 1e191 beside 1e-191, beyond the range of either scale alone
case(10, [[4.4, 0], [0, -4.4]], doubles(2, 2, normal), [100.0])
