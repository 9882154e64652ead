# What a turn costs above the floor against the share of operations that complete at once: a line a form, instructions
# to the left, ns with their 99 % intervals to the right. The data's blocks are one line each, their first column is the
# panel.
load "style.gnuplot"
name = "syncratio"
height = 520
load "terminal.gnuplot"

stats data using 2 nooutput name "D"
array panel[D_blocks]
array number[D_blocks]
do for [i = 1:D_blocks] {
    stats data index i - 1 using 1 nooutput name "P"
    stats data index i - 1 using 6 nooutput name "N"
    panel[i] = int(P_min)
    number[i] = int(N_min)
}
array drawn[2] # the lines of each panel
do for [p = 1:2] {
    drawn[p] = ""
    do for [i = 1:D_blocks] { if (panel[i] == p - 1) { drawn[p] = drawn[p] . " " . i } }
}
key_font = kind eq "svg" ? ",12" : ",8"
title_font = kind eq "svg" ? ",14" : ",10"
paint(n) = n == 0 ? 0x0072b2 : n == 1 ? 0xd55e00 : n == 2 ? 0x000000 : n == 3 ? 0x009e73 : 0xe69f00
marker(n) = n == 0 ? 7 : n == 1 ? 8 : n == 2 ? 5 : n == 3 ? 4 : 6
left = drawn[1] eq "" ? 2 : 1
panels = (drawn[1] ne "") + (drawn[2] ne "")
set multiplot layout 1, panels title "A turn of the loop, a read and a write, above the floor (less is better)" \
    font title_font
set xrange [-4:104]
set xtics 20
set yrange [*:*]
set bmargin 7
set tmargin 2
set xlabel "operations that complete at once, %"
set key at screen 0.5, screen 0.06 center center vertical Left reverse samplen 5 width 2 font key_font maxrows 2
set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead lc rgb "#555555" lw 1.5
do for [p = left:left + panels - 1] {
    set ylabel (p == 1 ? "instructions above the floor" : "ns above the floor (bar: 99 % interval)")
    aside = p == 1 ? 0 : 1 # so that bars lie beside each other
    plot for [i in drawn[p]] data index int(i) - 1 using ($2 + aside * ($6 - 2)):3:4:5 with yerrorbars lw 1.5 \
             lc rgb paint(number[int(i)]) pt -1 notitle, \
         for [i in drawn[p]] data index int(i) - 1 using ($2 + aside * ($6 - 2)):3 with linespoints lw 2 \
             lc rgb paint(number[int(i)]) dt 1 + number[int(i)] pt marker(number[int(i)]) ps 1 title columnheader(1)
    unset key
}
unset multiplot
