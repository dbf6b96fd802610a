# train, embed and overlay: files, columns and names to the letter, numbers
# computed again from what the files say, the same bytes for the same seed.
. tests/cli/lib.sh
py() { /usr/bin/python3 - 2>.pyerr; }
number() { /usr/bin/python3 -c 'import json, sys; print(repr(float(json.load(sys.stdin)[sys.argv[1]])))' "$1"; }

py <<'PY'
import random, struct
random.seed(2)
with open("images.idx", "wb") as f:
    f.write(struct.pack(">IIII", 0x803, 40, 8, 8))
    f.write(bytes(random.randrange(256) for _ in range(40 * 64)))
PY
train="train barlow-covariance"
images="data.name=idx data.path=images.idx"
tiny="$train $images method.dim=3 train.batch=16 train.eval_n=40 --quiet"
resnet="$tiny net.width=2 train.steps=20 train.lr=0.02"
linear="$tiny net.arch=linear augment.shift=1"

# A whole run, with a prediction.
es $resnet log_every=6 checkpoint_every=9 predict=conjugate -o run
ok $rc "train" "$err"
same "--quiet is quiet" "$out$err" ""
for file in config.yaml run.json trace.csv prediction.csv steps.csv overlay.csv agreement.csv arrays.h5 \
  training.gp training.svg training.png overlay.gp overlay.svg overlay.png; do
  [ -s run/$file ]; ok $? "run/$file is there"
done
same "nothing else is" "$(ls run | grep -vE '^(config.yaml|run.json|(trace|prediction|steps|overlay|agreement).csv|arrays.h5|(training|overlay).(gp|svg|png|pdf))$')" ""
family() { for j in $(seq "$2"); do printf ',%s_%d' "$1" "$j"; done; }
measures="auc rankme alpha_req participation_ratio"
same "the trace's columns" "$(head -1 run/trace.csv)" \
  "t,step,epoch,loss,lr$(family lambda 3)$(family cov_lambda 3)$(family repr_lambda 16)$(printf ',%s' $measures)$(printf ',emb_%s' $measures)$(family along 3)$(family overlap 3),emb_std$(family followed 3)"
same "rows at every sixth step and the last" "$(cut -d, -f2 run/trace.csv | tr '\n' ' ')" "step 0 6 12 18 20 "
same "prediction.csv" "$(head -1 run/prediction.csv)" "mode,gamma,s0,tau,tau_generic,step"
same "a mode for each output" "$(cut -d, -f1 run/prediction.csv | tr '\n' ' ')" "mode 1 2 3 "
same "steps.csv" "$(head -1 run/steps.csv)" "mode,gamma,gap,tau_predicted,tau_measured,relative_error,overlap"
same "its modes" "$(cut -d, -f1 run/steps.csv | tr '\n' ' ')" "mode 1 2 3 "
same "agreement.csv" "$(head -1 run/agreement.csv)" "metric,value,low,high,null,verdict"
same "overlay.csv" "$(head -1 run/overlay.csv)" \
  "run,step,t,loss,predicted_loss$(family measured 3)$(family predicted 3)$(family lambda 3)$(family lambda_start 3)$(family lambda_end 3)$(family lambda_followed 3)"
py <<'PY'
import csv, json, math, zlib
def table(name):
    rows = list(csv.DictReader(open("run/" + name)))
    return [{k: float(v) for k, v in r.items()} for r in rows]
trace, prediction, steps, overlay = map(table, ("trace.csv", "prediction.csv", "steps.csv", "overlay.csv"))
def close(a, b, rtol=1e-12, atol=0):
    assert abs(a - b) <= rtol * abs(b) + atol or math.isnan(a) and math.isnan(b), (a, b)
