# Alignment of predictor and embeddings while networks train: the normalised
# commutator of F and W_p (solid) and W_p's asymmetry (dashed), a line a seed, and
# s_j over p_j at the end beside s = p². Reads the stages beside this one.
width = 10.4
height = 6.2
array from[4] = ['linear-byol', 'linear-simsiam', 'resnet-byol', 'resnet-simsiam']
array says[4] = ['linear, BYOL', 'linear, SimSiam', 'ResNet-10, BYOL', 'ResNet-10, SimSiam']
array modes[4] = [8, 8, 16, 16]
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.97 center noenhanced font ',13' @INK
  set grid ls 100
  unset mxtics
  do for [k=1:4] {
    set lmargin at screen 0.075 + 0.237*(k - 1)
    set rmargin at screen 0.275 + 0.237*(k - 1)
    set tmargin at screen 0.87
    set bmargin at screen 0.56
    set title says[k] offset 0,-0.5 @INK
    set xlabel 'step' offset 0,0.4 @INK
    set ylabel (k == 1 ? 'measure of misalignment' : '') @INK
    set logscale y
    set yrange [1e-3:2]
    set format y '10^{%T}'
    set xtics autofreq
    set xrange [0:*]
    set xtics 0, (k < 3 ? 500 : 300)
    set key at graph 0.98,0.98 samplen 1.4 font ',10'
    if (k > 1) { unset key }
    plot for [i=0:2] '../' . from[k] . '/00' . i . '/trace.csv' using (column('step')):(column('commutator_normalised')) with lines lw 1.6 lc rgb ink('#1b1464') title (i == 0 ? 'commutator' : ''), \
         for [i=0:2] '../' . from[k] . '/00' . i . '/trace.csv' using (column('step')):(column('asymmetry')) with lines lw 1.6 dt (6,4) lc rgb ink('#d95f02') title (i == 0 ? 'asymmetry' : '')
    unset label
    set tmargin at screen 0.41
    set bmargin at screen 0.11
    unset title
    unset key
    set logscale xy
    set xrange [1e-2:3]
    set yrange [1e-5:30]
    set xtics autofreq
    set format x '10^{%T}'
    set xlabel 'p_j  at the end' @INK
    set ylabel (k == 1 ? 's_j  at the end' : '') @INK
    steps = k < 3 ? 1000 : 600
    plot x**2 with lines lw 1.2 dt (6,4) lc rgb ink('#606060'), \
         for [i=0:2] for [j=1:modes[k]] '../' . from[k] . '/00' . i . '/trace.csv' using (column('step') >= steps ? column('p_' . j) : NaN):(column('s_' . j)) with points pt 7 ps 0.7 lc rgb ink('#1b1464')
    unset logscale
    set format '%g'
  }
  unset multiplot
  unset output
}
