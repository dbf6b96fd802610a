# Stages that embed and compare: spaces of networks beside each other, and what
# their directions tell of known factors, against NumPy on the same files.
. tests/cli/lib.sh
py() { /usr/bin/python3 - "$@" 2>.pyerr; }

# Images of 6x6 in Fashion-MNIST's files.
py <<'PY'
import os, random, struct
random.seed(5)
os.mkdir("fm")
for part in ("train", "t10k"):
    n = 60
    with open(f"fm/{part}-labels-idx1-ubyte", "wb") as f:
        f.write(struct.pack(">II", 0x801, n) + bytes(random.randrange(4) for _ in range(n)))
    with open(f"fm/{part}-images-idx3-ubyte", "wb") as f:
        f.write(struct.pack(">IIII", 0x803, n, 6, 6) + bytes(random.randrange(256) for _ in range(36 * n)))
PY
small="data: {name: tint, path: fm}
    net: {width: 2}
    plot: none
    train: {steps: 2, batch: 16, eval_n: 20}"
stages="  - name: a
    command: train
    target: spectral
    $small
    method: {dim: 4}
    each: {train.seed: [0, 1]}
  - name: a-embed
    command: embed
    target: a
    data: {split: test, n: 50}
  - name: b
    command: train
    target: simclr
    $small
    each: {train.seed: [0, 1]}
  - name: b-embed
    command: embed
    target: b
    needs: [a-embed]
    data: {split: test, n: 50}"
write() { # what stands below the last stage
  printf 'experiment:\n  criterion: "max overlap in b-embed/alignment.csv where own > 0 and same > 0 > 0.99"\nstages:\n%s\n%s\n' "$stages" "$1" >x.yaml
}
write '    align: {dims: 3, rows: {stages: [a-embed, b-embed], data: "embed.h5:/embedding"}}'
es run x.yaml -o out; ok $rc "two methods, two seeds" "$err"
same "a row for each pair, same and other runs" "$(cut -d, -f1-5 out/b-embed/alignment.csv | paste -sd' ')" \
  "row,column,own,same,n a-embed,a-embed,1,1,2 a-embed,a-embed,1,0,2 a-embed,b-embed,0,1,2 a-embed,b-embed,0,0,2 b-embed,a-embed,0,1,2 b-embed,a-embed,0,0,2 b-embed,b-embed,1,1,2 b-embed,b-embed,1,0,2"
same "the run's own settings, and those beside it" \
  "$(grep -cE '^  (split: test|n: 50|name: tint)$' out/a-embed/001/config.yaml)" 3
grep -q '^  seed: 1$' out/a-embed/001/config.yaml; ok $? "the run's seed"

py <<'PY'
import csv, h5py
import numpy as np
def space(stage, i):
    x = h5py.File(f"out/{stage}/00{i}/embed.h5")["embedding"][()].astype(float)
    return np.linalg.svd(x - x.mean(0), full_matrices=False)[0][:, :3]
for r in csv.DictReader(open("out/b-embed/alignment.csv")):
    pairs = [(i, j) for i in (0, 1) for j in (0, 1) if (i == j) == (r["same"] == "1")]
    all = [np.sum((space(r["row"], i).T @ space(r["column"], j)) ** 2) / 3 for i, j in pairs]
    for name, want in (("overlap", np.mean(all)), ("low", min(all)), ("high", max(all)), ("chance", 3 / 49)):
        # Components of float embeddings, alone in their size: 1e-6 of roundoff.
        assert abs(float(r[name]) - want) < 1e-5, (r, name, want)
x = h5py.File("out/a-embed/000/embed.h5")["embedding"][()].astype(float)
u = np.linalg.svd(x - x.mean(0), full_matrices=False)[0]
rows = list(csv.DictReader(open("out/a-embed/000/factors.csv")))
assert len(rows) == 4
for j, r in enumerate(rows):
    # Of saturation, one number: what the first j components explain of it is the
    # sum of what each does, and each as much of it as it does of the component.
    want = sum(float(q["saturation_r2"]) for q in rows[:j + 1])
    assert abs(float(r["saturation_first"]) - want) < 1e-5, (j, r)
    assert abs(float(r["variance"]) - (np.linalg.svd(x - x.mean(0))[1][j] ** 2 / 50)) < 1e-6
    assert 0 < float(r["hue_r2"]) < 1 and 0 < float(r["hue_first"]) < 1
PY
ok $? "overlaps and factors as in NumPy" "$(tail -1 .pyerr)"

before=$(cat out/b-embed/alignment.csv out/b-embed/001/run.json)
es run x.yaml -o out --resume; ok $rc "resumed" "$err"
same "nothing is made again" "$(cat out/b-embed/alignment.csv out/b-embed/001/run.json)" "$before"
write '    align: {dims: 2, rows: {stages: [a-embed], data: "embed.h5:/embedding", first: columns}, columns: {stages: [b-embed], data: "embed.h5:/representation"}}'
es run x.yaml -o out --resume; same "another comparison of the same runs" "$(wc -l <out/b-embed/alignment.csv)" 3

refused() { write "$1"; es run x.yaml -o no; expect "$2" 2 'x.yaml:[0-9]+:[0-9]+: align: write it as'; }
refused '    align: {rows: {stages: [a-embed], data: "embed.h5:/embedding"}}' "no dims"
refused '    align: {dims: 3, rows: {stages: [a], data: "embed.h5:/embedding"}}' "a stage that is not needed"
refused '    align: {dims: 3, rows: {stages: [a-embed], data: "../x.h5:/embedding"}}' "a path out of the stage"
refused '    align: {dims: 3, rows: {stages: [a-embed], data: "embed.h5:/embedding", first: one}}' "another first"
write '    align: {dims: 3, rows: {stages: [a-embed], data: "embed.h5:/images"}}'
es run x.yaml -o no; ok $((rc != 3)) "a dataset of another shape" "$err"
rm -rf no
finish
