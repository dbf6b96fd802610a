# Singular values of 16 by 16 weights, noise of strength k on eight of the data's
# dimensions: descent with the loss of the paper's code (here, a run for each k)
# and with its distances and noise on both views or on one (../both, ../one).
# The noisy eight are the last. Dashed: the population's stationary points.
width = 12.6
height = 4.9
clean = ink('#1b1464')
noisy = ink('#1f9e89')
other = ink('#c77cff')
theory = ink('#d95f02')
plain = ink('#505050')
least(k) = sqrt(0.1)/(1 + k**2)
star(r) = r < 2 ? (1 - 2*r + sqrt(1 + 4*r)) / (2*r) : NaN
two(k) = sqrt(star(2*k**2/(1 + k**2))/(1 + k**2))
last(j) = column(sprintf("sigma_%d_end", j))
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK font ',14'
  unset logscale
  set grid xtics ytics ls 100
  set logscale y
  set format y '10^{%L}'
  set tmargin at screen 0.83
  set bmargin at screen 0.135

  set lmargin at screen 0.06
  set rmargin at screen 0.325
  set title 'loss of the code, noise on both views, k = 1.5' font ',11.5' offset 0,-0.4 @INK
  set xlabel 'steps of descent' offset 0,0.4 @INK
  set ylabel 'singular values of W' offset 1 @INK
  set logscale x
  set format x '10^{%L}'
  set xrange [1:10000]
  set yrange [0.008:2]
  set key bottom left Left reverse samplen 2.2 spacing 1.15 font ',10'
  plot for [j=1:8] '003/trace.csv' using (column("t")*1000):(column(sprintf("sigma_%d", j))) with lines lw 1.8 lc rgb clean notitle, \
       for [j=9:16] '003/trace.csv' using (column("t")*1000):(column(sprintf("sigma_%d", j))) with lines lw 1.8 lc rgb noisy notitle, \
       NaN with lines lw 1.8 lc rgb clean title 'first eight', \
       NaN with lines lw 1.8 lc rgb noisy title 'last eight', \
       least(1.5) with lines lw 2 dt (7,4) lc rgb theory title 'floor √.1/(1 + k²)'

  set lmargin at screen 0.395
  set rmargin at screen 0.66
  unset logscale x
  set format x '%g'
  unset mxtics
  set title 'the same after 10,000 steps' @INK
  set xlabel 'strength of the noise, k' @INK
  unset ylabel
  set xrange [-0.1:3.1]
  set yrange [0.01:1]
  plot for [j=1:8] 'table.csv' using (column("noise")):(last(j)) with points pt 6 ps 0.7 lw 1.4 lc rgb clean notitle, \
       for [j=9:16] 'table.csv' using (column("noise")):(last(j)) with points pt 2 ps 0.7 lw 1.4 lc rgb noisy notitle, \
       NaN with points pt 6 ps 0.8 lw 1.4 lc rgb clean title 'eight without noise', \
       NaN with points pt 2 ps 0.8 lw 1.4 lc rgb noisy title 'eight with noise', \
       [0:3.1] least(x) with lines lw 2 dt (7,4) lc rgb theory title 'population: √.1/(1 + k²)', \
       [0:3.1] least(0) with lines lw 2 dt (7,4) lc rgb theory notitle

  set lmargin at screen 0.725
  set rmargin at screen 0.99
  set title 'distances: the eight with noise, t = 100' @INK
  set xrange [0.3:3.1]
  set yrange [1e-5:100]
  set key top right
  set samples 1000
  set arrow 1 from sqrt(2),1e-5 to sqrt(2),0.3 nohead lw 1.2 dt (2,3) lc rgb plain
  set label 1 'k² = 2' at 1.36,3e-5 right textcolor rgb plain
  set label 2 'one view, k = 3: 10^{−10}' at 3.05,2e-5 right textcolor rgb plain font ',9.5'
  plot for [j=9:16] '../both/table.csv' using (column("noise")):(last(j)) with points pt 2 ps 0.7 lw 1.4 lc rgb noisy notitle, \
       for [j=9:16] '../one/table.csv' using (column("noise")):(last(j)) with points pt 4 ps 0.7 lw 1.4 lc rgb other notitle, \
       NaN with points pt 2 ps 0.8 lw 1.4 lc rgb noisy title 'noise on both views', \
       NaN with points pt 4 ps 0.8 lw 1.4 lc rgb other title 'noise on one: collapse from k² = 2', \
       [0.05:3.1] two(x) with lines lw 2 dt (7,4) lc rgb theory title 'population, both views', \
       [0.05:1.4142] sqrt(star(x**2)) with lines lw 2 dt (2,2) lc rgb theory title 'population, one view'
  unset arrow
  unset label
  unset multiplot
  unset output
}
