# Every method trains: full-batch descent falls, a killed run goes on to the
# same bytes, the settings it writes are all it is; what it does not read is
# refused.
. tests/cli/lib.sh

${CC:-cc} -D_GNU_SOURCE -O1 -shared -fPIC "$root/tests/cli/kill_at.c" -o kill_at.so -ldl
ok $? "the killing library compiles"
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0

# Figures are drawn elsewhere; here their scripts are empty, for speed.
mkdir -p share/plots
for name in common training overlay; do echo "#" >share/plots/$name.gp; done
export EIGENSTEP_DATADIR=$work/share

small="data.n=64 data.size=8 data.pairs=fixed net.width=4 method.dim=6
  train.batch=64 train.eval_n=64 train.steps=12 train.log_every=4
  train.checkpoint_every=5 --threads 1 --quiet"
# What falls at every step is full-batch descent, not LARS warming up.
plain="optimizer=sgd momentum=0 weight_decay=0 schedule=constant warmup=0"
losses() { cut -d, -f4 "$1/trace.csv" | tail -n +2; }

# method, words…
check_method() {
  local name=$1; shift
  es train $name $small "$@" -o $name; ok $rc "$name" "$err"
  same "$name: loss, four times" "$(losses $name | wc -l)" 4
  losses $name | awk '$1 != $1 + 0 || (NR > 1 && !($1 < last)) { bad = 1 } { last = $1 } END { exit bad }'
  ok $? "$name: it falls" "$(losses $name | tr '\n' ' ')"
  { KILL_AT=rename:arrays.h5:3:before LD_PRELOAD=$work/kill_at.so es train $name $small "$@" -o killed; } 2>/dev/null
  same "$name: killed with the checkpoint of step 5" "$rc $(ls killed | grep -cx arrays.h5)" "137 1"
  es train $name $small "$@" -o killed --resume; ok $rc "$name: --resume" "$err"
  cmp -s $name/trace.csv killed/trace.csv && cmp -s $name/arrays.h5 killed/arrays.h5
  ok $? "$name: to the same bytes"
  es train $name --config $name/config.yaml --threads 1 --quiet -o again
  cmp -s $name/config.yaml again/config.yaml && cmp -s $name/trace.csv again/trace.csv
  ok $? "$name: its settings give it again" "$err"
  rm -rf killed again
}

es list methods
methods=$(cut -d' ' -f1 <<<"$out")
# One of each kind where every step is slow.
[ "${ES_CFG:-}" = asan ] && methods="barlow-twins simclr byol mocov3 directpred"
for method in $methods; do
  case $method in
  barlow-covariance) check_method $method lr=0.01 ;;
  directclr) check_method $method $plain lr=0.005 d0=8 ;;
  vicreg) check_method $method $plain lr=0.002 ;;
  *) check_method $method $plain lr=0.02 ;;
  esac
  es train $method --help
  grep -q "^$method: " <<<"$out" && grep -q '^  method.loss=' <<<"$out"
  ok $? "train $method --help has its presets" "$out"
done

# A method is its settings: another one's with the same are the same run.
es train simclr --help
settings=$(sed -n 's/^  \([a-z]*\.[a-z_0-9]*=.*\)/\1/p' <<<"$out")
es train vicreg $settings $small $plain lr=0.02 -o other; ok $rc "settings count before presets" "$err"
cmp -s other/trace.csv simclr/trace.csv; ok $? "and make the method"
es train vicreg method.name=simclr; expect "a name that is not the method's" 2 "method.name=simclr.*vicreg"

es train vicreg train.predict=conjugate ${small/--quiet/} $plain lr=0.01 -o predicted
ok $rc "a loss outside the theorems is predicted all the same" "$err"
grep -q "method.loss=vicreg is outside the theory.s theorems" .err; ok $? "with that said" "$err"
grep -q "^theorem,0,0,0,nan,outside$" predicted/agreement.csv; ok $? "in agreement.csv too" "$(cat predicted/agreement.csv)"
same "and measured along what is predicted" "$(head -1 predicted/trace.csv | tr , '\n' | grep -c along_)" "$(tail -n +2 predicted/prediction.csv | wc -l)"
es train simclr lambda=1; expect "a setting of another loss" 2 "method.lambda=1: it is of method.loss=barlow"
es train supervised data.name=gaussian net.arch=linear -o none
expect "classes that are not there" 2 "method.target=labels: data.name=gaussian has no classes"
[ "${ES_CFG:-}" = asan ] || { es probe supervised n_train=64 kind=knn -o probed --quiet; ok $rc "a supervised network is probed" "$err"; }
es train vicreg temperature=1; expect "and another" 2 "method.temperature=1: it is of method.loss=simclr"
finish
