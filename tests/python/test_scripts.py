"""The shell scripts: their options, their errors, and the search for a python."""

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from conftest import ROOT, one_line, run

SCRIPTS = ROOT / "scripts"


@pytest.mark.parametrize("script", ["setup", "reproduce", "matrix", "test", "report"])
def test_help(script):
    done = run(SCRIPTS / script, "--help")
    assert done.returncode == 0
    assert "usage" in done.stdout


@pytest.mark.parametrize("script", ["setup", "reproduce", "matrix", "test"])
def test_unknown_option(script):
    done = run(SCRIPTS / script, "--no-such-option")
    assert done.returncode == 1
    assert "--no-such-option" in one_line(done.stderr)


def test_setup_check_only_reports():
    done = run(SCRIPTS / "setup", "--check")
    assert done.returncode in (0, 1)
    assert done.stdout.startswith("setup: ")


def test_setup_names_what_is_missing(tmp_path):
    for tool in ("sh", "dirname", "id", "sed", "grep", "awk", "cut", "tr", "sort", "uname"):
        os.symlink(f"/usr/bin/{tool}", tmp_path / tool)
    done = run("/bin/sh", SCRIPTS / "setup", "--check", env={"PATH": str(tmp_path), "PYTHON": ""})
    assert done.returncode == 1
    assert "cmake 3.25 or newer" in done.stdout
    assert "liburing" in done.stdout


@pytest.mark.parametrize("options", [["--seed", "x"], ["--seed", "-1"], ["--seed", "9" * 30], ["--out"], ["--seed="]])
def test_reproduce_refuses_bad_values(options):
    done = run(SCRIPTS / "reproduce", *options)
    assert done.returncode == 1
    one_line(done.stderr)


def test_reproduce_checks_its_folder_first(tmp_path):
    (tmp_path / "file").write_text("in the way")
    done = run(SCRIPTS / "reproduce", "--out", tmp_path / "file" / "out")
    assert done.returncode == 1
    assert "--out" in one_line(done.stderr)


def test_the_python_that_cannot_is_passed_over(tmp_path):
    fake = tmp_path / "python3"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path}:{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    done = run("/bin/sh", "-c", ". scripts/lib.sh; find_python", env={"PATH": path, "PYTHON": sys.executable})
    assert done.stdout.strip() == sys.executable
    done = run("/bin/sh", "-c", ". scripts/lib.sh; find_python no_such_module", env={"PATH": path})
    assert done.returncode == 1


@pytest.mark.parametrize("options", [["--seed"], ["--seed="], ["--out"], ["--out="]])
def test_reproduce_names_the_option_without_its_value(options):
    done = run(SCRIPTS / "reproduce", *options)
    assert done.returncode == 1
    assert f"{options[0].rstrip('=')} needs a value" in one_line(done.stderr)


def test_reproduce_takes_one_mode():
    done = run(SCRIPTS / "reproduce", "--quick", "--full")
    assert done.returncode == 1
    assert "exclude each other" in one_line(done.stderr)


def test_reproduce_clears_an_earlier_report_when_it_measures(abreast, tmp_path):
    assert abreast.exists()
    out = tmp_path / "out"
    stale = ["run.json", "report.html", "report.pdf", "tables/old.md", "figures/old.svg", "results/old.tsv"]
    kept = ["notes.md", "tables/notes.txt", "figures/photo.jpg", "results/notes.txt"]
    for name in stale + kept:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text("earlier")
    running = subprocess.Popen(
        [SCRIPTS / "reproduce", "--no-setup", "--out", out],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for line in running.stderr:
        if line.startswith("run "):
            break
    os.killpg(running.pid, signal.SIGINT)
    _, complaint = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "what was complete is in" in complaint.splitlines()[-1]
    assert [name for name in stale if (out / name).exists()] == []
    assert all((out / name).read_text() == "earlier" for name in kept)


def test_interrupted_reproduce_leaves_nothing_half_written(tmp_path):
    out = tmp_path / "out"
    running = subprocess.Popen(
        [SCRIPTS / "reproduce", "--no-setup", "--out", out],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(1)
    os.killpg(running.pid, signal.SIGINT)
    _, complaint = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "interrupted" in complaint.splitlines()[-1]
    assert not (out / "report.html").exists()
    assert not (out / "run.json").exists()
    assert [path.name for path in out.iterdir() if path.is_file()] == []
