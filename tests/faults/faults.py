#!/usr/bin/python3
"""Every command with every fault: the k-th allocation, write, flush, change of
a name or read of our own code fails (alone, or with all that follow), for every
k until the command succeeds. After each: no crash, no leak, no hang, an exit
code of the contract, one line on standard error, nothing but whole files under
final names, nothing but the beginning of the output on standard output.

usage: faults.py PROGRAM [COMMAND…] [--every N] [--modes one,rest] [--jobs N]
                 [--families alloc,write,flush,name,read] [--again N] [--own P]

PROGRAM is linked with shim.c, P is one without. Every N-th fault is made; after
every N-th of --again that a run can go on from, it does."""
import argparse
import collections
import concurrent.futures
import fnmatch
import gzip
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FAMILIES = {  # exit codes that may follow
    # A text in memory is written to as well, and fails for want of memory.
    "alloc": {4}, "write": {3, 4}, "flush": {3, 4}, "name": {3}, "read": {3}}
SANITIZER = 99

# What goes on all the same, and why that is right: the result is whole, bytes
# and all, which is checked.
TOLERATED = {
    "reserve_streams": "streams that are open need no reserve",
    "es_markup_details": "what was read is there, whether or not it closes",
    "es_markup_data": "likewise",
    "recognise": "likewise",
    "is_whole": "likewise",
    "es_file_hold": "a folder that may not be read is written without a lock",
    "claim": "the settings are there already, which is looked at",
    "drain": "what gnuplot said is for messages",
    "es_cpu_model": "run.json then knows no processor's name",
    "sync_directory": "the name is there; not all file systems sync a folder",
}

IMAGES = "data.name=fashion-mnist data.path=fm"
NET = (IMAGES + " method.dim=3 train.batch=8 train.eval_n=12 train.lr=0.02 "
       "train.steps=4 train.log_every=2 train.checkpoint_every=2 --threads 1")
LINEAR = NET + " net.arch=linear augment.shift=1"
SMALL = "gamma=1,0.5 s0=1e-3,1e-3"
SWEEP = ("sweep byol-eigenmode p0=0.1 s0=0.2 sweep.eta=log:1e-3:1:2 "
         "sweep.alpha_p=lin:1:9:3 method=tsit5 --threads 1")
# Beyond 10^7 cells a table is HDF5, and a shard of it is a small one.
LARGE = ("sweep byol-eigenmode p0=0.1 s0=0.2 sweep.eta=log:1e-3:1:10001 "
         "sweep.alpha_p=lin:1:9:1000 method=tsit5 --threads 1 "
         "--shard 9/1000000")
VIEWS = "d=2 init=gaussian t=0 data.size=8"
TRACE, SAVED = "trace.csv.part", ("arrays.h5",)
SWEPT = "sweep*.part"
FLOW = ("trace.csv", "steps.csv", "arrays.h5")


class Command:
    """Words to run, what must be there before (NAME, or NAME=AS), and the
    folder of results."""

    def __init__(self, words, needs=(), out="out", grows="", partial=(),
                 reports=False):
        self.words = words.split() + ([] if "--help" in words else ["--quiet"])
        self.needs, self.out = needs, out
        self.grows = grows  # of the .part files that may stay, for --resume
        self.partial = partial  # what a failed run may have a beginning of
        self.reports = reports  # standard output says what is missing, or when


