# Shared by every figure: settings (docs/figures.md), terminals, fonts, colours.
if (!exists("suffix")) suffix = ''
if (!exists("width")) width = 7.0      # inches
if (!exists("height")) height = 5.2
# A copy without the state where the table has it (see the lines above).
if (!exists("trace")) trace = 'trace.csv'
if (!exists("figure_font")) figure_font = 'DejaVu Sans'
if (!exists("figure_theme")) figure_theme = 'light'
if (!exists("figure_title")) figure_title = 'auto'
if (!exists("figure_modes")) figure_modes = ''
if (!exists("figure_x_scale")) figure_x_scale = 'auto'
if (!exists("figure_y_scale")) figure_y_scale = 'auto'
do for [figure_end in 'x_low x_high y_low y_high'] { if (!exists('figure_' . figure_end)) { eval 'figure_'  . figure_end . ' = NaN' } }
given(x) = x == x

# Ends and scales of an axis, where a script has its own: as given, or these.
x_low(own) = given(figure_x_low) ? figure_x_low : own
x_high(own) = given(figure_x_high) ? figure_x_high : own
y_low(own) = given(figure_y_low) ? figure_y_low : own
y_high(own) = given(figure_y_high) ? figure_y_high : own
x_log(own) = figure_x_scale eq 'auto' ? own && !(figure_x_low <= 0) : figure_x_scale eq 'log'
y_log(own) = figure_y_scale eq 'auto' ? own && !(figure_y_low <= 0) : figure_y_scale eq 'log'
# The same where it has none, or as its last word: @AXES before plot.
AXES = "if (given(figure_x_low)) { set xrange [figure_x_low:figure_x_high] } ; if (given(figure_y_low)) { set yrange [figure_y_low:figure_y_high] } ; if (figure_x_scale eq 'log') { set logscale x ; set xtics autofreq ; set format x '10^{%L}' } ; if (figure_x_scale eq 'linear' || figure_x_low <= 0) { unset logscale x ; set xtics autofreq ; set format x '%g' } ; if (figure_y_scale eq 'log') { set logscale y ; set ytics autofreq ; set format y '10^{%L}' } ; if (figure_y_scale eq 'linear' || figure_y_low <= 0) { unset logscale y ; set ytics autofreq ; set format y '%g' }"

# Modes to draw, of n: for [j in shown(n)].
wanted(j) = figure_modes eq '' || strstrt(figure_modes, sprintf(' %d ', j)) > 0
shown_of(a, b) = a > b ? '' : a == b ? (wanted(a) ? sprintf('%d ', a) : '') : shown_of(a, (a + b)/2) . shown_of((a + b)/2 + 1, b)
shown(n) = shown_of(1, int(n))

# Modes from first to last: dark blue to yellow, told apart in grey as well; on a
# dark ground from a blue that is seen there.
array ramp[5] = ['#1b1464', '#31688e', '#1f9e89', '#8bc34a', '#f0b400']
if (figure_theme eq 'dark') { ramp[1] = '#6f6ff0' ; ramp[2] = '#4f93d8' ; ramp[3] = '#2fbfa5' ; ramp[4] = '#8ccf4d' ; ramp[5] = '#ffe680' }
# Every colour of a script goes through this. On a dark ground it keeps its hue
# and turns its lightness over; in print greys of lines are black, and orange is
# lighter than the green beside it.
hex(s) = int('0x' . s[2:7])
byte_of(c, k) = (int(c) >> (8 * k)) & 255
greatest(a, b, c) = a > b ? (a > c ? a : c) : (b > c ? b : c)
least_of(a, b, c) = -greatest(-a, -b, -c)
over(x) = int(22 + x * 225 / 255.0)
turned(r, g, b) = (over(r + 255 - greatest(r, g, b) - least_of(r, g, b)) << 16) + (over(g + 255 - greatest(r, g, b) - least_of(r, g, b)) << 8) + over(b + 255 - greatest(r, g, b) - least_of(r, g, b))
dark(s) = s eq '#1b1464' ? ramp[1] : s eq '#31688e' ? ramp[2] : s eq '#1f9e89' ? ramp[3] : s eq '#8bc34a' ? ramp[4] : s eq '#f0b400' ? ramp[5] : sprintf('#%06x', turned(byte_of(hex(s), 2), byte_of(hex(s), 1), byte_of(hex(s), 0)))
print_(s) = s eq '#202020' || s eq '#404040' ? '#000000' : s eq '#d95f02' ? '#ee8a1d' : s
ink(s) = figure_theme eq 'dark' ? dark(s) : figure_theme eq 'print' ? print_(s) : s
ground = figure_theme eq 'dark' ? ink('#ffffff') : '#ffffff'

