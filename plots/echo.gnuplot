# The loop's throughput as a share of the floor's, with the 99 % interval.
load "style.gnuplot"
name = "echo"
set datafile columnheaders
stats data using 1 nooutput name "X"
width = 1300
height = 170 + 17 * (X_max + 1)
load "terminal.gnuplot"

set title "The loop: throughput compared with the floor"
set xlabel "throughput, floor = 1, higher is better (bar: 99 % interval; band: within 3 % of the floor)"
set yrange [X_max + 0.8:-0.8]
set xrange [0:*]
set ytics nomirror font "".pixels(9)
set lmargin 56
set bmargin 6
set key at screen 0.75, screen 0.02 center bottom horizontal
set object 1 rectangle from first 0.97, graph 0 to first 1.03, graph 1 behind fc rgb "#eeeeee" fs solid noborder
set arrow from first 1, graph 0 to first 1, graph 1 nohead lc rgb "#555555" lw 1.5
plot data using 2:1:3:4:(colour($5)):ytic(strcol(6)) with xerrorbars pt 7 ps 0.8 lw 2 lc rgb variable notitle, \
     NaN with points pt 7 lc rgb 0x0072b2 title "awaitable", \
     NaN with points pt 7 lc rgb 0xd55e00 title "sender"
