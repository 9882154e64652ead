"""scripts/regress without starting a Python for each command."""

import contextlib
import io
import subprocess
import sys

from conftest import DATA, ROOT

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_regress.__main__ import main  # noqa: E402

RUN = DATA / "regress" / "run"
GOLDEN = DATA / "regress" / "golden"


def regress(*words):
    """Status and output, as of a process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(word) for word in words])
        except SystemExit as stop:
            status = stop.code
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())
