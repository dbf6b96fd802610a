# Modes of a trained network with theory of BYOL over them (overlay.csv, modes.csv
# and agreement.csv): p_j and s_j (solid), the flow of matrices from the start
# (dashed) and that of single modes fed with lambda_d and lambda_s as they were
# measured along training (dotted); what theory keeps, s - p^2/alpha_p; and how far
# F and W_p are from commuting, W_p from symmetric. Of several runs the first.
width = 9.4
height = 6.6
plain = ink('#606060')
theory = ink('#202020')
MISSING = "NaN" ; set datafile missing @MISSING
is(x) = x == x
of(x) = column("run") == 1 ? x : NaN
stats 'modes.csv' using (column("run") == 1 ? column("mode") : NaN) nooutput name 'M'
stats 'overlay.csv' using (column("t")) nooutput name 'T'
stats 'overlay.csv' using (column("run")) nooutput name 'R'
stats 'modes.csv' using (column("run") == 1 && strcol("fate_met") eq 'stable' ? 1 : NaN) nooutput name 'A'
d = int(M_max)
# The first ten modes, or those asked for of all, the first on top; with none of
# those here, all.
few = d > 10 && figure_modes eq '' ? 10 : d
drawn = ''
do for [j=few:1:-1] { if (wanted(j) || shown(few) eq '') { drawn = drawn . j . ' ' } }
# Sixty rows make a curve.
rows = T_records > 0 ? T_records / R_max : 1
skip = rows > 60 ? ceil(rows / 60.0) : 1
t_end = T_max > 0 ? T_max : 1
alive = exists('A_records') ? A_records : 0
# Where the first run's last row is, for p*+.
array star[few]
do for [j=1:few] {
  star[j] = NaN
  undefine P_*
  stats 'modes.csv' using (column("run") == 1 && column("mode") == j && strcol("fate_met") eq 'stable' ? column("p_star_plus_end") : NaN) nooutput name 'P'
  if (exists('P_records')) { star[j] = P_max }
}
array anchor[5] = [hex(ramp[1]), hex(ramp[2]), hex(ramp[3]), hex(ramp[4]), hex(ramp[5])]
part(c, k) = (int(c) >> (8 * k)) & 255
mix(a, b, x) = int(a + (b - a) * x + 0.5)
blend(a, b, x) = (mix(part(a, 2), part(b, 2), x) << 16) + (mix(part(a, 1), part(b, 1), x) << 8) + mix(part(a, 0), part(b, 0), x)
shade(j) = few > 1 ? 4.0 * (j - 1) / (few - 1) : 0.0
cell(x) = x >= 4 ? 4 : int(x) + 1
colour(j) = blend(anchor[cell(shade(j))], anchor[cell(shade(j)) + 1], shade(j) - cell(shade(j)) + 1)
pale(j) = blend(colour(j), hex(ground), 0.35)

metric = 'agreement.csv'
stats metric using (strcol("metric") eq 'p_error_features_worst' ? column("value") : NaN) nooutput name 'F'
said = sprintf('%d of %d modes alive', alive, d)
if (exists('F_records')) { said = said . sprintf('; p of these within %.2g%% (dotted)', 100 * F_max) }
stats metric using (strcol("metric") eq 'p_error_matrices_worst' ? column("value") : NaN) nooutput name 'G'
if (exists('G_records')) { said = said . sprintf(', %.2g%% (dashed)', 100 * G_max) }
stats metric using (strcol("metric") eq 'theorem' ? column("value") : NaN) nooutput name 'O'
if (exists('O_records')) { if (O_max == 0) { said = said . '; outside the theorems' } }
if (R_max > 1) { said = said . sprintf('; curves: run 1 of %d', R_max) }
stats 'overlay.csv' using (of(column("commutator_normalised"))) nooutput name 'C'
aligned = exists('C_records')
stats 'overlay.csv' using (of(column("invariant_1"))) nooutput name 'I'
invariant = exists('I_records')

