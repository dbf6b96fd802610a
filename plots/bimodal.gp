# Histograms of log10 of the embedding's eigenvalues at the start, half way and at
# the end, of the losses that are there: ../covariance, ../vicreg, ../simclr.
width = 9.4
bin = 0.25
array folder[3] = ['../covariance/spectra.csv', '../vicreg/spectra.csv', '../simclr/spectra.csv']
array head[3] = ['covariance', 'VICReg', 'SimCLR']
array tone[3] = [ink('#8a8a8a'), ink('#31688e'), ink('#1b1464')]
there(k) = int(system('test -f ' . folder[k] . ' && echo 1 || echo 0'))
# Before there are ranges, which would leave rows out.
array end[3]
do for [k=1:3] {
  if (there(k)) {
    stats folder[k] using (column("step")) nooutput
    end[k] = STATS_max
  }
}
rows = there(1) + there(2) + there(3)
height = 1.1 + 1.75*rows
top = 1 - 0.75/height
each = 1.75/height
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set grid ytics ls 100
  set style fill solid 0.85 noborder
  set boxwidth 0.92*bin
  set xrange [-5.25:1.5]
  set yrange [0:20]
  set ytics 5
  set mytics 1
  set mxtics 1
  unset key
  r = 0
  do for [k=1:3] {
    if (there(k)) {
      r = r + 1
      last = end[k]
      do for [c=1:3] {
        s = (c - 1)*last/2
        set lmargin at screen 0.075 + 0.31*(c-1)
        set rmargin at screen 0.365 + 0.31*(c-1)
        set tmargin at screen top - each*(r-1)
        set bmargin at screen top - each*r + 0.3/height
        set label 1 sprintf('%s, step %d', head[k], s) at graph 0.03,0.92 @INK
        set format x (r == rows ? '%g' : '')
        set format y (c == 1 ? '%g' : '')
        if (r == rows) { set xlabel 'log_{10}  of the eigenvalue' @INK } else { unset xlabel }
        if (c == 1) { set ylabel 'eigenvalues' @INK } else { unset ylabel }
        plot folder[k] using (column("step") == s ? bin*(floor(column("log10")/bin) + 0.5) : NaN):(1) smooth frequency with boxes lc rgb tone[c]
      }
    }
  }
  unset multiplot
  unset output
}
