"""The folder that holds what commands need before they are run."""
import gzip
import os
import random
import shutil
import struct
import subprocess

from commands import BEGUN, COMMANDS, FILES, MADE
from server import Server, surroundings

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def images(folder):
    random.seed(1)
    os.makedirs(folder)
    for part, n in (("train", 24), ("t10k", 12)):
        name = os.path.join(folder, part)
        with open(name + "-images-idx3-ubyte", "wb") as f:
            f.write(struct.pack(">IIII", 0x803, n, 6, 6))
            f.write(bytes(random.randrange(256) for _ in range(n * 36)))
        with open(name + "-labels-idx1-ubyte", "wb") as f:
            f.write(struct.pack(">II", 0x801, n))
            f.write(bytes(k % 3 for k in range(n)))


def arrays(folder):
    """A matrix, and images in other forms."""
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (3, 3), }"
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    with open(os.path.join(folder, "points.npy"), "wb") as f:
        f.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head)
        f.write(struct.pack("<9d", *[min(i, j) for i in (1, 2, 3)
                                     for j in (1, 2, 3)]))
    for part in "packed", "cifar", "stl":
        os.makedirs(os.path.join(folder, part))
    with gzip.open(os.path.join(folder, "packed", "images.gz"), "wb") as f:
        f.write(struct.pack(">IIII", 0x803, 12, 8, 8))
        f.write(bytes(random.randrange(256) for _ in range(12 * 64)))
    for part, name, size, n in (("cifar", "test_batch.bin", 3073, 5),
                                ("stl", "train_X.bin", 27648, 3),
                                ("stl", "train_y.bin", 1, 3)):
        with open(os.path.join(folder, part, name), "wb") as f:
            f.write(bytes(1 + k % size % 7 for k in range(size * n)))


def begin(program, to, folder, work):
    """A run that broke off, as late as it could."""
    name, family, files = BEGUN[to]
    server = Server(program, COMMANDS[name], os.path.join(work, "begun"), folder)
    out = os.path.join(server.folder, "out")
    for k in range(server.run(family, 0, "one").calls, 0, -1):
        server.run(family, k, "rest")
        if all(os.path.exists(os.path.join(out, f)) for f in files):
            shutil.copytree(out, os.path.join(folder, to))
            break
    else:
        raise RuntimeError("%s never breaks off with %s" % (name, files))
    server.close()


def prepare(own, program, names, work):
    """Makes it for the commands of these names, and returns its path."""
    folder = os.path.join(work, "pristine")
    needed = {need.split("=")[0] for name in names
              for need in COMMANDS[name].needs}
    os.makedirs(os.path.join(folder, "share", "plots"))
    os.makedirs(os.path.join(folder, "out"))
    for name in os.listdir(os.path.join(ROOT, "plots")):
        open(os.path.join(folder, "share", "plots", name), "w").close()
    os.symlink(os.path.join(ROOT, "experiments"),
               os.path.join(folder, "share", "experiments"))
    images(os.path.join(folder, "fm"))
    arrays(folder)
    for name, text in FILES.items():
        with open(os.path.join(folder, name), "w") as f:
            f.write(text)
    os.chmod(os.path.join(folder, "gnuplot"), 0o755)
    for name, lines in MADE.items():
        for words in lines if name in needed else []:
            done = subprocess.run(
                [own] + words.split() + ["--quiet"], cwd=folder, text=True,
                env=surroundings(folder), stderr=subprocess.PIPE)
            if done.returncode:
                raise RuntimeError("%s: %s" % (words, done.stderr))
    for to in BEGUN:
        if to in needed:
            begin(program, to, folder, work)
    return folder
