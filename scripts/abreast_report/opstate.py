"""opstate: what one operation builds, and what it costs to build it: sizes, instructions, bytes written, time."""

from .opstate_forms import by_form, carried, compiler_of, described, figure_data, name_of, value
from .opstate_share import at_rate, of_a_core
from .opstate_sources import added, of_source
from .opstate_sources import table as by_source
from .ratios import control_finding, groups_of
from .rows import Setting, pairs, shown, shown_row
from .tables import Heading, Section, Table

WORD_BYTES = 8
DEPTH = 4  # of the sentences, and of the table of operations
DETAILS = {
    "allocs_fresh_per_op",
    "awaitable_align_bytes",
    "awaitable_bytes",
    "ns_above_floor",
    "op_state_align_bytes",
    "ops_per_s_at_10_percent",
    "ops_per_s_at_1_percent",
    "ratio_to_floor",
}  # derived from, or implied by, the others, or the same at every depth
NOTES = {
    "op_state_bytes": "The operation state that connect builds: receivers nest by value here, in C and in C++; with "
    "P2300R10's exposition-only basic-receiver it has a pointer more for each then.",
    "awaitable_bytes": "The awaitable, which lies in the coroutine's frame.",
    "frame_bytes": "The one frame that outlives all operations; task-in-task: each of the frames of an operation.",
    "bytes_written_per_op": "All stores of the code that an operation runs, by their width: to the stack, the frame, "
    "the operation state and anything else; not what a system call writes.",
}


def build(rows):
    section = Section("opstate")
    every = by_form(row for row in rows if not of_source(row))
    # What is said, and drawn, is of the setting of the main build: one table more has all.
    main = rows[0].setting.options
    rows = [row for row in rows if row.setting.options == main]
    on_sources, on_top = by_source(rows), list(added(rows))
    rows = [row for row in rows if not of_source(row)]
    groups, forms = groups_of(rows), by_form(rows)
    tables = [operations(groups), *depth_tables(rows, forms), on_sources, compilers(groups), settings(every, main)]
    section.tables = [table for table in tables if table.rows]
    lead, more = of_a_core(groups), above_floor(forms)
    section.short = lead or more
    lines = (*more.splitlines()[: bool(lead)], at_rate(groups), *written(forms, groups), *letting(forms))
    section.headline = "\n".join(line for line in lines if line)
    section.findings = [*growth(forms), *on_top, *erased(groups), *environments(groups), *alignments(groups)]
    section.findings += control_finding(groups, "ratio_to_floor")
    section.data = figure_data(forms)
    return section


# --- Tables ---


OPERATIONS = {
    "frame_bytes": "frame, bytes",
    "allocs_per_op": "allocations",
    "instructions_per_op": "instructions",
    "bytes_written_per_op": "bytes written",
    "ns_per_op": "ns",
    "ns_above_floor": "ns above the floor",
}
RATES = {
    "ops_per_s_at_1_percent": "thousands a second, at 1 % of a core",
    "ops_per_s_at_10_percent": "at 10 %",
}


def operations(groups):
    """Everything about each kind of operation, the chains of functions at one depth: of the build that is timed."""
    timed = next((group.toolchain for group in groups if group.timed), groups[0].toolchain if groups else "")
    mine = [group for group in groups if group.toolchain == timed and len(group.cells) > 1]
    body = []
    for group in mine:
        depth = pairs(group.variant).get("depth")
        if depth not in (None, str(DEPTH)):
            continue
        body.append(Heading(described(group.variant), 2 + len(OPERATIONS) + len(RATES)))
        for (model, mechanism), figures in group.ordered():
            built = carried(figures)
            body.append(
                [
                    f"{model} {mechanism}",
                    f"{shown(built[0])} ({built[1]})" if built else "-",
                    *(shown_row(figures.get(metric)) for metric in OPERATIONS),
                    *(thousands(figures.get(metric)) for metric in RATES),
                ]
            )
    return Table(
        "opstate-operations",
        f"What one operation builds, and what it costs, {compiler_of(timed)}",
        ["form", "builds, bytes", *OPERATIONS.values(), *RATES.values()],
        body,
        "In brackets the 99 % interval of paired, interleaved runs. The last columns: how many operations a second "
        "take that share of a core by what they cost above the floor; any: the interval has 0 in it. Allocations are "
        "asked of a recycling allocator. A frame that outlives all operations is not counted in what one builds.",
        essential=True,
    )


