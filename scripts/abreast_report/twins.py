"""Which figures of C and of C++ are twins, and why they differ where they do.

A difference has a cause only where somebody looked for it: one of growth has the entry of docs/calibration.md's table
that names its cell, any other the first line of paper/calibration.tsv whose patterns match it and whose amount is that
of the difference, or not less. Failing that, bytes of stack have a cause where the stack itself shows it: a completion
leaves another number of functions there, of a size that functions have. What none of them explains is "not explained",
and is counted.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from .cells import cells_of
from .rows import Setting, pairs

GROWTH, BYTES, INSTRUCTIONS = "stack_growth", "stack_bytes_per_completion", "instructions_per_op"
FUNCTIONS = "stack_functions_per_completion"
ALLOCATIONS = ("allocs_per_op", "allocs_fresh_per_op")
ORDER = ("stack", "finals", "opstate", "frames", "phases")
UNITS_OF_TIME = ("ns", "us", "ms", "s", "ratio", "1/s")
CAUSES = ("frame layout", "exception cleanup", "optimiser", "ABI", "C++ library")
UNEXPLAINED = "not explained"
MEASURED = (INSTRUCTIONS, "bytes_written_per_op")  # equal to within the limit
LIMIT = 1.05  # of C's instructions to those of C++
METRICS = {
    GROWTH: "whether the stack grows",
    BYTES: "bytes of stack a completion, where it grows in both",
    "op_state_bytes": "bytes of operation state",
    "op_state_align_bytes": "alignment of an operation state",
    "awaitable_bytes": "bytes of awaitable",
    "awaitable_align_bytes": "alignment of an awaitable",
    "frame_bytes": "bytes of a coroutine frame",
    "peak_bytes": "bytes of frames that live at the same time, at most",
    "retained_bytes": "bytes that an allocator keeps for frames to come",
    "graph_bytes_per_op": "bytes of operation states and frames, a join",
    ALLOCATIONS[0]: "allocations an operation",
    ALLOCATIONS[1]: "of these, fresh ones",
    INSTRUCTIONS: "instructions an operation, to within 5 %",
    MEASURED[1]: "bytes written an operation, to within 5 %",
    "idle_bytes_per_connection": "bytes of an idle connection",
    "idle_part_bytes": "bytes of a part of an idle connection",
    "syscalls_per_msg": "system calls a turn of the loop",
}
FUNCTION_BYTES = 320  # of stack, the most that one function has taken at -O0 (docs/calibration.md)
OTHER_FUNCTIONS = (
    "optimiser",
    "A completion leaves another number of functions on the stack, as counted in each cell: the compiler inlines some "
    "in one language and not in the other, at -O0 none in either.",
)


@dataclass(frozen=True)
class Pair:
    """A figure of C and the same of C++."""

    experiment: str
    key: tuple  # (model, mechanism, variant) of the C cell
    toolchain: str
    metric: str
    c: object  # a number, or a class of growth
    cxx: object
    functions: tuple = (None, None)  # of bytes of stack: how many a completion leaves there, in C and in C++
    renamed: tuple = ()  # (mechanism in C++, why) where it is another
    row: object = field(default=None, compare=False)  # of the C cell

    @property
    def ratio(self):
        return self.c / self.cxx if self.cxx else None

    @property
    def equal(self):
        if self.metric in MEASURED and self.ratio:
            return 1 / LIMIT <= self.ratio <= LIMIT
        return self.c == self.cxx

    @property
    def setting(self):
        return Setting.parse(self.toolchain)

    @property
    def level(self):
        return dict(self.setting.options).get("opt", "-")


# --- Which cells are twins ---


@dataclass(frozen=True)
class Renamed:
    """A mechanism of C++ whose twin in C has another name, because the form is another."""

    experiment: str  # a pattern, as all of these
    mechanism: str
    variant: str
    toolchain: str
    c: str  # * is the name in C++
    why: str


RENAMED = (
    Renamed(
        "opstate|grid",
        "ready|ready-each|task-ready",
        "depth=*|stream=*",
        "clang* O1 *|clang* O2 *|clang* O3 *",
        "*-known",
        "clang's optimiser drops the suspension point of an awaitable that is always ready; the form in C of that name "
        "has none.",
    ),
    Renamed(
        "opstate",
        "let-value",
        "*",
        "*",
        "*-as-written",
        "In C++ let_value is as P2300R10 words it; in C the form of that name lets the operation states share storage.",
    ),
)


@lru_cache(maxsize=None)
def twin(experiment, key, toolchain):
    """The C cell of a C++ cell, and what Pair.renamed says of it."""
    model, mechanism, variant = key
    model = model.removeprefix("cxx-")
    if experiment == "frames":
        variant = variant.replace("task=cxx-", "task=")
    for one in RENAMED:
        patterns = (one.experiment, one.mechanism, one.variant, one.toolchain)
        if all(matches(*both) for both in zip(patterns, (experiment, mechanism, variant, toolchain))):
            return (model, one.c.replace("*", mechanism), variant), (mechanism, one.why)
    return (model, mechanism, variant), ()


def growth_pairs(experiment, rows):
    cells = cells_of(rows)
    functions = {
        (row.model, row.mechanism, row.variant, row.toolchain): row.value for row in rows if row.metric == FUNCTIONS
    }
    for key, by_toolchain in cells.items():
        if not key[0].startswith("cxx-"):
            continue
        for toolchain, cxx in by_toolchain.items():
            c_key, renamed = twin(experiment, key, toolchain)
            c = cells.get(c_key, {}).get(toolchain)
            if not (c and c.growth and cxx.growth):
                continue
            yield Pair(experiment, c_key, toolchain, GROWTH, c.growth, cxx.growth, renamed=renamed, row=c.rows[GROWTH])
            if c.growth == cxx.growth == "linear":
                both = tuple(functions.get((*one, toolchain)) for one in (c_key, key))
                yield Pair(experiment, c_key, toolchain, BYTES, c.bytes, cxx.bytes, both, renamed, c.rows.get(BYTES))


def figure_pairs(experiment, rows):
    """Of every metric that is exact."""
    rows = [row for row in rows if row.exact and row.value is not None and row.unit not in UNITS_OF_TIME]
    figures = {(row.model, row.mechanism, row.variant, row.toolchain, row.metric): row for row in rows}
    for (*key, toolchain, metric), cxx in figures.items():
        if key[0].startswith("cxx-"):
            c_key, renamed = twin(experiment, tuple(key), toolchain)
            c = figures.get((*c_key, toolchain, metric))
            if c:
                yield Pair(experiment, c_key, toolchain, metric, c.value, cxx.value, renamed=renamed, row=c)


def pairs_of(results):
    found = []
    for experiment in dict.fromkeys([*ORDER, *results]):
        rows = results.get(experiment, [])
        of = growth_pairs if any(row.metric == GROWTH for row in rows) else figure_pairs
        found += of(experiment, rows)
    return found


def elided(results):
    """The rows of allocations of the coroutine that its compiler sees from its making to its end."""
    return [
        row
        for row in results.get("frames", [])
        if row.metric == "allocs_per_op" and row.mechanism == "operator-new-resumed" and row.value is not None
        if row.keys.get("callee") == "visible"
    ]


# --- Why they differ ---


@lru_cache(maxsize=None)
def expression(pattern):
    return re.compile("|".join(".*".join(map(re.escape, one.split("*"))) for one in pattern.split("|")))


def matches(pattern, text):
    """A shell's patterns, any of them: `*` is anything, and `|` stands between alternatives."""
    return expression(pattern).fullmatch(text) is not None


