"""What a finding of the first page is made of: rows by what they say, and figures of sentences that link to them."""

from dataclasses import dataclass

from .rows import cited, shown

AWAITABLES, SENDERS, NEITHER = "favours awaitables", "favours senders", "favours neither"


@dataclass
class Finding:
    experiment: str
    title: str
    text: str  # with links
    speaks: str = ""  # for which model
    figure: str = ""  # drawn beside it

class Rows:
    """One experiment's rows, found by what they measure. The main build's come first, then its compiler's; those
    of sanitizers are none."""

    def __init__(self, rows):
        self.main = rows[0].toolchain
        self.compiler = rows[0].setting.compiler
        self.found = {}
        for row in rows:
            if ("san", "none") in row.setting.options:
                self.found.setdefault((row.model, row.mechanism, row.variant, row.metric), []).append(row)

    def all(self, model, mechanism, variant, metric):
        return [row for row in self.found.get((model, mechanism, variant, metric), ()) if not row.missing]

    def get(self, model, mechanism, variant, metric):
        rows = [row for row in self.all(model, mechanism, variant, metric) if row.setting.compiler == self.compiler]
        return min(rows, key=lambda row: row.toolchain != self.main, default=None)

    def several(self, variant, metric, *cells):
        """The rows of several cells, or nothing if one is missing."""
        rows = [self.get(*cell, variant, metric) for cell in cells]
        return rows if None not in rows else None

    def of(self, metric, where):
        return [
            row
            for rows in self.found.values()
            for row in rows
            if row.metric == metric and not row.missing and where(row)
        ]


def figure(row, unit=""):
    """A row's value without its interval, which its link shows."""
    return cited(shown(row.value) + (f" {unit}" if unit else ""), row)


def counted(value, what, row):
    text = shown(value)
    return cited(f"{'no' if text == '0' else text} {what}{'' if text == '1' else 's'}", row)


def favours(order):
    """Of senders' figure against awaitables', where less is better."""
    return SENDERS if order < 0 else AWAITABLES if order > 0 else NEITHER


def settled(orders):
    """The order that all have, else 0."""
    return next(iter(orders)) if len(set(orders)) == 1 else 0


def times(row):
    return cited(f"{shown(row.value)} times ({shown(row.low)} to {shown(row.high)})", row)


def ends(values, text=shown):
    """The least and the greatest of rows, each end a link to its row."""
    return span([(row.value, row) for row in values], text)


def span(pairs, text=shown):
    """The same of (value, row), where the value is made of the row's and others'."""
    (low, first), (high, last) = min(pairs, key=lambda pair: pair[0]), max(pairs, key=lambda pair: pair[0])
    least, most = cited(text(low), first), cited(text(high), last)
    return least if least == most else cited(f"{least} to {most}", last, first)


def apart(one, other):
    """-1 where one is surely less than other, 1 where surely more, else 0."""
    return -1 if one.high < other.low else 1 if other.high < one.low else 0


def grown(rows):
    return [row for row in rows if row.text == "linear"]


def share(rows):
    """"6 of 12": of rows of stack_growth, those that grow."""
    growing = grown(rows)
    return cited(f"{len(growing)} of {len(rows)}", *(growing or rows)[:1])
