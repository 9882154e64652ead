"""Other people's libraries: their cells do the work of our own, and what is missing says so."""

import sys

import pytest

from conftest import ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))
from abreast_report import page, rows  # noqa: E402


@pytest.fixture
def asio_cells(abreast):
    found = sorted(abreast.parent.glob("cells/*/stack-asio"))
    if not found:
        pytest.skip("this build has no cells of Asio")
    return found


def growth(cell):
    """{(model, variant): constant, bounded or linear}"""
    done = run(cell, "run", 200, 0, 65536)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {(row[1], row[3]): row[7] for row in rows if row[5] == "stack_growth"}


def test_asio_grows_where_its_operations_complete_inline_and_nowhere_else(asio_cells):
    for cell in asio_cells:
        for (model, variant), found in growth(cell).items():
            expected = "linear" if variant == "complete=dispatch" else "constant"
            assert found == expected, f"{cell.parent.name}: {model} {variant}"


def test_list_shows_the_cells_of_stack_that_were_built(abreast, asio_cells):
    manifest = (abreast.parent / "cells" / "manifest.tsv").read_text()
    listed = run(abreast, "list", "--variants", "--tsv").stdout.splitlines()
    rows = [line.split("\t") for line in listed if line.startswith("stack\t")]
    found = {(row[1], row[2].split("-")[0]) for row in rows if row[2].startswith("asio-")}
    assert "/stack-asio\t" in manifest
    assert {("cxx-awaitable", "asio"), ("callback", "asio")} <= found


def test_asio_recycles_two_frames_and_no_more(smoke):
    """The runner has compared the sums of the chains with those of the other cells by then."""
    rows = [line.split("\t") for line in (smoke / "results" / "frames.tsv").read_text().splitlines()]
    fresh = {row[3]: row[7] for row in rows if row[2].startswith("asio-") and row[5] == "allocs_fresh_per_op"}
    if not fresh:
        pytest.skip("this build has no cells of Asio")
    assert fresh == {
        "depth=1,task=awaitable": "0",
        "depth=4,task=awaitable": "0.5",
        "depth=16,task=awaitable": "0.875",
    }


@pytest.mark.parametrize("backend", ["io_uring", "epoll"])
def test_asio_echoes_on_its_own_reactor_of_that_kind_and_allocates_nothing(abreast, tmp_path, backend):
    """There are rows only where something allocates, so none; the runner, which compares bytes and checksum with the
    floor's, would have failed (1)."""
    asked = f"--reactor={backend}"
    done = run(abreast, "run", "--smoke", "--out", tmp_path, asked, "echo/raw/floor/*memory*")
    if done.returncode == 1:
        pytest.skip(f"no {backend} here: {done.stderr}")
    cells = run(abreast, "list", "--variants", "--tsv").stdout.splitlines()
    found = [row.split("\t") for row in cells if row.startswith("echo\t") and "\tasio-" in row]
    found = [row for row in found if f"reactor={backend}," in row[3]]
    if not found:
        pytest.skip(f"this build has no cells of Asio over {backend}: builds of quick mode leave io_uring out")
    assert {row[1] for row in found} == {"cxx-awaitable", "callback"}
    done = run(abreast, "run", "--smoke", "--out", tmp_path, asked, "echo/*/asio-*")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in (tmp_path / "results" / "echo.tsv").read_text().splitlines()]
    assert not [row for row in rows if row[2].startswith("asio-") and row[5].startswith("allocs_")]
    assert "not supported" not in (tmp_path / "run.json").read_text()


def configure(folder, libraries):
    return run(
        "cmake",
        *("-S", ROOT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"),
        *("-DABREAST_COMPILERS=gcc", "-DABREAST_LEVELS=2", f"-DABREAST_PEERS={libraries}"),
    )


def skipped_in(folder):
    return dict(line.split("\t") for line in (folder / "cells" / "skipped.tsv").read_text().splitlines())


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_a_library_that_is_missing_is_skipped_with_its_reason(tmp_path):
    """Or is there, but is not what the adapter was written for; libunifex's configured header is made all the same."""
    capy, libunifex, stdexec = tmp_path / "capy", tmp_path / "libunifex", tmp_path / "stdexec"
    other = "#error of another time\n"
    write(capy, {"include/boost/capy/task.hpp": "// of another time\n", "src/ex/recycling_memory_resource.cpp": ""})
    write(libunifex, {"include/unifex/just.hpp": other, "include/unifex/task.hpp": ""})
    write(libunifex, {"include/unifex/config.hpp.in": "@UNIFEX_NO_EPOLL@\n", "source/manual_event_loop.cpp": ""})
    write(stdexec, {"include/exec/task.hpp": other, "include/stdexec/execution.hpp": ""})
    checkouts = f"capy:{capy},libunifex:{libunifex},stdexec:{stdexec}"
    done = configure(tmp_path, f"asio:/nowhere,beman:/nowhere,cppcoro,{checkouts}")
    assert done.returncode == 0, done.stderr
    skipped = skipped_in(tmp_path)
    assert skipped["library asio"] == "no asio/version.hpp was found in /nowhere"
    assert "was found in /nowhere" in skipped["library beman"]
    assert "cppcoro:PATH" in skipped["library cppcoro"]
    for name, said in [("capy", "boost/capy/continuation.hpp"), ("libunifex", other), ("stdexec", other)]:
        reasons = [reason for what, reason in skipped.items() if what.startswith(f"library {name}, ")]
        assert reasons and all(f"libraries/{name}.log" in reason for reason in reasons)
        assert said.strip() in (tmp_path / "libraries" / f"{name}.log").read_text()
    assert (tmp_path / "libraries" / "libunifex" / "unifex" / "config.hpp").read_text() == "1\n"
    assert not (libunifex / "include" / "unifex" / "config.hpp").exists()
    assert "stack-asio" not in (tmp_path / "cells" / "manifest.tsv").read_text()
    done = configure(tmp_path, "nosuch")
    assert done.returncode != 0
    assert "names 'nosuch'" in " ".join(done.stderr.split())


@pytest.mark.parametrize("library", ["beman", "libunifex", "stdexec"])
def test_the_tasks_of_sender_libraries_grow_only_where_their_design_lets_them(abreast, library):
    """What awaiting just() does is the revision's; a task awaits a task by symmetric transfer, a trampoline bounds."""
    cells = [cell for cell in abreast.parent.glob(f"cells/*/stack-{library}") if "-O2-sib-on-" in cell.parent.name]
    if not cells:
        pytest.skip(f"this build has no cells of {library}")
    for cell in cells:
        found = {variant: grows for (model, variant), grows in growth(cell).items() if model == "cxx-sender"}
        assert {"await=just", "await=task"} <= found.keys()
        assert found.pop("await=just") in ("constant", "bounded", "linear")
        assert found.pop("await=task") == "constant", cell
        assert set(found.values()) <= {"constant", "bounded"}, cell


def test_the_report_says_which_sender_libraries_were_run():
    def row(model, mechanism):
        return rows.Row("frames", model, mechanism, "-", "gcc-12.2.0 O2", "frame_allocs", "-", 1, 1, 1, 1, "1")

    none = "No sender library was run: not stdexec, not beman, not libunifex."
    ours = [row("cxx-sender", "handshake"), row("cxx-awaitable", "asio-1.22.1")]
    assert none in page.sender_libraries({}) and none in page.sender_libraries({"frames": ours})
    found = page.sender_libraries({"frames": [*ours, row("cxx-sender", "stdexec-git0ab2c88")]})
    assert "these were run: stdexec-git0ab2c88 in frames. Not run: beman, libunifex." in found
