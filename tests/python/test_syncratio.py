"""What the report says about the synchronous share, made from figures of its own; and a run of a few of its cells."""

import shutil
import sys

import pytest

from conftest import ROOT, run
from test_report import draw

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import links, syncratio, syncratio_sockets  # noqa: E402
from abreast_report.rows import parse_line, read_results  # noqa: E402

MAIN = "gcc-12.2.0 O2 sib=on exc=off san=none"
PAPERS = [["discussion of P4003R1", "warm reads", syncratio_sockets.CLAIM, "share", "40", "percent", ""]]
FLOOR, TASK, PIPELINE = ("raw", "floor"), ("awaitable", "task"), ("sender", "pipeline")
P2300 = ("sender", "p2300-task")
SHARES = range(0, 101, 10)


def row(name, variant, metric, value, low=None, high=None, samples=1):
    fields = ["syncratio", *name, variant, MAIN, metric, "-", value, value if low is None else low]
    return "\t".join(map(str, [*fields, value if high is None else high, samples])) + "\n"


def counts(name, first, step, shares=SHARES):
    """A straight line of instructions."""
    return "".join(
        row(name, f"reactor=sim,share={share}", "instructions_per_op", first + step * share / 10) for share in shares
    )


def turns(task=(900, -50), pipeline=(870, -44)):
    return counts(FLOOR, 800, -45) + counts(TASK, *task) + counts(PIPELINE, *pipeline)


def times():
    text = ""
    for share, ratio in ((0, (0.9, 0.85, 0.95)), (100, (1.2, 1.1, 1.3))):
        variant = f"reactor=sim,share={share}"
        text += row(FLOOR, variant, "ns_per_op", 100, 99, 101, 40)
        text += row(PIPELINE, variant, "ns_per_op", 110, 109, 111, 40)
        text += row(PIPELINE, variant, "ns_above_floor", 10, 8, 12, 40)
        text += row(PIPELINE, variant, "ratio_to_native", *ratio, 40)
    return text


def sockets(ping_pong=(0.38, 0.36, 0.4), streaming=(0.99, 0.98, 1), tried=0.2, name=FLOOR):
    text = ""
    for load, share in (("ping-pong", ping_pong), ("streaming", streaming)):
        for peer in ("same", "other"):
            text += row(name, f"load={load},counts=submitted,peer={peer}", "sync_share", *share, 5)
        text += row(name, f"load={load},counts=try,peer=other", "sync_share", tried, tried, tried, 5)
    return text


def section(text):
    return syncratio.build([parse_line(line, "here") for line in text.splitlines()], PAPERS)


def said(text):
    found = section(text)
    return links.plain("\n".join([found.short, found.headline, *found.findings]))


def test_the_share_at_which_two_curves_cross():
    """100 - 5 s and 70 + s meet where s, in tenths, is 5."""
    found = section(turns() + counts(P2300, 880, -46))
    assert links.plain(found.short) == (
        "By the share of operations that complete at once, a coroutine takes fewer instructions than sender "
        "pipeline above 50 %."
    )
    assert "by the share of operations that complete at once, than sender p2300-task above 50 %." in (
        links.plain(found.headline)
    )


def test_c_and_cxx_are_told_beside_each_other_and_the_guarantee_too():
    text = turns() + counts(syncratio.CXX_TASK, 900, -50) + counts(syncratio.CXX_PIPELINE, 880, -46)
    assert "than sender pipeline above 50 % (C++: above 50 %). " in said(text + sockets())
    assert "task-affine, takes 150 instructions above the floor where every operation waits, awaitable task 100." in (
        said(text + counts(syncratio.AFFINE, 950, -40))
    )


def test_curves_that_do_not_cross():
    assert "than sender pipeline at any share." in said(turns(task=(820, -45)))
    assert "than sender pipeline at no share." in said(turns(task=(900, -40)))


def test_figures_link_to_their_rows():
    """The place of a crossing to the count before it, each end of a span to its own row."""
    lines = (turns() + sockets()).splitlines()
    rows = [parse_line(line, "here", at) for at, line in enumerate(lines)]
    found = syncratio.build(rows, PAPERS)
    (task,) = [row for row in rows if row.value == 650 and row.model == "awaitable"]
    assert links.linked("above 50 %", task.name) in found.short
    ends = [next(row for row in rows if row.value == value and "peer=other" in row.variant) for value in (0.38, 0.99)]
    assert "On sockets {} to {} of io_uring reads do".format(
        *(links.linked(text, row.name) for text, row in zip(("38 %", "99 %"), ends))
    ) in found.short


def test_between_shares_far_apart_the_place_is_not_guessed():
    forms = ((FLOOR, 800, -45), (TASK, 900, -50), (PIPELINE, 870, -44))
    text = "".join(counts(*form, shares=(0, 100)) for form in forms)
    assert "than sender pipeline above a share between 0 and 100 %." in said(text)


