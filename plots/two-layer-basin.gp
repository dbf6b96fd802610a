# Which starts of a two-layer predictor's layers live (../small, ../middle,
# ../large, by s at the start), with the starts of the same p = p1 p2 that divide
# one layer's (../edge, dashed hyperbolas); and p over time from one p and s under
# one layer (../one) and two (this folder).
width = 9.2
height = 9.0
plain = ink('#505050')
array from[3] = ['small', 'middle', 'large']
array low[3]
array high[3]
array s0[3]
array tone[3] = [ink('#1b1464'), ink('#1f9e89'), ink('#e0a100')]
table_of(k) = '../' . from[k] . '/sweep.csv'
# A cell without a number keeps its place.
MISSING = "'?'" ; set datafile missing @MISSING
do for [k=1:3] {
  config = '../' . from[k] . '/config.yaml' ; key = 's0' ; @SETTING
  s0[k] = item(got, 1)
  stats '../edge/table.csv' using (strcol("branch") eq 'lower' && abs(column("s0") - s0[k]) < 1e-9 ? column("p0") : NaN) nooutput name 'A'
  stats '../edge/table.csv' using (strcol("branch") eq 'upper' && abs(column("s0") - s0[k]) < 1e-9 ? column("p0") : NaN) nooutput name 'B'
  low[k] = A_max ; high[k] = B_max
}
stats table_of(1) using (column("p10")):(column("p20")) nooutput name 'M'
stats 'trace.csv' using "t" nooutput name 'T'
config = 'config.yaml' ; key = 'p10' ; @SETTING
layers = got
key = 's0' ; @SETTING
end_ = "(column('status') > 0 ? 3 : strcol('outcome') eq 'stable' ? 0 : strcol('outcome') eq 'collapsed' ? 1 : 2)"

do for [terminal_name in terminals] {
  @OPEN
  set palette defined (0 ink('#6f9fd0'), 0.5 ink('#6f9fd0'), 0.5 ink('#e0a465'), 1.5 ink('#e0a465'), 1.5 ink('#000000'), 2.5 ink('#000000'), 2.5 ink('#d6006e'), 3 ink('#d6006e'))
  set cbrange [0:3]
  set xtics nomirror autofreq out
  set ytics nomirror autofreq out
  set multiplot
  unset key
  set border 15 front
  unset mxtics
  unset mytics
  set label 1 title_text at screen 0.5,0.97 center noenhanced font ',13' @INK
  set samples 400
  do for [i=0:3] {
    set object 1+i rect from screen 0.10+0.15*i,0.035 to screen 0.12+0.15*i,0.052 fc palette cb i fs solid noborder
    set label 10+i word('stable collapsed undecided failed', i + 1) at screen 0.128+0.15*i,0.044 @INK
  }
  set arrow 1 from screen 0.70,0.044 to screen 0.75,0.044 nohead lw 1.8 dt (6,4) lc rgb ink('#000000')
  set label 14 'one layer: separatrix' at screen 0.76,0.044 @INK
  do for [k=1:3] {
    column_ = (k - 1) % 2
    row_ = (k - 1) / 2
    set lmargin at screen 0.09 + 0.49*column_
    set rmargin at screen 0.48 + 0.49*column_
    set tmargin at screen 0.90 - 0.435*row_
    set bmargin at screen 0.58 - 0.435*row_
    set xrange [M_min_x:M_max_x]
    set yrange [M_min_y:M_max_y]
    set xlabel 'p_1 at the start' offset 0,0.4 @INK
    set ylabel 'p_2 at the start' offset 0.8 @INK
    set title sprintf('%c   s = %g at the start', 96 + k, s0[k]) offset 0,-0.5 @INK
    eval 'plot table_of(k) using "p10":"p20":' . end_ . ' with image, ' . \
      '[x=M_min_x:-0.001] low[k]/x with lines lw 1.8 dt (6,4) lc rgb ink("#000000"), [x=0.001:M_max_x] low[k]/x with lines lw 1.8 dt (6,4) lc rgb ink("#000000"), ' . \
      '[x=M_min_x:-0.001] high[k]/x with lines lw 1.8 dt (6,4) lc rgb ink("#000000"), [x=0.001:M_max_x] high[k]/x with lines lw 1.8 dt (6,4) lc rgb ink("#000000")'
    unset label
    unset object
    unset arrow
  }
  set lmargin at screen 0.58
  set rmargin at screen 0.97
  set tmargin at screen 0.465
  set bmargin at screen 0.145
  set border 3 back
  set grid xtics ytics ls 100
  set xrange [0:T_max]
  set yrange [0:1.25]
  set xlabel 't' @INK
  set ylabel 'p' @INK
  set title sprintf('d   from one p and s = %s', got) @INK
  set key top right horizontal maxrows 2 samplen 2.5 width 1
  do for [j=1:3] { set label j sprintf('p = %g', item(layers, j)**2) at graph 0.97,0.62-0.08*j right textcolor rgb tone[j] }
  plot for [j=1:3] '../one/trace.csv' using (column("t")):(column(sprintf("p_%d", j))) with lines lw 1.8 dt (6,4) lc rgb tone[j] notitle, \
       for [j=1:3] 'trace.csv' using (column("t")):(column(sprintf("p1_%d", j))*column(sprintf("p2_%d", j))) with lines lw 3 lc rgb tone[j] notitle, \
       NaN with lines lw 1.8 dt (6,4) lc rgb plain title 'one layer', NaN with lines lw 3 lc rgb plain title 'two layers'
  unset label
  unset multiplot
  unset output
}