MORE = re.compile(r"-|(C|C\+\+) (by \d+(\|\d+)*|up to \d+(\.\d+ times| times)?)")
MORE_WORDS = "`C` or `C++` with `by 16|48`, `up to 48` or `up to 1.2 times`; or `-`"


@dataclass(frozen=True)
class More:
    """Which of the two has more; and by how much: just one of some amounts, or at most so much, or so many times."""

    who: str  # `-`: of a line that is about no figures
    amounts: tuple = ()
    most: float = None
    times: float = None

    @staticmethod
    def parse(text):
        who, _, rest = text.partition(" ")
        number = rest.removeprefix("by ").removeprefix("up to ")
        if rest.endswith(" times"):
            return More(who, times=float(number.removesuffix(" times")))
        if rest.startswith("up to "):
            return More(who, most=float(number))
        return More(who, tuple(int(one) for one in number.split("|") if one))

    def holds(self, pair):
        less, more = sorted((pair.c, pair.cxx))
        if self.who != ("C" if pair.c > pair.cxx else "C++"):
            return False
        if self.times is not None:
            return more <= self.times * less
        return more - less in self.amounts or (self.most is not None and more - less <= self.most)


class Causes:
    def __init__(self, root):
        self.root = Path(root)
        self.lines = self.read_lines(self.root / "paper" / "calibration.tsv")
        self.growth = self.read_growth(self.root / "docs" / "calibration.md")

    @staticmethod
    def read_lines(path):
        """[(patterns: experiment, mechanism, variant, toolchain, metric), More, cause, why]"""
        lines = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()[1:], 2):
            *patterns, more, cause, why = line.split("\t")
            if len(patterns) != 5 or not MORE.fullmatch(more) or cause not in CAUSES:
                known = ", ".join(CAUSES)
                raise ValueError(f"{path.name}:{number}: five patterns, {MORE_WORDS}, one of {known}, and why")
            lines.append((patterns, More.parse(more), cause, why))
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
        options = dict(pair.setting.options)
        compiler = re.sub(r"-(\d+).*", r" \1", pair.setting.compiler)
        alone = re.sub(r",?then=\d+$", "", pair.key[2])
        cell = " ".join([pair.key[1], *([alone] if alone not in ("", "-") else [])])
        for names, compilers, levels, sib, exc, c, cxx, known in self.growth:
            where = compiler in compilers and options.get("opt") in levels and options.get("exc") in exc
            if where and options.get("sib") in sib and (c, cxx) == (pair.c, pair.cxx):
                if any(matches(name, cell) for name in names):
                    return known
        return UNEXPLAINED, ""

    def of_figure(self, pair):
        texts = (pair.experiment, pair.key[1], pair.key[2], pair.toolchain, pair.metric)
        for patterns, more, cause, why in self.lines:
            if more.holds(pair) and all(matches(*both) for both in zip(patterns, texts)):
                return cause, why
        c, cxx = pair.functions
        if c is not None and cxx is not None and 0 < abs(pair.c - pair.cxx) <= FUNCTION_BYTES * abs(c - cxx):
            return OTHER_FUNCTIONS
        return UNEXPLAINED, ""


def is_control(pair):
    return pairs(pair.key[2]).get("boundary") == "no" and dict(pair.setting.options).get("exc") == "on"
