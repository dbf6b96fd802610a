# Outcomes of BYOL's eigenmodes over pairs of settings (../alpha_eta, ../beta_eta,
# ../alpha_beta) and over starts (../starts, with the boundary of ../edge). Hue:
# outcome; shade: when it was certain. Images, so that a figure stays small.
width = 8.6
height = 9.0
# A cell without a number keeps its place.
MISSING = "'?'" ; set datafile missing @MISSING
array from[4] = ['alpha_eta', 'beta_eta', 'alpha_beta', 'starts']
array across[4] = ['alpha_p', 'eta', 'alpha_p', 'p0']
array up[4] = ['eta', 'beta', 'beta', 's0']
array under[4] = ['predictor rate α_p', 'weight decay η', 'predictor rate α_p', 'p at the start']
array beside[4] = ['weight decay η', 'EMA rate β', 'EMA rate β', 's at the start']
table_of(k) = '../' . from[k] . '/sweep.csv'

# Shade within a hue: t = 0.1 to 100, logarithmically.
shade(t) = t <= 0.1 ? 0 : t >= 100 ? 0.9 : 0.3 * log10(10*t)
tone(word, t) = shade(t) + (word eq 'stable' ? 0 : 1)

# Coordinates as they are drawn: logarithms but for p0.
place(k, x) = k == 4 ? x : log10(x)
# 0 and up: stable, 1: collapsed, 2.5: undecided, 3.5: failed or diverged. What is
# not a number is not asked for, or the cell would be left out.
value_ = "(column('status') > 0 || strcol('outcome') eq 'diverged' ? 3.5 : strcol('outcome') eq 'undecided' ? 2.5 : tone(strcol('outcome'), column('t_settle')))"
cell = "(place(k, column(across[k]))):(log10(column(up[k]))):" . value_

array low_x[4]
array high_x[4]
array low_y[4]
array high_y[4]
cells = 0 ; odd = 0
do for [k=1:4] {
  eval 'stats table_of(k) using (odd = odd + (' . value_ . ' >= 2), place(k, column(across[k]))):(log10(column(up[k]))) nooutput name "A"'
  low_x[k] = A_min_x ; high_x[k] = A_max_x ; low_y[k] = A_min_y ; high_y[k] = A_max_y
  cells = cells + int(A_records)
}
do for [k=1:4] {
  config = '../' . from[k] . '/config.yaml'
  do for [key in 'alpha_p eta beta p0 s0 tau0 sigma2'] {
    @SETTING
    eval sprintf('%s_%d = strstrt("0123456789-", got[1:1]) > 0 ? real(got) : NaN', key, k)
  }
}
do for [w in 'lower upper'] {
  eval sprintf('set table $%s', w)
  plot '../edge/table.csv' using (column("p0")):(log10(column("s0"))) with table if (strcol("branch") eq w)
  unset table
}
array said[4]
said[1] = sprintf('β = %g', beta_1)
said[2] = sprintf('α_p = %g', alpha_p_2)
said[3] = sprintf('η = %g', eta_3)
said[4] = sprintf('α_p = %g, η = %g, β = %g', alpha_p_4, eta_4, beta_4)
start = sprintf('a–c: p = %g, s = %g, τ = %g at the start', p0_1, s0_1, tau0_1)
b = 1 + sigma2_1
threshold = log10(1 / (4 * b))

do for [terminal_name in terminals] {
  @OPEN
  set palette defined (0 ink('#2b6cae'), 0.9 ink('#e4eef8'), 1 ink('#b86a1e'), 1.9 ink('#fdf1e1'), 2 ink('#000000'), 2.99 ink('#000000'), 3 ink('#d6006e'), 4 ink('#d6006e'))
  set cbrange [0:4]
  set multiplot
  unset key
  unset grid
  set border 15 front
  set xtics nomirror
  set ytics nomirror
  set label 1 title_text at screen 0.5,0.975 center noenhanced font ',13' @INK
  set label 2 start at screen 0.5,0.945 center textcolor rgb ink('#505050')
  do for [i=0:59] {
    x = 0.10 + (i < 30 ? 0 : 0.235) + 0.006*(i % 30)
    set object 1+i rect from screen x,0.042 to screen x+0.0062,0.058 fc palette cb (i < 30 ? 0 : 1) + 0.9*(i % 30)/29.0 fs solid noborder
  }
  do for [i=0:1] {
    set label 10+i word('stable collapsed', i + 1) at screen 0.19 + 0.235*i,0.07 center @INK
    set label 12+i '0.1' at screen 0.10 + 0.235*i,0.03 center font ',9' @INK
    set label 14+i '100' at screen 0.28 + 0.235*i,0.03 center font ',9' @INK
    set label 16+i 'certain at t' at screen 0.19 + 0.235*i,0.03 center font ',9' @INK
    set object 61+i rect from screen 0.56,0.038+0.022*i to screen 0.575,0.052+0.022*i fc palette cb 2.5 + i fs solid noborder
  }
  set label 18 'undecided' at screen 0.585,0.045 @INK
  set label 19 'failed' at screen 0.585,0.067 @INK
  set label 20 sprintf(odd == 0 ? 'none of %d cells' : '%d of %d cells', odd == 0 ? cells : odd, cells) at screen 0.69,0.056 @INK
  do for [k=1:4] {
    column_ = (k - 1) % 2
    row_ = (k - 1) / 2
    set lmargin at screen 0.09 + 0.49*column_
    set rmargin at screen 0.48 + 0.49*column_
    set tmargin at screen 0.90 - 0.43*row_
    set bmargin at screen 0.58 - 0.43*row_
    set xrange [low_x[k]:high_x[k]]
    set yrange [low_y[k]:high_y[k]]
    unset mxtics
    unset mytics
    set ytics -9,1,9 out
    set format y '10^{%.0f}'
    if (k == 4) { set xtics autofreq out ; set format x '%g' } else { set xtics -9,1,9 out ; set format x '10^{%.0f}' }
    do for [d=-5:3] { do for [m=2:9] {
      if (k < 4) { set xtics add ('' d + log10(m) 1) }
      set ytics add ('' d + log10(m) 1)
    } }
    set xlabel under[k] offset 0,0.3 @INK
    set ylabel beside[k] offset 0.6,0 @INK
    set title sprintf('%c   %s', 96 + k, said[k]) offset 0,-0.6 @INK
    if (k == 1) { set arrow 1 from low_x[k],threshold to high_x[k],threshold nohead front lw 1.8 dt (6,4) lc rgb ink('#000000') ; set label 3 'η = τ²/4b: no stable point above' at low_x[k],threshold offset 1,0.6 front @INK }
    if (k == 2) { set arrow 1 from threshold,low_y[k] to threshold,high_y[k] nohead front lw 1.8 dt (6,4) lc rgb ink('#000000') ; set label 3 'η = τ²/4b' at threshold,low_y[k] rotate by 90 offset 1.2,1 left front @INK }
    eval 'plot table_of(k) using ' . cell . ' with image'
    unset arrow
    unset label
    unset object
  }
  # The separatrix over the last panel.
  unset border
  unset xtics
  unset ytics
  unset xlabel
  unset ylabel
  unset title
  set datafile separator whitespace
  set datafile nocolumnheaders
  set label 3 'separatrix' at graph 0.475,0.05 center font ',10.5' @INK
  plot for [w in 'lower upper'] '$' . w using 1:2 with lines lw 1.8 dt (6,4) lc rgb ink('#000000')
  unset label
  set datafile separator comma
  set datafile columnheaders
  unset multiplot
  unset output
}
