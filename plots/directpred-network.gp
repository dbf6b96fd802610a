# Predictors that are learned and that are set: top-1 and top-5 of a linear probe,
# mean and deviation over seeds, with the untrained network's as a line.
width = 9.2
height = 4.2
array from[5] = ['linear', 'two-layer', 'directpred', 'directset', 'directcopy']
array says[5] = ["linear,\nlearned", "two layers,\nlearned", 'DirectPred', 'DirectSet', 'DirectCopy']
array what[2] = ['top1', 'top5']
array head[2] = ['top-1', 'top-5']
spread(x) = x == x ? x : 0
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.955 center noenhanced font ',13' @INK
  unset key
  set grid ytics ls 100
  set xrange [0.5:5.5]
  set xtics scale 0 font ',10'
  unset mxtics
  do for [i=1:5] { set xtics add (says[i] i) }
  do for [k=1:2] {
    set lmargin at screen 0.1 + 0.485*(k - 1)
    set rmargin at screen 0.49 + 0.495*(k - 1)
    set tmargin at screen 0.82
    set bmargin at screen 0.17
    set title head[k] offset 0,-0.5 @INK
    set ylabel (k == 1 ? 'accuracy of a linear probe' : '') @INK
    stats '../random-probe/summary.csv' using (column(what[k] . '_mean')) nooutput name 'R'
    set label 1 'untrained' at 5.45,R_max right offset 0,0.6 textcolor rgb ink('#606060')
    set offsets 0, 0, graph 0.08, graph 0.08
    plot R_max with lines lw 1.2 dt (6,4) lc rgb ink('#606060'), \
         for [i=1:5] '../' . from[i] . '-probe/summary.csv' using (i):(column(what[k] . '_mean')):(spread(column(what[k] . '_std'))) with yerrorbars pt (i < 3 ? 6 : 7) ps 1.3 lw 1.5 lc rgb (i < 3 ? ink('#d95f02') : ink('#1b1464'))
    unset label
  }
  unset multiplot
  unset output
}
