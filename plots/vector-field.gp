# BYOL's eigenmode below, at and above the threshold of weight decay. Top: p' on
# the parabola s = p^2/alpha_p (line), and as differences of flows along it
# (points, ../line_*). Middle: the potential that p' descends. Bottom: flows in
# the plane (p, s) at constant tau (../plane_*), coloured by where they end, with
# the separatrix (../edge_plane). Stationary points are those of ../points_*.
width = 9.2
height = 9.6
live = ink('#1f5a97')
dead = ink('#c2571a')
plain = ink('#505050')
array way[3] = ['below', 'at', 'above']
array eta[3]
array shown[3] = ['below', 'at', 'above']
trace_of(what, k) = '../' . what . '_' . way[k] . '/trace.csv'
points_of(k) = '../points_' . way[k] . '/table.csv'
MISSING = "NaN" ; set datafile missing @MISSING

do for [k=1:3] {
  config = '../line_' . way[k] . '/config.yaml'
  do for [key in 'alpha_p eta sigma2 tau0'] {
    @SETTING
    eval sprintf('%s_ = real(got)', key)
  }
  eta[k] = eta_
}
b = 1 + sigma2_
tau = tau0_
speed(p, e) = p*p*(tau - b*p) - e*p
potential(p, e) = p*p*(e/2 - p*(tau/3 - b*p/4))
array lines[3]
do for [k=1:3] { stats trace_of('line', k) nooutput name 'L' ; lines[k] = (L_columns - 1) / 4 }

# Where the flows of the plane end, by the mean of their stationary points.
stats trace_of('plane', 1) nooutput name 'L'
flows = (L_columns - 1) / 4
last = int(L_records) - 1
array colour[2*flows]
do for [k=0:1] { do for [j=1:flows] {
  stats trace_of('plane', 1 + 2*k) every ::last::last using (column(sprintf("p_%d", j))) nooutput name 'E'
  colour[k*flows + j] = E_max > tau / (2*b) ? hex(ink('#1f5a97')) : hex(ink('#c2571a'))
} }

kind(name) = strcol("kind") eq name
mark(k, y) = 'points_of(' . k . ') using (kind("stable") || kind("collapsed") ? column("p") : NaN):(' . y . ') with points pt 7 ps 0.8 lc rgb ink("#000000"), ' . \
  'points_of(' . k . ') using (kind("saddle") || kind("degenerate") ? column("p") : NaN):(' . y . ') with points pt 7 ps 0.8 lc rgb ink("#ffffff"), ' . \
  'points_of(' . k . ') using (kind("saddle") || kind("degenerate") ? column("p") : NaN):(' . y . ') with points pt 6 ps 0.8 lw 1.5 lc rgb ink("#000000")'

