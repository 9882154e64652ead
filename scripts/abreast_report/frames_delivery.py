"""frames: how the allocator comes to a frame, what keeps the channel, and what is left without any allocator."""

from .finding import ends, span
from .ratios import groups_of
from .rows import Setting, cited, shown, shown_row
from .tables import Table

WAYS = {
    "channel": "thread-local channel",
    "allocator-arg": "argument of each coroutine",
    "per-frame": "kept in each promise",
    "environment": "asked of the environment",
}
TASKS = {"awaitable": "awaitable", "p2300": "sender", "cxx-awaitable": "C++ awaitable"}
LIMIT = "elided"
PROTECTIONS = {
    "plain": "neither",
    "safe-resume": "safe_resume",
    "await-restore": "restore after each await",
    "safe-resume-and-await-restore": "both",
}
WRONG = "frames_from_wrong_allocator_per_op"
VISIBLE = ("operator-new", {"depth": "4", "callee": "visible"})


def is_delivery(row):
    """Of the cells that this module reports, by their variant."""
    return bool({"deliver", "resume", "spoiled-by"} & row.keys.keys())


class Found:
    def __init__(self, rows):
        self.delivered = {}  # {(depth, task): {mechanism: {metric: Row}}}
        self.resumed = {}  # {mechanism: {metric: Row}}
        self.spoiled = {}  # {what spoils: {mechanism: Row}}
        self.chains = {}  # {depth: {mechanism: {metric: Row}}}: every allocator, at the toolchain of the limit
        groups = groups_of(rows)
        for group in groups:
            keys = next((row.keys for cell in group.cells.values() for row in cell.values()), {})
            cells = {mechanism: figures for (_, mechanism), figures in group.cells.items()}
            if "deliver" in keys:
                self.delivered[int(keys["depth"]), keys["task"]] = cells
                self.toolchain = group.toolchain
            elif "resume" in keys:
                self.resumed = cells
            elif "spoiled-by" in keys:
                self.spoiled[keys["spoiled-by"]] = {name: figures.get(WRONG) for name, figures in cells.items()}
        for group in groups:
            for depth in self.depths():
                if group.variant == f"depth={depth},task=awaitable" and group.toolchain == self.toolchain:
                    self.chains[depth] = {name: cell for (_, name), cell in group.cells.items()}
        self.visible = visible(rows)

    def depths(self):
        return sorted({depth for depth, _ in self.delivered})

    def ordered(self):
        return sorted(self.delivered.items(), key=lambda item: (list(TASKS).index(item[0][1]), item[0]))

    def compared(self):
        """[(depth, task, cells)] where the ways are compared."""
        found = self.ordered()
        return [(depth, task, cells) for (depth, task), cells in found if sum(way in cells for way in WAYS) > 1]


def visible(rows):
    """{compiler: {setting: Row}} of the allocations a frame of the chain that its compiler sees whole."""
    found = {}
    mechanism, keys = VISIBLE
    for row in rows:
        if (row.model, row.mechanism, row.metric) != ("cxx-awaitable", mechanism, "allocs_per_op"):
            continue
        if row.value is not None and keys.items() <= row.keys.items():
            setting = Setting.parse(row.toolchain)
            found.setdefault(setting.compiler, {})[setting.describe()] = row
    return found


def known(figures, metric):
    """The row, where it has a value."""
    row = figures.get(metric) if figures else None
    return row if row and row.value is not None else None


def counted(row):
    return cited(f"{row.value:.1f}", row) if row else "?"


def times(row, of):
    return cited(f"{row.value / of.value:.2f}", row, of) if row and of and of.value else "?"


def difference(figures, base, metric):
    ours, theirs = known(figures, metric), known(base, metric)
    return cited(shown(ours.value - theirs.value), ours, theirs) if ours and theirs else "?"


# --- Tables ---


def delivery_tables(rows):
    found = Found(rows)
    tables = [table(found) for table in (ways_table, spoilage_table, resumption_table, limit_table)]
    return [table for table in [*tables, elision_table(rows)] if table.rows]


