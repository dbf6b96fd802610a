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
  60 digits or by formulas with hundreds (`tests/accuracy/reference.py`,
  `tests/oracle/`).

An error is relative, except where a column is known to a share of something
larger. `exact` is the closed form that the program takes by itself, `default` its
own choice of stepper at rtol 1e-9, `rtol 1e-14` that at the least tolerance. The
bar of a stepper is its claim of 100 rtol, that beside SciPy's what SciPy's is good
for. Unit roundoff is 1.1e-16.
"""


def table(lines):
    yield "| case | solved | oracle | numbers | worst error | bar | where |"
    yield "|---|---|---|---|---|---|---|"
    for x in lines:
        yield (f"| {x.group.name} | {x.way.name} | {x.oracle} | {x.count} | "
               f"{x.worst:.1e} | {x.bar:.1e} | {x.where} |")


def write(path, lines):
    out = [HEAD]
    heads = []
    for x in lines:
        head = x.group.title
        if head not in heads:
            heads.append(head)
    for head in heads:
        part = [x for x in lines if x.group.title == head]
        out += [f"## {head}", "", *table(part), ""]
        seen = []
        for x in part:
            if x.group.note and x.group.note not in seen:
                seen.append(x.group.note)
                out += [f"{x.group.name}: {x.group.note}", ""]
    with open(path + ".part", "w") as file:
        file.write("\n".join(out).rstrip() + "\n")
    os.replace(path + ".part", path)
