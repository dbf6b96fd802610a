# The matrix models of BYOL from the command line: columns, theory's numbers, a
# folder, data, and every refusal.
. tests/cli/lib.sh
X='X=[[1,0.3,0],[0.3,0.8,0.1],[0,0.1,0.5]]' Xp='Xp=[[0.2,0,0.05],[0,0.1,0],[0.05,0,0.4]]'
W0='W0=[[0.3,-0.2,0.1],[0.1,0.4,-0.3]]' Wp0='Wp0=[[0.5,0.2],[-0.1,0.3]]'
b() { es flow byol "$X" "$Xp" "$@"; }

b "$W0" "$Wp0" alpha_p=2 beta=0.4 eta=0.04 t=0,5 rtol=1e-12
same "columns" "$(head -1 <<<"$out")" \
  "t,W_norm,Wp_norm,Wa_norm,commutator,commutator_normalised,asymmetry,balance_residual,tau,tau_residual,p_1,p_2,s_1,s_2"
close "|W| at 5" "$(cell 2 W_norm <<<"$out")" .588788806676 0 5e-13
close "|W_p| at 5" "$(cell 2 Wp_norm <<<"$out")" .646926038168 0 5e-13
close "|W_a| at 5" "$(cell 2 Wa_norm <<<"$out")" .4899839693035 0 5e-14
b "$W0" "$Wp0" t=0 output.state=on
same "the state, row by row" "$(head -1 <<<"$out" | cut -d, -f15-)" \
  "W_1_1,W_1_2,W_1_3,W_2_1,W_2_2,W_2_3,Wp_1_1,Wp_1_2,Wp_2_1,Wp_2_2,Wa_1_1,Wa_1_2,Wa_1_3,Wa_2_1,Wa_2_2,Wa_2_3"
close "in the user's coordinates" "$(cell 1 W_2_3 <<<"$out")" -0.3 1e-15
b "$W0" variant=no-predictor t=0,1
expect "without a predictor the closed form is chosen" 0 "method: exact \(chosen by auto\)"
close "and W_p is I" "$(cell 2 Wp_norm <<<"$out")" 1.4142135623730951 1e-15
b "$W0" "$Wp0" 'Wa0=[[0,0,0],[0,0,0]]' variant=simsiam t=1 --quiet
ok $rc "starts of several variants by the same words" "$err"
b t=0,1
same "as many rows as X has dimensions" "$(head -1 <<<"$out" | tr , '\n' | tail -1)" s_3
b n2=5 t=0,1
same "or as are asked for" "$(head -1 <<<"$out" | tr , '\n' | tail -1)" s_5
b eta=3 t=lin:0:1000:3
ok $rc "collapse is an end like any other" "$err"
b "$W0" "$Wp0" t=0,5 output.modes=on -o one
b --config one/config.yaml t=0,5 -o two
cmp -s one/trace.csv two/trace.csv; ok $? "config.yaml gives the same again" "$err"

es flow byol data.name=gaussian data.n=200 data.dims=4 augment.noise=0.1 n2=2 t=0,1 output.embeddings=3 -o data --quiet
ok $rc "from data" "$err"
grep -q '"views": 8' data/run.json || grep -q 'views: 8' data/config.yaml
ok $? "with eight views of each image" "$(cat data/config.yaml)"
es flow byol data.name=gaussian data.n=20 n2=2 t=1 data.views=1; expect "one view has no variance" 2 "data.views=1.*2"
es flow byol data.name=gaussian data.n=20 t=1; expect "data without n2" 2 "model.n2: give"

