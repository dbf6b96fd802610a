"""SciPy's integrators on the problems of bench_ode, whose numbers lie in files.

ode_scipy.py FOLDER PROBLEM CAP TASK…   a TASK is NUMBER:METHOD:RTOL:KEEP
ode_scipy.py --version

Prints a line per task: number, ok|over|failed, right-hand sides, Jacobians,
seconds, note; with KEEP=1 the solution goes to FOLDER/solution-NUMBER.npy, a
row per cell and output time. CAP: seconds of all threads after which a run is
given up. Exits 77 where SciPy is not installed.
"""
import ctypes
import math
import signal
import statistics
import sys
import time

try:
    import numpy as np
    import scipy
    from scipy.integrate import solve_ivp
except ImportError:
    sys.exit(77)

QUICK = 0.05  # seconds: what takes less is run again, the first to warm up


class Late(Exception):
    pass


def late(*_):
    raise Late


def barlow(gamma, d):
    """Z' = -4 (Z G Z^T - I) Z G with the columns of Z as rows: products into
    arrays that are there, one new array for the integrator to keep."""
    k = len(gamma)
    weight = np.ascontiguousarray(gamma.reshape(k, 1))
    scaled, residual = np.empty((k, d)), np.empty((d, d))
    diagonal = np.arange(d)

    def rhs(t, y):
        Z = y.reshape(k, d)
        np.multiply(weight, Z, out=scaled)
        np.dot(scaled.T, Z, out=residual)
        residual[diagonal, diagonal] -= 1.0
        np.multiply(residual, -4.0, out=residual)
        return np.dot(scaled, residual).ravel()

    return rhs, None


def modes(numbers):
    alpha, eta, beta, b = numbers.tolist()

    def rhs(t, y):
        p, s, tau = y.tolist()
        r = tau - b * p
        return [alpha * s * r - eta * p, 2 * p * s * r - 2 * eta * s,
                beta * (1 - tau) - tau * (p * r - eta)]

    return rhs, None


def pleiades(_):
    mass = np.arange(1.0, 8.0)
    diagonal = np.arange(7)

    def rhs(t, y):
        x, v = y[:14].reshape(2, 7), y[14:]
        gap = x[:, None, :] - x[:, :, None]
        d2 = gap[0] * gap[0] + gap[1] * gap[1]
        d2[diagonal, diagonal] = 1.0
        pull = mass / (d2 * np.sqrt(d2))
        out = np.empty(28)
        out[:14] = v
        out[14:21] = (gap[0] * pull).sum(1)
        out[21:] = (gap[1] * pull).sum(1)
        return out

    return rhs, None


def robertson(_):
    def rhs(t, y):
        u, v, w = y.tolist()
        a, b, c = .04 * u, 1e4 * v * w, 3e7 * v * v
        return [b - a, a - b - c, c]

    def jacobian(t, y):
        u, v, w = y.tolist()
        return np.array([[-.04, 1e4 * w, 1e4 * v],
                         [.04, -1e4 * w - 6e7 * v, -1e4 * v], [0, 6e7 * v, 0]])

    return rhs, jacobian


def hires(_):
    fixed = np.zeros((8, 8))
    fixed[0, :3] = -1.71, .43, 8.32
    fixed[1, :2] = 1.71, -8.75
    fixed[2, 2:5] = -10.03, .43, .035
    fixed[3, 1:4] = 8.32, 1.71, -1.12
    fixed[4, 4:7] = -1.745, .43, .43
    fixed[5, 3:7] = .69, 1.71, -.43, .69
    fixed[6, 6], fixed[7, 6] = -1.81, 1.81

    def rhs(t, y):
        a, b, c, d, e, f, g, h = y.tolist()
        bond = 280 * f * h
        last = bond - 1.81 * g
        return [-1.71 * a + .43 * b + 8.32 * c + .0007, 1.71 * a - 8.75 * b,
                -10.03 * c + .43 * d + .035 * e,
                8.32 * b + 1.71 * c - 1.12 * d, -1.745 * e + .43 * f + .43 * g,
                -bond + .69 * d + 1.71 * e - .43 * f + .69 * g, last, -last]

    def jacobian(t, y):
        J = fixed.copy()
        u, v = 280 * y[7], 280 * y[5]
        J[5, 5] -= u
        J[5, 7] -= v
        J[6, 5], J[6, 7], J[7, 5], J[7, 7] = u, v, -u, -v
        return J

    return rhs, jacobian


