# Measures that no loss defines, of every method over training steps: dimensions
# in use (RankMe) of embedding and representation, left axis, and the spread of
# unit embeddings (emb_std), right axis. Reads trace.csv of the stages beside this
# one, which are those that its settings file names.
width = 12.6
height = 6.6
runs = system("cd .. && ls -d */trace.csv | sed 's#/trace.csv##'")
order = 'barlow-covariance spectral barlow-twins vicreg simclr infonce directclr mocov3 byol simsiam directpred directset directcopy no-predictor no-stop-gradient supervised autoencoder'
known(w) = int(sum [k=1:words(runs)] (word(runs, k) eq w))
list = ''
do for [k=1:words(order)] { if (known(word(order, k))) { list = list . ' ' . word(order, k) } }
columns = 6
rows = (words(list) + columns - 1) / columns + 0
left = 0.055 ; right = 0.945 ; low = 0.085 ; high = 0.955
wide = (right - left) / columns ; tall = (high - low) / rows
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 1 title_text at screen 0.5,0.982 center noenhanced font ',13' @INK
  set logscale x
  set logscale y 2
  set xrange [5:300]
  set yrange [1:256]
  set y2range [0:1.05]
  set border 11
  set xtics (5, 20, 50, 200) font ',10'
  set xtics add ('' 10 1, '' 100 1)
  unset mxtics
  unset mytics
  set grid ytics ls 100
  do for [k=1:words(list)] {
    c = (k - 1) % columns ; r = (k - 1) / columns
    last_in_column = k + columns > words(list)
    set lmargin at screen left + c*wide + 0.008
    set rmargin at screen left + (c + 1)*wide - 0.008
    set tmargin at screen high - r*tall - 0.035
    set bmargin at screen high - (r + 1)*tall + 0.010
    set format x (last_in_column ? '%g' : '')
    set ytics (1, 4, 16, 64) font ',10'
    set format y (c == 0 ? '%g' : '')
    set format y2 (c == columns - 1 || k == words(list) ? '%g' : '')
    set y2tics 0, 0.5 nomirror scale 0.6 font ',10' textcolor rgb ink('#d95f02')
    set label 2 word(list, k) at graph 0.02, graph 1.07 left noenhanced font ',11' @INK
    if (r == 0 && c == 0) { set label 3 'dimensions in use (RankMe)' at screen 0.015, screen (low + high)/2 center rotate @INK ; set label 4 'deviation of unit embeddings · √d' at screen 0.985, screen (low + high)/2 center rotate textcolor rgb ink('#d95f02') ; set label 5 'training steps' at screen 0.5, screen 0.018 center @INK } else { unset label 3 ; unset label 4 ; unset label 5 }
    if (k == 1) { set key vertical center Left reverse at screen left + (columns - 0.30)*wide, screen low + 0.5*tall samplen 2 spacing 1.4 } else { unset key }
    file = '../' . word(list, k) . '/trace.csv'
    plot file using "step":"emb_rankme" with lines lw 2.6 lc rgb ink('#1b1464') title 'embedding', \
         file using "step":"rankme" with lines lw 2.2 lc rgb ink('#1f9e89') title 'representation', \
         file using "step":"emb_std" axes x1y2 with lines lw 1.6 dt (6,3) lc rgb ink('#d95f02') title 'spread (right axis)'
    unset label 1
  }
  unset multiplot
  unset output
}
