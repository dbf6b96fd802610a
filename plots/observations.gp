# The ten observations of Tian, Chen, Ganguli (2021) on alpha_p, eta and beta, a
# panel each with its number, as the stages beside this one measured them: shares
# of starts that survive (../*_basin, 95% intervals), sweeps, and flows of modes
# whose settings differ in one number. K = (alpha_p b s + 3 eta)/2 - p (tau - b p)
# is the alignment margin: eigenspaces align where it is positive.
width = 12.6
height = 9.4
first = ink('#1b1464')
third = ink('#d95f02')
plain = ink('#505050')
array tone[4] = [ink('#1b1464'), ink('#2f7fb5'), ink('#1f9e89'), ink('#e0a100')]
config = 'config.yaml' ; key = 'sigma2' ; @SETTING
b = 1 + real(got)
threshold = 1 / (4 * b)
config = '../predictor_alignment/config.yaml' ; key = 'alpha_p' ; @SETTING
alphas = got
key = 'eta' ; @SETTING
eta_6 = real(got)
config = '../decay_erases/config.yaml' ; key = 'eta' ; @SETTING
decays_3 = got
config = '../decay_alignment/config.yaml' ; key = 'eta' ; @SETTING
decays_7 = got
config = 'config.yaml' ; key = 'beta' ; @SETTING
betas = got
key = 'eta' ; @SETTING
eta_8 = real(got)
K(j, alpha, eta) = 0.5*(alpha*b*column(sprintf("s_%d", j)) + 3*eta) - column(sprintf("p_%d", j))*(column(sprintf("tau_%d", j)) - b*column(sprintf("p_%d", j)))
gap(j) = abs(column(sprintf("s_%d", j)) - column(sprintf("p_%d", j))**2)

# The numbers.
do for [n in 'predictor decay ema'] {
  stats '../' . n . '_basin/table.csv' using (column("survives")) every ::0::0 nooutput name 'A'
  stats '../' . n . '_basin/table.csv' using (last = column("survives")) nooutput name 'B'
  eval 'said_' . n . ' = sprintf("%.2f → %.2f", A_max, last)'
}
stats '../predictor_large/sweep.csv' using (log(column("alpha_p"))):(log(column("s_1"))) nooutput name 'S'
stats '../predictor_alignment/trace.csv' using (K(3, item(alphas, 3), eta_6)) nooutput name 'P'
stats '../predictor_alignment/trace.csv' using (K(4, item(alphas, 4), eta_6)) nooutput name 'Q'
stats '../decay_erases/trace.csv' using (last = gap(3)) nooutput name 'G'
above = 0 ; alive = 0
stats '../decay_certain/sweep.csv' using (above = above + (column("eta") >= threshold), alive = alive + (column("eta") >= threshold && strcol("outcome") ne 'collapsed'), 0) nooutput
stats '../decay_alignment/trace.csv' using (K(1, 1, item(decays_7, 1))) nooutput name 'D'
stats '../decay_alignment/trace.csv' using (K(4, 1, item(decays_7, 4))) nooutput name 'E'
stats 'trace.csv' using (K(1, 1, eta_8)) nooutput name 'H'
stats 'trace.csv' using (K(3, 1, eta_8)) nooutput name 'I'
half = 0.38
stats 'trace.csv' using (column("s_1") > half ? column("t") : NaN) nooutput name 'U'
stats 'trace.csv' using (column("s_3") > half ? column("t") : NaN) nooutput name 'V'

place = "set lmargin at screen 0.075 + 0.2375*at_x ; set rmargin at screen 0.245 + 0.2375*at_x ; set tmargin at screen 0.865 - 0.30*at_y ; set bmargin at screen 0.675 - 0.30*at_y"
says = "set label 9 number at graph 0.5,1.06 center textcolor rgb plain font ',10.5'"
share = '"../%s_basin/table.csv" using (column("%s")):(column("survives")):(column("low")):(column("high")) with yerrorbars pt 7 ps 0.9 lw 1.5 lc rgb first, "" using (column("%s")):(column("survives")) with lines lw 1.5 lc rgb first'
margin = '%s 0 with lines lw 1 lc rgb plain notitle, for [j=1:%d] "%s" using (column("t")):(K(j, 1, %s)) with lines lw 2.5 lc rgb tone[j] notitle'

