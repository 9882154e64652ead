"""What the report says about the grid, made from figures like those of a run."""

import shutil

import pytest

from conftest import ROOT, run
from test_report import draw, report

HEADER = (ROOT / "tests/python/data/results/frames.tsv").read_text().splitlines()[0]
GCC, CLANG = (f"{name} O2 sib=on exc=off san=none" for name in ("gcc-12.2.0", "clang-19.1.7"))
ERASED = "-any-sender-allocating"
SCHEDULE = "+schedule"


def cells():
    """{(stream, model, mechanism): (ns, allocations, from malloc, instructions)}"""
    found = {}
    for stream in ("native", "abstract", "type-erased"):
        hidden = ERASED if stream != "native" else ""
        found[stream, "raw", "floor"] = (60, 0, 0, 200)
        found[stream, "sender", "pipeline-trampoline" + hidden] = (63, bool(hidden), 0, 240)
        found[stream, "sender", "pipeline-trampoline+callback-handle" + SCHEDULE] = (80, 1, 1, 400)
        found[stream, "sender", "pipeline+callback-handle"] = (64, 0, 0, 250)
        found[stream, "awaitable", "task"] = (62, 0, 0, 230)
        found[stream, "awaitable", "task+handshake-exchange" + hidden] = (80, bool(hidden), 0, 250)
        found[stream, "sender", "task-p2300" + hidden if hidden else "task-member"] = (61, bool(hidden), 0, 230)
        found[stream, "sender", "task+member" + SCHEDULE] = (79, 1, 1, 400)
        found[stream, "sender", "task+member"] = (61, 0, 0, 230)
        if hidden:
            for name in ("pipeline", "task-p2300"):
                found[stream, "sender", f"{name}-any-sender"] = (70, 0, 0, 300)
            found[stream, "awaitable", "task+handshake-exchange-any-sender"] = (70, 0, 0, 300)
    for name, instructions in (
        (("raw", "floor"), 6),
        (("awaitable", "task-transfer"), 26),
        (("awaitable", "task-ready"), 20),
        (("awaitable", "task-ready-known"), 6),
        (("awaitable", "task+handshake-exchange"), 60),
        (("sender", "pipeline-trampoline"), 50),
        (("sender", "pipeline-trampoline+callback-handle"), 60),
        (("sender", "pipeline-direct"), 14),
        (("sender", "pipeline"), 28),
        (("sender", "task-member"), 24),
        (("sender", "task+member"), 22),
        (("cxx-awaitable", "task-ready"), 13),
        (("cxx-sender", "pipeline-direct"), 16),
    ):
        found[("synchronous", *name)] = (instructions / 8, 0, 0, instructions)
    return found


def said(out, found):
    """The grid's part of the findings of a run with these figures."""
    lines = [HEADER]
    for (stream, *name), (time, allocations, fresh, instructions) in found.items():
        floor = found[stream, "raw", "floor"][0]
        figures = {
            "ns_per_op": (time, 1),
            "ns_above_floor": (time - floor, 0.5),
            "ratio_to_floor": (time / floor, 0.5 / floor),
            "allocs_per_op": (int(allocations), 0),
            "allocs_fresh_per_op": (fresh, 0),
        }
        for metric, (value, error) in figures.items():
            if name[0] != "raw" or metric not in ("ns_above_floor", "ratio_to_floor"):
                unit = "ratio" if metric.startswith("ratio") else "ns" if error else "count"
                interval = f"{value}\t{value - error}\t{value + error}\t9"
                lines.append("\t".join(["grid", *name, f"stream={stream}", GCC, metric, unit, interval]))
        for toolchain in (GCC, CLANG):
            counted = ["instructions_per_op", "instructions", *[str(instructions)] * 3, "1"]
            lines.append("\t".join(["grid", *name, f"stream={stream}", toolchain, *counted]))
    (out / "results").mkdir(parents=True, exist_ok=True)
    (out / "results" / "grid.tsv").write_text("\n".join(lines) + "\n")
    report(out, "tables")
    return (out / "tables" / "findings.md").read_text().partition("## By experiment\n")[2]


