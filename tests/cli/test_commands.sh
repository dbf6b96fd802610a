# The commands beside flow and run, and what holds for all of them: help, lists,
# streams, threads, interruption, where the program's own files are found.
. tests/cli/lib.sh
bt="barlow-twins"

# Version and help.
es --version; ok $rc "--version" "$err"
grep -qE '^eigenstep [0-9]+\.[0-9]+\.[0-9]+ \([0-9a-z-]+\)$' <<<"$out"; ok $? "version and hash" "$out"
es --help; ok $rc "--help" "$err"
same "help is not an error" "$err" ""
for command in run flow predict fixed-points separatrix basin sweep train embed probe spectrum overlay plot list doctor; do
  grep -q "^  $command" <<<"$out"; ok $? "help names $command"
done
es -h; ok $rc "-h" "$err"
for command in run flow predict fixed-points separatrix basin sweep train embed ntk probe spectrum overlay plot list doctor; do
  es $command --help; ok $rc "$command --help" "$err"
  [ "$(grep -c "^  eigenstep $command" <<<"$out")" = 2 ]; ok $? "$command --help has two examples" "$out"
  grep -q -- '--quiet' <<<"$out"; ok $? "$command --help has options"
done
es list keys; keys=$out
es flow --help; help=$out
es sweep --help; help+=$'\n'$out
es basin --help; help+=$'\n'$out
es metrics --help; help+=$'\n'$out
es probe --help; help+=$'\n'$out
es spectrum --help; help+=$'\n'$out
es ntk --help; help+=$'\n'$out
es train barlow-covariance --help; help+=$'\n'$out
mkdir pages
(cd "$root" && install/pages "$program" "$work/pages" md)
same "docs/commands says what --help does (make docs)" "$(diff -r pages "$root/docs/commands" 2>&1 | head -4)" ""
missing=$(grep -v '^#' <<<"$keys" | while IFS= read -r line; do grep -qxF -- "$line" <<<"$help" || echo "$line"; done)
same "the --help of flow, sweep, basin, train, metrics, probe, spectrum and ntk have every key with range and default" "$missing" ""
same "train --help has a key once" "$(grep -oE '^  [a-z]+\.[a-z_]+ ' <<<"$out" | sort | uniq -d)" ""
[ "$(grep -cE '^  [a-z]+\.[A-Za-z_0-9]+ ' <<<"$keys")" -gt 20 ]; ok $? "list keys has them all"
grep -A1 '^  solver.rtol' <<<"$help" | grep -q 'in (0, 1).*\[1e-9\]'; ok $? "range and default of solver.rtol"
es flow $bt --help; ok $rc "help of a model" "$err"
es flow nothing --help; expect "help of no model" 2 "nothing.*no such model"
same "prints no help" "$out" ""
es train nothing --help; expect "nor of no method" 2 "nothing.*no such method"
same "does" "$out" ""

# On a terminal, lines of its width; nothing else is changed.
if command -v script >/dev/null; then
  for words in "" flow "train vicreg" sweep; do
    EIGENSTEP=$program script -qec "stty cols 80; \"\$EIGENSTEP\" $words --help" /dev/null </dev/null |
      tr -d '\r' >wrapped
    same "help of '$words' in 80 columns" \
      "$(LC_ALL=C.UTF-8 grep -E '^.{81,}' wrapped | grep -v -e '^  eigenstep ' -e '|')" ""
    same "the same words" "$(tr -s ' \n' '  ' <wrapped)" "$("$program" $words --help | tr -s ' \n' '  ')"
  done
else
  skip "help in 80 columns" "no script"
fi

# Lists.
es list models; ok $rc "list models" "$err"
grep -q "^$bt  *[a-zA-Z]" <<<"$out"; ok $? "has barlow-twins"
es list experiments
same "list experiments" "$out" "$(cd "$root/experiments" && ls *.yaml | sed 's/.yaml$//')"
es list datasets
grep -q '^fashion-mnist  *[0-9a-zA-Z]' <<<"$out"; ok $? "list datasets" "$out"
es list
same "list has five parts" "$(grep '^\[' <<<"$out" | tr '\n' ' ')" "[models] [methods] [experiments] [datasets] [keys] "
es list nothing; expect "list of nothing" 2 "nothing.*models, methods"
es list models more; expect "list takes one word" 2 "no settings"

