"""Rules about the sources that no compiler checks."""

import re
from pathlib import Path

import pytest

from conftest import ROOT

SUFFIXES = {".c", ".h", ".cc", ".cpp", ".hpp", ".def"}
FOLDERS = ["common", "awaitable", "sender", "bench", "tests", "demo"]
SOURCES = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SUFFIXES]
OTHERS = [
    path
    for pattern in "scripts/* scripts/abreast_*/*.py plots/* paper/* docs/* cmake/* *.md CMake*".split()
    for path in sorted(ROOT.glob(pattern))
    if path.is_file()
]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)

# Who may include whom: common <- awaitable, common <- sender <- bench; the bridges alone look across, at one header.
FORBIDDEN = {
    "common": ("awaitable/", "sender/", "bench/"),
    "awaitable": ("sender/", "bench/"),
    "sender": ("awaitable/", "bench/"),
}
ALLOWED = {"sender": {"awaitable/awaitable.h"}}
FLOOR = {"bench/floor.c", "bench/floor.h"}


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def wrong_includes(folder, names):
    forbidden, allowed = FORBIDDEN[folder], ALLOWED.get(folder, set())
    return [name for name in names if name.startswith(forbidden) and name not in allowed]


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_includes_go_one_way(folder):
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] == folder:
            assert wrong_includes(folder, includes(path)) == [], path


def test_the_include_rule_sees_a_breach():
    assert wrong_includes("awaitable", ["sender/just.h", "common/coro.h"]) == ["sender/just.h"]
    assert wrong_includes("sender", ["awaitable/awaitable.h", "awaitable/task.h"]) == ["awaitable/task.h"]


def test_the_floor_knows_neither_protocol():
    for name in FLOOR:
        assert not [i for i in includes(ROOT / name) if i.startswith(("awaitable/", "sender/"))]


def test_includes_name_files_that_exist():
    for path in SOURCES:
        for name in includes(path):
            assert (ROOT / name).exists() or (path.parent / name).exists(), f"{path}: {name}"


@pytest.mark.parametrize("path", SOURCES + OTHERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_text_is_tidy(path):
    text = path.read_text(encoding="utf-8")
    markers = "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"])
    assert not re.search(rf"\b({markers})\b", text)
    assert not re.search(r"(?<![\w.~-])/(work|root|home)/\w", text), "an absolute path of some machine"
    assert text.endswith("\n")
    for number, line in enumerate(text.splitlines(), 1):
        assert line == line.rstrip("" if path.suffix == ".tsv" else None), f"line {number} ends with blanks"
        if path.suffix in SUFFIXES | {".py", ".gnuplot"}:
            assert "\t" not in line, f"line {number} has a tab"
            assert len(line) <= 120, f"line {number} is longer than 120"


def test_files_can_be_held_in_mind():
    for path in SOURCES + OTHERS:
        if path.suffix in SUFFIXES | {".py"}:
            limit = 650 if path.relative_to(ROOT).parts[0] == "tests" else 460
            assert len(path.read_text(encoding="utf-8").splitlines()) <= limit, path


def test_only_the_harness_reads_the_clock():
    """Both models are timed from outside, in the same way."""
    for path in SOURCES:
        if path.relative_to(ROOT).parts[0] in ("awaitable", "sender"):
            assert not re.search(r"\b(clock_gettime|gettimeofday|__rdtsc)\b", path.read_text(encoding="utf-8")), path


def test_the_report_knows_no_layout_but_the_root():
    """The report's Python imports the standard library, and of the gate which metrics it judges."""
    allowed = set("argparse dataclasses functools hashlib html json os pathlib re shlex subprocess sys typing".split())
    for path in Path(ROOT / "scripts" / "abreast_report").glob("*.py"):
        text = path.read_text(encoding="utf-8").replace("from abreast_regress.metrics import gated\n", "")
        for name in re.findall(r"^\s*(?:import|from)\s+([a-zA-Z_]+)", text, re.MULTILINE):
            assert name in allowed, f"{path.name}: {name}"
