# spectrum: singular values of what `embed` writes, against NumPy; bad input; as
# a stage, beside a probe that keeps its run's last row and is fitted to it.
. tests/cli/lib.sh

/usr/bin/python3 - <<'PY'
import os, random, struct
random.seed(3)
os.mkdir("fm")
for part, n in (("train", 120), ("t10k", 70)):
    labels = [random.randrange(4) for _ in range(n)]
    with open(f"fm/{part}-labels-idx1-ubyte", "wb") as f:
        f.write(struct.pack(">II", 0x801, n) + bytes(labels))
    with open(f"fm/{part}-images-idx3-ubyte", "wb") as f:
        f.write(struct.pack(">IIII", 0x803, n, 6, 6))
        f.write(bytes(random.randrange(256) for _ in range(36 * n)))
PY
es train simclr data.name=fashion-mnist data.path=fm net.width=2 batch=16 eval_n=20 \
  steps=3 method.dim=5 -o run --quiet; ok $rc "a network" "$err"
es embed run data.split=test data.n=70 -o test --quiet; ok $rc "embed" "$err"

check() { # name, python of what is looked at, words…
  local name=$1 code=$2; shift 2
  es spectrum $run -o own --force --quiet "$@"; ok $rc "spectrum $*" "$err"
  /usr/bin/python3 - 2>.pyerr <<PY
import csv, h5py, json
import numpy as np
f = h5py.File("test/embed.h5")
r, z = f["representation"][()].astype(float), f["embedding"][()].astype(float)
x = $code
s = np.linalg.svd(x - x.mean(0), compute_uv=False)
s = np.r_[s, np.zeros(x.shape[1] - len(s))]
rows = list(csv.DictReader(open("own/spectrum.csv")))
assert list(rows[0]) == ["j", "sigma", "cev"] and len(rows) == x.shape[1]
# Roundoff of sums over 70 images; floats went through the file unchanged.
for j, row in enumerate(rows):
    assert abs(float(row["sigma"]) - s[j] / np.sqrt(len(x))) < 1e-13 * s[0], row
    assert abs(float(row["cev"]) - s[:j + 1].sum() / s.sum()) < 1e-13, row
got = json.load(open("own/run.json"))["summary"]
q = s / s.sum(); q = q[q > 0]
assert got["n"] == len(x) and got["d"] == x.shape[1]
assert abs(got["rankme"] - np.exp(-(q * np.log(q)).sum())) < 1e-11
assert abs(got["auc"] - (np.cumsum(s) / s.sum()).mean()) < 1e-12
floor = $floor
assert got["n_below"] == (s < floor * s[0]).sum() and got["n_dead"] == (s < 1e-6 * s[0]).sum(), got
PY
  ok $? "$name" "$(tail -1 .pyerr)"
}
floor=.01 run=run
check "the representation" r
check "the embedding" z layer=embedding
check "features three to seven" 'r[:, 2:7]' from=3 to=7
check "the last" 'r[:, 15:]' from=16
floor=.3
check "another floor" r floor=.3
same "its files" "$(ls own | tr '\n' ' ')" "config.yaml run.json spectrum.csv "
floor=.01
es embed run data.split=test data.n=9 -o test --force --quiet
check "fewer images than features" r n_test=9

run=white
es train barlow-covariance net.arch=linear data.name=fashion-mnist data.path=fm batch=16 eval_n=20 \
  data.whiten=sum data.dims=8 steps=1 method.dim=3 -o white --quiet
es embed white data.split=test data.n=70 -o test --force --quiet
check "images through the run's map" z layer=embedding

es spectrum run --quiet; ok $rc "to standard output" "$err"
same "its head" "$(head -1 <<<"$out")" "j,sigma,cev"
es spectrum run --json --quiet
/usr/bin/python3 -c 'import json, sys; assert json.load(sys.stdin)["d"] == 16' <<<"$out"
ok $? "--json" "$out"
es spectrum run --dry-run -o dry; ok $rc "--dry-run" "$err"
[ ! -e dry ] && grep -q '^spectrum:' <<<"$out"; ok $? "prints the settings" "$out"

es spectrum none; expect "no such run" 3 "none/config.yaml"
es spectrum run to=17; expect "more features than there are" 2 "spectrum.to=17.*16"
es spectrum run from=5 to=4; expect "none between" 2 "spectrum.from=5.*from <= to"
es spectrum run n_test=71; expect "more images than there are" 2 "spectrum.n_test=71.*\[1, 70\]"
es spectrum run floor=0; expect "no floor" 2 "spectrum.floor=0"
es spectrum run layer=input; expect "no such layer" 2 "spectrum.layer=input.*representation"

cat >e.yaml <<YAML
experiment:
  title: "five widths"
  criterion: ["min n in read/fit.csv > 4", "max n_below in seen/table.csv where layer is embedding <= 5"]
stages:
  - name: net
    command: train
    target: barlow-covariance
    plot: none
    each: {net.width: [1, 2, 3, 4, 5]}
    data: {name: fashion-mnist, path: fm}
    train: {batch: 16, eval_n: 20, steps: 2}
    method: {dim: 3}
  - {name: read, command: probe, target: net, plot: none, ends: [loss, auc], fit: {top1: [loss_end]}}
  - name: seen
    command: spectrum
    target: net
    plot: none
    each: {spectrum.layer: [representation, embedding]}
YAML
es run e.yaml -o out --threads 1; ok $rc "stages" "$err"
same "a probe's row has its run's last" "$(head -1 out/read/table.csv | cut -d, -f1-5)" "width,status,loss_end,auc_end,top1"
same "as it is there" "$(cell 4 loss_end <out/read/table.csv)" "$(tail -1 out/net/003/trace.csv | cut -d, -f4)"
same "a spectrum of each layer" "$(cut -d, -f1,2,5 out/seen/table.csv | sed -n '1,3p;$p' | tr '\n' ' ')" \
  "width,layer,d 1,representation,8 1,embedding,3 5,embedding,3 "
same "both criteria hold" "$(cut -d, -f5 out/verdict.csv | tr '\n' ' ')" "verdict holds holds "
sed -i '/ends:/s/loss, auc/less/' e.yaml
es run e.yaml -o out --resume --threads 1 --quiet; expect "no such column of the run's" 2 "ends: out/net/000/trace.csv has no column 'less'"
same "no part files" "$(find . -name '*.part')" ""
finish
