"""`spectrum` of a saved network (docs/metrics.md), whose features are the pixels of
test images: a linear encoder that starts along the principal directions of training
images of one pixel each, the brightest first, and does not move."""
import os
import random
import struct
import tempfile

import program
from group import DIGITS, Case, Group, Way
from metrics import by_definition, singular_values

SIDE = 3
PIXELS = SIDE * SIDE
STILL = {"data.name": "fashion-mnist", "net.arch": "linear", "method.loss": "l2",
         "method.predictor": "linear", "method.dim": PIXELS,
         "method.projector_init": "pca", "net.init_scale": 1, "augment.shift": 0,
         "augment.flip": "off", "train.batch": PIXELS, "train.eval_n": PIXELS,
         "train.optimizer": "sgd", "train.momentum": 0,
         "train.schedule": "constant", "train.lr": 1e-30, "train.steps": 1}


def put(path, images):
    with open(path, "wb") as file:
        file.write(struct.pack(">IIII", 0x803, len(images), SIDE, SIDE))
        file.writelines(map(bytes, images))


class Saved(Way):
    """The rows of the table, and behind them the summary."""

    def run(self, group, case):
        with tempfile.TemporaryDirectory() as folder:
            put(os.path.join(folder, "train-images-idx3-ubyte"),
                [[250 - 20 * j if k == j else 0 for k in range(PIXELS)]
                 for j in range(PIXELS)])
            put(os.path.join(folder, "t10k-images-idx3-ubyte"), case.images)
            net = os.path.join(folder, "net")
            program.run("train", "simsiam", {**STILL, "data.path": folder},
                        ("-o", net))
            return [*program.run("spectrum", net, case.words),
                    program.summary("spectrum", net, case.words)]


def single(x):
    """As the network takes it."""
    return struct.unpack("f", struct.pack("f", x))[0]


def of(name, images, first=1, last=PIXELS, **words):
    case = Case(name, {"kind": "representation"}, words={
        "spectrum.from": first, "spectrum.to": last,
        **{f"spectrum.{k}": v for k, v in words.items()}})
    case.images, case.least = images, words.get("floor", 1e-2)
    case.numbers = [[single(x / 255) for x in image[first - 1:last]]
                    for image in images]
    return case


def drawn(n, seed):
    r = random.Random(seed)
    return [[r.randrange(256) for _ in range(PIXELS)] for _ in range(n)]


def cases():
    flat = [[x // 64 for x in image] for image in drawn(12, 4)]
    faint = [[x if k < 6 else y for k, (x, y) in enumerate(zip(a, b))]
             for a, b in zip(drawn(12, 3), flat)]
    return [of("all features", drawn(12, 1)),
            of("of the embedding", drawn(12, 1), layer="embedding"),
            of("features 3 to 7", drawn(12, 2), 3, 7),
            of("fewer images than features", drawn(5, 5)),
            of("some below a floor", faint, floor=.05)]


def digits(case, rows):
    """Singular values over √N are known to roundoff beside the largest."""
    values = singular_values(case)
    (whole,) = by_definition(case, rows)
    root, total, wanted = whole["n"].sqrt(), sum(values), []
    for j, x in enumerate(values, 1):
        wanted.append({"sigma": (x / root, values[0] / root),
                       "cev": sum(values[:j]) / total})
    below = sum(x < case.least * float(values[0]) for x in map(float, values))
    return [*wanted, {**whole, "n_below": below}]


GROUPS = [
    Group("spectrum", "features of a saved network", cases, {DIGITS: digits},
          [Saved("exact", {DIGITS: 1e-13})], command="spectrum",
          note="a network that gives the pixels themselves, as 32-bit floats."),
]
