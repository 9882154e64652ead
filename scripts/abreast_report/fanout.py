"""fanout: joins, races and graphs of operations at the same time: static senders against coroutines and awaitables."""

from .ratios import control_finding, groups_of
from .rows import model_order, pairs, shown, shown_row
from .tables import Heading, Section, Table

RATIO, TO_STATIC = "ratio_to_floor", "ratio_to_native"
BYTES, FRAMES, LATENCY = "graph_bytes_per_op", "frame_bytes", "stop_latency_completions"
ALLOCS, FRESH, NS, COUNT = "allocs_per_op", "allocs_fresh_per_op", "ns_per_op", "instructions_per_op"
COMPLETES = {"inline": "complete inline", "later": "complete from the run_loop", "pool": "complete on a pool of two"}
FLOOR = ("raw", "floor")
TASKS = ("awaitable", "when-all")
FRAMELESS = "-awaitables"
KNOWN = ("sender", "when-all-inline-known")
IN_NO_LIBRARY = (FRAMELESS, "-inline-known", "-array", "-array-as-written")
METRICS = {  # of the tables by width: what is said of each, and whether it is folded away
    BYTES: ("bytes of one join, wherever they lie", False),
    NS: ("ns per join", False),
    ALLOCS: ("frames allocated per join", True),
    COUNT: ("instructions per join", True),
}
PAPER = (
    "P2583R0 5.1 and 8 set allocation-free composition, which takes senders' structs, against a handle to transfer to, "
    "which takes a coroutine and its frame"
)


def said(name):
    return f"{name[0]} {name[1]}"


def said_in_table(name):
    return said(name) + (" (in no library)" if name[1].endswith(IN_NO_LIBRARY) else "")


def array_of(name):
    """Named children are joined up to eight of them, and an array beyond: one line in figure and sentences."""
    return (name[0], name[1].replace("when-all", "when-all-array", 1)) if name[0] == "sender" else name


class Joins:
    """{width: Group} of the joins whose children complete in one way, by one toolchain."""

    def __init__(self, groups, completes, toolchain):
        self.widths = {}
        for group in groups:
            keys = pairs(group.variant)
            if group.toolchain == toolchain and keys.get("shape") == "join" and keys.get("completes") == completes:
                self.widths[int(keys["width"])] = group
        self.widths = dict(sorted(self.widths.items()))

    def row(self, name, width, metric):
        cells = self.widths[width].cells if width in self.widths else {}
        return cells.get(name, {}).get(metric)

    def own(self, name, width, metric):
        """The row of that mechanism, or where it is one of senders and has none, of its array."""
        rows = [self.row(name, width, metric), self.row(array_of(name), width, metric)]
        return next((row for row in rows if row is not None and row.value is not None), None)

    def value(self, name, width, metric):
        row = self.own(name, width, metric)
        return None if row is None else row.value

    def names(self):
        found = dict.fromkeys(name for group in self.widths.values() for name in group.cells)
        return sorted(found, key=lambda name: model_order(name[0]))

    def line(self, name, metric):
        found = {width: self.value(name, width, metric) for width in self.widths}
        return {width: value for width, value in found.items() if value is not None}


class Fanout:
    def __init__(self, rows):
        self.groups = sorted(groups_of(rows), key=lambda group: not group.timed)
        self.toolchains = list(dict.fromkeys(group.toolchain for group in self.groups))
        self.main = self.toolchains[0]
        self.joins = {completes: Joins(self.groups, completes, self.main) for completes in COMPLETES}

    def others(self, shape):
        """The groups of that shape by the main toolchain, in the order of appearance."""
        return [
            group
            for group in self.groups
            if group.toolchain == self.main and pairs(group.variant).get("shape") == shape
        ]

    def counted(self, group, name):
        """The instructions of that cell by each toolchain."""
        return [
            other.cells.get(name, {}).get(COUNT)
            for toolchain in self.toolchains
            for other in self.groups
            if other.toolchain == toolchain and other.variant == group.variant
        ]


def build(rows):
    section = Section("fanout")
    found = Fanout(rows)
    section.tables = [table for metric in METRICS if (table := by_width(found, metric)).rows]
    section.tables += [table for table in [others_table(found)] if table.rows]
    section.short = lead(found)
    lines = [in_short(found), claim(found), against_senders(found)]
    lines += [at_width(found, completes) for completes in COMPLETES]
    section.headline = "\n".join(line for line in lines if line)
    section.findings = [line for line in [*race(found), cancel(found), graph(found)] if line]
    section.findings += counting(found) + per_child(found) + control_finding(found.groups, RATIO)
    section.data = figure_data(found)
    return section


