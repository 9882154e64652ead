"""The report as a document: its first page follows the rows, everything links, nothing is said of what was not run."""

import json
import re
import shutil
import sys

import pytest

from conftest import DATA, ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))

from abreast_report import glossary  # noqa: E402

REPORT = ROOT / "scripts" / "report"


def page(out, part="page", name="report.html"):
    done = run(REPORT, part, "--out", out)
    assert done.returncode == 0, done.stderr
    return (out / name).read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folder of a report with its tables and figures."""
    out = tmp_path_factory.mktemp("page") / "out"
    shutil.copytree(DATA, out)
    page(out, "all")
    return out


def findings(text):
    return re.search(r"<ol class=findings>(.*?)</ol>", text, re.DOTALL).group(1)


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", text))


def change(results, experiment, where, column, value):
    """Writes another value into the rows that hold all of where; returns their line numbers."""
    path = results / "results" / f"{experiment}.tsv"
    lines, changed = path.read_text().splitlines(), []
    for number, line in enumerate(lines):
        fields = line.split("\t")
        if all(word in fields for word in where):
            fields[column:column + 3] = value
            lines[number] = "\t".join(fields)
            changed.append(number + 1)
    assert changed
    path.write_text("\n".join(lines) + "\n")
    return changed


def finding(text, title):
    """The finding whose title begins so."""
    found = findings(text)
    assert f">{title}" in found, re.findall(r"<h3[^>]*>(.*?)<", found)
    return found[found.index(f">{title}"):].split("</li>")[0]


def test_a_finding_changes_with_its_rows(results):
    """It favours a model that is ahead with every compiler, in the best of its forms, and else neither."""
    text = finding(page(results), "Composed without a coroutine each, which form takes least depends on the compiler")
    assert "favours neither" in text
    for compiler in ("gcc-12.2.0", "clang-19.1.7"):
        toolchain = f"{compiler} O2 sib=on exc=off san=none"
        where = ["sender", "pipeline", "depth=4,state=8", "instructions_per_op", toolchain]
        lines = change(results, "opstate", where, 7, ["4321"] * 3)
    text = finding(page(results), "Composing operations as one awaitable takes least")
    assert f'<a class=row href="#opstate-{lines[0]}">4293</a> instructions more' in text
    assert "favours awaitables" in text


def test_the_choice_over_sockets_is_judged_by_intervals(results):
    """Values far from the floor, of which no interval says so, tell nothing."""
    sockets = "transport=socketpair,connections=1,message=64,reactor=io_uring,spec=off"
    for model, mechanism, ends in (("awaitable", "task", ["1.2", "0.9", "1.3"]),
                                   ("sender", "pipeline", ["1.15", "0.8", "1.4"])):
        change(results, "echo", [model, mechanism, sockets, "ratio_to_floor"], 7, ends)
    text = finding(page(results), "Over real sockets this run tells no difference")
    assert "0 of 1." in plain(text) and "favours neither" in text
    change(results, "echo", ["awaitable", "task", sockets, "ratio_to_floor"], 7, ["1.01", "0.99", "1.02"])
    change(results, "echo", ["sender", "pipeline", sockets, "ratio_to_floor"], 7, ["1.03", "0.99", "1.05"])
    finding(page(results), "Over real sockets the choice hardly shows")
    change(results, "echo", ["sender", "pipeline", sockets, "ratio_to_floor"], 7, ["1.3", "1.2", "1.4"])
    assert "favours awaitables" in finding(page(results), "Over real sockets the choice shows at some loads")


def test_a_frame_recycler_that_is_slower_is_called_so(results):
    where = ["awaitable", "recycling", "workload=p4003,task=awaitable,process=child", "ratio_to_malloc"]
    change(results, "frames", where, 7, ["1.6", "1.5", "1.7"])
    text = plain(finding(page(results), "Recycling coroutine frames does not pay here"))
    assert "0.62 times (0.59 to 0.67) as fast as malloc" in text
    assert "1.55 times (Apple clang), which is not reached" in text and "favours neither" in text


def test_handing_over_favours_coroutines_only_where_senders_grow_more(results):
    text = finding(page(results), "Handing over without growing the stack needs the compiler")
    assert "favours neither" in text  # nothing stands beside it
    path = results / "results" / "stack.tsv"
    lines = path.read_text().splitlines()
    own = [line for line in lines if line.startswith("stack\tawaitable\ttransfer\t-\t") and "\tstack_growth\t" in line]
    shake = "stack\tsender\thandshake\tboundary=yes,by=exchange"
    alike = [line.replace("stack\tawaitable\ttransfer\t-", shake) for line in own]
    path.write_text("\n".join(lines + alike) + "\n")
    text = finding(page(results), "Handing over without growing the stack needs the compiler")
    assert "beman" in text and "favours neither" in text
    grow = [line.replace("constant", "linear") for line in alike]
    path.write_text("\n".join(lines + grow) + "\n")
    text = finding(page(results), "Handing over without growing the stack needs the compiler")
    assert "favours awaitables" in text


def test_the_data_of_a_figure_follow_the_rows(results):
    page(results, "tables", "tables/findings.md")
    before = (results / "figures" / "opstate.dat").read_text()
    change(results, "opstate", ["sender", "pipeline", "depth=4,state=8", "instructions_per_op"], 7, ["4321"] * 3)
    page(results, "tables", "tables/findings.md")
    after = (results / "figures" / "opstate.dat").read_text()
    assert before != after and len(before.splitlines()) == len(after.splitlines())


def test_an_experiment_that_is_missing_is_named(results):
    before = page(results)
    assert "<section id=frames>" in before and "Recycling coroutine frames pays" in before
    (results / "results" / "frames.tsv").unlink()
    text = page(results)
    assert "<section id=frames>" not in text and "href=#frames>" not in text
    assert "Recycling coroutine frames" not in findings(text)
    missing = re.search(r"<p class=missing>(.*?)</p>", text).group(1)
    assert "frames" in missing and "echo" not in missing
    assert "compile" in missing and "calibration" not in missing, "one that no finding is of"


def test_what_lies_within_the_place_of_the_code_favours_nobody(results):
    """An await that a sender's author wrote, beside an awaitable that is ready."""
    path = results / "results" / "mitigations.tsv"
    text = path.read_text()
    ready = "mitigations\tawaitable\tready\tcompletes=inline\t"
    rows = [line.replace("awaitable\tready", "sender\tmember") for line in text.splitlines() if line.startswith(ready)]
    path.write_text(text + "\n".join(rows) + "\n")
    member = ["sender", "member", "completes=inline"]
    for nanoseconds, ratio, speaks in (("2.3", "0.9", "favours neither"), ("1.1", "0.5", "favours senders")):
        change(results, "mitigations", [*member, "ns_per_op"], 7, [nanoseconds] * 3)
        change(results, "mitigations", [*member, "ratio_to_floor"], 7, [ratio] * 3)
        text = finding(page(results), "Senders can keep the stack flat too: with an await of their own")
        assert speaks in text and f">{nanoseconds}<" in text


