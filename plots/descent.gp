# Discrete descent at growing learning rates: distance from the flow, and the
# loss that is left in the end.
stats 'table.csv' using "lr" nooutput name 'L'
do for [terminal_name in terminals] {
  @OPEN
  set title title_text @INK
  set logscale xy
  set format x '10^{%L}'
  set format y '10^{%L}'
  set grid ls 100
  set xlabel 'learning rate (γ_1 = 1)' @INK
  set ylabel 'sup_t ‖W − W(flow)‖,  loss in the end' @INK
  set xrange [0.7*L_min:1.6*L_max]
  set yrange [1e-9:10]
  set arrow 1 from 0.25, graph 0 to 0.25, graph 1 nohead lw 1 dt (7,7) lc rgb ink('#d95f02')
  set label 1 'limit 1/(4γ_1) ' at 0.25, graph 0.06 right textcolor rgb ink('#d95f02')
  # Small, it would meet the curve.
  if (crowd > 1.2) { set key center left Left reverse } else { set key top left Left reverse }
  @AXES
  plot 'table.csv' using "lr":"sup_error" with linespoints pt 7 lw 2 lc rgb ink('#1b1464') title 'distance from the flow', \
       'table.csv' using (column("lr")):(column("loss_end") > 1e-9 ? column("loss_end") : 1e-9) with linespoints pt 5 lw 2 lc rgb ink('#1f9e89') title 'loss in the end (1e-9: or less)'
  unset output
}
