# Descent against flow. Left: distance from the closed form over the learning
# rate (../rates). Right: where descent ends, over the learning rate and p at the
# start, with constant tau (../map) and with EMA (this folder); dashed: the flow's
# separatrix (../edge…), and 2/|largest eigenvalue| of the stable point
# (../points…).
width = 12.4
height = 4.9
plain = ink('#505050')
theory = ink('#d95f02')
array table[2] = ['../map/sweep.csv', 'sweep.csv']
array points[2] = ['../points/table.csv', '../points_ema/table.csv']
array edge[2] = ['../edge/table.csv', '../edge_ema/table.csv']
array said[2] = ['b   where descent ends: τ = 1', 'c   where descent ends: EMA']
array limit[2]
array stable[2]
array low[2]
array high[2]
# A cell without a number keeps its place.
MISSING = "'?'" ; set datafile missing @MISSING
do for [k=1:2] {
  stats points[k] using (strcol("kind") eq 'stable' ? -2/column("eig_1") : NaN) nooutput name 'L'
  stats points[k] using (strcol("kind") eq 'stable' ? column("p") : NaN) nooutput name 'S'
  stats edge[k] using (strcol("branch") eq 'lower' ? column("p0") : NaN) nooutput name 'A'
  stats edge[k] using (strcol("branch") eq 'upper' ? column("p0") : NaN) nooutput name 'B'
  limit[k] = L_max ; stable[k] = S_max ; low[k] = A_max ; high[k] = B_max
}
stats table[1] using (log10(column("lr"))):(column("p0")) nooutput name 'M'
stats '../rates/table.csv' using (log(column("lr"))):(column("lr") < 0.1 ? log(column("sup_error")) : NaN) nooutput name 'R'
first_order(x) = exp(R_mean_y + log(x) - R_mean_x)
config = '../map/config.yaml' ; key = 's0' ; @SETTING
# 0 reaches the stable point, 1 collapses, 2 neither, 3 diverges.
where_(p, k) = abs(p - stable[k]) < 1e-2 ? 0 : abs(p) < 1e-2 ? 1 : 2

do for [terminal_name in terminals] {
  @OPEN
  set palette defined (0 ink('#6f9fd0'), 0.5 ink('#6f9fd0'), 0.5 ink('#e0a465'), 1.5 ink('#e0a465'), 1.5 ink('#f6eeb0'), 2.5 ink('#f6eeb0'), 2.5 ink('#4a4a4a'), 3 ink('#4a4a4a'))
  set cbrange [0:3]
  set xtics nomirror autofreq
  set ytics nomirror autofreq
  set multiplot
  set border 3 back
  set label 1 title_text at screen 0.5,0.965 center noenhanced font ',13' @INK
  set tmargin at screen 0.85
  set bmargin at screen 0.22
  set lmargin at screen 0.07
  set rmargin at screen 0.32
  set logscale xy
  set format x '10^{%L}'
  set format y '10^{%L}'
  set grid xtics ytics ls 100
  set xrange [2e-3:4]
  set yrange [*:*]
  set xlabel 'learning rate' @INK
  set ylabel 'sup_t ‖(p, w) − closed form‖' offset 0.5 @INK
  set title 'a   distance from the flow' offset 0,-0.4 @INK
  set key bottom right Left reverse samplen 2.5
  plot first_order(x) with lines lw 1.5 dt (6,4) lc rgb theory title 'first order', \
       '../rates/table.csv' using "lr":"sup_error" with points pt 7 ps 1.1 lc rgb ink('#1b1464') title 'descent'
  unset logscale
  unset label
  unset grid
  unset key
  set border 15 front
  unset mxtics
  set xtics -9,1,9 out
  do for [d=-2:0] { do for [m=2:9] { set xtics add ('' d + log10(m) 1) } }
  set ytics autofreq out
  set format x '10^{%.0f}'
  set format y '%g'
  set xrange [M_min_x:M_max_x]
  set yrange [M_min_y:M_max_y]
  do for [k=1:2] {
    set lmargin at screen 0.40 + 0.31*(k-1)
    set rmargin at screen 0.67 + 0.31*(k-1)
    set title said[k] offset 0,-0.4 @INK
    if (k == 1) { set ylabel 'p at the start' offset 0.5 @INK } else { unset ylabel }
    set arrow 1 from log10(limit[k]),M_min_y to log10(limit[k]),M_max_y nohead front lw 2.2 dt 3 lc rgb ink("#000000")
    set arrow 2 from M_min_x,low[k] to M_max_x,low[k] nohead front lw 1.5 dt (12,8) lc rgb ink("#101010")
    set arrow 3 from M_min_x,high[k] to M_max_x,high[k] nohead front lw 1.5 dt (12,8) lc rgb ink("#101010")
    if (k == 2) {
      do for [i=0:3] { set object 1+i rect from screen 0.405+0.145*i,0.035 to screen 0.42+0.145*i,0.07 fc palette cb i fs solid noborder
                       set label 1+i word('stable collapses neither diverges', i + 1) at screen 0.427+0.145*i,0.053 @INK }
      set label 6 sprintf("s = %s at the start. Dashed: the flow's\nseparatrix; dotted: 2/|λ_{max}|", got) at screen 0.07,0.085 textcolor rgb plain
    }
    plot table[k] using (log10(column("lr"))):(column("p0")):(column("status") > 0 ? 3 : where_(column("p_1"), k)) with image
    unset arrow
  }
  unset label
  unset object
  unset multiplot
  unset output
}
