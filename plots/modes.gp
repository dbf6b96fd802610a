# The leading eigenvectors of Gamma as images, each scaled to its largest pixel:
# red and blue are the two signs; of three channels, as a colour about middle
# grey. Tile j is rows (j-1)*pixels … of modes.csv.
stats 'modes.csv' nooutput name 'A'
stats 'modes.csv' using "mode" nooutput name 'M'
stats 'modes.csv' using "x" nooutput name 'X'
stats 'modes.csv' using "y" nooutput name 'Y'
modes = int(M_max)
pixels = int(M_records / modes)
columns = 5
rows = int((modes + columns - 1) / columns)
width = 7.0
height = 0.5 + 1.55 * rows
do for [terminal_name in terminals] {
  @OPEN
  set palette defined (0 ink('#053061'), 0.25 ink('#4393c3'), 0.5 ink('#ffffff'), 0.75 ink('#d6604d'), 1 ink('#67001f'))
  set multiplot layout rows,columns title title_text @INK margins 0.02,0.98,0.01,0.90 spacing 0.02,0.05
  unset border
  unset tics
  unset key
  unset colorbox
  set cbrange [-1:1]
  do for [j=1:modes] {
    first = (j - 1) * pixels
    last = j * pixels - 1
    set autoscale xy
    stats 'modes.csv' every ::first::last using "gamma" nooutput name 'G'
    set size ratio -1
    set xrange [-0.5:X_max+0.5]
    set yrange [Y_max+0.5:-0.5]
    set title sprintf('%d:  γ = %.3g', j, G_max) offset 0,-0.8 @INK
    if (A_columns > 5) {
      plot 'modes.csv' every ::first::last using "x":"y":"red":"green":"blue" with rgbimage pixels notitle
    } else {
      plot 'modes.csv' every ::first::last using "x":"y":"value" with image pixels notitle
    }
  }
  unset multiplot
  unset output
}
