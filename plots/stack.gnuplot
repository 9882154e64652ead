# Stack growth: a row a mechanism, in three groups, a column a toolchain setting; the number is bytes per synchronous
# completion. The other figures of stack growth are drawn by this script too, with their own name and title.
load "style.gnuplot"
if (!exists("name")) name = "stack"
if (!exists("title_text")) title_text = "Stack per synchronous completion, in bytes (less is better)"
if (!exists("mixed")) mixed = 0 # 1: a cell stands for several settings
set datafile columnheaders
# Block 0 has the cells, block 1 the headings above columns and rows.
stats data index 0 using 1 nooutput name "X"
stats data index 0 using 2 nooutput name "Y"
width = 30 * X_max > 620 ? 480 + 30 * (X_max + 1) : 1100
height = 320 + 22 * (Y_max + 1)
load "terminal.gnuplot"

set title title_text offset 0,1.6
set xrange [-0.5:X_max + 0.5]
set yrange [Y_max + 0.5:-1.3]
set xtics rotate by 60 right font "".pixels(10) nomirror scale 0
set ytics nomirror font "".pixels(10) scale 0
set lmargin at screen 450.0 / width
set rmargin at screen 1 - 30.0 / width
set tmargin at screen 1 - 75.0 / height
set bmargin at screen 220.0 / height
set key at screen 0.5, screen 48.0 / height center center horizontal maxrows 1 font "".pixels(11)
unset grid
set style fill solid border lc rgb "#ffffff"
light(bytes) = bytes <= 64 ? 0xf3b873 : bytes <= 256 ? 0xe38a3f : 0xc25f17
fill(growth, bytes) = growth == 0 ? 0xe3f1fb : growth == 1 ? 0xc9d3e0 : growth == 2 ? light(bytes) : \
                      growth == 4 ? 0xf5e79e : 0xffffff
is(kind, text) = kind eq text ? 1 : NaN
plot data index 0 using 1:2:(0.5):(0.5):(fill($3, $3 == 2 ? $4 : 0)):xtic(5):ytic(6) \
         with boxxyerror lc rgb variable notitle, \
     data index 0 using 1:2:(strcol(4) eq "bounded" ? "b" : strcol(4)) with labels font "".pixels(8) notitle, \
     data index 1 using (-0.45 * is(strcol(1), "row")):2:4 \
         with labels left font "".pixels(11) textcolor rgb "#444444" notitle, \
     data index 1 using (($2 + $3) / 2.0 * is(strcol(1), "columns")):(-0.9):4 with labels font "".pixels(11) notitle, \
     data index 1 using (($3 + 0.5) * is(strcol(1), "columns")):(-0.5):(0):(Y_max + 1) \
         with vectors nohead lc rgb "#444444" lw 1.5 notitle, \
     NaN with boxes lc rgb "#e3f1fb" title "constant", \
     NaN with boxes lc rgb "#c9d3e0" title "bounded", \
     NaN with boxes lc rgb "#f3b873" title "up to 64", \
     NaN with boxes lc rgb "#e38a3f" title "up to 256", \
     NaN with boxes lc rgb "#c25f17" title "more", \
     for [i = 1:mixed] NaN with boxes lc rgb "#f5e79e" title "at some, the worst", \
     NaN with boxes fs solid border lc rgb "#444444" lc rgb "#ffffff" title "? not measured"
