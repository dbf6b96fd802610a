"""A disk that fills up while a command writes, at POINTS moments of its life
drawn by SEED, and a quota that does (RLIMIT_FSIZE): exit 3, one line with the
file and the cause, nothing half-written under a final name, what was there
before as it was, and the same bytes once there is room.

The disk is a tmpfs of the size wanted; mounting one takes root."""
import os
import pathlib
import random
import resource
import shutil
import subprocess

from common import PROGRAM, Part, folder, one_line, run
from small import commands, make_inputs, whole

POINTS = int(os.environ.get("POINTS", 12))
PAGE = 4096
# What depends on the moment, or on when a library drew it.
VARIES = {".json", ".html", ".gp", ".svg", ".png", ".pdf"}
CAUSES = ("No space left on device", "File too large", "an earlier write",
          "Disk quota", "no room")


class Disk:
    """A file system of its own, as large as it is told to be."""

    def __init__(self, at):
        self.at = pathlib.Path(at)
        self.at.mkdir()

    def size(self, pages, first=False):
        subprocess.run(["mount", "-t", "tmpfs", "-o",
                        ("" if first else "remount,") +
                        f"size={pages * PAGE}", "load", str(self.at)],
                       check=True)

    def close(self):
        subprocess.run(["umount", str(self.at)], check=True)


def can_mount(where):
    try:
        disk = Disk(f"{where}/try")
        disk.size(16, first=True)
        disk.close()
        return True
    except (subprocess.CalledProcessError, FileNotFoundError):
        return False


def contents(where):
    """Bytes of each file by its name below a folder."""
    return {str(p.relative_to(where)): p.read_bytes()
            for p in sorted(pathlib.Path(where).rglob("*")) if p.is_file()}


