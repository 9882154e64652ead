"""The comparison of C with C++: which cells are twins, what agrees, and whose cause is known."""

import itertools
import re
import shutil
import sys

import pytest

from conftest import ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))
from abreast_report.calibration import build  # noqa: E402
from abreast_report.links import plain  # noqa: E402
from abreast_report.rows import Row, is_library, read_results  # noqa: E402
from abreast_report.twins import CAUSES, GROWTH, METRICS, UNEXPLAINED, Causes, matches, pairs_of  # noqa: E402

GCC = "gcc-12.2.0 O2 sib=on exc=off san=none"
CLANG = "clang-19.1.7 O2 sib=on exc=off san=none"


def row(experiment, model, mechanism, variant, metric, value, toolchain=GCC):
    number = float(value) if isinstance(value, (int, float)) else None
    return Row(experiment, model, mechanism, variant, toolchain, metric, "-", number, number, number, 1, str(value))


def both(experiment, mechanism, variant, metric, c, cxx, toolchain=GCC, model="awaitable", cxx_variant=None):
    return [
        row(experiment, model, mechanism, variant, metric, c, toolchain),
        row(experiment, f"cxx-{model}", mechanism, cxx_variant or variant, metric, cxx, toolchain),
    ]


@pytest.fixture
def causes(tmp_path):
    """A made-up ledger and a made-up page."""
    (tmp_path / "paper").mkdir()
    (tmp_path / "docs").mkdir()
    (tmp_path / "paper" / "calibration.tsv").write_text(
        "experiment\tmechanism\tvariant\ttoolchain\tmetric\tmore\tcause\twhy\n"
        "opstate\t*\t*\tgcc-*\tframe_bytes\tC++ up to 40\tframe layout\tg++ keeps every awaiter.\n"
        "*\t*\t*\t*\tdisagreement 2\t-\toptimiser\tThe page.\n"
    )
    (tmp_path / "docs" / "calibration.md").write_text(
        "| `transfer`, `returning*` | gcc 12 | O0, O1 | on | on, off | linear | constant | 2 |\n"
        "## Disagreement 2: what transfers\n"
    )
    return Causes(tmp_path)


def table(section, name):
    return next(table for table in section.tables if table.name == name)


def test_a_cause_is_of_the_cell_and_of_who_has_more(causes):
    rows = both("opstate", "ready", "depth=1", "frame_bytes", 72, 112)
    rows += both("opstate", "ready", "depth=2", "frame_bytes", 112, 72)
    rows += both("opstate", "ready", "depth=3", "frame_bytes", 72, 72)
    section = build({"opstate": rows}, causes)
    assert table(section, "calibration-summary").rows == [[METRICS["frame_bytes"], 3, 1, 1, 1]]
    assert table(section, "calibration-causes").rows == [["1", "frame layout", "g++ keeps every awaiter.", 1]]
    assert [line[-1] for line in table(section, "calibration").rows[1:]] == ["1", "not explained", ""]
    assert "Of 2 differences, 1 is not explained" in plain(section.headline)


@pytest.mark.parametrize(
    "level, c, cxx, known",
    [("O0", "linear", "constant", True), ("O2", "linear", "constant", False), ("O0", "constant", "linear", False)],
)
def test_a_disagreement_about_growth_is_looked_up_in_the_page(causes, level, c, cxx, known):
    toolchain = f"gcc-12.2.0 {level} sib=on exc=off san=none"
    rows = both("stack", "returning", "then=3", "stack_growth", c, cxx, toolchain)
    section = build({"stack": rows}, causes)
    assert ("disagreement 2: what transfers" in plain(section.findings[0])) == known
    assert ("is not explained" in plain(section.findings[0])) == (not known)


def test_instructions_are_a_ratio_and_five_percent_is_equal(causes):
    rows = both("echo", "task", "a", "instructions_per_op", 105, 100)
    headline = plain(build({"echo": rows}, causes).headline)
    assert "There is no difference." in headline and "holds in 1 of 1 rows." in headline
    rows += both("echo", "task", "b", "instructions_per_op", 106, 100)
    section = build({"echo": rows}, causes)
    assert "1.05 to 1.06." in plain(section.headline)
    said = "The least is of echo awaitable task (a), gcc-12.2.0 O2 sib=on exc=off, the most of echo"
    assert said in plain(section.headline)
    assert "holds in 1 of 2 rows (1 at O2 above it, by 6 instructions an operation at most)" in plain(section.headline)
    assert "Above it: echo awaitable task, 1.06 times, with gcc-12.2.0 O2." in plain(section.headline)
    assert table(section, "calibration-instructions").rows[0][3] == "1.05 to 1.06"
    assert table(section, "calibration-summary").rows[0][1:] == [2, 1, 0, 1]