for r in trace:
    close(r["t"], 0.02 * r["step"]); close(r["epoch"], r["step"] / 2); close(r["lr"], 0.02)
    lam = [r[f"lambda_{j}"] for j in (1, 2, 3)]
    assert lam == sorted(lam, reverse=True)
    # loss = |C - I|^2 of the same pairs; two ways of summing 80 doubles.
    close(r["loss"], sum((x - 1) ** 2 for x in lam), 1e-10)
    for prefix, names in (("", "repr_lambda"), ("emb_", "cov_lambda")):
        x = [v for k, v in r.items() if k.startswith(names)]
        assert x == sorted(x, reverse=True) and x[-1] >= 0
        s = [math.sqrt(v) for v in x]; q = [v / sum(s) for v in s]
        close(r[prefix + "participation_ratio"], sum(x) ** 2 / sum(v * v for v in x), 1e-10)
        close(r[prefix + "rankme"], math.exp(-sum(p * math.log(p) for p in q if p > 0)), 1e-10)
        close(r[prefix + "auc"], sum(sum(q[: j + 1]) for j in range(len(q))) / len(q), 1e-10)
for p, s in zip(prediction, steps):
    power = p["gamma"] * p["s0"] ** 2
    close(p["tau"], math.log(1 / power - 1) / (8 * p["gamma"]), 1e-9)
    close(p["tau_generic"], 0.02 * p["step"], 1e-12)
    close(s["gamma"], p["gamma"]); close(s["tau_predicted"], p["tau_generic"])
gamma = [p["gamma"] for p in prediction]
assert gamma == sorted(gamma, reverse=True)
assert len(overlay) == len(trace)
for o, r in zip(overlay, trace):
    assert o["run"] == 1 and o["step"] == r["step"] and o["t"] == r["t"] and o["loss"] == r["loss"]
    for j in "123": assert o["measured_" + j] == r["along_" + j] and o["lambda_" + j] == r["lambda_" + j]
# At the start theory is the network: features and W are its own, in float.
for j in "123": close(overlay[0]["measured_" + j], overlay[0]["predicted_" + j], 1e-5)
PY
ok $? "numbers fit together" "$(tail -1 .pyerr)"
py <<'PY'
import json, re, zlib
r = json.load(open("run/run.json"))
want = {"version", "git_hash", "date", "command", "target", "command_line", "seeds", "threads", "cpu", "libraries",
        "data_checksum", "prediction_checksum", "wall_seconds", "exit_code", "summary"}
assert set(r) == want, set(r) ^ want
assert r["command"] == "train" and r["target"] == "barlow-covariance" and r["exit_code"] == 0
assert r["seeds"] == {"train.seed": 0, "data.seed": 0}
assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", r["date"])
assert int(r["prediction_checksum"], 16) == zlib.crc32(open("run/prediction.csv", "rb").read())
assert r["command_line"][1:3] == ["train", "barlow-covariance"]
s = r["summary"]
assert s["steps"] == 20 and s["lr"] == 0.02 and 0 < s["seconds"] <= r["wall_seconds"]
rows = open("run/trace.csv").read().split()
assert s["loss_end"] == float(rows[-1].split(",")[3])
assert s["gamma_1"] == float(open("run/prediction.csv").read().split()[1].split(",")[1])
assert {"parameters", "modes_met", "median_step_error_first_4"} <= set(s)
PY
ok $? "run.json" "$(tail -1 .pyerr)"
if ldd "$program" | grep -q libdnnl; then
  grep -qi '"onednn"' run/run.json; ok $? "run.json has oneDNN's version"
fi
py <<'PY'
import h5py, json, numpy as np
f = h5py.File("run/arrays.h5")
want = {"train/step": (), "train/data_checksum": (), "train/trace_bytes": (), "prediction/gamma": (16,), "prediction/Z0": (3, 16),
        "prediction/phi": (80, 16), "prediction/theorem": (), "prediction/pairs": (),
        "prediction/end/gamma": (16,), "prediction/end/Z0": (3, 16), "prediction/end/phi": (80, 16),
        "prediction/followed/state": (3,), "prediction/followed/F": (80, 3), "prediction/followed/B": (80, 16), "eval/start": (80, 3), "eval/end": (80, 3)}
def bn(name, c):
    for k in ("weight", "bias", "running_mean", "running_var"): want[f"params/{name}.{k}"] = (c,)
    want[f"params/{name}.num_batches_tracked"] = ()
want["params/conv1.weight"] = (2, 1, 3, 3); bn("bn1", 2)
before = 2
for s, c in enumerate((2, 4, 8, 16), 1):
    name = f"layer{s}.0."
    want[f"params/{name}conv1.weight"] = (c, before, 3, 3); bn(name + "bn1", c)
    want[f"params/{name}conv2.weight"] = (c, c, 3, 3); bn(name + "bn2", c)
    if s > 1: want[f"params/{name}downsample.0.weight"] = (c, before, 1, 1); bn(name + "downsample.1", c)
    before = c
