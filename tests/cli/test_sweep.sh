# Sweeps: the table and its order, the same bytes from threads, shards and ranks,
# what is refused, and what a merge proves.
. tests/cli/lib.sh
asan=0; [ "${ES_CFG:-release}" = asan ] && asan=1

em="sweep byol-eigenmode p0=0.1 s0=0.2"
bt="sweep barlow-twins gamma=1,0.5 s0=1e-3,1e-3 d=2"
grid="$em sweep.eta=log:1e-3:1:13 sweep.alpha_p=0.1,1,10 method=tsit5 rtol=1e-6"

# The table.
es $em sweep.eta=0.01,0.5 sweep.alpha_p=1,4,2
same "header" "$(head -1 <<<"$out")" eta,alpha_p,outcome,p_1,s_1,tau_1,t_settle,steps,status
same "the last axis is the fastest, values as given" "$(tail -n +2 <<<"$out" | cut -d, -f1,2 | tr '\n' ' ')" \
  "0.01,1 0.01,4 0.01,2 0.5,1 0.5,4 0.5,2 "
same "beyond eta_max = 1/(4 1.09) all collapse" "$(tail -n 3 <<<"$out" | cut -d, -f3 | sort -u)" collapsed
# p+ = (1 + (1 - 4 1.09 eta)^(1/2))/(2 1.09), s = p^2/alpha (theory.md 4)
close "the limit of p" "$(cell 2 p_1 <<<"$out")" "$(awk 'BEGIN { printf "%.17g", (1 + sqrt(1 - 4.36 * .01)) / 2.18 }')" 1e-14
close "the limit of s" "$(cell 2 s_1 <<<"$out")" "$(awk 'BEGIN { p = (1 + sqrt(1 - 4.36 * .01)) / 2.18; printf "%.17g", p * p / 4 }')" 1e-14
es flow byol-eigenmode p0=0.1 s0=0.2 eta=0.01 alpha_p=4 t=0,3 rtol=1e-11; flow=$out
es $em sweep.eta=0.01 alpha_p=4 t_end=3 rtol=1e-11
close "p at t_end is the flow's" "$(cell 1 p_1 <<<"$out")" "$(cell 2 p_1 <<<"$flow")" 1e-9
es $bt sweep.t_end=2,9; swept=$out
es flow barlow-twins gamma=1,0.5 s0=1e-3,1e-3 d=2 t=0,2,9
for k in 1 2; do
  same "closed form at t_end, row $k" "$(cell $k lambda_2 <<<"$swept")" "$(cell $((k + 1)) lambda_2 <<<"$out")"
done
same "a model without a fate stays undecided" "$(cell 2 outcome <<<"$swept")" undecided

# What rests outside any region that is known ends there, undecided, on lanes and
# cell by cell. eta_p != eta_s: p (1 - 1.09 p) = eta_s, s = eta_p p^2/eta_s.
rest="sweep byol-eigenmode p0=0.5 s0=0.1 eta_p=0.02 sweep.eta_s=0.01"
for method in auto tsit5; do
  es $rest solver.method=$method rtol=1e-10
  same "rest, $method" "$rc $(cell 1 outcome <<<"$out") $(cell 1 status <<<"$out")" "0 undecided 0"
  close "p at rest, $method" "$(cell 1 p_1 <<<"$out")" "$(awk 'BEGIN { printf "%.17g", (1 + sqrt(1 - 4.36 * .01)) / 2.18 }')" 1e-9
  close "s at rest, $method" "$(cell 1 s_1 <<<"$out")" "$(awk 'BEGIN { p = (1 + sqrt(1 - 4.36 * .01)) / 2.18; printf "%.17g", 2 * p * p }')" 1e-9
done
es sweep byol "X=[[1,.3],[.3,.8]]" "Xp=[[.2,0],[0,.1]]" n2=2 init_scale=.5 sweep.seed=1,2,3 max_steps=20000
same "matrices that survive end" "$rc $(tail -n +2 <<<"$out" | awk -F, '{ print $2, $NF }' | sort -u)" "0 undecided 0"

