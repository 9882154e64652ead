"""What the report says about the bridges, from rows made here: every sentence follows its figures."""

import sys

import pytest

from conftest import ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import bridges, published  # noqa: E402
from abreast_report.rows import parse_line  # noqa: E402

GCC = "gcc-12.2.0 O2 sib=on exc=off san=none"
CLANG = "clang-19.1.7 O2 sib=on exc=off san=none"
INLINE, LATER, NESTED = "completes=inline", "completes=later", "completes=inline,consumer=nested"
STACK = "stack_bytes_per_completion"


def figures():
    """{(model, mechanism, variant, toolchain, metric): value}"""
    cells = {  # ns inline, later; instructions; operation state, bytes in all; allocations, fresh; stack
        "raw/floor": (2, 4, 5, 0, 0, 0, 0, 0),
        "awaitable/native": (3, 9, 20, 8, 8, 0, 0, 0),
        "sender/native": (2, 6, 16, 8, 8, 0, 0, 0),
        "sender/connect-awaitable": (20, 30, 240, 8, 64, 1, 1, 32),
        "sender/connect-awaitable-no-boundary": (20, 30, 240, 8, 64, 1, 1, 0),
        "sender/connect-awaitable-recycling": (12, 20, 140, 8, 64, 1, 0, 32),
        "sender/connect-awaitable-inline-frame": (4, 12, 44, 48, 48, 0, 0, 16),
        "sender/callback-handle": (2.5, 12, 23, 24, 24, 0, 0, 0),
        "sender/sender-awaitable": (15, 8, 31, 40, 40, 0, 0, 16),
        "sender/sender-awaitable-no-boundary": (6, 8, 28, 40, 40, 0, 0, 0),
        "sender/handshake-exchange": (20, 26, 50, 48, 48, 0, 0, 0),
        "sender/member": (3.1, 9, 15, 8, 8, 0, 0, 0),
    }
    found = {}
    for name, (inline, later, counted, state, whole, calls, fresh, stack) in cells.items():
        model, mechanism = name.split("/")
        nests = bridges.direction((model, mechanism)) == "to-sender"
        native = 2 if nests else 3
        for variant, time in ((INLINE, inline), (LATER, later)):
            exact = {
                "ns_per_op": time,
                "instructions_per_op": counted,
                "op_state_bytes": state,
                "bridge_bytes": whole,
                "allocs_per_op": calls,
                "allocs_fresh_per_op": fresh,
                STACK: 0 if nests else stack,
            }
            if model == "sender":
                exact["ratio_to_native"] = time / (native if variant == INLINE else native * 3)
            for metric, value in exact.items():
                found[model, mechanism, variant, GCC, metric] = value
        if nests:
            for toolchain in (GCC, CLANG):
                found[model, mechanism, NESTED, toolchain, STACK] = stack
    return found


def section(changed=None):
    rows = []
    for (model, mechanism, variant, toolchain, metric), value in {**figures(), **(changed or {})}.items():
        if value is not None:
            words = ["bridges", model, mechanism, variant, toolchain, metric, "-", value, value, value, 1]
            rows.append(parse_line("\t".join(str(word) for word in words), "here"))
    return bridges.build(rows, published.read(ROOT / "paper"))


def claim(found, words):
    lines = [line for line in found.findings if words in line]
    assert len(lines) == 1, found.findings
    return lines[0]


def at(mechanism, metric, variant=INLINE, toolchain=GCC, model="sender"):
    return model, mechanism, variant, toolchain, metric


def test_each_direction_has_its_table_and_the_papers_theirs():
    tables = {table.name: table for table in section().tables}
    assert set(tables) == {"bridges-to-sender", "bridges-to-awaitable", "bridges-published"}
    to_sender = {row[0]: row for row in tables["bridges-to-sender"].rows}
    assert to_sender["sender connect-awaitable"][2:4] == ["8 + 56", "1 (1)"]
    assert to_sender["sender connect-awaitable-inline-frame"][2:4] == ["48", "0"]
    assert "sender member" not in to_sender and "raw floor" in to_sender
    assert "sender member" in {row[0] for row in tables["bridges-to-awaitable"].rows}
    assert all(verdict.split()[0] in ("holds", "refuted") for *_, verdict in tables["bridges-published"].rows)
    assert len(tables["bridges-published"].rows) == 6