def test_allocations_are_compared_cell_by_cell(tmp_path):
    found = cells()
    text = said(tmp_path, found)
    assert "exactly as often as published in 24 of 24 cells." in text
    assert "Of the published cells 12 of 24 allocate in every read. For 12 of 12 a row beside it does the same" in text
    assert "In 6 of the 12 published cells that allocate each read goes to malloc" in text
    found["native", "sender", "task+member" + SCHEDULE] = (61, 0, 0, 230)
    del found["abstract", "awaitable", "task+handshake-exchange-any-sender"]
    text = said(tmp_path, found)
    assert "in 23 of 24 cells." in text
    assert "than published: sender task, native, bridged: 0 instead of 1." in text
    assert "Of the published cells 11 of 24 allocate in every read. For 10 of 11 a row" in text
    assert "- There is none for awaitable task, abstract, bridged." in text


def test_the_verdicts_on_instructions_follow_the_data(tmp_path):
    found = cells()
    text = said(tmp_path, found)
    for name in ("gcc", "clang"):
        line = next(line for line in text.splitlines() if f"floor with {name}" in line)
        assert "; 8 is the limit that we set). C++: the awaitable 7 (task-ready), within it;" in line
        assert "trampoline 10 (pipeline-direct), above it, more than the awaitable." in line
        assert "The model in C: the awaitable 14 (task-ready), above it;" in line
        assert "trampoline 8 (pipeline-direct), within it, fewer than the awaitable." in line
    found["synchronous", "cxx-awaitable", "task-ready"] = (2, 0, 0, 15)
    assert "C++: the awaitable 9 (task-ready), above it;" in said(tmp_path, found)
    del found["synchronous", "cxx-awaitable", "task-ready"], found["synchronous", "cxx-sender", "pipeline-direct"]
    assert "we set). The model in C: the awaitable 14 (task-ready), above it;" in said(tmp_path, found)


def test_native_rows_are_alike_or_not(tmp_path):
    found = cells()
    found["native", "sender", "pipeline"] = (61.5, 0, 0, 230)
    text = said(tmp_path, found)
    assert "sender pipeline 63, awaitable task 62, sender task 61." in text
    assert "it takes: sender pipeline 3, awaitable task 2, sender task 1; without its trampoline the pipeline" in text
    for nanoseconds, times in ((62, "1.03 times (1.02 to 1.05)"), (67, "1.10 times ("), (75, "1.23 times (")):
        found["native", "awaitable", "task"] = (nanoseconds, 0, 0, 230)
        said(tmp_path, found)
        assert f"the slowest of the models takes {times}" in report(tmp_path, "headlines")


def test_a_difference_has_its_interval(tmp_path):
    found = cells()
    found["native", "sender", "pipeline"] = (62.5, 0, 0, 230)
    said(tmp_path, found)
    lines = (tmp_path / "tables" / "grid-steps.tsv").read_text().splitlines()
    table = dict(line.split("\t", 1) for line in lines)
    assert table["the trampoline"].endswith("\t+0.5 (-0.5 to +1.5), not told apart")
    posted = "posting a bridged coroutine through an allocated schedule operation, as the published adapter does"
    assert table[posted].endswith("\t+18.0 (+17.0 to +19.0)")
    hidden = "any_stream, which hides the stream's type from an awaitable"
    assert table[hidden] == "2 (1.5 to 2.5)\t2 (1.5 to 2.5)\t+0.0 (-1.0 to +1.0), not told apart"


def test_each_path_names_the_published_cell_that_takes_it(tmp_path):
    said(tmp_path, cells())
    table = (tmp_path / "tables" / "grid-paths.md").read_text()
    erased = table.partition("stream: type-erased")[2]
    assert (
        "| sender pipeline-trampoline+callback-handle+schedule | sender pipeline, bridged | 80 (79 to 81) | "
        "20 (19.5 to 20.5) | 1 | 1 | - | - | 400 | 400 |"
    ) in erased
    names = [line.split(" | ")[1] for line in table.splitlines() if line.startswith("| ")]
    assert sum("native" in name or "bridged" in name for name in names) == 24


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_the_figure_is_drawn(tmp_path):
    said(tmp_path, cells())
    data = tmp_path / "figures" / "grid.dat"
    draw(data, tmp_path / "grid.svg")
    assert (tmp_path / "grid.svg").read_text().count("<title>") >= 3


def test_a_run_has_the_published_pattern(abreast, tmp_path):
    done = run(abreast, "run", "--smoke", "--out", tmp_path, "grid/")
    assert done.returncode == 0, done.stderr
    assert "as published in 24 of 24 cells." in report(tmp_path, "headlines")
