"""The papers' tables rebuilt, our own tables, and tables as LaTeX."""

import re
import shutil
import sys
from dataclasses import replace

import pytest

from conftest import ROOT, run

sys.path.insert(0, str(ROOT / "scripts"))
from abreast_report import latex, links, matrix, own_tables, paper_tables, published  # noqa: E402
from abreast_report.cells import cells_of  # noqa: E402
from abreast_report.claims import Verdict  # noqa: E402
from abreast_report.links import plain  # noqa: E402
from abreast_report.rows import cited, parse_line  # noqa: E402
from abreast_report.tables import Heading, Table  # noqa: E402

PAPER = ROOT / "paper"
MAIN = "gcc-12.2.0 O2 sib=on exc=off san=none"
TEMPLATES = paper_tables.read(PAPER) + paper_tables.read(PAPER / "tables", "own")


def row(experiment, model, mechanism, variant, metric, value, low=None, high=None, unit="count", toolchain=MAIN):
    low, high = (value if end is None else end for end in (low, high))
    fields = [experiment, model, mechanism, variant, toolchain, metric, unit, value, low, high, 1]
    return parse_line("\t".join(map(str, fields)), "test", 2)


def made():
    """Results that have every published figure of a number: each of our cells as published, times 1 % apart."""
    figures = published.Figures(published.read(PAPER))
    rows = {}

    def add(ours, metric, value, unit="count", spread=0.0):
        experiment, model, mechanism, variant, *more = ours
        toolchain = "clang-19.1.7 O2 sib=on exc=off san=none" if "clang" in more else MAIN
        key = (experiment, model, mechanism, variant, toolchain, metric)
        made_row = row(experiment, model, mechanism, variant, metric, value, unit=unit, toolchain=toolchain)
        if spread:
            made_row = replace(made_row, low=value * (1 - spread), high=value * (1 + spread), samples=60)
        rows.setdefault(key, made_row)

    cells = [pair for template in paper_tables.read(PAPER) for pair in paper_tables.cells_of(template)]
    cells = [(kind, cell, figures.get(*cell.source, cell.row, cell.column)) for kind, cell in cells]
    for kind, cell, figure in sorted(cells, key=lambda entry: not entry[2]):
        metric = cell.ours[4] if len(cell.ours) > 4 else ""
        if cell.less:
            add(cell.ours, metric, 9, "instructions")
            add((cell.ours[0], *cell.less, *cell.ours[3:]), metric, 3, "instructions")
        elif metric == "stack_growth":
            add(cell.ours, metric, {"O(N)": "linear", "void": "linear"}.get(figure and figure.value, "constant"), "-")
        elif kind == "read":
            add(cell.ours, "ns_per_op", figure.number, "ns", 0.01)
            add(cell.ours, "allocs_per_op", figure.allocations or 0)
        elif kind == "order":
            add(cell.ours, metric, figure.number, "ns", 0.01)
        elif kind == "speed":
            add(cell.ours, metric, 1 / figure.ratio, "ratio", 0.01)
        elif figure and figure.value in ("yes", "no"):
            add(cell.ours, metric, int(figure.value == "no"))
        elif figure and figure.numbers:
            add(cell.ours, metric, figure.numbers[0], figure.unit)
        else:
            add(cell.ours, metric, 3)
    results = {}
    for entry in rows.values():
        results.setdefault(entry.experiment, []).append(entry)
    return results


def of(results, name):
    return next(table for table in paper_tables.build(PAPER, results) if table.name == f"paper-{name}")


def verdict_of(results, name):
    return plain(of(results, name).verdict)


def changed(results, experiment, mechanism, variant, metric, **values):
    """The same results with one row changed."""
    found = [entry for entry in results[experiment]
             if (entry.mechanism, entry.variant, entry.metric) == (mechanism, variant, metric)]
    assert len(found) == 1
    other = [replace(entry, **values) if entry is found[0] else entry for entry in results[experiment]]
    return {**results, experiment: other}


def cell(table, label, column):
    return next(line for line in table.rows if line[0] == label)[table.columns.index(column)]


