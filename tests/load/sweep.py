"""The largest sweep for a given time: memory flat, progress and time left as
they come, interrupted near its end and gone on with, the table whole.

How large a grid can be is bounded by the disk (58 bytes a cell); GIGABYTES is
what the long sweep may take of it."""
import os
import pathlib
import random
import shutil
import signal

import h5py
import numpy

from common import MEBI, SECONDS, Part, Watched, check_bar, folder, machine, \
    one_line, record_of, run

ALPHA = 20000
BUDGET = float(os.environ.get("GIGABYTES", 12)) * 1e9
ROW = 58


def words(cells, slow=True):
    """Slow: some ten thousand cells a second, whose rows take an hour to fill
    a disk; else ten times as many."""
    accuracy = ["rtol=1e-13", "t_end=1e4"] if slow else ["t_end=1000"]
    return ["sweep", "byol-eigenmode", "p0=0.1", "s0=0.2", *accuracy,
            f"sweep.eta=log:1e-3:1:{cells // ALPHA}",
            f"sweep.alpha_p=log:0.1:10:{ALPHA}", "--threads", "1"]


def estimate(cells):
    code, out, err = run(*words(cells), "-o", "none", "--dry-run")
    assert code == 0, err
    lines = [line for line in out.splitlines() if line.startswith("# ")]
    return {line.split(":")[0][2:]: line.split(":")[1].strip()
            for line in lines}


def cpu_seconds():
    """Of processes that have ended: others may keep the machine busy."""
    times = os.times()
    return times.children_user + times.children_system


def too_large(part):
    """Refused in a second, with a line, and nothing is left."""
    with folder() as where:
        for what, axes, code, pattern in (
                ("more than 2^53 cells",
                 ["lin:0.1:1:1000000", "lin:0.1:1:1000000",
                  "lin:0.01:1:100000"], 2, "2^53"),
                ("more than the disk has room for",
                 ["lin:0.1:1:1000000", "lin:0.1:1:1000000"], 3, "are free"),
                ("a range of more values than there may be",
                 ["lin:0.1:1:20000001", "1"], 2, "20000000")):
            begun = cpu_seconds()
            got = run("sweep", "byol-eigenmode", "p0=0.1", "s0=0.2",
                      "t_end=1", f"sweep.eta={axes[0]}",
                      f"sweep.alpha_p={axes[1]}",
                      f"sweep.beta={(axes + ['0.1'])[2]}", "-o", f"{where}/x")
            took = cpu_seconds() - begun
            part.check(got[0] == code and one_line(got[2])
                       and pattern in got[2] and took < 20,
                       f"{what}: refused in {took:.1f} s of a processor", got)
            left = list(pathlib.Path(where).rglob("*"))
            part.check(not left, "and nothing is there", left)


def largest(part, where):
    """As large as the disk has room for, begun and interrupted, beside
    smaller ones: memory is that of the cells in flight."""
    free = shutil.disk_usage(where).free
    grids = [10**5, 10**8, int(.9 * free / ROW)]
    peaks = []
    for cells in grids:
        cells = cells // ALPHA * ALPHA
        ran = Watched(words(cells) + ["-o", f"{where}/l"],
                      max(5., min(30., SECONDS / 60)), every=.1)
        part.check(ran.code in (0, 5), f"{cells} cells are begun", ran.said())
        if ran.code == 5:
            again = Watched(words(cells) + ["-o", f"{where}/l", "--resume"],
                            max(5., min(10., SECONDS / 60)), every=.1)
            # Who is slow to start is asked before there is anybody to hear.
            part.check(again.code in (0, 5, -signal.SIGINT), "and gone on with",
                       (again.code, again.said()))
        peaks.append(ran.peak())
        shutil.rmtree(f"{where}/l")
    part.note(largest_cells=grids, largest_peaks=peaks)
    part.check(max(peaks) - min(peaks) < 4 * MEBI, "memory is the same", peaks)


