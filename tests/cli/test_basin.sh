# Basins: the share of a box that survives, against what is known of it.
. tests/cli/lib.sh

b="basin byol-eigenmode"
# With eta = 0, tau = 1 and no EMA c = s0 - p0^2 stays, and p0 > 0 survives where
# c > -p*^2, p* = 1/1.09 (theory.md 4): all of [0,0.9]^2, of [0,1]^2 all but the
# integral of p^2 - p*^2 from p* to 1, (1 + 2 p*^3)/3 - p*^2.
es $b box.p0=0.01,0.9 box.s0=0,0.9 eta=0 ema=off tau0=1 samples=2000
same "all survive without decay" "$(sed -n 2p <<<"$out" | cut -d, -f1,3)" "1,1"
low=$(cell 1 low <<<"$out")
es $b box.p0=0,1 box.s0=0,1 eta=0 ema=off tau0=1 samples=40000
awk -v l="$(cell 1 low <<<"$out")" -v h="$(cell 1 high <<<"$out")" 'BEGIN {
  p = 1 / 1.09; share = 1 - ((1 + 2 * p ^ 3) / 3 - p * p)
  exit !(l < share && share < h && h - l < .002) }'
ok $? "all but a corner whose area is known" "$out"
out="low
$low"
close "Wilson's low end of 2000 in 2000" "$(cell 1 low <<<"$out")" "$(awk 'BEGIN { z = 1.959963984540054; printf "%.17g", 2000 / (2000 + z * z) }')" 1e-12
es $b box.p0=0,1 box.s0=0,1 eta=0.3 samples=500
same "none survives beyond eta_max" "$(sed -n 2p <<<"$out" | cut -d, -f1,2)" "0,0"
es $b box.p0=0,0.4 box.s0=0,0.4 box.tau0=0,1 eta=0.1 samples=4000 --json
share=$(grep -oE '"survives":\s*[0-9.e-]+' <<<"$out" | grep -oE '[0-9.e-]+$')
stable=$(grep -oE '"stable":\s*[0-9]+' <<<"$out" | grep -oE '[0-9]+')
low=$(grep -oE '"low":\s*[0-9.e-]+' <<<"$out" | grep -oE '[0-9.e-]+$')
grep -q '"undecided":	0' <<<"$out"; ok $? "all starts are decided" "$out"
close "the share is that of the decided" "$share" "$(awk "BEGIN { printf \"%.17g\", $stable / 4000 }")" 1e-15
close "Wilson's low end" "$low" "$(awk "BEGIN { z = 1.959963984540054; n = 4000; p = $stable / n
  printf \"%.17g\", (p + z*z/(2*n) - z * sqrt(p*(1-p)/n + z*z/(4*n*n))) / (1 + z*z/n) }")" 1e-12
# A grid of the same box: the share of its cells, within the grid's own step.
es sweep byol-eigenmode sweep.p0=lin:0.002:0.398:100 sweep.s0=lin:0.002:0.398:100 eta=0.1
grid=$(grep -c ,stable, <<<"$out")
es $b box.p0=0,0.4 box.s0=0,0.4 eta=0.1 samples=20000
awk -v g="$grid" -v l="$(cell 1 low <<<"$out")" -v h="$(cell 1 high <<<"$out")" \
  'BEGIN { exit !(g / 1e4 > l - .01 && g / 1e4 < h + .01 && l > 0.1 && h < 0.99) }'
ok $? "a grid of the box agrees" "$grid of 10^4; $out"

# The same bytes from any threads; other seeds, other starts.
es $b box.p0=0,0.2 box.s0=0,0.2 samples=3000 --threads 1; one=$out
es $b box.p0=0,0.2 box.s0=0,0.2 samples=3000 --threads 2; same "two threads" "$out" "$one"
es $b box.p0=0,0.2 box.s0=0,0.2 samples=3000 --seed 1; [ "$out" != "$one" ]; ok $? "another seed" "$out"
es $b box.p0=0.1,0.1 box.s0=0.2 samples=10; same "a box may be flat" "$(sed -n 2p <<<"$out" | cut -d, -f1)" 1
es $b box.p0=0,0.2 box.s0=0,0.2 samples=50 t_end=0.1
grep -q "of 50 starts stayed undecided" <<<"$err"; ok $? "what stays undecided is said" "$err"
awk -v l="$(cell 1 low <<<"$out")" -v h="$(cell 1 high <<<"$out")" 'BEGIN { exit !(h - l > .5) }'
ok $? "and widens the interval" "$out"
es $b box.p0=0,0.2 box.s0=0,0.2 samples=50 -o folder; same "what is in a folder" "$(ls folder | tr '\n' ' ')" "config.yaml run.json table.csv "
es $b --config folder/config.yaml; same "config.yaml gives it again" "$out" "$(cat folder/table.csv)"

es $b samples=10; expect "no box" 2 "box: no side"
es $b box.p0=1,0 box.s0=0,1; expect "ends that fall" 2 "box\.p0=1,0: the ends.*rise"
es $b box.p0=0,1,2 box.s0=0,1; expect "three ends" 2 "box\.p0: 3 values"
es $b box.s0=-1,1 box.p0=0,1; expect "a box out of range" 2 "box\.s0=-1,1: entry 1, -1, is out of range"
es $b box.q0=0,1; expect "no such side" 2 "box\.q0.*did you mean box\."
es $b box.p0=0,1 box.s0=0,1 samples=0; expect "no samples" 2 "basin\.samples=0"
es $b box.p0=0,1; expect "half a start" 2 "model\.s0"
es basin barlow-twins box.nu=0.5,1 gamma=1 s0=1e-3; expect "a model without fates" 2 "barlow-twins.*no basin"
es $b box.p0=0,1 box.s0=0,1 --shard 1/2; expect "a basin has no shards" 2 "shard"
es $b --help; grep -q "box.KEY" <<<"$out"; ok $? "help tells of the box"
finish
