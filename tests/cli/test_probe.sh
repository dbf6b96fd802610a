# probe: what a saved network's features tell of the classes, against NumPy on
# what `embed` writes; bad input; as a stage over seeds.
. tests/cli/lib.sh
py() { /usr/bin/python3 - "$@" 2>.pyerr; }

# A data set in Fashion-MNIST's files: four classes, bright in one of four
# corners, 400 and 150 images of 6x6.
py <<'PY'
import os, random, struct
random.seed(3)
os.mkdir("fm")
for part, n in (("train", 400), ("t10k", 150)):
    labels = [random.randrange(4) for _ in range(n)]
    with open(f"fm/{part}-labels-idx1-ubyte", "wb") as f:
        f.write(struct.pack(">II", 0x801, n) + bytes(labels))
    with open(f"fm/{part}-images-idx3-ubyte", "wb") as f:
        f.write(struct.pack(">IIII", 0x803, n, 6, 6))
        for c in labels:
            f.write(bytes(random.randrange(256) if random.random() < .5 or (y > 2) * 2 + (x > 2) != c else 255
                          for y in range(6) for x in range(6)))
PY
data="data.name=fashion-mnist data.path=fm"
train="train barlow-covariance $data train.batch=16 train.eval_n=20 method.dim=3 --quiet"

# A random network is one without a step.
es $train net.width=2 train.steps=0 -o random; ok $rc "a random network" "$err"
es probe random; ok $rc "probe" "$err"
same "its columns" "$(head -1 <<<"$out")" "protocol,layer,top1,top5,n_train,n_test"
same "its protocol" "$(cell 1 protocol <<<"$out")" \
  "logistic; l2=0.0001; L-BFGS to |g|<=1e-06; standardised; frozen network; no augmentation"
same "layer and sizes" "$(tail -1 <<<"$out" | cut -d, -f2,5,6)" "representation,400,150"
same "the same stands beside the run" "$(cat random/probe.csv)" "$out"
awk -F, 'NR == 2 { exit !($3 > .3 && $3 <= 1 && $4 == 1) }' random/probe.csv; ok $? "better than chance" "$out"
first=$out
es probe random --quiet; same "the same again" "$out" "$first"

features() { es probe random --json --quiet "$@"; /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["features"])' <<<"$out"; }
same "the representation's features" "$(features)" 16
same "the embedding's" "$(features layer=embedding)" 3

# A trained linear network, against NumPy.
es $train net.arch=linear data.n=50 train.steps=40 data.center=on -o run; ok $rc "a trained one" "$err"
before=$(cat run/config.yaml run/run.json | cksum)
for part in train test; do
  es embed run data.split=$part -o $part --quiet; ok $rc "embed $part" "$err"
