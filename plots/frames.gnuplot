# How many times as fast as malloc, against the size of the frames and the depth of the chains: a line an allocator; and
# for the workload that the published ratios are of, with those. The data's blocks are one line each, their first column
# is the panel; the last block has the published ratios. Points of the same x are drawn beside each other. An interval
# that is cut at the figure's end (last column) has an arrow there.
load "style.gnuplot"
name = "frames"
height = 560
load "terminal.gnuplot"

stats data using 2 nooutput name "D"
stats data using ($1 < 3 ? $5 : $3) nooutput name "H"
lines = D_blocks - 1
array drawn[3] # the lines of each panel
drawn[1] = ""
drawn[2] = ""
drawn[3] = ""
array number[lines]
named = "" # the lines for the legend: each allocator once
seen = ""
do for [i = 1:lines] {
    stats data index i - 1 using 1 nooutput name "P"
    stats data index i - 1 using 6 nooutput name "N"
    number[i] = int(N_min)
    drawn[int(P_min) + 1] = drawn[int(P_min) + 1] . " " . i
    if (strstrt(seen, sprintf("/%d/", number[i])) == 0) { named = named . " " . i }
    seen = seen . sprintf("/%d/", number[i])
}
own(n) = n == 0 ? 0x0072b2 : n == 1 ? 0xd55e00 : n == 2 ? 0x009e73 : 0x555555
library(n) = n == 4 ? 0xe69f00 : n == 5 ? 0xcc79a7 : 0x56b4e9
paint(n) = n < 4 ? own(n) : library(n)
beside(x, n) = x * 1.045 ** (n - 3)
near(x, n) = x + 0.11 * (n - 3)
marker(n) = n == 0 ? 7 : n == 1 ? 9 : n == 2 ? 4 : n == 3 ? 12 : n == 4 ? 6 : n == 5 ? 10 : 8
key_font = kind eq "svg" ? ",12" : ",8"
title_font = kind eq "svg" ? ",14" : ",10"
set multiplot title "Frame allocators: times as fast as malloc (higher is better; bars: 99 % interval)" font title_font
set logscale x 2
set yrange [0:H_max * 1.06]
set tmargin at screen 0.86
set bmargin at screen 0.3
unset key
do for [p = 0:1] {
    if (drawn[p + 1] eq "") { continue }
    set lmargin at screen 0.07 + 0.31 * p
    set rmargin at screen 0.33 + 0.31 * p
    set xrange [(p ? 0.8 : 48):(p ? 40 : 11000)]
    if (p) { set xtics (1, 2, 4, 8, 16, 32) } else { set xtics (64, 256, 1024, 4096) }
    set xlabel p ? "coroutines in a chain" : "bytes of a frame"
    set title (p ? "frames of 256 bytes" : "chains of 4") font key_font offset 0, -0.6
    set ylabel (p ? "" : "times as fast as malloc") offset 1, 0
    set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead lc rgb "#555555" lw 1.5
    plot for [i in drawn[p + 1]] data index int(i) - 1 using (beside($2, $6)):3:4:5 with yerrorbars lw 1.5 pt -1 \
             lc rgb paint(number[int(i)]) notitle, \
         for [i in drawn[p + 1]] data index int(i) - 1 using (beside($2, $6)):3 with linespoints lw 2 \
             lc rgb paint(number[int(i)]) dt 1 + number[int(i)] pt marker(number[int(i)]) \
             ps (kind eq "svg" ? 0.8 : 1.1) notitle, \
         for [i in drawn[p + 1]] data index int(i) - 1 using (beside($2, $6)):($7 > 0 ? $5 : NaN):(0):(H_max * 0.05) \
             with vectors head size screen 0.008, 20 filled lw 1.5 lc rgb paint(number[int(i)]) notitle
}
unset logscale x
set lmargin at screen 0.69
set rmargin at screen 0.81
set xrange [0.5:2.6]
set xtics ("one" 1, "several" 2)
set xlabel "threads of the process"
unset ylabel
set title (drawn[3] eq "" ? "workload of P4003R4 3.5\n(not measured)" : "workload of P4003R4 3.5\n(Capy's example)") \
    font key_font offset 0, -0.6
set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead lc rgb "#555555" lw 1.5
published = 'data index lines using (0.5):3:(2.1):(0) with vectors nohead dt 3 lw 1.5 lc rgb "#000000" notitle, ' . \
    'data index lines using (2.6):3:(strcol(8)) with labels left offset 0.7, 0 font key_font notitle'
if (drawn[3] eq "") { plot @published } else { plot @published, \
     for [i in drawn[3]] data index int(i) - 1 using (near($2, $6)):3:4:5 with yerrorbars lw 1.5 \
         pt marker(number[int(i)]) ps (kind eq "svg" ? 0.8 : 1.1) lc rgb paint(number[int(i)]) notitle }
unset title
unset arrow 1
set tmargin at screen 0.2
set bmargin at screen 0.01
set lmargin at screen 0.06
set rmargin at screen 0.98
unset logscale
unset border
unset tics
unset grid
unset xlabel
unset ylabel
set xrange [0:1]
set yrange [0:1]
set key at screen 0.5, screen 0.1 center center vertical Left reverse samplen 4 spacing 1.2 width -4 \
    font key_font maxrows 2
plot for [i in named] data index int(i) - 1 using (NaN):(NaN) with linespoints lw 2 lc rgb paint(number[int(i)]) \
         dt 1 + number[int(i)] pt marker(number[int(i)]) ps (kind eq "svg" ? 0.8 : 1.1) title columnheader(1), \
     NaN with lines dt 3 lw 1.5 lc rgb "#000000" title "published, of that workload"
unset multiplot
