"""Decimal arithmetic with 80 digits: matrices as lists of rows, eigenvalues by
Jacobi's method, what the closed forms need beside, and roots of rising functions."""
from decimal import Decimal as D
from decimal import getcontext

getcontext().prec = 80
getcontext().Emin, getcontext().Emax = -10**15, 10**15
SMALL = D(10) ** -75


def decimals(M):
    return [[D(x) for x in row] for row in M]


def product(A, B):
    columns = list(zip(*B))
    return [[dot(row, column) for column in columns] for row in A]


def chain(*matrices):
    out = matrices[0]
    for M in matrices[1:]:
        out = product(out, M)
    return out


def dot(x, y):
    return sum((a * b for a, b in zip(x, y)), D(0))


def turn(A):
    return [list(column) for column in zip(*A)]


def plus(A, B, b=1):
    return [[x + b * y for x, y in zip(r, s)] for r, s in zip(A, B)]


def times(c, A):
    return [[c * x for x in row] for row in A]


def diagonal(d):
    return [[D(x) if i == j else D(0) for j in range(len(d))]
            for i, x in enumerate(d)]


def norm(A):
    return sum((x * x for row in A for x in row), D(0)).sqrt()


def singular(A):
    """Singular values, falling, by rotations of A's rows (Hestenes): small ones
    keep their digits beside large ones."""
    A = [list(row) for row in (A if len(A) <= len(A[0]) else turn(A))]
    for _ in range(60):
        worst = D(0)
        for i in range(len(A)):
            for j in range(i):
                worst = max(worst, rotate(A, i, j))
        if worst < SMALL:
            break
    return sorted((dot(r, r).sqrt() for r in A), reverse=True)


def rotate(A, i, j):
    a, b, c = dot(A[i], A[i]), dot(A[j], A[j]), dot(A[i], A[j])
    if c == 0 or a == 0 or b == 0:
        return D(0)
    z = (b - a) / (2 * c)
    t = (1 if z >= 0 else -1) / (abs(z) + (1 + z * z).sqrt())
    cos = 1 / (1 + t * t).sqrt()
    sin = cos * t
    A[i], A[j] = ([cos * x - sin * y for x, y in zip(A[i], A[j])],
                  [sin * x + cos * y for x, y in zip(A[i], A[j])])
    return abs(c) / (a * b).sqrt()


def eigen(A):
    """Eigenvalues, falling, and eigenvectors, one a row, of a symmetric A."""
    n = len(A)
    A = [list(row) for row in A]
    V = diagonal([1] * n)
    size = norm(A)
    for _ in range(60):
        if size == 0 or max((abs(A[i][j]) for i in range(n) for j in range(i)),
                            default=D(0)) < SMALL * size:
            break
        for i in range(n):
            for j in range(i):
                turn_pair(A, V, i, j)
    order = sorted(range(n), key=lambda k: -A[k][k])
    return [A[k][k] for k in order], [V[k] for k in order]


def turn_pair(A, V, i, j):
    if A[i][j] == 0:
        return
    z = (A[j][j] - A[i][i]) / (2 * A[i][j])
    t = (1 if z >= 0 else -1) / (abs(z) + (1 + z * z).sqrt())
    cos = 1 / (1 + t * t).sqrt()
    sin = cos * t
    for row in A:
        row[i], row[j] = cos * row[i] - sin * row[j], sin * row[i] + cos * row[j]
    for M in (A, V):
        M[i], M[j] = ([cos * x - sin * y for x, y in zip(M[i], M[j])],
                      [sin * x + cos * y for x, y in zip(M[i], M[j])])


def atan(x):
    x = D(x)
    for _ in range(20):  # halve the angle, then the series
        x = x / (1 + (1 + x * x).sqrt())
    total, power, n = D(0), x, 1
    while abs(power) > SMALL * abs(x) * D("1e-10"):
        total += power / n if n % 4 == 1 else -power / n
        power, n = power * x * x, n + 2
    return total * 2**20


def root(f, slope, low, high):
    """Zero of the rising f in [low, high]: Newton, halving where it leaves."""
    x = (low + high) / 2
    for _ in range(400):
        y = f(x)
        if y == 0:
            return x
        low, high = (low, x) if y > 0 else (x, high)
        step = x - y / slope(x)
        new = step if low < step < high else (low + high) / 2
        if abs(new - x) <= D(10) ** -70 * abs(x):
            return new
        x = new
    raise ArithmeticError("no root")
