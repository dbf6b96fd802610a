# Discrete descent of BYOL and SimSiam. Left: largest distance from the flow over
# the learning rate (../byol, ../simsiam). Right: what is left of the distance
# between |W| and the stationary point's after t = 20,000 (here and
# ../simsiam-scan); diverged runs stand at the top.
width = 9.4
height = 4.4
p = (1 + sqrt(1 - 4*0.04*1.09))/2.18
rest = sqrt(3)*p
top = 1e3
limit_simsiam = 2/p
limit_byol = 2/(p + 0.2 + sqrt(p**2 + 0.04))
left_over(end, status) = status > 0 ? top : (abs(end - rest) > 1e-14 ? abs(end - rest) : 1e-14)
stats '../byol/table.csv' using (log(column("lr"))):(column("lr") < 0.1 ? log(column("distance")) : NaN) nooutput name 'B'
stats '../simsiam/table.csv' using (log(column("lr"))):(column("lr") < 0.1 ? log(column("distance")) : NaN) nooutput name 'S'
line(x) = exp(B_mean_y)*x/exp(B_mean_x)
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK
  set logscale xy
  set format y '10^{%L}'
  set grid ls 100
  set tmargin at screen 0.85
  set bmargin at screen 0.16
  set lmargin at screen 0.09
  set rmargin at screen 0.49
  set title 'distance from the flow' font ',11' @INK
  set xlabel 'learning rate' @INK
  set ylabel 'sup_t distance of (W, W_p, W_a)' offset 0.5 @INK
  set format x '10^{%L}'
  set xrange [0.0015:1.3]
  set yrange [1e-4:10]
  set ytics 1e-4,10
  set key top left Left reverse samplen 2 spacing 1.15
  plot 0.5*line(x) with lines lw 1.2 dt (7,5) lc rgb ink('#808080') title 'slope 1', \
       '../byol/table.csv' using "lr":"distance" with linespoints pt 7 lw 2 lc rgb ink('#1b1464') title sprintf('BYOL, β = 0.4: slope %.3f', B_slope), \
       '../simsiam/table.csv' using "lr":"distance" with linespoints pt 5 lw 2 lc rgb ink('#d95f02') title sprintf('SimSiam: slope %.3f', S_slope)
  set lmargin at screen 0.60
  set rmargin at screen 0.985
  set title 'what is left at t = 20,000' font ',11' @INK
  unset logscale x
  set format x '%g'
  set xrange [0:3.1]
  set yrange [1e-15:1e5]
  set ytics 1e-15,1e3
  set ylabel '| ‖W‖ − ‖W*‖ |' @INK
  set arrow 1 from limit_byol, graph 0 to limit_byol, graph 1 nohead lw 1 dt (2,3) lc rgb ink('#1b1464')
  set arrow 2 from limit_simsiam, graph 0 to limit_simsiam, graph 1 nohead lw 1 dt (2,3) lc rgb ink('#d95f02')
  set label 1 sprintf(' %.4f', limit_byol) at limit_byol, graph 0.36 left textcolor rgb ink('#1b1464')
  set label 2 sprintf('2/p* = %.4f ', limit_simsiam) at limit_simsiam, graph 0.45 right textcolor rgb ink('#d95f02')
  set label 3 'diverged' at 0.1, top left textcolor rgb ink('#606060')
  plot 'table.csv' using (column("lr")):(left_over(column("W_norm_end"), column("status"))) with points pt 6 ps 1.5 lw 2 lc rgb ink('#1b1464') notitle, \
       '../simsiam-scan/table.csv' using (column("lr")):(left_over(column("W_norm_end"), column("status"))) with points pt 5 ps 1.1 lc rgb ink('#d95f02') notitle
  unset arrow
  unset label
  unset multiplot
  unset output
}
