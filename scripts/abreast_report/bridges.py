"""bridges: an awaitable as a sender and a sender as an awaitable: what each bridge takes, beside what needs none."""

from .finding import counted, figure
from .mitigations import CLOSE, NO_BOUNDARY, PLACEMENT, Cells, apart, groups_of_compilers
from .ratios import control_finding
from .rows import cited, shown, shown_row
from .tables import Section, Table

NATIVE = {"to-sender": ("sender", "native"), "to-awaitable": ("awaitable", "native")}
ERASED = ("sender", "native-type-erased")
FLOOR = ("raw", "floor")
EXCEPTIONS = "-exceptions"  # what needs no bridge, compiled as what has the boundary
STACK, ATOMICS = "stack_bytes_per_completion", "atomics_per_op"
LAUNCH = "launch_completions_count"
CONSUMERS = {"member"}  # a native awaiter by another name: a sender's own as_awaitable, which bridges nothing
PUBLISHED = "bridge: "  # what the tables of paper/published.tsv that belong here begin with

TITLES = {
    "to-sender": "An awaitable as a sender: what each bridge takes",
    "to-awaitable": "A sender as an awaitable: what each bridge takes",
}
NOTES = {
    "to-sender": "The consumer is a receiver without a coroutine, which starts one operation after the other. The "
    "native is a sender connected to it. Stack: with a receiver that starts the next operation inside the completion "
    "of the one before. -transfer: the awaitable is not ready, suspends, and returns its caller's handle at once.",
    "to-awaitable": "The consumer is a coroutine, whose own frame is not counted. The native is an awaitable that it "
    "awaits directly. Stack: of the coroutine's loop. member is no bridge: a sender's own as_awaitable is an awaiter.",
}


def direction(name):
    """Which way a mechanism bridges; None where it does not."""
    model, mechanism = name
    if model != "sender" or mechanism.startswith("native"):
        return None
    return "to-sender" if mechanism.startswith(("connect-awaitable", "callback-handle")) else "to-awaitable"


class Found:
    """The figures of the experiment, by when operations complete."""

    def __init__(self, rows):
        self.groups = groups_of_compilers(rows)
        self.inline = Cells(self.groups, "completes", "inline")
        self.later = Cells(self.groups, "completes", "later")
        self.nested = Cells(self.groups, "completes", "inline,consumer=nested")

    def names(self, way):
        return [name for name in self.inline.names() if direction(name) == way]

    def stack(self, name):
        plain = (name[0], name[1].removesuffix(EXCEPTIONS))
        cells = self.nested if direction(name) == "to-sender" or plain == NATIVE["to-sender"] else self.inline
        return cells.row(name, STACK)

    def bridges(self, way):
        """As they are in C++ where exceptions are on: with the boundary, and no controls."""
        return [name for name in self.names(way) if not name[1].endswith(NO_BOUNDARY) and name[1] not in CONSUMERS]

    def native_of(self, name):
        """The native that a mechanism is compared with: exceptions on where it has them on."""
        model, mechanism = NATIVE[direction(name)]
        row = self.inline.row(name, "noexcept_boundary")
        on = row is not None and row.text.startswith("yes")
        return model, mechanism + (EXCEPTIONS if on else "")

    def times(self):
        return (("inline", self.inline), ("later", self.later))

    def compilers(self, cells):
        return list(dict.fromkeys(group.compiler for group in cells.groups))


def build(rows, papers):
    found = Found(rows)
    section = Section("bridges")
    section.tables = [table(found, way) for way in TITLES if found.names(way)]
    claims = checked(found, papers)
    if claims:
        section.tables.append(published_table(claims))
    section.short = lead(found)
    section.headline = "\n".join(both_ways(found))
    told = [line for line in [atomics(found), dispatches(found)] if line]
    section.findings = told + control_finding(found.groups, "ratio_to_floor")
    return section


def dispatches(found):
    """What a call through the type-erased executor takes, one after the other."""
    cells = Cells(found.groups, "calls", "dispatch")
    floor, parts = cells.known(FLOOR, "instructions_per_op"), []
    for name, words in (("executor-ref-inline", "the inline executor"), ("executor-ref-run-loop", "a run_loop's")):
        count, time = (cells.known(("awaitable", name), metric) for metric in ("instructions_per_op", "ns_above_floor"))
        if floor and count:
            more = cited(shown(count.value - floor.value), count)
            parts.append(f"{words} {more} instructions{f' and {figure(time)} ns' if time else ''}")
    if not parts:
        return ""
    return (
        "One dispatch through executor_ref, where it returns the handle, takes more than reading the handle (less is "
        f"better): {'; '.join(parts)}."
    )


