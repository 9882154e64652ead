"""What the whole page needs, whoever wrote its parts: an id on every heading, table and figure, with an anchor; a sign
at tables that are wider than a phone; and the rows that figures link to."""

import html
import re

HEADING = re.compile(r"<(h[23])(?: id=([\w.-]+))?>(.*?)</\1>", re.DOTALL)
TABLE = re.compile(r"<figure class=table(?: id=([\w.-]+))?>\s*<figcaption>(.*?)</figcaption>", re.DOTALL)
SCROLL = re.compile(r"<div class=scroll><table(?: class=tight)?>\n<thead><tr>(.*?)</tr></thead>", re.DOTALL)
ID = re.compile(r"\bid=\"?([\w.-]+)")
ROW_LINK = re.compile(r'<a class=row href="#([^"]*)">(.*?)</a>', re.DOTALL)
WIDE = {4: "wide", 9: "very wide", 13: "widest wide"}  # columns that a phone, half a window, a page does not hold
COLUMN = re.compile(r"<th scope=col\b(?!group)")


def slug(text):
    words = re.sub(r"<[^>]*>|&\w+;", " ", text).lower()
    return re.sub(r"[^a-z0-9]+", "-", words).strip("-")[:60].rstrip("-") or "part"


def anchor(name):
    return f' <a class=anchor href="#{name}" aria-label="link to this">#</a>'


class Names:
    """Gives ids, each once."""

    def __init__(self, text):
        self.taken = set(ID.findall(text))

    def new(self, wanted):
        name, number = wanted, 2
        while name in self.taken:
            name, number = f"{wanted}-{number}", number + 1
        self.taken.add(name)
        return name


def with_anchors(text):
    """Headings and tables without an id get one from their words; all get an anchor."""
    names = Names(text)

    def heading(match):
        name = match.group(2) or names.new(slug(match.group(3)))
        return f'<{match.group(1)} id="{name}">{match.group(3)}{anchor(name)}</{match.group(1)}>'

    def table(match):
        name = match.group(1) or names.new(f"table-{slug(match.group(2))}")
        return f'<figure class=table id="{name}">\n<figcaption>{match.group(2)}{anchor(name)}</figcaption>'

    return TABLE.sub(table, HEADING.sub(heading, text))


def with_signs(text):
    """Says of a table that scrolls in its box that it does: CSS shows it where the table is wider than the window."""

    def sign(match):
        columns = len(COLUMN.findall(match.group(1)))
        kind = [kind for least, kind in WIDE.items() if columns >= least][-1:]
        if not kind:
            return match.group(0)
        head = f"<div class=\"scroll {kind[0]}\" tabindex=0 role=region aria-label=\"table, scrolls sideways\">"
        return match.group(0).replace("<div class=scroll>", head)

    return SCROLL.sub(sign, text)


def without_links(text):
    """For paper, where the rows are not."""
    return ROW_LINK.sub(r"\2", text)


def number(value):
    return f"{value:.10g}" if value is not None else "?"


def cited_rows(text, results):
    """The rows that the page links to, under their ids; (HTML, how many). A link to no row is an error."""
    wanted = {}
    for name in dict.fromkeys(target for target, _ in ROW_LINK.findall(text)):
        experiment, _, line = html.unescape(name).rpartition("-")
        wanted.setdefault(experiment, set()).add(int(line))
    parts = ""
    for experiment in sorted(wanted):
        rows = {row.line: row for row in results[experiment]}
        body, setting = "", None
        for line in sorted(wanted[experiment]):
            row = rows[line]
            if row.toolchain != setting:
                setting = row.toolchain
                body += f"<tr><th colspan=5>{html.escape(setting)}</th></tr>\n"
            variant = "" if row.variant == "-" else f" {row.variant.replace(',', ', ')}"
            value = number(row.value) if row.value is not None else row.text
            apart = "" if row.exact or row.value is None else f"{number(row.low)} to {number(row.high)}"
            unit = "" if row.unit == "-" else row.unit
            cells = [f"{row.model} {row.mechanism}{variant}", row.metric, f"{value} {unit}"]
            cells += [apart] if apart else []
            # Without the closing tags that HTML does without: thousands of rows.
            body += f'<tr id="{html.escape(experiment)}-{line}"><td>{line}'
            body += "".join(f"<td>{html.escape(cell)}" for cell in cells) + "\n"
        parts += (
            f'<details><summary>results/{html.escape(experiment)}.tsv: {len(wanted[experiment])} of '
            f"{len(rows)} rows</summary>\n<div class=scroll><table class=rows>\n<thead><tr><th>line</th><th>cell</th>"
            f"<th>metric</th><th>value</th><th>99 % interval</th></tr></thead>\n<tbody>\n{body}</tbody></table></div>"
            "</details>\n"
        )
    return parts


RGB = re.compile(r"rgb\(\s*(\d+),\s*(\d+),\s*(\d+)\)")
NOTHING = re.compile(r"<path [^>]*\bd='M[\d.,\s-]*'/>|<desc>.*?</desc>|<g [^>]*></g>")


def smaller_svg(text):
    """What gnuplot writes in about half the bytes, drawn the same: no moves without a line, a font named once."""
    text = re.sub(r">\s+<", "><", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL))
    text = RGB.sub(lambda match: "#" + "".join(f"{int(part):02x}" for part in match.groups()), text)
    font = ' font-family="DejaVu Sans"'
    if font in text:
        text = text.replace(font, "").replace("<svg", f"<svg{font}", 1)
    for _ in range(2):
        text = NOTHING.sub("", text)
    return text


def data_html(path):
    """A figure's data, one click away."""
    if not path.exists():
        return ""
    text = html.escape(path.read_text(encoding="utf-8").strip())
    return (
        f"<details class=data><summary>data of this figure (figures/{path.name})</summary>\n"
        f"<div class=scroll><pre>{text}</pre></div></details>\n"
    )
