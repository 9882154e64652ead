"""The C models beside real C++: the same cells, compiled by the same toolchain.

A difference has a cause only where somebody looked for it: one of growth has the entry of docs/calibration.md's table
that names its cell, any other the first line of paper/calibration.tsv whose patterns match it. What neither names is
"not explained", and is counted.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from .rows import Setting, is_library, shown
from .cells import Cell, cells_of, label
from .tables import Heading, Mark, Section, Table

GROWTH, BYTES, INSTRUCTIONS = "stack_growth", "stack_bytes_per_completion", "instructions_per_op"
ALLOCATIONS = ("allocs_per_op", "allocs_fresh_per_op")
METRICS = {
    GROWTH: "whether the stack grows",
    BYTES: "bytes of stack a completion, where it grows in both",
    "op_state_bytes": "bytes of operation state or awaitable",
    "frame_bytes": "bytes of a coroutine frame",
    ALLOCATIONS[0]: "allocations an operation",
    ALLOCATIONS[1]: "of these, fresh ones",
    INSTRUCTIONS: "instructions an operation, to within 5 %",
}
CAUSES = ("frame layout", "exception cleanup", "optimiser", "ABI", "C++ library")
UNEXPLAINED = "not explained"
LIMIT = 1.05  # of C's instructions to those of C++


@dataclass(frozen=True)
class Pair:
    """A figure of C and the same of C++."""

    experiment: str
    key: tuple  # (model, mechanism, variant) of the C cell
    toolchain: str
    metric: str
    c: object  # a number, or a class of growth
    cxx: object

    @property
    def ratio(self):
        return self.c / self.cxx if self.cxx else None

    @property
    def equal(self):
        if self.metric == INSTRUCTIONS and self.ratio:
            return 1 / LIMIT <= self.ratio <= LIMIT
        return self.c == self.cxx

    def difference(self):
        if self.equal:
            return Mark("equal" if self.c == self.cxx else f"{100 * self.ratio - 100:+.1f} %", "constant")
        if self.metric == GROWTH:
            return Mark(f"differ: C {self.c}, C++ {self.cxx}", "linear")
        if self.metric == INSTRUCTIONS and self.ratio:
            return Mark(f"{self.ratio:.2f} times", "linear" if self.ratio > LIMIT else "bounded")
        unit = " B" if self.metric != INSTRUCTIONS and self.metric not in ALLOCATIONS else ""
        return Mark(f"{self.c - self.cxx:+g}{unit} in C", "bounded")


# --- Which cells are twins ---


def twin(experiment, key, toolchain):
    """The C cell of a C++ cell."""
    model, mechanism, variant = key
    if experiment == "frames":
        variant = variant.replace("task=cxx-", "task=")
    if experiment == "opstate" and mechanism == "ready" and toolchain.startswith("clang"):
        mechanism = "ready-known"  # what clang makes of it: it leaves the suspension point out
    return model.removeprefix("cxx-"), mechanism, variant


def growth_pairs(experiment, rows):
    cells = cells_of(rows)
    for key, by_toolchain in cells.items():
        if not key[0].startswith("cxx-"):
            continue
        for toolchain, cxx in by_toolchain.items():
            c_key = twin(experiment, key, toolchain)
            c = cells.get(c_key, {}).get(toolchain)
            if not (c and c.growth and cxx.growth):
                continue
            yield Pair(experiment, c_key, toolchain, GROWTH, c.growth, cxx.growth)
            if c.growth == cxx.growth == "linear":
                yield Pair(experiment, c_key, toolchain, BYTES, c.bytes, cxx.bytes)


def figure_pairs(experiment, rows):
    figures = {(row.model, row.mechanism, row.variant, row.toolchain, row.metric): row for row in rows}
    for (*key, toolchain, metric), cxx in figures.items():
        if not key[0].startswith("cxx-") or metric not in METRICS:
            continue
        c_key = twin(experiment, key, toolchain)
        c = figures.get((*c_key, toolchain, metric))
        if c and c.value is not None and cxx.value is not None:
            yield Pair(experiment, c_key, toolchain, metric, c.value, cxx.value)


def pairs_of(results):
    found = []
    for experiment in ("stack", "finals"):
        found += growth_pairs(experiment, results.get(experiment, []))
    for experiment in ("opstate", "frames", "echo"):
        found += figure_pairs(experiment, results.get(experiment, []))
    return found


# --- Why they differ ---


def matches(pattern, text):
    """A shell's pattern: `*` is anything."""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), text) is not None


