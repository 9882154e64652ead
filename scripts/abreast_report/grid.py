"""grid: the published grid of execution models, streams and return types, rebuilt; and what each difference is."""

import re

from .ratios import control_finding, groups_of
from .rows import shown, shown_row
from .tables import Heading, Section, Table

SOURCE = "Capy 2026-05"
RATIO = "ratio_to_floor"
EXECUTIONS = ("sender pipeline", "awaitable task", "sender task")
STREAMS = ("native", "abstract", "type-erased", "synchronous")
HIDDEN = ("abstract", "type-erased")
ALLOCATING = "-any-sender-allocating"
SCHEDULE = "+schedule"
LIMIT = 8  # instructions above the floor that an awaitable's synchronous read may cost
WITHOUT_TRAMPOLINE = {("sender", "pipeline"), ("sender", "pipeline-direct")}
SYNCHRONOUS = WITHOUT_TRAMPOLINE | {  # those without a bridge
    ("awaitable", "task-ready-known"),
    ("awaitable", "task-ready"),
    ("awaitable", "task-transfer"),
    ("sender", "pipeline-trampoline"),
    ("sender", "task-member"),
    ("sender", "task-inline-known"),
    ("sender", "task-p2300"),
    ("cxx-awaitable", "task-ready"),
    ("cxx-sender", "pipeline-direct"),
}
JUDGED = (  # who made it, the awaitable whose native read is judged, and the senders beside it
    ("C++", ("cxx-awaitable", "task-ready"), {("cxx-sender", "pipeline-direct")}),
    ("The model in C", ("awaitable", "task-ready"), WITHOUT_TRAMPOLINE),
)
STEPS = {  # what one thing costs: (stream, dearer cell, cheaper cell)
    "the trampoline": ("native", ("sender", "pipeline-trampoline"), ("sender", "pipeline")),
    "posting a bridged coroutine through an allocated schedule operation, as the published adapter does": (
        "native",
        ("sender", "task+member+schedule"),
        ("sender", "task+member"),
    ),
    "the same through a recycled operation": (
        "native",
        ("sender", "task+member+schedule-recycled"),
        ("sender", "task+member"),
    ),
    "a sender's scheduler that is type-erased, as an awaitable's executor is": (
        "native",
        ("sender", "pipeline-any-scheduler"),
        ("sender", "pipeline"),
    ),
    "the handshake of a sender in an awaitable task": (
        "native",
        ("awaitable", "task+handshake-exchange"),
        ("awaitable", "task"),
    ),
    "the frame of connect_awaitable as P2300R10 writes it": (
        "native",
        ("sender", "pipeline+connect-awaitable"),
        ("sender", "pipeline+callback-handle"),
    ),
    "an any_sender that never fits its buffer, against one that does": (
        "abstract",
        ("sender", "task-p2300-any-sender-allocating"),
        ("sender", "task-p2300-any-sender"),
    ),
    "an any_sender that fits, against an operation state of fixed size that completes through a table": (
        "abstract",
        ("sender", "task-p2300-any-sender"),
        ("sender", "task-p2300-table-sender"),
    ),
}


def path(execution, stream, bridged):
    """(model, mechanism) of the row that takes the way of a published cell."""
    synchronous, hidden = stream == "synchronous", stream in HIDDEN
    erased = ALLOCATING if hidden else ""
    posted = "" if synchronous else SCHEDULE
    if execution == "sender pipeline":
        return "sender", "pipeline-trampoline" + (f"+callback-handle{posted}" if bridged else erased)
    if execution == "awaitable task":
        if bridged:
            return "awaitable", "task+handshake-exchange" + erased
        return "awaitable", "task-transfer" if synchronous else "task"
    if bridged:
        return "sender", "task+member" + posted
    return "sender", "task-p2300" + erased if hidden else "task-member"


def lighter(mechanism):
    """The mechanisms that do the same as a published one without its allocation."""
    if mechanism.endswith(ALLOCATING):
        plain = mechanism.removesuffix(ALLOCATING)
        return [
            start + end
            for start in (plain, plain.replace("-trampoline", ""))
            for end in ("-any-sender", "-table-sender")
        ]
    plain = mechanism.removesuffix(SCHEDULE)
    return [plain, plain.replace("-trampoline", "")]