def thousands(row):
    if row is None or row.value is None:
        return shown_row(row)
    return "{} ({} to {})".format(*(shown(float(f"{number / 1000:.3g}")) for number in (row.value, row.low, row.high)))


def depth_tables(rows, forms):
    for metric in dict.fromkeys(row.metric for row in rows if row.keys.get("depth", "").isdigit()):
        depths = sorted({depth for form in forms.values() for depth in form if metric in form[depth]})
        unit = next(row.unit for row in rows if row.metric == metric)
        body = [
            [name_of(form), compiler_of(form[3]), *(shown_row(found.get(depth, {}).get(metric)) for depth in depths)]
            for form, found in forms.items()
            if any(metric in found[depth] for depth in found)
        ]
        yield Table(
            f"opstate-{metric}",
            f"{metric} ({'below 1: faster' if unit == 'ratio' else unit}) by depth",
            ["form", "compiler", *(f"depth {depth}" for depth in depths)],
            body,
            NOTES.get(metric, ""),
            detail=metric in DETAILS,
        )


EVERY_COMPILER = {
    "op_state_bytes": "operation state",
    "op_state_environment_bytes": "of these an environment",
    "op_state_block_bytes": "block beside it",
    "awaitable_bytes": "awaitable",
    "frame_bytes": "frame",
    "allocs_per_op": "allocations",
    "instructions_per_op": "instructions",
    "bytes_written_per_op": "bytes written",
}


def compilers(groups):
    body = [
        [
            described(group.variant),
            f"{model} {mechanism}",
            compiler_of(group.toolchain),
            *(shown_row(figures.get(metric)) for metric in EVERY_COMPILER),
        ]
        for group in groups
        if "depth" not in pairs(group.variant)
        for (model, mechanism), figures in group.ordered()
    ]
    return Table(
        "opstate-compilers",
        "when_all, schedule and read_some by every compiler",
        ["operation", "form", "compiler", *EVERY_COMPILER.values()],
        body,
        "Sizes in bytes, an operation's. An environment that an algorithm changes is kept in its operation state, for "
        "get_env answers an address here; a C++ receiver makes it anew at each query. An awaitable keeps it in C++ "
        "too: await_suspend is given its address.",
        detail=True,
    )


def settings(forms, main):
    """Instructions at one depth, of the functions with state, by every compiler at every setting."""
    counted = {}
    for (model, mechanism, rest, toolchain), depths in forms.items():
        row = depths.get(DEPTH, {}).get("instructions_per_op")
        if row and pairs(rest).get("state") != "0":
            counted.setdefault(toolchain, {})[model, mechanism] = row
    names = list(dict.fromkeys(name for found in counted.values() for name in found))
    body = [[toolchain, *(shown_row(found.get(name)) for name in names)] for toolchain, found in counted.items()]
    return Table(
        "opstate-settings",
        f"Instructions of a value through {DEPTH} functions of 8 bytes, by every compiler at every setting",
        ["toolchain", *(" ".join(name) for name in names)],
        body if any(Setting.parse(toolchain).options != main for toolchain in counted) else [],
        detail=True,
    )


# --- Sentences ---


def against(extra, stores):
    if extra <= 0:
        return "equal to the floor" if extra == 0 else f"{shown(-extra)} below the floor"
    if extra <= stores:
        return f"{shown(extra)} above the floor, within the {shown(stores)} stores that the operation state takes"
    over = shown(extra - stores)
    return f"{shown(extra)} above the floor, {over} more than the {shown(stores)} stores that its operation state takes"


