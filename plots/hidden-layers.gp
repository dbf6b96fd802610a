# Eigenvalues of the embedding (top) and of the layers before it over training
# steps: representation, then stages from the last to the first, each eigenvalue
# over what it was at the start.
width = 9.4
height = 5.0
array family[5] = ['cov', 'repr', 'layer3', 'layer2', 'layer1']
array head[5] = ['embedding', 'representation', 'stage 3', 'stage 2', 'stage 1']
array start[25]
do for [k=1:5] {
  do for [j=1:5] {
    stats trace using (column(sprintf('%s_lambda_%d', family[k], j))) every ::0::0 nooutput
    start[5*(k-1)+j] = k == 1 ? 1 : STATS_max
  }
}
some = shown(5) eq '' ? '1 2 3 4 5' : shown(5)
left(k) = k == 1 ? 0.064 : 0.09 + 0.184*(k-1)
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set grid xtics ytics ls 100
  set cbrange [0:1]
  set logscale x
  set xrange [20:*]
  set autoscale xfixmax
  set xtics (20, 50, 100, 300, 1000)
  set mxtics 1
  set xlabel 'training steps' @INK
  set tmargin at screen 0.84
  set bmargin at screen 0.14
  unset key
  do for [k=1:5] {
    set lmargin at screen left(k)
    set rmargin at screen left(k) + 0.138
    set title head[k] offset 0,-0.6 @INK
    if (k > 1) { set yrange [0:8] } else { set yrange [0:2] }
    if (k == 1) { set ylabel 'eigenvalues' offset 0.8 @INK } else { unset ylabel }
    if (k == 2) { set ylabel 'over their start' offset 0.8 @INK }
    plot for [j in some] trace using (column("step")):(column(family[k] . '_lambda_' . j)/start[5*(k-1)+j]):((j - 1)/4.0) with lines lw 1.8 lc palette
  }
  unset multiplot
  unset output
}
