"""Tables, sentences, figures and the report, made from committed results."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from html.parser import HTMLParser

import pytest

from conftest import DATA, ROOT, one_line, run

REPORT = ROOT / "scripts" / "report"


def report(out, *words):
    done = run(REPORT, *words, "--out", out)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_sentences_are_computed_from_the_results(results):
    report(results, "tables")
    headlines = report(results, "headlines")
    assert (results / "tables" / "findings.md").read_text() == (DATA / "findings.md").read_text()
    found = (DATA / "findings.md").read_text()
    assert headlines and all(f"- {line}\n" in found for line in headlines.splitlines())


def test_a_sentence_changes_with_its_figure(results):
    tsv = results / "results" / "stack.tsv"
    text = tsv.read_text()
    changed = text.replace("awaitable\tready\t-\tgcc-12.2.0 O0 sib=on exc=off san=none\tstack_growth\t-\tconstant\t"
                           "constant\tconstant", "awaitable\tready\t-\tgcc-12.2.0 O0 sib=on exc=off san=none\t"
                           "stack_growth\t-\tlinear\tlinear\tlinear", 1)
    assert changed != text
    tsv.write_text(changed)
    report(results, "tables")
    found = (results / "tables" / "findings.md").read_text()
    assert "It grows at some settings with awaitable ready, transfer; sender p2300." in found


def test_the_short_answer_follows_the_data(results):
    tsv = results / "results" / "stack.tsv"
    text = tsv.read_text()
    report(results, "tables")
    findings = results / "tables" / "findings.md"
    assert "with clang-19.1.7 the stack never grows" in findings.read_text()
    changed = []
    for line in text.splitlines():
        fields = line.split("\t")
        if fields[1:3] == ["awaitable", "transfer"] and "clang" in fields[4] and fields[5] == "stack_growth":
            fields[7:10] = ["linear"] * 3
        if fields[2] == "p2300" and "exc=on" in fields[4] and fields[5] == "stack_growth":
            fields[7:10] = ["constant"] * 3
        changed.append("\t".join(fields))
    tsv.write_text("\n".join(changed) + "\n")
    report(results, "tables")
    said = findings.read_text()
    assert "with clang-19.1.7 it grows at every setting" in said
    assert "With exceptions on, the P2300R10 bridge never grows the stack" in said


def test_every_experiment_has_its_short_answer(results):
    assert len(report(results, "headlines").splitlines()) == 7


def test_the_control_is_counted_apart(results):
    """boundary=no with exceptions has no equal in C++: what it shows does not count against the calibration."""
    tsv = results / "results" / "stack.tsv"
    setting = "gcc-12.2.0 O2 sib=on exc=on san=none\tstack_growth\t-"
    with tsv.open("a") as file:
        for model, growth in (("sender", "constant"), ("cxx-sender", "linear")):
            file.write(f"stack\t{model}\tp2300\tboundary=no\t{setting}\t{growth}\t{growth}\t{growth}\t1\n")
    report(results)
    said = (results / "tables" / "findings.md").read_text()
    assert "whether the stack grows in 7 of 8 cells." in said
    assert "(boundary=no, exc=on), the growth is the same in 0 of 1 cells" in said


def test_what_a_mechanism_rests_on_is_said_for_each_compiler(results):
    report(results, "tables")
    table = (results / "tables" / "stack-guarantee.md").read_text()
    assert "| optimiser (sibling call): no growth in 2 of 4 cells | compiler (musttail): confirmed in" in table
    found = (results / "tables" / "findings.md").read_text()
    assert "With gcc-12.2.0 what 1 of cxx-awaitable's mechanisms (transfer) rest on, language (symmetric" in found


def test_a_disagreement_about_overflow_is_counted(results):
    """One pair differs by a tenth, and of one the overflow was not found."""
    report(results, "tables")
    found = (results / "tables" / "findings.md").read_text()
    assert "agree within 1 % or 2 completions in 26 of 27 rows; in 1 more, no overflow was seen" in found
    table = (results / "tables" / "stack-overflow.md").read_text()
    assert "| 1000 | 1100 | +100 (+9.09 %) |" in table
    assert "| 370 | ? | ? |" in table


def test_nearness_to_the_floor_is_judged_on_both_sides_alike(results):
    report(results, "tables")
    found = (results / "tables" / "findings.md").read_text()
    assert "in 3 cells of a form and a load, beside the floor's: 1 within 3 %, 1 outside, 1 too noisy to tell." in found


def test_calibration_says_equal_or_the_difference(results):
    report(results, "tables")
    table = (results / "tables" / "calibration.md").read_text()
    assert "| awaitable ready | gcc-12.2.0 O0, O2 | 0 | 0 | equal |" in table
    assert "p2300 (boundary=yes) | gcc-12.2.0 O0 | +176 B | +224 B | -48 B in C | not explained |" in table
    assert "differ: C linear, C++ constant" in table


def test_published_figures_stand_beside_ours(results):
    report(results, "tables")
    lines = (results / "tables" / "paper-p4003r4-3-5.md").read_text().splitlines()
    found = {line.split(" | ")[0]: line for line in reversed(lines) if line.startswith("| ")}
    assert " | 3.10 | " in found["| recycling"]
    assert " | 2.42 | 1.11 (1.09 to 1.14) |" in found["| mimalloc"]
    assert not (results / "tables" / "published-frames.md").exists()


def test_every_table_is_markdown_and_tsv_of_equal_shape(results):
    report(results, "tables")
    names = {path.stem for path in (results / "tables").glob("*.tsv")}
    assert {"stack-guarantee", "opstate-instructions_per_op", "frames", "echo", "calibration"} <= names
    for name in names:
        rows = [line.split("\t") for line in (results / "tables" / f"{name}.tsv").read_text().splitlines()]
        assert len({len(row) for row in rows}) == 1, name
        assert f"| {rows[0][0]} |" in (results / "tables" / f"{name}.md").read_text()


class Loads(HTMLParser):
    """Collects what a browser would fetch."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "srcset", "data", "action", "poster") or (tag == "link" and name == "href"):
                self.found.append((tag, value))
            if name in ("href", "xlink:href") and value and not value.startswith("#"):
                self.found.append((tag, value))
        if tag in ("script", "iframe", "object", "embed"):
            self.found.append((tag, ""))


