# Singular values of W with negatives and without: given moments (../alone,
# ../stepped, ../both; dashed: the slopes of A's eigenvalues) and pairs of images
# (../images, here).
width = 10.4
height = 4.7
theory = ink('#d95f02')
array tone[3] = [ink('#1b1464'), ink('#1f9e89'), ink('#c77cff')]
array rate[3] = [0.13221804123807, 0.27540928862729, 0.54237267013464]
array from[3]
do for [j=1:3] { stats '../alone/trace.csv' using (from[j] = column(sprintf("sigma_%d", j))*exp(rate[j]*column("t"))) nooutput }
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK font ',14'
  unset logscale
  set format x '%g'
  set grid xtics ytics ls 100
  set logscale y
  set format y '10^{%L}'
  set tmargin at screen 0.83
  set bmargin at screen 0.14
  set lmargin at screen 0.075
  set rmargin at screen 0.495
  set title 'moments of three dimensions' font ',12' offset 0,-0.4 @INK
  set xlabel 'flow time t' offset 0,0.4 @INK
  set ylabel 'singular values of W' offset 1 @INK
  set xrange [0:60]
  set yrange [1e-15:1e3]
  set key bottom left Left reverse samplen 2.5 spacing 1.15
  plot for [j=1:3] '../both/trace.csv' using (column("t")):(column(sprintf("sigma_%d", j))) with linespoints lw 1.2 pt 4 ps 0.6 pi 10 lc rgb tone[j] notitle, \
       for [j=1:3] '../alone/trace.csv' using (column("t")):(column(sprintf("sigma_%d", j))) with lines lw 2.6 lc rgb tone[j] notitle, \
       for [j=1:3] '../stepped/trace.csv' using (column("t")):(column(sprintf("sigma_%d", j))) every 8 with points pt 6 ps 0.7 lw 1.3 lc rgb ink('#202020') notitle, \
       for [j=1:3] from[j]*exp(-rate[j]*x) with lines lw 1.6 dt (3,3) lc rgb theory notitle, \
       NaN with linespoints lw 1.2 pt 4 ps 0.6 lc rgb tone[1] title 'with negatives', \
       NaN with lines lw 2.6 lc rgb tone[1] title 'positives alone, exact', \
       NaN with points pt 6 ps 0.8 lw 1.3 lc rgb ink('#202020') title 'positives alone, integrated', \
       NaN with lines lw 1.6 dt (3,3) lc rgb theory title 'e^{−αt}, α: eigenvalues of A'
  set lmargin at screen 0.57
  set rmargin at screen 0.985
  set title '1000 pairs of images, shift by one of seven pixels, flip' @INK
  set ylabel '' @INK
  set logscale x
  set format x '10^{%L}'
  set xrange [0.1:20000]
  set yrange [1e-20:1e3]
  shade(j) = (j - 1)/5.0
  set cbrange [0:1]
  plot for [j=1:6] '../images/trace.csv' using (column("t")):(column(sprintf("sigma_%d", j))):(shade(j)) with lines lw 2.6 lc palette notitle, \
       for [j=1:6] 'trace.csv' using (column("t")):(column(sprintf("sigma_%d", j))):(shade(j)) with linespoints lw 1.2 pt 4 ps 0.6 pi 4 lc palette notitle, \
       NaN with linespoints lw 1.2 pt 4 ps 0.6 lc rgb tone[1] title 'InfoNCE', \
       NaN with lines lw 2.6 lc rgb tone[1] title 'positives alone'
  unset multiplot
  unset output
}
