# What trained networks did, with what theory said of them before their first
# step dashed over it. Left: the loss, and the variance along each predicted
# eigenfunction, over flow time (training steps above). Right: measured against
# predicted step times, and the overlaps. Below, where overlay.csv has them: the
# eigenvalues of C under the kernel of the start, of the end, and one measured along
# the way. Reads overlay.csv, steps.csv and agreement.csv; of several runs, curves
# are the first's and times the medians.
width = 9.4
header = ',' . system('head -1 overlay.csv') . ','
d = 0
while (strstrt(header, sprintf(',lambda_start_%d,', d + 1)) > 0) { d = d + 1 }
below = d > 0 ? 2.5 : 0.0      # inches
height = 6.0 + below
# Heights of the other panels, as shares of what they have.
up(y) = (6.0 * y + below) / height
theory = ink('#202020')
faint = ink('#8a8a8a')
plain = ink('#606060')
# About a tenth of an inch a letter at size 13.
size(text) = strlen(text) * 0.1 * figure_points / 9.0 < width - 0.4 ? 13 : 130 * (width - 0.4) * 9.0 / figure_points / strlen(text)

# Tables as words, so that nan and inf stay what they are.
unset datafile
set datafile separator comma
set datafile columnheaders
set table $ends
plot 'overlay.csv' using (strcol("run")):(strcol("step")):(strcol("t")) with table
n_runs = int(real(word($ends[|$ends|], 1)))
set table $step
if (n_runs > 1) {
  plot 'steps.csv' using (strcol("gamma")):(strcol("tau_predicted")):(strcol("tau_measured")):(strcol("overlap")):(strcol("tau_low")):(strcol("tau_high")) with table
} else {
  plot 'steps.csv' using (strcol("gamma")):(strcol("tau_predicted")):(strcol("tau_measured")):(strcol("overlap")):(strcol("tau_measured")):(strcol("tau_measured")) with table
}
set table $metric
plot 'agreement.csv' using (strcol("metric")):(strcol("value")):(strcol("null")):(strcol("verdict")) with table
unset table
set datafile missing "nan"
is(x) = x == x
number(s) = strstrt('nan -nan inf -inf', s) > 0 ? NaN : real(s)

# The agreement that the title tells.
error = NaN ; error_null = NaN ; rank = NaN ; chance = NaN ; met = NaN ; expected = NaN ; verdict = ''
array spectral[3] = [NaN, NaN, NaN]
do for [i=1:|$metric|] {
  m = word($metric[i], 1) ; x = number(word($metric[i], 2)) ; z = number(word($metric[i], 3))
  if (m eq 'median_step_error_first_4') { error = x ; error_null = z ; verdict = word($metric[i], 4) }
  if (m eq 'rank_correlation') { rank = x }
  if (m eq 'overlap_median') { chance = z }
  if (m eq 'modes_met') { met = x }
  if (m eq 'modes_predicted') { expected = x }
  if (m eq 'eigenvalue_error') { spectral[1] = x }
  if (m eq 'eigenvalue_error_end') { spectral[2] = x }
  if (m eq 'eigenvalue_error_followed') { spectral[3] = x }
}
summary = sprintf('%g of %g predicted steps taken', met, expected)
if (is(error)) { summary = summary . sprintf(error < 0.1 ? '; %s: median step error %.2g%%' : '; %s: median step error %.0f%%', verdict eq 'inconclusive' ? 'fewer than four' : 'first four', 100 * error) }
if (is(error) && is(error_null)) { summary = summary . sprintf(' (guessing their mean: %.0f%%)', 100 * error_null) }
if (is(rank)) { summary = summary . sprintf('; rank correlation %.2f', rank) }

# Flow time: where it ends, its first row, and how much of it is a step.
t_high = 0.0 ; t_first = 0.0 ; rate = 1.0
do for [i=1:|$ends|] {
  s = real(word($ends[i], 2)) ; x = real(word($ends[i], 3))
  if (x > 0 && t_first == 0) { t_first = x }
  if (x > t_high && s > 0) { t_high = x ; rate = x / s }
}
if (t_high == 0) { t_high = 1.0 ; t_first = 0.1 }

# Modes in the colours of the palette, paler under the dashes of theory.
n = |$step|
array anchor[5] = [hex(ramp[1]), hex(ramp[2]), hex(ramp[3]), hex(ramp[4]), hex(ramp[5])]
part(c, k) = (int(c) >> (8 * k)) & 255
mix(a, b, x) = int(a + (b - a) * x + 0.5)
blend(a, b, x) = (mix(part(a, 2), part(b, 2), x) << 16) + (mix(part(a, 1), part(b, 1), x) << 8) + mix(part(a, 0), part(b, 0), x)
cell(x) = x >= 4 ? 4 : int(x) + 1
at(x) = blend(anchor[cell(x)], anchor[cell(x) + 1], x - cell(x) + 1)
of(j, n) = at(n > 1 ? 4.0 * (j - 1) / (n - 1) : 0.0)
colour(j) = of(j, n)
lighter(c) = blend(c, hex(ground), 0.45)
pale(j) = lighter(colour(j))

