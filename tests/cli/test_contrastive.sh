# The contrastive layer from the command line: columns, theory's numbers, modes,
# sweeps, streams, and every refusal.
. tests/cli/lib.sh
x='x=[[1,0],[0,1],[-1,-0.5]]' xp='xp=[[1.5,0.25],[-0.25,0.5],[-1,0.25]]'
W0='W0=[[1,0.5],[-0.25,0.75]]' C='C=[[1,0.3],[0.3,0.5]]' A='A=[[0.2,0],[0,0.4]]'
c() { es flow contrastive "$@"; }
head_of() { head -1 <<<"$out"; }

c "$x" "$xp" "$W0" t=0,1
same "columns of pairs" "$(head_of)" \
  "t,loss,sigma_1,sigma_2,x_min,cov_lambda_1,cov_lambda_2,regime"
close "theory's loss" "$(cell 1 loss <<<"$out")" 1.40359065241456 0 5e-15
close "least eigenvalue of theory's X" "$(cell 1 x_min <<<"$out")" .82158507345701 1e-12
close "regime of three pairs" "$(cell 1 regime <<<"$out")" .663815275633673 1e-12
c "$x" "$xp" "$W0" t=0 --quiet
same "and nothing said when quiet" "$err" ""
c "$C" "$A" "$W0" t=0
same "columns of the population" "$(head_of)" \
  "t,loss,sigma_1,sigma_2,x_min,cov_lambda_1,cov_lambda_2"
close "its loss" "$(cell 1 loss <<<"$out")" -.66005935839226 1e-12
c 'X=[[1,0],[0,-1]]' "$W0" t=0,1 output.state=on
same "columns of a fixed X" "$(head_of)" "t,sigma_1,sigma_2,x_min,W_1_1,W_1_2,W_2_1,W_2_2"
close "a direction grows" "$(cell 2 W_2_1 <<<"$out")" -.679570457114761 1e-14
close "another collapses" "$(cell 2 W_1_2 <<<"$out")" .183939720585721 1e-14
c "$x" "$xp" "$W0" mode=fixed t=0,1
same "X of pairs held, with their covariance" "$(head_of)" \
  "t,sigma_1,sigma_2,x_min,cov_lambda_1,cov_lambda_2"
expect "which has a closed form" 0 "method: exact"
c "$x" "$xp" loss=dot t=0
same "dot has no X" "$(cell 1 x_min <<<"$out")" nan
c "$C" "$A" 'W0=[[0.1,0.2]]' negatives=off t=0,50
expect "no negatives, a closed form" 0 "method: exact"
awk -v s="$(cell 2 sigma_1 <<<"$out")" 'BEGIN { exit !(s < 1e-4) }'
ok $? "and complete collapse" "$out"
c 'C=[[1]]' 'A=[[0.5]]' 'W0=[[0.1]]' t=5 solver.method=exact
close "theory's mode" "$(cell 1 sigma_1 <<<"$out")" 1.27150386765772 0 5e-15
c "$C" "$A" "$W0" t=1 solver.method=exact; expect "no closed form from a generic start" 2 "no closed form"
c 'C=[[1,0],[0,0.5]]' 'A=[[0.2,0],[0,0.1]]' "$W0" t=1 solver.method=exact
expect "nor where C and A commute" 2 "no closed form"
c 'C=[[1,0],[0,0.5]]' 'A=[[0.2,0],[0,0.1]]' 'W0=[[1,1]]' t=1 solver.method=exact
expect "nor from a row with two entries" 2 "no closed form"
c 'C=[[1,0],[0,0.5]]' 'A=[[0.2,0],[0,0.1]]' 'W0=[[1,0],[1,0]]' t=1 solver.method=exact
expect "nor from a column with two" 2 "no closed form"

c "$x" "$xp" "$W0" t=0,2 output.modes=on -o one --quiet
c --config one/config.yaml t=0,2 -o two --quiet
cmp -s one/trace.csv two/trace.csv; ok $? "config.yaml gives the same again" "$err"
c "$C" "$A" t=0,1 output.modes=on -o three --quiet
[ -s three/arrays.h5 ]; ok $? "modes are stored" "$(ls three)"

# Batches: the same numbers whatever else is asked for.
stream="data.name=gaussian data.dims=4 augment.noise=0.1 batch=16 lr=0.01 solver.method=gd d=2"
# shellcheck disable=SC2086
c $stream data.n=1280000 t=0,1 --quiet; many=$out
ok $rc "a stream of 1,280,000 samples" "$err"
# shellcheck disable=SC2086
c $stream data.n=1280000 t=1 --quiet --threads 1
same "the same on one thread, without the first row" "$(cell 1 sigma_1 <<<"$out")" \
  "$(cell 2 sigma_1 <<<"$many")"

