# Losses and preconditioners of barlow-twins from the command line: numbers of
# theory, columns, and every refusal.
. tests/cli/lib.sh
bt="flow barlow-twins"

# theory.md 1: lambda0 = 1e-6, gamma = .4, r = .01: .2598 against 4.317.
es predict barlow-twins gamma=0.4 s0=0.0015811388300841897 precondition=left
close "half time, left" "$(cell 1 half_time <<<"$out")" .2598 2e-4
es predict barlow-twins gamma=0.4 s0=0.0015811388300841897
close "half time, plain" "$(cell 1 half_time <<<"$out")" 4.317 1e-4
es $bt gamma=0.4 s0=1e-3 precondition=logdet mu=0.2 t=0,100
close "log det's plateau is near 1 + mu/2" "$(cell 2 lambda_1 <<<"$out")" 1.0909 1e-3

# Plateaus gamma/sigma of W Sigma W^T, and its square of C.
es $bt gamma=1,0.5 sigma=1.25,1 s0=1e-3,1e-3 loss=vicreg t=0,50
same "columns of an aligned start" "$(head -1 <<<"$out")" \
  "t,loss,lambda_1,lambda_2,cov_lambda_1,cov_lambda_2"
close "plateau of C" "$(cell 2 lambda_1 <<<"$out")" .64 1e-12
close "plateau of the covariance" "$(cell 2 cov_lambda_1 <<<"$out")" .8 1e-12
close "loss of vicreg: d - sum beta^2" "$(cell 2 loss <<<"$out")" 1.11 1e-12
es $bt gamma=1,0.5 sigma=1.25,1 s0=1e-3,1e-3 loss=spectral t=0,50
close "loss of spectral: -sum beta^2" "$(cell 2 loss <<<"$out")" -.89 1e-12
es $bt gamma=1,0.5 sigma=1.25,1 d=1 init_scale=1e-3 loss=spectral t=0,50 output.state=on
same "columns of a generic start" "$(head -1 <<<"$out")" \
  "t,loss,lambda_1,predicted_loss,predicted_1,cov_lambda_1,W_1_1,W_1_2"
es fixed-points barlow-twins gamma=1,0.5 sigma=1.25,1 s0=1e-3,1e-3 loss=vicreg
close "fixed points: s" "$(cell 1 s <<<"$out")" .8 1e-12
close "fixed points: lambda" "$(cell 2 lambda <<<"$out")" .25 1e-12
grep -q "loss floor 1.11;" <<<"$err"; ok $? "and the floor" "$err"
es $bt 'Gamma=[[1,0.2],[0.2,0.5]]' 'Sigma=[[1.2,0.1],[0.1,0.8]]' s0=1e-3,1e-3 loss=spectral t=0,1 \
  method=dop853
expect "moments that do not commute are told" 0 "do not commute"
es $bt gamma=1,-0.5 sigma=1,1 s0=1e-3,1e-3 loss=vicreg nu=1 t=0,1 method=exact
expect "what cannot be learned is told" 0 "1 of 2 modes.*rate > 0.*stays at 1 or above"
es $bt gamma=1 s0=1e-3 precondition=left lr=0.01 method=gd t=0,1
expect "the start's own limit is told" 0 "lr=0.01: .*r/\(4 gamma_1\) = 0.0025"
es $bt gamma=1 s0=1e-3 precondition=left lr=0.3 method=gd t=0,1
expect "and the stable one" 0 "stable below 0.2525 only"

# Refusals.
es $bt gamma=1 s0=1 t=1 loss=simclr; expect "no such loss" 2 "loss.*simclr.*covariance\|vicreg\|spectral"
es $bt gamma=1 s0=1 t=1 precondition=right; expect "no such preconditioner" 2 "precondition.*right"
for loss in vicreg spectral; do
  es $bt gamma=1 sigma=1 s0=1 t=1 loss=$loss precondition=left
  expect "left with $loss" 2 "precondition=left goes with loss=covariance, not with loss=$loss"
  es $bt gamma=1 sigma=1 s0=1 t=1 loss=$loss precondition=logdet
  expect "logdet with $loss" 2 "precondition=logdet goes with loss=covariance"
