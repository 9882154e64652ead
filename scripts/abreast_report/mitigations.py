"""mitigations: each way out of stack growth: its cost inline and later, whom it lets wait, what it needs."""

from dataclasses import replace

from .finding import ends, figure, span
from .ratios import control_finding, groups_of
from .rows import breakable, cited, model_order, shown, shown_row
from .tables import Section, Table

RATIO = "ratio_to_floor"
WAITED = "waited_completions_max"
FUTURES = {"p2300": "today", "returning": "returning", "tail": "tail"}
DRAWN = {"awaitable ready", "sender scheduler"}  # the other ways that the figure shows in both panels
AWAITABLES = [("awaitable", name + more) for name in ("ready", "transfer") for more in ("", "-exceptions")]
BUDGETS = {  # what the figure draws over the budget
    ("awaitable", "transfer"): "awaitable, transfer",
    ("sender", "p2300"): "sender, p2300",
    ("sender", "member"): "sender, member",
}
NO_BOUNDARY = "-no-boundary"
PLACEMENT = "no difference beyond placement"
CLOSE = f"Times less than 1 ns or 10 % apart show {PLACEMENT}."
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

    def known(self, name, metric):
        """That row, if it has a value that is a number."""
        row = self.row(name, metric)
        return row if row and row.value is not None else None

    def value(self, name, metric):
        row = self.known(name, metric)
        return row.value if row else None

    def names(self):
        """Every mechanism, the models in their order."""
        found = dict.fromkeys(name for group in self.groups for name in group.cells)
        return sorted(found, key=lambda name: model_order(name[0]))

    def rows(self, metric):
        """{(model, mechanism): row} of those that have a value."""
        return {name: row for name in self.names() if (row := self.known(name, metric))}


def groups_of_compilers(rows):
    """The groups, those compiled with exceptions on and off together: they stand beside each other."""
    return groups_of(replace(row, toolchain=row.toolchain.replace(" exc=on ", " exc=off ")) for row in rows)


def said(name):
    return f"{name[0]} {name[1]}"


def apart(low, high):
    """Whether two times differ by more than where the code happens to lie makes of one and the same."""
    return high - low >= max(1, low / 10)


def plain_name(mechanism):
    return mechanism.removesuffix(NO_BOUNDARY)


def build(rows):
    section = Section("mitigations")
    groups = groups_of_compilers(rows)
    inline, later = (Cells(groups, "completes", value) for value in ("inline", "later"))
    waits = Cells(groups, "starvation")
    section.tables = [table(inline, later, waits), waiting_table(waits)]
    section.tables += [found for found in [futures_table(groups)] if found.rows]
    section.short = lead(inline)
    section.headline = "\n".join(in_short(inline, later, waits))
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
                word(inline, name, "noexcept_boundary"),
                shown_row(inline.row(name, "ns_per_op")),
                shown_row(inline.row(name, RATIO)) if inline.row(name, RATIO) else "-",
                *(shown_row(inline.row(name, "instructions_per_op", compiler)) for compiler in compilers),
                shown_row(later.row(name, "ns_per_op")),
                waited(waits, name),
                word(inline, name, "needs_from_user"),
            ]
        )
    return Table(
        "mitigations",
        "Ways out of stack growth: what a completion costs, who waits, and what is needed",
        [
            "mechanism",
            "boundary of a noexcept function",
            "ns, completes inline",
            "times the floor",
            *(f"instructions, {compiler}" for compiler in compilers),
            "ns, completes later",
            "completions an innocent connection waits",
            "needs",
        ],
        body,
        "In brackets the 99 % interval of paired, interleaved runs. The floor is a bare state machine. What resumes "
        "somebody inside a noexcept function is compiled with that function's boundary and exceptions on, and without "
        f"either; -exceptions: what has no such function, compiled with exceptions on; the rest has them off. {CLOSE}",
    )


def word(inline, name, metric):
    row = inline.row(name, metric)
    return row.text if row else "-"


def waited(waits, name):
    """How many completions others wait; where that is until there are no more at hand, how many that is here."""
    row = waits.row(name, WAITED)
    if row and row.value is not None and row.value == longest(waits).value:
        return cited(f"all ({shown(row.value)} here)", row)
    return shown_row(row)


