# What a read costs above the floor, by stream and return type; a block for each execution model.
load "style.gnuplot"
name = "grid"
height = 480
load "terminal.gnuplot"

set title "The published cells here: what a read costs above the floor, by stream and return type"
set ylabel "ns above the floor (less is better; bar: 99 % interval)"
set xrange [-0.6:7.6]
set yrange [0:*]
set key top left reverse Left
set bmargin 3.5
set grid noxtics
array paint[3] = [0xd55e00, 0x0072b2, 0x000000]
array marker[3] = [9, 5, 6]
stats data using 1 nooutput name "D"
plot data index 1 using 1:(NaN):xtic(5) with points notitle, \
     for [i = 1:D_blocks] data index i - 1 using ($1 + 0.2 * (i - 2)):2:3:4 with yerrorbars \
     lc rgb paint[i] pt marker[i] lw 2 ps 1 title columnheader(1)
