# docs/adding.md: its model, loss, data set and experiment, built as they stand
# there. The tables with their new lines are compiled beside what the library has,
# so that nothing else is built again.
. "$(dirname "$0")/lib.sh"
if [ "${ES_CFG:-release}" != release ]; then
  skip "docs/adding.md" "builds against the release"
  finish
  exit
fi
page=$root/docs/adding.md
b=$root/build/release

# Blocks behind a line that names their file, and what else the page says to add.
mkdir -p models/linear models/resnet src/data tests/models experiments plots
awk '/^```(c|yaml)$/ && file != "" { inside = 1; next }
  /^```/ { inside = 0; file = ""; next }
  inside { print > file }
  !inside && match($0, /`[a-z_\/]+\.(c|yaml)`:$/) {
    file = substr($0, RSTART + 1, RLENGTH - 3) }' "$page"
awk '/^static inline exact naive_/ { on = 1 } on && /^```/ { exit } on' "$page" >naive
tr '\n' ' ' <"$page" | grep -oE '`\{\{\{"loss=[^`]*`' | tr -d '`' >row
table() { # file, macro, number of the line on the page
  local line
  line=$(grep -oE '`X\([^`]*\)`' "$page" | sed -n "$3p" | tr -d '`')
  sed "s/^#define $2(X) .*/&\n  $line \\\\/" "$root/$1" >"$1"
  grep -qF "$line" "$1"; ok $? "$1 has a line for $line"
}
table models/linear/models.c MODELS 1
table models/resnet/loss.h ES_LOSSES 2
table src/data/source.h ES_SOURCES 3
awk -v naive="$(cat naive)" '/^static const struct \{/ { print naive "\n" } 1' \
  "$root/tests/models/naive_losses.h" |
  sed '/^} loss_cases\[\] = {/r row' >tests/models/naive_losses.h

# What make would build, without optimisation.
cat >flags.mk <<'END'
include Makefile
do-flags: ; @echo '$(filter-out -O2 -g,$(CFLAGS_ALL))'; echo '$(TEST_LD) $(PKG_LIBS)'
END
flags=$(MAKEFLAGS='' make -s -C "$root" -f "$work/flags.mk" CFG=release do-flags)
cflags=$(sed -n 1p <<<"$flags") libs=$(sed -n 2p <<<"$flags")
new="models/linear/oja models/resnet/loss_halfway src/data/power models/linear/models"
tables="models/resnet/losses models/resnet/keys src/data/dataset src/data/keys"
cat >compile <<END
cd "$root" && ${CC:-gcc} -I"$work" -I"$work/src" $cflags -Werror -c "\$1" \
  -o "$work/\$(basename "\$(dirname "\$1")")_\$(basename "\$1" .c).o"
END
{
  for file in $new; do echo "$work/$file.c"; done
  for file in $tables tests/models/test_losses; do echo "$file.c"; done
} | xargs -n 1 -P 2 bash compile >.compiled 2>&1
ok $? "every file compiles without a warning" "$(head -n 4 .compiled)"
(cd "$root" && ${CC:-gcc} $cflags "$b"/src/cli/*.o "$work"/{linear,resnet,data}_*.o \
  "$b/libeigenstep.a" $libs -o "$work/eigenstep") >.linked 2>&1
ok $? "the program is linked with them" "$(head -n 4 .linked)"
(cd "$root" && ${CC:-gcc} $cflags "$work"/{models_test,resnet}_*.o \
  "$b/libeigenstep.a" $libs -lcmocka -o "$work/test_losses") >.linked 2>&1
ok $? "the losses' test is linked with them" "$(head -n 4 .linked)"
program=$work/eigenstep

es list models
grep -q '^oja  *Oja' <<<"$out"; ok $? "list models has the model" "$out"
es flow oja w0=0.01,0.02 time.t=0,5,20; ok $rc "the model's closed form" "$err"
closed=$out
# w_1(5) = .01/sqrt(e^{-10} + 1e-4 (1 - e^{-10}) + 4e-4 e^{-5} (1 - e^{-5}))
close "is the formula" "$(cell 2 w_1 <<<"$closed")" 0.821793930887003 1e-14
es flow oja w0=0.01,0.02 time.t=0,5,20 solver.method=dop853; ok $rc "a stepper" "$err"
for column in w_1 w_2 norm; do # rtol 1e-9, and an error of the start that grows
  close "agrees in $column" "$(cell 2 $column <<<"$out")" "$(cell 2 $column <<<"$closed")" 1e-7
done
es flow oja w0=1; expect "lists of two lengths" 2 'model.w0=1: expected 2 numbers'
es sweep oja c=1 w0=0.1 sweep.c=lin:0:2:5 time.t_end=10; ok $rc "a sweep" "$err"
same "has a row a cell" "$(wc -l <<<"$out")" 6
es predict barlow-twins data.name=power data.n=10000 d=3 init=gaussian
ok $rc "the data set" "$err"
# Of n = 10,000 samples, by 4 standard deviations sqrt(2/n) gamma and the noise's
# sqrt(2/n) .1 (1/j).
close "gamma_2" "$(cell 2 gamma <<<"$out")" 0.25 0.06
es train barlow-covariance loss=halfway arch=linear data.name=two-mode init_scale=1e-3 \
  steps=20 -o out/halfway --quiet; ok $rc "a training with the loss" "$err"
cp "$work/experiments/oja.yaml" .
es run oja.yaml --quiet; ok $rc "the experiment" "$err"
same "all its criteria hold" "$(sed 1d out/oja/verdict.csv | grep -oE '[a-z]+$' | sort | uniq -c | tr -s ' ')" " 4 holds"
CMOCKA_MESSAGE_OUTPUT=TAP ./test_losses >.losses 2>&1
ok $? "the tests of losses hold of it" "$(grep -v '^ok' .losses | head -n 4)"
finish