def with_state(rest):
    return "" if rest == "-" else f" ({rest})"


def written(forms, groups):
    """What an optimiser leaves of an operation state, instructions and stores; and where it cannot see all."""
    for form, depths in forms.items():
        model, mechanism, rest, toolchain = form
        ours = depths.get(DEPTH, {})
        floor = forms.get(("raw", "floor", rest, toolchain), {}).get(DEPTH, {})
        counted, least = (value(figures, "instructions_per_op") for figures in (ours, floor))
        state = value(ours, "op_state_bytes")
        if (model, mechanism) != ("sender", "pipeline") or None in (counted, least, state):
            continue
        stored = value(ours, "bytes_written_per_op")
        yield (
            f"just | then x {DEPTH}{with_state(rest)}, {compiler_of(toolchain)}: {shown(counted)} instructions, "
            f"{against(counted - least, state / WORD_BYTES)}; of {shown(state)} bytes of operation state "
            + ("it is not known what is written." if stored is None else f"{shown(stored)} bytes a time are written.")
        )
    for group in groups:
        if pairs(group.variant).get("algorithm") != "read-some":
            continue
        amounts = [
            f"{words} {shown(more)}"
            for name, words in ((("sender", "pipeline"), "the sender"), (("awaitable", "ready"), "the awaitable"))
            if (more := beyond(group, name, "bytes_written_per_op")) is not None
        ]
        if amounts:
            yield (
                f"Where the operation is handed to a stream, {group.compiler}: bytes written beyond the floor's "
                f"{shown(value(group.cells['raw', 'floor'], 'bytes_written_per_op'))} are {', '.join(amounts)}."
            )


def beyond(group, name, metric):
    """How much more than the floor."""
    ours, floor = (value(group.cells.get(cell, {}), metric) for cell in (name, ("raw", "floor")))
    return None if ours is None or floor is None else ours - floor


COMPARED = {
    ("sender", "pipeline"): "a pipeline of {depth} `then`",
    ("sender", "let-value"): "of {depth} `let_value` that share storage",
    ("sender", "let-value-as-written"): "of {depth} `let_value` as written",
    ("awaitable", "ready"): "one awaitable that is ready",
    ("awaitable", "ready-known"): "the same where the compiler knows that it is ready",
    ("awaitable", "task-in-task"): "a coroutine for each function",
}


def above_floor(forms):
    """How many instructions each form takes beyond the same calls without a protocol, over all kinds and compilers."""
    extra = {}
    for (model, mechanism, rest, toolchain), depths in forms.items():
        floor = value(forms.get(("raw", "floor", rest, toolchain), {}).get(DEPTH, {}), "instructions_per_op")
        counted = value(depths.get(DEPTH, {}), "instructions_per_op")
        if floor is not None and counted is not None:
            extra.setdefault((model, mechanism), []).append(counted - floor)
    parts = [f"{words.format(depth=DEPTH)} {span(extra[form])}" for form, words in COMPARED.items() if form in extra]
    if not parts:
        return ""
    return f"Instructions beyond the same {DEPTH} calls without a protocol: {', '.join(parts)}."


def span(values):
    low, high = shown(min(values)), shown(max(values))
    return low if low == high else f"{low} to {high}"


GROWING = (
    ("sender", "pipeline"),
    ("sender", "pipeline-as-written"),
    ("sender", "let-value"),
    ("sender", "let-value-as-written"),
    ("cxx-sender", "let-value"),
)
LET = {
    ("sender", "let-value"): "its operation states share their storage, as in libunifex",
    ("sender", "let-value-as-written"): "they lie side by side and receivers have pointers, as P2300R10 writes it",
    ("cxx-sender", "let-value"): "a C++ compiler makes them of what the standard's text keeps",
}


