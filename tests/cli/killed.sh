# Sourced after lib.sh by what kills trainings and compares those that go on with
# one that ran through, in the folder $reference. Sets draw before `random`.
reference=whole grows=trace.csv
results="config.yaml trace.csv prediction.csv steps.csv overlay.csv agreement.csv arrays.h5"

# run.json without what differs from run to run.
lasting() { grep -vE '"(date|command_line|wall_seconds|seconds|cells_per_second)"' "$1"; }

# What in a finished folder differs from the uninterrupted run.
differences() { # folder
  local f
  for f in $results; do cmp -s "$1/$f" "$reference/$f" || echo "$f differs"; done
  [ "$(lasting "$1/run.json" 2>&1)" = "$(lasting $reference/run.json)" ] || echo "run.json differs"
  diff <(ls "$1") <(ls $reference)
}
goes_on() { # name, folder, words…: --resume to the end, then compare
  local name=$1 dir=$2; shift 2
  es "$@" -o "$dir" --resume
  found=$([ "$rc" -eq 0 ] || echo "exit $rc: $err"; differences "$dir")
  [ -z "$found" ]; ok $? "$name" "$found"
  rm -rf "$dir"
}

# What is wrong in a folder just after a kill: all under a final name is whole,
# and what grows is the beginning of what it will be.
half_written() { # folder
  local f
  for f in $results; do
    [ "$f" = arrays.h5 ] || [ ! -e "$1/$f" ] || cmp -s "$1/$f" "$reference/$f" || echo "$f is not whole"
  done
  f=$grows
  [ ! -e "$1/$f.part" ] ||
    cmp -s -n "$(stat -c %s "$1/$f.part")" "$1/$f.part" "$reference/$f" ||
    echo "$f.part is no beginning of $f"
}

now() { date +%s.%N; }
timed() { # words…: sets seconds
  local start; start=$(now)
  es "$@"; seconds=$(awk "BEGIN { print $(now) - $start }")
}
random() { draw=$(((draw * 1103515245 + 12345) % 2147483648)); awk "BEGIN { print $draw / 2147483648 }"; }
killed_at() { # seconds, words…
  local seconds=$1 pid; shift
  "$program" "$@" >.out 2>.err </dev/null &
  pid=$!
  sleep "$seconds"; kill -KILL $pid 2>/dev/null
  wait $pid 2>/dev/null; rc=$?
}
