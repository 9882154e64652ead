"""Several runs side by side, a run with parts missing, and how abreast is cited."""

import json
import re
import shutil
import sys

import pytest

from conftest import DATA, ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))
from abreast_report import runs  # noqa: E402
from abreast_report.rows import BadResults  # noqa: E402

REPORT = ROOT / "scripts" / "report"
RATIO = "frames\tawaitable\trecycling\tdepth=1,task=awaitable"


@pytest.fixture
def two(tmp_path):
    """Two folders with the committed results."""
    folders = []
    for name in ("first", "second"):
        out = tmp_path / name
        shutil.copytree(DATA / "results", out / "results")
        shutil.copy(DATA / "run.json", out / "run.json")
        folders.append(out)
    return folders


def edit(path, wanted, change):
    """Changes the fields of the lines that begin so."""
    lines = path.read_text().splitlines()
    found = [index for index, line in enumerate(lines) if line.startswith(wanted)]
    assert found, wanted
    for index in found:
        lines[index] = "\t".join(change(lines[index].split("\t")))
    path.write_text("\n".join(lines) + "\n")


def compare(tmp_path, *folders):
    return "\n".join(runs.write(folders, tmp_path / "both", ROOT / "paper"))


def test_equal_runs_are_equal(tmp_path, two):
    done = run(REPORT, "--out", tmp_path / "both", *two)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    assert "One kind of machine." in said
    pattern = r"growth classes: ([\d,]+) of ([\d,]+) that two runs or more have are equal\."
    equal, total = re.search(pattern, said).groups()
    assert equal == total
    overlapping, ratios = re.search(r"Paired ratios: in (\d+) of (\d+) the runs'", said).groups()
    assert overlapping == ratios != "0"
    same, judged = re.search(r"the same for (\d+) of (\d+)", said).groups()
    assert same == judged != "0"
    texts = [said, *(path.read_text() for path in (tmp_path / "both").rglob("*") if path.is_file())]
    assert len(texts) > 5 and not any(re.search("[\ue000-\uf8ff]", text) for text in texts), "a mark of a link is left"


def test_each_difference_is_named(tmp_path, two):
    _, second = two
    info = json.loads((second / "run.json").read_text())
    info.setdefault("machine", {})["cpu_model"] = "Another <processor>"
    (second / "run.json").write_text(json.dumps(info))
    growth = "stack\tawaitable\tready\t-\tgcc-12.2.0 O2 sib=on exc=off san=none\tstack_growth"
    edit(second / "results" / "stack.tsv", growth, lambda fields: fields[:7] + ["linear"] * 3 + fields[10:])

    def slower(fields):
        if fields[5] == "ratio_to_malloc":
            fields[7:10] = ["3", "2.9", "3.1"]
        return fields

    edit(second / "results" / "frames.tsv", RATIO, slower)
    (second / "results" / "echo.tsv").unlink()
    said = compare(tmp_path, *two)
    assert "Different machines" in said
    assert "second has no results of echo." in said
    assert "they differ in stack 1." in said
    assert "in 1 of the others they lie on different sides of 1." in said
    table = (tmp_path / "both" / "tables" / "runs-differ-stack.md").read_text()
    assert "| awaitable ready | gcc-12.2.0 O2 sib=on exc=off san=none | constant | linear |" in table
    ratios = (tmp_path / "both" / "tables" / "runs-ratios-all.md").read_text()
    line = next(line for line in ratios.splitlines() if "awaitable recycling depth=1, task=awaitable" in line)
    assert line.endswith("| 3 (2.9 to 3.1) | apart, on different sides of 1 |")
    page = (tmp_path / "both" / "report.html").read_text()
    assert "Another &lt;processor&gt;" in page
    assert "{{" not in page
    assert not re.search(r"https?://|<script|<link", page)


def test_a_toolchain_is_compared_by_name_and_role(tmp_path, two):
    """The main build and a build of cells have one name, and flags of their own."""
    name = "gcc-12.2.0 O2 sib=on exc=off san=none"
    for out in two:
        info = json.loads((out / "run.json").read_text())
        info["toolchains"] = [{"name": name, "flags": "-O2", "role": "main"},
                              {"name": name, "flags": f"-O2 -D{out.name}", "role": "cells"}]
        (out / "run.json").write_text(json.dumps(info))
    assert "Toolchains: 1 of 2 are in all runs with the same flags." in compare(tmp_path, *two)
    table = (tmp_path / "both" / "tables" / "runs-toolchains.md").read_text()
    assert f"| {name} (cells) | -O2 -Dfirst | -O2 -Dsecond | other flags |" in table


