# A network's modes over predictor rate and weight decay (../network/table.csv):
# at each setting a point for each of its eight modes, filled where it has grown. A
# curve is theory's: below it the mode of its colour lives (../theory-J/sweep.csv).
width = 8.4
height = 5.2
modes = 8
curves = 4
grown = 0.2
# Descent is of twice the theory's J: η is half of weight_decay.
array height_of[4]
array tone[4] = [ink('#1b1464'), ink('#31688e'), ink('#1f9e89'), ink('#d95f02')]
# The largest η at which the mode lives, of each α_p; rows are α_p by α_p.
do for [j=1:curves] {
  set table $cells
  plot '../theory-' . j . '/sweep.csv' using (column("alpha_p")):(column("eta")):(strcol("outcome") eq 'stable' ? 1 : 0) with table
  unset table
  eval sprintf('set print $edge_%d', j)
  print 'alpha_p,eta'
  eta = 0 ; before = 0
  do for [i=1:|$cells|] {
    a = real(word($cells[i], 1))
    if (a < 2.24 && eta > 0) { height_of[j] = eta }
    if (a != before && eta > 0) { print sprintf('%.9g,%.9g', before, eta) }
    if (a != before) { eta = 0 ; before = a }
    if (real(word($cells[i], 3)) > 0) { eta = real(word($cells[i], 2)) }
  }
  if (eta > 0) { print sprintf('%.9g,%.9g', before, eta) }
  unset print
}
do for [terminal_name in terminals] {
  @OPEN
  set label 4 title_text at screen 0.5,0.955 center noenhanced font ',13' @INK
  set tmargin at screen 0.84
  set border 15
  set logscale xy
  set xrange [0.1:10]
  set yrange [0.002:1]
  set xtics add ('0.2' 0.2, '5' 5)
  set xlabel 'predictor rate α_p' @INK
  set ylabel 'weight decay η' @INK
  set label 1 'p > 0.2 at t = 24' at graph 0.03,1.06 left offset 1,0 point pt 7 ps 0.9 lc rgb ink('#606060') @INK
  set label 2 'below' at graph 0.24,1.06 left offset 1,0 point pt 6 lw 1.5 ps 0.9 lc rgb ink('#606060') @INK
  set label 3 'dashed: theory of the features at the start; below, the mode lives' at graph 0.98,1.06 right @INK
  unset key
  do for [j=1:curves] { set label 10+j sprintf('mode %d', j) at 2.24,height_of[j] center offset 0,0.55 textcolor rgb tone[j] font ',10' }
  shift(j) = 10**(0.06*(j - 4.5))
  hue(j) = j <= curves ? tone[j] : ink('#909090')
  @AXES
  plot for [j=1:curves] '$edge_' . j using 1:2 with lines lw 1.8 dt (7,4) lc rgb tone[j], \
       for [j=1:modes] '../network/table.csv' using (column("predictor_lr_ratio")*shift(j)):(column(sprintf("p_%d_end", j)) > grown ? column("weight_decay")/2 : NaN) with points pt 7 ps 0.9 lc rgb hue(j), \
       for [j=1:modes] '../network/table.csv' using (column("predictor_lr_ratio")*shift(j)):(column(sprintf("p_%d_end", j)) > grown ? NaN : column("weight_decay")/2) with points pt 6 lw 1.4 ps 0.9 lc rgb hue(j)
  unset output
}