done
# embed keeps the run's data.n: all images are asked for by number.
es embed run data.split=train data.n=400 -o train --force --quiet
es embed run data.split=test data.n=150 -o test --force --quiet
check() { # name, words of python after the arrays are read; words of probe…
  local name=$1 code=$2; shift 2
  es probe run --json --quiet "$@"; ok $rc "probe $*" "$err"
  py "$work/.out" <<PY
import h5py, json, math, sys
import numpy as np
got = json.load(open(sys.argv[1]))
def load(name):
    f = h5py.File(name + "/embed.h5")
    return f["representation"][()].astype(float), f["labels"][()].astype(int)
x, y = load("$train_set"); t, u = load("test")
def rank(scores, u, hit=None):
    r = np.array([sum((s > s[c]) | ((s == s[c]) & (np.arange(4) < c))) for s, c in zip(scores, u)])
    if hit is not None: r[~hit] = 99
    return np.mean(r < 1), np.mean(r < 5)
def logistic(x, y, t, u, l2):
    mean, std = x.mean(0), x.std(0)
    Z, T = ((np.c_[(a - mean) / std, np.ones(len(a))]) for a in (x, t))
    Y = np.eye(4)[y]; n, d = Z.shape
    W = np.zeros((d, 4)); pen = np.r_[np.full(d - 1, l2), 0][:, None]
    def J(W):
        S = Z @ W; m = S.max(1)
        return np.mean(np.log(np.exp(S - m[:, None]).sum(1)) + m - (S * Y).sum(1)) + (pen * W * W).sum() / 2
    for _ in range(100):
        P = np.exp(Z @ W - (Z @ W).max(1, keepdims=True)); P /= P.sum(1, keepdims=True)
        G = Z.T @ (P - Y) / n + pen * W
        if np.linalg.norm(G) < 1e-12: break
        H = np.zeros((d, 4, d, 4))
        for a in range(4):
            for b in range(4):
                H[:, a, :, b] = Z.T @ ((P[:, a] * ((a == b) - P[:, b]))[:, None] * Z) / n + (a == b) * np.diag(pen[:, 0])
        step = np.linalg.pinv(H.reshape(4 * d, 4 * d), rcond=1e-12) @ G.ravel()
        a = 1
        while J(W - a * step.reshape(d, 4)) > J(W) + 1e-14 and a > 1e-6: a /= 2
        W -= a * step.reshape(d, 4)
    return J(W), *rank(T @ W, u)
def knn(k):
    unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
    C = unit(t) @ unit(x).T; s = np.zeros((len(t), 4))
    for i, row in enumerate(C):
        for j in np.argsort(-row, kind="stable")[:k]: s[i, y[j]] += math.exp(row[j] / .07)
    return rank(s, u, s[np.arange(len(u)), u] > 0)
def modes(first, last):
    mean = x.mean(0); w, V = np.linalg.eigh(np.cov(x.T, bias=True)); V = V[:, ::-1][:, first - 1:last]
    return (x - mean) @ V, (t - mean) @ V
def close(a, b, tol): assert abs(a - b) <= tol, (a, b)
# J is within |g|^2/2 l2 = 5e-9 of its least value; a test image or two of 150
# may lie at a boundary.
def same(want):
    close(got["loss_end"], want[0], 1e-8); close(got["top1"], want[1], 1.1 / 150); close(got["top5"], want[2], 0)
    assert 0 <= got["gradient"] <= 1e-6 and got["iterations"] > 2
$code
PY
  ok $? "$name" "$(tail -1 .pyerr) $out"
}
train_set=train
check "logistic regression" 'same(logistic(x, y, t, u, 1e-4)); assert got["n_train"] == 400 and got["n_test"] == 150'
check "with another l2" 'same(logistic(x, y, t, u, .1))' l2=.1
check "on two components" 'a, b = modes(1, 2); same(logistic(a, y, b, u, 1e-4)); assert got["features"] == 2' modes=2
check "on the third alone" 'a, b = modes(3, 3); same(logistic(a, y, b, u, 1e-4)); assert got["features"] == 1 and "; principal component 3;" in got["protocol"]' modes=3,3
check "on the last two" 'a, b = modes(2, 3); same(logistic(a, y, b, u, 1e-4)); assert "principal components 2 to 3" in got["protocol"]' modes=2,3
check "neighbours" 'want = knn(200); close(got["top1"], want[0], 1e-12); close(got["top5"], want[1], 1e-12); assert got["protocol"].startswith("knn; k=200;")' kind=knn
check "seven of them" 'want = knn(7); close(got["top1"], want[0], 1e-12); close(got["top5"], want[1], 1e-12)' kind=knn k=7
# Training images are drawn as data.n draws them.
es embed run data.split=train data.n=60 -o few --quiet
train_set=few
check "fewer images" 'same(logistic(x, y, t, u, 1e-4)); assert got["n_train"] == 60' n_train=60
check "no more neighbours than images" 'want = knn(60); close(got["top1"], want[0], 1e-12); assert "k=60;" in got["protocol"]' n_train=60 kind=knn
check "one image" 'assert got["top1"] == np.mean(u == y[0]) == got["top5"]' n_train=1 kind=knn
train_set=train
check "the embedding is the representation here" 'same(logistic(x, y, t, u, 1e-4)); assert got["layer"] == "embedding"' layer=embedding
same "the run's own record stays" "$(cat run/config.yaml run/run.json | cksum)" "$before"

# A folder of its own.
es probe run kind=knn -o own --quiet; ok $rc "-o" "$err"
same "nothing on standard output" "$out" ""
same "its files" "$(ls own | tr '\n' ' ')" "config.yaml probe.csv run.json "
same "its settings are [probe]" "$(tr '\n' ' ' <own/config.yaml)" \
  "probe:   kind: knn   k: 200   layer: representation   l2: 0.0001 "
/usr/bin/python3 -c 'import json
r = json.load(open("own/run.json")); s = r["summary"]
assert r["command"] == "probe" and r["target"] == "run" and r["exit_code"] == 0 and r["data_checksum"]
assert set(s) == {"top1", "top5", "n_train", "n_test", "features"} and s["n_train"] == 400' 2>.pyerr
ok $? "its record" "$(tail -1 .pyerr)"
es probe run --csv row.csv --quiet; ok $rc "--csv" "$err"; same "prints nothing" "$out" ""
cmp -s row.csv <(es probe run --quiet; echo "$out"); ok $? "holds the row"
es probe run --dry-run -o dry; ok $rc "--dry-run" "$err"
[ ! -e dry ] && grep -q '^probe:' <<<"$out"; ok $? "prints the settings and writes nothing" "$out"

