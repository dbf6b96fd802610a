# Accuracy of a linear probe for every method, mean and standard deviation over
# seeds, from the best to the worst; small: each seed. Reads summary.csv and
# table.csv of the stages METHOD-probe beside this one, and writes what is drawn
# to accuracies.csv.
width = 7.4
system("LC_ALL=C; export LC_ALL; (echo method,n,top1_mean,top1_std,top5_mean,top5_std; for f in ../*-probe/summary.csv; do m=${f#../}; awk -F, -v m=${m%-probe/summary.csv} 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } NR == 2 { printf \"%s,%s,%s,%s,%s,%s\\n\", m, $at[\"n\"], $at[\"top1_mean\"], $at[\"top1_std\"], $at[\"top5_mean\"], $at[\"top5_std\"] }' $f; done | sort -t, -k3,3gr) >accuracies.csv")
set table $drawn
plot 'accuracies.csv' using (strcol("method")) with table
unset table
n = |$drawn|
height = 1.4 + 0.24 * n
method(k) = word($drawn[k], 1)
stats 'accuracies.csv' using (column("top1_mean") - column("top1_std")) nooutput name 'L'
stats 'accuracies.csv' using (column("top1_mean") + column("top1_std")) nooutput name 'H'
set table $random
plot 'accuracies.csv' using (strcol("method") eq 'random' ? column("top1_mean") : NaN) with table
unset table
chance = NaN
do for [k=1:|$random|] { if (strstrt($random[k], 'nan') == 0 && strstrt($random[k], 'NaN') == 0) { chance = real($random[k]) } }
tone(name) = name eq 'random' || name eq 'supervised' ? ink('#606060') : name eq 'no-predictor' || name eq 'no-stop-gradient' ? ink('#c2410c') : ink('#1b1464')
do for [terminal_name in terminals] {
  @OPEN
  set title title_text noenhanced @INK
  set grid xtics ls 100
  set border 1
  set lmargin at screen 0.23*crowd
  set rmargin at screen 0.96
  set xlabel 'share of test images whose class a linear probe names' @INK
  set yrange [n + 0.6:0.4]
  set ytics scale 0 noenhanced
  set ytics ('' 0)
  do for [k=1:n] { set ytics add (method(k) k) }
  set xrange [L_min - 0.01:H_max + 0.01]
  set mxtics 2
  if (chance == chance) { set arrow 1 from chance, graph 0 to chance, graph 1 nohead lw 0.9 dt (6,4) lc rgb ink('#606060') }
  @AXES
  plot for [k=1:n] '../' . method(k) . '-probe/table.csv' using "top1":(k + 0.27) with points pt 7 ps 0.4 lc rgb ink('#808080') notitle, \
       for [k=1:n] 'accuracies.csv' using (column("top1_mean")):(column(0) + 1 == k ? k : NaN):(column("top1_std")) with xerrorbars pt 7 ps 1 lw 1.8 lc rgb tone(method(k)) notitle
  unset output
}
