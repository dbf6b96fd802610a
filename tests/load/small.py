"""Small inputs and the commands that write, for parts that disturb them."""
import os
import pathlib
import random
import struct

from common import run

TRAIN = ["data.name=idx", "net.width=2", "method.dim=3", "train.batch=8",
         "train.eval_n=12", "train.steps=40", "train.log_every=1",
         "train.checkpoint_every=5", "--threads", "1", "--quiet"]
EXPERIMENT = """\
experiment:
  title: "Two modes"
  source: "a test of load"
  claim: "all of it is written"
  criterion: ["max |relative_error| in one/steps.csv where gap > 0.1 < 1e-5"]
stages:
  - {name: one, command: flow, target: barlow-twins, plot: staircase,
     model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}, time: {t_end: 5, n: 2000},
     solver: {method: dop853}}
  - {name: two, command: sweep, target: byol-eigenmode, needs: [one],
     model: {p0: 0.1, s0: 0.2},
     sweep: {eta: "log:1e-3:1:40", alpha_p: "lin:1:9:25"}}
  - name: net
    command: train
    target: barlow-covariance
    data: {name: idx, path: IMAGES}
    net: {width: 2}
    method: {dim: 3}
    train: {steps: 20, batch: 8, eval_n: 12, log_every: 1, lr: 0.02}
"""


def make_images(path, n=40):
    """Pictures of noise as IDX, 8 by 8."""
    draw = random.Random(1)
    with open(path, "wb") as out:
        out.write(struct.pack(">IIII", 0x803, n, 8, 8))
        out.write(draw.randbytes(64 * n))


def make_labels(path, n=40):
    draw = random.Random(2)
    with open(path, "wb") as out:
        out.write(struct.pack(">II", 0x801, n))
        out.write(bytes(draw.randrange(3) for _ in range(n)))


def make_inputs(where):
    """Fashion-MNIST's files of noise, an experiment, a table, two runs."""
    where = pathlib.Path(where)
    for stem, n in (("train", 40), ("t10k", 20)):
        make_images(where / f"{stem}-images-idx3-ubyte", n)
        make_labels(where / f"{stem}-labels-idx1-ubyte", n)
    make_images(where / "images.idx")
    text = EXPERIMENT.replace("IMAGES", str(where / "images.idx"))
    (where / "small.yaml").write_text(text, encoding="utf-8")
    draw = random.Random(3)
    (where / "z.csv").write_text(
        "".join(",".join(repr(draw.gauss(0, 1)) for _ in range(8)) + "\n"
                for _ in range(200)), encoding="ascii")
    for seed in (0, 1):
        code, _, err = run("train", "barlow-covariance",
                           *train_words(where, "fashion-mnist"),
                           "train.predict=conjugate", "train.lr=0.02",
                           f"train.seed={seed}", "-o", where / f"run{seed}")
        assert code == 0, err
    for index in (1, 2):
        code, _, err = run(*SWEEP, "--shard", f"{index}/2", "-o",
                           where / "shards")
        assert code == 0, err


def train_words(where, name="idx"):
    path = where if name == "fashion-mnist" else where / "images.idx"
    return [f"data.name={name}", f"data.path={path}", *TRAIN[1:]]


SWEEP = ["sweep", "byol-eigenmode", "p0=0.1", "s0=0.2",
         "sweep.eta=log:1e-3:1:200", "sweep.alpha_p=lin:1:9:100", "--quiet",
         "--threads", "1"]


def commands(where):
    """Name, words, and how it is made good: --resume, or begun again."""
    where = pathlib.Path(where)
    runs = [where / "run0", where / "run1"]
    made = ["gamma=1,0.5", "s0=1e-3,1e-3", "--quiet"]
    yield "sweep", SWEEP, "--resume"
    yield ("train", ["train", "barlow-covariance", *train_words(where),
                     "train.predict=conjugate", "train.lr=0.02"], "--resume")
    yield ("train byol", ["train", "byol", *train_words(where)], "--resume")
    yield "run", ["run", where / "small.yaml", "--quiet"], "--resume"
    yield ("flow", ["flow", "barlow-twins", *made, "t_end=9", "time.n=3000",
                    "output.modes=on"], "")
    yield "predict", ["predict", "barlow-twins", *made], ""
    yield "fixed-points", ["fixed-points", "barlow-twins", *made], ""
    yield ("separatrix", ["separatrix", "byol-eigenmode",
                          "s0=log:1e-3:1:10"], "")
    yield ("basin", ["basin", "byol-eigenmode", "box.p0=0,1", "box.s0=0,1",
                     "samples=500"], "")
    yield "metrics", ["metrics", where / "z.csv", "kind=representation"], ""
    yield "embed", ["embed", runs[0], "data.split=test"], ""
    yield "probe", ["probe", runs[0]], ""
    yield "spectrum", ["spectrum", runs[0]], ""
    yield "ntk", ["ntk", runs[0], "ntk.n=8", "--quiet"], ""
    yield "overlay", ["overlay", *runs, "--quiet"], ""
    yield "merge", ["sweep", "--merge", where / "shards"], "--force"


def whole(path):
    """Whether a file under a final name is as it should be at its end."""
    data = pathlib.Path(path).read_bytes()
    ends = {".svg": b"</svg>", ".pdf": b"%%EOF", ".png": b"IEND\xaeB`\x82",
            ".html": b"</html>\n", ".json": b"}\n", ".csv": b"\n",
            ".yaml": b"\n", ".gp": b"\n"}
    end = ends.get(os.path.splitext(path)[1])
    return len(data) > 0 and (end is None or
                              data.rstrip().endswith(end.rstrip()))