class Causes:
    def __init__(self, root):
        self.root = Path(root)
        self.lines = self.read_lines(self.root / "paper" / "calibration.tsv")
        self.growth = self.read_growth(self.root / "docs" / "calibration.md")

    @staticmethod
    def read_lines(path):
        """[(patterns: experiment, mechanism, variant, toolchain, metric), who has more or `-`, cause, why]"""
        lines = []
        for number_, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], 2):
            *patterns, more, cause, why = line.split("\t")
            if len(patterns) != 5 or more not in ("C", "C++", "-") or cause not in CAUSES:
                known = ", ".join(CAUSES)
                raise ValueError(f"{path.name}:{number_}: five patterns, C or C++ or -, one of {known}, and why")
            lines.append((patterns, more, cause, why))
        return lines

    def read_growth(self, path):
        """[(mechanisms, compilers, levels, sib, exc, C, C++, (cause, heading))] of the table, by its last column."""
        text = path.read_text(encoding="utf-8")
        headings = dict(re.findall(r"^## Disagreement (\d+): (.+)$", text, re.MULTILINE))
        lines = []
        for line in text.splitlines():
            columns = [cell.strip() for cell in line.strip("|").split("|")]
            if len(columns) == 8 and columns[-1] in headings:
                names = re.findall("`([^`]+)`", columns[0])
                settings = [re.split(r",\s+", cell) for cell in columns[1:5]]
                cause = self.cause_of_disagreement(columns[7])
                why = f"docs/calibration.md, disagreement {columns[7]}: {headings[columns[7]].replace('`', '')}"
                lines.append((names, *settings, columns[5], columns[6], (cause, why)))
        return lines

    def cause_of_disagreement(self, number):
        for patterns, _, cause, _ in self.lines:
            if patterns[4] == f"disagreement {number}":
                return cause
        raise ValueError(f"calibration.tsv has no line for disagreement {number} of docs/calibration.md")

    def of(self, pair):
        """Cause and sentence, or None where the two are equal."""
        if pair.equal:
            return None
        return (self.of_growth if pair.metric == GROWTH else self.of_figure)(pair)

    def of_growth(self, pair):
        setting = Setting.parse(pair.toolchain)
        options = dict(setting.options)
        compiler = re.sub(r"-(\d+).*", r" \1", setting.compiler)
        alone = re.sub(r",?then=\d+$", "", pair.key[2])
        cell = " ".join([pair.key[1], *([alone] if alone not in ("", "-") else [])])
        for names, compilers, levels, sib, exc, c, cxx, known in self.growth:
            where = compiler in compilers and options.get("opt") in levels and options.get("exc") in exc
            if where and options.get("sib") in sib and (c, cxx) == (pair.c, pair.cxx):
                if any(matches(name, cell) for name in names):
                    return known
        return UNEXPLAINED, ""

    def of_figure(self, pair):
        more = "C" if pair.c > pair.cxx else "C++"
        texts = (pair.experiment, pair.key[1], pair.key[2], pair.toolchain, pair.metric)
        for patterns, who, cause, why in self.lines:
            if who == more and all(matches(*both) for both in zip(patterns, texts)):
                return cause, why
        return UNEXPLAINED, ""


# --- What is said ---


def build(results, causes):
    section = Section("calibration")
    found = [pair for pair in pairs_of(results) if not is_library(pair.key[1])]
    if not found:
        return section
    explained = {pair: causes.of(pair) for pair in found}
    section.short = short(results, found)
    section.headline = headline(found, explained)
    section.tables = [summary(found, explained), *ratios(found, explained), *everything(found, explained)]
    section.findings = disagreements(found, explained)
    return section


