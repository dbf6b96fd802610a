# Alignment of two layers. Left: 1 - |v_2j.u_1j| under a fixed X as its first mode
# blows up (../fixed). Middle: under the population's X, which is bounded
# (../population). Right: the law, for the two modes of ../law-fixed and this
# folder: A_12 as measured over v_21.K u_12/(sigma_12^2 - sigma_21^2), K at t = 0.
width = 11.0
height = 4.3
m = 6
array tone[6] = [ink('#1b1464'), ink('#31688e'), ink('#1f9e89'), ink('#8bc34a'), ink('#f0b400'), ink('#d95f02')]
stats '../fixed/trace.csv' using "t_blowup" nooutput name 'B'
late = B_min
# Eigenvectors of a symmetric 2x2 matrix by their angle; those of W_1 W_1^T are
# u, those of W_2^T W_2 are v.
angle(a, b, c) = 0.5*atan2(2*b, a - c)
upper(a, b, c) = 0.5*(a + c) + sqrt(0.25*(a - c)**2 + b**2)
lower(a, b, c) = (a*c - b**2)/upper(a, b, c)
W(l, i, j) = column(sprintf('W%d_%d_%d', l, i, j))
P11(_) = W(1,1,1)**2 + W(1,1,2)**2
P12(_) = W(1,1,1)*W(1,2,1) + W(1,1,2)*W(1,2,2)
P22(_) = W(1,2,1)**2 + W(1,2,2)**2
Q11(_) = W(2,1,1)**2 + W(2,2,1)**2
Q12(_) = W(2,1,1)*W(2,1,2) + W(2,2,1)*W(2,2,2)
Q22(_) = W(2,1,2)**2 + W(2,2,2)**2
u(_) = angle(P11(0), P12(0), P22(0))
v(_) = angle(Q11(0), Q12(0), Q22(0))
measured(_) = abs(sin(v(0) - u(0)))
gap(_) = upper(Q11(0), Q12(0), Q22(0)) - lower(P11(0), P12(0), P22(0))
law(K11, K12, K22) = abs(-K11*cos(v(0))*sin(u(0)) + K12*cos(v(0) + u(0)) + K22*sin(v(0))*cos(u(0)))/abs(gap(0))
law_of(k) = law(K11[k], K12[k], K22[k])
array K11[2]
array K12[2]
array K22[2]
array two[2] = ['../law-fixed/trace.csv', 'trace.csv']
do for [k=1:2] {
  stats two[k] using (P11(0) - Q11(0)) every ::0::0 nooutput name 'A'
  K11[k] = A_mean
  stats two[k] using (P12(0) - Q12(0)) every ::0::0 nooutput name 'A'
  K12[k] = A_mean
  stats two[k] using (P22(0) - Q22(0)) every ::0::0 nooutput name 'A'
  K22[k] = A_mean
}
do for [terminal_name in terminals] {
  @OPEN
  set multiplot
  set label 9 title_text at screen 0.5,0.965 center noenhanced font ',13' @INK
  set grid xtics ytics ls 100
  set tmargin at screen 0.84
  set bmargin at screen 0.17
  set logscale xy
  set format x '10^{%L}'
  set format y '10^{%L}'

  set lmargin at screen 0.07
  set rmargin at screen 0.345
  set title 'a   fixed X: mode 1 blows up' offset 0,-0.5 @INK
  set xrange [10:1e-4]
  set xtics (10, 1, 0.1, 0.01, 1e-3, 1e-4)
  set yrange [1e-12:3]
  set ytics 1e-12,1e3
  set xlabel 'time left, t* − t' offset 0,0.4 @INK
  set ylabel 'misalignment 1 − |v_{2j}·u_{1j}|' offset 0.8 @INK
  set key bottom left Left reverse samplen 2 spacing 1.1 maxrows 6
  plot for [j=1:m] '../fixed/trace.csv' using (late - column("t")):(1 - column(sprintf("alignment_%d", j))) with lines lw 2.6 lc rgb tone[j] title sprintf('j = %d', j)
  unset label

  set lmargin at screen 0.405
  set rmargin at screen 0.68
  set title 'b   population: X falls as σ grows' @INK
  set xrange [0.1:1000]
  set xtics 0.1,10
  set yrange [1e-5:3]
  set ytics 1e-5,10
  set xlabel 'flow time t' @INK
  set ylabel '' @INK
  unset key
  plot for [j=1:m] '../population/trace.csv' using (column("t")):(1 - column(sprintf("alignment_%d", j))) with lines lw 2.6 lc rgb tone[j]

  set lmargin at screen 0.755
  set rmargin at screen 0.985
  set title 'c   the law' @INK
  set xrange [1e-5:2]
  set yrange [1e-5:2]
  set xtics 1e-5,10
  set xlabel '|v_{21}·K u_{12}| / |σ_{12}^2 − σ_{21}^2|' @INK
  set ylabel '|v_{21}·u_{12}|' @INK
  set key top left Left reverse samplen 2 spacing 1.1
  plot two[1] using (law_of(1)):(measured(0)) with points pt 6 ps 0.9 lw 1.5 lc rgb ink('#1b1464') title 'fixed X', \
       two[2] using (law_of(2)):(measured(0)) with points pt 4 ps 0.9 lw 1.5 lc rgb ink('#d98a00') title 'population', \
       x with lines lw 1.4 dt (6,4) lc rgb ink('#404040') title 'equal'
  unset multiplot
  unset output
}
