# Modes under a learned predictor (../learned, ../lagging, ../leading; upper two
# rows: p above s) and under predictors that are set (../directset-one,
# ../directpred, ../directcopy; lower two rows). Dashed over the learned one:
# DirectSet(1/2), here. Grey lines: p*-, p*+ and s*.
width = 9.4
height = 10.2
n = 5
file(name) = '../' . name . '/trace.csv'
array folder[6] = ['learned', 'lagging', 'leading', 'directpred', 'directset-one', 'directcopy']
array head[6] = ['learned, c = 0; dashed: DirectSet(½)', 'learned, p_0 = ½√s: c > 0', 'learned, p_0 = 2√s: c < 0', 'DirectPred, ε = 0.1', 'DirectSet(1)', 'DirectCopy, ε = 0.3']
low = (1 - sqrt(1 - 4.36*0.04))/2.18
high = (1 + sqrt(1 - 4.36*0.04))/2.18
# s* of DirectPred: sqrt(s) + .1 s = p*+.
boosted = (2*high/(1 + sqrt(1 + 0.4*high)))**2
array rest[6] = [high**2, high**2, high**2, boosted, high, NaN]
shade(j) = (j - 1.0) / (n - 1.0)
left(c) = 0.085 + 0.308*(c-1)
array base[4] = [0.735, 0.535, 0.265, 0.065]
panel = 0.185
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK
  set grid xtics ytics ls 100
  set cbrange [0:1]
  set xrange [0:150]
  set xtics 0,50,100
  unset key
  do for [k=1:6] {
    c = (k - 1) % 3 + 1
    r = 2*((k - 1) / 3) + 1
    set lmargin at screen left(c)
    set rmargin at screen left(c) + 0.285
    set bmargin at screen base[r]
    set tmargin at screen base[r] + panel
    set title head[k] offset 0,-0.6 font ',10' @INK
    unset logscale y
    set yrange [0:1.35]
    set ytics 0.25
    set format x ''
    unset xlabel
    set format y (c == 1 ? '%.2f' : '')
    if (c == 1) { set ylabel 'predictor p_j' offset 0.5 @INK } else { unset ylabel }
    set arrow 1 from graph 0, first low to graph 1, first low nohead lw 0.8 dt (3,3) lc rgb ink('#606060') back
    set arrow 2 from graph 0, first high to graph 1, first high nohead lw 0.8 dt (3,3) lc rgb ink('#606060') back
    if (k == 6) { set key top right samplen 2 spacing 1.1 font ',9' }
    plot for [j in shown(n)] file(folder[k]) using (column("t")):(column("p_" . j)):(shade(j)) with lines lw 2.4 lc palette notitle, \
         for [j in shown(n)] NaN with lines lw 2.4 lc palette frac shade(j) title 'mode ' . j, \
         for [j in shown(n)] trace using (column("t")):(k == 1 ? column("p_" . j) : NaN) with lines lw 1.3 dt (7,5) lc rgb ink('#d95f02') notitle
    unset arrow 1
    unset arrow 2
    unset key
    unset title
    set bmargin at screen base[r+1]
    set tmargin at screen base[r+1] + panel
    set logscale y
    set yrange [1e-5:100]
    set ytics 1e-6,100
    set format y (c == 1 ? '10^{%L}' : '')
    if (c == 1) { set ylabel 'network s_j' @INK }
    set format x '%g'
    set xlabel 'flow time t' offset 0,0.5 @INK
    if (k < 6) { set arrow 1 from graph 0, first rest[k] to graph 1, first rest[k] nohead lw 0.8 dt (3,3) lc rgb ink('#606060') back }
    plot for [j in shown(n)] file(folder[k]) using (column("t")):(column("s_" . j)):(shade(j)) with lines lw 2.4 lc palette, \
         for [j in shown(n)] trace using (column("t")):(k == 1 ? column("s_" . j) : NaN) with lines lw 1.3 dt (7,5) lc rgb ink('#d95f02')
    unset arrow 1
  }
  unset multiplot
  unset output
}