want["params/projector.0.weight"] = (3, 16)
# What rounding took from each trained parameter.
for name in [n for n in want if n.startswith("params/") and not n.endswith(("mean", "var", "tracked"))]:
    want["optimizer/low/" + name[7:]] = want[name]
found = {}
f.visititems(lambda k, v: found.update({k: v.shape}) if isinstance(v, h5py.Dataset) else None)
assert found == want, set(found.items()) ^ set(want.items())
# Both views of a step are counted, as PyTorch would count two passes.
assert f["train/step"][()] == 20 and f["params/bn1.num_batches_tracked"][()] == 40
assert f["params/conv1.weight"].dtype == np.float32
n = sum(int(np.prod(s)) for k, s in want.items() if k.startswith("params/") and "running" not in k and "tracked" not in k)
assert json.load(open("run/run.json"))["summary"]["parameters"] == n
PY
ok $? "arrays.h5 has torchvision's names and shapes" "$(tail -1 .pyerr)"

# The same bytes again, and from config.yaml.
again() { # name, folder
  same "$1" "$(for f in config.yaml trace.csv prediction.csv steps.csv overlay.csv agreement.csv arrays.h5; do cmp run/$f "$2/$f" 2>&1; done)" ""
}
es $resnet log_every=6 checkpoint_every=9 predict=conjugate -o again
ok $rc "the same settings" "$err"
again "the same bytes" again
es $train --config run/config.yaml --quiet -o again --force
ok $rc "settings from config.yaml" "$err"
again "the same bytes from config.yaml" again
es $resnet log_every=6 checkpoint_every=9 predict=conjugate --dry-run -o dry
ok $rc "--dry-run" "$err"
[ ! -e dry ]; ok $? "writes nothing"
same "prints the settings" "$(grep -v '^#' <<<"$out")" "$(cat run/config.yaml)"
same "and what it would take" "$(grep '^#' <<<"$out" | cut -d: -f1 | tr '\n' ' ')" "# engine # parameters # rate # memory # time "
parameters=$(grep '^# parameters' <<<"$out")
es $resnet net.subtract_initial=0.5 --dry-run -o dry
same "the copy of the start is no parameter" "$(grep '^# parameters' <<<"$out")" "${parameters:-none}"
es $resnet --dry-run -o run; ok $rc "--dry-run with a folder that is there" "$err"
again "leaves it" run
es $linear steps=30 --seed 5 -o seed; ok $rc "--seed" "$err"
grep -q '^  seed: 5' seed/config.yaml; ok $? "is in config.yaml" "$(cat seed/config.yaml)"
es $linear steps=30 train.seed=5 data.seed=5 -o seed2
cmp -s seed/trace.csv seed2/trace.csv; ok $? "--seed sets train.seed and data.seed"
es $linear steps=30 train.seed=1 --seed 5 -o seed3
es $linear steps=30 train.seed=1 data.seed=5 -o seed4
cmp -s seed3/trace.csv seed4/trace.csv; ok $? "but none that is given"
for a in seed:seed3 seed:seed4 seed3:seed5; do
  [ -e seed5 ] || es $linear steps=30 train.seed=1 data.seed=4 -o seed5
  [ ${a#*:} = seed4 ] || { cmp -s ${a%:*}/trace.csv ${a#*:}/trace.csv; same "another seed, other rows ($a)" $? 1; }
done

# Threads: the same number gives the same bytes (above); another one agrees to
# rounding: sums of 64 floats, 30 steps, of numbers of order 1.
es $linear steps=30 log_every=10 --threads 1 -o one; es $linear steps=30 log_every=10 --threads 2 -o two
if cmp -s one/arrays.h5 two/arrays.h5; then echo "# one and two threads: equal"; else echo "# one and two threads: not equal"; fi
py <<'PY'
rows = [[list(map(float, r.split(","))) for r in open(f).read().split()[1:]] for f in ("one/trace.csv", "two/trace.csv")]
assert len(rows[0]) == len(rows[1]) == 4
worst = max(abs(x - y) / (abs(x) + 1e-3) for r, s in zip(*rows) for x, y in zip(r[:11], s[:11]))
assert worst < 1e-3, worst
PY
ok $? "one and two threads agree" "$(tail -1 .pyerr)"

# Pairs are drawn anew in every epoch, or not.
es $linear steps=9 log_every=1 -o drawn; es $linear steps=9 log_every=1 pairs=fixed -o fixed
cmp -s drawn/trace.csv fixed/trace.csv; same "fresh pairs are others than fixed ones" "$rc$?" 01
still="augment.shift=0 augment.flip=off"
es $linear $still steps=9 -o drawn --force; es $linear $still steps=9 pairs=fixed -o fixed --force
cmp -s drawn/trace.csv fixed/trace.csv; ok $? "but not where views have nothing random"

# Output.
es $resnet --json predict=conjugate -o json; ok $rc "--json" "$err"
py <<<"import json; d = json.loads('''$out'''); assert d['method'] == 'barlow-covariance' and d['engine'] and d['steps'] == 20 and d['modes_met'] >= 0, d"
ok $? "is JSON" "$(tail -1 .pyerr) $out"
es ${resnet/--quiet/} --json -o json2; ok $rc "--json without a prediction" "$err"
py <<<"import json; d = json.loads('''$out'''); assert d['gamma_1'] is None and d['loss_end'] > 0, d"
ok $? "is JSON" "$(tail -1 .pyerr) $out"
es ${linear/--quiet/} steps=3; ok $rc "without -o" "$err"
same "nothing on standard output" "$out$err" ""
[ -s out/barlow-covariance/trace.csv ]; ok $? "out/METHOD"
es ${linear/--quiet/} steps=3; expect "and it is not overwritten" 2 "out/barlow-covariance: exists already"
rm -r out

# Length.
steps() { cut -d, -f2 "$1/trace.csv" | tr '\n' ' '; }
es $linear steps=0 predict=conjugate -o zero; ok $rc "steps=0" "$err"
same "is the start" "$(steps zero)" "step 0 "
es $linear epochs=3 log_every=4 -o epochs; ok $rc "epochs=3" "$err"
same "of two batches of 16 in 40" "$(steps epochs)" "step 0 4 6 "
close "ends at epoch" "$(tail -1 epochs/trace.csv | cut -d, -f3)" 3 0
es $linear steps=5 log_every=100 checkpoint_every=100 -o rare; ok $rc "log_every beyond the end" "$err"
same "first and last row" "$(steps rare)" "step 0 5 "
es $linear -o default; ok $rc "1000 steps by default" "$err"
same "a row every 25th" "$(wc -l <default/trace.csv) $(tail -1 default/trace.csv | cut -d, -f2,5)" "42 1000,0.02"
grep -q '^  lr: 0.02' default/config.yaml && grep -q '^  steps: 1000' default/config.yaml
ok $? "config.yaml resolves lr and steps" "$(sed -n '/^train/,$p' default/config.yaml)"

# The rate in units of descent's limit.
es ${linear/--quiet/} steps=3 lr_relative=0.2 predict=conjugate -o relative; ok $rc "lr_relative" "$err"
same "no remark" "$err" ""
gamma=$(cell 1 gamma <relative/prediction.csv)
close "lr" "$(cell 1 lr <relative/trace.csv)" "$(awk "BEGIN { printf \"%.17g\", 0.2 / (4 * $gamma) }")" 1e-14
es ${linear/--quiet/} steps=3 lr_relative=0.9 -o capped; expect "lr_relative beyond 0.3 with fresh pairs" 0 "lr_relative.*0\.3.*pairs=fresh"
close "is 0.3" "$(cell 1 lr <capped/trace.csv)" "$(awk "BEGIN { printf \"%.17g\", 0.3 / (4 * $gamma) }")" 1e-14
es $linear steps=3 lr_relative=0.9 -o capped --force; same "not said with --quiet" "$rc$err" "0"
es ${linear/--quiet/} steps=3 lr_relative=0.9 pairs=fixed -o free; same "nothing to say with fixed pairs" "$rc$err" "0"
close "all of it" "$(cell 1 lr <free/trace.csv)" "$(awk "BEGIN { printf \"%.17g\", 0.9 / (4 * $gamma) }")" 1e-14

# Without a prediction.
es $resnet predict=off -o again --force; ok $rc "predict=off" "$err"
same "has none of its files, in a folder that had them" "$(cd again && ls | grep -E 'prediction|steps|overlay|agreement')" ""
same "nor columns" "$(head -1 again/trace.csv | grep -oE 'along|overlap')" ""
grep -q prediction again/run.json; same "nor a checksum" $? 1
es embed again --quiet; ok $rc "it can be embedded" "$err"

# A linear network on full batches of fixed pairs is the theory's own descent:
# the same start to float, the same curve to its rounding.
flow="$images augment.shift=1 data.center=on"
es $linear data.center=on pairs=fixed batch=40 steps=60 log_every=20 net.init_scale=0.1 train.seed=5 lr=0.02 -o exact
ok $rc "full batches" "$err"
es flow barlow-twins $flow d=3 init=gaussian init_scale=0.1 model.seed=5 method=gd lr=0.02 t=0,0.4,0.8,1.2 --quiet
ok $rc "and flow" "$err"
for row in 1 2 3 4; do
  for column in loss lambda_1 lambda_2 lambda_3; do
    close "row $row: $column" "$(cell $row $column <exact/trace.csv)" "$(cell $row $column <<<"$out")" 1e-6 1e-8
  done
done

# embed: images, labels, representation, embedding.
fashion="$train data.split=test data.n=300 method.dim=3 train.batch=16 train.eval_n=64 --quiet"
es $fashion net.arch=linear data.center=on steps=30 train.lr=0.005 -o fashion; ok $rc "a linear network on Fashion-MNIST" "$err"
es embed fashion --quiet; ok $rc "embed" "$err"
same "is quiet" "$out$err" ""
py <<'PY'
import gzip, h5py, numpy as np
f = h5py.File("fashion/embed.h5")
x, y, r, z = (f[k][()] for k in ("images", "labels", "representation", "embedding"))
assert set(f) == {"images", "labels", "representation", "embedding"}
assert x.shape == (300, 1, 28, 28) and y.shape == (300,) and r.shape == z.shape == (300, 3)
a = h5py.File("fashion/arrays.h5")
mean, W = a["train/mean"][()], a["params/fc.weight"][()]
folder = "/usr/share/datasets/fashion-mnist/"
raw = np.frombuffer(gzip.open(folder + "t10k-images-idx3-ubyte.gz").read(), "u1", offset=16).reshape(-1, 784)
label = dict(zip((i.tobytes() for i in raw), np.frombuffer(gzip.open(folder + "t10k-labels-idx1-ubyte.gz").read(), "u1", offset=8)))
flat = x.reshape(300, 784)
pixels = np.rint((flat + mean) * 255).astype("u1")
assert all(label[p.tobytes()] == l for p, l in zip(pixels, y))
assert np.abs((flat + mean) * 255 - pixels).max() < 1e-4
# 784 products in float.
scale = np.abs(flat) @ np.abs(W.T)
assert (np.abs(flat.astype("f8") @ W.T - z) <= 784 * 6e-8 * scale).all() and (r == z).all()
PY
ok $? "its numbers are the network's, its labels the images'" "$(tail -1 .pyerr)"
es embed fashion data.split=train data.n=20 -o embedded; ok $rc "embed of other data" "$err"
same "stands beside its settings" "$(ls embedded | tr '\n' ' ')" \
  "config.yaml embed.h5 run.json "
es embed fashion data.split=train data.n=20 -o embedded; expect "an existing folder" 2 "embedded: exists already"
es embed fashion --dry-run -o none; ok $rc "embed --dry-run" "$err"
[ ! -e none ] && grep -q '^train:' <<<"$out"; ok $? "writes nothing" "$out"
es embed run --quiet; ok $rc "embed of a resnet" "$err"
cp run/embed.h5 first.h5; es embed run --quiet
cmp -s first.h5 run/embed.h5; ok $? "the same bytes again"
py <<'PY'
import h5py, numpy as np
f, a = h5py.File("run/embed.h5"), h5py.File("run/arrays.h5")
x, y, r, z = (f[k][()].astype("f8") for k in ("images", "labels", "representation", "embedding"))
assert x.shape == (40, 1, 8, 8) and (y == -1).all() and r.shape == (40, 16) and z.shape == (40, 3)
raw = np.frombuffer(open("images.idx", "rb").read(), "u1", offset=16).reshape(40, 1, 8, 8)
assert np.abs(x * 255 - raw).max() < 1e-4
W = a["params/projector.0.weight"][()]
assert (np.abs(r @ W.T - z) <= 16 * 6e-8 * (np.abs(r) @ np.abs(W.T)) + 1e-12).all()
assert (r >= 0).all() and np.ptp(r, axis=0).max() > 0
PY
ok $? "embedding = projector of the representation" "$(tail -1 .pyerr)"
es $train data.name=gaussian data.dims=6 net.arch=linear method.dim=2 batch=16 steps=5 -o vectors --quiet
ok $rc "vectors" "$err"
es embed vectors --quiet; ok $rc "embed of vectors" "$err"
same "their shapes" "$(/usr/bin/python3 -c 'import h5py; f = h5py.File("vectors/embed.h5"); print(*(f[k].shape for k in ("images", "labels", "embedding")))')" "(1000, 1, 1, 6) (1000,) (1000, 2)"

# overlay of finished runs.
rm -f again/*; cp run/* again; rm again/{steps,agreement}.csv again/overlay.*
es overlay again; ok $rc "overlay of a run" "$err"
same "nothing on standard output" "$out" ""
grep -q '^eigenstep: median_step_error_first_4' <<<"$err"; ok $? "the agreement is said" "$err"
again "writes the same files" again
[ -s again/overlay.svg ]; ok $? "and the figure"
es $resnet log_every=6 checkpoint_every=9 predict=conjugate train.seed=1 -o other; ok $rc "another seed" "$err"
before=$(cat run/* other/* | cksum)
es overlay run other -o both --quiet; ok $rc "overlay of two runs" "$err"
same "is quiet" "$out$err" ""
same "into its own folder" "$(ls both | grep -vE 'overlay.(pdf|png|svg)' | tr '\n' ' ')" "agreement.csv overlay.csv overlay.gp steps.csv "
same "the runs stay" "$(cat run/* other/* | cksum)" "$before"
same "steps.csv has the runs' extremes" "$(head -1 both/steps.csv)" \
  "mode,gamma,gap,tau_predicted,tau_measured,relative_error,overlap,tau_low,tau_high"
same "both runs' rows" "$(cut -d, -f1,2 both/overlay.csv | tr '\n' ' ')" "run,step 1,0 1,6 1,12 1,18 1,20 2,0 2,6 2,12 2,18 2,20 "
same "two runs" "$(cell 1 value <both/agreement.csv)" 2
es overlay run other -o both; expect "an existing folder" 2 "both: exists already"

# Lists and help.
es list methods; ok $rc "list methods" "$err"
grep -q '^barlow-covariance  *[a-zA-Z]' <<<"$out"; ok $? "has the theory's loss" "$out"
for command in train embed overlay; do
  es $command --help; ok $rc "$command --help" "$err"
  [ "$(grep -c "^  eigenstep $command" <<<"$out")" = 2 ]; ok $? "$command --help has two examples" "$out"
done
es train --help
for key in data.pairs data.n augment.crop_min augment.noise net.arch net.depth net.width net.norm net.init_scale method.dim \
  train.epochs train.steps train.batch train.optimizer train.lr train.lr_relative train.encoder_lr_ratio train.momentum \
  train.weight_decay train.projector_weight_decay train.schedule train.warmup train.ordering train.chunks train.switch train.subset train.eval_n train.log_every \
  train.embeddings train.checkpoint_every train.predict train.seed; do
  grep -qE "^  $key( |$)" <<<"$out"; ok $? "train --help has $key"
done
same "each once" "$(grep -oE '^  [a-z]+\.[a-z_]+' <<<"$out" | sort | uniq -d)" ""
grep -q -- '--resume' <<<"$out" && grep -q 'train.seed.*given' <<<"$out"; ok $? "and --resume, and what --seed sets" "$(grep -- --seed <<<"$out")"
finish
