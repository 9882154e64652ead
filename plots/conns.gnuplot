# Resident bytes of a connection at three moments: three bars for each model and allocator, and across each bar a line
# at what is live then.
load "style.gnuplot"
name = "conns"
height = 560
load "terminal.gnuplot"

stats data using 2 nooutput name "D"
stats data using 8 nooutput name "N"
stats data using 5 nooutput name "L"
grouped(n) = n < 1000 ? sprintf("%d", int(n)) : sprintf("%d,%03d", int(n) / 1000, int(n) % 1000)
top = D_max > L_max ? D_max : L_max
key_font = kind eq "svg" ? ",12" : ",8"
title_font = kind eq "svg" ? ",14" : ",10"
set title sprintf("Memory of one of %s connections in memory, a chain of four levels each", grouped(N_max)) \
    font title_font
set ylabel "resident bytes for each connection (less is better)"
set yrange [0:top * 1.22]
set xrange [-0.6:D_records - 0.4]
set xtics nomirror font key_font
set grid noxtics
set bmargin 6
set key top left horizontal Left reverse samplen 3 font key_font
set boxwidth 0.24
set style fill solid border lc rgb "#222222"
plot data using ($0 - 0.26):2 with boxes fs solid 1 border lc rgb "#222222" lw 1 fc rgb "#ffffff" title "all open", \
     data using 0:3:xtic(1) with boxes fs solid 1 border lc rgb "#222222" lw 1 fc rgb "#56b4e9" title "after churn", \
     data using ($0 + 0.26):4 with boxes fs solid 1 border lc rgb "#222222" lw 1 fc rgb "#222222" \
         title "chains ended, connections still there", \
     data using ($0 - 0.38):5:(0.24):(0) with vectors nohead lw 3 lc rgb "#d55e00" title "live at that moment", \
     for [i = 0:1] data using ($0 - 0.12 + 0.26 * i):(column(6 + i)):(0.24):(0) with vectors nohead lw 3 \
         lc rgb "#d55e00" notitle, \
     data using 0:3:(sprintf("%.0f", $3)) with labels offset 0, 0.6 font key_font notitle