def test_the_report_loads_nothing(results):
    report(results)
    text = (results / "report.html").read_text()
    assert text.count('<svg id="picture-') == len(list((results / "figures").glob("*.svg")))
    parser = Loads()
    parser.feed(text)
    assert parser.found == []
    assert "@import" not in text
    assert not re.search(r"url\((?!['\"]?#)", text)


def test_the_report_says_each_finding_once(results):
    report(results)
    text = (results / "report.html").read_text()
    items = re.findall(r"<(?:li|p class=short)>(.*?)</(?:li|p)>", text)
    assert any("Symmetric transfer: with" in item for item in items)
    assert len(items) == len(set(items))


def test_the_report_names_seed_skips_and_reasons(results):
    report(results)
    text = (results / "report.html").read_text()
    assert "--seed 7" in text
    assert "a made-up reason" in text
    assert "another made-up reason" in text
    assert "Linux 6.1 &lt;test&gt;" in text
    assert "What this does not show" in text
    assert "One thread drives each loop. Nothing here speaks" in text
    assert "The machine was busy" not in text
    assert "{{" not in text


def test_a_baseline_that_was_not_measured_is_not_zero(results):
    """As a filtered run leaves it: the form has its counts, the floor has none."""
    tsv = results / "results" / "echo.tsv"
    lines = tsv.read_text().splitlines()
    counted = ("instructions_per_op", "syscalls_per_msg")
    kept = [line for line in lines if "raw\tfloor" not in line or line.split("\t")[5] not in counted]
    tsv.write_text("\n".join(kept) + "\n")
    report(results, "tables")
    found = (results / "tables" / "findings.md").read_text()
    assert "0.80 (0.79 to 0.81) of the floor's throughput has sender p2300-task (socketpair, 1 connection," in found
    assert "instructions more than the floor's" not in found
    assert "system calls an operation" not in found
    assert "same number" not in found


def test_a_value_outside_of_its_interval_is_told(results):
    """As after a change by hand of the value alone."""
    assert "outside of its interval" not in run(REPORT, "tables", "--out", results).stderr
    tsv = results / "results" / "echo.tsv"
    lines = tsv.read_text().splitlines()
    place = next(place for place, line in enumerate(lines) if "\tratio_to_floor\t" in line)
    fields = lines[place].split("\t")
    fields[7] = str(float(fields[9]) + 1)
    lines[place] = "\t".join(fields)
    tsv.write_text("\n".join(lines) + "\n")
    done = run(REPORT, "tables", "--out", results)
    assert done.returncode == 0
    assert f"results/echo.tsv:{place + 1}: {fields[7]} lies outside of its interval" in done.stderr


