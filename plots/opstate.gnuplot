# Sizes and instructions against depth. The data's blocks are one line each; their first column is the panel.
load "style.gnuplot"
name = "opstate"
height = 640
load "terminal.gnuplot"

stats data using 2 nooutput name "D"
lines = D_blocks
array drawn[2] # the lines of each panel
drawn[1] = ""; drawn[2] = ""
array paint[lines]
array dash[lines]
array width_of[lines]
array marker[lines]
array size_of[lines]
named = "" # the lines for the legend: each title once
blue(mechanism) = mechanism % 3 == 1 ? 0x0072b2 : mechanism % 3 == 2 ? 0x56b4e9 : 0x003f66
do for [i = 1:lines] {
    stats data index i - 1 using 1 nooutput name "P"
    stats data index i - 1 using 4 nooutput name "M"
    stats data index i - 1 using 5 nooutput name "K"
    stats data index i - 1 using 6 nooutput name "S"
    stats data index i - 1 using 7 nooutput name "F"
    stats data index i - 1 using 8 nooutput name "A"
    floor_line = M_min == 0
    mechanism = int(K_min)
    drawn[int(P_min) + 1] = drawn[int(P_min) + 1] . " " . i
    paint[i] = floor_line ? 0xbbbbbb : M_min == 1 ? blue(mechanism) : colour(M_min)
    dash[i] = floor_line ? 1 : F_min == 1 ? 3 : 1 + (mechanism + 3) % 4 + ((mechanism + 3) % 4 > 1)
    width_of[i] = floor_line ? 9 : F_min == 1 || S_min == 0 ? 1.3 : 2.2
    marker[i] = floor_line || F_min == 1 ? 0 : 5 + 2 * ((mechanism + 5) % 6) - (S_min == 0)
    size_of[i] = (mechanism == 1 ? 1.5 : S_min == 0 ? 1.9 : 0.9) * (kind eq "svg" ? 0.6 : 1)
    if (A_min == 0) { named = named . " " . i }
}
key_font = kind eq "svg" ? ",12" : ",8"
title_font = kind eq "svg" ? ",14" : ",10"
left = 0.1; middle = 0.475; second = 0.59; right = 0.98
about = "functions with eight bytes of state each; stateless: open markers, where it differs"
set multiplot title "What one operation takes, by depth (less is better; " . about . ")" font title_font
set xrange [0:D_max * 1.03]
set logscale y
set tmargin at screen 0.90
set bmargin at screen 0.34
set xlabel "depth (functions that an operation is composed of)"
unset key
do for [p = 0:1] {
    if (drawn[p + 1] eq "") { continue }
    set lmargin at screen (p == 0 ? left : second)
    set rmargin at screen (p == 0 ? middle : right)
    set ylabel (p == 0 ? "bytes (logarithmic; 0 is not drawn)" : "instructions (logarithmic)")
    plot for [i in drawn[p + 1]] data index int(i) - 1 using 2:3 with linespoints lw width_of[int(i)] \
         lc rgb paint[int(i)] dt dash[int(i)] pt marker[int(i)] ps size_of[int(i)] notitle
}
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
set key at screen 0.5, screen 0.13 center center vertical Left reverse samplen 5 spacing 1.15 width -2 \
    font key_font maxrows 7
plot for [i in named] data index int(i) - 1 using (NaN):(NaN) with linespoints lw width_of[int(i)] \
     lc rgb paint[int(i)] dt dash[int(i)] pt marker[int(i)] ps size_of[int(i)] \
     title columnheader(1)
unset multiplot
