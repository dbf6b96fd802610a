# Modes of BYOL over time with constant tau (../simsiam), with EMA (../ema) and
# with an EMA slower than weight decay (../slow): p, s, tau, and what is left of
# the distance c from the parabola. Dashed: theory. A mode that collapses has its
# tau go to beta/(beta - eta), or run away where beta < eta.
width = 9.6
height = 10.2
theory = ink('#d95f02')
plain = ink('#505050')
array from[3] = ['simsiam', 'ema', 'slow']
trace_of(k) = '../' . from[k] . '/trace.csv'
do for [k=1:3] {
  config = '../' . from[k] . '/config.yaml'
  do for [key in 'alpha_p eta beta sigma2'] {
    @SETTING
    eval sprintf('%s_%d = real(got)', key, k)
  }
}
array said[3]
said[1] = 'τ = 1 (SimSiam)'
said[2] = sprintf('EMA, β = %g', beta_2)
said[3] = sprintf('EMA, β = %g < η', beta_3)
b = 1 + sigma2_1
e = eta_1
stable = (1 + sqrt(1 - 4*e*b)) / (2*b)
saddle = (1 - sqrt(1 - 4*e*b)) / (2*b)
stats trace_of(1) nooutput name 'L'
modes = (L_columns - 1) / 4
stats trace_of(1) using "t" nooutput name 'T'
shade(j) = modes > 1 ? (j - 1.0) / (modes - 1) : 0
array c[modes]
do for [j=1:modes] {
  stats trace_of(1) every ::0::0 using (column(sprintf("s_%d", j)) - column(sprintf("p_%d", j))**2/alpha_p_1) nooutput name 'C'
  c[j] = C_max
}
left(j) = abs((column(sprintf("s_%d", j)) - column(sprintf("p_%d", j))**2/alpha_p_1) / c[j])
# The runaway of tau, drawn through where the first mode is at half of the time.
stats trace_of(3) using (abs(column("t") - T_max/2) < 1e-9*T_max ? column("tau_1") : NaN) nooutput name 'R'
away = exists("R_max") ? R_max : NaN
top(i) = 0.905 - 0.2125*(i-1)
theory_of(k, i) = i == 1 ? 'stable with lines lw 1.3 dt (6,4) lc rgb theory, saddle with lines lw 1.3 dt (2,3) lc rgb theory' : \
  i == 2 ? 'stable**2/alpha_p_1 with lines lw 1.3 dt (6,4) lc rgb theory' : \
  i == 3 ? (k == 1 ? '1 with lines lw 1.3 dt (6,4) lc rgb theory' : k == 2 ? 'beta_2/(beta_2 - e) with lines lw 1.3 dt (6,4) lc rgb theory' : 'away*exp((e - beta_3)*(x - T_max/2)) with lines lw 1.3 dt (6,4) lc rgb theory') : \
  'exp(-2*e*x) with lines lw 1.3 dt (6,4) lc rgb theory'
array name_[4] = ['p', 's', 'τ', '|s − p²/α_p| / |c|']
array what[4] = ['column("p_" . j)', 'column("s_" . j)', 'column("tau_" . j)', 'left(j)']

do for [terminal_name in terminals] {
  @OPEN
  set xtics nomirror autofreq
  set ytics nomirror autofreq
  set multiplot
  set border 3
  unset key
  set cbrange [0:1]
  set grid xtics ytics ls 100
  set xrange [0:T_max]
  set label 1 title_text at screen 0.5,0.977 center noenhanced font ',13' @INK
  set label 2 sprintf('α_p = %g, η = %g; a colour is a start', alpha_p_1, e) at screen 0.5,0.95 center textcolor rgb plain
  do for [i=1:4] { do for [k=1:3] {
    set lmargin at screen 0.105 + 0.303*(k-1)
    set rmargin at screen 0.37 + 0.303*(k-1)
    set tmargin at screen top(i)
    set bmargin at screen top(i) - 0.185
    if (i == 1) { set title said[k] offset 0,-0.5 @INK } else { unset title }
    if (i == 4) { set xlabel 't' offset 0,0.5 @INK ; set format x '%g' } else { unset xlabel ; set format x '' }
    if (k == 1) { set ylabel name_[i] offset (i > 2 ? 0.3 : 1) @INK } else { unset ylabel }
    if (i <= 2) { unset logscale y ; set yrange [0:1] ; set ytics 0.25 }
    if (i == 3) { set logscale y ; set yrange [1e-2:300] ; set ytics autofreq }
    if (i == 4) { set logscale y ; set yrange [1e-7:3] ; set ytics autofreq }
    if (k > 1) { set format y '' } else { set format y (i > 2 ? '10^{%L}' : '%g') }
    eval 'plot for [j=1:modes] trace_of(k) using (column("t")):(' . what[i] . '):(shade(j)) with lines lw 2.6 lc palette, ' . theory_of(k, i)
    unset label
  } }
  unset logscale
  unset title
  unset border
  unset xtics
  unset ytics
  unset grid
  unset xlabel
  unset ylabel
  set lmargin at screen 0.02
  set rmargin at screen 0.99
  set tmargin at screen 0.035
  set bmargin at screen 0.005
  set xrange [0:1]
  set yrange [0:1]
  set key at screen 0.51,0.034 center top horizontal maxrows 1 Left reverse samplen 3 width 1
  plot NaN with lines lw 2.6 lc rgb ink('#31688e') title 'integrated', \
       NaN with lines lw 1.3 dt (6,4) lc rgb theory title 'theory: stable point, limit, rate', \
       NaN with lines lw 1.3 dt (2,3) lc rgb theory title 'theory: saddle'
  unset multiplot
  unset output
}
