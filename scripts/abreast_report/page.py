"""report.html: one file that opens offline, from the templates in paper/; and the shorter page that is printed."""

import html
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import document, executive, glossary, links
from .about_run import UNFINISHED, again, gaps, load, sender_libraries, threads
from .captions import caption

TITLES = {
    "stack": "does the stack grow?",
    "finals": "a task that awaits tasks, as libraries write it",
    "opstate": "what one operation builds",
    "frames": "allocating coroutine frames",
    "grid": "three execution models, four kinds of stream",
    "phases": "what one co_await does",
    "bridges": "from one model to the other",
    "mitigations": "ways out of stack growth, and their cost",
    "syncratio": "operations that complete at once",
    "fanout": "operations at the same time",
    "echo": "the whole loop over sockets",
    "conns": "memory of many connections",
    "stop": "stopping, and errors",
    "compile": "what a C++ compiler spends",
    "calibration": "C beside real C++",
}
MECHANISMS = "bench/stack/mechanisms.def"
CLAIMS = "claims of the papers, judged"
SENTENCES = 6  # of an experiment that are shown at once
PRINTED_SENTENCES = 3
PRINTED_ROWS = 8  # of a table on paper
PRINTED_ESSENTIAL = 16
PRINTED_OWN = 30
FIGURES_FIRST = ("growth",)
FIGURES_OF_A_PAGE = ("stack", "finals", "echo")  # on paper; all others stand beside their section's text
UNDERLINED = "A number that is underlined is a link to the row of results that it comes from."
UNDERLINED_IN_HTML = "In report.html each number is a link to the row of results that it comes from."


@dataclass
class Parts:
    """What the page is made of. results: {experiment: [Row]}; pairs: run.json, flattened."""

    sections: list
    results: dict
    info: dict
    pairs: list
    papers: list  # paper/published.tsv
    published: list = field(default_factory=list)  # tables beside the papers'
    own: list = field(default_factory=list)  # tables of our own over several experiments
    claims: object = None  # a Section
    verdicts: list = field(default_factory=list)
    artifact: list = field(default_factory=list)  # tables: claim, command, minutes


def listed(items):
    return "".join(f"<li>{links.html(item)}</li>\n" for item in items)


def inline_svg(path):
    """The SVG element of a figure, without XML declaration, fit to go into HTML, and named so as to be used twice."""
    if not path.exists():
        return ""
    text, name = path.read_text(encoding="utf-8"), path.stem
    if "<svg" not in text:
        return ""
    text = re.sub(r"\bid=(['\"])", rf"id=\1{name}-", text[text.find("<svg") :])
    text = re.sub(r"(href=['\"]#|url\(#)", rf"\1{name}-", text)
    return document.smaller_svg(text).replace("<svg", f'<svg id="picture-{name}"', 1)


