"""The tests that mutants are given, and how one of them is run."""
import fnmatch
import glob
import hashlib
import os
import resource
import select
import signal
import subprocess
import time

from builder import BUILD

SLOW = 10  # seconds of a processor: a slower test is left out
# Seconds of a clock, for those that wait for ever: on a busy machine a test may
# get a small share of a processor, and the limit above is what counts.
WALL = 600
# Tests of other programs, of the tests, or of files that no mutant is in.
LEFT_OUT = ("accuracy", "bench", "checks", "damaged", "data", "faults", "page",
            "torch")
ENVIRONMENT = {**os.environ, "CMOCKA_MESSAGE_OUTPUT": "TAP",
               "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1",
               "OMP_WAIT_POLICY": "passive", "ES_CFG": "mutation",
               "ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1",
               "LSAN_OPTIONS": "print_suppressions=0:suppressions="
                               + os.path.abspath("tests/lsan.supp"),
               "EIGENSTEP": os.path.abspath(BUILD + "/eigenstep")}


def digest(*paths):
    whole = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            whole.update(file.read())
    return whole.hexdigest()[:16]


class Test:
    """A unit test's program, or a script that drives eigenstep."""

    def __init__(self, path):
        self.path = path
        self.script = path.endswith(".sh")
        self.name = path.replace(BUILD + "/", "").replace("tests/", "", 1)
        self.digest = digest(path)
        self.call = ["bash", path] if self.script else [path]


def units():
    found = [p for p in sorted(glob.glob(BUILD + "/tests/*/test_*"))
             if "." not in os.path.basename(p)
             and os.path.exists(p.replace(BUILD + "/", "") + ".c")]
    wanted = (os.environ.get("TESTS") or "*").split()
    return [t for t in map(Test, found)
            if any(fnmatch.fnmatch(t.name, w) for w in wanted)]


def scripts():
    if os.environ.get("SCRIPTS") == "0":
        return []
    found = [p for p in sorted(glob.glob("tests/cli/test_*.sh"))
             if os.path.basename(p)[5:-3] not in LEFT_OUT]
    return [Test(p) for p in found]


def failed(line):
    return line.startswith(b"not ok") and b"SKIP" not in line


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def watch(process, wall):
    """Reads to the first failure, the end, or no more time; why it failed."""
    deadline, rest = time.monotonic() + wall, b""
    while time.monotonic() < deadline:
        if not select.select([process.stdout], [], [], 2)[0]:
            if process.poll() is None:
                continue
            break  # and another has its output still
        got = os.read(process.stdout.fileno(), 1 << 16)
        if not got:
            process.wait()
            break
        *lines, rest = (rest + got).split(b"\n")
        for line in lines:
            if failed(line):
                return line.decode(errors="replace")
    code = process.poll()
    return "out of time" if code is None else f"exit {code}" if code else ""


def run(test, library, seconds, sanitizers=None):
    """Runs it with what libmutant.so in the folder `library` has. What went
    wrong (or ""), and the seconds of a processor that it took."""
    def limit():
        os.setpgid(0, 0)
        whole = int(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if not sanitizers:  # which take terabytes of addresses
            resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**ENVIRONMENT, "LD_LIBRARY_PATH": os.path.abspath(library)}
    if sanitizers:
        environment["LD_PRELOAD"] = sanitizers
    process = subprocess.Popen(
        test.call, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, preexec_fn=limit)
    try:
        wrong = watch(process, WALL + 10 * seconds)
    finally:
        end(process)
        process.stdout.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wrong, (after.ru_utime + after.ru_stime
                   - before.ru_utime - before.ru_stime)
