"""The C cells beside the same made by a C++ compiler: opstate, frames, echo; and what `compile` reports."""

import os
import re
import shutil

import pytest

from conftest import ROOT, run

TASKS = {"task=cxx-awaitable": "task=awaitable", "task=cxx-p2300": "task=p2300"}  # what C calls the tasks that it compares with


def rows_of(text):
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {tuple(row[:4]) + (row[5],): row[7] for row in rows}


def built(abreast):
    """The executables whose figures go into a run."""
    return [abreast, *sorted(abreast.parent.glob("cells/*-O2-sib-on-exc-off/costs"))]


def with_twins(abreast):
    """The cells of `frames` in C++ and those in C that they are compared with; of the rest there are many, and each takes
    its time to count."""
    listed = run(abreast, "list", "--variants", "--tsv").stdout.splitlines()
    names = [line.split("\t")[:4] for line in listed if line.startswith("frames\t")]
    return {
        f"frames/*/{mechanism}/{re.sub('task=cxx-[a-z0-9]+', 'task=*', variant)}"
        for _, model, mechanism, variant in names
        if model.startswith("cxx-")
    }


@pytest.fixture(scope="module")
def figures(abreast):
    """[(toolchain, {(experiment, model, mechanism, variant, metric): value})] of the main build and of other compilers with its flags"""
    found = []
    for executable in built(abreast):
        done = run(executable, "measure", "opstate", *sorted(with_twins(abreast)), "echo/*memory*", timeout=240)
        assert done.returncode == 0, done.stderr
        toolchain = done.stdout.splitlines()[0].split("\t")[4]
        found.append((toolchain, rows_of(done.stdout)))
    if not any(key[1].startswith("cxx-") for _, rows in found for key, value in rows.items() if value != "?"):
        pytest.skip("no compiler here makes the C++ cells")
    return found


def twins(figures, metric):
    """(toolchain, cell, C, C++) for every C++ cell that has a C twin. A C++ compiler that sees await_ready answer true
    leaves the suspension point out, as clang does: then the twin is ready-known."""
    for toolchain, rows in figures:
        for (experiment, model, mechanism, variant, of), value in rows.items():
            if of != metric or not model.startswith("cxx-") or value == "?":
                continue
            for cxx, c in TASKS.items():
                variant = variant.replace(cxx, c)
            known = (experiment, model.removeprefix("cxx-"), f"{mechanism}-known", variant, metric)
            if toolchain.startswith("clang") and known in rows:
                mechanism += "-known"
            c = rows.get((experiment, model.removeprefix("cxx-"), mechanism, variant, metric), "?")
            if c != "?":
                yield toolchain, f"{experiment}/{model}/{mechanism}/{variant}", float(c), float(value)


def test_cxx_allocates_exactly_as_often_as_c(figures):
    found = list(twins(figures, "allocs_per_op"))
    assert any("task-in-task" in cell for _, cell, *_ in found) and any("frames/" in cell for _, cell, *_ in found)
    assert [entry for entry in found if entry[2] != entry[3]] == []
    fresh = list(twins(figures, "allocs_fresh_per_op"))
    assert fresh
    assert [entry for entry in fresh if entry[2] != entry[3]] == []


def test_the_example_of_the_page_is_compiled_as_it_says(abreast, tmp_path):
    """With the library of this build, by its C++ compiler if that is g++."""
    text = (ROOT / "docs" / "cxx.md").read_text(encoding="utf-8")
    (line,) = [line.strip() for line in text.splitlines() if line.startswith("    g++ ")]
    if not shutil.which("g++"):
        pytest.skip("g++ is not installed")
    words = line.replace("build/release", str(abreast.parent)).split()
    done = run(*words, "-o", tmp_path / "example")
    if "No such file" in done.stderr and "coroutine" in done.stderr:
        pytest.skip("g++ does not compile C++20 coroutines with this standard library")
    assert done.returncode == 0, done.stderr[-2000:]
    said = run(tmp_path / "example", timeout=20)
    assert said.returncode == 0 and "echoed" in said.stdout, said.stdout + said.stderr


