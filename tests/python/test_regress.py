"""The deterministic gate, its files and the exporters of scripts/regress."""

import datetime
import json
import re
import shlex
import shutil
import xml.etree.ElementTree as tree

import pytest
from conftest import DATA, ROOT, one_line, run
from regress_tools import GOLDEN, RUN, regress

from abreast_regress import baseline, exporters, judge, metrics, power, runs, sources, waivers
from abreast_regress.__main__ import parse
from abreast_regress.status import Stop

TODAY = datetime.date(2026, 10, 1)


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(RUN, tmp_path / "run")
    return tmp_path / "run"


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def judged(folder):
    findings = judge.judge(runs.read_run(RUN).rows, runs.read_run(folder).rows)
    return {finding.name: finding.outcome for finding in findings}, judge.status_of(findings)


def test_a_run_equals_itself(folder):
    outcomes, status = judged(folder)
    assert set(outcomes.values()) == {"equal"} and status == 0


@pytest.mark.parametrize(
    "name, old, new, outcome, status",
    [
        ("grid", "op_state_bytes\tB\t24\t24\t24", "op_state_bytes\tB\t32\t32\t32", "worse", 2),
        ("grid", "op_state_bytes\tB\t24\t24\t24", "op_state_bytes\tB\t16\t16\t16", "better", 0),
        ("grid", "instructions\t232\t232\t232", "instructions\t233\t233\t233", "worse", 2),
        ("grid", "instructions\t232\t232\t232", "instructions\t232.2\t232.2\t232.2", "equal", 0),
        ("grid", "count\t0\t0\t0", "count\t1\t1\t1", "worse", 2),
        ("grid", "allocs_per_op\tcount\t0\t0\t0", "syscalls_per_op\tcount\t0\t0\t0", "new missing", 4),
        ("grid", "count\t0\t0\t0", "count\t?\t?\t?", "missing", 4),
        ("grid", "ns\t50.25\t49.5\t51", "ns\t90\t89\t91", "equal", 0),
        ("grid", "op_state_bytes\tB\t24", "op_state_bytes\tKB\t24", "changed", 2),
        ("stack", "-\tconstant\tconstant\tconstant", "-\tlinear\tlinear\tlinear", "worse", 2),
        ("stack", "-\tlinear\tlinear\tlinear", "-\tbounded\tbounded\tbounded", "better", 0),
        ("stack", "completions\t200000\t200000\t200000", "completions\t9000\t9000\t9000", "worse", 2),
        ("stack", "bytes\t16\t16\t16", "bytes\t16x\t16\t16", "changed", 2),
    ],
)
def test_each_change_has_its_outcome(folder, name, old, new, outcome, status):
    edit(folder, f"results/{name}.tsv", old, new)
    outcomes, said = judged(folder)
    assert said == status
    changed = {value for value in outcomes.values() if value != "equal"}
    assert changed == (set(outcome.split()) if outcome != "equal" else set())


def test_what_is_missing_is_never_green(folder):
    (folder / "results" / "stack.tsv").unlink()
    outcomes, status = judged(folder)
    assert status == 4 and list(outcomes.values()).count("missing") == 5
    assert judge.status_of([]) == 4
    assert judge.status_of(judge.judge([], runs.read_run(RUN).rows)) == 4, "all is new: nothing was compared"


COUNT = re.compile(r"^(.*\tinstructions_per_op\tinstructions)\t.*$", re.MULTILINE)


def without_valgrind(folder):
    """Its counts are missing, as on a machine that has none."""
    for path in (folder / "results").glob("*.tsv"):
        path.write_text(COUNT.sub(r"\1\t?\t?\t?\t0", path.read_text(encoding="utf-8")), encoding="utf-8")


def test_a_metric_that_neither_has_is_never_green(folder, tmp_path):
    without_valgrind(folder)
    report = tmp_path / "junit.xml"
    done = regress("compare", folder, folder, "--junit", report)
    assert done.returncode == 4 and "missing  grid instructions_per_op: measured in neither, 2 figures" in done.stdout
    assert "2 unmeasured" in done.stdout and report.read_text().count("<failure") == 2
    done = regress("baseline", "update", "--out", folder, "--baseline", tmp_path / "b.tsv", "--yes")
    assert done.returncode == 4 and "instructions_per_op of grid" in one_line(done.stderr)
    assert not (tmp_path / "b.tsv").exists()


