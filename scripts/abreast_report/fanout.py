"""fanout: joins, races and graphs of operations at the same time: static senders against coroutines and awaitables."""

from .finding import counted, figure
from .ratios import control_finding, groups_of, part
from .rows import cited, model_order, pairs, shown, shown_row
from .tables import Heading, Section, Table

RATIO, TO_STATIC = "ratio_to_floor", "ratio_to_native"
BYTES, FRAMES, LATENCY = "graph_bytes_per_op", "frame_bytes", "stop_latency_completions"
ALLOCS, FRESH, NS, COUNT = "allocs_per_op", "allocs_fresh_per_op", "ns_per_op", "instructions_per_op"
COMPLETES = {"inline": "complete inline", "later": "complete from the run_loop", "pool": "complete on a pool of two"}
FLOOR = ("raw", "floor")
TASKS = ("awaitable", "when-all")
FRAMELESS = "-awaitables"
KNOWN = ("sender", "when-all-inline-known")
GRAPH = ("sender", "when-all")
SHIPPED = (TASKS, GRAPH, ("awaitable", "when-any"), ("sender", "when-any"), ("sender", "static-graph"))
IN_NO_LIBRARY = (FRAMELESS, "-inline-known", "-array", "-array-as-written")
METRICS = {  # of the tables by width: what is said of each, and whether it is folded away
    BYTES: ("bytes of one join, wherever they lie", False),
    NS: ("ns per join", False),
    ALLOCS: ("frames allocated per join", True),
    COUNT: ("instructions per join", True),
    RATIO: ("times the floor's time", True),
}


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
    section.tables += [table for table in [others_table(found), children_table(found)] if table.rows]
    section.short = lead(found)
    lines = [claim(found), *against_senders(found)]
    section.headline = "\n".join(line for line in lines if line)
    section.findings = [line for line in [*beside_floor(found), cancel(found), *counting(found)] if line]
    section.findings += control_finding(found.groups, RATIO)
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
        "In brackets the 99 % interval of paired, interleaved runs." if metric in (NS, RATIO) else "",
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


def children_table(found):
    """What one more child takes, between the narrowest and the widest join."""
    body = []
    for completes, joins in found.joins.items():
        low, high = min(joins.widths, default=0), max(joins.widths, default=0)
        lines = []
        for name in joins.names():
            rows = [[joins.own(name, width, metric) for width in (low, high)] for metric in (BYTES, NS)]
            if low == high or "-array" in name[1] or None in rows[0] + rows[1]:
                continue
            bytes_, ns = (slope(*ends, high - low) for ends in rows)
            times = f"{shown(ns[0])} ({shown(ns[1])} to {shown(ns[2])})"
            lines.append([said_in_table(name), cited(shown(bytes_[0]), *rows[0]), cited(times, *rows[1])])
        if lines:
            body += [Heading(f"from {low} to {high} children that {COMPLETES[completes]}", 3), *lines]
    return Table(
        "fanout-child",
        "when_all: what one child more takes",
        ["mechanism", "bytes", "ns"],
        body,
        "In brackets the ends of both joins' 99 % intervals, taken at their widest. Less is better.",
        detail=True,
    )


def slope(first, last, children):
    """(value, low, high): the widths run apart from each other, so the ends' intervals are taken at their widest."""
    spans = (last.value - first.value, last.low - first.high, last.high - first.low)
    return [round(span / children, 1) for span in spans]


# ---- Sentences ----


def value(cell, metric):
    return cell[metric].value if metric in cell else None


def reference(joins):
    """The width that is spoken of: eight named children are the most that a static graph has here."""
    return 8 if 8 in joins.widths else max(joins.widths, default=None)


