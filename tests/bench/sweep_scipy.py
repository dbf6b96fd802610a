"""SciPy's LSODA on the eigenmodes of bench_sweep, one by one.

sweep_scipy.py CELLS   CELLS: a CSV of alpha_p, eta, beta, p0, s0 and the final
p, s, tau of the reference. Prints a line per way of calling LSODA: name,
processor seconds per cell (best of three), largest error in units of the tolerance.
Exits 77 where SciPy is not installed.
"""
import sys
import time

try:
    import numpy as np
    from scipy.integrate import odeint, solve_ivp
except ImportError:
    sys.exit(77)

B, TAU0, END, RTOL, ATOL = 1.1, 0.5, 100.0, 1e-8, 1e-10


def rhs(t, y, alpha, eta, beta):
    p, s, tau = y
    r = tau - B * p
    pull = p * r - eta
    return (alpha * s * r - eta * p, 2 * s * pull,
            beta * (1 - tau) - tau * pull)


def by_odeint(x):
    return odeint(rhs, (x[3], x[4], TAU0), (0.0, END), args=tuple(x[:3]),
                  tfirst=True, rtol=RTOL, atol=ATOL, mxstep=100000)[-1]


def by_solve_ivp(x):
    return solve_ivp(rhs, (0.0, END), (x[3], x[4], TAU0), method="LSODA",
                     args=tuple(x[:3]), rtol=RTOL, atol=ATOL).y[:, -1]


def main(path):
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    settings, want = rows[:, :5].tolist(), rows[:, 5:]
    for name, solve in (("odeint", by_odeint), ("solve_ivp", by_solve_ivp)):
        best = float("inf")
        for _ in range(3):
            begun = time.process_time()
            got = np.array([solve(x) for x in settings])
            best = min(best, time.process_time() - begun)
        error = np.abs(got - want) / (RTOL * np.abs(want) + ATOL)
        print(name, best / len(settings), error.max())


main(sys.argv[1])
