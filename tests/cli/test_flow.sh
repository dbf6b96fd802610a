# flow and predict: numbers of theory.md section 1 and the contract of columns.
. tests/cli/lib.sh

es flow barlow-twins gamma=1,0.5 s0=1e-3,1e-3 time.t=0,1,2,5
ok $rc "flow exits 0" "$err"
same "columns" "$(head -1 <<<"$out")" "t,loss,lambda_1,lambda_2"
same "rows" "$(wc -l <<<"$out")" 5
# lambda = 1/(1 + (1/lambda0 - 1) e^{-8 gamma t}) with lambda0 = 1e-6 at t = 1
close "lambda_1(1)" "$(cell 2 lambda_1 <<<"$out")" 0.0029721012501829490137 1e-15
close "lambda_2(5)" "$(cell 4 lambda_2 <<<"$out")" 0.99589461845191334734 1e-15
same "one message: the method" "$err" \
  "eigenstep: method: exact (chosen by auto)"

es flow barlow-twins gamma=0.2,1,-0.5 s0=0.1,0.1,0.1 t=0,100
same "gamma's own order" "$(cell 2 lambda_1 <<<"$out" | cut -c1-4)" "1"
close "negative gamma decays" "$(cell 2 lambda_3 <<<"$out")" 0 0 1e-30
grep -q "2 of 3 modes can be learned" <<<"$err"
ok $? "the floor is reported" "$err"
close "the loss reaches the floor" "$(cell 2 loss <<<"$out")" 1 1e-12

es predict barlow-twins gamma=1,0.4 s0=1e-3,1e-3 lr=0.01
same "predict's columns" "$(head -1 <<<"$out")" "mode,gamma,s0,s_final,tau,half_time,steps"
close "tau_1 = ln(1e6)/8" "$(cell 1 tau <<<"$out")" 1.7269388197455344 1e-15
close "s_final = gamma^-1/2" "$(cell 2 s_final <<<"$out")" 1.5811388300841898 1e-15
close "steps of descent" "$(cell 1 steps <<<"$out")" 176.12518293549229 1e-12
es predict barlow-twins gamma=1,0.4 s0=1e-3,1e-3
same "no steps without lr" "$(head -1 <<<"$out")" "mode,gamma,s0,s_final,tau,half_time"
es predict barlow-twins gamma=1,-1 s0=1e-3,1e-3 --json --quiet
grep -q '"loss_floor":[[:space:]]*1' <<<"$out" && grep -q time_to_rank <<<"$out"
ok $? "predict --json has floor and time to rank" "$out"

# A solver must agree with the closed form within 100 rtol.
for method in tsit5 dop853; do
  for rtol in 1e-6 1e-9; do
    es flow barlow-twins gamma=1,0.5 s0=1e-3,1e-3 t=0.5,1.5,3 method=$method rtol=$rtol
    for row in 1 2 3; do
      got=$(cell $row lambda_1 <<<"$out")
      es flow barlow-twins gamma=1,0.5 s0=1e-3,1e-3 t=0.5,1.5,3
      close "$method at rtol $rtol, row $row" "$got" "$(cell $row lambda_1 <<<"$out")" 0 "$(awk "BEGIN{print 100*$rtol}")"
      es flow barlow-twins gamma=1,0.5 s0=1e-3,1e-3 t=0.5,1.5,3 method=$method rtol=$rtol
    done
  done
done

# Discrete descent: actual times are multiples of lr.
es flow barlow-twins gamma=1,0.5 s0=1e-3,1e-3 method=gd lr=0.03 t=0,1,2
same "gd prints the actual t" "$(cell 2 t <<<"$out")" "$(printf '%.17g' 0.98999999999999999)"

# Generic start: eigenvalues fall, partner columns are there.
es flow barlow-twins gamma=0.3,1,0.1 d=2 init=gaussian init_scale=1e-5 model.seed=3 t=0,30
same "generic columns" "$(head -1 <<<"$out")" \
  "t,loss,lambda_1,lambda_2,predicted_loss,predicted_1,predicted_2"
close "both learned" "$(cell 2 lambda_2 <<<"$out")" 1 1e-6
es flow barlow-twins gamma=0.3,1,0.1 d=2 init=gaussian init_scale=1e-5 t=0,30 --seed 3
close "--seed sets model.seed" "$(cell 1 lambda_1 <<<"$out")" \
  "$("$program" flow barlow-twins gamma=0.3,1,0.1 d=2 init=gaussian init_scale=1e-5 model.seed=3 t=0,30 --quiet | cell 1 lambda_1)" 0
es flow barlow-twins 'Gamma=[[1,0.5],[0.5,1]]' 'W0=[[1e-3,0],[0,1e-3]]' t=0,20 output.state=on
same "state columns" "$(head -1 <<<"$out" | cut -d, -f8-)" "W_1_1,W_1_2,W_2_1,W_2_2"
close "initial state is W0" "$(cell 1 W_2_2 <<<"$out")" 1e-3 1e-15
# W_final = U diag(gamma^-1/2) V^T has squared norm 1/1.5 + 1/0.5.
norm=$(tail -1 <<<"$out" | awk -F, '{ s = 0; for (i = 8; i <= 11; i++) s += $i * $i; printf "%.17g", s }')
close "minimum-norm solution" "$norm" 2.6666666666666667 1e-6

# Default times: to 1.2 times the last step.
es flow barlow-twins gamma=1 s0=1e-3
same "200 rows by default" "$(wc -l <<<"$out")" 201
close "to 1.2 times the last step" "$(tail -1 <<<"$out" | cut -d, -f1)" 2.0723264 1e-6

