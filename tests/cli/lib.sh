# Sourced by every command-line test. Each check prints one TAP line; a test
# runs the program with `es ARGS…` and asserts on $rc, $out and $err.
set -u
program=${EIGENSTEP:-$PWD/eigenstep}
export EIGENSTEP_DATADIR=$PWD
root=$PWD
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
tests=0
checked_ok=1

es() {
  PATH=${es_path:-$PATH} "$program" "$@" >"$work/.out" 2>"$work/.err" </dev/null
  rc=$?
  out=$(cat "$work/.out") err=$(cat "$work/.err")
}

ok() { # condition's status, name, detail
  tests=$((tests + 1))
  if [ "$1" -eq 0 ]; then echo "ok $tests - $2"; else
    echo "not ok $tests - $2"
    echo "#   ${3:-}" | head -c 600
    echo
    checked_ok=0
  fi
}

skip() { tests=$((tests + 1)); echo "ok $tests - $1 # SKIP $2"; }

# Exit code, and one line on standard error that matches a pattern.
expect() { # name, code, extended regular expression
  local lines
  lines=$(printf '%s' "$err" | grep -c '')
  [ "$rc" -eq "$2" ] && [ "$lines" -eq 1 ] && printf '%s' "$err" | grep -qE "$3"
  ok $? "$1" "exit $rc, want $2; $lines lines: $err"
}

same() { # name, got, want
  [ "$2" = "$3" ]
  ok $? "$1" "got '$2', want '$3'"
}

# Nothing half-written: no file under a final name and no .part.
nothing_in() { # name, folder
  [ -z "$(find "$2" -type f 2>/dev/null)" ]
  ok $? "$1" "found: $(find "$2" -type f | head -3)"
}

# |got - want| <= rtol*|want| + atol, in awk; not-a-number fails.
close() { # name, got, want, rtol, [atol]
  awk -v g="$2" -v w="$3" -v r="$4" -v a="${5:-0}" 'BEGIN {
    d = g - w; if (d < 0) d = -d; m = w < 0 ? -w : w
    exit !(g != "" && g == g + 0 && d <= r * m + a) }'
  ok $? "$1" "got $2, want $3 within $4 relative, ${5:-0} absolute"
}

# The cell of a CSV table on standard input: row (from 1) and column name.
cell() { # row, column
  awk -F, -v r="$1" -v c="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == c) k = i }
    NR == r + 1 { print $k }'
}

finish() { echo "1..$tests"; [ "$checked_ok" = 1 ]; }
