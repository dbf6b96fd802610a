#!/usr/bin/python3
"""One run of every command, as tiny as those of faults.py and on as many
threads as asked for, under a checker: no command may say a word or fail.

usage: commands.py [--threads N] [--own P] [--faulty P] PREFIX… PROGRAM

PREFIX… is valgrind and its options, or nothing. P prepare what commands need."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "faults"))
from commands import COMMANDS  # noqa: E402
from pristine import ROOT, prepare  # noqa: E402
from server import Server  # noqa: E402


class Place:
    """A folder with what a command needs, which Server.restore fills."""

    def __init__(self, command, work):
        self.command = command
        self.folder = os.path.join(work, "run")
        self.pristine = os.path.join(work, "pristine")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        Server.restore(self)


def check(name, words, threads, work):
    """Whether a command is done without a word of its checker's."""
    place = Place(COMMANDS[name], work)
    pristine = place.pristine
    words = words + [w for w in place.command.words]
    if "--threads" in words:
        words[words.index("--threads") + 1] = str(threads)
    # With a count of spins the program starts but once, which valgrind needs.
    env = dict(os.environ, PATH=pristine + ":" + os.environ["PATH"],
               OMP_NUM_THREADS=str(threads), GOMP_SPINCOUNT="5000",
               EIGENSTEP_DATADIR=os.path.join(pristine, "share"))
    start = time.monotonic()
    done = subprocess.run(words, cwd=place.folder, env=env, text=True,
                          errors="replace", stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE)
    clean = done.returncode == 0 and not done.stderr
    print("%s %s (%.1f s)" % ("clean    command" if clean else
                              "FAILED   command", name,
                              time.monotonic() - start), flush=True)
    if not clean:
        print("exit %d\n%s" % (done.returncode, done.stderr[:6000]))
    return clean


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--own", default=os.path.join(ROOT, "eigenstep"))
    parser.add_argument("--faulty", default=os.path.join(
        ROOT, "build", "release", "eigenstep-faults"))
    parser.add_argument("words", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    words = options.words[:-1] + [os.path.abspath(options.words[-1])]
    work = tempfile.mkdtemp(prefix="commands-")
    try:
        prepare(options.own, options.faulty, COMMANDS, work)
        # A list first: one failure does not hide the next.
        clean = [check(name, words, options.threads, work)
                 for name in COMMANDS]
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0 if all(clean) else 1


if __name__ == "__main__":
    sys.exit(main())
