"""phases: which of the seven phases of one co_await have work, and what is built and called for it."""

from .finding import figure
from .rows import cited, model_order, shown
from .tables import Heading, Section, Table

PHASES = ["transform", "connect", "readiness", "suspend", "launch", "complete", "extract"]
WITH_WORK = "phases_with_work"
OBJECTS = {
    "suspensions_per_op": "suspensions",
    "resumptions_per_op": "resumptions",
    "transfer_resumptions_per_op": "... by symmetric transfer",
    "nested_resumptions_per_op": "... by a call of resume()",
    "op_states_per_op": "operation states",
    "receivers_per_op": "receivers",
    "variant_emplacements_per_op": "variant emplacements",
    "allocs_per_op": "allocations",
    "table_calls_per_op": "table calls",
    "executor_calls_per_op": "executor calls",
    "posts_per_op": "posts",
}
STREAMS = {"stream=ready": "ready", "stream=later": "later"}
# The columns of P4255R0's table 2, and who they are here.
PUBLISHED = {
    "awaitable fixture": ("awaitable", "read-some"),
    "awaitable that suspends": ("awaitable", "transfer"),
    "sender": ("sender", "p2300"),
}
IN_WORDS = {
    "awaitable fixture": "an awaitable that is ready",
    "awaitable that suspends": "one that suspends",
    "sender": "a sender",
}
PUBLISHED_METRICS = {
    "phases with work": [WITH_WORK],
    "suspensions": ["suspensions_per_op"],
    "resumptions": ["resumptions_per_op"],
    "operation states, receivers, variant emplacements": [
        "op_states_per_op",
        "receivers_per_op",
        "variant_emplacements_per_op",
    ],
}
KINDS = {"symmetric transfer": "transfer_resumptions_per_op", "nested": "nested_resumptions_per_op"}


class Counts:
    """What each cell counted: {(model, mechanism, stream): {metric: Row}}, of the first toolchain that has it."""

    def __init__(self, rows):
        self.models = {(row.model, row.mechanism): row.text for row in rows if row.metric == "phases_models"}
        self.cells = {}
        self.settings = {}
        self.unequal = []  # (cell, metric, toolchain) that another toolchain counts otherwise
        for row in rows:
            if row.value is None or row.variant not in STREAMS:
                continue
            cell = (row.model, row.mechanism, STREAMS[row.variant])
            self.settings.setdefault(row.toolchain, 0)
            self.settings[row.toolchain] += 1
            if self.cells.setdefault(cell, {}).setdefault(row.metric, row).value != row.value:
                self.unequal.append((cell, row))

    def get(self, model, mechanism, stream="ready"):
        return self.cells.get((model, mechanism, stream), {})

    def names(self):
        return sorted(dict.fromkeys(cell[:2] for cell in self.cells), key=lambda name: model_order(name[0]))

    def with_work(self, *cell):
        found = {phase: self.get(*cell).get(f"phase_{phase}_per_op") for phase in PHASES}
        return [phase for phase, row in found.items() if row and row.value]


def build(rows, published=()):
    section = Section("phases")
    counts = Counts(rows)
    if not counts.cells:
        return section
    compared = compare(counts, published)
    section.tables = [matrix(counts), objects(counts)]
    section.short, section.headline = headline(counts, compared)
    section.findings = [finding for finding in findings(counts) if finding]
    return section


def ours_in_c(name):
    return not name[0].startswith("cxx-")


def matrix(counts):
    """mechanism x phase; where a mechanism does the same on both streams one number stands for both."""
    body = []
    model = None
    columns = ["mechanism", *PHASES, "phases with work", "what it models"]
    for name in filter(ours_in_c, counts.names()):
        if name[0] != model:
            model = name[0]
            body.append(Heading(model, len(columns)))
        metrics = [f"phase_{phase}_per_op" for phase in PHASES] + [WITH_WORK]
        body.append([name[1], *(pair(counts, name, metric) for metric in metrics), counts.models.get(name, "")])
    return Table(
        "phases",
        "The seven phases of one co_await, for one read",
        columns,
        body,
        "How often each phase has work for one read: on a stream whose reads complete at once; behind the arrow, where "
        "that differs, on one whose reads complete later, from the reactor. More than one: a stage of a pipeline, or a "
        "child task, has phases of its own. The floor has neither protocol.",
        essential=True,
    )


