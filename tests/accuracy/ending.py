"""`contrastive-deep`: t_blowup of matrices that are not aligned (theory.md 6), from
the flow in a time s, ds = (1 + |W|^(2L-2)) dt, in which it takes for ever."""
from decimal import Decimal as D

from barlow import drawn, rotated
from deep import deep, layers_of
from flow import Flow, total
from group import DIGITS, STEPPER, Case, Group, Way
from program import matrix


def slowed(settings, number):
    """As before, and t behind the layers."""
    y0, f = deep(settings, number)
    power = len(layers_of(settings)) - 1

    def g(y):
        *W, _ = y
        size, pace = total(x * x for x in W), 1
        for _ in range(power):
            pace = pace * size
        pace = pace + 1
        return [x / pace for x in f(W)] + [1 / pace]

    return y0 + [number(0)], g


class Ending(Flow):
    """Up to where the rest of t is below 50 digits, or a double's."""

    def last(self, case, solve, number, far, **settings):
        y0, f = self.make(case.settings, number)
        return [{"t_blowup": D(solve(f, y0, [far], **settings)[0][-1])}]

    def stepper(self, case, rows):
        from steppers import solve
        return self.last(case, lambda f, *a: solve(lambda y: f(y.tolist()), *a),
                         float, case.reach)

    def digits(self, case, **settings):
        from taylor import solve
        return self.last(case, solve, D, 4 * case.reach, **settings)


def cases():
    two = {"W1": matrix([[.5, .2], [-.1, .3]]), "W2": matrix([[.4, -.2], [.3, .25]])}
    return [
        Case("theory's two layers", {"X": matrix([[1, 0], [0, .5]]), **two}, [0.0],
             reach=40.0),
        Case("with decay", {"X": rotated([1, .4], 91), **two, "eta": .03}, [0.0],
             reach=40.0),
        Case("three layers", {"X": rotated([1, .5], 56), "W1": drawn(2, 2, .4, 57),
                              "W2": drawn(2, 2, .4, 58), "W3": drawn(2, 2, .4, 59)},
             [0.0], reach=90.0),
        Case("residual", {"X": rotated([.8, -.6], 66), "residual": "on", **two},
             [0.0], reach=60.0),
    ]


def at(rtol):
    return Way(f"rtol {rtol:g}", {STEPPER: max(1e-9, 100 * rtol),
                                  DIGITS: 100 * rtol}, {"solver.rtol": rtol})


GROUPS = [
    Group("contrastive-deep", "blow-up of matrices", cases, {},
          [at(1e-6), at(1e-9), at(1e-12)], flow=Ending(slowed, None)),
]
