# The kernel model from the command line: it agrees with the feature model, what
# it stores, and what it refuses.
. tests/cli/lib.sh
k="flow barlow-twins-kernel"
data="data.name=gaussian data.n=12 dims=5 noise=0.3"

# Agreement with the features, and the commands beside flow.
es predict barlow-twins $data d=3 model.seed=2 lr=0.01; features=$out
es predict barlow-twins-kernel kernel=linear $data d=3 model.seed=2 lr=0.01
same "predict says nothing else" "$err" ""
for column in gamma s0 s_final tau half_time steps; do
  close "predict: $column of mode 3" "$(cell 3 $column <<<"$out")" "$(cell 3 $column <<<"$features")" 1e-11
done
es fixed-points barlow-twins-kernel kernel=linear $data s0=1e-3,1e-3
close "fixed points: lambda" "$(cell 2 lambda <<<"$out")" 1 0
es predict barlow-twins-kernel kernel=rbf $data d=3
grep -qE '^eigenstep: bandwidth [0-9.]+, the median' <<<"$err"
ok $? "the median bandwidth is said" "$err"
es flow barlow-twins-kernel kernel=rbf bandwidth=1 $data d=2 t=1 --dry-run
grep -qE '^# memory: about .* to open' <<<"$out"; ok $? "--dry-run tells the kernel's memory" "$out"

# A folder, and the same again from its settings.
es $k kernel=rbf $data d=2 init_scale=1e-3 output.modes=on output.embeddings=4 -o run
ok $rc "flow -o" "$err"
[ -s run/staircase.svg ]; ok $? "with its figure"
close "step met where predicted" "$(cell 1 relative_error <run/steps.csv)" 0 0 0.01
es $k --config run/config.yaml -o again
cmp -s run/trace.csv again/trace.csv; ok $? "config.yaml gives the same trace again"
if /usr/bin/python3 -c 'import h5py' 2>/dev/null; then
  /usr/bin/python3 - <<'PY'
import h5py
a = h5py.File("run/arrays.h5")
n = a["gamma"].shape[0]
assert n <= 24 and a["C"].shape == (24, n) and a["Z0"].shape == (2, n), n
assert a["s0"].shape[0] == 2 and a["bandwidth"][()].item() > 0
assert a["embeddings"].shape == (200, 4, 2) and "V" not in a
PY
  ok $? "arrays.h5 has gamma, C, Z0, s0, bandwidth"
else
  skip "arrays.h5 has gamma, C, Z0, s0, bandwidth" "no h5py"
fi

# A matrix: Z = [[0,1],[1,0]]/2, so that [[2,1],[1,2]] has gamma = 3/2 and -1/2.
printf '2,1\n1,2\n' >K.csv
es predict barlow-twins-kernel K=file:K.csv s0=0.1,0.1
close "gamma of a given K" "$(cell 1 gamma <<<"$out")" 1.5 1e-15
close "and the negative one" "$(cell 2 gamma <<<"$out")" -0.5 1e-15
es $k K=file:K.csv 'W0=[[0.1,0.3]]' t=0 method=dop853 output.state=on output.embeddings=9
close "the state is F: first view" "$(cell 1 W_1_1 <<<"$out")" 0.1 1e-14
close "and second" "$(cell 1 W_1_2 <<<"$out")" 0.3 1e-14
same "without a remark" "$err" ""
es $k 'K=[[1,1],[1,1]]' 'W0=[[1,2]]' t=0 method=dop853 output.state=on
expect "what the span lacks is said" 0 '0.316 of W0 .* outside the kernel.s span'
close "and is projected off" "$(cell 1 W_1_1 <<<"$out")" 1.5 1e-14

# Refusals.
es $k $data d=2 t=1; expect "no kernel" 2 "one of model.kernel .* and model.K"
es $k kernel=linear K=file:K.csv d=1 t=1; expect "kernel and K" 2 "one of model.kernel"
es $k K=file:K.csv d=1 t=1 data.n=5; expect "K and data" 2 "leave out \[data\]"
es $k K=file:K.csv d=1 t=1 output.points=test; expect "K and test points" 2 "output.points=test"
es $k kernel=poly t=1; expect "no such kernel" 2 "kernel.*poly.*linear\|rbf"
es $k kernel=linear $data bandwidth=1 d=1 t=1; expect "bandwidth of a linear kernel" 2 "bandwidth"
es $k kernel=rbf $data bandwidth=0 d=1 t=1; expect "bandwidth 0" 2 "bandwidth.*0"
es $k kernel=rbf $data data.n=1 d=1 t=1; expect "no distance to take" 2 "bandwidth.*1 pairs"
es $k kernel=linear $data t=1; expect "d is asked for" 2 "model.d"
es $k K=file:K.csv t=1; expect "of a given K too" 2 "model.d"
es $k kernel=linear $data d=6 t=1; expect "d beyond the rank" 2 "d=6.* 5 dimensions of the kernel"
es $k kernel=linear $data 'W0=[[1,2,3]]' t=1; expect "W0 of wrong width" 2 "W0.*1 by 3.*24 columns"
es $k gamma=1 t=1; expect "gamma is no key of it" 2 "gamma"
es $k 'K=[[1,2],[2,1]]' d=1 t=1; expect "not positive" 2 "K.*positive semi-definite.*-1 to 3"
es $k 'K=[[0,0],[0,0]]' d=1 t=1; expect "zero" 2 "K.*zero"
es $k 'K=[[1]]' d=1 t=1; expect "odd" 2 "K.*order 1 is odd"
printf '1,2\n2,1\n' >negative.csv
es $k K=file:negative.csv d=1 t=1; expect "not positive, from a file" 3 "negative.csv.*semi-definite"
printf '2,1\n1.001,2\n' >asym.csv
es $k K=file:asym.csv d=1 t=1; expect "asymmetric, from a file" 3 "asym.csv.*symmetric"
printf '2,nan\nnan,2\n' >nan.csv
es $k K=file:nan.csv d=1 t=1; expect "NaN, from a file" 3 "nan.csv"
printf '1,0,0\n0,1,0\n0,0,1\n' >odd.csv
es $k K=file:odd.csv d=1 t=1; expect "odd, from a file" 3 "odd.csv.*order 3 is odd"
es $k K=file:none.npy d=1 t=1; expect "no such file" 3 "none.npy"
es $k kernel=linear $data d=1 t=1 output.embeddings=2 output.points=test
expect "generated data have no test images" 2 "gaussian: has no test images"
es flow barlow-twins $data d=1 t=1 output.embeddings=2 output.points=test
expect "of the features either" 2 "gaussian: has no test images"
es $k kernel=linear d=2 t=1; expect "60000 pairs" 4 "120000 points.* GB"

# Interrupted before the modes are known: exit 5, nothing written. (LAPACK cannot
# be: the signal comes while pairs are drawn.)
timeout --foreground --preserve-status -s INT 0.4 "$program" $k kernel=rbf data.n=3000 noise=0.1 d=2 -o stopped >.out2 2>.err2 </dev/null
rc=$? err=$(cat .err2)
expect "SIGINT while the kernel is made" 5 "interrupted"
[ ! -e stopped ]; ok $? "and makes no folder"
finish
