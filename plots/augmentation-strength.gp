# Where the weights of one contrastive layer end, against the augmentation's
# strength: InfoNCE of N pairs (../few, ../pairs, ../many; here: noise on both
# views) over the stationary points of the population (../theory,
# ../both-theory) and its flow (../flow). x ~ N(0, 1), noise of variance k^2, s =
# sigma^2 (1 + k^2 where both views have it).
width = 11.0
height = 8.2
dark = ink('#1b1464')
mid = ink('#1f9e89')
light = ink('#8fb8de')
theory = ink('#d95f02')
plain = ink('#505050')
one(r) = r < 2 ? (1 - 2*r + sqrt(1 + 4*r)) / (2*r) : 0
both(q) = one(2*q / (1 + q))
# Standard deviation of s times sqrt(N): see the experiment.
array spread[6] = [3.107, 2.236, 1.832, 1.611, 1.478, 1.391]
r_of(k) = k**2
z(k, sigma, N) = r_of(k) < 1.9 ? (sigma**2 - one(r_of(k))) * sqrt(N) / spread[int(4*r_of(k) - 0.5)] : NaN
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK font ',14'
  unset logscale
  set format '%g'
  set xtics autofreq
  set ytics autofreq
  set grid xtics ytics ls 100
  unset mxtics

  # One view.
  set lmargin at screen 0.07
  set rmargin at screen 0.48
  set tmargin at screen 0.89
  set bmargin at screen 0.565
  set title 'noise on one view' font ',12' offset 0,-0.5 @INK
  set xlabel 'strength r = a/c (here k²)' offset 0,0.5 @INK
  set ylabel 's = σ² in the end' offset 1 @INK
  set xrange [0.4:3.1]
  set yrange [-0.08:2.3]
  set key top right Left reverse samplen 2.5 spacing 1.2
  set arrow 1 from 2,-0.08 to 2,1.25 nohead lw 1.2 dt (2,3) lc rgb plain
  set label 1 'r ≥ 2: collapse' at 2.05,0.75 left textcolor rgb plain
  set arrow 2 from 1,-0.08 to 1,0.55 nohead lw 1.2 dt (2,3) lc rgb plain
  set label 2 'a = c' at 0.97,0.12 right textcolor rgb plain
  set samples 800
  plot '../few/table.csv' using (column("noise")**2 - 0.025):(column("sigma_1_end")**2) with points pt 6 ps 0.6 lw 1.2 lc rgb light title 'InfoNCE, N = 250', \
       '../pairs/table.csv' using (column("noise")**2):(column("sigma_1_end")**2) with points pt 6 ps 0.8 lw 1.6 lc rgb mid title 'InfoNCE, N = 1000', \
       '../many/table.csv' using (column("noise")**2 + 0.025):(column("sigma_1_end")**2) with points pt 5 ps 0.8 lc rgb dark title 'InfoNCE, N = 4000', \
       one(x) with lines lw 2 dt (7,4) lc rgb theory title 'population, s*(r)'
  unset arrow
  unset label

  # Both views.
  set lmargin at screen 0.575
  set rmargin at screen 0.985
  set title 'noise on both views: r = 2k²/(1 + k²) < 2' @INK
  set ylabel 's = σ²(1 + k²) in the end' @INK
  set xlabel 'noise variance over the data''s, k²' @INK
  set logscale xy
  set format y '10^{%L}'
  set xrange [0.05:20]
  set yrange [0.02:20]
  set xtics (0.0625, 0.25, 1, 4, 16)
  plot 'table.csv' using (column("noise")**2):(column("sigma_1_end")**2*(1 + column("noise")**2)) with points pt 6 ps 0.8 lw 1.6 lc rgb mid title 'InfoNCE, N = 1000', \
       both(x) with lines lw 2 dt (7,4) lc rgb theory title 'population, alive for every k'

  # Time.
  set lmargin at screen 0.07
  set rmargin at screen 0.48
  set tmargin at screen 0.45
  set bmargin at screen 0.09
  set title 'population flow, noise on one view: s over time' @INK
  set xlabel 'flow time t (in 1/c)' @INK
  set ylabel 's' @INK
  set xrange [0.1:1000]
  set yrange [1e-4:3]
  set xtics auto
  set format x '10^{%L}'
  set cbrange [0:1]
  set key bottom left
  set label 1 'r = 1' at 120,0.95 left @INK
  set label 2 '1.5' at 120,0.32 left @INK
  set label 3 '1.75' at 120,0.142 left @INK
  set label 4 '2' at 120,0.0024 left @INK
  set label 5 '2.25' at 15,6e-4 left @INK
  set label 6 '3' at 2.3,6e-4 right @INK
  plot for [j in '3 5 6 7 8 11'] '../flow/trace.csv' using (column("t")):(column('cov_lambda_' . j)):((j - 1)/11.0) with lines lw 2.6 lc palette notitle, \
       NaN with lines lw 2.6 lc rgb mid title 'closed form', \
       for [j in '3 5 6 7 8 11'] '../stepped/trace.csv' using (column("t")):(column('cov_lambda_' . j)) every 12 with points pt 6 ps 0.6 lc rgb ink('#202020') notitle, \
       NaN with points pt 6 ps 0.6 lc rgb ink('#202020') title 'integrated', \
       [3:1000] 1/(6*x) with lines lw 2 dt (7,4) lc rgb theory title '1/(6t)'
  unset label
  unset logscale
  set format '%g'

  # Errors.
  set lmargin at screen 0.575
  set rmargin at screen 0.985
  set title 'error of InfoNCE, in standard deviations predicted for N' @INK
  set xlabel 'strength r' @INK
  set ylabel '(s − s*) √N / v(r)' @INK
  set xrange [0.4:1.9]
  set yrange [-4.5:6.5]
  set ytics -4,2,6
  set xtics 0.25
  set key top right
  set object 1 rect from 0.4,-2 to 1.9,2 fc rgb ink('#f6dcc8') fs solid noborder behind
  set object 2 rect from 0.4,-1 to 1.9,1 fc rgb ink('#efbf9b') fs solid noborder behind
  plot '../few/table.csv' using (column("noise")**2 - 0.02):(z(column("noise"), column("sigma_1_end"), 250)) with points pt 6 ps 0.6 lw 1.2 lc rgb ink('#4f8fc4') title 'N = 250, eight seeds', \
       '../pairs/table.csv' using (column("noise")**2):(z(column("noise"), column("sigma_1_end"), 1000)) with points pt 6 ps 0.8 lw 1.6 lc rgb ink('#0f6e5f') title 'N = 1000', \
       '../many/table.csv' using (column("noise")**2 + 0.02):(z(column("noise"), column("sigma_1_end"), 4000)) with points pt 5 ps 0.8 lc rgb dark title 'N = 4000', \
       NaN with boxes fs solid fc rgb ink('#efbf9b') lc rgb ink('#efbf9b') title 'predicted: one and two'
  unset object
  unset multiplot
  unset output
}