def atomics(found):
    """How many atomic read-modify-writes each way to await takes where the operation completes inline."""
    names = [name for name in found.names("to-awaitable") if not name[1].endswith(NO_BOUNDARY)]
    by_count = {}
    for name in [NATIVE["to-awaitable"], *names]:
        row = found.inline.row(name, ATOMICS)
        if row is not None and row.value is not None:
            by_count.setdefault(round(row.value, 1), []).append(cited(" ".join(name), row))
    if not by_count:
        return ""
    parts = [f"{shown(count)} by {', '.join(f'{name}' for name in names)}" for count, names in sorted(by_count.items())]
    text = f"Atomic read-modify-writes of an operation that completes inline (lower is better): {'; '.join(parts)}."
    tasks = Cells(found.groups, "awaits", "task")
    plain, fallback = (tasks.row(("awaitable", name), ATOMICS) for name in ("cppcoro", "cppcoro-fallback"))
    if plain is None or fallback is None:
        return text
    return (
        f"{text} A task that awaits a task takes {shown_row(plain)} with symmetric transfer, and {shown_row(fallback)} "
        "with what cppcoro does without it."
    )


def table(found, way):
    compilers = found.compilers(found.inline)
    natives = [FLOOR, NATIVE["to-awaitable"], NATIVE["to-sender"]]
    natives = [(model, mechanism + more) for model, mechanism in natives for more in ("", EXCEPTIONS)]
    natives += [ERASED] if way == "to-sender" else []
    natives = [name for name in natives if name in found.inline.names() + found.later.names()]
    body = []
    for name in natives + found.names(way):
        sizes = found.inline if name in found.inline.names() else found.later
        body.append(
            [
                f"{name[0]} {name[1]}",
                word(found.inline, name, "noexcept_boundary"),
                bytes_of(sizes, name),
                allocations(sizes, name),
                *(cell for _, cells in found.times() for cell in figures_of(cells, name, compilers)),
                shown_row(found.stack(name)),
            ]
        )
    figures = [*(f"instructions, {compiler}" for compiler in compilers), "atomics", "ns", "times the native"]
    heads = [
        ("", ["bridge", "boundary of a noexcept function", "bytes", "allocations (fresh)"]),
        *((f"completes {when}", figures) for when, _ in found.times()),
        ("", ["stack, bytes a completion"]),
    ]
    return Table(
        f"bridges-{way}",
        TITLES[way],
        [f"{column}, {group}" if group else column for group, columns in heads for column in columns],
        body,
        f"{NOTES[way]} Bytes of an operation that completes inline. -exceptions: compiled with exceptions on, as what "
        "has the boundary is, and what that is compared with; the rest has them off. Atomics: the instructions among "
        "these that are atomic read-modify-writes. In brackets the 99 % interval of paired, interleaved runs. "
        f"{CLOSE}",
        heads=heads,
    )


def figures_of(cells, name, compilers):
    counts = [cells.row(name, "instructions_per_op", compiler) for compiler in compilers]
    return map(shown_row, [*counts, *(cells.row(name, metric) for metric in (ATOMICS, "ns_per_op", "ratio_to_native"))])


def word(cells, name, metric):
    row = cells.row(name, metric)
    return row.text if row else "-"


def bytes_of(cells, name):
    """Operation state, and the bridge's frame where that is allocated apart."""
    state, whole = (cells.known(name, metric) for metric in ("op_state_bytes", "bridge_bytes"))
    if not state or not whole:
        return "?"
    apart_ = whole.value - state.value
    return cited(shown(state.value) + (f" + {shown(apart_)}" if apart_ else ""), state, whole)


def allocations(cells, name):
    calls, fresh = (cells.known(name, metric) for metric in ("allocs_per_op", "allocs_fresh_per_op"))
    if not calls or not fresh:
        return "-"
    return cited(shown(calls.value) + (f" ({shown(fresh.value)})" if calls.value else ""), calls, fresh)


# ---- What is said ----


def native_times(cells, native):
    times = [cells.known((native[0], native[1] + more), "ns_per_op") for more in ("", EXCEPTIONS)]
    words = [f"native {figure(times[0])} ns"] if times[0] else []
    return ", ".join(words + ([f"{figure(times[1])} with exceptions on"] if times[1] else []))


