"""What is held against oracles: a group of cases of one model that have the same
oracles; a case's settings; a way in which the program solves it."""
import program
from flow import key_of, stored

U = 2.0**-52  # a unit of roundoff
CLOSED, STEPPER, DIGITS = "closed form", "stepper", "50 digits"


class Case:
    def __init__(self, name, settings, times=None, floors=None, known=None,
                 skip=(), reach=100.0, words=None):
        self.name, self.settings, self.times = name, settings, times
        self.floors = floors or {}  # column or its beginning: floor of the size
        self.known = known  # references that came with the case
        self.skip = skip  # oracles that cannot follow it
        self.reach = reach  # up to where a stepper follows
        self.words = words or settings  # what the program is told of it

    def floor(self, column):
        """That of the longest beginning of the column's name."""
        found = [k for k in self.floors if column.startswith(k)]
        return self.floors[max(found, key=len)] if found else 0.0


class Way:
    """bars: the error that is allowed beside each oracle."""

    def __init__(self, name, bars, solver=None):
        self.name, self.bars, self.solver = name, bars, solver or {}

    def run(self, group, case):
        settings = {**case.words, **self.solver}
        if case.times is not None:
            settings["time.t"] = case.times
        return program.run(group.command, group.model, settings)


def default(bars, **more):
    return Way("default", bars, more)


def tight(bars, **more):
    return Way("rtol 1e-14", bars,
               {"solver.rtol": 1e-14, "solver.atol": 1e-18, **more})


class Group:
    """oracles: name -> function of the case and the program's rows, to a list of
    {column: value}, a row each, or None where it has nothing to say."""

    def __init__(self, model, name, cases, oracles, ways, command="flow",
                 note="", flow=None, floors=None):
        self.model, self.name, self.ways = model, name, ways
        self.command, self.oracles, self.note = command, oracles, note
        self.flow, self.floors = flow, floors or {}
        self._make, self._cases, self._known = cases, None, {}

    @property
    def title(self):
        of = f", `{self.command}`"
        if self.command in ("flow", self.model):
            of = ""
        return f"`{self.model}`{of}"

    def of_flow(self, oracle):
        """What a flow gives where nothing else is said."""
        if self.flow is None:
            return None
        if oracle == "stepper":
            return self.flow.stepper
        return self.digits if oracle == "50 digits" else None

    def digits(self, case, rows):
        if case.known is not None:
            return case.known
        at = stored(key_of(self, case))
        return [at[repr(float(t))] for t in case.times]

    def cases(self):
        if self._cases is None:
            self._cases = self._make()
            for case in self._cases:
                case.floors = {**self.floors, **case.floors}
        return self._cases

    def answer(self, oracle, case, rows):
        """Laws look at the rows; other answers are the same for every way."""
        if oracle in case.skip:
            return None
        ask = self.oracles.get(oracle) or self.of_flow(oracle)
        if ask is None:
            return None
        if getattr(ask, "law", False):
            return ask(case, rows)
        key = (oracle, case.name)
        if key not in self._known:
            self._known[key] = ask(case, rows)
        return self._known[key]


def law(check):
    """Marks an oracle that judges what the program's rows say of each other."""
    check.law = True
    return check


def known(case, rows):
    """The 50-digit oracle of cases that came with their references."""
    return case.known