# Points of the right panels: predicted, measured, low, high, overlap, colour.
# A step that was predicted and not taken is an open triangle at the end.
array tau[n]
least = t_high ; most = 0.0 ; steps = 0 ; taken = 0 ; missed = 0 ; drawn = ''
set print $taken
do for [j=1:n] {
  g = number(word($step[j], 1)) ; p = number(word($step[j], 2)) ; q = number(word($step[j], 3))
  o = number(word($step[j], 4)) ; a = number(word($step[j], 5)) ; b = number(word($step[j], 6))
  if (!is(b)) { b = t_high }
  tau[j] = is(p) && p > 0 && p <= t_high ? p : NaN
  if (g > 0 && wanted(j)) { drawn = drawn . sprintf(' %d', j) }
  if (is(tau[j])) { steps = steps + 1 ; if (!is(q)) { missed = missed + 1 } }
  if (p > 0 && p < least) { least = p }
  if (q > 0 && q < least) { least = q }
  if (p > 0 && q > 0) {
    taken = taken + 1
    if (p > most) { most = p }
    if (q > most) { most = q }
    print sprintf('%.9g,%.9g,%.9g,%.9g,%.9g,%d', p, q, a, b, o, colour(j))
  }
}
set print $missed
do for [j=1:n] {
  if (is(tau[j]) && !is(number(word($step[j], 3)))) {
    most = t_high
    print sprintf('%.9g,%.9g,%d', tau[j], t_high, colour(j))
  }
}
unset print
if (most <= 0) { most = t_high }
decades = most > 8 * least

# Of several runs the left panels show the first: its own predicted times, where
# its predicted curves pass 1/2.
if (n_runs > 1) {
  steps = 0
  do for [j=1:n] {
    tau[j] = NaN ; x = 0.0 ; y = 1.0
    set table $curve
    plot 'overlay.csv' using (strcol("run")):(strcol("t")):(strcol(sprintf("predicted_%d", j))) with table
    unset table
    do for [i=1:|$curve|] {
      if (word($curve[i], 1) eq '1') {
        u = real(word($curve[i], 2)) ; v = real(word($curve[i], 3))
        if (!is(tau[j]) && y < 0.5 && v >= 0.5) { tau[j] = x + (u - x) * (0.5 - y) / (v - y) ; steps = steps + 1 }
        x = u ; y = v
      }
    }
  }
}

# Logarithmic, unless all happens within a factor of eight.
logarithmic = t_high > 8 * least
t_low = logarithmic ? (least / 2.5 > t_first ? least / 2.5 : t_first) : 0.0
if (logarithmic && t_low >= t_high) { t_low = t_high / 10.0 }
# Times far from 1 are written as powers of ten.
far = logarithmic && (t_high < 0.01 || t_low > 1e4)
TIMES = far ? '10^{%T}' : '%g'
tick(m, k) = far ? sprintf('%d·10^{%d}', m, k) : sprintf('%g', m * 10.0**k)
# Few powers of ten are in sight: 2 and 5 times them as well.
BETWEEN = "if (logarithmic && t_high < 100 * t_low) { do for [k=floor(log10(t_low)):floor(log10(t_high))] { do for [m in (far ? (t_high < 10 * t_low ? '2 5' : '') : '2 5')] { set xtics add (tick(int(m), k) m * 10.0**k) } } }"
place(t) = logarithmic ? log(t / t_low) / log(t_high / t_low) : t / t_high

# Numbers of modes that are near each other stand in up to three rows.
array row[n]
array done[n]
do for [j=1:n] { row[j] = 0 ; done[j] = 0 }
before = -1.0 ; level = 0
do for [k=1:steps] {
  next = 0
  do for [j=1:n] {
    if (is(tau[j]) && !done[j]) {
      if (next == 0) { next = j }
      if (tau[j] < tau[next]) { next = j }
    }
  }
  done[next] = 1
  level = place(tau[next]) - before < 0.024 ? (level + 1) % 3 : 0
  before = place(tau[next])
  row[next] = level
}