do for [terminal_name in terminals] {
  @OPEN
  set xtics nomirror autofreq
  set ytics nomirror autofreq
  set multiplot
  set border 3
  unset key
  set label 1 title_text at screen 0.5,0.975 center noenhanced font ',13' @INK
  set mxtics 2
  set mytics 2
  do for [k=1:3] {
    e = eta[k]
    set lmargin at screen 0.085 + 0.31*(k-1)
    set rmargin at screen 0.355 + 0.31*(k-1)
    set xrange [-0.2:1.25]
    set xtics 0.5
    set samples 400
    set xzeroaxis lw 0.8 lc rgb ink('#808080')

    set tmargin at screen 0.905
    set bmargin at screen 0.725
    set title sprintf('%c   η = %.3g, %s the threshold', 96 + k, e, shown[k]) offset 0,-0.5 @INK
    set yrange [-0.23:0.17]
    set ytics 0.1
    unset xlabel
    set format x ''
    if (k == 1) { set ylabel "dp/dt" offset 0.8 @INK ; set format y '%g' } else { unset ylabel ; set format y '' }
    t0 = NaN ; p0 = NaN ; shown_p = NaN
    eval 'plot for [i=0:11] "+" every 100000 using (-0.12 + 0.12*i):(0.145):(speed(-0.12 + 0.12*i, e) > 0 ? 0.05 : -0.05):(0) with vectors filled head size screen 0.010,22 lw 1.4 lc rgb plain, ' . \
      '[-0.2:1.25] speed(x, e) with lines lw 2.4 lc rgb plain, ' . \
      'for [j=1:lines[k]] trace_of("line", k) using (t1 = t0, p1 = p0, t0 = column("t"), p0 = column(sprintf("p_%d", j)), far = !(t0 > t1) || !(abs(p0 - shown_p) < 0.045), shown_p = far ? p0 : shown_p, far && t0 > t1 ? (p0 + p1)/2 : NaN):(t0 > t1 ? (p0 - p1)/(t0 - t1) : NaN) with points pt 7 ps 0.4 lc rgb live, ' . mark('k', '0')

    unset label
    set tmargin at screen 0.70
    set bmargin at screen 0.535
    unset title
    set format x '%g'
    set xlabel 'p' offset 0,0.5 @INK
    set yrange [-0.06:0.05]
    set ytics 0.05
    if (k == 1) { set ylabel 'potential' offset 0.8 @INK ; set format y '%g' } else { unset ylabel ; set format y '' }
    eval 'plot [-0.2:1.25] potential(x, e) with lines lw 2.4 lc rgb plain, ' . mark('k', 'potential(column("p"), e)')
  }
  unset xzeroaxis
  set format x '%g'
  set format y '%g'
  set xrange [-1.25:2.4]
  set yrange [0:1.2]
  set xtics 0.5
  set ytics 0.5
  set xlabel 'p' offset 0,0.5 @INK
  set ylabel 's' offset 1 @INK
  set tmargin at screen 0.44
  set bmargin at screen 0.125
  do for [k=0:1] {
    e = eta[1 + 2*k]
    set lmargin at screen 0.085 + 0.465*k
    set rmargin at screen 0.51 + 0.465*k
    set title sprintf('%c   η = %.3g, in the plane', 100 + k, e) offset 0,-0.5 @INK
    edge = k == 0 ? '"../edge_plane/table.csv" using (strcol("branch") eq "lower" ? column("p0") : NaN):(column("s0")) with lines lw 3 lc rgb ink("#000000"), "../edge_plane/table.csv" using (strcol("branch") eq "upper" ? column("p0") : NaN):(column("s0")) with lines lw 3 lc rgb ink("#000000"), ' : ''
    eval 'plot [-1.25:2.4] x*x/alpha_p_ with lines lw 1.6 dt (6,4) lc rgb plain, ' . \
      'for [j=1:flows] trace_of("plane", 1 + 2*k) using (column(sprintf("p_%d", j))):(column(sprintf("s_%d", j))) with lines lw 1.1 lc rgb colour[k*flows + j], ' . edge . mark('1 + 2*k', 'column("s")')
  }
  unset title
  unset border
  unset xtics
  unset ytics
  unset xlabel
  unset ylabel
  set lmargin at screen 0.04
  set rmargin at screen 0.99
  set tmargin at screen 0.065
  set bmargin at screen 0.005
  set xrange [0:1]
  set yrange [0:1]
  set key at screen 0.515,0.058 center top horizontal maxcols 3 Left reverse samplen 2.2 width 2
  plot NaN with lines lw 2 lc rgb live title 'ends at the stable point', \
       NaN with lines lw 2 lc rgb dead title 'collapses', \
       NaN with points pt 7 ps 0.4 lc rgb live title 'differences of flows', \
       NaN with lines lw 1.6 dt (6,4) lc rgb plain title 'parabola s = p²/α_p', \
       NaN with lines lw 3 lc rgb ink('#000000') title 'separatrix', \
       NaN with points pt 7 ps 0.8 lc rgb ink('#000000') title 'stable', \
       NaN with points pt 6 ps 0.8 lw 1.5 lc rgb ink('#000000') title 'not stable'
  unset multiplot
  unset output
}
