# Shared by every figure: terminals, fonts, colours.
if (!exists("suffix")) suffix = ''
if (!exists("width")) width = 7.0      # inches
if (!exists("height")) height = 5.2
# A copy without the state where the table has it (see the lines above).
if (!exists("trace")) trace = 'trace.csv'
set datafile separator comma
set datafile columnheaders
set datafile missing "nan"
set encoding utf8
set colorsequence podo
set border 3 lw 0.8 lc rgb '#404040'
set tics nomirror scale 0.6 textcolor rgb '#202020'
set mxtics 10
set style line 100 lw 0.4 lc rgb '#dddddd'
# Modes from first to last: dark blue to yellow, told apart in grey as well.
set palette defined (0 '#1b1464', 0.25 '#31688e', 0.5 '#1f9e89', 0.75 '#8bc34a', 0.92 '#f0b400')
set palette maxcolors 0
unset colorbox
terminals = 'svg'
if (strstrt(GPVAL_TERMINALS, ' pngcairo ') > 0) terminals = terminals . ' png'
if (strstrt(GPVAL_TERMINALS, ' pdfcairo ') > 0) terminals = terminals . ' pdf'
# Use as: do for [terminal_name in terminals] { @OPEN … unset output }
OPEN = "if (terminal_name eq 'svg') { set terminal svg size 96*width,96*height font 'DejaVu Sans,12' enhanced background 'white' } ; if (terminal_name eq 'png') { set terminal pngcairo size 160*width,160*height font 'DejaVu Sans,10' fontscale 1.6 linewidth 1.6 } ; if (terminal_name eq 'pdf') { set terminal pdfcairo size width,height font 'DejaVu Sans,9' } ; set output name . '.' . terminal_name . suffix"
# Use as: config = 'config.yaml'; key = 'eta'; @SETTING …: then got is the text
# of the first setting of that name, a list without its brackets, and
# item(got, j) the j-th number of it.
SETTING = "set datafile nocolumnheaders ; set datafile separator ':' ; got = '' ; stats config using (got eq '' && strcol(1) eq key ? (got = strcol(2), 0) : NaN) nooutput ; set datafile separator comma ; set datafile columnheaders ; if (got[1:1] eq '[') { got = got[2:strlen(got)-1] }"
bare(w) = strlen(w) > 0 && w[strlen(w):strlen(w)] eq ',' ? w[1:strlen(w)-1] : w
item(list, j) = real(bare(word(list, j)))