es fixed-points contrastive 'C=[[1,0,0],[0,1,0],[0,0,1]]' 'A=[[0.5,0,0],[0,2,0],[0,0,1.9]]'
same "stationary directions" "$(head_of)" "mode,c,a,s,collapsed"
close "theory's s" "$(cell 1 s <<<"$out")" 1.7320508075688772 1e-14
same "a = 2c collapses" "$(cell 2 collapsed <<<"$out")" 1
same "a < 2c does not" "$(cell 3 collapsed <<<"$out")" 0
expect "how many" 0 "collapsed modes 1"
es fixed-points contrastive 'C=[[1]]' 'A=[[1.9]]' eta=0.1
same "weight decay counts" "$(cell 1 collapsed <<<"$out")" 1
es fixed-points contrastive data.name=gaussian data.dims=2 data.n=2000 mode=population \
  augment.noise=2 augment.noise_views=one augment.noise_dims=1
same "of data" "$(cell 2 collapsed <<<"$out")$(cell 1 collapsed <<<"$out")" 10
es fixed-points contrastive 'C=[[1]]' 'A=[[1]]' --json
grep -q '"collapsed":[[:space:]]*0' <<<"$out"; ok $? "their number as JSON" "$out"
es fixed-points contrastive 'X=[[1]]'; expect "none of a fixed X" 2 "model.mode=fixed: .*no stationary points"
es fixed-points contrastive "$x" "$xp"; expect "none of pairs" 2 "model.mode=infonce: .*not known"
es fixed-points contrastive 'C=[[1,0],[0,1]]' 'A=[[0.5,0],[0,0]]' negatives=off
expect "without negatives" 0 "collapsed modes 1"
same "all that a distance reaches collapses" "$(cell 1 s <<<"$out") $(cell 1 collapsed <<<"$out") $(cell 2 s <<<"$out") $(cell 2 collapsed <<<"$out")" "0 1 nan 0"
es fixed-points contrastive 'C=[[1,0,0],[0,1,0],[0,0,1]]' 'A=[[1,0,0],[0,3,0],[0,0,0.5]]' d=1
same "one row holds the mode of least r" "$(sed 1d <<<"$out" | cut -d, -f4,5 | tr '\n' ' ')" "0,0 0,1 1.7320508075688774,0 "

es sweep contrastive 'C=[[1]]' 'A=[[1]]' 'W0=[[0.1]]' sweep.eta=0,0.5,2 t_end=2000 --quiet
same "a sweep's columns" "$(head_of | cut -d, -f1-4)" "eta,outcome,loss,sigma_1"
close "its rest, without decay" "$(cell 1 cov_lambda_1 <<<"$out")" .618033988749895 1e-13
close "with some" "$(cell 2 cov_lambda_1 <<<"$out")" .215250437021530 1e-13
close "and with too much" "$(cell 3 cov_lambda_1 <<<"$out")" 0 0 1e-300

# The edges.
c 'x=[[1,2]]' 'xp=[[2,1]]' t=0,1
grep -q "one pair has no others" <<<"$err"; ok $? "one pair" "$err"
same "has no loss" "$(cell 2 loss <<<"$out")" 0
c 'X=[[3,0],[0,-9]]' "$W0" t=0,100 --quiet
same "what underflows is zero" "$(cell 2 sigma_2 <<<"$out")" 0
c 'X=[[1,0],[0,-1]]' "$W0" t=0,700,710,800
[ "$(grep -c . <<<"$out")" -eq 3 ]; ok $? "rows up to an overflow" "$out"
expect "which says when" 1 "infinite or not a number at t = 710"
c 'X=[[1e308,1e308],[1e308,1e308]]' t=1; expect "an X too large" 1 "not finite.*too large"
c 'x=[[1e200,0],[0,1]]' 'xp=[[1,0],[0,1]]' t=1; expect "samples too large" 1 "not finite.*too large"
c 'C=[[1e300]]' 'A=[[1]]' 'W0=[[1e10]]' t=1; expect "a start too large" 1 "infinite or not a number"

