# The size of W with predictor and stop-gradient and without one of them, on
# given matrices (../exact, …) and on image moments (../images-exact, …, here).
width = 9.4
height = 4.4
file(name) = '../' . name . '/trace.csv'
stats trace using "W_norm" every ::0::0 nooutput name 'A'
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK
  set grid xtics ytics ls 100
  set logscale y
  set format y '10^{%L}'
  set xrange [0:60]
  set xlabel 'flow time t' offset 0,0.4 @INK
  set tmargin at screen 0.85
  set bmargin at screen 0.16
  set lmargin at screen 0.085
  set rmargin at screen 0.49
  set title '3 by 3 moments, η = 0.04' font ',11' offset 0,-0.4 @INK
  set ylabel 'size of the network, ‖W‖' offset 0.5 @INK
  set yrange [1e-5:10]
  unset key
  plot file('simsiam') using "t":"W_norm" with lines lw 2.4 lc rgb ink('#1b1464') notitle, \
       file('bound') using "t":"W_norm" with lines lw 1.3 dt (2,3) lc rgb ink('#606060') notitle, \
       file('exact') using "t":"W_norm" with lines lw 2.4 lc rgb ink('#e6a700') notitle, \
       file('stepped') using "t":"W_norm" every 12 with points pt 6 ps 0.9 lw 1.5 lc rgb ink('#202020') notitle, \
       file('no-stop-gradient') using "t":"W_norm" with lines lw 2.4 dt (8,3) lc rgb ink('#1f9e89') notitle, \
       file('neither-exact') using "t":"W_norm" with lines lw 1.6 dt (4,2) lc rgb ink('#d95f02') notitle
  set lmargin at screen 0.58
  set rmargin at screen 0.985
  set title 'Fashion-MNIST moments, η = 0.04' font ',11' @INK
  unset ylabel
  set key bottom left Left reverse samplen 2.4 spacing 1.15 font ',9'
  plot trace using "t":"W_norm" with lines lw 2.4 lc rgb ink('#1b1464') title 'SimSiam', \
       trace using (column("t")):(A_max*exp(-0.04*column("t"))) with lines lw 1.3 dt (2,3) lc rgb ink('#606060') title 'bounds: e^{−ht}, left; e^{−ηt}, here', \
       file('images-exact') using "t":"W_norm" with lines lw 2.4 lc rgb ink('#e6a700') title 'no predictor, exact', \
       file('images-stepped') using "t":"W_norm" every 12 with points pt 6 ps 0.9 lw 1.5 lc rgb ink('#202020') title 'no predictor, integrated', \
       file('images-no-stop-gradient') using "t":"W_norm" with lines lw 2.4 dt (8,3) lc rgb ink('#1f9e89') title 'no stop-gradient', \
       NaN with lines lw 1.6 dt (4,2) lc rgb ink('#d95f02') title 'neither, exact (left)'
  unset multiplot
  unset output
}