def test_every_id_is_given_once_and_every_link_has_its_target(whole):
    text = (whole / "report.html").read_text()
    ids = re.findall(r"\bid=[\"']?([\w.-]+)", text)
    assert len(ids) == len(set(ids))
    links = set(re.findall(r"\bhref=[\"']?#([\w.-]+)", text))
    assert links and links <= set(ids)


def test_headings_tables_and_figures_have_an_anchor(whole):
    text = (whole / "report.html").read_text()
    body = text[text.index("<main>"):]
    for pattern in (r"<h[23]\b([^>]*)>", r"<figure\b([^>]*)>"):
        found = re.findall(pattern, body)
        assert found and all("id=" in attributes for attributes in found), pattern
    assert body.count("class=anchor") > body.count("<h2")


def test_figures_of_tables_link_to_their_rows(whole):
    text = (whole / "report.html").read_text()
    links = re.findall(r'<a class=row href="#(\w+)-(\d+)">', text)
    assert len(links) > 50
    for experiment, line in dict.fromkeys(links):
        written = (whole / "results" / f"{experiment}.tsv").read_text().splitlines()[int(line) - 1].split("\t")
        shown = re.search(rf'<tr id="{experiment}-{line}"><td>{line}<td>(.*)', text).group(1)
        assert f"<td>{written[5]}<td>" in shown and f"{written[1]} {written[2]}" in shown


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="gnuplot is not installed")
def test_figures_have_a_caption_and_their_data(whole):
    text = (whole / "report.html").read_text()
    figures = re.findall(r'<figure class=picture id="fig-([\w-]+)">(.*?)</figure>', text, re.DOTALL)
    assert {"stack", "growth", "opstate", "frames"} <= {name for name, _ in figures}
    for name, figure in figures:
        assert "better" in figure or "best" in figure, name
        data = (whole / "figures" / f"{name}.dat").read_text().strip().splitlines()[0]
        assert data.split("\t")[0].strip('"') in figure, name


