"""What the report says about joins, races and graphs, made from figures of its own."""

import shutil
import sys

import pytest

from conftest import ROOT
from test_report import draw

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import fanout, links  # noqa: E402
from abreast_report.rows import parse_line  # noqa: E402

MAIN = "gcc-12.2.0 O2 sib=on exc=off san=none"
OTHER = "clang-19.1.7 O2 sib=on exc=off san=none"
JOINS = {  # bytes, frames, ns and instructions, all for each child
    ("raw", "floor"): (32, 0, 10, 70),
    ("raw", "floor-atomic"): (32, 0, 15, 71),
    ("awaitable", "when-all"): (128, 1, 30, 270),
    ("awaitable", "when-all-awaitables"): (64, 0, 20, 120),
    ("sender", "when-all"): (48, 0, 16, 80),
    ("sender", "when-all-inline-known"): (48, 0, 4, 80),
}
READS = {
    ("raw", "floor"): (160, 0, 30, 300),
    ("awaitable", "when-any"): (580, 2, 190, 1000),
    ("sender", "when-any"): (290, 0, 140, 600),
}


def row(name, variant, metric, unit, value, toolchain=MAIN, spread=0):
    fields = ["fanout", *name, variant, toolchain, metric, unit, value, value - spread, value + spread]
    return "\t".join(map(str, [*fields, 100 if spread else 1])) + "\n"


def cell(name, variant, figures, latency=None):
    size, frames, ns, instructions = figures
    text = row(name, variant, "frame_bytes", "B", 88 * frames)
    text += row(name, variant, "graph_bytes_per_op", "B", size)
    text += row(name, variant, "allocs_per_op", "count", frames)
    text += row(name, variant, "ns_per_op", "ns", ns, spread=1)
    for toolchain in (MAIN, OTHER):
        text += row(name, variant, "instructions_per_op", "instructions", instructions, toolchain)
    if name != ("raw", "floor"):
        text += row(name, variant, "ratio_to_floor", "ratio", 2, spread=0.1)
        if name != ("sender", "when-all"):
            text += row(name, variant, "ratio_to_native", "ratio", 1.5, spread=0.1)
    if latency is not None:
        text += row(name, variant, "stop_latency_completions", "count", latency)
    return text


def joins():
    text = ""
    for completes in ("inline", "later"):
        for width in (2, 8, 64):
            for name, figures in JOINS.items():
                if name == ("sender", "when-all") and width > 8:
                    name = ("sender", "when-all-array")
                elif name[0] == "sender" and "inline" in name[1] and (completes != "inline" or width > 8):
                    continue
                variant = f"shape=join,completes={completes},width={width}"
                text += cell(name, variant, [figure * width for figure in figures])
    return text


def reads(latency=7):
    text = "".join(cell(name, f"shape=race,wins={wins}", READS[name]) for wins in ("read", "timeout") for name in READS)
    for name in (("raw", "floor"), ("awaitable", "when-all"), ("sender", "when-all")):
        text += cell(name, "shape=cancel,width=8", [8 * figure for figure in JOINS[name]], latency)
    return text


def graph():
    return "".join(
        cell(name, "shape=graph", figures)
        for name, figures in {("raw", "floor"): (96, 0, 9000, 0), ("sender", "static-graph"): (264, 0, 9500, 0)}.items()
    )


def everything():
    return joins() + reads() + graph()


def section(text):
    return fanout.build([parse_line(line, "here") for line in text.splitlines()])


def said(text):
    found = section(text)
    return links.plain("\n".join([found.short, found.headline, *found.findings]) + "\n")


def changed(text, old, new):
    assert text.count(old) == 1
    return text.replace(old, new)


def test_both_columns_are_in_the_short_answer():
    assert links.plain(section(everything()).short) == (
        "Waiting for 8 operations at once takes 384 bytes and no allocations with a static graph of senders; with a "
        "coroutine for each it takes 1024 bytes and 8 allocations, and 1.5 times the time (lower is better)."
    )


def test_figures_link_to_their_rows():
    rows = [parse_line(line, "here", at) for at, line in enumerate(everything().splitlines())]
    variant = "shape=join,completes=later,width=8"
    (size,) = [
        row for row in rows if (row.model, row.variant, row.metric) == ("sender", variant, "graph_bytes_per_op")
    ]
    found = fanout.build(rows)
    assert links.linked("384 bytes", size.name) in found.short
    for line in [*found.headline.splitlines(), *found.findings]:
        assert links.START in line, line


