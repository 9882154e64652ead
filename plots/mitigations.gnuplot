# How long an innocent connection waits against the other's inline budget: completions, and ns. Block 0 is awaitables
# with a budget, blocks 1 and 2 are senders with one, through P2300R10's bridge and by a member as_awaitable; block 3 is
# what has no budget.
load "style.gnuplot"
name = "mitigations"
height = 470
load "terminal.gnuplot"

stats data index 3 using 2 nooutput name "W"
title_font = kind eq "svg" ? ",14" : ",10"
note_font = kind eq "svg" ? ",11" : ",7"
shown_other(label) = label eq "alone" || label eq "sender scheduler" || label eq "awaitable ready" || \
                     label eq "sender p2300"
note_of(label) = label eq "awaitable ready" ? "no budget: ready" : \
               label eq "sender p2300" ? "no budget: p2300" : label eq "sender scheduler" ? \
               "scheduler" : "alone on the loop"
set multiplot layout 1, 2 title "A connection beside one whose operations all complete inline" font title_font
set logscale x 2
set logscale y
set xrange [0.85:520]
set xtics (1, 2, 4, 8, 16, 32, 64)
set xlabel "the other's inline budget"
set key at graph 0.03, graph 0.82 left top Left reverse samplen 3
set bmargin 4

set yrange [0.7:(W_max > 65 ? W_max : 65) * 1.6]
set ylabel "completions of the other before its turn, at most (less is better)"
plot data index 0 using 1:2 with linespoints ls 2 lw 5 ps 1.6 title "awaitable, transfer", \
     data index 1 using 1:2 with linespoints ls 3 lw 3 title "sender, p2300", \
     data index 2 using 1:2 with linespoints ls 5 title "sender, member", \
     data index 3 using (shown_other(strcol(1)) && $2 > 0 && strcol(1) ne "sender p2300" ? 78 : NaN):2:\
          (strcol(1) eq "awaitable ready" ? "no budget" : "scheduler") with labels left font note_font notitle, \
     data index 3 using (shown_other(strcol(1)) && $2 > 0 ? 0.9 : NaN):2:(65):(0) with vectors nohead dt 3 lw 1 \
          lc rgb "#888888" notitle

set yrange [*:*]
set ylabel "ns until its next turn (less is better; bar: 99 %)"
unset key
plot data index 0 using 1:3:4:5 with yerrorlines ls 2 notitle, \
     data index 1 using 1:3:4:5 with yerrorlines ls 3 notitle, \
     data index 2 using 1:3:4:5 with yerrorlines ls 5 notitle, \
     data index 3 using (shown_other(strcol(1)) ? 78 : NaN):3:(note_of(strcol(1))) with labels left font note_font \
          notitle, \
     data index 3 using (shown_other(strcol(1)) ? 0.9 : NaN):3:(65):(0):(colour($6)) with vectors nohead dt 3 lw 1 \
          lc rgb variable notitle
unset multiplot