def objects(counts):
    body = []
    model = None
    columns = ["mechanism", *OBJECTS.values()]
    for name in filter(ours_in_c, counts.names()):
        if name[0] != model:
            model = name[0]
            body.append(Heading(model, len(columns)))
        body.append([name[1], *(pair(counts, name, metric) for metric in OBJECTS)])
    return Table(
        "phases-objects",
        "What one read suspends, resumes, builds and calls",
        columns,
        body,
        "At once, and behind the arrow, where that differs, later. A call of resume() at once is nested in the "
        "await_suspend or start of the operation; later it is on the stack of its completion, which the reactor calls. "
        "What is resumed by neither is resumed by an executor, from its queue. Table calls are those through an erased "
        "stream, sender, receiver or task; executor calls those through an executor_ref. The calls of the stream "
        "itself, which all models and the floor make, are not counted.",
        essential=True,
    )


def pair(counts, name, metric):
    ready, later = (counts.get(*name, stream).get(metric) for stream in STREAMS.values())
    if ready is None or later is None or ready.value == later.value:
        return cited(shown(ready and ready.value), ready)
    return cited(f"{shown(ready.value)} → {shown(later.value)}", ready)


# ---- Published and ours ----


def compare(counts, published):
    """[(row, column, published, ours, [(whether it agrees, Row)])] of P4255R0's table 2."""
    found = []
    for source, table, row, column, value, _, note in published:
        cell = counts.get(*PUBLISHED[column]) if column in PUBLISHED else {}
        metrics = PUBLISHED_METRICS.get(row)
        if not (source.startswith("P4255") and table.startswith("table 2") and cell and metrics):
            continue
        ours = [cell[metric] for metric in metrics if metric in cell]
        kinds = [metric for word, metric in KINDS.items() if note.startswith(word)]
        agrees = all(cell[metric].value == float(value) for metric in kinds)
        if row == "phases with work" and note:
            agrees = agrees and note == ", ".join(counts.with_work(*PUBLISHED[column]))
        told = [(agrees and each.value == float(value), each) for each in ours]
        found.append((row, column, value, ", ".join(f"{figure(each)}" for each in ours), told))
    return found


def headline(counts, compared):
    """(short, in full)"""
    phases = [entry for entry in compared if entry[0] == "phases with work"]
    if not phases:
        return "", ""
    same = all(agrees for *_, told in phases for agrees, _ in told)
    ours = ", ".join(f"{ours} for {IN_WORDS[column]}" for _, column, _, ours, _ in phases)
    short = (f"Of the {len(PHASES)} phases of one co_await so many have work: {ours}. "
             f"P4255R0 counts {'the same' if same else ', '.join(value for _, _, value, *_ in phases)}.")
    every = [one for *_, told in compared for one in told]
    right = [row for agrees, row in every if agrees]
    differing = [f"{row}, {column}: {value} published, {ours} here" for row, column, value, ours, told in compared
                 if not all(agrees for agrees, _ in told)]
    count = cited(f"{len(right)} of {len(every)}", *(right or [every[0][1]])[:1])
    apart = f"; different: {'; '.join(differing)}" if differing else ""
    lines = [f"Of the counts in P4255R0's table 2, {count} are the same here{apart}."]
    lines += [settings_line(counts), twins_line(counts)]
    return short, "\n".join(line for line in lines if line)


def settings_line(counts):
    settings = len(counts.settings)
    if settings < 2:
        return ""
    if not counts.unequal:
        return (
            "Every count is the same at all settings of compiler, level, sibling calls and exceptions: they are of "
            "places in the source, which no optimiser takes away."
        )
    places = {f"{' '.join(cell)}, {row.metric}, {row.toolchain}: {figure(row)}" for cell, row in counts.unequal}
    return f"Counts that depend on the setting: {'; '.join(sorted(places))}."


def twins_line(counts):
    every, differing = [], []
    for (model, mechanism, stream), cell in counts.cells.items():
        twin = counts.get(model.removeprefix("cxx-"), mechanism, stream)
        if not model.startswith("cxx-") or not twin:
            continue
        for metric, row in cell.items():
            every.append(row)
            in_c = twin.get(metric)
            if in_c is None or in_c.value != row.value:
                was = figure(in_c) if in_c else "none"
                differing.append((row, f"{model} {mechanism} {stream}, {metric}: {was} in C, {figure(row)}"))
    if not every:
        return ""
    apart = [row for row, _ in differing]
    equal = cited(f"{len(every) - len(apart)} of {len(every)}", next((row for row in every if row not in apart), None))
    line = f"{equal} counts by C++ compilers' own coroutines and templates are those of the C forms"
    return line + (f"; different: {'; '.join(text for _, text in differing)}." if differing else ".")


# ---- What the tables say, sentence by sentence ----


def findings(counts):
    yield ready_against_later(counts)
    yield same_phases_other_resumption(counts)
    yield own_awaiter(counts)
    yield erased(counts)
    yield affinity(counts)
    yield as_sender(counts)
    yield for_the_awaitable(counts)


