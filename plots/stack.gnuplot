# Stack growth: a row a mechanism, a column a toolchain setting; the number is bytes per synchronous completion.
load "style.gnuplot"
name = "stack"
set datafile columnheaders
stats data using 1 nooutput name "X"
stats data using 2 nooutput name "Y"
width = 1400
height = 340 + 24 * (Y_max + 1)
load "terminal.gnuplot"

set title "Stack per synchronous completion, in bytes"
set xrange [-0.5:X_max + 0.5]
set yrange [Y_max + 0.5:-0.5]
set xtics rotate by 60 right font ",12" nomirror
set ytics nomirror font ",13"
set lmargin 62
set bmargin 19
set key at screen 0.6, screen 0.02 center bottom horizontal maxrows 1 font ",11"
unset grid
set style fill solid border lc rgb "#ffffff"
fill(growth) = growth == 0 ? 0x9ecae8 : growth == 1 ? 0xd0d0d6 : growth == 2 ? 0xf0a35e : 0xffffff
plot data using 1:2:(0.5):(0.5):(fill($3)):xtic(strcol(5)):ytic(strcol(6)) with boxxyerror lc rgb variable notitle, \
     data using 1:2:(strcol(4)) with labels font ",10" notitle, \
     NaN with boxes lc rgb "#9ecae8" title "constant", \
     NaN with boxes lc rgb "#d0d0d6" title "bounded", \
     NaN with boxes lc rgb "#f0a35e" title "grows", \
     NaN with boxes fs solid border lc rgb "#444444" lc rgb "#ffffff" title "? not measured"
