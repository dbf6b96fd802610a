# A training that is killed, interrupted or refused a write goes on with --resume
# to the same bytes; where it cannot go on, the folder is left as it was.
. tests/cli/lib.sh
. "$root/tests/cli/killed.sh"

# A library to preload that strikes at a chosen file operation: kill_at.c.
${CC:-cc} -D_GNU_SOURCE -O1 -shared -fPIC "$root/tests/cli/kill_at.c" -o kill_at.so -ldl
ok $? "the killing library compiles"
export ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0
asan=0; [ "${ES_CFG:-release}" = asan ] && asan=1

# Figures are drawn elsewhere; here their scripts are empty, for speed.
mkdir -p share/plots
for name in common training overlay; do echo "#" >share/plots/$name.gp; done
export EIGENSTEP_DATADIR=$work/share

/usr/bin/python3 - <<'PY'
import random, struct
random.seed(1)
with open("images.idx", "wb") as f:
    f.write(struct.pack(">IIII", 0x803, 40, 8, 8))
    f.write(bytes(random.randrange(256) for _ in range(40 * 64)))
PY
base="train barlow-covariance data.name=idx data.path=images.idx net.width=2
  method.dim=3 train.batch=8 train.eval_n=12 train.lr=0.02
  train.predict=conjugate train.embeddings=5 --quiet"
small="$base train.steps=40 train.log_every=3 train.checkpoint_every=7 --threads 1"
two="${small/threads 1/threads 2}"
struck() { # order for kill_at.so, words…: sets rc and err
  local order=$1; shift
  { KILL_AT=$order LD_PRELOAD=$work/kill_at.so es "$@"; } 2>/dev/null
}

# Names, sizes, times and bytes.
state() { (cd "$1" && find . -type f -printf '%p %s %T@\n' | sort && find . -type f | sort | xargs cat | cksum); }
untouched() { # name, code, pattern, folder, words…
  local name=$1 code=$2 pattern=$3 dir=$4 before; shift 4
  before=$(state "$dir")
  es "$@" -o "$dir"
  expect "$name" "$code" "$pattern"
  same "$name: nothing is changed" "$(state "$dir")" "$before"
}

# The uninterrupted run, twice.
timed $small -o whole; ok $rc "an uninterrupted run" "$err"; whole_time=$seconds
timed $small -o again; same "has the same bytes again" "$rc$(differences again)" 0
whole_time=$(awk "BEGIN { print $seconds < $whole_time ? $seconds : $whole_time }")
rm -r again
same "rows at every third step and the last" "$(cut -d, -f2 whole/trace.csv | tr '\n' ' ')" \
  "step 0 3 6 9 12 15 18 21 24 27 30 33 36 39 40 "