def ways_table(found):
    body = []
    for depth, task, cells in found.compared():
        sizes = [row for way in WAYS if (row := known(cells.get(way), "frame_bytes"))]
        least = min(sizes, key=lambda row: row.value, default=None)
        for way, words in WAYS.items():
            figures = cells.get(way)
            if not figures:
                continue
            size = known(figures, "frame_bytes")
            kept = cited(shown(size.value - least.value), size, least) if size else "?"
            body.append(
                [
                    f"{TASKS[task]}, {depth} deep",
                    words,
                    shown_row(figures.get("frame_bytes")),
                    kept,
                    counted(known(figures, "instructions_per_op")),
                    shown_row(figures.get("ns_per_op")),
                ]
            )
    return Table(
        "frames-delivery",
        "How the allocator comes to a frame",
        ["task", "way", "bytes of a frame", "of them for the way", "instructions a frame", "ns a frame"],
        body,
        "The allocator is recycling in all of them; less is better everywhere. A frame is allocated, awaited once and "
        "freed. Every one of these frames has its allocator's address in it besides, for the time when it is freed: "
        "C++ gives operator delete an address and a size, when the promise is gone. That pointer is not counted as the "
        "way's. In brackets the 99 % interval.",
    )


def spoilage_table(found):
    kinds = list(found.spoiled)
    body = []
    for mechanism, words in PROTECTIONS.items():
        cells = [found.spoiled[kind].get(mechanism) for kind in kinds]
        if any(cells):
            body.append([words, *(shown_row(row) for row in cells)])
    return Table(
        "frames-spoilage",
        "Frames from the wrong allocator, of each one that is made, while another coroutine runs on the same thread",
        ["what keeps the channel", *(kind.replace("-", " ") for kind in kinds)],
        body,
        "0 is right, 1 means every frame. nested resume: the coroutine resumes its neighbour inline, after its await "
        "and before it makes a frame. two run loops, two strands: each has its own executor, and one thread runs both "
        "in turn. stealing threads: a pool of two, where each resumption is on the other thread than the one before. "
        "Counted by the allocators.",
    )


def resumption_table(found):
    plain = found.resumed.get("plain", {})
    body = []
    for mechanism, words in PROTECTIONS.items():
        figures = found.resumed.get(mechanism)
        if figures:
            body.append(
                [
                    words,
                    shown_row(figures.get("instructions_per_op")),
                    difference(figures, plain, "instructions_per_op"),
                    shown_row(figures.get("ns_per_op")),
                ]
            )
    return Table(
        "frames-resumption",
        "What the channel takes each time that a coroutine is resumed from outside",
        ["what keeps the channel", "instructions a resumption", "more than neither", "ns a resumption"],
        body,
        "A coroutine that suspends again at once, resumed as an event loop does it. A coroutine that is told its "
        "allocator needs neither: that is the first row. Less is better. In brackets the 99 % interval.",
    )


def limit_table(found):
    body = []
    for (depth, task), cells in found.ordered():
        limit = cells.get(LIMIT)
        if not limit:
            continue
        counts = {name: figures for name, figures in found.chains.get(depth, {}).items() if task == "awaitable"}
        counts = {name: figures for name, figures in counts.items() if name not in ("malloc", "recycling")}
        own = "channel" if task == "awaitable" else "allocator-arg"
        lines = [(LIMIT, limit), ("recycling", cells.get(own)), ("malloc", cells.get("malloc")), *counts.items()]
        least = known(limit, "instructions_per_op")
        for name, figures in lines:
            if figures:
                number = known(figures, "instructions_per_op")
                body.append(
                    [
                        f"{TASKS[task]}, {depth} deep",
                        "part of the parent's frame" if name == LIMIT else name,
                        counted(number),
                        times(number, least),
                        "1" if name == LIMIT else shown_row(figures.get("ratio_to_native")),
                    ]
                )
    return Table(
        "frames-limit",
        "The limit of every allocator: the frame of a child in its parent's",
        ["task", "frames", "instructions a frame", "times the limit's", "times the limit's time"],
        body,
        "The limit allocates nothing: it is what a C++ compiler makes where it leaves an allocation out. 1 is the "
        "limit, less is better. Times from paired, interleaved runs, in brackets the 99 % interval: medians of pairs, "
        "which need not be the quotient of two times elsewhere.",
    )


AWAITED_BY = {"operator-new": "awaited", "operator-new-resumed": "resumed and destroyed by its caller"}


