# Steps of descent to each rank, plain and with the two speed-ups (from ../plain,
# ../left, ../logdet), and steps to full rank over the learning rate. Solid and
# points: descended; dashed: the closed forms' times over the learning rate.
width = 9.2
height = 4.2
stats '../plain/steps.csv' using "mode" nooutput name 'M'
rate = 0.003
array way[3] = ['plain', 'logdet', 'left']
array key[3] = ['none', 'logdet', 'left']
array label[3] = ['plain', 'log det', 'left']
array shown[3] = [ink('#1b1464'), ink('#1f9e89'), ink('#d95f02')]
array first[3] = ['000', '022', '011']
array late[3]
do for [i=1:3] {
  stats first[i].'/steps.csv' using "tau_predicted" nooutput name 'P'
  late[i] = P_max
}
stats 'table.csv' using "lr" nooutput name 'L'
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 1 title_text at screen 0.5,0.955 center noenhanced font ',13' @INK
  unset logscale y
  set format y '%g'
  set logscale x
  set format x '10^{%L}'
  set grid xtics ytics ls 100
  set tmargin at screen 0.84
  set bmargin at screen 0.16

  set lmargin at screen 0.075
  set rmargin at screen 0.485
  set title 'Fashion-MNIST pairs, one learning rate' font ',11' @INK
  set xlabel 'steps of descent' @INK
  set ylabel 'modes beyond half of their plateau' offset 0.6 @INK
  set xrange [1:1.2e4]
  set yrange [0:M_max+0.5]
  set ytics 2
  set key top left Left reverse samplen 2.2 spacing 1.15
  plot for [i=1:3] '../'.way[i].'/steps.csv' using (column("tau_predicted")/rate):(column("mode")) with steps lw 1.4 dt (6,5) lc rgb shown[i] notitle, \
       for [i=1:3] '../'.way[i].'/steps.csv' using (column("tau_measured")/rate):(column("mode")) with steps lw 2.6 lc rgb shown[i] title label[i], \
       for [i=1:3] '../'.way[i].'/steps.csv' using (column("tau_measured")/rate):(column("mode")) with points pt 7 ps 0.6 lc rgb shown[i] notitle, \
       NaN with lines lw 1.4 dt (6,5) lc rgb ink('#606060') title 'closed form'

  set lmargin at screen 0.595
  set rmargin at screen 0.985
  set title 'γ from 1 to 0.01' font ',11' @INK
  set yrange [10:2e6]
  set logscale y
  set xlabel 'learning rate (γ_1 = 1)' @INK
  set ylabel 'steps to full rank' offset -0.6 @INK
  set format y '10^{%L}'
  set ytics autofreq
  set xrange [L_min/1.5:1]
  set arrow 1 from 0.25, graph 0 to 0.25, graph 1 nohead lw 1 dt (2,3) lc rgb ink('#606060')
  set label 1 'stable (plain)' at 0.29, graph 0.03 rotate by 90 left textcolor rgb ink('#606060') font ',9'
  set arrow 2 from 0.0025, graph 0 to 0.0025, graph 1 nohead lw 1 dt (2,3) lc rgb shown[3]
  set label 2 'left: start followed' at 0.0021, graph 0.03 rotate by 90 left textcolor rgb shown[3] font ',9'
  unset key
  plot for [i=1:3] 'table.csv' using (strcol("precondition") eq key[i] ? column("lr") : NaN):(late[i]/column("lr")) with lines lw 1.4 dt (6,5) lc rgb shown[i] notitle, \
       for [i=1:3] 'table.csv' using (strcol("precondition") eq key[i] ? column("lr") : NaN):(column("time_to_full_rank")/column("lr")) with points pt 7 ps 0.9 lc rgb shown[i] notitle
  unset arrow
  unset label
  unset multiplot
  unset output
}
