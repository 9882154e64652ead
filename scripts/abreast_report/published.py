"""The figures that papers and libraries publish: paper/published.tsv."""

import re
from dataclasses import dataclass
from pathlib import Path

COLUMNS = "source table row column value unit note".split()


def read(paper):
    lines = (Path(paper) / "published.tsv").read_text(encoding="utf-8").splitlines()
    if lines[0].split("\t") != COLUMNS:
        raise ValueError("published.tsv: the first line does not name its columns")
    return [(line.split("\t") + [""] * len(COLUMNS))[: len(COLUMNS)] for line in lines[1:] if line]


@dataclass(frozen=True)
class Figure:
    """One published figure; every one names its source with its revision, for revisions differ."""

    value: str
    unit: str
    note: str

    @property
    def numbers(self):
        """A number, or the ends of a range, or several: "88-176", "192 or 200"."""
        return [float(word) for word in re.findall(r"\d+(?:\.\d+)?", self.value)] if self.value[:1].isdigit() else []

    @property
    def number(self):
        return self.numbers[0] if len(self.numbers) == 1 else None

    def has(self, value):
        numbers = self.numbers
        return min(numbers) <= value <= max(numbers) if "-" in self.value else value in numbers

    @property
    def time(self):
        """The unit of ours that is the same."""
        return {"ns/op": "ns"}.get(self.unit, self.unit)

    @property
    def allocations(self):
        found = re.match(r"(\d+) alloc/op", self.note)
        return int(found[1]) if found else None

    @property
    def ratio(self):
        """Times as fast as the default allocator."""
        found = re.match(r"ratio (?:to \S+ )?(\d+\.\d+)", self.note)
        return float(found[1]) if found else None


class Figures:
    """By source, table, row and column."""

    def __init__(self, papers):
        self.found = {tuple(names): Figure(value, unit, note) for *names, value, unit, note in papers}

    def get(self, source, table, row, column):
        return self.found.get((source, table, row, column))
