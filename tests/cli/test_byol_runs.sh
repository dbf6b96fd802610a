# Experiments of BYOL's eigenmodes end to end, with gnuplot: their criteria hold,
# and their figures are drawn. The larger ones are cut down.
. tests/cli/lib.sh

holds() { # name, rows
  local bad
  bad=$(awk -F, 'NR > 1 && $NF != "holds"' "$1/verdict.csv")
  [ "$rc" -eq 0 ] && [ -z "$bad" ] &&
    [ "$(awk 'END { print NR - 1 }' "$1/verdict.csv")" -eq "$2" ]
  ok $? "$1: all criteria hold" "exit $rc: $bad $err"
}
drawn() { # name, figure without its ending
  [ -s "$2.svg" ] && [ -s "$2.png" ] && [ -s "$2.gp" ]
  ok $? "$1: the figure is drawn" "$(ls "$(dirname "$2")")"
}
criteria() { grep -c '^    - "' "$root/experiments/$1.yaml"; }

for name in trajectories vector-field; do
  es run $name -o $name; holds $name "$(criteria $name)"
done
drawn trajectories trajectories/slow/trajectories
drawn vector-field vector-field/plane_above/vector-field

# Grids of 40 by 40, and starts 1e-2 apart, as the last criteria then say.
sed 's/:400"/:40"/g; s/:40001"/:401"/; s/<= 1e-4"/<= 1e-2"/; s/> 0.226"/> 0.2"/
  s/alpha_p < 0.11/alpha_p < 0.2/; s/alpha_p > 90/alpha_p > 50/; s/beta < 0.0101/beta < 0.02/' \
  "$root/experiments/phase.yaml" >phase.yaml
es run phase.yaml -o phase; holds phase "$(criteria phase)"
drawn phase phase/starts/phase
es plot phase/starts; ok $rc "phase: drawn again" "$err"

# A cell that failed and one that is undecided keep their places in the image.
awk -F, -v OFS=, 'NR == 2 { $3 = "undecided"; $7 = "nan" }
  NR == 3 { $3 = "diverged"; $4 = $5 = $6 = $7 = "nan"; $9 = 2 } { print }' \
  phase/alpha_eta/sweep.csv >sweep.csv
mv sweep.csv phase/alpha_eta/sweep.csv
es plot phase/starts; ok $rc "phase: with cells that have no numbers" "$err"
grep -q '2 of 6400 cells' phase/starts/phase.svg
ok $? "phase: and counts them" "$(grep -o '[0-9a-z]* of [0-9]* cells' phase/starts/phase.svg)"

# Ten observations, of which shares of 1000 starts say enough.
sed 's/samples: 4000/samples: 1000/; s/:151"/:31"/g' \
  "$root/experiments/observations.yaml" >observations.yaml
es run observations.yaml -o observations
holds observations "$(criteria observations)"
drawn observations observations/ema/observations

# A coarser map; the bounds on its edges are a step of the grid.
sed 's/:160"/:24"/; s/:161"/:41"/; s/<= 0.025"/<= 0.1"/; s/<= 0.06"/<= 0.12"/' \
  "$root/experiments/eigenmode-descent.yaml" >descent.yaml
es run descent.yaml -o descent; holds descent "$(criteria eigenmode-descent)"
drawn descent descent/map_ema/eigenmode-descent

sed 's/:161"/:41"/g' "$root/experiments/two-layer-basin.yaml" >layers.yaml
es run layers.yaml -o layers; holds layers "$(criteria two-layer-basin)"
drawn layers layers/two/two-layer-basin

# The commands of docs/byol.md, word for word.
ln -s "$program" eigenstep
while read -r line; do
  bash -c "$line" >said 2>errors; rc=$?
  [ "$rc" -eq 0 ] && [ -s said -o -s phase.csv ]
  ok $? "docs: $line" "exit $rc: $(head -3 errors)"
done < <(grep '^\./eigenstep' "$root/docs/byol.md")
finish
