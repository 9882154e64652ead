"""scripts/matrix; the one table and figure of stack growth; and the golden figures, which a run must give again."""

import json
import re
import shutil
import signal
import subprocess
import time

import pytest

from conftest import ROOT, one_line, run

MATRIX = ROOT / "scripts" / "matrix"
REPORT = ROOT / "scripts" / "report"
GOLDEN = ROOT / "tests" / "python" / "golden"


def summary(out, name="stack"):
    """{heading: {mechanism: [cells]}} of the one table."""
    assert run(REPORT, "tables", "--out", out).returncode == 0
    found, heading = {}, None
    for line in (out / "tables" / f"{name}-summary.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].startswith("**"):
            heading = cells[0].strip("*")
        elif heading and len(cells) > 1:
            found.setdefault(heading, {})[cells[0]] = cells[1:]
    return found


def groups(out, name="stack"):
    return [list(mechanisms) for mechanisms in summary(out, name).values()]


def test_the_table_has_three_groups(results):
    assert groups(results) == [
        ["awaitable ready", "sender trampoline", "sender task-affine (scheduler=run_loop)", "sender tail"],
        ["awaitable transfer", "sender p2300"],
        ["sender task-affine"],
    ]
    assert groups(results, "finals") == [["awaitable cppcoro"], ["awaitable asyncpp"]]


def test_a_row_of_the_table_says_what_and_where(results):
    never, sometimes, always = summary(results).values()
    where = "gcc-12.2.0 and clang-19.1.7: -O2, sibling calls on, exceptions off"
    p2300 = ["P2300R10 as written", "optimiser (sibling call)", where, "16 to 176"]
    assert sometimes["sender p2300"][:4] == p2300
    assert sometimes["awaitable transfer"][1] == (
        "optimiser (sibling call) with gcc-12.2.0; compiler (musttail) with clang-19.1.7"
    )
    assert never["sender trampoline"][2:4] == ["bounded", "0"]
    assert always["sender task-affine"][2:6] == ["-", "112 to 400", "20,971 / ? / 163", "65,536 / ? / 512"]


def test_what_a_compiler_cannot_have_is_said(results):
    never, _, _ = summary(results).values()
    assert never["sender tail"][2] == "constant; gcc-12.2.0: not available"
    figure = (results / "figures" / "stack.dat").read_text()
    assert re.search(r"^\d+\t\d+\t3\t\?\tO2 sib=on exc=off\tsender tail$", figure, re.MULTILINE)
    assert run(REPORT, "page", "--out", results).returncode == 0
    assert "stack, sender tail: no musttail (2 figures)" in (results / "report.html").read_text()


def test_sanitizers_are_counted_apart(results):
    never, sometimes, _ = summary(results).values()
    assert "awaitable ready" in never
    assert sometimes["awaitable transfer"][3] == "48"
    found = (results / "tables" / "findings.md").read_text()
    assert "- With -fsanitize=address, of the cells that do not grow without it, these do: 1 of 2 with gcc" in found
    assert "\t4\t48\tO2\tawaitable transfer\n" in (results / "figures" / "stack-matrix.dat").read_text()
    assert "\t2\t96\tO2 address\tawaitable transfer\n" in (results / "figures" / "stack-matrix.dat").read_text()


def test_the_groups_follow_the_data(results):
    tsv = results / "results" / "stack.tsv"
    text = tsv.read_text()
    row = r"(awaitable\ttransfer\t-\t.* san=none\tstack_growth\t-)\t.*"
    grown = re.sub(row, r"\1" + 3 * r"\tlinear" + r"\t1", text)
    assert grown != text
    tsv.write_text(grown)
    assert groups(results)[2] == ["awaitable transfer", "sender task-affine"]


def test_golden_figures_need_all_settings(results, tmp_path):
    done = run(REPORT, "golden", "--out", results, "--golden", tmp_path)
    assert done.returncode == 1
    assert "has 4 settings instead of 12" in one_line(done.stderr)


def test_a_run_gives_the_golden_figures(smoke, tmp_path):
    """Bytes of stack depend on the toolchain alone: not on the machine, nor on the length of the run."""
    done = run(REPORT, "golden", "--out", smoke, "--golden", tmp_path)
    assert done.returncode == 0, done.stderr
    known = [name for name in done.stdout.split() if (GOLDEN / f"{name}.tsv").exists()]
    if not known:
        pytest.skip(f"there are no golden figures of {', '.join(done.stdout.split())}: see scripts/report --help")
    for name in known:
        now, recorded = ((folder / f"{name}.tsv").read_text().splitlines() for folder in (tmp_path, GOLDEN))
        assert sorted(set(now) ^ set(recorded)) == [], f"{name}: another figure, or scripts/report golden is due"


def test_cost_cells_of_other_settings_are_for_the_calibration_alone(results):
    def tables():
        assert run(REPORT, "tables", "--out", results).returncode == 0
        apart = ("calibration", "artifact")  # that one also says how long a claim's cells take, which grows with them
        found = (results / "tables").iterdir()
        return {path.name: path.read_text() for path in found if not path.name.startswith(apart)}

    before = tables()
    for name in ("frames", "echo"):
        tsv = results / "results" / f"{name}.tsv"
        rows = tsv.read_text().splitlines(keepends=True)
        counts = [row for row in rows[1:] if "\tcount\t" in row]
        assert counts
        tsv.write_text("".join(rows) + "".join(row.replace(" O2 sib=on ", " O0 sib=off ") for row in counts))
    after = tables()
    assert [name for name in before if before[name] != after[name]] == []


def test_every_mechanism_says_what_it_models(smoke):
    for name in ("stack", "finals"):
        rows = [line.split("\t") for line in (smoke / "results" / f"{name}.tsv").read_text().splitlines()[1:]]
        measured = {tuple(row[1:3]) for row in rows if row[5] == "stack_growth" and not row[1].startswith("cxx-")}
        measured = {row for row in measured if not re.search(r"-(git|[0-9])", row[1])}  # another library's
        assert measured == {tuple(row[1:3]) for row in rows if row[5] == "stack_models"} & measured, name


def test_help_and_bad_options(tmp_path):
    assert "usage: scripts/matrix" in run(MATRIX, "--help").stdout
    (tmp_path / "file").write_text("in the way")
    for options, said in (
        (["--bogus"], "--help"),
        (["--out"], "--out needs a value"),
        (["--levels="], "--levels needs a value"),
        (["--levels", "0,9"], "'9' is no level"),
        (["--sanitizers", "magic"], "'magic' is no sanitizer"),
        (["--experiments", "echo"], "'echo' is no experiment"),
        (["--levels", ","], "',' names no level"),
        (["--compilers", "a b"], "is no list of names"),
        (["--compilers", "icc"], "names 'icc'"),
        (["--out", tmp_path / "file" / "out"], "--out"),
    ):
        done = run(MATRIX, *options)
        assert done.returncode == 1
        assert said in one_line(done.stderr)


needs_gcc = pytest.mark.skipif(not shutil.which("gcc"), reason="gcc is not installed")
# Of the experiments of the matrix `phases` has the fewest cells to compile. The cells of the others are those that
# build/release has too, by the same rules; what is left to see of them is that their targets are there.
SMALL = ["--compilers", "gcc", "--levels", "0", "--sanitizers", "none,thread", "--experiments", "phases"]


@needs_gcc
def test_a_small_matrix(tmp_path):
    out = tmp_path / "out"
    done = run(MATRIX, "--smoke", "--out", out, *SMALL, timeout=900)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in (out / "results" / "phases.tsv").read_text().splitlines()[1:]]
    assert {row[0] for row in rows} == {"phases"}
    settings = {row[4].split(" ", 1)[1] for row in rows if "=any" not in row[4]}
    assert len(settings) == 4 and all(name.endswith("san=none") for name in settings)
    assert (out / "report.html").exists()
    assert (out / "tables" / "phases.md").exists()
    cells = ROOT / "build" / "matrix" / "cells"
    manifest = [line.split("\t") for line in (cells / "manifest.tsv").read_text().splitlines()]
    assert {row[1].split(" ", 1)[1] for row in manifest if "/stack-" in row[0]} == settings
    assert re.search("san=thread\t.*measured stack", (cells / "skipped.tsv").read_text())
    done = run("cmake", "--build", cells.parent, "--target", "stack_cells", "cost_cells", "--", "-n")
    assert done.returncode == 0, done.stdout


