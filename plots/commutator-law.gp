# How fast the commutator L = [F, W_p] of the symmetrised flow decays: for 2 by 2
# matrices exactly as exp(-int tr K) (here), for larger ones below the bound
# exp(-2 int K_min), which is drawn over one of 3 by 3 (../symmetric-eta/001).
# The integrals are trapezoids over the tables' rows. sigma^2 = .09, tau = 1, eta = .04, alpha_p = 1.
width = 7.0
height = 4.6
b = 1.09
other = '../symmetric-eta/001/trace.csv'
trace_of_K(s1, s2, p1, p2) = b*((s1 + s2)/2 + p1**2 + p2**2) - (p1 + p2) + 3*0.04
now(k) = (column(0) == 0 ? (sum = 0) : (sum = sum + 0.5*(k + before)*(column("t") - then)), before = k, then = column("t"), sum)
stats trace using "commutator" every ::0::0 nooutput name 'A'
stats other using "commutator" every ::0::0 nooutput name 'B'
set table $worst
sum = before = then = 0
plot trace using (column("t")):(column("commutator")/(A_max*exp(-now(trace_of_K(column("s_1"), column("s_2"), column("p_1"), column("p_2"))))) - 1) with lines
unset table
set datafile separator whitespace
unset datafile columnheaders
stats $worst using (abs($2)) nooutput name 'W'
set datafile separator comma
set datafile columnheaders
do for [terminal_name in terminals] {
  @OPEN
  set title title_text @INK
  set logscale y
  set format y '10^{%L}'
  set grid ls 100
  set xlabel 'flow time t' @INK
  set ylabel 'commutator ‖L‖ = ‖[F, W_p]‖' @INK
  set xrange [0:30]
  set yrange [1e-14:1]
  set key bottom left Left reverse samplen 2.5 spacing 1.2
  @AXES
  plot trace using (column("t")):(column("commutator")) every 10 with points pt 7 ps 0.9 lc rgb ink('#1b1464') title '2 by 2, integrated', \
       trace using (column("t")):(A_max*exp(-now(trace_of_K(column("s_1"), column("s_2"), column("p_1"), column("p_2"))))) with lines lw 1.6 dt (7,5) lc rgb ink('#d95f02') title sprintf('‖L(0)‖ exp(−∫ tr K): within %.0g', W_max), \
       other using (column("t")):(column("commutator")) every 4 with points pt 5 ps 0.8 lc rgb ink('#1f9e89') title '3 by 3, integrated', \
       other using (column("t")):(B_max*exp(-2*now(column("K_min")))) with lines lw 1.6 dt (2,3) lc rgb ink('#1f9e89') title 'bound ‖L(0)‖ exp(−2∫ K_{min})'
  unset output
}
