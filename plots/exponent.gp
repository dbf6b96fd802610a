# Largest distance from theory over the scale of the start, with the power law
# that fits it.
stats 'table.csv' using (log(column("init_scale"))):(log(column("sup_error"))) nooutput name 'E'
fitted(x) = exp(E_intercept + E_slope * log(x))
stats 'table.csv' using "predicted_exponent" nooutput name 'P'
# Theory gives the slope only: drawn through the smallest start.
theory(x) = fitted(exp(E_min_x)) * (x / exp(E_min_x))**P_min
do for [terminal_name in terminals] {
  @OPEN
  if (crowd > 1.2) { set xtics 100 }
  set title title_text @INK
  set logscale xy
  set format x '10^{%L}'
  set format y '10^{%L}'
  set grid ls 100
  set xlabel 'scale of the start, α' @INK
  set ylabel 'sup_t ‖W − W*‖' @INK
  set key top left Left reverse
  @AXES
  plot theory(x) with lines lw 1.5 dt (7,7) lc rgb ink('#d95f02') title sprintf('theory: α^{%.3f}', P_min), \
       'table.csv' using (column("init_scale")):(column("sup_error")) with points pt 7 ps 1.2 lc rgb ink('#1b1464') title sprintf('integrated; fit α^{%.3f}', E_slope)
  unset output
}
