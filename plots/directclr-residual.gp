# Effective rank over the number of features: of those that DirectCLR's loss sees and
# of the rest, with shortcuts (filled) and without (open), mean and deviation over
# seeds; dashed: the rest of a random start. Reads summary.csv of dN-head and dN-rest.
width = 7.6
height = 4.4
array d[3] = [8, 16, 32]
array part[2] = ['head', 'rest']
array says[2] = ['features that the loss sees', 'the rest']
array mark[2] = [7, 6]
array of[2] = ['on', 'off']
from(k, p) = sprintf('../d%d-%s/summary.csv', d[k], part[p])
size_of(k, p) = p == 1 ? d[k] : 64 - d[k]
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced font ',11'
  set grid ytics ls 100
  set tmargin at screen 0.80
  set bmargin at screen 0.15
  set xrange [0.5:3.5]
  set xtics ('8' 1, '16' 2, '32' 3)
  set mxtics 1
  set yrange [0:1]
  set xlabel 'd_0, of 64 features' @INK
  do for [p=1:2] {
    set lmargin at screen 0.10 + 0.47*(p - 1)
    set rmargin at screen 0.50 + 0.47*(p - 1)
    set title says[p] offset 0,-0.5 @INK
    if (p == 1) { set ylabel 'RankMe over their number' offset 0.5 @INK } else { unset ylabel }
    set key bottom left Left reverse samplen 1.5
    unset label
    if (p == 2) { unset key ; set label 1 "dashed: a random start, d_0 = 16" at graph 0.04,0.07 font ',10' @INK }
    plot for [r=1:2] for [k=1:3] from(k, p) using (strcol("residual") eq of[r] ? k + 0.12*(2*r - 3) : NaN):(column("rankme_mean")/size_of(k, p)):(column("rankme_std")/size_of(k, p)) with yerrorbars pt mark[r] ps 1.1 lw 1.8 lc rgb (r == 1 ? ink('#1b1464') : ink('#c2410c')) notitle, \
         for [r=1:2] NaN with points pt mark[r] ps 1.1 lw 1.8 lc rgb (r == 1 ? ink('#1b1464') : ink('#c2410c')) title (r == 1 ? 'with residual' : 'without'), \
         for [r=1:2] 'summary.csv' using (p == 2 && strcol("residual") eq of[r] ? 2 + 0.12*(2*r - 3) - 0.1 : NaN):(column("rankme_mean")/48):(0.2):(0) with vectors nohead lw 1.4 dt (4,3) lc rgb (r == 1 ? ink('#1b1464') : ink('#c2410c')) notitle
  }
  unset multiplot
  unset output
}