def test_of_a_metric_that_some_have_those_that_have_none_are_listed(folder, tmp_path):
    edit(folder, "results/grid.tsv", "instructions\t232\t232\t232\t1", "instructions\t?\t?\t?\t0")
    done = regress("compare", folder, folder)
    assert done.returncode == 0 and "note: measured in neither: grid instructions_per_op: 1 figure" in done.stdout
    keep = tmp_path / "b.tsv"
    done = regress("baseline", "update", "--out", folder, "--baseline", keep, "--yes")
    assert done.returncode == 0 and "not measured, nor judged: grid instructions_per_op: 1 figure" in done.stdout
    assert regress("check", "--out", folder, "--baseline", keep).returncode == 0
    without_valgrind(folder)
    assert regress("check", "--out", folder, "--baseline", keep).returncode == 4


def test_an_experiment_without_results_is_one_line_and_findings_are_few(folder, tmp_path):
    keep = tmp_path / "b.tsv"
    baseline.update(runs.read_run(RUN), keep, [], True)
    (folder / "results" / "stack.tsv").unlink()
    done = regress("check", "--out", folder, "--baseline", keep)
    assert done.returncode == 4 and done.stdout.splitlines()[0] == "missing  stack: no results: 5 figures missing"
    assert len(done.stdout.splitlines()) == 2
    path = folder / "results" / "grid.tsv"
    first = path.read_text(encoding="utf-8").splitlines()[2]
    path.write_text(path.read_text() + "".join(f"{first.replace('=native', f'={n}')}\n" for n in range(100)))
    done = regress("check", "--out", folder, "--baseline", keep)
    assert len(done.stdout.splitlines()) == 63 and "and 40 more: --junit FILE has them all" in done.stdout


@pytest.mark.parametrize(
    "name, old, new, status",
    [
        ("results/grid.tsv", "\t232\t232\t232\t1\n", "\t232\t232\n", 1),
        ("results/grid.tsv", "experiment\t", "nonsense\t", 1),
        ("results/grid.tsv", "\t232\t232\t232", "\tnan\tnan\tnan", 1),
        ("run.json", '"schema": 1', '"schema": 2', 1),
        ("run.json", '"cpu_model": "Example CPU"', '"cpu_model": ""', 1),
        ("run.json", "{", "", 1),
    ],
)
def test_a_broken_run_is_an_error(folder, name, old, new, status):
    edit(folder, name, old, new)
    with pytest.raises(Stop) as stop:
        runs.read_run(folder)
    assert stop.value.status == status


def test_a_row_that_is_there_twice_is_an_error(folder):
    path = folder / "results" / "echo.tsv"
    path.write_text(path.read_text() + path.read_text().splitlines()[1] + "\n")
    with pytest.raises(Stop, match="twice"):
        runs.read_run(folder)


def test_nothing_measured_is_4(folder, tmp_path):
    for path in (folder / "results").iterdir():
        path.unlink()
    none = tmp_path / "none"
    for words in (["check", "--out", folder], ["check", "--out", RUN], ["compare", RUN, folder]):
        assert regress(*words, *(["--baseline", none] if words[0] == "check" else [])).returncode == 4
    for empty in (folder, none):
        assert regress("export", "junit", "--out", empty).returncode == 4


def test_baseline_check_and_update(folder, tmp_path):
    keep = tmp_path / "baseline.tsv"
    update = ["baseline", "update", "--out", folder, "--baseline", keep]
    first = regress(*update)
    assert first.returncode == 0 and "nothing was written" in first.stdout and not keep.exists()
    assert regress(*update, "--yes").returncode == 0
    assert keep.read_text().startswith(baseline.SCHEMA + "\n# processor: Example CPU\n")
    done = regress("check", "--out", folder, "--baseline", keep)
    assert done.returncode == 0 and done.stdout == "deterministic: green: 11 equal\n"

    edit(folder, "results/grid.tsv", "op_state_bytes\tB\t24\t24\t24", "op_state_bytes\tB\t32\t32\t32")
    report, shown = tmp_path / "junit.xml", tmp_path / "summary.md"
    done = regress("check", "--out", folder, "--baseline", keep, "--junit", report, "--summary", shown)
    name = "grid/awaitable/task/stream=native op_state_bytes"
    line = f"worse    {name} [gcc-12.2.0 O2 sib=on exc=off san=none]: 24 -> 32 (+33.3 %)"
    assert done.returncode == 2 and line in done.stdout
    failures = [case.get("name") for case in tree.parse(report).iter("testcase") if case.find("failure") is not None]
    assert failures == [name]
    assert "red" in shown.read_text() and f"| worse | {name} | 24 | 32 |" in shown.read_text()

    again = regress(*update, "--yes")
    assert line in again.stdout and regress("check", "--out", folder, "--baseline", keep).returncode == 0


