# The last two linear maps of a network under InfoNCE, solid, with what their flow
# from the start says, dashed. Left: singular values of the last map over flow
# time. Right: variances of the embedding's directions at the start and the end,
# over the largest. Reads overlay.csv, of several runs the first, and agreement.csv.
width = 9.4
height = 4.6
size(text) = strlen(text) * 0.1 * figure_points / 9.0 < width - 0.4 ? 13 : 130 * (width - 0.4) * 9.0 / figure_points / strlen(text)
count(what) = int(system(sprintf("head -1 overlay.csv | tr ',' '\\n' | grep -c '^%s_[0-9]*$'", what)))
told(what) = real(system(sprintf("grep '^%s,' agreement.csv | cut -d, -f2", what)))
last = count('sigma_2') > 0 ? 'sigma_2' : 'sigma_1'
n = count(last)
d = count('cov_lambda')

unset datafile
set datafile separator comma
set datafile columnheaders
set table $row
plot 'overlay.csv' using (strcol("run")):(strcol("t")) with table
unset table
rows = 0
do for [i=1:|$row|] { if (word($row[i], 1) eq '1') { rows = i } }
t_end = real(word($row[rows], 2))

# Spectra: j, start, end, predicted end.
ends(name) = system(sprintf("awk -F, -v name=%s -v last=%d 'NR == 1 { for (c = 1; c <= NF; c++) if ($c == name) at = c } NR == 2 { a = $at } NR == last + 1 { print a, $at }' overlay.csv", name, rows))
top = 0.0 ; top_start = 0.0 ; top_said = 0.0
set print $spectrum
print 'j,start,end,said'
do for [j=1:d] {
  both = ends(sprintf('cov_lambda_%d', j))
  said = real(word(ends(sprintf('predicted_cov_lambda_%d', j)), 2))
  if (j == 1) { top_start = real(word(both, 1)) ; top = real(word(both, 2)) ; top_said = said }
  print sprintf('%d,%.9g,%.9g,%.9g', j, real(word(both, 1)) / top_start, real(word(both, 2)) / top, said / top_said)
}
unset print

do for [terminal_name in terminals] {
  @OPEN
  set multiplot layout 1,2 margins 0.075,0.985,0.13,0.83 spacing 0.09
  unset logscale y
  set format y '%g'
  set label 1 title_text at screen 0.5,0.955 center noenhanced font sprintf(',%.1f', size(title_text)) @INK
  set label 2 sprintf('singular values %.2g%% off (maps as they start: %.2g%%); rank %g, predicted %g', 100 * told('sigma_error'), 100 * real(system("grep '^sigma_error,' agreement.csv | cut -d, -f5")), told('rank'), told('rank_predicted')) at screen 0.5,0.895 center font ',10.5' tc rgb ink('#606060')
  set border 3 lw 0.8
  set tics nomirror out
  set xlabel 'flow time t' @INK
  set ylabel 'singular values of the last map' @INK
  set xrange [0:t_end]
  set yrange [0:*]
  set palette defined (0 ink('#1b1464'), .25 ink('#31688e'), .5 ink('#1f9e89'), .75 ink('#8bc34a'), 1 ink('#f0b400'))
  unset colorbox
  set cbrange [1:n]
  one(name) = (column("run") == 1 ? column(name) : NaN)
  set key top left Left reverse samplen 2.5 font ',10'
  plot for [j in shown(n)] 'overlay.csv' using (one("t")):(one(last . '_' . j)):(int(j)) with lines lw 3 lc palette notitle, \
       for [j in shown(n)] 'overlay.csv' using (one("t")):(one('predicted_' . last . '_' . j)) with lines dt (6,5) lw 1.3 lc rgb ink('#202020') notitle, \
       NaN with lines lw 3 lc rgb ink('#31688e') title 'network', \
       NaN with lines dt (6,5) lw 1.3 lc rgb ink('#202020') title 'flow from its start'
  unset label 1 ; unset label 2
  set xlabel 'direction of the embedding' @INK
  set ylabel 'variance over the largest' offset 1 @INK
  set xrange [0.5:d + 0.5]
  set logscale y
  set format y '10^{%T}'
  set yrange [*:2]
  set key bottom left
  plot $spectrum using 1:2 with linespoints pt 6 ps 0.6 lw 1 lc rgb ink('#8a8a8a') title 'network, start', \
       $spectrum using 1:3 with linespoints pt 7 ps 0.6 lw 2.5 lc rgb ink('#31688e') title 'network, end', \
       $spectrum using 1:4 with lines dt (6,5) lw 1.3 lc rgb ink('#202020') title 'flow, end'
  unset multiplot
  unset output
}