# Settings: YAML in its order, words in theirs, one value more than once.
cat >two.yaml <<'YAML'
model: {p0: 0.1, s0: 0.2}
sweep: {eta: "log:1e-3:1:3", alpha_p: [1, 2]}
YAML
sed -i 's/"log:1e-3:1:3"/log:1e-3:1:3/' two.yaml
es sweep byol-eigenmode --config two.yaml; same "axes of a file" "$(head -1 <<<"$out" | cut -d, -f1,2)" eta,alpha_p
same "cells of a file" "$(wc -l <<<"$out")" 7
es sweep byol-eigenmode --config two.yaml sweep.beta=0.1,0.4 sweep.eta=0.3
same "a word adds an axis behind, and changes one in its place" "$(sed -n '1p;3p' <<<"$out" | cut -d, -f1-3 | tr '\n' ' ')" \
  "eta,alpha_p,beta 0.29999999999999999,1,0.40000000000000002 "
es sweep byol-eigenmode --config two.yaml -o kept; es sweep byol-eigenmode --config kept/config.yaml
same "config.yaml gives the same table" "$out" "$(cat kept/sweep.csv)"
es $bt sweep.seed=0,1,2 t_end=1 init=gaussian; expect "gaussian beside s0" 2 "model"
es sweep barlow-twins gamma=1,0.5 d=2 init=gaussian init_scale=1e-2 t_end=3 sweep.seed=0,1
[ "$(cell 1 lambda_1 <<<"$out")" != "$(cell 2 lambda_1 <<<"$out")" ]; ok $? "the seed is an axis" "$out"

# Refusals: one line.
es $em sweep.bta=0.1,0.2; expect "no such axis" 2 "sweep\.bta.*did you mean sweep\."
es $em sweep.eta=0.1,-0.2; expect "an axis out of range" 2 "sweep\.eta=0\.1,-0\.2: entry 2, -0\.2, is out of range"
es $em sweep.ema=on,off sweep.eta=0.02,0.03 tau0=0.5
same "words are axes" "$(tail -n +2 <<<"$out" | cut -d, -f1,2 | tr '\n' ' ')" \
  "on,0.02 on,0.029999999999999999 off,0.02 off,0.029999999999999999 "
es $em ema=off sweep.eta=0.02,0.03 tau0=0.5; same "and set the choice" "$(tail -2 <<<"$out" | cut -d, -f2-)" \
  "$(es $em sweep.ema=off sweep.eta=0.02,0.03 tau0=0.5; tail -2 <<<"$out" | cut -d, -f3-)"
words=$(es $em sweep.ema=on,off sweep.eta=0.02 tau0=0.5; echo "$out")
es $em $'sweep.ema= on ,off\t' sweep.eta=0.02 tau0=0.5; same "blanks around words" "$out" "$words"
es $em sweep.ema=on,$(printf 'off%.0s' {1..20}); expect "a long word is cut" 2 "(off){13}o is none of them"
es $em sweep.ema=on,of; expect "a word that is none" 2 "sweep\.ema=on,of: of is none of them; accepts some of off\|on"
es $em sweep.alpha_p=1,x; expect "an axis of words" 2 "sweep\.alpha_p=1,x: entry 2, x, is not a finite number"
es $em; expect "no axis" 2 "sweep: no axis"
es $bt sweep.nu=1,2; expect "no end and no fate" 2 "time\.t_end"
es sweep byol-eigenmode s0=0.2 sweep.eta=0.1,0.2; expect "no start" 2 "model\.p0"
es $bt sweep.d=1,1.5 t_end=1; expect "half a size" 2 "model\.d=1\.5: not a whole number"
es sweep byol-eigenmod sweep.eta=1; expect "no such model" 2 "did you mean byol-eigenmode"
es $em sweep.eta=1 --shard 3/2; expect "beyond the last shard" 2 "shard 3/2"
es $em sweep.eta=1 --shard 0/2; expect "before the first shard" 2 "shard 0/2"
for shard in half 1 /2 1/ x/2 1/x 1/2/3 1/1073741825; do
  es $em sweep.eta=1 --shard $shard; expect "no shard: $shard" 2 "shard $shard: .*I/N"
done
es $em sweep.eta=1 --resume; expect "resume of standard output" 2 "resume"
es $em sweep.eta=1 -o x --resume --csv y.csv; expect "resume beside --csv" 2 "csv"
es $em sweep.eta=lin:0:1:4000 sweep.beta=lin:0.1:1:4000; expect "10^7 rows on standard output" 2 "16000000 cells.*HDF5.*-o DIR"
es $em sweep.eta=1 -o x --csv none/y.csv; expect "a table that cannot be begun" 3 "none/y.csv"
[ ! -e x ]; ok $? "leaves no folder" "$(ls x 2>&1)"
es $em other sweep.eta=1; expect "two models" 2 "other"
es flow byol-eigenmode --strict; expect "strict is not flow's" 2 "strict"
es $em sweep.eta=lin:0.1:1:100000 sweep.beta=lin:0.1:1:100000 sweep.p0=lin:0:1:1000000 sweep.s0=lin:0:1:1000
expect "more cells than numbers" 2 "sweep\.p0.*2\^53"

