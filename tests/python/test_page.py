"""The report as a document: its first page follows the rows, everything links, nothing is said of what was not run."""

import re
import shutil

import pytest

from conftest import DATA, ROOT, run

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


def test_a_finding_changes_with_its_row(results):
    text = findings(page(results))
    assert "Composing operations as senders costs next to nothing" in text
    main = "gcc-12.2.0 O2 sib=on exc=off san=none"
    where = ["sender", "pipeline", "depth=4,state=8", "instructions_per_op", main]
    (line,) = change(results, "opstate", where, 7, ["4321"] * 3)
    text = findings(page(results))
    assert "Composing operations as senders has a cost" in text
    assert re.search(rf'<a class=row href="#opstate-{line}">4[0-9]* instructions</a> more', text)
    assert "for awaitables" in text[text.index("Composing operations"):].split("</li>")[0]


def test_a_frame_recycler_that_is_slower_is_called_so(results):
    where = ["awaitable", "recycling", "workload=p4003,task=awaitable,process=child", "ratio_to_malloc"]
    change(results, "frames", where, 7, ["1.6", "1.5", "1.7"])
    text = plain(findings(page(results)))
    assert "Recycling coroutine frames does not pay here" in text
    assert "0.62 times (0.59 to 0.67) as fast as malloc" in text


def test_an_experiment_that_is_missing_is_named(results):
    before = page(results)
    assert "<section id=frames>" in before and "Recycling coroutine frames pays" in before
    (results / "results" / "frames.tsv").unlink()
    text = page(results)
    assert "<section id=frames>" not in text and "href=#frames>" not in text
    assert "Recycling coroutine frames" not in findings(text)
    missing = re.search(r"<p class=missing>(.*?)</p>", text).group(1)
    assert "frames" in missing and "echo" not in missing


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