# ---- Tables ----


def by_width(found, metric):
    """A row for each mechanism and toolchain, a column for each width."""
    widths = sorted({width for joins in found.joins.values() for width in joins.widths})
    body = []
    for completes, words in COMPLETES.items():
        part = []
        for toolchain in found.toolchains if metric == COUNT else [found.main]:
            joins = Joins(found.groups, completes, toolchain)
            for name in joins.names():
                cells = [joins.row(name, width, metric) for width in widths]
                if any(cells):
                    compiler = [next(iter(joins.widths.values())).compiler] if metric == COUNT else []
                    part.append([said_in_table(name), *compiler, *(shown_row(cell) for cell in cells)])
        if part:
            body += [Heading(f"children that {words}", len(part[0])), *part]
    text, detail = METRICS[metric]
    return Table(
        f"fanout-{metric}",
        f"when_all over 2 to 64 children: {text}",
        ["mechanism", *(["compiler"] if metric == COUNT else []), *(f"{width} children" for width in widths)],
        body,
        "In brackets the 99 % interval of paired, interleaved runs." if metric == NS else "",
        detail=detail,
        essential=not detail,
    )


SHAPES = {
    "race": "a read against a timeout",
    "cancel": "one of these reads fails, the others are cancelled",
    "graph": "two works on a pool of two, then a third",
}


def others_table(found):
    compilers = [toolchain.split(" ")[0] for toolchain in found.toolchains]
    columns = ["mechanism", "bytes", "of them frames", "frames allocated", "ns", "times the floor"]
    columns += [f"instructions, {compiler}" for compiler in compilers] + ["completions from the failure to the end"]
    body = []
    for shape, words in SHAPES.items():
        for group in found.others(shape):
            rest = ", ".join(f"{key}={value}" for key, value in pairs(group.variant).items() if key != "shape")
            body.append(Heading(f"{shape}{f' ({rest})' if rest else ''}: {words}", len(columns)))
            for name, cell in group.ordered():
                counts = [shown_row(row) for row in found.counted(group, name)]
                figures = [shown_row(cell.get(metric)) for metric in (BYTES, FRAMES, ALLOCS, NS, RATIO)]
                counts += ["-"] * (len(compilers) - len(counts))
                body.append([said_in_table(name), *figures, *counts, shown_row(cell.get(LATENCY))])
    return Table(
        "fanout-others",
        "A timeout race, cancellation by the first failure, and a graph over a pool",
        columns,
        body,
        "The loser of a race, and what a failure cancels, is waited for: the join ends when all reads have completed. "
        "The timeout is a read that completes when the time is up, as of a timerfd.",
        essential=True,
    )


# ---- Sentences ----


def figures(cell, instructions=False):
    """What one join takes, in words: bytes, allocations, ns, and the times of the floor."""
    words = [f"{shown(cell[BYTES].value)} bytes"] if value(cell, BYTES) is not None else []
    if value(cell, ALLOCS):
        words.append(f"{shown(cell[ALLOCS].value)} allocations")
    elif ALLOCS in cell:
        words.append("no allocation")
    if value(cell, NS) is not None:
        times = f", {shown_row(cell[RATIO])} times the floor" if value(cell, RATIO) is not None else ""
        words.append(f"{shown_row(cell[NS])} ns{times}")
    elif instructions and value(cell, COUNT) is not None:
        words.append(f"{shown(cell[COUNT].value)} instructions")
    return ", ".join(words)


def value(cell, metric):
    return cell[metric].value if metric in cell else None


def reference(joins):
    """The width that is spoken of: eight named children are the most that a static graph has here."""
    return 8 if 8 in joins.widths else max(joins.widths, default=None)


def lead(found):
    joins = found.joins["later"]
    width = reference(joins)
    cells = joins.widths[width].cells if width is not None else {}
    sender, tasks = (cells.get(name, {}) for name in (("sender", "when-all"), TASKS))
    calls = [value(cell, ALLOCS) for cell in (sender, tasks)]
    sizes = [value(cell, BYTES) for cell in (sender, tasks)]
    if None in calls + sizes:
        return ""
    (ours, theirs), (small, large) = map(counted, calls), map(shown, sizes)
    return (
        f"A join of {width} operations costs a static sender graph {small} bytes and {ours}, tasks of coroutines "
        f"{large} bytes and {theirs} (lower is better)."
    )


