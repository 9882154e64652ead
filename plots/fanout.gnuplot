# Bytes and ns for each child of a join, against its width. The data's blocks are one line each; their first column is
# the panel.
load "style.gnuplot"
name = "fanout"
height = 560
load "terminal.gnuplot"

stats data using 2 nooutput name "D"
lines = D_blocks
array drawn[3] # the lines of each panel
do for [p = 1:3] { drawn[p] = "" }
array paint[lines]
array dash[lines]
array marker[lines]
named = "" # the lines for the legend: each title once
blue(mechanism) = mechanism % 3 == 0 ? 0x0072b2 : mechanism % 3 == 1 ? 0x003f66 : 0x56b4e9
red(mechanism) = mechanism % 3 == 0 ? 0xd55e00 : mechanism % 3 == 1 ? 0x8a3c00 : 0xe69f00
do for [i = 1:lines] {
    stats data index i - 1 using 1 nooutput name "P"
    stats data index i - 1 using 4 nooutput name "M"
    stats data index i - 1 using 5 nooutput name "K"
    stats data index i - 1 using 6 nooutput name "A"
    mechanism = int(K_min)
    drawn[int(P_min) + 1] = drawn[int(P_min) + 1] . " " . i
    paint[i] = M_min == 0 ? 0x777777 : M_min == 1 ? blue(mechanism) : M_min == 2 ? red(mechanism) : 0x000000
    dash[i] = M_min == 0 ? 3 : 1 + (mechanism + (M_min > 2)) % 4
    marker[i] = M_min == 0 ? 7 : M_min == 1 ? 4 + 2 * (mechanism % 4) : \
                M_min == 2 ? 5 + 2 * (mechanism % 4) : 12
    if (A_min == 0) { named = named . " " . i }
}
key_font = kind eq "svg" ? ",12" : ",8"
title_font = kind eq "svg" ? ",14" : ",10"
set multiplot title "when_all: what one child takes, by the width of the join (less is better)" font title_font
set logscale x 2
set logscale y
set xrange [1.7:76]
set xtics (2, 4, 8, 16, 32, 64)
set tmargin at screen 0.87
set bmargin at screen 0.33
set xlabel "children"
unset key
panel_title(p) = p == 1 ? "children complete inline" : "children complete later"
do for [p = 0:2] {
    if (drawn[p + 1] eq "") { continue }
    set lmargin at screen 0.075 + 0.325 * p
    set rmargin at screen 0.32 + 0.325 * p
    set title panel_title(p) font key_font offset 0, -0.6
    set ylabel (p == 0 ? "bytes for each child" : "ns for each child") offset 1, 0
    plot for [i in drawn[p + 1]] data index int(i) - 1 using 2:3 with linespoints lw 2 lc rgb paint[int(i)] \
         dt dash[int(i)] pt marker[int(i)] ps (kind eq "svg" ? 0.7 : 1) notitle
}
unset title
set tmargin at screen 0.24
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
set key at screen 0.5, screen 0.12 center center vertical Left reverse samplen 5 spacing 1.2 width -4 \
    font key_font maxrows 3
plot for [i in named] data index int(i) - 1 using (NaN):(NaN) with linespoints lw 2 lc rgb paint[int(i)] \
     dt dash[int(i)] pt marker[int(i)] ps (kind eq "svg" ? 0.7 : 1) title columnheader(1)
unset multiplot
