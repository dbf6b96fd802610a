# Full matrices on image moments against the theory of modes (X' without what
# does not commute with X). Above: how far W_a is from a multiple of W, and F
# from commuting with W_p. Below: eigenvalues of W_p from an aligned start, with
# noise as the augmentation (X' near a multiple of I) and with shifts and flips.
# Solid: full; dashed: modes; black dots at the right: where theory says that the
# full matrices end (../ends).
width = 9.4
height = 7.6
n = 6
shade(j) = (j - 1.0) / (n - 1.0)
file(name) = '../' . name . '/trace.csv'
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK offset 0,0.3
  set grid xtics ytics ls 100
  set cbrange [0:1]
  set logscale x
  set xrange [0.1:150]
  set format x ''
  set tmargin at screen 0.90
  set bmargin at screen 0.56

  set lmargin at screen 0.08
  set rmargin at screen 0.49
  set title 'is W_a = τ W?' font ',11' offset 0,-0.4 @INK
  set ylabel '‖W_a − τW‖ / ‖W_a‖' offset 0.5 @INK
  set yrange [0:0.3]
  set key top right Left reverse samplen 2.2 spacing 1.1 font ',9'
  plot file('views-random') using "t":"tau_residual" with lines lw 2.4 lc rgb ink('#d95f02') title 'random rows', \
       file('uncentred-random') using "t":"tau_residual" with lines lw 1.4 dt (4,3) lc rgb ink('#d95f02') title 'random rows, not centred', \
       file('noise-random') using "t":"tau_residual" with lines lw 1.6 dt (2,2) lc rgb ink('#8a3b00') title 'random rows, noise', \
       file('views') using "t":"tau_residual" with lines lw 2.4 lc rgb ink('#1b1464') title 'aligned', \
       file('views-modes') using "t":"tau_residual" with lines lw 1.6 dt (7,5) lc rgb ink('#1f9e89') title 'aligned, modes: τ_j differ'

  set lmargin at screen 0.575
  set rmargin at screen 0.985
  set title 'do F and W_p commute?' font ',11' @INK
  set ylabel '‖[F, W_p]‖ / ‖F‖‖W_p‖' offset 1 @INK
  set logscale y
  set format y '10^{%L}'
  set yrange [1e-5:10]
  plot file('views-random') using "t":"commutator_normalised" with lines lw 2.4 lc rgb ink('#d95f02') title 'random rows', \
       file('simsiam-random') using "t":"commutator_normalised" with lines lw 1.6 dt (4,3) lc rgb ink('#e6a700') title 'random rows, SimSiam', \
       file('views') using "t":"commutator_normalised" with lines lw 2.4 lc rgb ink('#1b1464') title 'aligned', \
       file('noise-random') using "t":"commutator_normalised" with lines lw 1.6 dt (2,2) lc rgb ink('#8a3b00') title 'random rows, noise', \
       file('noise') using "t":"commutator_normalised" with lines lw 1.6 lc rgb ink('#1f9e89') title 'aligned, noise'

  unset logscale y
  set format y '%g'
  set format x '%g'
  set xlabel 'flow time t' offset 0,0.4 @INK
  set yrange [0:1.05]
  set tmargin at screen 0.45
  set bmargin at screen 0.09
  set key top left Left reverse samplen 2.2 spacing 1.1 font ',9'
  set lmargin at screen 0.08
  set rmargin at screen 0.49
  set title 'augmentation: noise' font ',11' @INK
  set ylabel 'eigenvalues p_j of W_p' @INK
  plot for [j in shown(n)] file('noise') using (column("t")):(column("p_" . j)):(shade(j)) with lines lw 2.4 lc palette notitle, \
       for [j in shown(n)] file('noise-modes') using (column("t")):(column("p_" . j)) with lines lw 1.4 dt (7,5) lc rgb ink('#d95f02') notitle, \
       NaN with lines lw 2.4 lc rgb ink('#1b1464') title 'full matrices', \
       NaN with lines lw 1.4 dt (7,5) lc rgb ink('#d95f02') title 'modes'

  set lmargin at screen 0.575
  set rmargin at screen 0.985
  set title 'augmentation: shift by one pixel, flip' font ',11' @INK
  set ylabel '' @INK
  plot for [j in shown(n)] file('views') using (column("t")):(column("p_" . j)):(shade(j)) with lines lw 2.4 lc palette notitle, \
       for [j in shown(n)] file('views-modes') using (column("t")):(column("p_" . j)) with lines lw 1.4 dt (7,5) lc rgb ink('#d95f02') notitle, \
       '../ends/table.csv' using (70):"p":(80):(0) with vectors nohead lw 1.8 dt (1,2) lc rgb ink('#000000') notitle, \
       NaN with lines lw 1.8 dt (1,2) lc rgb ink('#000000') title 'ends, from X and X'' whole'
  unset multiplot
  unset output
}
