# Staircase: loss above, eigenvalues of C below, over logarithmic time. Solid:
# what was integrated or trained; dashed: theory; vertical: predicted steps.
predicted = exists("n_predicted")
stats trace using (column("t") > 0 ? column("t") : NaN) nooutput name 'T'
stats 'steps.csv' using "tau_predicted" nooutput name 'S'
# Without a value to count, stats leaves its names undefined.
if (!exists("T_records")) { T_records = 0 }
if (!exists("S_records")) { S_records = 0 }
# A table of one time, or of t = 0 alone, is drawn around it.
t_first = T_records > 0 ? T_min : 1.0
t_high = T_records > 0 ? T_max : 10.0
# The first step minus some head room, so that the plateau before it is seen.
t_low = (S_records > 0 && S_min > 0) ? S_min / 3.0 : t_first
if (t_low < t_first) { t_low = t_first }
if (t_low >= t_high) { t_low = t_high / 10.0; t_high = t_high * 10.0 }
# Fifty curves side by side need thinner lines than ten.
curve = n_lambda > 20 ? 1.6 : 3
shade(j, n) = n > 1 ? (j - 1.0) / (n - 1.0) : 0.0
# Where the loss, which falls, leaves room.
PLACE = x_log(1) ? 'bottom left' : 'top right'
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  if (x_log(1)) { set logscale x }
  set xrange [x_low(t_low):x_high(t_high)]
  set cbrange [0:1]
  set lmargin at screen 0.11*crowd
  set rmargin at screen 0.97
  set grid xtics ytics ls 100

  set tmargin at screen 1 - 0.07*crowd_y
  set bmargin at screen 0.535 + 0.025*crowd_y
  set title title_text offset 0,-0.3 @INK
  set format x ''
  unset xlabel
  set ylabel 'loss ‖C − I‖²' offset 1 @INK
  set yrange [0:n_lambda*1.08]
  set key @PLACE Left reverse opaque samplen 3/crowd spacing 1.1 box lw 0.4 lc rgb ink('#cccccc')
  plot 'steps.csv' using (column("tau_predicted")):(0):(0):(n_lambda*1.08) with vectors nohead lw 0.8 dt (4,4) lc rgb ink('#888888') title 'predicted step times', \
       trace using (column("t")):(column("loss")) with lines lw 3 lc rgb ink('#5a5a5a') title (predicted ? 'full flow or descent' : 'loss'), \
       (predicted ? trace : '/dev/null') using (column("t")):(column("predicted_loss")) with lines lw 1.3 dt (7,7) lc rgb ink('#d95f02') title (predicted ? 'theory: aligned closed form' : '')

  set tmargin at screen 0.495 + 0.025*crowd_y
  set bmargin at screen 0.12*crowd_y
  unset title
  set format x (x_log(1) ? '10^{%L}' : '%g')
  # Few powers of ten are in sight: 2 and 5 times them as well, as plain numbers.
  if (x_log(1) && x_high(t_high) < 30 * x_low(t_low)) {
    plain = x_low(t_low) >= 1e-3 && x_high(t_high) <= 1e4
    if (plain) { set format x '%g' }
    do for [k=floor(log10(x_low(t_low))):floor(log10(x_high(t_high)))] { do for [m in '2 5'] { set xtics add ((plain ? sprintf('%g', m * 10.0**k) : sprintf('%s·10^{%d}', m, k)) m * 10.0**k) } }
  }
  set xlabel 'flow time t' @INK
  set ylabel 'eigenvalues of C' offset 1 @INK
  set yrange [y_low(-0.04):y_high(1.12)]
  unset key
  if (predicted) {
    plot 'steps.csv' using (column("tau_predicted")):(y_low(-0.04)):(0):(y_high(1.12) - y_low(-0.04)) with vectors nohead lw 0.8 dt (4,4) lc rgb ink('#888888') notitle, \
         for [j in shown(n_lambda)] trace using (column("t")):(column("lambda_" . j)):(shade(j, n_lambda)) with lines lw curve lc palette notitle, \
         for [j in shown(n_predicted)] trace using (column("t")):(column("predicted_" . j)) with lines lw 1.3 dt (7,7) lc rgb ink('#d95f02') notitle
  } else {
    plot 'steps.csv' using (column("tau_predicted")):(y_low(-0.04)):(0):(y_high(1.12) - y_low(-0.04)) with vectors nohead lw 0.8 dt (4,4) lc rgb ink('#888888') notitle, \
         for [j in shown(n_lambda)] trace using (column("t")):(column("lambda_" . j)):(shade(j, n_lambda)) with lines lw curve lc palette notitle
  }
  unset multiplot
  unset output
}
