"""All models, their cases and what each is held to."""
import importlib

import closed
import tables
from group import Group, Way, known

U = 2.0**-53
CLOSED, STEPPER, DIGITS = "closed form", "stepper", "50 digits"


def stepper(name):
    """SciPy is loaded where it is asked for."""
    def ask(case, rows):
        return getattr(importlib.import_module("steppers"), name)(case, rows)

    return ask


GROUPS = [
    Group("barlow-twins", "aligned start", tables.barlow_aligned,
          {CLOSED: closed.barlow_aligned, STEPPER: stepper("barlow_aligned"),
           DIGITS: known},
          [Way("exact", {CLOSED: 8 * U, STEPPER: 1e-10, DIGITS: 8 * U})]),
]
