"""Other people's libraries: their cells do the work of our own, and what is missing says so."""

import pytest

from conftest import ROOT, run


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


def rows_of(abreast, out, experiment, *options):
    done = run(abreast, "run", "--smoke", "--out", out, *options, experiment)
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in (out / "results" / f"{experiment}.tsv").read_text().splitlines()[1:]]
    found = [row for row in rows if row[2].startswith("asio-")]
    if not found:
        pytest.skip("this build has no cells of Asio")
    return found


def test_asio_recycles_two_frames_and_no_more(abreast, tmp_path):
    """The runner has compared the sums of the chains with those of the other cells by then."""
    fresh = {row[3]: row[7] for row in rows_of(abreast, tmp_path, "frames") if row[5] == "allocs_fresh_per_op"}
    assert fresh == {
        "depth=1,task=awaitable": "0",
        "depth=4,task=awaitable": "0.5",
        "depth=16,task=awaitable": "0.875",
    }


@pytest.mark.parametrize("backend", ["io_uring", "epoll"])
def test_asio_echoes_on_its_own_reactor_of_that_kind(abreast, tmp_path, backend):
    """The runner has compared bytes and checksum with the floor's by then."""
    asked = f"--reactor={backend}"
    done = run(abreast, "run", "--smoke", "--out", tmp_path, asked, "echo/raw/floor/*memory*")
    if done.returncode == 1:
        pytest.skip(f"no {backend} here: {done.stderr}")
    rows = rows_of(abreast, tmp_path, "echo", asked)
    assert {row[1] for row in rows} == {"cxx-awaitable", "callback"}
    assert all(f"reactor={backend}," in row[3] for row in rows)
    assert all("exc=on" in row[4] for row in rows)


def configure(folder, libraries):
    return run(
        "cmake",
        *("-S", ROOT, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"),
        *("-DABREAST_COMPILERS=gcc", "-DABREAST_LEVELS=2", f"-DABREAST_PEERS={libraries}"),
    )


def test_a_library_that_is_missing_is_skipped_with_its_reason(tmp_path):
    done = configure(tmp_path, "asio:/nowhere,stdexec:/nowhere")
    assert done.returncode == 0, done.stderr
    skipped = dict(line.split("\t") for line in (tmp_path / "cells" / "skipped.tsv").read_text().splitlines())
    assert skipped["library asio"] == "no asio/version.hpp was found in /nowhere"
    assert "docs/libraries.md" in skipped["library stdexec"]
    assert "stack-asio" not in (tmp_path / "cells" / "manifest.tsv").read_text()
    done = configure(tmp_path, "nosuch")
    assert done.returncode != 0
    assert "names 'nosuch'" in " ".join(done.stderr.split())
