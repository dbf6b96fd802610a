# Dimensions (RankMe) of r[0:d0], which the loss sees, and of the rest, with and
# without a residual. Upper: the dot product's loss (../dot); lower: distances
# (here). Left over steps for d0 = 4, right at the end over d0; dashed: all
# dimensions there are.
width = 9.4
height = 7.4
m = 16
shown = 4
array from[2] = ['../dot', '.']
array loss[2] = ['dot product', 'distance']
array rate[2] = [0.01, 0.1]
array way[2] = ['off', 'on']
array tone[2] = [ink('#d95f02'), ink('#1b1464')]
array says[2] = ['without', 'with residual']
# Items are numbered d0 by d0 (2, 4, 8, …), first those without.
item_of(i, w) = sprintf('%s/%03d/trace.csv', from[i], 5*(w - 1) + 1)
at_end(w, y) = strcol("residual") eq way[w] ? y : NaN
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.975 center noenhanced font ',13' @INK
  set grid xtics ytics ls 100
  set yrange [0:22]
  set ytics 4
  set mytics 4
  do for [i=1:2] {
    set tmargin at screen 0.895 - 0.465*(i - 1)
    set bmargin at screen 0.555 - 0.465*(i - 1)
    set lmargin at screen 0.08
    set rmargin at screen 0.50
    set title sprintf('%c   %s, d_0 = %d', 95 + 2*i, loss[i], shown) offset 0,-0.5 @INK
    set logscale x
    set xrange [10:5000]
    set format x '10^{%L}'
    set xtics 10
    set mxtics 10
    if (i == 2) { set xlabel 'steps of descent' offset 0,0.4 @INK } else { unset xlabel }
    set ylabel 'dimensions (RankMe)' offset 0.8 @INK
    if (i == 1) { set key top center Left reverse samplen 1.5 spacing 1.15 maxrows 2 width -6 font ',11' } else { unset key }
    plot m - shown with lines lw 1.2 dt (6,4) lc rgb ink('#606060') notitle, \
         shown with lines lw 1.2 dt (6,4) lc rgb ink('#606060') notitle, \
         for [w=1:2] item_of(i, w) using (column("t")/rate[i]):"rankme_rest" with lines lw 3 lc rgb tone[w] title 'rest, ' . says[w], \
         for [w=1:2] item_of(i, w) using (column("t")/rate[i]):"rankme_head" with lines lw 1.6 lc rgb tone[w] title 'r[0:d_0], ' . says[w]
    unset label
    set lmargin at screen 0.565
    set rmargin at screen 0.975
    set title sprintf('%c   %s, at the end', 96 + 2*i, loss[i]) @INK
    unset logscale x
    set xrange [0:17]
    set format x '%g'
    set xtics 4
    set mxtics 4
    if (i == 2) { set xlabel 'd_0' @INK } else { unset xlabel }
    unset ylabel
    if (i == 1) { set key top center horizontal samplen 1.5 width -2 font ',11' } else { unset key }
    plot m - x with lines lw 1.2 dt (6,4) lc rgb ink('#606060') title 'all there are', \
         x with lines lw 1.2 dt (6,4) lc rgb ink('#606060') notitle, \
         for [w=1:2] from[i] . '/table.csv' using (at_end(w, column("d0"))):"rankme_rest_end" with linespoints pt 7 ps 1 lw 2.6 lc rgb tone[w] notitle, \
         for [w=1:2] from[i] . '/table.csv' using (at_end(w, column("d0"))):"rankme_head_end" with linespoints pt 6 ps 1 lw 1.6 lc rgb tone[w] notitle, \
         NaN with linespoints pt 7 ps 1 lw 2.6 lc rgb ink('#606060') title 'rest', \
         NaN with linespoints pt 6 ps 1 lw 1.6 lc rgb ink('#606060') title 'r[0:d_0]'
  }
  unset multiplot
  unset output
}
