"""opstate: what the cells say without a timed run, and what the report says of committed results."""

import re

import pytest

from conftest import run
from test_report import report

MAIN = "gcc-12.2.0 O2 sib=on exc=off san=none"


@pytest.fixture(scope="module")
def figures(abreast, tmp_path_factory):
    """{(model, mechanism, variant): {metric: value}} of the main build, from a run without times"""
    out = tmp_path_factory.mktemp("opstate") / "out"
    done = run(abreast, "run", "--smoke", "opstate", "--out", out)
    assert done.returncode == 0, done.stderr
    found = {}
    for line in (out / "results" / "opstate.tsv").read_text().splitlines()[1:]:
        _, model, mechanism, variant, _, metric, _, value, *_ = line.split("\t")
        if value != "?":
            found.setdefault((model, mechanism, variant), {})[metric] = float(value)
    return found


def test_a_pipeline_grows_by_what_its_functions_carry(figures):
    empty = figures["sender", "pipeline", "depth=0,state=0"]["op_state_bytes"]
    for depth in range(1, 17):
        assert figures["sender", "pipeline", f"depth={depth},state=0"]["op_state_bytes"] == empty
        assert figures["sender", "pipeline", f"depth={depth},state=8"]["op_state_bytes"] == empty + 8 * depth


SOURCES = {
    "schedule": ("pipeline", "algorithm=schedule"),
    "read-some": ("pipeline", "algorithm=read-some"),
    "any-sender": ("any-sender", "algorithm=read-some"),
    "when-all-4": ("pipeline", "algorithm=when-all,children=4"),
    "when-all-2": None,
    "when-all-8": None,
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_has_its_size_at_every_depth(figures, source):
    found = {variant: of for (_, name, variant), of in figures.items() if variant.startswith(f"source={source},")}
    alone = found[f"source={source},depth=0,state=0"]
    assert len(found) == 1 + 2 * 16
    if SOURCES[source]:
        mechanism, variant = SOURCES[source]
        known = figures["sender", mechanism, variant]
        assert {metric: known[metric] for metric in alone} == alone
    else:  # a child is a then's operation state, and its value
        count, of_four = int(source[-1]), figures["sender", "pipeline", "source=when-all-4,depth=0,state=0"]
        assert alone["op_state_bytes"] == of_four["op_state_bytes"] + (count - 4) * (16 + 8)
    for depth in range(1, 17):
        for state in (0, 8):
            of = found[f"source={source},depth={depth},state={state}"]
            assert of == {**alone, "op_state_bytes": alone["op_state_bytes"] + depth * state}


def test_let_value_has_its_size_at_every_depth(figures):
    just = figures["sender", "let-value", "depth=0,state=0"]["op_state_bytes"]
    assert just == figures["sender", "pipeline", "depth=0,state=0"]["op_state_bytes"]
    for depth in range(1, 17):
        for state in (0, 8):
            size = figures["sender", "let-value", f"depth={depth},state={state}"]["op_state_bytes"]
            assert size == just + depth * (8 + state)  # the value that is kept, and the function


def test_as_written_has_the_pointers_and_variants_of_the_text(figures):
    sizes = {key: found["op_state_bytes"] for key, found in figures.items() if "op_state_bytes" in found}
    for (model, name, variant), size in sizes.items():
        if (model, name) == ("cxx-sender", "let-value"):
            assert sizes["sender", "let-value-as-written", variant] == size
    for depth in (1, 4, 16):
        variant = f"depth={depth},state=8"
        nested, written = (sizes["sender", name, variant] for name in ("pipeline", "pipeline-as-written"))
        assert written == nested + 8 * depth
        assert sizes["sender", "let-value-as-written", variant] > 2 * sizes["sender", "let-value", variant]


def test_everything_that_is_built_has_its_size_and_alignment(figures):
    kinds = {"sender": "op_state", "awaitable": "awaitable"}
    for (model, mechanism, variant), found in figures.items():
        kind = kinds.get(model)
        if kind and mechanism != "task-in-task":
            assert found[f"{kind}_bytes"] % found[f"{kind}_align_bytes"] == 0, (model, mechanism, variant)
        if model == "awaitable":
            assert found["frame_bytes"] > found.get("awaitable_bytes", 0) or mechanism == "task-in-task"


def test_the_environment_that_get_env_answers_is_told_apart(figures):
    variant = "algorithm=when-all,children=4"
    shipped, written = (figures["sender", name, variant] for name in ("pipeline", "as-written"))
    assert "op_state_environment_bytes" not in shipped
    assert written["op_state_environment_bytes"] == 32
    assert written["op_state_bytes"] - shipped["op_state_bytes"] > 32


def test_what_does_not_fit_its_buffer_is_allocated_once(figures):
    variant = "algorithm=read-some"
    allocated = {name: found["allocs_per_op"] for (_, name, of), found in figures.items() if of == variant}
    assert allocated.pop("any-sender") == 1
    assert figures["sender", "any-sender", variant]["op_state_block_bytes"] > 64
    assert set(allocated.values()) == {0}


def test_bytes_written_are_counted(abreast):
    done = run(abreast, "measure", "opstate/*/algorithm=schedule")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines() if "\tbytes_written_per_op\t" in line]
    assert rows
    if any(row[7] == "?" for row in rows):
        pytest.skip(rows[0][11])
    written = {(row[1], row[2]): float(row[7]) for row in rows}
    floor = written.pop(("raw", "floor"))
    assert floor > 0
    assert all(bytes_written > floor for bytes_written in written.values())


