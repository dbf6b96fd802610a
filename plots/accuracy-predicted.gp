# Accuracy of a probe against what a line in loss and AUC says of it, fitted to all
# the other runs (filled) and to all (open); dashed: equal. Reads fitted.csv and
# fit.csv.
width = 5.6
height = 5.0
stats 'fit.csv' using (column("r2")) nooutput name 'A'
stats 'fit.csv' using (column("r2_left_out")) nooutput name 'B'
stats 'fit.csv' using (column("rmse_left_out")) nooutput name 'C'
stats 'fitted.csv' using (column("top1")) nooutput name 'T'
stats 'fitted.csv' using (column("left_out")) nooutput name 'L'
low = (T_min < L_min ? T_min : L_min) - 0.03
high = (T_max > L_max ? T_max : L_max) + 0.03
do for [terminal_name in terminals] {
  @OPEN
  set title title_text noenhanced font ',11' @INK
  set grid xtics ytics ls 100
  set xlabel 'accuracy of a linear probe' @INK
  set ylabel 'predicted from loss and AUC' offset 0.5 @INK
  set xrange [low:high]
  set yrange [low:high]
  set mxtics 2
  set size square
  set key bottom right Left reverse samplen 1 spacing 1.2
  set label 1 sprintf('R² %.2f; left out %.2f, error %.3f', A_min, B_min, C_min) at graph 0.04,0.94 @INK
  @AXES
  plot x with lines lw 1 dt (6,4) lc rgb ink('#606060') notitle, \
       'fitted.csv' using "top1":"fitted" with points pt 6 ps 0.9 lc rgb ink('#808080') title 'in the fit', \
       'fitted.csv' using "top1":"left_out" with points pt 7 ps 0.9 lc rgb ink('#1b1464') title 'left out'
  unset output
}