COMMANDS = {
    "help": Command("train --help"),
    "list": Command("list experiments"),
    "list-models": Command("list models"),
    "doctor": Command("doctor", reports=True),
    "flow": Command("flow barlow-twins %s time.t=0,1,2,5 -o out" % SMALL,
                    partial=FLOW),
    "flow-arrays": Command(
        "flow byol %s augment.shift=1 n2=2 init_scale=0.1 time.t=0,1 "
        "output.modes=on output.embeddings=4 -o out" % IMAGES, ["fm"],
        partial=FLOW),
    "flow-csv": Command("flow contrastive-deep sigma0=[[0.1,0.2],[0.1,0.2]] "
                        "lambda=1,0.5 time.t=0,1 --csv out/table.csv", ["out"]),
    "predict": Command("predict barlow-twins %s -o out" % SMALL),
    "predict-json": Command("predict barlow-twins %s --json" % SMALL),
    "predict-force": Command("predict barlow-twins %s -o out --force" % SMALL,
                             ["predict=out"]),
    "predict-over": Command("predict barlow-twins %s -o out --force" % SMALL,
                            ["flow=out"]),
    "fixed-points": Command("fixed-points byol-eigenmode --csv -"),
    "separatrix": Command("separatrix byol-eigenmode s0=1e-2 ema=off tau0=1 -o out"),
    "basin": Command("basin byol-eigenmode box.p0=0,1 box.s0=0,1 samples=20 "
                     "--threads 1 -o out"),
    "sweep": Command(SWEEP + " -o out --resume", grows=SWEPT),
    "sweep-stdout": Command(SWEEP + " --json", reports=True),
    "sweep-models": Command("sweep barlow-twins %s sweep.t_end=1,2 "
                            "--threads 1 --csv -" % SMALL),
    "sweep-shard": Command(SWEEP + " --shard 1/2 -o out --resume", grows=SWEPT),
    "sweep-resume": Command(SWEEP + " -o out --resume", ["sweep-begun=out"],
                            grows=SWEPT),
    "sweep-table": Command(LARGE + " -o out --resume", grows=SWEPT),
    "sweep-table-resume": Command(LARGE + " -o out --resume",
                                  ["sweep-table-begun=out"], grows=SWEPT),
    "sweep-merge": Command("sweep --merge shards -o out", ["shards"]),
    "train": Command("train barlow-covariance %s -o out --resume" % LINEAR,
                     ["fm"], grows=TRACE, partial=SAVED),
    "train-predict": Command(
        "train barlow-covariance %s predict=conjugate -o out --resume" % LINEAR,
        ["fm"], grows=TRACE, partial=SAVED),
    "train-resnet": Command("train byol %s net.width=1 -o out --resume" % NET,
                            ["fm"], grows=TRACE, partial=SAVED),
    "train-resume": Command(
        "train barlow-covariance %s predict=conjugate -o out --resume" % LINEAR,
        ["fm", "net-begun=out"], grows=TRACE, partial=SAVED),
    "embed": Command("embed net -o out", ["fm", "net"]),
    "probe": Command("probe net n_train=12 -o out", ["fm", "net"]),
    "spectrum": Command("spectrum net -o out", ["fm", "net"]),
    "ntk": Command("ntk net n=4 -o out", ["fm", "net"]),
    "overlay": Command("overlay net net2 -o out",
                       ["fm", "net", "net2"]),
    "metrics": Command("metrics points.csv kind=representation", ["points.csv"]),
    "metrics-npy": Command("metrics points.npy kind=representation", ["points.npy"]),
    "metrics-h5": Command(
        "metrics images/embed.h5:/representation kind=representation",
        ["images"]),
    "flow-matrices": Command(
        "flow byol --config flow.yaml X=file:points.npy n2=2 --csv -",
        ["points.npy", "flow.yaml"]),
    "flow-packed": Command("flow barlow-twins data.name=idx "
                           "data.path=packed/images.gz %s --csv -" % VIEWS,
                           ["packed"]),
    "flow-cifar": Command("flow barlow-twins data.name=cifar10 data.path=cifar "
                          "data.split=test %s --csv -" % VIEWS, ["cifar"]),
    "flow-stl": Command("flow barlow-twins data.name=stl10 data.path=stl "
                        "%s --csv -" % VIEWS, ["stl"]),
    "flow-array": Command("flow barlow-twins data.name=array data.path=points.csv "
                          "d=2 init=gaussian t=0 --csv -", ["points.csv"]),
    "plot": Command("plot out", ["flow=out"]),
    "run": Command("run small.yaml -o out --threads 1", ["small.yaml"],
                   grows="one/trace.csv.part", partial=["one/" + n for n in FLOW]),
}


def varies(name):
    """Files with times of the clock in them."""
    name = os.path.basename(name)
    return fnmatch.fnmatch(name, "run*.json") or name == "index.html"


