"""mitigations: each way out of stack growth: its cost inline and later, whom it lets wait, what it needs."""

from dataclasses import replace

from .ratios import control_finding, groups_of
from .rows import breakable, model_order, shown, shown_row
from .tables import Section, Table

RATIO = "ratio_to_floor"
WAITED = "waited_completions_max"
FUTURES = {"p2300": "today", "returning": "returning", "tail": "tail"}
DRAWN = {"awaitable ready", "sender scheduler"}  # the other ways that the figure shows in both panels
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

    def values(self, metric):
        """{(model, mechanism): value} of those that have one."""
        found = {name: self.value(name, metric) for name in self.names()}
        return {name: value for name, value in found.items() if value is not None}


def groups_of_compilers(rows):
    """The groups, those compiled with exceptions on and off together: they stand beside each other."""
    return groups_of(replace(row, toolchain=row.toolchain.replace(" exc=on ", " exc=off ")) for row in rows)


def said(name):
    return f"{name[0]} {name[1]}"


def apart(low, high):
    """Whether two times differ by more than where the code happens to lie makes of one and the same."""
    return high - low >= max(1, low / 10)


def listed(times):
    """The times in the order of the table, which ranks nothing; a model said where it changes."""
    models = [None, *(model for model, _ in times)]
    parts = [
        f"{name[1] if name[0] == before else said(name)} {shown(value)}"
        for before, (name, value) in zip(models, times.items())
    ]
    return ", ".join(parts)


def plain_name(mechanism):
    return mechanism.removesuffix(NO_BOUNDARY)


def representative(times):
    """Without the floor, and of the budgets those of 16."""
    return {
        name: value
        for name, value in times.items()
        if name[0] != "raw" and ("+" not in name[1] or plain_name(name[1]).endswith("+budget-16"))
    }


def build(rows):
    section = Section("mitigations")
    groups = groups_of_compilers(rows)
    inline, later = (Cells(groups, "completes", value) for value in ("inline", "later"))
    waits = Cells(groups, "starvation")
    section.tables = [table(inline, later, waits), waiting_table(waits)]
    section.tables += [found for found in [futures_table(groups)] if found.rows]
    section.short = lead(inline)
    lines = [*in_short(inline, later, waits), cost(inline), cost_later(later), starvation(waits)]
    section.headline = "\n".join(line for line in lines if line)
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
    if row and row.value is not None and row.value == longest(waits):
        return f"all ({shown(row.value)} here)"
    return shown_row(row)


def longest(waits):
    """A launch: what those wait for whose neighbour never gives the loop back."""
    return max(waits.values(WAITED).values(), default=None)


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


def span(values):
    low, high = shown(min(values)), shown(max(values))
    return low if low == high else f"{low} to {high}"


def joined(names):
    return ", ".join(dict.fromkeys(plain_name(mechanism) for _, mechanism in names))


def by_wait(waits):
    """(those that let the innocent connection wait to the end, {mechanism: completions} of the others)."""
    most = longest(waits)
    found = {name: value for name, value in waits.values(WAITED).items() if name[0] != "raw"}
    held = [name for name, value in found.items() if value == most]
    return held, {name: value for name, value in found.items() if value < most}


def ways_out(times):
    """Times of a coroutine that awaits senders by something else than the bridge as written."""
    bridges = {("sender", "p2300"), ("sender", "p2300" + NO_BOUNDARY), ("sender", "pipeline")}
    return {name: time for name, time in times.items() if name[0] == "sender" and name not in bridges}


def lead(inline):
    times = inline.values("ns_per_op")
    plain, found = times.get(("sender", "p2300")), ways_out(times).values()
    if not plain or not found:
        return ""
    return (
        f"Ways to keep the stack from growing take {span(found)} ns a completion, where P2300R10's bridge, which does "
        f"not, takes {shown(plain)} (lower is better)."
    )


