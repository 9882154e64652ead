"""What the report says about stopping, made from figures of its own; and a run of a few cells."""

import shutil
import sys

import pytest

from conftest import ROOT, run
from test_report import draw

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import links, stop  # noqa: E402
from abreast_report.rows import parse_line, read_results  # noqa: E402

MAIN = "gcc-12.2.0 O2 sib=on exc=off san=none"
STEP = {stop.FLOOR: 10, stop.LAST_FIRST: 12, stop.CALLBACK: 40, stop.TASK: 70, stop.PIPELINE: 40, stop.SENDER_TASK: 60}


def row(name, variant, metric, value, low=None, high=None):
    fields = ["stop", *name, variant, MAIN, metric, "ns", value, value if low is None else low]
    return "\t".join(map(str, [*fields, value if high is None else high, 9])) + "\n"


def request(stream, pending, factor=1.0):
    text, variant = "", f"work=stop,stream={stream},pending={pending}"
    for name, ns in STEP.items():
        ratio = ns / STEP[stop.FLOOR] * factor
        text += row(name, variant, stop.NS, ns) + row(name, variant, stop.LATENCY, ns * pending)
        if stream == "sim":
            text += row(name, variant, stop.COUNT, ns + 5)
        if name != stop.FLOOR:
            text += row(name, variant, stop.RATIO, ratio, ratio * 0.9, ratio * 1.1)
    return text + row(stop.FLOOR, f"{variant},control=aa", stop.RATIO, 1.01, 0.99, 1.02)


def ending(error):
    text = ""
    for ends in stop.ENDS:
        for name in (stop.FLOOR, stop.TASK, stop.SENDER_TASK, stop.PIPELINE, stop.NESTED, stop.SENDER_NESTED):
            variant = f"work=complete,ends={ends}"
            text += row(name, variant, stop.COUNT, 100 if ends == "value" else error) + row(name, variant, stop.NS, 20)
    for without, with_ in stop.STOPPABLE.items():
        variant = "work=complete,ends=value"
        text += row(with_, variant, stop.COUNT, 170) + row(with_, variant, stop.NS, 40)
        text += row(with_, variant, stop.NATIVE, 2.0, 1.9, 2.1)
    return text


def telling(affine=0):
    ways = {stop.TASK: 64, ("sender", "posted"): 64, ("sender", "affine-on"): affine}
    return "".join(row(name, "work=told,written=64", stop.TOLD, value) for name, value in ways.items())


def everything(error=90, affine=0):
    text = request("sim", 64) + request("sim", 10000) + request("io_uring", 1) + request("io_uring", 1000)
    return text + ending(error) + telling(affine)


def section(text):
    return stop.build([parse_line(line, "here") for line in text.splitlines()])


def said(text):
    found = section(text)
    return links.plain("\n".join(line for line in [found.short, found.headline, *found.findings] if line) + "\n")


def test_the_short_answer_is_of_the_most_reads_on_sim():
    assert links.plain(section(everything()).short) == (
        "Stopping 10,000 waiting reads on the sim reactor takes so many times as long as bare cancels (lower is "
        "better): 7.00 (6.30 to 7.70) with awaitable task, 4.00 (3.60 to 4.40) with sender pipeline. Nothing was left "
        "pending."
    )


def test_figures_link_to_their_rows():
    rows = [parse_line(line, "here", at) for at, line in enumerate(everything().splitlines())]
    found = stop.build(rows)
    variant = "work=stop,stream=sim,pending=10000"
    (task,) = [row for row in rows if (row.mechanism, row.variant, row.metric) == ("task", variant, stop.RATIO)]
    assert links.linked("7.00 (6.30 to 7.70)", task.name) in found.short
    plain_ = "After each request every read had ended once"
    for line in [*found.headline.splitlines(), *found.findings]:
        assert links.START in line or line.startswith(plain_), line


@pytest.mark.parametrize("ratio, faster", [(6.6, "sender p2300-task"), (20, "awaitable task")])
def test_tasks_are_ranked_only_where_their_intervals_lie_apart(ratio, faster):
    """Those of the sender model take 5.4 to 6.6 times the floor, those of the awaitable model 6.3 to 7.7."""
    assert "The two kinds of task are not told apart: their intervals overlap." in said(everything())
    mine = stop.TASK if faster.startswith("sender") else stop.SENDER_TASK
    variant = "work=stop,stream=sim,pending=10000"
    text = "".join(
        f"{line}\n"
        for line in everything().splitlines()
        if not line.startswith("\t".join(["stop", *mine, variant, MAIN, stop.RATIO]))
    )
    text += row(mine, variant, stop.RATIO, ratio + 0.1, ratio + 0.05, ratio + 0.2)
    assert f"Of the two kinds of task {faster} takes less." in said(text)