# A cell that fails is a row; --strict says so at the end.
bad="$bt t_end=1 sweep.d=2,1,3"
es $bad; [ "$rc" = 0 ] && grep -q "2 of 3 cells failed" <<<"$err"; ok $? "a bad cell is a row" "$rc $err"
same "a bad cell has its status" "$(tail -1 <<<"$out" | awk -F, '{ print $2, ($NF > 0) }')" "undecided 1"
es $bad --strict; same "strict exits 1" "$rc" 1
same "strict writes all rows" "$(wc -l <<<"$out")" 4
es sweep barlow-twins gamma=1,0.5 init=gaussian t_end=1 sweep.d=1,2
same "a cell with other columns" "$rc $(tail -1 <<<"$out" | cut -d, -f1-3)" "0 2,undecided,nan"
es sweep barlow-twins gamma=1 s0=1e-3 d=3 t_end=1 sweep.nu=1,2; expect "all cells bad" 2 "model\.d"
es $em sweep.eta=0.01,0.02 t_end=100 max_steps=5 method=tsit5
same "a budget is a cell's" "$rc $(cut -d, -f7 <<<"$out" | tr '\n' ' ')" "0 steps 5 5 "

# The same bytes from threads, shards and ranks.
es $grid --threads 1 -o whole; same "a grid is swept" "$rc $(wc -l <whole/sweep.csv)" "0 40"
es $grid --threads 2; same "two threads" "$out" "$(cat whole/sweep.csv)"
es $grid --csv copy.csv; cmp -s copy.csv whole/sweep.csv; ok $? "--csv FILE"
differ=""
for n in 1 2 3 5 7; do
  for i in $(seq $n); do es $grid --shard $i/$n -o shards$n || differ="$differ $i/$n: $err"; done
  es sweep --merge shards$n; [ "$rc" = 0 ] || differ="$differ $n: $err"
  cmp -s shards$n/sweep.csv whole/sweep.csv || differ="$differ $n differ"
  cmp -s shards$n/config.yaml whole/config.yaml || differ="$differ $n settings"
done
[ -z "$differ" ]; ok $? "1 to 7 shards in one folder" "$differ"
# Lanes, which the method above is not for.
lanes="$em sweep.eta=log:1e-3:1:29 sweep.alpha_p=log:0.1:10:31 sweep.beta=0.1,0.4"
es $lanes --threads 1 -o laned; differ=""
for words in "--threads 2" "solver.simd=none" "method=auto --threads 2"; do
  es $lanes $words; [ "$out" = "$(cat laned/sweep.csv)" ] || differ="$differ $words"
done
for i in 1 2 3 4 5; do es $lanes --shard $i/5 -o parts; done
es sweep --merge parts; cmp -s parts/sweep.csv laned/sweep.csv || differ="$differ shards"
[ -z "$differ" ]; ok $? "lanes, whatever the vectors, threads and shards" "$differ"
es $lanes method=dop853
same "and their outcomes are the solver's" "$(cut -d, -f1-4 <<<"$out" | cksum)" "$(cut -d, -f1-4 laned/sweep.csv | cksum)"
for i in 1 2; do es $grid --shard $i/2 -o apart$i; done
es sweep --merge apart1 apart2 -o together --json
cmp -s together/sweep.csv whole/sweep.csv; ok $? "shards in two folders" "$err"
same "the summary of a merge" "$(grep -oE '"(cells|failed)":\s*[0-9]+' <<<"$out" | tr -d '\t' | tr '\n' ' ')" '"cells":39 "failed":0 '
es $grid --shard 2/3; same "a shard on standard output" "$(tail -n +2 <<<"$out")" "$(sed -n '15,27p' whole/sweep.csv)"
export SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_COUNT=3
es $grid --shard slurm; same "a task of a job array" "$(tail -n +2 <<<"$out")" "$(sed -n '28,40p' whole/sweep.csv)"
SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_STEP=2 es $grid --shard slurm
same "an array with steps" "$(tail -n +2 <<<"$out")" "$(sed -n '28,40p' whole/sweep.csv)"
SLURM_ARRAY_TASK_ID=8 es $grid --shard slurm; expect "a task that is none of the array" 2 "task 8"
SLURM_ARRAY_TASK_ID=4 es $grid --shard slurm; expect "a task before the array" 2 "task 4 is none of 3 from 5"
SLURM_ARRAY_TASK_STEP=0 es $grid --shard slurm; expect "an array without steps" 2 "in steps of 0"
SLURM_ARRAY_TASK_STEP=4 es $grid --shard slurm; expect "a task between steps" 2 "task 7 is none of 3 from 5 on in steps of 4"
SLURM_ARRAY_TASK_COUNT=1073741825 es $grid --shard slurm; expect "an array of too many" 2 "none of 1073741825"
SLURM_ARRAY_TASK_COUNT=3x es $grid --shard slurm; expect "an array of no number" 2 "COUNT=3x is not a whole number"
unset SLURM_ARRAY_TASK_COUNT; es $grid --shard slurm; expect "no job array" 2 "SLURM_ARRAY_TASK_COUNT is not set"
unset SLURM_ARRAY_TASK_MIN; es $grid --shard slurm; expect "nor its beginning" 2 "SLURM_ARRAY_TASK_MIN is not set"
unset SLURM_ARRAY_TASK_ID; es $grid --shard slurm; expect "nor a task" 2 "SLURM_ARRAY_TASK_ID is not set"