# Refusals.
c t=1; expect "no source" 2 "give model.X, model.x and model.xp, model.C and model.A, or \[data\]"
c "$x" "$xp" 'X=[[1]]' t=1; expect "two sources" 2 "give one only of"
c "$x" "$xp" data.n=5 t=1; expect "pairs and data" 2 "give one only of"
c "$x" t=1; expect "x alone" 2 "model.x: model.xp needs it|model.xp: model.x needs it"
c "$x" 'xp=[[1,2]]' t=1; expect "xp of another size" 2 "xp.*1 by 2, but x is 3 by 2"
printf '1,2\n' >short.csv
c "$x" xp=file:short.csv t=1; expect "the same from a file" 3 "xp.*1 by 2, but x is 3 by 2"
printf '1,nan\n' >nan.csv
c x=file:nan.csv xp=file:short.csv t=1; expect "NaN in a file" 3 "nan"
c "$C" t=1; expect "C alone" 2 "model.A: model.C needs it|model.C: model.A needs it"
c "$C" 'A=[[1]]' t=1; expect "A of another order" 2 "A.*1 by 1, but C is 2 by 2"
c 'C=[[1,2],[2,1]]' "$A" t=1; expect "C with a negative eigenvalue" 2 "C.*eigenvalue -1: .*semi-definite"
c 'C=[[1,0],[0,-1e-12]]' "$A" t=1; expect "C with a small one" 2 "C.*eigenvalue -1e-12: .*semi-definite"
c "$C" 'A=[[1,2],[2,1]]' t=1; expect "A with one" 2 "A.*eigenvalue -1: .*semi-definite"
printf '1,2\n2,1\n' >indefinite.csv
c "$C" A=file:indefinite.csv t=1; expect "from a file" 3 "A.*eigenvalue -1"
c 'X=[[1,2],[3,1]]' t=1; expect "asymmetric X" 2 "X.*not symmetric"
c 'X=[[1]]' mode=infonce t=1; expect "infonce of X" 2 "mode=infonce: it needs model.x"
c 'X=[[1]]' mode=population t=1; expect "population of X" 2 "mode=population: it needs model.C"
c "$C" "$A" mode=infonce t=1; expect "infonce of C and A" 2 "mode=infonce: it needs model.x"
c 'X=[[1]]' negatives=off t=1; expect "a given X without negatives" 2 "negatives=off: model.X is given"
c "$x" "$xp" loss=dot mode=population t=1; expect "dot of the population" 2 "loss=dot: of mode=infonce"
c "$x" "$xp" loss=dot mode=fixed t=1; expect "dot of a fixed X" 2 "loss=dot: of mode=infonce"
c "$x" "$xp" loss=dot negatives=off t=1; expect "dot without negatives" 2 "negatives=off: loss=dot"
c "$C" "$A" reduction=sum t=1; expect "a sum over the population" 2 "reduction=sum: mode=population"
c "$x" "$xp" batch=2 t=1; expect "batches of a flow" 2 "batch=2: it needs solver.method=gd"
c "$x" "$xp" batch=4 solver.method=gd lr=1 t=1; expect "a batch of more than all" 2 "batch=4: there are 3 pairs"
c "$x" "$xp" batch=2 solver.method=gd lr=1 mode=fixed t=1; expect "batches of a fixed X" 2 "batch=2: of mode=infonce"
c "$x" "$xp" batch=2 solver.method=gd t=1; expect "descent without a rate" 2 "model.lr"
c "$x" "$xp" 'W0=[[1,2,3]]' t=1; expect "W0 of another width" 2 "W0.*1 by 3; it must have 2 columns"
c "$x" "$xp" "$W0" d=3 t=1; expect "W0 beside d" 2 "W0.*2 rows, but d=3"
c "$x" "$xp" d=0 t=1; expect "no rows" 2 "d=0"
c data.name=gaussian data.dims=2000 data.n=2 d=1000000 t=1; expect "a W of more than memory holds" 4 "W of 1000000 by 2000 needs .* GB"
c "$x" "$xp" temperature=0.3 t=1; expect "a temperature of no dot product" 2 "temperature=0.3: of loss=dot"
c "$x" "$xp" 'W0=[[1,0]]' init_scale=0.3 t=1; expect "a scale beside a start" 2 "init_scale=0.3: model.W0 is given"
c "$x" "$xp" temperature=0 t=1; expect "temperature = 0" 2 "temperature=0"
c "$x" "$xp" eta=-1 t=1; expect "negative eta" 2 "eta=-1"
# 1e12 pairs: told before any of them is drawn.
began=$SECONDS
c data.name=gaussian data.dims=10 data.n=1000000000000 t=0,1
expect "more pairs than memory holds" 4 "1000000000000 pairs of 10 values need"
((SECONDS - began < 20)); ok $? "at once" "$((SECONDS - began)) s"
finish