do for [terminal_name in terminals] {
  @OPEN
  set xtics nomirror autofreq
  set ytics nomirror autofreq
  set multiplot
  set border 3
  unset key
  unset mxtics
  unset mytics
  set grid xtics ytics ls 100
  set label 1 title_text at screen 0.5,0.975 center noenhanced font ',14' @INK
  set label 2 'predictor rate α_p' at screen 0.016,0.77 center rotate font ',13' textcolor rgb plain
  set label 3 'weight decay η' at screen 0.016,0.47 center rotate font ',13' textcolor rgb plain
  set label 4 'EMA rate β' at screen 0.016,0.17 center rotate font ',13' textcolor rgb plain

  at_x = 0 ; at_y = 0
  @place
  set title '{/:Bold 1 (+)}  more starts survive' offset 0,0.7 @INK
  number = said_predictor
  @says
  set logscale x
  set format x '10^{%L}'
  set xlabel 'α_p' offset 0,0.5 @INK
  set ylabel 'share of starts' offset 1 @INK
  set yrange [0:1.04]
  set xrange [0.07:140]
  eval 'plot ' . sprintf(share, 'predictor', 'alpha_p', 'alpha_p')
  unset label

  at_x = 1
  @place
  set title '{/:Bold 2 (−)}  s does not grow' @INK
  number = sprintf('s ∝ α_p^{%.3f}', S_slope)
  @says
  set logscale y
  set format y '10^{%L}'
  set ylabel 's at the end' offset 1 @INK
  set autoscale x
  set yrange [3e-4:30]
  stable = (1 + sqrt(1 - 4*eta_8*b))/(2*b)
  set label 1 'dashed: p*²/α_p' at graph 0.95,0.9 right textcolor rgb third
  plot '../predictor_large/sweep.csv' using "alpha_p":"s_1" with lines lw 4 lc rgb ink('#8fa8cf'), \
       '' using (column("alpha_p")):(stable**2/column("alpha_p")) with lines lw 1.5 dt (6,4) lc rgb third
  unset label
  unset logscale
  set format '%g'

  at_x = 2
  @place
  set title '{/:Bold 6 (+)}  relaxes alignment, if c > 0' @INK
  number = sprintf('least K: %.2f → %.2f', P_min, Q_min)
  @says
  set xlabel 't' @INK
  set ylabel 'margin K' offset 1 @INK
  set xrange [0:30]
  set yrange [-0.25:*]
  set key at graph 1.1,1 left top Left reverse samplen 2.5 spacing 1.2
  plot 0 with lines lw 1 lc rgb plain notitle, \
       '../predictor_alignment/trace.csv' using (column("t")):(K(4, item(alphas, 4), eta_6)) with lines lw 2.5 lc rgb third title sprintf('c > 0, α_p = %g', item(alphas, 4)), \
       '' using (column("t")):(K(3, item(alphas, 3), eta_6)) with lines lw 2.5 lc rgb first title sprintf('c > 0, α_p = %g', item(alphas, 3)), \
       '' using (column("t")):(K(1, item(alphas, 1), eta_6)) with lines lw 4 lc rgb ink('#8fa8cf') title sprintf('c = 0, α_p = %g', item(alphas, 1)), \
       '' using (column("t")):(K(2, item(alphas, 2), eta_6)) with lines lw 1.5 dt (4,4) lc rgb third title sprintf('c = 0, α_p = %g', item(alphas, 2))
  unset label
  unset key

  at_x = 0 ; at_y = 1
  @place
  set title '{/:Bold 3 (+)}  s comes to follow p' @INK
  number = sprintf('divided by %.0f at η = %g', G_max/last, item(decays_3, 3))
  @says
  set logscale y
  set format y '10^{%L}'
  set ylabel '|s − p²/α_p|' offset 1 @INK
  set xrange [0:100]
  set yrange [1e-6:5]
  array height_[4] = [1.4, 0.03, 0.006, 3e-5]
  array across_[4] = [75, 72, 82, 22]
  do for [j=1:4] { set label 10+j sprintf('η = %g', item(decays_3, j)) at across_[j], height_[j] center textcolor rgb tone[j] font ',10.5' }
  plot for [j=1:4] '../decay_erases/trace.csv' using (column("t")):(gap(j)) with lines lw 3 lc rgb tone[j], \
       for [j=2:4] G_max*exp(-2*item(decays_3, j)*x) with lines lw 1.2 dt (4,4) lc rgb ink('#000000')
  unset label
  unset logscale
  set format '%g'

  at_x = 1
  @place
  set title '{/:Bold 4 (−)}  fewer starts survive' @INK
  number = said_decay
  @says
  set xlabel 'η' @INK
  set ylabel 'share of starts' offset 1 @INK
  set xrange [0:0.25]
  set yrange [0:1.04]
  set xtics 0.1
  set arrow 1 from threshold,0 to threshold,1.04 nohead lw 1.5 dt (6,4) lc rgb third
  set label 1 'τ²/4b ' at threshold,0.95 right textcolor rgb third
  eval 'plot ' . sprintf(share, 'decay', 'eta', 'eta')
  unset arrow
  unset label

  at_x = 2
  @place
  set title '{/:Bold 5 (−)}  beyond τ²/4b: collapse' @INK
  number = sprintf('%d of %d starts collapse', above - alive, above)
  @says
  set ylabel 'p at the start' offset 1 @INK
  set xrange [0.15:0.3]
  set xtics 0.05
  set yrange [0:1.5]
  set ytics 0.5
  unset grid
  set border 15 front
  set palette defined (0 ink('#000000'), 1 ink('#dfae7d'), 2 ink('#6f9fd0'))
  set cbrange [0:2]
  set arrow 1 from threshold,0 to threshold,1.5 nohead front lw 1.5 dt (6,4) lc rgb ink('#000000')
  set label 5 'collapsed' at 0.248,0.75 left front @INK
  set label 6 'stable' at 0.165,0.75 left front @INK
  plot '../decay_certain/sweep.csv' using (column("eta")):(column("p0")):(strcol("outcome") eq 'stable' ? 2 : strcol("outcome") eq 'collapsed' ? 1 : 0) with image
  unset arrow
  unset label
  set border 3 back
  set grid xtics ytics ls 100
  set xtics autofreq
  set ytics autofreq

  at_x = 3
  @place
  set title '{/:Bold 7 (+)}  relaxes alignment' @INK
  number = sprintf('least K: %.2f → %.2f', D_min, E_min)
  @says
  set xlabel 't' @INK
  set ylabel 'margin K' offset 1 @INK
  set xrange [0:60]
  set yrange [-0.12:0.5]
  do for [j=1:4] { set label 10+j sprintf('η = %g', item(decays_7, j)) at graph 0.97,0.74-0.1*j right textcolor rgb tone[j] font ',10.5' }
  eval 'plot ' . sprintf(margin, '', 4, '../decay_alignment/trace.csv', 'item(decays_7, j)')
  unset label

  at_x = 0 ; at_y = 2
  @place
  set title '{/:Bold 8 (+)}  slow start relaxes alignment' @INK
  number = sprintf('least K: %.2f → %.2f', H_min, I_min)
  @says
  set xrange [0:80]
  do for [j=1:3] { set label 10+j sprintf('β = %g', item(betas, j)) at graph 0.97,0.62-0.1*j right textcolor rgb tone[j] font ',10.5' }
  eval 'plot ' . sprintf(margin, '', 3, 'trace.csv', 'eta_8')
  unset label 9

  at_x = 1
  @place
  set title '{/:Bold 9 (−)}  slow training' @INK
  do for [j=1:3] { set label 10+j sprintf('β = %g', item(betas, j)) at graph 0.97,0.45-0.1*j right textcolor rgb tone[j] font ',10.5' }
  number = sprintf('half after %.3g times as long', V_min/U_min)
  @says
  set ylabel 's' @INK
  set yrange [0:0.9]
  set ytics 0.2
  plot for [j=1:3] 'trace.csv' using (column("t")):(column(sprintf("s_%d", j))) with lines lw 2.5 lc rgb tone[j]
  unset label

  at_x = 2
  @place
  set title '{/:Bold 10 (−)}  more starts are trapped' @INK
  number = said_ema
  @says
  set ytics autofreq
  set logscale x
  set format x '10^{%L}'
  set xlabel 'β' @INK
  set ylabel 'share of starts' @INK
  set xrange [0.015:7]
  set yrange [0:1.04]
  eval 'plot ' . sprintf(share, 'ema', 'beta', 'beta')
  unset label
  unset logscale
  set format '%g'
  unset multiplot
  unset output
}
