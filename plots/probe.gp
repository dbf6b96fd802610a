# Accuracy of a linear probe on the first k principal components, mean and
# standard deviation over seeds: of a random network (here) and of a trained one
# (../learned).
array from[2] = ['../learned/summary.csv', 'summary.csv']
array head[2] = ['learned', 'random']
array tone[2] = [ink('#1b1464'), ink('#c2410c')]
array mark[2] = [7, 9]
do for [terminal_name in terminals] {
  @OPEN
  set title title_text noenhanced @INK
  set grid ls 100
  set xlabel 'principal components of the outputs' @INK
  set ylabel 'share of test images' @INK
  set xrange [0.5:10.7]
  set yrange [0:1.02]
  set xtics 1
  set mxtics 1
  set key bottom right Left reverse
  @AXES
  plot for [k=1:2] from[k] using (column("modes") + 0.08*(k - 1.5)):(column("top5_mean")):(column("top5_std")) with yerrorbars pt -1 lc rgb tone[k] notitle, \
       for [k=1:2] from[k] using (column("modes") + 0.08*(k - 1.5)):(column("top5_mean")) with linespoints pt mark[k] - 1 ps 1 lc rgb tone[k] title head[k] . ': among the first five', \
       for [k=1:2] from[k] using (column("modes") + 0.08*(k - 1.5)):(column("top1_mean")):(column("top1_std")) with yerrorbars pt -1 lc rgb tone[k] notitle, \
       for [k=1:2] from[k] using (column("modes") + 0.08*(k - 1.5)):(column("top1_mean")) with linespoints pt mark[k] ps 1.1 lc rgb tone[k] title head[k] . ': the first'
  unset output
}
