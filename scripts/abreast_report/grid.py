"""grid: the published grid of execution models, streams and return types, rebuilt; and what each difference is."""

import re

from .finding import figure
from .ratios import control_finding, groups_of
from .rows import cited, shown, shown_row
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
JUDGED = (  # who made it, the awaitable whose native read is judged, and the senders beside it
    ("C++", ("cxx-awaitable", "task-ready"), {("cxx-sender", "pipeline-direct")}),
    ("The model in C", ("awaitable", "task-ready"), WITHOUT_TRAMPOLINE),
)
STEPS = {  # what one thing costs: (stream, or that of each cell; dearer cell, cheaper cell)
    "any_stream, which hides the stream's type from an awaitable": (
        ("type-erased", "native"),
        ("awaitable", "task"),
        ("awaitable", "task"),
    ),
    "an any_sender as published, which hides it from a sender": (
        ("type-erased", "native"),
        ("sender", "task-p2300" + ALLOCATING),
        ("sender", "task-p2300"),
    ),
    "an any_sender that fits its buffer": (
        ("type-erased", "native"),
        ("sender", "task-p2300-any-sender"),
        ("sender", "task-p2300"),
    ),
    "the same by a handshake": (
        ("type-erased", "native"),
        ("sender", "task-handshake-thread-id-any-sender"),
        ("sender", "task-handshake-thread-id"),
    ),
    "an operation state of fixed size that completes through a table": (
        ("type-erased", "native"),
        ("sender", "task-p2300-table-sender"),
        ("sender", "task-p2300"),
    ),
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
    section.tables = [*differences(cells), all_table(cells, published)]
    section.short = " ".join(filter(None, (allocations(cells, published), close(cells))))
    section.headline = "\n".join([*explained(cells, published), *native_rows(cells)])
    section.findings = [*instructions(cells), *malloc(cells, published)]
    section.findings += control_finding(cells.groups, RATIO)
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
    """In how many of the published cells a read allocates just as often."""
    found = [(cells.row(key[1], path(*key), "allocs_per_op"), published.cells[key][1]) for key in published.keys()]
    found = [(row, theirs) for row, theirs in found if row and row.value is not None and theirs is not None]
    if not found:
        return ""
    same = [row for row, theirs in found if row.value == theirs]
    count = cited(f"{len(same)} of {len(found)}", *(same or [found[0][0]])[:1])
    return f"A read from a thread pool allocates exactly as often as published in {count} cells."


def unlike(cells, published):
    """The published cells in which it does not, and how often then."""
    for key in published.keys():
        row, theirs = cells.row(key[1], path(*key), "allocs_per_op"), published.cells[key][1]
        if row and row.value is not None and theirs not in (None, row.value):
            yield f"{key[0]}, {key[1]}, {returned(key[2])}: {figure(row)} instead of {theirs}"


def allocating(cells, published):
    return [key for key in published.keys() if (cells.value(key[1], path(*key), "allocs_per_op") or 0) > 0]


def explained(cells, published):
    """For each published cell that allocates, whether a row beside it does the same without."""
    if other := list(unlike(cells, published)):
        yield f"Another number of allocations than published: {'; '.join(other)}."
    found, without = allocating(cells, published), {}
    for key in found:
        model, mechanism = path(*key)
        for other in lighter(mechanism):
            row = cells.row(key[1], (model, other), "allocs_per_op")
            if row and row.value == 0:
                without.setdefault(key, {})[other] = row
    if not found:
        return
    names = dict.fromkeys(name for others in without.values() for name in others)
    words = {
        "an any_sender that fits its buffer": any(name.endswith("-any-sender") for name in names),
        "a sender whose operation state has a fixed size": any(name.endswith("-table-sender") for name in names),
        "an executor that is given the coroutine itself": any("sender" not in name for name in names),
    }
    how = " or ".join(word for word, there in words.items() if there)
    row = cells.row(found[0][1], path(*found[0]), "allocs_per_op")
    all_ = cited(f"{len(found)} of {len(published.keys())}", row)
    some = cited(f"{len(without)} of {len(found)}", *(row for others in without.values() for row in others.values()))
    yield (f"Of the published cells {all_} allocate in every read. For {some} a row beside it does the same read and "
           f"does not allocate{f': by {how}' if how else ''}.")
    missing = [f"{key[0]}, {key[1]}, {returned(key[2])}" for key in found if key not in without]
    if missing:
        yield f"There is none for {'; '.join(missing)}."


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


def shown_apart(found, row):
    value, low, high = found
    text = f"{value:+.1f} ({low:+.1f} to {high:+.1f})"
    return cited(f"{text}, not told apart" if low <= 0 <= high else text, row)


def native(cells):
    """{execution model: (ratio to the floor, ns above it, ns)} where the stream's type is known, without a bridge."""
    found = {}
    for execution in EXECUTIONS:
        name = path(execution, "native", False)
        rows = [cells.row("native", name, metric) for metric in (RATIO, "ns_above_floor", "ns_per_op")]
        if all(row is not None and row.value is not None for row in rows):
            found[execution] = rows
    return found if len(found) > 1 else {}


def close(cells):
    """How far the execution models are apart there."""
    ordered = sorted(native(cells).values(), key=lambda rows: rows[0].value)
    ratio = times_as(ordered[-1][0], ordered[0][0]) if ordered else None
    if not ratio:
        return ""
    times = cited(f"{ratio[0]:.2f} times ({ratio[1]:.2f} to {ratio[2]:.2f})", ordered[-1][0])
    return f"Where the stream's type is known the slowest of the models takes {times} the time of the fastest."


def native_rows(cells):
    found = native(cells)
    if found:
        times = ", ".join(f"{execution} {figure(time)}" for execution, (_, _, time) in found.items())
        yield f"Where the stream's type is known and nothing is bridged a read takes, in ns (lower is better): {times}."
        above = ", ".join(f"{execution} {figure(extra)}" for execution, (_, extra, _) in found.items())
        plain = cells.row("native", ("sender", "pipeline"), "ns_above_floor")
        without = f"; without its trampoline the pipeline {figure(plain)}" if plain and plain.value is not None else ""
        yield f"Above the floor, the median of pairs (which is no difference of medians), it takes: {above}{without}."


def differences(cells):
    """What one thing adds to a read. Streams are measured one after the other, so each cell is compared with the floor
    of its own."""
    body = []
    for what, (stream, dearer, cheaper) in STEPS.items():
        stream = stream if isinstance(stream, tuple) else (stream, stream)
        rows = [cells.row(where, name, "ns_above_floor") for where, name in zip(stream, (dearer, cheaper))]
        if found := apart(*rows):
            body.append([what, *(shown_row(row) for row in rows), shown_apart(found, rows[0])])
    if body:
        yield Table(
            "grid-steps",
            "What one thing adds to a read, ns above the floor",
            ["what", "with it", "without it", "it adds"],
            body,
            "Less is better. A difference reaches from the one end of the two intervals to the other.",
            essential=True,
        )


def instructions(cells):
    """The synchronous row, a line for each compiler: what it makes of C++ and of the model in C."""
    for compiler in cells.compilers:
        above = {
            name: (extra, cells.row("synchronous", name, "instructions_per_op", compiler))
            for name in cells.names("synchronous")
            if (extra := cells.above("synchronous", name, "instructions_per_op", compiler)) is not None
        }
        if told := [compared(above, *judged) for judged in JUDGED if judged[1] in above]:
            yield (f"Reads that complete at once, instructions above the floor with {compiler} (less is better; "
                   f"{LIMIT} is the limit that we set). {' '.join(told)}")


def compared(above, where, ready, senders):
    """A sentence: the awaitable's read, and the cheapest pipeline without a trampoline beside it."""
    extra, row = above[ready]
    text = f"{where}: the awaitable {cited(shown(extra), row)} ({ready[1]}), {limit(extra)}"
    loops = {name: found for name, found in above.items() if name in senders}
    if loops:
        least = min(loops, key=lambda name: loops[name][0])
        other, row = loops[least]
        than = "fewer than" if other < extra else "as many as" if other == extra else "more than"
        text += (f"; a pipeline without a trampoline {cited(shown(other), row)} ({least[1]}), {limit(other)}, {than} "
                 "the awaitable")
    return f"{text}."


def limit(extra):
    return "within it" if extra <= LIMIT else "above it"


def malloc(cells, published):
    found = allocating(cells, published)
    rows = {key: cells.row(key[1], path(*key), "allocs_fresh_per_op") for key in found}
    fresh = {key: row for key, row in rows.items() if row and row.value}
    if fresh:
        bridged = ", all of them bridged" if all(key[2] for key in fresh) else ", not all of them bridged"
        count = cited(f"{len(fresh)} of the {len(found)}", *fresh.values())
        yield (f"In {count} published cells that allocate each read goes to malloc{bridged}; in the others the "
               "recycling resource is used. The published adapter makes the operation that resumes a coroutine by "
               "plain new.")


def drawn(row):
    """Whether it is in the figure."""
    stream = row.keys.get("stream")
    return any((row.model, row.mechanism) == path(execution, stream, bridged)
               for execution in EXECUTIONS for bridged in (False, True))


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
