"""The system's clock jumps while commands run (clock.c, preloaded): nothing
but the date in run.json may know. No command has a budget of seconds; there
are durations, the bar, waiting threads, and files from another time."""
import os
import pathlib
import re
import shutil
import subprocess
import time

from common import ROOT, Part, Watched, folder, record_of, run
from full import contents, difference
from small import SWEEP, commands, make_inputs

YEAR = 31556952
CLOCKS = [{"CLOCK_JUMP": "3600"}, {"CLOCK_JUMP": str(30 * YEAR)},
          {"CLOCK_AT": "0"}, {"CLOCK_AT": "-86400"},
          {"CLOCK_AT": str(2**31 + 5)}, {"CLOCK_AT": str(2**40)}]
DATE = re.compile(r"[+-]?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def label(clock):
    return ", ".join(f"{k}={v}" for k, v in clock.items())


def shim(where):
    library = f"{where}/clock.so"
    subprocess.run([os.environ.get("CC", "cc").split()[-1], "-D_GNU_SOURCE",
                    "-shared", "-fPIC", "-O1",
                    str(ROOT / "tests/load/clock.c"), "-o", library, "-ldl"],
                   check=True)
    return library


def records(target):
    for path in pathlib.Path(target).rglob("run.json"):
        yield record_of(path.parent)


def check_durations(target, took):
    """Seconds between none and those that went by, and a date."""
    wrong = []
    for record in records(target):
        seconds = record["wall_seconds"]
        if not 0 <= seconds <= took + .1:
            wrong.append(f"{record['command']} took {seconds} of {took} s")
        if not DATE.fullmatch(record["date"]):
            wrong.append(f"the date is {record['date']}")
        for key in ("seconds", "cells_per_second"):
            if not record["summary"].get(key, 1) >= 0:
                wrong.append(f"{key} is {record['summary'][key]}")
    return wrong


def check_command(part, case, where, env):
    name, words, _ = case
    plain, target = f"{where}/plain", f"{where}/x"
    begun = time.monotonic()
    code, out, err = run(*words, "-o", plain)
    usual = time.monotonic() - begun
    assert code == 0, (name, err)
    want = contents(plain)
    wrong, shown = [], (out, err)
    for clock in CLOCKS:
        begun = time.monotonic()
        try:
            code, out, err = run(*words, "-o", target, env={**env, **clock},
                                 timeout=60 + 20 * usual)
        except subprocess.TimeoutExpired:
            wrong.append(f"{label(clock)}: hangs")
            continue
        took = time.monotonic() - begun
        if (code, out, err.replace(target, plain)) != (0, *shown):
            wrong.append(f"{label(clock)}: exit {code}: {err}")
        wrong += [f"{label(clock)}: {n}"
                  for n in difference(contents(target), want) +
                  check_durations(target, took)]
        shutil.rmtree(target)
    shutil.rmtree(plain)
    part.check(not wrong, f"{name} under {len(CLOCKS)} clocks",
               "\n".join(wrong))


def check_resume(part, where, env):
    """Begun in one year, gone on with in an earlier one, from old files."""
    words = [*SWEEP, "method=tsit5", "rtol=1e-12", "--threads", "2"]
    words = [w for w in words if w != "--quiet"]
    code, _, err = run(*words, "--quiet", "-o", f"{where}/whole")
    assert code == 0, err
    os.environ.update(env, CLOCK_JUMP=str(YEAR))
    ran = Watched([*words, "-o", f"{where}/x"], stop_after=2.5)
    for key in ("LD_PRELOAD", "CLOCK_JUMP"):
        del os.environ[key]
    shares = [b[2] for b in ran.bars]
    part.check(ran.code in (0, 5) and ran.seconds < 60 and
               shares == sorted(shares),
               "the bar's share grows while the clock jumps", ran.bars[-5:])
    part.check(all(0 <= b[4] < 1e5 and b[3] >= 0 for b in ran.bars),
               "and rate and time left are none below nothing", ran.bars[-5:])
    for path in pathlib.Path(f"{where}/x").iterdir():
        os.utime(path, (2**31 + 9, 2**31 + 9))
    code, _, err = run(*words, "--quiet", "-o", f"{where}/x", "--resume",
                       env={**os.environ, **env, "CLOCK_AT": "1000"})
    part.check(code == 0, "it goes on in another year", err)
    left = difference(contents(f"{where}/x"), contents(f"{where}/whole"))
    part.check(not left, "to the same bytes", left)


def check_file_times(part, inputs, where):
    """Inputs from the future, and from before 1970."""
    case = next(c for c in commands(inputs) if c[0] == "overlay")
    assert run(*case[1], "-o", f"{where}/now")[0] == 0
    for when in (2**32, 1, -10**6):
        for path in pathlib.Path(inputs).rglob("*"):
            os.utime(path, (when, when))
        code, _, err = run(*case[1], "-o", f"{where}/then")
        left = difference(contents(f"{where}/then"), contents(f"{where}/now"))
        part.check(code == 0 and not left, f"inputs of {when} s after 1970",
                   (err, left))
        shutil.rmtree(f"{where}/then")


def main():
    part = Part("clock")
    with folder() as where:
        inputs = f"{where}/in"
        os.mkdir(inputs)
        make_inputs(inputs)
        env = {"LD_PRELOAD": shim(where)}
        shown = run("sweep", "byol-eigenmode", "p0=.1", "s0=.2",
                    "sweep.eta=.1", "-o", f"{where}/date",
                    env={**os.environ, **env, "CLOCK_AT": "86400"})
        part.check(record_of(f"{where}/date")["date"] ==
                   "1970-01-02T00:00:00Z", "the library moves the date", shown)
        for case in commands(inputs):
            check_command(part, case, where, {**os.environ, **env})
        check_resume(part, where, env)
        check_file_times(part, inputs, where)
    part.note(clocks=len(CLOCKS))
    part.finish()


if __name__ == "__main__":
    main()
