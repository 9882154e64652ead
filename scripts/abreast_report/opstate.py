"""opstate: what one operation builds, and what it costs to build it: sizes, instructions, bytes written, time."""

from .finding import figure, span
from .opstate_forms import by_form, carried, compiler_of, described, figure_data, functions, in_columns, name_of, value
from .opstate_share import at_rate, of_a_core
from .opstate_sources import added, of_source
from .opstate_sources import table as by_source
from .ratios import control_finding, groups_of
from .rows import Setting, cited, pairs, shown, shown_row
from .tables import Heading, Section, Table

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
    lines = [*above_floor(forms), *at_rate(groups)]
    section.short = of_a_core(groups) or next(iter(lines), "")
    section.headline = "\n".join(lines)
    section.findings = [*written(forms, groups), *growth(forms), *on_top, *erased(groups), *environments(groups)]
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
                    cited(f"{shown(built[0])} ({built[1]})", built[2]) if built else "-",
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
    numbers = (shown(float(f"{number / 1000:.3g}")) for number in (row.value, row.low, row.high))
    return cited("{} ({} to {})".format(*numbers), row)


def depth_tables(rows, forms):
    for metric in dict.fromkeys(row.metric for row in rows if row.keys.get("depth", "").isdigit()):
        depths = in_columns(depth for form in forms.values() for depth in form if metric in form[depth])
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


COMPARED = {
    "sender": {
        "pipeline": f"a pipeline of {DEPTH} then",
        "let-value": f"{DEPTH} let_value that share storage",
        "let-value-as-written": f"{DEPTH} let_value as written",
    },
    "awaitable": {
        "ready": "one that is ready",
        "ready-known": "the same where the compiler knows that it is ready",
        "task-in-task": "a coroutine for each function",
    },
}


def above_floor(forms):
    """How many instructions each form takes beyond the same calls without a protocol, over all kinds and compilers."""
    extra = {}
    for (model, mechanism, rest, toolchain), depths in forms.items():
        floor = value(forms.get(("raw", "floor", rest, toolchain), {}).get(DEPTH, {}), "instructions_per_op")
        row = depths.get(DEPTH, {}).get("instructions_per_op")
        if floor is not None and row and row.value is not None:
            extra.setdefault((model, mechanism), []).append((row.value - floor, row))
    for model, names in COMPARED.items():
        parts = [f"{words} {span(extra[model, name])}" for name, words in names.items() if (model, name) in extra]
        if parts:
            yield (
                f"Instructions beyond the same {DEPTH} calls by hand (lower is better), {model}s: {', '.join(parts)}."
            )


def written(forms, groups):
    """What is stored where an optimiser sees all that knows of an operation, and where it cannot."""
    for (model, mechanism, rest, toolchain), depths in forms.items():
        figures = depths.get(DEPTH, {})
        state, stored = (figures.get(metric) for metric in ("op_state_bytes", "bytes_written_per_op"))
        if (model, mechanism) == ("sender", "pipeline") and state and stored and stored.value is not None:
            yield (
                f"A pipeline of {DEPTH} then with {functions(rest)}, {compiler_of(toolchain)}: an operation writes "
                f"{figure(stored, 'bytes')}; its operation state has {figure(state)}, and nothing but the loop sees it."
            )
    for group in groups:
        if pairs(group.variant).get("algorithm") != "read-some":
            continue
        amounts = [
            f"{more} as {words}"
            for name, words in ((("sender", "pipeline"), "a sender"), (("awaitable", "ready"), "an awaitable"))
            if (more := beyond(group, name, ("raw", "floor"), "bytes_written_per_op"))
        ]
        if amounts:
            yield f"Bytes that read_some writes beyond the same by hand, {group.compiler}: {', '.join(amounts)}."


def beyond(group, name, base, metric):
    """How much more than another cell."""
    ours, theirs = (group.cells.get(cell, {}).get(metric) for cell in (name, base))
    if not ours or not theirs or None in (ours.value, theirs.value):
        return None
    return cited(shown(ours.value - theirs.value), ours, theirs)


GROWING = {
    ("sender", "pipeline"): "then",
    ("sender", "pipeline-as-written"): "then as P2300R10 writes it",
    ("sender", "let-value"): "let_value that shares storage",
    ("sender", "let-value-as-written"): "let_value as written",
    ("cxx-sender", "let-value"): "let_value in C++",
}


def growth(forms):
    """How many bytes a stage adds to an operation state, a line for each kind of function."""
    found = {}
    for (model, mechanism, rest, toolchain), depths in forms.items():
        rows = {depth: depths[depth]["op_state_bytes"] for depth in depths if value(depths[depth], "op_state_bytes")}
        sizes = {depth: row.value for depth, row in rows.items() if depth}
        words = GROWING.get((model, mechanism))
        if not words or len(sizes) < 2:
            continue
        first, last = min(sizes), max(sizes)
        step = (sizes[last] - sizes[first]) / (last - first)
        even = all(size == sizes[first] + step * (depth - first) for depth, size in sizes.items())
        text = f"{shown(step)}{'' if even else ' on average'}"
        steps = found.setdefault(rest, {}).setdefault(words, {})
        steps.setdefault(text, (rows[last], []))[1].append(compiler_of(toolchain))
    for rest, kinds in found.items():
        parts = [
            f"by {cited(f'{words} {text}', row)}" + (f" ({' and '.join(compilers)})" if len(steps) > 1 else "")
            for words, steps in kinds.items()
            for text, (row, compilers) in steps.items()
        ]
        yield f"Bytes that a stage adds to an operation state, {functions(rest)}: {', '.join(parts)}."


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
            more = beyond(group, name, plain, "instructions_per_op")
            calls = group.cells.get(name, {}).get("allocs_per_op")
            if more:
                allocating = calls and calls.value
                also = f" and {figure(calls)} allocation{'s' if calls.value > 1 else ''}" if allocating else ""
                parts.append(f"{name[1]} {more}{also}")
        if parts:
            yield (
                f"Instructions that read_some takes more with its type erased than with its type known, "
                f"{group.compiler}: {', '.join(parts)}."
            )


def environments(groups):
    """The bytes that C has and C++ need not, because get_env answers an address."""
    found = {}
    for group in groups:
        for (model, mechanism), figures in group.cells.items():
            twin = group.cells.get((f"cxx-{model}", mechanism), {})
            kept, state, theirs = (
                cells.get(metric)
                for cells, metric in (
                    (figures, "op_state_environment_bytes"), (figures, "op_state_bytes"), (twin, "op_state_bytes")
                )
            )
            if kept and state and kept.value and state.value:
                key = model, mechanism, described(group.variant), kept.value, state.value, theirs and theirs.value
                found.setdefault(key, (kept, state, theirs, []))[-1].append(group.compiler)
    for (model, mechanism, what, *_), (kept, state, theirs, names) in found.items():
        beside = f"; the C++ operation state, which has none, takes {figure(theirs)}" if theirs else ""
        yield (
            f"{model} {mechanism}, {what}, {' and '.join(names)}: {figure(kept)} of {figure(state)} bytes are the "
            f"environment that get_env answers the address of{beside}."
        )