class Published:
    """(execution, stream, bridged) -> (ns, allocations)"""

    def __init__(self, papers):
        self.cells = {}
        for source, table, row, column, value, _, note in papers:
            execution = table.removeprefix("grid, ")
            if source != SOURCE or execution not in EXECUTIONS:
                continue
            found = re.match(r"(\d+) alloc/op", note)
            self.cells[execution, row, column.endswith("bridged")] = (value, int(found[1]) if found else None)

    def keys(self):
        return [
            (execution, stream, bridged)
            for execution in EXECUTIONS
            for stream in STREAMS
            for bridged in (False, True)
            if (execution, stream, bridged) in self.cells
        ]


class Cells:
    """Our rows: by stream, (model, mechanism), metric and compiler."""

    def __init__(self, groups):
        self.groups = sorted(groups, key=lambda group: not group.timed)
        self.compilers = list(dict.fromkeys(group.compiler for group in self.groups))

    def row(self, stream, name, metric, compiler=None):
        for group in self.groups:
            if group.variant == f"stream={stream}" and compiler in (None, group.compiler):
                row = group.cells.get(name, {}).get(metric)
                if row is not None:
                    return row
        return None

    def value(self, stream, name, metric, compiler=None):
        row = self.row(stream, name, metric, compiler)
        return row.value if row else None

    def above(self, stream, name, metric, compiler=None):
        """What a cell takes more than the floor."""
        ours = self.value(stream, name, metric, compiler)
        floor = self.value(stream, ("raw", "floor"), metric, compiler)
        return None if ours is None or floor is None else ours - floor

    def names(self, stream):
        found = {}
        for group in self.groups:
            if group.variant == f"stream={stream}":
                found.update(dict.fromkeys(name for name, _ in group.ordered()))
        return list(found)


def build(rows, papers):
    section = Section("grid")
    cells = Cells(groups_of(rows))
    published = Published(papers)
    section.tables = [all_table(cells, published)]
    matched = allocations(cells, published)
    lines = [matched, explained(cells, published), native_rows(cells), erasure(cells)]
    section.headline = "\n".join(line for line in lines if line)
    section.findings = instructions(cells) + steps(cells) + malloc(cells, published)
    section.findings += control_finding(cells.groups, RATIO)
    section.short = " ".join(line for line in (matched, native_rows(cells)) if line)
    section.data = figure_data(cells, published)
    return section


def all_table(cells, published):
    takes = {}
    for execution, stream, bridged in published.keys():
        cell = f"{execution}, {returned(bridged)}"
        takes.setdefault((stream, *path(execution, stream, bridged)), []).append(cell)
    metrics = ["ns_per_op", "ns_above_floor", "allocs_per_op", "allocs_fresh_per_op", "op_state_bytes", "frame_bytes"]
    columns = [
        "path that a read takes",
        "published cell that takes it",
        "ns",
        "ns above the floor",
        "allocations",
        "from malloc",
        "operation state or awaitable, bytes",
        "coroutine frame, bytes",
        *(f"instructions, {compiler}" for compiler in cells.compilers),
    ]
    body = []
    for stream in STREAMS:
        names = cells.names(stream)
        if names:
            body.append(Heading(f"stream: {stream}", len(columns)))
        for name in names:
            body.append(
                [
                    " ".join(name),
                    "; ".join(takes.get((stream, *name), ["-"])),
                    *(shown_row(cells.row(stream, name, metric)) for metric in metrics),
                    *(shown_row(cells.row(stream, name, "instructions_per_op", it)) for it in cells.compilers),
                ]
            )
    return Table(
        "grid-paths",
        "Every path of a read: those of the published cells, and those that explain them",
        columns,
        body,
        "Less is better. Published cell: execution model and what its read_some returns. The floor is a bare state "
        "machine; where the stream is hidden, it is from the floor too. In brackets the 99 % interval of paired, "
        "interleaved runs. bench/grid/grid.def says what the words of a mechanism are.",
        detail=True,
    )


def returned(bridged):
    return "bridged" if bridged else "native"


