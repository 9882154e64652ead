"""phases: which of the seven phases of one co_await have work, and what is built and called for it."""

from .rows import model_order, shown
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
    """What each cell counted: {(model, mechanism, stream): {metric: value}}, of the first toolchain that has it."""

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
            if self.cells.setdefault(cell, {}).setdefault(row.metric, row.value) != row.value:
                self.unequal.append((cell, row.metric, row.toolchain))

    def get(self, model, mechanism, stream="ready"):
        return self.cells.get((model, mechanism, stream), {})

    def names(self):
        return sorted(dict.fromkeys(cell[:2] for cell in self.cells), key=lambda name: model_order(name[0]))

    def with_work(self, *cell):
        return [phase for phase in PHASES if self.get(*cell).get(f"phase_{phase}_per_op")]


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
    if later is None or ready == later:
        return shown(ready)
    return f"{shown(ready)} → {shown(later)}"


# ---- Published and ours ----


def compare(counts, published):
    """[(row, column, published, note, ours, whether they agree)] of P4255R0's table 2."""
    found = []
    for source, table, row, column, value, _, note in published:
        cell = counts.get(*PUBLISHED[column]) if column in PUBLISHED else {}
        metrics = PUBLISHED_METRICS.get(row)
        if not (source.startswith("P4255") and table.startswith("table 2") and cell and metrics):
            continue
        ours = [cell.get(metric) for metric in metrics]
        agrees = all(value_ == float(value) for value_ in ours)
        text = ", ".join(shown(value_) for value_ in ours)
        if row == "phases with work":
            names = counts.with_work(*PUBLISHED[column])
            agrees = agrees and (not note or note == ", ".join(names))
            text += f": {', '.join(names)}"
        for word, metric in KINDS.items():
            if note.startswith(word):
                agrees = agrees and cell.get(metric) == float(value)
                text += f", {shown(cell.get(metric))} {note if word == 'nested' else 'by ' + word}"
        found.append((row, column, value, note, text, agrees))
    return found


def headline(counts, compared):
    """(short, in full)"""
    phases = [entry for entry in compared if entry[0] == "phases with work"]
    if not phases:
        return "", ""
    figures = ", ".join(value for _, _, value, *_ in phases)
    differing = [f"{row}, {column}" for row, column, *_, agrees in compared if not agrees]
    if all(agrees for *_, agrees in phases):
        short = f"P4255R0's counts of phases with work, {figures}, are what the probe counts in our code"
    else:
        others = "; ".join(
            f"{column}: {value} published, here {ours}" for _, column, value, _, ours, agrees in phases if not agrees
        )
        short = f"P4255R0's counts of phases with work do not all come out of our code: {others}"
    same = f"{len(compared) - len(differing)} of its table 2's {len(compared)} figures are the same here"
    rest = f"; different: {'; '.join(differing)}" if differing else ""
    lines = [f"{short}; {same}{rest}.", settings_line(counts), twins_line(counts)]
    return f"{short}.", "\n".join(line for line in lines if line)


def settings_line(counts):
    settings = len(counts.settings)
    if settings < 2:
        return ""
    if not counts.unequal:
        return (
            f"Every count is the same in all {settings} settings of compiler, level, sibling calls and exceptions: "
            f"they are of places in the source, which no optimiser takes away."
        )
    places = sorted({f"{' '.join(cell)}, {metric}, {toolchain}" for cell, metric, toolchain in counts.unequal})
    return f"Counts that depend on the setting, of {settings}: {'; '.join(places)}."


def twins_line(counts):
    equal = total = 0
    differing = []
    for (model, mechanism, stream), cell in counts.cells.items():
        twin = counts.get(model.removeprefix("cxx-"), mechanism, stream)
        if not model.startswith("cxx-") or not twin:
            continue
        for metric, value in cell.items():
            in_c = twin.get(metric)
            total += 1
            equal += in_c == value
            if in_c != value:
                differing.append(f"{model} {mechanism} {stream}, {metric}: {shown(in_c)} in C, {shown(value)}")
    if not total:
        return ""
    line = f"{equal} of {total} counts by C++ compilers' own coroutines and templates are those of the C forms"
    return line + (f"; different: {'; '.join(differing)}." if differing else ".")


# ---- What the tables say, sentence by sentence ----


def findings(counts):
    yield ready_against_later(counts)
    yield same_phases_other_resumption(counts)
    yield own_awaiter(counts)
    yield erased(counts)
    yield chains(counts)
    yield affinity(counts)
    yield as_sender(counts)
    yield for_the_awaitable(counts)


def both(counts, model, mechanism, metric):
    ready, later = (counts.get(model, mechanism, stream).get(metric) for stream in STREAMS.values())
    return None if ready is None or later is None else (ready, later)