@pytest.fixture(scope="module")
def cells(abreast):
    """Every cell that the program has; of stack and finals the variants that are recorded, for the list has none."""
    done = run(abreast, "list", "--variants", "--tsv")
    assert done.returncode == 0, done.stderr
    found = {tuple(line.split("\t")[:4]) for line in done.stdout.splitlines()[1:]}
    for path in (ROOT / "tests" / "python" / "golden").glob("*.tsv"):
        found |= {tuple(line.split("\t")[:4]) for line in path.read_text().splitlines()[1:]}
    return found


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_names_cells_that_there_are(template, cells):
    wanted = [one.ours[:4] for _, one in paper_tables.cells_of(template)]
    wanted += [(one.ours[0], *one.less, one.ours[3]) for _, one in paper_tables.cells_of(template) if one.less]
    assert wanted
    built = {name for name, *_ in cells}
    for experiment, model, mechanism, variant in wanted:
        assert experiment in built
        if model.startswith("cxx-") and not any(there[1] == model for there in cells):
            continue  # built without a C++20 compiler
        counted = experiment == "phases" and variant in ("stream=ready", "stream=later")
        assert (experiment, model, mechanism, "*" if counted else variant) in cells


def test_every_published_figure_of_a_table_is_in_its_template():
    """But for those of the discussion and of bridges, which have no table."""
    used = {(*one.source, one.row, one.column) for template in TEMPLATES for _, line in template.rows
            for one in line or [] if one.column}
    for source, table, label, column, *_ in published.read(PAPER):
        if not source.startswith("discussion") and not table.startswith("bridge: "):
            assert (source, table, label, column) in used


def test_what_is_as_published_is_judged_so():
    tables = {table.name: table for table in paper_tables.build(PAPER, made())}
    verdicts = plain(" ".join(table.verdict for table in tables.values()))
    assert "paper-absent" not in tables
    assert "not measured in this run" not in verdicts
    assert "the other way round" not in verdicts
    for same, of_all in re.findall(r"(\d+) of (\d+) (?:cells|pairs)? ?as published", verdicts):
        assert same == of_all
    assert "8 of 8 cells as published" in plain(tables["paper-capy-grid-sender-task"].verdict)
    assert "counts: 18 of 18 cells as published." in plain(tables["paper-p4255r0-2"].verdict)


def test_what_a_judgement_counts_links_to_its_rows():
    """Each number to the first of the rows that it counts; a ratio to its own."""
    results = {name: [replace(entry, line=line) for line, entry in enumerate(rows, 2)] for name, rows in made().items()}
    lines = {entry.name: entry for rows in results.values() for entry in rows}
    for name, metrics in {
        "capy-grid-sender-task": ["allocs_per_op", "ns_per_op", "ns_per_op"],
        "p2583r0-7-1-stack": ["stack_growth"] * 2,
        "p4003r4-3-5": ["ns_per_op"] + ["ratio_to_malloc"] * 4,
    }.items():
        found = links.LINK.findall(of(results, name).verdict)
        assert [lines[row].metric for row, _ in found] == metrics, name


def test_one_value_changes_cell_ratio_and_judgement():
    results = made()
    before = of(results, "capy-grid-sender-pipeline")
    assert cell(before, "native", "A: sender, here / published") == "1.00"
    place = ("grid", "pipeline-trampoline", "stream=native")
    after = of(changed(results, *place, "ns_per_op", value=68.6, low=68.0, high=69.2), "capy-grid-sender-pipeline")
    assert cell(after, "native", "A: sender, ns, here") == "68.6 (68 to 69.2)"
    assert cell(after, "native", "A: sender, here / published") == "2.00"
    said = plain(after.verdict)
    assert "5 of 7 pairs as published, 2 of 7 the other way round" in said
    assert "native, A: sender beside abstract, A: sender" in said
    assert "native, A: sender beside synchronous" not in said  # follows from others, or is of unlike reads
    more = changed(results, *place, "allocs_per_op", value=1.0, low=1.0, high=1.0)
    said = verdict_of(more, "capy-grid-sender-pipeline")
    assert "allocations: 7 of 8 cells as published (not: native)" in said


def test_intervals_that_overlap_say_nothing():
    results = made()
    after = changed(results, "grid", "pipeline-trampoline", "stream=native", "ns_per_op", low=1.0, high=99.0)
    assert "not told apart by their intervals" in of(after, "capy-grid-sender-pipeline").verdict


def test_a_cost_in_words_is_left_to_the_claims():
    """Symmetric transfer that costs more than the floor is not "as published" for costing less than another bridge."""
    place = ("mitigations", "transfer", "completes=inline", "instructions_per_op")
    table = of(changed(made(), *place, value=90.0), "p2583r0-7-1-mitigations")
    assert table.verdict == "" and "p2583-7.1-transfer-free" in table.note
    column = "instructions more than the floor"
    assert cell(table, "symmetric transfer", column).startswith("+8")
    assert "p2583-7.1-transfer-free\t" in (PAPER / "claims.tsv").read_text()


