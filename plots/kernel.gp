# The kernel form over the feature form: eigenvalues of C from ../features, as
# lines, and of the kernel, as points on them; their difference below.
width = 7.0
height = 5.6
stats trace using (column("t")) nooutput name 'T'
stats 'steps.csv' using "tau_predicted" nooutput name 'S'
if (!exists("S_records")) { S_records = 0 }
# Both tables have the same columns, set side by side for the difference.
columns = 2 + n_lambda + (exists("n_predicted") ? 1 + n_predicted : 0)
both = "< paste -d, ../features/trace.csv trace.csv"
t_low = (S_records > 0 && S_min > 0) ? S_min / 3.0 : T_min
if (t_low < T_min) { t_low = T_min }
shade(j, n) = n > 1 ? (j - 1.0) / (n - 1.0) : 0.0
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set logscale x
  set xrange [t_low:T_max]
  set cbrange [0:1]
  set lmargin at screen 0.12
  set rmargin at screen 0.97
  set grid xtics ytics ls 100

  set tmargin at screen 0.88
  set bmargin at screen 0.42
  set title title_text offset 0,1.4 @INK
  set format x ''
  unset xlabel
  set ylabel 'eigenvalues of C' offset 1 @INK
  set yrange [-0.04:1.12]
  set key horizontal maxcols 3 Left reverse width -5 center at graph 0.5, graph 1.04 samplen 2
  plot for [j in shown(n_lambda)] '../features/trace.csv' using (column("t")):(column("lambda_" . j)):(shade(j, n_lambda)) with lines lw 2 lc palette notitle, \
       for [j in shown(n_lambda)] trace every 3 using (column("t")):(column("lambda_" . j)):(shade(j, n_lambda)) with points pt 6 ps 0.5 lw 1 lc palette notitle, \
       NaN with lines lw 2 lc rgb ink('#31688e') title 'features', \
       NaN with points pt 6 ps 0.5 lc rgb ink('#31688e') title 'kernel', \
       'steps.csv' using (column("tau_predicted")):(-0.04):(0):(1.16) with vectors nohead lw 0.8 dt (4,4) lc rgb ink('#888888') title 'predicted step times'

  set tmargin at screen 0.37
  set bmargin at screen 0.12
  unset title
  set format x '10^{%L}'
  set xlabel 'flow time t' @INK
  set ylabel '|difference|' offset 1 @INK
  set logscale y
  set format y '10^{%L}'
  set yrange [1e-17:1e-12]
  unset key
  plot for [j in shown(n_lambda)] both using 1:(abs(column(2 + j) - column(columns + 2 + j))):(shade(j, n_lambda)) with points pt 7 ps 0.2 lc palette notitle
  unset logscale y
  set format y '%g'
  unset multiplot
  unset output
}