def test_a_run_that_did_not_finish_says_so(results):
    (results / "run.json").unlink()
    done = run(REPORT, "--out", results)
    assert done.returncode == 0
    assert "this run did not finish" in done.stderr
    text = (results / "report.html").read_text()
    assert text.index("This run did not finish") < text.index("What was found")
    assert "Nothing was skipped" not in text
    assert "--seed" not in text


def test_an_earlier_runs_results_are_left_out(results):
    info = json.loads((results / "run.json").read_text())
    info["stages"] = [{"name": "frames", "seconds": 1}, {"name": "instructions", "seconds": 1}]
    (results / "run.json").write_text(json.dumps(info))
    assert "Coroutine frames that are reused" in one_line(report(results, "headlines"))
    report(results, "page")
    text = (results / "report.html").read_text()
    assert "<section id=frames>" in text
    assert "<section id=echo>" not in text


def test_run_info_adds_stages_and_skips_once(results):
    for _ in range(2):
        report(results, "run-info", "--stage", "build=3", "--skipped", "figures=no gnuplot")
    info = json.loads((results / "run.json").read_text())
    run = ["stack", "finals", "opstate", "frames", "mitigations", "echo"]
    assert [stage["name"] for stage in info["stages"]] == ["build", *run]
    assert [entry["reason"] for entry in info["skipped"]] == ["another made-up reason", "no gnuplot"]


@pytest.mark.parametrize(
    "broken",
    ["no header\n", "HEADER\nframes\tawaitable\n", "HEADER\n" + "\t".join(["x"] * 7 + ["1", "many", "2", "1"]) + "\n"],
)
def test_broken_results_are_refused(results, broken):
    header = (results / "results" / "frames.tsv").read_text().splitlines()[0]
    (results / "results" / "frames.tsv").write_text(broken.replace("HEADER", header))
    done = run(REPORT, "--out", results)
    assert done.returncode == 1
    reading, error = done.stderr.splitlines()
    assert "reading" in reading and f"{results}/results/frames.tsv" in error and "measure" in error
    assert not (results / "report.html").exists()


@pytest.mark.parametrize("words", [["--bogus"], ["nonsense"], ["--stage", "x"], ["--out"]])
def test_a_bad_option_is_one_line(words):
    done = run(REPORT, *words)
    assert done.returncode == 1
    assert "scripts/report --help" in one_line(done.stderr)


