# What a classifier has right that reads one mode (left, against its number) and
# the first k modes (right), of embeddings of two methods and of an untrained
# network; lines are means over seeds, bars their deviations. Reads the stages
# beside this one.
width = 9.0
height = 4.4
names = 'spectral simclr random'
array titles[3] = ['spectral', 'SimCLR', 'untrained']
tones = '#1b1464 #1f9e89 #d95f02'
single(k) = sprintf('../%s-one/summary.csv', word(names, k))
first(k) = sprintf('../%s-first/summary.csv', word(names, k))
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 1 title_text at screen 0.5,0.955 center noenhanced font ',13' @INK
  set grid ytics ls 100
  set xrange [0.5:16.5]
  set xtics (1, 2, 4, 6, 8, 10, 12, 14, 16)
  unset mxtics
  unset mytics
  set bmargin at screen 0.15
  set tmargin at screen 0.88
  set lmargin at screen 0.08
  set rmargin at screen 0.47
  set yrange [0:0.5]
  set xlabel 'mode' @INK
  set ylabel 'top-1 from this mode alone' @INK
  set key top right samplen 2
  plot for [k=1:3] single(k) using "to_mean":"top1_mean":"top1_std" with yerrorlines lw 2 pt 7 ps 0.5 lc rgb ink(word(tones, k)) dt 1+2*(k == 3) title titles[k]
  unset label 1
  set lmargin at screen 0.58
  set rmargin at screen 0.97
  set yrange [0.2:0.9]
  set xlabel 'k' @INK
  set ylabel 'top-1 from the first k modes' @INK
  unset key
  plot for [k=1:3] first(k) using (column("from_mean") < 2 ? column("to_mean") : NaN):"top1_mean":"top1_std" with yerrorlines lw 2 pt 7 ps 0.5 lc rgb ink(word(tones, k)) dt 1+2*(k == 3) notitle, \
       for [k=1:3] first(k) using (column("from_mean") > 2 ? 10.5 + k : NaN):"top1_mean":"top1_std" with yerrorbars lw 2 pt 4 ps 0.9 lc rgb ink(word(tones, k)) notitle, \
       first(1) using (column("from_mean") > 2 ? 12.5 : NaN):(column("top1_mean")+0.06):('modes 9 to 16') with labels font ',9' notitle
  unset multiplot
  unset output
}