def test_twins_that_differ_in_name(causes):
    """A chain of C++ tasks in frames; and clang's C++, which drops the suspension point of what is always ready."""
    results = {
        "frames": both("frames", "malloc", "depth=1,task=awaitable", "frame_bytes", 1, 1,
                       cxx_variant="depth=1,task=cxx-awaitable"),
        "opstate": [
            row("opstate", "awaitable", "ready", "depth=1", "instructions_per_op", 23, CLANG),
            row("opstate", "awaitable", "ready-known", "depth=1", "instructions_per_op", 11, CLANG),
            row("opstate", "cxx-awaitable", "ready", "depth=1", "instructions_per_op", 11, CLANG),
        ],
    }
    rows = table(build(results, causes), "calibration").rows
    assert [line[4] for line in rows if line[1]] == ["equal", "equal"]
    assert rows[1][0] == "awaitable ready-known (depth=1), in C++ ready: instructions_per_op"


def test_both_names_of_a_form_are_said(causes):
    """C++'s let_value is as written; what shares storage in C has no twin."""
    rows = both("opstate", "let-value", "depth=4,state=8", "op_state_bytes", 80, 240, model="sender")
    rows.append(row("opstate", "sender", "let-value-as-written", "depth=4,state=8", "op_state_bytes", 240))
    section = build({"opstate": rows}, causes)
    name = "sender let-value-as-written (depth=4,state=8), in C++ let-value: op_state_bytes"
    assert [line[0] for line in table(section, "calibration").rows[1:]] == [name]
    assert table(section, "calibration-forms").rows[0][:4] == [
        "opstate sender", "let-value-as-written", "let-value", "gcc-12.2.0",
    ]
    assert "There is no difference." in plain(section.headline)
    assert "; 1 mechanism more has no C++ cell" in plain(section.headline)


@pytest.mark.parametrize("cxx, known", [(88, True), (104, True), (96, False), (56, False)])
def test_a_cause_may_say_by_how_much(tmp_path, causes, cxx, known):
    ledger = tmp_path / "paper" / "calibration.tsv"
    ledger.write_text(ledger.read_text() + "opstate\t*\t*\t*\tawaitable_bytes\tC++ by 16|32\tABI\tIt is.\n")
    rows = both("opstate", "ready", "depth=1", "awaitable_bytes", 72, cxx)
    cells = table(build({"opstate": rows}, Causes(tmp_path)), "calibration").rows
    assert cells[1][5] == ("1" if known else UNEXPLAINED)


@pytest.mark.parametrize("more, known", [("C++ up to 32", True), ("C++ up to 31", False), ("C++ up to 1.5 times", True),
                                         ("C++ up to 1.4 times", False), ("C up to 32", False)])
def test_a_cause_explains_no_more_than_it_says(tmp_path, causes, more, known):
    ledger = tmp_path / "paper" / "calibration.tsv"
    ledger.write_text(ledger.read_text() + f"opstate\t*\t*\t*\tawaitable_bytes\t{more}\tABI\tIt is.\n")
    rows = both("opstate", "ready", "depth=1", "awaitable_bytes", 64, 96)
    cells = table(build({"opstate": rows}, Causes(tmp_path)), "calibration").rows
    assert cells[1][5] == ("1" if known else UNEXPLAINED)


def stack_rows(c, cxx, functions, toolchain=GCC):
    rows = both("stack", "p2300", "boundary=yes", "stack_growth", "linear", "linear", toolchain, "sender")
    rows += both("stack", "p2300", "boundary=yes", "stack_bytes_per_completion", c, cxx, toolchain, "sender")
    rows += both("stack", "p2300", "boundary=yes", "stack_functions_per_completion", *functions, toolchain, "sender")
    return rows


