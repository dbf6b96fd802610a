"""The commands that are run with faults: every command and every way it has of
writing, as small as can be, since each is run once for every fault."""

IMAGES = "data.name=fashion-mnist data.path=fm"
NET = (IMAGES + " method.dim=3 train.batch=8 train.eval_n=12 train.lr=0.02 "
       "train.steps=4 train.log_every=2 train.checkpoint_every=2 --threads 1")
LINEAR = NET + " net.arch=linear augment.shift=1"
PLAIN = LINEAR + " optimizer=sgd momentum=0 schedule=constant predict=conjugate"
BYOL = ("simsiam %s loss=l2 target=ema ema_momentum=0.9 predictor=linear "
        "method.dim=2 weight_decay=0.05" % PLAIN)
CONTRASTIVE = "infonce %s projector=linear method.dim=2 lr=0.005" % PLAIN
TANGENT = "barlow-covariance %s predict=ntk predict_times=2 dim=1" % LINEAR
SMALL = "gamma=1,0.5 s0=1e-3,1e-3"
SWEEP = ("sweep byol-eigenmode p0=0.1 s0=0.2 sweep.eta=log:1e-3:1:2 "
         "sweep.alpha_p=lin:1:9:3 method=tsit5 --threads 1")
# Beyond 10^7 cells a table is HDF5, and a shard of it is a small one.
LARGE = ("sweep byol-eigenmode p0=0.1 s0=0.2 sweep.eta=log:1e-3:1:10001 "
         "sweep.alpha_p=lin:1:9:1000 method=tsit5 --threads 1 "
         "--shard 9/1000000")
VIEWS = "d=2 init=gaussian t=0 data.size=8"
BASIN = ("basin byol-eigenmode box.p0=0,1 box.s0=0,1 samples=20 --threads 1")
TRACE, SAVED = "trace.csv.part", ("arrays.h5",)
SWEPT = "sweep*.part"
FLOW = ("trace.csv", "steps.csv", "arrays.h5")


class Command:
    """Words to run, what must be there before (NAME, or NAME=AS), and the
    folder of results."""

    def __init__(self, words, needs="", out="out", grows="", partial=(),
                 reports=False):
        self.words = words.split()
        if not {"--help", "--version"} & set(self.words):
            self.words.append("--quiet")
        self.needs, self.out = needs.split(), out
        self.grows = grows  # of the .part files that may stay, for --resume
        self.partial = partial  # what a failed run may have a beginning of
        self.reports = reports  # standard output says what is missing, or when


def training(words, needs="fm"):
    return Command("train %s -o out --resume" % words, needs, grows=TRACE,
                   partial=SAVED)


def sweeping(words, needs=""):
    return Command(words + " -o out --resume", needs, grows=SWEPT)


def experiment(words, needs):
    return Command("run small.yaml -o out --threads 1" + words,
                   "small.yaml " + needs, grows="one/trace.csv.part",
                   partial=["one/" + n for n in FLOW])