def test_growth_is_judged_by_settings():
    results = made()
    assert "awaited in a loop at 1 of 1 settings" in verdict_of(results, "p2583r0-7-1-stack")
    place = ("stack", "transfer", "-", "stack_growth")
    rows = [entry if (entry.model, entry.mechanism) != ("cxx-awaitable", "transfer") else replace(entry, text="linear")
            for entry in results["stack"]]
    after = of({**results, place[0]: rows}, "p2583r0-7-1-stack")
    assert "N synchronous awaits in a loop at 0 of 1 settings" in plain(after.verdict)
    assert cell(after, "N synchronous awaits in a loop", "symmetric transfer, here").startswith("linear at 1 of 1")


def test_a_published_speed_is_reached_or_not():
    results = made()
    place = ("frames", "mimalloc", "workload=p4003,task=awaitable,process=child", "ratio_to_malloc")
    after = of(changed(results, *place, value=0.9, low=0.88, high=0.92), "p4003r4-3-5")
    assert cell(after, "mimalloc", "times as fast as the default, here") == "1.11 (1.09 to 1.14)"
    assert "; mimalloc 2.42 is not reached, here 1.11 (1.09 to 1.14); " in plain(after.verdict)


def test_what_was_not_measured_is_said():
    results = made()
    del results["grid"]
    tables = {table.name: table for table in paper_tables.build(PAPER, results)}
    assert "paper-capy-grid-sender-task" not in tables
    absent = [line[0] for line in tables["paper-absent"].rows]
    assert "P4255R0 11.5: a type-erased read" in absent
    assert cell(tables["paper-p4003r4-6"], "per-operation allocation", "sender, here") == "no grid.tsv"
    assert "Not measured in this run: 2 cells (per-operation allocation)" in tables["paper-p4003r4-6"].verdict
    assert paper_tables.build(PAPER, {})[0].name == "paper-absent"
    assert own_tables.build(PAPER, {}) == []


def test_a_wrong_template_is_refused(tmp_path):
    shutil.copy(PAPER / "published.tsv", tmp_path)
    (tmp_path / "tables").mkdir()
    path = tmp_path / "tables" / "01-x.tsv"
    lines = "title\tx\nsource\tCorosio\tinline-completion budget\nlabel\tx\ncolumn\tpair\tx\n"
    for line, complaint in (("row\tadaptive\trange = a b", "01-x.tsv:5: not one of our cells"),
                            ("rows\tadaptive", "01-x.tsv:5: not a line of a template"),
                            ("row\tadaptive\tno such = mitigations a b c d", "nothing is published under")):
        path.write_text(lines + line + "\n")
        with pytest.raises(ValueError, match=complaint):
            paper_tables.build(tmp_path, made())


# ---- Our own tables ----


def own(results, name):
    return next(table for table in own_tables.build(PAPER, results) if table.name == name)


def costed():
    """A mechanism with its stack, what that rests on, its cost and the floor's."""
    inline = "completes=inline"
    stack = [row("stack", "awaitable", "ready", "-", "stack_growth", "constant", unit="-"),
             row("stack", "awaitable", "ready", "-", "stack_guarantee",
                 "construction (nothing is resumed): confirmed in 1 of 1 cells", unit="-", toolchain=MAIN)]
    cost = [row("mitigations", "raw", "floor", inline, "instructions_per_op", 5.0, unit="instructions"),
            row("mitigations", "awaitable", "ready", inline, "instructions_per_op", 20.0, unit="instructions"),
            row("mitigations", "awaitable", "ready", inline, "allocs_per_op", 0.0),
            row("mitigations", "awaitable", "ready", inline, "ns_above_floor", 0.6, 0.2, 1.0, unit="ns")]
    return {"stack": stack, "mitigations": cost}


def test_a_mechanism_has_one_row():
    table = own(costed(), "mechanisms")
    line = next(line for line in table.rows if line[0] == "ready")
    assert line == ["ready", "1 of 1", "construction", "0", "15", "0.6 (0.2 to 1)", "-", "mitigations"]
    assert line[1].rows[0].metric == "stack_growth" and line[1].kind == "constant"
    luck = costed()
    luck["stack"][1] = replace(luck["stack"][1], text="optimiser (sibling call): no growth in 1 of 1 cells")
    assert next(line for line in own(luck, "mechanisms").rows if line[0] == "ready")[2] == "luck"


