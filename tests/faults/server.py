"""The program with faults (shim.c), and what is left of a run of it."""
import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
SANITIZER = 99


def surroundings(pristine):
    """Variables under which the program runs: gnuplot and the figures' scripts
    are ours; memory that is new or given back holds no zeros."""
    return dict(
        os.environ, PATH=pristine + ":" + os.environ["PATH"],
        OMP_NUM_THREADS="1", GOMP_SPINCOUNT="5000", MALLOC_PERTURB_="173",
        EIGENSTEP_DATADIR=os.path.join(pristine, "share"),
        ASAN_OPTIONS="detect_leaks=1:exitcode=%d:abort_on_error=0" % SANITIZER,
        UBSAN_OPTIONS="exitcode=%d" % SANITIZER,
        LSAN_OPTIONS="suppressions=%s/tests/lsan.supp:print_suppressions=0"
        % ROOT)


def tree(folder):
    """Files below a folder and their bytes."""
    found = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


class Result:
    """What the server said of a run, and what the run said and left."""

    def __init__(self, answer, folder, out):
        parts = answer.split(":")
        words = parts[0].split()
        status, self.calls, self.frames = int(words[0]), int(words[1]), words[2:]
        self.signal, self.code = status & 0x7f, status >> 8
        self.held, self.files_open = parts[1].split(), int(parts[2])
        self.marks = parts[3].split()
        self.out, self.err = [self.read(folder, n) for n in ("stdout", "stderr")]
        self.files = tree(os.path.join(folder, out))

    @staticmethod
    def read(folder, name):
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()


class Server:
    """A program that is ready to be run with faults, in a folder of its own."""

    def __init__(self, program, command, folder, pristine):
        self.folder, self.pristine, self.command = folder, pristine, command
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        self.restore()
        self.before = tree(os.path.join(folder, command.out))
        self.process = subprocess.Popen(
            [program] + command.words, cwd=folder, env=surroundings(pristine),
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.process.stdout.readline() != "ready\n":
            self.complain()

    def complain(self):
        raise RuntimeError("%s: the program's server ended with %d: %s" % (
            self.command.words, self.process.wait(),
            Result.read(self.folder, "stderr").decode("utf-8", "replace")))

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
            if (as_name or name) == self.command.out:
                shutil.copytree(source, to)
            else:  # read alone
                os.symlink(source, to)

    def run(self, family, k, mode, afresh=True):
        if afresh:
            self.restore()
        self.process.stdin.write("%s %d %s\n" % (family, k, mode))
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if answer.count(":") != 3:
            self.complain()
        return Result(answer, self.folder, self.command.out)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def names_of(program, frames, known={}):
    """Functions and places of offsets into the program, innermost first, with
    those that the compiler put into others."""
    missing = [f for f in frames if f not in known]
    if missing:
        text = subprocess.run(
            ["addr2line", "-aife", program] + missing, check=True, text=True,
            stdout=subprocess.PIPE).stdout.splitlines()
        at = ""
        for line, place in zip(text, text[1:] + [""]):
            if line.startswith("0x"):
                at = "%x" % int(line, 16)
                known[at] = []
                is_name = True
            elif is_name:
                known[at].append((line, os.path.relpath(
                    place.split(" ")[0], ROOT)))
                is_name = False
            else:
                is_name = True
    return [name for f in frames for name in known[f]
            if "faults/shim.c:" not in name[1]]
