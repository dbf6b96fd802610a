# BYOL whole, without its predictor, without stop-gradient, and with a predictor
# set from the embeddings' moment, over where there is batch normalisation: spread
# of unit embeddings, dimensions of the embedding in use, accuracy of a linear
# probe. Reads table.csv of the stages beside this one.
width = 10.6
height = 4.3
array from[4] = ['byol', 'no-predictor', 'no-stop-gradient', 'directset']
array says[4] = ['BYOL', 'without predictor', 'without stop-gradient', 'DirectSet']
array tone[4] = [ink('#1b1464'), ink('#7f1d1d'), ink('#d95f02'), ink('#1f9e89')]
array mark[4] = [7, 9, 5, 13]
array column_of[3] = ['emb_std_end', 'emb_rankme_end', 'top1']
array head[3] = ['deviation of unit embeddings · √d', 'dimensions in use (RankMe, of 64)', 'accuracy of a linear probe']
array suffix_of[3] = ['', '', '-probe']
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.965 center noenhanced font ',13' @INK
  set label 8 'where there is BatchNorm' at screen 0.5,0.03 center @INK
  unset key
  set grid ytics ls 100
  set xrange [-0.5:3.5]
  set xtics ("encoder,\nheads" 0, "encoder" 1, "heads" 2, "nowhere" 3) scale 0 font ',11'
  unset mxtics
  set tmargin at screen 0.765
  set bmargin at screen 0.185
  do for [k=1:3] {
    set lmargin at screen 0.06 + 0.325*(k - 1)
    set rmargin at screen 0.325 + 0.325*(k - 1)
    set title head[k] offset 0,-0.5 @INK
    unset logscale y
    if (k == 1) { set yrange [0:1] ; set ytics 0.2 ; set mytics 2 ; do for [v=1:4] { set label v says[v] at screen 0.16 + 0.19*(v - 1), screen 0.885 left offset 1.2,-0.25 point pt mark[v] ps 1.4 lc rgb tone[v] @INK } }
    if (k == 2) { set logscale y 2 ; set yrange [1:32] ; set ytics (1, 2, 4, 8, 16, 32) }
    if (k == 3) { set yrange [0.6:0.8] ; set ytics 0.05 ; set mytics 5 }
    low(y) = k == 1 ? y : NaN
    plot low(0.5) with lines lw 1 dt (6,4) lc rgb ink('#606060') notitle, \
         low(0.1) with lines lw 1 dt (6,4) lc rgb ink('#606060') notitle, \
         for [v=1:4] '../' . from[v] . suffix_of[k] . '/table.csv' using (column(0) + 0.2*(v - 2.5)):(column(column_of[k])) with points pt mark[v] ps 1.5 lc rgb tone[v] notitle
    unset label
  }
  unset multiplot
  unset output
}
