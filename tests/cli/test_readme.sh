# README's examples, word for word and in their order: every line after "$ " runs
# and ends with 0, and prints what stands below it, if anything does.
. "$(dirname "$0")/lib.sh"
if [ "${ES_CFG:-release}" != release ]; then
  skip "README" "what it runs, other tests run as well"
  finish
  exit
fi
ln -s "$program" eigenstep
export OMP_NUM_THREADS=1
awk '/^```/ { block = $0 == "```sh"; n = 0; next }
  !block { next }
  /^\$ / { n++; print ""; last = $0; print "command " substr($0, 3); next }
  n && last ~ /\\$/ { last = $0; print "command " $0; next }
  n { print "output " $0 }' "$root/README.md" >blocks
awk '/^```/ { block = $0 == "```sh"; next } block && /^\$ / { n++ } END { print n }' \
  "$root/README.md" >count

run_one() {
  [ -n "$command" ] || return
  es_output=$(bash -c "$command" 2>.err </dev/null)
  rc=$?
  ok $rc "${command%%$'\n'*}" "$(tail -n 2 .err)"
  ran=$((ran + 1))
  [ -z "$want" ] || same "prints what README shows" "$es_output"$'\n'"$(cat .err)" "$want"
  command='' want=''
}
command='' want='' ran=0
while IFS= read -r line; do
  case $line in
  'command '*) command=${command:+$command$'\n'}${line#command } ;;
  'output '*) want=${want:+$want$'\n'}${line#output } ;;
  '') run_one ;;
  esac
done <blocks
run_one
same "all of them ran" "$ran" "$(cat count)"
[ "$ran" -ge 15 ]; ok $? "and there are some"

awk '/^```/ { block = $0 == "```python"; next } block' "$root/README.md" >readme.py
echo 'assert len(trace) > 100 and len(steps) == 10 and min(x.ndim for x in params.values()) > 0' >>readme.py
if /usr/bin/python3 -c 'import pandas, h5py' 2>/dev/null; then
  /usr/bin/python3 readme.py 2>.err; ok $? "its lines of Python" "$(tail -n 1 .err)"
else
  skip "its lines of Python" "no pandas or h5py"
fi
grep -oE '\]\([^)#]+' "$root/README.md" | cut -c3- | while read -r link; do
  [ -e "$root/$link" ] || echo "$link"
done >dead
same "its links lead somewhere" "$(cat dead)" ""
finish
