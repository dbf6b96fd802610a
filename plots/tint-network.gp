# How much of hue (left) and saturation (right) the first k directions of an
# embedding tell together, of two trained networks and an untrained one, a thin
# line a seed. Reads factors.csv of the stages beside this one.
width = 8.6
height = 4.2
names = 'spectral covariance random'
array titles[3] = ['spectral', 'covariance', 'untrained']
tones = '#1b1464 #1f9e89 #d95f02'
seeds = int(system("ls -d ../spectral-embed/0* | wc -l"))
file(k, s) = sprintf('../%s-embed/%03d/factors.csv', word(names, k), s)
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 1 title_text at screen 0.5,0.955 center noenhanced font ',13' @INK
  set grid ytics ls 100
  set xrange [0.8:5.2]
  set yrange [0:*]
  set xtics 1
  unset mxtics
  unset mytics
  set bmargin at screen 0.16
  set tmargin at screen 0.87
  set lmargin at screen 0.09
  set rmargin at screen 0.49
  set xlabel 'directions, by variance' @INK
  set ylabel 'R² of hue (cosine and sine)' @INK
  unset key
  plot for [k=1:3] for [s=0:seeds-1] file(k, s) using "mode":"hue_first" with linespoints lw 1.8 pt 7 ps 0.5 dt 1+2*(k == 3) lc rgb ink(word(tones, k)) notitle
  unset label 1
  set key top left Left reverse samplen 2
  set lmargin at screen 0.59
  set rmargin at screen 0.98
  set ylabel 'R² of saturation' @INK
  plot for [k=1:3] for [s=0:seeds-1] file(k, s) using "mode":"saturation_first" with linespoints lw 1.8 pt 7 ps 0.5 dt 1+2*(k == 3) lc rgb ink(word(tones, k)) title (s == 0 ? titles[k] : '')
  unset multiplot
  unset output
}