# Bad input.
es probe; expect "no run" 2 "RUN is missing"
es probe none; expect "no such run" 3 "none/config.yaml"
es probe fm; expect "a folder that is no run" 3 "fm/config.yaml"
es flow barlow-twins gamma=1 s0=1e-3 t=1 -o flow --quiet
es probe flow; expect "a run of another command" 2 "flow/config.yaml"
es probe own; expect "a probe's folder" 2 "own/config.yaml"
es probe run kind=knn k=401; expect "more neighbours than images" 2 "probe.k=401.*\[1, 400\]"
es probe run kind=knn k=0; expect "no neighbours" 2 "probe.k=0"
es probe run n_train=401; expect "more images than there are" 2 "probe.n_train=401.*\[1, 400\]"
es probe run k=5; expect "neighbours of a fit" 2 "probe.k=5.*logistic"
es probe run kind=knn l2=1; expect "a penalty of neighbours" 2 "probe.l2=1.*knn"
es probe run l2=0; expect "no penalty" 2 "probe.l2=0"
es probe run modes=4; expect "more components than features" 2 "probe.modes=4.*to 3|probe.modes=4.*up to 3"
for words in modes=2,1 modes=1,2,3 modes=1.5 modes=0; do
  es probe run $words; expect "$words" 2 "probe.modes="
done
es probe run layer=input; expect "no such layer" 2 "probe.layer=input.*representation"
es probe run nmodes=3; expect "an unknown key" 2 "nmodes.*modes"
es probe run data.n=3; expect "the run's settings are its own" 2 "data.n"
es probe run more; expect "one run only" 2 "more"
es probe run -o own; expect "an existing folder" 2 "own: exists"
es probe run -o /proc/none/x; expect "an unwritable folder" 3 "/proc/none"
rm run/probe.csv; mkdir run/probe.csv
es probe run --quiet; expect "a folder in the place of probe.csv" 3 "run/probe.csv"
rmdir run/probe.csv
same "no part files" "$(find . -name '*.part')" ""
es train barlow-covariance data.name=gaussian data.dims=6 net.arch=linear method.dim=2 train.batch=16 train.steps=1 -o vectors --quiet
es probe vectors; expect "data without classes" 2 "data.name=gaussian.*no test images"
cp -r run cut; head -c 2000 run/arrays.h5 >cut/arrays.h5
es probe cut; expect "damaged parameters" 3 "cut/arrays.h5"
rm -r cut; cp -r run cut; rm cut/arrays.h5
es probe cut; expect "without parameters" 3 "cut/arrays.h5"
mv fm gone; es probe run; expect "without data" 3 "fm"; mv gone fm

# Interrupted before the first image: exit 5, nothing written.
cat >early.py <<'PY'
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.kill(os.getpid(), signal.SIGTERM)
os.execv(sys.argv[1], sys.argv[1:])
PY
for kind in logistic knn; do
  /usr/bin/python3 early.py "$program" probe random kind=$kind -o stopped --quiet >.out 2>.err
  rc=$? err=$(cat .err); expect "SIGTERM, $kind" 5 "interrupted"
done
[ ! -e stopped ]; ok $? "leaves nothing"

# As a stage: with each run of a repeated one, and the mean over seeds.
cat >e.yaml <<YAML
experiment:
  title: "two widths, three seeds"
  criterion: ["min top1_mean in read/summary.csv > 0.3", "count n in read/summary.csv where n >= 3 >= 4"]
stages:
  - name: net
    command: train
    target: barlow-covariance
    plot: none
    over: train.seed
    each: {net.width: [2, 3], train.seed: [0, 1, 2]}
    data: {name: fashion-mnist, path: fm}
    train: {batch: 16, eval_n: 20, steps: 2}
    method: {dim: 3}
  - name: read
    command: probe
    target: net
    plot: none
    each: {probe.layer: [representation, embedding]}
    over: train.seed
  - {name: alone, command: probe, target: net, plot: none, probe: {kind: knn}}
YAML
es run e.yaml -o out --threads 1; ok $rc "a probe of six runs" "$err"
same "a row for each and each layer" "$(cut -d, -f1-4 out/read/table.csv | sed -n '1,3p;$p' | tr '\n' ' ')" \
  "width,seed,layer,status 2,0,representation,0 2,0,embedding,0 3,2,embedding,0 "
same "and for each" "$(cut -d, -f1-4 out/alone/table.csv | tr '\n' ' ')" \
  "width,seed,status,top1 $(for k in 0 1 2 3 4 5; do printf '%d,%d,0,%s ' $((2 + k / 3)) $((k % 3)) "$(cell 1 top1 <out/alone/00$k/probe.csv)"; done)"
