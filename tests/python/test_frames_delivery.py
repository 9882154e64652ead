"""What the report says of how an allocator comes to a frame, from rows made here."""

import sys

import pytest

from conftest import ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import frames_delivery as delivery  # noqa: E402
from abreast_report.links import plain  # noqa: E402
from abreast_report.rows import parse_line, read_results  # noqa: E402

GCC = "gcc-12.2.0 O2 sib=on exc=off san=none"
CLANG = "clang-19.1.7 O2 sib=on exc=off san=none"
CHAIN = "deliver=compared,depth=4,task=awaitable"
ALONE = {"nested-resume": (1, 1, 1, 0), "two-strands": (1, 1, 0, 0), "stealing-threads": (1, 1, 0, 0)}


def row(model, mechanism, variant, metric, value, low=None, high=None, toolchain=GCC):
    low, high = (value if end is None else end for end in (low, high))
    fields = ("frames", model, mechanism, variant, toolchain, metric, "-", value, low, high, 1)
    return parse_line("\t".join(str(field) for field in fields), "here")


def rows(spoiled=ALONE, visible=()):
    found = []
    for way, (size, count) in {
        "channel": (136, 140.5),
        "allocator-arg": (144, 137.5),
        "environment": (136, 136.5),
        "elided": (128, 33),
    }.items():
        found.append(row("awaitable", way, CHAIN, "frame_bytes", size))
        found.append(row("awaitable", way, CHAIN, "instructions_per_op", count))
    found.append(row("awaitable", "channel", CHAIN, "ratio_to_native", 2.5, 2.4, 2.6))
    found.append(row("awaitable", "arena", "depth=4,task=awaitable", "instructions_per_op", 99))
    found.append(row("awaitable", "arena", "depth=4,task=awaitable", "instructions_per_op", 11, toolchain=CLANG))
    for mechanism, count in zip(delivery.PROTECTIONS, (22, 32, 26, 36)):
        found.append(row("awaitable", mechanism, "resume=from-outside,task=awaitable", "instructions_per_op", count))
    for kind, values in spoiled.items():
        for mechanism, wrong in zip(delivery.PROTECTIONS, values):
            found.append(row("awaitable", mechanism, f"spoiled-by={kind},task=awaitable", delivery.WRONG, wrong))
    for toolchain, left in visible:
        variant = "depth=4,task=cxx-awaitable,callee=visible"
        found.append(row("cxx-awaitable", "operator-new", variant, "allocs_per_op", left, toolchain=toolchain))
        found.append(row("cxx-awaitable", "operator-new", variant, "instructions_per_op", 241.9, toolchain=toolchain))
    return found


def finding(words, found):
    said = [plain(sentence) for sentence in delivery.delivery_findings(found)]
    return next((sentence for sentence in said if words in sentence), None)


def table(name, found):
    return next(table for table in delivery.delivery_tables(found) if table.name == name)


def test_each_way_has_its_bytes_and_instructions():
    assert finding("with its allocator", rows()) == (
        "A frame of an awaitable task takes 140.5 instructions with its allocator from the thread-local channel, "
        "136.5 to 137.5 by other ways (chains of 4; lower is better)."
    )
    assert [line[2:5] for line in table("frames-delivery", rows()).rows] == [
        ["136", "0", "140.5"],
        ["144", "8", "137.5"],
        ["136", "0", "136.5"],
    ]


def test_what_the_channel_takes_at_a_resumption():
    assert "(safe_resume) takes 10 instructions, to set it again after the await 4, both 14." in (
        finding("around a resumption", rows())
    )


def test_what_holds_against_whom():
    text = finding("leaves its own allocator", rows())
    assert "in 0 of 3 cases without protection, 0 of 3 by safe_resume, 2 of 3 by a restore after each" in text
    assert finding("leaves its own", rows(spoiled={"two-strands": (1, 1, 1, 1)})).endswith("await, 0 of 1 by both.")
    assert table("frames-spoilage", rows()).rows[-1] == ["both", "0", "0", "0"]


def test_the_limit_and_every_allocator_against_it():
    assert finding("the limit of", rows()).startswith(
        "A recycled frame takes 4.26 times the instructions and 2.50 times the time of one that is part of its parent's"
    )
    lines = {line[1]: line[2:] for line in table("frames-limit", rows()).rows}
    assert lines["arena"] == ["99.0", "3.00", "-"]
    assert lines["recycling"] == ["140.5", "4.26", "2.5 (2.4 to 2.6)"]


@pytest.mark.parametrize(
    "left, words",
    [
        ([(GCC, 1), (CLANG, 1)], "gcc-12.2.0 leaves out none; clang-19.1.7 leaves out none."),
        ([(GCC, 1), (CLANG, 0.25)], "clang-19.1.7 leaves out 3 of 4 at O2 sib=on exc=off."),
        ([(CLANG, 0), (CLANG.replace("O2", "O0"), 1)], "leaves out 4 of 4 at O2 sib=on exc=off, fewer elsewhere."),
    ],
)
def test_what_compilers_leave_out(left, words):
    assert finding("leave out frames", rows(visible=left)).endswith(words)


def test_each_compiler_has_its_line():
    lines = table("frames-elision", rows(visible=[(CLANG, 0.25)])).rows
    assert lines == [["clang-19.1.7 O2 sib=on exc=off", "awaited, 4 deep", "0.25", "241.9"]]


def test_no_rows_no_words():
    assert delivery.delivery_findings([]) == []
    assert delivery.delivery_tables([]) == []


def test_the_experiment_has_these_rows(abreast, tmp_path):
    filters = ("frames/awaitable/*spoiled-by*", "frames/*deliver=*")
    done = run(abreast, "run", "--smoke", *filters, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = [row for row in read_results(tmp_path / "out" / "results")["frames"] if delivery.is_delivery(row)]
    wrong = {(row.mechanism, row.keys["spoiled-by"]): row.value for row in found if row.metric == delivery.WRONG}
    assert {kind for _, kind in wrong} == {"nested-resume", "two-run-loops", "two-strands", "stealing-threads"}
    for (mechanism, kind), value in wrong.items():
        restored = mechanism.endswith("await-restore")
        holds = restored if kind != "nested-resume" else mechanism == "safe-resume-and-await-restore"
        assert value == (0 if holds else 1), (mechanism, kind)
    elided = [row for row in found if row.mechanism == "elided" and row.metric == "allocs_per_op"]
    assert elided and all(row.value == 0 for row in elided)
