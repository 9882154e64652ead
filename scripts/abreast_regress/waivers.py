"""Waivers: regressions that somebody has accepted, each with a reason and the day on which that ends.

A TSV file: a line "# abreast waivers 1", a header "cell metric until reason", a waiver a line. `cell` is a pattern of
experiment/model/mechanism/variant, `metric` a metric or * (ns_per_op for times), `until` the last day that it holds
(YYYY-MM-DD).
"""

import datetime
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from .status import Stop

SCHEMA = "# abreast waivers 1"
COLUMNS = "cell metric until reason".split()


@dataclass(frozen=True)
class Waiver:
    cell: str
    metric: str
    until: datetime.date
    reason: str

    def covers(self, name, metric):
        return fnmatchcase(name, self.cell) and fnmatchcase(metric, self.metric)


def parse_line(line, where, today):
    fields = line.split("\t")
    if len(fields) != len(COLUMNS):
        raise Stop(f"{where}: {len(fields)} columns instead of {len(COLUMNS)}: {' '.join(COLUMNS)}")
    name, metric, until, reason = (field.strip() for field in fields)
    if not (name and metric and reason):
        raise Stop(f"{where}: a waiver has a cell, a metric, a last day and a reason")
    try:
        day = datetime.date.fromisoformat(until)
    except ValueError:
        raise Stop(f"{where}: '{until}' is no day: write YYYY-MM-DD") from None
    if day < today:
        what = "mend the regression, remove the line, or decide anew"
        raise Stop(f"{where}: the waiver of {name} expired on {day}: {what}")
    return Waiver(name, metric, day, reason)


def read_waivers(path, today=None):
    if path is None:
        return []
    today = today or datetime.date.today()
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise Stop(f"the waivers cannot be read: {error}") from None
    if not lines or lines[0] != SCHEMA:
        raise Stop(f"{path}: the first line is not '{SCHEMA}'")
    if len(lines) < 2 or lines[1].split("\t") != COLUMNS:
        raise Stop(f"{path}: the second line is not the header '{' '.join(COLUMNS)}', with tabs")
    return [parse_line(line, f"{path}:{number}", today) for number, line in enumerate(lines[2:], 3) if line]
