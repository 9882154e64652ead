# After the size is known: the terminal and the file. `name` keeps the identifiers of several SVGs on one page apart.
if (kind eq "svg") {
    set terminal svg noenhanced size width, height dynamic font "DejaVu Sans,13" name name background rgb "white"
} else {
    set terminal pngcairo noenhanced size width * 2, height * 2 fontscale 2 pointscale 2 linewidth 2 \
        font "DejaVu Sans,10" background rgb "white"
}
set output out