def allocations(cells, published):
    seen, same, other = 0, 0, []
    for key in published.keys():
        ours, theirs = cells.value(key[1], path(*key), "allocs_per_op"), published.cells[key][1]
        if ours is None or theirs is None:
            continue
        seen += 1
        same += ours == theirs
        if ours != theirs:
            other.append(f"{key[0]}, {key[1]}, {returned(key[2])}: {shown(ours)} instead of {shown(theirs)}")
    if not seen:
        return ""
    differ = f" Another number: {'; '.join(other)}." if other else ""
    return f"A read allocates exactly as often as published in {same} of {seen} cells.{differ}"


def allocating(cells, published):
    return [key for key in published.keys() if (cells.value(key[1], path(*key), "allocs_per_op") or 0) > 0]


def explained(cells, published):
    """For each published cell that allocates, whether a row beside it does the same without."""
    found, without = allocating(cells, published), {}
    for key in found:
        model, mechanism = path(*key)
        for other in lighter(mechanism):
            if cells.value(key[1], (model, other), "allocs_per_op") == 0:
                without.setdefault(key, []).append(other)
    if not found:
        return ""
    missing = [f"{key[0]}, {key[1]}, {returned(key[2])}" for key in found if key not in without]
    names = dict.fromkeys(name for others in without.values() for name in others)
    words = {
        "an any_sender that fits its buffer": any(name.endswith("-any-sender") for name in names),
        "a sender whose operation state has a fixed size": any(name.endswith("-table-sender") for name in names),
        "an executor that is given the coroutine itself": any("sender" not in name for name in names),
    }
    how = " or ".join(word for word, there in words.items() if there)
    text = f"{len(found)} of the published cells allocate in every read. "
    text += f"{len(without)} of these have" if missing else "Each of these has"
    text += " a row beside it that does the same read and does not allocate"
    text += f": by {how}" if how else ""
    return text + (f". There is none for {'; '.join(missing)}." if missing else ".")


def apart(dearer, cheaper):
    """(value, low, high) of what one cell takes more than another. Each has its interval against its floor, and the
    ends furthest apart are taken: wider than what a pair of the two would give."""
    if any(row is None or row.value is None for row in (dearer, cheaper)):
        return None
    return dearer.value - cheaper.value, dearer.low - cheaper.high, dearer.high - cheaper.low


def times_as(dearer, cheaper):
    """The same as a ratio; None where the interval of what it is divided by has 0 in it."""
    if any(row is None or row.value is None for row in (dearer, cheaper)) or cheaper.low <= 0:
        return None
    return dearer.value / cheaper.value, dearer.low / cheaper.high, dearer.high / cheaper.low


def shown_apart(found):
    value, low, high = found
    text = f"{value:+.1f} ({low:+.1f} to {high:+.1f})"
    return f"{text}, not told apart" if low <= 0 <= high else text


def native_rows(cells):
    """How far the three execution models are apart where the stream's type is known, and nothing is bridged."""
    found = {}
    for execution in EXECUTIONS:
        name = path(execution, "native", False)
        rows = [cells.row("native", name, metric) for metric in (RATIO, "ns_above_floor", "ns_per_op")]
        if all(row is not None and row.value is not None for row in rows):
            found[execution] = rows
    if len(found) < 2:
        return ""
    ordered = sorted(found.values(), key=lambda rows: rows[0].value)
    ratio = times_as(ordered[-1][0], ordered[0][0])
    above = times_as(ordered[-1][1], ordered[0][1])
    if ratio is None:
        return ""
    listed = ", ".join(
        f"{execution} {shown(time.value)} ({shown(extra.value)} above the floor)"
        for execution, (_, extra, time) in found.items()
    )
    text = f"Where the stream's type is known and nothing is bridged a read takes, in ns (less is better): {listed}. "
    text += f"The slowest takes {shown_times(ratio)} the time of the fastest"
    text += f", and {shown_times(above)} what the fastest takes above the floor." if above else "."
    plain = cells.value("native", ("sender", "pipeline"), "ns_above_floor")
    if plain is not None:
        text += " The pipeline has a trampoline, as the published one; without it, it is "
        text += f"{shown(plain)} above the floor."
    return text


def shown_times(ratio):
    value, low, high = ratio
    return f"{value:.2f} ({low:.2f} to {high:.2f}) times"


