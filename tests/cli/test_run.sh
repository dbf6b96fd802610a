# eigenstep run: stages, needs, each, sizes, resume, verdicts, the page; and
# every malformed experiment, refused with its place before anything is written.
. tests/cli/lib.sh

flow='command: flow, target: barlow-twins'
small='model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}, time: {t_end: 5, n: 20}'
good() {
  cat <<EOF
experiment:
  title: "Two <modes> & 'quotes'"
  source: "a test"
  claim: "both are learned"
  criterion:
    - "max |relative_error| in one/steps.csv where gap > 0.1 < 1e-5"
    - "count s0 in three/table.csv >= 5"
    - "max relative_error in one/steps.csv where gap > 2 < 1"
stages:
  - {name: one, $flow, plot: staircase, $small, solver: {method: dop853}}
  - {name: two, command: predict, target: barlow-twins, needs: [one], plot: descent, model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}}
  - {name: three, command: fixed-points, target: barlow-twins, needs: [one, two], model: {gamma: [1, 0.5], s0: [1e-3, 1e-3]}}
sizes:
  large: {one: {time: {n: 40}}}
EOF
}
good | sed 's/count s0 in three/count s in three/' >good.yaml

es run good.yaml
ok $rc "a whole experiment" "$err"
same "nothing on standard output" "$out" ""
grep -q "see out/good/index.html" <<<"$err"; ok $? "it says where the page is" "$err"
for file in index.html verdict.csv one/trace.csv one/steps.csv one/config.yaml \
  one/run.json one/staircase.gp one/staircase.svg two/table.csv three/table.csv; do
  [ -s out/good/$file ]; ok $? "out/good/$file is there"
