# The least eigenvalue of X and the weight of one direction over time, from small
# (left) and large weights, for augmentations of strength r: InfoNCE of 1000
# pairs (../pairs-small, here) over the population's flow (../small, ../large).
width = 10.4
height = 7.4
theory = ink('#d95f02')
plain = ink('#505050')
array tone[6] = [ink('#1b1464'), ink('#31688e'), ink('#1f9e89'), ink('#7a7a7a'), ink('#c77cff'), ink('#7b1fa2')]
array r_[6] = [0.5, 1, 1.5, 2, 2.5, 3]
of(dir, j) = sprintf('../%s/%03d/trace.csv', dir, j - 1)
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK font ',14'
  unset logscale
  set grid xtics ytics ls 100
  set logscale x
  set format x '10^{%L}'
  set xrange [0.01:100]
  do for [side=0:1] {
    pop = side ? 'large' : 'small'
    inf = 'pairs-' . pop
    set lmargin at screen 0.085 + 0.475*side
    set rmargin at screen 0.50 + 0.475*side
    set tmargin at screen 0.88
    set bmargin at screen 0.52
    unset logscale y
    set format y '%g'
    set title side ? 'from large weights, σ = 2' : 'from small weights, σ = .1' font ',12' offset 0,-0.4 @INK
    unset xlabel
    set ylabel side ? '' : 'least eigenvalue of X' offset 1 @INK
    set yrange [-3:2]
    unset key
    if (side) { set key bottom right Left reverse samplen 2.5 spacing 1.15 }
    plot 0 with lines lw 1 lc rgb plain notitle, \
         for [j=1:6] of(inf, j) using (column("t")):(column("x_min")) with lines lw 2.6 lc rgb tone[j] notitle, \
         for [j=1:6] of(pop, j) using (column("t")):(column("x_min")) with lines lw 1.6 dt (7,4) lc rgb theory notitle, \
         NaN with lines lw 2.6 lc rgb tone[1] title 'InfoNCE, N = 1000', \
         NaN with lines lw 1.6 dt (7,4) lc rgb theory title 'population'
    set tmargin at screen 0.47
    set bmargin at screen 0.09
    unset title
    set xlabel 'flow time t' offset 0,0.4 @INK
    set ylabel side ? '' : 'weight σ' offset 1 @INK
    set logscale y
    set format y '10^{%L}'
    set yrange [1e-4:5]
    unset key
    if (!side) { set key bottom left Left reverse samplen 2.5 spacing 1.15 }
    plot for [j=1:6] of(inf, j) using (column("t")):(column("sigma_1")) with lines lw 2.6 lc rgb tone[j] title sprintf('r = %g', r_[j]), \
         for [j=1:6] of(pop, j) using (column("t")):(column("sigma_1")) with lines lw 1.6 dt (7,4) lc rgb theory notitle
  }
  unset multiplot
  unset output
}
