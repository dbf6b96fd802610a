# Networks without normalisation: spread of the embedding of five methods and
# accuracy of a linear probe, with the mean image subtracted or not. A point is a
# seed's. Lines: below a tenth an embedding has collapsed, above a half it is healthy.
width = 9.2
height = 4.3
array from[5] = ['byol', 'simsiam', 'directset', 'directpred', 'no-predictor']
array says[5] = ['BYOL', 'SimSiam', 'DirectSet', 'DirectPred', "no\npredictor"]
array center[2] = ['on', 'off']
array tone[2] = [ink('#1b1464'), ink('#d95f02')]
array mark[2] = [7, 4]
array file[2] = ['/table.csv', '-probe/table.csv']
array what[2] = ['emb_std_end', 'top1']
array axis[2] = ['spread of the embedding, emb\_std', 'accuracy of a linear probe']
only(value, word) = strcol('center') eq word ? value : NaN
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.955 center noenhanced font ',13' @INK
  set label 10 'mean image subtracted' at screen 0.3,0.89 left offset 1,0 point pt mark[1] ps 1.1 lc rgb tone[1] @INK
  set label 11 'not subtracted' at screen 0.58,0.89 left offset 1,0 point pt mark[2] ps 1.1 lw 1.5 lc rgb tone[2] @INK
  unset key
  set grid ytics ls 100
  set xrange [0.5:5.5]
  set xtics scale 0 font ',10'
  unset mxtics
  do for [i=1:5] { set xtics add (says[i] i) }
  do for [k=1:2] {
    set lmargin at screen 0.1 + 0.5*(k - 1)
    set rmargin at screen 0.485 + 0.5*(k - 1)
    set tmargin at screen 0.84
    set bmargin at screen 0.15
    set ylabel axis[k] offset (k == 1 ? 1 : 0) @INK
    if (k == 1) {
      set logscale y
      set yrange [*<5e-3:1.2]
      set arrow 1 from 0.5,0.5 to 5.5,0.5 nohead dt (6,4) lw 1.2 lc rgb ink('#606060') back
      set arrow 2 from 0.5,0.1 to 5.5,0.1 nohead dt (6,4) lw 1.2 lc rgb ink('#606060') back
      set label 1 'healthy' at 5.45,0.6 right font ',9' textcolor rgb ink('#606060')
      set label 2 'collapsed' at 5.45,0.084 right font ',9' textcolor rgb ink('#606060')
    } else {
      unset logscale y
      unset arrow
      set yrange [*:*]
      set offsets 0, 0, graph 0.08, graph 0.08
    }
    plot for [c=1:2] for [i=1:5] '../' . from[i] . file[k] using (i + 0.24*(c - 1.5) + 0.08*(column('seed') - 0.5)):(only(column(what[k]), center[c])) with points pt mark[c] ps 1.1 lw 1.5 lc rgb tone[c]
    unset label
  }
  unset multiplot
  unset output
}
