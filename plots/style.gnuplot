# Common to all figures: colours that colour-blind readers can tell apart (Okabe and Ito), by model.
# Called as: gnuplot -e "data='F.dat'; out='F.svg'; kind='svg'" F.gnuplot
set encoding utf8
set datafile separator "\t"
set style line 1 lc rgb "#555555" lw 2 pt 7 ps 0.8  # raw, malloc
set style line 2 lc rgb "#0072b2" lw 2 pt 5 ps 0.8  # awaitable
set style line 3 lc rgb "#d55e00" lw 2 pt 9 ps 0.9  # sender
set style line 4 lc rgb "#56b4e9" lw 2 dt 2 pt 4 ps 0.8  # cxx-awaitable
set style line 5 lc rgb "#e69f00" lw 2 dt 2 pt 8 ps 0.9  # cxx-sender
set style line 6 lc rgb "#009e73" lw 2 dt 3 pt 12 ps 0.9 # others
colour(model) = model == 0 ? 0x555555 : model == 1 ? 0x0072b2 : model == 2 ? 0xd55e00 : \
                model == 3 ? 0x56b4e9 : model == 4 ? 0xe69f00 : 0x009e73
set border lc rgb "#444444"
set grid lc rgb "#dddddd" lt 1 lw 0.6
width = 1000
# Sizes of small letters are pixels in an SVG, and points in a PNG.
pixels(size) = sprintf(",%g", kind eq "svg" ? size : size * 10.0 / 13)