def test_latencies_are_told_with_their_ratios():
    found = said(everything())
    assert "1,000 reads on sockets, io_uring, from the stop request to the last completion: bare cancels take " in found
    assert "take 10 µs; in multiples of that 7.00 (6.30 to 7.70) with awaitable task, 4.00" in found
    assert "take 100 µs; in multiples of that 4.00 (3.60 to 4.40) with raw stop-callback, 6.00 (5.40 to" in found


def test_what_an_interval_does_not_tell_apart_is_said_so():
    found = said(request("io_uring", 1000, factor=0.25))
    assert "1.00 (0.90 to 1.10) (not told apart) with sender pipeline" in found


def test_the_instructions_of_callback_and_model_are_told_apart():
    found = said(everything())
    assert "each takes 15 instructions when cancelled bare" in found
    assert "by a callback of its own, takes 30 more" in found
    assert "awaitable task 30 more; sender pipeline none; sender p2300-task 20 more" in found


def test_the_order_of_cancellation_is_told():
    found = said(everything() + request("epoll", 64, factor=0.8))
    assert "on sockets, io_uring with 1,000 pending 1.20 (1.08 to 1.32); " in found
    assert "on sockets, epoll with 64 pending 0.96 (0.86 to 1.06) (not told apart)." in found


def test_the_cost_of_being_stoppable():
    found = said(everything())
    assert "asked (lower is better): 2.00 (1.90 to 2.10) with raw floor, 2.00 (1.90 to 2.10) with aw" in found


def test_an_error_may_cost_more_than_a_value_or_not():
    cheap, dear = said(everything(error=90)), said(everything(110))
    for name in ("awaitable task", "sender p2300-task", "sender pipeline"):
        assert f"90 with {name} (a value 100)" in cheap
    assert "Neither an error nor a stop takes more instructions than a value" in cheap
    assert "An error or a stop takes more instructions than a value in awaitable task, sender p2300-task" in dear
    assert "sender pipeline; in time, in runs of their own, neither an error nor a stop takes more time than" in dear
    slow = everything() + row(stop.TASK, "work=complete,ends=stopped", stop.NS, 25, 21, 30)
    assert "in time, in runs of their own, an error or a stop takes more time than a value in awaitable task." in (
        said(slow)
    )


def test_a_lost_count_is_told_only_where_it_is_lost():
    assert "write_some | affine_on 0. Not told in write_some | affine_on: the bytes are written" in said(everything())
    assert "Not told" not in said(everything(affine=64))


def test_few_rows_make_few_sentences():
    assert said(telling()).count("\n") == 1
    assert section(request("epoll", 64)).short.startswith("Stopping 64 waiting reads on sockets, epoll")


def test_tables_have_a_row_a_mechanism():
    tables = {table.name: table for table in section(everything()).tables}
    assert set(tables) == {"stop-latency", "stop-stoppable", "stop-ends", "stop-told"}
    assert len(tables["stop-latency"].rows) == 4 * (1 + len(STEP))
    for name in ("stop-latency", "stop-stoppable", "stop-ends"):
        assert "need not be the quotient of two columns" in tables[name].note
    for name in ("awaitable task-in-task", "sender p2300-task-in-task", "sender p2300-task"):
        assert f"| {name} | 100 | 90 | 90 |" in tables["stop-ends"].markdown()


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_the_figure_is_drawn(tmp_path):
    data = tmp_path / "stop.dat"
    data.write_text(section(everything()).data, encoding="utf-8")
    draw(data, tmp_path / "stop.svg")


def test_a_smoke_run_checks_all_cells(abreast, tmp_path):
    done = run(abreast, "run", "--smoke", "--out", tmp_path, "stop/")
    assert done.returncode == 0, done.stderr
    rows = read_results(tmp_path / "results")["stop"]
    told = {(row.model, row.mechanism): row.value for row in rows if row.metric == stop.TOLD}
    unstoppable = ("sender", "affine-on-unstoppable")
    assert told == {stop.TASK: 64, ("sender", "posted"): 64, ("sender", "affine-on"): 0, unstoppable: 64}


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_only_the_stop_is_counted(abreast):
    """Instructions are those from the request to the last completion: of the floor, a cancel and a completion each."""
    done = run(abreast, "measure", "stop/*/floor/*sim,pending=64", "stop/*/task/*sim,pending=64")
    assert done.returncode == 0, done.stderr
    rows = [parse_line("\t".join(line.split("\t")[:11]), "here") for line in done.stdout.splitlines()]
    counts = {(row.model, row.mechanism): row.value for row in rows if row.metric == stop.COUNT}
    if counts.get(stop.FLOOR) is None:
        pytest.skip("an executable that does not run under valgrind")
    assert 20 < counts[stop.FLOOR] < 120
    assert counts[stop.FLOOR] < counts[stop.TASK]
