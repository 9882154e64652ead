"""The executable answers bad input with one clear line and the documented exit status."""

import json
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT, one_line, run

OK, ERROR, NOTHING = 0, 1, 4
EXPERIMENTS = re.findall(r"^EXPERIMENT\((\w+)\)", (ROOT / "bench" / "experiments.def").read_text(), re.MULTILINE)


def test_list_names_the_experiments(abreast):
    done = run(abreast, "list", "--tsv")
    assert done.returncode == OK
    names = [line.split("\t")[0] for line in done.stdout.splitlines()[1:]]
    assert "stack" in names and names == EXPERIMENTS


def test_list_names_what_a_filter_can_select(abreast):
    cells = [line.split("\t") for line in run(abreast, "list", "--variants", "--tsv").stdout.splitlines()[1:]]
    assert {cell[0] for cell in cells} == set(EXPERIMENTS)
    assert ["stack", "awaitable", "transfer"] in [cell[:3] for cell in cells]
    assert {len(cell) for cell in cells} == {7}


def test_list_takes_filters(abreast):
    listed = [line.split("\t") for line in run(abreast, "list", "--variants", "--tsv", "fanout").stdout.splitlines()[1:]]
    assert {cell[0] for cell in listed} == {"fanout"}
    done = run(abreast, "list", "--variants", "no/such-cell")
    assert done.returncode == NOTHING and "list --variants" in one_line(done.stderr)
    assert run(abreast, "list", "fanout").returncode == ERROR


def test_titles_are_written_alike(abreast):
    titles = [line.split("\t")[3] for line in run(abreast, "list", "--tsv").stdout.splitlines()[1:]]
    assert all(title[0].islower() for title in titles)


@pytest.mark.parametrize("command", [["list"], ["env"], ["env", "--json"], ["--version"], ["help"]])
def test_asking_succeeds(abreast, command):
    done = run(abreast, *command)
    assert done.returncode == OK
    assert done.stdout.strip()


def test_programs_that_are_not_built_are_named_so(abreast, tmp_path):
    copy = shutil.copy(abreast, tmp_path / "abreast")
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "phases.tsv").write_text("other/phases-c\tgcc O2\tquick\n")
    (tmp_path / "cells" / "manifest.tsv").write_text("other/costs-c\tgcc O2\tquick\n")
    done = run(copy, "run", "phases", "--out", tmp_path / "phases")
    assert done.returncode == ERROR
    assert "not built: cmake" in done.stderr and "child" not in done.stderr
    done = run(copy, "run", "grid/*/task-ready/*", "--out", tmp_path / "grid")
    assert done.returncode == OK
    assert "other toolchains: none of 1 programs ran: not built: cmake" in done.stderr
    assert "not built" in (tmp_path / "grid" / "run.json").read_text()


def test_unknown_command(abreast):
    done = run(abreast, "rum")
    assert done.returncode == ERROR
    assert "rum" in done.stderr


def test_unknown_experiment(abreast, tmp_path):
    done = run(abreast, "run", "stak", "--out", tmp_path / "out")
    assert done.returncode == ERROR
    assert "stak" in one_line(done.stderr)
    assert not (tmp_path / "out").exists()


def test_a_filter_that_selects_no_cell_of_a_known_experiment(abreast, tmp_path):
    done = run(abreast, "run", "conns/*/*/nothing=1", "--out", tmp_path / "out")
    assert done.returncode == NOTHING
    assert "the filters select no cell of the quick mode" in done.stderr


def test_the_name_of_an_experiment_selects_it_alone(abreast):
    def selected(name):
        listed = run(abreast, "list", "--variants", "--tsv", name).stdout.splitlines()[1:]
        return {line.split("\t")[0] for line in listed}

    assert selected("stop") == {"stop"}
    assert "fanout" in selected("stop-when")


