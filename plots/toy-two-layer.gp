# The 16x16 toy of two layers. Left: eigenvalues of the embedding's covariance
# over steps (../toy). Middle: the same by index at three times, and after 10,000
# steps from an aligned start (../aligned). Right: where modes settle by batch, in
# 2 (../floor-2) and 16 dimensions (here): largest to least.
width = 11.0
height = 4.3
m = 16
rate = 0.01
floor_ = 0.1/(1 + 1e-6)**2
shade(j) = (j - 1.0)/(m - 1.0)
file = '../toy/trace.csv'
stats file using "t" nooutput name 'T'
array row[2] = [100, T_max]
array tone[2] = [ink('#1b1464'), ink('#d98a00')]
array mark[2] = [7, 5]
at_(k) = abs(column("t")/row[k] - 1) < 0.01
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.965 center noenhanced font ',13' @INK
  set grid xtics ytics ls 100
  set tmargin at screen 0.84
  set bmargin at screen 0.17
  set logscale y
  set format y '10^{%L}'
  set yrange [1e-11:30]
  set ytics 1e-10,100

  set lmargin at screen 0.07
  set rmargin at screen 0.40
  set title 'a   over steps' offset 0,-0.5 @INK
  set logscale x
  set xrange [10:T_max/rate]
  set format x '10^{%L}'
  set xlabel 'steps of descent' offset 0,0.4 @INK
  set ylabel 'eigenvalues of Cov(z)' offset 0.8 @INK
  set cbrange [0:1]
  unset key
  if (T_max > 101) {
    set arrow 1 from 1e4, graph 0 to 1e4, graph 1 nohead lw 1 dt (2,3) lc rgb ink('#404040')
    set label 1 '4 of 16 collapsed at 10,000 ' at 1e4, 3 right font ',10' @INK
  }
  plot for [j in shown(m)] file using (column("t")/rate):(column("cov_lambda_" . j)):(shade(j)) with lines lw 2 lc palette, \
       floor_ with lines lw 1.4 dt (6,4) lc rgb ink('#000000')
  unset arrow
  unset label

  set lmargin at screen 0.455
  set rmargin at screen 0.70
  set title 'b   by index' @INK
  unset logscale x
  set format x '%g'
  set xrange [0.5:m+0.5]
  set xtics 4
  set mxtics 4
  set xlabel 'index j' @INK
  set ylabel '' @INK
  set key bottom left Left reverse samplen 1.5 spacing 1.1 width -1
  plot floor_ with lines lw 1.4 dt (6,4) lc rgb ink('#000000') title 'floor τc/(c+ν)^2', \
       for [k=1:2] for [j=1:m] file using (at_(k) ? j : NaN):(column(sprintf("cov_lambda_%d", j))) with points pt mark[k] ps 0.9 lc rgb tone[k] notitle, \
       for [j=1:m] '../aligned/trace.csv' using (at_(1) ? j : NaN):(column(sprintf("cov_lambda_%d", j))) with points pt 6 ps 1.2 lw 1.5 lc rgb ink('#1f9e89') notitle, \
       for [j=1:m] file every ::0::0 using (j):(column(sprintf("cov_lambda_%d", j))) with points pt 2 ps 0.7 lw 1.3 lc rgb ink('#808080') notitle, \
       NaN with points pt 2 ps 0.7 lw 1.3 lc rgb ink('#808080') title '10 steps', \
       NaN with points pt 6 ps 1.2 lw 1.5 lc rgb ink('#1f9e89') title '10,000, aligned start', \
       NaN with points pt mark[1] ps 0.9 lc rgb tone[1] title '10,000', \
       (T_max > 101 ? NaN : 1/0) with points pt mark[2] ps 0.9 lc rgb tone[2] title '100,000'

  set lmargin at screen 0.775
  set rmargin at screen 0.985
  set title 'c   where modes settle' @INK
  set logscale x 2
  set xrange [90:2900]
  set xtics (128, 512, 2048)
  unset mxtics
  set yrange [0.08:0.3]
  set format y '%g'
  set ytics (0.08, 0.1, 0.15, 0.2, 0.3)
  set xlabel 'batch' @INK
  set key top right Left reverse samplen 1.5 spacing 1.1
  plot 'table.csv' using "batch":(sqrt(column("cov_lambda_1_end")*column("cov_lambda_16_end"))):"cov_lambda_16_end":"cov_lambda_1_end" with yerrorbars pt 7 ps 0.9 lw 1.6 lc rgb ink('#1b1464') title '16 dimensions', \
       '../floor-2/table.csv' using (column("batch")*1.08):(sqrt(column("cov_lambda_1_end")*column("cov_lambda_2_end"))):"cov_lambda_2_end":"cov_lambda_1_end" with yerrorbars pt 5 ps 0.9 lw 1.6 lc rgb ink('#d98a00') title '2 dimensions', \
       floor_ with lines lw 1.4 dt (6,4) lc rgb ink('#000000') title 'floor'
  unset multiplot
  unset output
}