def van_der_pol(_):
    mu2 = 1e6

    def rhs(t, y):
        u, v = y.tolist()
        return [v, mu2 * ((1 - u * u) * v - u)]

    def jacobian(t, y):
        u, v = y.tolist()
        return np.array([[0, 1], [mu2 * (-2 * u * v - 1), mu2 * (1 - u * u)]])

    return rhs, jacobian


SYSTEMS = {"mode": modes, "modes-200": modes, "pleiades": pleiades,
           "robertson": robertson, "hires": hires, "van-der-pol": van_der_pol}


def load(folder, name, what):
    try:
        return np.load(f"{folder}/{name}-{what}.npy")
    except FileNotFoundError:
        return None


class Problem:
    def __init__(self, folder, name):
        self.start = load(folder, name, "start")
        self.times = load(folder, name, "times").ravel()
        self.scale = load(folder, name, "scale").ravel()
        numbers = load(folder, name, "params")
        if name.startswith("barlow"):
            gamma = load(folder, name, "gamma").ravel()
            d = self.start.shape[1] // len(gamma)
            self.systems = [barlow(gamma, d)]
        else:
            cells = len(self.start)
            self.systems = [SYSTEMS[name](None if numbers is None
                                          else numbers[j])
                            for j in range(cells)]


def solve(problem, method, rtol):
    """Counts, seconds and the outputs of all cells."""
    rows, rhs, jacobians = [], 0, 0
    begun = time.perf_counter()
    for y0, (f, jacobian) in zip(problem.start, problem.systems):
        more = {"jac": jacobian} if method in ("Radau", "LSODA") else {}
        got = solve_ivp(f, (0, problem.times[-1]), y0, method=method,
                        t_eval=problem.times, rtol=rtol,
                        atol=1e-3 * rtol * problem.scale, **more)
        if not got.success:
            raise ArithmeticError(got.message)
        rows.append(got.y.T)
        rhs += got.nfev
        jacobians += got.njev
    seconds = time.perf_counter() - begun
    return rhs, jacobians, seconds, rows


def attempt(problem, method, rtol, cap):
    signal.setitimer(signal.ITIMER_PROF, cap)
    rhs, jacobians, seconds, rows = solve(problem, method, rtol)
    if seconds < QUICK:
        again = [solve(problem, method, rtol)[2] for _ in range(3)]
        seconds = statistics.median(again)
    return rhs, jacobians, seconds, rows


def main(folder, name, cap, tasks):
    problem = Problem(folder, name)
    signal.signal(signal.SIGPROF, late)
    np.seterr(all="ignore")
    for task in tasks:
        number, method, rtol, keep = task.split(":")
        try:
            rhs, jacobians, seconds, rows = attempt(problem, method,
                                                    float(rtol), float(cap))
            if keep == "1":
                np.save(f"{folder}/solution-{number}.npy",
                        np.ascontiguousarray(np.concatenate(rows)))
            print(number, "ok", rhs, jacobians, seconds, flush=True)
        except Late:
            print(number, "over", 0, 0, math.inf, flush=True)
        except Exception as error:  # whatever an integrator gives up with
            print(number, "failed", 0, 0, math.inf, str(error), flush=True)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)


def version():
    """SciPy, NumPy, and the OpenBLAS that NumPy's products run on."""
    try:
        blas = ctypes.CDLL("libblas.so.3")
        blas.openblas_get_config.restype = ctypes.c_char_p
        config = blas.openblas_get_config().decode()
    except (OSError, AttributeError):
        config = "another BLAS"
    print(f"{scipy.__version__}, NumPy {np.__version__} on {config}")


if __name__ == "__main__":
    import warnings
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["--version"]:
        version()
    else:
        main(*sys.argv[1:4], sys.argv[4:])
