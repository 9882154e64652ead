"""The papers' tables in the papers' own layout, each published figure with ours beside it: paper/tables/*.tsv.

A template is lines of tab-separated fields, the first of which says what the line is:

    title   the table's title
    source  the source and the table of the rows that follow, as paper/published.tsv names them
    label   what the first column is
    column  a kind, and the paper's name of the column; in the paper's order
    heading a line above the rows that follow
    row     the row's label, and one cell for each column
    note    what a reader must know, among it what cannot be rebuilt

A cell is "PUBLISHED = OURS", either side of which may be missing, or "-". PUBLISHED is the column in published.tsv,
whose row is the label unless it stands in brackets before it: "[MSVC / recycling] time". OURS is an experiment, a
model, a mechanism, a variant and a metric, and, where one compiler alone is meant, its name. Kinds:

    text    what is published, as words; or the template's own, after a double quote
    note    the words published with a figure
    pair    published and here: a count, size, growth class, or yes (nothing is counted here) and no
    time    published, here with its interval, and here over published
    order   the same without the last, where the units are not the same
    read    the same of ns_per_op, and allocations published and here
    speed   the published ratio to a default allocator, and ours, how many times as fast
    more    instructions more than another mechanism: "... less MODEL MECHANISM"
    here    ours alone
"""

from pathlib import Path

from . import published, shape
from .finding import ends
from .published import Figures
from .ratios import shown_speed
from .rows import cited, shown, shown_row
from .tables import Heading, Mark, Table

HEADS = {  # the columns of a kind; one alone has the paper's name
    "text": ("",),
    "note": ("",),
    "pair": ("published", "here"),
    "time": ("published", "here", "here / published"),
    "order": ("published", "here"),
    "read": ("ns, published", "ns, here", "here / published", "allocations, published", "allocations, here"),
    "speed": ("published", "here"),
    "more": ("",),
    "here": ("",),
}
MISSING = "not measured"


class Template:
    """One file of paper/tables."""

    def __init__(self, path):
        self.name = path.stem.partition("-")[2]  # without its number, which gives the order
        self.title = self.label = self.note = ""
        self.columns, self.rows, source = [], [], ()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            word, *fields = line.split("\t")
            where = f"{path.name}:{number}"
            if word == "column" and len(fields) == 2 and fields[0] in HEADS:
                self.columns.append(tuple(fields))
            elif word == "row" and len(fields) == 1 + len(self.columns):
                self.rows.append((fields[0], [Cell(text, source, fields[0], where) for text in fields[1:]]))
            elif word == "heading" and len(fields) == 1:
                self.rows.append((fields[0], None))
            elif word == "source" and len(fields) == 2:
                source = tuple(fields)
            elif word in ("title", "label", "note") and len(fields) == 1:
                setattr(self, word, f"{getattr(self, word)} {fields[0]}".strip())
            else:
                raise ValueError(f"{where}: not a line of a template: {line}")


class Cell:
    """What is published under (row, column), and which of our cells stands for it."""

    def __init__(self, text, source, label, where):
        self.source = source
        published, equals, ours = (part.strip() for part in text.partition("= ")) if "= " in text else (text, "", "")
        self.words = published[1:] if published.startswith('"') else ""
        self.row, self.column = label, "" if published == "-" or self.words else published
        if published.startswith("["):
            self.row, _, self.column = published[1:].partition("] ")
        ours, _, less = ours.partition(" less ")
        self.less = tuple(less.split())
        self.ours = tuple(ours.split())
        if equals and (len(self.ours) not in (4, 5, 6) or len(self.less) not in (0, 2)):
            raise ValueError(f"{where}: not one of our cells: {text}")