def test_all_are_set_against_the_graph_that_libraries_have():
    text = everything()
    found = said(text)
    graph = "8 children that complete inline take so many times as long as in a static sender graph (lower is better): "
    assert graph + "1.5 (1.4 to 1.6) by tasks, 1.5 (1.4 to 1.6) by awaitables on synthetic frames" in found
    assert "1.5 (1.4 to 1.6) by a sender that knows them inline (in no library)." in found
    paired = f"awaitable\twhen-all\tshape=join,completes=inline,width=8\t{MAIN}\tratio_to_native\tratio\t1.5\t"
    text = changed(text, paired + "1.4", paired + "0.9")
    assert graph + "1.5 (0.9 to 1.6) (not told apart) by tasks, " in said(text)


def test_a_time_that_is_not_told_apart_is_not_in_the_short_answer():
    paired = f"awaitable\twhen-all\tshape=join,completes=later,width=8\t{MAIN}\tratio_to_native\tratio\t1.5\t"
    assert "8 allocations (lower" in said(changed(everything(), paired + "1.4", paired + "0.9"))


def test_the_counts_follow_the_allocations():
    text = everything()
    found = said(text)
    assert "allocated in 12 of 12 cells of senders, 0 of 9 of coroutines, and 6 of 6 of awaitables" in found
    frameless = f"awaitable\twhen-all-awaitables\tshape=join,completes=later,width=2\t{MAIN}\tallocs_per_op\tcount\t"
    text = changed(text, frameless + "0\t0\t0", frameless + "2\t2\t2")
    assert "5 of 6 of awaitables joined without a coroutine" in said(text)
    sender = f"sender\twhen-all\tshape=join,completes=later,width=2\t{MAIN}\tallocs_per_op\tcount\t"
    assert "allocated in 11 of 12 cells of senders" in said(changed(text, sender + "0\t0\t0", sender + "1\t1\t1"))


def test_what_a_failure_cancels_is_waited_for_or_it_is_said():
    text = everything()
    assert "In 3 of 3 cells the join ends with the last of the reads that its first failure cancelled" in said(text)
    name = f"sender\twhen-all\tshape=cancel,width=8\t{MAIN}\tstop_latency_completions\tcount\t"
    text = changed(text, name + "7\t7\t7", name + "6\t6\t6")
    assert "In 2 of 3 cells the join ends" in said(text)
    assert "and not before; not so sender when-all." in said(text)


def test_the_atomic_count_is_told_apart():
    found = said(everything())
    assert "The floor takes 80 (79 to 81) ns, and 120 (119 to 121) with one. stdexec's when_all has one and" in found


def table(name):
    return next(table for table in section(everything()).tables if table.name == name).markdown()


def test_a_child_more_is_between_the_narrowest_and_the_widest():
    found = table("fanout-child")
    assert "**from 2 to 64 children that complete from the run_loop**" in found
    assert "| raw floor | 32 | 10 (10 to 10) |" in found and "| sender when-all | 48 | 16 (16 to 16) |" in found


def test_races_and_the_graph_are_said():
    found = said(everything())
    assert "Race that the timeout wins: a read against a timeout. It takes so many times as long as" in found
    assert "by hand (lower is better): 2 (1.9 to 2.1) with awaitable when-any, 2 (1.9 to 2.1) with" in found
    assert "then a third. It takes so many times as long as the same by hand (lower is better): 2 (1.9" in found
    assert "| awaitable when-any | 580 | 176 | 2 | 190 (189 to 191) | 2 (1.9 to 2.1) | 1000 | 1000 | - |" in (
        table("fanout-others")
    )


def without(words):
    return "".join(f"{line}\n" for line in everything().splitlines() if words not in line)


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
@pytest.mark.parametrize("words", ["nothing", "completes=inline", "sender\twhen-all-inline-known"])
def test_the_figure_can_lack_lines(tmp_path, words):
    data = tmp_path / "fanout.dat"
    data.write_text(section(without(words)).data)
    draw(data, tmp_path / "fanout.svg")


@pytest.mark.parametrize("words", ["ns_per_op", "shape=join", "shape=race", "awaitable\t", "completes=later", "floor"])
def test_what_was_not_run_is_not_said(words):
    """As a run without the paired runner leaves it, or one that was filtered."""
    assert said(without(words)).strip()


def test_one_model_alone_has_no_figure():
    assert not section("".join(f"{line}\n" for line in everything().splitlines() if "\tsender\t" in line)).data
