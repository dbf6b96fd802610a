# The experiments on BYOL's matrices and on predictors set directly: all are
# well formed, and the quick ones hold end to end with their figures; and the
# aligned start's messages.
. tests/cli/lib.sh

# A dry run of lemma1 would open its images eleven times: its form is read before
# a size that is not there is refused.
es run lemma1 --size none; expect "lemma1 is well formed" 2 "none: .*lemma1.yaml has no such preset"

whole() { # name, stage/figure
  es run "$@"; ok $rc "$1" "$err"
  [ -s out/$1/verdict.csv ] && ! grep -q ',fails$\|,inconclusive$' out/$1/verdict.csv
  ok $? "$1: every criterion holds" "$(grep -v ',holds$' out/$1/verdict.csv)"
}
figure() { [ -s "out/$1.svg" ] && [ -s "out/$1.png" ]; ok $? "out/$1 is drawn"; }
whole commutator
figure commutator/symmetric-tau/commutator
figure commutator/law/commutator-law
whole byol-descent
figure byol-descent/byol-scan/byol-descent
whole direct
figure direct/directset/direct

# Images take longest to read, and few have moments of their own.
es run no-predictor --size small; ok $rc "no-predictor of few images" "$err"
same "its criteria but one" "$(grep -c ',holds$' out/no-predictor/verdict.csv)" 14
figure no-predictor/images-simsiam/no-predictor

X='X=[[1,0.3],[0.3,0.8]] Xp=[[0.2,0.05],[0.05,0.1]]'
es flow byol $X s0=0.3,1 W0=[[1,2]] t=0
expect "two starts" 2 "model.s0 is a whole start: leave out model.W0"
es flow byol $X s0=0.3,1 Wa0=[[1,2]] t=0; expect "and of the target" 2 "leave out model.Wa0"
es flow byol $X s0=0.3,1,1 t=0; expect "too many modes" 2 "model.s0=0.3,1,1: 3 values, but X has 2 modes"
es flow byol $X s0=0.3,1 n2=3 t=0; expect "not as many as n2" 2 "model.s0=0.3,1: 2 values for n2=3 modes"
es flow byol $X s0=0.3,1 p0=1 t=0; expect "not as many p0" 2 "model.p0=1: 1 values for the 2 of s0"
es flow byol $X p0=1,1 t=0; expect "p0 alone" 2 "model.p0: needs model.s0 beside it"
es flow byol $X tau0=1 t=0; expect "tau0 alone" 2 "model.tau0: needs model.s0 beside it"
es flow byol $X s0=0.3,-1 t=0; expect "a negative s0" 2 "entry 2, -1, is out of range"
es fixed-points byol $X --quiet; ok $rc "fixed-points byol" "$err"
same "its columns" "$(head -1 <<<"$out")" "mode,p,s,lambda_d,lambda_s,overlap"
finish
