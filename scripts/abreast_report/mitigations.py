"""mitigations: each way out of stack growth: its cost inline and later, whom it lets wait, what it needs."""

from .ratios import control_finding, groups_of
from .rows import breakable, model_order, shown, shown_row
from .tables import Section, Table

RATIO = "ratio_to_floor"
WAITED = "waited_completions_max"
FUTURES = {"p2300": "today", "returning": "returning", "tail": "tail"}
DRAWN = {"awaitable ready", "sender scheduler"}  # the other ways that the figure shows in both panels
FUTURE_METRICS = {
    "op_state_bytes": "operation state, bytes",
    "frame_bytes": "coroutine frame, bytes",
    "value_bytes_through_memory_per_op": "bytes of values through memory",
    "functions_changed_count": "functions of another signature",
}


class Cells:
    """The figures of one kind of group: {(model, mechanism): {metric: Row}} by toolchain, the timed one first."""

    def __init__(self, groups, key, value=None):
        self.groups = [
            group
            for group in groups
            if group.variant.startswith(key + "=") and value in (None, group.variant.partition("=")[2])
        ]
        self.groups.sort(key=lambda group: not group.timed)

    def row(self, name, metric, compiler=None):
        """The first row of that mechanism that has a value; else one that says that it is missing; else None."""
        found = [
            group.cells[name][metric]
            for group in self.groups
            if metric in group.cells.get(name, {}) and compiler in (None, group.compiler)
        ]
        return next((row for row in found if not row.missing), found[0] if found else None)

    def value(self, name, metric):
        row = self.row(name, metric)
        return row.value if row else None

    def names(self):
        """Every mechanism, the models in their order."""
        found = dict.fromkeys(name for group in self.groups for name in group.cells)
        return sorted(found, key=lambda name: model_order(name[0]))

    def values(self, metric):
        """{(model, mechanism): value} of those that have one."""
        found = {name: self.value(name, metric) for name in self.names()}
        return {name: value for name, value in found.items() if value is not None}


def said(name):
    return f"{name[0]} {name[1]}"


def build(rows):
    section = Section("mitigations")
    groups = groups_of(rows)
    inline, later = (Cells(groups, "completes", value) for value in ("inline", "later"))
    waits = Cells(groups, "starvation")
    section.tables = [table(inline, later, waits), waiting_table(waits)]
    section.tables += [found for found in [futures_table(groups)] if found.rows]
    section.short = short(inline, waits)
    section.headline = "\n".join(line for line in [cost(inline), cost_later(later), starvation(waits)] if line)
    section.findings = zero_cost(inline) + futures(inline, groups) + control_finding(groups, RATIO)
    section.data = figure_data(waits)
    return section


def table(inline, later, waits):
    compilers = list(dict.fromkeys(group.compiler for group in inline.groups))
    body = []
    for name in inline.names():
        body.append(
            [
                said(name),
                shown_row(inline.row(name, "ns_per_op")),
                shown_row(inline.row(name, RATIO)) if inline.row(name, RATIO) else "-",
                *(shown_row(inline.row(name, "instructions_per_op", compiler)) for compiler in compilers),
                shown_row(later.row(name, "ns_per_op")),
                shown_row(waits.row(name, WAITED)),
                needs(inline, name),
            ]
        )
    return Table(
        "mitigations",
        "Ways out of stack growth: what a completion costs, who waits, and what is needed",
        [
            "mechanism",
            "ns, completes inline",
            "times the floor",
            *(f"instructions, {compiler}" for compiler in compilers),
            "ns, completes later",
            "completions an innocent connection waits",
            "needs",
        ],
        body,
        "In brackets the 99 % interval of paired, interleaved runs. The floor is a bare state machine. An innocent "
        f"connection that waits for {shown(longest(waits))} completions waits until the other has no more at hand.",
    )


def needs(inline, name):
    row = inline.row(name, "needs_from_user")
    return row.text if row else "-"


def longest(waits):
    """A launch: what those wait for whose neighbour never gives the loop back."""
    return max(waits.values(WAITED).values(), default=None)


def waiting_table(waits):
    body = [
        [
            said(name),
            shown_row(waits.row(name, WAITED)),
            shown_row(waits.row(name, "ns_per_op")),
            shown_row(waits.row(name, RATIO)),
        ]
        for name in waits.names()
    ]
    return Table(
        "mitigations-starvation",
        "An innocent connection beside one whose operations all complete inline",
        ["the other connection", "completions it waits, at most", "ns until its next turn", "times as long as alone"],
        body,
        "Both are on one run_loop, and the innocent one always has work queued.",
        detail=True,
    )