done
same "no part files" "$(find out -name '*.part')" ""
verdict() { /usr/bin/python3 -c 'import csv, sys
rows = list(csv.DictReader(open(sys.argv[1]))); print(" ".join(r["verdict"] for r in rows))' "$1"; }
same "verdicts" "$(verdict out/good/verdict.csv)" "holds fails inconclusive"
grep -q "^eigenstep: fails: count s in" <<<"$err"; ok $? "verdicts are said" "$err"
grep -q "Two &lt;modes&gt; &amp; 'quotes'" out/good/index.html &&
  grep -q 'src="data:image/svg+xml;base64,PD94bW' out/good/index.html &&
  grep -q '<a href="three/table.csv">' out/good/index.html
ok $? "the page shows title, figure and tables"
got=$(/usr/bin/python3 "$root/tests/page.py" out/good/index.html); ok $? "it is sound and stands alone" "$got"
grep -q "title_text = 'Two <modes> & '" out/good/one/staircase.gp
ok $? "the experiment's title is on the figure"
close "exit code in run.json" "$(/usr/bin/python3 -c 'import json; print(json.load(open("out/good/one/run.json"))["exit_code"])')" 0 0

es run good.yaml; expect "an existing folder" 2 "out/good: exists already"
es run good.yaml --force --quiet; ok $rc "--force" "$err"
same "--quiet is quiet" "$err" ""
cp -r out/good bare
sed 's/plot: staircase/plot: none/' good.yaml >bare.yaml
es run bare.yaml -o bare --force --quiet; ok $rc "--force, and no figure" "$err"
same "shows none of before" "$(find bare -name 'staircase.*'; grep -c '<figure>' bare/index.html)" 0
es run good.yaml --size large -o large; ok $rc "--size" "$err"
same "rows of the preset" "$(wc -l <large/one/trace.csv)" 41
same "and without it" "$(wc -l <out/good/one/trace.csv)" 21
es run "$PWD/good.yaml" -o elsewhere/deep --quiet; ok $rc "by absolute path" "$err"
cmp -s elsewhere/deep/one/trace.csv out/good/one/trace.csv
ok $? "gives the same rows"

# --resume keeps what ended well and does the rest.
touch -d 2001-01-01 out/good/*/*
rm out/good/two/run.json out/good/three/table.csv out/good/index.html
sed -i 's/"exit_code": *0/"exit_code": 5/; s/"exit_code":\t0/"exit_code":\t5/' out/good/three/run.json
es run good.yaml --resume; ok $rc "--resume" "$err"
year() { date -r "$1" +%Y; }
same "a finished stage is kept" "$(year out/good/one/trace.csv)" 2001
[ "$(year out/good/two/table.csv)" != 2001 ]; ok $? "a stage without record is done"
[ -s out/good/three/table.csv ]; ok $? "a stage that was interrupted is done"
[ -s out/good/index.html ]; ok $? "the page is written again"
touch -d 2001-01-01 out/good/*/*
es run good.yaml --resume --size large --quiet; ok $rc "--resume with other settings" "$err"
same "does the stage again" "$(wc -l <out/good/one/trace.csv)" 41
es run good.yaml --resume --quiet
same "and back" "$(wc -l <out/good/one/trace.csv)" 21
touch -d 2001-01-01 out/good/*/*
es run good.yaml --resume --quiet
same "the same settings are kept" "$(year out/good/one/trace.csv) $(year out/good/two/table.csv) $(year out/good/three/table.csv)" "2001 2001 2001"
[ ! -e out/good/two/descent.gp ]; ok $? "no figure is made up for a command that draws none"
# Of this experiment alone, under any path.
before() { find out/good -type f -printf '%p %s %T@\n' | sort | cksum; }
cp good.yaml other.yaml; mkdir sub; cp good.yaml sub
whole=$(before)
es run other.yaml -o out/good --resume; expect "--resume of another experiment" 2 "out/good: holds experiment good, and --resume is of other.yaml"
same "touches nothing" "$(before)" "$whole"
es run sub/good.yaml -o out/good --resume --quiet; ok $rc "of the same name it goes on" "$err"
es flow barlow-twins gamma=1 s0=1e-3 t=0,1 -o plain --quiet
es run good.yaml -o plain --resume; expect "--resume in the folder of another command" 2 "plain: holds a run of .flow., and --resume is of good.yaml"
es run good.yaml --resume -o fresh --quiet; ok $rc "--resume of nothing is a run" "$err"

es run good.yaml --dry-run -o dry; ok $rc "--dry-run" "$err"
[ ! -e dry ]; ok $? "writes nothing"
same "all stages' settings" "$(grep -c 'gamma: \[1, 0.5\]' <<<"$out")" 3

# A seed where the stage has none.
exp() { printf 'experiment: {title: x}\nstages:\n'; printf '  - %s\n' "$@"; }
random='model: {gamma: [1, 0.3], d: 2, init: gaussian, init_scale: 1e-4}, time: {t: [0, 1]}, plot: none'
exp "{name: a, $flow, $random}" "{name: b, $flow, ${random/d: 2/d: 2, seed: 4}}" >seed.yaml
es run seed.yaml --seed 9 --quiet; ok $rc "--seed" "$err"
es flow barlow-twins gamma=1,0.3 d=2 init=gaussian init_scale=1e-4 model.seed=9 t=0,1 --quiet
same "sets the seed of a stage" "$(cat out/seed/a/trace.csv)" "$out"
es flow barlow-twins gamma=1,0.3 d=2 init=gaussian init_scale=1e-4 model.seed=4 t=0,1 --quiet
same "that has none of its own" "$(cat out/seed/b/trace.csv)" "$out"
[ ! -e out/seed/a/staircase.gp ]; ok $? "plot: none draws nothing"

# each: one run per combination, the last key fastest, a row for each.
cat >each.yaml <<EOF
experiment: {criterion: "max loss_end in lr/table.csv where lr < 0.2 < 1e-3"}
stages:
  - name: lr
    command: flow
    target: barlow-twins
    plot: descent
    each: {model.lr: [0.05, 0.1], time.n: [10, 20, 30]}
    model: {gamma: [1], s0: [0.01]}
    solver: {method: gd}
    time: {t_end: 20}
  - {name: diverging, $flow, plot: none, each: {model.lr: [0.1, 9]}, model: {gamma: [1], s0: [0.5]}, solver: {method: gd}, time: {t_end: 500}}
  - {name: budget, $flow, each: {solver.max_steps: [3, 100000]}, model: {gamma: [1], W0: [[0.001]]}, time: {t_end: 3}}
  - {name: seeds, $flow, each: {model.seed: [1, 2], data.seed: [3]}, data: {n: 20}, model: {d: 1, init: gaussian}, time: {t: [1]}}
EOF
es run each.yaml; ok $rc "each" "$err"
table=out/each/lr/table.csv
same "a row for each item" "$(wc -l <$table)" 7
same "columns" "$(head -1 $table | cut -d, -f1-5)" "lr,n,status,loss_end,rows"
same "the last key is fastest" "$(sed 1d $table | cut -d, -f1,2,3,5 | tr '\n' ' ')" \
  "0.05,10,0,10 0.05,20,0,20 0.05,30,0,30 0.1,10,0,10 0.1,20,0,20 0.1,30,0,30 "
[ -s out/each/lr/005/trace.csv ] && [ ! -e out/each/lr/006 ]; ok $? "a folder for each item"
[ -s out/each/lr/descent.svg ]; ok $? "a figure of the table, without a title"
same "a diverging item has its status" "$(cut -d, -f2 out/each/diverging/table.csv | tr '\n' ' ')" "status 0 1 "
same "one out of budget too" "$(cut -d, -f2 out/each/budget/table.csv | tr '\n' ' ')" "status 4 0 "
same "keys of one name keep their section" "$(head -1 out/each/seeds/table.csv | cut -d, -f1-3)" "model.seed,data.seed,status"
same "verdict of a table" "$(verdict out/each/verdict.csv)" "holds"
touch -d 2001-01-01 out/each/lr/*.csv; rm out/each/lr/descent.*
es run each.yaml --resume --quiet; ok $rc "--resume with each" "$err"
same "keeps a whole table" "$(year $table)" 2001
[ -s out/each/lr/descent.svg ]; ok $? "and draws the figure that is gone"
es run each.yaml --dry-run -o dry
ok $rc "--dry-run with each" "$err"
grep -q "lr: 6 runs" <<<"$out" && [ ! -e dry ]; ok $? "tells how many runs" "$out"

# against: the distance of each item from an earlier stage, over all columns.
beside() {
  cat <<EOF
experiment: {title: x}
stages:
  - {name: flow, $flow, plot: none, model: {gamma: [1], s0: [0.1]}, time: {t: [0, 1, 2]}}
  - name: lr
    command: flow
    target: barlow-twins
    needs: [flow]
    against: flow
    plot: none
    each: {model.lr: [0.1, 0.05, 9]}
    model: {gamma: [1], s0: [0.1]}
    solver: {method: gd}
    time: {t: [0, 1, 2]}
EOF
}
beside >against.yaml
es run against.yaml --quiet; ok $rc "against" "$err"
table=out/against/lr/table.csv
same "has a column behind the exit code" "$(head -1 $table | cut -d, -f1-3)" "lr,status,distance"
want=$(/usr/bin/python3 -c 'import csv
a, b = (list(csv.DictReader(open(f"out/against/{d}/trace.csv"))) for d in ("flow", "lr/001"))
print(max(sum((float(x[k]) - float(y[k]))**2 for k in x if k != "t")**.5 for x, y in zip(a, b)))')
close "the distance" "$(sed -n 3p $table | cut -d, -f3)" "$want" 1e-14
same "of other times is not known" "$(sed -n 4p $table | cut -d, -f3)" nan
touch -d 2001-01-01 out/against/lr/*.csv
es run against.yaml --resume --quiet
same "a table set beside a stage is kept" "$(year $table)" 2001
beside | sed '/against/d' >against.yaml
es run against.yaml --resume --quiet; ok $rc "and made again without one" "$err"
same "then without the column" "$(head -1 $table | cut -d, -f1-3)" "lr,status,loss_end"
beside | sed 's/    against: flow/    ends: [lambda_1, loss]/' >ends.yaml
es run ends.yaml --quiet; ok $rc "ends" "$err"
table=out/ends/lr/table.csv
same "are columns behind the exit code" "$(head -1 $table | cut -d, -f1-5)" "lr,status,lambda_1_end,loss_end,rows"
last=$(tail -1 out/ends/lr/001/trace.csv)
same "of the last row" "$(sed -n 3p $table | cut -d, -f3-4)" "$(cut -d, -f3 <<<"$last"),$(cut -d, -f2 <<<"$last")"
same "figures behind them are under their names" "$(sed -n 3p $table | cut -d, -f5)" 3
same "a row has as many cells" "$(awk -F, '{ print NF }' $table | sort -u | wc -l)" 1
touch -d 2001-01-01 out/ends/lr/*.csv
es run ends.yaml --resume --quiet
same "a table with its ends is kept" "$(year $table)" 2001
beside | sed 's/    against: flow/    ends: [lambda_1, loss, lambda_2]/' >ends.yaml
es run ends.yaml --resume --quiet
expect "and made again for one that is not there" 2 "ends: .*lr/000/trace.csv has no column 'lambda_2'"
# derive: settings from those of each, which the table does not have.
beside | sed 's/    against: flow/    derive: {time.t_end: 2*model.lr^2}/; s/0.1, 0.05, 9/0.5, 2/; s/ *time: {t: .0, 1, 2.}/    time: {n: 2}/2g' | sed '$s/.*/    time: {n: 3}/' >derive.yaml
es run derive.yaml --quiet; ok $rc "derive" "$err"
table=out/derive/lr/table.csv
same "is no column" "$(head -1 $table | cut -d, -f1-3)" "lr,status,loss_end"
same "each item has its own" "$(grep -h t_end out/derive/lr/00?/config.yaml | tr -d ' ' | tr '\n' ' ')" "t_end:0.5 t_end:8 "
far() { # a second item that fails before it has a row
  cat <<EOF
experiment: {title: x}
stages:
  - name: far
    command: flow
    target: contrastive
    plot: none
    each: {model.x: ["[[1],[2]]", "[[$1],[-$1]]"]}
    ends: [sigma_1]
    model: {xp: [[1],[2.5]]}
    time: {t: [0, 1]}
EOF
}
far 1e200 >far.yaml
es run far.yaml --quiet; ok $rc "an item without a trace" "$err"
same "is a row without ends" "$(sed -n 3p out/far/far/table.csv | cut -d, -f3-4)" "1,nan"
far 3 >far.yaml
es run far.yaml --force --quiet
far 1e200 >far.yaml
es run far.yaml --force --quiet
same "nor takes them from a run before" "$(sed -n 3p out/far/far/table.csv | cut -d, -f3-4)" "1,nan"
beside | sed 's/, model: {gamma: \[1\], s0: \[0.1\]}, time/, output: {state: on}, model: {gamma: [1], s0: [0.1]}, time/; s/    solver/    output: {state: on}\n    solver/' >state.yaml
es run state.yaml --quiet
want=$(/usr/bin/python3 -c 'import csv
a, b = (list(csv.DictReader(open(f"out/state/{d}/trace.csv"))) for d in ("flow", "lr/001"))
print(max(abs(float(x["W_1_1"]) - float(y["W_1_1"])) for x, y in zip(a, b)))')
close "of the state alone where it is there" "$(sed -n 3p out/state/lr/table.csv | cut -d, -f3)" "$want" 1e-14

# A failing stage gives its exit code and keeps its rows; nothing after it runs.
exp "{name: bad, $flow, model: {gamma: [1], W0: [[3]], lr: 5}, solver: {method: gd}, time: {t: [0, 1, 2, 100]}}" \
  "{name: later, $flow, $small}" >failing.yaml
es run failing.yaml --quiet; expect "a diverging stage" 1 "t = "
[ "$(wc -l <out/failing/bad/trace.csv)" -gt 1 ]; ok $? "its rows are kept"
[ -s out/failing/bad/run.json ] && [ ! -e out/failing/later ] && [ ! -e out/failing/index.html ]
ok $? "nothing after it runs"
es run failing.yaml --resume --quiet; expect "a failed stage is not taken for done" 1 "t = "
exp "{name: slow, $flow, solver: {max_steps: 3}, model: {gamma: [1], W0: [[0.001]]}, time: {t_end: 3}}" >slow.yaml
es run slow.yaml --quiet; expect "a stage out of budget" 4 "max_steps"
exp "{name: a, $flow, $small, plot: modes}" >noarrays.yaml
es run noarrays.yaml --quiet; expect "a figure without its arrays" 3 "arrays.h5 is missing.*output.modes"
exp "{name: a, $flow, plot: none, $small}" | sed 's/title: x/criterion: "max nothing in a\/trace.csv < 1"/' >column.yaml
es run column.yaml --quiet; expect "a criterion's column is missing" 2 "a/trace.csv has no column 'nothing'"
sed 's/a.trace/a\/none/' column.yaml >table.yaml
es run table.yaml --quiet; expect "a criterion's table is missing" 3 "a/none.csv"

# gnuplot missing: exit 3, and every stage's data and the page are whole.
mkdir path; es_path=$work/path
es run good.yaml -o noplot --quiet; expect "gnuplot missing" 3 "gnuplot is missing.*gnuplot-nox"
unset es_path
[ -s noplot/one/trace.csv ] && [ -s noplot/two/table.csv ] && [ -s noplot/three/table.csv ] &&
  [ -s noplot/verdict.csv ] && [ -s noplot/index.html ]
ok $? "all data are whole"
cp -r noplot later
es plot noplot; ok $rc "plot draws it later" "$err"
[ -s noplot/one/staircase.svg ]; ok $? "the figure is there"
es run good.yaml -o later --resume --quiet; ok $rc "and so does --resume" "$err"
[ -s later/one/staircase.svg ] && grep -q '<figure>' later/index.html
ok $? "into the page as well"
# As on a full disk: the last stages and the page have no room either.
mkdir full; printf '#!/bin/sh\necho "<svg>" >staircase.svg.part\n' >full/gnuplot; chmod +x full/gnuplot
es_path=$work/full:$PATH
es run good.yaml -o cut --quiet; expect "half a figure" 3 "cut/one/staircase.svg: cannot be written: gnuplot did not end it"
same "gets no name, and none is left" "$(find cut -name 'staircase.svg*')" ""
unset es_path
es run good.yaml -o cut --resume --quiet; ok $rc "--resume makes it good" "$err"
[ -s cut/one/staircase.svg ] && cmp -s cut/one/trace.csv out/good/one/trace.csv
ok $? "with the figure"

# A kill while it draws: the record, which says that all is there, is not; and
# a stage that is kept has all of its figures.
mkdir killer; printf '#!/bin/sh\nkill -9 $PPID\n' >killer/gnuplot; chmod +x killer/gnuplot
es_path=$work/killer:$PATH
{ es run good.yaml -o struck --quiet; } 2>/dev/null
same "killed while it draws" "$rc $(ls struck/one | grep -c -e run.json -e svg)" "137 0"
unset es_path
es run good.yaml -o struck --resume --quiet; ok $rc "--resume" "$err"
[ -s struck/one/staircase.svg ] && [ -s struck/one/run.json ]; ok $? "draws it, and is done"
touch -d 2001-01-01 struck/one/trace.csv; rm struck/one/staircase.*
es run good.yaml -o struck --resume --quiet; ok $rc "--resume where a figure is gone" "$err"
same "draws it, of the same rows" "$(ls struck/one/staircase.svg) $(year struck/one/trace.csv)" "struck/one/staircase.svg 2001"

# Malformed: exit 2, one line with path:line:column, nothing written.
bad() { # name, pattern; the file on standard input
  cat >bad.yaml
  es run bad.yaml -o refused
  expect "$1" 2 "bad.yaml:[0-9]+:[0-9]+: .*$2"
  [ ! -e refused ] || { ok 1 "$1: nothing is written"; rm -r refused; }
}
stage() { exp "{name: a, $flow, $small, $1}"; }
bad "no map" "map" < <(echo 'x')
bad "an empty map" "no section 'experiment'" < <(echo '{}')
bad "no head" "no section 'experiment'" < <(echo 'stages: []')
bad "an unknown part" "stags.*did you mean stages" < <(stage 'plot: none' | sed 's/^stages/stags/')
bad "an unknown key of the head" "titel.*did you mean title" < <(stage 'plot: none' | sed 's/title/titel/')
bad "title is a list" "title must be a text" < <(stage 'plot: none' | sed 's/title: x/title: [x]/')
bad "claim is a map" "claim must be a text" < <(stage 'plot: none' | sed 's/title: x/claim: {a: b}/')
bad "the head is a text" "map of keys" < <(stage 'plot: none' | sed 's/{title: x}/x/')
bad "criterion is a list of lists" "criterion must be a text" < <(stage 'plot: none' | sed 's/title: x/criterion: [[a]]/')
stage 'plot: none' | sed 's/title: x/criterion: "max loss in a\/trace.csv < 1"/' >ok.yaml
es run ok.yaml --dry-run --quiet; ok $rc "a lone criterion is taken" "$err"
bad "criterion of wrong form" "'max loss': write it as" < <(stage 'plot: none' | sed 's/title: x/criterion: "max loss"/')
bad "criterion of no stage" "b/trace.csv is not a file in the folder of a stage" < <(stage 'plot: none' | sed 's/title: x/criterion: "max a in a\/t.csv minus max a in b\/trace.csv < 1"/')
bad "criterion leaves the folder" "write it as" < <(stage 'plot: none' | sed 's/title: x/criterion: ["max a in a\/b < 1", "max a in ..\/b < 1"]/')
stage 'plot: none' | sed 's/title: x/results: {k.csv: a\/trace.csv, k-2.csv: a\/001\/trace.csv}/' >kept.yaml
es run kept.yaml --dry-run --quiet; ok $rc "results are taken" "$err"
for results in 'x' '[a/trace.csv]' '{k.csv: [a/trace.csv]}' '{k.csv: b/trace.csv}' '{k.csv: a}' \
  '{k.csv: a/../../x.csv}' '{k.csv: a/}' '{../k.csv: a/trace.csv}' '{.csv: a/trace.csv}' \
  '{k.svg: a/trace.csv}' '{k: a/trace}' "{k.csv: 'a/\"b.csv'}"; do
  bad "results $results" "results: write it as" < <(stage 'plot: none' | sed "s|title: x|results: $results|")
done
bad "no stages" "'stages' must be a list" < <(echo 'experiment: {title: x}')
bad "an empty list of stages" "'stages' must be a list" < <(printf 'experiment: {title: x}\nstages: []\n')
bad "stages are a map" "'stages' must be a list" < <(printf 'experiment: {title: x}\nstages: {a: b}\n')
bad "a stage is a text" "must be a map" < <(exp x)
bad "a stage without name" "needs a name" < <(exp "{$flow, $small}")
bad "a name that is a path" "needs a name" < <(exp "{name: ../a, $flow, $small}")
bad "an empty name" "needs a name" < <(exp "{name: '', $flow, $small}")
bad "a name that is a list" "name must be a text" < <(exp "{name: [a], $flow, $small}")
bad "two stages of one name" "two stages are named a" < <(exp "{name: a, $flow, $small}" "{name: a, $flow, $small}")
bad "no command" "command missing" < <(exp "{name: a, target: barlow-twins, $small}")
bad "an unknown command" "flwo: not a command" < <(exp "{name: a, command: flwo, target: barlow-twins}")
bad "a command that is no stage" "run: not a command" < <(exp "{name: a, command: run, target: x}")
bad "no target" "stage a has no target" < <(exp "{name: a, command: flow}")
bad "needs is no list" "needs must be a list" < <(stage 'needs: b')
bad "needs of a list" "not the name of a stage before" < <(stage 'needs: [[b]]')
bad "needs of a later stage" "not the name of a stage before" < <(exp "{name: a, needs: [b], $flow, $small}" "{name: b, $flow, $small}")
bad "needs of itself" "not the name of a stage before" < <(stage 'needs: [a]')
bad "plot is a path" "plot must name figures" < <(stage 'plot: ../staircase')
bad "an unknown figure" "no figure 'stairs'" < <(stage 'plot: stairs')
bad "an empty figure" "no figure ''" < <(stage 'plot: "staircase,"')
bad "plot is a list" "plot must be a text" < <(stage 'plot: [staircase]')
bad "each is a list" "each: write it as" < <(stage 'plot: none, each: [1]')
bad "each is empty" "each: write it as" < <(stage 'plot: none, each: {}')
bad "each of a number" "each: write it as" < <(stage 'plot: none, each: {model.lr: 1}')
bad "each of nothing" "each: write it as" < <(stage 'plot: none, each: {model.lr: []}')
bad "each of a list" "each: write it as" < <(stage 'plot: none, each: {model.lr: [[1]]}')
bad "each of a very long value" "each: write it as" < <(stage "plot: none, each: {model.lr: [0.$(printf '%0200d' 1)]}")
bad "each of too many" "10000 combinations" < <(stage "plot: none, each: {time.n: [$(seq -s, 2 120)], model.lr: [$(seq -s, 1 101)]}")
bad "derive without each" "derive: goes with each" < <(stage 'plot: none, derive: {model.lr: 1}')
bad "derive is a list" "derive: write it as" < <(stage 'plot: none, each: {model.lr: [1]}, derive: [1]')
bad "derive of another setting" "derive: write it as" < <(stage 'plot: none, each: {model.lr: [1]}, derive: {time.n: model.d}')
bad "derive of a word" "derive: not a number" < <(stage 'plot: none, each: {model.loss: [vicreg]}, derive: {time.n: model.loss}')
bad "derive an unknown key" "derive: .*model.rl" < <(stage 'plot: none, each: {model.lr: [1]}, derive: {model.rl: model.lr}')
bad "against without each" "against: goes with each" < <(exp "{name: a, $flow, $small}" "{name: b, needs: [a], against: a, $flow, $small}")
bad "against what is not needed" "against: goes with each" < <(exp "{name: a, $flow, $small}" "{name: b, each: {model.lr: [1]}, against: a, $flow, $small}")
bad "against a stage of many" "has no each" < <(exp "{name: a, each: {model.lr: [1]}, $flow, $small}" "{name: b, needs: [a], each: {model.lr: [1]}, against: a, $flow, $small}")
bad "against one of two without each" "against: goes with each" < <(exp "{name: a, $flow, $small}" "{name: c, $flow, $small}" "{name: b, needs: [a, c], against: a, $flow, $small}")
bad "against is a list" "against must be a text" < <(stage 'plot: none, each: {model.lr: [1]}, against: [a]')
bad "ends without each" "ends: goes with each" < <(stage 'plot: none, ends: [loss]')
bad "ends of nothing" "ends: goes with each" < <(stage 'plot: none, each: {model.lr: [1]}, ends: []')
bad "ends is a text" "ends: goes with each" < <(stage 'plot: none, each: {model.lr: [1]}, ends: loss')
bad "ends of a list" "ends: goes with each" < <(stage 'plot: none, each: {model.lr: [1]}, ends: [[loss]]')
bad "too many ends" "ends: .*16 at most" < <(stage "plot: none, each: {model.lr: [1]}, ends: [$(seq -s, -f 'l%g' 17)]")
bad "an end of too long a name" "ends: goes with each" < <(stage "plot: none, each: {model.lr: [1]}, ends: [$(printf 'a%.0s' {1..61})]")
bad "ends of no name" "ends: goes with each" < <(stage 'plot: none, each: {model.lr: [1]}, ends: ["a,b"]')
bad "over without each" "over: goes with each" < <(stage 'plot: none, over: model.lr')
bad "over is a list" "over must be a text" < <(stage 'plot: none, over: [model.lr]')
bad "the network of no stage" "no stage before this one is named net" < <(exp "{name: a, command: probe, target: net, plot: none}")
bad "each of an unknown key" "model.rl" < <(stage 'plot: none, each: {model.rl: [1]}')
bad "each of a bad value" "time.n.*1" < <(stage 'plot: none, each: {time.n: [9, 1]}')
bad "an unknown section has a hint" "modle.*did you mean.*model" < <(stage 'plot: none, modle: {lr: 1}')
bad "a section is a number" "solver.*map" < <(stage 'plot: none, solver: 3')
bad "an unknown key has a hint" "rtl.*did you mean.*rtol" < <(stage 'plot: none, solver: {rtl: 1}')
bad "a bad value" "rtol.*2" < <(stage 'plot: none, solver: {rtol: 2}')
bad "an unknown model" "barlow.*no such model" < <(exp "{name: a, command: flow, target: barlow, $small}")
bad "broken YAML" "" < <(printf 'a: [1\n')
sizes() { stage 'plot: none'; printf 'sizes: %s\n' "$1"; }
refused_size() { # name, sizes, pattern
  sizes "$2" >bad.yaml
  es run bad.yaml --size large -o refused
  expect "$1" 2 "$3"
  [ ! -e refused ]; ok $? "$1: nothing is written"
}
refused_size "no such size" '{small: {a: {time: {n: 9}}}}' "large.*bad.yaml has no such preset"
refused_size "sizes is a text" 'x' "large.*no such preset"
refused_size "a size is a text" '{large: x}' "bad.yaml:4:[0-9]+: a size must be a map"
refused_size "a size of an unknown stage" '{large: {b: {time: {n: 9}}}}' "bad.yaml:4:[0-9]+: b: no such stage"
refused_size "a preset is a number" '{large: {a: 3}}' "bad.yaml:4:[0-9]+: .*map"
refused_size "a preset sets what is no section" '{large: {a: {each: {time.n: [3]}}}}' "bad.yaml:4:[0-9]+: .*each"
refused_size "a preset of an unknown key" '{large: {a: {time: {m: 3}}}}' "bad.yaml:4:[0-9]+: .*m"
sizes '{}' >nosize.yaml; es run nosize.yaml --dry-run; ok $rc "sizes without a size asked for" "$err"
es run good.yaml gamma=1; expect "run takes no settings" 2 "no settings"
es run good.yaml --json; expect "run has no --json" 2 "not an option"
finish
