# Singular values of SimCLR's embedding and representation of test images, over the
# largest, after more and more steps (every seed a line); right, how many lie below
# a hundredth of it, mean and deviation over seeds. Reads summary.csv and the runs'
# spectrum.csv here: steps, three seeds and two layers, the last fastest.
width = 10.2
height = 4.4
array steps[5] = [0, 50, 200, 800, 3200]
array tone[5] = [ink('#909090'), ink('#f0b400'), ink('#6a9a1f'), ink('#1f9e89'), ink('#1b1464')]
item_of(k, seed, layer) = sprintf('%03d/spectrum.csv', 6*(k - 1) + 2*seed + layer)
array top[30]
do for [i=1:30] {
  stats sprintf('%03d/spectrum.csv', i - 1) using (column("sigma")) nooutput
  top[i] = STATS_max
}
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set grid xtics ytics ls 100
  set tmargin at screen 0.82
  set bmargin at screen 0.16
  set xlabel 'singular values, largest first' @INK
  set logscale y
  set format y '10^{%L}'
  set xrange [0:64]
  set yrange [1e-4:1.4]
  set xtics 16
  set mxtics 2
  set key bottom left Left reverse samplen 1.5 spacing 1.05
  do for [p=1:2] {
    set lmargin at screen 0.075 + 0.325*(p - 1)
    set rmargin at screen 0.335 + 0.325*(p - 1)
    set title (p == 1 ? 'embedding' : 'representation') offset 0,-0.5 @INK
    if (p == 1) { set ylabel 'over the largest' offset 0.8 @INK } else { unset ylabel ; unset key }
    plot 0.01 with lines lw 1 dt (6,4) lc rgb ink('#606060') notitle, \
         for [k=1:5] for [s=0:2] item_of(k, s, 2 - p) using (column("j")):(column("sigma")/top[6*(k - 1) + 2*s + 3 - p]) with lines lw 1.6 lc rgb tone[k] notitle, \
         for [k=1:5] NaN with lines lw 2.4 lc rgb tone[k] title (steps[k] == 0 ? 'random start' : sprintf('%d steps', steps[k]))
  }
  unset logscale y
  set format y '%g'
  set lmargin at screen 0.735
  set rmargin at screen 0.98
  set title 'below a hundredth, of 64' offset 0,-0.5 @INK
  set xlabel 'training steps' @INK
  unset ylabel
  set xrange [0.6:5.4]
  set xtics ('0' 1, '50' 2, '200' 3, '800' 4, '3200' 5)
  set mxtics 1
  set yrange [0:*]
  set key top left Left reverse samplen 1.5
  array layer[2] = ['embedding', 'representation']
  array shade[2] = [ink('#1b1464'), ink('#c2410c')]
  place(x) = x < 1 ? 1 : x < 100 ? 2 : x < 400 ? 3 : x < 1600 ? 4 : 5
  plot for [p=1:2] 'summary.csv' using (strcol("layer") eq layer[p] ? place(column("steps")) : NaN):(column("n_below_mean")):(column("n_below_std")) with yerrorbars pt 7 ps 0.9 lw 1.6 lc rgb shade[p] title layer[p]
  unset multiplot
  unset output
}