COMMANDS = {
    "version": Command("--version"),
    "help": Command("train --help"),
    "help-program": Command("--help"),
    "list": Command("list experiments"),
    "list-models": Command("list models"),
    "list-methods": Command("list methods"),
    "list-datasets": Command("list datasets"),
    "list-keys": Command("list keys"),
    "doctor": Command("doctor", reports=True),

    "flow": Command("flow barlow-twins %s time.t=0,1,2,5 -o out" % SMALL,
                    partial=FLOW),
    "flow-arrays": Command(
        "flow byol %s augment.shift=1 n2=2 init_scale=0.1 time.t=0,1 "
        "output.modes=on output.embeddings=4 -o out" % IMAGES, "fm",
        partial=FLOW),
    "flow-csv": Command("flow contrastive-deep sigma0=[[0.1,0.2],[0.1,0.2]] "
                        "lambda=1,0.5 time.t=0,1 --csv out/table.csv", "out"),
    "flow-matrices": Command(
        "flow byol --config flow.yaml X=file:points.npy n2=2 --csv -",
        "points.npy flow.yaml"),
    "flow-packed": Command("flow barlow-twins data.name=idx "
                           "data.path=packed/images.gz %s --csv -" % VIEWS,
                           "packed"),
    "flow-cifar": Command("flow barlow-twins data.name=cifar10 data.path=cifar "
                          "data.split=test %s --csv -" % VIEWS, "cifar"),
    "flow-stl": Command("flow barlow-twins data.name=stl10 data.path=stl "
                        "%s --csv -" % VIEWS, "stl"),
    "flow-array": Command("flow barlow-twins data.name=array data.path=points.csv "
                          "d=2 init=gaussian t=0 --csv -", "points.csv"),
    "flow-config": Command("flow barlow-twins --config given.yaml --json",
                           "given.yaml", reports=True),
    "flow-dry": Command("flow barlow-twins %s time.t=0,1 --dry-run" % SMALL,
                        reports=True),
    "predict": Command("predict barlow-twins %s -o out" % SMALL),
    "predict-json": Command("predict barlow-twins %s --json" % SMALL),
    "predict-force": Command("predict barlow-twins %s -o out --force" % SMALL,
                             "predict=out"),
    "predict-over": Command("predict barlow-twins %s -o out --force" % SMALL,
                            "flow=out"),
    "fixed-points": Command("fixed-points byol-eigenmode --csv -"),
    "fixed-points-out": Command("fixed-points byol-eigenmode -o out"),
    "separatrix": Command("separatrix byol-eigenmode s0=1e-2 ema=off tau0=1 -o out"),
    "separatrix-json": Command(
        "separatrix byol-eigenmode s0=1e-2 ema=off tau0=1 --json"),
    "basin": Command(BASIN + " -o out"),
    "basin-csv": Command(BASIN + " --csv out/table.csv", "out"),

    "sweep": sweeping(SWEEP),
    "sweep-stdout": Command(SWEEP + " --json", reports=True),
    "sweep-models": Command("sweep barlow-twins %s sweep.t_end=1,2 "
                            "--threads 1 --csv -" % SMALL),
    "sweep-shard": sweeping(SWEEP + " --shard 1/2"),
    "sweep-resume": sweeping(SWEEP, "sweep-begun=out"),
    "sweep-force": Command(SWEEP + " -o out --force", "swept=out", grows=SWEPT),
    "sweep-table": sweeping(LARGE),
    "sweep-table-resume": sweeping(LARGE, "sweep-table-begun=out"),
    "sweep-merge": Command("sweep --merge shards -o out", "shards"),

    "train": training("barlow-covariance " + LINEAR),
    "train-predict": training("barlow-covariance %s predict=conjugate" % LINEAR),
    "train-ntk": training(TANGENT),
    "train-byol": training(BYOL),
    "train-contrastive": training(CONTRASTIVE),
    "train-film": training("barlow-covariance %s train.embeddings=4" % LINEAR),
    "train-resume": training("barlow-covariance %s predict=conjugate" % LINEAR,
                             "fm net-begun=out"),
    "train-force": Command("train barlow-covariance %s -o out --force" % LINEAR,
                           "fm net=out", grows=TRACE, partial=SAVED),
    "train-dry": Command("train byol %s --dry-run" % LINEAR, "fm", reports=True),
    "train-resnet": training("byol %s net.stages=1 net.width=1" % NET),

    "embed": Command("embed net -o out", "fm net"),
    "embed-own": Command("embed net", "fm net", out="net"),
    "probe": Command("probe net n_train=12 -o out", "fm net"),
    "probe-own": Command("probe net n_train=12 kind=knn", "fm net", out="net"),
    "probe-csv": Command("probe net n_train=12 kind=knn layer=embedding modes=1 "
                         "--csv out/table.csv", "fm net out"),
    "spectrum": Command("spectrum net -o out", "fm net"),
    "ntk": Command("ntk net n=4 -o out", "fm net"),
    "ntk-force": Command("ntk net n=4 outputs=2 test=3 -o out --force",
                         "fm net net2=out"),
    "ntk-own": Command("ntk lazy n=4", "fm lazy", out="lazy"),
    "ntk-dry": Command("ntk net n=4 --dry-run", "fm net", reports=True),
    "overlay": Command("overlay net net2 -o out", "fm net net2"),
    "overlay-own": Command("overlay lazy", "fm lazy", out="lazy"),
    "overlay-byol": Command("overlay byol -o out", "fm byol"),
    "overlay-force": Command("overlay nce -o out --force",
                             "fm nce overlaid=out"),
    "overlay-dry": Command("overlay net --dry-run", "fm net", reports=True),

    "metrics": Command("metrics points.csv kind=representation", "points.csv"),
    "metrics-npy": Command("metrics points.npy kind=representation",
                           "points.npy"),
    "metrics-out": Command("metrics net/arrays.h5:/params/fc.weight -o out",
                           "net"),
    "plot": Command("plot out", "flow=out"),
    "plot-run": Command("plot out", "ran=out"),
    "run": experiment("", ""),
    "run-force": experiment(" --force", "ran=out"),
    "run-resume": experiment(" --resume", "run-begun=out"),
    "run-train": Command("run trained.yaml -o out", "fm trained.yaml",
                         grows="net/" + TRACE, partial=["net/arrays.h5"]),
    "run-dry": Command("run small.yaml --dry-run", "small.yaml", reports=True),
}

