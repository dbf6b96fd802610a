# Embeddings over time in three principal directions: four moments as a figure,
# all of them as an animation. Frame f is rows f*points … of embedding.csv.
width = 7.2
height = 6.0
stats 'embedding.csv' using "frame" nooutput name 'F'
stats 'embedding.csv' using "point" nooutput name 'N'
stats 'embedding.csv' using "x" nooutput name 'X'
stats 'embedding.csv' using "y" nooutput name 'Y'
stats 'embedding.csv' using "z" nooutput name 'Z'
# Points that never leave a line or a plane need a range all the same.
if (X_max <= X_min) { X_min = -1; X_max = 1 }
if (Y_max <= Y_min) { Y_min = X_min; Y_max = X_max }
if (Z_max <= Z_min) { Z_min = X_min; Z_max = X_max }
frames = int(F_max)
points = int(N_max) + 1
first(f) = f * points
last(f) = f * points + points - 1
array time[frames + 1]
array second[frames + 1]
array third[frames + 1]
do for [f=0:frames] {
  stats 'embedding.csv' every ::first(f)::last(f) using "t" nooutput name 'S'
  time[f + 1] = S_max
  stats 'embedding.csv' every ::first(f)::last(f) using "y" nooutput name 'S'
  second[f + 1] = S_stddev
  stats 'embedding.csv' every ::first(f)::last(f) using "z" nooutput name 'S'
  third[f + 1] = S_stddev
}
# The last frame before a direction has a tenth of its final spread.
array shown[4]
shown[1] = 0
shown[2] = 0
shown[3] = 0
shown[4] = frames
do for [f=0:frames] {
  if (second[f + 1] < 0.1 * second[frames + 1]) { shown[2] = f }
  if (third[f + 1] < 0.1 * third[frames + 1]) { shown[3] = f }
}
what(k) = k == 1 ? 'a point' : k == 2 ? 'a line' : k == 3 ? 'a plane' : 'three dimensions and on'
do for [terminal_name in terminals] {
  @OPEN
  set xrange [X_min:X_max]
  set yrange [Y_min:Y_max]
  set zrange [Z_min:Z_max]
  set xyplane at Z_min
  set border 4095 lw 0.4 lc rgb ink('#aaaaaa')
  set view 62,35,1.2,1.15
  unset key
  unset tics
  unset mxtics
  set xlabel '1st' offset 4,1.2 @INK
  set ylabel '2nd' offset -6,2 @INK
  set zlabel '3rd' offset 6,0
  set cbrange [X_min:X_max]
  set multiplot layout 2,2 title title_text . "\n " @INK
  do for [k=1:4] {
    f = shown[k]
    set title sprintf('%s, t = %.4g', what(k), time[f + 1]) offset 0,1 @INK
    splot 'embedding.csv' every ::first(f)::last(f) using "x":"y":"z":"x" with points pt 7 ps 0.35 lc palette notitle
  }
  unset multiplot
  unset output
}
if (strstrt(GPVAL_TERMINALS, ' gif ') > 0) {
  # Few colours and a small frame keep the file small.
  set terminal gif animate optimize delay 12 loop 0 size 480,420 font 'DejaVu Sans,10'
  set palette maxcolors 6
  set xlabel '1st' offset 0,0.8 @INK
  set ylabel '2nd' offset 0,0.8 @INK
  set view 62,35,1.08,1
  set output name . '.gif' . suffix
  do for [f=0:frames] {
    set title sprintf('t = %.4g', time[f + 1]) @INK
    splot 'embedding.csv' every ::first(f)::last(f) using "x":"y":"z":"x" with points pt 7 ps 0.5 lc palette notitle
  }
  unset output
}
