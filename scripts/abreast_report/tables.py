"""A table that can be written as Markdown, TSV, LaTeX and HTML, and a file that appears only when it is complete."""

import html
import os
from dataclasses import dataclass, field
from pathlib import Path

from . import latex, links


SENTENCE = 48  # letters of a cell beyond which its column is one of words


class Mark(str):
    """A cell's text with a kind, which the report shows by colour and never by colour alone."""

    kind = ""

    def __new__(cls, text, kind):
        mark = super().__new__(cls, text)
        mark.kind = kind
        return mark


class Heading(list):
    """A row of a table that says what the rows below it are."""

    def __init__(self, text, columns):
        super().__init__([text] + [""] * (columns - 1))


def linked(cell, wanted):
    """A cell's text, its figures or the whole of it as a link to the first of the rows that it cites."""
    rows = getattr(cell, "rows", ())
    return links.html(links.linked(str(cell), rows[0].name) if rows else str(cell), wanted)


@dataclass
class Table:
    name: str
    title: str
    columns: list
    rows: list = field(default_factory=list)
    note: str = ""
    detail: bool = False  # folded away on the page, and only named on paper
    verdict: str = ""  # what comes of it, in a line above the table
    essential: bool = False  # never folded away, whatever its length
    tight: bool = False  # no cell is broken into lines
    experiments: tuple = ()  # of a table of the papers: where its figures of ours come from
    heads: list = field(default_factory=list)  # columns in groups: [(group, [column, ...])], where "" is none

    def markdown(self):
        def line(cells):
            return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |\n"

        text = f"## {self.title}\n\n" + (f"{self.verdict}\n\n" if self.verdict else "")
        text += line(self.columns) + line(["---"] * len(self.columns))
        text += "".join(line([f"**{row[0]}**", *row[1:]] if isinstance(row, Heading) else row) for row in self.rows)
        return text + (f"\n{self.note}\n" if self.note else "")

    def tsv(self):
        return "".join("\t".join(str(cell) for cell in row) + "\n" for row in [self.columns, *self.rows])

    def latex(self):
        return latex.latex(self, lambda row: isinstance(row, Heading))

    def cited_rows(self):
        """The rows of results that cells cite and html() links to, each once."""
        return dict.fromkeys(row for cells in self.rows for cell in cells for row in getattr(cell, "rows", ())[:1])

    def columns_of_words(self):
        """Those whose cells are read as sentences, and begin at the left."""
        rows = [row for row in self.rows if not isinstance(row, Heading)]
        return {index for row in rows for index, cell in enumerate(row) if len(links.plain(str(cell))) > SENTENCE}

    def head(self):
        def line(cells):
            return f"<tr>{''.join(cells)}</tr>"

        if not self.heads:
            return line(f"<th scope=col>{html.escape(str(cell))}</th>" for cell in self.columns)
        above, below = [], []
        for name, columns in self.heads:
            if name:
                above.append(f"<th scope=colgroup class=over colspan={len(columns)}>{html.escape(name)}</th>")
                below += [f"<th scope=col>{html.escape(column)}</th>" for column in columns]
            else:
                above += [f"<th scope=col rowspan=2>{html.escape(column)}</th>" for column in columns]
        return line(above) + line(below) if below else line(above).replace(" rowspan=2", "")

    def html(self, wanted=True):
        body, words = "", self.columns_of_words()
        for row in self.rows:
            if isinstance(row, Heading):
                body += f"<tr><th scope=rowgroup class=group colspan={len(row)}>{html.escape(row[0])}</th></tr>\n"
                continue
            cells = []
            for index, cell in enumerate(row):
                if index == 0:
                    cells.append(f"<th scope=row>{html.escape(str(cell))}</th>")
                else:
                    kind = getattr(cell, "kind", "")
                    kind = f'"{kind} words"' if kind and index in words else kind or ("words" if index in words else "")
                    cells.append(f"<td{f' class={kind}' if kind else ''}>{linked(cell, wanted)}</td>")
            body += "<tr>" + "".join(cells) + "</tr>\n"
        note = f"<p class=note>{links.html(self.note, wanted)}</p>\n" if self.note else ""
        title = html.escape(self.title)
        verdict = f"<p class=verdict>{links.html(self.verdict, wanted)}</p>\n" if self.verdict else ""
        tight = " class=tight" if self.tight else ""
        parts = f"<thead>{self.head()}</thead>\n<tbody>\n{body}</tbody>\n"
        table = f"<div class=scroll><table{tight}>\n{parts}</table></div>\n"
        if self.long:
            count = sum(not isinstance(row, Heading) for row in self.rows)
            table = f"<details><summary>{count} row{'' if count == 1 else 's'}</summary>\n{table}</details>\n"
        return f"<figure class=table><figcaption>{title}</figcaption>\n{verdict}{table}{note}</figure>\n"

    @property
    def long(self):
        return self.detail or (len(self.rows) > 60 and not self.essential)

    def printed(self):
        """As html(), but a table of details or of more than a page is only named: nobody reads that on paper."""
        if self.essential or (len(self.rows) <= 24 and not self.detail):
            return self.html(wanted=False)
        title = html.escape(self.title)
        return f"<p><b>{title}</b>: {len(self.rows)} rows, in tables/{self.name}.md and in report.html.</p>\n"


@dataclass
class Section:
    """What the report says about one experiment."""

    experiment: str
    short: str = ""  # what was found, in a line
    headline: str = ""  # the main findings, a line each
    findings: list = field(default_factory=list)  # the rest, a sentence or two each
    tables: list = field(default_factory=list)
    data: str = ""  # for the figure's gnuplot script; empty: no figure
    more_data: dict = field(default_factory=dict)  # further figures: {name: data}


def write_file(path, text):
    """Writes aside and renames, so that the final name never holds half a file; of links what they say."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(links.plain(text), encoding="utf-8")
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