set encoding utf8
# Formats follow each other in one session: each begins at this state, so that
# all settings of a script stand behind @OPEN.
MISSING = "'nan'"
INK = figure_theme eq 'dark' ? "textcolor rgb '" . ink('#000000') . "'" : ''
STYLE = "set border 3 lw 0.8 lc rgb ink('#404040') ; set tics nomirror scale 0.6 textcolor rgb ink('#202020') ; set key " . INK
BEGIN = "reset ; set datafile separator comma ; set datafile columnheaders ; set datafile missing @MISSING ; set colorsequence podo ; " . STYLE . " ; set mxtics 10 ; set style line 100 lw 0.4 lc rgb ink('#dddddd') ; set palette defined (0 ramp[1], 0.25 ramp[2], 0.5 ramp[3], 0.75 ramp[4], 0.92 ramp[5]) ; set palette maxcolors 0 ; unset colorbox"
@BEGIN
terminals = 'svg'
if (strstrt(GPVAL_TERMINALS, ' pngcairo ') > 0) terminals = terminals . ' png'
if (strstrt(GPVAL_TERMINALS, ' pdfcairo ') > 0) terminals = terminals . ' pdf'
# Text of 9 points, or of what is asked for; less, down to 7, where a figure is
# made smaller than its script has it. crowd: how much of the figure text takes,
# of what it takes as the script has it, for margins.
figure_points_of(share) = exists("figure_font_size") ? figure_font_size : share >= 1 ? 9.0 : 9 * sqrt(share) > 7 ? 9 * sqrt(share) : 7.0
figure_thick = figure_theme eq 'print' ? 0.7 : 1.0
crowd = 1.0
crowd_y = 1.0
# A title that a smaller figure has no room for is left to the caption.
own_title = title_text
fits(text) = strlen(text) * 0.085 * figure_points / 9.0 < width
SIZE = "if (!exists('own_width')) { own_width = width ; own_height = height } ; if (exists('figure_width')) { width = figure_width ; height = figure_height } ; figure_points = figure_points_of(1.0 * width / own_width) ; crowd = figure_points / 9.0 * own_width / width ; crowd_y = figure_points / 9.0 * own_height / height ; title_text = figure_title eq 'off' || (figure_title eq 'auto' && exists('figure_width') && !fits(own_title)) ? '' : own_title"
GROUND = figure_theme eq 'print' ? '' : "background '" . ground . "'"
# Use as: do for [terminal_name in terminals] { @OPEN … unset output }
OPEN = BEGIN . " ; " . SIZE . " ; if (terminal_name eq 'svg') { set terminal svg size 96*width,96*height font figure_font . ',12' fontscale figure_points/9.0 linewidth figure_thick enhanced " . GROUND . " } ; if (terminal_name eq 'png') { set terminal pngcairo size 160*width,160*height font figure_font . ',12' fontscale 1.25*figure_points/9.0 linewidth 1.67*figure_thick pointscale 2.2 dashlength 1.9 " . (GROUND eq '' ? 'transparent' : GROUND) . " } ; if (terminal_name eq 'pdf') { set terminal pdfcairo size width,height font figure_font . ',12' fontscale 0.5625*figure_points/9.0 linewidth 1.5*figure_thick pointscale 1.08 dashlength 1.82 " . GROUND . " } ; set output name . '.' . terminal_name . suffix"
# Use as: config = 'config.yaml'; key = 'eta'; @SETTING …: then got is the text
# of the first setting of that name, a list without its brackets, and
# item(got, j) the j-th number of it.
SETTING = "set datafile nocolumnheaders ; set datafile separator ':' ; got = '' ; stats config using (got eq '' && strcol(1) eq key ? (got = strcol(2), 0) : NaN) nooutput ; set datafile separator comma ; set datafile columnheaders ; if (got[1:1] eq '[') { got = got[2:strlen(got)-1] }"
bare(w) = strlen(w) > 0 && w[strlen(w):strlen(w)] eq ',' ? w[1:strlen(w)-1] : w
item(list, j) = real(bare(word(list, j)))
