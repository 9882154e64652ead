"""What the report says about the bare loops and the policies of streams, made from figures of its own."""

import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import echo, links  # noqa: E402
from abreast_report.rows import parse_line  # noqa: E402

MAIN = "gcc-12.2.0 O2 sib=on exc=off san=none"
PLACE = "transport=socketpair,connections=64,message=64,reactor=epoll,spec=off"


def row(name, metric, value, low=None, high=None, variant=PLACE):
    low, high = value if low is None else low, value if high is None else high
    return "\t".join(map(str, ["echo", *name, variant, MAIN, metric, "-", value, low, high, 40])) + "\n"


def yardsticks(ratio):
    apart, bare = ("raw", "floor-apart"), ("raw", "bare-epoll")
    text = row(("raw", "floor"), "ns_per_op", 2000)
    for name, cpu, calls in ((apart, 1020, 4), (bare, 1000, 4)):
        text += row(name, "ns_per_op", cpu) + row(name, "cpu_ns_per_msg", cpu) + row(name, "syscalls_per_msg", calls)
        text += row(name, "ratio_to_floor", 0.5, 0.4, 0.625)
    return text + row(apart, "ratio_to_native", *ratio) + row(apart, "cpu_ratio_to_native", 1.25, 1.25, 1.25)


def section(text, results=None):
    return echo.build([parse_line(line, "here") for line in text.splitlines()], results)


def said(found):
    return links.plain("\n".join([found.short, found.headline, *found.findings]))


@pytest.mark.parametrize(
    "ratio, told",
    [
        ((1.0, 0.98, 1.02), "1.000 (0.980 to 1.020) of the throughput of bare-epoll"),
        ((1.0, 0.98, 1.02), "below 0.97: met."),
        ((1.25, 1.1, 1.3), "0.800 (0.769 to 0.909) of the throughput of bare-epoll"),
        ((1.25, 1.1, 1.3), "below 0.97: missed."),
        ((1.01, 1.005, 1.02), "below 0.97: missed."),
        ((1.0, 0.9, 1.1), "below 0.97: too noisy to tell."),
    ],
)
def test_the_floor_beside_a_bare_loop(ratio, told):
    found = said(section(yardsticks(ratio)))
    assert told in found
    assert "processor time: 0.800 (0.800 to 0.800) times the messages of bare-epoll in a second of it, with" in found
    assert "has 2.00 (1.60 to 2.50) times the throughput of the floor that shares its reactor" in found


def test_yardsticks_are_no_models():
    found = section(yardsticks((1, 0.98, 1.02)))
    assert found.short == found.headline == found.data == ""
    times = next(table for table in found.tables if table.name == "echo")
    assert [line[3] for line in times.rows] == ["1 (floor)", "2.00 (1.60 to 2.50)", "2.00 (1.60 to 2.50)"]


@pytest.mark.parametrize(
    "ratio, told",
    [
        ((0.9, 0.88, 0.92), "0.900 (0.880 to 0.920) times the throughput that it has without"),
        ((0.9, 0.88, 0.92), "above 1 is better): costs."),
        ((1.04, 1.02, 1.06), "above 1 is better): gains."),
        ((1.0, 0.99, 1.01), "no difference that can be told."),
    ],
)
def test_a_policy_of_streams(ratio, told):
    variant = "transport=socketpair,connections=64,message=64,reactor=io_uring,spec=off,files=registered"
    text = row(("raw", "floor"), "ns_per_op", 2000, variant=variant)
    text += row(("raw", "floor-plain"), "ratio_to_floor", *ratio, variant=variant)
    assert told in said(section(text))


TCP = "transport=tcp,connections=1,message=64,reactor=io_uring,spec=off"
TASK, PIPELINE = ("awaitable", "task"), ("sender", "pipeline")


def beside_floor(name, ratio, cpu_ratio, above, variant=TCP):
    text = row(name, "ns_per_op", 6000, variant=variant) + row(name, "ratio_to_floor", *ratio, variant=variant)
    text += row(name, "cpu_ratio_to_floor", *cpu_ratio, variant=variant)
    text += row(name, "cpu_ns_per_msg", 6000, variant=variant)
    return text + row(name, "cpu_ns_above_floor", *above, variant=variant)


