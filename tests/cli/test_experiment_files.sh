# The experiments that are shipped, as files: what they keep, what their larger
# sizes set, and the example that docs/experiments.md gives.
. tests/cli/lib.sh
python=/usr/bin/python3

got=$($python "$root/tests/experiments.py" check 2>&1)
ok $? "what is kept is one experiment's each, and the gallery shows it" "$got"
same "the verdict comes first, then what the file names" \
  "$($python "$root/tests/experiments.py" kept modes | tr '\n' ';')" \
  "verdict.csv modes.verdict.csv;flow/modes.png modes.png;flow/embedding.gif modes-embedding.gif;"

awk '/^```/ { if (inside) exit; inside = $0 == "```yaml"; next } inside' \
  "$root/docs/experiments.md" >two-modes.yaml
es run two-modes.yaml --quiet; ok $rc "the documentation's example runs" "$err"
same "its criterion holds" "$(sed 1d out/two-modes/verdict.csv | grep -o '[a-z]*$')" holds
es run two-modes.yaml --size large --dry-run; ok $rc "and has a larger size" "$err"
grep -q 'gamma: \[1, 0.8, 0.6, 0.4\]' <<<"$out"; ok $? "with the preset's modes"
[ -s out/two-modes/flow/staircase.svg ]; ok $? "what it keeps is there"

# Every preset sets keys that are there to values that are taken, for all stages:
# that is looked at before the data, which are not here.
for file in $(grep -l "^  large:" "$root"/experiments/*.yaml); do
  name=$(basename "$file" .yaml)
  es run "$name" --size large --dry-run --quiet
  [ "$rc" = 0 ] || { [ "$rc" = 3 ] && grep -q "^eigenstep: data/.*missing: get the" <<<"$err"; }
  ok $? "$name has a large size" "exit $rc: $err"
done
finish
