"""The baseline: the gated rows of a run that was accepted, and the identity that they hold for.

A TSV file: a line "# abreast baseline 1", lines "# name: value" (identity, revision, date), then the rows as in
results/*.tsv. It is text, so that a review shows what an update changes.
"""

from dataclasses import replace
from pathlib import Path

from abreast_report.rows import COLUMNS, BadResults, parse_line

from .judge import EQUAL, UNMEASURED, differences, judge, unmeasured_lines, unmeasured_metrics
from .metrics import gated
from .runs import Identity, Run, cell, check_rows, wants, write_text
from .status import NOTHING, Stop

SCHEMA = "# abreast baseline 1"
NAMES = [*Identity._fields, "revision", "date", "filters"]
EVERYTHING = "*"


def as_text(run, filters):
    named = " ".join(filters) or EVERYTHING
    facts = dict(zip(Identity._fields, run.identity), revision=run.revision, date=run.date, filters=named)
    lines = [SCHEMA, *(f"# {name}: {facts[name]}" for name in NAMES), "\t".join(COLUMNS)]
    for row in run.rows:
        if gated(row.metric, row.unit) and wants(filters, cell(row)):
            fields = [getattr(row, name) for name in COLUMNS[:7]]
            value = row.text if row.value is None else number(row.value)
            lines.append("\t".join([*fields, row.text, value, value, "0" if row.missing else "1"]))
    return "\n".join(lines) + "\n"


def number(value):
    return f"{value:.17g}"


def read_baseline(path, out="out"):
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        command = f"scripts/regress baseline update --out {out} --baseline {path} --yes"
        raise Stop(f"there is no baseline {path}: '{command}' makes one", NOTHING) from None
    except (OSError, ValueError) as error:
        raise Stop(f"{path} cannot be read: {error}") from None
    if not lines or lines[0] != SCHEMA:
        raise Stop(f"{path}: the first line is not '{SCHEMA}'")
    facts = dict(line[2:].split(": ", 1) for line in lines[1:] if line.startswith("# ") and ": " in line)
    absent = [name for name in NAMES if not facts.get(name)]
    if absent:
        raise Stop(f"{path}: it does not say {', '.join(absent)}")
    first = next((number for number, line in enumerate(lines) if not line.startswith("#")), None)
    if first is None or lines[first].split("\t") != COLUMNS:
        raise Stop(f"{path}: there is no header '{' '.join(COLUMNS)}'")
    try:
        rows = [
            parse_line(line, f"{path}:{index}", index)
            for index, line in enumerate(lines[first + 1 :], first + 2)
            if line
        ]
    except BadResults as error:
        raise Stop(str(error)) from None
    if not rows:
        raise Stop(f"{path}: it has no rows", NOTHING)
    check_rows(rows, path)
    return Run(str(path), Identity(*(facts[name] for name in Identity._fields)), rows, facts)


def wanted(run, base):
    """The run without what the baseline was told to leave out."""
    return replace(run, rows=[row for row in run.rows if wants(base.info["filters"].split(), cell(row))])


def update(run, path, filters, write):
    """What an update changes, as lines; and the update itself if `write`."""
    path = Path(path)
    text = as_text(run, filters)
    rows = text.splitlines()[len(NAMES) + 2 :]
    if not rows:
        raise Stop(f"{run.name} has no deterministic row: there is nothing to keep", NOTHING)
    chosen = [row for row in run.rows if wants(filters, cell(row))]
    itself = judge(chosen, chosen)
    absent = unmeasured_metrics(itself)
    if absent:
        listed = ", ".join(f"{metric} of {experiment}" for experiment, metric in absent)
        raise Stop(f"{run.name} has no figure for {listed}: run scripts/setup, measure again, or filter", NOTHING)
    lines = [f"not measured, nor judged: {line}" for line in unmeasured_lines(itself)]
    if path.exists():
        old = read_baseline(path)
        lines += [f"identity {difference}" for difference in differences(old.identity, run.identity)]
        lines += [finding.line() for finding in judge(old.rows, chosen) if finding.outcome not in (EQUAL, UNMEASURED)]
        lines.append(f"{len(old.rows)} rows before, {len(rows)} after")
    else:
        lines.append(f"new: {len(rows)} rows")
    if write:
        write_text(path, text)
    return lines