def test_what_is_printed_has_no_links_to_rows(results):
    text = page(results, "printed", ".report.printed.html")
    assert "class=row" not in text and "<section id=rows>" not in text and "{{" not in text
    assert len(findings(text)) > 1000


def test_methods_name_files_that_exist():
    text = (ROOT / "paper" / "methods.html").read_text()
    cells = re.findall(r"<td>(.*?)</td>", text)
    paths = [word for cell in cells for word in re.split(r"[ ,]+", cell) if re.fullmatch(r"[\w/.*]+/[\w/.*]+", word)]
    assert len(paths) > 15
    for path in paths:
        assert list(ROOT.glob(path.replace("NAME", "ready"))), path


COMPILE = """compile	cxx-awaitable	task	-	{0}	object_bytes	B	5880	5880	5880	1
compile	cxx-awaitable	task	round=1	{0}	compile_ms	ms	517.7	517.7	517.7	1
compile	cxx-awaitable	task	users=2,round=1	{0}	rebuild_ms	ms	531.6	531.6	531.6	1
compile	cxx-sender	pipeline	-	{0}	object_bytes	B	6264	6264	6264	1
compile	cxx-sender	pipeline	round=1	{0}	compile_ms	ms	719.2	719.2	719.2	1
compile	cxx-sender	pipeline	round=2	{0}	compile_ms	ms	725.1	725.1	725.1	1
compile	cxx-sender	pipeline	users=2,round=1	{0}	rebuild_ms	ms	1560.5	1560.5	1560.5	1
compile	cxx-sender	pipeline-erased	users=2,round=1	{0}	rebuild_ms	ms	610.4	610.4	610.4	1
"""


def of_compile(results):
    return page(results).split("<section id=compile>")[1].split("</section>")[0]


def test_compile_begins_with_what_a_compiler_takes(results):
    """And says of few rounds that they make no interval; of objects alone, as in smoke mode, what those take."""
    head = (results / "results" / "echo.tsv").read_text().splitlines()[0] + "\n"
    rows = COMPILE.format("gcc-12.2.0 O2 sib=on exc=off san=none")
    info = json.loads((results / "run.json").read_text())
    info["stages"].append({"name": "compile", "seconds": 1})
    (results / "run.json").write_text(json.dumps(info))
    (results / "results" / "compile.tsv").write_text(head + rows)
    section = of_compile(results)
    assert '<a class=row href="#compile-3">518 ms</a> as a coroutine' in section
    words = plain(section)
    assert "719 to 725 ms as an expression of senders (lower is better; in so few rounds no interval)." in words
    assert "532 ms as a coroutine and 1560 ms as an expression" in words
    assert "532 ms as a coroutine and 610 ms as a sender behind a virtual start." in words
    printed = page(results, "printed", ".report.printed.html")
    assert "What each form of the loop costs a C++ compiler</figcaption>" in printed
    (results / "results" / "compile.tsv").write_text(head + re.sub(r".*_ms.*\n", "", rows))
    assert "takes gcc-12.2.0 5880 bytes as a coroutine and 6264 bytes" in plain(of_compile(results))


def test_the_glossary_has_what_the_run_measured(results):
    text = page(results).split("<section id=glossary>")[1].split("</section>")[0]
    assert "<dt>symmetric transfer</dt><dd>" in text
    assert "<dt>awaitable transfer</dt><dd>C++20: await_suspend returns the caller&#x27;s handle</dd>" in text
    assert "<dt>sender trampoline</dt>" in text
    path = results / "results" / "stack.tsv"
    path.write_text("".join(line for line in path.read_text().splitlines(True) if "\ttrampoline\t" not in line))
    assert "<dt>sender trampoline</dt>" not in page(results)


def test_every_mechanism_of_the_declarations_is_read():
    text = (ROOT / "bench" / "stack" / "mechanisms.def").read_text()
    assert len(glossary.ENTRY.findall(text)) == len(re.findall(r"^(?:BOUNDARY_)?MECHANISM\(", text, re.MULTILINE))