class Ours:
    """The rows of our cells: {(experiment, model, mechanism, variant, metric): [Row]}, without sanitizers."""

    def __init__(self, results):
        self.results = results
        self.found = {}
        for rows in results.values():
            for row in rows:
                if row.toolchain.endswith(" san=none"):
                    key = (row.experiment, row.model, row.mechanism, row.variant, row.metric)
                    self.found.setdefault(key, []).append(row)

    def rows(self, ours, metric=""):
        experiment, model, mechanism, variant, *more = ours
        rows = self.found.get((experiment, model, mechanism, variant, metric or (more or [""])[0]), [])
        return [row for row in rows if row.setting.compiler.startswith(more[1])] if len(more) > 1 else rows

    def row(self, ours, metric=""):
        """The one that is timed, or the first: of counts, which are the same everywhere or shown as a range."""
        rows = self.rows(ours, metric)
        return next((row for row in rows if row.value is not None or row.text not in ("?", "")), None)

    def why(self, ours):
        """Why there is no row."""
        return f"no {ours[0]}.tsv" if ours[0] not in self.results else MISSING


def read(paper, folder="tables"):
    return [Template(path) for path in sorted((Path(paper) / folder).glob("*.tsv"))]


def build(paper, results):
    """The tables of all templates, in the order of their files' names; those of which nothing was measured in one."""
    figures, ours = Figures(published.read(paper)), Ours(results)
    templates = read(paper)
    for template in templates:
        check(template, figures)
    absent = [template for template in templates if not any(ours.row(cell.ours, m) for m, cell in wanted(template))]
    found = [table(template, figures, ours) for template in templates if template not in absent]
    return found + ([absent_table(absent)] if absent else [])


def check(template, figures):
    for cell in [cell for _, cells in template.rows for cell in cells or [] if cell.column]:
        if not figures.get(*cell.source, cell.row, cell.column):
            raise ValueError(f"{template.name}: nothing is published under {cell.row}, {cell.column}")


def wanted(template):
    """[(metric, Cell)]: the metric of those cells that do not name it."""
    return [("ns_per_op" if len(cell.ours) == 4 else "", cell) for _, cell in cells_of(template)]


def absent_table(templates):
    body = [
        [template.title, ", ".join(dict.fromkeys(cell.ours[0] for _, cell in cells_of(template)))]
        for template in templates
    ]
    return Table(
        "paper-absent",
        "Published tables of which this run measured nothing",
        ["table", "experiments that it needs"],
        body,
    )


def table(template, figures, ours):
    judge = shape.Judge()
    columns, heads = [template.label], [("", [template.label])]
    for kind, name in template.columns:
        columns += [", ".join(word for word in (name, more) if word) for more in HEADS[kind]]
        heads.append((name, HEADS[kind]) if len(HEADS[kind]) > 1 else ("", [name]))
    body, group = [], 0
    for label, cells in template.rows:
        if cells is None:
            group += 1
            body.append(Heading(label, len(columns)))
            continue
        line = [label]
        for index, cell in enumerate(cells):
            kind = template.columns[index][0]
            figure = figures.get(*cell.source, cell.row, cell.column) if cell.column else None
            place = shape.Place(label, template.columns[index][1], group)
            line += KINDS[kind](cell, figure, ours, judge, place)
        body.append(line)
    found = Table(f"paper-{template.name}", template.title, columns, body, template.note, essential=True)
    found.verdict, found.heads = judge.text(), heads
    found.experiments = tuple(dict.fromkeys(cell.ours[0] for _, cell in cells_of(template)))
    return found


# ---- A kind each: the cells of a table that a template's cell becomes ----


def said(figure):
    return figure.value if figure else "-"


def absent(cell, ours):
    return Mark(ours.why(cell.ours), "missing") if cell.ours else "-"


def text(cell, figure, ours, judge, place):
    unit = f" {figure.unit}" if figure and figure.numbers else ""
    return [cell.words or said(figure) + unit]


def note(cell, figure, ours, judge, place):
    return [figure.note if figure else "-"]


def here(cell, figure, ours, judge, place):
    return [measured(cell, ours) if cell.ours else "-"]


def measured(cell, ours):
    """Ours in one cell: a growth class with how often, else a value; a count that settings differ in, as a range."""
    rows = ours.rows(cell.ours)
    if not rows:
        return absent(cell, ours)
    if rows[0].metric == "stack_growth":
        return growth(rows)
    row, known = ours.row(cell.ours), [row for row in rows if row.value is not None]
    if known and all(row.exact for row in known) and row.unit in ("count", "B"):
        return ends(known)
    return shown_row(row or rows[0])