def ready_against_later(counts):
    awaitable = both(counts, "awaitable", "read-some", WITH_WORK)
    sender = both(counts, "sender", "p2300", WITH_WORK)
    if not awaitable or not sender:
        return ""
    less = "fewer" if awaitable[0] < awaitable[1] else "as many" if awaitable[0] == awaitable[1] else "more"
    word = "the same" if sender[0] == sender[1] else "not the same"
    return (
        f"A read that completes at once has {shown(awaitable[0])} phases as an awaitable, {less} than the "
        f"{shown(awaitable[1])} of one that completes later. As a sender awaited as P2300R10 writes it the number is "
        f"{word}, {shown(sender[0])} and {shown(sender[1])}: it is not asked whether it is ready, it is started."
    )


def same_phases_other_resumption(counts):
    p2300 = counts.get("sender", "p2300")
    bridges = ("handshake-exchange", "handshake-thread-id", "inline-known")
    shipped = {name: counts.get("sender", name) for name in bridges if counts.get("sender", name)}
    if not p2300 or not shipped:
        return ""
    called = "nested_resumptions_per_op"
    transferred = sum(cell["transfer_resumptions_per_op"] > 0 == cell[called] for cell in shipped.values())
    phases = sorted({shown(cell[WITH_WORK]) for cell in shipped.values()})
    return (
        f"The bridges that libraries have put in the place of P2300R10's ({', '.join(shipped)}) have "
        f"{' or '.join(phases)} phases with work, P2300R10's {shown(p2300[WITH_WORK])}. What they change is the "
        f"resumption: a symmetric transfer with {transferred} of {len(shipped)}, where P2300R10's makes "
        f"{shown(p2300[called])} nested call."
    )


def own_awaiter(counts):
    member, awaitable = (both(counts, *name, WITH_WORK) for name in (("sender", "member"), ("awaitable", "read-some")))
    if not member or not awaitable:
        return ""
    word = "the same as" if member == awaitable else "not the same as"
    return (
        f"A sender with an as_awaitable of its own has {shown(member[0])} phases at once and {shown(member[1])} later, "
        f"{word} the awaitable: there is no operation state and no receiver then."
    )


def erased(counts):
    stream = both(counts, "awaitable", "any-stream", "table_calls_per_op")
    names = ("any-sender", "any-sender-fits", "table-sender")
    senders = {name: counts.get("sender", name) for name in names if counts.get("sender", name)}
    if not stream or not senders:
        return ""
    calls, allocations = "table_calls_per_op", "allocs_per_op"
    parts = [f"{name} {shown(cell[calls])} and {shown(cell[allocations])}" for name, cell in senders.items()]
    return (
        f"Type-erased, a read by an awaitable takes {shown(stream[0])} table calls at once, {shown(stream[1])} later, "
        f"and {shown(counts.get('awaitable', 'any-stream')[allocations])} allocations; by a sender, table calls and "
        f"allocations: {', '.join(parts)}."
    )


def chains(counts):
    names = [("awaitable", "task-in-task"), ("sender", "task-affine"), ("sender", "task-transfer")]
    cells = {name: counts.get(*name) for name in names if counts.get(*name)}
    if len(cells) < 2:
        return ""
    parts = []
    for name, cell in cells.items():
        called, resumed = (shown(cell[f"{kind}resumptions_per_op"]) for kind in ("nested_", ""))
        parts.append(
            f"{' '.join(name)}: operation states {shown(cell['op_states_per_op'])}, {called} of {resumed} resumptions "
            f"by a call, allocations {shown(cell['allocs_per_op'])}"
        )
    return f"A read by a child task: {'; '.join(parts)}."


def affinity(counts):
    plain, affine = counts.get("sender", "p2300"), counts.get("sender", "affine-read")
    if not plain or not affine:
        return ""
    metrics = ("op_states_per_op", "posts_per_op", "executor_calls_per_op")
    states, posts, calls = (shown(affine[metric] - plain[metric]) for metric in metrics)
    return (
        f"affine_on around a read, which is on the right context already, adds operation states: {states}, posts: "
        f"{posts}, executor calls: {calls}."
    )


def as_sender(counts):
    frame, place = (counts.get("sender", name) for name in ("connect-awaitable", "connect-awaitable-in-place"))
    if not frame or not place:
        return ""
    metrics = ("allocs_per_op", "suspensions_per_op", "resumptions_per_op")
    by_frame, by_place = (", ".join(shown(cell[metric]) for metric in metrics) for cell in (frame, place))
    return (
        f"An awaitable as a sender, where it is ready: allocations, suspensions and resumptions by P2300R10's bridge "
        f"coroutine {by_frame}, in the operation state {by_place}."
    )


def for_the_awaitable(counts):
    """What the awaitable has to do and the sender has not."""
    awaitable, sender = (counts.get(*name, "later") for name in (("awaitable", "read-some"), ("sender", "p2300")))
    if not awaitable or not sender:
        return ""
    asks, resumes = (shown(cell["executor_calls_per_op"]) for cell in (awaitable, sender))
    return (
        f"An awaitable that completes later asks its executor, through a table, where to go on (executor calls a read: "
        f"{asks}); a sender resumes where it is completed ({resumes})."
    )