def counted(calls):
    return f"{shown(calls)} allocation{'' if calls == 1 else 's'}" if calls else "no allocation"


def in_short(found):
    joins = found.joins["later"]
    width = reference(joins)
    if width is None:
        return ""
    cells = joins.widths[width].cells
    parts = [
        f"{words} {text}"
        for name, words in (
            (("sender", "when-all"), "a static sender graph takes"),
            (TASKS, "tasks of coroutines"),
            (("awaitable", "when-all" + FRAMELESS), "the awaitables on synthetic frames, not standard C++,"),
        )
        if name in cells and (text := figures(cells[name]))
    ]
    return f"A join of {width} operations that {COMPLETES['later']}: {'; '.join(parts)}." if parts else ""


def is_zero(cell):
    return value(cell, ALLOCS) == 0


def claim(found):
    """Whether allocation-free composition needs senders."""
    cells = {}
    for group in found.groups:
        for name, cell in group.cells.items():
            if group.toolchain == found.main and ALLOCS in cell and name[0] in ("sender", "awaitable"):
                kind = name[0] if name[0] == "sender" else FRAMELESS if name[1].endswith(FRAMELESS) else "task"
                cells.setdefault(kind, []).append(cell)
    if not {"sender", "task", FRAMELESS} <= set(cells):
        return ""
    none = {kind: sum(map(is_zero, mine)) for kind, mine in cells.items()}
    counts = {kind: f"{none[kind]} of {len(mine)} cells" for kind, mine in cells.items()}
    return (
        f"{PAPER}. Nothing is allocated in {counts['sender']} of senders, {counts['task']} of coroutines, and "
        f"{counts[FRAMELESS]} of awaitables joined without a coroutine, as no library does, each "
        f"continued by the handle of a synthetic frame, as P4126 proposes."
    )


def against_senders(found):
    """How many times the bytes and the time of the static sender graph that libraries have the same join takes, pair by
    pair."""
    sentences = []
    for completes, joins in found.joins.items():
        width = reference(joins)
        cells = joins.widths[width].cells if width else {}
        graph = ("sender", "when-all")
        parts = [
            f"{words} {text}"
            for name, words in (
                (TASKS, "tasks take"),
                (("awaitable", "when-all" + FRAMELESS), "awaitables on synthetic frames"),
                (KNOWN, "a sender that knows its children inline, which no library has,"),
            )
            if name in cells and graph in cells and (text := against(cells[name], cells[graph]))
        ]
        if parts:
            graph_of = f"{width} children that {COMPLETES[completes]} (sender when-all)"
            sentences.append(f"Against the static sender graph of {graph_of}: {', '.join(parts)}.")
    return " ".join(sentences)


def against(cell, graph):
    bytes_, ns = times(cell, graph, BYTES), cell.get(TO_STATIC)
    if not bytes_ or ns is None or ns.value is None:
        return ""
    range_ = f"{shown(ns.low)} to {shown(ns.high)}"
    told = f"{shown(ns.value)} ({range_}) times its ns" if apart(ns) else f"ns not told apart from its ({range_} times)"
    return f"{shown(bytes_)} times its bytes and {told}"


def apart(ratio):
    return ratio.low > 1 or ratio.high < 1


def times(cell, other, metric):
    return value(cell, metric) / value(other, metric) if value(cell, metric) and value(other, metric) else None


def at_width(found, completes):
    joins = found.joins[completes]
    width = reference(joins)
    if width is None:
        return ""
    group = joins.widths[width]
    parts = [f"{said(name)} {text}" for name, cell in group.ordered() if (text := figures(cell, True))]
    return f"A join of {width} children that {COMPLETES[completes]}: {'; '.join(parts)}."


def race(found):
    sentences = []
    for group in found.others("race"):
        parts = [f"{said(name)} {text}" for name, cell in group.ordered() if (text := figures(cell, True))]
        winner = pairs(group.variant).get("wins")
        sentences.append(f"A race that the {winner} wins, its loser cancelled and waited for: {'; '.join(parts)}.")
    return sentences