def test_curves_that_meet_cross_once():
    """They are equal at a share that was counted."""
    assert syncratio.sign_changes({0: 3, 10: 2, 20: 1}, {0: 1, 10: 2, 20: 3}) == [(10, 10, 10)]
    assert syncratio.sign_changes({0: 3, 10: 2, 20: 3}, {0: 2, 10: 2, 20: 2}) == []


def test_times_are_told_apart_by_the_interval_in_pairs():
    assert ", 0.90 (0.85 to 0.95) times at 0 % (less), 1.20 (1.10 to 1.30) times at 100 % (more)." in said(times())


def test_a_curve_that_leaves_its_line_is_said():
    bent = turns().replace(
        row(PIPELINE, "reactor=sim,share=100", "instructions_per_op", 430.0),
        row(PIPELINE, "reactor=sim,share=100", "instructions_per_op", 400.0),
    )
    assert bent != turns()
    assert "the instructions above the floor leave the line: sender pipeline (50)." in said(bent)
    assert "leave the line" not in said(turns())


@pytest.mark.parametrize(
    "figures, near, more, fewer, untold",
    [
        ({}, "2 of 4 cases (ping-pong on 1 connection, the peer on another processor, 38 % (36 % to 40 %); ", 2, 0, 0),
        ({"streaming": (0.42, 0.4, 0.44)}, "4 of 4 cases. ", 0, 0, 0),
        ({"ping_pong": (0.1, 0.05, 0.2)}, "0 of 4 cases. ", 2, 2, 0),
        ({"ping_pong": (0.38, 0.1, 0.9)}, "0 of 4 cases. ", 2, 0, 2),
        ({"ping_pong": (0.38, 0.27, 0.4)}, "0 of 4 cases. ", 2, 0, 2),
    ],
)
def test_the_verdict_follows_the_figures(figures, near, more, fewer, untold):
    found = said(sockets(**figures))
    assert f"within 5 points of it in {near}" in found
    assert f"More complete at once in {more} of 4, fewer in {fewer} of 4; in {untold} of 4 the interval is too" in found


def test_the_two_ways_to_count_are_said_to_agree_or_not():
    found = said(sockets())
    assert "at most 5 points apart in 0 of 2 cases. They are furthest apart for streaming" in found
    assert "20 % tried, 99 % (98 % to 100 %) submitted, 79 points." in found


def test_a_name_is_not_doubled_and_a_column_without_figures_is_left_out():
    text = turns() + counts(("poll", "poll"), 900, -45)
    tables = {table.name: table for table in section(text).tables}
    assert "| poll |" in tables["syncratio-instructions"].markdown()
    assert "time, the task's = 1" not in tables["syncratio-crossings"].columns
    timed = {table.name: table for table in section(text + times()).tables}["syncratio-crossings"]
    assert "the task's = 1" in timed.columns[-1] and len(timed.rows[0]) == len(timed.columns)


def test_without_io_uring_there_is_no_verdict():
    text = "".join(
        row(FLOOR, f"load=streaming,counts={counts_},peer=same", "sync_share", value)
        for counts_, value in (("submitted", "?"), ("try", 0.9))
    )
    assert "could not be used here." in said(text)


def test_the_models_are_said_to_see_the_same_share_or_how_far_apart():
    text = sockets() + sockets(ping_pong=(0.5, 0.4, 0.6), name=TASK)
    assert "see the floor's within 12 points (furthest: awaitable task, ping-pong on 1 connection" in said(text)


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
@pytest.mark.parametrize("text", [turns() + times(), turns(), times()], ids=["both", "counts", "times"])
def test_the_figure_draws(tmp_path, text):
    data = tmp_path / "syncratio.dat"
    data.write_text(section(text).data)
    draw(data, tmp_path / "syncratio.svg")
    assert (tmp_path / "syncratio.svg").stat().st_size > 5000


def test_a_run_checks_every_form_at_every_share_and_counts_reads(abreast, tmp_path):
    wanted = ["syncratio/*/reactor=sim,*", "syncratio/raw/floor/load=streaming,*same"]
    done = run(abreast, "run", "--smoke", "--out", tmp_path, *wanted)
    assert done.returncode == 0, done.stderr
    rows = read_results(tmp_path / "results")["syncratio"]
    shares = {found.variant: found for found in rows if found.metric == "sync_share"}
    assert set(shares) == {f"load=streaming,counts={counts_},peer=same" for counts_ in ("try", "submitted")}
    tried = shares["load=streaming,counts=try,peer=same"]
    assert 0 <= tried.low <= tried.value <= tried.high <= 1


def test_what_skipping_a_suspension_saves_is_said():
    suspending = ("awaitable", "task-suspending")
    text = turns() + counts(suspending, 905, -45)
    text += row(suspending, "reactor=sim,share=40", "ratio_to_native", 1.03, 1.01, 1.05, 40)
    (found,) = [line for line in map(links.plain, section(text).findings) if "skipping" in line]
    assert "it takes more by 25 at 40 % and 55 at 100 %" in found
    assert "in pairs with the task, 1.03 (1.01 to 1.05) times at 40 %." in found
    assert not [line for line in section(turns()).findings if "skipping" in line]