def test_an_allocator_that_an_experiment_does_not_take(abreast, tmp_path):
    words = ("run", "--smoke", "--allocator", "pool", "--out", tmp_path)
    assert "not for frames, where" in run(abreast, *words, "frames/*/depth=1,*", "echo/*memory*empty").stderr
    assert "not for" not in run(abreast, *words, "echo/*memory*empty").stderr


def test_nobody_reads_the_output(abreast, tmp_path):
    """Neither files nor folders are left behind, whenever it ends."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    reading, writing = os.pipe()
    os.close(reading)
    words = [abreast, "run", "--quick", "frames/*/depth=1,frame=256,task=awaitable", "--out", tmp_path / "out"]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = subprocess.run(words, stderr=writing, stdout=writing, env=environment, timeout=120, check=False)
    os.close(writing)
    assert done.returncode == ERROR
    assert list(temporary.iterdir()) == []


def test_filter_that_matches_nothing(abreast, tmp_path):
    done = run(abreast, "run", "echo/sender/no-such-*", "--out", tmp_path / "out")
    assert done.returncode == NOTHING
    assert "no-such" in one_line(done.stderr)


@pytest.mark.parametrize(
    "options",
    [
        ["--seed", "-1"],
        ["--seed", "18446744073709551616"],
        ["--seed", "1e9"],
        ["--seed="],
        ["--seed"],
        ["--reactor=iocp"],
        ["--allocator=slab"],
        ["--quik"],
        ["--out="],
        ["--quick", "--full"],
        ["--full", "--smoke"],
    ],
)
def test_absurd_options(abreast, tmp_path, options):
    done = run(abreast, "run", "frames", *options, cwd=tmp_path)
    assert done.returncode == ERROR
    one_line(done.stderr)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--seed", "--out", "--reactor", "--allocator"])
def test_an_option_without_its_value(abreast, tmp_path, option):
    for words in ([option], [f"{option}="]):
        done = run(abreast, "run", "frames", *words, cwd=tmp_path)
        assert done.returncode == ERROR
        assert f"{option} needs a value" in one_line(done.stderr)


def test_a_benchmark_filter_that_matches_nothing(abreast):
    done = run(abreast, "bench", "--benchmark_filter=nosuch")
    assert done.returncode == NOTHING
    assert "--benchmark_list_tests" in one_line("\n".join(re.findall("abreast: .*", done.stderr)))


def test_unwritable_out(abreast, tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = run(abreast, "run", "--smoke", "frames", "--out", tmp_path / "file" / "out")
    assert done.returncode == ERROR
    assert "file/out" in one_line(done.stderr)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_out_without_permission(abreast, tmp_path):
    tmp_path.chmod(0o500)
    done = run(abreast, "run", "--smoke", "frames", "--out", tmp_path / "out")
    assert done.returncode == ERROR
    one_line(done.stderr)


def test_the_allocator_of_a_run(abreast, tmp_path):
    done = run(abreast, "run", "--smoke", "echo/*memory*empty", "--allocator", "pool", "--out", tmp_path)
    assert done.returncode == OK, done.stderr
    ran = json.loads((tmp_path / "run.json").read_text())
    assert ran["allocator"] == "pool"
    assert ran["malloc"]
    done = run(abreast, "run", "--smoke", "echo", "--allocator", "slab", "--out", tmp_path)
    assert done.returncode == ERROR
    assert "malloc, recycling, recycling-global, pool or arena" in one_line(done.stderr)


def test_io_uring_that_is_not_permitted(abreast, tmp_path):
    forbidden = {"ABREAST_FORBID": "io_uring"}
    done = run(abreast, "run", "--smoke", "echo", "--reactor=io_uring", "--out", tmp_path / "a", env=forbidden)
    assert done.returncode == ERROR
    assert "io_uring" in one_line(done.stderr)
    done = run(abreast, "run", "--smoke", "echo", "--out", tmp_path / "b", env=forbidden)
    assert done.returncode == OK
    assert "epoll" in done.stderr