done
es $bt gamma=1 s0=1 t=1 loss=vicreg; expect "sigma missing" 2 "model.sigma: loss=vicreg needs it"
es $bt 'Gamma=[[1]]' s0=1 t=1 loss=vicreg; expect "Sigma missing" 2 "model.Sigma: loss=vicreg needs it"
es $bt gamma=1 'Sigma=[[1]]' s0=1 t=1 loss=vicreg; expect "Sigma beside gamma" 2 "Sigma goes with model.Gamma"
es $bt 'Gamma=[[1]]' sigma=1 s0=1 t=1 loss=vicreg; expect "sigma beside Gamma" 2 "model.Sigma: loss=vicreg needs it \(not sigma\)"
es $bt gamma=1,2 sigma=1 s0=1,1 t=1 loss=vicreg; expect "sigma of another length" 2 "sigma=1: 1 values for 2 of gamma"
es $bt gamma=1,2 sigma=1,-1 s0=1,1 t=1 loss=vicreg; expect "negative sigma" 2 "sigma.*-1"
es $bt gamma=1,0.1 sigma=1,0 s0=1,1 t=1 loss=vicreg; expect "gamma without sigma" 2 "mode 2 has sigma = 0 and gamma = 0.1"
es $bt 'Gamma=[[1]]' 'Sigma=[[1,0],[0,1]]' s0=1 t=1 loss=vicreg; expect "Sigma of another order" 2 "Sigma.*2 by 2, but Gamma is 1 by 1"
es $bt 'Gamma=[[1,0],[0,1]]' 'Sigma=[[1,2],[2,1]]' s0=1,1 t=1 loss=vicreg; expect "indefinite Sigma" 2 "Sigma.*not positive semi-definite.*-1"
es $bt 'Gamma=[[1,0],[0,1]]' 'Sigma=[[1,0],[0,0]]' s0=1,1 t=1 loss=vicreg; expect "Gamma beyond Sigma" 2 "Sigma.*Gamma is 1 along a direction in which Sigma is 0"
es $bt 'Gamma=[[1,0],[0,1]]' 'Sigma=[[1,0.5],[0.4,1]]' s0=1,1 t=1 loss=vicreg; expect "asymmetric Sigma" 2 "Sigma.*symmetric"
printf '1,2\n2,1\n' >sigma.csv
es $bt 'Gamma=[[1,0],[0,1]]' Sigma=file:sigma.csv s0=1,1 t=1 loss=vicreg; expect "indefinite Sigma from a file" 3 "Sigma.*not positive semi-definite"
es $bt data.n=20 d=2 sigma=1 t=1 loss=vicreg; expect "sigma beside data" 2 "\[data\] has its own Sigma"
es $bt gamma=1 sigma=1 s0=1 t=1 loss=vicreg nu=-1; expect "negative nu" 2 "nu.*-1"
es $bt gamma=1 s0=1 t=1 nu=2; expect "nu without vicreg" 2 "nu has no effect without loss=vicreg"
es $bt gamma=1 sigma=1 s0=1 t=1 loss=spectral nu=0.5; expect "nu with spectral" 2 "nu has no effect"
es $bt gamma=1 sigma=1 s0=1 t=1; expect "sigma without a loss" 2 "sigma has no effect without loss=vicreg"
es $bt 'Gamma=[[1]]' 'Sigma=[[1]]' s0=1 t=1; expect "Sigma without a loss" 2 "Sigma has no effect without loss=vicreg"
es $bt gamma=1 s0=1e-3 t=1 nu=1 mu=0.1 precondition_epsilon=0.01
ok $rc "defaults may be named, as config.yaml does" "$err"
es $bt gamma=1,0.5 sigma=2,1 s0=1e-3,1e-3 loss=vicreg t=0,1 -o one
es $bt --config one/config.yaml -o two
cmp -s one/trace.csv two/trace.csv; ok $? "config.yaml gives the same again" "$err"
es $bt gamma=1 s0=1 t=1 precondition_epsilon=0.1; expect "a ridge without a preconditioner" 2 "precondition_epsilon has no effect"
es $bt gamma=1 s0=1 t=1 precondition=left mu=1; expect "mu without log det" 2 "mu has no effect without precondition=logdet"
es $bt gamma=1 s0=1 t=1 precondition=left precondition_epsilon=0; expect "no ridge" 2 "precondition_epsilon.*0"
es $bt gamma=1 s0=1 t=1 precondition=logdet mu=-1; expect "negative mu" 2 "mu.*-1"
es $bt gamma=1 s0=1e-3 t=1 precondition=logdet mu=1e300; expect "a mu without a square" 2 "mu=1e300: out of range.*1e\+100"
es $bt gamma=1 s0=1e-3 t=1 precondition=logdet precondition_epsilon=1e200; expect "a ridge without a square" 2 "precondition_epsilon=1e200: out of range.*1e\+100"
es $bt gamma=1 s0=1e-3 t=0,1 precondition=logdet precondition_epsilon=1e100 mu=1e100
close "the largest of both: lambda' = 4 lambda (3 - 2 lambda)" "$(cell 2 lambda_1 <<<"$out")" .14682401470885359 1e-12
for p in left logdet; do
  es $bt gamma=1,-0.5 s0=1e-3,1 t=1 precondition=$p
  expect "a mode that would run away, $p" 2 "s0.*mode 2 starts at lambda = -0.5.*-0.01"
  es $bt gamma=1,-0.5 'W0=[[1e-3,1]]' t=1 precondition=$p
  expect "a start that would run away, $p" 2 "W0.*eigenvalue -0.499.*-0.01"
  es $bt gamma=-1 d=1 init_scale=1 t=1 precondition=$p
  expect "a random one, $p" 2 "init_scale=1: C has the eigenvalue -.*-0.01"
done
es flow barlow-twins-kernel data.n=20 kernel=rbf d=2 t=0,1 loss=vicreg --quiet
grep -q cov_lambda_2 <<<"$out"; ok $? "the kernel model has the losses, too" "$err"
es flow barlow-twins-kernel data.n=20 kernel=linear sigma=1 d=2 t=1 loss=vicreg
expect "but takes no sigma" 2 "sigma"
finish
