# The experiments on one contrastive layer: all end to end with their figures;
# whole where that is quick, else at a size too small for some criteria.
. tests/cli/lib.sh

run() { # experiment, stage of its figure, criteria that hold, more words
  local name=$1 stage=$2 hold=$3
  shift 3
  es run "$name" "$@" --quiet; ok $rc "$name" "$err"
  same "$name: criteria that hold" "$(grep -c ',holds$' out/$name/verdict.csv)" "$hold"
  [ -s "out/$name/$stage/$name.svg" ] && [ -s "out/$name/$stage/$name.png" ]
  ok $? "$name is drawn"
}
run positives-only images-both 15
run x-min pairs-large 32 --size small
run toy-one-layer dot 7 --size small
run augmentation-strength both 22 --size small
run crop-collapse images 14 --size small
finish