def futures_table(groups):
    pipelines = Cells(groups, "pipeline")
    body = []
    for variant in dict.fromkeys(group.variant for group in pipelines.groups):
        mine = Cells(pipelines.groups, "pipeline", variant.partition("=")[2])
        for metric, words in FUTURE_METRICS.items():
            figures = [shown_row(mine.row(("sender", name), metric)) for name in FUTURES]
            body.append([breakable(variant.partition("=")[2]), words, *figures])
    return Table(
        "mitigations-futures",
        "What two futures of the sender protocol cost: completion functions that return a handle, or that tail-call",
        ["pipeline", "figure", *FUTURES.values()],
        body,
        "Sizes as compiled; each row is the same pipeline. Values through memory: those that a completion leaves in a "
        "slot because a guaranteed tail call has no room for an argument.",
    )


def span(values):
    low, high = shown(min(values)), shown(max(values))
    return low if low == high else f"{low} to {high}"


def joined(names):
    return ", ".join(mechanism for _, mechanism in names)


def by_wait(waits):
    """(those that let the innocent connection wait to the end, {mechanism: completions} of the others)."""
    most = longest(waits)
    found = {name: value for name, value in waits.values(WAITED).items() if name[0] != "raw"}
    held = [name for name, value in found.items() if value == most]
    return held, {name: value for name, value in found.items() if value < most}


def short(inline, waits):
    """Which is cheapest and dearest for a coroutine that awaits senders, and who else gets a turn."""
    times = inline.values("ns_per_op")
    plain = times.pop(("sender", "p2300"), None)
    senders = {name: value for name, value in times.items() if name[0] == "sender" and name[1] != "pipeline"}
    text = []
    if plain and senders:
        ranked = sorted(senders, key=senders.get)
        least, most = ranked[0], ranked[-1]
        text.append(
            f"A completion inside co_await on a sender takes {shown(plain)} ns unmitigated, and with a way out of "
            f"stack growth {shown(senders[least])} ({least[1]}) to {shown(senders[most])} ({most[1]})"
            + (f"; an awaitable's {span(awaitable)}." if (awaitable := awaitables(times)) else ".")
        )
    held, others = by_wait(waits)
    if held and others:
        text.append(
            f"Another connection gets its turn after {span(others.values())} completions with {kinds(others)}; with "
            "all other ways it waits until the first one is done."
        )
    return " ".join(text)


def awaitables(times):
    return [times[name] for name in (("awaitable", "ready"), ("awaitable", "transfer")) if name in times]


def kinds(names):
    """The mechanisms' names, all inline budgets as one."""
    found = list(dict.fromkeys("an inline budget" if name.startswith("budget") else f"the {name}" for _, name in names))
    return " or ".join([", ".join(found[:-1]), found[-1]] if found[1:] else found)


def cost(inline):
    """Each way out against the bridge that mitigates nothing, and against the floor."""
    times = inline.values("ns_per_op")
    plain = times.get(("sender", "p2300"))
    floor = times.get(("raw", "floor"))
    if not plain or not floor:
        return ""
    parts = [
        f"{said(name)} {shown(value)}"
        for name, value in sorted(times.items(), key=lambda item: item[1])
        if name[0] != "raw"
    ]
    return f"Completes inline, ns (floor {shown(floor)}): {', '.join(parts)}."


def cost_later(later):
    times = later.values("ns_per_op")
    floor = times.get(("raw", "floor"))
    if not floor or len(times) < 2:
        return ""
    parts = [
        f"{said(name)} {shown(value)}"
        for name, value in sorted(times.items(), key=lambda item: item[1])
        if name[0] != "raw"
    ]
    missing = [said(name) for name in later.names() if (row := later.row(name, "ns_per_op")) and row.missing]
    none = f" Not to be had: {', '.join(missing)}." if missing else ""
    return f"Completes from the run_loop, ns (floor {shown(floor)}): {', '.join(parts)}.{none}"


def starvation(waits):
    held, others = by_wait(waits)
    if not held or not others:
        return ""
    alike = {}
    for (_, mechanism), value in sorted(others.items(), key=lambda item: item[1]):
        alike.setdefault(value, {})[mechanism] = None
    parts = [f"{shown(value)} with {' or '.join(names)}" for value, names in alike.items()]
    return (
        f"An innocent connection waits for {shown(longest(waits))} completions, all that the other has, with "
        f"{joined(held)}; for {', '.join(parts)}."
    )