def long_sweep(part, where):
    """Of more cells than there is time for."""
    cells = int(os.environ.get("CELLS", min(1e5 * SECONDS, BUDGET / ROW)))
    cells = max(cells // ALPHA * ALPHA, 10**7 + ALPHA)
    said = estimate(cells)
    ran = Watched(words(cells) + ["-o", f"{where}/long"], SECONDS)
    part.check(ran.code in (0, 5), f"runs for {ran.seconds:.0f} s", ran.said())
    done = cells
    if ran.code == 5:
        done = int(ran.said().split("stopped after ")[1].split()[0])
        part.check(ran.seconds - ran.asked < 10, "it stops when asked",
                   ran.seconds - ran.asked)
        check_bar(part, ran, done / cells)
    part.note(cells=cells, done=done, dry_run=said, seconds=ran.seconds,
              samples=len(ran.samples), resident_quarters=ran.quarters(),
              peak=ran.peak(), slope_bytes_an_hour=ran.slope(),
              machine=machine(record_of(f"{where}/long")))
    part.check(ran.flat(), "memory is flat", ran.quarters())
    flight = float(said["memory"].split()[1]) * 1e6
    part.check(ran.peak() < 64 * MEBI + 2 * flight,
               "and no more than the program with its cells in flight",
               ran.peak())
    shutil.rmtree(f"{where}/long")


def whole_sweep(part, where):
    """Interrupted, and gone on with to the end."""
    cells = 10**7 + ALPHA
    line = words(cells, slow=False) + ["-o", f"{where}/big"]
    ran = Watched(line, max(5., min(60., SECONDS / 60)))
    done = 0
    if "stopped after " in ran.said():
        done = int(ran.said().split("stopped after ")[1].split()[0])
    part.check(ran.code == 5, f"interrupted after {done} cells", ran.said())
    code, _, err = run(*line, "--resume", "--quiet", timeout=None)
    part.check(code == 0, "and gone on with", err)
    part.note(whole_cells=cells, whole_interrupted=done)
    return cells


def check_table(part, where, cells):
    """All rows are there, counts are those of run.json, and pieces all over
    the grid have the bytes that shards of them have."""
    record = record_of(f"{where}/big")
    with h5py.File(f"{where}/big/sweep.h5") as file:
        part.check(int(file["rows_written"][()]) == cells, "all rows are there")
        names = list(file["outcome_names"].asstr()[:])
        counts = numpy.zeros(len(names), dtype=int)
        bad = 0
        for at in range(0, cells, 1 << 24):
            counts += numpy.bincount(file["outcome"][at:at + (1 << 24)],
                                     minlength=len(names))
            bad += int(numpy.isnan(file["p_1"][at:at + (1 << 24)]).sum())
        for name, count in zip(names, counts):
            part.check(record["summary"].get(name) == count,
                       f"{name}: {count} cells", record["summary"])
        part.check(bad == record["summary"]["failed"], "no row is empty", bad)
        pieces(part, where, file, cells)
    size = os.path.getsize(f"{where}/big/sweep.h5")
    part.note(whole_bytes=size)


def pieces(part, where, file, cells):
    n = max(1, cells // 100000)
    for index in sorted(random.Random(1).sample(range(1, n + 1), min(n, 5))):
        first, last = (index - 1) * cells // n, index * cells // n
        code, _, err = run(*words(cells, slow=False), "--shard", f"{index}/{n}",
                           "-o", f"{where}/piece{index}", "--quiet")
        assert code == 0, err
        name = f"{where}/piece{index}/sweep-{index}-of-{n}.h5"
        with h5py.File(name) as piece:
            same = all(piece[key][:].tobytes() == file[key][first:last]
                       .tobytes() for key in ("eta", "alpha_p", "outcome",
                                              "p_1", "s_1", "tau_1",
                                              "t_settle", "steps", "status"))
        part.check(same, f"rows {first} to {last - 1} are those of a shard")


def main():
    part = Part("sweep")
    too_large(part)
    with folder() as where:
        largest(part, where)
        long_sweep(part, where)
        cells = whole_sweep(part, where)
        check_table(part, where, cells)
    part.finish()


if __name__ == "__main__":
    main()