# What commands need, made by the program without faults, in this order.
MADE = {
    "flow": ["flow barlow-twins %s time.t=0,1,2,5 -o flow" % SMALL],
    "predict": ["predict barlow-twins %s lr=0.1 method=gd -o predict" % SMALL],
    "net": ["train barlow-covariance %s predict=conjugate -o net" % LINEAR],
    "net2": ["train barlow-covariance %s predict=conjugate --seed 1 -o net2"
             % LINEAR],
    "lazy": ["train %s -o lazy" % TANGENT],
    "byol": ["train %s -o byol" % BYOL],
    "nce": ["train %s -o nce" % CONTRASTIVE],
    "overlaid": ["train %s -o byol --force" % BYOL,
                 "overlay byol -o overlaid"],
    "swept": [SWEEP + " -o swept"],
    "shards": [SWEEP + " --shard %d/2 -o shards" % k for k in (1, 2)],
    "ran": ["run small.yaml -o ran"],
}
BEGUN = {  # runs that broke off: the command, how, and what was there then
    "net-begun": ("train-predict", "flush", ["arrays.h5", "trace.csv.part"]),
    "sweep-begun": ("sweep", "name", ["sweep.csv.part"]),
    "sweep-table-begun": ("sweep-table", "name",
                          ["sweep-9-of-1000000.h5.part"]),
    "run-begun": ("run", "name", ["one/trace.csv", "two/config.yaml"]),
}

FILES = {
    "points.csv": "a,b\n" + "".join("%d,%d\n" % (k, k * k % 7)
                                    for k in range(9)),
    "flow.yaml": "model: {init_scale: 0.1, Xp: 'file:points.npy'}\n"
                 "time: {t: [0, 1]}\n",
    "given.yaml": "model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}\n"
                  "time: {t: [0, 1]}\n",
    "small.yaml": """\
experiment: {title: Two, source: a test, claim: both are learned, criterion:
  ["max |relative_error| in one/steps.csv where gap > 0.1 < 1e-5"]}
stages:
  - {name: one, command: flow, target: barlow-twins, plot: staircase,
     model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}, time: {t_end: 5, n: 5}}
  - {name: two, command: predict, target: barlow-twins, needs: [one],
     model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}}
""",
    "trained.yaml": """\
experiment: {title: One, source: a test, claim: it is learned, criterion:
  ["max |loss| in net/trace.csv < 1e9"]}
stages:
  - {name: net, command: train, target: barlow-covariance,
     data: {name: fashion-mnist, path: fm}, net: {arch: linear},
     method: {dim: 3}, augment: {shift: 1},
     train: {batch: 8, eval_n: 12, lr: 0.02, steps: 2, log_every: 2,
             checkpoint_every: 2}}
  - {name: seen, command: probe, target: net, needs: [net],
     probe: {kind: knn, n_train: 12}}
""",
    # Draws what gnuplot would, in no time.
    "gnuplot": """\
#!/bin/sh
[ "$1" = --version ] || case $3 in
  *.gp) name=${3#./}
    echo "<svg xmlns='http://www.w3.org/2000/svg'></svg>" >"${name%.gp}.svg.part" ;;
  *) echo "gnuplot 5 patchlevel 0: svg png" >&2 ;;
esac
""",
}
