"""What the report says about the memory of connections, made from figures of its own; and a run of a few of them."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from conftest import ROOT, run
from test_report import draw

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import conns, links  # noqa: E402
from abreast_report.rows import pairs, parse_line, read_results  # noqa: E402

MAIN = "gcc-12.2.0 O2 sib=on exc=off san=none"
PAPERS = [["discussion of P4003R1", "coroutine per connection", conns.CLAIM, "share", "60", "percent", ""]]
FLOOR, TASK, PIPELINE = ("raw", "floor"), ("awaitable", "task"), ("sender", "pipeline")
SIZES = {FLOOR: 4000, TASK: 5000, PIPELINE: 4200}
MOMENTS = "fresh churn rest closed trimmed".split()


def row(name, variant, metric, value, low=None, high=None, samples=1):
    fields = ["conns", *name, variant, MAIN, metric, "B", value, value if low is None else low]
    return "\t".join(map(str, [*fields, value if high is None else high, samples])) + "\n"


def cell(name, allocator, connections, objects, library, factor, rounds=1):
    variant = f"stream=memory,connections={connections},frames=mixed,objects={objects}"
    variant += f",allocator={allocator},library={library}"
    size, text = SIZES[name], ""
    for moment in MOMENTS:
        here = f"{variant},moment={moment}"
        resident = size * factor if moment != "trimmed" else 50
        live = size if moment in ("fresh", "churn") or (moment == "rest" and name != TASK) else 100
        text += row(name, here, "live_bytes_per_connection", live)
        text += row(name, here, "heap_bytes_per_connection", live + 16)
        if moment in ("fresh", "churn"):
            text += row(name, here, "held_bytes_per_live_byte", 1.25 if allocator == "malloc" else 1.5)
        if moment == "rest":
            text += row(name, here, "held_bytes_per_live_byte", round(size / live, 1))
        for number in range(1, rounds + 1):
            mine = f"{here},round={number}"
            text += row(name, mine, "rss_bytes_per_connection", resident + 10 * (number - 1))
            if allocator != "malloc" and moment in ("fresh", "churn", "rest"):
                text += row(name, mine, "ratio_to_malloc", factor)
    return text


def idle():
    text = ""
    for name, parts in {FLOOR: {"operation": 88, "rounding": 8}, TASK: {"operation": 88, "promises": 200}}.items():
        variant = "stream=memory,connections=1000,frames=fixed,objects=none,allocator=malloc,library=glibc"
        text += row(name, variant, "idle_bytes_per_connection", sum(parts.values()))
        for part, size in parts.items():
            text += row(name, f"{variant},part={part}", "idle_part_bytes", size)
    return text


def everything(none=1.04, kept=1.02):
    text = "".join(cell(name, "malloc", 50000, "none", "glibc", 1.0) for name in SIZES)
    text += cell(TASK, "recycling", 50000, "none", "glibc", none)
    text += cell(TASK, "malloc", 50000, "kept", "glibc", 1.0) + cell(TASK, "recycling", 50000, "kept", "glibc", kept)
    text += cell(TASK, "malloc", 10000, "none", "glibc", 1.0, 3)
    text += cell(TASK, "recycling", 10000, "none", "glibc", 1.2, 3)
    text += cell(TASK, "malloc", 10000, "kept", "glibc", 1.0) + cell(TASK, "malloc", 10000, "kept", "mimalloc", 1.1)
    return text + idle()


def section(text):
    return conns.build([parse_line(line, "here") for line in text.splitlines()], PAPERS)


def said(text):
    found = section(text)
    return links.plain("\n".join([found.short, found.headline, *found.findings]) + "\n")


def test_what_is_saved_stands_beside_the_published_share():
    found = said(everything())
    assert found.startswith(
        "60 % less memory with a frame recycler is published. Here, against malloc, it is 4.0 % more: 5200 against "
        "5000 resident bytes for each of 50,000 connections (lower is better).\n"
    )
    assert "between the frames recycling takes 2.0 % more (5100 against 5000 bytes; one run)." in found


def test_figures_link_to_their_rows():
    rows = [parse_line(line, "here", at) for at, line in enumerate(everything().splitlines())]
    found = conns.build(rows, PAPERS)
    churn = "connections=50000,frames=mixed,objects=none,allocator={},library=glibc,moment=churn,round=1"
    for allocator, size, metric in (
        ("malloc", "5000", "rss_bytes_per_connection"),
        ("recycling", "5200", "rss_bytes_per_connection"),
        ("recycling", "4.0 % more", "ratio_to_malloc"),
    ):
        (mine,) = [
            row for row in rows
            if row.metric == metric and row.model == "awaitable" and churn.format(allocator) in row.variant
        ]
        assert links.linked(size, mine.name) in found.short


def test_percents_are_the_quotient_of_the_figures_beside_them():
    """Though the rule is of the ratios of pairs, whose median may be another."""
    lines = (line.replace("\t1.04", "\t1.05") if "ratio_to" in line else line for line in everything().splitlines())
    assert "it is 4.0 % more: 5200 against 5000 resident" in said("".join(f"{line}\n" for line in lines))


def test_the_published_share_stands_beside_ours():
    tables = {table.name: table for table in section(everything()).tables}
    found = links.plain(tables["conns-published"].markdown())
    assert "the application keeps nothing | 60 % less | 4.0 % more | 5200 against 5000 bytes; one run" in found
    assert "conns-published" not in {table.name for table in section(without("connections=50000")).tables}


def test_a_column_without_figures_is_left_out():
    found = {table.name: table for table in section(without("held_bytes_per_live_byte")).tables}["conns-memory"]
    assert not any("holes" in column for column in found.columns)
    assert {len(line) for line in found.rows} == {len(found.columns)}


def test_an_interval_around_one_tells_nothing():
    text = "".join(f"{line}\n" for line in everything(0.99).splitlines() if "ratio_to_malloc" not in line)
    variant = "stream=memory,connections=50000,frames=mixed,objects=none,allocator=recycling,library=glibc,moment=churn"
    text += row(TASK, variant, "ratio_to_malloc", 0.99, 0.97, 1.01, 8)
    assert "it is 1.0 % less, not told apart: 4950 against 5000 resident bytes" in said(text)
    table = next(table for table in section(text).tables if table.name == "conns-published").markdown()
    assert "| 1.0 % less, not told apart | 4950 against 5000 bytes; 0.970 to 1.010 times in 8 runs |" in (
        links.plain(table)
    )


def test_fewer_connections_than_published_have_no_verdict():
    found = section(without("connections=50000"))
    assert found.short == ""
    assert found.headline.startswith("The published figure is of 50,000 connections; this run had 10,000.")


def test_what_malloc_would_have_to_lose_is_said():
    found = said(everything())
    assert "malloc holds at most 1.25 times what is live (raw floor, the application keeps nothing)" in found
    assert "for 60 % less it would have to hold 2.5 times what the recycler does" in found


def test_idle_connections_are_explained_to_the_byte():
    found = section(everything())
    assert "takes so many bytes with malloc: raw floor 96, awaitable task 288." in links.plain(found.headline)
    table = next(table for table in found.tables if table.name == "conns-idle").markdown()
    assert "| the read in flight (io_request) | 88 | 88 |" in table
    assert "| sum, as malloc counts it | 96 | 288 |" in table


def test_real_coroutines_are_set_beside_those_in_c():
    cxx = ("cxx-awaitable", "task")
    variant = "stream=memory,connections={},frames=fixed,objects=none,allocator=malloc,library=glibc"
    text = everything() + row(cxx, variant.format(1000), "idle_bytes_per_connection", 320)
    text += row(cxx, variant.format(1000) + ",part=compiler", "idle_part_bytes", 24)
    text += row(TASK, variant.format(50000), "idle_bytes_per_connection", 289)
    found = said(text)
    assert "of gcc-12.2.0, a chain of the same four, take idle: 320 bytes with malloc (32 more than in C). B" in found
    assert "their four frames have 24 bytes in C++, 0 bytes in C." in found
    assert "task malloc with how many there are: 289 bytes of each of 50,000, and 288 of each of 1,000." in found
    table = next(table for table in section(text).tables if table.name == "conns-idle").markdown()
    assert "| what else the compiler has put in the frames: awaiters, handles, copies | - | - | 24 |" in table


def test_what_stays_is_said():
    found = said(everything())
    assert "task 100 live and 5000 resident; sender pipeline 4200 live and 4200 resident. What frames leave" in found
    assert "still holds 5000 bytes with malloc and 5200 bytes with recycling; once allocators are told to give" in found
    assert "memory back, 50 and 50." in found
    lines = (line.replace("\t5000", "\t400") if "moment=rest" in line else line for line in everything().splitlines())
    assert "does not go back" not in said("".join(f"{line}\n" for line in lines))


def test_rounds_are_their_median_and_their_spread():
    table = next(table for table in section(everything()).tables if table.name == "conns-memory").markdown()
    assert "| awaitable task malloc | 5000 | 5016 | 1.25 | 1.25 | 50 | 5010 (5000 to 5020) | 5010 (5000" in table
    assert "objects kept: glibc 5000, mimalloc 5500." in said(everything())


def without(words):
    return "".join(f"{line}\n" for line in everything().splitlines() if words not in line)


@pytest.mark.parametrize(
    "words", ["objects=kept", "allocator=recycling", "rss_bytes", "frames=fixed", "raw\t", "moment=rest", "live_bytes"]
)
def test_what_was_not_run_is_not_said(words):
    assert said(without(words)).strip()


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
@pytest.mark.parametrize("words", ["nothing", "objects=kept"])
def test_the_figure_can_lack_bars(tmp_path, words):
    data = tmp_path / "conns.dat"
    data.write_text(section(without(words)).data)
    draw(data, tmp_path / "conns.svg")


def test_a_run_explains_every_byte_of_an_idle_connection(abreast, tmp_path):
    done = run(abreast, "run", "--smoke", "--out", tmp_path, "conns")
    assert done.returncode == 0, done.stderr
    rows = read_results(tmp_path / "results")["conns"]
    sums = [row for row in rows if row.metric == "idle_bytes_per_connection"]
    assert {row.model for row in sums} >= {"raw", "awaitable", "sender"}
    for whole in sums:
        same = [row for row in rows if row.metric == "idle_part_bytes" and row.mechanism == whole.mechanism]
        same = [row for row in same if row.model == whole.model]
        parts = [row.value for row in same if pairs(row.variant)["allocator"] == pairs(whole.variant)["allocator"]]
        assert sum(parts) == pytest.approx(whole.value, rel=1e-9)
    live = {row.keys["stream"] for row in rows if row.metric == "live_bytes_per_connection"}
    assert live == {"memory", "socket"}


def test_a_run_of_another_allocator_stands_beside_malloc(abreast, tmp_path):
    done = run(abreast, "run", "--smoke", "--out", tmp_path, "--allocator", "pool", "conns/*stream=memory*")
    assert done.returncode == 0, done.stderr
    rows = read_results(tmp_path / "results")["conns"]
    assert {row.keys["allocator"] for row in rows} == {"malloc", "pool"}


def idle_of(abreast, folder, **variables):
    """The finished run of the chain of tasks, and its idle bytes."""
    done = run(abreast, "run", "--smoke", "--out", folder, "conns/*task/*frames=fixed*", **variables)
    assert done.returncode == 0, done.stderr
    rows = read_results(folder / "results").get("conns", [])
    return [row.value for row in rows if row.metric == "idle_bytes_per_connection"]


def test_settings_of_malloc_are_not_inherited(abreast, tmp_path):
    """With this one every block would be mapped, a page at least."""
    plain = idle_of(abreast, tmp_path / "plain")
    assert idle_of(abreast, tmp_path / "mapped", env={"MALLOC_MMAP_THRESHOLD_": "16"}) == plain


def test_another_malloc_is_not_named_glibc(abreast, tmp_path):
    found = [path for path in Path("/usr/lib").rglob("libjemalloc.so.2")]
    if not found or "san=none" not in run(abreast, "env").stdout:
        pytest.skip("jemalloc cannot be preloaded here")
    idle = "conns/awaitable/task/*frames=fixed*"
    run(abreast, "run", "--smoke", "--out", tmp_path, idle, env={"LD_PRELOAD": found[0]})
    skipped = json.loads((tmp_path / "run.json").read_text())["skipped"]
    assert {one["reason"] for one in skipped} == {"another malloc is preloaded here: run it without LD_PRELOAD"}
