"""The executable answers bad input with one clear line and the documented exit status."""

import os

import pytest

from conftest import one_line, run

OK, ERROR, NOTHING = 0, 1, 4
EXPERIMENTS = ["stack", "opstate", "frames", "echo"]


def test_list_names_the_experiments(abreast):
    done = run(abreast, "list", "--tsv")
    assert done.returncode == OK
    names = [line.split("\t")[0] for line in done.stdout.splitlines()[1:]]
    assert [name for name in names if name in EXPERIMENTS] == EXPERIMENTS


@pytest.mark.parametrize("command", [["list"], ["env"], ["env", "--json"], ["--version"], ["help"]])
def test_asking_succeeds(abreast, command):
    done = run(abreast, *command)
    assert done.returncode == OK
    assert done.stdout.strip()


def test_unknown_command(abreast):
    done = run(abreast, "rum")
    assert done.returncode == ERROR
    assert "rum" in done.stderr


def test_unknown_experiment(abreast, tmp_path):
    done = run(abreast, "run", "stak", "--out", tmp_path / "out")
    assert done.returncode == ERROR
    assert "stak" in one_line(done.stderr)
    assert not (tmp_path / "out").exists()


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
        ["--quik"],
        ["--out="],
    ],
)
def test_absurd_options(abreast, tmp_path, options):
    done = run(abreast, "run", "frames", *options, cwd=tmp_path)
    assert done.returncode == ERROR
    one_line(done.stderr)
    assert list(tmp_path.iterdir()) == []


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


def test_io_uring_that_is_not_permitted(abreast, tmp_path):
    forbidden = {"ABREAST_FORBID": "io_uring"}
    done = run(abreast, "run", "--smoke", "echo", "--reactor=io_uring", "--out", tmp_path / "a", env=forbidden)
    assert done.returncode == ERROR
    assert "io_uring" in one_line(done.stderr)
    done = run(abreast, "run", "--smoke", "echo", "--out", tmp_path / "b", env=forbidden)
    assert done.returncode == OK
    assert "epoll" in done.stderr
