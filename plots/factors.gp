# What modes learn of: the leading eigenvectors of Gamma as colour images about
# middle grey (above), and R² of each on the factors that the images were made
# from (below). The columns of factors.csv behind the second are the factors.
stats 'modes.csv' using "mode" nooutput name 'M'
stats 'modes.csv' using "x" nooutput name 'X'
stats 'modes.csv' using "y" nooutput name 'Y'
stats 'factors.csv' nooutput name 'F'
modes = int(M_max)
pixels = int(M_records / modes)
across = 10
rows = int((modes + across - 1) / across)
width = 8.0
tile = 0.96 * width / across          # inches
below = 2.3
height = 0.45 + rows * (tile + 0.2) + below
name_of(header) = header[1:strlen(header)-3]   # without _r2
do for [terminal_name in terminals] {
  @OPEN
  set multiplot title title_text @INK
  unset border
  unset tics
  unset xlabel
  unset ylabel
  unset key
  set size ratio -1
  set xrange [-0.5:X_max+0.5]
  set yrange [Y_max+0.5:-0.5]
  do for [j=1:modes] {
    first = (j - 1) * pixels
    last = j * pixels - 1
    column_ = (j - 1) % across
    row_ = (j - 1) / across
    top = 1 - (0.6 + row_ * (tile + 0.2)) / height
    set lmargin at screen 0.02 + column_ * tile / width
    set rmargin at screen 0.02 + (column_ + 0.95) * tile / width
    set tmargin at screen top
    set bmargin at screen top - 0.95 * tile / height
    set title sprintf('%d', j) offset 0,-0.8 @INK
    plot 'modes.csv' every ::first::last using "x":"y":"red":"green":"blue" with rgbimage notitle
  }
  unset title
  set size noratio
  set border 3 lw 0.8 lc rgb ink('#404040')
  set tics nomirror scale 0.6 textcolor rgb ink('#202020')
  set xtics 1
  unset mxtics
  set grid ytics ls 100
  set key top right samplen 1 noenhanced
  set lmargin at screen 0.09
  set rmargin at screen 0.98
  set tmargin at screen (below - 0.1) / height
  set bmargin at screen 0.5 / height
  set xrange [0.5:modes+0.5]
  set yrange [-0.02:1]
  set ytics 0.2
  set xlabel 'mode' @INK
  set ylabel 'R² of a factor' @INK
  plot for [k=3:F_columns] 'factors.csv' using (column(1) + 0.24*(k - 3.5)):k with impulses lw 5 lc k-2 notitle, \
       for [k=3:F_columns] 'factors.csv' using (column(1) + 0.24*(k - 3.5)):k with points pt 7 ps 0.7 lc k-2 title name_of(columnheader(k))
  unset multiplot
  unset output
}
