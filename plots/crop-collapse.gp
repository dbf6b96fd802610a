# r = a/c along the generalised eigenvectors of images and their crops, for crops
# of growing strength (../one, ../both, ../both-few), the images of least and
# largest r at one of them (here: images.csv), and singular values of InfoNCE and
# of the population flow on the same pairs (../pairs, ../pairs-few, ../population).
width = 12.4
height = 8.6
theory = ink('#d95f02')
plain = ink('#505050')
array tone[5] = [ink('#1b1464'), ink('#31688e'), ink('#1f9e89'), ink('#c77cff'), ink('#e0a100')]
array item_[5] = [1, 2, 3, 5, 8]
array crop_[5] = [0.95, 0.9, 0.8, 0.4, 0.08]
of(dir, i) = sprintf('../%s/%03d/table.csv', dir, i)
ratio(a, c) = column(a)/column(c)
stats 'images.csv' using "mode" nooutput name 'M'
stats 'images.csv' using "x" nooutput name 'X'
stats '../points/table.csv' using (column("collapsed") < 1 ? 1 : NaN) nooutput name 'P'
alive = int(P_records)
stats '../pairs/trace.csv' using "t" nooutput name 'T'
pixels = int((X_max + 1)**2)
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  unset logscale
  set border 3 lw 0.8 lc rgb ink('#404040')
  set xtics nomirror
  set ytics nomirror
  set label 99 title_text at screen 0.5,0.975 center noenhanced font ',14' @INK
  set grid xtics ytics ls 100
  unset mxtics
  set palette maxcolors 0

  set tmargin at screen 0.89
  set bmargin at screen 0.58
  set lmargin at screen 0.062
  set rmargin at screen 0.335
  set title 'crops on one view' font ',12' offset 0,-0.5 @INK
  set xlabel 'direction, by rising r' offset 0,0.5 @INK
  set ylabel 'r = a/c' offset 0.5 @INK
  set logscale y
  set format y '10^{%L}'
  set xrange [0:197]
  set yrange [1e-4:1e5]
  set key top left Left reverse samplen 1.6 spacing 1.1 font ',9.5'
  plot for [i=1:5] of('one', item_[i]) using (column("mode")):(ratio("a", "c")) with lines lw 2.4 lc rgb tone[i] title sprintf('area from %g', crop_[i]), \
       2 with lines lw 1.8 dt (7,4) lc rgb theory title 'collapse from r = 2'
  unset label 99

  set lmargin at screen 0.39
  set rmargin at screen 0.66
  set title 'crops on both views' @INK
  unset ylabel
  unset logscale y
  set format y '%g'
  set yrange [0:3.8]
  plot for [i=1:5] of('both', item_[i]) using (column("mode")):(ratio("a", "c")) with lines lw 2.2 lc rgb tone[i] notitle, \
       of('both-few', 0) using (column("mode")):(ratio("a", "c")) with lines lw 1.4 dt (2,2) lc rgb plain title 'area from .25, 3750 pairs', \
       of('both-few', 1) using (column("mode")):(ratio("a", "c")) with lines lw 1.4 dt (6,3) lc rgb plain title '15,000', \
       of('both', 6) using (column("mode")):(ratio("a", "c")) with lines lw 1.4 lc rgb plain title '60,000', \
       2 with lines lw 1.8 dt (7,4) lc rgb theory notitle

  set lmargin at screen 0.725
  set rmargin at screen 0.985
  set title 'directions that collapse, of 196' @INK
  set xlabel 'least area of a crop' @INK
  set xrange [1:0]
  set yrange [0:100]
  unset key
  set key bottom right
  plot '../one/table.csv' using (column("crop_min")):(column("collapsed")) with linespoints pt 7 ps 0.9 lw 2.2 lc rgb tone[1] title 'crops on one view'

  # Images.
  unset key
  set border 15 lw 0.5 lc rgb ink('#bbbbbb')
  unset tics
  unset xlabel
  unset ylabel
  unset grid
  unset colorbox
  set palette defined (0 ink('#053061'), 0.25 ink('#4393c3'), 0.5 ink('#ffffff'), 0.75 ink('#d6604d'), 1 ink('#67001f'))
  set cbrange [-1:1]
  set label 1 'area from .9, one view: the last to collapse' at screen 0.30,0.478 center font ',12' @INK
  set label 2 'the first to collapse' at screen 0.30,0.243 center font ',12' @INK
  set size ratio -1
  do for [k=1:M_max] {
    across = (k - 1) % 4
    down = (k - 1) / 4
    set lmargin at screen 0.055 + 0.125*across
    set rmargin at screen 0.165 + 0.125*across
    set tmargin at screen 0.435 - 0.235*down
    set bmargin at screen 0.275 - 0.235*down
    first = (k - 1)*pixels
    last = k*pixels - 1
    set autoscale xy
    stats 'images.csv' every ::first::last using "r" nooutput name 'R'
    set xrange [-0.5:X_max+0.5]
    set yrange [X_max+0.5:-0.5]
    set title sprintf('r = %.2g', R_max) font ',11' offset 0,-0.8 @INK
    plot 'images.csv' every ::first::last using "x":"y":"value" with image pixels notitle
    unset label
  }

  set border 3 lw 0.8 lc rgb ink('#404040')
  set xtics nomirror
  set ytics nomirror
  set size noratio
  set grid xtics ytics ls 100
  set lmargin at screen 0.635
  set rmargin at screen 0.985
  set tmargin at screen 0.43
  set bmargin at screen 0.085
  set title '7 by 7 images, area from .6, one view: t = 3000' font ',12' offset 0,-0.5 @INK
  set xlabel 'rank' offset 0,0.5 @INK
  set ylabel 'singular values of W' offset 1 @INK
  set xrange [0:50]
  set yrange [1e-6:100]
  set logscale y
  set format y '10^{%L}'
  set key bottom left Left reverse samplen 1.8 spacing 1.15 font ',10'
  set arrow 1 from alive + 0.5,1e-6 to alive + 0.5,100 nohead lw 1.2 dt (2,3) lc rgb plain
  set label 1 sprintf('r < 2: %d', alive) at alive + 1.2,30 left textcolor rgb plain
  sigma(j) = column(sprintf("sigma_%d", j))
  end_of(dir) = sprintf('../%s/trace.csv', dir)
  plot for [j=1:49] end_of('population') using (j):(column("t") < T_max ? NaN : sigma(j)) with points pt 1 ps 0.8 lw 1.6 lc rgb theory notitle, \
       for [j=1:49] end_of('pairs') using (j):(column("t") < T_max ? NaN : sigma(j)) with points pt 6 ps 0.7 lw 1.6 lc rgb tone[1] notitle, \
       for [j=1:49] end_of('pairs-few') using (j):(column("t") < T_max ? NaN : sigma(j)) with points pt 4 ps 0.6 lw 1.2 lc rgb tone[3] notitle, \
       NaN with points pt 1 ps 0.8 lw 1.6 lc rgb theory title 'population flow', \
       NaN with points pt 6 ps 0.8 lw 1.6 lc rgb tone[1] title 'InfoNCE, N = 1000', \
       NaN with points pt 4 ps 0.7 lw 1.2 lc rgb tone[3] title 'InfoNCE, N = 250'
  unset arrow
  unset label
  unset multiplot
  unset output
}
