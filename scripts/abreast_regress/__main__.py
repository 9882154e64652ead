"""The commands of scripts/regress."""

import argparse
import sys
from pathlib import Path

from . import commands
from .status import ERROR, Stop

STATUSES = """Exit status: 0 green, 1 usage, environment or internal error (an expired waiver is one),
2 red: a regression, 3 inconclusive, 4 nothing measured, something missing, or incomparable."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        print(f"regress: {message}: see scripts/regress --help", file=sys.stderr)
        sys.exit(ERROR)


def add(parsers, name, run, help_text, *options):
    parser = parsers.add_parser(name, help=help_text, description=help_text, epilog=STATUSES, allow_abbrev=False)
    for names, settings in options:
        parser.add_argument(*names, **settings)
    parser.set_defaults(run=run)
    return parser


def option(*names, **settings):
    return names, settings


def positive(text):
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is not above 0")
    return value


def whole(least):
    def parse(text):
        if not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least {least}")
        return int(text)

    return parse


OUT = option("--out", default="out", metavar="DIR", help="the run's folder (default: out)")
BUILD = option("--build", default="build/release", metavar="DIR", help="the build's folder (default: build/release)")
BASELINE = option("--baseline", default="baseline.tsv", metavar="FILE", help="the baseline (default: baseline.tsv)")
WAIVERS = option("--waivers", metavar="FILE", help="regressions that are accepted for a while")
HISTORY = option("--history", default="history.tsv", metavar="FILE", help="the history (default: history.tsv)")
FILTERS = option("filters", nargs="*", metavar="FILTER", help="an experiment, or a part or pattern of a cell's name")
SEED = option("--seed", type=whole(0), default=1, metavar="N", help="of orders and bootstrap (default: 1)")
SAMPLE = option("--sample-ms", type=positive, default=10.0, metavar="MS", help="length of a sample (default: 10)")
JUNIT = option("--junit", metavar="FILE", help="the findings as JUnit XML too")
MARKDOWN = option("--summary", metavar="FILE", help="append a Markdown summary, for $GITHUB_STEP_SUMMARY")


def parse(words):
    about = (
        "Finds regressions between a run and a baseline or between two builds, keeps their history, and hands figures "
        "to other tools. docs/regress.md explains each command."
    )
    parser = Parser(prog="scripts/regress", epilog=STATUSES, allow_abbrev=False, description=about)
    parsers = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    add(parsers, "measure", commands.measure, "Measures what is deterministic, without times, into a run folder.",
        BUILD, OUT, FILTERS)  # fmt: skip
    add(parsers, "check", commands.check, "Judges the deterministic metrics of a run by the baseline.",
        OUT, BASELINE, WAIVERS, JUNIT, MARKDOWN)  # fmt: skip
    add(parsers, "compare", commands.compare,
        "Compares B with A: git revisions, build folders (deterministic metrics, then times in pairs), or run folders "
        "(deterministic metrics alone).",
        option("a", metavar="A"), option("b", metavar="B"), FILTERS, WAIVERS, JUNIT, MARKDOWN, SEED, SAMPLE,
        option("--pairs", type=whole(8), default=30, metavar="N", help="pairs of samples a cell (default: 30)"),
        option("--full", action="store_true", help="the cells of full mode too"),
        option("--times", action="store_true", help="of two run folders, show the times too"),
        option("--no-times", action="store_true", help="the deterministic metrics alone"),
        option("--samples", metavar="FILE", help="write down every sample"),
        option("--force", action="store_true", help="time although the machine is busy; it is said"))  # fmt: skip
    baseline = parsers.add_parser("baseline", help="The baseline.", allow_abbrev=False)
    baseline = baseline.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    add(baseline, "update", commands.baseline_update,
        "Prints what making the run the baseline would change, and does it with --yes.",
        OUT, BASELINE, FILTERS, option("--yes", action="store_true", help="write it"))  # fmt: skip
    history = parsers.add_parser("history", help="The history.", allow_abbrev=False)
    history = history.add_subparsers(metavar="COMMAND", required=True, parser_class=Parser)
    add(history, "add", commands.history_add, "Appends a run to the history.", OUT, HISTORY, FILTERS,
        option("--revision", metavar="NAME", help="default: what run.json says, or the working tree's"),
        option("--note", default="", metavar="TEXT", help="an annotation that charts show"))  # fmt: skip
    charts = option("--charts", default="charts", metavar="DIR", help="where charts go (default: charts)")
    add(history, "chart", commands.history_chart, "Draws the history, a chart a cell.", HISTORY, charts, FILTERS)
    add(history, "dashboard", commands.history_dashboard, "Draws the history on one page, which opens offline.",
        HISTORY, FILTERS,
        option("--page", default="dashboard.html", metavar="FILE", help="default: dashboard.html"))  # fmt: skip
    add(parsers, "export", commands.export, "Prints a run in another tool's format.",
        option("format", metavar="FORMAT", help=f"one of {', '.join(commands.FORMATS)}"), OUT, FILTERS)  # fmt: skip
    add(parsers, "power", commands.power, "Measures how often the timing gate is wrong: A/A trials, and slowdowns that "
        "are put in.", BUILD, SEED, SAMPLE, option("--cell", default=commands.POWER_CELL, metavar="CELL"),
        option("--trials", type=whole(1), default=100, metavar="N", help="A/A trials (default: 100)"),
        option("--slow-trials", type=whole(1), default=40, metavar="N", help="trials a slowdown (default: 40)"),
        option("--pairs", type=whole(8), default=30, metavar="N", help="pairs a trial (default: 30)"),
        option("--force", action="store_true", help="measure although the machine is busy; it is said"),
        option("--write", metavar="FILE", help="put the table into this document, between its markers"))  # fmt: skip
    options, more = parser.parse_known_args(words)
    # Filters may stand behind options too, which argparse does not know to do.
    if more and (not hasattr(options, "filters") or any(word.startswith("-") for word in more)):
        parser.error(f"unknown option '{next((word for word in more if word.startswith('-')), more[0])}'")
    if more:
        options.filters += more
    return options


def main(words):
    options = parse(words)
    try:
        if getattr(options, "junit", None):
            Path(options.junit).unlink(missing_ok=True)  # one of an earlier run tells nothing about this one
        return options.run(options)
    except Stop as stop:
        print(f"regress: {stop}", file=sys.stderr)
        return stop.status
    except KeyboardInterrupt:
        print("regress: interrupted", file=sys.stderr)
        return ERROR
    except BrokenPipeError:
        sys.stderr.close()
        return ERROR
    except OSError as error:
        print(f"regress: {error.filename}: {error.strerror}", file=sys.stderr)
        return ERROR


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
