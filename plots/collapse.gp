# emb_std, the spread of unit embeddings over directions, over training steps: of
# networks that keep it (dark), lose it (red), and of one whose last batch
# normalisation hides that it has lost it (dotted). Dashed: the two thresholds.
# Reads trace.csv of the stages beside this one.
width = 8.6
height = 5.0
run(name) = sprintf('../%s/trace.csv', name)
keep = 'byol simsiam directpred directset directcopy'
keep_title = 'BYOL SimSiam DirectPred DirectSet DirectCopy'
keep_tone = '#1b1464 #31688e #1f9e89 #6a9a1f #8a6d3b'
lose = 'no-predictor no-stop-gradient positives-only'
lose_tone = '#7f1d1d #d95f02 #c77cff'
array lose_title[3] = ['no predictor', 'no stop-gradient', 'SimCLR, positives alone']
do for [terminal_name in terminals] {
  @OPEN
  set title title_text noenhanced @INK
  set grid ytics ls 100
  set lmargin at screen 0.085
  set rmargin at screen 0.70
  set xlabel 'training steps' @INK
  set ylabel 'deviation of unit embeddings · √d' offset 0.5 @INK
  set xrange [0:240]
  set yrange [0:1.03]
  set ytics 0.2
  set xtics 40
  set mxtics 4
  set label 1 'healthy above .5' at graph 0.985, first 0.525 right textcolor rgb ink('#606060') font ',10'
  set label 2 'collapsed below .1' at graph 0.985, first 0.125 right textcolor rgb ink('#606060') font ',10'
  set key at screen 0.715, graph 1 top left Left reverse samplen 2 spacing 1.25 noenhanced
  @AXES
  plot 0.5 with lines lw 1 dt (6,4) lc rgb ink('#606060') notitle, \
       0.1 with lines lw 1 dt (6,4) lc rgb ink('#606060') notitle, \
       for [k=1:5] run(word(keep, k)) using "step":"emb_std" with lines lw 2.6 lc rgb ink(word(keep_tone, k)) title word(keep_title, k), \
       run('behind-norm') using "step":"emb_std" with lines lw 2.2 dt (2,3) lc rgb ink('#7f1d1d') title "no predictor, BatchNorm last", \
       for [k=1:3] run(word(lose, k)) using "step":"emb_std" with lines lw 2.6 lc rgb ink(word(lose_tone, k)) title lose_title[k]
  unset output
}
