# Accuracy of a linear probe and AUC of the representation for networks of several
# depths and widths; points: mean, bars: deviation over seeds. Reads summary.csv of
# the stages NETWORK-probe and NETWORK (parameters) beside this one.
width = 9.4
height = 3.8
names = 'basic-18 basic-34 basic-50 basic-18-wide bottleneck-26 bottleneck-26-wide bottleneck-50'
n = words(names)
from(k) = '../' . word(names, k) . '-probe/summary.csv'
array size[7]
do for [k=1:n] {
  stats '../' . word(names, k) . '/summary.csv' using (column("parameters_mean")) nooutput
  size[k] = STATS_max
}
array column_of[2] = ['top1', 'auc_end']
array head[2] = ['accuracy of a linear probe', 'AUC of the representation']
tone(k) = word(names, k)[1:5] eq 'basic' ? ink('#1b1464') : ink('#1f9e89')
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set grid xtics ls 100
  set yrange [n + 0.6:0.4]
  set tmargin at screen 0.86
  set bmargin at screen 0.18
  set ytics scale 0 noenhanced
  set mxtics 2
  unset key
  do for [p=1:2] {
    set lmargin at screen (p == 1 ? 0.30 : 0.67)
    set rmargin at screen (p == 1 ? 0.62 : 0.97)
    set ytics ('' 0)
    do for [k=1:n] { set ytics add ((p == 1 ? sprintf('%s, %.0fk parameters', word(names, k), size[k]/1e3) : '') k) }
    set xlabel head[p] @INK
    unit = p == 1 ? 0.1 : 0.05
    set xtics unit
    plot for [k=1:n] from(k) using (column(column_of[p] . '_mean')):(k):(column(column_of[p] . '_std')) with xerrorbars pt 7 ps 1 lw 1.8 lc rgb tone(k)
  }
  unset multiplot
  unset output
}