do for [terminal_name in terminals] {
  @OPEN
  set multiplot layout 2,2 title title_text."\n{/*0.75 ".said."}" @INK offset 0,0.3 margins 0.075,0.985,0.085,0.84 spacing 0.09,0.07
  set grid xtics ytics ls 100
  set xrange [0:t_end]
  set format x ''
  unset key
  # The keys of lines, in the first panel.
  set arrow 1 from screen 0.075,0.885 to screen 0.11,0.885 nohead lw 2.6 lc rgb plain
  set label 1 'network' at screen 0.117,0.885 @INK
  set arrow 2 from screen 0.22,0.885 to screen 0.255,0.885 nohead lw 1.4 dt (7,5) lc rgb theory
  set label 2 'theory of matrices' at screen 0.262,0.885 @INK
  set arrow 3 from screen 0.44,0.885 to screen 0.475,0.885 nohead lw 1.8 dt (1,3) lc rgb theory
  set label 3 'theory of modes, features as measured' at screen 0.482,0.885 @INK
  set arrow 4 from screen 0.81,0.885 to screen 0.845,0.885 nohead lw 0.9 lc rgb ink('#d95f02')
  set label 4 'p*₊ at the end' at screen 0.852,0.885 @INK
  set ylabel 'eigenvalue of the predictor, p_j' offset 1 @INK
  do for [j in drawn] { if (is(star[int(j)])) { set arrow 10+j from t_end*0.9,star[int(j)] to t_end,star[int(j)] nohead front lw 0.9 lc rgb ink('#d95f02') } }
  plot for [j in drawn] 'overlay.csv' every skip using (of(column("t"))):(column("p_".j)) with lines lw 3 lc rgb pale(int(j)), \
       for [j in drawn] 'overlay.csv' every skip using (of(column("t"))):(column("p_matrices_".j)) with lines lw 1.3 dt (7,5) lc rgb theory, \
       for [j in drawn] 'overlay.csv' every skip using (of(column("t"))):(column("p_features_".j)) with lines lw 1.8 dt (1,3) lc rgb theory
  unset arrow
  unset label
  set ylabel 'eigenvalue of WWᵀ, s_j' offset 1 @INK
  plot for [j in drawn] 'overlay.csv' every skip using (of(column("t"))):(column("s_".j)) with lines lw 3 lc rgb pale(int(j)), \
       for [j in drawn] 'overlay.csv' every skip using (of(column("t"))):(column("s_matrices_".j)) with lines lw 1.3 dt (7,5) lc rgb theory, \
       for [j in drawn] 'overlay.csv' every skip using (of(column("t"))):(column("s_features_".j)) with lines lw 1.8 dt (1,3) lc rgb theory
  set format x '%g'
  set xlabel 'flow time of the network, t' offset 0,0.4 @INK
  set ylabel 's_j − p_j²/α_p' offset 1 @INK
  if (invariant) {
    set yrange [*<-0.05:0.05<*]
    plot for [j in drawn] 'overlay.csv' every skip using (of(column("t"))):(column("invariant_".j)) with lines lw 2.4 lc rgb pale(int(j)), \
         for [j in drawn] 'overlay.csv' every skip using (of(column("t"))):(column("invariant_theory_".j)) with lines lw 1.3 dt (7,5) lc rgb theory
    set autoscale y
  } else {
    set label 1 'no such law here' at graph 0.5,0.5 center textcolor rgb plain
    set yrange [0:1]
    plot NaN notitle
    unset label 1
    set autoscale y
  }
  set ylabel 'alignment of W_p and F' offset 1 @INK
  if (aligned) {
    set key top right reverse Left samplen 2.4
    # Room above the curves for their names.
    stats 'overlay.csv' using (of(column("commutator_normalised")) > of(column("asymmetry")) ? of(column("commutator_normalised")) : of(column("asymmetry"))) nooutput name 'U'
    undefine V_*
    stats 'overlay.csv' using (of(column("asymmetry_matrices"))) nooutput name 'V'
    top = exists('V_max') && V_max > U_max ? V_max : U_max
    set yrange [0:(top > 0.016 ? 1.3*top : 0.02)]
    plot 'overlay.csv' every skip using (of(column("t"))):(column("commutator_normalised")) with lines lw 2.6 lc rgb ink('#31688e') title 'commutator', \
         'overlay.csv' every skip using (of(column("t"))):(column("asymmetry")) with lines lw 2.6 lc rgb ink('#8bc34a') title 'asymmetry', \
         'overlay.csv' every skip using (of(column("t"))):(column("commutator_matrices")) with lines lw 1.3 dt (7,5) lc rgb theory notitle, \
         'overlay.csv' every skip using (of(column("t"))):(column("asymmetry_matrices")) with lines lw 1.3 dt (7,5) lc rgb theory notitle
    set autoscale y
  } else {
    set label 1 'no predictor' at graph 0.5,0.5 center textcolor rgb plain
    set yrange [0:1]
    plot NaN notitle
    unset label 1
    set autoscale y
  }
  unset multiplot
  unset output
}