def cancel(found):
    """Whether each form waits for all that it has cancelled, how long, and what that costs."""
    ended, wrong, parts = 0, [], []
    groups = found.others("cancel")
    for group in groups:
        others = int(pairs(group.variant)["width"]) - 1
        for name, cell in group.cells.items():
            if value(cell, LATENCY) is None:
                continue
            ended += value(cell, LATENCY) == others
            wrong += [said(name)] if value(cell, LATENCY) != others else []
    if not ended and not wrong:
        return ""
    group = next((group for group in groups if pairs(group.variant)["width"] == "8"), groups[-1])
    others = int(pairs(group.variant)["width"]) - 1
    parts = [f"{said(name)} {text}" for name, cell in group.ordered() if (text := figures(cell, True))]
    all_ended = (
        f"In {ended} of {ended + len(wrong)} cells the join ends with the last of the reads that its first failure "
        "cancelled, after as many completions as there are others and not before"
    )
    exception = f"; not so {', '.join(dict.fromkeys(wrong))}" if wrong else ""
    return f"{all_ended}{exception}. With {others} others: {'; '.join(parts)}."


def graph(found):
    parts = [
        f"{said(name)} {text}"
        for group in found.others("graph")
        for name, cell in group.ordered()
        if (text := figures(cell))
    ]
    return f"Two works on a pool of two, then a third: {'; '.join(parts)}." if parts else ""


def counting(found):
    """How much of a sender's inline join is its atomic count: against one that knows that it needs none."""
    joins = found.joins["inline"]
    width = reference(joins)
    names = [FLOOR, ("raw", "floor-atomic"), ("sender", "when-all"), ("awaitable", "when-all" + FRAMELESS)]
    rows = [joins.row(name, width, NS) for name in names] if width else [None]
    known = joins.row(KNOWN, width, TO_STATIC) if width else None
    if known is None or None in rows:
        return []
    floor, atomic, shipped, frameless = map(shown_row, rows)
    range_ = f"{shown(known.low)} to {shown(known.high)}"
    left = f"{shown(known.value)} times that ({range_})"
    left = left if apart(known) else f"what is not told apart from that ({range_} times)"
    return [
        f"Children that complete inline ({width} of them) need no atomic count, and stdexec's when_all has one: it "
        f"takes {shipped} ns, and where the count is statically left out {left}. An awaitable's await_ready leaves it "
        f"out at run time: {frameless} ns. The floor takes {floor} ns, and {atomic} with an atomic count."
    ]


def per_child(found):
    """What one more child takes, between the narrowest and the widest join."""
    sentences = []
    for completes, joins in found.joins.items():
        if not joins.widths:
            continue
        low, high = min(joins.widths), max(joins.widths)
        parts = []
        for name in joins.names():
            rows = [[joins.own(name, width, metric) for width in (low, high)] for metric in (BYTES, NS)]
            if low == high or "-array" in name[1] or None in rows[0] + rows[1]:
                continue
            bytes_, ns = (slope(*ends, high - low) for ends in rows)
            parts.append(f"{said(name)} {shown(bytes_[0])} bytes, {shown(ns[0])} ({shown(ns[1])} to {shown(ns[2])}) ns")
        if parts:
            sentences.append(
                f"One child more, from {low} to {high} children that {COMPLETES[completes]}: {'; '.join(parts)}."
            )
    return sentences


def slope(first, last, children):
    """(value, low, high): the widths run apart from each other, so the ends' intervals are taken at their widest."""
    spans = (last.value - first.value, last.low - first.high, last.high - first.low)
    return [round(span / children, 1) for span in spans]


# ---- Figure ----

PANELS = [("later", BYTES), ("inline", NS), ("later", NS)]


def figure_data(found):
    """A block for each line: its title, then panel, width, value per child, model, the number of its mechanism among
    those of the model, and whether the legend has the title already."""
    blocks, titles, numbers = [], [], {}
    for panel, (completes, metric) in enumerate(PANELS):
        joins = found.joins[completes]
        for name in joins.names():
            line = joins.line(name, metric)
            if "-array" in name[1] or name[1] == "floor-atomic" or len(line) < 2:
                continue
            mine = numbers.setdefault(name[0], [])
            mine += [] if name[1] in mine else [name[1]]
            known = int(said(name) in titles)
            titles.append(said(name))
            style = f"{model_order(name[0])}\t{mine.index(name[1])}\t{known}"
            drawn = [f"{panel}\t{width}\t{figure / width:.10g}\t{style}" for width, figure in line.items()]
            blocks.append("\n".join([f'"{said(name)}"', *drawn]) + "\n")
    return "\n\n".join(blocks) if len(numbers) > 1 else ""