# Every experiment in the tree is well-formed.
for file in "$root"/experiments/*.yaml; do
  [ "${ES_CFG:-}" = asan ] && break # slow, and the same parser
  name=$(basename "$file" .yaml)
  case $name in
  staircase* | tint | lemma1 | crop-collapse | atlas | collapse) continue ;; # opens the data set
  cifar10) continue ;;           # which is not here: test_data.sh
  esac
  es run "$name" --dry-run --quiet; ok $rc "run $name --dry-run" "$err"
done
[ ! -e out ]; ok $? "and writes nothing"

# doctor.
es doctor; ok $rc "doctor" "$err"
for what in CPU SIMD threads GSL HDF5 OpenBLAS fashion-mnist gnuplot svg plots experiments; do
  grep -qiE "^(ok|MISSING) .*$what" <<<"$out"; ok $? "doctor knows $what" "$out"
done
grep -qE '^ok +OpenBLAS threads +OpenMP$' <<<"$out"; ok $? "OpenBLAS is the OpenMP build"

# fixed-points: s_j = gamma_j^-1/2 where gamma_j > 0, else 0.
es fixed-points $bt gamma=1,0.25,-0.1 s0=1e-3,1e-3,1e-3
ok $rc "fixed-points" "$err"
same "columns" "$(head -1 <<<"$out")" "mode,gamma,s,lambda"
close "s_1" "$(cell 1 s <<<"$out")" 1 1e-15
close "s_2" "$(cell 2 s <<<"$out")" 2 1e-15
close "lambda_2" "$(cell 2 lambda <<<"$out")" 1 1e-15
close "s_3" "$(cell 3 s <<<"$out")" 0 0
close "lambda_3" "$(cell 3 lambda <<<"$out")" 0 0
grep -q "loss floor 1; .*lr = 0.25" <<<"$err"; ok $? "floor and limit are said" "$err"
es fixed-points $bt gamma=2,0.25,-0.1 s0=1e-3,1e-3,1e-3 --json --quiet -o fixed
ok $rc "fixed-points --json -o" "$err"
number() { /usr/bin/python3 -c 'import json, sys; print(repr(float(json.load(sys.stdin)[sys.argv[1]])))' "$1"; }
close "lr_max" "$(number lr_max <<<"$out")" 0.125 1e-15
close "loss_floor" "$(number loss_floor <<<"$out")" 1 1e-15
[ -s fixed/table.csv ] && [ -s fixed/run.json ] && [ -s fixed/config.yaml ]; ok $? "its folder is whole"
es fixed-points $bt gamma=1 s0=1 --dry-run; ok $rc "fixed-points --dry-run" "$err"
grep -q '^model:' <<<"$out"; ok $? "prints the settings" "$out"
es fixed-points nothing; expect "fixed-points of no model" 2 "no such model"
es fixed-points $bt; expect "fixed-points without gamma or d" 2 "model.d"
es fixed-points $bt gamma=1 s0=1 -o fixed; expect "an existing folder" 2 "fixed: exists"

# predict into a folder; plot has nothing to draw there.
es predict $bt gamma=1,0.5 s0=1e-3,1e-3 lr=0.01 -o predicted --quiet; ok $rc "predict -o" "$err"
same "nothing on standard output" "$out" ""
same "its table" "$(head -1 predicted/table.csv)" "mode,gamma,s0,s_final,tau,half_time,steps"
[ -s predicted/run.json ] && [ -s predicted/config.yaml ]; ok $? "settings and record"
es predict $bt gamma=1,0.5 s0=1e-3,1e-3 --dry-run; ok $rc "predict --dry-run" "$err"
es plot predicted; expect "nothing to draw" 3 "no figure's script"
es plot predicted --force; expect "an option plot has not" 2 "not an option"
es plot; expect "plot without a folder" 2 "DIR is missing"

# Options.
es predict $bt gamma=1 s0=1e-3 --csv=a.csv; ok $rc "--csv=FILE" "$err"
[ -s a.csv ]; ok $? "is --csv FILE"
es predict $bt gamma=1 s0=1e-3 --quiet=yes; expect "an option takes no value" 2 "takes no value"
es predict $bt gamma=1 s0=1e-3 --csv=; expect "an empty value" 2 "empty"
es predict $bt gamma=1 s0=1e-3 --seed x; expect "a seed is a number" 2 "seed.*whole number"
es predict $bt gamma=1 s0=1e-3 --threads 9999; expect "too many threads" 2 "threads.*4096"
es predict $bt gamma=1 s0=1e-3 --zzzzzzzz; expect "an option like no other" 2 "no such option$"
es zzzzzzzz; expect "a command like no other" 2 "eigenstep --help"
es flow zzzzzzzzzzzz gamma=1; expect "a model like no other" 2 "list models"
es doctor more; expect "doctor takes no words" 2 "no settings"
es flow $bt gamma=1 s0=1e-3 t=1 --csv both.csv -o both --quiet; ok $rc "--csv and -o together" "$err"
cmp -s both.csv both/trace.csv; ok $? "give the same table"
es flow $bt gamma=1 s0=1e-3 t=1 --csv same/trace.csv -o same --quiet; expect "one file twice" 3 "same/trace.csv"
[ ! -e same ]; ok $? "leaves nothing" "$(ls same 2>&1)"
es flow $bt gamma=1 s0=1e-3 t=1 output.embeddings=5; expect "embeddings without data" 2 "output.embeddings.*data"
es flow $bt gamma=1 s0=1e-3 --dry-run -o dry method=gd lr=0.01; ok $rc "flow --dry-run" "$err"
[ ! -e dry ] && grep -q '^# time.*steps' <<<"$out"; ok $? "writes nothing" "$out"
es flow $bt gamma=1 'W0=[[0.001]]' t=1 --dry-run
grep -q '^# time: .*right-hand side' <<<"$out"; ok $? "a stepper's time is told by its right-hand side" "$out"
es flow $bt gamma=1 s0=1e-3 t=1 --json --quiet -o json; ok $rc "--json and -o" "$err"
close "rows in the summary" "$(number rows <<<"$out")" 1 0

# Folders that cannot be: nothing is left.
es flow $bt gamma=1 s0=1e-3 t=1 -o /proc/none/x; expect "unwritable folder" 3 "/proc/none"
es fixed-points $bt gamma=1 s0=1e-3 -o /proc/none/x --quiet; expect "unwritable folder, fixed-points" 3 "/proc/none"
es predict $bt gamma=1 s0=1e-3 -o /proc/none/x --quiet; expect "unwritable folder, predict" 3 "/proc/none"
mkdir taken taken/trace.csv
es flow $bt gamma=1 s0=1e-3 t=1 -o taken --force --quiet; expect "a folder in the table's place" 3 "taken/trace.csv"
rmdir taken/trace.csv
mkdir taken/run.json
es flow $bt gamma=1 s0=1e-3 t=1 -o taken --force --quiet; expect "a folder in the record's place" 3 "taken/run.json"
same "no part files" "$(find . -name '*.part')" ""

# Streams: data on standard output; what cannot be written is an error.
streams() { "$program" "$@" 2>.err </dev/null; rc=$?; err=$(cat .err); }
for words in "flow $bt gamma=1 s0=1e-3 t=1" "predict $bt gamma=1 s0=1e-3 --json" "list keys" "--help" "doctor"; do
  streams $words >/dev/full; expect "a full device: $words" 3 ""
  streams $words >&-; expect "closed standard output: $words" 3 ""
done
streams flow $bt gamma=1 s0=1e-3 t=1 -o closed --quiet >&-; ok $rc "-o needs no standard output" "$err"
cmp -s closed/trace.csv both/trace.csv; ok $? "its table is whole"
streams flow $bt gamma=1 s0=1e-3 t=1 --json -o closed2 --quiet >&-; expect "--json does" 3 "standard output"
cmp -s closed2/trace.csv both/trace.csv; ok $? "and no file holds it" "$(cat closed2/trace.csv)"
"$program" flow $bt gamma=1 s0=1e-3 t=1 -o closed3 >&- 2>&- <&-; ok $? "without any stream"
cmp -s closed3/trace.csv both/trace.csv; ok $? "the table is whole"

# Threads: the same rows to the last bit for one number of threads, to rounding
# for another (OpenBLAS splits its sums by thread).
for n in 1 2 2; do
  [ -e threads2.csv ] && mv threads2.csv before.csv
  es flow $bt data.n=150 data.center=on d=5 init=gaussian init_scale=1e-4 t=0.1,1,5 \
    --threads $n --quiet --csv threads$n.csv
  ok $rc "--threads $n" "$err"
done
cmp -s before.csv threads2.csv; ok $? "two threads give the same rows again"
/usr/bin/python3 -c 'import csv, math
a, b = [[list(map(float, r)) for r in list(csv.reader(open(f)))[1:]] for f in ("threads1.csv", "threads2.csv")]
assert len(a) == len(b) == 3
worst = max(abs(x - y) / (abs(x) + 1e-6) for r, s in zip(a, b) for x, y in zip(r[:13], s[:13]))
assert worst < 1e-6, worst' 2>.err
ok $? "one and two threads agree" "$(cat .err)"

# An interruption: exit 5, whole files, and --resume does the stage again.
interrupt() { # log, words…: SIGINT once rows are being written
  local part=$1; shift
  "$program" "$@" >/dev/null 2>.err &
  local pid=$!
  for _ in $(seq 200); do [ -e "$part" ] && break; sleep 0.05; done
  sleep 0.2; kill -INT $pid; wait $pid; rc=$?; err=$(cat .err)
}
long="gamma=1 W0=[[0.001]] method=gd lr=1e-9 t=0,1e-8,5"
interrupt stopped/trace.csv.part flow $bt $long -o stopped --quiet
expect "SIGINT" 5 "interrupted"
same "no part files" "$(find stopped -name '*.part')" ""
[ "$(wc -l <stopped/trace.csv)" -ge 3 ] && [ -s stopped/run.json ]; ok $? "rows and record are kept"
same "the figure is not drawn" "$(find stopped -name '*.svg')" ""
cat >long.yaml <<EOF
experiment: {title: x}
stages:
  - {name: a, command: flow, target: $bt, plot: none, model: {gamma: [1], W0: [[0.001]], lr: 1e-9}, solver: {method: gd}, time: {t: [0, 1e-8, 5]}}
sizes: {short: {a: {model: {lr: 0.01}}}}
EOF
interrupt out/long/a/trace.csv.part run long.yaml --quiet
expect "SIGINT during an experiment" 5 "interrupted"
[ ! -e out/long/index.html ]; ok $? "no page of half a run"
es run long.yaml --resume --quiet --size short; ok $rc "--resume does the stage again" "$err"
close "to its end" "$(tail -1 out/long/a/trace.csv | cut -d, -f1)" 5 1e-12

# Where the program's own files are.
EIGENSTEP_DATADIR=$work es list experiments; expect "an empty EIGENSTEP_DATADIR" 3 "experiments"
EIGENSTEP_DATADIR=$work es doctor; ok $rc "doctor says it" "$err"
grep -q "^MISSING *plots *set EIGENSTEP_DATADIR" <<<"$out"; ok $? "plots are missing" "$out"
EIGENSTEP_DATADIR=$work es flow $bt gamma=1 s0=1e-3 -o noshare --quiet; expect "no scripts for a figure" 3 "plots"
[ -s noshare/trace.csv ] && [ -s noshare/run.json ]; ok $? "the data are whole"
EIGENSTEP_DATADIR=$work es run long.yaml --size short -o noshare2 --quiet; ok $rc "an experiment by path needs none" "$err"
mkdir -p prefix/bin prefix/share/eigenstep/plots prefix/share/eigenstep/experiments beside
cp "$program" prefix/bin/eigenstep
cp "$root"/plots/*.gp prefix/share/eigenstep/plots
cp long.yaml prefix/share/eigenstep/experiments/mine.yaml
installed() { (unset EIGENSTEP_DATADIR; cd beside && ../prefix/bin/eigenstep "$@") >.out 2>.err; rc=$?; out=$(cat .out) err=$(cat .err); }
installed list experiments; same "under its prefix" "$out" "mine"
installed flow $bt gamma=1 s0=1e-3 -o drawn --quiet; ok $rc "draws from another folder" "$err"
[ -s beside/drawn/staircase.svg ]; ok $? "into that folder"
installed run mine --size short --quiet; ok $rc "runs an installed experiment by name" "$err"
[ -s beside/out/mine/index.html ]; ok $? "into out/NAME of that folder"
mkdir prefix/bin/experiments; cp long.yaml prefix/bin/experiments/near.yaml
installed list experiments; same "what is beside the program comes first" "$out" "near"
es run sub/none; expect "a path that is not there" 3 "sub/none"
es run 'no/such name'; expect "another" 3 "no/such name"
finish
