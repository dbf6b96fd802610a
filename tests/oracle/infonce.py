"""Writes infonce.csv: values and gradients of InfoNCE on embeddings of many
scales, with 50 digits. Run: python3 infonce.py > infonce.csv (python3-mpmath).

The softmax is written out pair by pair and the gradient is what the product
rule gives for each logit, l_ij -> dl_ij/dz, weighted by alpha_ij - delta_ij;
nothing is centred, shifted or shared between rows. Embeddings are doubles and
are written with all their digits. Rows: case, name, i (the pair), k, value:
  distance|dot  0, 0, temperature
  Z, Zp         embeddings
  L, dZ, dZp    the answer
  x, xp, X      where X is asked for: samples, and X (i, k: its entry)
and what a tolerance is made of (test_infonce.c):
  kappa         the largest size of a product that a logit is a sum of; of a
                distance's logit that counts, 4000 or 32 times itself is enough
  dZ_size, dZp_size, X_size   sums of sizes of what entries are sums of
"""
import random

from mpmath import exp, log, mp, mpf

mp.dps = 50
draw = random.Random(20240607)


def normal(n, d, scale=1.0, mean=0.0):
    return [[mean + scale * draw.gauss(0, 1) for _ in range(d)]
            for _ in range(n)]


def near(Z, scale):
    return [[a + scale * draw.gauss(0, 1) for a in z] for z in Z]


def minus(a, b):
    return [p - q for p, q in zip(a, b)]


def dot(a, b):
    return sum((p * q for p, q in zip(a, b)), mpf(0))


def largest(v):
    return max(abs(a) for a in v)


def centred(Z):
    mean = [sum(column, mpf(0)) / len(Z) for column in zip(*Z)]
    return [minus(z, mean) for z in Z]


def weights(logits):
    out = []
    for i, row in enumerate(logits):
        top = max(row)
        e = [exp(l - top) for l in row]
        out.append([a / sum(e) for a in e])
    return out


def say(case, name, i, k, value):
    print(f"{case},{name},{i},{k},{float(value)!r}")


def write(case, kind, temperature, Z, Zp, x=None, xp=None):
    n, d = len(Z), len(Z[0])
    say(case, kind, 0, 0, temperature)
    for name, M in (("Z", Z), ("Zp", Zp), ("x", x or []), ("xp", xp or [])):
        for i, row in enumerate(M):
            for k, a in enumerate(row):
                say(case, name, i, k, a)
    Z, Zp = ([[mpf(a) for a in z] for z in M] for M in (Z, Zp))
    T = mpf(temperature)
    other = [[Zp[j] if kind == "dot" or i == j else Z[j] for j in range(n)]
             for i in range(n)]
    if kind == "dot":
        l = [[dot(Z[i], Zp[j]) / T for j in range(n)] for i in range(n)]
        c = centred(Zp)
        kappa = max(dot(z, z) for z in Z + c) / T
    else:
        l = [[-dot(minus(Z[i], other[i][j]), minus(Z[i], other[i][j])) / 2
              for j in range(n)] for i in range(n)]
        c = centred(Z)
        kappa = 0
    alpha = weights(l)
    rest = [sum((alpha[i][j] for j in range(n) if j != i), mpf(0))
            for i in range(n)]
    for i in range(n if kind == "distance" else 0):
        kappa = max(kappa, -2 * l[i][i])
        for j in range(n):
            if i != j and alpha[i][j] > rest[i] / 10**20:
                kappa = max(kappa, min(dot(c[i], c[i]) + dot(c[j], c[j]),
                                       max(4000, -32 * l[i][j])))
    loss = -sum(log(alpha[i][i]) if rest[i] > mpf("1e-20")
                else mp.log1p(-rest[i]) for i in range(n))
    dZ = [[mpf(0)] * d for _ in range(n)]
    dZp = [[mpf(0)] * d for _ in range(n)]
    size, sizep = [mpf(0)] * n, [mpf(0)] * n
    for i in range(n):
        for j in range(n):
            w = -rest[i] if i == j else alpha[i][j]
            by = dZp if kind == "dot" or i == j else dZ
            for k in range(d):
                if kind == "dot":  # l = z_i . z_j'/T
                    dZ[i][k] += w * Zp[j][k] / T
                    dZp[j][k] += w * Z[i][k] / T
                else:  # l = -|z_i - o|^2/2, o of Z' for j = i
                    dZ[i][k] += w * (other[i][j][k] - Z[i][k])
                    by[j][k] += w * (Z[i][k] - other[i][j][k])
            if kind == "dot":
                size[i] += abs(w) * largest(c[j]) / T
                sizep[j] += abs(w) * largest(Z[i]) / T
            elif i == j:
                apart = abs(w) * largest(minus(Z[i], Zp[i]))
                size[i] += apart
                sizep[i] += apart
            else:
                size[i] += w * (largest(c[i]) + largest(c[j]))
                size[j] += w * (largest(c[i]) + largest(c[j]))
    say(case, "kappa", 0, 0, kappa)
    say(case, "L", 0, 0, loss)
    for name, M, s in (("dZ", dZ, size), ("dZp", dZp, sizep)):
        for i in range(n):
            say(case, name + "_size", i, 0, s[i])
            for k in range(d):
                say(case, name, i, k, M[i][k])
    if x is not None:
        write_x(case, alpha, rest, x, xp)


