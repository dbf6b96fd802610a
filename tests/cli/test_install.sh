# What `make install` puts under a prefix, tried as its users do: the program
# with its data, the library in a C program found by pkg-config, pages of the
# manual, completion in bash.
. "$(dirname "$0")/lib.sh"
if [ "${ES_CFG:-release}" != release ]; then
  skip "make install" "installs the release"
  finish
  exit
fi
prefix=$work/prefix
unset EIGENSTEP_DATADIR
MAKEFLAGS='' make -s -C "$root" do-install CFG=release PREFIX="$prefix" \
  DESTDIR="$work/stage" >.make 2>&1
ok $? "make install, staged" "$(tail -n 3 .make)"
[ ! -e "$prefix" ]; ok $? "nothing is written outside of DESTDIR"
mv "$work/stage$prefix" "$prefix"
program=$prefix/bin/eigenstep

# The program finds what it needs where it stands.
same "experiments are found under the prefix" \
  "$("$program" list experiments | wc -l)" "$(ls "$root"/experiments/*.yaml | wc -l)"
es flow barlow-twins gamma=1 s0=1e-3 time.t=0,5 -o flow --quiet; ok $rc "a flow" "$err"
[ -s flow/staircase.svg ]; ok $? "its figure is drawn by the installed script" "$(ls flow)"

# A user's program, with the shared library and with the static one.
cp "$root/tests/api/example.h" .
cat >mine.c <<'C'
#include "example.h"

#include <stdio.h>

static es_status last(void *context, const double *row, size_t n) {
  double *y = context;
  *y = row[n - 1];
  return ES_OK;
}

int main(void) {
  es_diag diag = {0};
  double y = 0;
  es_init();
  if (flow_decay(last, &y, &diag) != ES_OK) {
    fprintf(stderr, "%s\n", diag.message);
    return es_status_exit_code(diag.code);
  }
  printf("%s %d %.17g %.9f\n", es_version(), es_abi(),
         es_barlow_closed_form(1, 1e-3, 5).lambda, y);
  return 0;
}
C
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
wanted="$("$program" --version | awk '{ print $2 }') $(sed -n \
  's/^#define ES_ABI \([0-9]*\).*/\1/p' "$root/include/eigenstep/eigenstep.h") 0.99999999999575173 0.135335283" # and e^-2
${CC:-gcc} -std=c11 -Wall -Werror mine.c $(pkg-config --cflags --libs eigenstep) -o mine 2>.cc
ok $? "a C program against the shared library" "$(cat .cc)"
same "and its number" "$(LD_LIBRARY_PATH=$prefix/lib ./mine)" "$wanted"
${CC:-gcc} -std=c11 -Wall -Werror mine.c $(pkg-config --cflags eigenstep) "$prefix/lib/libeigenstep.a" \
  $(pkg-config --static --libs eigenstep | sed 's/-leigenstep//') -o mine-static 2>.cc
ok $? "the same against the static one" "$(cat .cc)"
same "which needs no other file of ours" "$(./mine-static)" "$wanted"
if command -v g++ >/dev/null; then
  echo '#include <eigenstep/eigenstep.h>
int main() { return es_abi() == ES_ABI ? 0 : 1; }' >mine.cc
  g++ mine.cc $(pkg-config --cflags --libs eigenstep) -o mine-c++ 2>.cc &&
    LD_LIBRARY_PATH=$prefix/lib ./mine-c++
  ok $? "the headers in C++" "$(cat .cc)"
else
  skip "the headers in C++" "no g++"
fi

