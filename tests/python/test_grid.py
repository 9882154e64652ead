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
    return (out / "tables" / "findings.md").read_text().partition("\n## grid\n")[2]


def test_allocations_are_compared_cell_by_cell(tmp_path):
    found = cells()
    text = said(tmp_path, found)
    assert "exactly as often as published in 24 of 24 cells." in text
    assert "12 of the published cells allocate in every read. Each of these has a row beside it" in text
    assert "Of the 12 published cells that allocate, 6 go to malloc" in text
    found["native", "sender", "task+member" + SCHEDULE] = (61, 0, 0, 230)
    del found["abstract", "awaitable", "task+handshake-exchange-any-sender"]
    text = said(tmp_path, found)
    assert "in 23 of 24 cells. Another number: sender task, native, bridged: 0 instead of 1." in text
    assert "11 of the published cells allocate in every read. 10 of these have a row" in text
    assert ". There is none for awaitable task, abstract, bridged." in text


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
    assert "sender pipeline 63 (3 above the floor), awaitable task 62 (2 above the floor)" in text
    assert "without it, it is 1.5 above the floor." in text
    assert "The slowest takes 1.03 (1.02 to 1.05) times the time of the fastest, and " in text
    assert "and 3.00 (1.67 to 7.00) times what the fastest takes above the floor." in text
    found["native", "awaitable", "task"] = (67, 0, 0, 230)
    assert "The slowest takes 1.10 (" in said(tmp_path, found)
    found["native", "awaitable", "task"] = (75, 0, 0, 230)
    assert "The slowest takes 1.23 (" in said(tmp_path, found)


def test_a_difference_has_its_interval(tmp_path):
    found = cells()
    found["native", "sender", "pipeline"] = (62.5, 0, 0, 230)
    text = said(tmp_path, found)
    assert "the trampoline: +0.5 (-0.5 to +1.5), not told apart;" in text
    assert "as the published adapter does: +18.0 (+17.0 to +19.0);" in text
    assert "an awaitable through any_stream 2 instead of 2, +0.0 (-1.0 to +1.0), not told apart." in text


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
    report(tmp_path, "tables")
    assert "as published in 24 of 24 cells." in (tmp_path / "tables" / "findings.md").read_text()
