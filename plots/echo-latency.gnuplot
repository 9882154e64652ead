# Latency by percentile, the percentiles on a scale of 1/(1-p), so that each further nine is as wide as the one before.
# A line a form and load: closed solid, open dashed; each form has its own shape. The last block has the place.
load "style.gnuplot"
name = "echo_latency"
height = 560
load "terminal.gnuplot"

stats data using 1 nooutput name "D"
lines = D_blocks - 1
place = ""
set table $none
plot data index lines using (place = strcol(1), 0):(0) every ::1 with table
unset table
set title "Latency of a message, ".place font "".pixels(13)
set xlabel "percentile (each further nine as wide as the one before)"
set ylabel "µs (logarithmic; lower is better)"
set logscale xy 10
set xrange [1:1200]
set xtics ("0 %%" 1, "50 %%" 2, "75 %%" 4, "90 %%" 10, "95 %%" 20, "99 %%" 100, "99.5 %%" 200, "99.9 %%" 1000)
set lmargin 12
set rmargin 4
set bmargin 8
set key at screen 0.52, screen 0.015 center bottom Left reverse maxrows 3 samplen 6 font "".pixels(12)
paint(form) = form == 0 ? 0x555555 : form == 1 ? 0x0072b2 : form == 2 ? 0xd55e00 : 0x000000
shape(form, load) = (form == 0 ? 6 : form == 1 ? 4 : form == 2 ? 8 : 12) + (load == 0 && form < 3)
dash(load) = load == 0 ? 1 : 2
array loads[lines]
array forms[lines]
do for [i = 1:lines] {
    set table $none
    plot data index i - 1 using (loads[i] = column(3), forms[i] = column(4), 0):(0) every ::1::1 with table
    unset table
}
plot for [i = 1:lines] data index i - 1 using 1:2 with linespoints lc rgb paint(forms[i]) \
     dt dash(loads[i]) pt shape(forms[i], loads[i]) lw 2 ps 1.1 title columnheader(2)
