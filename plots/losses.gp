# The covariance loss (../covariance) over the spectral one (here) on the same
# data: losses, then eigenvalues of C. Solid:
# integrated; dashed: aligned partner; vertical: its step times; dotted, right:
# where the spectral loss ends (../ends).
width = 7.0
height = 7.4
stats trace using "t" nooutput name 'T'
stats 'steps.csv' using "tau_predicted" nooutput name 'S'
shade(j, n) = n > 1 ? (j - 1.0) / (n - 1.0) : 0.0
t_low = S_min / 3.0
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set logscale x
  set xrange [t_low:T_max]
  set cbrange [0:1]
  set lmargin at screen 0.11
  set rmargin at screen 0.97
  set grid xtics ytics ls 100
  set format x ''
  unset xlabel

  set tmargin at screen 0.945
  set bmargin at screen 0.70
  set title title_text offset 0,-0.3 @INK
  set ylabel 'loss' offset 1 @INK
  set yrange [0:n_lambda*1.1]
  set key bottom left Left reverse opaque samplen 2.5 spacing 1.1 box lw 0.4 lc rgb ink('#cccccc')
  plot '../covariance/trace.csv' using "t":"loss" with lines lw 3 lc rgb ink('#1b1464') title 'covariance', \
       '../vicreg/trace.csv' using "t":"loss" with lines lw 3 lc rgb ink('#1f9e89') title 'VICReg-like, ν = 1', \
       trace using (column("t")):(column("loss") + n_lambda) with lines lw 1.6 dt (2,3) lc rgb ink('#f0b400') title 'spectral + d', \
       '../covariance/trace.csv' using "t":"predicted_loss" with lines lw 1.3 dt (7,7) lc rgb ink('#d95f02') title 'aligned closed forms', \
       '../vicreg/trace.csv' using "t":"predicted_loss" with lines lw 1.3 dt (7,7) lc rgb ink('#d95f02') notitle

  unset title
  unset key
  set yrange [-0.04:1.12]
  set tmargin at screen 0.665
  set bmargin at screen 0.40
  set ylabel 'eigenvalues of C' offset 1 @INK
  set label 1 'covariance loss' at graph 0.985, graph 0.16 right @INK
  plot '../covariance/steps.csv' using (column("tau_predicted")):(-0.04):(0):(1.16) with vectors nohead lw 0.8 dt (4,4) lc rgb ink('#888888'), \
       for [j in shown(n_lambda)] '../covariance/trace.csv' using (column("t")):(column("lambda_" . j)):(shade(j, n_lambda)) with lines lw 3 lc palette, \
       for [j in shown(n_lambda)] '../covariance/trace.csv' using (column("t")):(column("predicted_" . j)) with lines lw 1.3 dt (7,7) lc rgb ink('#d95f02')

  set tmargin at screen 0.365
  set bmargin at screen 0.10
  set format x '10^{%L}'
  set xlabel 'flow time t' @INK
  set label 1 'spectral loss' @INK
  plot 'steps.csv' using (column("tau_predicted")):(-0.04):(0):(1.16) with vectors nohead lw 0.8 dt (4,4) lc rgb ink('#888888'), \
       for [j in shown(n_lambda)] trace using (column("t")):(column("lambda_" . j)):(shade(j, n_lambda)) with lines lw 3 lc palette, \
       for [j in shown(n_lambda)] trace using (column("t")):(column("predicted_" . j)) with lines lw 1.3 dt (7,7) lc rgb ink('#d95f02'), \
       '../ends/table.csv' using (T_max/2.2):(column("lambda")):(T_max-T_max/2.2):(0) with vectors nohead lw 1.6 dt (1,2) lc rgb ink('#000000')
  unset label
  unset multiplot
  unset output
}