# What a merge refuses, and that nothing is left of it.
es sweep --merge; expect "a merge of nothing" 2 "sweep: a folder of shards is missing"
es sweep --merge shards3; expect "a table that is there" 2 "shards3/sweep.csv: exists"
es sweep --merge shards3 --force; same "unless forced" "$rc" 0
fresh() { rm -rf m out; cp -r shards3 m; rm m/sweep.csv m/run.json; }
merged() { es sweep --merge m -o out; expect "$1" 3 "$2"; [ ! -e out ]; ok $? "$1: nothing is left" "$(ls out 2>&1)"; }
fresh; rm m/sweep-2-of-3.csv; merged "a missing shard" "shard 2/3 is missing: cells 14 to 26 of 39"
fresh; cp m/sweep-2-of-3.csv m/sweep-3-of-3.csv; merged "a shard in another's place" "cells 27 to 39 of 39"
fresh; head -c -9 shards3/sweep-3-of-3.csv >m/sweep-3-of-3.csv; merged "a shard cut short" "cells 39 to 39 of 39"
fresh; head -3 shards3/sweep-3-of-3.csv >m/sweep-3-of-3.csv; merged "a shard of few rows" "cells 29 to 39 of 39"
fresh; cp shards2/sweep-1-of-2.csv m; merged "a shard of another division" "is of another division"
fresh; sed -i 's/rtol: 1e-06/rtol: 1e-07/' m/config.yaml; cp -r shards3 n; rm -f n/sweep.csv
es sweep --merge m n -o out; expect "other settings" 3 "n/config.yaml: other settings"
fresh; es sweep --merge m m -o out; expect "a folder twice" 3 "twice"
fresh; rm m/run-*; merged "no record of a shard" "no record"
fresh; echo "sweep: [" >m/config.yaml; merged "settings that are none" "m/config.yaml"
es sweep --merge none -o out; expect "no folder" 3 "none"
es sweep --merge m eta=0.1; expect "settings in a merge" 2 "merge"

# A folder: settings, record, and whose it is.
es $grid -o whole; expect "an existing folder" 2 "whole: exists"
es $grid -o whole --resume; same "resume of what is whole" "$rc" 0
es $grid rtol=1e-5 -o whole --resume; expect "resume with other settings" 2 "whole/config.yaml: made with other settings: 'rtol: 1e-06' there, 'rtol: 1e-05' now"
es $grid rtol=1e-5 --shard 1/4 -o shards3; expect "a shard with other settings" 2 "shards3/config.yaml"
es $grid --shard 1/3 -o shards3; expect "a shard that is there" 2 "sweep-1-of-3.csv: exists"
es $grid --shard 1/3 -o shards3 --force; same "unless forced" "$rc" 0
same "what is in a folder" "$(ls whole | tr '\n' ' ')" "config.yaml run.json sweep.csv "
grep -q '"cells":	39' whole/run.json; ok $? "the record counts cells"
es $grid --json; grep -q '"stable":	[1-9]' <<<"$out" && grep -q '"cells_per_second":	[1-9]' <<<"$out"; ok $? "--json" "$out"
es $grid --dry-run; grep -q "^# cells: 39" <<<"$out" && grep -q "CSV" <<<"$out" && grep -q "^# time:" <<<"$out"; ok $? "--dry-run" "$out"
es $em sweep.eta=lin:0:1:4000 sweep.beta=lin:0.1:1:4000 --dry-run
grep -q "16000000 as HDF5" <<<"$out"; ok $? "a dry run of many cells" "$err"
es sweep byol-eigenmode --help; grep -q "sweep.KEY" <<<"$out" && grep -q -- "--shard" <<<"$out"; ok $? "help tells of axes"