def agreeing(found):
    return f"{sum(pair.equal for pair in found)} of {len(found)} cells"


def of_metric(found, *metrics):
    return [pair for pair in found if pair.metric in metrics]


def is_control(pair):
    return "boundary=no" in pair.key[2].split(",") and dict(Setting.parse(pair.toolchain).options).get("exc") == "on"


def short(results, found):
    """How many cells agree, the control apart, and which mechanisms have no twin."""
    growth = of_metric(found, GROWTH)
    control = [pair for pair in growth if is_control(pair)]
    rest = [pair for pair in growth if not is_control(pair)]
    parts = []
    if rest:
        parts.append(f"they agree whether the stack grows in {agreeing(rest)}")
    if control:
        parts.append(f"in the control, which C++ cannot have (boundary=no, exc=on), in {agreeing(control)}")
    allocations = of_metric(found, *ALLOCATIONS)
    if allocations:
        parts.append(f"in allocations in {agreeing(allocations)}")
    experiments = list(dict.fromkeys(pair.experiment for pair in found))
    mechanisms = dict.fromkeys(pair.key[:2] for pair in found)
    own = {
        (row.model, row.mechanism)
        for experiment in experiments
        for row in results[experiment]
        if row.model in ("awaitable", "sender") and not is_library(row.mechanism)
    }
    apart = f" ({len(own - set(mechanisms))} others are not)" if own - set(mechanisms) else ""
    count = f"{len(mechanisms)} mechanism{'s' * (len(mechanisms) > 1)}"
    return f"Calibrated against C++: {count} of {', '.join(experiments)}{apart}; {'; '.join(parts)}."


def headline(found, explained):
    differ = [pair for pair in found if not pair.equal]
    lost = [pair for pair in differ if explained[pair][0] == UNEXPLAINED]
    parts = [
        f"{what} in {agreeing(of_metric(found, *metrics))}"
        for metrics, what in (
            ((GROWTH,), "whether the stack grows"),
            ((BYTES,), "the bytes a completion"),
            (ALLOCATIONS, "allocations"),
        )
        if of_metric(found, *metrics)
    ]
    verb = "is" if len(lost) == 1 else "are"
    text = f"C and C++ agree on {', '.join(parts)}. Of {len(differ)} differences, {len(lost)} {verb} not explained."
    counted = [pair for pair in of_metric(found, INSTRUCTIONS) if pair.ratio]
    if counted:
        worst, best = max(counted, key=lambda pair: pair.ratio), min(counted, key=lambda pair: pair.ratio)
        above = sum(pair.ratio > LIMIT for pair in counted)
        text += (
            f"\nInstructions of C, those of C++ being 1: {best.ratio:.2f} ({name_of(best)}) to {worst.ratio:.2f} "
            f"({name_of(worst)}); above {LIMIT:g} in {above} of {len(counted)} rows."
        )
    return text


def name_of(pair):
    return f"{pair.experiment} {label(pair.key)}, {Setting.parse(pair.toolchain).compiler}"


def summary(found, explained):
    rows = []
    for metric, words in METRICS.items():
        these = of_metric(found, metric)
        causes = [explained[pair][0] for pair in these if not pair.equal]
        if these:
            lost = causes.count(UNEXPLAINED)
            rows.append([words, len(these), len(these) - len(causes), len(causes) - lost, lost])
    return Table(
        "calibration-summary",
        "C and C++, cell by cell: how many agree",
        ["figure", "compared", "equal", "differ, explained", "differ, not explained"],
        rows,
        "A difference is explained where somebody has looked at the instructions or the frame, and said why.",
    )