do for [terminal_name in terminals] {
  @OPEN
  set tics nomirror scale 0.6 textcolor rgb theory
  set multiplot

  # The loss.
  set label 1 title_text at screen 0.5,up(0.968) center noenhanced font sprintf(',%.1f', size(title_text)) @INK
  set label 2 summary at screen 0.5,up(0.928) center textcolor rgb plain
  set arrow 1001 from screen 0.07,up(0.885) to screen 0.10,up(0.885) nohead lw 3 lc rgb ink('#9a9a9a')
  set label 101 'network' at screen 0.107,up(0.885) @INK
  set arrow 1002 from screen 0.20,up(0.885) to screen 0.23,up(0.885) nohead lw 1.5 dt (6,4) lc rgb theory
  set label 102 'theory before training' at screen 0.237,up(0.885) @INK
  set arrow 1003 from screen 0.45,up(0.885) to screen 0.48,up(0.885) nohead lw 1.2 dt (2,3) lc rgb plain
  set label 103 'predicted step times' at screen 0.487,up(0.885) @INK
  if (n_runs > 1) {
    set label 3 'curves: run 1' at screen 0.66,up(0.842) right textcolor rgb plain
    set label 5 sprintf('medians and range of %d runs', n_runs) at screen 0.985,up(0.842) right textcolor rgb plain
  }
  set lmargin at screen 0.07
  set rmargin at screen 0.66
  set tmargin at screen up(0.80)
  set bmargin at screen up(0.555)
  set border 7 lw 0.8 lc rgb ink('#404040')
  if (logarithmic) { set logscale x ; set logscale x2 }
  set xrange [t_low:t_high]
  set x2range [t_low/rate:t_high/rate]
  set format x ''
  set x2tics nomirror scale 0.6 offset 0,-0.3 textcolor rgb theory
  set x2label 'training steps' offset 0,-0.7 @INK
  set label 4 'loss ‖C − I‖²' at screen 0.014,up(0.68) center rotate @INK
  set yrange [0:n*1.06]
  unit = n > 5 ? 2 : 1
  set ytics 0,unit,n
  do for [k=1:n] { set arrow k from t_low, k to t_high, k nohead back lw 0.6 lc rgb ink('#c8c8c8') }
  do for [j=1:n] { if (is(tau[j]) && wanted(j)) { set arrow n+j from tau[j], 0 to tau[j], n*1.06 nohead back lw 0.8 dt (2,3) lc rgb faint } }
  unset key
  plot 'overlay.csv' using (column("run") == 1 ? column("t") : NaN):(column("loss")) with lines lw 3 lc rgb ink('#9a9a9a'), \
       'overlay.csv' using (column("run") == 1 ? column("t") : NaN):(column("predicted_loss")) with lines lw 1.5 dt (6,4) lc rgb theory
  unset arrow
  unset label

  # The modes.
  set tmargin at screen up(0.525)
  set bmargin at screen up(0.10)
  set border 3
  unset x2tics
  unset x2label
  set format x TIMES
  set xlabel 'flow time t' offset 0,0.3 @INK
  @BETWEEN
  set yrange [-0.03:1.3]
  set ytics 0,0.25,1
  do for [j=1:n] {
    if (is(tau[j]) && wanted(j)) {
      set arrow j from tau[j], -0.03 to tau[j], 1.12 + 0.065*row[j] nohead back lw 0.8 dt (2,3) lc rgb faint
      set label j sprintf('%d', j) at tau[j], 1.155 + 0.065*row[j] center textcolor rgb colour(j)
    }
  }
  set label n+1 'variance along predicted mode' at screen 0.014,up(0.31) center rotate @INK
  plot for [j in drawn] 'overlay.csv' using (column("run") == 1 ? column("t") : NaN):(column("measured_" . j)) with lines lw 3.5 lc rgb pale(int(j)) notitle, \
       for [j in drawn] 'overlay.csv' using (column("run") == 1 ? column("t") : NaN):(column("predicted_" . j)) with lines lw 1.5 dt (6,4) lc rgb colour(int(j)) notitle
  unset arrow
  unset label

  # Measured against predicted times.
  set datafile nocolumnheaders
  set lmargin at screen 0.75
  set rmargin at screen 0.985
  set tmargin at screen up(0.80)
  set bmargin at screen up(0.42)
  unset logscale
  set xtics autofreq
  if (decades) { set logscale xy }
  low = decades ? least / 1.5 : 0.0
  high = decades ? most * 1.5 : most * 1.15
  unit = 10.0**floor(log10(high))
  if (high < 2.5 * unit) { unit = unit / 2 }
  if (high > 5 * unit) { unit = 2 * unit }
  if (!decades) { set xtics 0,unit ; set ytics 0,unit } else { set ytics autofreq }
  set xrange [low:high]
  set yrange [low:high]
  set format x ''
  set format y (decades ? '10^{%T}' : '%g')
  unset xlabel
  set label 3 'measured step time' at screen 0.696,up(0.61) center rotate @INK
  set label 1 'band: ±15%' at graph 0.97,0.07 right textcolor rgb plain
  parts = '"+" using 1:(0.85*$1):(1.15*$1) with filledcurves fc rgb ink("#e4e4e4"), x with lines lw 1.2 dt (6,4) lc rgb theory'
  if (n_runs > 1 && taken > 0) { parts = parts . ', $taken using 1:2:3:4 with yerrorbars pt -1 lw 1.2 lc rgb faint' }
  if (taken > 0) { parts = parts . ', $taken using 1:2:6 with points pt 7 ps 1.3 lc rgb variable' }
  if (missed > 0) { parts = parts . ', $missed using 1:2:3 with points pt 8 ps 1.6 lw 1.5 lc rgb variable' ; set label 2 '△ not taken' at graph 0.04,0.95 textcolor rgb plain }
  eval 'plot ' . parts
  unset label

  # Overlaps.
  set tmargin at screen up(0.39)
  set bmargin at screen up(0.10)
  unset logscale y
  set yrange [0:1.05]
  set format x (decades ? '10^{%T}' : '%g')
  set format y '%g'
  set ytics 0,0.25,1
  set xlabel 'predicted step time' offset 0,0.3 @INK
  set label 3 'overlap at the step' at screen 0.696,up(0.245) center rotate @INK
  parts = 'NaN notitle'
  if (is(chance)) { parts = 'chance with lines lw 1.2 dt (2,3) lc rgb faint' ; set label 1 'chance' at graph 0.03, first chance offset 0,(chance > 0.8 ? -0.7 : 0.6) textcolor rgb plain }
  if (taken > 0) { parts = parts . ', $taken using 1:5:6 with points pt 7 ps 1.3 lc rgb variable' }
  eval 'plot ' . parts
  unset label
  if (d > 0) {
    # Eigenvalues, whatever their directions.
    set datafile columnheaders
    set tmargin at screen 2.1/height
    set bmargin at screen 0.6/height
    unset logscale
    if (logarithmic) { set logscale x }
    set xrange [t_low:t_high]
    set xtics autofreq
    @BETWEEN
    set format x TIMES
    set xlabel 'flow time t' offset 0,0.3 @INK
    set yrange [-0.03:1.3]
    array kernel[3] = ['start', 'end', 'followed']
    thin = 1 + |$ends| / n_runs / 40
    from = |$ends| / n_runs > 20 ? 20 : |$ends| / n_runs - 1 # of those thinned
    array says[3] = ['kernel of the start', 'kernel of the end', 'kernel along the way']
    do for [k=1:3] {
      set lmargin at screen 0.07 + 0.316*(k - 1)
      set rmargin at screen 0.353 + 0.316*(k - 1)
      if (k > 1) { set format y '' }
      if (k == 1) { set label 1 'eigenvalues of C' at screen 0.014,1.35/height center rotate @INK }
      set label 2 says[k] . (is(spectral[k]) ? sprintf(': rms error %.2g', spectral[k]) : '') at graph 0.5,1.07 center @INK
      if (is(spectral[k])) {
        plot for [j in shown(d)] 'overlay.csv' every 1::0::20 using (column("run") == 1 ? column("t") : NaN):(column("lambda_" . j)) with lines lw 3.5 lc rgb lighter(of(j, d)) notitle, \
             for [j in shown(d)] 'overlay.csv' every thin::from using (column("run") == 1 ? column("t") : NaN):(column("lambda_" . j)) with lines lw 3.5 lc rgb lighter(of(j, d)) notitle, \
             for [j in shown(d)] 'overlay.csv' every 1::0::20 using (column("run") == 1 ? column("t") : NaN):(column("lambda_" . kernel[k] . "_" . j)) with lines lw 1.5 dt (6,4) lc rgb of(j, d) notitle, \
             for [j in shown(d)] 'overlay.csv' every thin::from using (column("run") == 1 ? column("t") : NaN):(column("lambda_" . kernel[k] . "_" . j)) with lines lw 1.5 dt (6,4) lc rgb of(j, d) notitle
      } else {
        plot for [j in shown(d)] 'overlay.csv' every 1::0::20 using (column("run") == 1 ? column("t") : NaN):(column("lambda_" . j)) with lines lw 3.5 lc rgb lighter(of(j, d)) notitle, \
             for [j in shown(d)] 'overlay.csv' every thin::from using (column("run") == 1 ? column("t") : NaN):(column("lambda_" . j)) with lines lw 3.5 lc rgb lighter(of(j, d)) notitle
      }
      unset label
    }
  }
  unset multiplot
  unset output
}