def test_cxx_operation_states_are_as_large_as_those_of_c(figures):
    """Of the pipelines: the standard's let_value and when_all keep variants and optionals that the C ones need not."""
    found = [entry for entry in twins(figures, "op_state_bytes") if "cxx-sender/pipeline" in entry[1]]
    assert found
    assert [entry for entry in found if entry[2] != entry[3]] == []


def test_c_takes_hardly_more_instructions_than_cxx(figures):
    """One in twenty at most. gcc drops the stores to an operation state whose destructor has run, which C has not: that
    is one instruction, and more than one in twenty of the shortest pipelines; or one for each let_value, which keeps a
    value."""
    found = list(twins(figures, "instructions_per_op"))
    if not found:
        pytest.skip("no valgrind here, or an executable that does not run under it")
    assert any("echo/" in cell for _, cell, *_ in found)
    kept = {cell: int(re.search(r"depth=(\d+)", cell)[1]) if "let-value" in cell else 1 for _, cell, *_ in found}
    assert [entry for entry in found if entry[2] > max(1.05 * entry[3], entry[3] + kept[entry[1]])] == []


def test_clang_elides_a_frame_that_it_sees_from_making_to_destruction(figures):
    variant = "depth=1,task=cxx-awaitable,callee=visible"
    key = ("frames", "cxx-awaitable", "operator-new-resumed", variant, "allocs_per_op")
    seen = {toolchain.split("-")[0]: rows.get(key) for toolchain, rows in figures if " O2 " in toolchain}
    if seen.get("clang") in (None, "?"):
        pytest.skip("no clang here makes the C++ cells")
    assert float(seen["clang"]) == 0
    assert float(seen.get("gcc") or 1) == 1


def test_compile_measures_both_forms_by_each_compiler(smoke):
    tsv = smoke / "results" / "compile.tsv"
    if not tsv.exists() or len(tsv.read_text().splitlines()) == 1:
        pytest.skip("no compiler with C++20 coroutines was found")
    rows = [line.split("\t") for line in tsv.read_text().splitlines()[1:]]
    for toolchain in {row[4] for row in rows}:
        of = {(row[1], row[5]): float(row[7]) for row in rows if row[4] == toolchain}
        assert {model for model, _ in of} == {"cxx-awaitable", "cxx-sender"}
        assert all(value > 0 for value in of.values()), of


OLD_COMPILER = """#!/bin/sh
for word; do
    case $word in -std=*20 | -std=*2a) echo "unrecognized command-line option '$word'" >&2; exit 1 ;; esac
done
exec "{}" "$@"
"""


@pytest.mark.parametrize(
    "old, reason",
    [
        (True, "it does not compile C++20 coroutines with this standard library"),
        (False, "no C++ compiler is installed"),
    ],
)
def test_without_cxx20_the_rest_is_built_and_says_so(tmp_path, old, reason):
    """With a g++ that is too old, and without any."""
    gcc, gxx = shutil.which("gcc"), shutil.which("g++")
    if not (gcc and gxx and shutil.which("ninja")):
        pytest.skip("gcc, g++ or ninja is not installed")
    path = tmp_path / "bin"
    path.mkdir()
    (path / "gcc").symlink_to(gcc)
    (path / "g++").write_text(OLD_COMPILER.format(gxx))
    (path / "g++").chmod(0o755)
    build = tmp_path / "build"
    options = ["-DABREAST_LEVELS=", "-DABREAST_COMPILERS=gcc", "-DABREAST_PEERS=none"]
    env = {"PATH": f"{path}:{os.environ['PATH']}", "CC": "gcc", "CXX": "g++" if old else "none"}
    done = run("cmake", "--preset", "release", "-B", build, *options, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    assert f"C++ cells: none: {reason}" in done.stdout
    skipped = (build / "cells" / "skipped.tsv").read_text()
    assert re.search(r"^gcc-\S+ C\+\+\tit does not compile C\+\+20", skipped, re.MULTILINE)
    rules = (build / "build.ninja").read_text()
    assert "build abreast: " in rules and "opstate.cpp" not in rules
    assert ("shim_google_benchmark.cc" in rules) == old
    assert not re.search(r"FLAGS = .*gnu\+\+20", rules)
