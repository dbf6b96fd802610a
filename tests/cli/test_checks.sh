# The checks of the tree check something: check-deps on small wrong files, the
# coverage's threshold on made-up lines.
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

# coverage, with stand-ins for gcov and for the suite.
mkdir -p cover/tests cover/build/coverage/src/a cover/build/coverage/models bin
cp "$root/tests/coverage" cover/tests/
printf '#!/bin/sh\nexit ${suite:-0}\n' >cover/tests/run
printf '#!/bin/sh\nprintf "File '\''src/a/x.c'\''\\nLines executed:%%s%%%% of 100\\n" $share\n' >bin/gcov
chmod +x cover/tests/run bin/gcov
: >cover/build/coverage/src/a/x.gcno
cover() { out=$(PATH=$work/bin:$PATH share=$1 suite=${2:-0} cover/tests/coverage 2>&1); rc=$?; }
cover 90.00; ok $rc "coverage of 90% is enough" "$out"
grep -q "all *90.0% of *100 lines" <<<"$out"; ok $? "and is shown" "$out"
cover 89.00; [ "$rc" -ne 0 ]; ok $? "89% is not" "$out"
cover 99.00 1; [ "$rc" -ne 0 ]; ok $? "nor is a failing suite" "$out"
rm cover/build/coverage/src/a/x.gcno
cover 99.00; [ "$rc" -ne 0 ]; ok $? "nor are no lines at all" "$out"
finish