def letting(forms):
    """let_value in its two forms, and the second by a C++ compiler."""
    settings = dict.fromkeys(form[2:] for form in forms if form[:2] in LET)
    for rest, toolchain in settings:
        parts = []
        for name, words in LET.items():
            figures = forms.get((*name, rest, toolchain), {}).get(DEPTH, {})
            size, counted = (value(figures, metric) for metric in ("op_state_bytes", "instructions_per_op"))
            if size:
                instructions = "" if counted is None else f" and {shown(counted)} instructions"
                parts.append(f"{shown(size)} bytes{instructions} where {words}")
        if len(parts) > 1:
            yield f"just | let_value x {DEPTH}{with_state(rest)}, {compiler_of(toolchain)}: {'; '.join(parts)}."


def growth(forms):
    """How an operation state grows with each stage."""
    for model, mechanism in GROWING:
        parts = {}
        for (form_model, form_mechanism, rest, toolchain), depths in forms.items():
            sizes = {depth: size for depth in depths if (size := value(depths[depth], "op_state_bytes"))}
            sizes = {depth: size for depth, size in sizes.items() if depth}
            if (form_model, form_mechanism) != (model, mechanism) or len(sizes) < 2:
                continue
            first, last = min(sizes), max(sizes)
            step = (sizes[last] - sizes[first]) / (last - first)
            even = all(size == sizes[first] + step * (depth - first) for depth, size in sizes.items())
            key = rest, step, even, first, last, sizes[first], sizes[last]
            parts.setdefault(key, []).append(compiler_of(toolchain))
        for (rest, step, even, first, last, low, high), names in parts.items():
            evenly = "" if even else " on average"
            yield (
                f"{model} {mechanism}{with_state(rest)}, {' and '.join(names)}: {shown(low)} bytes of operation state "
                f"at depth {first}, {shown(high)} at {last}: {shown(step)} bytes a stage{evenly}."
            )


def erased(groups):
    """What erasing read_some's type costs, on both sides."""
    for group in groups:
        if pairs(group.variant).get("algorithm") != "read-some":
            continue
        parts = []
        for name, plain in (
            (("sender", "any-sender"), ("sender", "pipeline")),
            (("sender", "any-sender-fits"), ("sender", "pipeline")),
            (("sender", "table-sender"), ("sender", "pipeline")),
            (("awaitable", "any-stream"), ("awaitable", "ready")),
        ):
            ours, theirs = (value(group.cells.get(cell, {}), "instructions_per_op") for cell in (name, plain))
            calls = value(group.cells.get(name, {}), "allocs_per_op")
            if ours is None or theirs is None:
                continue
            allocating = f" and {shown(calls)} allocation{'s' if calls > 1 else ''}" if calls else ""
            parts.append(f"{name[1]} {shown(ours - theirs)} instructions{allocating} more")
        if parts:
            yield f"read_some with its type erased, against its type known, {group.compiler}: {', '.join(parts)}."


def environments(groups):
    """The bytes that C has and C++ need not, because get_env answers an address."""
    found = {}
    for group in groups:
        for (model, mechanism), figures in group.cells.items():
            kept, state = value(figures, "op_state_environment_bytes"), value(figures, "op_state_bytes")
            if kept and state:
                twin = value(group.cells.get((f"cxx-{model}", mechanism), {}), "op_state_bytes")
                key = model, mechanism, described(group.variant), kept, state, twin
                found.setdefault(key, []).append(group.compiler)
    for (model, mechanism, what, kept, state, twin), names in found.items():
        beside = f"; the C++ operation state, which has none, takes {shown(twin)}" if twin else ""
        yield (
            f"{model} {mechanism}, {what}, {' and '.join(names)}: {shown(kept)} of {shown(state)} bytes are the "
            f"environment that get_env answers the address of{beside}."
        )


def alignments(groups):
    found = {
        value(figures, metric)
        for group in groups
        for figures in group.cells.values()
        for metric in ("op_state_align_bytes", "awaitable_align_bytes")
    } - {None}
    if found:
        yield f"Operation states and awaitables are aligned to {span(found)} bytes."