def test_cost_is_above_the_floor():
    assert own(costed(), "cost-above-floor").rows == [["awaitable ready", "15", "0.6 (0.2 to 1)", "-", "-"]]


def test_which_gives_less_is_computed():
    def of_inline(awaitable, sender):
        return {"mitigations": [
            row("mitigations", "awaitable", "transfer", "completes=inline", "ns_above_floor", *awaitable, unit="ns"),
            row("mitigations", "sender", "p2300", "completes=inline", "ns_above_floor", *sender, unit="ns")]}

    within_placement = (3.5, 3.4, 3.6)
    for sender, word in (((9, 8, 10), "awaitables"), ((0.5, 0.4, 0.6), "senders"), ((5, 0.5, 6), "not told apart"),
                         (within_placement, "not told apart")):
        table = own(of_inline((4, 3.9, 4.1), sender), "gives-and-takes")
        label = "inside co_await: symmetric transfer; the bridge as P2300R10 writes it"
        assert cell(table, label, "less") == word


def test_senders_stand_in_their_shipped_forms_too():
    """Each means of the model as written has beside it those that libraries ship, against the same awaitable."""
    template = next(one for one in TEMPLATES if one.name == "gives-and-takes")
    named = {one.ours[:3] for _, one in paper_tables.cells_of(template) if one.ours}
    for experiment, mechanisms in {"stack": ("handshake", "task-transfer"), "mitigations": ("member", "inline-known"),
                                   "grid": ("task-p2300-any-sender", "task-p2300-table-sender")}.items():
        for mechanism in mechanisms:
            assert {(experiment, model, mechanism) for model in ("sender", "cxx-sender")} & named, mechanism
    under_floor = [label for label, cells in template.rows if cells and cells[1].ours[-1:] == ("stop_latency_ns",)]
    assert not under_floor


def test_the_appendix_has_every_claim():
    verdict = Verdict("a-b", "words", "P1", "2", "stack", "rule", "holds", "", cited("1"), "",
                      "abreast claim a-b", 0.26, ())
    table = own_tables.artifact([verdict, replace(verdict, minutes=None)])
    assert table.rows[0] == ["a-b", "P1 2", "holds", "abreast claim a-b", "0.3"]
    assert table.rows[1][-1] == "?"


def test_in_cxx_the_same_is_so_at_every_setting():
    """Both grow at some settings; that they are others is said."""
    def line(model, growths):
        rows = [row("stack", model, "transfer", "-", "stack_growth", growth, unit="-",
                    toolchain=f"gcc-12.2.0 {level} sib=on exc=off san=none") for level, growth in growths.items()]
        cells = cells_of(rows)
        return matrix.Line(list(cells), cells)

    c = line("awaitable", {"O0": "linear", "O1": "constant", "O2": "constant"})
    alike = line("cxx-awaitable", {"O0": "linear", "O1": "constant", "O2": "constant"})
    other = line("cxx-awaitable", {"O0": "constant", "O1": "linear", "O2": "constant"})
    assert matrix.twin(c, [alike]) == "the same"
    assert matrix.twin(c, [other]) == "grows at some; unlike C at 2 of 3 settings"


def test_rows_under_a_heading_are_counted_without_it():
    table = Table("x", "x", ["a", "b"], [Heading("h", 2), ["x", "1"]], detail=True)
    assert "<summary>1 row</summary>" in table.html()


# ---- LaTeX ----


def balanced(text):
    """Braces and environments close in the order in which they were opened."""
    depth, stack = 0, []
    for sign, kind, name in re.findall(r"(?<!\\)([{}])|\\(begin|end)\{(\w+)\}", text):
        if kind == "begin":
            stack.append(name)
        elif kind == "end":
            assert stack.pop() == name
        else:
            depth += 1 if sign == "{" else -1
            assert depth >= 0
    return depth == 0 and not stack


def cells_in(line):
    return len(re.split(r"(?<!\\)&", line))


@pytest.mark.parametrize("table", paper_tables.build(PAPER, made()) + own_tables.build(PAPER, made()), ids=str)
def test_latex_closes_what_it_opens(table):
    text = table.latex()
    assert balanced(text)
    assert text.isascii()
    assert not re.search(r"(?<!\\)[%#_&]", re.sub(r" & |\\label\{.*", "", text.partition("\n")[2]))
    for columns, body in re.findall(r"\\begin\{tabular\}\{@\{\}(.*?)@\{\}\}\n(.*?)\\end\{tabular\}", text, re.DOTALL):
        for line in body.splitlines():
            if line.endswith(" \\\\") and "multicolumn" not in line:
                assert cells_in(line) == len(re.findall(r"[lr]|p\{.*?\}", columns))