def test_what_the_gate_does_not_judge_need_not_be_equal(tmp_path, two):
    """System calls of a message have the kernel's part in them, though they have no interval."""
    for out, value in zip(two, ("2", "3")):
        path = out / "results" / "echo.tsv"
        fields = path.read_text().splitlines()[1].split("\t")
        for metric in ("syscalls_per_msg", "allocs_per_op"):
            extra = [*fields[:5], metric, "count", value, value, value, "1"]
            path.write_text(path.read_text() + "\t".join(extra) + "\n")
    assert "they differ in echo 1." in compare(tmp_path, *two)
    table = (tmp_path / "both" / "tables" / "runs-differ-echo.md").read_text()
    assert "allocs_per_op" in table and "syscalls_per_msg" not in table


def test_a_verdict_that_differs_is_listed(tmp_path, two):
    _, second = two

    def linear(fields):
        return fields[:7] + ["linear"] * 3 + fields[10:] if fields[5] == "stack_growth" else fields

    for name in ("stack", "finals"):
        for model in ("awaitable", "cxx-awaitable"):
            path = second / "results" / f"{name}.tsv"
            if f"\n{name}\t{model}\t" in path.read_text():
                edit(path, f"{name}\t{model}\t", linear)
    said = compare(tmp_path, *two)
    same, judged = map(int, re.search(r"the same for (\d+) of (\d+)", said).groups())
    assert same < judged
    rows = (tmp_path / "both" / "tables" / "runs-claims-differ.tsv").read_text().splitlines()[1:]
    assert len(rows) >= judged - same and all(row.endswith("\tdiffers") for row in rows)


def test_absolute_times_are_not_compared(tmp_path, two):
    compare(tmp_path, *two)
    for path in (tmp_path / "both" / "tables").glob("runs-*.tsv"):
        if path.name.startswith("runs-claims"):
            continue  # its words may name a metric that it judges within a run
        assert not re.search(r"\bns_per_op\b|\bmsgs_per_s\b|latency_p\d+_ns", path.read_text()), path


def test_three_runs_and_names_that_are_the_same(tmp_path, two):
    """One of them has little: what the two others share is compared all the same."""
    other = tmp_path / "other" / "first"
    shutil.copytree(two[0], other)
    for name in ("stack", "finals", "opstate", "frames"):
        (other / "results" / f"{name}.tsv").unlink()
    whole = compare(tmp_path, *two).splitlines()
    partial = compare(tmp_path, *two, other).splitlines()
    assert [line for line in whole if line.startswith(("Counts", "Verdicts"))] == \
        [line for line in partial if line.startswith(("Counts", "Verdicts"))]
    head = (tmp_path / "both" / "tables" / "runs-experiments.tsv").read_text().splitlines()[0]
    assert head == f"experiment\t{two[0]}\tsecond\t{other}"


def test_a_run_is_not_overwritten(two):
    with pytest.raises(BadResults, match="name another folder with --out"):
        runs.write(two, two[0], ROOT / "paper")


def test_a_folder_without_results_is_named(tmp_path, two):
    with pytest.raises(BadResults, match="none/results"):
        compare(tmp_path, two[0], tmp_path / "none")


def test_a_partial_run_says_what_it_has_not(tmp_path, two):
    out = two[0]
    (out / "results" / "frames.tsv").unlink()
    done = run(REPORT, "tables", "--out", out)
    assert done.returncode == 0, done.stderr
    warning = next(line for line in done.stderr.splitlines() if "has no results of" in line)
    assert "frames" in warning and "stack" not in warning
    absent = (out / "tables" / "paper-absent.md").read_text()
    assert "| P4003R4 3.5: one workload with several frame allocators | frames |" in absent
    assert not (out / "tables" / "paper-p4003r4-3-5.md").exists()
    assert (out / "tables" / "paper-p2583r0-7-1-stack.tex").exists()


def test_citation_names_this_version():
    text = (ROOT / "CITATION.cff").read_text()
    assert text.startswith("cff-version: 1.2.0\n")
    assert "\nlicense: MIT\n" in text
    assert "\n  - name: The abreast developers\n" in text
    version = re.search(r"\bVERSION (\d+\.\d+\.\d+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert f"\nversion: {version}\n" in text
    for key in ("message", "title", "authors"):
        assert re.search(rf"^{key}:", text, re.MULTILINE)
    published = (ROOT / "paper" / "published.tsv").read_text()
    for paper in set(re.findall(r"^(P\d{4}R\d+)\t", published, re.MULTILINE)) | {"P2300R10", "P3552R3"}:
        assert f"\n    number: {paper}\n" in text, paper