def write_x(case, alpha, rest, x, xp):
    x, xp = ([[mpf(a) for a in v] for v in M] for M in (x, xp))
    n, m, c, total = len(x), len(x[0]), centred(x), mpf(0)
    X = [[mpf(0)] * m for _ in range(m)]
    for i in range(n):
        for j in range(n):
            if i == j:
                u, w = minus(xp[i], x[i]), -rest[i]
                total += rest[i] * largest(u) ** 2
            else:
                u, w = minus(x[i], x[j]), alpha[i][j]
                total += w * (largest(c[i]) + largest(c[j])) ** 2
            for p in range(m):
                for q in range(m):
                    X[p][q] += w * u[p] * u[q]
    say(case, "X_size", 0, 0, total)
    for p in range(m):
        for q in range(m):
            say(case, "X", p, q, X[p][q])


def main():
    print("case,name,i,k,value")
    Z = normal(5, 3)
    x = normal(5, 4, 1, 1e6)
    write("plain", "distance", 1, Z, near(Z, .4), x, near(x, .5))
    write("identical views", "distance", 1, Z, Z, x, x)
    Z = normal(4, 2)
    Z = Z + [Z[0], Z[2], Z[0]]
    write("duplicates", "distance", 1, Z, near(Z, .3))
    Z = [Z[0]] * 4
    write("one point", "distance", 1, Z, near(Z, .3))
    Z = normal(1, 3)
    write("one pair", "distance", 1, Z, near(Z, .3), normal(1, 2), normal(1, 2))
    Z = normal(6, 1)
    write("one dimension", "distance", 1, Z, near(Z, .5))
    Z = normal(5, 3, 1, 1e6)
    write("common mean", "distance", 1, Z, near(Z, .5))
    Z = normal(5, 3, 1e-8)
    write("tiny", "distance", 1, Z, near(Z, 5e-9))
    # Two clusters, 1000 apart; then all points, and then all pairs.
    Z = normal(6, 3)
    for i in (1, 4, 5):
        Z[i][0] += 1000
    x = normal(6, 2, 3)
    write("clusters", "distance", 1, Z, near(Z, .5), x, near(x, 1))
    Z = [[1e9 * (1 + i // 2) * (k + .7) for k in range(9)] for i in range(6)]
    write("far duplicates", "distance", 1, Z, near(Z, .5))
    Z = [[1000 / 2**.5 * (k == i) + 1e-4 * draw.gauss(0, 1)
          for k in range(5)] for i in range(5)]
    write("far points", "distance", 1, Z, near(Z, .5))
    write("far pairs", "distance", 1, Z, [[z[1], z[2], z[0], z[4], z[3]]
                                          for z in Z])
    Z = [[12.0 * i + draw.random(), 9 * draw.random()] for i in range(6)]
    write("certain", "distance", 1, Z, near(Z, .2))
    Z = normal(5, 2)
    write("far views", "distance", 1, Z, near(Z, 300))
    Z = normal(5, 2)
    write("one far view", "distance", 1, Z, near(Z[:4], .2) + [[40.0, 2.0]])
    Z = normal(5, 3)
    for name, T, scale in (("dot", .1, 1), ("dot warm", 2, 1),
                           ("dot certain", .1, 9), ("dot tiny", .1, 1e-8)):
        S = [[scale * a for a in z] for z in Z]
        write(name, "dot", T, S, near(S, .3 * scale))
    S = [[a + 1e6 for a in z] for z in near(Z, .3)]
    write("dot common mean", "dot", .1, Z, S)
    write("dot one pair", "dot", .1, Z[:1], S[:1])
    # Each prefers another's view by far.
    write("dot wrong", "dot", .1, [[9 * a for a in z] for z in Z],
          Z[1:] + Z[:1])


main()
