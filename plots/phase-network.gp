# Networks over theory's phase diagrams: background, the fate of the eigenmode
# (../rate-decay-fates, ../decay-average-fates); points, the linear networks of
# ../rate-decay and ../decay-average, filled where their modes have grown. Reads
# the tables of these stages.
width = 9.6
height = 5.0
MISSING = "'?'" ; set datafile missing @MISSING
array from[2] = ['rate-decay', 'decay-average']
array across[2] = ['alpha_p', 'beta']
array under[2] = ['predictor rate α_p', 'EMA rate β']
grown = 0.2
# η, α_p and β of a network: its descent is at lr .05 of twice the theory's J.
lr = 0.05
array of_x[2] = ['log10(column("predictor_lr_ratio"))', 'log10((1 - column("ema_momentum"))/(2*lr))']
of_y = 'log10(column("weight_decay")/2)'
p_mean = '(column("p_1_end") + column("p_2_end") + column("p_3_end") + column("p_4_end"))/4'
array same[2]
array all[2]
do for [k=1:2] {
  eval sprintf('set table $net_%d', k)
  eval sprintf('plot "../%s/table.csv" using (%s):(%s):(%s > grown) with table', from[k], of_x[k], of_y, p_mean)
  unset table
  set table $theory
  plot '../' . from[k] . '-theory/table.csv' using (column("p_1_end") > grown) with table
  unset table
  # Rows of both are in the same order.
  eval sprintf('all[k] = |$net_%d|', k)
  agreed = 0
  do for [i=1:all[k]] { eval sprintf('agreed = agreed + (real(word($net_%d[i], 3)) == real($theory[i]))', k) }
  same[k] = agreed
}
threshold = log10(0.2)
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  unset key
  unset grid
  set border 15 front
  set palette defined (0 ink('#cfe0f2'), 0.5 ink('#cfe0f2'), 0.5 ink('#f7e2c4'), 1 ink('#f7e2c4'))
  set cbrange [0:1]
  set label 1 title_text at screen 0.5,0.955 center noenhanced font ',13' @INK
  set object 1 rect from screen 0.08,0.868 to screen 0.10,0.895 fc rgb ink('#cfe0f2') fs solid noborder
  set object 2 rect from screen 0.235,0.868 to screen 0.255,0.895 fc rgb ink('#f7e2c4') fs solid noborder
  set label 2 'theory: lives' at screen 0.105,0.88 @INK
  set label 3 'theory: collapses' at screen 0.26,0.88 @INK
  set label 4 'network: grown' at screen 0.47,0.88 offset 1,0 point pt 7 ps 0.9 lc rgb ink('#1b4f8a') @INK
  set label 5 'network: collapsed' at screen 0.64,0.88 offset 1,0 point pt 6 lw 1.6 ps 0.9 lc rgb ink('#b85c00') @INK
  set label 6 'β = 0.4' at screen 0.285,0.825 center @INK
  set label 7 'α_p = 1' at screen 0.775,0.825 center @INK
  do for [k=1:2] {
    set lmargin at screen 0.085 + 0.49*(k - 1)
    set rmargin at screen 0.485 + 0.49*(k - 1)
    set tmargin at screen 0.80
    set bmargin at screen 0.145
    set label 8 sprintf('%d of %d agree', same[k], all[k]) at graph 0.97,0.06 right front @INK
    set xlabel under[k] @INK
    set ylabel 'weight decay η' @INK
    if (k == 1) { set xrange [log10(0.075):log10(133)] ; set xtics ('0.1' -1, '1' 0, '10' 1, '100' 2) }
    if (k == 2) { set xrange [log10(0.015):log10(5.3)] ; set xtics ('0.02' log10(0.02), '0.1' -1, '0.4' log10(0.4), '1' 0, '4' log10(4)) }
    set yrange [log10(0.004):log10(0.5)]
    set ytics ('0.005' log10(0.005), '0.01' -2, '0.03' log10(0.03), '0.1' -1, '0.2' log10(0.2), '0.4' log10(0.4))
    unset mxtics
    unset mytics
    set arrow 1 from graph 0, first threshold to graph 1, first threshold nohead front lw 1.6 dt (6,4) lc rgb ink('#404040')
    set label 9 'η = 1/4b' at graph 0.03, first threshold offset 0,0.6 front @INK
    plot '../' . from[k] . '-fates/sweep.csv' using (log10(column(across[k]))):(log10(column("eta"))):(strcol("outcome") eq 'stable' ? 0 : 1) with image
    unset label
    unset object
    unset arrow
    unset xlabel
    unset ylabel
    set datafile separator whitespace
    set datafile nocolumnheaders
    plot '$net_' . k using 1:($3 > 0 ? $2 : NaN) with points pt 7 ps 0.75 lc rgb ink('#1b4f8a'), \
         '$net_' . k using 1:($3 > 0 ? NaN : $2) with points pt 6 lw 1.5 ps 0.75 lc rgb ink('#b85c00')
    set datafile separator comma
    set datafile columnheaders
  }
  unset multiplot
  unset output
}
