"""Waivers: regressions that somebody has accepted, each with a reason and the day on which that ends.

A TSV file: a line "# abreast waivers 1", a header "cell metric until reason", a waiver a line. `cell` is a pattern of
experiment/model/mechanism/variant, or its beginning, whole words of it; `metric` a metric or * (ns_per_op for times);
`until` the last day that it holds (YYYY-MM-DD). A fifth column, `most`, may say how many percent are accepted.
"""

import datetime
import difflib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import inf
from pathlib import Path

from .status import Stop

SCHEMA = "# abreast waivers 1"
COLUMNS = "cell metric until reason".split()
SIZE = "most"


@dataclass(frozen=True)
class Waiver:
    cell: str
    metric: str
    until: datetime.date
    reason: str
    most: float = inf  # percent

    def names(self, name):
        return fnmatchcase(name, self.cell) or name.startswith(self.cell.rstrip("/") + "/")

    def covers(self, name, metric, percent):
        """`percent` is how large the regression is, None where that cannot be told."""
        small = self.most == inf or (percent is not None and abs(percent) <= self.most)
        return small and self.names(name) and fnmatchcase(metric, self.metric)

    def unused(self, cells):
        """What to say of one that met nothing."""
        about = f"the waiver of {self.cell} {self.metric}"
        if any(self.names(name) for name in cells):
            larger = "" if self.most == inf else f" of at most {self.most:g} %"
            return f"{about} meets no regression{larger}: remove it or change it"
        close = difflib.get_close_matches(self.cell, list(dict.fromkeys(cells)), 1, 0.3)
        return f"{about} meets no cell" + (f"; did you mean {close[0]}" if close else "")


def percent_of(text, where):
    if not text:
        return inf
    try:
        most = float(text.rstrip("% "))
    except ValueError:
        most = -1
    if not 0 < most < inf:
        raise Stop(f"{where}: '{text}' is no size: {SIZE} is a number of percent above 0")
    return most


def parse_line(line, where, today, columns):
    fields = line.split("\t")
    if len(fields) != len(columns):
        raise Stop(f"{where}: {len(fields)} columns instead of {len(columns)}: {' '.join(columns)}")
    name, metric, until, reason, *size = (field.strip() for field in fields)
    if not (name and metric and reason):
        raise Stop(f"{where}: a waiver has a cell, a metric, a last day and a reason")
    try:
        day = datetime.date.fromisoformat(until)
    except ValueError:
        raise Stop(f"{where}: '{until}' is no day: write YYYY-MM-DD") from None
    if day < today:
        what = "mend the regression, remove the line, or decide anew"
        raise Stop(f"{where}: the waiver of {name} expired on {day}: {what}")
    return Waiver(name, metric, day, reason, percent_of(size[0] if size else "", where))


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
    columns = lines[1].split("\t") if len(lines) > 1 else []
    if columns not in (COLUMNS, [*COLUMNS, SIZE]):
        raise Stop(f"{path}: the second line is not the header '{' '.join(COLUMNS)}', with tabs; {SIZE} may follow")
    return [parse_line(line, f"{path}:{number}", today, columns) for number, line in enumerate(lines[2:], 3) if line]
