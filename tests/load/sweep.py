"""The largest sweep for a given time: memory flat, progress and time left as
they come, interrupted near its end and gone on with, the table whole.

How large a grid can be is bounded by the disk (58 bytes a cell); GIGABYTES is
what the long sweep may take of it."""
import os
import pathlib
import random
import shutil
import signal
import time

import h5py
import numpy

from common import MEBI, SECONDS, Part, Watched, folder, machine, one_line, \
    record_of, run

ALPHA = 20000
BUDGET = float(os.environ.get("GIGABYTES", 12)) * 1e9
ROW = 58


def words(cells):
    """Tens of thousands of cells a second, and all to a tolerance."""
    return ["sweep", "byol-eigenmode", "p0=0.1", "s0=0.2", "rtol=1e-13",
            "t_end=1e4", f"sweep.eta=log:1e-3:1:{cells // ALPHA}",
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
                 ["lin:0.1:1:100000001", "1"], 2, "100000000")):
            begun = cpu_seconds()
            got = run("sweep", "byol-eigenmode", "p0=0.1", "s0=0.2",
                      "t_end=1", f"sweep.eta={axes[0]}",
                      f"sweep.alpha_p={axes[1]}",
                      f"sweep.beta={(axes + ['0.1'])[2]}", "-o", f"{where}/x")
            took = cpu_seconds() - begun
            part.check(got[0] == code and one_line(got[2])
                       and pattern in got[2] and took < 20,
                       f"{what}: refused in {took:.1f} s of a processor", got)
            left = [p for p in pathlib.Path(where).rglob("*.part")]
            part.check(not left, "and nothing grows", left)


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
            part.check(again.code in (5, -signal.SIGINT), "and gone on with",
                       (again.code, again.said()))
        peaks.append(ran.peak())
        shutil.rmtree(f"{where}/l")
    part.note(largest_cells=grids, largest_peaks=peaks)
    part.check(max(peaks) - min(peaks) < 4 * MEBI, "memory is the same", peaks)


def rate_of(where):
    """Cells a second of this machine, now."""
    seconds = max(3., min(20., SECONDS / 60))
    begun = Watched(words(10**9) + ["-o", f"{where}/rate"], seconds)
    shutil.rmtree(f"{where}/rate")
    return float(begun.said().split("stopped after ")[1].split()[0]) / seconds


def check_bar(part, bars, seconds, share_at_end):
    """The bar against the clock: its share runs to what was done, and the
    time left that it says to what was left at the rate of the whole."""
    late = [b for b in bars if b[0] > .1 * seconds]
    worst = max(abs(b[0] + b[4] - seconds / share_at_end)
                for b in late if b[0] > .5 * seconds)
    part.check(abs(bars[-1][2] / 100 - share_at_end) < .02,
               "the bar's share is that of the cells",
               (bars[-1], share_at_end))
    part.check(all(abs(b[4] * b[2] - b[0] * (100 - b[2])) <
                   .02 * seconds * 100 + 60 * 100 for b in late),
               "and the time left that of the share")
    part.note(eta_worst_seconds=worst)


def long_sweep(part, where):
    rate = rate_of(where)
    cells = int(os.environ.get("CELLS", min(rate * SECONDS * 1.15,
                                            BUDGET / ROW)))
    cells = max(cells // ALPHA * ALPHA, 10**7 + ALPHA)
    said = estimate(cells)
    part.note(cells=cells, rate_before=rate, dry_run=said)
    first = Watched(words(cells) + ["-o", f"{where}/big"], SECONDS)
    part.note(seconds=first.seconds, samples=len(first.samples),
              resident_quarters=first.quarters(), peak=first.peak(),
              slope_bytes_an_hour=first.slope(), exit=first.code)
    part.check(first.flat(), "memory is flat", first.quarters())
    flight = float(said["memory"].split()[1]) * 1e6
    part.check(first.peak() < 64 * MEBI + 2 * flight,
               "and no more than the program with its cells in flight",
               first.peak())
    if first.code == 5:
        done = int(first.said().split("stopped after ")[1].split()[0])
        part.note(done_at_interruption=done)
        part.check(first.seconds - first.asked < 5, "it stops when asked",
                   first.seconds - first.asked)
        check_bar(part, first.bars, first.seconds, done / cells)
        begun = time.monotonic()
        code, _, err = run(*words(cells), "-o", f"{where}/big", "--resume",
                           "--quiet", timeout=None)
        part.note(resumed_seconds=time.monotonic() - begun)
        part.check(code == 0, "and goes on", err)
    else:
        part.check(first.code == 0, "it ends before the time is over",
                   first.said())
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
    part.note(bytes=size, machine=machine(record),
              cells_per_second=record["summary"]["cells_per_second"])


def pieces(part, where, file, cells):
    n = max(1, cells // 100000)
    for index in sorted(random.Random(1).sample(range(1, n + 1), min(n, 5))):
        first, last = (index - 1) * cells // n, index * cells // n
        code, _, err = run(*words(cells), "--shard", f"{index}/{n}",
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
        cells = long_sweep(part, where)
        check_table(part, where, cells)
    part.finish()


if __name__ == "__main__":
    main()
