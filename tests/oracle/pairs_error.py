"""Prints v(r) of docs/contrastive-population.md, "With N pairs": the standard
deviation, times sqrt(N), of the s at which InfoNCE of N Gaussian pairs comes to
rest; experiments/augmentation-strength.yaml quotes it. Run: python3
pairs_error.py (python3-numpy). By Gauss-Hermite quadrature; the derivative of
h(y; s) is taken by differences."""

import numpy as np

y, weight = np.polynomial.hermite_e.hermegauss(120)
weight /= weight.sum()
Y, E = np.meshgrid(y, y, indexing="ij")
W = np.outer(weight, weight)


def stable(r):
    return (1 - 2 * r + np.sqrt(1 + 4 * r)) / (2 * r)


def share(s):
    q = 1 + s + s * s
    return (1 + s) / np.sqrt(q) * np.exp(-Y * Y * s / (2 * q))


def spread(r, correlation):
    """correlation: of x and x' - x, in units of their deviations."""
    s, e = stable(r), 1e-5
    distance = correlation * Y + np.sqrt(1 - correlation**2) * E
    g = (
        r * distance**2 / 2
        - Y * Y / (2 * (1 + s) ** 2)
        - 1 / (2 * (1 + s))
        + (share(s + e) - share(s - e)) / (2 * e)
    )
    mean = (W * g).sum()
    assert abs(mean) < 1e-8  # at rest
    return np.sqrt((W * g * g).sum() - mean**2) * 2 * (1 + s) ** 3 / (3 + s)


print("one view: r, v")
for r in (0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.9):
    print(f"{r:6g} {spread(r, 0):8.4f}")
print("both views: k, r, v")
for k in (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4):
    nu = k * k
    r = 2 * nu / (1 + nu)
    print(f"{k:6g} {r:8.4f} {spread(r, -np.sqrt(nu / (2 * (1 + nu)))):8.4f}")
