# A sweep that is killed, interrupted or refused a write goes on with --resume to
# the same bytes, wherever it was struck.
. tests/cli/lib.sh

${CC:-cc} -D_GNU_SOURCE -O1 -shared -fPIC "$root/tests/cli/kill_at.c" -o kill_at.so -ldl
ok $? "the killing library compiles"
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
asan=0; [ "${ES_CFG:-release}" = asan ] && asan=1

small="sweep byol-eigenmode p0=0.1 s0=0.2 sweep.eta=log:1e-3:1:40
  sweep.alpha_p=lin:1:9:15 method=tsit5 rtol=1e-6 --quiet --threads 1"
es $small -o whole; same "the uninterrupted sweep" "$rc $(wc -l <whole/sweep.csv)" "0 601"

struck() { # order for kill_at.so, words…
  local order=$1; shift
  { KILL_AT=$order LD_PRELOAD=$work/kill_at.so es "$@"; } 2>/dev/null
}
goes_on() { # name, folder, words…
  local name=$1 dir=$2; shift 2
  es "$@" -o "$dir" --resume
  [ "$rc" = 0 ] && cmp -s "$dir/sweep.csv" "${whole:-whole}/sweep.csv" &&
    cmp -s "$dir/config.yaml" "${whole:-whole}/config.yaml" &&
    [ "$(ls "$dir" | tr '\n' ' ')" = "config.yaml run.json sweep.csv " ]
  ok $? "$name" "exit $rc: $err; $(ls "$dir" | tr '\n' ' ')"
  rm -rf "$dir"
}

grown() { # waits for rows
  for _ in $(seq 500); do
    [ "$(stat -c %s k/sweep.csv.part 2>/dev/null || echo 0)" -gt 500 ] && return
    sleep 0.02
  done
}

# At the operations that make files: before, in the middle and after.
KILL_LOG=$work/log LD_PRELOAD=$work/kill_at.so es $small -o logged
writes=$(grep -c '^write sweep.csv.part' log)
[ "$writes" -gt 5 ]; ok $? "rows are written in pieces" "$(cat log)"
for order in open:sweep.csv.part:1:before open:sweep.csv.part:1:after \
  open:config.yaml.new.part:1:after rename:config.yaml.new:1:before rename:config.yaml.new:1:after \
  write:sweep.csv.part:1:half write:sweep.csv.part:1:after write:sweep.csv.part:2:half \
  write:sweep.csv.part:$writes:before write:sweep.csv.part:$writes:half write:sweep.csv.part:$writes:after \
  fsync:sweep.csv.part:1:after rename:sweep.csv:1:before rename:sweep.csv:1:after \
  open:run.json.part:1:after rename:run.json:1:before; do
  struck $order $small -o k
  [ "$rc" = 137 ] && [ "$(grep -c . whole/sweep.csv)" -ge "$(cat k/sweep.csv k/sweep.csv.part 2>/dev/null | grep -c .)" ]
  ok $? "killed at $order" "exit $rc"
  goes_on "and gone on with" k $small
done
struck write:sweep.csv.part:4:half $small -o k
head -c $(stat -c %s k/sweep.csv.part) whole/sweep.csv | cmp -s - k/sweep.csv.part
ok $? "a part is the beginning of the table"
[ ! -e k/sweep.csv ] && [ ! -e k/run.json ]; ok $? "nothing has a final name" "$(ls k)"
before=$(cksum <k/sweep.csv.part)
es $small -o k; expect "without --resume" 2 "exists"
es $small rtol=1e-5 -o k --resume; expect "with other settings" 2 "rtol: 1e-06. there, .rtol: 1e-05. now"
same "and left as it was" "$(cksum <k/sweep.csv.part)" "$before"
goes_on "but gone on with" k $small
struck write:sweep.csv.part:3:fail $small -o k
expect "a write that fails" 3 "sweep.csv.*cannot be written: No space left"
goes_on "is made good" k $small
es $small -o k; goes_on "what has ended stays" k $small

# At random moments, again and again, on two threads.
many="sweep byol-eigenmode p0=0.1 s0=0.2 sweep.eta=log:1e-3:1:200
  sweep.alpha_p=lin:1:9:$((asan ? 100 : 200)) method=tsit5 --quiet --threads 2"
begun=$(date +%s%N)
es $many -o large
took=$(($(date +%s%N) - begun))
kills=0 tries=0
es $many -o k --dry-run # warms up
while [ $kills -lt 8 ] && [ $tries -lt 40 ]; do
  tries=$((tries + 1))
  "$program" $many -o k --resume >/dev/null 2>&1 </dev/null & pid=$!
  # A fifth of the whole at most, so that three kills come before its end.
  sleep "$(awk "BEGIN { print $RANDOM / 32768 * $took / 5e9 }")"
  kill -KILL $pid 2>/dev/null || break
  wait $pid 2>/dev/null
  kills=$((kills + 1))
done
[ $kills -ge 3 ]; ok $? "killed at random" "$kills times"
whole=large goes_on "killed $kills times at random and gone on with" k $many

# Signals that ask.
for signal in INT TERM; do
  rm -rf k
  "$program" $many -o k >.out 2>.err </dev/null & pid=$!
  grown
  kill -$signal $pid; wait $pid; rc=$? err=$(cat .err)
  expect "SIG$signal" 5 "stopped after [0-9]+ of [0-9]+ cells; --resume goes on"
  [ ! -e k/sweep.csv ] && [ -e k/sweep.csv.part ]; ok $? "SIG$signal leaves a part" "$(ls k)"
  whole=large goes_on "SIG$signal and gone on with" k $many
done

# A shard goes on as well, and does not disturb its neighbour.
es $small --shard 2/2 -o k
struck write:sweep-1-of-2.csv.part:2:half $small --shard 1/2 -o k
es $small --shard 1/2 -o k --resume; es sweep --merge k
cmp -s k/sweep.csv whole/sweep.csv; ok $? "a killed shard" "$rc $err"
struck rename:sweep.csv:1:before sweep --merge k --force; same "a merge is killed" "$rc" 137
es sweep --merge k --force; cmp -s k/sweep.csv whole/sweep.csv; ok $? "and made again" "$rc $err"

# Two at a time in one folder.
rm -rf k; "$program" $many -o k >.out 2>.err </dev/null & pid=$!
grown
es $many -o k --resume; expect "while another writes" 3 "being written by another"
es flow barlow-twins gamma=1 s0=1e-3 -o k --force; expect "nor does another command" 3 "k: is being written by another run"
es plot k; expect "or a figure" 3 "k: is being written by another run"
es $many -o k --shard 1/2 --resume; expect "or a shard" 3 "k: is being written by another run"
kill -INT $pid; wait $pid; same "which is not disturbed" $? 5
finish
