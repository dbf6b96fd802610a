"""Inputs that may only be read, and places that may not be written: as an
ordinary user (setpriv; root passes by permissions) and on a read-only mount.
Whatever needs not write there works; the rest is exit 3 with a line that says
which file and why, and leaves all as it was."""
import os
import pathlib
import shutil
import subprocess

from common import PROGRAM, Part, folder, one_line, run
from full import contents, difference
from small import commands, make_inputs

NOBODY = 65534
WRITES_INTO_RUN = {"embed": [], "probe": [], "ntk": ["ntk.n=8"],
                   "overlay": [], "plot": []}


def as_nobody(*words, **more):
    env = {"PATH": os.environ["PATH"],
           "EIGENSTEP_DATADIR": os.environ["EIGENSTEP_DATADIR"],
           **more.pop("env", {})}
    done = subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
         "env", "-i", *(f"{k}={v}" for k, v in env.items()), PROGRAM,
         *map(str, words)], capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL, timeout=300, **more)
    return done.returncode, done.stdout, done.stderr


def freeze(where, writable=False):
    for path in [pathlib.Path(where), *pathlib.Path(where).rglob("*")]:
        if path.is_dir():
            path.chmod(0o777 if writable else 0o555)
        else:
            path.chmod(0o666 if writable else 0o444)


def refused(part, what, got, pattern, *places):
    """One line, exit 3, and places as they were."""
    part.check(got[0] == 3 and one_line(got[2]) and pattern in got[2], what,
               got)
    for place, want in places:
        left = difference(contents(place), want)
        part.check(not left, "and nothing is changed", left)


def check_inputs(part, where, inputs, execute, label):
    """All commands read what they may not write, and write elsewhere."""
    before = contents(inputs)
    for name, words, _ in commands(inputs):
        target = where / "x"
        code, _, err = execute(*words, "-o", target)
        part.check(code == 0, f"{name} of {label}", err)
        shutil.rmtree(target, ignore_errors=True)
    part.check(contents(inputs) == before, "nothing is changed there")


def check_runs(part, inputs, execute, label, pattern):
    """Without -o results go into the run's folder."""
    run0 = inputs / "run0"
    before = contents(run0)
    for name, more in WRITES_INTO_RUN.items():
        got = execute(name, run0, *more, "--quiet")
        refused(part, f"{name} into {label}", got, pattern, (run0, before))
    for words in (["sweep", "--merge", inputs / "shards"],
                  ["train", "barlow-covariance", "train.steps=1", "-o", run0,
                   "--force"],
                  ["flow", "barlow-twins", "gamma=1", "s0=1e-3", "t_end=1",
                   "-o", run0, "--force", "--quiet"],
                  ["flow", "barlow-twins", "gamma=1", "s0=1e-3", "t_end=1",
                   "--csv", inputs / "t.csv", "--quiet"],
                  ["run", inputs / "small.yaml", "-o", inputs / "made",
                   "--quiet"]):
        refused(part, f"{words[0]} into {label}", execute(*words), pattern,
                (run0, before))


def check_places(part, where, inputs):
    """Folders that nobody may write, HOME, TMPDIR and where it starts."""
    closed = where / "closed"
    closed.mkdir(mode=0o555)
    for name, words, _ in commands(inputs):
        refused(part, f"{name}: no folder may be made",
                as_nobody(*words, "-o", closed / "x"), "Permission denied")
    got = as_nobody("train", "byol", "train.steps=1", cwd=closed)
    refused(part, "out/ where the program starts", got, "Permission denied")
    words = next(w for n, w, _ in commands(inputs) if n == "train")
    for env in ({}, {"HOME": "/nonexistent"}, {"TMPDIR": str(closed)},
                {"HOME": str(closed), "TMPDIR": "/nonexistent"}):
        code, _, err = as_nobody(*words, "-o", where / "x", cwd=closed, env=env)
        part.check(code == 0 and not err,
                   f"from a closed folder with {env or 'no HOME'}", err)
        shutil.rmtree(where / "x")
    gone = where / "gone"
    gone.mkdir()
    done = subprocess.run(
        f"cd {gone} && rmdir {gone} && {PROGRAM} flow barlow-twins gamma=1 "
        f"s0=1e-3 t_end=1 --quiet -o {where}/x", shell=True, check=False,
        capture_output=True, text=True)
    part.check(done.returncode == 0, "from a folder that is gone", done.stderr)
    shutil.rmtree(where / "x")


def check_closed(part, where, inputs):
    """What cannot be read."""
    for name in ("images.idx", "z.csv", "small.yaml", "run0/arrays.h5",
                 "run0/config.yaml", "run0/trace.csv"):
        path = inputs / name
        path.chmod(0)
        for command, words, _ in commands(inputs):
            if str(path) in " ".join(map(str, words)) or (
                    name == "run0/trace.csv" and command == "overlay") or (
                    name.startswith("run0/") and "trace" not in name and
                    command in ("embed", "probe", "ntk", "spectrum")):
                refused(part, f"{command} with {name} closed",
                        as_nobody(*words, "-o", where / "x"),
                        "Permission denied")
                shutil.rmtree(where / "x", ignore_errors=True)
        path.chmod(0o444)


def check_resume(part, where, inputs):
    """A folder that was closed after its run."""
    for name, words, mend in commands(inputs):
        if mend != "--resume":
            continue
        target = where / "x"
        assert as_nobody(*words, "-o", target)[0] == 0
        for part_of in ("sweep.csv", "trace.csv"):
            if (target / part_of).exists():
                (target / part_of).rename(target / f"{part_of}.part")
        before = contents(target)
        freeze(target)
        refused(part, f"{name} --resume in a closed folder",
                as_nobody(*words, "-o", target, "--resume"),
                "Permission denied", (target, before))
        freeze(target, writable=True)
        shutil.rmtree(target)


def check_mount(part, where, inputs):
    """As root, on a mount that may only be read."""
    bound = where / "bound"
    bound.mkdir()
    try:
        subprocess.run(["mount", "--bind", inputs, bound], check=True)
    except (subprocess.CalledProcessError, FileNotFoundError):
        part.skip("a read-only mount", "mounting is not allowed")
        return
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", bound], check=True)
        check_inputs(part, where, bound, run, "a read-only mount")
        check_runs(part, bound, run, "a read-only mount", "Read-only file")
    finally:
        subprocess.run(["umount", bound], check=True)


def main():
    part = Part("readonly")
    with folder() as name:
        where = pathlib.Path(name)
        where.chmod(0o777)
        inputs = where / "in"
        inputs.mkdir()
        make_inputs(inputs)
        check_mount(part, where, inputs)
        freeze(inputs)
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            part.skip("an ordinary user", "takes root and setpriv")
        else:
            check_inputs(part, where, inputs, as_nobody, "what is read-only")
            check_runs(part, inputs, as_nobody, "a closed run",
                       "Permission denied")
            check_places(part, where, inputs)
            check_closed(part, where, inputs)
            check_resume(part, where, inputs)
        freeze(inputs, writable=True)
    part.finish()


if __name__ == "__main__":
    main()
