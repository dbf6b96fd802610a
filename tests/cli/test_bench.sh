#!/bin/bash
# The benchmark of steppers keeps working: its problems, its references, its
# refusal of wrong answers and its page, at one tolerance each.
. tests/cli/lib.sh
cd "$root" || exit 1
bench=build/${ES_CFG:-release}/tests/bench/bench_ode

if [ "${ES_CFG:-release}" != release ]; then
  skip "bench_ode" "built for release only"
  finish
  exit
fi
mkdir "$work/tables"
BENCH_OUT=$work/tables OMP_NUM_THREADS=1 "$bench" --quick \
  >"$work/.out" 2>"$work/.err"
rc=$?
same "bench_ode --quick ends well" "$rc" 0
[ "$rc" -eq 0 ] || sed 's/^/#  /' "$work/.out" "$work/.err"

# package, method, problem: the row's outcome.
outcome() {
  awk -F, -v p="$1" -v m="$2" -v q="$3" \
    '$1 == q && $3 == p && $4 == m { print $7 }' "$work/tables/ode.csv"
}
for problem in mode pleiades barlow-64; do
  same "dop853 solves $problem" "$(outcome eigenstep dop853 $problem)" ok
  same "GSL's rk8pd solves $problem" "$(outcome GSL rk8pd $problem)" ok
done
same "GSL's msbdf solves robertson" "$(outcome GSL msbdf robertson)" ok
same "an explicit method on robertson is given up" \
  "$(outcome eigenstep tsit5 robertson)" "over time"
if [ -e /usr/include/cvode/cvode.h ]; then
  same "CVODE solves robertson" "$(outcome SUNDIALS 'CVODE BDF' robertson)" ok
else
  skip "CVODE solves robertson" "libsundials-dev is not installed"
fi
if "${PYTHON:-/usr/bin/python3}" -c 'import scipy' 2>/dev/null; then
  for problem in mode pleiades robertson barlow-64; do
    same "SciPy solves $problem" "$(outcome SciPy LSODA $problem)" ok
  done
else
  skip "SciPy solves the same" "python3-scipy is not installed"
fi

# References: two methods apart by far less than the tolerance in use, and
# Robertson's near the published digits.
awk -F'","|",|,"|,' 'NR > 1 { n++; if (!($(NF - 1) < 1e-9)) bad = 1
  if ($1 == "robertson" && !($NF < 1e-10)) bad = 1 } END { exit !(n == 4 && !bad) }' \
  "$work/tables/references.csv"
ok $? "references agree" "$(cat "$work/tables/references.csv")"

"${PYTHON:-/usr/bin/python3}" tests/bench/performance.py "$work/tables" \
  "$work/docs" >"$work/.out" 2>&1
ok $? "the page is made" "$(cat "$work/.out")"
grep -q '| eigenstep dop853 |' "$work/docs/performance.md" &&
  grep -q 'performance/mode.svg' "$work/docs/performance.md"
ok $? "the page has its tables" "$(head -c 500 "$work/docs/performance.md")"
# Lines are many, and each has its name on the page.
drawn=$(grep -c 'id="gnuplot_plot_[0-9]*b"' "$work/docs/performance/mode.svg")
same "named of the methods drawn" "$(grep '<text>' "$work/docs/performance/mode.svg" |
  grep -cE '>(eigenstep|GSL|CVODE|ARKODE|SciPy)')" "$drawn"
for problem in mode pleiades robertson barlow-64; do
  grep -q '</svg>' "$work/docs/performance/$problem.svg"
  ok $? "$problem is drawn" "no figure"
done
finish
