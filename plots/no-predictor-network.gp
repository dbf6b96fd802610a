# Eigenvalues of the embedding of a linear network without predictor, beside
# those of theory, with stop-gradient (here) and without (../network-both).
width = 9.4
height = 4.4
file(name) = '../' . name . '/trace.csv'
array net[2] = [trace, file('network-both')]
array flow[2] = [file('theory'), file('theory-both')]
array what[2] = ['stop-gradient: rates of X′ + ηI', 'none: rates of 2X′ + ηI']
do for [terminal_name in terminals] {
  @OPEN
  set multiplot layout 1,2 title title_text @INK
  set grid xtics ytics ls 100
  set logscale y
  set format y '10^{%L}'
  set xrange [0:20]
  set yrange [1e-12:10]
  set xlabel 'flow time of the network, t' offset 0,0.4 @INK
  set key bottom left Left reverse samplen 2.4 font ',9'
  do for [k=1:2] {
    set title what[k] font ',11' offset 0,-0.4 @INK
    if (k == 1) { set ylabel 'eigenvalue of the embedding' offset 0.5 @INK } else { unset ylabel }
    plot for [j=1:8] net[k] using "t":(column(sprintf("cov_lambda_%d", j))) with lines lw 2.2 lc rgb (j < 5 ? ink('#1b1464') : ink('#1f9e89')) title (k == 1 && j == 1 ? 'network, directions without noise' : k == 1 && j == 8 ? 'with noise' : ''), \
         for [j=1:8] flow[k] using (column("t")/2):(column(sprintf("s_%d", j))) with lines lw 1.4 dt (7,5) lc rgb ink('#d95f02') title (k == 1 && j == 1 ? 'theory, 2t' : '')
  }
  unset multiplot
  unset output
}
