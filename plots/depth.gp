# Spectra of the embedding's covariance by depth: upper, under the dot product's
# loss (../dot, ../dot-relu); lower, under distances (../distance, here). Linear
# layers on the left, ReLU between them on the right. A line a seed.
width = 9.4
height = 7.4
m = 16
array tone[4] = [ink('#1b1464'), ink('#2a9d8f'), ink('#e0a100'), ink('#c2410c')]
array mark[4] = [7, 5, 9, 11]
array from[4] = ['../dot', '../dot-relu', '../distance', '.']
array head[4] = ['a   dot product, linear', 'b   dot product, ReLU', 'c   distance, linear', 'd   distance, ReLU']
least(k) = k % 2 == 1 ? 1 : 2
item_of(k, L, seed) = sprintf('%s/%03d/trace.csv', from[k], 3*(L - least(k)) + seed)
array live[16]
do for [k=1:4] {
  do for [L=least(k):4] {
    stats from[k] . '/table.csv' using (column("layers") == L ? column("rankme_head_end") : NaN) nooutput name 'R'
    live[4*(k-1) + L] = R_mean
  }
}
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.975 center noenhanced font ',13' @INK
  set grid xtics ytics ls 100
  set logscale y
  set format y '10^{%L}'
  set xrange [0.5:m+0.5]
  set xtics 4
  set mxtics 4
  do for [k=1:4] {
    c = (k - 1) % 2
    r = (k - 1) / 2
    set lmargin at screen 0.09 + 0.475*c
    set rmargin at screen 0.50 + 0.475*c
    set tmargin at screen 0.895 - 0.465*r
    set bmargin at screen 0.535 - 0.445*r
    set title head[k] offset 0,-0.5 @INK
    set yrange [(r == 0 ? 1e-10 : 1e-10):(r == 0 ? 3 : 3e2)]
    set ytics 1e-10,100
    if (r == 1) { set xlabel 'index j' offset 0,0.4 @INK } else { unset xlabel }
    if (c == 0) { set ylabel 'eigenvalues of Cov(z)' offset 0.8 @INK } else { unset ylabel }
    set key bottom left Left reverse samplen 2 spacing 1.1
    plot for [L=least(k):4] for [s=0:2] for [j=1:m] item_of(k, L, s) every ::1::1 using (j + 0.16*(L - 2.5)):(column(sprintf("cov_lambda_%d", j))) with points pt mark[L] ps 0.7 lc rgb tone[L] notitle, \
         for [L=least(k):4] NaN with points pt mark[L] ps 0.9 lc rgb tone[L] title sprintf('%d layer%s: RankMe %.1f', L, L > 1 ? 's' : '', live[4*(k-1) + L])
    unset label
  }
  unset multiplot
  unset output
}
