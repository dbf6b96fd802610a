# Normalised commutator of F and W_p over time: columns for weight decay, the
# predictor's relative rate and the target's (full flow: beta; symmetrised flow:
# tau); rows for the full flow (../eta, ../alpha, ../beta), the symmetrised one
# (../symmetric-...) and the least eigenvalue of its K. Dots: when the largest s
# passes half of s*, where it starts below that and gets there.
width = 9.4
height = 8.4
array full[3] = ['eta', 'alpha', 'beta']
array half[3] = ['symmetric-eta', 'symmetric-alpha', 'symmetric-tau']
array key[3] = ['eta', 'alpha_p', 'beta']
array head[3] = ['weight decay η', 'predictor''s relative rate α_p', 'target: β (above), τ (below)']
array sign[3] = ['η', 'α_p', 'β']
array lower[3] = ['η', 'α_p', 'τ']
array lowkey[3] = ['eta', 'alpha_p', 'tau']
array shown[4] = [ink('#1b1464'), ink('#31688e'), ink('#1f9e89'), ink('#e6a700')]
item(folder, i) = sprintf('../%s/%03d/trace.csv', folder, i - 1)
array dot_t[12]
array dot_c[12]
array word[12]
array low[12]
do for [c=1:3] {
  do for [i=1:4] {
    k = 4*(c-1) + i
    stats '../'.full[c].'/table.csv' using (column(key[c])) every ::(i-1)::(i-1) nooutput name 'V'
    word[k] = sprintf('%g', V_min)
    own = V_min
    stats '../'.half[c].'/table.csv' using (column(lowkey[c])) every ::(i-1)::(i-1) nooutput name 'V'
    low[k] = sprintf('%g', V_min)
    eta_here = c == 1 ? own : 0.04
    alpha_here = c == 2 ? own : 1
    grown = 0.5*((1 + sqrt(1 - 4.36*eta_here))/2.18)**2/alpha_here
    stats item(full[c], i) using "s_1" every ::0::0 nooutput name 'A'
    stats item(full[c], i) using "s_1" nooutput name 'S'
    dot_t[k] = NaN
    dot_c[k] = NaN
    if (A_max < grown && S_max >= grown) {
      stats item(full[c], i) using (column("commutator_normalised")):(column("s_1") >= grown ? column("t") : NaN) nooutput name 'H'
      dot_t[k] = H_min_y
      dot_c[k] = H_pos_min_y
    }
  }
}
left(c) = 0.075 + 0.312*(c-1)
right(c) = left(c) + 0.285
do for [terminal_name in terminals] {
  @OPEN
  set style line 1 lw 2.4 lc rgb shown[1]
  set style line 2 lw 2.4 lc rgb shown[2] dt (9,3)
  set style line 3 lw 2.4 lc rgb shown[3] dt (4,2)
  set style line 4 lw 2.4 lc rgb shown[4]
  set multiplot title title_text @INK offset 0,0.3
  set grid xtics ytics ls 100
  set xrange [0:60]
  set xtics 20
  do for [c=1:3] {
    set lmargin at screen left(c)
    set rmargin at screen right(c)
    set tmargin at screen 0.915
    set bmargin at screen 0.645
    set title head[c] offset 0,-0.5 @INK
    set format x ''
    unset xlabel
    set logscale y
    set yrange [1e-10:1]
    set ytics 1e-10,100
    set format y (c == 1 ? '10^{%L}' : '')
    if (c == 1) { set ylabel 'commutator, full flow' offset 1 @INK } else { unset ylabel }
    set key bottom left Left reverse samplen 2 spacing 1.05 font ',9' opaque
    plot for [i=1:4] item(full[c], i) using "t":"commutator_normalised" with lines ls i title sprintf('%s = %s', sign[c], word[4*(c-1)+i]), \
         for [i=1:4] '+' using (dot_t[4*(c-1)+i]):(dot_c[4*(c-1)+i]) every ::0::0 with points pt 7 ps 1.1 lc rgb shown[i] notitle
    unset title
    set tmargin at screen 0.615
    set bmargin at screen 0.36
    set key top right Left reverse
    if (c == 1) { set ylabel 'commutator, symmetrised' @INK }
    plot for [i=1:4] item(half[c], i) using (column("t")):(column("commutator_normalised") > 1e-13 ? column("commutator_normalised") : NaN) with lines ls i title sprintf('%s = %s', lower[c], low[4*(c-1)+i])
    set tmargin at screen 0.33
    set bmargin at screen 0.075
    unset logscale y
    set format x '%g'
    set xlabel 'flow time t' offset 0,0.5 @INK
    set yrange [-0.2:1]
    set ytics 0.2
    set format y (c == 1 ? '%.1f' : '')
    if (c == 1) { set ylabel 'least eigenvalue of K' @INK }
    unset key
    set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead lw 1 lc rgb ink('#606060')
    plot for [i=1:4] item(half[c], i) using "t":"K_min" with lines ls i notitle
    unset arrow 1
  }
  unset multiplot
  unset output
}