def elision_table(rows):
    """Where instructions are counted: the settings at which products are built."""
    body = []
    for group in groups_of(rows):
        for (_, mechanism), figures in group.cells.items():
            row = figures.get("instructions_per_op")
            if row and row.keys.get("callee") == "visible" and mechanism in AWAITED_BY:
                setting = Setting.parse(group.toolchain)
                body.append(
                    [
                        f"{setting.compiler} {setting.describe()}",
                        f"{AWAITED_BY[mechanism]}, {row.keys['depth']} deep",
                        shown_row(figures.get("allocs_per_op")),
                        counted(known(figures, "instructions_per_op")),
                    ]
                )
    return Table(
        "frames-elision",
        "Frames that a C++ compiler could leave out, for it sees the coroutine and whoever calls it",
        ["compiler", "the coroutine is", "allocations a frame", "instructions a frame"],
        body,
        "0 means that every frame became part of its caller's. The others come from the global operator new. No "
        "compiler has to do it: what one does here another version may not.",
    )


# --- Sentences ---


def delivery_findings(rows):
    found = Found(rows)
    sentences = [ways(found, *compared) for compared in found.compared()]
    sentences += [resumption(found), spoilage(found), limit(found), elision(found)]
    return [sentence for sentence in sentences if sentence]


def ways(found, depth, task, cells):
    base = "channel" if "channel" in cells else next(way for way in WAYS if way in cells)
    ours = known(cells[base], "instructions_per_op")
    others = [row for way in WAYS if way != base and (row := known(cells.get(way), "instructions_per_op"))]
    if not ours or not others:
        return ""
    return (
        f"A frame of {article(task)} task takes {counted(ours)} instructions with its allocator from the {WAYS[base]}, "
        f"{ends(others, '{:.1f}'.format)} by other ways (chains of {depth}; lower is better)."
    )


def article(task):
    return f"an {TASKS[task]}" if TASKS[task][0] in "aeiou" else f"a {TASKS[task]}"


def resumption(found):
    plain = found.resumed.get("plain", {})
    more = {name: difference(found.resumed.get(name, {}), plain, "instructions_per_op") for name in PROTECTIONS}
    if "?" in more.values():
        return ""
    return (
        f"To save and restore the channel around a resumption (safe_resume) takes {more['safe-resume']} instructions, "
        f"to set it again after the await {more['await-restore']}, both {more['safe-resume-and-await-restore']}. A "
        "coroutine that is told its allocator takes none of them."
    )


def spoilage(found):
    kinds = found.spoiled.values()
    rows = {name: [cells.get(name) for cells in kinds] for name in PROTECTIONS}
    if not kinds or any(row is None or row.value is None for mine in rows.values() for row in mine):
        return ""
    held = {name: [row for row in mine if row.value == 0] for name, mine in rows.items()}
    number = {name: cited(f"{len(held[name])} of {len(mine)}", *(held[name] or mine)) for name, mine in rows.items()}
    return (
        "Another coroutine on the same thread leaves its own allocator in the channel. Frames then come from the right "
        f"one in {number['plain']} cases without protection, {number['safe-resume']} by safe_resume, "
        f"{number['await-restore']} by a restore after each await, {number['safe-resume-and-await-restore']} by both."
    )


def limit(found):
    instructions, ratios = [], []
    for (_, task), cells in found.ordered():
        least = known(cells.get(LIMIT), "instructions_per_op")
        figures = cells.get("channel" if task == "awaitable" else "allocator-arg")
        number, ratio = known(figures, "instructions_per_op"), known(figures, "ratio_to_native")
        if least and least.value and number:
            instructions.append((number.value / least.value, number))
            ratios += [ratio] if ratio else []
    if not instructions:
        return ""
    time = f" and {ends(ratios, '{:.2f}'.format)} times the time" if ratios else ""
    return (
        f"A recycled frame takes {span(instructions, '{:.2f}'.format)} times the instructions{time} of one that is "
        "part of its parent's, the limit of every allocator (lower is better)."
    )


def elision(found):
    parts = []
    for compiler, settings in found.visible.items():
        least = min(settings.values(), key=lambda row: row.value)
        best = [setting for setting, row in settings.items() if row.value == least.value]
        number = cited("none" if least.value == 1 else f"{shown(4 * (1 - least.value))} of 4", least)
        where = "" if least.value == 1 else f" at {', '.join(best)}"
        parts.append(f"{compiler} leaves out {number}{where}{', fewer elsewhere' if len(best) < len(settings) else ''}")
    if not parts:
        return ""
    return f"A C++ compiler may leave out frames of 4 awaited coroutines that it sees whole: {'; '.join(parts)}."
