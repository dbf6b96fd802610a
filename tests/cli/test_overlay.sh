# Runs of the families byol and contrastive, and theory laid over them: tables
# and their columns, the same bytes after a kill, and runs that cannot be read.
. tests/cli/lib.sh
. "$root/tests/cli/killed.sh"

${CC:-cc} -D_GNU_SOURCE -O1 -shared -fPIC "$root/tests/cli/kill_at.c" -o kill_at.so -ldl
ok $? "the killing library compiles"
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0

# Figures are drawn elsewhere; here their scripts are empty, for speed.
mkdir -p share/plots
for name in common training overlay overlay-byol overlay-contrastive; do echo "#" >share/plots/$name.gp; done
export EIGENSTEP_DATADIR=$work/share

/usr/bin/python3 - <<'PY'
import random, struct
random.seed(1)
with open("images.idx", "wb") as f:
    f.write(struct.pack(">IIII", 0x803, 24, 8, 8))
    f.write(bytes(random.randrange(256) for _ in range(24 * 64)))
PY
small="data.name=idx data.path=images.idx data.pairs=fixed train.batch=8 train.eval_n=24
  optimizer=sgd momentum=0 schedule=constant train.lr=0.02 train.steps=20 train.log_every=3
  train.checkpoint_every=5 --threads 1 --quiet"
linear="data.dims=6 data.whiten=sum net.arch=linear"
byol="train simsiam predict=conjugate $small $linear loss=l2 target=ema ema_momentum=0.9 predictor=linear method.dim=2
  weight_decay=0.05"
contrastive="train infonce predict=conjugate $small net.width=2 projector=low-rank method.dim=3 lr=0.005"

tangent="train barlow-covariance predict=ntk predict_times=3 $small data.dims=6 net.arch=mlp net.width=4
  method.dim=2"

columns() { head -1 "$1" | tr '\n' ' '; }
metrics() { cut -d, -f1 "$1" | tail -n +2 | tr '\n' ' '; }

# family, words…: a run, one that was killed, and overlays again.
check_family() {
  local family=$1; shift
  reference=$family
  es "$@" -o $family; ok $rc "$family: a run with its prediction" "$err"
  same "$family: rows" "$(cut -d, -f2 $family/trace.csv | tr '\n' ' ')" "step 0 3 6 9 12 15 18 20 "
  { KILL_AT=rename:arrays.h5:3:before LD_PRELOAD=$work/kill_at.so es "$@" -o killed; } 2>/dev/null
  same "$family: killed in the checkpoint of step 10" "$rc $(half_written killed)" "137 "
  goes_on "$family: to the same bytes" killed "$@"
  es overlay $family -o over/$family --quiet; ok $rc "$family: laid over again" "$err"
  for f in $tables; do cmp -s $family/$f over/$family/$f; ok $? "$family: $f is the same"; done
  cp -r $family second
  es overlay $family second -o over/two --quiet; ok $rc "$family: two runs" "$err"
  same "$family: of which agreement.csv says" "$(sed -n 's/^runs,//p' over/two/agreement.csv)" '2,2,2,nan,""'
  same "$family: and overlay.csv has the rows" "$(tail -n +2 over/two/overlay.csv | cut -d, -f1 | uniq -c | tr -s '\n ' ' ')" " 8 1 8 2 "
  rm -r over/two second
}

results="config.yaml trace.csv prediction.csv overlay.csv modes.csv crossing.csv agreement.csv arrays.h5"
tables="overlay.csv modes.csv crossing.csv agreement.csv"
check_family byol $byol
same "byol: prediction.csv" "$(columns byol/prediction.csv)" \
  "mode,lambda_d,lambda_s,p0,s0,tau0,fate,p_star_plus,s_star "
same "byol: columns of the trace" "$(columns byol/trace.csv | tr , '\n' | grep -cE '^(mode_p|mode_s|mode_tau|lambda_d|lambda_s)_[12] *$')" 10
same "byol: overlay.csv" "$(columns byol/overlay.csv | tr , '\n' | sed 's/_[123] *$//' | uniq -c | tr -s ' \n' ' ')" \
  " $(for c in run step t time loss commutator_normalised asymmetry commutator_matrices asymmetry_matrices; do echo -n "1 $c "; done
    for c in p s tau lambda_d lambda_s p_matrices s_matrices p_constant s_constant p_features s_features \
      p_star_plus invariant invariant_theory; do echo -n "2 $c "; done)"
