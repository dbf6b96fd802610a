"""docs/load.md from what the parts of `make load` measured.

page.py FOLDER PAGE   reads FOLDER/*.json; a part without numbers is left out.
"""
import json
import pathlib
import sys

HEAD = """# Under load

`make load` runs what takes hours or takes a machine of its own, outside of
`make test`; `make load PARTS="full twice"` these parts, `SECONDS=60` or `HOURS=2`
the long ones for so long. Numbers below are of its last run;
{machine}.
"""
TEXT = {
    "full": """## A disk that fills up

Every command that writes, on a disk of a size drawn at random up to what it writes,
over its own whole results on a disk with some pages left, and with files that may
not grow beyond a size (`RLIMIT_FSIZE`, as of a quota): {without_room} of {cases}
runs found no room. Each was exit 3 and one line with file and cause, left no final
name on what was not whole, and came to the same bytes once there was room, with
`--resume` where a command has it. A quota's own error (`EDQUOT`) was not provoked:
it takes the same way through as the others.
""",
    "twice": """## Two runs into one folder

Sweep, training, experiment, flow and overlay, each begun while a sweep, a training
or another like it is at work in the folder, without an option, with `--force` and
with `--resume`: refused with a line, and the first ends with the bytes that it has
alone. Shards share a folder with each
other alone. Folders are locked by `flock`, which ends with its process: a killed run
hinders nobody. File systems without locks (some of NFS) were not tried; there only
the parts' names and the refusal of existing folders are left.
""",
    "clock": """## The clock changes

Every command under {clocks} clocks (one hour and thirty years to and fro every 20 ms;
standing still in 1969, 1970, 2038 and in the year 36812): the same bytes, no duration
below nothing or above what went by, no hang; a bar whose share grows and whose time
left is a time; `--resume` in an earlier year than the run, of files from 2038; inputs
from before 1970 and from 2106. Only the date of `run.json` follows the clock.
""",
    "readonly": """## What may only be read

As an ordinary user and on a read-only mount: every command reads runs, data and
experiments that it may not write, and writes elsewhere; results that would go into
such a folder, folders that may not be made, files that may not be read are exit 3
with a line, and leave all as it was. `HOME`, `TMPDIR` and the folder in which it is
started need not be there, nor be writable.
"""}


def mega(n):
    n *= 1e-6
    return f"{n:,.0f} MB" if n >= 1000 else f"{n:.4g} MB"


def row(numbers, what, prefix):
    low, high = numbers[prefix + "resident_quarters"]
    return (f"| {what} | {numbers[prefix + 'seconds']:.0f} s | "
            f"{numbers[prefix + 'samples']} | {mega(low)} | {mega(high)} | "
            f"{mega(numbers[prefix + 'peak'])} | "
            f"{numbers[prefix + 'slope_bytes_an_hour'] * 1e-3:.3g} kB |")


def long_runs(parts):
    """Memory over an hour, by quarters."""
    sweep, train = parts.get("sweep", {}), parts.get("train", {})
    lines = []
    if "cells" in sweep:
        lines.append(row(sweep, f"`sweep`, {sweep['done']:,} of "
                         f"{sweep['cells']:,} cells", ""))
    for method in ("byol", "barlow-covariance"):
        key = method.replace("-", "_") + "_"
        if key + "done" in train:
            lines.append(row(train, f"`train {method}`, {train[key + 'done']:,}"
                             " steps", key))
    if not lines:
        return ""
    return ("## Memory over time\n\nOne thread each, a row of the trace every 20 "
            "steps and a checkpoint every 50; resident\nmemory every second, its "
            "largest values in the second and the last quarter, and its slope\n"
            "behind the first. The peak so far may be 1% and a megabyte larger "
            "after 95% of the time\nthan half way; what is joined and drawn behind "
            "a training's last step comes later. How\nmuch is done is what other "
            "work on the machine left room for.\n\n"
            "| run | time | samples | second quarter | last quarter | peak | "
            "an hour |\n|---|---|---|---|---|---|---|\n" + "\n".join(lines) +
            "\n" + interrupted(sweep))


def interrupted(sweep):
    if "whole_bytes" not in sweep:
        return ""
    return (f"\nA sweep of {sweep['whole_cells']:,} cells was interrupted after "
            f"{sweep['whole_interrupted']:,} and gone on\nwith: all rows are "
            "there, their counts are those of `run.json`, and pieces all over\n"
            "the grid have the bytes that shards of them have.\n")


def large(train, sizes):
    text = ""
    if "batch" in train:
        text += (f"\nResNet-50 of width 64 on pictures of CIFAR-10's size, "
                 f"{train['batch']} pairs a batch: `--dry-run` says\n"
                 f"{mega(train['said_bytes'])}, the process took "
                 f"{mega(train['peak'])}. What takes more than the machine has "
                 "is refused before\nany memory is taken.\n")
    if "largest_cells" in sizes:
        text += (f"\nA sweep's memory does not depend on its grid:\n"
                 + ", ".join(f"{mega(p)} at {c:,} cells" for c, p in
                             zip(sizes["largest_cells"],
                                 sizes["largest_peaks"])) +
                 ".\nWhat bounds it is the disk, 58 bytes a cell; more than "
                 "is free is refused at once.\n")
    return "## The largest\n" + text if text else ""


def main():
    folder, page = map(pathlib.Path, sys.argv[1:])
    parts = {}
    for path in sorted(folder.glob("*.json")):
        parts[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    machines = [p["machine"] for p in parts.values() if "machine" in p]
    machine = "no machine said which" if not machines else (
        f"{machines[0]['cpu']}, {machines[0]['cores']} cores, "
        f"{machines[0]['memory_bytes'] * 1e-9:.3g} GB")
    text = [HEAD.format(machine=machine), long_runs(parts),
            large(parts.get("train", {}), parts.get("sweep", {}))]
    for name, words in TEXT.items():
        if name in parts and parts[name]["failed"] == 0:
            text.append(words.format(**parts[name]))
    page.write_text("\n".join(t for t in text if t), encoding="utf-8")


main()
