# Stack growth, log-log: bytes of stack against the completions that fill them, a line a mechanism. The last block has
# the setting and the names of mechanisms whose stack is never full.
load "style.gnuplot"
name = "growth"
height = 560
load "terminal.gnuplot"

stats data using 1 nooutput name "D"
lines = D_blocks - 1
key_font = kind eq "svg" ? ",12" : ",8"
title_font = kind eq "svg" ? ",14" : ",10"
at = ""; flat = ""
set table $none
plot data index lines using (at = strcol(1), flat = strcol(2), 0):(0) every ::1 with table
unset table
set title "Bytes of stack that synchronous completions fill, ".at font title_font
set xlabel "synchronous completions (logarithmic; further right is better)"
set ylabel "stack that they fill (logarithmic)"
set logscale x 10
set logscale y 2
set ytics ("64 KiB" 65536, "512 KiB" 524288, "1 MiB" 1048576, "8 MiB" 8388608)
set xtics ("1,000" 1e3, "10,000" 1e4, "100,000" 1e5, "1,000,000" 1e6)
set xrange [200:2e6]
set yrange [32768:16777216]
set bmargin 11
set key at screen 0.08, screen 0.20 left top vertical Left reverse samplen 6 spacing 1.1 font key_font maxrows 3
paint(i) = i == 1 ? 0xd55e00 : i == 2 ? 0x000000 : i == 3 ? 0xe69f00 : i == 4 ? 0x0072b2 : 0x009e73
shape(i) = i == 1 ? 9 : i == 2 ? 5 : i == 3 ? 8 : i == 4 ? 7 : 4
set label 1 "never full: ".flat at screen 0.08, screen 0.035 left font key_font
plot for [i = 1:lines] data index i - 1 using 1:2 with linespoints lc rgb paint(i) dt i pt shape(i) lw 2 ps 1.2 \
     title columnheader(2)