# As a stage.
cat >e.yaml <<'YAML'
experiment: {title: t, source: s, claim: c}
stages:
  - {name: map, command: sweep, target: byol-eigenmode,
     model: {p0: 0.1, s0: 0.2}, solver: {method: tsit5, rtol: 1e-6},
     sweep: {eta: log:1e-3:1:13, alpha_p: [0.1, 1, 10]}}
sizes: {small: {map: {sweep: {eta: [0.1, 0.2]}}}}
YAML
es run ./e.yaml -o e; cmp -s e/map/sweep.csv whole/sweep.csv; ok $? "a stage" "$rc $err"
es run ./e.yaml -o s --size small; same "a size changes an axis in its place" "$(sed -n 2p s/map/sweep.csv | cut -d, -f1,2) $(wc -l <s/map/sweep.csv)" "0.10000000000000001,0.10000000000000001 7"
es run ./e.yaml -o e --size small --resume; cmp -s e/map/sweep.csv s/map/sweep.csv; ok $? "a stage with other settings is made again" "$rc $err"

# The disk.
(ulimit -f 2; "$program" $grid -o full >.out2 2>.err2; echo $? >.rc2)
rc=$(cat .rc2) err=$(grep -v '^libgcov\|^profiling' .err2); expect "a full disk" 3 "sweep.csv.*cannot be written"
[ ! -e full/sweep.csv ] && [ -e full/sweep.csv.part ]; ok $? "what was written stays for --resume" "$(ls full)"
es $grid -o full --resume; cmp -s full/sweep.csv whole/sweep.csv; ok $? "and is gone on with" "$err"

# 8 10^12 rows of 66 bytes.
es sweep byol-eigenmode p0=0.1 sweep.s0=lin:0.1:1:20000 sweep.eta=lin:0.1:1:20000 \
  sweep.alpha_p=lin:0.1:1:20000 -o huge
expect "a table that the disk has no room for" 3 "huge/sweep.h5: cannot be written: it needs 5.*e\+05 GB, and .* GB are free"
[ ! -e huge ]; ok $? "is refused before it grows, and leaves no folder" "$(ls huge 2>&1)"

# MPI. Its own leaks are not ours.
ranks() { # ranks, words…
  local n=$1; shift
  ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 OMPI_ALLOW_RUN_AS_ROOT=1 \
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 timeout 60 mpirun --oversubscribe -n "$n" \
    "$program" "$@" >.out 2>.err </dev/null
  rc=$? out=$(cat .out) err=$(grep '^eigenstep' .err)
}
if ! command -v mpirun >/dev/null || "$program" doctor | grep -q "MPI *not built in"; then
  skip "ranks" "no mpirun, or MPI is not built in"
else
  for n in 1 2 3; do ranks $n $grid; same "$n ranks" "$rc $out" "0 $(cat whole/sweep.csv)"; done
  ranks 2 $lanes --threads 2; same "lanes over ranks" "$rc $(cksum <<<"$out")" "0 $(cksum <laned/sweep.csv)"
  ranks 2 $grid --shard 2/3 --threads 2; same "a shard over ranks" "$(tail -n +2 <<<"$out")" "$(sed -n '15,27p' whole/sweep.csv)"
  ranks 2 $grid -o ranked; cmp -s ranked/sweep.csv whole/sweep.csv; ok $? "ranks into a folder" "$rc $err"
  ranks 2 $grid -o ranked; expect "ranks and an existing folder" 2 "ranked: exists"
  ranks 2 $grid sweep.x=1; expect "ranks and a bad axis" 2 "sweep\.x"
  ranks 2 $bad --strict; same "ranks and --strict" "$rc $(wc -l <<<"$out")" "1 4"
  head -c 1000 whole/sweep.csv >ranked/sweep.csv.part; rm ranked/sweep.csv
  ranks 2 $grid -o ranked --resume; cmp -s ranked/sweep.csv whole/sweep.csv; ok $? "ranks go on" "$rc $err"
  ranks 2 basin byol-eigenmode box.p0=0,1 box.s0=0,1 samples=500; ranked=$out
  es basin byol-eigenmode box.p0=0,1 box.s0=0,1 samples=500; same "a basin over ranks" "$ranked" "$out"
fi
finish
