"""opstate: what share of a core operation states take at the rate of the discussion, and what comes of its claim."""

from .finding import figure
from .opstate_forms import described
from .rows import cited

RATE = 100_000  # operations a second, the discussion's
LITTLE = 1  # per cent of a core
WRITTEN = {"as-written", "pipeline-as-written", "let-value-as-written"}
STATIC = {"pipeline", "let-value", "inline-known", "array", "task-scheduler"} | WRITTEN  # senders that allocate nothing


def shares(groups):
    """{(model, mechanism, what it does): (its time above the floor, its allocations)} of those that are timed."""
    return {
        (*name, described(group.variant)): (row, figures.get("allocs_per_op"))
        for group in groups
        for name, figures in group.cells.items()
        if (row := figures.get("ns_above_floor")) and row.value is not None
    }


def is_static(name):
    return name[0].endswith("sender") and name[1] in STATIC


def per_cent(ns):
    """Of a core, at RATE."""
    return RATE * ns * 1e-9 * 100


def share_of(row, interval=True):
    """In words, with its interval; what may be nothing has no figure of its own."""
    middle, low, high = (f"{per_cent(ns):.2g} %" for ns in (row.value, row.low, row.high))
    if row.low <= 0 <= row.high:
        return cited(f"nothing that can be told apart from the floor (99 %: {low} to {high})", row)
    return cited(f"{middle} (99 %: {low} to {high})" if interval else f"{middle} of a core", row)


def named(name):
    model, mechanism, what = name
    return f"{model} {mechanism}, {what}"


def dearest(found, wanted):
    """(name, time) of the one that takes most."""
    mine = {name: row for name, (row, _) in found.items() if wanted(name)}
    return max(mine.items(), key=lambda item: item[1].value, default=None)


def beside(found, static):
    """The dearest awaitable form of the same operation."""
    return dearest(found, lambda name: name[2] == static[2] and name[0].endswith("awaitable"))


def of_a_core(groups):
    found = shares(groups)
    most = dearest(found, is_static)
    if not most:
        return ""
    other = beside(found, most[0])
    awaitables = f", awaitables for the same {share_of(other[1], interval=False)}" if other else ""
    return (
        f"Senders' overhead is said to be building each operation anew: at {RATE:,} a second those that allocate "
        f"nothing take at most {share_of(most[1], interval=False)} beyond code by hand{awaitables} (lower is better)."
    )


def at_rate(groups):
    """What takes LITTLE of a core or more at the discussion's rate, by its whole interval, a line each. What the
    discussion says of it is judged by a rule of paper/claims.tsv."""
    found = shares(groups)
    static = {name: row for name, (row, _) in found.items() if is_static(name)}
    what = described("algorithm=read-some")
    reads = [f"{name[0]} {name[1]} {share_of(row)}" for name, row in static.items() if name[2] == what]
    if not reads:
        return
    yield (
        f"Building, starting and completing the operation state of read_some {RATE:,} times a second takes of a core, "
        f"above the floor: {', '.join(reads)}."
    )
    most = dearest(found, is_static)
    other = beside(found, most[0])
    awaitable = f"; the dearest awaitable for the same, {other[0][1]}, takes {share_of(other[1])}" if other else ""
    yield f"Of senders that allocate nothing the dearest ({named(most[0])}) takes {share_of(most[1])}{awaitable}."
    above = [named(name) for name, row in static.items() if per_cent(row.low) >= LITTLE]
    open_ = [named(name) for name, row in static.items() if per_cent(row.low) < LITTLE <= per_cent(row.high)]
    told = f"all senders that allocate nothing are below {LITTLE} % of a core"
    if above:
        told = f"{LITTLE} % or more is taken by {'; '.join(above)}"
    elif open_:
        told = f"{LITTLE} % lies within the interval of {'; '.join(open_)}"
    yield f"In the discussion of P4003R1 the construction on every operation is the overhead; here {told}."
    yield from with_frames(found)


def with_frames(found):
    """The dearest of what allocates, for each of the frames or blocks that it allocates."""
    most = dearest(found, lambda name: not is_static(name) and found[name][1] and found[name][1].value)
    if most:
        name, row = most
        calls = found[name][1]
        each = cited(f"{per_cent(row.value) / calls.value:.2g} % for each", row)
        yield (
            f"Of what allocates, {named(name)} takes most, {share_of(row)}, with "
            f"{figure(calls)} allocation{'s' if calls.value > 1 else ''} an operation: {each}."
        )
