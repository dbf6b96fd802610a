# The fourth mode of linear networks whose settings differ in one thing, a tenth
# short of the change that theory gives for its fate to flip and a tenth past it
# (base, base-ema, alpha, eta, init, predictor, beta; overlay.csv of each): the
# network solid, its eigenmode dashed, grey the run that is changed.
width = 9.4
height = 6.0
array folder[5] = ['alpha', 'eta', 'init', 'predictor', 'beta']
array head[5] = ['α_p × 3.28', 'weight decay × 0.783', 'start of W × 1.81', 'start of W_p × 1.76', 'target''s β × 0.727']
array from[5] = ['base', 'base', 'base', 'base', 'base-ema']
short = ink('#d95f02')
past = ink('#31688e')
theory = ink('#202020')
run(name) = '../' . name . '/overlay.csv'
do for [terminal_name in terminals] {
  @OPEN
  set multiplot layout 2,3 title title_text @INK offset 0,0.3 margins 0.075,0.985,0.085,0.88 spacing 0.06,0.13
  set grid xtics ytics ls 100
  set yrange [0:0.45]
  set ytics 0.1
  set xrange [0:100]
  do for [k=1:5] {
    set title head[k] font ',11' offset 0,-0.5 @INK
    if (k > 3) { set xlabel 'flow time of the network, t' offset 0,0.4 @INK } else { unset xlabel }
    if (k == 1 || k == 4) { set ylabel 'p_4' offset 0.5 @INK } else { unset ylabel }
    plot run(from[k]) using "t":"p_4" with lines lw 2 lc rgb ink('#b0b0b0') notitle, \
         run(folder[k].'/000') using "t":"p_4" with lines lw 2.6 lc rgb short notitle, \
         run(folder[k].'/001') using "t":"p_4" with lines lw 2.6 lc rgb past notitle, \
         run(folder[k].'/000') using "t":"p_constant_4" with lines lw 1.3 dt (7,5) lc rgb theory notitle, \
         run(folder[k].'/001') using "t":"p_constant_4" with lines lw 1.3 dt (7,5) lc rgb theory notitle
  }
  unset title
  unset xlabel
  unset ylabel
  unset tics
  unset border
  unset grid
  set key center center Left reverse samplen 3 spacing 1.5
  set yrange [0:1]
  plot NaN with lines lw 2 lc rgb ink('#b0b0b0') title 'the run that is changed', \
       NaN with lines lw 2.6 lc rgb short title 'a tenth short of the change', \
       NaN with lines lw 2.6 lc rgb past title 'a tenth past it', \
       NaN with lines lw 1.3 dt (7,5) lc rgb theory title 'theory, from the start'
  unset key
  unset multiplot
  unset output
  set border 3
  set tics nomirror scale 0.6
}
