# Accuracy of a linear probe over two settings of two values each, with an averaged
# target (../average-probe) and without one (this stage): mean and deviation over
# seeds. The first two columns of summary.csv are the settings.
width = 8.4
height = 4.2
array from[2] = ['../average-probe/summary.csv', 'summary.csv']
array says[2] = ['with an averaged target', 'without']
array tone[2] = [ink('#1b1464'), ink('#d95f02')]
array mark[2] = [7, 5]
spread(x) = x == x ? x : 0
do for [terminal_name in terminals] {
  @OPEN
  stats from[1] using (column('top1_mean')) nooutput
  set label 1 title_text at screen 0.5,0.945 center noenhanced font ',13' @INK
  set key at graph 0.5,1.09 center horizontal samplen 1
  set grid ytics ls 100
  set ylabel 'accuracy of a linear probe' @INK
  set xrange [-0.5:3.5]
  unset mxtics
  set xtics scale 0
  set bmargin at screen 0.24
  set tmargin at screen 0.80
  set offsets 0, 0, 0.005, 0.005
  label(a, b) = strcol(a) . "\n" . strcol(b)
  first_name = system("head -1 summary.csv | cut -d, -f1,2 | sed 's/,/, /;s/_/ /g'")
  set xlabel first_name noenhanced offset 0,-0.6 @INK
  @AXES
  plot from[1] using 0:(NaN):xtic(label(1, 2)) notitle, \
       for [k=1:2] from[k] using ($0 + 0.16*(k - 1.5)):(column('top1_mean')):(spread(column('top1_std'))) with yerrorbars pt mark[k] ps 1.3 lw 1.5 lc rgb tone[k] title says[k]
  unset output
}