@pytest.mark.parametrize(
    "old, new",
    [("Example CPU", "Other CPU"), ("gcc-12.2.0", "gcc-13.1.0"), ("glibc 2.36", "glibc 2.37"), ("quick", "full")],
)
def test_another_processor_toolchain_libc_or_mode_is_incomparable(folder, tmp_path, old, new):
    keep = tmp_path / "baseline.tsv"
    baseline.update(runs.read_run(RUN), keep, [], True)
    edit(folder, "run.json", old, new)
    for done in (regress("check", "--out", folder, "--baseline", keep), regress("compare", RUN, folder)):
        assert done.returncode == 4 and "incomparable" in one_line(done.stderr)
        assert ("keep a baseline for each mode" in done.stderr) == (old == "quick")


def test_a_baseline_of_some_cells_judges_those(folder, tmp_path):
    keep = tmp_path / "baseline.tsv"
    baseline.update(runs.read_run(RUN), keep, ["stack"], True)
    edit(folder, "results/grid.tsv", "op_state_bytes\tB\t24\t24\t24", "op_state_bytes\tB\t32\t32\t32")
    done = regress("check", "--out", folder, "--baseline", keep)
    assert done.returncode == 0 and "5 equal" in done.stdout


@pytest.mark.parametrize("cut", ["# abreast baseline 1\n", "# processor: Example CPU\n", "experiment\tmodel"])
def test_a_broken_baseline_is_an_error(tmp_path, cut):
    keep = tmp_path / "baseline.tsv"
    baseline.update(runs.read_run(RUN), keep, [], True)
    keep.write_text(keep.read_text().replace(cut, "", 1))
    assert regress("check", "--out", RUN, "--baseline", keep).returncode == 1


def waiver(tmp_path, *lines):
    path = tmp_path / "waivers.tsv"
    path.write_text("\n".join([waivers.SCHEMA, "\t".join(waivers.COLUMNS), *lines]) + "\n")
    return path


def test_waivers(folder, tmp_path):
    edit(folder, "results/grid.tsv", "op_state_bytes\tB\t24\t24\t24", "op_state_bytes\tB\t32\t32\t32")
    good = waiver(tmp_path, "grid/awaitable/*\top_state_bytes\t2999-12-31\tthe stop token moved in")
    done = regress("compare", RUN, folder, "--waivers", good)
    assert done.returncode == 0 and "waived until 2999-12-31: the stop token moved in" in done.stdout
    unused = waiver(tmp_path, "stack/*\t*\t2999-12-31\tno reason to be here")
    done = regress("compare", RUN, folder, "--waivers", unused)
    assert done.returncode == 2 and "meets no regression" in done.stdout
    plain = waiver(tmp_path, "grid/awaitable/task\top_state_bytes\t2999-12-31\tno variant is named")
    assert regress("compare", RUN, folder, "--waivers", plain).returncode == 0
    other = waiver(tmp_path, "grid/awaitable/tas\top_state_bytes\t2999-12-31\tmisspelt")
    done = regress("compare", RUN, folder, "--waivers", other)
    assert done.returncode == 2 and "meets no cell; did you mean grid/awaitable/task/stream=native" in done.stdout


@pytest.mark.parametrize("most, status", [("34", 0), ("34 %", 0), ("33", 2), ("", 0), ("-1", 1), ("much", 1)])
def test_a_waiver_may_have_a_size(folder, tmp_path, most, status):
    edit(folder, "results/grid.tsv", "op_state_bytes\tB\t24\t24\t24", "op_state_bytes\tB\t32\t32\t32")
    path = waiver(tmp_path, f"grid/awaitable/*\top_state_bytes\t2999-12-31\tthe token moved in\t{most}")
    path.write_text(path.read_text().replace("until\treason", "until\treason\tmost"))
    done = regress("compare", RUN, folder, "--waivers", path)
    assert done.returncode == status
    assert status != 2 or "meets no regression of at most 33 %" in done.stdout


@pytest.mark.parametrize(
    "line, said",
    [
        ("grid/*\t*\t2026-09-30\twas accepted", "expired on 2026-09-30"),
        ("grid/*\t*\t2999-12-31\t", "a reason"),
        ("grid/*\t*\tsoon\twas accepted", "write YYYY-MM-DD"),
        ("grid/*\t*\t2999-12-31", "columns"),
    ],
)
def test_a_waiver_without_reason_or_day_or_past_its_day_is_an_error(tmp_path, line, said):
    with pytest.raises(Stop, match=said):
        waivers.read_waivers(waiver(tmp_path, line), TODAY)