[ ! -e out/alone/summary.csv ]; ok $? "without over there is no summary"
es probe out/net/004 layer=embedding --quiet
same "a row is the run's own" "$(cell 10 top1 <out/read/table.csv)" "$(cell 1 top1 <<<"$out")"
py <<'PY'
import csv, math, statistics
def table(path): return list(csv.DictReader(open(path)))
rows, groups = table("out/read/table.csv"), table("out/read/summary.csv")
assert list(groups[0])[:5] == ["width", "layer", "n", "top1_mean", "top1_std"], list(groups[0])
assert [(g["width"], g["layer"]) for g in groups] == [(w, l) for w in "23" for l in ("representation", "embedding")]
for g in groups:
    mine = [r for r in rows if r["width"] == g["width"] and r["layer"] == g["layer"]]
    assert len(mine) == 3 == float(g["n"])
    for name in ("top1", "top5", "loss_end", "iterations"):
        x = [float(r[name]) for r in mine]
        assert math.isclose(float(g[name + "_mean"]), statistics.mean(x), rel_tol=1e-14)
        assert math.isclose(float(g[name + "_std"]), statistics.stdev(x), rel_tol=1e-9, abs_tol=1e-15)
net = table("out/net/summary.csv")
assert [g["width"] for g in net] == ["2", "3"] and float(net[0]["loss_end_std"]) > 0
PY
ok $? "mean and standard deviation" "$(tail -1 .pyerr)"
grep -q 'href="read/summary.csv"' out/index.html; ok $? "the page leads to them"
grep -q "top1_mean.*holds" out/verdict.csv; ok $? "criteria read them" "$(cat out/verdict.csv)"
before=$(cat out/read/*.csv out/read/0*/* | cksum)
es run e.yaml -o out --resume --threads 1; ok $rc "--resume" "$err"
same "keeps all" "$(cat out/read/*.csv out/read/0*/* | cksum)" "$before"
sed -i 's/over: train.seed/over: net.width/' e.yaml
es run e.yaml -o out --resume --threads 1; ok $rc "over another setting" "$err"
same "the same runs are summed anew" "$(cat out/read/table.csv out/read/0*/* | cksum)$(head -1 out/read/summary.csv | cut -d, -f1-3)" \
  "$(cat out/read/table.csv out/read/0*/* | cksum)seed,layer,n"
touch -d 2001-01-01 out/read/table.csv; sed -i 's/steps: 2/steps: 3/' e.yaml
es run e.yaml -o out --resume --threads 1; ok $rc "with longer trainings" "$err"
[ "$(date -r out/read/table.csv +%Y)" != 2001 ]; ok $? "what reads them is made again"
# What failed is not counted: at lr = 9 descent diverges.
for over in lr s0; do
cat <<YAML
  - name: $over
    command: flow
    target: barlow-twins
    plot: none
    over: model.$over
    each: {model.lr: [0.1, 9], model.s0: [0.5, 0.4]}
    model: {gamma: [1]}
    solver: {method: gd}
    time: {t_end: 500}
YAML
done | sed '1i experiment: {criterion: "max loss_end_mean in lr/summary.csv < 1"}\nstages:' >failed.yaml
es run failed.yaml -o failed; ok $rc "items that fail" "$err"
same "are left out" "$(cut -d, -f1,2 failed/lr/summary.csv | tr '\n' ' ')" "s0,n 0.5,1 0.4,1 "
same "one has no spread" "$(cell 1 loss_end_std <failed/lr/summary.csv)" nan
same "its mean is its own" "$(cell 1 loss_end_mean <failed/lr/summary.csv)" "$(cell 1 loss_end <failed/lr/table.csv)"
same "none has no mean" "$(cut -d, -f1-3 failed/s0/summary.csv | sed -n '3p')" "9,0,nan"
same "both" "$(cut -d, -f1,2 failed/s0/summary.csv | sed -n '2p')" "0.1,2"

refused() { # name, pattern, sed
  sed "$3" e.yaml >bad.yaml; es run bad.yaml -o bad; expect "$1" 2 "$2"
}
refused "over no key of each" "bad.yaml:.*over: .*net.width" '0,/over: net.width/s//over: seed/'
refused "over without each" "bad.yaml:.*over: goes with each" '0,/over: net.width/s//over: net.width, /;/each: {net/d;s/net.width, /net.width/'
refused "a probe of what is no stage" "target: no stage" 's/target: net$/target: nets/'
refused "a setting of another command" "data.n|no such" 's/probe: {kind: knn}/data: {n: 3}/'
finish
