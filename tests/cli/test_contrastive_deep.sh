#!/bin/bash
# contrastive-deep from outside: columns by the contract, blow-up, and every
# line that its settings are refused with.
. "$(dirname "$0")/lib.sh"
deep() { es flow contrastive-deep "$@"; }
X='X=[[1,0],[0,0.5]]'
two='sigma0=[[0.3],[0.1]]'

deep "$two" lambda=0.8 t=0,5,17,17.2
expect "a time past the blow-up ends the flow" 1 \
  'the solution blows up at t = 17\.165817010439[12]'
same "columns" "$(head -1 <<<"$out")" \
  t,sigma_1_1,sigma_2_1,conserved_residual,alignment_1,t_blowup
same "rows before it are there" "$(wc -l <<<"$out")" 4
close "sigma_1 at 5" "$(cell 2 sigma_1_1 <<<"$out")" .3183680455462444 1e-15
close "sigma_2 at 5" "$(cell 2 sigma_2_1 <<<"$out")" .1461444915997026 1e-15
close "t_blowup" "$(cell 3 t_blowup <<<"$out")" 17.16581701043921 1e-15
deep 'sigma0=[[0.5],[0.5],[0.5]]' lambda=0.8 t=1
close "three layers" "$(cell 1 sigma_3_1 <<<"$out")" .5286856317202821 1e-15

# Modes stand in the order given, not by size.
deep 'sigma0=[[0.1,0.9],[0.2,0.3]]' lambda=-1,0.1 t=0
same "modes in their order" "$(cell 1 sigma_1_1 <<<"$out")" 0.10000000000000001
deep "$X" 'W1=[[0.5,0.2],[-0.1,0.3]]' 'W2=[[0.4,-0.2],[0.3,0.25]]' t=1 \
  rtol=1e-11 output.state=on
close "W1 of theory.md" "$(cell 1 W1_1_1 <<<"$out")" .71554582661342 1e-11
close "W1 of theory.md, last entry" "$(cell 1 W1_2_2 <<<"$out")" \
  .3153744823718 1e-11
deep "$X" layers=2 init_scale=0.5 d0=1 t=0,0.1
[[ $(head -1 <<<"$out") == *,t_blowup,rank_head,rank_rest,rankme_head,rankme_rest ]]
ok $? "columns of d0" "$out"
deep 'x=[[1,0],[0,1]]' 'xp=[[1,0.5],[0,0.5]]' t=0,1
[[ $(head -1 <<<"$out") == *,t_blowup,loss,cov_lambda_1,cov_lambda_2 ]]
ok $? "columns of pairs" "$out"
same "pairs do not blow up" "$(cell 2 t_blowup <<<"$out")" inf
# 16 modes and descent on batches of generated pairs: theory's toy.
row=1,0.7,0.5,0.35,0.25,0.17,0.12,0.086,0.061,0.043,0.03,0.021,0.015,0.01,0.007,0.005
deep data.name=gaussian data.dims=16 data.n=1280 augment.noise=0.1 \
  "sigma0=[[$row],[$row]]" loss=dot batch=128 method=gd lr=0.01 t=0,2
ok $rc "the toy of 16 modes runs" "$err"
es list keys
same "layers' keys are told once" "$(grep -c 'model\.W[1-9]' <<<"$out")" 1

# A sweep says which cells blow up before t_end, with and without closed form.
es sweep contrastive-deep "$two" lambda=0.8 sweep.eta=0,0.01,0.05 t_end=20
same "cells that blow up" "$(cut -d, -f2 <<<"$out" | tr '\n' ' ')" \
  "outcome diverged undecided undecided "
es sweep contrastive-deep "$X" sweep.init_scale=0.1,1 t_end=2
same "cells that blow up, from matrices" \
  "$(cut -d, -f2 <<<"$out" | tr '\n' ' ')" "outcome undecided diverged "

bad() { # name, pattern, words…
  deep "${@:3}" t=1
  expect "$1" 2 "$2"
}
bad "widths that do not meet" 'W2=.*1 by 3; it must have 2 columns, as W1' \
  "$X" 'W1=[[1,0],[0,1]]' 'W2=[[1,0,0]]'
bad "a first layer of other data" 'W1=.*3 columns|W1=.*must have 2 columns' \
  "$X" 'W1=[[1,0,0]]'
bad "W2 without W1" 'model\.W2: model\.W1 needs to stand before it' \
  "$X" 'W2=[[1,0],[0,1]]'
bad "W3 without W2" 'model\.W3: model\.W2 needs' \
  "$X" 'W1=[[1,0],[0,1]]' 'W3=[[1,0],[0,1]]'
bad "rows of other lengths" 'sigma0=.*row 2 has 1' 'sigma0=[[1,2],[1]]' \
  lambda=1,2
