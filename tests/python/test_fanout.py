"""What the report says about joins, races and graphs, made from figures of its own."""

import shutil
import sys

import pytest

from conftest import ROOT
from test_report import draw

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import fanout  # noqa: E402
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
    return "\n".join([found.headline, *found.findings]) + "\n"


def changed(text, old, new):
    assert text.count(old) == 1
    return text.replace(old, new)


def test_both_columns_are_in_the_short_answer():
    found = section(everything())
    assert found.short == (
        "A join of 8 operations costs a static sender graph 384 bytes and no allocation, tasks of coroutines 1024 "
        "bytes and 8 allocations (lower is better)."
    )
    assert found.headline.splitlines()[0] == (
        "A join of 8 operations that complete from the run_loop: a static sender graph takes 384 bytes, no allocation, "
        "128 (127 to 129) ns, 2 (1.9 to 2.1) times the floor; tasks of coroutines 1024 bytes, 8 allocations, 240 (239 "
        "to 241) ns, 2 (1.9 to 2.1) times the floor; the awaitables on synthetic frames, not standard C++, 512 bytes, "
        "no allocation, 160 (159 to 161) ns, 2 (1.9 to 2.1) times the floor."
    )


def test_all_are_set_against_the_graph_that_libraries_have():
    text = everything()
    found = said(text)
    graph = "graph of 8 children that complete inline (sender when-all): "
    assert graph + "tasks take 2.67 times its bytes and 1.5 (1.4 to 1.6) times its ns, awaitables" in found
    assert "which no library has, 1 times its bytes and 1.5 (1.4 to 1.6) times its ns." in found
    paired = f"awaitable\twhen-all\tshape=join,completes=inline,width=8\t{MAIN}\tratio_to_native\tratio\t1.5\t"
    text = changed(text, paired + "1.4", paired + "0.9")
    assert graph + "tasks take 2.67 times its bytes and ns not told apart from its (0.9 to 1.6 times), " in said(text)


def test_the_counts_follow_the_allocations():
    text = everything()
    found = said(text)
    assert "allocated in 12 of 12 cells of senders, 0 of 9 cells of coroutines, and 6 of 6 cells of awaitables" in found
    frameless = f"awaitable\twhen-all-awaitables\tshape=join,completes=later,width=2\t{MAIN}\tallocs_per_op\tcount\t"
    text = changed(text, frameless + "0\t0\t0", frameless + "2\t2\t2")
    assert "5 of 6 cells of awaitables joined without a coroutine" in said(text)
    sender = f"sender\twhen-all\tshape=join,completes=later,width=2\t{MAIN}\tallocs_per_op\tcount\t"
    assert "allocated in 11 of 12 cells of senders" in said(changed(text, sender + "0\t0\t0", sender + "1\t1\t1"))


def test_what_a_failure_cancels_is_waited_for_or_it_is_said():
    text = everything()
    assert "In 3 of 3 cells the join ends with the last of the reads that its first failure cancelled" in said(text)
    name = f"sender\twhen-all\tshape=cancel,width=8\t{MAIN}\tstop_latency_completions\tcount\t"
    text = changed(text, name + "7\t7\t7", name + "6\t6\t6")
    assert "In 2 of 3 cells the join ends" in said(text)
    assert "and not before; not so sender when-all. With 7 others:" in said(text)


def test_the_atomic_count_is_told_apart():
    found = said(everything())
    assert "it takes 128 (127 to 129) ns, and where the count is statically left out 1.5 times that (1.4 " in found


def test_a_child_more_is_between_the_narrowest_and_the_widest():
    found = said(everything())
    assert "from 2 to 64 children that complete from the run_loop: raw floor 32 bytes, 10 (10 to 10) ns;" in found
    assert "sender when-all 48 bytes, 16 (16 to 16) ns." in found


def test_races_and_the_graph_are_said():
    found = said(everything())
    assert "A race that the timeout wins, its loser cancelled and waited for: raw floor 160 bytes, no alloc" in found
    assert "then a third: raw floor 96 bytes, no allocation, 9000 (8999 to 9001) ns; sender static-graph 264" in found
    table = next(table for table in section(everything()).tables if table.name == "fanout-others").markdown()
    assert "| awaitable when-any | 580 | 176 | 2 | 190 (189 to 191) | 2 (1.9 to 2.1) | 1000 | 1000 | - |" in table


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
