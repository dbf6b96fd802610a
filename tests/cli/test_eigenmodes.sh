# BYOL's eigenmodes from outside: byol-eigenmode, byol-two-layer, directset;
# fixed-points and separatrix.
. tests/cli/lib.sh
em="byol-eigenmode"

# theory.md 4, to what it prints.
es flow $em ema=off tau0=1 p0=0.1 s0=0.02 t=1,80 rtol=1e-13; ok $rc "SimSiam" "$err"
same "columns" "$(head -1 <<<"$out")" "t,p_1,s_1,tau_1,invariant_residual_1"
close "p at 1" "$(cell 1 p_1 <<<"$out")" 0.1143453211183457 1e-12
close "s at 80" "$(cell 2 s_1 <<<"$out")" 0.7665471052461895 1e-12
es flow $em sigma2=0.0009 p0=0.1 s0=0.01 t=40 rtol=1e-13
close "tau of BYOL at 40" "$(cell 1 tau_1 <<<"$out")" 0.9689291655145892 1e-12
es flow $em ema=off tau0=1 eta=0 sigma2=0.5 alpha_p=2 p0=0.2 s0=0.1 t=1 --json
ok $rc "flow --json" "$err"
es flow $em ema=off tau0=1 p0=0.05 s0=0.0025 t=50
grep -q "exact" <<<"$err"; ok $? "auto takes the closed form" "$err"
close "and it is right" "$(cell 1 p_1 <<<"$out")" 0.5556331414368763 1e-13
es flow $em p0=0.1,0.2 s0=0.01 beta=0.1,0.4 t=1 output.state=on
same "columns of two modes" "$(head -1 <<<"$out")" \
  "t,p_1,s_1,tau_1,p_2,s_2,tau_2,invariant_residual_1,invariant_residual_2,W_1,Wa_1,W_2,Wa_2"
es flow $em p0=0.1 s0=0.01 eta_p=0.1 t=1
same "no invariant under two decays" "$(cell 1 invariant_residual_1 <<<"$out")" nan
es flow $em p0=0.01 s0=1e-4 beta=0.01 t=1e5 --quiet; ok $rc "tau runs away" "$err"
same "to infinity" "$(cell 1 tau_1 <<<"$out")" inf

es flow $em p0=1e50 s0=1e50 t=1e-60 --quiet; ok $rc "a start far away" "$err"

# A limit is in units of the start, of p and of w, however a cell is solved.
for axis in eta=0.04 rtol=1e-9; do
  es sweep $em p0=0.1 s0=0.05 t_end=80 limit=5 sweep.$axis
  same "a limit that p passes, over $axis" "$(cell 1 outcome <<<"$out")" diverged
  es sweep $em p0=0.1 s0=0.05 t_end=80 limit=9 sweep.$axis
  same "and one that it does not, over $axis" "$(cell 1 status <<<"$out")" 0
done
es flow $em p0=0.5 s0=0.2 tau0=1e-3 limit=10 t=80; ok $rc "a tau that grows from 1e-3 is no w" "$err"

# eta_p and lambda_s take the place of eta and sigma2 as axes too, in any order.
es flow $em p0=0.5 s0=0.5 t=20 eta_p=0.2 lambda_s=2
want=$(cell 1 p_1 <<<"$out")
for axes in "sweep.eta_p=0.2 sweep.eta=0.04 sweep.lambda_s=2 sweep.sigma2=0.01" \
  "sweep.sigma2=0.01 sweep.lambda_s=2 sweep.eta=0.04 sweep.eta_p=0.2"; do
  es sweep $em p0=0.5 s0=0.5 t_end=20 $axes
  close "p over $axes" "$(cell 1 p_1 <<<"$out")" "$want" 1e-8
done

# Stationary points.
es fixed-points $em sigma2=0 eta=0.01; ok $rc "fixed-points" "$err"
same "its columns" "$(head -1 <<<"$out")" "kind,p,s,tau,stable,eig_1,eig_2,eig_3"
same "their kinds" "$(tail -n +2 <<<"$out" | cut -d, -f1 | tr '\n' ' ')" "collapsed saddle stable "
close "the saddle" "$(cell 2 p <<<"$out")" 0.0101020514433643804 1e-15
close "the stable point" "$(cell 3 s <<<"$out")" 0.97989794855663562 1e-15
same "stability" "$(cell 1 stable <<<"$out")$(cell 2 stable <<<"$out")$(cell 3 stable <<<"$out")" 101
grep -q "largest eta.* 0.25" <<<"$err"; ok $? "eta_max is said" "$err"
es fixed-points $em eta=0.04 --json --quiet
grep -q '"eta_max":.*0.2293577981651376' <<<"$out"; ok $? "and in JSON" "$out"
es fixed-points $em sigma2=1 eta=0.125
same "at equality" "$(cell 2 kind <<<"$out")" degenerate
es fixed-points $em sigma2=0 eta=1
same "above it" "$(tail -n +2 <<<"$out" | cut -d, -f1)" collapsed
es fixed-points $em eta=0.04 ema=off tau0=1
same "a direction less" "$(cell 2 eig_3 <<<"$out")" nan
es fixed-points $em eta=0.04,0.3 --json --quiet
grep -q '"eta_max_2"' <<<"$out"; ok $? "each mode's eta_max" "$out"
es fixed-points $em eta=0.04 -o fixed --quiet; ok $rc "fixed-points -o" "$err"
grep -q '"eta_max"' fixed/run.json; ok $? "eta_max in run.json"

