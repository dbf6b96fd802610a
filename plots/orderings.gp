# Accuracy of a linear probe and AUC of the representation after training, for four
# orders of the data and three networks: mean and deviation over seeds; right,
# accuracy against the seconds that training took, a sign an order, a colour a
# network. Reads summary.csv of NETWORK and NETWORK-probe beside this stage. Ranges are
# the same for all methods, so that their figures can be laid side by side, unless
# values lie beyond.
width = 10.2
height = 4.4
array net[3] = ['basic-18', 'basic-34', 'bottleneck-26']
array net_title[3] = ['ResNet-18', 'ResNet-34', 'ResNet-26, bottlenecks']
array tone[3] = [ink('#1b1464'), ink('#1f9e89'), ink('#d95f02')]
array order[4] = ['multi-pass', 'cumulative', 'single-pass', 'hybrid']
array mark[4] = [7, 9, 5, 13]
from(k) = '../' . net[k] . '-probe/summary.csv'
joined(k) = sprintf("< paste -d, ../%s/summary.csv ../%s-probe/summary.csv", net[k], net[k])
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set grid xtics ytics ls 100
  set tmargin at screen 0.76
  set bmargin at screen 0.13
  unset key
  set xrange [0.5:4.5]
  set xtics ('multi' 1, 'cumulative' 2, 'single' 3, 'hybrid' 4) font ',9'
  set mxtics 1
  do for [p=1:2] {
    set lmargin at screen 0.065 + 0.325*(p - 1)
    set rmargin at screen 0.315 + 0.325*(p - 1)
    set title (p == 1 ? 'accuracy of a linear probe' : 'AUC of the representation') offset 0,-0.5 @INK
    if (p == 1) { set yrange [*<0.5:0.85<*] } else { set yrange [*<0.6:1<*] }
    what = p == 1 ? 'top1' : 'auc_end'
    plot for [k=1:3] from(k) using (column(0) + 1 + 0.12*(k - 2)):(column(what . '_mean')) with lines lw 0.8 lc rgb tone[k], \
         for [k=1:3] from(k) using (column(0) + 1 + 0.12*(k - 2)):(column(what . '_mean')):(column(what . '_std')) with yerrorbars pt 7 ps 0.8 lw 1.6 lc rgb tone[k]
  }
  set lmargin at screen 0.715
  set rmargin at screen 0.98
  set title 'accuracy against seconds of training' offset 0,-0.5 @INK
  set xrange [0:*]
  set yrange [*<0.5:0.85<*]
  set xtics auto
  set mxtics 2
  set offsets 0, graph 0.1, 0, 0
  set label 1 net_title[1] at screen 0.09,0.885 textcolor rgb tone[1] font ',10'
  set label 2 net_title[2] at screen 0.21,0.885 textcolor rgb tone[2] font ',10'
  set label 3 net_title[3] at screen 0.33,0.885 textcolor rgb tone[3] font ',10'
  set key at screen 0.985,0.905 right maxrows 1 samplen 0.5 noenhanced font ',9'
  plot for [k=1:3] for [o=1:4] joined(k) using (column(0) == o - 1 ? column("seconds_mean") : NaN):(column("top1_mean")) with points pt mark[o] ps 1.1 lc rgb tone[k] notitle, \
       for [o=1:4] NaN with points pt mark[o] ps 1.1 lc rgb ink('#404040') title order[o]
  unset multiplot
  unset output
}