def nesting(found):
    """How deep completions nest in what grows: its time is that depth's, where return addresses are mispredicted."""
    depth = found.inline.known(FLOOR, LAUNCH)
    row = found.stack(("sender", "sender-awaitable"))
    return f" (in runs of {figure(depth)} completions, which nest as deep)" if depth and row and row.value else ""


def both_times(found, name, of="", deep=""):
    """Times the native, inline and later together; nothing where it has not been timed inline."""
    inline, later = (cells.known(name, "ratio_to_native") for _, cells in found.times())
    if not inline:
        return ""
    return f"takes {figure(inline)} times {of}inline{deep}" + (f", {figure(later)} times later" if later else "")


def lead(found):
    """What P2300R10's own bridges take, inline: the ways out are in the lines below."""
    parts = [
        f"{figure(ratio)} times as long {words}"
        for name, words in (
            ("connect-awaitable", "where an awaitable is used as a sender"),
            ("sender-awaitable", "where a coroutine awaits a sender"),
        )
        if (ratio := found.inline.known(("sender", name), "ratio_to_native"))
    ]
    if not parts:
        return ""
    return (
        f"By P2300R10's bridges operations that complete at once take {', and '.join(parts)}, as without a bridge "
        "(lower is better)."
    )


def both_ways(found):
    """Time and allocation, or stack, of either direction: as written, and by the way out."""
    for mechanism, words, of in (
        ("connect-awaitable", "An awaitable as a sender, by P2300R10's bridge,", "a native sender's time "),
        ("callback-handle", "By a callback handle, which makes no coroutine, it", ""),
    ):
        name = ("sender", mechanism)
        times, calls = both_times(found, name, of), found.inline.known(name, "allocs_per_op")
        if times and calls:
            yield f"{words} {times}; an operation makes {counted(calls.value, 'allocation', calls)} (lower is better)."
    written, least = ("sender", "sender-awaitable"), best(found, "to-awaitable")
    times = both_times(found, written, "a native awaitable's time ", nesting(found))
    if least and times and found.stack(written):
        yield (
            f"A sender as an awaitable, by P2300R10's bridge, {times}; each inline completion takes "
            f"{shown_row(found.stack(written))} bytes of stack (lower is better)."
        )
        yield f"By the bridge that is cheapest inline, {least[1]}, it {both_times(found, least)}."


def best(found, way):
    """The bridge that takes least inline, of those that work with exceptions on."""
    ratios = {name: found.inline.value(name, "ratio_to_native") for name in found.bridges(way)}
    return min((name for name, ratio in ratios.items() if ratio is not None), key=ratios.get, default=None)


# ---- The papers' claims ----


def checked(found, papers):
    """(claim, published, ours) for each claim of published.tsv that something here answers; paper/claims.tsv judges."""
    claims = []
    for source, name, row, column, value, unit, _ in papers:
        rule = RULES.get((name, row))
        answer = rule(found, value) if name.startswith(PUBLISHED) and rule else None
        if answer:
            claims.append((f"{source} {name[len(PUBLISHED):]}, {row}, {column}", f"{value} {unit}".strip(), answer))
    return claims


def published_table(claims):
    return Table(
        "bridges-published",
        "Bridges: published and ours",
        ["published claim", "published", "ours"],
        [list(claim) for claim in claims],
        "A bridge costs more where its time is 1 ns and 10 % above the native's, or where the whole interval of the "
        "ratio lies above 1 and it executes more instructions too.",
    )


def allocated_by(mechanism):
    """How many allocations a mechanism asks for, inline and later."""

    def rule(found, value):
        del value
        name = ("sender", mechanism)
        calls = [cells.known(name, "allocs_per_op") for cells in (found.inline, found.later)]
        if None in calls:
            return None
        others = [f"{other[1]} {figure(row)}" for other, row in alternatives(found, name)]
        more = f"; with its frame elsewhere: {', '.join(others)}" if others else ""
        return f"{mechanism} {figure(calls[0])} inline and {figure(calls[1])} later{more}"

    return rule


def alternatives(found, name):
    """The same bridge with its frame from elsewhere: fresh allocations an operation."""
    for other in found.names("to-sender"):
        tail = other[1].removeprefix(name[1] + "-")
        row = found.inline.known(other, "allocs_fresh_per_op")
        if tail in ("recycling", "inline-frame") and row:
            yield other, row