@pytest.mark.parametrize("cxx, functions, lost", [(304, (5, 7), 0), (304, (5, 5), 1), (1008, (5, 7), 1)])
def test_other_functions_on_the_stack_are_a_cause_of_other_bytes(causes, cxx, functions, lost):
    section = build({"stack": stack_rows(208, cxx, functions, GCC.replace("O2", "O0"))}, causes)
    assert table(section, "calibration-summary").rows[1][1:] == [1, 0, 1 - lost, lost]
    assert table(section, "calibration").rows[1][2] == "+208 B in 5"
    said = "Of 1 difference, 1 is not explained (1 at O0)." if lost else "1 difference, its cause known."
    assert said in plain(section.headline)


def test_patterns_have_alternatives():
    assert matches("gcc-* O1 *|gcc-* O2 *", GCC) and not matches("gcc-* O1 *|clang-*", GCC)
    assert matches("a", "a") and not matches("a", "ab")


def test_settings_that_say_the_same_are_one_row(causes):
    flags = itertools.product(("O1", "O2"), ("on", "off"), ("on", "off"))
    names = [f"gcc-12.2.0 {level} sib={sib} exc={exc} san=none" for level, sib, exc in flags]
    rows = []
    for name in names:
        rows += both("opstate", "ready", "depth=1", "frame_bytes", 72, 88 if "O2 sib=off" in name else 72, name)
    lines = table(build({"opstate": rows}, causes), "calibration").rows[1:]
    assert [line[1] for line in lines] == ["gcc-12.2.0 O1, O2 sib=on", "gcc-12.2.0 O2 sib=off"]


def test_the_rules_are_judged(causes):
    visible = "depth=1,callee=visible"
    results = {
        "echo": both("echo", "task", "a", "instructions_per_op", 100, 100)
        + both("echo", "task", "b", "instructions_per_op", 12, 10)
        + both("echo", "task", "c", "instructions_per_op", 50, 100),
        "phases": both("phases", "task", "stream=ready", "phases_with_work", 3, 3)
        + both("phases", "task", "stream=ready", "allocs_per_op", 1, 1),
        "frames": [row("frames", "cxx-awaitable", "operator-new-resumed", visible, "allocs_per_op", 0, CLANG)],
    }
    section = build(results, causes)
    lines = plain(section.headline).splitlines()
    lines = lines[next(index for index, line in enumerate(lines) if line.startswith("C is to take at most")):]
    assert lines.pop(1).startswith("Above it: echo awaitable task, 1.20 times")
    assert "holds in 2 of 3 rows (1 at O2 above it, by 2 instructions an operation at most)" in lines[0]
    assert "fewer by more than 5 % in 1 of 3 rows (1 at O2). Why: 1 of 1 not explained." in lines[1]
    assert lines[2].startswith("Allocations are to be equal") and lines[2].endswith("holds in 1 of 1 rows.")
    assert lines[3].startswith("Phase counts are to be equal") and lines[3].endswith("holds in 1 of 1 rows.")
    assert "0 with clang-19.1.7 O2." in plain(section.findings[0])
    results["phases"] += both("phases", "task", "stream=late", "phases_with_work", 7, 6)
    said = "not so in 1 of 2 rows: phases awaitable task (stream=late) phases_with_work with gcc-12.2.0 O2."
    assert said in plain(build(results, causes).headline)


def test_a_figure_without_its_twin_is_not_compared(causes):
    rows = both("opstate", "ready", "depth=1", "frame_bytes", 72, 112)
    assert build({"opstate": rows[:1]}, causes).tables == build({"opstate": rows[1:]}, causes).tables == []


@pytest.mark.parametrize(
    "more, cause", [("C by 8", "the weather"), ("C by some", "ABI"), ("- by 16", "ABI"), ("C", "ABI")]
)
def test_a_bad_line_of_causes_is_named(tmp_path, causes, more, cause):
    ledger = tmp_path / "paper" / "calibration.tsv"
    ledger.write_text(ledger.read_text() + f"opstate\t*\t*\t*\t*\t{more}\t{cause}\twho knows\n")
    with pytest.raises(ValueError, match="calibration.tsv:4: .*frame layout"):
        Causes(tmp_path)


def test_a_disagreement_of_the_page_needs_its_cause(tmp_path, causes):
    ledger = tmp_path / "paper" / "calibration.tsv"
    ledger.write_text(ledger.read_text().replace("disagreement 2", "disagreement 3"))
    with pytest.raises(ValueError, match="no line for disagreement 2"):
        Causes(tmp_path)


