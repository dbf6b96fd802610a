# A training run: the loss, and the eigenvalues of the embedding's cross-
# covariance by rank, over training steps (flow time above). Where the run has a
# prediction.csv, the step times that it tells are dotted. Reads trace.csv.
height = 5.4
faint = ink('#8a8a8a')
# About a tenth of an inch a letter at size 13.
size(text) = strlen(text) * 0.1 * figure_points / 9.0 < width - 0.4 ? 13 : 130 * (width - 0.4) * 9.0 / figure_points / strlen(text)

# Words, so that nan and inf stay what they are.
unset datafile
set datafile separator comma
set datafile columnheaders
set table $ends
plot trace using (strcol("step")):(strcol("t")) with table
predicted = int(system("test -f prediction.csv && echo 1 || echo 0"))
n_predicted = 0
if (predicted) {
  set table $step
  plot 'prediction.csv' using (strcol("step")) with table
  n_predicted = |$step|
}
unset table
set datafile missing "nan"
number(s) = strstrt('nan -nan inf -inf', s) > 0 ? NaN : real(s)

earliest = 0.0 ; last = 0.0 ; rate = 1.0
do for [i=1:|$ends|] {
  s = real(word($ends[i], 1)) ; t = number(word($ends[i], 2))
  if (s > 0 && earliest == 0) { earliest = s }
  if (s > last) { last = s ; if (t > 0) { rate = t / s } }
}
if (last == 0) { earliest = 0.5 ; last = 1.0 }
# gnuplot's tics fail where a range is a rounding error to it.
flowing = rate > 1e-30 && rate < 1e30
logarithmic = x_log(last > 20 * earliest)
low = logarithmic ? earliest : 0.0

# Fifty curves side by side need thinner lines than ten.
curve = n_lambda > 20 ? 1.6 : 3
shade(j) = n_lambda > 1 ? (j - 1.0) / (n_lambda - 1.0) : 0.0
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set lmargin at screen 0.11*crowd
  set rmargin at screen 0.97 + 0.03*(1 - crowd)
  set cbrange [0:1]
  if (logarithmic) { set logscale x ; if (flowing) { set logscale x2 } }
  set xrange [x_low(low):x_high(last)]
  if (flowing) { set x2range [x_low(low)*rate:x_high(last)*rate] }
  set grid xtics ytics ls 100

  set tmargin at screen 0.83 + 0.17*(1 - crowd_y)
  set bmargin at screen 0.55 + 0.028*(1 - crowd_y)
  set border 7
  set label 1 title_text at screen 0.5,0.96 + 0.04*(1 - crowd_y) center noenhanced font sprintf(',%.1f', size(title_text)) @INK
  set format x ''
  set format y '%g'
  set format x2 '%g'
  unset xlabel
  if (flowing) {
    set x2tics nomirror scale 0.6 offset 0,-0.3
    set x2label 'flow time t' offset 0,-0.7 @INK
  }
  set label 2 'loss' at screen 0.025*crowd,0.69 + 0.099*(1 - crowd_y) center rotate @INK
  set autoscale yfix
  set offsets 0,0,graph 0.06,graph 0.06
  lines = 0
  do for [j=1:n_predicted] {
    x = number(word($step[j], 1))
    if (wanted(j) && x >= low && x <= last && x > 0) { lines = lines + 1 ; set arrow lines from first x, graph 0 to first x, graph 1 nohead front lw 0.8 dt (2,3) lc rgb faint }
  }
  set key bottom left Left reverse samplen 2.5
  if (lines > 0) {
    plot trace using (column("step")):(column("loss")) with lines lw 2.5 lc rgb ink('#5a5a5a') notitle, \
         NaN with lines lw 0.8 dt (2,3) lc rgb faint title 'predicted step times'
  } else {
    plot trace using (column("step")):(column("loss")) with lines lw 2.5 lc rgb ink('#5a5a5a') notitle
  }
  unset label
  unset x2tics
  unset x2label
  unset key

  set tmargin at screen 0.52 + 0.028*(1 - crowd_y)
  set bmargin at screen 0.115*crowd_y
  set border 3
  set format x '%g'
  set xlabel 'training steps' offset 0,0.3 @INK
  set label 2 'eigenvalues of C by rank' at screen 0.025*crowd,0.32 - 0.046*(1 - crowd_y) center rotate @INK
  plot for [j in shown(n_lambda)] trace using (column("step")):(column("lambda_" . j)):(shade(j)) with lines lw curve lc palette notitle
  unset arrow
  unset label
  unset multiplot
  unset output
}
