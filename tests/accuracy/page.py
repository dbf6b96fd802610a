"""docs/accuracy.md: what `make accuracy` found, a table for each model."""
import os

HEAD = """# Accuracy

Made by `make accuracy`, which ends with an error where a number below is over its
bar. Every model is run through the command line and held against

- its **closed form**, evaluated as printed in theory with 80 digits; where there
  is none, laws that hold exactly (what is conserved, where it comes to rest);
- a **stepper** that shares no code with eigenstep: SciPy's, at rtol 1e-13, on the
  equations written down again;
- **50 digits**: committed references, made by Taylor series of the equations with
  80 digits in the arithmetic (`tests/accuracy/reference.py`), or the tables of
  `tests/oracle/` (those of eigenmodes and BYOL's matrices have 30 and 34 digits).

The stepper and the Taylor series share how the equations are written down, and no
line of how they are solved.

An error is relative, except where a column is known to a share of something
larger. Of a fate it is how far from the boundary the program is wrong or does not
know. `exact` is the closed form that the program takes by itself, `default` its own
choice of stepper at rtol 1e-9, `rtol 1e-14` that at the least tolerance, `lanes` are
cells of a sweep side by side. The bar of a stepper is its claim of 100 rtol, that
beside SciPy's what SciPy's is good for. A unit of roundoff is 2.2e-16.
"""


def table(lines):
    yield "| case | solved | oracle | numbers | worst error | bar | where |"
    yield "|---|---|---|---|---|---|---|"
    for x in lines:
        yield (f"| {x.name} | {x.way} | {x.oracle} | {x.count} | "
               f"{x.worst:.1e} | {x.bar:.1e}{' OVER' if x.over else ''} | "
               f"{x.where} |")


def write(path, lines):
    out = [HEAD]
    heads = []
    for x in lines:
        head = x.title
        if head not in heads:
            heads.append(head)
    for head in heads:
        part = [x for x in lines if x.title == head]
        out += [f"## {head}", "", *table(part), ""]
        seen = []
        for x in part:
            if x.note and x.note not in seen:
                seen.append(x.note)
                out += [f"{x.name}: {x.note}", ""]
    with open(path + ".part", "w") as file:
        file.write("\n".join(out).rstrip() + "\n")
    os.replace(path + ".part", path)
