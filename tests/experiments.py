"""Experiment files as tests and `make reproduce` need them:
    experiments.py names          the experiments, one a line
    experiments.py kept NAME      what of its folder is kept: FILE, then the name
                                  it has in experiments/results/, a pair a line
    experiments.py gallery        experiments/README.md, to standard output
    experiments.py check          that names of results are one experiment's each,
                                  that experiments/results/ has no others, and
                                  that experiments/README.md is the gallery
"""

import csv
import html
import pathlib
import re
import sys

import yaml

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "experiments"
# Made by tests/bench/half_times, not by an experiment.
OTHERS = {"half_times.txt", "half_times_near_degenerate.csv"}


def names():
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def read(name):
    with open(FOLDER / f"{name}.yaml", encoding="utf-8") as file:
        return yaml.safe_load(file)


def kept(name):
    """Pairs of a file in the experiment's folder and its name when kept."""
    results = read(name)["experiment"].get("results", {})
    return [("verdict.csv", f"{name}.verdict.csv")] + [
        (file, result) for result, file in results.items()]


PAPERS = {
    "000": "Learning in steps: Simon et al. 2023",
    "001": "BYOL and SimSiam without contrastive pairs: Tian, Chen, Ganguli 2021",
    "002": "Dimensional collapse in contrastive learning: Jing et al. 2022",
    "003": "Predictors set directly, observations: Tian et al. 2021, Wang et al. 2021",
    "004": "Collapse in small networks on much data: Li, Efros, Pathak 2022",
    "several": "Methods side by side",
}
BEGIN = """# Gallery

Every experiment of this repository: what a paper says, what came out here, and
the figure. Made by `make gallery` from the experiments' files and from what is in
`results/`; a verdict is what the criteria gave, whether we liked it or not. Any of
them runs again, and writes a page with its figures, tables and settings:

```sh
$ ./eigenstep run staircase          # out/staircase/index.html
```

Most take seconds, those with networks minutes. `--size large`, where a file has it,
is the paper's size. [How such a file is written](../docs/experiments.md).
"""


def group(head):
    """The first paper that the source names; several where it says so."""
    found = re.search(r"seeds? (\d{3})", head.get("source", ""))
    several = head.get("source", "").startswith("seeds ")
    return "several" if several or not found else found.group(1)


def verdicts(name):
    """Rows of what was kept, or none."""
    path = FOLDER / "results" / f"{name}.verdict.csv"
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def counts(rows):
    words = [(sum(row["verdict"] == word for row in rows), one, more)
             for word, one, more in (
                 ("holds", "holds", "hold"), ("fails", "fails", "fail"),
                 ("inconclusive", "inconclusive", "inconclusive"))]
    return ", ".join(f"{n} {one if n == 1 else more}"
                     for n, one, more in words if n) or "not run yet"


def plain(text):
    """Text that Markdown takes as it stands."""
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", html.escape(text, quote=False))


def criteria(rows):
    lines = ["<details><summary>Criteria: " + counts(rows) + "</summary>", "",
             "| criterion | value | verdict |", "|---|---|---|"]
    for row in rows:
        text = html.escape(row["criterion"], quote=False).replace("|", "&#124;")
        mark = row["verdict"] if row["verdict"] == "holds" else f"**{row['verdict']}**"
        lines.append(f"| <code>{text}</code> | {float(row['value']):.4g} | {mark} |")
    return lines + ["", "</details>", ""]


def entry(name, document):
    head = document["experiment"]
    lines = [f'<a id="{name}"></a>', f"### {plain(head['title'])}", ""]
    others = []
    for _, result in kept(name)[1:]:
        if not (FOLDER / "results" / result).exists():
            continue
        if result.endswith((".svg", ".png", ".gif")):
            lines += [f"![{plain(head['title'])}](results/{result})", ""]
        else:
            others.append(f"[{result}](results/{result})")
    lines += [plain(head.get("claim", "")), "",
              f"*Source:* {plain(head.get('source', ''))}", ""]
    rows = verdicts(name)
    lines += criteria(rows) if rows else []
    large = " (also `--size large`)" if "large" in document.get("sizes", {}) else ""
    lines.append(f"`eigenstep run {name}`{large}; [{name}.yaml]({name}.yaml)" +
                 "".join(f"; {link}" for link in others))
    return lines + [""]


def gallery():
    documents = {name: read(name) for name in names()}
    groups = {}
    for name, document in documents.items():
        groups.setdefault(group(document["experiment"]), []).append(name)
    lines = [BEGIN]
    for key, title in PAPERS.items():
        if key not in groups:
            continue
        lines += [f"**{title}**" + ("" if key == "several" else f" (seed {key})"), "",
                  "| | verdict |", "|---|---|"]
        for name in groups[key]:
            title_of = plain(documents[name]["experiment"]["title"])
            lines.append(f"| [{title_of}](#{name}) | {counts(verdicts(name))} |")
        lines.append("")
    for key, title in PAPERS.items():
        if key in groups:
            lines += [f"## {title}", ""]
        for name in groups.get(key, []):
            lines += entry(name, documents[name])
    return "\n".join(lines).rstrip() + "\n"


def check():
    owner, wrong = {}, []
    for name in names():
        for _, result in kept(name):
            if not result.startswith((f"{name}.", f"{name}-")):
                wrong.append(f"{name}.yaml: {result} does not begin with {name}")
            if result in owner:
                wrong.append(f"{name}.yaml: {owner[result]} has {result} too")
            owner[result] = name
    for path in sorted((FOLDER / "results").iterdir()):
        if path.name not in owner and path.name not in OTHERS:
            wrong.append(f"results/{path.name}: no experiment keeps it")
    page = FOLDER / "README.md"
    if not page.exists() or page.read_text(encoding="utf-8") != gallery():
        wrong.append("README.md: not the gallery of these files; make gallery")
    return wrong


def main(words):
    if words == ["names"]:
        print("\n".join(names()))
    elif len(words) == 2 and words[0] == "kept":
        for pair in kept(words[1]):
            print(*pair)
    elif words == ["gallery"]:
        sys.stdout.write(gallery())
    elif words == ["check"]:
        wrong = check()
        print("\n".join(wrong) if wrong else "results and gallery are the experiments'")
        return 1 if wrong else 0
    else:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
