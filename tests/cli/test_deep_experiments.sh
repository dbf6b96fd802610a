# The experiments on deep contrastive networks end to end, with their figures. Those
# of the closed forms hold; those that descend are cut down, and then a part of
# their criteria is true already. `depth` takes longest and is left to `make
# reproduce`.
. tests/cli/lib.sh

draws() { # name, stage
  [ -s "out/$1/$2/$1.svg" ] && [ -s "out/$1/$2/$1.png" ]
  ok $? "$1 is drawn" "$(ls "out/$1/$2")"
}
whole() { # name, stage of the figure
  es run "$1"; ok $rc "$1" "$err"
  [ -s "out/$1/verdict.csv" ] && ! grep -q ',fails$\|,inconclusive$' "out/$1/verdict.csv"
  ok $? "$1: every criterion holds" "$(grep -v ',holds$' "out/$1/verdict.csv")"
  draws "$1" "$2"
}
small() { # name, stage of the figure, criterion that holds already…
  local name=$1 stage=$2
  shift 2
  es run "$name" --size small; ok $rc "$name, small" "$err"
  draws "$name" "$stage"
  for criterion in "$@"; do
    grep -qF "$criterion" "out/$name/verdict.csv" &&
      grep -F "$criterion" "out/$name/verdict.csv" | grep -qv ',fails$\|,inconclusive$'
    ok $? "$name: $criterion" "$(grep -F "$criterion" "out/$name/verdict.csv")"
  done
}

whole two-layers decay-4
whole alignment law-population
small toy-two-layer floor-16 "min cov_lambda_12 in toy/trace.csv where t > 99 and t < 101 > 0.1" \
  "max cov_lambda_13 in toy/trace.csv where t > 99 and t < 101 < 1e-3"
small directclr distance "min rankme_rest_end/(16-d0) in dot/table.csv where residual is on and d0 < 16 > 0.99" \
  "max rankme_head_end in distance/table.csv where residual is off and d0 is 16 < 7"
finish
