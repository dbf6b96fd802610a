# Area under the cumulative explained variance of the representation over training,
# and the curve itself at the end, for four orders of the data (stages beside this
# one). Dotted: the curve at the start.
width = 9.4
height = 4.6
array order[4] = ['multi-pass', 'cumulative', 'single-pass', 'hybrid']
array tone[4] = [ink('#7f1d1d'), ink('#d95f02'), ink('#1f9e89'), ink('#1b1464')]
run(k) = '../' . order[k] . '/trace.csv'
d = 32
# Curves by hand: a table's row is one column's sum after another.
awk(k, which) = sprintf("< awk -F, 'NR==1 {for (i=1;i<=NF;i++) if (match($i, /^repr_lambda_[0-9]+$/)) at[substr($i, 13)] = i; next} {last = $0; if (NR == 2) first = $0} END {n = split(%s, v, \",\"); for (j = 1; j in at; j++) {x = v[at[j]]; s += sqrt(x > 0 ? x : 0)} for (j = 1; j in at; j++) {x = v[at[j]]; c += sqrt(x > 0 ? x : 0); print j \",\" c/s}}' %s", which, run(k))
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set grid xtics ytics ls 100
  set tmargin at screen 0.86
  set bmargin at screen 0.15
  set lmargin at screen 0.075
  set rmargin at screen 0.475
  set xlabel 'training steps' @INK
  set ylabel 'AUC of the representation' offset 0.5 @INK
  set mxtics 2
  set key bottom right samplen 2 spacing 1.15 noenhanced
  plot for [k=1:4] run(k) using "step":"auc" with lines lw 2.4 lc rgb tone[k] title order[k]
  set lmargin at screen 0.575
  set rmargin at screen 0.975
  set xlabel 'singular values, largest first' @INK
  set ylabel 'cumulative explained variance' offset 0.5 @INK
  set xrange [0:d]
  set yrange [0:1.02]
  set datafile nocolumnheaders
  plot awk(1, 'first') using 1:2 with lines lw 1.8 dt (2,3) lc rgb ink('#606060') title 'at the start', \
       for [k=1:4] awk(k, 'last') using 1:2 with lines lw 2.4 lc rgb tone[k] title order[k]
  set datafile columnheaders
  set autoscale
  unset multiplot
  unset output
}
