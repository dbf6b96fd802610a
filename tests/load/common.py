"""What the parts of `make load` share: checks, commands, watched processes.

A part prints a TAP line for each check and leaves what it measured in
OUT/load/PART.json, from which page.py makes docs/load.md.
"""
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("EIGENSTEP", str(ROOT / "eigenstep"))
SECONDS = float(os.environ.get("SECONDS_LONG")
                or float(os.environ.get("HOURS", 1)) * 3600)
OUT = pathlib.Path(os.environ.get("LOAD_OUT", ROOT / "out" / "load"))
MEBI = 2.**20
BAR = re.compile(r"(\S[^\r]*?) +([#.]{24}) +(\d+)%  (\S+)/s  (\S+) left")


class Part:
    """Counts the checks of a part, and keeps its numbers."""

    def __init__(self, name):
        self.name, self.n, self.failed, self.numbers = name, 0, 0, {}
        os.environ.setdefault("EIGENSTEP_DATADIR", str(ROOT))
        os.environ["NO_COLOR"] = "1"

    def check(self, holds, what, detail=""):
        self.n += 1
        print(("ok" if holds else "not ok"), self.n, "-", what, flush=True)
        if not holds:
            self.failed += 1
            print("#   " + str(detail)[:600].replace("\n", "\n#   "), flush=True)
        return holds

    def skip(self, what, why):
        self.n += 1
        print("ok", self.n, "-", what, "# SKIP", why, flush=True)

    def note(self, **numbers):
        self.numbers.update(numbers)
        for key, value in numbers.items():
            print(f"# {key}: {value}", flush=True)

    def finish(self):
        OUT.mkdir(parents=True, exist_ok=True)
        self.numbers.update(checks=self.n, failed=self.failed,
                            date=time.strftime("%Y-%m-%d", time.gmtime()))
        with open(OUT / f"{self.name}.json", "w", encoding="utf-8") as out:
            json.dump(self.numbers, out, indent=1)
        print(f"1..{self.n}", flush=True)
        sys.exit(self.failed > 0)


def folder(where=None):
    """A folder that goes with the process."""
    return tempfile.TemporaryDirectory(prefix="load-", dir=where or
                                       os.environ.get("LOAD_DIR"))


def run(*words, **more):
    """Exit code, standard output and standard error of the program."""
    more.setdefault("timeout", 600)
    done = subprocess.run([PROGRAM, *map(str, words)], capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, check=False,
                          **more)
    return done.returncode, done.stdout, done.stderr


def one_line(text):
    return text.count("\n") == 1 and text.endswith("\n")


def memory(pid):
    """Resident and largest resident bytes; None when it is gone."""
    found = {}
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith(("VmRSS:", "VmHWM:")):
                    found[line[:5]] = int(line.split()[1]) * 1024
    except (FileNotFoundError, ProcessLookupError):
        return None
    return (found["VmRSS"], found["VmHWM"]) if len(found) == 2 else None


class Watched:
    """A run of the program on a terminal of its own: its memory every second
    or so, the lines of its bar with their times, its end."""

    def __init__(self, words, stop_after=None, every=1.):
        self.samples, self.bars, self.text = [], [], ""
        begun = time.monotonic()
        ours, theirs = pty.openpty()
        child = subprocess.Popen([PROGRAM, *map(str, words)], stderr=theirs,
                                 stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE)
        os.close(theirs)
        seen, self.asked = 0., None
        while True:
            self.listen(ours, begun)
            now = time.monotonic() - begun
            if child.poll() is not None:
                break
            if now >= seen + every:
                seen, got = now, memory(child.pid)
                if got is not None:
                    self.samples.append((now, *got))
            if stop_after is not None and now > stop_after and not self.asked:
                child.send_signal(signal.SIGINT)
                self.asked = now
        self.seconds = time.monotonic() - begun
        while self.listen(ours, begun):
            pass
        os.close(ours)
        self.out = child.stdout.read().decode()
        child.stdout.close()
        self.code = child.returncode

    def listen(self, terminal, begun):
        """Takes what is said, and says whether anything was."""
        if not select.select([terminal], [], [], .1)[0]:
            return False
        try:
            text = os.read(terminal, 65536).decode(errors="replace")
        except OSError:  # its other end is closed
            time.sleep(.05)
            return False
        now = time.monotonic() - begun
        for what, _, share, rate, left in BAR.findall(text):
            self.bars.append((now, what, float(share), float(rate),
                              clock(left)))
        self.text = (self.text + BAR.sub("", text))[-4000:]
        return bool(text)

    def said(self):
        """Its messages, without the bar."""
        lines = (line.strip() for line in re.split(r"[\r\n]", self.text))
        return "\n".join(line for line in lines if line)

    def peak(self):
        return max(s[2] for s in self.samples)

    def quarters(self):
        """Largest resident bytes of the second and of the last quarter."""
        n = len(self.samples)
        return [max(s[1] for s in self.samples[n * low // 4:n * high // 4 + 1])
                for low, high in ((1, 2), (3, 4))]

    def flat(self):
        """By the peak so far, half way and shortly before the end: what lasts
        less than the time between samples is in a quarter's largest or not by
        chance, and what is made of a training behind its last step takes
        memory of its own."""
        n = len(self.samples)
        half, late = (self.samples[k][2] for k in (n // 2, 19 * n // 20))
        return late <= 1.01 * half + MEBI

    def slope(self):
        """Bytes an hour, by least squares behind the first quarter."""
        rows = [s for s in self.samples if s[0] >= .25 * self.samples[-1][0]]
        t = sum(s[0] for s in rows) / len(rows)
        m = sum(s[1] for s in rows) / len(rows)
        over = sum((s[0] - t)**2 for s in rows)
        return 3600 * sum((s[0] - t) * (s[1] - m) for s in rows) / over


def clock(text):
    """Seconds of the bar's 1h02m, 3m04s or 5s."""
    if text == "?":
        return float("nan")
    return sum(int(n) * {"h": 3600, "m": 60, "s": 1}[u]
               for n, u in re.findall(r"(\d+)([hms])", text))


def check_bar(part, ran, share_at_end):
    """The bar against the clock: its share comes to what was done, and the
    time left that it says is that of its share, which is rounded to 1%, as
    the time is to a minute."""
    part.check(abs(ran.bars[-1][2] / 100 - share_at_end) < .02,
               "the bar's share is that of what was done",
               (ran.bars[-1], share_at_end))
    wrong = [(at, share, left) for at, _, share, _, left in ran.bars
             if share >= 1 and abs(left * share - at * (100 - share)) >
             50 * at / (share - .5) + 60 * share + 500]
    part.check(not wrong, "and the time left that of the share", wrong)


def machine(record):
    """The machine in the words of a run.json, and what it has."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {**{key: record[key] for key in ("version", "git_hash", "cpu")},
            "cores": os.cpu_count(), "memory_bytes": pages}


def record_of(directory, name="run.json"):
    with open(pathlib.Path(directory) / name, encoding="utf-8") as file:
        return json.load(file)