def models():
    floor = ("raw", "floor")
    text = row(floor, "ns_per_op", 5500, variant=TCP) + row(floor, "cpu_ns_per_msg", 5500, variant=TCP)
    text += beside_floor(TASK, (1.0, 0.98, 1.02), (1.0, 0.99, 1.01), (5, -10, 20))
    return text + beside_floor(PIPELINE, (1.1, 1.06, 1.14), (1.1, 1.05, 1.15), (550, 400, 700))


def table(found, name):
    return next(table for table in found.tables if table.name == name)


def test_both_throughput_and_processor_time_are_judged_by_their_whole_interval():
    memory = "transport=memory,message=64,process=empty"
    text = models()
    for name, count, size in ((("raw", "floor"), 100, 0), (TASK, 111, 320), (PIPELINE, 174, 0)):
        text += row(name, "ns_per_op", 20, variant=memory) + row(name, "instructions_per_op", count, variant=memory)
        text += row(name, "frame_bytes", size, variant=memory)
    phases = row(TASK, "resumptions_per_op", 1, variant="stream=later").replace("\ttask\t", "\tread-some\t")
    found = section(text, {"phases": [parse_line(phases.strip(), "here")]})
    task, pipeline = ([links.plain(cell) for cell in cells] for cells in table(found, "echo-where").rows)
    assert task == ["awaitable task", "1 within 3 %", "1 within 3 %", "11", "-", "0", "1", "320", "-"]
    assert pipeline[:4] == ["sender pipeline", "1 outside", "1 outside", "74"]
    assert "in 2 cells of a form and a load, beside the floor's: 1 within 3 %, 1 outside. A cell" in said(found)


def test_what_a_hot_connection_takes_of_a_core():
    """100 ns a message are 1 % of a core at 100,000 messages a second."""
    found = section(models())
    (line,) = table(found, "echo-core").rows
    assert line[1:4] == ["55", "not told from 0 (-0.1 to 0.2)", "5.5 (4 to 7)"]
    told = "awaitable task not told from 0 (-0.1 to 0.2) %; sender pipeline 5.5 (4 to 7) %"
    assert f"(tcp, 1 connection, 64 B, io_uring) take, of one core above the floor (lower is better): {told}" in (
        said(found)
    )


def test_each_end_of_a_range_links_to_its_row():
    text = models() + beside_floor(TASK, (1.25, 1.2, 1.3), (1, 1, 1), (1, 1, 1), f"{TCP},window=8")
    rows = [parse_line(line, "here", at) for at, line in enumerate(text.splitlines())]
    found = echo.build(rows)
    slow, fast = ([row for row in rows if row.value == ratio and row.mechanism == "task"] for ratio in (1.25, 1.0))
    ends = links.linked("0.80", slow[0].name), links.linked("1.00", fast[0].name)
    assert "over sockets awaitables {} to {}, senders".format(*ends) in found.short
    assert "Throughput beside the same loop written by hand (1; higher is better)" in found.short
    assert "0.80 (0.77 to 0.83) of the floor's throughput has awaitable task (tcp, 1 connection, 64 B, " in said(found)


def latencies(load, times):
    variant = f"{TCP},load={load}"
    metrics = ("p10", "p50", "p75", "p90", "p95", "p99", "p995", "p999")
    text = "".join(row(TASK, f"latency_{name}_ns", 1000 * time, variant=variant) for name, time in zip(metrics, times))
    return text + ("" if load == "closed" else row(TASK, "offered_msgs_per_s", 50000, variant=variant))


