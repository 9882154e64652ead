"""The history: append-only, its change points, charts and dashboard."""

import random
import re
import shutil
from pathlib import Path

import pytest
from regress_tools import RUN, regress

from abreast_regress import changes, charts, history, runs
from abreast_regress.status import Stop

CELLS = ["grid", "stack"]


def revision(number):
    return f"{number:040x}"


def a_run(number, processor="Example CPU"):
    run = runs.read_run(RUN)
    run.info["start"] = f"2026-10-{number:02d}T10:00:00+00:00"
    run.identity = run.identity._replace(processor=processor)
    return run


@pytest.fixture
def kept(tmp_path):
    """12 runs, two of them on another processor, one with a note."""
    path = tmp_path / "history.tsv"
    for number in range(1, 13):
        other = number in (4, 9)
        note = "a new <compiler>" if number == 6 else ""
        history.add(path, a_run(number, "Other CPU" if other else "Example CPU"), CELLS, revision(number), note)
    return path


def test_rows_are_appended_and_nothing_else(kept):
    before = kept.read_bytes()
    assert history.add(kept, a_run(13), CELLS, revision(13), "")[1] == 13
    assert kept.read_bytes().startswith(before)
    assert before.startswith(f"{history.SCHEMA}\n".encode()) and before.count(history.SCHEMA.encode()) == 1
    points = history.read(kept)
    assert {point.seq for point in points} == set(range(1, 14))
    assert {point.metric for point in points} <= set(history.METRICS)
    assert {point.toolchain for point in points} == {a_run(1).identity.toolchain}


def test_a_run_is_kept_once(kept):
    before = kept.read_bytes()
    with pytest.raises(Stop, match="already"):
        history.add(kept, a_run(12), CELLS, revision(12), "")
    assert kept.read_bytes() == before


@pytest.mark.parametrize(
    "break_it",
    [
        lambda text: text.replace("# abreast history 1", "# abreast history 2", 1),
        lambda text: text[:-20],
        lambda text: text.replace("\tns\t50.25", "\tns\tfast", 1),
        lambda text: text.replace("\tns\t50.25", "\tns\tnan", 1),
        lambda text: text.replace("Example CPU\t", "", 1),
        lambda text: "",
    ],
)
def test_a_broken_history_is_an_error_and_not_appended_to(kept, break_it):
    kept.write_text(break_it(kept.read_text()))
    before = kept.read_bytes()
    with pytest.raises(Stop):
        history.read(kept)
    with pytest.raises(Stop):
        history.add(kept, a_run(13), CELLS, revision(13), "")
    assert kept.read_bytes() == before


def test_nothing_to_keep_and_no_history_are_4(tmp_path):
    with pytest.raises(Stop) as stop:
        history.add(tmp_path / "h.tsv", a_run(1), ["no-such-cell/"], revision(1), "")
    assert stop.value.status == 4 and not (tmp_path / "h.tsv").exists()
    assert regress("history", "chart", "--history", tmp_path / "h.tsv").returncode == 4


def test_processors_are_never_joined(kept):
    chart = history.charts(history.read(kept))["grid", "stream=native", "ns_per_op"]
    lines = history.series(chart)
    assert len(lines) == 4
    for (_, _, processor, _), line in lines.items():
        assert {point.processor for point in line} == {processor}
        assert len(line) == (2 if processor == "Other CPU" else 10)


def noisy(levels, spread=0.01, seed=4):
    draw = random.Random(seed)
    return [level * draw.lognormvariate(0, spread) for level in levels]


def test_change_points_of_times():
    values = noisy([50] * 12 + [55] * 12)
    [(at, ratio)] = changes.change_points(values, exact=False)
    assert at == 12 and ratio == pytest.approx(1.1, abs=0.02)
    assert len(changes.change_points(noisy([50] * 10 + [60] * 10 + [50] * 10), False)) == 2
    for seed in range(200):
        assert changes.change_points(noisy([50] * 40, 0.02, seed), False) == [], seed
    assert changes.change_points(noisy([50] * 12 + [50.5] * 12, 0.001), False) == [], "1 % is no change worth a mark"
    assert changes.change_points([50, 60], False) == [] and changes.change_points([], False) == []


