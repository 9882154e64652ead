"""What the report says about the bridges, from rows made here: every sentence follows its figures."""

import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import bridges, links, published  # noqa: E402
from abreast_report.links import plain  # noqa: E402
from abreast_report.rows import parse_line  # noqa: E402

GCC = "gcc-12.2.0 O2 sib=on exc=off san=none"
CLANG = "clang-19.1.7 O2 sib=on exc=off san=none"
BOUNDARY = {
    "connect-awaitable",
    "connect-awaitable-recycling",
    "connect-awaitable-inline-frame",
    "sender-awaitable",
    "handshake-exchange",
}
INLINE, LATER, NESTED = "completes=inline", "completes=later", "completes=inline,consumer=nested"
STACK = "stack_bytes_per_completion"


def compiled(mechanism, toolchain):
    """As its rows say: with exceptions on, where it has the boundary or its name says it."""
    on = mechanism in BOUNDARY or mechanism.endswith("-exceptions")
    return toolchain.replace("exc=off", "exc=on") if on else toolchain


def figures():
    """{(model, mechanism, variant, toolchain, metric): value}"""
    cells = {  # ns inline, later; instructions; operation state, bytes in all; allocations, fresh; stack
        "raw/floor": (2, 4, 5, 0, 0, 0, 0, 0),
        "awaitable/native": (3, 9, 20, 8, 8, 0, 0, 0),
        "awaitable/native-exceptions": (3.2, 9.2, 20, 8, 8, 0, 0, 0),
        "sender/native": (2, 6, 16, 8, 8, 0, 0, 0),
        "sender/native-exceptions": (2, 6, 16, 8, 8, 0, 0, 0),
        "sender/connect-awaitable": (20, 30, 240, 8, 64, 1, 1, 32),
        "sender/connect-awaitable-no-boundary": (20, 30, 240, 8, 64, 1, 1, 0),
        "sender/connect-awaitable-recycling": (12, 20, 140, 8, 64, 1, 0, 32),
        "sender/connect-awaitable-inline-frame": (4, 12, 44, 48, 48, 0, 0, 16),
        "sender/callback-handle": (2.5, 12, 16, 24, 24, 0, 0, 0),
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
            if name == "raw/floor":
                exact["launch_completions_count"] = 256
            if mechanism in BOUNDARY:
                exact["noexcept_boundary"] = "yes, exceptions on"
            if model == "sender":
                exact["ratio_to_native"] = time / (native if variant == INLINE else native * 3)
            for metric, value in exact.items():
                found[at(mechanism, metric, variant, model=model)] = value
        if nests:
            for toolchain in (GCC, CLANG):
                found[at(mechanism, STACK, NESTED, toolchain, model)] = stack
    return found


def section(changed=None):
    rows = []
    for (model, mechanism, variant, toolchain, metric), value in {**figures(), **(changed or {})}.items():
        if value is not None:
            words = ["bridges", model, mechanism, variant, toolchain, metric, "-", value, value, value, 1]
            rows.append(parse_line("\t".join(str(word) for word in words), "here", len(rows) + 2))
    return bridges.build(rows, published.read(ROOT / "paper"))


def claim(found, words):
    (table,) = [table for table in found.tables if table.name == "bridges-published"]
    (line,) = [line for line in table.rows if words in line[0]]
    return plain(line[2])


def at(mechanism, metric, variant=INLINE, toolchain=GCC, model="sender"):
    return model, mechanism, variant, compiled(mechanism, toolchain), metric


def test_each_direction_has_its_table_and_the_papers_theirs():
    tables = {table.name: table for table in section().tables}
    assert set(tables) == {"bridges-to-sender", "bridges-to-awaitable", "bridges-published"}
    to_sender = {row[0]: row for row in tables["bridges-to-sender"].rows}
    assert to_sender["sender connect-awaitable"][2:4] == ["8 + 56", "1 (1)"]
    assert to_sender["sender connect-awaitable-inline-frame"][2:4] == ["48", "0"]
    assert "sender member" not in to_sender and "raw floor" in to_sender
    assert "sender member" in {row[0] for row in tables["bridges-to-awaitable"].rows}
    assert len(tables["bridges-published"].rows) == 6


def test_allocations_are_held_against_the_paper():
    written, handle = "3 bridge coroutine", "2 callback handle"
    assert claim(section(), written).endswith("recycling 0, connect-awaitable-inline-frame 0")
    assert claim(section(), handle).endswith("callback-handle 0 inline and 0 later")
    found = section({at("callback-handle", "allocs_per_op", LATER): 1})
    assert claim(found, handle).endswith("0 inline and 1 later")


def test_the_stack_is_held_against_the_paper():
    words = "4.1 connect-awaitable"
    assert "with exceptions 32 (gcc-12.2.0), 32 (clang-19.1.7); without 0" in claim(section(), words)
    assert "0 with handshake-exchange, member" in claim(section(), "4.2 sender-awaitable")


def test_what_a_callback_handle_costs():
    words = "4 callback handle"
    assert claim(section(), words).startswith("inline 1.25 times a native sender, instructions more: 0 (gcc-12.2.0); ")
    counts = {"callback-handle": 30, "native": 4}
    clang = {at(name, "instructions_per_op", toolchain=CLANG): count for name, count in counts.items()}
    assert "instructions more: 0 (gcc-12.2.0), 26 (clang-19.1.7); later 2 times" in claim(section(clang), words)
    erased = {at("native-type-erased", "ns_per_op", LATER): 8}
    assert "later 2 times a native sender (1.5 times one with a type-erased scheduler)" in claim(section(erased), words)


def test_free_bridges_are_told_from_those_that_cost():
    words = "4 every bridge"
    found = claim(section(), words)
    assert found.endswith("; no difference beyond placement or cheaper sender-awaitable 8 ns")
    close = {at("handshake-exchange", "ns_per_op"): 3.5}
    assert "cheaper handshake-exchange 3.5 ns" not in claim(section(close), words)
    close[at("handshake-exchange", "ratio_to_native")] = 1
    assert "cheaper handshake-exchange 3.5 ns" in claim(section(close), words)


def test_what_bridges_nothing_and_what_is_a_control_decide_nothing():
    words = "4 every bridge"
    free = {at(name, "ns_per_op"): 1 for name in ("member", "sender-awaitable-no-boundary")}
    found = claim(section(free), words)
    assert "member" not in found and "no-boundary" not in found


def test_the_short_answer_follows_the_data():
    found = section()
    assert plain(found.short) == (
        "By P2300R10's bridges operations that complete at once take 10 times as long where an awaitable is used as a "
        "sender, and 5 times as long where a coroutine awaits a sender, as without a bridge (lower is better)."
    )
    said = plain(found.headline)
    assert "takes 10 times a native sender's time inline, 5 times later; an operation makes 1 allocation (lower" in said
    assert "it takes 1.25 times inline, 2 times later; an operation makes no allocations (lower" in said
    assert "inline (in runs of 256 completions, which nest as deep), 0.889 times later; each" in said
    assert "By the bridge that is cheapest inline, sender-awaitable, it" in said
    found = section({at("member", "ratio_to_native"): 0.5, at("handshake-exchange", "ratio_to_native"): 2})
    assert "cheapest inline, handshake-exchange, it takes 2 times inline, 2.89 times later." in plain(found.headline)
    found = section({at("sender-awaitable", STACK): 0})
    assert "nest as deep" not in found.headline
    found = section({at("connect-awaitable", "allocs_per_op"): 2})
    assert "2 allocations" in plain(found.headline)


def test_each_figure_links_to_its_row():
    cited = {key: line for line, key in enumerate(figures(), 2)}
    for words, key in (
        ("take ", at("connect-awaitable", "ratio_to_native")),
        ("a sender, and ", at("sender-awaitable", "ratio_to_native")),
        ("makes ", at("connect-awaitable", "allocs_per_op")),
        ("runs of ", at("floor", "launch_completions_count", model="raw")),
        ("each inline completion takes ", at("sender-awaitable", STACK)),
    ):
        found = section()
        assert f"{words}{links.START}bridges-{cited[key]}{links.END}" in found.short + found.headline, words


@pytest.mark.parametrize("metric", ["ns_per_op", "ratio_to_native", "instructions_per_op", "allocs_per_op", STACK])
def test_a_metric_can_be_missing(metric):
    found = section({key: None for key in figures() if key[4] == metric})
    assert found.tables


def test_both_ways_of_completing_have_their_instructions():
    for table in section().tables[:2]:
        columns = [index for index, column in enumerate(table.columns) if column.startswith("instructions")]
        assert [table.columns[index] for index in columns[:: len(columns) // 2]] == [
            "instructions, gcc-12.2.0, completes inline",
            "instructions, gcc-12.2.0, completes later",
        ]


def test_each_is_compared_with_a_native_compiled_as_it_is():
    found = bridges.Found([])
    assert found.native_of(("sender", "member")) == ("awaitable", "native")
    slow = {at("native-exceptions", "ns_per_op", when, model="awaitable"): 50 for when in (INLINE, LATER)}
    assert "dearer" not in claim(section(slow), "4 every bridge")


def test_one_direction_alone():
    gone = {key: None for key in figures() if bridges.direction(key[:2]) == "to-awaitable"}
    assert {table.name for table in section(gone).tables} == {"bridges-to-sender", "bridges-published"}


def test_the_program_says_the_same(smoke):
    """The rows that need no clock, as it writes them."""
    lines = (smoke / "results" / "bridges.tsv").read_text().splitlines()[1:]
    found = bridges.build([parse_line(line, "bridges.tsv") for line in lines], published.read(ROOT / "paper"))
    assert claim(found, "3 bridge coroutine").count("connect-awaitable 1 inline and 1 later") == 1
    assert claim(found, "2 callback handle").endswith("callback-handle 0 inline and 0 later")


def counted_row(model, mechanism, variant, metric, value):
    fields = ["bridges", model, mechanism, variant, GCC, metric, "-", value, value, value, 1]
    return parse_line("\t".join(map(str, fields)), "here")


def test_atomics_are_told_by_their_count():
    figures_ = (
        ("awaitable", "native", INLINE, 0), ("sender", "member", INLINE, 0), ("sender", "handshake-exchange", INLINE, 2),
        ("awaitable", "cppcoro", "awaits=task", 0), ("awaitable", "cppcoro-fallback", "awaits=task", 2),
    )
    rows = [counted_row(*name, "atomics_per_op", value) for *name, value in figures_]
    said = plain(bridges.atomics(bridges.Found(rows)))
    assert "0 by awaitable native, sender member; 2 by sender handshake-exchange." in said
    assert said.endswith("takes 0 with symmetric transfer, and 2 with what cppcoro does without it.")
    assert "A task" not in bridges.atomics(bridges.Found(rows[:3]))


def test_a_dispatch_is_told_above_reading_the_handle():
    rows = [
        counted_row(*name, "calls=dispatch", metric, value)
        for name, metric, value in (
            (("raw", "floor"), "instructions_per_op", 18),
            (("awaitable", "executor-ref-inline"), "instructions_per_op", 24),
            (("awaitable", "executor-ref-inline"), "ns_above_floor", 0.5),
        )
    ]
    assert plain(bridges.dispatches(bridges.Found(rows))).endswith("the inline executor 6 instructions and 0.5 ns.")
    assert bridges.dispatches(bridges.Found(rows[:1])) == ""
