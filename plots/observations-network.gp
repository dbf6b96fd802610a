# Observations on the settings of BYOL, networks (points, solid) beside the
# eigenmode from the same starts (dashed); s is the mean of the largest and the
# least of four, which differ by what sampling gives. Reads the stages beside this one.
width = 10.2
height = 6.6
grown = 0.2
b = 1.09
array tone[4] = [ink('#1b1464'), ink('#1f9e89'), ink('#d95f02'), ink('#7f1d1d')]
array what[3] = ['predictor-basin', 'decay-basin', 'average-basin']
array x_net[3] = ['column("predictor_lr_ratio")', 'column("weight_decay")/2', '(1 - column("ema_momentum"))/0.1']
array x_theory[3] = ['column("alpha_p")', 'column("eta")', 'column("beta")']
array under[3] = ['predictor rate α_p', 'weight decay η', 'EMA rate β']
array head[3] = ['1  A fast predictor shrinks collapse', '4  Weight decay enlarges it', '10  A slow average enlarges it']
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.97 center noenhanced font ',13' @INK
  set label 8 'points and solid: networks    dashed: theory' at screen 0.5,0.925 center textcolor rgb ink('#505050')
  set grid ytics ls 100
  unset key
  do for [k=1:3] {
    set lmargin at screen 0.075 + 0.325*(k - 1)
    set rmargin at screen 0.335 + 0.325*(k - 1)
    set tmargin at screen 0.84
    set bmargin at screen 0.575
    set title head[k] offset 0,-0.5 @INK
    set xlabel under[k] offset 0,0.4 @INK
    set ylabel (k == 1 ? 'share of starts that live' : '') offset 1,0 @INK
    set logscale x
    set xrange [*:*]
    set yrange [0:1.05]
    set offsets graph 0.04, graph 0.04, 0, 0
    if (k == 2) { unset logscale x ; set xtics 0.05 } else { set xtics autofreq }
    eval sprintf('plot "../%s-theory/table.csv" using (%s):(column("p_1_end") > grown) smooth unique with lines lw 1.8 dt (6,4) lc rgb ink("#404040"), "../%s/table.csv" using (%s):(column("p_1_end") > grown) smooth unique with points pt 7 ps 1.1 lc rgb tone[1]', what[k], x_theory[k], what[k], x_net[k])
    unset label
  }
  set offsets
  set tmargin at screen 0.415
  set bmargin at screen 0.115
  set lmargin at screen 0.075
  set rmargin at screen 0.335
  set title '2  A very fast one keeps s small' @INK
  set xlabel 'predictor rate α_p' @INK
  set ylabel 's at the end' offset 1,0 @INK
  set logscale xy
  set xrange [0.8:125]
  set yrange [0.004:1.5]
  plot '../predictor-large-theory/table.csv' using (column("alpha_p")):(column("s_1_end")) with lines lw 1.8 dt (6,4) lc rgb ink('#404040'), \
       '../predictor-large/table.csv' using (column("predictor_lr_ratio")):((column("s_1_end") + column("s_4_end"))/2/b) with points pt 7 ps 1.1 lc rgb tone[1]
  unset logscale
  set lmargin at screen 0.40
  set rmargin at screen 0.66
  set title '3  Weight decay erases c' @INK
  set xlabel 't' @INK
  set ylabel 's − p²' @INK
  set xrange [0:100]
  set yrange [0:0.5]
  set key at graph 0.98,0.72 samplen 1.5 spacing 1.05 font ',10'
  array eta[4] = [0, 0.01, 0.04, 0.1]
  plot for [i=1:4] '../decay-erases-theory/00' . (i - 1) . '/trace.csv' using (column("t")):(column("s_1") - column("p_1")**2) with lines lw 1.8 dt (6,4) lc rgb ink('#404040') notitle, \
       for [i=1:4] '../decay-erases/00' . (i - 1) . '/trace.csv' using (2*column("t")):((column("s_1") + column("s_4"))/2/b - (column("p_1") + column("p_4"))**2/4) with points pt 7 ps 0.5 lc rgb tone[i] title sprintf('η = %g', eta[i])
  set lmargin at screen 0.725
  set rmargin at screen 0.985
  set title '9  A slow average, slow training' @INK
  set ylabel 's' @INK
  set xrange [0:60]
  set yrange [0:0.85]
  set key at graph 0.98,0.42
  array beta[3] = [2, 0.4, 0.05]
  plot for [i=1:3] '../average-theory/00' . (i - 1) . '/trace.csv' using (column("t")):(column("s_1")) with lines lw 1.8 dt (6,4) lc rgb ink('#404040') notitle, \
       for [i=1:3] '../average/00' . (i - 1) . '/trace.csv' using (2*column("t")):((column("s_1") + column("s_4"))/2/b) with lines lw 1.8 lc rgb tone[i] title sprintf('β = %g', beta[i])
  unset key
  unset multiplot
  unset output
}