def tree(folder):
    """Files below a folder and their bytes."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


class Server:
    """A program that is ready to be run with faults, in a folder of its own."""

    def __init__(self, program, command, folder, pristine):
        self.folder, self.pristine, self.command = folder, pristine, command
        env = dict(os.environ, PATH=pristine + ":" + os.environ["PATH"],
                   OMP_NUM_THREADS="1", GOMP_SPINCOUNT="5000",
                   EIGENSTEP_DATADIR=os.path.join(pristine, "share"),
                   ASAN_OPTIONS="detect_leaks=1:exitcode=%d:abort_on_error=0"
                   % SANITIZER,
                   UBSAN_OPTIONS="exitcode=%d" % SANITIZER,
                   LSAN_OPTIONS="suppressions=%s/tests/lsan.supp:"
                   "print_suppressions=0" % ROOT)
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.process = subprocess.Popen(
            [program] + command.words, cwd=folder, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def restore(self):
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        for name in self.command.needs:
            name, _, as_name = name.partition("=")
            source = os.path.join(self.pristine, name)
            to = os.path.join(self.folder, as_name or name)
            if os.path.isdir(source):
                shutil.copytree(source, to)
            else:
                os.symlink(source, to)

    def run(self, family, k, mode, afresh=True):
        if afresh:
            self.restore()
        self.process.stdin.write("%s %d %s\n" % (family, k, mode))
        self.process.stdin.flush()
        words = self.process.stdout.readline().split()
        if len(words) < 2:
            raise RuntimeError("the program's server ended")
        result = Result(int(words[0]), int(words[1]), words[2:])
        result.out = self.read("stdout")
        result.err = self.read("stderr")
        result.files = tree(os.path.join(self.folder, self.command.out))
        return result

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as f:
            return f.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Result:
    def __init__(self, status, calls, frames):
        self.signal, self.code = status & 0x7f, status >> 8
        self.calls, self.frames = calls, frames


def is_record(name, text):
    if name.endswith(".html"):
        return text.endswith(b"</html>\n")
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def is_beginning(name, text, whole):
    """Whole rows under the header; of arrays, a file that can be read."""
    if not name.endswith(".csv"):
        return text.startswith(b"\x89HDF")
    rows = text.split(b"\n")
    return rows[0] == whole.split(b"\n")[0] and rows[-1] == b"" and \
        all(r.count(b",") == rows[0].count(b",") for r in rows[:-1])


def bad_files(command, family, result, whole, before, tidy):
    """What under a final name is neither what it was nor what it shall be, and
    what was not tidied up."""
    changed = [n for n in before if not varies(n) and
               result.files.get(n) != before[n]]
    if changed and "run.json" in before and \
            result.files.get("run.json") == before["run.json"]:
        yield "run.json of before, %s of now" % changed[0]
    for name, text in result.files.items():
        if name.endswith(".part"):
            if tidy and not fnmatch.fnmatch(name, command.grows):
                yield "left " + name
        elif varies(name):
            if not is_record(name, text):
                yield "not whole: " + name
        elif name in command.partial and result.code and \
                is_beginning(name, text, whole.files.get(name, b"")):
            pass
        elif name.endswith(".new") and family == "name":
            pass  # it could not be removed
        elif text not in (whole.files.get(name), before.get(name)):
            yield "not whole: " + name


def wrong(command, family, mode, result, whole, before, where):
    """All that is wrong with a run in which a fault was met."""
    if result.signal:
        return ["hangs" if result.signal == 14 else "signal %d" % result.signal]
    if result.code == SANITIZER:
        kind = "leak" if b"LeakSanitizer" in result.err else "sanitizer"
        return [kind + ": " + summary(result.err)]
    # Where nothing can be removed any more, nothing is.
    tidy = (family, mode) != ("name", "rest")
    found = list(bad_files(command, family, result, whole, before, tidy))
    if result.code == 0:
        if command.reports and family == "read":
            return found
        if not set(where) & set(TOLERATED):
            found.append("exit 0")
        lasting = {n: t for n, t in result.files.items()
                   if not varies(n)}
        if (result.out != whole.out and not command.reports or
                result.err != whole.err or
                any(whole.files.get(n) != t for n, t in lasting.items()) or
                set(result.files) != set(whole.files)):
            found.append("exit 0 with another result")
        return found
    if result.code not in FAMILIES[family]:
        found.append("exit %d" % result.code)
    lines = result.err.decode("utf-8", "replace").splitlines()
    if len(lines) != len(whole.err.splitlines()) + 1:
        found.append("%d lines" % len(lines))
    if not lines or not lines[-1].startswith("eigenstep: "):
        found.append("no line of ours")
    # What is written after a write that failed alone comes after a gap.
    gap = (family, mode) == ("write", "one")
    if not gap and not command.reports and not whole.out.startswith(result.out):
        found.append("another output")
    return found


def differences(result, whole):
    """Of a run that goes on from one that failed, without a fault."""
    if result.code or result.signal:
        return ["goes on to exit %d" % result.code]
    return ["goes on to another " + n for n in sorted(
        set(result.files) | set(whole.files)) if not varies(n) and
        result.files.get(n) != whole.files.get(n)]


def summary(text):
    lines = text.decode("utf-8", "replace").splitlines()
    ours = [l.split(" in ")[1].split(" (")[0] for l in lines
            if " in " in l and l.lstrip().startswith("#")]
    ours = [l.replace(ROOT + "/", "") for l in ours if "__wrap_" not in l]
    last = [l for l in lines if l.startswith("SUMMARY")]
    return (last[0] if last else "?")[:90] + " " + " < ".join(ours[:6])


def names_of(program, frames, known={}):
    """Functions and places of offsets into the program, innermost first."""
    missing = [f for f in frames if f not in known]
    if missing:
        text = subprocess.run(
            ["addr2line", "-fe", program] + missing, check=True, text=True,
            stdout=subprocess.PIPE).stdout.splitlines()
        for i, frame in enumerate(missing):
            place = os.path.relpath(text[2 * i + 1].split(" ")[0], ROOT)
            known[frame] = (text[2 * i], place)
    return [known[f] for f in frames]


def show(name, family, k, mode, what, where, said):
    print("%s: %s %d %s: %s\n    at %s\n    said %r" % (
        name, family, k, mode, what, " < ".join("%s %s" % w for w in where),
        said.decode("utf-8", "replace")[:200]), flush=True)


def campaign(program, name, work, options):
    """All faults of a command: counts, and what was wrong."""
    command = COMMANDS[name]
    server = Server(program, command, os.path.join(work, "run-" + name),
                    os.path.join(work, "pristine"))
    counts, problems = {}, collections.Counter()
    server.restore()
    before = tree(os.path.join(server.folder, command.out))
    for family in options.families:
        whole = server.run(family, 0, "one")
        if whole.code or whole.signal:
            raise RuntimeError("%s fails by itself: %d %s" % (
                name, whole.code, whole.err.decode("utf-8", "replace")))
        calls = whole.calls
        counts[family] = [calls, 0, 0]
        for mode in options.modes.split(","):
            for k in range(1, calls + 1):
                if (k + (mode == "rest")) % options.every:
                    continue
                result = server.run(family, k, mode)
                if not result.frames:
                    continue
                where = names_of(program, result.frames)
                functions = [f for f, _ in where]
                found = wrong(command, family, mode, result, whole, before,
                              functions)
                counts[family][1] += 1
                counts[family][2] += result.code == 0 and not result.signal
                # What can be gone on with is, to the same bytes.
                if "--resume" in command.words and result.code and \
                        counts[family][1] % options.again == 0:
                    found += differences(server.run(family, 0, "one", False),
                                         whole)
                for text in found:
                    key = (family, text, where[0])
                    problems[key] += 1
                    if problems[key] == 1:
                        show(name, family, k, mode, text,
                             where[:options.depth], result.err)
    server.close()
    return counts, problems


MADE = {
    "flow": ["flow barlow-twins %s time.t=0,1,2,5" % SMALL],
    "predict": ["predict barlow-twins %s lr=0.1 method=gd" % SMALL],
    "net": ["train barlow-covariance %s predict=conjugate" % LINEAR],
    "net2": ["train barlow-covariance %s predict=conjugate --seed 1" % LINEAR],
    "shards": [SWEEP + " --shard %d/2" % k for k in (1, 2)],
    "images": ["train barlow-covariance %s" % LINEAR, "embed images --force"],
}
BEGUN = {  # runs that broke off: the command, how, and what was there then
    "net-begun": ("train-predict", "flush", ["arrays.h5", "trace.csv.part"]),
    "sweep-begun": ("sweep", "name", ["sweep.csv.part"]),
    "sweep-table-begun": ("sweep-table", "name", ["sweep-9-of-1000000.h5.part"]),
}
EXPERIMENT = """\
experiment: {title: Two, source: a test, claim: both are learned, criterion:
  ["max |relative_error| in one/steps.csv where gap > 0.1 < 1e-5"]}