def longest(waits):
    """A launch: what those wait for whose neighbour never gives the loop back; its row."""
    return max(waits.rows(WAITED).values(), key=lambda row: row.value, default=None)


def waiting_table(waits):
    body = [
        [
            said(name),
            waited(waits, name),
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


def by_wait(waits):
    """(those that let the innocent connection wait to the end, {mechanism: row} of the others)."""
    found = {name: row for name, row in waits.rows(WAITED).items() if name[0] != "raw"}
    most = longest(waits)
    held = [row for row in found.values() if row.value == most.value]
    return held, {name: row for name, row in found.items() if row.value < most.value}


def ways_out(times):
    """Times of a coroutine that awaits senders by something else than the bridge as written."""
    bridges = {("sender", "p2300"), ("sender", "p2300" + NO_BOUNDARY), ("sender", "pipeline")}
    return {name: time for name, time in times.items() if name[0] == "sender" and name not in bridges}


def lead(inline):
    times = inline.rows("ns_per_op")
    plain, found = times.get(("sender", "p2300")), ways_out(times).values()
    if not plain or not found:
        return ""
    awaited = [times[name] for name in AWAITABLES if name in times]
    return (
        f"A completion takes {figure(plain)} ns where a coroutine awaits a sender by P2300R10's bridge, which lets the "
        f"stack grow, and {ends(found)} ns by the ways that do not"
        + (f"; with awaitables it takes {ends(awaited)} ns" if awaited else "")
        + " (lower is better)."
    )


def in_short(inline, later, waits):
    """When the bridge takes what, which way out is cheapest and dearest, and who else gets a turn."""
    times = inline.rows("ns_per_op")
    plain, jumping = (times.get(("sender", "p2300" + suffix)) for suffix in ("", NO_BOUNDARY))
    senders = ways_out(times)
    if plain and senders:
        depth = f" in runs of {figure(longest(waits))} completions, which nest" if longest(waits) else ""
        without = f", {figure(jumping)} ns where exceptions are off" if jumping else ""
        posted = later.known(("sender", "p2300"), "ns_per_op")
        without += f", {figure(posted)} ns from the run_loop" if posted else ""
        yield f"P2300R10's bridge takes {figure(plain)} ns{depth}{without}."
        least, most = (named(senders, choose(senders.values(), key=lambda row: row.value)) for choose in (min, max))
        yield f"Of the ways out the cheapest takes {least}, the dearest {most}."
    held, others = by_wait(waits)
    if held and others:
        yield (
            f"Another connection gets its turn after {ends(others.values())} completions with {kinds(others)}; with "
            f"all other ways it waits until the first one has no more at hand ({figure(held[0])} here)."
        )


def named(times, row):
    """A time, and whose it is where all others are apart from it."""
    near = {plain_name(name[1]) for name, other in times.items() if not apart(*sorted((row.value, other.value)))}
    return f"{figure(row, 'ns')}" + (f" ({near.pop()})" if len(near) == 1 else "")


def kinds(names):
    """The mechanisms' names, all inline budgets as one."""
    found = list(dict.fromkeys("an inline budget" if "+" in name else f"the {plain_name(name)}" for _, name in names))
    return " or ".join([", ".join(found[:-1]), found[-1]] if found[1:] else found)


def zero_cost(inline):
    """P2583R0 7.1: both mitigations cost, symmetric transfer does not."""
    times, counts = inline.rows("ns_per_op"), inline.rows("instructions_per_op")
    parts = []
    for suffix, where in (("", "with exceptions on"), (NO_BOUNDARY, "with exceptions off")):
        plain = times.get(("sender", "p2300" + suffix))
        ratios = [
            f"{words} {cited(f'{time.value / plain.value:.2g}', time, plain)}"
            for mechanism, words in (("scheduler", "a queue round trip"), ("trampoline", "a trampoline"))
            if plain and (time := times.get(("sender", mechanism + suffix)))
        ]
        if ratios:
            parts.append(f"{where} {' and '.join(ratios)}")
    text = []
    if parts:
        text.append(f"P2583R0 7.1's two mitigations, times the bridge without one, inline: {'; '.join(parts)}.")
    ready, transfer = ("awaitable", "ready"), ("awaitable", "transfer")
    if all(name in figures for name in (ready, transfer) for figures in (times, counts)):
        low, high = sorted((times[ready].value, times[transfer].value))
        more = f"{times[transfer].value - times[ready].value:.1f} ns more" if apart(low, high) else PLACEMENT
        instructions = shown(round(counts[transfer].value - counts[ready].value, 2))
        text.append(
            f"Symmetric transfer, which it calls zero-cost, against awaiting what is ready: "
            f"{cited(instructions, counts[transfer])} instructions more; in time {cited(more, times[transfer])}."
        )
    return text


def futures(inline, groups):
    """A sentence for each compiler that has a future's instructions, and one on their state."""
    sentences = []
    for compiler in dict.fromkeys(group.compiler for group in inline.groups):
        plain, jumping, *others = (
            inline.row(("sender", name), "instructions_per_op", compiler)
            for name in ("p2300", "p2300" + NO_BOUNDARY, *FUTURES)
        )
        parts = [
            f"{words} {figure(row)}"
            for (name, words), row in zip(FUTURES.items(), others)
            if name != "p2300" and row and row.value is not None
        ]
        if plain and plain.value is not None and parts:
            without = f" ({figure(jumping)} with exceptions off)" if jumping and jumping.value is not None else ""
            sentences.append(
                f"Instructions an inline completion, {compiler}: today's protocol {figure(plain)}{without}, "
                f"{', '.join(parts)}."
            )
    grown = [growth(groups, name) for name in FUTURES if name != "p2300"]
    return sentences + [sentence for sentence in grown if sentence]


def growth(groups, name):
    pipelines = Cells(groups, "pipeline")
    more, passed = [], []
    for variant in dict.fromkeys(group.variant.partition("=")[2] for group in pipelines.groups):
        mine = Cells(pipelines.groups, "pipeline", variant)
        ours, today = (mine.known(("sender", who), "op_state_bytes") for who in (name, "p2300"))
        memory = mine.known(("sender", name), "value_bytes_through_memory_per_op")
        if ours and today and memory:
            more.append((ours.value - today.value, ours))
            passed.append(memory)
    if not more:
        return ""
    state = f"{span(more)} bytes more" if any(extra for extra, _ in more) else f"{cited('no more', more[0][1])}"
    memory = f"{ends(passed)} bytes" if any(row.value for row in passed) else f"{cited('no value', passed[0])}"
    return (
        f"Of these futures {name} takes {state} operation state than today's protocol in {len(more)} pipelines, and a "
        f"completion passes {memory} through memory."
    )


def figure_data(waits):
    """A block for each of BUDGETS, and one of all without a budget: completions, ns and its interval. Nothing where a
    filter has left one of them out."""
    budgets = {name: [] for name in BUDGETS}
    others = []
    for name in waits.names():
        point = point_of(waits, name)
        if not point:
            continue
        mechanism, budget, limit = name[1].partition("+budget-")
        if not budget:
            others.append(f"{'alone' if name == ('raw', 'alone') else said(name)}\t{point}\t{model_order(name[0])}")
        elif limit.isdigit() and (name[0], mechanism) in budgets:
            budgets[name[0], mechanism].append((int(limit), f"{limit}\t{point}"))
    if not all(budgets.values()) or not (DRAWN & {line.partition("\t")[0] for line in others}):
        return ""
    blocks = [[f'"{BUDGETS[name]}"', *(line for _, line in sorted(points))] for name, points in budgets.items()]
    return "\n\n".join("\n".join(block) + "\n" for block in [*blocks, ['"others"', *others]])


def point_of(waits, name):
    waited, time = waits.row(name, WAITED), waits.row(name, "ns_per_op")
    if not waited or not time or waited.value is None or time.value is None:
        return ""
    return f"{waited.value:.10g}\t{time.value:.6g}\t{time.low:.6g}\t{time.high:.6g}"
