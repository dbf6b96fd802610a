"""Two runs into one folder: whoever comes second is refused with a line and
disturbs nothing, whatever it is and whatever option it has; a lock of a run
that was killed does not outlive it."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

from common import PROGRAM, Part, folder, one_line, run
from full import contents, difference
from small import SWEEP, make_inputs, train_words


class Begun:
    """A run in the background, once it has made a file."""

    def __init__(self, words, where, name):
        self.child = subprocess.Popen(
            [PROGRAM, *map(str, words), "-o", str(where)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            stdin=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while not (where / name).exists() and self.child.poll() is None:
            assert time.monotonic() < end
            time.sleep(.005)

    def stop(self):
        """So that what comes meanwhile is certain to come meanwhile."""
        self.child.send_signal(signal.SIGSTOP)

    def end(self):
        self.child.send_signal(signal.SIGCONT)
        _, err = self.child.communicate()
        return self.child.returncode, err


def long_runs(inputs):
    """Name, words, and a file that says that it is at work."""
    train = [*train_words(inputs), "train.steps=200"]
    return {
        "sweep": ([*SWEEP, "method=tsit5", "rtol=1e-12"], "sweep.csv.part"),
        "train": (["train", "byol", *train], "arrays.h5"),
        "run": (["run", inputs / "small.yaml", "--quiet"], "net/trace.csv.part"),
        "flow": (["flow", "barlow-twins", "gamma=1,0.5", "W0=[[1e-3,0],[0,"
                  "1e-3]]", "t_end=50", "time.n=20000", "method=dop853",
                  "--quiet"], "config.yaml"),
        "overlay": (["overlay", inputs / "run0", inputs / "run1", "--quiet"],
                    "overlay.csv")}


def check_pair(part, where, runs, first, second, want):
    words, sign = runs[first]
    target = pathlib.Path(where) / "x"
    wrong = []
    for option in ([], ["--force"], ["--resume"]):
        if option == ["--resume"] and second in ("flow", "overlay"):
            continue
        begun = Begun(words, target, sign)
        begun.stop()
        got = run(*runs[second][0], "-o", target, *option)
        if got[0] not in (2, 3) or not one_line(got[2]):
            wrong.append(f"{option}: {got}")
        if option == ["--force"] and got[0] != 3:
            wrong.append(f"{option}: {got}")
        code, err = begun.end()
        if code != 0:
            wrong.append(f"{option}: the first ended with {code}: {err}")
        wrong += [f"{option}: {name}"
                  for name in difference(contents(target), want)]
        shutil.rmtree(target)
    part.check(not wrong, f"{second} while {first} is at work",
               "\n".join(wrong))


def check_killed(part, where, runs, name, want):
    """A lock goes with its process."""
    words, sign = runs[name]
    target = pathlib.Path(where) / "x"
    begun = Begun(words, target, sign)
    begun.child.kill()
    begun.child.communicate()
    again = "--resume" if name in ("sweep", "train", "run") else "--force"
    code, _, err = run(*words, "-o", target, again)
    part.check(code == 0, f"{name}: goes on after a kill", err)
    left = difference(contents(target), want)
    part.check(not left, "to the same bytes", left)
    shutil.rmtree(target)


def check_plot(part, where, runs):
    """Figures are drawn by one at a time, and beside nobody who writes."""
    words, sign = runs["train"]
    target = pathlib.Path(where) / "x"
    begun = Begun(words, target, sign)
    begun.stop()
    for second in (["plot", target], ["overlay", target]):
        got = run(*second)
        part.check(got[0] == 3 and one_line(got[2]),
                   f"{second[0]} while train is at work", got)
    begun.end()
    shutil.rmtree(target)


def check_shards(part, where):
    """Shards share a folder, with each other alone."""
    target = pathlib.Path(where) / "x"
    slow = [*SWEEP, "method=tsit5", "rtol=1e-12"]
    begun = Begun([*slow, "--shard", "1/2"], target, "sweep-1-of-2.csv.part")
    begun.stop()
    got = run(*slow, "--shard", "2/2", "-o", target)
    part.check(got[0] == 0, "a shard beside a shard", got)
    for words in ([*slow, "--shard", "1/2", "-o", target, "--resume"],
                  [*slow, "-o", target, "--resume"],
                  ["sweep", "--merge", target]):
        got = run(*words)
        part.check(got[0] == 3 and one_line(got[2]),
                   f"{' '.join(map(str, words[-3:]))} beside a shard", got)
    begun.end()
    got = run("sweep", "--merge", target)
    part.check(got[0] == 0, "and the merge once it has ended", got)
    shutil.rmtree(target)


def main():
    part = Part("twice")
    with folder() as where:
        inputs = pathlib.Path(where) / "in"
        os.mkdir(inputs)
        make_inputs(inputs)
        runs, want = long_runs(inputs), {}
        for name, (words, _) in runs.items():
            code, _, err = run(*words, "-o", f"{where}/whole")
            assert code == 0, err
            want[name] = contents(f"{where}/whole")
            shutil.rmtree(f"{where}/whole")
        for first in runs:
            for second in runs if first in ("sweep", "train") else [first]:
                check_pair(part, where, runs, first, second, want[first])
        for name in runs:
            check_killed(part, where, runs, name, want[name])
        check_plot(part, where, runs)
        check_shards(part, where)
    part.skip("the same over NFS", "no such mount here; where a file system "
              "has no locks, only names are looked at")
    part.finish()


if __name__ == "__main__":
    main()
