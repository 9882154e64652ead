"""The parts of scripts/report; see there."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from . import bridges, calibration, echo, fanout, frames, golden, grid, mitigations, opstate, other, page, phases
from . import about_run, claims, compile_cost, conns, executive, growth, links, own_tables, paper_tables, published
from . import runinfo, runs, stack, stack_short, stop, twins
from . import syncratio
from .rows import BadResults, read_results, without_calibration
from .tables import write_file

ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "paper"
GOLDEN = ROOT / "tests" / "python" / "golden"
ORDER = "stack finals opstate frames grid phases bridges mitigations syncratio fanout echo conns stop compile".split()
PARTS = {
    "all": "tables, figures where gnuplot is installed and page; prints what was found, by titles (the default)",
    "tables": "DIR/tables, and DIR/figures/*.dat, which gnuplot draws",
    "page": "DIR/report.html, with the figures that are there",
    "printed": "DIR/.report.printed.html, from which report.pdf is made",
    "headlines": "prints the short answer of each experiment",
    "claims": "prints every claim of the papers with its verdict",
    "claim": "claim ID prints one with its figures; without ID what they are, of no run",
    "claim-filters": "claim-filters ID prints what abreast run has to be told to judge it",
    "golden": "tests/python/golden, or --golden FOLDER: the exact figures of stack growth, for the tests",
    "run-info": "adds the rules of the claims, --stage and --skipped to DIR/run.json",
}
PRINTED = ".report.printed.html"  # what report.pdf is made from


def build_stack(rows):
    section = stack.build(rows)
    section.short = stack_short.lead(rows)
    section.headline = "\n".join([*stack_short.lines(rows), *section.headline.splitlines()])
    if growth_data := growth.data(rows):
        section.more_data["growth"] = growth_data
    return section


def build_finals(rows):
    section = stack.build(rows, "finals", "Where a task awaits tasks")
    section.short = stack_short.finals(rows)
    section.headline = "\n".join(section.headline.splitlines()[1:])
    return section


def read_run(folder):
    """(results, run.json)"""
    info = runinfo.read(folder)
    try:
        results = runinfo.of_this_run(read_results(folder / "results"), info)
    except BadResults as error:
        again = f"measure that experiment again (abreast run --out {folder}), or remove the file"
        raise BadResults(f"{folder}/results/{error}: {again}") from None
    if not results:
        raise BadResults(f"{folder / 'results'} has no results: run scripts/reproduce, or abreast run --out")
    return results, info


def outside_their_intervals(results):
    return [row for rows in results.values() for row in rows
            if row.value is not None and row.low is not None and not row.low <= row.value <= row.high]


class Report:
    def __init__(self, folder):
        self.folder = Path(folder)
        results, self.info = read_run(self.folder)
        self.results = results
        self.papers = papers = published.read(PAPER)
        builders = {
            "stack": build_stack,
            "finals": build_finals,
            "opstate": opstate.build,
            "frames": lambda rows: frames.build(rows, papers),
            "grid": lambda rows: grid.build(rows, papers),
            "phases": lambda rows: phases.build(rows, papers),
            "bridges": lambda rows: bridges.build(rows, papers),
            "mitigations": mitigations.build,
            "syncratio": lambda rows: syncratio.build(rows, papers),
            "fanout": fanout.build,
            "echo": lambda rows: echo.build(rows, results),
            "conns": lambda rows: conns.build(rows, papers),
            "stop": stop.build,
            "compile": compile_cost.build,
        }
        names = [name for name in ORDER if name in results] + [name for name in results if name not in ORDER]
        shown = without_calibration(results)
        self.sections = [
            builders[name](shown[name]) if name in builders else other.build(name, shown[name]) for name in names
        ]
        calibrated = calibration.build(results, twins.Causes(ROOT))
        if calibrated.tables:
            self.sections.append(calibrated)
        self.tables = paper_tables.build(PAPER, results)
        self.own = own_tables.build(PAPER, results)
        self.verdicts = claims.judge(PAPER, results, self.info)
        self.claims = claims.section(self.verdicts, self.info)
        self.artifact = [own_tables.artifact(self.verdicts)]

    def write_tables(self):
        """DIR/tables and DIR/figures/*.dat, and no others of an earlier report."""
        of_sections = [table for section in [*self.sections, self.claims] for table in section.tables]
        tables = {"findings.md": self.findings()}
        for table in of_sections + self.own + self.tables + self.artifact:
            tables[f"{table.name}.md"] = table.markdown()
            tables[f"{table.name}.tsv"] = table.tsv()
            tables[f"{table.name}.tex"] = table.latex()
        figures = {}
        for section in self.sections:
            named = {section.experiment: section.data, **section.more_data}
            figures.update({f"{name}.dat": data for name, data in named.items() if data})
        write_all(self.folder / "tables", tables, (".md", ".tsv", ".tex"))
        write_all(self.folder / "figures", figures, (".dat", ".svg", ".png"))
        write_file(self.folder / "claims.tsv", claims.tsv(self.verdicts))

    def findings(self):
        shorts = [section.short for section in self.sections if section.short]
        found, _ = executive.findings(self.results, self.papers)
        text = "# What was found\n\n" + executive.findings_markdown(found)
        text += "\n## By experiment\n\n" + "".join(f"- {line}\n" for line in shorts)
        for section in self.sections:
            lines = [*section.headline.splitlines(), *section.findings]
            if lines:
                text += f"\n## {section.experiment}\n\n" + "".join(f"- {line}\n" for line in lines)
        return text

    def draw_figures(self):
        """As reproduce does; as png too where it did. Without gnuplot the complaint is its own, and there are none."""
        kinds = "svg png" if list(self.folder.glob("figures/*.png")) else "svg"
        draw = ["sh", "-c", f". scripts/lib.sh; . scripts/stages.sh; draw_figures {kinds} || true", "report"]
        environment = {**os.environ, "out": str(self.folder.resolve())}
        if subprocess.run(draw, cwd=ROOT, env=environment, check=False).returncode:
            raise BadResults("the figures could not be drawn: the reason is above")

    def write_page(self, name="report.html", printed=False):
        parts = page.Parts(
            self.sections, self.results, self.info, runinfo.flat(self.info), self.papers, self.tables, self.own,
            claims=self.claims, verdicts=self.verdicts, artifact=self.artifact
        )
        write_file(self.folder / name, page.Page(parts, self.folder, PAPER, printed).html())

    def headlines(self):
        """What reproduce prints at its end."""
        return [links.plain(section.short) for section in self.sections if section.short]

    def titles(self):
        found, _ = executive.findings(self.results, self.papers)
        return [*executive.titles(found), claims.sentence(self.verdicts)]


def write_all(folder, texts, suffixes):
    """Files of an earlier report that this one does not have go: with one of suffixes, but the figures of its data."""
    for path in folder.glob("*"):
        if path.suffix in suffixes and path.name not in texts and f"{path.stem}.dat" not in texts:
            path.unlink()
    for name, text in texts.items():
        write_file(folder / name, text)


def progress(text):
    print(f"report: {text}", file=sys.stderr, flush=True)


def make_all(report):
    """Everything but report.pdf, which needs another program."""
    progress(f"tables of {len(report.results)} experiments")
    report.write_tables()
    progress("figures")
    report.draw_figures()
    progress("page")
    report.write_page()
    print("\n".join([*report.titles(), str(report.folder / "report.html")]))
    old = report.folder / "report.pdf"
    if old.exists():
        page_ = report.folder / PRINTED
        progress(f"warning: {old} is of an earlier report: scripts/report printed --out {report.folder} && weasyprint "
                 f"{page_} {old} makes it again")


def pair(text):
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    return name, value


def stage(text):
    name, seconds = pair(text)
    try:
        return name, float(seconds)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=SECONDS") from None


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"report: {message}: see scripts/report --help", file=sys.stderr)
        sys.exit(1)


def main():
    parser = Parser(
        prog="scripts/report",
        description="Writes tables, figure data and report.html from the results of a run; or, of several runs, a "
        "report that sets them side by side.",
        epilog="PART is one of:\n" + "".join(f"  {part:<14}{what}\n" for part, what in PARTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="PART [ID] | RUN RUN",
        help="what to make, see below, for claim and claim-filters with an ID; or the folders of two runs or more",
    )
    parser.add_argument("--out", default="out", metavar="DIR", help="the run's folder (default: out)")
    parser.add_argument("--golden", default=GOLDEN, metavar="FOLDER", help="for golden")
    parser.add_argument("--stage", action="append", default=[], type=stage, metavar="NAME=SECONDS", help="for run-info")
    parser.add_argument("--skipped", action="append", default=[], type=pair, metavar="WHAT=REASON", help="for run-info")
    options = parser.parse_args()
    options.part, options.name, *more = [*(options.words or ["all"]), None, None][: max(2, len(options.words))]
    several = len(options.words) > 1 and options.part not in PARTS
    if not several and options.part not in PARTS:
        if Path(options.part).is_dir():
            parser.error(f"side by side takes the folders of two runs or more; of one: --out {options.part}")
        parser.error(f"unknown part '{options.part}'")
    if not several and (more or options.name and options.part not in ("claim", "claim-filters")):
        parser.error(f"{options.part} takes no '{(more or [options.name])[-1]}'")
    try:
        if several:
            print("\n".join(runs.write(options.words, options.out, PAPER)))
            print(f"report: wrote {options.out}/report.html and tables", file=sys.stderr)
            return 0
        if options.part == "run-info":
            runinfo.add(options.out, ROOT, options.stage, options.skipped)
            return 0
        if options.part.startswith("claim"):
            return claims.command(options.part, options.name, PAPER, lambda: read_run(Path(options.out)))
        if options.part == "all":
            progress(f"reading {options.out}/results, judging the claims")
        report = Report(options.out)
        if options.part == "golden":
            written = golden.write(Path(options.golden), report.results)
            if not written:
                raise BadResults(f"{report.folder} has no exact figures of stack growth: run stack and finals")
            print("\n".join(written))
            return 0
        if not report.info:
            print(f"report: warning: {report.folder} has no run.json: {about_run.UNFINISHED}", file=sys.stderr)
        if options.part in ("all", "tables"):
            for row in outside_their_intervals(report.results):
                where = f"{row.experiment}.tsv:{row.line}"
                print(f"report: warning: results/{where}: {row.text} lies outside of its interval, {row.low:g} to "
                      f"{row.high:g}: a file that was changed by hand?", file=sys.stderr)
            if absent := [name for name in ORDER if name not in report.results]:
                print(f"report: warning: {report.folder} has no results of {', '.join(absent)}", file=sys.stderr)
        if options.part == "all":
            make_all(report)
        if options.part == "tables":
            report.write_tables()
        if options.part == "page":
            report.write_page()
        if options.part == "printed":
            report.write_page(PRINTED, printed=True)
        if options.part == "headlines":
            print("\n".join(report.headlines()))
    except (BadResults, OSError, ValueError) as error:
        print(f"report: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        status = main()
    except SystemExit as stop:
        status = 1 if stop.code else 0
    sys.exit(status)
