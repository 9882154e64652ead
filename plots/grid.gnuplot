# What a read costs above the floor, by stream and return type; a block for each execution model.
load "style.gnuplot"
name = "grid"
height = 480
load "terminal.gnuplot"

set title "A read above the floor, by stream and by whether its protocol is the execution model's own"
set ylabel "ns above the floor"
set xrange [-0.6:7.6]
set yrange [0:*]
set key top left reverse Left
array paint[3] = [0xd55e00, 0x0072b2, 0xe69f00]
array marker[3] = [9, 5, 8]
stats data using 1 nooutput name "D"
plot for [i = 1:D_blocks] data index i - 1 using ($1 + 0.2 * (i - 2)):2:3:4:xtic(5) with yerrorbars \
     lc rgb paint[i] pt marker[i] lw 2 ps 1 title columnheader(1)