# Refusals.
es flow byol "$X" t=1; expect "X alone" 2 "model.Xp: model.X needs it"
es flow byol "$Xp" t=1; expect "Xp alone" 2 "model.X: model.Xp needs it"
es flow byol "$X" 'Xp=[[1]]' t=1; expect "Xp of another order" 2 "Xp.*1 by 1, but X is 3 by 3"
es flow byol 'X=[[1,0.5],[0.4,1]]' 'Xp=[[1,0],[0,1]]' t=1; expect "asymmetric X" 2 "X.*symmetric"
printf '1,0.5\n0.4,1\n' >skew.csv
es flow byol X=file:skew.csv 'Xp=[[1,0],[0,1]]' t=1; expect "asymmetric X from a file" 3 "X.*symmetric"
es flow byol X=file:none.csv "$Xp" t=1; expect "no such file" 3 "none.csv"
b data.n=5 t=1; expect "matrices and data" 2 "give model.X and model.Xp, or \[data\]"
b 'W0=[[1,2]]' t=1; expect "W0 of another width" 2 "W0.*1 by 2; it must be 1 by 3"
b "$W0" n2=3 t=1; expect "W0 beside n2" 2 "W0.*2 by 3; it must be 3 by 3, as n2"
b "$W0" 'Wp0=[[1]]' t=1; expect "Wp0 of another order" 2 "Wp0.*1 by 1; it must be 2 by 2, as W0"
b 'Wp0=[[1,2]]' t=1; expect "Wp0 that is not square" 2 "Wp0.*1 by 2; it must be 1 by 1"
b "$W0" 'Wa0=[[1,2,3]]' t=1; expect "Wa0 of other rows" 2 "Wa0.*1 by 3; it must be 2 by 3"
b n2=0 t=1; expect "no rows" 2 "n2=0"
b alpha_p=0 t=1; expect "alpha_p = 0" 2 "alpha_p=0.*a number > 0"
b beta=-1 t=1; expect "negative beta" 2 "beta=-1"
b eta=-0.1 t=1; expect "negative eta" 2 "eta=-0.1"
b eta_p=-0.1 t=1; expect "negative eta_p" 2 "eta_p=-0.1"
b eta_s=-0.1 t=1; expect "negative eta_s" 2 "eta_s=-0.1"
b init_scale=0 t=1; expect "init_scale = 0" 2 "init_scale=0"
b variant=mocov3 t=1; expect "no such variant" 2 "variant=mocov3.*byol\|simsiam\|no-predictor\|no-stop-gradient"
b; expect "no times" 2 "time.t: no mode steps"
b t=1 method=exact; expect "no closed form" 2 "method=exact: byol has no closed form"
b t=1 method=gd; expect "descent without a rate" 2 "model.lr"
b t=1 n2=1000000; expect "more than memory holds" 4 "matrices of 1000000 by 3 need .* GB with a solver, and this machine has .* GB"
es flow byol 'X=[[1.7e308]]' 'Xp=[[1.7e308]]' t=1; expect "a sum that overflows" 1 "X \+ X' is not finite"

P='Wp0=[[0.3,0.1],[0.1,0.2]]' F='F0=[[0.2,-0.05],[-0.05,0.1]]'
s() { es flow byol-symmetric "$@"; }
s "$P" "$F" t=0,1,5,20 rtol=1e-12
same "columns of the symmetric flow" "$(head -1 <<<"$out")" \
  "t,commutator,commutator_normalised,K_min,trace_residual,p_1,p_2,s_1,s_2"
close "|L| at 1" "$(cell 2 commutator <<<"$out")" .0228101249111 0 5e-14
close "|L| at 20" "$(cell 4 commutator <<<"$out")" 2.4608567e-8 0 5e-16
s "$P" "$F" t=0 output.state=on
same "and its state" "$(head -1 <<<"$out" | cut -d, -f10-)" \
  "Wp_1_1,Wp_1_2,Wp_2_1,Wp_2_2,F_1_1,F_1_2,F_2_1,F_2_2"
s "$P" t=1; expect "F0 missing" 2 "model.F0: byol-symmetric needs it"
s "$F" t=1; expect "Wp0 missing" 2 "model.Wp0: byol-symmetric needs it"
s "$P" 'F0=[[1]]' t=1; expect "F0 of another order" 2 "F0.*1 by 1, but Wp0 is 2 by 2"
s "$P" 'F0=[[1,2],[2,1]]' t=1; expect "F0 that is no W X W^T" 2 "F0.*not positive semi-definite.*-1"
printf '1,2\n2,1\n' >indefinite.csv
s "$P" F0=file:indefinite.csv t=1; expect "nor from a file" 3 "F0.*not positive semi-definite"
s 'Wp0=[[1,2],[3,4]]' "$F" t=1; expect "asymmetric Wp0" 2 "Wp0.*symmetric"
s "$P" "$F" sigma2=-1 t=1; expect "negative sigma2" 2 "sigma2=-1"
s "$P" "$F" alpha_p=0 t=1; expect "alpha_p = 0, symmetric" 2 "alpha_p=0"
s "$P" "$F" data.n=5 t=1; expect "it takes no data" 2 "data.n"
finish