def pages_of(where):
    """Of tmpfs: of its files; folders take none."""
    return sum(-(-len(data) // PAGE) for data in contents(where).values())


def difference(got, want):
    """Names whose bytes are not those wanted, but for what varies."""
    return [name for name in sorted({*got, *want})
            if (name in got) != (name in want) or
            (os.path.splitext(name)[1] not in VARIES and
             got.get(name) != want.get(name))]


def half_written(where, want):
    """Final names with what is no beginning, nor end, of what they stand for."""
    found = []
    for name, data in contents(where).items():
        if name.endswith(".part"):
            continue
        kind = os.path.splitext(name)[1]
        if name not in want:
            found.append(f"{name} is none of its files")
        elif not whole(pathlib.Path(where) / name):
            found.append(f"{name} is cut")
        elif kind not in VARIES | {".h5"} and data != want[name]:
            found.append(f"{name} differs")
    return found


def judge(got, where):
    """What is wrong with an exit, as far as it was one of a full disk."""
    code, _, err = got
    lines = [line for line in err.splitlines() if line.strip()]
    if code != 3:
        return f"exit {code}: {err}"
    if not one_line(err):
        return f"{len(lines)} lines: {err}"
    if not any(cause in err for cause in CAUSES):
        return f"no cause: {err}"
    if str(where) not in err:
        return f"no file: {err}"
    return None


def again(words, mend, target):
    """The same with room; --force where nothing else takes the folder."""
    got = run(*words, "-o", target, *([mend] if mend else []))
    return got if got[0] == 0 else run(*words, "-o", target, "--force")


class Tally:
    def __init__(self):
        self.failed, self.cases, self.wrong = 0, 0, []

    def wrongs(self, *what):
        self.wrong += [w for w in what if w]


def at_size(tally, case, want, pages, disk):
    name, words, mend = case
    target = disk.at / "x"
    disk.size(pages, first=True)
    try:
        got = run(*words, "-o", target)
        tally.cases += 1
        where = f"{name} at {pages} pages"
        if got[0] == 0:
            tally.wrongs(*(f"{where}: exit 0, {n}"
                           for n in difference(contents(target), want)))
            return
        tally.failed += 1
        wrong = judge(got, disk.at)
        tally.wrongs(wrong and f"{where}: {wrong}")
        tally.wrongs(*(f"{where}: {n}" for n in half_written(target, want)))
        disk.size(1 << 14)
        got = again(words, mend, target)
        if got[0] != 0:
            tally.wrongs(f"{where}: not made good: {got}")
        tally.wrongs(*(f"{where}: made good, but {n}"
                       for n in difference(contents(target), want)))
    finally:
        disk.close()


def over_earlier(tally, case, want, pages, disk):
    """With --force over what is whole: that stays, or its successor is."""
    name, words, _ = case
    target = disk.at / "x"
    disk.size(1 << 14, first=True)
    try:
        assert run(*words, "-o", target)[0] == 0
        disk.size(pages_of(target) + pages)
        got = run(*words, "-o", target, "--force")
        tally.cases += 1
        where = f"{name} over itself with {pages} pages"
        if got[0] == 0:
            return
        tally.failed += 1
        wrong = judge(got, disk.at)
        tally.wrongs(wrong and f"{where}: {wrong}")
        tally.wrongs(*(f"{where}: {n}" for n in half_written(target, want)))
    finally:
        disk.close()


def with_quota(tally, case, want, most, where):
    """No file may grow beyond so many bytes."""
    name, words, mend = case
    target = pathlib.Path(where) / "x"
    got = run(*words, "-o", target, preexec_fn=lambda:
              resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
    tally.cases += 1
    label = f"{name} with files of {most} bytes"
    if got[0] != 0:
        tally.failed += 1
        wrong = judge(got, where)
        tally.wrongs(wrong and f"{label}: {wrong}")
        tally.wrongs(*(f"{label}: {n}" for n in half_written(target, want)))
        got = again(words, mend, target)
        if got[0] != 0:
            tally.wrongs(f"{label}: not made good: {got}")
    tally.wrongs(*(f"{label}: {n}"
                   for n in difference(contents(target), want)))
    shutil.rmtree(target)


def check_streams(part, where):
    """Tables on standard output, and to --csv."""
    full = "/dev/full"
    for name, words, _ in commands(where):
        if name.split()[0] in ("train", "run", "embed", "ntk", "overlay",
                               "merge", "sweep", "metrics"):
            continue
        with open(full, "wb") as out:
            done = subprocess.run([PROGRAM, *map(str, words)], stdout=out,
                                  check=False, stderr=subprocess.PIPE,
                                  text=True)
        lines = [line for line in done.stderr.splitlines()
                 if "No space left" in line]
        part.check(done.returncode == 3 and len(lines) == 1,
                   f"{name}: standard output is full",
                   (done.returncode, done.stderr))


def check_command(part, case, where, draw, mounts):
    name, words, _ = case
    plain = pathlib.Path(where) / "plain"
    code, _, err = run(*words, "-o", plain)
    assert code == 0, (name, err)
    want = contents(plain)
    pages, largest = pages_of(plain), max(map(len, want.values()))
    shutil.rmtree(plain)
    tally = Tally()
    if mounts:
        disk = Disk(pathlib.Path(where) / "disk")
        # Of one page, and of one too few.
        for size in {1, max(1, pages - 1), *(draw.randrange(1, pages + 1)
                                             for _ in range(POINTS))}:
            at_size(tally, case, want, size, disk)
        for _ in range(max(1, POINTS // 4)):
            over_earlier(tally, case, want, draw.randrange(1, pages + 1), disk)
        disk.at.rmdir()
    for _ in range(max(2, POINTS // 3)):
        with_quota(tally, case, want, draw.randrange(0, largest), where)
    part.check(not tally.wrong,
               f"{name}: {tally.failed} of {tally.cases} times without room",
               f"{len(tally.wrong)} wrong\n" + "\n".join(tally.wrong))
    return tally


def main():
    part = Part("full")
    seed = int(os.environ.get("SEED", random.randrange(2**31)))
    draw = random.Random(seed)
    wanted = os.environ.get("COMMANDS", "").split(",")
    cases = failed = 0
    with folder() as where:
        os.mkdir(f"{where}/in")
        make_inputs(f"{where}/in")
        mounts = can_mount(where)
        if not mounts:
            part.skip("disks of a size", "mounting a tmpfs is not allowed")
        for case in commands(f"{where}/in"):
            if wanted == [""] or case[0] in wanted:
                tally = check_command(part, case, where, draw, mounts)
                cases, failed = cases + tally.cases, failed + tally.failed
        check_streams(part, f"{where}/in")
    part.note(seed=seed, points=POINTS, cases=cases, without_room=failed)
    part.finish()


if __name__ == "__main__":
    main()
