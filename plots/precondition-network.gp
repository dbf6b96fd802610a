# Directions learned and the distance left, over steps of a network: plain
# (../plain) and with the two speed-ups (../left, and here). |C - I|^2 is
# from the eigenvalues, since log det adds to the loss that is descended.
width = 9.2
height = 4.2
array table[3] = ['../plain/trace.csv', 'trace.csv', '../left/trace.csv']
array label[3] = ['plain', 'log det', 'left']
array shown[3] = [ink('#1b1464'), ink('#1f9e89'), ink('#d95f02')]
d = 0
do for [j=1:64] {
  if (system(sprintf("head -1 trace.csv | tr ',' '\\n' | grep -cx lambda_%d", j)) + 0 > 0) { d = j }
}
lambda(j) = column(sprintf("lambda_%d", j))
# How many have been beyond 1/2 at once, so far: batches are fresh, and C noisy.
so_far(row, now) = (most = row == 0 || now > most ? now : most)
most = 0
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 1 title_text at screen 0.5,0.955 center noenhanced font ',13' @INK
  unset logscale y
  set logscale x
  set xrange [4:1000]
  set xlabel 'steps of descent' @INK
  set grid xtics ytics ls 100
  set tmargin at screen 0.84
  set bmargin at screen 0.16
  set key bottom right Left reverse opaque samplen 2.2 spacing 1.15

  set lmargin at screen 0.075
  set rmargin at screen 0.485
  set title 'eigenvalues of C that were beyond 1/2' font ',11' @INK
  set ylabel 'directions' offset 0.6 @INK
  set yrange [0:d+0.5]
  set ytics 1
  plot for [i=1:3] table[i] using (column("step")):(so_far(column(0), sum [j=1:d] (lambda(j) > 0.5))) with steps lw 2.6 lc rgb shown[i] title label[i]

  unset label 1
  set lmargin at screen 0.575
  set rmargin at screen 0.97
  set title 'distance ‖C − I‖²' font ',11' @INK
  unset ylabel
  set logscale y
  set yrange [0.05:10]
  set ytics autofreq
  unset key
  plot for [i=1:3] table[i] using (column("step")):(sum [j=1:d] (1 - lambda(j))**2) with lines lw 2.6 lc rgb shown[i] notitle
  unset multiplot
  unset output
}
