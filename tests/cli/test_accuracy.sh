#!/bin/bash
# The page of `make accuracy` has all models, and a part of it holds here.
. "$(dirname "$0")/lib.sh"
python=${PYTHON:-/usr/bin/python3}
export EIGENSTEP=$program

es list models
missing=""
while read -r model _; do
  [[ $model == \[* ]] && continue
  grep -q "^## \`$model\`" "$root/docs/accuracy.md" || missing+=" $model"
done <<<"$out"
same "docs/accuracy.md has every model" "$missing" ""
grep -q OVER "$root/docs/accuracy.md"
same "and none over its bar" $? 1

if [ "${ES_CFG:-release}" != release ]; then
  skip "accuracy" "the release build's numbers are those that count"
  finish
  exit
fi
if ! "$python" -c 'import csv, decimal' 2>/dev/null; then
  skip "accuracy" "no Python"
  finish
  exit
fi
"$python" "$root/tests/accuracy/accuracy.py" --smoke >smoke.txt 2>&1
rc=$?
ok $rc "a case of every group is within its bars" "$(grep -v '^ok' smoke.txt)"
grep -qE '^[1-9][0-9]* lines, [1-9][0-9]+ numbers, 0 over' smoke.txt
ok $? "and they were compared" "$(tail -n 1 smoke.txt)"
finish
