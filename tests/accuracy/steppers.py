"""The flows of theory.md, written down again and given to SciPy's steppers."""
import numpy as np
from scipy.integrate import solve_ivp

RTOL, ATOL = 1e-13, 1e-16


def integrate(rhs, y0, times, method="DOP853", atol=ATOL):
    """y at the times, which rise."""
    y0 = np.asarray(y0, float)
    if max(times) == 0:
        return [y0 for _ in times]
    got = solve_ivp(rhs, (0, max(times)), y0, method=method, rtol=RTOL,
                    atol=atol, t_eval=sorted(set(times)))
    assert got.success, got.message
    at = dict(zip(got.t, got.y.T))
    return [at[t] for t in times]


def barlow_aligned(case, rows):
    """In x = ln s, since starts are as small as 1e-300, mode by mode; up to
    rate times time of 100, where every mode is where it ends."""
    wanted = [{} for _ in case.times]
    for j, (g, s0) in enumerate(zip(case.settings["gamma"],
                                    case.settings["s0"]), 1):
        reach = [t for t in case.times if 8 * abs(g) * t <= 100]
        if not reach or s0 == 0:
            continue
        found = integrate(lambda t, x: 4 * g * (1 - g * np.exp(2 * x)),
                          [np.log(s0)], reach)
        for row, x in zip(wanted, found):
            row[f"lambda_{j}"] = np.sign(g) * np.exp(
                2 * x[0] + np.log(abs(g))) if g else 0.0
    return wanted
