"""The exercises of the lesson: where each begins and where its solution ends, by the stack meter."""

import os
import re
import shutil

import pytest

from conftest import ROOT, run

FOLDER = ROOT / "demo" / "exercises"
COMPILERS = [name for name in ("gcc", "clang-19") if shutil.which(name)]


def measure(abreast, file, compiler, *flags):
    core = abreast.parent / "libabreast_core.a"
    if not core.exists():
        pytest.skip("the build folder has no libabreast_core.a to link with")
    return run(FOLDER / "meter", FOLDER / file, *flags, env={"CC": compiler, "ABREAST_BUILD": str(abreast.parent)})


def bytes_of(done):
    assert done.returncode == 0, done.stderr
    return int(re.search(r"(\d+) bytes a completion", done.stdout).group(1))


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("exercise", ["1-handshake", "2-tail-call"])
def test_the_solution_makes_the_stack_grow(abreast, exercise, compiler):
    assert bytes_of(measure(abreast, f"{exercise}/start.c", compiler)) == 0
    assert bytes_of(measure(abreast, f"{exercise}/solution.c", compiler)) > 0


def test_a_stack_that_does_not_grow_has_one_depth(abreast):
    done = measure(abreast, "1-handshake/start.c", "cc")
    depths = re.search(r"completions: (\d+), (\d+), (\d+)", done.stdout).groups()
    assert len(set(depths)) == 1, done.stdout


def test_no_flag_hides_the_broken_handshake(abreast):
    assert bytes_of(measure(abreast, "1-handshake/solution.c", "cc", "-fno-exceptions")) > 0


@pytest.mark.parametrize("flags", [(), ("-O0",)], ids=["O2", "O0"])
def test_the_slope_can_be_foretold(abreast, flags):
    wrong = measure(abreast, "3-slope/start.c", "cc", *flags)
    assert wrong.returncode == 2 and wrong.stdout.count("not right") == 2
    right = measure(abreast, "3-slope/solution.c", "cc", *flags)
    assert right.returncode == 0, right.stdout + right.stderr
    assert right.stdout.count(": right") == 2


def test_a_stack_that_does_not_grow_is_no_exercise(abreast):
    done = measure(abreast, "3-slope/solution.c", "cc", "-fno-exceptions")
    assert done.returncode == 1 and "nothing to foretell" in done.stderr


@pytest.mark.parametrize("argument, said", [("none.c", "there is no file"), ("", "usage"), ("notes.txt", "usage")])
def test_a_wrong_file_is_told_in_a_line(argument, said):
    done = run(FOLDER / "meter", *([argument] if argument else []))
    assert done.returncode == 1 and said in done.stderr and done.stderr.count("\n") == 1


def test_the_lesson_names_every_exercise():
    lesson = (ROOT / "demo" / "README.md").read_text(encoding="utf-8")
    for folder in sorted(path.name for path in FOLDER.iterdir() if path.is_dir()):
        assert f"demo/exercises/{folder}/start.c" in lesson
        assert os.path.exists(FOLDER / folder / "solution.c")
