"""frames: how the allocator comes to a frame, what keeps the channel, and what is left without any allocator."""

from .ratios import groups_of
from .rows import Setting, shown, shown_row
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
    """{compiler: {setting: allocations a frame}} of the chain that its compiler sees whole."""
    found = {}
    mechanism, keys = VISIBLE
    for row in rows:
        if (row.model, row.mechanism, row.metric) != ("cxx-awaitable", mechanism, "allocs_per_op"):
            continue
        if row.value is not None and keys.items() <= row.keys.items():
            setting = Setting.parse(row.toolchain)
            found.setdefault(setting.compiler, {})[setting.describe()] = row.value
    return found


def value(figures, metric):
    row = figures.get(metric) if figures else None
    return None if row is None else row.value


def counted(number):
    return "?" if number is None else f"{number:.1f}"


def times(number, of):
    return f"{number / of:.2f}" if number is not None and of else "?"


def difference(figures, base, metric):
    ours, theirs = value(figures, metric), value(base, metric)
    return None if ours is None or theirs is None else ours - theirs


# --- Tables ---


def delivery_tables(rows):
    found = Found(rows)
    tables = [table(found) for table in (ways_table, spoilage_table, resumption_table, limit_table)]
    return [table for table in [*tables, elision_table(rows)] if table.rows]


def ways_table(found):
    body = []
    for depth, task, cells in found.compared():
        least = min((size for way in WAYS if (size := value(cells.get(way), "frame_bytes")) is not None), default=None)
        for way, words in WAYS.items():
            figures = cells.get(way)
            if not figures:
                continue
            size = value(figures, "frame_bytes")
            kept = None if size is None or least is None else size - least
            body.append(
                [
                    f"{TASKS[task]}, {depth} deep",
                    words,
                    shown_row(figures.get("frame_bytes")),
                    "?" if kept is None else shown(kept),
                    counted(value(figures, "instructions_per_op")),
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
            more = difference(figures, plain, "instructions_per_op")
            body.append(
                [
                    words,
                    shown_row(figures.get("instructions_per_op")),
                    "?" if more is None else shown(more),
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
        least = value(limit, "instructions_per_op")
        for name, figures in lines:
            if figures:
                number = value(figures, "instructions_per_op")
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
                        counted(row.value),
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
    parts = []
    for way, words in WAYS.items():
        figures = cells.get(way)
        number, bytes_more = value(figures, "instructions_per_op"), difference(figures, cells[base], "frame_bytes")
        if number is None:
            continue
        if way == base:
            parts.append(f"{words}: {counted(number)} instructions a frame")
        elif bytes_more is not None:
            size = "and no byte" if bytes_more == 0 else f"and {shown(abs(bytes_more))} bytes"
            more = "more" if bytes_more >= 0 else "less"
            parts.append(f"{words}: {counted(number)}, {size} {more}")
    if len(parts) < 2:
        return ""
    return f"How the allocator comes to the frame of {article(task)} task, in chains of {depth}: {'; '.join(parts)}."


def article(task):
    return f"an {TASKS[task]}" if TASKS[task][0] in "aeiou" else f"a {TASKS[task]}"


def resumption(found):
    plain = found.resumed.get("plain", {})
    more = {name: difference(found.resumed.get(name, {}), plain, "instructions_per_op") for name in PROTECTIONS}
    if None in more.values():
        return ""
    return (
        "The channel at a resumption: saved and restored around it (safe_resume) it takes "
        f"{shown(more['safe-resume'])} instructions more than a plain one, set again after the await "
        f"{shown(more['await-restore'])}, both {shown(more['safe-resume-and-await-restore'])}. A coroutine that is "
        "told its allocator takes none of them."
    )


def spoilage(found):
    kinds = len(found.spoiled)
    held = {name: [] for name in PROTECTIONS}
    for kind, cells in found.spoiled.items():
        for name, row in cells.items():
            if row is None or row.value is None:
                return ""
            if row.value == 0 and name in held:
                held[name].append(kind.replace("-", " "))
    if not kinds:
        return ""

    def of(name):
        which = f" ({', '.join(held[name])})" if 0 < len(held[name]) < kinds else ""
        return f"in {len(held[name])} of {kinds}{which}"

    return (
        "Another coroutine that runs on the same thread leaves its own allocator in the channel; it was made to run "
        f"there in {kinds} ways. Frames then come from the right allocator {of('plain')} with nothing against it, "
        f"{of('safe-resume')} with safe_resume alone, {of('await-restore')} with the restore after each await alone, "
        f"and {of('safe-resume-and-await-restore')} with both."
    )


def limit(found):
    parts = []
    for (depth, task), cells in found.ordered():
        least = value(cells.get(LIMIT), "instructions_per_op")
        figures = cells.get("channel" if task == "awaitable" else "allocator-arg")
        number = value(figures, "instructions_per_op")
        if not least or number is None:
            continue
        ratio = figures.get("ratio_to_native")
        time = f", {shown_row(ratio)} times the time" if ratio else ""
        parts.append(f"{times(number, least)} times the instructions{time} ({TASKS[task]}, {depth} deep)")
    if not parts:
        return ""
    return f"A recycled frame against one that is part of its parent's, the limit: {'; '.join(parts)}."


def elision(found):
    parts = []
    for compiler, settings in found.visible.items():
        least, most = min(settings.values()), max(settings.values())
        if least == 1:
            parts.append(f"{compiler} leaves out none")
        else:
            best = [setting for setting, left in settings.items() if left == least]
            some = f"{shown(4 * (1 - least))} of 4 at {', '.join(best)}"
            parts.append(f"{compiler} leaves out {some}" + (", fewer elsewhere" if most != least else ""))
    if not parts:
        return ""
    return (
        "Whether a C++ compiler comes to that limit, in a chain of 4 awaited coroutines that it sees whole: "
        f"{'; '.join(parts)}."
    )


def delivery_headline(rows):
    """A line, or nothing."""
    found = Found(rows)
    both = found.resumed.get("safe-resume-and-await-restore", {})
    more = difference(both, found.resumed.get("plain", {}), "instructions_per_op")
    if more is None:
        return ""
    return f"The thread-local channel takes {shown(more)} instructions for each resumption of a coroutine from outside."
