# Spaces beside each other (alignment.csv): the share of each row's directions
# that each column's space holds, as a number in each cell. Where rows are the
# columns (a run has all of its own space) runs of other seeds are compared, so
# that the diagonal is what a seed leaves of a space; where rows are predictions,
# each with the run of its own number.
file = 'alignment.csv'
unique(k) = system("tail -n +2 " . file . " | cut -d, -f" . k . " | awk '!s[$0]++'")
rows = unique(1)
columns = unique(2)
n = words(rows) ; m = words(columns)
others = int(system("tail -n +2 " . file . " | cut -d, -f4 | grep -c '^0' || true")) > 0
stats file using (column("own") == 1 && column("same") == 1 ? column("overlap") : NaN) nooutput name 'O'
itself = rows eq columns && O_min > 0.999
same = itself && others ? 0 : 1
place(list, w) = sum [k=1:words(list)] (word(list, k) eq w ? k : 0)
across = "place(columns, strcol('column'))"
down = "(column('same') == same ? place(rows, strcol('row')) : NaN)"
text(x) = x > 0.995 ? '1' : sprintf('%.2f', x)[2:]
# A stage's name without what it does.
cut(w, end) = strlen(w) > strlen(end) && w[strlen(w)-strlen(end)+1:] eq end ? w[1:strlen(w)-strlen(end)] : w
bare_name(w) = cut(cut(w, '-embed'), '-ntk')
size_ = n > 12 || m > 12 ? 8 : 11
tick_font = sprintf(',%d', size_ + 1)
cell_font = sprintf(',%d', size_)
stats file using (column("same") == same ? column("chance") : NaN) nooutput name 'C'
cell = n > 12 ? 0.44 : 0.62
width = 2.5 + cell * m + 0.9
height = 1.2 + cell * n + 1.2
do for [terminal_name in terminals] {
  @OPEN
  set palette defined (0 ink('#fbfaf4'), 0.5 ink('#63a9a0'), 1 ink('#1b1464'))
  set cbrange [0:1]
  set colorbox
  set cblabel 'share of directions in common' @INK
  set xrange [0.5:m+0.5]
  set yrange [n+0.5:0.5]
  set border 0
  set xtics scale 0 rotate by 40 right font tick_font
  set ytics scale 0 font tick_font
  unset mxtics
  unset mytics
  set xtics ('' 0)
  set ytics ('' 0)
  do for [k=1:m] { set xtics add (bare_name(word(columns, k)) k) }
  do for [k=1:n] { set ytics add (bare_name(word(rows, k)) k) }
  if (!itself) { set ylabel 'predicted by the kernel of' @INK ; set xlabel 'learned by' @INK }
  set title title_text . "\n" . sprintf('{/*0.8 %s; at random %.3f}', same ? 'runs of one seed' : 'runs of different seeds', C_mean) @INK
  unset key
  set lmargin at screen 2.2 / width
  set rmargin at screen (2.2 + cell * m) / width
  set tmargin at screen 1 - 0.75 / height
  set bmargin at screen 1.4 / height
  plot file using (@across):(@down):(@across-0.48):(@across+0.48):(@down-0.48):(@down+0.48):"overlap" with boxxyerror fs solid 1 noborder lc palette, \
       file using (@across):(@down):(text(column("overlap"))):(hex(ink(column("overlap") > 0.6 ? "#ffffff" : "#202020"))) with labels font cell_font tc rgb variable
  unset output
}
