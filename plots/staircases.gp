# Loss and eigenvalues of the embedding's covariance over training steps, log
# scale, of four losses: ../covariance, ../vicreg, ../barlow-twins, here. Losses
# that normalise have no size of the embedding: eigenvalues over their mean.
width = 10.4
height = 5.6
n = n_cov_lambda
array folder[4] = ['../covariance/trace.csv', '../vicreg/trace.csv', '../barlow-twins/trace.csv', trace]
array head[4] = ['covariance', 'VICReg', 'Barlow Twins', 'SimCLR']
array bent[4] = [0, 0, 1, 0]
array free[4] = [0, 0, 1, 1]
sum_of(x) = sum [i=1:n] column(sprintf('cov_lambda_%d', i))
height_of(k, j) = column(sprintf('cov_lambda_%d', j)) * (free[k] ? n / sum_of(0) : 1)
shade(j) = (j - 1.0) / (n - 1.0)
left(k) = 0.06 + 0.242*(k-1)
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set grid xtics ytics ls 100
  set cbrange [0:1]
  set logscale x
  set xrange [5:*]
  set autoscale xfixmax
  set mxtics 1
  set xtics (5, 20, 50, 200, 1000)
  unset key
  do for [k=1:4] {
    set lmargin at screen left(k)
    set rmargin at screen left(k) + 0.192
    set bmargin at screen 0.55
    set tmargin at screen 0.86
    set title head[k] offset 0,-0.6 @INK
    set autoscale y
    set format x ''
    set format y '%g'
    set ytics auto
    if (bent[k]) { set logscale y ; set yrange [0.05:1] ; set ytics (0.05, 0.1, 0.2, 0.5, 1) }
    unset xlabel
    if (k == 1) { set ylabel 'loss' @INK } else { unset ylabel }
    plot folder[k] using (column("step")):(column("loss")) with lines lw 2.2 lc rgb ink('#5a5a5a')
    unset logscale y
    unset title
    set autoscale y
    set yrange [0:*]
    set ytics auto
    set bmargin at screen 0.12
    set tmargin at screen 0.50
    set format x '%g'
    set xlabel 'training steps' offset 0,0.4 @INK
    if (k == 1) { set ylabel 'eigenvalues' offset 1 @INK } else { unset ylabel }
    if (free[k]) { set ylabel 'over their mean' offset 0.4 @INK }
    plot for [j in shown(n)] folder[k] using (column("step")):(height_of(k, int(j))):(shade(j)) with lines lw 1.8 lc palette
  }
  unset multiplot
  unset output
}