# A folder: whole files, provenance, a figure that can be drawn again.
es flow barlow-twins gamma=1,0.5 s0=1e-4,1e-4 method=dop853 output.modes=on -o run
ok $rc "flow -o" "$err"
for file in config.yaml run.json trace.csv steps.csv arrays.h5 staircase.gp staircase.svg staircase.png; do
  [ -s run/$file ]
  ok $? "run/$file is there"
done
same "no part files" "$(find run -name '*.part')" ""
close "step met where predicted" "$(cell 1 relative_error <run/steps.csv)" 0 0 1e-7
es flow barlow-twins --config run/config.yaml -o again
cmp -s run/trace.csv again/trace.csv
ok $? "config.yaml gives the same trace again"
es flow barlow-twins gamma=1 s0=1 t=1 -o run
expect "an existing folder is refused" 2 "run: exists already"
es flow barlow-twins gamma=1 s0=1e-3 -o run --force
ok $rc "--force writes into it" "$err"
rm run/staircase.svg
es plot run
ok $rc "plot draws again" "$err"
[ -s run/staircase.svg ]
ok $? "the figure is back"
[ ! -e run/arrays.h5 ]; ok $? "--force left no arrays of the flow before" "$(ls run)"
es flow byol-eigenmode p0=0.3 s0=0.1 t=1 -o run --force
same "nor figures of another model" "$rc $(ls run | grep -v byol | tr '\n' ' ')" "0 config.yaml run.json steps.csv trace.csv "

# Starts that the aligned partner cannot see, or sees as roundoff.
es flow barlow-twins gamma=1,0.5 'W0=[[0,1e-3]]'
same "mode 2 alone is learned without a remark" "$err" \
  "eigenstep: method: dop853 (chosen by auto)"
close "and default times reach it" "$(tail -1 <<<"$out" | cut -d, -f3)" 1 0.2
es flow barlow-twins gamma=1,0.5 'W0=[[1e-3,1e-3],[1e-3,1e-3]]' t=100
grep -q "1 of 2 modes" <<<"$err"
ok $? "a start of rank one has a floor" "$err"
es flow barlow-twins gamma=1,0.5 'W0=[[1e-6,0],[0,1e-1]]' -o order
close "steps are paired in the order they happen" "$(cell 1 relative_error <order/steps.csv)" 0 0 1e-7
close "with their own direction" "$(cell 2 overlap <order/steps.csv)" 1 1e-6

# A link is followed, not replaced.
: >linked.csv
ln -s linked.csv link.csv
es flow barlow-twins gamma=1 s0=.1 t=0 --csv link.csv
[ -L link.csv ] && [ "$(wc -l <linked.csv)" = 2 ]
ok $? "the table goes where the link points" "$err"

es flow barlow-twins gamma=1 s0=1e-3 --dry-run
grep -q '^# rows: 200' <<<"$out" && grep -q '^# memory' <<<"$out" && grep -q '^# time' <<<"$out"
ok $? "--dry-run tells rows, memory, time" "$out"
es flow barlow-twins gamma=1 s0=1e-3 t=1 --json
/usr/bin/python3 -c 'import json, sys; d = json.load(sys.stdin); assert d["method"] == "exact" and d["rows"] == 1' <<<"$out"
ok $? "--json is JSON" "$out"
member() { # name, of the object on standard input
  /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}
# Which method ran: at rest for long, lambda = 8 is a fast mode of nothing. The
# covariance loss has a linear part, which is what long flows begin with.
start=('W0=[[1e-3,2e-3],[-1e-3,1e-3]]')
es flow barlow-twins gamma=1,0.5 "${start[@]}" time.t=5,5000
same "a long flow begins with its linear part" "$err" \
  "eigenstep: method: exponential (chosen by auto)"
es flow barlow-twins gamma=1,0.5 "${start[@]}" time.t=5,400
same "a shorter one changes to it" "$err" \
  "eigenstep: method: dop853+exponential (chosen by auto)"
rest=(flow barlow-twins gamma=1,0.5 loss=vicreg sigma=1,0.5 "${start[@]}" time.t=5,5000)
es "${rest[@]}" --json -o rest
same "auto changes methods, and says so" "$err" \
  "eigenstep: method: dop853+rosenbrock (chosen by auto)"
same "the summary names it" "$(member method <<<"$out")" "dop853+rosenbrock"
same "so does run.json" "$(member method <rest/run.json)" "dop853+rosenbrock"
steps=$(member steps <<<"$out"); steps=${steps%.*}
[ "$(member implicit_steps <<<"$out" | cut -d. -f1)" -gt 0 ] && [ "$steps" -lt 500 ]
ok $? "few steps" "$out"
es "${rest[@]}" --quiet
same "not with --quiet" "$err" ""
rested=$out
es "${rest[@]}" method=dop853 --json
[ "$(member steps <<<"$out" | cut -d. -f1)" -gt $((10 * steps)) ]
ok $? "dop853 alone takes its fast mode's steps" "$out"
[[ "$err" == *"held short by fast modes from t="*"method=auto or rosenbrock"* ]]
ok $? "and says that others need not" "$err"
es "${rest[@]}" method=rosenbrock
same "nothing to say of rosenbrock" "$err" ""
for name in loss lambda_1 lambda_2; do
  close "$name at rest" "$(cell 2 $name <<<"$out")" \
    "$(cell 2 $name <<<"$rested")" 1e-8 1e-15
done
es "${rest[@]}" rtol=1e-3
[[ "$err" == *"method: tsit5"* ]]
ok $? "tsit5 where little is asked for" "$err"
es "${rest[@]}" --dry-run
[[ "$out" == *"# method: dop853"* ]]
ok $? "a dry run names what will begin" "$out"
finish
