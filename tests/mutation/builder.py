"""What is built once: all sources as a shared library, and the tests and the
program linked with it. What is called, within the library as well, is looked
for in libmutant.so first, which is empty until a mutant is in it: so a mutant
costs one compilation, and no test is linked again."""
import os
import shutil
import subprocess
from concurrent import futures

BUILD = "build/mutation"
TREE = BUILD + "/tree"    # a copy of the sources, for mutants
WORK = BUILD + "/mutant"  # where the present one is
WATCHED = WORK + "/watched"  # and the same with sanitizers
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all",
              "-fno-omit-frame-pointer"]
ROOMS = ("src/ode/", "models/linear/", "models/resnet/", "src/metrics/")


def newer(out, *inputs):
    """Whether `out` is there and no input is younger."""
    return os.path.exists(out) and all(
        os.path.getmtime(out) >= os.path.getmtime(i) for i in inputs)


def needed(out):
    """The files that an object was made of, as the compiler noted."""
    with open(out[:-2] + ".d") as file:
        rule = file.read().replace("\\\n", " ").split("\n")[0]
    return rule.split(":")[1].split()


class Builder:
    """Compiles and links with the words that make has for it."""

    def __init__(self, options):
        words = {"-g": "-g0", "-O2": "-O1", "-MMD": "", "-MP": "",
                 "-fvisibility=hidden": "-fvisibility=default",
                 "-fno-semantic-interposition": "-fsemantic-interposition"}
        self.compiler = [words.get(w, w) for w in options.compile.split()
                         if words.get(w, w)] + ["-w"]
        self.link = [w for w in options.link.split() if w]
        self.libraries = options.libraries.split()
        self.options = options
        objects = options.objects.split()
        self.prefix = os.path.commonpath(objects) + "/"
        self.sources = [o[len(self.prefix):-2] + ".c" for o in objects]
        self.mutated = [s for s in self.sources if s.startswith(ROOMS)]
        self.users = {}  # of each header: the sources that include it

    def call(self, words):
        subprocess.run(words, check=True)

    def shared(self, out, objects, *words):
        self.call([*self.compiler, "-shared", *self.link, *words,
                   "-Wl,-soname," + os.path.basename(out), *objects, "-o", out])

    def build(self):
        """Everything that is out of date."""
        os.makedirs(WATCHED, exist_ok=True)
        library, empty = BUILD + "/libsources.so", BUILD + "/libmutant.so"
        objects = self.objects(BUILD, self.sources, "-MMD")
        if not newer(library, *objects):
            self.shared(library, objects)
        if not os.path.exists(empty):
            self.shared(empty, ["-xc", "/dev/null", "-xnone"])
        for test in self.options.tests.split():
            self.program(BUILD + "/" + test[len(self.prefix):-2], [test])
        self.program(BUILD + "/eigenstep", self.options.program.split())
        self.copy()

    def objects(self, folder, sources, *words):
        """Objects of sources in a folder, made where one is missing."""
        def make(source):
            out = f"{folder}/{source[:-2]}.o"
            if not (os.path.exists(out[:-2] + ".d")
                    and newer(out, *needed(out))):
                os.makedirs(os.path.dirname(out), exist_ok=True)
                self.call([*self.compiler, *words, "-c", source, "-o", out])
            return out

        with futures.ThreadPoolExecutor(int(self.options.jobs)) as pool:
            return list(pool.map(make, sources))

    def program(self, out, objects):
        if newer(out, *objects):
            return
        os.makedirs(os.path.dirname(out), exist_ok=True)
        self.call([*self.compiler, *self.link, "-Wl,--no-as-needed",
                   "-Wl,--enable-new-dtags",
                   "-Wl,-rpath," + os.path.abspath(BUILD), *objects,
                   BUILD + "/libmutant.so", BUILD + "/libsources.so",
                   *self.libraries, "-o", out])

    def copy(self):
        for top in ("src", "models", "include"):
            shutil.rmtree(f"{TREE}/{top}", ignore_errors=True)
            shutil.copytree(top, f"{TREE}/{top}")
        if not os.path.lexists(TREE + "/build"):
            os.symlink(os.path.abspath("build"), TREE + "/build")
        for source in self.mutated:
            for name in needed(f"{BUILD}/{source[:-2]}.o"):
                self.users.setdefault(name, []).append(source)

    def one(self, source, folder, *words):
        """The mutated copy's object, or None if it does not compile."""
        out = f"{folder}/{source.replace('/', '_')[:-2]}.o"
        done = subprocess.run(
            [*self.compiler, *words, "-c", source, "-o", os.path.abspath(out)],
            cwd=TREE, stderr=subprocess.DEVNULL)
        return None if done.returncode else out

    def other(self, source, out):
        """Whether an object is not the original's to the last byte."""
        with open(out, "rb") as new, \
                open(f"{BUILD}/{source[:-2]}.o", "rb") as old:
            return new.read() != old.read()

    def mutate(self, file, text):
        """Whether libmutant.so now has the file with this text: not where it
        does not compile, or is no other. What was made of it."""
        objects = self.changed(file, text, self.users[file], WORK)
        made = {s: o for s, o in objects.items() if o and self.other(s, o)}
        if None in objects.values() or not made:
            return None
        self.shared(WORK + "/libmutant.so", made.values())
        return made

    def watch(self, file, text, made):
        """The same in WATCHED, with sanitizers."""
        objects = self.changed(file, text, made, WATCHED, *SANITIZERS)
        self.shared(WATCHED + "/libmutant.so", objects.values(), *SANITIZERS)

    def changed(self, file, text, sources, folder, *words):
        path, objects = f"{TREE}/{file}", {}
        with open(path, "w") as copy:
            copy.write(text)
        for source in sources:
            objects[source] = self.one(source, folder, *words)
            if objects[source] is None:
                break
        shutil.copy(file, path)
        return objects

    def sanitizers(self):
        """The libraries that a program without sanitizers is given first."""
        names = ("libasan.so", "libubsan.so")
        return ":".join(
            subprocess.run([*self.compiler, "-print-file-name=" + name],
                           capture_output=True, text=True,
                           check=True).stdout.strip() for name in names)
