"""demo/findings: each line of its table, with every compiler that is here."""

import re
import shutil
from functools import lru_cache

import pytest

from conftest import ROOT, run

FOLDER = ROOT / "demo" / "findings"
README = FOLDER / "README.md"
NAMES = ["gcc", "clang"] + [f"{family}-{version}" for family in ("gcc", "clang") for version in range(11, 24)]


@lru_cache(maxsize=None)
def compilers():
    """{(family, major version): name} of the C compilers found."""
    found = {}
    for name in NAMES:
        if shutil.which(name):
            family = name.split("-")[0]
            version = re.search(r"\d+", run(name, "-dumpversion").stdout)
            found.setdefault((family, int(version.group())), name)
    return found


def claims():
    """[(program, family, comparison or "", version or 0, options, result)] of the table."""
    found = []
    for line in README.read_text(encoding="utf-8").splitlines():
        columns = [cell.strip() for cell in line.strip("|").split("|")]
        if len(columns) == 4 and columns[0].startswith("`"):
            for program in re.findall("`([^`]+)`", columns[0]):
                for who in columns[1].split(", "):
                    family, comparison, version = re.fullmatch(r"(gcc|clang) ?([<>]?) ?(\d*)", who).groups()
                    found.append((program, family, comparison, int(version or 0), columns[2].strip("`"), columns[3]))
    return found


def meant(family, comparison, version, compiler):
    have, major = compiler
    if have != family:
        return False
    if comparison:
        return major < version if comparison == "<" else major > version
    return version in (0, major)


def why_not(cc, program):
    """Why this compiler cannot show it; empty where it can."""
    if not shutil.which(cc):
        return f"{cc} is not installed"
    if program.endswith(".cpp"):
        check = FOLDER / "task.hpp"
        if run(cc, "-std=c++20", "-fsyntax-only", "-x", "c++", check).returncode:
            return f"{cc} does not compile C++20 coroutines with this standard library"
    return ""


def result_of(cc, program, options, executable):
    standard = ["-std=c++20"] if program.endswith(".cpp") else ["-std=gnu17"]
    done = run(cc, *standard, "-Wall", "-Wextra", "-Werror", *options.split(), FOLDER / program, "-o", executable)
    assert done.returncode == 0, f"{cc} {options} {program}: {done.stderr[-1000:]}"
    said = run(executable, timeout=20)
    if said.stdout.startswith("ended after"):
        return "ends early"
    number = re.fullmatch(r"(\d+) bytes a completion\n", said.stdout)
    assert said.returncode == 0 and number, f"{cc} {options} {program}: {said.stdout}{said.stderr}"
    return "grows" if int(number.group(1)) >= 16 else "stays"


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: " ".join(str(word) for word in claim if word))
def test_the_compiler_does_what_the_table_says(claim, tmp_path):
    program, family, comparison, version, options, expected = claim
    tried, reasons = [], []
    for compiler, name in compilers().items():
        if not meant(family, comparison, version, compiler):
            continue
        cc = name.replace("gcc", "g++").replace("clang", "clang++") if program.endswith(".cpp") else name
        reason = why_not(cc, program)
        if reason:
            reasons.append(reason)
            continue
        tried.append(name)
        assert result_of(cc, program, options, tmp_path / "finding") == expected, f"{cc} {options} {program}"
    if not tried:
        pytest.skip("; ".join(reasons) or f"no {family} {comparison} {version or ''} is installed")


def test_every_program_has_its_lines_and_comes_in_both_languages():
    programs = {path.name for path in FOLDER.iterdir() if path.suffix in (".c", ".cpp")}
    assert programs == {claim[0] for claim in claims()}
    assert {name.removesuffix(".c") for name in programs if name.endswith(".c")} == {
        name.removesuffix(".cpp") for name in programs if name.endswith(".cpp")
    }


def test_a_program_says_at_its_top_how_to_run_it():
    for path in FOLDER.iterdir():
        if path.suffix in (".c", ".cpp"):
            top = "".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:12])
            assert f"{path.name} && ./a.out" in top, path.name
