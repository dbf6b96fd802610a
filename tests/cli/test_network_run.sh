# Trainings as stages of an experiment: repeated over seeds, laid over by theory,
# resumed, edited.
. tests/cli/lib.sh

experiment() { # seeds, steps
  cat >e.yaml <<YAML
experiment:
  title: "two seeds"
  criterion: ["max value in over/agreement.csv where metric is runs >= 1"]
stages:
  - name: net
    command: train
    target: barlow-covariance
    plot: none
    each: {train.seed: [$1], train.lr: [0.02]}
    data: {n: 64, size: 8, pairs: fixed}
    net: {arch: linear, init_scale: 1e-2}
    method: {dim: 3}
    train: {batch: 64, eval_n: 64, steps: $2, log_every: 4, checkpoint_every: 8, predict: conjugate}
  - {name: over, command: overlay, target: net, needs: [net], plot: none}
YAML
}
runs() { sed -n 's/^runs,\([0-9]*\),.*/\1/p' out/over/agreement.csv; }

experiment 0,1,2 20
es run e.yaml -o out --threads 1; ok $rc "three seeds and their overlay" "$err"
same "the overlay has them all" "$(runs)" 3
grep -q 'runs.*,3,3,3,holds' out/verdict.csv; ok $? "a criterion selects a metric by its name" "$(cat out/verdict.csv)"
same "a setting that is also a figure has one column" "$(head -1 out/net/table.csv | cut -d, -f1-6)" "seed,lr,status,loss_end,steps,gamma_1"
before=$(cksum out/net/00?/trace.csv)
es run e.yaml -o out --resume --threads 1; ok $rc "--resume" "$err"
same "keeps what was done" "$(cksum out/net/00?/trace.csv)" "$before"
same "and the overlay" "$(runs)" 3

# One run loses its record, as a kill would have it: it goes on from its end.
rm out/net/001/run.json
es run e.yaml -o out --resume --threads 1; ok $rc "--resume of a stage that was begun" "$err"
same "goes on in it" "$(cksum out/net/00?/trace.csv)" "$before"

experiment 0,1 20
es run e.yaml -o out --force --threads 1; ok $rc "with a seed less" "$err"
same "the third of before is none of them" "$(runs)" 2

experiment 0,1 24
es run e.yaml -o out --resume --threads 1; ok $rc "an edited stage is made again" "$err"
same "to its new end" "$(tail -n 1 out/net/000/trace.csv | cut -d, -f2)" 24

rm out/net/001/trace.csv
es overlay out/net -o lost; expect "a run without a trace is named" 3 "net/001/trace.csv"
[ ! -e lost/overlay.csv ]; ok $? "and nothing is written"

sed -i 's/target: net,/target: nothing,/' e.yaml
es run e.yaml -o other; expect "a stage that reads no stage" 2 "e.yaml.*no stage before.*nothing"

cp -r out/net/000 a; cp -r out/net/000 b
es overlay a b; ok $rc "two runs into out/overlay" "$err"
es overlay a b; expect "which is not written over" 2 "out/overlay: exists already"
es overlay a b ./a -o thrice; expect "one run given twice" 2 "./a: .*twice"
# What did not end well is none of a stage's runs.
mkdir some; cp -r out/net/000 b some; mv some/b some/001
printf 'seed,status\n0,0\n1,1\n' >some/table.csv
es overlay some -o one; ok $rc "a stage of which a run failed" "$err"
same "is laid over without it" "$(sed -n 's/^runs,\([0-9]*\),.*/\1/p' one/agreement.csv)" 1
grep -q 'some/001: .*exit 1' <<<"$err"; ok $? "which is said" "$err"
mkdir none; head -1 out/net/table.csv >none/table.csv
es overlay none -o lost; expect "a stage of no runs" 3 "none/table.csv"
[ ! -e thrice ] && [ ! -e lost ]; ok $? "and nothing is written"
finish