# --- The report ---


def section(results):
    report(results, "tables")
    return (results / "tables" / "findings.md").read_text().partition("\n## opstate\n")[2].partition("\n## ")[0]


def change(results, old, new):
    tsv = results / "results" / "opstate.tsv"
    text = tsv.read_text()
    assert text.count(old) == 1
    tsv.write_text(text.replace(old, new))


def above(model, mechanism, variant, figures):
    return f"{model}\t{mechanism}\t{variant}\t{MAIN}\tns_above_floor\tns\t{figures}"


WHEN_ALL = "algorithm=when-all,children=4"


def test_the_discussion_is_judged_by_the_interval(results):
    found = section(results)
    assert "above the floor: sender pipeline 0.034 % (99 %: 0.033 % to 0.042 %)" in found
    assert "is the overhead; here all senders that allocate nothing are below 1 % of a core." in found
    old = above("sender", "array", WHEN_ALL, "54.1\t53.4\t56.3")
    change(results, old, old.replace("56.3", "120"))
    assert "here 1 % lies within the interval of sender array, when_all of 4." in section(results)
    old = old.replace("56.3", "120")
    change(results, old, old.replace("54.1\t53.4", "110\t104"))
    assert "here 1 % or more is taken by sender array, when_all of 4" in section(results)


def test_operation_states_of_cxx_are_judged_too(results):
    old = above("sender", "array", WHEN_ALL, "54.1\t53.4\t56.3")
    change(results, old, old + "\t99\nopstate\t" + above("cxx-sender", "as-written", WHEN_ALL, "59\t58\t60"))
    found = section(results)
    assert "the dearest (cxx-sender as-written, when_all of 4) takes 0.59 % (99 %: 0.58 % to 0.6 %)" in found
    assert "the dearest awaitable for the same, task-in-task, takes 1.8 %" in found
    short = report(results, "headlines")
    assert "take at most 0.59 % of a core beyond code by hand, awaitables for the same 1.8 % of a core" in short


def test_what_may_be_nothing_is_said_so(results):
    old = above("sender", "pipeline", "algorithm=read-some", "3.44\t3.3\t4.21")
    change(results, old, old.replace("3.3\t", "-3.3\t"))
    found = section(results)
    assert "sender pipeline nothing that can be told apart from the floor (99 %: -0.033 % to 0.042 %)" in found


def test_what_is_built_is_not_counted_twice(results):
    report(results, "tables")
    table = (results / "tables" / "opstate-operations.md").read_text()
    assert "| awaitable ready | 8 (awaitable) | 72 | 0 | 39 | 32 |" in table
    assert "| awaitable task-in-task | 352 (frames) | 88 | 4 |" in table
    assert "| sender any-sender | 192 (operation state and its block) | - | 1 |" in table
    assert "| sender as-written | 208 (operation state) |" in table


def test_sentences_follow_the_data(results):
    found = section(results)
    assert "by hand (lower is better), senders: a pipeline of 4 then 1 to 5, 4 let_value that" in found
    assert "gcc-12.2.0: an operation writes 0 bytes; its operation state has 48, and" in found
    assert "an operation state, functions of 8 bytes: by then 8, by let_value that shares storage 16." in found
    assert "gcc-12.2.0: any-sender 133 and 1 allocation, any-sender-fits 58, table-sender 29, any-stream 35." in found
    assert "32 of 208 bytes are the environment" in found
    old = f"sender\tpipeline\tdepth=16,state=8\t{MAIN}\top_state_bytes\tB\t144\t144\t144"
    change(results, old, old.replace("144", "160"))
    assert "of 8 bytes: by then 9.07 on average (gcc-12.2.0), by then 8 (clang-19.1.7)" in section(results)