def test_the_last_day_of_a_waiver_counts(tmp_path):
    path = waiver(tmp_path, f"grid/*\t*\t{TODAY}\twas accepted")
    assert len(waivers.read_waivers(path, TODAY)) == 1
    expired = waiver(tmp_path, "grid/*\t*\t2026-09-30\twas accepted")
    done = regress("compare", RUN, RUN, "--waivers", expired)
    assert done.returncode == 1 and "expired" in one_line(done.stderr)


def test_two_run_folders_are_judged_whatever_the_load_and_times_have_no_verdict(folder):
    edit(folder, "results/grid.tsv", "ns\t50.25\t49.5\t51", "ns\t90\t89\t91")
    done = regress("compare", RUN, folder)
    assert done.returncode == 0 and "--times shows them" in done.stdout and "50.25" not in done.stdout
    done = regress("compare", RUN, folder, "--times")
    assert "times, without a verdict" in done.stdout and "50.25 -> 90 ns, B/A 1.791" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("deterministic: green"), "the verdict comes last"


def test_what_an_earlier_run_left_is_no_finding_of_this_one(tmp_path):
    report = tmp_path / "junit.xml"
    report.write_text("of before")
    assert regress("check", "--out", tmp_path, "--baseline", tmp_path / "b", "--junit", report).returncode == 4
    assert not report.exists()


def test_a_check_looks_at_the_run_first_and_advises_with_the_names_that_it_was_given(tmp_path):
    done = regress("check", "--out", "/nonexistent", "--baseline", tmp_path / "b.tsv")
    assert done.returncode == 4 and "/nonexistent has no run.json" in one_line(done.stderr)
    done = regress("check", "--out", RUN, "--baseline", tmp_path / "b.tsv")
    assert done.returncode == 4
    assert f"baseline update --out {RUN} --baseline {tmp_path / 'b.tsv'} --yes" in one_line(done.stderr)


def test_every_metric_of_the_data_is_in_the_table():
    for results in (DATA / "results", RUN / "results"):
        rows = [row for some in runs.read_results(results).values() for row in some]
        assert judge.unknown_metrics(rows) == []


def test_system_calls_are_gated_where_they_repeat(abreast, tmp_path):
    """A message at a time over a socket: two runs agree exactly, and one call more is red."""
    cells = "echo/*/transport=socketpair,connections=1,message=64,*"
    for name in "ab":
        assert run(abreast, "run", "--smoke", "--out", tmp_path / name, cells).returncode == 0
    done = regress("compare", tmp_path / "a", tmp_path / "b")
    assert done.returncode == 0, done.stdout
    path = tmp_path / "b" / "results" / "echo.tsv"
    text, count = re.subn(r"(\tsyscalls_per_op\tcount)\t(\d+)\t.*", r"\1\t99\t99\t99\t1", path.read_text())
    path.write_text(text)
    done = regress("compare", tmp_path / "a", tmp_path / "b")
    assert count >= 4 and done.returncode == 2 and done.stdout.count("worse    echo/") == count


def test_every_metric_of_a_smoke_run_is_in_the_table(smoke):
    assert judge.unknown_metrics(runs.read_run(smoke).rows) == []


def test_a_metric_that_nobody_knows_is_named_and_does_not_gate():
    assert metrics.metric("pages_per_op", "count") is None and not metrics.gated("pages_per_op", "count")
    assert metrics.metric("wait_us", "us") == metrics.MEASURED


def test_the_workflow_without_a_baseline_is_4_and_judges_the_stack():
    """The shell of its first step, with commands that only say what they are."""
    text = (ROOT / "docs" / "ci" / "github.yml").read_text(encoding="utf-8")
    step = re.search(r"name: Counts and sizes.*?run: \|\n((?: {10}.*\n|\n)+)", text, re.DOTALL)[1]
    step = step.replace("scripts/regress ", "said regress ").replace("build/release/abreast ", "said abreast ")
    done = run("bash", "-ec", 'said() { echo "$@"; }\n' + step, env={"GITHUB_STEP_SUMMARY": "/dev/null"})
    assert done.returncode == 4 and "abreast run --smoke --out out/stack stack phases finals" in done.stdout
    assert done.stdout.count("regress baseline update") == 2 and "regress check" not in done.stdout
    gitlab = (ROOT / "docs" / "ci" / "gitlab.yml").read_text(encoding="utf-8")
    assert gitlab.count("regress check") == 2 and "stack phases finals" in gitlab


FILES = {"junit": "xml", "summary": "md"}  # the others are JSON


