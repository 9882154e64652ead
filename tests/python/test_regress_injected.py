"""Regressions that are put in on purpose are each found by name, and the same build never alarms.

Only what a regression touches is compiled again: a changed copy of one file goes before the project's own on the
include path, its object is linked with the archives of the build.
"""

import json
import re
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import ROOT, run
from regress_tools import regress

from abreast_regress import judge, runs

ECHO = "echo/awaitable/task/transport=memory,message=64,process=empty"
GRID = "grid/sender/pipeline/stream=synchronous"
REPEATS = 20


def overlay(folder, path, old, new):
    """A changed copy of a source."""
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{path} has no '{old}' any more: choose another place for this regression"
    target = folder / "overlay" / path
    target.parent.mkdir(parents=True)
    target.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / "overlay"


def shell(words, cwd):
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def compiled(command, cwd, source, changed, target):
    """The build's own command for a source, with the changed files first. A launcher (ccache) would do no harm."""
    words = [word for word in shlex.split(command) if not word.startswith(("-MD", "-MF", "-MT"))]
    at = words.index("-o") + 1
    words[at] = str(target)
    words = [word for word in words if not word.endswith(".d") and not (word.endswith(".o") and word != str(target))]
    include = next(index for index, word in enumerate(words) if word.startswith("-I"))
    words.insert(include, f"-I{changed}")
    own = changed / source
    words = [str(own) if own.exists() and word == str(ROOT / source) else word for word in words]
    shell(words, cwd)
    return target


def changed_abreast(abreast, folder, source, changed):
    """The executable `abreast`, with one source compiled anew."""
    build = abreast.parent
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    wanted = [e for e in entries if e["file"] == str(ROOT / source) and "PROBE" not in e["command"]]
    # Of a source that is compiled twice, the other is the one with boundaries.
    entry = next(e for e in wanted if "boundary" not in e["command"])
    target = compiled(entry["command"], entry["directory"], source, changed, folder / "changed.o")
    link = shell(["ninja", "-C", build, "-t", "commands", "abreast"], ROOT).strip().splitlines()[-1]
    words = [word for word in shlex.split(link) if word not in (":", "&&")]
    words[words.index("-o") + 1] = str(folder / "abreast")
    words.insert(next(i for i, word in enumerate(words) if word.endswith("libabreast_bench.a")), str(target))
    shell(words, build)
    return folder


@pytest.fixture(scope="module")
def counted(abreast, tmp_path_factory):
    """The baseline of what `abreast` counts, and where the run is."""
    folder = tmp_path_factory.mktemp("counted")
    measured(abreast.parent, folder)
    return folder


def measured(build, folder):
    done = regress("measure", "--build", build, "--out", folder / "run", ECHO, GRID)
    assert done.returncode == 0, done.stderr
    keep = regress("baseline", "update", "--out", folder / "run", "--baseline", folder / "baseline.tsv", "--yes")
    assert keep.returncode == 0, keep.stderr


COUNTED = {
    "instruction": ("awaitable/loop.c", "awaitable/loop.c", "        process(&job", '        __asm__ volatile("nop");\n'
                    "        process(&job", f"worse    {ECHO} instructions_per_op"),
    "allocation": ("awaitable/loop.c", "awaitable/loop.c", "        process(&job",
                   "        frame_deallocate(job->env->allocator, frame_allocate(job->env->allocator, 64), 64);\n"
                   "        process(&job", f"worse    {ECHO} allocs_per_op"),
    "8 bytes": ("bench/grid/visible.c", "sender/repeat_until.h", "        struct R##_receiver receiver; ",
                "        uint64_t more; struct R##_receiver receiver; ", f"worse    {GRID} op_state_bytes"),
}  # fmt: skip


@pytest.mark.parametrize("name", COUNTED)
def test_a_regression_of_what_is_counted(name, abreast, counted, tmp_path):
    source, path, old, new, expected = COUNTED[name]
    changed_abreast(abreast, tmp_path, source, overlay(tmp_path, path, old, new))
    done = regress("measure", "--build", tmp_path, "--out", tmp_path / "run", ECHO, GRID)
    assert done.returncode == 0, done.stderr
    done = regress("check", "--out", tmp_path / "run", "--baseline", counted / "baseline.tsv")
    assert done.returncode == 2, done.stdout + done.stderr
    assert expected in done.stdout, done.stdout
    compared = regress("compare", counted / "run", tmp_path / "run")
    assert compared.returncode == 2 and expected in compared.stdout


