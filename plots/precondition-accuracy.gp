# What frozen networks tell of the classes after so many steps, with the plain
# covariance loss and with two ways to pull small directions up: embedding (left)
# and representation (right). Dotted: the untrained network. Reads summary.csv of
# the stages beside this one.
width = 8.8
height = 4.3
names = 'plain logdet left'
array titles[3] = ['plain', 'log det', 'left']
tones = '#1b1464 #1f9e89 #d95f02'
file(k) = sprintf('../%s-probe/summary.csv', word(names, k))
# Rows of one layer, without the untrained network's.
rows(k, layer) = sprintf("< head -n 1 %s; grep ',%s,' %s | grep -v '^0,'", file(k), layer, file(k))
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 1 title_text at screen 0.5,0.955 center noenhanced font ',13' @INK
  set grid ytics ls 100
  set xrange [40:480]
  set logscale x
  set xtics (50, 100, 200, 400)
  unset mxtics
  unset mytics
  set bmargin at screen 0.16
  set tmargin at screen 0.87
  do for [panel=1:2] {
    layer = panel == 1 ? 'embedding' : 'representation'
    set lmargin at screen (panel == 1 ? 0.09 : 0.59)
    set rmargin at screen (panel == 1 ? 0.49 : 0.98)
    set xlabel 'training steps' @INK
    set ylabel sprintf('top-1 of the %s', layer) @INK
    stats file(1) using (strcol("layer") eq layer && column("steps") == 0 ? column("top1_mean") : NaN) nooutput name 'U'
    if (panel == 1) { set key bottom right samplen 2 } else { unset key }
    plot U_mean with lines lw 1.2 dt 3 lc rgb ink('#808080') title 'untrained', \
         for [k=1:3] rows(k, layer) using "steps":"top1_mean":"top1_std" with yerrorlines lw 2 pt 7 ps 0.5 lc rgb ink(word(tones, k)) title titles[k]
    unset label 1
  }
  unset multiplot
  unset output
}