def test_the_ledger_of_causes_can_be_read():
    causes = Causes(ROOT)
    assert all(why.endswith(".") for *_, why in causes.lines)
    assert {cause for _, _, cause, _ in causes.lines} <= set(CAUSES)
    assert causes.growth


def test_every_disagreement_of_growth_in_a_run_has_its_cause(smoke):
    """Where the page speaks of this run's compilers."""
    done = run(ROOT / "scripts" / "report", "tables", "--out", smoke)
    assert done.returncode == 0, done.stderr
    for line in (smoke / "tables" / "calibration-summary.tsv").read_text().splitlines():
        what, _, _, _, lost = line.split("\t")
        if what == METRICS["stack_growth"]:
            assert lost == "0"
        if re.match("allocations|of these", what):
            assert line.split("\t")[1] == line.split("\t")[2], "allocations are equal in all cells"


@pytest.fixture(scope="module")
def differences(smoke):
    """[(pair, cause)] of a run, of the compilers that the ledger of causes speaks of; and the ledger."""
    causes = Causes(ROOT)
    found = [pair for pair in pairs_of(read_results(smoke / "results")) if not is_library(pair.key[1])]
    found = [pair for pair in found if re.match(r"gcc-12\.|clang-19\.", pair.toolchain) and not pair.equal]
    if not found:
        pytest.skip("neither gcc 12 nor clang 19 is here")
    return [(pair, causes.of(pair)) for pair in found], causes


def test_every_difference_has_its_cause(differences):
    assert [pair for pair, cause in differences[0] if cause[0] == UNEXPLAINED] == []


def test_every_line_of_the_ledger_is_of_a_difference(differences):
    """As far as the run has its experiment, its metric and its compiler."""
    found = [pair for pair, _ in differences[0] if pair.metric != GROWTH]
    unused = []
    for patterns, more, _, why in differences[1].lines:
        experiment, mechanism, variant, toolchain, metric = patterns
        here = [pair for pair in found if matches(experiment, pair.experiment) and matches(metric, pair.metric)]
        here = [pair for pair in here if matches(toolchain, pair.toolchain)]
        if here and not any(
            matches(mechanism, pair.key[1]) and matches(variant, pair.key[2]) and more.holds(pair) for pair in here
        ):
            unused.append((patterns, why))
    assert unused == []


def frames_of(executable):
    """[(function, bytes of its stack frame)], as its first instructions make it."""
    text = run("objdump", "-dC", "--no-show-raw-insn", executable).stdout
    found = []
    for name, body in re.findall(r"^[0-9a-f]+ <(.+)>:\n((?:.+\n){1,8})", text, re.MULTILINE):
        begin = body.split("call", 1)[0]
        taken = re.search(r"\tsub +\$0x([0-9a-f]+),%rsp", begin)
        found.append((name, 8 + 8 * len(re.findall(r"\tpush ", begin)) + (int(taken.group(1), 16) if taken else 0)))
    return found


def page_frames():
    """[(compiler, C function, bytes, C++ function, bytes)] of the page's table of frames at -O0."""
    lines = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8").splitlines()
    pattern = r"\| (gcc|clang) (\d+) \| `(.+)` \| (\d+) \| `(.+)` \| (\d+) \|"
    return [found.groups() for found in (re.fullmatch(pattern, line) for line in lines) if found]


def test_the_frames_of_the_page_are_those_of_the_cells(abreast):
    """Those that paper/calibration.tsv speaks of."""
    cells, checked = abreast.parent / "cells", 0
    frames = {}
    for compiler, version, c, c_bytes, cxx, cxx_bytes in page_frames():
        for folder in cells.glob(f"{compiler}-{version}.*-O0-sib-off-exc-on"):
            for program, pattern, size in (("stack-c", c, c_bytes), ("stack-cxx", cxx, cxx_bytes)):
                executable = folder / program
                if not executable.exists() or not shutil.which("objdump"):
                    continue
                if executable not in frames:
                    frames[executable] = frames_of(executable)
                sizes = {bytes_ for name, bytes_ in frames[executable] if matches(pattern, name)}
                # In C a function with a boundary has a namesake without one.
                right = int(size) in sizes if program == "stack-c" else sizes == {int(size)}
                assert right, f"{executable}: {pattern} has {sizes or 'no function'}"
                checked += 1
    if not checked:
        pytest.skip("no cell of these compilers at -O0 is built, or there is no objdump")
