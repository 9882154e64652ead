"""opstate's sizes by source: how operation states grow with each then on top of every sender that begins a pipeline."""

from .finding import ends
from .opstate_forms import compiler_of, in_columns
from .rows import cited, shown, shown_row
from .tables import Table

JUST = "just"


def of_source(row):
    return "source" in row.keys


def sizes_of(rows, metric):
    """{toolchain: {(source, state): {depth: Row}}}; without functions there is one state, which stands in each."""
    found = {}
    for row in rows:
        keys = row.keys
        plain = of_source(row) or (row.model, row.mechanism) == ("sender", "pipeline")
        if row.metric != metric or row.value is None or not plain or not keys.get("depth", "").isdigit():
            continue
        sources = found.setdefault(row.toolchain, {})
        sources.setdefault((keys.get("source", JUST), keys.get("state", "0")), {})[int(keys["depth"])] = row
    for sources in found.values():
        for (source, _), sizes in sources.items():
            if 0 in sources.get((source, "0"), {}):
                sizes[0] = sources[source, "0"][0]
    return {toolchain: sources for toolchain, sources in found.items() if any(source != JUST for source, _ in sources)}


def table(rows):
    found, aligned = sizes_of(rows, "op_state_bytes"), sizes_of(rows, "op_state_align_bytes")
    depths = in_columns(depth for sources in found.values() for sizes in sources.values() for depth in sizes)
    body = [
        [
            source,
            state,
            compiler_of(toolchain),
            ends(same) if (same := aligned.get(toolchain, {}).get(name, {}).values()) else "",
            *(shown_row(sizes.get(depth)) for depth in depths),
        ]
        for toolchain, sources in found.items()
        for name, sizes in sorted(sources.items(), key=lambda item: item[0][0] != JUST)
        for source, state in [name]
    ]
    return Table(
        "opstate-sources",
        "op_state_bytes (B) of a source and depth then on top of it",
        ["source", "a function's state", "compiler", "aligned to", *(f"depth {depth}" for depth in depths)],
        body,
        "A child of when_all is just | then with 8 bytes. any_sender has its buffer of 64 bytes; a block beside it, "
        "where what it has erased does not fit, is not counted.",
    )


def added(rows):
    """How many bytes a then adds, on each source."""
    for toolchain, sources in sizes_of(rows, "op_state_bytes").items():
        states = {}
        for (source, state), sizes in sources.items():
            states.setdefault(state, {})[source] = steps_of(sizes)
        deepest = max(depth for sizes in sources.values() for depth in sizes)
        parts = [part for state in sorted(states, key=float) for part in of_state(state, states[state])]
        yield f"A then on top of a source, up to {deepest} of them, {compiler_of(toolchain)}: {'; '.join(parts)}."


def steps_of(sizes):
    """[(bytes that a stage adds, Row)]"""
    depths = sorted(sizes)
    return [
        ((sizes[after].value - sizes[before].value) / (after - before), sizes[after])
        for before, after in zip(depths, depths[1:])
    ]


def of_state(state, steps):
    """Of the functions of a state, {source: [(bytes, Row)]} of its stages."""
    what = "stateless function" if state == "0" else f"function of {state} bytes"
    steps = {source: found for source, found in steps.items() if found}
    every = [pair for found in steps.values() for pair in found]
    if len({frozenset(step for step, _ in found) for found in steps.values()}) == 1:
        yield f"with a {what} it adds {bytes_a_stage(every)}, the same on every source"
    elif steps:
        each = ", ".join(f"{bytes_a_stage(found)} on {source}" for source, found in steps.items())
        yield f"with a {what} it adds not the same on every source: {each}"


def bytes_a_stage(found):
    (low, _), (high, row) = min(found, key=lambda step: step[0]), max(found, key=lambda step: step[0])
    text = f"{shown(low)} bytes for each" if low == high else f"{shown(low)} to {shown(high)} bytes by depth"
    return f"{cited(text, row)}"
