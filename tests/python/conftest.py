"""What the Python tests share: the executable, a way to run commands, and a fixture of results."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).resolve().parent / "data"


def run(*command, timeout=120, env=None, cwd=ROOT):
    """Runs a command; its output is text. Nobody waits for ever."""
    return subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        check=False,
    )


@pytest.fixture(scope="session")
def abreast():
    """The executable of ABREAST_BUILD, or of build/release, which is built if it is not there."""
    build = Path(os.environ.get("ABREAST_BUILD", "build/release"))
    executable = (ROOT / build / "abreast").resolve()
    if not executable.exists():
        for command in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release"]):
            done = run(*command, timeout=600)
            assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert executable.exists(), f"{executable} is not there"
    return executable


@pytest.fixture(scope="session")
def smoke(abreast, tmp_path_factory):
    """The folder of one smoke run of everything."""
    out = tmp_path_factory.mktemp("smoke") / "out"
    done = run(abreast, "run", "--smoke", "--out", out, timeout=240)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def timed(abreast, tmp_path_factory):
    """The folder of a quick run of one small group, with times."""
    out = tmp_path_factory.mktemp("timed") / "out"
    done = run(abreast, "run", "--quick", "--out", out, "frames/awaitable/recycling/depth=1,*", timeout=240)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture
def results(tmp_path):
    """A folder with the committed results, as a run would leave it."""
    out = tmp_path / "out"
    shutil.copytree(DATA / "results", out / "results")
    shutil.copy(DATA / "run.json", out / "run.json")
    return out


def one_line(text):
    """A complaint is one line, beside the notice that io_uring is not permitted here."""
    lines = [line for line in text.splitlines() if line.strip() and "using epoll instead" not in line]
    assert len(lines) == 1, text
    return lines[0]
