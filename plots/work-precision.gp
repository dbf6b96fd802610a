# Work against precision on one problem: right-hand sides and seconds over the
# error, a line per method from loose to tight tolerance. A package is a colour:
# ours dark and thick, what solver.method=auto takes black.
# points.csv: series, error, rhs, seconds; names, colours, marks, thick: lists
# of a word per series; figure, title_text, log_low, log_high: ends of log10(error).
name = figure
width = 9.6
height = 4.6
series = words(names)
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK offset -12,-0.2
  set logscale y
  set format x '10^{%.0f}'
  set format y '10^{%L}'
  set xrange [log_high:log_low]
  # Decades only: there is no room for the marks between.
  unset mxtics
  unset mytics
  set grid xtics ytics ls 100
  set xlabel 'relative error' @INK
  set tmargin at screen 0.88
  set bmargin at screen 0.16
  set xtics 2

  set lmargin at screen 0.08
  set rmargin at screen 0.37
  unset key
  set ylabel 'right-hand sides' offset 1 @INK
  plot for [i=1:series] 'points.csv' using (column("series") == i ? log10(column("error")) : NaN):(column("rhs")) \
    with linespoints lw 0+word(thick, i) pt 0+word(marks, i) ps 0.6 lc rgb ink(word(colours, i)) notitle

  set lmargin at screen 0.455
  set rmargin at screen 0.745
  set ylabel 'seconds' offset 1 @INK
  # One column, whatever their number: a second would be off the page.
  set key at screen 0.765,0.93 top left Left reverse samplen 2 maxcols 1 font ',10' spacing (series > 15 ? 0.9 : 1.15)
  plot for [i=1:series] 'points.csv' using (column("series") == i ? log10(column("error")) : NaN):(column("seconds")) \
    with linespoints lw 0+word(thick, i) pt 0+word(marks, i) ps 0.6 lc rgb ink(word(colours, i)) title word(names, i)
  unset multiplot
  unset output
}
