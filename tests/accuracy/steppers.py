"""Flows by SciPy's steppers at a tolerance near the last digits."""
import numpy as np
from scipy.integrate import solve_ivp


def solve(f, y0, times, method="DOP853", rtol=1e-13, atol=1e-18):
    """y at the times, which rise; atol is less beside smaller starts."""
    y0 = np.array([float(x) for x in y0])
    some = np.abs(y0[y0 != 0])
    atol = min(atol, 1e-10 * some.min()) if some.size else atol
    if max(times) == 0:
        return [y0 for _ in times]
    got = solve_ivp(lambda t, y: f(y), (0, max(times)), y0, method=method,
                    rtol=rtol, atol=atol, t_eval=sorted(set(times)))
    assert got.success, got.message
    at = dict(zip(got.t, got.y.T))
    return [at[t] for t in times]
