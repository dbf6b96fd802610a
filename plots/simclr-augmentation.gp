# Effective rank (upper) and dropped dimensions (lower) of SimCLR's embedding and
# representation against the least crop and against the change of brightness and
# contrast. Reads ../crop-after/summary.csv and summary.csv here.
width = 8.2
height = 6.4
array layer[2] = ['embedding', 'representation']
array shade[2] = [ink('#1b1464'), ink('#c2410c')]
array from[2] = ['../crop-after/summary.csv', 'summary.csv']
array key_of[2] = ['crop_min', 'brightness']
array says[2] = ['least share of the area in a crop', 'change of brightness and contrast']
# Points of the two stand side by side.
aside(x, c, p) = c == 1 ? x * 1.035**(3 - 2*p) : x + 0.008*(2*p - 3)
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK noenhanced
  set grid xtics ytics ls 100
  do for [c=1:2] {
    do for [r=1:2] {
      set lmargin at screen 0.09 + 0.49*(c - 1)
      set rmargin at screen 0.485 + 0.49*(c - 1)
      set tmargin at screen 0.91 - 0.42*(r - 1)
      set bmargin at screen 0.53 - 0.42*(r - 1)
      if (c == 1) {
        set logscale x
        set xrange [1.1:0.042]
        set xtics (0.9, 0.5, 0.25, 0.1, 0.05)
      } else {
        unset logscale x
        set xrange [-0.05:0.85]
        set xtics 0.2
      }
      set mxtics 1
      if (r == 1) { set yrange [0:40<*] ; set format x '' ; unset xlabel } else { set yrange [0:50<*] ; set format x '%g' ; set xlabel says[c] @INK }
      if (c == 1) { set ylabel (r == 1 ? 'RankMe, of 64' : 'below a hundredth of the largest') offset 0.8 @INK } else { unset ylabel }
      if (c == 1 && r == 1) { set key top right samplen 1.5 } else { unset key }
      what = r == 1 ? 'rankme' : 'n_below'
      plot for [p=1:2] from[c] using (strcol("layer") eq layer[p] ? aside(column(key_of[c]), c, p) : NaN):(column(what . '_mean')):(column(what . '_std')) with yerrorbars pt 7 ps 0.9 lw 1.6 lc rgb shade[p] title layer[p]
    }
  }
  unset multiplot
  unset output
}
