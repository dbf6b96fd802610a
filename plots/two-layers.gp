# Blow-up of deep linear networks under a fixed X. Left: three modes of two
# layers, integrated as matrices (../ode-k, solid) over the closed form
# (../closed-k, dashed), and descent (../gd, lr = 1/16). Middle: one start, two to
# four layers (../layers-L). Right: when it blows up under weight decay (here and
# ../decay-L), in units of the time without, by eta over its threshold.
width = 11.0
height = 4.3
lambda = 0.8
sigma0 = 0.5
array tone[3] = [ink('#1b1464'), ink('#1f9e89'), ink('#d98a00')]
array start[3] = ['0.3, 0.1', '0.15, 0.05', '0.075, 0.025']
array mark[3] = [6, 4, 9]
array late[3]
array table[3] = ['../decay-2/table.csv', '../decay-3/table.csv', 'table.csv']
do for [k=1:3] {
  stats '../closed-' . k . '/trace.csv' using "t_blowup" nooutput name 'B'
  late[k] = B_max
}
top(L) = lambda*sigma0**(2*L - 2)
free(L) = 1/((2*L - 2)*top(L))
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.965 center noenhanced font ',13' @INK
  set grid xtics ytics ls 100
  set tmargin at screen 0.84
  set bmargin at screen 0.17

  set lmargin at screen 0.065
  set rmargin at screen 0.365
  set title 'a   two layers, X = 0.8 I' offset 0,-0.5 @INK
  set logscale xy
  set xrange [1:400]
  set yrange [0.015:60]
  set format x '10^{%L}'
  set format y '10^{%L}'
  set xlabel 'flow time t' offset 0,0.4 @INK
  set ylabel 'singular values: σ_1, the upper, and σ_2' offset 0.8 @INK
  set key top left Left reverse samplen 2 spacing 1.1
  do for [k=1:3] {
    set arrow k from late[k], graph 0 to late[k], graph 1 nohead lw 1 dt (2,3) lc rgb tone[k]
    set label k sprintf('t* = %.1f', late[k]) at late[k]*1.13, graph 0.97 rotate by 90 right font ',10' textcolor rgb tone[k]
  }
  plot NaN with lines lw 1 lc rgb ink('#ffffff') title 'from σ_1, σ_2:', \
       for [k=1:3] '../ode-' . k . '/trace.csv' using "t":"sigma_1_1" with lines lw 3 lc rgb tone[k] title start[k], \
       for [k=1:3] '../ode-' . k . '/trace.csv' using "t":"sigma_2_1" with lines lw 3 lc rgb tone[k] notitle, \
       for [k=1:3] '../closed-' . k . '/trace.csv' using "t":"sigma_1_1" with lines lw 1.2 dt (5,5) lc rgb ink('#ffffff') notitle, \
       for [k=1:3] '../closed-' . k . '/trace.csv' using "t":"sigma_2_1" with lines lw 1.2 dt (5,5) lc rgb ink('#ffffff') notitle, \
       NaN with lines lw 1.4 dt (5,5) lc rgb ink('#707070') title 'closed form', \
       for [k=1:3] for [l=1:2] '../gd/005/trace.csv' every 4 using (column("t")):(column(sprintf("sigma_%d_%d", l, k))) with points pt 6 ps 0.7 lw 1.4 lc rgb tone[k] notitle, \
       NaN with points pt 6 ps 0.7 lw 1.4 lc rgb ink('#707070') title 'descent'
  unset label
  unset arrow

  set lmargin at screen 0.425
  set rmargin at screen 0.675
  set title sprintf('b   balanced, σ_0 = %g', sigma0) @INK
  unset logscale x
  set format x '%g'
  set xrange [0:15]
  set xtics 5
  set mxtics 5
  set yrange [0.3:10]
  set ylabel 'singular value σ of every layer' @INK
  unset key
  do for [L=2:4] {
    set arrow L from free(L), graph 0 to free(L), graph 1 nohead lw 1 dt (2,3) lc rgb tone[L-1]
    set label L sprintf('%d layers', L) at free(L) + 0.45, graph 0.97 rotate by 90 right font ',10' textcolor rgb tone[L-1]
  }
  set samples 2000
  plot for [L=2:4] '../layers-' . L . '/trace.csv' using "t":"sigma_1_1" with lines lw 3 lc rgb tone[L-1], \
       for [L=2:4] (x < free(L) ? sigma0*(1 - x/free(L))**(-1.0/(2*L - 2)) : NaN) with lines lw 1.2 dt (5,5) lc rgb ink('#ffffff')
  unset label
  unset arrow

  set lmargin at screen 0.74
  set rmargin at screen 0.985
  set title 'c   weight decay' @INK
  set xrange [0:2]
  set yrange [0.8:10]
  set format y '%g'
  set xlabel 'η / (λ σ_0^{2L−2})' @INK
  set ylabel 't* / t*(η = 0)' @INK
  set ytics (1, 2, 5, 10)
  set xtics 0.5
  set arrow 1 from 1, graph 0 to 1, graph 1 nohead lw 1 dt (2,3) lc rgb ink('#404040')
  set label 1 "no blow-up:\ncollapse" at 1.5, graph 0.75 center textcolor rgb ink('#404040')
  set key bottom right Left reverse samplen 1.5 spacing 1.1
  plot (x > 0 && x < 1 ? -log(1 - x)/x : NaN) with lines lw 1.4 dt (6,4) lc rgb ink('#404040') title '−ln(1−x)/x', \
       for [L=2:4] table[L-1] using (column("eta")/top(L)):(column("status") > 0 ? column("t_end")/free(L) : NaN) with points pt mark[L-1] ps 1.9 - 0.35*L lw 2 lc rgb tone[L-1] title sprintf('%d layers', L)
  unset label
  unset arrow
  unset multiplot
  unset output
}
