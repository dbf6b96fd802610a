"""Trainings: what --dry-run says they take against what they take, what does
not fit refused at once, and memory flat over a long one with its traces and
checkpoints. MEMORY_SHARE of the machine's memory is the largest's."""
import csv
import os
import pathlib
import random
import re
import time

import h5py

from common import MEBI, SECONDS, Part, Watched, check_bar, folder, machine, \
    one_line, record_of, run

SHARE = float(os.environ.get("MEMORY_SHARE", .4))
HAS = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
THREADS = ["--threads", os.environ.get("LOAD_THREADS", "1")]
LARGE = ["net.depth=50", "net.width=64", "train.steps=1", "train.eval_n=2",
         "data.name=cifar10"]
LONG = {"byol": ["train.eval_n=256", "train.log_every=20",
                 "train.checkpoint_every=50"],
        "barlow-covariance": ["train.predict=conjugate", "train.eval_n=256",
                              "train.lr_relative=0.1", "train.log_every=20",
                              "train.checkpoint_every=50"]}
SMALL = ["net.width=8", "data.size=14", "data.n=20000", "train.batch=128"]


def make_cifar(where):
    """Pictures of noise in CIFAR-10's files, all of them."""
    draw = random.Random(1)
    for name in [f"data_batch_{k}" for k in range(1, 6)] + ["test_batch"]:
        with open(f"{where}/{name}.bin", "wb") as out:
            for _ in range(10000):
                out.write(bytes([draw.randrange(10)]) + draw.randbytes(3072))


def estimate(*words):
    """Bytes, seconds and the lines they stand in."""
    code, out, err = run("train", *words, *THREADS, "--dry-run")
    assert code == 0, err
    found = [re.search(pattern, out) for pattern in
             (r"# memory: about (\S+) MB", r"# time: about (\S+) s")]
    return [float(f[1]) * scale for f, scale in zip(found, (1e6, 1))]


def largest_batch(where):
    """By the estimate, which is a line in the batch."""
    def at(batch):
        return estimate("simsiam", *LARGE, f"data.path={where}",
                        f"train.batch={batch}")[0]
    low, high = at(16), at(64)
    each = (high - low) / 48
    return int((SHARE * HAS - low) / each) + 16, each


def check_large(part, where):
    batch, each = largest_batch(where)
    words = ["simsiam", *LARGE, f"data.path={where}", f"train.batch={batch}"]
    said, seconds = estimate(*words)
    ran = Watched(["train", *words, *THREADS, "-o", f"{where}/large"])
    part.check(ran.code == 0, f"ResNet-50, width 64, {batch} pairs", ran.said())
    part.note(batch=batch, said_bytes=said, peak=ran.peak(),
              said_seconds=seconds, seconds_large=ran.seconds,
              machine=machine(record_of(f"{where}/large")))
    part.check(.75 < said / ran.peak() < 1.35,
               "takes what the dry run says", (said, ran.peak()))
    too_many = int(1.1 * HAS / each)
    refused = Watched(["train", *words[:-1], f"train.batch={too_many}",
                       *THREADS, "-o", f"{where}/larger"], every=.02)
    part.check(refused.code == 4 and one_line(refused.said() + "\n") and
               "GB" in refused.said(),
               f"{too_many} pairs are refused in {refused.seconds:.1f} s",
               (refused.code, refused.said()))
    part.check(refused.peak() < 512 * MEBI, "before they take memory",
               refused.peak())
    part.check(not pathlib.Path(f"{where}/larger").exists(),
               "or leave a folder")


def steps_for(method, seconds, where):
    """So many that they take a tenth more than these seconds, now."""
    if "STEPS" in os.environ:
        return int(os.environ["STEPS"])
    some = max(5., min(30., seconds / 30))
    ran = Watched(["train", method, *SMALL, *LONG[method], *THREADS,
                   "train.steps=100000000", "-o", f"{where}/rate"], some)
    done = float(ran.said().split("stopped after step ")[1].split()[0])
    return max(200, int(1.1 * seconds * done / some))


def check_long(part, method, seconds, where):
    steps = steps_for(method, seconds, where)
    words = ["train", method, *SMALL, *LONG[method], *THREADS,
             f"train.steps={steps}", "-o", f"{where}/{method}"]
    said, _ = estimate(*words[1:-2])
    ran = Watched(words, seconds)
    key = method.replace("-", "_")
    part.check(ran.code in (0, 5), f"{method}: runs for {ran.seconds:.0f} s",
               ran.said())
    part.check(ran.flat(), "memory is flat", ran.quarters())
    done = steps
    if ran.code == 5:
        done = int(ran.said().split("stopped after step ")[1].split()[0])
        part.check(ran.seconds - ran.asked < 10, "it stops when asked",
                   ran.seconds - ran.asked)
        ran.bars = [b for b in ran.bars if b[1] == "training"]
        check_bar(part, ran, done / steps)
    part.note(**{f"{key}_steps": steps, f"{key}_seconds": ran.seconds,
                 f"{key}_done": done, f"{key}_said_bytes": said,
                 f"{key}_samples": len(ran.samples),
                 f"{key}_resident_quarters": ran.quarters(),
                 f"{key}_peak": ran.peak(),
                 f"{key}_slope_bytes_an_hour": ran.slope()})
    if ran.code == 5:
        begun = time.monotonic()
        code, _, err = run(*words, "--resume", "--quiet", timeout=None)
        part.check(code == 0, "and goes on", err)
        part.note(**{f"{key}_resumed_seconds": time.monotonic() - begun})
    check_files(part, f"{where}/{method}", steps)


def check_files(part, where, steps):
    with open(f"{where}/trace.csv", encoding="ascii") as file:
        rows = [int(row["step"]) for row in csv.DictReader(file)]
    part.check(rows == sorted({*range(0, steps, 20), steps}),
               "all rows are there, once", len(rows))
    with h5py.File(f"{where}/arrays.h5") as file:
        part.check(int(file["train/step"][()]) == steps,
                   "and the last checkpoint")
    part.check(record_of(where)["summary"]["steps"] == steps, "and run.json")
    left = list(pathlib.Path(where).glob("*.part"))
    part.check(not left, "nothing is half-written", left)
    part.note(machine=machine(record_of(where)))


def main():
    part = Part("train")
    if os.environ.get("LARGE", "1") == "1":
        with folder() as where:
            make_cifar(where)
            check_large(part, where)
    for method, share in (("byol", 1), ("barlow-covariance", .15)):
        if method not in os.environ.get("METHODS", method):
            continue
        with folder() as where:
            check_long(part, method, share * SECONDS, where)
    part.finish()


if __name__ == "__main__":
    main()
