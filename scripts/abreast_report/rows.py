"""The tidy rows of results/<experiment>.tsv, and the words they are shown with."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from . import links

COLUMNS = "experiment model mechanism variant toolchain metric unit value low high samples".split()

# The order of the models in every table and figure.
MODELS = [
    "raw",
    "awaitable",
    "sender",
    "cxx-awaitable",
    "cxx-sender",
    "callback",
    "event",
    "poll",
]


class BadResults(Exception):
    """A results file that breaks the contract; the message says where."""


@dataclass(frozen=True)
class Row:
    experiment: str
    model: str
    mechanism: str
    variant: str
    toolchain: str
    metric: str
    unit: str
    value: Optional[float]  # None where the value is a word, or missing
    low: Optional[float]
    high: Optional[float]
    samples: Optional[int]
    text: str  # the value as written: "?" where it is missing
    line: int = field(default=0, compare=False)  # in its file, whose header is line 1

    @property
    def name(self):
        """Its id on the page."""
        return f"{self.experiment}-{self.line}"

    @property
    def missing(self):
        return self.text == "?"

    @property
    def exact(self):
        return self.low == self.value == self.high

    @property
    def keys(self):
        return pairs(self.variant)

    @property
    def setting(self):
        return Setting.parse(self.toolchain)


@dataclass(frozen=True)
class Setting:
    """A toolchain as the TSV writes it: "clang-19.1.7 O2 sib=on exc=off san=none"."""

    compiler: str
    options: tuple  # (("opt", "O2"), ("sib", "on"), ...)

    @staticmethod
    def parse(toolchain):
        compiler, *rest = toolchain.split(" ")
        options = []
        for word in rest:
            key, equals, value = word.partition("=")
            options.append((key, value) if equals else ("opt", word))
        return Setting(compiler, tuple(options))

    def describe(self):
        """The options in one line, without those that say that nothing special was done."""
        shown = [
            value if key == "opt" else f"{key}={value}"
            for key, value in self.options
            if (key, value) != ("san", "none")
        ]
        return " ".join(shown)


def pairs(variant):
    """The key=value pairs of a variant column, in order."""
    if variant == "-":
        return {}
    return dict(pair.split("=", 1) for pair in variant.split(",") if "=" in pair)


def without(variant, *names):
    """A variant column without some of its keys."""
    left = [pair for pair in variant.split(",") if pair.split("=", 1)[0] not in names]
    return ",".join(left) or "-"


def breakable(variant):
    """A variant column that may be broken into lines."""
    return variant.replace(",", ", ")


LIBRARY = re.compile(r"-(\d+\.\d|git)")


def is_library(mechanism):
    """Another library, which is named with its version: asio-1.22.1."""
    return LIBRARY.search(mechanism) is not None


AT_MAIN_SETTING = ("frames", "echo")  # experiments whose cells at other settings are there for the calibration alone


def of_main_setting(rows):
    """Those of the main build, of other compilers with its flags, and of libraries: all others are calibration's."""
    main = rows[0].setting.options
    return [row for row in rows if row.setting.options == main or is_library(row.mechanism)]


def without_calibration(results):
    """{experiment: rows}, without those that only the calibration takes."""
    return {name: of_main_setting(rows) if name in AT_MAIN_SETTING else rows for name, rows in results.items()}


def model_order(model):
    return MODELS.index(model) if model in MODELS else len(MODELS)


def number(word, where):
    try:
        return float(word)
    except ValueError:
        raise BadResults(f"{where}: '{word}' is not a number") from None


class Cited(str):
    """Text that rests on rows, so that the page can link to them. An f-string keeps the link to the first (links.py);
    whatever else makes new text of it must cite again."""

    rows = ()
    kind = ""  # as tables.Mark has it

    def __format__(self, spec):
        text = format(str(self), spec)
        return links.linked(text, self.rows[0].name) if self.rows else text


def cited(text, *rows):
    """text, with the rows that it rests on; rows that are None are none, and those that text has stay."""
    made = Cited(text)
    made.rows = tuple(dict.fromkeys([*getattr(text, "rows", ()), *(row for row in rows if row is not None)]))
    made.kind = getattr(text, "kind", "")
    return made


def number_of(rows, of):
    """How many of how many, as a link to the first; without one there is nothing to link to."""
    return cited(f"{len(rows)} of {of}", *rows[:1])


def parse_line(line, where, index=0):
    fields = line.split("\t")
    if len(fields) != len(COLUMNS):
        raise BadResults(f"{where}: {len(fields)} columns instead of {len(COLUMNS)}")
    *names, value, low, high, samples = fields
    try:
        values = [float(word) for word in (value, low, high)]
    except ValueError:
        if value[:1].isdigit():
            number(low, where), number(high, where)
        values = [None, None, None]
    count = int(number(samples, where)) if samples not in ("?", "-") else None
    return Row(*names, *values, count, value, index)


def read_results(folder):
    """All rows of a results folder, by experiment, in the order of the files' names."""
    found = {}
    for path in sorted(Path(folder).glob("*.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        if not lines or lines[0].split("\t") != COLUMNS:
            raise BadResults(f"{path.name}: the first line is not '{' '.join(COLUMNS)}'")
        rows = [parse_line(line, f"{path.name}:{index}", index) for index, line in enumerate(lines[1:], 2) if line]
        if rows:
            found[path.stem] = rows
    return found


def median(values):
    """The middle one, or the mean of the middle two."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def shown(value):
    """A number with as many digits as are worth reading."""
    if value is None:
        return "?"
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    digits = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return digits


def shown_row(row):
    """A row's value, with its interval where it has one, as text that cites the row."""
    if row is None:
        return "-"
    if row.value is None:
        return cited(row.text, row)
    if row.exact:
        return cited(shown(row.value), row)
    return cited(f"{shown(row.value)} ({shown(row.low)} to {shown(row.high)})", row)