# The order of operations that a loss of power could tell: rows are synced
# before the checkpoint that counts them, all files before they get their names.
KILL_LOG=$work/log LD_PRELOAD=$work/kill_at.so es $small -o logged; ok $rc "the killing library alone does no harm" "$err"
same "nor changes anything" "$(differences logged)" ""
wrong=$(awk '{ k = $2; sub(/\.part$/, "", k) }
  $1 == "write" { dirty[k] = 1; if (k == "trace.csv" && !named["prediction.csv"]) print "rows before the prediction" }
  $1 == "fsync" { dirty[k] = 0 }
  $1 == "rename" { if (dirty[k]) print k " is not synced"; named[k]++ }
  $1 == "rename" && k == "arrays.h5" { if (dirty["trace.csv"]) print "a checkpoint counts rows that are not synced"
    if (named["trace.csv"]) print "a checkpoint after the trace was ended" }
  $1 == "rename" && k == "run.json" && !named["agreement.csv"] { print "the record before the results" }
  END { if (named["arrays.h5"] != 7 || named["trace.csv"] != 1) print "checkpoints: " named["arrays.h5"] }' log)
same "files are synced, then named, rows before checkpoints" "$wrong" ""
rm -r logged

# Ten kills at random moments over the whole run, every third one followed by a
# kill of the run that goes on.
draw=20240229
n=10; [ $asan = 1 ] && n=3
kills=0
for i in $(seq $n); do
  at=$(awk "BEGIN { print $whole_time * ($i - 1 + $(random)) / $n }")
  killed_at "$at" $small -o random$i
  [ $rc = 137 ] && kills=$((kills + 1))
  found=$(half_written random$i 2>&1)
  if [ $((i % 3)) = 0 ]; then
    killed_at "$(awk "BEGIN { print $whole_time * $(random) }")" $small -o random$i --resume
    found=$found$(half_written random$i 2>&1)
  fi
  same "killed after $at of $whole_time s: nothing is half-written" "$found" ""
  goes_on "and it goes on" random$i $small
done
[ $kills -ge $((n / 3)) ]; ok $? "kills at random moments met a running program" "$kills of $n"

# Kills at chosen operations; after a bar, of the run that goes on.
i=0
for orders in \
  'rename:config.yaml:1:before' \
  'write:prediction.csv.part:3:half' \
  'write:trace.csv.part:1:half|open:arrays.h5.part:1:after' \
  'write:arrays.h5.part:40:half|rename:arrays.h5:1:before' \
  'rename:arrays.h5:2:before|ftruncate:trace.csv.part:1:before' \
  'rename:arrays.h5:3:after|ftruncate:trace.csv.part:1:after' \
  'fsync:trace.csv.part:3:after|rename:arrays.h5:1:after' \
  'write:trace.csv.part:6:half|write:trace.csv.part:1:half' \
  'rename:trace.csv:1:before|rename:trace.csv:1:before' \
  'rename:trace.csv:1:after' \
  'write:overlay.csv.part:3:half' \
  'rename:run.json:1:before'; do
  i=$((i + 1))
  [ $asan = 1 ] && [ $((i % 4)) != 2 ] && continue
  found=
  for order in ${orders//|/ }; do
    struck $order $small -o struck --resume
    found=$found$([ $rc = 137 ] || echo "$order met nothing: exit $rc: $err")$(half_written struck 2>&1)
  done
  same "killed at $orders: nothing is half-written" "$found" ""
  goes_on "and it goes on" struck $small
done

# The same number of threads gives the same bytes, whatever it is.
reference=pair
es $two -o pair; ok $rc "two threads" "$err"
for order in write:arrays.h5.part:120:half rename:arrays.h5:4:after; do
  struck $order $two -o struck
  same "two threads, killed at $order" "$rc$(half_written struck)" 137
  goes_on "go on" struck $two
done
rm -r pair; reference=whole

# Signals that ask for an end: exit 5, one line that says where, resumable.
for order in 'rename:config.yaml:1:after:1/0' 'rename:arrays.h5:2:after:15/7' 'write:trace.csv.part:4:after:2/6'; do
  struck ${order%/*} $small -o stopped
  expect "signal ${order##*:}, at step ${order#*/}" 5 "step ${order#*/} of 40.*--resume"
  [ -s stopped/arrays.h5 ] && [ ! -e stopped/trace.csv ] && [ ! -e stopped/run.json ]
  ok $? "leaves a checkpoint and no finished run" "$(ls stopped)"
  goes_on "and it goes on" stopped $small
done
dir=long
lines() { wc -l 2>/dev/null <$dir/trace.csv.part || echo 0; }
interrupt() { # signal, rows, words…: sent once the trace has so many lines
  local pid; local signal=$1 rows=$2; shift 2
  "$program" "$@" >.out 2>.err </dev/null &
  pid=$!
  for _ in $(seq 400); do
    [ "$(lines)" -ge "$rows" ] && break
    sleep 0.05
  done
  kill -$signal $pid; wait $pid; rc=$? err=$(cat .err)
}
long="$base train.steps=1000000 train.log_every=1 train.checkpoint_every=1000000 --threads 1 -o long"
interrupt INT 5 $long; expect "SIGINT" 5 "step [0-9]+ of 1000000"
first=$(grep -oE 'step [0-9]+' <<<"$err" | cut -c6-)
interrupt TERM $((first + 5)) $long --resume; expect "SIGTERM" 5 "step [0-9]+ of 1000000"
second=$(grep -oE 'step [0-9]+' <<<"$err" | cut -c6-)
[ "${first:-0}" -ge 3 ] && [ "${second:-0}" -ge $((first + 3)) ]; ok $? "the second one went on from the first" "$first, $second"
same "every step has its row once" "$(sed 1d long/trace.csv.part | cut -d, -f2 | cksum)" "$(seq 0 "${second:-0}" | cksum)"

# Optimisers, rates that vary and chunks go on as well: killed before a
# checkpoint at step 14 of 40, of 8 epochs.
for words in 'optimizer=adamw schedule=cosine ordering=single-pass' \
  'optimizer=lars warmup=20 ordering=hybrid' 'momentum=0.9 weight_decay=0.01 ordering=cumulative subset=0.9'; do
  other="${small/train.predict=conjugate/} train.chunks=4 $words"
  es $other -o all; ok $rc "$words" "$err"
  struck rename:arrays.h5:3:before $other -o part
  same "is killed" "$rc" 137
  es $other -o part --resume; ok $rc "and goes on" "$err"
  cmp all/arrays.h5 part/arrays.h5 && cmp all/trace.csv part/trace.csv; ok $? "to the same bytes"
  rm -r all part
done

# A kill loses no more than checkpoint_every steps.
dir=often
{ interrupt KILL 23 ${long/every=1000000 --t/every=5 --t} -o often; } 2>/dev/null
saved=$(/usr/bin/python3 -c 'import h5py; print(int(h5py.File("often/arrays.h5")["train/step"][()]))')
done=$(sed '$d' often/trace.csv.part | tail -1 | cut -d, -f2)
[ $rc = 137 ] && [ "${done:-0}" -ge 21 ] && [ $((saved % 5)) = 0 ] && [ $((done - saved)) -le 5 ]
ok $? "a kill loses five steps at most" "exit $rc, step $done, checkpoint $saved"
rm -r often; dir=long

# One writer at a time.
"$program" $long --resume >.out3 2>.err3 </dev/null &
pid=$!
for _ in $(seq 400); do
  [ "$(lines)" -ge $((second + 4)) ] && break
  sleep 0.05
done
kept() { (cd long && cat config.yaml prediction.csv arrays.h5) 2>&1 | cksum; }
before=$(kept)
es $long --resume; expect "--resume of a run that is running" 3 "long: .*another run"
es $long train.seed=1 --force; expect "--force of a run that is running" 3 "long: .*another run"
same "its settings, prediction and checkpoint stay" "$(kept)" "$before"
kill -INT $pid; wait $pid; same "it is not disturbed" $? 5
rm -r long

# Writes that fail: exit 3, one line, no half file, and nothing is lost.
i=0
for order in write:arrays.h5.part:150:fail rename:arrays.h5:3:fail fsync:trace.csv.part:4:fail \
  write:trace.csv.part:6:fail rename:trace.csv:1:fail write:overlay.csv.part:3:fail rename:run.json:1:fail \
  fsync:prediction.csv.part:1:fail; do
  i=$((i + 1))
  [ $asan = 1 ] && [ $((i % 4)) != 1 ] && continue
  struck $order $small -o full
  expect "no space at $order" 3 "full/.*: .*No space left"
  found=$(half_written full; find full -name '*.part' ! -name trace.csv.part 2>/dev/null)
  same "leaves nothing half-written" "$found" ""
  goes_on "and it goes on once there is room" full $small
done
more="$small train.log_every=1 train.steps=240"
(ulimit -f 150; "$program" $more -o limit >.out 2>.err </dev/null); rc=$? err=$(grep -v '^libgcov' .err)
expect "a file larger than the limit" 3 "limit/trace.csv: cannot be written: File too large"
es $more -o limit --resume; ok $rc "goes on without it" "$err"
same "rows at every step" "$(sed 1d limit/trace.csv | cut -d, -f2 | cksum)" "$(seq 0 240 | cksum)"
(ulimit -f 8; "$program" $small -o none >.out 2>.err </dev/null); rc=$? err=$(grep -v '^libgcov' .err)
expect "no room for the first checkpoint" 3 "none/arrays.h5"
same "leaves no rows without one" "$(ls none)" "$(printf '%s\n' config.yaml prediction.csv)"
goes_on "and begins again with --resume" none $small

# Folders that are there already.
cp -r whole ended
es $small -o ended --resume; ok $rc "--resume of a finished run" "$err"
same "leaves the same files" "$(differences ended)" ""
untouched "an existing folder" 2 "ended: exists already.*--force" ended $small
for word in train.lr=0.03 train.steps=41 train.seed=1 data.seed=1 net.width=3 train.predict=off train.log_every=4 train.embeddings=4; do
  untouched "--resume with $word" 2 "config.yaml.*other settings" ended $small $word --resume
done
untouched "--resume with --seed" 2 "config.yaml.*other settings" ended $small --seed 4 --resume
before=$(cksum ended/trace.csv ended/arrays.h5)
KILL_AT=open:trace.csv.part:1:before LD_PRELOAD=$work/kill_at.so "$program" $small -o ended --resume >.out 2>.err </dev/null
same "a finished run's trace is not opened again" "$?" 0
same "nor are its trace and checkpoint changed" "$(cksum ended/trace.csv ended/arrays.h5)" "$before"
goes_on "until it is again" ended $small
goes_on "--resume of nothing is a run" fresh $small
es $small train.lr=0.03 -o other; ok $rc "a run with another rate" "$err"
cp -r other forced
es $small -o forced --force; ok $rc "--force" "$err"
same "leaves nothing of what was there" "$(differences forced)" ""
for order in rename:config.yaml:1:after rename:prediction.csv:1:after rename:arrays.h5:1:before; do
  rm -r forced; cp -r other forced
  struck $order $small -o forced --force
  same "--force is killed at $order" $rc 137
  goes_on "--resume does not take the old run for its own" forced $small
  mkdir forced
done
rm -r forced other
struck rename:prediction.csv:1:before $small -o early
untouched "other settings before the first checkpoint" 2 "config.yaml.*other settings" early $small train.lr=0.03 --resume
goes_on "the same ones" early $small
mkdir foreign
for f in config.yaml trace.csv run.json; do echo "model: x" >foreign/$f; done
untouched "--resume in a folder of another command" 2 "config.yaml" foreign $small --resume

# Damage: a line and a code, nothing is changed.
struck rename:arrays.h5:4:after $small -o part
rows=$(wc -l <part/trace.csv.part)
/usr/bin/python3 - <<'PY'
import h5py, numpy as np, shutil
def variant(name, change):
    shutil.copyfile("part/arrays.h5", name + ".h5")
    with h5py.File(name + ".h5", "r+") as f: change(f)
def put(key, value):
    def change(f): f[key][...] = value
    return change
def replace(key, value):
    def change(f):
        del f[key]
        f[key] = value
    return change
def nothing(key):
    def change(f): del f[key]
    return change
weight = "params/layer2.0.conv1.weight"
bytes = int(h5py.File("part/arrays.h5")["train/trace_bytes"][()])
variant("nan", put(weight, np.nan))
variant("inf", put("params/bn1.running_var", np.inf))
variant("shape", replace(weight, np.zeros((2, 2, 3, 3), "f4")))
variant("rank", replace(weight, np.zeros(5, "f4")))
variant("text", replace(weight, "abc"))
variant("absent", nothing(weight))
variant("buffer", nothing("params/bn1.running_mean"))
variant("nostep", nothing("train/step"))
variant("step", put("train/step", 41))
variant("halfstep", put("train/step", 2.5))
variant("negative", put("train/step", -1))
variant("nobytes", nothing("train/trace_bytes"))
variant("toomany", put("train/trace_bytes", 1e9))
variant("midrow", put("train/trace_bytes", bytes - 5))
variant("nobyte", put("train/trace_bytes", 0))
variant("minus", put("train/trace_bytes", -1))
def large(f):
    for key in ("params/projector.0.weight", "params/bn1.weight", "params/layer4.0.bn2.weight"): f[key][...] = 3e38
variant("large", large)
PY
head -c 3000 part/arrays.h5 >cut.h5; : >empty.h5; echo "not HDF5" >words.h5
damaged() { # name, pattern of the line, [code]: of arrays.h5
  cp -r part broken; cp "$1.h5" broken/arrays.h5
  untouched "arrays.h5: $1" "${3:-3}" "$2" broken $small --resume
  rm -r broken
}
for name in cut empty words; do damaged $name "broken/arrays.h5: .*HDF5"; done
for name in nan inf shape rank text absent; do damaged $name "broken/arrays.h5:/params/[a-z0-9._]*(weight|var)"; done
damaged buffer "broken/arrays.h5:/params/bn1.running_mean"
for name in nostep step halfstep negative; do damaged $name "broken/arrays.h5: ?/train/step"; done
for name in nobytes minus; do damaged $name "broken/arrays.h5: ?/train/trace_bytes"; done
damaged large "not finite" 1
for name in toomany midrow nobyte; do damaged $name "broken/trace.csv.*cannot be continued"; done
broken() { # name, code, pattern, command that breaks the folder
  cp -r part broken; (cd broken && eval "$4")
  untouched "$1" "$2" "$3" broken $small --resume
  rm -r broken
}
broken "no rows" 3 "broken/trace.csv: cannot be continued" "rm trace.csv.part"
broken "rows are missing" 3 "trace.csv.part: cannot be continued: it has [0-9]+ of [0-9]+ bytes" "sed -i '\$d' trace.csv.part; sed -i '\$d' trace.csv.part; sed -i '\$d' trace.csv.part"
broken "another header" 3 "trace.csv.*another header" "sed -i 1s/loss/LOSS/ trace.csv.part"
broken "a folder in the place of the rows" 3 "trace.csv" "rm trace.csv.part; mkdir trace.csv.part"
broken "no settings" 3 "broken/config.yaml" "rm config.yaml"
broken "no settings in them" 2 "broken/config.yaml.*other settings" ": >config.yaml"
broken "a folder in the place of the checkpoint" 3 "broken/arrays.h5" "rm arrays.h5; mkdir arrays.h5"
[ "$rows" -gt 3 ]; ok $? "there were rows to lose" "$rows"
goes_on "undamaged it goes on" part $small

# What needs no --resume is done again.
cp -r whole twice; es embed twice --quiet; cp twice/embed.h5 .
for order in write:embed.h5.part:3:half rename:embed.h5:1:before; do
  struck $order embed twice --quiet
  [ $rc = 137 ] && cmp -s embed.h5 twice/embed.h5; ok $? "embed killed at $order leaves the old file" "$rc"
done
es embed twice --quiet
[ $rc = 0 ] && cmp -s embed.h5 twice/embed.h5; ok $? "and is done again" "$err"
struck write:steps.csv.part:2:half overlay twice --quiet
[ $rc = 137 ] && [ -z "$(half_written twice)" ]; ok $? "overlay killed leaves whole files" "$rc $(half_written twice)"
es overlay twice --quiet; rm twice/embed.h5
same "and is done again" "$rc$(differences twice)" 0
finish