# The shared library shows what the headers declare, and nothing else.
same "no other names are visible" "$(nm -D --defined-only "$prefix/lib/libeigenstep.so" |
  awk '$2 ~ /[TDBR]/ && $3 !~ /^\.gomp/ { print $3 }' | while read -r name; do
  grep -qw "$name" "$prefix"/include/eigenstep/*.h || echo "$name"; done)" ""

# Pages of the manual say what --help says.
missing=
for command in $("$program" --help | awk '/^commands:/ { on = 1; next } /^$/ { on = 0 }
  on && /^  [a-z]/ { print $1 }'); do
  page=$prefix/share/man/man1/eigenstep-$command.1
  [ -s "$page" ] || missing="$missing $command"
  "$program" "$command" --help | grep -oE '^  [a-z]+\.[A-Za-z0-9_]+' |
    while read -r key; do grep -qxF -- ".B ${key//-/\\-}" "$page" || echo "$key"; done >.keys
  [ ! -s .keys ] || missing="$missing $command: $(cat .keys)"
done
same "a page for each command, with every key" "$missing" ""
if command -v man >/dev/null; then
  same "and no warning of the formatter's" "$(for page in "$prefix"/share/man/man1/*.1; do
    MANWIDTH=80 man --warnings=all -l "$page" 2>&1 >/dev/null; done)" ""
else
  skip "and no warning of the formatter's" "no man"
fi

# Completion, as bash calls it.
. "$prefix/share/bash-completion/completions/eigenstep"
compopt() { :; } # is for a line that is typed
complete_words() { # words up to the cursor
  COMP_WORDS=("$program" "$@") COMP_CWORD=$#
  _eigenstep
  echo "${COMPREPLY[*]}"
}
same "a command" "$(complete_words sepa)" "separatrix"
same "a model" "$(complete_words flow byol-s)" "byol-symmetric"
same "a method" "$(complete_words train vic)" "vicreg"
same "an experiment" "$(complete_words run phase-n)" "phase-network"
same "a key" "$(complete_words flow barlow-twins model.precondition_)" "model.precondition_epsilon="
same "a bare key" "$(complete_words flow barlow-twins precondition_)" "precondition_epsilon="
same "none of two sections" "$(complete_words flow barlow-twins see)" ""
same "an axis of a sweep" "$(complete_words sweep byol-eigenmode sweep.alpha)" "sweep.alpha_p="
same "a word that the key accepts" "$(complete_words flow barlow-twins model.loss = s)" "spectral"
same "of a bare key as well" "$(complete_words train vicreg ordering = h)" "hybrid"
same "an option of that command" "$(complete_words sweep byol-eigenmode --sh)" "--shard"
same "no option that it has not" "$(complete_words doctor --sh)" ""

# And as zsh calls it: what would be offered, and what would be left behind.
if command -v zsh >/dev/null; then
  cat >complete.zsh <<'Z'
_describe() { print -rl -- ${(P)2} }
compadd() { # -a NAME: an array's words
  [[ $@[-2] == -a ]] && { print -rl -- ${(P)@[-1]}; return }
  while [[ $1 == -* && $1 != -- ]]; do shift; done; print -rl -- ${@#--}
}
_eigenstep() { . $file }
file=$1; shift
words=("$@") CURRENT=$#
_eigenstep
print -r -- "left: $list$found$target$command"
Z
  zsh_words() {
    zsh -f complete.zsh "$prefix/share/zsh/site-functions/_eigenstep" "$program" "$@"
  }
  same "commands and what they do in zsh" "$(zsh_words "" | grep -c '^[a-z-]*:[^ ].*')" \
    "$("$program" --help | grep -cE '^  [a-z]')"
  same "of a long name as well" "$(zsh_words "" | grep '^list')" "list:what there is to choose from"
  same "and nothing is left" "$(zsh_words flow "" | tail -n 1)" "left: "
  same "a bare key" "$(zsh_words flow barlow-twins precon | grep -x precondition_epsilon)" "precondition_epsilon"
else
  skip "completion in zsh" "no zsh"
fi

MAKEFLAGS='' make -s -C "$root" uninstall PREFIX="$prefix" >.make 2>&1
ok $? "make uninstall" "$(cat .make)"
same "leaves no file" "$(find "$prefix" -type f -o -type l)" ""
finish
