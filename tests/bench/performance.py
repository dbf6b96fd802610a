"""docs/performance.md and its figures from the tables of the last `make bench`.

performance.py TABLES FOLDER   reads TABLES/*.csv, writes FOLDER/performance.md
and FOLDER/performance/*.svg. A table that is not there is left out of the page.
"""
import csv
import math
import os
import pathlib
import subprocess
import sys
import tempfile

TERMINALS = os.environ.get("BENCH_TERMINALS", "svg")
ROOT = pathlib.Path(__file__).resolve().parents[2]
COLOURS = {"eigenstep": ["#08306b", "#2171b5", "#4eb3d3", "#0c7c7c", "#5e4fa2",
                         "#7f9fcf", "#1b7837", "#225ea8"],
           "GSL": ["#a63603", "#e6550d", "#fd8d3c", "#d9a441", "#8c6d31",
                   "#e7ba52"],
           "SUNDIALS": ["#006d2c", "#41ab5d", "#66c2a4", "#8ca252", "#b5cf6b"],
           "SciPy": ["#67001f", "#ce1256", "#df65b0", "#c994c7"]}
MARKS = [7, 5, 9, 13, 11, 4, 6, 8, 12]  # filled first


def table(folder, name):
    try:
        with open(folder / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []


def label(row):
    """The integrators of SUNDIALS say by their names whose they are."""
    return ("" if row["package"] == "SUNDIALS" else row["package"] + " ") \
        + row["method"]


def seconds(text):
    value = float(text)
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= size or unit == "µs":
            return f"{value / size:.3g} {unit}"


def series_of(rows):
    """Rows by method, in the order of the table, the chosen one first."""
    out = {}
    for row in rows:
        if row["outcome"] == "ok":
            out.setdefault(label(row), []).append(row)
    return dict(sorted(out.items(), key=lambda s: s[1][0]["chosen"] != "1"))


def places(rows):
    """The place of each method in its package, the same in all figures."""
    out, used = {}, {}
    for row in rows:
        if label(row) not in out:
            out[label(row)] = used.get(row["package"], 0)
            used[row["package"]] = out[label(row)] + 1
    return out


def looks(series, place):
    """Lists of gnuplot's: hues by package, a shade and a mark a method."""
    out = {"names": [], "colours": [], "marks": [], "thick": []}
    for key, rows in series.items():
        package, chosen = rows[0]["package"], rows[0]["chosen"] == "1"
        k, shades = place[key], COLOURS[package]
        out["names"].append(key.replace(" ", "\u00a0"))
        out["colours"].append("#000000" if chosen else shades[k % len(shades)])
        out["marks"].append(str(MARKS[k % len(MARKS)]))
        out["thick"].append("3" if chosen else
                            "2.2" if package == "eigenstep" else "1.2")
    return {key: " ".join(words) for key, words in out.items()}


def write_points(path, series):
    with open(path, "w", encoding="utf-8") as out:
        print("series,error,rhs,seconds", file=out)
        for i, rows in enumerate(series.values()):
            for r in rows:
                print(i + 1, r["error"], r["rhs"], r["seconds"], sep=",",
                      file=out)


def draw(folder, name, title, rows, place):
    """One figure; False where no method's answer could be timed."""
    series = series_of(rows)
    errors = [float(r["error"]) for some in series.values() for r in some]
    errors = [e for e in errors if e > 0]
    if not errors:
        return False
    words = looks(series, place) | {"figure": name, "title_text": title}
    ends = {"log_low": math.floor(math.log10(min(errors))),
            "log_high": math.ceil(math.log10(max(errors)))}
    script = "".join(f'{key} = "{value}"\n' for key, value in words.items())
    script += "".join(f"{key} = {value}\n" for key, value in ends.items())
    script += f"load '{ROOT}/plots/common.gp'\nterminals = '{TERMINALS}'\n"
    script += f"load '{ROOT}/plots/work-precision.gp'\n"
    target = folder / "performance"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        write_points(f"{work}/points.csv", series)
        subprocess.run(["gnuplot", "-"], input=script, text=True, check=True,
                       cwd=work)
        for kind in TERMINALS.split():
            drawn = pathlib.Path(work, f"{name}.{kind}").read_bytes()
            (target / f"{name}.{kind}").write_bytes(drawn)
    return True


def machine_of(tables):
    rows = {row["what"]: row["value"] for row in table(tables, "machine.csv")}
    if not rows:
        return []
    out = [f"Measured on {rows.pop('CPU')} with {rows.pop('cores')} cores.",
           "Versions: " + "; ".join(f"{what} {value or 'not installed'}"
                                    for what, value in rows.items()) + "."]
    return [" ".join(out), ""]


def beside_products(what, rows):
    out = [f"{what}, medians by turns:", "",
           "| threads | right-hand side | products | ratio | at most | |",
           "|---|---|---|---|---|---|"]
    for r in rows:
        out.append(f"| {r['threads']} | {seconds(r['seconds'])} | "
                   f"{seconds(r['products_seconds'])} | {r['ratio']} | "
                   f"{r['claimed']} | "
                   f"{'holds' if r['holds'] == '1' else 'fails'} |")
    return out + [""]


def claims_of(tables):
    rows, rhs = table(tables, "claims-ode.csv"), table(tables, "rhs.csv")
    byol = table(tables, "rhs-byol.csv")
    infonce = table(tables, "rhs-infonce.csv")
    states = table(tables, "contrastive.csv")
    out = []
    if rows:
        out += ["Generic-start flow, d=64, m=784 (Fashion-MNIST, 500 centred "
                "pairs, start 1e-6), against peers at rtol 1e-8 on the same "
                "right-hand side in the eigenbasis. Ours is what "
                "`solver.method=auto` takes, at the tolerance from 1e-8 down "
                "where it is fastest with an error not above the peer's, as "
                "far as the reference can tell.", "",
                "| peer | threads | times faster | at least | ours | its rtol "
                "| error | peer's error | seconds | peer's seconds | |",
                "|---|---|---|---|---|---|---|---|---|---|---|"]
        for r in rows:
            out.append(f"| {r['peer']} | {r['threads']} | "
                       f"{float(r['ratio']):.2f} | {r['needed']} | "
                       f"{r['method'] or '-'} | {r['rtol']} | {r['error']} | "
                       f"{r['peer_error']} | {r['seconds']} | "
                       f"{r['peer_seconds']} | "
                       f"{'holds' if r['holds'] == '1' else 'fails'} |")
        out.append("")
    if rhs:
        out += beside_products(
            f"Right-hand side at d={rhs[0]['d']}, m={rhs[0]['m']} beside its "
            "two matrix products alone", rhs)
    if byol:
        out += beside_products(
            f"Right-hand side of `byol` at n1={byol[0]['n1']}, "
            f"n2={byol[0]['n2']} beside its four matrix products alone", byol)
    if infonce:
        out += beside_products(
            f"Right-hand side of InfoNCE at N={infonce[0]['n']} pairs, "
            f"m={infonce[0]['m']}, d={infonce[0]['d']} beside its matrix "
            "products alone", infonce)
    if states:
        out += beside_products(
            f"States of `contrastive` with a fixed X at {states[0]['times']} "
            f"times, W of {states[0]['d']}×{states[0]['d']}, beside one "
            "matrix product each", states)
    return ["## What is claimed", ""] + out if out else []


def cell(row):
    if row is None:
        return ""
    if row["outcome"] == "ok":
        return (f"{float(row['error']):.1e}, {row['rhs']}, "
                f"{seconds(row['seconds'])}")
    if row["outcome"] == "wrong":
        return f"refused: {float(row['error']):.1e}"
    return row["outcome"]


def results(rows):
    rtols = list(dict.fromkeys(row["rtol"] for row in rows))
    rtols.sort(key=float, reverse=True)
    by = {}
    for row in rows:
        by.setdefault((label(row), row["chosen"]), {})[row["rtol"]] = row
    out = ["| method | " + " | ".join(f"rtol {r}" for r in rtols) + " |",
           "|---" * (1 + len(rtols)) + "|"]
    for (name, chosen), cells in by.items():
        shown = f"**{name}**" if chosen == "1" else name
        out.append(f"| {shown} | " + " | ".join(cell(cells.get(r))
                                                for r in rtols) + " |")
    return out + [""]


def problem(folder, about, rows, place):
    name = about["name"]
    threads = sorted({int(row["threads"]) for row in rows}, reverse=True)
    first = [row for row in rows if int(row["threads"]) == threads[0]]
    many = about["cells"] != "1"
    cells = f" in each of {about['cells']} cells" if many else ""
    text = (f"{about['n']} components{cells}; {threads[0]} "
            f"thread{'s' if threads[0] > 1 else ''}. Reference: {about['by']}, "
            f"apart {about['apart']}")
    if about["from_published"] != "nan":
        text += f", {about['from_published']} from the published values"
    out = [f"### {about['title']}", ""]
    if draw(folder, name, about["title"], first, place):
        out += [f"![Work against precision: {about['title']}]"
                f"(performance/{name}.svg)", ""]
    out += [text + f". Refused beyond {float(about['wrong']):.0e} times rtol, "
            "and beyond 0.1.", ""]
    for count in threads:
        if len(threads) > 1:
            out += [f"{count} thread{'s' if count > 1 else ''}:", ""]
        out += results([r for r in rows if int(r["threads"]) == count])
    return out


def work_precision(tables, folder):
    rows, out = table(tables, "ode.csv"), []
    for about in table(tables, "references.csv"):
        about["name"] = about["problem"]
        mine = [row for row in rows if row["problem"] == about["name"]]
        if mine:
            out += problem(folder, about, mine, places(rows))
    if not out:
        return []
    return ["## Work against precision", "",
            "Every method solves the same problem with the same right-hand "
            "side (in C; SciPy's in NumPy), start, output times and "
            "tolerances: rtol as given, atol a thousandth of it in units of "
            "each component's start or size. The error is the largest over "
            "all output times, relative: of the state in the Euclidean norm, "
            "and of the eigenvalues of C where the problem has them; of each "
            "component by itself where the problem is stiff. An answer is "
            "held against the reference before its time counts; one as small "
            "as the distance between the two that made the reference says no "
            "more than that. Seconds are medians of repeated solves, by turns "
            "with the peers, workspaces included. Each cell: error, right-hand "
            "sides, time. Bold, and black in the figure: what "
            "`solver.method=auto` takes.", ""] + out


def plain_table(tables, name, title, words):
    rows = table(tables, name)
    if not rows:
        return []
    keys = list(rows[0])
    out = [f"## {title}", "", words, "", "| " + " | ".join(keys) + " |",
           "|---" * len(keys) + "|"]
    out += ["| " + " | ".join(r[k] if r[k] != "inf" else "–" for k in keys) +
            " |" for r in rows]  # inf: the least of no measurements
    return out + [""]


def main(tables, folder):
    tables, folder = pathlib.Path(tables), pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    page = ["# Performance", "",
            "Made by `make bench` from its own tables; numbers are of one "
            "machine and are there to be measured again.", ""]
    page += machine_of(tables) + claims_of(tables)
    page += work_precision(tables, folder)
    page += plain_table(tables, "sweep.csv", "Sweeps of an eigenmode",
                        "Final states of random cells of `byol-eigenmode` "
                        "(alpha_p to 10, eta to 0.1, beta to 1, t = 100) at "
                        "rtol 1e-8, one core: processor seconds a cell, "
                        "largest error in units of rtol |y| + atol, and how "
                        "many times as fast as a peer. SciPy's both call "
                        "LSODA. Held against GSL's rk8pd at 1e-13 first.")
    page += plain_table(tables, "diagram.csv", "A diagram of outcomes",
                        "1000 × 1000 cells of alpha_p and eta until their fate "
                        "is certain; `integrated` of them, all at the "
                        "boundaries among these, by GSL's rk8pd to where the "
                        "outcome is plain.")
    page += plain_table(tables, "claims-ensemble.csv", "Ensembles of matrices",
                        "Cells of `byol` with n × n matrices to t = 20, eight "
                        "side by side on one core: how many times as fast as "
                        "the best of GSL's steppers, with plain C of fixed "
                        "size or BLAS as its right-hand side. Lanes are more "
                        "exact than GSL at one rtol, so that both compare at "
                        "one rtol, at the error that GSL has there, and at "
                        "the one that lanes have.")
    page += plain_table(tables, "rhs-byol.csv", "The right-hand side of byol",
                        "Beside its matrix products alone; verified against "
                        "its definition first.")
    page += plain_table(tables, "infonce.csv", "InfoNCE",
                        "Milliseconds of a right-hand side, W, x, x' to "
                        "-dL/dW, at 4,096 pairs, m=784, d=128, the best by "
                        "turns with NumPy on as many threads: written plainly, "
                        "in one N×N array, by blocks of rows, and with X "
                        "made first as the equation has it, with the "
                        "same OpenBLAS. NumPy's own products "
                        "take from a third to a half of its time, so that "
                        "what has them to do cannot be five times as fast. "
                        "Held against the definition, pair by pair, first.")
    page += plain_table(tables, "moments.csv", "Moments of Fashion-MNIST",
                        "All 60,000 training images, best of three; verified "
                        "on 500 of them against the definitions first.")
    page += plain_table(tables, "step.csv", "A training step",
                        "Milliseconds for both views of a batch, best of "
                        "rounds by turns with PyTorch on as many threads: "
                        "ours on a batch that is there, whole with the views "
                        "drawn (pictures of one channel), the network's "
                        "convolutions alone, each by the fastest of oneDNN's "
                        "kernels and layouts, and their share of ours; "
                        "PyTorch's with contiguous and channels-last "
                        "tensors, and how many times faster ours is. Then a "
                        "process's memory at its peak beside PyTorch's (the "
                        "layout that needs less), and how much it grew from "
                        "when there was no network. The gradient is held "
                        "against plain loops in double first.")
    page += plain_table(tables, "ntk.csv", "A tangent kernel",
                        "Seconds for the kernel of 128 pairs of 28×28 pixels, "
                        "a ResNet-10 of width 8, ten outputs, and how many "
                        "times as long as ours in double and with gradients "
                        "in single precision it takes. PyTorch: reverse mode "
                        "image by image and output by output (loop), "
                        "torch.autograd.functional.jacobian vectorised over "
                        "outputs, functorch's vmap of jacrev over 16 images "
                        "at a time, then the product of the Jacobians; in "
                        "float but for the last. `error` is the largest "
                        "difference from ours in double over its largest "
                        "number, held to 1e-4 (functorch in float: 1e-2, and "
                        "in double: 1e-12) before a time counts. MB: of our "
                        "kernel, and what the process grew by.")
    (folder / "performance.md").write_text("\n".join(page).rstrip() + "\n",
                                           encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