@pytest.mark.parametrize("after_s", [0.02, 0.06])
def test_an_interrupt_is_one_line(results, after_s):
    with subprocess.Popen(
        [REPORT, "--out", results], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as child:
        time.sleep(after_s)
        os.killpg(child.pid, signal.SIGINT)
        _, errors = child.communicate(timeout=60)
    if child.returncode == 1:
        assert one_line(errors) == "report: interrupted"
    else:
        assert child.returncode in (0, -signal.SIGINT)
        assert "Traceback" not in errors


def test_this_run_shows_parts_inside_their_whole(results):
    info = json.loads((results / "run.json").read_text())
    info["machine"] |= {"load_average": [0.123456, 1.5], "steal_percent": 0.0123456}
    (results / "run.json").write_text(json.dumps(info))
    report(results, "run-info", "--stage", "build=3", "--stage", "run=11")
    report(results, "page")
    text = (results / "report.html").read_text()
    parts = "stack 1.5 s, finals 1.5 s, opstate 2.0 s, frames 3.0 s, mitigations 0.5 s, echo 4.0 s"
    assert f"build 3.0 s, run 11.0 s (of which {parts})" in text
    assert "<td>0.12, 1.5</td>" in text
    assert "<td>0.01</td>" in text


def test_no_results_is_one_line(tmp_path):
    done = run(REPORT, "tables", "--out", tmp_path)
    assert done.returncode == 1
    assert "scripts/reproduce" in one_line(done.stderr)


def test_one_folder_is_not_side_by_side(results):
    done = run(REPORT, results)
    assert done.returncode == 1
    assert f"of one: --out {results}" in one_line(done.stderr)


def test_the_report_prints_titles_and_leaves_nothing_of_an_earlier_one(results):
    for name in ("tables/paper-gone.md", "tables/gone.tex", "figures/gone.svg", "figures/gone.dat", "report.pdf"):
        (results / name).parent.mkdir(exist_ok=True)
        (results / name).write_text("old")
    done = run(REPORT, "--out", results)
    assert done.returncode == 0
    *titles, counts, path = done.stdout.splitlines()
    assert titles and all(re.match(rf"{number}\. .* \(favours \w+\)$", line) for number, line in enumerate(titles, 1))
    assert counts.startswith("Of ") and path == str(results / "report.html")
    assert not [name for name in ("tables/paper-gone.md", "tables/gone.tex", "figures/gone.svg", "figures/gone.dat")
                if (results / name).exists()]
    assert "report.pdf is of an earlier report" in done.stderr
    assert (results / "tables" / "findings.md").exists()


def draw(data, out):
    done = run("gnuplot", "-e", f"data='{data}'; out='{out}'; kind='svg'", f"{data.stem}.gnuplot", cwd=ROOT / "plots")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def test_the_report_says_how_busy_the_machine_was_and_how_to_run_it_again(results):
    """Of a run with filters the commands have them."""
    info = json.loads((results / "run.json").read_text())
    info.setdefault("noise", {})["other_programs_processors"] = 1.75
    info.setdefault("machine", {})["cores"] = 4
    info.update(mode="full", filters=["conns/*/task/*", "stop"], allocator="pool")
    (results / "run.json").write_text(json.dumps(info))
    report(results, "page")
    text = (results / "report.html").read_text()
    assert "The machine was busy: when this run began, other programs used 1.8 of its 4 processors." in text
    words = "run --full --seed 7 --allocator pool &#x27;conns/*/task/*&#x27; stop --out DIR</code>, then"
    again = re.search(r"Run it again.*?</p>", text, re.DOTALL).group(0)
    assert words in again and "scripts/reproduce" not in again


def test_programs_that_were_not_built_are_one_line(results):
    info = json.loads((results / "run.json").read_text())
    of_some = [{"experiment": "-", "what": f"gcc-{n}/costs", "reason": "not built: cmake"} for n in range(23)]
    other = {"experiment": "-", "what": "gcc-1/phases-c", "reason": "not built: cmake"}
    (results / "run.json").write_text(json.dumps({**info, "skipped": [*of_some, other]}))
    report(results, "page")
    text = (results / "report.html").read_text()
    assert "<li>the program costs of 23 toolchains: not built: cmake</li>" in text
    assert "<li>gcc-1/phases-c: not built: cmake</li>" in text
    assert text.count("not built: cmake</li>") == 2


def test_which_experiments_use_several_threads_is_read_from_the_results(results):
    tsv = results / "results" / "frames.tsv"
    tsv.write_text(tsv.read_text() + tsv.read_text().splitlines()[1].replace("\tdepth=", "\tthreads=2,depth=") + "\n")
    assert "threads=2" in tsv.read_text()
    report(results, "page")
    text = (results / "report.html").read_text()
    assert "One thread drives each loop; in frames cells with threads=N allocate" in text


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_the_report_alone_has_its_figures(results):
    report(results)
    text = (results / "report.html").read_text()
    assert text.count('<svg id="picture-') == len(list((results / "figures").glob("*.dat"))) > 0


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
@pytest.mark.parametrize("metric", ["instructions_per_op", "op_state_bytes"])
def test_a_panel_without_figures_is_left_out(results, metric):
    """As without valgrind, which counts the instructions."""
    tsv = results / "results" / "opstate.tsv"
    tsv.write_text("".join(f"{line}\n" for line in tsv.read_text().splitlines() if f"\t{metric}\t" not in line))
    report(results, "tables")
    draw(results / "figures" / "opstate.dat", results / "opstate.svg")


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
@pytest.mark.parametrize("name", ["stack", "opstate", "frames", "mitigations", "echo"])
def test_figures_are_byte_stable(results, name):
    report(results, "tables")
    drawn = []
    for index in range(2):
        out = results / f"{index}.svg"
        draw(results / "figures" / f"{name}.dat", out)
        drawn.append(out.read_bytes())
    assert drawn[0] == drawn[1]
    assert b"</svg>" in drawn[0]