def test_what_cells_there_are_not_is_in_run_json(abreast, tmp_path):
    if not (abreast.parent / "cells" / "manifest.tsv").exists():
        pytest.skip("this build has no cells")
    (tmp_path / "cells").mkdir()
    for entry in (abreast.parent / "cells").iterdir():
        (tmp_path / "cells" / entry.name).symlink_to(entry)
    (tmp_path / "cells" / "skipped.tsv").unlink()
    (tmp_path / "cells" / "skipped.tsv").write_text("gcc san=thread\tnot on a measured stack\n")
    shutil.copy(abreast, tmp_path / "abreast")
    done = run(tmp_path / "abreast", "run", "--smoke", "stack/awaitable/ready/*", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    skipped = json.loads((tmp_path / "out" / "run.json").read_text())["skipped"]
    assert ("gcc san=thread", "not on a measured stack") in [(entry["what"], entry["reason"]) for entry in skipped]


@needs_gcc
def test_an_unknown_compiler_is_named(tmp_path):
    done = run(MATRIX, "--out", tmp_path / "out", "--compilers", "gcc-1")
    assert done.returncode == 1
    assert "names 'gcc-1', which was not found; there are: gcc" in re.sub(r"\s+", " ", done.stderr)


@needs_gcc
def test_an_interrupted_matrix_leaves_nothing_half_written(tmp_path):
    out = tmp_path / "out"
    running = subprocess.Popen(
        [MATRIX, "--smoke", "--out", out, *SMALL],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    _, complaint = running.communicate(timeout=120)
    assert running.returncode == 1
    assert "interrupted" in complaint.splitlines()[-1]
    assert [path.name for path in out.iterdir() if path.is_file()] == []