def test_allocations_are_held_against_the_paper():
    written, handle = "3 bridge coroutine", "2 callback handle"
    assert claim(section(), written).endswith("recycling 0, connect-awaitable-inline-frame 0: holds.")
    assert claim(section({at("connect-awaitable", "allocs_per_op"): 0}), written).endswith(": refuted.")
    assert claim(section(), handle).endswith("callback-handle 0 inline and 0 later: holds.")
    found = section({at("callback-handle", "allocs_per_op", LATER): 1})
    assert claim(found, handle).endswith("0 inline and 1 later: refuted.")


def test_the_stack_is_held_against_the_paper():
    words = "4.1 connect-awaitable"
    assert "with exceptions 32 (gcc-12.2.0), 32 (clang-19.1.7); without 0" in claim(section(), words)
    assert claim(section(), words).endswith(": holds when exceptions are on.")
    flat = {at("connect-awaitable", STACK, NESTED, toolchain): 0 for toolchain in (GCC, CLANG)}
    assert claim(section(flat), words).endswith(": refuted.")
    grown = {at("connect-awaitable-no-boundary", STACK, NESTED, toolchain): 8 for toolchain in (GCC, CLANG)}
    assert claim(section(grown), words).endswith(": holds.")
    assert "0 with handshake-exchange, member" in claim(section(), "4.2 sender-awaitable")


def test_what_costs_nothing_costs_nothing_twice():
    words = "4 callback handle"
    assert claim(section(), words).endswith("7 instructions more: holds when the operation completes inline.")
    assert claim(section({at("callback-handle", "ns_per_op", LATER): 6.1}), words).endswith(": holds.")
    assert claim(section({at("callback-handle", "ns_per_op"): 4}), words).endswith(": refuted.")


def test_one_free_bridge_refutes_that_all_cost():
    words = "4 every bridge"
    assert "no difference beyond placement member 3.1 ns, -5 instructions more: refuted." in claim(section(), words)
    assert claim(section({at("member", "ns_per_op"): 5}), words).endswith(": holds.")


def test_the_short_answer_follows_the_data():
    assert "1 allocation an operation and 10 times a native sender's time" in section().short
    assert "no allocation and 1.25 times by a callback handle" in section().short
    assert "by the cheapest (member)" in section().short
    found = section({at("member", "ratio_to_native"): 9})
    assert "5 times by the cheapest (sender-awaitable)" in found.short
    found = section({at("connect-awaitable", "allocs_per_op"): 2})
    assert "2 allocations an operation" in found.short


@pytest.mark.parametrize("metric", ["ns_per_op", "ratio_to_native", "instructions_per_op", "allocs_per_op", STACK])
def test_a_metric_can_be_missing(metric):
    found = section({key: None for key in figures() if key[4] == metric})
    assert found.tables


def test_one_direction_alone():
    gone = {key: None for key in figures() if bridges.direction(key[:2]) == "to-awaitable"}
    assert {table.name for table in section(gone).tables} == {"bridges-to-sender", "bridges-published"}


def test_the_program_says_the_same(abreast, tmp_path):
    """The rows that need no clock, as it writes them."""
    done = run(abreast, "run", "--smoke", "--out", tmp_path / "out", "bridges/")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "results" / "bridges.tsv").read_text().splitlines()[1:]
    found = bridges.build([parse_line(line, "bridges.tsv") for line in lines], published.read(ROOT / "paper"))
    assert claim(found, "3 bridge coroutine").endswith(": holds.")
    assert claim(found, "2 callback handle").endswith(": holds.")