def lead(found):
    joins = found.joins["later"]
    width = reference(joins)
    cells = joins.widths[width].cells if width is not None else {}
    told = []
    for name in (GRAPH, TASKS):
        cell = cells.get(name, {})
        if None in (value(cell, BYTES), value(cell, ALLOCS)):
            return ""
        calls = counted(cell[ALLOCS].value, "allocation", cell[ALLOCS])
        told.append(f"{figure(cell[BYTES], 'bytes')} and {calls}")
    ratio = cells[TASKS].get(TO_STATIC)
    ns = f", and {figure(ratio)} times the time" if ratio and ratio.value is not None and apart(ratio) else ""
    return (
        f"Waiting for {width} operations at once takes {told[0]} with a static graph of senders; with a coroutine for "
        f"each it takes {told[1]}{ns} (lower is better)."
    )


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
    none = {
        kind: part([cell[ALLOCS] for cell in mine if is_zero(cell)], [cell[ALLOCS] for cell in mine])
        for kind, mine in cells.items()
    }
    return (
        "P2583R0 5.1 and P2583R0 8 set composition without allocation, for which it takes senders, against a handle to "
        "transfer to, for which it takes a coroutine and its frame. "
        f"Nothing is allocated in {none['sender']} cells of senders, {none['task']} of coroutines, and "
        f"{none[FRAMELESS]} of awaitables joined without a coroutine. No library joins them so: each goes on by the "
        "handle of a synthetic frame, one made by hand, as P4126 proposes."
    )


def against_senders(found):
    """How many times the time of the static sender graph that libraries have the same join takes, pair by pair."""
    for completes, joins in found.joins.items():
        width = reference(joins)
        cells = joins.widths[width].cells if width else {}
        parts = [
            f"{against(ratio)} {words}"
            for name, words in (
                (TASKS, "by tasks"),
                (("awaitable", "when-all" + FRAMELESS), "by awaitables on synthetic frames"),
                (KNOWN, "by a sender that knows them inline (in no library)"),
            )
            if GRAPH in cells and (ratio := cells.get(name, {}).get(TO_STATIC)) and ratio.value is not None
        ]
        if parts:
            children = f"{width} children that {COMPLETES[completes]}"
            yield (
                f"{children} take so many times as long as in a static sender graph (lower is better): "
                f"{', '.join(parts)}."
            )


def against(ratio):
    return f"{shown_row(ratio)}{'' if apart(ratio) else ' (not told apart)'}"


def apart(ratio):
    return ratio.low > 1 or ratio.high < 1


def beside_floor(found):
    """The forms that libraries have, where more is done than to wait."""
    for shape, words in SHAPES.items():
        for group in found.others(shape):
            wins = pairs(group.variant).get("wins")
            parts = [
                f"{shown_row(cell[RATIO])} with {said(name)}"
                for name, cell in group.ordered()
                if name in SHIPPED and RATIO in cell and cell[RATIO].value is not None
            ]
            if parts:
                yield (
                    f"{shape.capitalize()}{f' that the {wins} wins' if wins else ''}: {words}. It takes so "
                    f"many times as long as the same by hand (lower is better): {', '.join(parts)}."
                )


def cancel(found):
    """Whether each form waits for all that it has cancelled."""
    rows, wrong = [], {}
    for group in found.others("cancel"):
        others = int(pairs(group.variant)["width"]) - 1
        for name, cell in group.cells.items():
            if value(cell, LATENCY) is not None:
                rows.append(cell[LATENCY])
                wrong.update({cell[LATENCY]: said(name)} if value(cell, LATENCY) != others else {})
    if not rows:
        return ""
    exception = f"; not so {', '.join(dict.fromkeys(wrong.values()))}" if wrong else ""
    return (
        f"In {part([row for row in rows if row not in wrong], rows)} cells the join ends with the last of the reads "
        "that its first failure cancelled, after as many completions as there are others and not before"
        f"{exception}."
    )


def counting(found):
    """How much of a sender's inline join is its atomic count: against one that knows that it needs none."""
    joins = found.joins["inline"]
    width = reference(joins)
    names = [FLOOR, ("raw", "floor-atomic"), GRAPH, ("awaitable", "when-all" + FRAMELESS)]
    rows = [joins.row(name, width, NS) for name in names] if width else [None]
    if None in rows:
        return []
    floor, atomic, shipped, frameless = map(shown_row, rows)
    return [
        f"{width} children that complete inline need no atomic count. The floor takes {floor} ns, and {atomic} with "
        f"one. stdexec's when_all has one and takes {shipped} ns; an awaitable's await_ready leaves it out at run "
        f"time: {frameless} ns."
    ]


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