STACK = {
    "frame": ("p2300", "off", "sender/sender_awaitable.h", "NOEXCEPT_CALL(coro_resume(rcvr->continuation));",
              "one_more_frame(rcvr->continuation);", "stack/sender/p2300/boundary=no stack_bytes_per_completion"),
    "tail call": ("transfer", "on", "common/coro.h", "TRANSFER_RETURN transfer_next_->resume(transfer_next_);",
                  'transfer_next_->resume(transfer_next_); __asm__ volatile(""); return;',
                  "stack/awaitable/transfer/- stack_growth"),
}  # fmt: skip
ONE_MORE_FRAME = """
static __attribute__((noinline, unused)) void one_more_frame(struct coro *next)
{
    coro_resume(next);
    __asm__ volatile("");
}
"""


def stack_cell(abreast, sibling):
    """Folder and toolchain of the first executable in C at -O2, without exceptions."""
    for line in (abreast.parent / "cells" / "manifest.tsv").read_text(encoding="utf-8").splitlines():
        name, toolchain, _ = line.split("\t")
        if name.endswith("/stack-c") and f" O2 sib={sibling} exc=off san=none" in toolchain and "gcc" in toolchain:
            return name, toolchain
    pytest.skip("the build has no cells of gcc at -O2")


def stack_run(abreast, folder, cell, toolchain, executable):
    """A smoke run of the stack cells of one executable alone."""
    target = folder / "cells" / cell
    target.parent.mkdir(parents=True)
    shutil.copy(executable, target)
    shutil.copy(abreast, folder / "abreast")
    (folder / "cells" / "manifest.tsv").write_text(f"{cell}\t{toolchain}\tquick\n", encoding="utf-8")
    wanted = ("stack/awaitable/transfer/-", "stack/sender/p2300/boundary=no")
    done = run(folder / "abreast", "run", "--smoke", "--out", folder / "run", *wanted)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.mark.parametrize("name", STACK)
def test_a_regression_of_the_stack(name, abreast, tmp_path):
    source, setting, path, old, new, expected = STACK[name]
    cell, toolchain = stack_cell(abreast, setting)
    changed = overlay(tmp_path, path, old, new)
    if name == "frame":
        header = changed / path
        text = header.read_text(encoding="utf-8")
        last = list(re.finditer(r"^#include .*\n", text, re.MULTILINE))[-1].end()
        header.write_text(text[:last] + ONE_MORE_FRAME + text[last:], encoding="utf-8")
    lines = shell(["ninja", "-C", abreast.parent, "-t", "commands", f"cells/{cell}"], ROOT).strip().splitlines()
    compile_line = next(line for line in lines if line.endswith(f"/stack/{source}.o"))
    where, command = re.match(r"cd (\S+) && (.*)", compile_line).groups()
    own = f"bench/stack/{source}.c"
    target = compiled(command, where, own, changed, tmp_path / "changed.o")
    where, link = re.match(r"cd (\S+) && (.*)", lines[-1]).groups()
    words = [str(target) if word.endswith(f"/stack/{source}.o") else word for word in shlex.split(link)]
    words[words.index("-o") + 1] = str(tmp_path / "stack-c")
    shell(words, where)

    before = stack_run(abreast, tmp_path / "before", cell, toolchain, abreast.parent / "cells" / cell)
    after = stack_run(abreast, tmp_path / "after", cell, toolchain, tmp_path / "stack-c")
    baseline = tmp_path / "baseline.tsv"
    assert regress("baseline", "update", "--out", before, "--baseline", baseline, "--yes").returncode == 0
    assert regress("check", "--out", before, "--baseline", baseline).returncode == 0
    done = regress("check", "--out", after, "--baseline", baseline)
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"worse    {expected}" in done.stdout, done.stdout


def test_the_same_build_raises_no_alarm(abreast, counted):
    """What `compare` of two builds does, without starting Python each time."""
    before = runs.read_run(counted / "run").rows

    def one(number):
        return judge.judge(before, runs.parse_rows(run(abreast, "measure", ECHO, GRID).stdout, f"run {number}"))

    with ThreadPoolExecutor(2) as pool:
        for findings in pool.map(one, range(REPEATS)):
            assert judge.status_of(findings) == 0
            assert {finding.outcome for finding in findings} == {"equal"}, [finding.line() for finding in findings]