stages:
  - {name: one, command: flow, target: barlow-twins, plot: staircase,
     model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}, time: {t_end: 5, n: 5}}
  - {name: two, command: predict, target: barlow-twins, needs: [one],
     model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}}
"""
# Draws what gnuplot would, in no time.
GNUPLOT = """\
#!/bin/sh
[ "$1" = --version ] || case $3 in
  *.gp) name=${3#./}
    echo "<svg xmlns='http://www.w3.org/2000/svg'></svg>" >"${name%.gp}.svg.part" ;;
  *) echo "gnuplot 5 patchlevel 0: svg png" >&2 ;;
esac
"""


def prepare(own, folder, needed):
    """What commands need, made once by the program without faults."""
    random.seed(1)
    os.makedirs(os.path.join(folder, "share", "plots"))
    os.makedirs(os.path.join(folder, "out"))
    for name in os.listdir(os.path.join(ROOT, "plots")):
        open(os.path.join(folder, "share", "plots", name), "w").close()
    os.symlink(os.path.join(ROOT, "experiments"),
               os.path.join(folder, "share", "experiments"))
    os.makedirs(os.path.join(folder, "fm"))
    for part, n in (("train", 24), ("t10k", 12)):
        name = os.path.join(folder, "fm", part)
        with open(name + "-images-idx3-ubyte", "wb") as f:
            f.write(struct.pack(">IIII", 0x803, n, 6, 6))
            f.write(bytes(random.randrange(256) for _ in range(n * 36)))
        with open(name + "-labels-idx1-ubyte", "wb") as f:
            f.write(struct.pack(">II", 0x801, n))
            f.write(bytes(k % 3 for k in range(n)))
    with open(os.path.join(folder, "points.csv"), "w") as f:
        f.write("a,b\n" + "".join("%d,%d\n" % (k, k * k % 7) for k in range(9)))
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }"
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    with open(os.path.join(folder, "points.npy"), "wb") as f:
        f.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head)
        f.write(struct.pack("<9d", 2, 1, .5, 1, 3, .25, .5, .25, 4))
    with open(os.path.join(folder, "flow.yaml"), "w") as f:
        f.write("model: {init_scale: 0.1, Xp: 'file:points.npy'}\ntime: {t: [0, 1]}\n")
    for part in "packed", "cifar", "stl":
        os.makedirs(os.path.join(folder, part))
    with gzip.open(os.path.join(folder, "packed", "images.gz"), "wb") as f:
        f.write(struct.pack(">IIII", 0x803, 12, 8, 8))
        f.write(bytes(random.randrange(256) for _ in range(12 * 64)))
    images = [("cifar", "test_batch.bin", 3073, 5), ("stl", "train_X.bin", 27648, 3),
              ("stl", "train_y.bin", 1, 3)]
    for part, name, size, n in images:
        with open(os.path.join(folder, part, name), "wb") as f:
            f.write(bytes(1 + k % size % 7 for k in range(size * n)))
    with open(os.path.join(folder, "small.yaml"), "w") as f:
        f.write(EXPERIMENT)
    with open(os.path.join(folder, "gnuplot"), "w") as f:
        f.write(GNUPLOT)
    os.chmod(os.path.join(folder, "gnuplot"), 0o755)
    env = dict(os.environ, PATH=folder + ":" + os.environ["PATH"],
               OMP_NUM_THREADS="1",
               EIGENSTEP_DATADIR=os.path.join(folder, "share"))

    def make(words):
        done = subprocess.run([own] + words.split() + ["--quiet"], cwd=folder,
                              env=env, text=True, stderr=subprocess.PIPE)
        if done.returncode:
            raise RuntimeError("%s: %s" % (words, done.stderr))

    for name in needed & set(MADE):
        for words in MADE[name]:
            make("%s -o %s" % (words, name))


def begin(program, to, pristine, work):
    """A run that broke off, as late as it could."""
    name, family, files = BEGUN[to]
    server = Server(program, COMMANDS[name], os.path.join(work, "begun"),
                    pristine)
    for k in range(server.run(family, 0, "one").calls, 0, -1):
        server.run(family, k, "rest")
        if all(os.path.exists(os.path.join(server.folder, "out", f))
               for f in files):
            shutil.copytree(os.path.join(server.folder, "out"),
                            os.path.join(pristine, to))
            break
    else:
        raise RuntimeError("%s never breaks off with %s" % (name, files))
    server.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("commands", nargs="*", default=[])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--again", type=int, default=1)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--own", default=os.path.join(ROOT, "eigenstep"))
    parser.add_argument("--modes", default="one,rest")
    parser.add_argument("--families", default=",".join(FAMILIES))
    options = parser.parse_args()
    options.families = options.families.split(",")
    program = os.path.abspath(options.program)
    names = options.commands or list(COMMANDS)
    work = tempfile.mkdtemp(prefix="faults-")
    failed = 0
    try:
        os.makedirs(os.path.join(work, "pristine"))
        pristine = os.path.join(work, "pristine")
        needed = {need.split("=")[0] for name in names
                  for need in COMMANDS[name].needs}
        prepare(os.path.abspath(options.own), pristine, needed)
        for to in needed & set(BEGUN):
            begin(program, to, pristine, work)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            running = {pool.submit(campaign, program, n, work, options): n
                       for n in names}
            for future in concurrent.futures.as_completed(running):
                name = running[future]
                counts, problems = future.result()
                print("%-14s %s" % (name, "  ".join(
                    "%s %d calls, %d faults, %d went on;" % (f, *c)
                    for f, c in counts.items())), flush=True)
                failed += len(problems)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
