"""Experiment files as tests and `make reproduce` need them:
    experiments.py names          the experiments, one a line
    experiments.py kept NAME      what of its folder is kept: FILE, then the name
                                  it has in experiments/results/, a pair a line
    experiments.py check          that names of results are one experiment's each,
                                  and that experiments/results/ has no others
"""

import pathlib
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
    return wrong


def main(words):
    if words == ["names"]:
        print("\n".join(names()))
    elif len(words) == 2 and words[0] == "kept":
        for pair in kept(words[1]):
            print(*pair)
    elif words == ["check"]:
        wrong = check()
        print("\n".join(wrong) if wrong else "results: each is an experiment's")
        return 1 if wrong else 0
    else:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