# The boundary of the basin.
es separatrix $em s0=1e-3,1e-2 ema=off tau0=1; ok $rc "separatrix" "$err"
same "its columns" "$(head -1 <<<"$out")" "s0,branch,p0,residual"
same "both branches of each" "$(tail -n +2 <<<"$out" | cut -d, -f2 | tr '\n' ' ')" "lower upper lower upper "
close "lower at .001" "$(cell 1 p0 <<<"$out")" 0.0656703764 1e-9
close "upper at .001" "$(cell 2 p0 <<<"$out")" 1.623974845 1e-9
close "lower at .01" "$(cell 3 p0 <<<"$out")" -0.0512119275 1e-9
close "residual" "$(cell 3 residual <<<"$out")" 0 0 1e-12
es separatrix $em s0=0.1 eta=0.3; ok $rc "no boundary is no failure" "$err"
same "p0 is then nan" "$(cell 1 p0 <<<"$out")" nan
grep -q "every start collapses.*eta_max = 0.229" <<<"$err"; ok $? "and the reason is said" "$err"
es separatrix $em s0=1e-12 eta=0.2 --quiet; same "--quiet" "$err" ""
es separatrix $em s0=0.01 -o boundary --json; ok $rc "separatrix -o --json" "$err"
grep -q '"residual_max"' boundary/run.json; ok $? "residual in run.json"
[ "$(wc -l <boundary/table.csv)" = 3 ]; ok $? "table.csv"
es separatrix $em --config boundary/config.yaml; ok $rc "config.yaml again" "$err"
same "gives the same" "$out" "$(cat boundary/table.csv)"

# The other two.
es flow byol-two-layer p10=0.5,0.6 p20=0.2 s0=0.1 t=1; ok $rc "two layers" "$err"
same "their columns" "$(head -1 <<<"$out")" "t,p1_1,p2_1,s_1,tau_1,p1_2,p2_2,s_2,tau_2"
es flow directset p0=0.05,0.03 t=10,100; ok $rc "directset" "$err"
same "its columns" "$(head -1 <<<"$out")" "t,p_1,s_1,p_2,s_2"
close "p(10)" "$(cell 1 p_1 <<<"$out")" 0.05482984697521003 1e-13
close "p(100) of the other" "$(cell 2 p_2 <<<"$out")" 0.001955173620566912 1e-12
es flow directset p0=0.3 rule=directpred epsilon=0.1 t=0,10; ok $rc "directpred" "$err"
close "begins at p0" "$(cell 1 p_1 <<<"$out")" 0.3 1e-14
es flow directset p0=0.3,0.2 rule=directcopy epsilon=0.3 t=10; ok $rc "directcopy" "$err"

# What is missing, and what does not go together.
es flow $em s0=0.1 t=1; expect "no p0" 2 "model.p0"
es flow $em p0=0.1 t=1; expect "no s0" 2 "model.s0"
es flow $em p0=0.1 s0=-0.1 t=1; expect "negative s0" 2 "s0.*-0.1"
es flow $em p0=0.1,0.2 s0=1,2,3 t=1; expect "lists that differ" 2 "p0.*2 values for 3 modes"
es flow $em p0=0.1 s0=0.1 alpha_p=0 t=1; expect "alpha_p = 0" 2 "alpha_p"
es flow $em p0=0.1 s0=0.1 lambda_s=0 t=1; expect "lambda_s = 0" 2 "lambda_s"
es flow $em p0=0.1 s0=0.1 ema=of t=1; expect "no flag" 2 "ema"
es flow $em p0=0.1 s0=0.1; expect "no times" 2 "time.t"
es flow $em p0=0.1 s0=0.1 t=1 method=exact; expect "no closed form" 2 "exact"
es flow $em p0=0.1 s0=0.1 t=1 method=gd; expect "no descent" 2 "lr"
es flow $em p0=0.1 s0=0.1 t=1 tau=1; expect "not its key" 2 "tau"
es separatrix $em; expect "separatrix without s0" 2 "model.s0"
es separatrix $em s0=0.1 eta_p=0.1; expect "separatrix of two decays" 2 "eta_p.*equal"
es separatrix $em s0=0.1 tau0=-0.5; expect "separatrix of tau0 < 0" 2 "tau0=-0.5"
es separatrix $em s0=0.1 beta=0; expect "separatrix of beta = 0" 2 "beta"
es separatrix barlow-twins gamma=1 s0=1; expect "no boundary known" 2 "barlow-twins.*not known"
es separatrix nothing; expect "separatrix of no model" 2 "no such model"
es fixed-points byol-two-layer -o unmade; expect "no points known" 2 "byol-two-layer.*not known"
es separatrix $em s0=0.1 eta_p=0.1 -o unmade; expect "nor a boundary" 2 "eta_p.*equal"
[ ! -e unmade ]; ok $? "and no folder is made" "$(ls unmade 2>&1)"
es flow byol-two-layer p10=0.1 s0=0.1 t=1; expect "no p20" 2 "model.p20"
es flow directset t=1; expect "directset without p0" 2 "model.p0"
es flow directset p0=-0.1 t=1; expect "negative p0" 2 "p0.*-0.1"
es flow directset p0=0.3,0.001 rule=directpred epsilon=0.5 t=1; expect "p0 that directpred does not set" 2 "p0.*mode 2"
es flow directset p0=0.3 rule=directcpy t=1; expect "no such rule" 2 "rule"
finish