bad "another number of lambdas" 'sigma0=.*2 modes, but lambda has 3' \
  'sigma0=[[1,2],[1,2]]' lambda=1,2,3
bad "negative singular values" 'sigma0=.*out of range' \
  'sigma0=[[1,-2]]' lambda=1,2
bad "lambda alone" 'model\.lambda: model\.sigma0 needs' lambda=1,2
bad "sigma0 alone" 'model\.sigma0: give model\.lambda' 'sigma0=[[1,2]]'
bad "sigma0 of other data" '3 modes, but X is of order 2' "$X" \
  'sigma0=[[1,2,3]]'
bad "sigma0 and W1" 'not both' "$X" 'sigma0=[[1,2]]' 'W1=[[1,2]]'
for other in "$X" mode=infonce loss=dot negatives=off 'C=[[1]]' batch=3; do
  bad "lambda and ${other%%=*}" "model\.${other%%=*}=.*lambda" "$two" \
    lambda=1 "$other" method=gd lr=0.1
done
bad "lambda and data" 'model\.lambda or \[data\]' "$two" lambda=1 \
  data.name=gaussian
bad "more rows than there are" 'd0=3: the last layer has 2 rows' "$X" d0=3
bad "a residual that does not fit" 'residual=on: it adds x, of 2 values, to 3' \
  "$X" residual=on widths=3,3
bad "rectifiers without pairs" 'activation=relu: rectifiers need' "$X" \
  activation=relu
bad "too many layers" 'layers=17.*from 1 to 16' "$X" layers=17
bad "too many rows of sigma0" '17 layers; at most 16' lambda=1 \
  "sigma0=[[1]$(printf ',[1]%.0s' {1..16})]"
bad "a width between numbers" 'widths=.*2\.5 is not a whole number' "$X" \
  widths=3,2.5
bad "widths and layers" '2 widths, but layers=3' "$X" layers=3 widths=3,2
bad "widths and d" 'model\.d or model\.widths' "$X" d=2 widths=3,2
bad "layers of a start that is given" 'layers=3: of a start that is drawn' \
  "$X" layers=3 'W1=[[1,0],[0,1]]'
bad "not a number" 'W1=.*nan' "$X" 'W1=[[1,nan],[0,1]]'
bad "no closed form beside a residual" 'no closed form' "$X" residual=on \
  method=exact
# A run's own config.yaml has defaults that its start leaves no use for.
again() { # what, words…
  deep "${@:2}" t=0,0.1 -o again --force
  ok "$rc" "$1" "$err"
  deep --config again/config.yaml
  same "$1, again" "$rc $out" "0 $(cat again/trace.csv)"
}
again "aligned modes by lambda" 'sigma0=[[0.1,0.2],[0.1,0.3]]' lambda=2,1
again "aligned modes by X" 'sigma0=[[0.1,0.2],[0.1,0.3]]' "$X"
again "given layers" "$X" 'W1=[[0.1,0],[0,0.2]]' 'W2=[[0.1,0],[0,0.1]]'
again "three widths" "$X" widths=3,3,2
deep "$X" widths=1000000,1000000
expect "more than memory holds" 4 'GB'
deep 'sigma0=[[0.3],[0.1]]' lambda=0.8 method=gd lr=0.1 t=17.1,17.3
same "descent has states past the blow-up" "$rc $(cut -d, -f1 <<<"$out" | tail -1)" "0 17.300000000000001"
deep 'sigma0=[[1e200],[1e200]]' lambda=1 t=0,1
expect "a start past its end" 1 'blows up at t = 0$'
# Many layers: what moves at first is the 22nd power of what is small. The time
# from DOP853 at 1e-13 over ln|W| (NumPy), without a rescaling of t.
layers=$(printf 'W%d=[[0.5,0.1],[0.05,0.4]] ' {1..12})
# shellcheck disable=SC2086
deep 'X=[[1,0.3],[0.3,-0.5]]' $layers rtol=1e-11 t=0
close "twelve layers blow up" "$(cell 1 t_blowup <<<"$out")" 43468.2957662956 1e-11
deep data.name=gaussian data.dims=20 data.n=100 mode=fixed init_scale=0.2 \
  layers=16 t=0,1
expect "sixteen, long before the end" 1 'blows up at t = 0\.000508941587'
deep 'X=[[-1,0.5],[0.5,0.1]]' layers=8 residual=on eta=0.1 t=0
same "decay against a small start" "$(cell 1 t_blowup <<<"$out")" inf
# 60 numbers, four layers: 1.6e8 times the shortest time before anything grows.
deep data.name=gaussian data.dims=60 data.n=300 mode=fixed layers=4 t=1e-5
close "a slow start" "$(cell 1 t_blowup <<<"$out")" 0.00080454114124 1e-8
finish