def grows(mechanism, remedies=()):
    """Whether the stack grows by each completion that comes inline: with the boundary, and without it."""

    def rule(found, value):
        del value
        seen = {suffix: stacks(found, ("sender", mechanism + suffix)) for suffix in ("", NO_BOUNDARY)}
        if not seen[""]:
            return None
        words = [f"with exceptions {listed(seen[''])}"]
        words += [f"without {listed(seen[NO_BOUNDARY])}"] if seen[NO_BOUNDARY] else []
        flat = [name for name in remedies if (row := found.stack(("sender", name))) and row.value == 0]
        words += [f"0 with {', '.join(flat)}"] if flat else []
        return f"bytes of stack a completion: {'; '.join(words)}"

    return rule


def stacks(found, name):
    """{compiler: row} of the bytes of stack a completion."""
    cells = found.nested if direction(name) == "to-sender" else found.inline
    seen = {compiler: cells.row(name, STACK, compiler) for compiler in found.compilers(cells)}
    return {compiler: row for compiler, row in seen.items() if row and row.value is not None}


def listed(by_compiler):
    return ", ".join(f"{figure(row)} ({compiler})" for compiler, row in by_compiler.items())


def more_instructions(found, cells, name, native):
    """By every compiler that has both counts."""
    more = []
    for compiler in found.compilers(cells):
        ours, theirs = (cells.row(who, "instructions_per_op", compiler) for who in (name, native))
        if ours and theirs and None not in (ours.value, theirs.value):
            more.append(f"{cited(shown(round(ours.value - theirs.value, 1)), ours, theirs)} ({compiler})")
    return f", instructions more: {', '.join(more)}" if more else ""


def dearer(cells, name, native):
    """Whether it takes more: apart beyond placement, or by the whole interval of its ratio and in instructions too."""
    time, base = (cells.value(who, "ns_per_op") for who in (name, native))
    counts = [cells.value(who, "instructions_per_op") for who in (name, native)]
    ratio = cells.row(name, "ratio_to_native")
    surely = ratio is not None and ratio.low is not None and ratio.low > 1
    return time > base and (apart(base, time) or (surely and None not in counts and counts[0] > counts[1]))


def costs_nothing(found, value):
    """A callback handle, against a sender without a bridge, and one whose scheduler is as unknown as its executor."""
    del value
    name, native = ("sender", "callback-handle"), NATIVE["to-sender"]
    parts = []
    for when, cells in found.times():
        ratio, ours, erased = (
            cells.known(who, metric)
            for who, metric in ((name, "ratio_to_native"), (name, "ns_per_op"), (ERASED, "ns_per_op"))
        )
        if ratio and ours:
            also = ""
            if erased and erased.value:
                quotient = cited(shown(ours.value / erased.value), ours, erased)
                also = f" ({quotient} times one with a type-erased scheduler)"
            more = more_instructions(found, cells, name, native)
            parts.append(f"{when} {shown_row(ratio)} times a native sender{also}{more}")
    return "; ".join(parts)


def always_costs(found, value):
    """Which bridges from a sender cost more than an awaitable awaited directly, inline and later."""
    del value
    told = []
    for when, cells in found.times():
        free, dear = compared(found, cells)
        parts = ([f"dearer {', '.join(dear.values())}"] if dear else []) + (
            [f"{PLACEMENT} or cheaper {', '.join(free.values())}"] if free else []
        )
        if parts:
            also = "" if when == "inline" else "; its executor is type-erased, the sender's scheduler is known"
            told.append(f"{when} ({native_times(cells, NATIVE['to-awaitable'])}{also}): {'; '.join(parts)}")
    return ". ".join(told)


def compared(found, cells):
    """{name: words} of the bridges that take no more than the native, and of those that take more."""
    free, dear = {}, {}
    for name in found.bridges("to-awaitable"):
        native = found.native_of(name)
        time, base = (cells.known(who, "ns_per_op") for who in (name, native))
        if time and base:
            (dear if dearer(cells, name, native) else free)[name] = f"{name[1]} {figure(time)} ns"
    return free, dear


RULES = {
    ("bridge: 4.1 connect-awaitable", "awaitable as sender"): grows("connect-awaitable"),
    ("bridge: 4.2 sender-awaitable", "sender as awaitable"): grows(
        "sender-awaitable", ("handshake-exchange", "handshake-thread-id", "inline-known", "member")
    ),
    ("bridge: 3 bridge coroutine", "awaitable as sender"): allocated_by("connect-awaitable"),
    ("bridge: 2 callback handle", "awaitable as sender"): allocated_by("callback-handle"),
    ("bridge: 4 callback handle", "awaitable as sender"): costs_nothing,
    ("bridge: 4 every bridge", "sender as awaitable"): always_costs,
}
