# How long a stop takes, in times the floor, by where the reads are and how many are pending. The data's first
# block names the places; the others are one mechanism each, whose number is in their fifth column.
load "style.gnuplot"
name = "stop"
height = 520
load "terminal.gnuplot"

stats data index 0 using 1 nooutput name "P"
stats data using 1 nooutput name "D"
array number[D_blocks - 1]
do for [i = 1:D_blocks - 1] {
    stats data index i using 5 nooutput name "M"
    number[i] = int(M_min)
}
paint(m) = m == 1 ? 0xbbbbbb : m == 2 ? 0x222222 : m == 3 ? 0x0072b2 : m == 4 ? 0xd55e00 : 0xe69f00
key_font = kind eq "svg" ? ",12" : ",8"
title_font = kind eq "svg" ? ",14" : ",10"
set title "From a stop request to the last completion, by where and how many reads are pending" font title_font
set ylabel "times the floor (less is better; bar: 99 % interval)"
set yrange [0:*]
set xrange [P_min - 0.5:P_max + 0.5]
set xtics nomirror font key_font
set grid noxtics
set bmargin 7
set key at screen 0.5, screen 0.05 center center horizontal Left reverse width 2 font key_font
set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead lc rgb "#777777" lw 2 dt 3
set label 1 "the floor" at graph 0.995, first 1 right offset 0, -0.7 textcolor rgb "#555555" font key_font
plot data index 0 using 1:(1):xtic(2) with dots lc rgb "#777777" notitle, \
     for [i = 1:D_blocks - 1] data index i using ($1 + 0.14 * (number[i] - 3)):2:3:4 with yerrorbars lw 2 \
         lc rgb paint(number[i]) pt 4 + number[i] ps (kind eq "svg" ? 0.8 : 1.1) title columnheader(1)
