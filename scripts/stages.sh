# Sourced by reproduce and matrix, after lib.sh: the stages of a run, and what both do with its results. POSIX sh.
# shellcheck shell=sh disable=SC2034,SC2154 # they share $out, $total, $expected, $log and $aside

# Expected seconds of each stage, for "about T left" alone, are in $expected; their number is $total.
begin_stages() {
    stage_name=
    number=0
    stages=
    aside=
    started=$(date +%s)
    stage_started=$started
}

end_stage() {
    [ -n "$stage_name" ] || return 0
    now=$(date +%s)
    stages="$stages --stage $stage_name=$((now - stage_started))"
    stage_started=$now
    stage_name=
}

stage() { # stage NAME WHAT
    end_stage
    number=$((number + 1))
    stage_name=$1
    left=0
    index=0
    for seconds in $expected; do
        index=$((index + 1))
        [ "$index" -ge "$number" ] && left=$((left + seconds))
    done
    elapsed=$((stage_started - started))
    printf '[%d/%d] %s: %s (%d s elapsed, about %d s left)\n' "$number" "$total" "$1" "$2" "$elapsed" "$left" >&2
}

# What the run did not come to, said by the trap; measuring is the stage number 3.
say_interrupted() {
    if [ "$number" -lt 3 ]; then
        die "interrupted before the measurement; nothing in '$out' was changed"
    elif [ ! -e "$out/run.json" ]; then
        die "interrupted; what was complete is in '$out/results', and there is no report"
    elif [ "$number" -lt "$total" ] || [ -n "$stage_name" ]; then
        die "interrupted; the results in '$out' are complete, the report is not"
    fi
    die "interrupted; the report in '$out' is complete"
}

# Makes $out, and finds out now whether it can be written.
check_out() {
    case $out in
    -*) out=./$out ;; # never an option to what comes after
    esac
    mkdir -p "$out" 2>/dev/null || die "cannot make the folder '$out': give another with --out"
    probe=$out/.writable.$$
    (: >"$probe") 2>/dev/null || die "cannot write to '$out': give another folder with --out"
    rm -f "$probe"
}

check_tools() {
    find_python >/dev/null || die "no python 3.9 or newer was found: run scripts/setup"
    for tool in cmake ninja cc c++; do
        have "$tool" || die "$tool was not found: run scripts/setup"
    done
}

# What an earlier run left must not pass for this one's; abreast run removes its results.
remove_earlier_report() {
    rm -f "$out/run.json" "$out/report.html" "$out/report.pdf" "$out"/tables/*.md "$out"/tables/*.tsv \
        "$out"/figures/*.dat "$out"/figures/*.svg "$out"/figures/*.png "$out"/demo/*.json "$out"/demo/player.html "$out"/demo/handout.pdf
}

# check_measured STATUS: whether a run that ended with it has something to report.
check_measured() {
    case $1 in
    0 | 2 | 3) ;;
    1)
        [ -e "$out/run.json" ] || die "abreast run failed: its reason is above"
        echo "${0##*/}: a part of the run failed, see above; the report is made from the rest" >&2
        ;;
    4) die "abreast run measured nothing: its reason is above" 4 ;;
    77) die "abreast run skipped everything: its reasons are above" 77 ;;
    *) die "abreast run ended with the unexpected status $1" 1 ;;
    esac
}

# draw_figures KIND...: draws every figure that has data as svg or png; false: there is no gnuplot.
draw_figures() {
    if ! have gnuplot; then
        echo "${0##*/}: no figures: gnuplot is not installed" >&2
        return 1
    fi
    for script in plots/*.gnuplot; do
        name=$(basename "$script" .gnuplot)
        [ -e "$out/figures/$name.dat" ] || continue
        for kind; do
            aside=$out/figures/.$name.$$.$kind
            data=$(cd "$out/figures" && pwd)/$name.dat
            if (
                picture=$(cd "$out/figures" && pwd)/.$name.$$.$kind
                cd plots &&
                    gnuplot -e "data='$data'; out='$picture'; kind='$kind'" "$name.gnuplot" >&2
            ); then
                mv -f "$aside" "$out/figures/$name.$kind"
            else
                rm -f "$aside"
                die "gnuplot could not make $name.$kind: its reason is above"
            fi
        done
    done
    aside=
}

# Makes demo/handout.pdf of the traces that are there; false: it could not, for $reason.
print_handout() {
    aside=$out/demo/.handout.$$.pdf
    reason='its text could not be made'
    if scripts/demo handout --out "$out"; then
        reason='weasyprint failed'
        weasyprint --quiet "$out/demo/.handout.html" "$aside" >&2 && mv -f "$aside" "$out/demo/handout.pdf" && reason=
    fi
    rm -f "$aside" "$out/demo/.handout.html"
    aside=
    [ -z "$reason" ]
}

# write_report [--skipped WHAT=REASON ...]: report.html, report.pdf, and run.json completed.
write_report() {
    # The report shows run.json, so that is completed first; the report's own time is added after.
    have weasyprint || set -- "$@" --skipped 'report.pdf=weasyprint is not installed'
    # shellcheck disable=SC2086 # one word a stage
    scripts/report run-info --out "$out" $stages "$@" || die "run.json could not be completed: the reason is above"
    scripts/report page --out "$out" || die "the report could not be made: the reason is above"
    if have weasyprint; then
        aside=$out/.report.$$.pdf
        if scripts/report printed --out "$out" && weasyprint --quiet "$out/.report.printed.html" "$aside" >"$log" 2>&1; then
            mv -f "$aside" "$out/report.pdf"
        else
            rm -f "$aside"
            reason=$(tail -n 1 "$log" 2>/dev/null)
            echo "${0##*/}: no report.pdf: weasyprint failed: $reason" >&2
            set -- "$@" --skipped "report.pdf=weasyprint failed: $reason"
        fi
        rm -f "$log" "$out/.report.printed.html"
        aside=
    fi
    end_stage
    # shellcheck disable=SC2086 # one word a stage
    scripts/report run-info --out "$out" $stages "$@" || die "run.json could not be completed: the reason is above"
    printf '\n[%d/%d] done in %d s\n' "$total" "$total" "$(($(date +%s) - started))" >&2
    echo "Report: $out/report.html"
    [ -e "$out/report.pdf" ] && echo "        $out/report.pdf"
    [ -e "$out/demo/player.html" ] && echo "Demo:   $out/demo/player.html"
    echo
    scripts/report headlines --out "$out" || exit 1
}
