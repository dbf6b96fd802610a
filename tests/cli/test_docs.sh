# What pages say: their links and the files, experiments and keys that they name
# are there; their commands run; the numbers of docs/theory.md come out.
. "$(dirname "$0")/lib.sh"
if [ "${ES_CFG:-release}" != release ]; then
  skip "pages" "the same commands, only slower"
  finish
  exit
fi
docs="/usr/bin/python3 $root/tests/cli/docs.py"
same "links, and files that are named" "$($docs links "$root" 2>&1)" ""
"$program" list keys >listed
same "keys that are named" "$($docs keys "$root" listed 2>&1)" ""

while IFS=$'\t' read -r page command; do
  [ "$page" != experiments/README.md ] || command+=" --dry-run"
  eval "es $command"; ok $rc "$page: $command" "$err"
done < <($docs commands "$root")

# One unit of the last digit that is printed.
last=
while IFS=$'\t' read -r column numbers command; do
  [ "$command" = "$last" ] || { eval "es $command --quiet"; ok $rc "$command" "$err"; }
  last=$command row=0
  for want in ${numbers//,/ }; do
    row=$((row + 1)) power=0 mantissa=${want%e*}
    [ "$mantissa" = "$want" ] || power=${want#*e}
    digits=15 # of a whole number: all of them
    [[ $mantissa != *.* ]] || { digits=${mantissa#*.} digits=${#digits}; }
    unit=1e$((power - digits))
    close "$column of row $row" "$(cell $row "$column" <<<"$out")" "$want" 0 "$unit"
  done
done < <($docs numbers "$root/docs/theory.md")
[ "$tests" -gt 70 ]; ok $? "tables were found" "$tests"
finish
