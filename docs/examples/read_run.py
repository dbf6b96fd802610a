#!/usr/bin/python3
"""Every file of a run, or of an experiment's folder, with pandas and h5py:
read_run.py DIR. One line per table, array and record; then, where theory stood
beside what was measured, how far off the step times were."""
import json
import pathlib
import sys

import h5py
import pandas
import yaml


def show_table(path):
    table = pandas.read_csv(path)
    print(f"{path}: {len(table)} rows of {', '.join(table.columns[:6])}"
          + (", …" if len(table.columns) > 6 else ""))


def show_arrays(path):
    with h5py.File(path, "r") as file:
        def visit(name, item):
            if isinstance(item, h5py.Dataset):
                size = "×".join(map(str, item.shape)) or "one number"
                print(f"{path}:/{name}: {size}, {item.dtype}")
        file.visititems(visit)


def show_record(path):
    run = json.loads(path.read_text())
    print(f"{path}: {run['command']} {run['target']}, version {run['version']}"
          f" ({run['git_hash']})")


def show_settings(path):
    settings = yaml.safe_load(path.read_text())
    print(f"{path}: " + ", ".join(f"[{name}] {len(keys)} keys"
                                  for name, keys in settings.items()))


READERS = {".csv": show_table, ".h5": show_arrays, "run.json": show_record,
           "config.yaml": show_settings}


def main(folder):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        show = READERS.get(path.name) or READERS.get(path.suffix)
        if show:
            show(path)
    for path in sorted(pathlib.Path(folder).rglob("steps.csv")):
        steps = pandas.read_csv(path)
        if {"tau_predicted", "tau_measured"} <= set(steps.columns):
            met = steps.dropna(subset=["tau_measured"])
            error = met["relative_error"].abs().median()
            print(f"{path}: {len(met)} steps met, median error {error:.2g}")


if __name__ == "__main__":
    main(sys.argv[1])