same "byol: crossing.csv" "$(columns byol/crossing.csv)" "run,mode,parameter,value,factor,from,to "
same "byol: a row for each mode" "$(cut -d, -f1,2 byol/modes.csv | tail -n +2 | tr '\n' ' ')" "1,1 1,2 "
same "byol: theory's own loss" "$(grep ^theorem byol/agreement.csv)" 'theorem,1,1,1,nan,""'
# Whitened pairs in batches of a third, by steps of a fiftieth.
awk -F, '$1 == "p_error_matrices_all" { found = $2 < 0.02 } END { exit !found }' byol/agreement.csv
ok $? "byol: matrices follow it" "$(grep p_error byol/agreement.csv)"

results="config.yaml trace.csv prediction.csv overlay.csv agreement.csv arrays.h5"
tables="overlay.csv agreement.csv"
check_family contrastive $contrastive
same "contrastive: rows are predicted" "$(cut -d, -f1 contrastive/prediction.csv | tr '\n' ' ')" "step 0 3 6 9 12 15 18 20 "
same "contrastive: columns" "$(columns contrastive/prediction.csv | tr , '\n' | sed 's/_[0-9]* *$//' | uniq -c | tr -s ' \n' ' ')" \
  " 1 step 1 t 1 loss 3 sigma_1 3 sigma_2 3 alignment 1 conserved_residual 3 cov_lambda "
same "contrastive: fed along with the features" "$(columns contrastive/overlay.csv | tr , '\n' | grep -c '^fed_sigma')" 6
for row in sigma_error sigma_error_1_1 sigma_error_2_3 fed_sigma_error loss_error rank rank_predicted theorem; do
  grep -q "^$row," contrastive/agreement.csv; ok $? "contrastive: $row" "$(metrics contrastive/agreement.csv)"
done

# The tangent kernel, measured again in each third of the run: at step 9 and 15.
results="config.yaml trace.csv prediction.csv overlay.csv steps.csv agreement.csv arrays.h5"
tables="overlay.csv steps.csv agreement.csv"
check_family tangent $tangent
same "tangent: followed" "$(columns tangent/trace.csv | tr , '\n' | grep -c '^followed_')" 2
es $tangent predict_times=1 -o once; ok $rc "tangent: a kernel that is kept" "$err"
same "tangent: rows before it was measured again are the same" "$(head -5 once/trace.csv)" "$(head -5 tangent/trace.csv)"
! cmp -s once/trace.csv tangent/trace.csv; ok $? "tangent: and after that others"

# What an overlay, or a run, of another family has left does not stand beside.
touch over/byol/overlay-byol.svg over/byol/notes.txt
echo "# mine" >over/byol/mine.gp
es overlay contrastive -o over/byol --quiet --force; ok $rc "and another family's" "$err"
same "of which alone there are files" "$(ls over/byol | tr '\n' ' ')" \
  "agreement.csv mine.gp notes.txt overlay-contrastive.gp overlay.csv "
cp -r byol other; touch other/training.svg other/overlay-byol.png other/probe.csv other/ntk.h5
es $contrastive -o other --force; ok $rc "a run over another's folder" "$err"
same "is the same as one of its own" "$(ls other)" "$(ls contrastive)"
rm -r other

# What cannot be laid over.
es overlay byol contrastive -o none; expect "two families at once" 2 "byol is a run for theory of byol, and contrastive of contrastive: overlay them apart"
es $contrastive method.dim=2 -o small
es overlay contrastive small -o none; expect "maps of other sizes" 2 "contrastive and small have other maps"
es overlay byol nowhere -o none; expect "a run that is not there" 2 "nowhere"
wrong() { # name, pattern, folder
  es overlay "$3" -o none; expect "$1" 3 "$2"
  [ ! -e none ]; ok $? "$1: nothing is written" "$(ls none 2>&1)"
}
es ${byol/predict=conjugate/} train.steps=2 -o off; ok $rc "byol: a run without a prediction" "$err"
wrong "byol: which theory has nothing to say of" "off/arrays.h5: .*train.predict=conjugate" off
es ${contrastive/predict=conjugate/} train.steps=2 -o plain; wrong "contrastive: without a prediction" "plain.*train.predict=conjugate" plain
for family in byol contrastive; do
  cp -r $family bad; rm bad/trace.csv; wrong "$family: no trace" "bad/trace.csv" bad
  cp $family/trace.csv bad; truncate -s 2000 bad/arrays.h5; wrong "$family: arrays cut short" "bad/arrays.h5" bad
  cp $family/arrays.h5 bad; head -3 $family/trace.csv | cut -d, -f1-8 >bad/trace.csv
  wrong "$family: columns cut off" "bad/trace.csv" bad
  head -1 $family/trace.csv >bad/trace.csv; wrong "$family: no row" "bad/trace.csv" bad
  rm bad/arrays.h5; wrong "$family: no arrays" "bad/arrays.h5" bad
  rm -r bad
done
finish
