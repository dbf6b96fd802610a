# Accuracy, AUC of the representation and loss against the share of the data, at the
# same number of steps: mean and deviation over seeds. Reads summary.csv.
width = 9.4
height = 3.6
array column_of[3] = ['top1', 'auc_end', 'loss_end']
array head[3] = ['accuracy of a linear probe', 'AUC of the representation', 'loss']
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set grid xtics ytics ls 100
  set logscale x
  set xrange [0.007:1.4]
  set xtics ('1%%' 0.01, '5%%' 0.05, '10%%' 0.1, '20%%' 0.2, '50%%' 0.5, '100%%' 1)
  set xtics font ',9'
  set mxtics 1
  set xlabel 'share of the images' @INK
  set tmargin at screen 0.76
  set bmargin at screen 0.19
  unset key
  do for [k=1:3] {
    set lmargin at screen 0.07 + 0.325*(k - 1)
    set rmargin at screen 0.315 + 0.325*(k - 1)
    set title head[k] offset 0,-0.5 @INK
    plot 'summary.csv' using (column("subset")):(column(column_of[k] . '_mean')) with lines lw 1.2 lc rgb ink('#1b1464'), \
         'summary.csv' using (column("subset")):(column(column_of[k] . '_mean')):(column(column_of[k] . '_std')) with yerrorbars pt 7 ps 0.9 lw 1.6 lc rgb ink('#1b1464')
  }
  unset multiplot
  unset output
}