def in_short(inline, later, waits):
    """Which is cheapest and dearest for a coroutine that awaits senders, and who else gets a turn."""
    times = inline.values("ns_per_op")
    plain, jumping = (times.pop(("sender", "p2300" + suffix), None) for suffix in ("", NO_BOUNDARY))
    senders = ways_out(times)
    text = []
    if plain and senders:
        least, most = (named(senders, end(senders.values())) for end in (min, max))
        without = f", {shown(jumping)} where exceptions are off" if jumping else ""
        posted = later.value(("sender", "p2300"), "ns_per_op")
        without += f", {shown(posted)} from the run_loop" if posted else ""
        depth = f" in runs of {shown(longest(waits))}" if longest(waits) else ""
        text.append(
            f"A completion inside co_await on a sender takes {shown(plain)} ns unmitigated{depth}{without}, and with a "
            f"way out of stack growth {least} to {most}"
            + (f"; an awaitable's {span(awaitable)}." if (awaitable := awaitables(times)) else ".")
        )
    held, others = by_wait(waits)
    if held and others:
        text.append(
            f"Another connection gets its turn after {span(others.values())} completions with {kinds(others)}; with "
            "all other ways it waits until the first one has no more at hand."
        )
    return text


def named(times, value):
    """A time, and whose it is where all others are apart from it."""
    near = {plain_name(name[1]) for name, other in times.items() if not apart(*sorted((value, other)))}
    return shown(value) + (f" ({near.pop()})" if len(near) == 1 else "")


def awaitables(times):
    names = [("awaitable", name + more) for name in ("ready", "transfer") for more in ("", "-exceptions")]
    return [times[name] for name in names if name in times]


def kinds(names):
    """The mechanisms' names, all inline budgets as one."""
    found = list(dict.fromkeys("an inline budget" if "+" in name else f"the {plain_name(name)}" for _, name in names))
    return " or ".join([", ".join(found[:-1]), found[-1]] if found[1:] else found)


def cost(inline):
    """Each way out against the bridge that mitigates nothing, and against the floor."""
    times = inline.values("ns_per_op")
    floor = times.get(("raw", "floor"))
    if ("sender", "p2300") not in times or not floor:
        return ""
    return f"Completes inline, ns (floor {shown(floor)}): {listed(representative(times))}. {CLOSE}"


def cost_later(later):
    times = later.values("ns_per_op")
    floor = times.get(("raw", "floor"))
    if not floor or len(times) < 2:
        return ""
    missing = [said(name) for name in later.names() if (row := later.row(name, "ns_per_op")) and row.missing]
    none = f" Not to be had: {', '.join(missing)}." if missing else ""
    return f"Completes from the run_loop, ns (floor {shown(floor)}): {listed(representative(times))}.{none}"


def starvation(waits):
    held, others = by_wait(waits)
    if not held or not others:
        return ""
    equal = {}
    for (_, mechanism), value in sorted(others.items(), key=lambda item: item[1]):
        equal.setdefault(value, {})[plain_name(mechanism).rpartition("+")[2]] = None
    parts = [f"{shown(value)} with {' or '.join(names)}" for value, names in equal.items()]
    return (
        f"An innocent connection waits for all completions that the other has at hand ({shown(longest(waits))} here) "
        f"with {joined(held)}; for {', '.join(parts)}."
    )


def zero_cost(inline):
    """P2583R0 7.1: both mitigations cost, symmetric transfer does not."""
    times, counts = inline.values("ns_per_op"), inline.values("instructions_per_op")
    parts = []
    for suffix, where in (("", "with the boundary"), (NO_BOUNDARY, "without it, exceptions off")):
        plain = times.get(("sender", "p2300" + suffix))
        ratios = [
            f"{words} {times[name] / plain:.2g} times"
            for mechanism, words in (("scheduler", "a queue round trip"), ("trampoline", "a trampoline"))
            if plain and (name := ("sender", mechanism + suffix)) in times
        ]
        if ratios:
            parts.append(f"{' and '.join(ratios)} its ns {where}")
    text = []
    if parts:
        text.append(f"P2583R0 7.1's two mitigations, inline, against the bridge without one: {'; '.join(parts)}.")
    ready, transfer = ("awaitable", "ready"), ("awaitable", "transfer")
    if all(name in figures for name in (ready, transfer) for figures in (times, counts)):
        low, high = sorted((times[ready], times[transfer]))
        more = f"{times[transfer] - times[ready]:.1f} ns more" if apart(low, high) else PLACEMENT
        text.append(
            f"Symmetric transfer, which it calls zero-cost, against awaiting what is ready: "
            f"{shown(round(counts[transfer] - counts[ready], 2))} instructions more; in time {more}."
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
        jumping = inline.row(("sender", "p2300" + NO_BOUNDARY), "instructions_per_op", compiler)
        if plain and plain.value is not None and parts:
            without = f" ({shown(jumping.value)} without the boundary)" if jumping and jumping.value is not None else ""
            sentences.append(
                f"Instructions an inline completion, {compiler}: today's protocol {shown(plain.value)}{without}, "
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