def zero_cost(inline):
    """P2583R0 7.1: both mitigations cost, symmetric transfer does not."""
    times, counts = inline.values("ns_per_op"), inline.values("instructions_per_op")
    plain = times.get(("sender", "p2300"))
    mitigated = {
        words: times[name] / plain
        for name, words in (
            (("sender", "scheduler"), "a queue round trip"),
            (("sender", "trampoline"), "a trampoline"),
        )
        if plain and name in times
    }
    text = []
    if mitigated:
        parts = ", ".join(f"{words} {value:.1f} times" for words, value in mitigated.items())
        text.append(f"P2583R0 7.1's two mitigations, inline, against the bridge without one: {parts} its ns.")
    ready, transfer = ("awaitable", "ready"), ("awaitable", "transfer")
    if all(name in figures for name in (ready, transfer) for figures in (times, counts)):
        text.append(
            f"Symmetric transfer, which it calls zero-cost, takes {shown(counts[transfer] - counts[ready])} "
            f"instructions and {times[transfer] - times[ready]:.1f} ns more than awaiting what is ready."
        )
    return [" ".join(text)] if text else []


def futures(inline, groups):
    """A sentence for each compiler that has a future's instructions, and one on their state."""
    sentences = []
    for compiler in dict.fromkeys(group.compiler for group in inline.groups):
        plain = inline.row(("sender", "p2300"), "instructions_per_op", compiler)
        parts = [
            f"{words} {shown(row.value)}"
            for name, words in FUTURES.items()
            if name != "p2300"
            and (row := inline.row(("sender", name), "instructions_per_op", compiler))
            and row.value is not None
        ]
        if plain and plain.value is not None and parts:
            sentences.append(
                f"Instructions an inline completion, {compiler}: today's protocol {shown(plain.value)}, "
                f"{', '.join(parts)}."
            )
    grown = [growth(groups, name) for name in FUTURES if name != "p2300"]
    return sentences + [sentence for sentence in grown if sentence]


def growth(groups, name):
    pipelines = Cells(groups, "pipeline")
    more, passed, pipelines_seen = [], [], 0
    for variant in dict.fromkeys(group.variant.partition("=")[2] for group in pipelines.groups):
        mine = Cells(pipelines.groups, "pipeline", variant)
        ours = mine.value(("sender", name), "op_state_bytes")
        today = mine.value(("sender", "p2300"), "op_state_bytes")
        memory = mine.value(("sender", name), "value_bytes_through_memory_per_op")
        if ours is None or today is None or memory is None:
            continue
        more.append(ours - today)
        passed.append(memory)
        pipelines_seen += 1
    if not more:
        return ""
    state = "no more operation state" if not any(more) else f"{span(more)} bytes more operation state"
    memory = "passes no value through memory" if not any(passed) else f"passes {span(passed)} bytes through memory"
    return f"{name} takes {state} than today's protocol in {pipelines_seen} pipelines, and {memory} a completion."


def figure_data(waits):
    """Two blocks of budgets, awaitable and sender, and one of all others: completions, ns and its interval. Nothing
    where a filter has left one of them out."""
    budgets = {"awaitable": [], "sender": []}
    others = []
    for name in waits.names():
        limit, point = name[1].partition("-")[2], point_of(waits, name)
        if not point:
            continue
        if not name[1].startswith("budget"):
            others.append(f"{'alone' if name == ('raw', 'alone') else said(name)}\t{point}\t{model_order(name[0])}")
        elif limit.isdigit():
            budgets[name[0]].append((int(limit), f"{limit}\t{point}"))
    if not all(budgets.values()) or not (DRAWN & {line.partition("\t")[0] for line in others}):
        return ""
    blocks = [
        [f'"{model}, inline budget"', *(line for _, line in sorted(points))] for model, points in budgets.items()
    ]
    return "\n\n".join("\n".join(block) + "\n" for block in [*blocks, ['"others"', *others]])


def point_of(waits, name):
    waited, time = waits.row(name, WAITED), waits.row(name, "ns_per_op")
    if not waited or not time or waited.value is None or time.value is None:
        return ""
    return f"{waited.value:.10g}\t{time.value:.6g}\t{time.low:.6g}\t{time.high:.6g}"
