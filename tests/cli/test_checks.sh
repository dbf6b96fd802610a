# The checks of the tree check something: check-deps on small wrong files, the
# coverage's list of branches on a small program.
. tests/cli/lib.sh

mkdir -p tree/tests tree/src/base tree/src/file tree/src/ode tree/include/eigenstep
cp "$root/tests/rooms.txt" tree/tests/
git -C tree init -q
rooms() { # source file, from standard input
  cat >"tree/$1"
  out=$(ES_TREE=$work/tree "$root/tests/check-deps" 2>&1)
  rc=$?
  rm "tree/$1"
}
passes() { rooms "$2"; ok $rc "$1" "$out"; }
refuses() { # name, file, pattern
  rooms "$2"
  [ "$rc" -ne 0 ] && grep -qE "$2:1: .*$3" <<<"$out"
  ok $? "$1" "exit $rc: $out"
}
passes "an arrow down" src/file/x.c <<<'#include "base/text.h"'
passes "a comment about one up" src/base/x.c <<<'// #include "file/csv.h"'
passes "a public header with libc" include/eigenstep/status.h <<<'#include <stddef.h>'
refuses "an arrow up" src/base/x.c "base must not include file/csv.h" <<<'#include "file/csv.h"'
refuses "with white space in it" src/base/x.c "must not include file/csv.h" <<<'	#  include	"file/csv.h"'
refuses "and with none" src/base/x.c "must not include file/csv.h" <<<'#include"file/csv.h"'
refuses "through a public header" src/base/x.c "must not include <eigenstep/flow.h>" <<<'# include <eigenstep/flow.h>'
refuses "of which no room is known" src/base/x.c "no room" <<<'#include <eigenstep/other.h>'
refuses "out of the room by .." src/base/x.c "through" <<<'#include "../file/csv.h"'
refuses "a room that is not listed" src/base/x.c "must not include attic" <<<'#include "attic/x.h"'
refuses "BLAS outside linalg" src/file/x.c "BLAS" <<<'#include <cblas.h>'
refuses "odeiv2 outside its room" src/file/x.c "odeiv2" <<<'#include <gsl/gsl_odeiv2.h>'
refuses "odeiv2 outside its files" src/ode/adams.c "odeiv2" <<<'#include <gsl/gsl_odeiv2.h>'
refuses "a private header in a public one" include/eigenstep/status.h "libc only" <<<'#include "base/text.h"'
refuses "a library in a public one" include/eigenstep/status.h "libc only" <<<'# include <hdf5.h>'

# coverage, of a program of one branch that is made and run here.
mkdir -p cover/tests cover/src/a cover/build/coverage/src/a
cp "$root/tests/coverage" "$root/tests/branches.py" cover/tests/
printf '#!/bin/sh\nexit 1\n' >cover/tests/run
chmod +x cover/tests/run
cover/tests/coverage >/dev/null 2>&1; [ $? -ne 0 ]; ok $? "coverage of a failing suite fails"
cat >cover/src/a/x.c <<'C'
static int beyond(int x) {
  if (x > 1) return 1;
  return 0;
}
int main(int argc, char **argv) {
  (void)argv;
  return beyond(argc);
}
C
(cd cover && ${CC:-gcc} --coverage -O0 -c src/a/x.c -o build/coverage/src/a/x.o &&
  ${CC:-gcc} --coverage build/coverage/src/a/x.o -o x && ./x) 2>.cc
ok $? "a program is made and run" "$(cat .cc)"
cover() { # rows of the list
  printf 'files src/a/*.c\n=why: a reason\n%s\n' "$1" >list
  out=$(cd cover && /usr/bin/python3 tests/branches.py build/coverage ../list 2>&1)
  rc=$?
}
row='  beyond | if (x > 1) return 1; | 1/2 | =why'
cover "src/a/x.c"$'\n'"$row"; ok $rc "a branch that is listed with a reason passes" "$out"
grep -q "^a *100.0% of *5 lines" <<<"$out"; ok $? "and lines are counted" "$out"
cover "src/a/x.c"; [ "$rc" -ne 0 ] && grep -q "beyond: if (x > 1).*not listed" <<<"$out"
ok $? "one that is not listed does not" "$out"
cover "src/a/x.c"$'\n'"$row"$'\n'"  main | return beyond(argc); | 1/2 | =why"
[ "$rc" -ne 0 ] && grep -q "covered or gone" <<<"$out"; ok $? "nor one that is taken" "$out"
cover "src/a/x.c"$'\n'"${row/=why/?}"; [ "$rc" -ne 0 ]; ok $? "nor one without a reason" "$out"
sed -i 's/return beyond(argc);/return argc > 1 ? beyond(argc) : 0;/' cover/src/a/x.c
(cd cover && rm build/coverage/src/a/x.gcda && ${CC:-gcc} --coverage -O0 -c src/a/x.c \
  -o build/coverage/src/a/x.o && ${CC:-gcc} --coverage build/coverage/src/a/x.o -o x && ./x)
cover "src/a/x.c"$'\n'"  beyond | if (x > 1) return 1; | all | =why"
[ "$rc" -ne 0 ] && grep -q "^a *[0-9]*[.][0-9]% of" <<<"$out"; ok $? "nor a room under 90% of lines" "$out"
finish
