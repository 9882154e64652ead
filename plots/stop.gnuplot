# From a stop request to the last completion against how many reads are pending. The data's blocks are one line each;
# their first column is the panel.
load "style.gnuplot"
name = "stop"
height = 520
load "terminal.gnuplot"

stats data using 2 nooutput name "D"
lines = D_blocks
array drawn[3] # the lines of each panel
do for [p = 1:3] { drawn[p] = "" }
array paint[lines]
array dash[lines]
array marker[lines]
named = "" # the lines for the legend: each mechanism once
seen = ""
panels = 0
do for [i = 1:lines] {
    stats data index i - 1 using 1 nooutput name "P"
    stats data index i - 1 using 6 nooutput name "M"
    if (drawn[int(P_min) + 1] eq "") { panels = panels + 1 }
    drawn[int(P_min) + 1] = drawn[int(P_min) + 1] . " " . i
    m = int(M_min)
    paint[i] = m == 0 ? 0x777777 : m == 1 ? 0xbbbbbb : m == 2 ? 0x222222 : \
               m == 3 ? 0x0072b2 : m == 4 ? 0xd55e00 : 0xe69f00
    dash[i] = m < 3 ? 3 : 1
    marker[i] = 4 + m
    if (strstrt(seen, sprintf(" %d ", m)) == 0) {
        seen = seen . sprintf(" %d ", m)
        named = named . " " . i
    }
}
key_font = kind eq "svg" ? ",12" : ",8"
title_font = kind eq "svg" ? ",14" : ",10"
set multiplot title "From a stop request to the last completion (less is better)" font title_font
set logscale xy
set xrange [0.7:20000]
set yrange [0.03:30000]
set tmargin at screen 0.86
set bmargin at screen 0.27
set xlabel "pending reads"
unset key
panel_title(p) = p == 0 ? "sim" : p == 1 ? "sockets, io_uring" : "sockets, epoll"
drawn_panels = 0
do for [p = 0:2] {
    if (drawn[p + 1] eq "") { continue }
    set lmargin at screen 0.08 + 0.91 * drawn_panels / panels
    set rmargin at screen 0.05 + 0.91 * (drawn_panels + 1) / panels
    set title panel_title(p) font key_font offset 0, -0.6
    set ylabel (drawn_panels == 0 ? "µs" : "") offset 1, 0
    if (drawn_panels > 0) { set format y "" }
    plot for [i in drawn[p + 1]] data index int(i) - 1 using 2:3:4:5 with yerrorlines lw 2 \
         lc rgb paint[int(i)] dt dash[int(i)] pt marker[int(i)] \
         ps (kind eq "svg" ? 0.7 : 1) notitle
    drawn_panels = drawn_panels + 1
}
unset title
set tmargin at screen 0.14
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
set key at screen 0.5, screen 0.07 center center vertical Left reverse samplen 5 spacing 1.2 width 2 \
    font key_font maxrows 2
plot for [i in named] data index int(i) - 1 using (NaN):(NaN) with linespoints lw 2 lc rgb paint[int(i)] \
     dt dash[int(i)] pt marker[int(i)] ps (kind eq "svg" ? 0.7 : 1) title columnheader(1)
unset multiplot