def widths(text):
    """Of each table of a LaTeX file the characters across, as far as its columns say."""
    for columns, body in re.findall(r"\\begin\{tabular\}\{@\{\}(.*?)@\{\}\}\n(.*?)\\end\{tabular\}", text, re.DOTALL):
        lines = [line for line in body.splitlines() if line.endswith(" \\\\") and "multicolumn" not in line]
        rows = [line[:-3].split(" & ") for line in lines]
        kinds = re.findall(r"[lr]|p\{([\d.]+)em\}", columns)
        yield sum(2 * float(kind) if kind else max(len(row[i]) for row in rows) for i, kind in enumerate(kinds))


def wide(columns, group=0):
    names = [f"col{index}" for index in range(columns)]
    heads = [("", names[:1])] + [("g", names[i:i + group]) for i in range(1, columns, group)] if group else []
    return Table("x", "wide", names, [["a row", *("1234567890" for _ in names[1:])]] * 3, heads=heads)


def test_latex_is_no_wider_than_a_page():
    fits, smaller, parted, grouped = (each.latex() for each in (wide(6), wide(8), wide(21), wide(21, 5)))
    assert "resizebox" not in fits and fits.startswith("% Needs \\usepackage{booktabs} and")
    assert smaller.count("\\resizebox{\\textwidth}{!}{\\begin{tabular}") == smaller.count("\\end{tabular}}") == 1
    assert smaller.startswith("% Needs \\usepackage{booktabs,graphicx} and")
    assert parted.count("\\begin{table}") == 3 and "wide, part 3 of 3" in parted and balanced(parted)
    assert parted.count("\na row & ") == 9 and all(f"col{index} " in parted for index in range(21))
    assert grouped.count("{g}") == 4 and "\\multicolumn{5}{c}{g}" in grouped and balanced(grouped)
    assert all(across * latex.SMALLEST < latex.WHOLE for text in (smaller, parted, grouped) for across in widths(text))


def test_latex_escapes_and_breaks_pages():
    table = Table("x", "50 % of a_b & {c} → d", ["name", "value"], [Heading("first #1", 2)], "~^\\ ± é")
    table.rows += [[f"row_{index}", cited("1 < 2")] for index in range(100)]
    text = table.latex()
    assert "50 \\% of a\\_b \\& \\{c\\} $\\rightarrow$ d, part 1 of 3" in text
    assert "\\textasciitilde{}\\textasciicircum{}\\textbackslash{} $\\pm$ ?" in text
    assert "\\multicolumn{2}{l}{\\textbf{first \\#1}}" in text
    assert text.count("\\begin{table}") == text.count("\\toprule") == 3
    assert sum(f"row\\_{index} &" in text for index in range(100)) == 100
    assert latex.escaped("1 < 2") == "1 \\textless{} 2"
    assert latex.escaped("[*] a --claim") == "{[}{*}] a -{}-claim"


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no LaTeX is installed")
def test_latex_compiles(tmp_path):
    tables = paper_tables.build(PAPER, made())
    for table in tables:
        (tmp_path / f"{table.name}.tex").write_text(table.latex())
    inputs = "".join(f"\\input{{{table.name}.tex}}\n\\clearpage\n" for table in tables)
    text = f"\\documentclass{{article}}\\usepackage{{booktabs}}\\begin{{document}}\n{inputs}\\end{{document}}\n"
    (tmp_path / "all.tex").write_text(text)
    done = run("pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-2000:]


# ---- HTML ----


def test_a_cell_links_to_its_row_on_the_page_and_not_on_paper():
    entry = replace(row("grid", "raw", "floor", "-", "ns_per_op", 1.0), line=17)
    table = Table("x", "x", ["a", "b"], [["x", cited("1", entry)]])
    assert '<a class=row href="#grid-17">1</a>' in table.html()
    assert "<a " not in table.printed()
    assert list(table.cited_rows()) == [entry]


def test_columns_stand_in_groups():
    table = of(made(), "p4255r0-11-5")
    head = re.search(r"<thead>(.*?)</thead>", table.html()).group(1)
    assert head.count("<tr>") == 2
    assert "colspan=5>awaitable</th>" in head
    assert "\\multicolumn{5}{c}{awaitable}" in table.latex()
