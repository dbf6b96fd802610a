# ntk: the tangent kernel of a saved network, against NumPy and the kernel
# model's own modes; further images; bad input.
. tests/cli/lib.sh
py() { /usr/bin/python3 - "$@" 2>.pyerr; }

train="train barlow-covariance data.size=8 data.n=60 net.arch=mlp net.width=12 \
method.dim=3 train.batch=20 train.eval_n=20 --quiet"
es $train train.steps=2 -o net; ok $rc "a network" "$err"
es ntk net n=10 test=7 --quiet; ok $rc "ntk" "$err"
py <<'PY'
import h5py, numpy as np
f = h5py.File("net/ntk.h5")
K, n = f["K"][()], 10
assert K.shape == (20, 20) and f["K_test"].shape == (7, 20)
assert f["embedding"].shape == (20, 3) and f["embedding_test"].shape == (7, 3)
assert (K == K.T).all() and list(f["pairs"]) == list(range(n))
H = np.eye(2 * n) - 1 / (2 * n)
C = H @ K @ H
assert abs(C - f["K_centred"]).max() < 1e-13 * K.max()
w, Q = np.linalg.eigh(C)
S = Q * np.sqrt(np.maximum(w, 0)) @ Q.T
Z = np.roll(np.eye(2 * n), n, 0) / (2 * n)
want = np.sort(np.linalg.eigvalsh(S @ Z @ S))[::-1]
# Roots of roundoff in K: sqrt(2^-52) of its size at worst.
assert abs(want[:5] - f["gamma"][:5]).max() < 1e-8 * want[0]
assert abs(f["trace"][()].mean() - np.trace(K)) < 1e-12 * np.trace(K)
PY
ok $? "K, its centred form, gamma and traces" "$(tail -1 .pyerr)"
# The kernel model's modes of the same matrix.
es predict barlow-twins-kernel K=file:net/ntk.h5:/K_centred s0=1e-3,1e-3
ok $rc "fed to the kernel model" "$err"
gamma=$(py <<<'import h5py; print("%.17g" % h5py.File("net/ntk.h5")["gamma"][1])')
close "the same gamma" "$(cell 2 gamma <<<"$out")" "$gamma" 1e-8

es ntk net n=10 outputs=3 -o whole --quiet; ok $rc "as many directions" "$err"
py <<'PY'
import h5py
a, b = (h5py.File(p + "/ntk.h5")["K"][()] for p in ("net", "whole"))
assert abs(a - b).max() < 1e-12 * a.max()
PY
ok $? "make the same kernel" "$(tail -1 .pyerr)"
es ntk net n=10 test=7 precision=single -o single --quiet; ok $rc "in floats" "$err"
py <<'PY'
import h5py, numpy as np
a, b = (h5py.File(p + "/ntk.h5") for p in ("net", "single"))
K, L = a["K"][()], b["K"][()]
assert 0 < abs(L - K).max() < 1e-5 * K.max()
assert abs(b["K_test"][()] - a["K_test"][()]).max() < 1e-5 * K.max()
assert abs(b["gamma"][:3] - a["gamma"][:3]).max() < 1e-4 * a["gamma"][0]
assert (a["embedding"][()] == b["embedding"][()]).all()
PY
ok $? "nearly the same kernel" "$(tail -1 .pyerr)"
mkdir single/ntk.h5.part
es ntk net n=10 -o single --quiet --force; expect "a kernel that cannot be written" 3 'ntk.h5'
[ ! -e single/run.json ]; ok $? "has no record of the one before" "$(ls single)"

# A linear network's kernel holds and, on pairs that stay, so does the theory: it
# is the trained network, up to its floats, on images without augmentation
# too: roundings of 6e-8 of numbers up to 5, 8 in a sum of 64 and one a step.
es train barlow-covariance data.size=8 net.arch=linear method.dim=3 \
  train.predict=ntk data.pairs=fixed train.batch=20 data.n=20 train.eval_n=20 \
  train.steps=20 train.lr_relative=.05 --quiet -o linear
ok $rc "a linear network" "$err"
es ntk linear n=15 test=5 --quiet; ok $rc "and what was predicted of it" "$err"
py <<'PY'
import h5py
f, run = h5py.File("linear/ntk.h5"), h5py.File("linear/arrays.h5")
start, end = run["eval/start"][()], run["eval/end"][()]
assert abs(end - start).max() > 1
assert f["predicted"].shape == (40, 3) and f["predicted_test"].shape == (5, 3)
assert abs(f["predicted"][()] - end).max() < 5e-6
assert abs(f["predicted_test"][()] - f["embedding_test"][()]).max() < 5e-6
assert "predicted" not in h5py.File("net/ntk.h5")
PY
ok $? "is where it went" "$(tail -1 .pyerr)"
es ntk net --dry-run n=10; ok $rc "a dry run" "$err"
expect "says time and memory" 0 'takes about [0-9.e+-]+ s and [0-9.e-]+ GB'

es ntk net n=50 test=11; expect "too many images" 2 '^eigenstep: ntk.test=11: .*60 samples'
es ntk net n=61; expect "too many pairs" 2 '^eigenstep: ntk.n=61: '
es ntk net n=1; expect "too few pairs" 2 '^eigenstep: ntk.n=1: .*3 outputs.* 2 pairs'
es ntk net n=10 outputs=4; expect "too many directions" 2 '^eigenstep: ntk.outputs=4: '
es ntk net n=10 predicted=on; expect "no prediction" 2 '^eigenstep: ntk.predicted=on: net has no prediction .*train.predict=off'
es flow barlow-twins gamma=1 s0=1e-3 time.t=1 output.modes=on -o flow --quiet
[ -e flow/arrays.h5 ]; ok $? "a flow's folder with arrays"
for command in ntk embed probe spectrum overlay; do
  es $command flow; expect "$command of another command's folder" 2 '^eigenstep: flow/config.yaml: .* not a training.s folder'
done
cp -r net odd; sed -i "s/^method:/&\n  lambbda: 1/" odd/config.yaml
es embed odd; expect "a slip in a training's settings" 2 "^eigenstep: odd/config.yaml:.*method.lambbda: .*did you mean"
es ntk none; expect "no run" 3 '^eigenstep: .*none'
es ntk --help; ok $rc "help" "$err"
es embed --help; grep -q data.split <<<"$out" && ! grep -q ntk.n <<<"$out"
ok $? "no other command has its keys" "$out"

# As a stage: with settings of its own, and a record that --resume finds.
cat >e.yaml <<'Y'
experiment: {title: x, claim: y}
stages:
  - {name: net, command: train, target: barlow-covariance, plot: none, data: {size: 8, n: 60}, net: {arch: linear}, method: {dim: 3}, train: {batch: 20, eval_n: 20, steps: 2}}
  - {name: kernel, command: ntk, target: net, needs: [net], ntk: {n: 5}}
Y
es run e.yaml -o e --quiet; ok $rc "a stage" "$err"
same "its files" "$(ls e/kernel | tr '\n' ' ')" "config.yaml ntk.h5 run.json "
same "its pairs" "$(py <<<'import h5py; print(len(h5py.File("e/kernel/ntk.h5")["pairs"]))')" 5
before=$(stat -c %y e/kernel/ntk.h5)
es run e.yaml -o e --resume --quiet; ok $rc "taken up again" "$err"
same "is kept" "$(stat -c %y e/kernel/ntk.h5)" "$before"
finish