def erasure(cells):
    """What it costs not to know the stream's type, in the protocol's own best way and in the published one. Streams are
    measured one after the other, so each is compared with its own floor."""
    parts = []
    for what, model, hidden, plain in (
        ("an awaitable through any_stream", "awaitable", "task", "task"),
        ("a sender as published", "sender", "task-p2300" + ALLOCATING, "task-p2300"),
        ("an any_sender that fits", "sender", "task-p2300-any-sender", "task-p2300"),
        ("the same by a handshake", "sender", "task-handshake-thread-id-any-sender", "task-handshake-thread-id"),
        ("a table_sender", "sender", "task-p2300-table-sender", "task-p2300"),
    ):
        ours = cells.row("type-erased", (model, hidden), "ns_above_floor")
        base = cells.row("native", (model, plain), "ns_above_floor")
        if found := apart(ours, base):
            parts.append(f"{what} {shown(ours.value)} instead of {shown(base.value)}, {shown_apart(found)}")
    if not parts:
        return ""
    listed = "; ".join(parts)
    return (
        "A read of a type-erased stream, and of one whose type is known, in a task of its own model, in ns above the "
        f"floor (less is better): {listed}."
    )


def instructions(cells):
    """The synchronous row, a line for each compiler: what it makes of C++ and of the model in C."""
    sentences = []
    for compiler in cells.compilers:
        above = {
            name: extra
            for name in cells.names("synchronous")
            if name in SYNCHRONOUS
            and (extra := cells.above("synchronous", name, "instructions_per_op", compiler)) is not None
        }
        told = [compared(above, *judged) for judged in JUDGED if judged[1] in above]
        if told:
            others = {name for _, ready, loops in JUDGED for name in (ready, *loops)}
            listed = ", ".join(f"{' '.join(name)} {shown(above[name])}" for name in above if name not in others)
            text = f"Reads that complete at once, instructions above the floor with {compiler} (less is better; "
            text += f"{LIMIT} is the limit that we set). {' '.join(told)}"
            text += f" Other forms: {listed}." if listed else ""
            sentences.append(text)
    return sentences


def compared(above, where, ready, senders):
    """A sentence: the awaitable's read, and the cheapest pipeline without a trampoline beside it."""
    text = f"{where}: the awaitable {shown(above[ready])} ({ready[1]}), {limit(above[ready])}"
    loops = {name: extra for name, extra in above.items() if name in senders}
    if loops:
        least = min(loops, key=loops.get)
        extra = loops[least]
        than = "fewer than" if extra < above[ready] else "as many as" if extra == above[ready] else "more than"
        text += f"; a pipeline without a trampoline {shown(extra)} ({least[1]}), {limit(extra)}, {than} the awaitable"
    return f"{text}."


def limit(extra):
    return "within it" if extra <= LIMIT else "above it"


def steps(cells):
    parts = []
    for what, (stream, dearer, cheaper) in STEPS.items():
        if found := apart(*(cells.row(stream, name, "ns_above_floor") for name in (dearer, cheaper))):
            parts.append(f"{what}: {shown_apart(found)}")
    return [f"What one step adds to a read, ns: {'; '.join(parts)}."] if parts else []


def malloc(cells, published):
    found = allocating(cells, published)
    fresh = [key for key in found if (cells.value(key[1], path(*key), "allocs_fresh_per_op") or 0) > 0]
    if not fresh:
        return []
    bridged = " all of them bridged" if all(key[2] for key in fresh) else " not all of them bridged"
    return [
        f"Of the {len(found)} published cells that allocate, {len(fresh)} go to malloc in every read,{bridged}; the "
        f"other {len(found) - len(fresh)} use the recycling resource. The published adapter makes the operation "
        "that resumes a coroutine by plain new."
    ]


def figure_data(cells, published):
    """A block for each execution model: place, ns above the floor, its interval, and the name of the place."""
    blocks = []
    for execution in EXECUTIONS:
        lines = []
        for place, (stream, bridged) in enumerate((stream, bridged) for stream in STREAMS for bridged in (False, True)):
            row = cells.row(stream, path(execution, stream, bridged), "ns_above_floor")
            if row is not None and row.value is not None:
                label = f"{stream}\\n{'bridged' if bridged else 'native'}"
                lines.append(f"{place}\t{row.value:.6g}\t{row.low:.6g}\t{row.high:.6g}\t{label}")
        if not lines:
            return ""
        blocks.append("\n".join([f'"{execution}"', *lines]) + "\n")
    return "\n\n".join(blocks)