def row_linked_after(results, experiment, words):
    """The fields of the row that the figure after these words of the section links to."""
    report(results, "page")
    page = (results / "report.html").read_text().partition(f"<section id={experiment}>")[2].partition("</section>")[0]
    found = re.search(re.escape(words) + rf' <a class=row href="#{experiment}-(\d+)">', page)
    assert found, words
    tsv = (results / "results" / f"{experiment}.tsv").read_text()
    return tsv.splitlines()[int(found.group(1)) - 1].split("\t")


@pytest.mark.parametrize(
    "words, row",
    [
        ("take at most", ("array", WHEN_ALL, "ns_above_floor")),
        ("awaitables for the same", ("task-in-task", WHEN_ALL, "ns_above_floor")),
        ("above the floor: sender pipeline", ("pipeline", "algorithm=read-some", "ns_above_floor")),
        ("awaitables: one that is ready", ("ready", "depth=4,state=8", "instructions_per_op")),
        ("an operation writes", ("pipeline", "depth=4,state=8", "bytes_written_per_op")),
        ("functions of 8 bytes: by", ("pipeline", "depth=16,state=8", "op_state_bytes")),
        ("gcc-12.2.0: any-sender", ("any-sender", "algorithm=read-some", "instructions_per_op")),
    ],
)
def test_a_figure_links_to_its_row(results, words, row):
    fields = row_linked_after(results, "opstate", words)
    assert (fields[2], fields[3], fields[5]) == row


def on_source(source, depth, state, size):
    words = ["opstate", "sender", "pipeline", f"source={source},depth={depth},state={state}", MAIN, "op_state_bytes"]
    return "\t".join([*words, "B", *[str(size)] * 3, "1"]) + "\n"


def test_sources_are_compared_by_what_a_then_adds(results):
    assert "on top of a source" not in section(results)
    tsv = results / "results" / "opstate.tsv"
    text = tsv.read_text() + on_source("schedule", 0, 0, 32)
    text += "".join(on_source("schedule", depth, state, 32 + depth * state) for depth in (1, 2) for state in (0, 8))
    before = section(results)
    tsv.write_text(text)
    found = section(results)
    assert "with a function of 8 bytes it adds 8 bytes for each, the same on every source." in found
    assert set(before.splitlines()) < set(found.splitlines()), "nothing else is said of these"
    table = (results / "tables" / "opstate-sources.md").read_text()
    assert "| schedule | 8 | gcc-12.2.0 |  | 32 | 40 | 48 | - |" in table
    tsv.write_text(text.replace(on_source("schedule", 2, 8, 48), on_source("schedule", 2, 8, 56)))
    assert "source: 8 bytes for each on just, 8 to 16 bytes by depth on schedule." in section(results)


def test_a_rate_that_may_be_any_is_a_word(results):
    report(results, "tables")
    table = (results / "tables" / "opstate-ops_per_s_at_1_percent.md").read_text()
    assert "| sender pipeline (state=8) | gcc-12.2.0 | any |" in table


def test_a_run_without_times_or_counts_has_its_sizes(results):
    tsv = results / "results" / "opstate.tsv"
    kept = ("_bytes\t", "toolchain")
    tsv.write_text("".join(f"{line}\n" for line in tsv.read_text().splitlines() if any(word in line for word in kept)))
    found = section(results)
    assert "functions of 8 bytes: by then 8" in found
    assert "overhead" not in found


def test_other_settings_have_a_table_and_no_sentence(results):
    before = section(results)
    tsv = results / "results" / "opstate.tsv"
    other = "gcc-12.2.0 O1 sib=off exc=on san=none"
    counted = ["opstate", "sender", "pipeline", "depth=4,state=8", other, "instructions_per_op", "instructions"]
    tsv.write_text(tsv.read_text() + "\t".join([*counted, "99", "99", "99", "1"]) + "\n")
    assert section(results) == before
    table = (results / "tables" / "opstate-settings.md").read_text()
    assert f"| {other} |" in table and "| 99 |" in table
    assert other not in (results / "tables" / "opstate-instructions_per_op.md").read_text()