def fill(template, **values):
    """Replaces every {{name}}; a name without a value is an error, so that no template speaks of nothing."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match.group(1)], template)


def title_of(name):
    return f"{name}: {TITLES[name]}" if name in TITLES else CLAIMS if name == "claims" else name


def in_cxx(results):
    """Of which experiments some cells are real C++ as well."""
    named = [name for name in TITLES if any(row.model.startswith("cxx-") for row in results.get(name, []))]
    named = [name for name in named if name != "compile"]  # which has no C
    if not named:
        return "No C++20 compiler was at hand for the cells of real C++;"
    cells = f"{', '.join(named[:-1])} and {named[-1]}" if named[1:] else named[0]
    return f"Beside cells of {cells} stand real C++ coroutines and sender templates;"


class Page:
    def __init__(self, parts, folder, paper, printed):
        self.parts = parts
        self.folder = Path(folder)
        self.paper = Path(paper)
        self.printed = printed
        self.unprinted = []  # (heading, tables) that are only named, at the end of what is printed

    def picture(self, name):
        """The SVG itself, so that the report is one file; on paper the PNG, which every PDF renderer can draw."""
        if self.printed:
            path = self.folder / "figures" / f"{name}.png"
            return f'<img src="figures/{name}.png" alt="">' if path.exists() else ""
        return inline_svg(self.folder / "figures" / f"{name}.svg")

    def figure(self, name, experiment):
        picture = self.picture(name)
        if not picture:
            return ""
        words = caption(name, self.parts.results.get(experiment))
        ident = f"fig-{name}"
        kind = '"picture page"' if self.printed and name in FIGURES_OF_A_PAGE else "picture"
        text = f'<figure class={kind} id="{ident}">\n'
        if not self.printed:
            text += f"<input type=checkbox class=zoom id=zoom-{name}><label for=zoom-{name}>full size</label>\n"
        text += f"<div class=plate>{picture}</div>\n"
        text += f"<figcaption>{words}{'' if self.printed else document.anchor(ident)}</figcaption>\n"
        text += "" if self.printed else document.data_html(self.folder / "figures" / f"{name}.dat")
        return text + "</figure>\n"

    def table(self, table):
        if self.printed:
            return table.html(wanted=False)
        return table.html().replace("<figure class=table>", f"<figure class=table id=table-{table.name}>", 1)

    def on_paper(self, tables):
        """Those that are printed: the essential ones that are no longer than a page, else the first if it is short."""
        kept = [table for table in tables if table.essential and len(table.rows) <= PRINTED_ESSENTIAL]
        if not kept:
            kept = [table for table in tables if len(table.rows) <= PRINTED_ROWS and not table.detail][:1]
        return kept

    def index(self):
        """Of paper: what is not on it, by titles and files."""
        parts = "".join(
            f"<p class=named><b>{html.escape(heading)}</b>: "
            + "; ".join(f"{html.escape(table.title)} ({table.name})" for table in tables)
            + ".</p>\n"
            for heading, tables in self.unprinted
        )
        return parts and (
            f"<section id=index>\n<h2>What is not printed</h2>\n<p>These are in report.html, and as tables/NAME.md, "
            f".tsv and .tex; all sentences in tables/findings.md.</p>\n{parts}</section>\n"
        )

    def intro(self, text):
        """What an experiment measures; on paper its first paragraph."""
        return text.partition("</p>")[0] + "</p>\n" if self.printed else text

    def sentences(self, items):
        first = PRINTED_SENTENCES if self.printed else SENTENCES
        if len(items) <= first + 1:
            return f"<ul>\n{listed(items)}</ul>\n" if items else ""
        left = len(items) - first
        text = f"<ul>\n{listed(items[:first])}</ul>\n"
        if self.printed:
            return text + f"<p class=named>{left} more in report.html.</p>\n"
        more = f"<ul>\n{listed(items[first:])}</ul>"
        return text + f"<details><summary>{left} more findings</summary>\n{more}</details>\n"

    def section(self, section, ident=None):
        name = section.experiment
        intro = self.paper / f"{name}.html"
        figures = sorted([name, *section.more_data], key=lambda figure: figure not in FIGURES_FIRST)
        large = [figure for figure in figures if not self.printed or figure in FIGURES_OF_A_PAGE]
        beside = "".join(self.figure(figure, name) for figure in figures if figure not in large)
        pictures = "".join(self.figure(figure, name) for figure in large)
        fresh = " class=fresh" if self.printed and beside else ""
        text = f"<section id={ident or name}{fresh}>\n<h2>{html.escape(title_of(name))}</h2>\n{beside}"
        if section.short:
            text += f"<p class=short>{links.html(section.short)}</p>\n"
        text += self.intro(intro.read_text(encoding="utf-8")) if intro.exists() else ""
        if section.headline and section.headline != section.short:
            text += f"<ul class=headline>\n{listed(section.headline.splitlines())}</ul>\n"
        kept = self.on_paper(section.tables) if self.printed and not ident else section.tables
        text += "".join(self.table(table) for table in kept if table.essential)
        text += "" if self.printed else pictures
        text += self.sentences(section.findings)
        text += "".join(self.table(table) for table in kept if not table.essential)
        self.leave(name, [table for table in section.tables if table not in kept])
        text += self.beside_published(name)
        return text + (pictures if self.printed else "") + "</section>\n"

    def leave(self, heading, tables):
        self.unprinted += [(heading, tables)] if tables else []

    def beside_published(self, experiment):
        """Where the papers' tables with these figures are."""
        links = "; ".join(
            f'<a href="#table-{table.name}">{html.escape(table.title)}</a>'
            for table in self.parts.published
            if experiment in table.experiments
        )
        return f"<p class=named>Published figures beside ours are in: {links}.</p>\n" if links else ""

    def found(self):
        """The ten findings, and what was not run."""
        found, missing = executive.findings(self.parts.results, self.parts.papers)
        text = f"<p class=note>{executive.LABELS}</p>\n<ol class=findings>\n" if found else "<ol class=findings>\n"
        for finding in found:
            picture = self.picture(finding.figure) if finding.figure and self.printed else ""
            if finding.figure and not self.printed and self.picture(finding.figure):
                picture = self.small(finding.figure)
            text += executive.finding_html(finding, picture, wanted=not self.printed)
        text += "</ol>\n"
        missing += [name for name in TITLES if name not in (*missing, *self.parts.results, "calibration")]
        if missing:
            names = html.escape(", ".join(missing))
            text += f"<p class=missing>Not in this run, so that nothing is said of it here: {names}.</p>\n"
        return text + executive.verdict_counts(self.parts.verdicts)

    def small(self, name):
        """A figure once more, drawn from the one in its section, whose identifiers it shares."""
        svg = self.picture(name)
        box = re.search(r'viewBox="([^"]*)"', svg)
        shape = f' viewBox="{box.group(1)}"' if box else ""
        return f"<svg{shape} role=img aria-label=\"{name}\"><use href=\"#picture-{name}\"/></svg>"

    def claims(self):
        """On paper a line a claim: wide tables of sentences are read by nobody there."""
        if not self.parts.claims:
            return ""
        if not self.printed:
            return self.section(self.parts.claims, "claims")
        text = f"<section id=claims>\n<h2>{CLAIMS}</h2>\n"
        text += f"<p class=short>{links.html(self.parts.claims.short)}</p>\n" if self.parts.claims.short else ""
        text += f"<ul class=headline>\n{listed(self.parts.claims.headline.splitlines())}</ul>\n"
        verdicts = (self.paper / "claims.html").read_text(encoding="utf-8").partition("</dl>")
        text += f"{verdicts[0]}{verdicts[1]}\n"
        text += "<p>With what was measured, the conditions and the commands: report.html and claims.tsv.</p>\n"
        sources = {}
        for verdict in self.parts.verdicts:
            sources.setdefault(verdict.source, []).append(verdict)
        for source, verdicts in sources.items():
            lines = "".join(
                f"<li>{html.escape(verdict.claim)} <b>{html.escape(verdict.text)}</b></li>\n"
                for verdict in verdicts
            )
            text += f"<h3>{html.escape(source)}</h3>\n<ul>\n{lines}</ul>\n"
        return text + "</section>\n"

    def kept(self, tables):
        """Of tables over several experiments those that are shown: on paper the shorter ones."""
        if not self.printed:
            return tables
        return [table for table in tables if not table.long and len(table.rows) <= PRINTED_OWN]

    def tables(self, ident, title, intro, tables, nothing=""):
        kept = self.kept(tables)
        self.leave(title, [table for table in tables if table not in kept])
        if not kept and (tables or not nothing):
            return ""
        text = f"<section id={ident}>\n<h2>{title}</h2>\n"
        text += f"<p>{intro}</p>\n" if tables else f"<p>{nothing}</p>\n"
        return text + "".join(self.table(table) for table in kept) + "</section>\n"

    def contents(self):
        entries = [("glossary", "words and mechanisms, a line each")]
        entries += [(section.experiment, title_of(section.experiment)) for section in self.parts.sections]
        entries += [("claims", CLAIMS)] if self.parts.claims else []
        entries += [("published", "published tables, and ours")]
        entries += [("own", "our own tables")] if self.kept(self.parts.own) else []
        entries += [("method", "method, limits, machine")]
        entries += [("artifact", "each claim, its command and minutes")] if self.kept(self.parts.artifact) else []
        entries += [("index", "what is not printed")] if self.printed else []
        return "".join(f"<li><a href=#{name}>{html.escape(title)}</a></li>\n" for name, title in entries)

    def html(self):
        parts, info = self.parts, self.parts.info
        skipped = gaps(info)
        run = "".join(
            f"<tr><th scope=row>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>\n"
            for name, value in parts.pairs
            if not name.startswith(("skipped", "missing"))
            and not (self.printed and (name.startswith("stages") or "role: cells" in value))
        )
        if not info:
            record = f"<p>No record: {UNFINISHED}.</p>"
        else:
            record = f"<ul>\n{listed(skipped)}</ul>" if skipped else "<p>Nothing was skipped.</p>"
        methods = fill((self.paper / "methods.html").read_text(encoding="utf-8"), again=again(info), skipped=record,
                       method=run)
        text = fill(
            (self.paper / "report.html").read_text(encoding="utf-8"),
            style=(self.paper / "report.css").read_text(encoding="utf-8"),
            contents=self.contents(),
            found=self.found(),
            glossary=glossary.section(self.paper, self.paper.parent / MECHANISMS, parts.results),
            sections="".join(self.section(section) for section in parts.sections),
            claims=self.claims(),
            published=self.tables(
                "published", "Published and ours", "The papers' figures are material to test. They come from other "
                "machines, compilers and libraries, so the growth class or the order is what can be compared.",
                parts.published, "No published table has a counterpart among the experiments of this run."),
            own=self.tables(
                "own", "Our own tables", "What the models give and take, over several experiments.", parts.own
            ),
            artifact=self.tables(
                "artifact",
                "Artifact appendix",
                "Each claim, what measures it again, and how long that takes.",
                parts.artifact,
            ),
            unfinished="" if info else f"<p class=unfinished role=alert>{UNFINISHED.capitalize()}.</p>\n",
            sender_libraries=sender_libraries(parts.results),
            in_cxx=in_cxx(parts.results),
            underlined=UNDERLINED_IN_HTML if self.printed else UNDERLINED,
            threads=html.escape(threads(parts.results)),
            load=load(info),
            methods=methods,
            rows="{{rows}}",
        )
        if self.printed:
            return document.without_links(text).replace("{{rows}}", self.index())
        text = document.with_signs(document.with_anchors(text))
        return text.replace("{{rows}}", self.rows(text))

    def rows(self, text):
        rows = document.cited_rows(text, self.parts.results)
        return rows and (
            f"<section id=rows>\n<h2 id=rows-heading>Rows that figures link to</h2>\n<p>As they stand in "
            f"<code>results/</code>; a link opens the file's rows at its own.</p>\n{rows}</section>\n"
        )
