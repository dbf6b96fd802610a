"""Writes singular.csv: singular values of graded matrices W = D1 B D2 of doubles
to 50 digits. Run: python3 singular.py > singular.csv (python3-mpmath).

mpmath's dense routine at so many digits that no grading reaches its roundoff;
it knows nothing of D1 and D2. Rows: case, rows, columns, what, i, j, number:
  W       entry (i,j), a double
  sigma   value j, falling, and in column i nothing
  share   how far roundoff in the entries reaches into value j: the sum over all
          entries of |u_i W_ij v_j|/sigma_j, so that relative changes of the
          entries by e change it by at most e times this
"""
import random
from mpmath import mp, mpf, matrix, nstr, svd_r

random.seed(11)


def graded(n, m, rows, columns, top=0):
    """B of normal numbers; D1 and D2 over these decades, each in an order of
    its own; times 10^top."""
    r, c = list(range(n)), list(range(m))
    random.shuffle(r)
    random.shuffle(c)
    return [
        [
            random.gauss(0, 1)
            * 10.0 ** (top / 2 - rows * r[i] / max(n - 1, 1))
            * 10.0 ** (top / 2 - columns * c[j] / max(m - 1, 1))
            for j in range(m)
        ]
        for i in range(n)
    ]


CASES = {
    "even": graded(7, 7, 0, 0),
    "rows": graded(8, 8, 40, 0),
    "columns": graded(8, 8, 0, 40),
    "both": graded(8, 8, 30, 30),
    "far": graded(6, 6, 120, 120),
    "tall": graded(11, 4, 20, 30),
    "wide": graded(4, 11, 30, 20),
    "large": graded(5, 5, 15, 15, 306),
    "small": graded(5, 5, 15, 15, -260),
    "line": graded(1, 6, 0, 50),
    "one": [[-0.1]],
    "order20": graded(20, 20, 40, 40),
    "farthest": graded(5, 5, 210, 210, 300),
}

mp.dps = 1000
print("case,rows,columns,what,i,j,number")
for name, W in CASES.items():
    n, m = len(W), len(W[0])
    U, S, V = svd_r(matrix([[mpf(x) for x in row] for row in W]))
    head = f"{name},{n},{m}"
    for i in range(n):
        for j in range(m):
            print(f"{head},W,{i},{j},{W[i][j]!r}")
    for k in range(min(n, m)):
        share = sum(
            abs(U[i, k] * mpf(W[i][j]) * V[k, j]) for i in range(n) for j in range(m)
        )
        print(f"{head},sigma,,{k},{nstr(S[k], 50)}")
        print(f"{head},share,,{k},{nstr(share / S[k], 6)}")
