# One piece of work, run by run: a line for each form of each model, with its interval as a band. Lines of several
# processors are never joined, and dashed from the second on. A ring is a change point, a dotted line a run with a note.
load "style.gnuplot"
name = id
width = 600
height = 440
load "terminal.gnuplot"

# The n-th of what "|" separates.
field(text, n) = n == 1 ? (strstrt(text, "|") ? text[1:strstrt(text, "|") - 1] : text) \
                        : strstrt(text, "|") ? field(text[strstrt(text, "|") + 1:], n - 1) : ""

set title chart
set ylabel unit
set xlabel " "
set key below horizontal Left reverse samplen 2.5 maxcols 2
set grid noxtics
stats data using 3 nooutput name "L"
stats data using 4 nooutput name "H"
rise = H_max > L_min ? H_max - L_min : H_max > 0 ? H_max : 1
set yrange [(L_min - 0.15 * rise > 0 ? L_min - 0.15 * rise : 0):H_max + 0.3 * rise]
load extra
many = 0
do for [i = 1:machines eq "" ? 0 : words(dashes)] { many = int(word(dashes, i)) > many ? int(word(dashes, i)) : many }
heading(i) = field(titles, i) eq " " ? "" : field(titles, i)
plot for [i = 1:H_blocks] data index i - 1 using 1:3:4 with filledcurves \
         lc rgb colour(int(word(paints, i))) fs transparent solid 0.18 noborder notitle, \
     for [i = 1:H_blocks] data index i - 1 using 1:2 with linespoints lc rgb colour(int(word(paints, i))) \
         dt int(word(dashes, i)) lw 2 pt int(word(marks, i)) ps 0.5 title heading(i), \
     for [i = 1:many] NaN with lines lc rgb 0x444444 dt i lw 2 title field(machines, i)
