"""Holds every model against three oracles: a closed form (or a law that holds
exactly where there is none), a stepper that shares no code with eigenstep, and
references with 50 digits. Run by `make accuracy`:

    python3 accuracy.py [--smoke] [--page docs/accuracy.md] [=MODEL …]

JOBS=N in the environment runs N groups at a time.

Prints a line for each model, way of solving it and oracle: how many numbers were
compared, the worst error, whose it is, and the error that is allowed; and at the
end of each model what came nearest to that. Exits 1 if one is beyond it. --smoke
runs the first case of each group without the stepper, which needs SciPy; a page is
written only of the whole.

An error is |got - want|/max(|want|, floor): relative, but for what is known to a
share of something larger (floor, of the group's columns)."""
import math
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal

import groups

ORACLES = ("closed form", "stepper", "50 digits")


class Line:
    """The worst of one group, one way of solving and one oracle."""

    def __init__(self, group, way, oracle, bar):
        self.model, self.title = group.model, group.title
        self.name, self.note, self.way = group.name, group.note, way.name
        self.oracle, self.bar = oracle, bar
        self.count, self.worst, self.where = 0, 0.0, ""

    def add(self, error, where):
        self.count += 1
        if not error <= self.worst:
            self.worst, self.where = error, where

    @property
    def over(self):
        return not self.worst <= self.bar


def error(got, want, floor):
    """Infinite unless both are numbers, or both the same of inf and nan."""
    if isinstance(got, str):
        return 0.0 if got == want else math.inf
    wanted = float(want)
    if math.isnan(wanted) or math.isinf(wanted):
        same = got == wanted or (math.isnan(got) and math.isnan(wanted))
        return 0.0 if same else math.inf
    if not math.isfinite(got):
        return math.inf
    size = max(abs(Decimal(want)), Decimal(floor))
    apart = abs(Decimal(got) - Decimal(want))
    # Below the smallest normal number a double has no more than its last bit.
    apart = max(apart - Decimal(2.0**-1074), Decimal(0))
    if not apart:
        return 0.0
    return float(apart / size) if size else math.inf


def compare(line, case, rows, wanted):
    """wanted: for each row {column: value}; columns it does not know pass."""
    for row, want in zip(rows, wanted):
        for column, value in want.items():
            floor = case.floor(column)
            if isinstance(value, tuple):  # with the size of what it is made of
                value, floor = value
            at = f"{case.name}, {column}"
            if "t" in row and len(rows) > 1:
                at += f" at t={row['t']:g}"
            line.add(error(row[column], value, floor), at)
    assert len(rows) == len(wanted), (case.name, len(rows), len(wanted))


def measure(group, smoke):
    lines = []
    cases = group.cases()[:1] if smoke else group.cases()
    for way in group.ways[:1] if smoke else group.ways:
        if smoke and set(way.bars) == {"stepper"}:
            continue
        found = {o: Line(group, way, o, way.bars.get(o)) for o in ORACLES}
        for case in cases:
            rows = way.run(group, case)
            for oracle in ORACLES:
                answer = None
                if oracle in way.bars and not (smoke and oracle == "stepper"):
                    answer = group.answer(oracle, case, rows)
                if answer is not None:
                    compare(found[oracle], case, rows, answer)
        lines += [x for x in found.values() if x.count]
    return lines


def measure_at(index, smoke):
    return measure(groups.GROUPS[index], smoke)


def text(lines):
    for x in lines:
        print(f"{'OVER' if x.over else 'ok':4} {x.model:20} "
              f"{x.name:28} {x.way:14} {x.oracle:12} {x.count:6} "
              f"{x.worst:8.1e} of {x.bar:7.1e}  {x.where}", flush=True)


def nearest(lines):
    """Of each model the line that comes nearest to its bar."""
    for model in dict.fromkeys(x.model for x in lines):
        x = max((x for x in lines if x.model == model),
                key=lambda x: x.worst / x.bar)
        print(f"worst of {x.model}: {x.worst:.1e} of {x.bar:.1e}, {x.name}, "
              f"{x.way}, {x.oracle}: {x.where}")


def main():
    smoke = "--smoke" in sys.argv
    only = [x for x in sys.argv[1:] if x.startswith("=")]
    lines = []
    chosen = [i for i, g in enumerate(groups.GROUPS)
              if not only or "=" + g.model in only]
    with ProcessPoolExecutor(int(os.environ.get("JOBS", 1))) as pool:
        for found in pool.map(measure_at, chosen, [smoke] * len(chosen)):
            text(found)
            lines += found
    over = sum(x.over for x in lines)
    if "--page" in sys.argv and not smoke:
        import page
        page.write(sys.argv[sys.argv.index("--page") + 1], lines)
    nearest(lines)
    print(f"{len(lines)} lines, {sum(x.count for x in lines)} numbers, "
          f"{over} over their bar")
    return 1 if over or not lines else 0


if __name__ == "__main__":
    sys.exit(main())
