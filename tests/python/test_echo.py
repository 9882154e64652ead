"""What the report says about the bare loops and the policies of streams, made from figures of its own."""

import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import echo  # noqa: E402
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
    return text + row(apart, "ratio_to_native", *ratio)


def section(text):
    return echo.build([parse_line(line, "here") for line in text.splitlines()])


@pytest.mark.parametrize(
    "ratio, said",
    [
        ((1.0, 0.98, 1.02), "1.000 (0.980 to 1.020) of the throughput of bare-epoll"),
        ((1.0, 0.98, 1.02), "below 0.97: met."),
        ((1.25, 1.1, 1.3), "0.800 (0.769 to 0.909) of the throughput of bare-epoll"),
        ((1.25, 1.1, 1.3), "below 0.97: missed."),
        ((1.01, 1.005, 1.02), "below 0.97: missed."),
        ((1.0, 0.9, 1.1), "below 0.97: too noisy to tell."),
    ],
)
def test_the_floor_beside_a_bare_loop(ratio, said):
    found = "\n".join(section(yardsticks(ratio)).findings)
    assert said in found
    assert "processor time a message 1020 ns against 1000 ns, with the same number of system calls" in found
    assert "has 2.00 (1.60 to 2.50) times the throughput of the floor that shares its reactor" in found


def test_yardsticks_are_no_models():
    found = section(yardsticks((1, 0.98, 1.02)))
    assert found.short == found.headline == found.data == ""
    times = next(table for table in found.tables if table.name == "echo")
    assert [line[-1] for line in times.rows] == ["1 (floor)", "2.00 (1.60 to 2.50)", "2.00 (1.60 to 2.50)"]


@pytest.mark.parametrize(
    "ratio, said",
    [
        ((0.9, 0.88, 0.92), "0.900 (0.880 to 0.920) times the throughput that it has without"),
        ((0.9, 0.88, 0.92), "(above 1 is better): costs."),
        ((1.04, 1.02, 1.06), "(above 1 is better): gains."),
        ((1.0, 0.99, 1.01), "no difference that can be told."),
    ],
)
def test_a_policy_of_streams(ratio, said):
    variant = "transport=socketpair,connections=64,message=64,reactor=io_uring,spec=off,files=registered"
    text = row(("raw", "floor"), "ns_per_op", 2000, variant=variant)
    text += row(("raw", "floor-plain"), "ratio_to_floor", *ratio, variant=variant)
    assert said in "\n".join(section(text).findings)