def test_change_points_of_counts_are_where_they_change():
    assert changes.change_points([8, 8, 16, 16, 8], exact=True) == [(2, 2.0), (4, 0.5)]
    assert changes.change_points([0, 0, 16], exact=True) == [(2, float("inf"))]


def test_charts_hold_every_line_and_note(kept):
    chart = history.charts(history.read(kept))["grid", "stream=native", "ns_per_op"]
    data, settings = charts.chart_data(chart)
    assert len(data.strip().split("\n\n\n")) == 4
    assert "titles = 'awaitable task|sender pipeline| | '" in settings
    assert "machines = 'Example CPU|Other CPU'" in settings
    assert "dashes = '1 1 2 2'" in settings and "paints = '1 2 1 2'" in settings
    assert settings.count("set arrow") == 1
    names = charts.slug(("grid", "stream=native", "ns_per_op"))
    assert names == "grid-stream-native-ns-per-op"


def test_text_of_others_is_no_gnuplot_program():
    assert charts.plain('a"b`c\\d') == "a?b?c?d" and charts.quoted("it's") == "'it''s'"


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_charts_and_dashboard(kept, tmp_path):
    done = regress("history", "chart", "--history", kept, "--charts", tmp_path / "charts", "grid")
    assert done.returncode == 0
    paths = done.stdout.split()
    assert [Path(path).name for path in paths] == [
        f"grid-stream-native-{metric}.svg" for metric in ("ns-per-op", "instructions-per-op", "op-state-bytes")
    ]
    first = [Path(path).read_bytes() for path in paths]
    regress("history", "chart", "--history", kept, "--charts", tmp_path / "charts", "grid")
    assert first == [Path(path).read_bytes() for path in paths], "the same history makes the same pictures"

    page = tmp_path / "dashboard.html"
    done = regress("history", "dashboard", "--history", kept, "--page", page)
    text = page.read_text(encoding="utf-8")
    assert done.returncode == 0 and text.count("<figure") == 4 and text.count("<svg") >= 4
    assert "a new &lt;compiler&gt;" in text and "history of 12 runs" in text
    assert not re.search(r'(src|href)\s*=\s*"(https?:)?//|@import|fetch\(|url\(["\']?http', text), "it opens offline"
    assert 'name="abreast-dashboard" content="1"' in text


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_the_dashboard_lists_its_charts_and_draws_none_of_what_is_always_0(kept, tmp_path):
    kept.write_text(re.sub(r"(\top_state_bytes\tB)\t\d+\t\d+\t\d+", r"\1\t0\t0\t0", kept.read_text()))
    page = tmp_path / "dashboard.html"
    assert regress("history", "dashboard", "--history", kept, "--page", page).returncode == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<figure") == 3 and "operation state: always 0" in text
    links, places = set(re.findall(r'<a href="#([^"]+)"', text)), set(re.findall(r'<figure id="([^"]+)"', text))
    assert links == places and len(links) == 3
    assert "2026-10-01 10:00 to 2026-10-12 10:00" in text


def test_runs_of_one_day_are_told_by_their_time():
    points = {seq: history.Point(seq, f"2026-10-01T1{seq}:30:00", *[""] * 14) for seq in (1, 2)}
    assert "10-01 11:30" in charts.axis(points)[0] and "10-01 12:30" in charts.axis(points)[0]


def test_the_command_adds(tmp_path):
    path = tmp_path / "history.tsv"
    done = regress("history", "add", "--out", RUN, "--history", path, "--note", "first", *CELLS)
    assert done.returncode == 0 and "run 1, 8 figures" in done.stdout and "note:" not in done.stdout
    done = regress("history", "add", "--out", RUN, "--history", tmp_path / "other.tsv")
    assert "note: the run has nothing of bridges/raw/floor/completes=inline, which the history keeps" in done.stdout
    assert history.read(path)[0].revision.startswith("0123456789") and history.read(path)[0].note == "first"
    assert regress("history", "add", "--out", RUN, "--history", path, "--note", "a\tb", *CELLS).returncode == 1