@pytest.mark.parametrize("form", list(exporters.FORMATS))
def test_exporters(form):
    text = exporters.FORMATS[form](runs.read_run(RUN))
    assert text == (GOLDEN / f"{form}.{FILES.get(form, 'json')}").read_text(encoding="utf-8")


def test_exports_are_what_their_readers_expect():
    read = runs.read_run(RUN)
    google = json.loads(exporters.google_benchmark(read))
    assert google["context"]["json_schema_version"] == 1 and "caches" in google["context"]
    for entry in google["benchmarks"]:
        assert {"name", "time_unit", "real_time", "cpu_time"} <= set(entry)
    assert len({entry["name"] for entry in google["benchmarks"]}) == len(google["benchmarks"])
    for entry in json.loads(exporters.smaller(read)) + json.loads(exporters.bigger(read)):
        assert {"name", "unit", "value"} <= set(entry) and entry.get("range", "±")[0] == "±"
    suites = tree.fromstring(exporters.junit(read).encode())
    assert sum(int(suite.get("tests")) for suite in suites) == len(list(suites.iter("testcase"))) == len(read.rows)


def test_usage_errors_are_one_line_and_1(folder, tmp_path):
    for words in (
        ["nonsense"],
        ["export", "xls", "--out", folder],
        ["check", "--out", folder, "--nonsense"],
        ["compare", folder, "no-such-thing"],
        ["compare", folder, folder, "--pairs", "2"],
    ):
        done = regress(*words)
        assert done.returncode == 1, done.stderr
        assert one_line(done.stderr).startswith("regress: ")
    done = regress("compare", folder, tmp_path)
    assert done.returncode == 4 and "neither run.json" in one_line(done.stderr)


@pytest.mark.parametrize("name, said", [("stack", "abreast run --smoke"), ("grid/nothing", "abreast list --variants")])
def test_a_measure_that_measures_nothing_is_4_and_says_what_to_do(abreast, tmp_path, name, said):
    done = run(abreast, "measure", name)
    assert done.returncode == 4 and said in one_line(done.stderr) and not done.stdout
    done = regress("measure", "--build", abreast.parent, "--out", tmp_path, name)
    assert done.returncode == 4 and said in done.stderr.splitlines()[-1]


def test_what_is_listed_as_timed_can_be_timed(abreast):
    lines = [line.split("\t") for line in run(abreast, "list", "--variants", "--tsv").stdout.splitlines()[1:]]
    kinds = {kind for line in lines for kind in line[5].split(",")}
    assert kinds == {"timed", "counted", "described", "metered"}
    latency = next("/".join(line[:4]) for line in lines if line[5] == "described")
    assert run(abreast, "time", latency, "5").returncode == 4
    for wrong in ("-5", " -5", "0", "5x", "99999999999999999999"):
        done = run(abreast, "time", "grid/awaitable/task/stream=native", wrong)
        assert done.returncode == 1 and one_line(done.stderr), wrong
    full = [line for line in lines if line[0] == "echo" and line[4] == "full" and line[5].startswith("timed")]
    quick = sources.timed_cells(abreast, ["echo"], quick=True)
    assert quick and not {"/".join(line[:4]) for line in full} & set(quick)


def test_the_script_hands_on_words_and_status():
    done = run(ROOT / "scripts" / "regress", "compare", RUN, RUN)
    assert done.returncode == 0 and "green" in done.stdout
    assert run(ROOT / "scripts" / "regress", "--help").returncode == 0


def test_the_guide_has_the_power_table_that_was_measured():
    """As `scripts/regress power --build build/release --write docs/regress.md` leaves it on an idle machine."""
    text = (ROOT / "docs" / "regress.md").read_text(encoding="utf-8")
    table = text.split(power.BEGIN)[1].split(power.END)[0]
    trials = [int(count) for count in re.findall(r"^\| (?:0 \(A/A\)|\d+ %) \| (\d+) \|", table, re.MULTILINE)]
    assert len(trials) == len(power.SLOWDOWNS) and trials[0] >= 100, "run the command above"
    assert "busy machine" not in table


@pytest.mark.parametrize("name", ["regress.md", "ci/github.yml", "ci/gitlab.yml"])
def test_commands_of_the_guide_are_commands(name):
    """As far as the parser goes. GitHub's own expressions are one word there."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    text = re.sub(r"\$\{\{.*?\}\}", "WORD", text)
    lines = re.findall(r"^[ -]*(scripts/regress [a-z].*?)(?: \|\| .*)?$", text, re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        assert parse(shlex.split(line, comments=True)[1:]).run