def growth(rows):
    """"linear at 20 of 24 settings, 6 of 8 at O2"."""
    known = [row for row in rows if row.text in shape.GROWTH]
    if not known:
        return Mark("?", "missing")
    grown, kind = shape.grown(known), "linear"
    if not grown:
        kind = "constant" if all(row.text == "constant" for row in known) else "bounded"
        return cited(Mark(f"{kind} at {len(known)} of {len(known)} settings", kind), known[0])
    at_o2 = [row for row in known if dict(row.setting.options).get("opt") == "O2"]
    words = f"linear at {len(grown)} of {len(known)} settings"
    words += f", {len(shape.grown(at_o2))} of {len(at_o2)} at O2" if at_o2 else ""
    return cited(Mark(words, "linear" if len(grown) == len(known) else "bounded"), grown[0])


def pair(cell, figure, ours, judge, place):
    rows = ours.rows(cell.ours) if cell.ours else []
    found = measured(cell, ours) if cell.ours else "-"
    if figure and rows:
        if rows[0].metric == "stack_growth":
            judge.growth(figure, place, rows)
        elif figure.value in ("yes", "no") and rows[0].value is not None:
            found = cited(f"{'no' if rows[0].value else 'yes'} ({shown(rows[0].value)})", rows[0])
            judge.count(figure.value == ("no" if rows[0].value else "yes"), place, figure.unit, rows[0])
        elif figure.numbers and all(row.value is not None for row in rows):
            judge.count(all(figure.has(row.value) for row in rows), place, figure.unit, rows[0])
    if figure and cell.ours and not rows:
        judge.missing(place)
    return [said(figure), found]


def time(cell, figure, ours, judge, place, metric=""):
    row = ours.row(cell.ours, metric) if cell.ours else None
    if not cell.ours:
        return [said(figure), "-", "-"]
    if row is None or row.value is None:
        judge.missing(place)
        return [said(figure), absent(cell, ours) if row is None else shown_row(row), "-"]
    judge.time(figure, place, row)
    ratio = f"{row.value / figure.number:.2f}" if figure and figure.number and row.unit == figure.time else "-"
    return [said(figure), shown_row(row), cited(ratio, row)]


def order(cell, figure, ours, judge, place):
    return time(cell, figure, ours, judge, place)[:2]


def read_of(cell, figure, ours, judge, place):
    allocated = ours.row(cell.ours, "allocs_per_op")
    published = figure.allocations if figure else None
    if published is not None and allocated is not None and allocated.value is not None:
        judge.count(published == allocated.value, place, "allocations", allocated)
    count = absent(cell, ours) if allocated is None else shown_row(allocated)
    return [
        *time(cell, figure, ours, judge, place, "ns_per_op"),
        "-" if published is None else shown(published),
        count,
    ]


def speed(cell, figure, ours, judge, place):
    row = ours.row(cell.ours) if cell.ours else None
    published = f"{figure.ratio:.2f}" if figure and figure.ratio else said(figure)
    if row is None:
        if cell.ours:
            judge.missing(place)
        return [published, absent(cell, ours)]
    judge.speed(figure, place, row)
    return [published, cited(shown_speed(row), row)]


def more(cell, figure, ours, judge, place):
    row = ours.row(cell.ours)
    experiment, _, _, variant, *metric = cell.ours
    base = ours.row((experiment, *cell.less, variant, *metric)) if cell.less else None
    if None in (row, base) or None in (row.value, base.value):
        judge.missing(place)
        return [absent(cell, ours)]
    difference = row.value - base.value
    return [cited(f"{difference:+.1f}", row, base)]


KINDS = {"text": text, "note": note, "pair": pair, "time": time, "order": order, "read": read_of, "speed": speed}
KINDS.update({"more": more, "here": here})


def cells_of(template):
    """[(kind, Cell)] of those that name cells of ours."""
    return [
        (template.columns[index][0], cell)
        for _, cells in template.rows
        for index, cell in enumerate(cells or [])
        if cell.ours
    ]
