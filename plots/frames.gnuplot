# How many times as fast as malloc, with the 99 % interval; the published figures of P4003R4 3.5 as lines.
load "style.gnuplot"
name = "frames"
set datafile columnheaders
stats data index 0 using 1 nooutput name "X"
stats data index 1 using 1 nooutput name "P"
stats data index 0 using 4 nooutput name "H"
height = 250 + 34 * (X_max + 1)
load "terminal.gnuplot"

set title "Coroutine frames: speed compared with malloc"
set xlabel "times as fast as malloc (band: 99 % interval)"
set yrange [X_max + 0.6:-2.4]
set xrange [0:(H_max > P_max * 1.3 ? H_max : P_max * 1.3) * 1.03]
set ytics nomirror
set lmargin 42
set bmargin 6
set key at screen 0.6, screen 0.02 center bottom horizontal maxrows 1 width 2
set arrow from first 1, graph 0 to first 1, graph 1 nohead lc rgb "#555555" lw 1.5
plot data index 0 using 2:1:3:4:($1 - 0.3):($1 + 0.3):ytic(strcol(5)) with boxxyerror fs solid 0.35 noborder \
         lc rgb "#0072b2" title "99 % interval", \
     data index 0 using 2:1 with points pt 7 ps 1 lc rgb "#0072b2" title "ours", \
     data index 1 using 1:(X_max + 0.6):(0):(-X_max - 3) with vectors nohead dt 2 lw 1.5 lc rgb "#d55e00" \
         title "published, P4003R4 3.5", \
     data index 1 using 1:(-2.1 + 0.5 * $0):(strcol(2)) with labels left offset 0.3, 0 font ",9" notitle