def test_latencies_are_shown_and_drawn_and_not_judged():
    text = latencies("closed", range(10, 90, 10)) + latencies("open-50", range(100, 900, 100))
    found = section(text)
    assert [line[1:] for line in table(found, "echo-latency").rows] == [
        ["closed: one message in flight on each connection", "awaitable task", "20", "40", "60", "80"],
        ["open: 50 % of the floor's closed rate, 50,000 messages/s", "awaitable task", "200", "400", "600", "800"],
    ]
    closed, opened, place = found.more_data["echo-latency"].split("\n\n\n")
    assert closed.splitlines()[0].split("\t")[1] == "awaitable task, closed"
    assert closed.splitlines()[-1].split("\t") == ["1000", "80", "0", "1"]
    assert opened.splitlines()[2].split("\t") == ["2", "200", "1", "1"]
    assert place == "place\ntcp, 1 connection, 64 B, io_uring\n"
    assert found.headline == found.short == "" and table(found, "echo").rows == []


def test_without_latencies_there_is_no_figure_of_them():
    assert section(models()).more_data == {}


def apart(ratio, above):
    text = "".join(row(("raw", "floor-apart"), metric, value) for metric, value in (
        ("ns_per_op", 3000), ("server_ns_per_msg", 1500), ("cpu_ns_per_msg", 3000)))
    name = ("awaitable", "task-apart")
    text += row(name, "ns_per_op", 3300) + row(name, "cpu_ns_per_msg", 3300) + row(name, "server_ns_per_msg", 1800)
    text += row(name, "ratio_to_native", *ratio) + row(name, "ns_above_native", *above)
    return text + row(name, "cpu_ratio_to_native", *ratio) + row(name, "ratio_to_floor", 0.8, 0.75, 0.85)


@pytest.mark.parametrize(
    "ratio, above, whole, own, verdict",
    [
        ((1.0, 0.99, 1.01), (3, -6, 12), "1 within 3 %", "0.2", "1 within 3 %"),
        ((1.02, 1.01, 1.03), (60, 52.5, 75), "1 within 3 %", "4.0", "1 outside"),
        ((1.1, 1.08, 1.12), (300, 240, 360), "1 outside", "20.0", "1 outside"),
        ((1.03, 1.0, 1.06), (45, 0, 90), "1 too noisy to tell", "3.0", "1 too noisy to tell"),
    ],
)
def test_a_model_with_a_reactor_of_its_own_is_judged_by_the_floor_there(ratio, above, whole, own, verdict):
    """In the server's own part too: what is 2 % of a message can be 4 % of what the server does for it."""
    found = section(yardsticks((1, 0.98, 1.02)) + apart(ratio, above))
    floor, task = table(found, "echo-apart").rows
    assert floor[1:] == ["raw floor-apart", "1500", "1 (floor)", "1 (floor)", "0 (floor)", "0 (floor)"]
    assert task[1:3] == ["awaitable task-apart", "1800"]
    text = said(found)
    assert "the server's own is 50 % of the whole" in text and "3 % of the whole are 6.00 % of its own part." in text
    assert f"(1 or more: it costs nothing): {whole}. It takes {own} % of the own part of the server" in text
    assert f"there more: {verdict}." in text
    assert found.short == found.headline == found.data == ""


def test_frames_in_place_are_told_beside_those_of_the_allocator():
    place = f"{PLACE},parts=4"
    text = row(("raw", "floor"), "ns_per_op", 9000, variant=place)
    for mechanism, count, ratio in (("task", 4, 1.25), ("task-preallocated", 0, 1.0)):
        name = ("awaitable", mechanism)
        text += row(name, "allocs_per_op", count, variant=place) + row(name, "ratio_to_floor", ratio, variant=place)
    found = said(section(text))
    assert "higher is better), 0.80 (0.80 to 0.80) with 4 frames of the allocator a request, 1.00 (1.00 to 1." in found
    assert "00) with 0, for they are in the server's own." in found


def test_a_window_and_latencies_that_failed():
    text = latencies("closed", range(10, 90, 10)).replace(f"{TCP},load", f"{TCP},window=8,load")
    text += row(PIPELINE, "latency_p50_ns", "?", variant=f"{TCP},window=8,load=closed")
    found = section(text)
    rows = table(found, "echo-latency").rows
    assert [line[1:4] for line in rows] == [
        ["closed: 8 messages in flight on each connection", "awaitable task", "20"],
        ["closed: 8 messages in flight on each connection", "sender pipeline", "?"],
    ]
    assert "pipeline" not in found.more_data["echo-latency"]
