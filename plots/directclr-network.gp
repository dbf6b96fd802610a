# Accuracy of a linear probe of the representation behind each projector (left), and
# of DirectCLR over d0 with the representation's effective rank (right): mean and
# deviation over seeds. Dashed: a random start. Reads summary.csv of the stages beside
# this one and writes what is drawn to accuracies.csv.
width = 9.4
height = 4.2
names = 'no-projector linear linear-fixed orthogonal diagonal low-rank low-rank-diagonal mlp'
system("LC_ALL=C; export LC_ALL; (echo projector,d0,n,top1_mean,top1_std,rankme_mean,rankme_std; for f in ../*-probe/summary.csv; do m=${f#../}; awk -F, -v m=${m%-probe/summary.csv} 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } NR > 1 { printf \"%s,%s,%s,%s,%s,%s,%s\\n\", m, (\"d0\" in at) ? $at[\"d0\"] : \"\", $at[\"n\"], $at[\"top1_mean\"], $at[\"top1_std\"], $at[\"rankme_end_mean\"], $at[\"rankme_end_std\"] }' $f; done) >accuracies.csv")
n = words(names)
stats 'summary.csv' using (column("top1_mean")) nooutput name 'S'
stats 'summary.csv' using (column("rankme_end_mean")) nooutput name 'K'
from(k) = '../' . word(names, k) . '-probe/summary.csv'
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set tmargin at screen 0.84
  set bmargin at screen 0.16
  set lmargin at screen 0.175
  set rmargin at screen 0.53
  set grid xtics noytics ls 100
  unset logscale
  unset y2tics
  unset ylabel
  unset y2label
  set border 3
  set offsets 0, 0, 0, 0
  set yrange [n + 0.6:0.4]
  set ytics scale 0 noenhanced textcolor rgb ink('#202020')
  set ytics ('' 0)
  do for [k=1:n] { set ytics add (word(names, k) k) }
  set xlabel 'accuracy of a linear probe' @INK
  set xrange [*<S_mean-0.003:*]
  set xtics 0.01
  set mxtics 1
  set format x "%.2f"
  set arrow 1 from S_mean, graph 0 to S_mean, graph 1 nohead lw 0.9 dt (6,4) lc rgb ink('#606060')
  set label 1 'random start' at S_mean, graph 0.03 rotate left offset 0.7,0 textcolor rgb ink('#606060') font ',9'
  unset key
  plot for [k=1:n] from(k) using (column("top1_mean")):(k):(column("top1_std")) with xerrorbars pt 7 ps 1 lw 1.8 lc rgb ink('#1b1464')
  unset arrow 1
  set grid noxtics
  set label 1 'random start' at 80, S_mean right norotate offset 0,0.6 textcolor rgb ink('#606060') font ',9'
  set lmargin at screen 0.63
  set rmargin at screen 0.92
  set grid ytics ls 100
  set format x
  set xlabel 'd_0 of DirectCLR, of 64' @INK
  set logscale x 2
  set xrange [3:86]
  set xtics (4, 8, 16, 32, 64)
  set mxtics 1
  set autoscale y
  set ytics auto
  set ytics scale 0.6 nomirror textcolor rgb ink('#1b1464')
  set y2tics textcolor rgb ink('#c2410c')
  set border 11
  set ylabel 'accuracy' offset 1.2 textcolor rgb ink('#1b1464')
  set y2label 'RankMe' offset -1 textcolor rgb ink('#c2410c')
  set y2range [0:*]
  set offsets 0, 0, graph 0.1, graph 0.1
  plot S_mean with lines lw 0.9 dt (6,4) lc rgb ink('#606060'), \
       '../directclr-probe/summary.csv' using (column("d0")):(column("top1_mean")):(column("top1_std")) with yerrorbars pt 7 ps 1 lw 1.8 lc rgb ink('#1b1464'), \
       '' using (column("d0")*1.06):(column("rankme_end_mean")):(column("rankme_end_std")) axes x1y2 with yerrorbars pt 5 ps 0.8 lw 1.4 lc rgb ink('#c2410c')
  unset multiplot
  unset output
}
