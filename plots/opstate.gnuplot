# Sizes and instructions against depth. The data's blocks are one line each; their first column is the panel.
load "style.gnuplot"
name = "opstate"
height = 760
load "terminal.gnuplot"

stats data using 2 nooutput name "D"
set xlabel "depth (functions that an operation is composed of)"
set key outside below vertical Left reverse samplen 2 font ",10" maxrows 12
bytes = ""
instructions = ""
do for [i = 0:D_blocks - 1] {
    stats data index i using 1 nooutput name "P"
    if (P_min == 0) { bytes = bytes . " " . i } else { instructions = instructions . " " . i }
}
set xrange [0:*]
set logscale y
set multiplot layout 1, 2 title "Operation states and coroutine frames"
set ylabel "bytes (logarithmic; 0 is not drawn)"
plot for [i in bytes] data index int(i) using 2:3:(colour($4)) with linespoints lw 2 ps 0.9 lc rgb variable \
     pt (5 + int(i)) title columnheader(1)
set ylabel "instructions per operation (logarithmic; 0 is not drawn)"
plot for [i in instructions] data index int(i) using 2:3:(colour($4)) with linespoints lw 2 ps 0.9 lc rgb variable \
     pt (5 + int(i)) title columnheader(1)
unset multiplot