def ratios(found, explained):
    """The instructions of each mechanism: the range over its variants."""
    groups = {}
    for pair in of_metric(found, INSTRUCTIONS):
        if pair.ratio:
            groups.setdefault((pair.experiment, pair.key[:2], pair.toolchain), []).append(pair)
    rows = []
    for (experiment, (model, mechanism), toolchain), these in groups.items():
        low, high = min(pair.ratio for pair in these), max(pair.ratio for pair in these)
        why = dict.fromkeys(": ".join(filter(None, explained[pair])) for pair in these if not pair.equal)
        kind = "linear" if high > LIMIT else "bounded" if low < 1 / LIMIT else "constant"
        text = f"{low:.2f}" + (f" to {high:.2f}" if f"{low:.2f}" != f"{high:.2f}" else "")
        compiler = Setting.parse(toolchain).compiler
        rows.append([f"{experiment} {model} {mechanism}", compiler, len(these), Mark(text, kind), " ".join(why)])
    note = f"The rule is that C takes at most {LIMIT:g} times as many instructions as C++. Below 1, C takes fewer."
    columns = ["mechanism", "compiler", "variants", "C, C++ = 1", "why"]
    title = "Instructions of C to those of C++"
    return [Table("calibration-instructions", title, columns, rows, note, essential=True)] if rows else []


def everything(found, explained):
    """All pairs, the causes numbered; and what the numbers mean."""
    numbers, rows = {}, []
    for experiment in dict.fromkeys(pair.experiment for pair in found):
        rows.append(Heading(experiment, 6))
        merged = {}
        for pair in found:
            if pair.experiment == experiment:
                name = GROWTH if pair.metric == BYTES else pair.metric
                merged[pair.key, pair.toolchain, name] = pair  # the bytes, where there are some, stand for the growth
        for (key, toolchain, _), pair in merged.items():
            cause = explained[pair]
            text = "" if cause is None else UNEXPLAINED
            if cause and cause[0] != UNEXPLAINED:
                text = str(numbers.setdefault(cause, len(numbers) + 1))
            cells = [value_text(pair, pair.c), value_text(pair, pair.cxx), pair.difference(), text]
            name = label(key) + (f": {pair.metric}" if pair.metric not in (GROWTH, BYTES) else "")
            rows.append([name, toolchain, *cells])
    yield Table(
        "calibration",
        "Every cell: the C model and real C++",
        ["cell", "toolchain", "C", "C++", "comparison", "cause"],
        rows,
        "Stack: bytes a completion, 0 is no growth. The numbers of the causes are those of calibration-causes.",
        detail=True,
    )
    if numbers:
        yield Table(
            "calibration-causes",
            "Why they differ",
            ["number", "cause", "what", "rows"],
            [
                [str(number_), *cause, sum(other == cause for other in explained.values())]
                for cause, number_ in numbers.items()
            ],
            essential=True,
        )


def value_text(pair, value):
    if pair.metric not in (GROWTH, BYTES):
        return shown(value)
    cell = Cell()
    cell.growth, cell.bytes = (value, None) if pair.metric == GROWTH else ("linear", value)
    return Mark("grows", "linear") if value == "linear" else cell.text()


def disagreements(found, explained):
    """A sentence for each explained disagreement about growth, and for each cell where one is not explained."""
    by_cause, lost = {}, {}
    for pair in found:
        if pair.metric != GROWTH or pair.equal:
            continue
        if explained[pair][0] != UNEXPLAINED:
            by_cause.setdefault((explained[pair][1], pair.c, pair.cxx), []).append(pair)
        else:
            lost.setdefault((label(pair.key), pair.c, pair.cxx), []).append(pair)
    sentences = [
        f"Growth is {c} in C and {cxx} in C++ in {len(these)} cell{'s' * (len(these) > 1)} ({why})."
        for (why, c, cxx), these in by_cause.items()
    ]
    for (name, c, cxx), these in lost.items():
        settings = [Setting.parse(pair.toolchain) for pair in these]
        where = ", ".join(f"{setting.compiler} {setting.describe()}" for setting in settings)
        count = f"{len(these)} setting{'s' * (len(these) > 1)}"
        sentences.append(f"{name} is {c} in C and {cxx} in C++ at {count}, which is not explained: {where}.")
    return sentences