def both(counts, model, mechanism, metric):
    found = [counts.get(model, mechanism, stream).get(metric) for stream in STREAMS.values()]
    return found if all(found) else None


def values(rows):
    return [row.value for row in rows]


def ready_against_later(counts):
    awaitable = both(counts, "awaitable", "read-some", WITH_WORK)
    sender = both(counts, "sender", "p2300", WITH_WORK)
    if not awaitable or not sender:
        return ""
    now, later = values(awaitable)
    less = "fewer" if now < later else "as many" if now == later else "more"
    word = "the same" if sender[0].value == sender[1].value else "not the same"
    return (
        f"A read that completes at once has {figure(awaitable[0])} phases as an awaitable, {less} than the "
        f"{figure(awaitable[1])} of one that completes later. As a sender awaited as P2300R10 writes it the number is "
        f"{word}, {figure(sender[0])} and {figure(sender[1])}: it is not asked whether it is ready, it is started."
    )


def same_phases_other_resumption(counts):
    p2300 = counts.get("sender", "p2300")
    bridges = ("handshake-exchange", "handshake-thread-id", "inline-known")
    shipped = {name: counts.get("sender", name) for name in bridges if counts.get("sender", name)}
    if not p2300 or not shipped:
        return ""
    called, moved = "nested_resumptions_per_op", "transfer_resumptions_per_op"
    transferred = [cell[moved] for cell in shipped.values() if cell[moved].value > 0 == cell[called].value]
    phases = " or ".join(f"{figure(row)}" for row in {cell[WITH_WORK].value: cell[WITH_WORK]
                                                     for cell in shipped.values()}.values())
    count = cited(f"{len(transferred)} of {len(shipped)}", *(transferred or [p2300[called]])[:1])
    return (
        f"The bridges that libraries have put in the place of P2300R10's ({', '.join(shipped)}) have {phases} phases "
        f"with work, P2300R10's {figure(p2300[WITH_WORK])}. What they change is the resumption: a symmetric transfer "
        f"with {count}, where P2300R10's makes {figure(p2300[called])} nested call."
    )


def own_awaiter(counts):
    member, awaitable = (both(counts, *name, WITH_WORK) for name in (("sender", "member"), ("awaitable", "read-some")))
    if not member or not awaitable:
        return ""
    word = "the same as" if values(member) == values(awaitable) else "not the same as"
    return (
        f"A sender with an as_awaitable of its own has {figure(member[0])} phases at once and {figure(member[1])} "
        f"later, {word} the awaitable: there is no operation state and no receiver then."
    )


def erased(counts):
    stream = both(counts, "awaitable", "any-stream", "table_calls_per_op")
    sender = counts.get("sender", "any-sender")
    if not stream or not sender:
        return ""
    calls, allocations = "table_calls_per_op", "allocs_per_op"
    return (
        f"Where the stream's type is erased, a read by an awaitable takes {figure(stream[0])} table calls at once and "
        f"{figure(stream[1])} later, and {figure(counts.get('awaitable', 'any-stream')[allocations])} allocations; by "
        f"an any_sender it takes {figure(sender[calls])} table calls and {figure(sender[allocations], 'allocation')}."
    )


def affinity(counts):
    plain, affine = counts.get("sender", "p2300"), counts.get("sender", "affine-read")
    if not plain or not affine:
        return ""
    metrics = ("op_states_per_op", "posts_per_op", "executor_calls_per_op")
    states, posts, calls = (
        cited(shown(affine[metric].value - plain[metric].value), affine[metric]) for metric in metrics
    )
    return (
        f"affine_on around a read, which is on the right context already, adds operation states: {states}, posts: "
        f"{posts}, executor calls: {calls}."
    )


def as_sender(counts):
    frame, place = (counts.get("sender", name) for name in ("connect-awaitable", "connect-awaitable-in-place"))
    if not frame or not place:
        return ""
    made, suspended = "allocs_per_op", "suspensions_per_op"
    return (
        f"An awaitable that is ready, used as a sender: P2300R10's bridge coroutine makes {figure(frame[made])} "
        f"allocation and {figure(frame[suspended])} suspension; built in the operation state it makes "
        f"{figure(place[made])} and {figure(place[suspended])}."
    )


def for_the_awaitable(counts):
    """What the awaitable has to do and the sender has not."""
    awaitable, sender = (counts.get(*name, "later") for name in (("awaitable", "read-some"), ("sender", "p2300")))
    if not awaitable or not sender:
        return ""
    asks, resumes = (figure(cell["executor_calls_per_op"]) for cell in (awaitable, sender))
    return (
        f"An awaitable that completes later asks its executor, through a table, where to go on (executor calls a read: "
        f"{asks}); a sender resumes where it is completed ({resumes})."
    )
