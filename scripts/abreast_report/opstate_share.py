"""opstate: what share of a core operation states take at the rate of the discussion, and what comes of its claim."""

from .opstate_forms import described, value
from .rows import shown

RATE = 100_000  # operations a second, the discussion's
LITTLE = 1  # per cent of a core
WRITTEN = {"as-written", "pipeline-as-written", "let-value-as-written"}
STATIC = {"pipeline", "let-value", "inline-known", "array", "task-scheduler"} | WRITTEN  # senders that allocate nothing


def shares(groups):
    """{(model, mechanism, what it does): (per cent of a core at RATE, low, high, frames)} of those that are timed."""
    found = {}
    for group in groups:
        for (model, mechanism), figures in group.cells.items():
            row = figures.get("ns_above_floor")
            if row and row.value is not None:
                of_core = [RATE * ns * 1e-9 * 100 for ns in (row.value, row.low, row.high)]
                found[model, mechanism, described(group.variant)] = *of_core, value(figures, "allocs_per_op")
    return found


def is_static(name):
    return name[0].endswith("sender") and name[1] in STATIC


def share_of(share):
    """In words, with its interval; what may be nothing has no figure of its own."""
    middle, low, high = (f"{number:.2g} %" for number in share[:3])
    if share[1] <= 0 <= share[2]:
        return f"nothing that can be told apart from the floor (99 %: {low} to {high})"
    return f"{middle} (99 %: {low} to {high})"


def named(name):
    model, mechanism, what = name
    return f"{model} {mechanism}, {what}"


def dearest(found, wanted):
    """(name, share) of the one that takes most."""
    mine = {name: share for name, share in found.items() if wanted(name)}
    return max(mine.items(), key=lambda item: item[1][0], default=None)


def of_a_core(groups):
    most = dearest(shares(groups), is_static)
    if not most:
        return ""
    return (
        f"At {RATE:,} operations a second the dearest static operation state ({named(most[0])}) takes "
        f"{share_of(most[1])} of a core."
    )


def at_rate(groups):
    """What takes LITTLE of a core or more at the discussion's rate, by its whole interval. What the discussion says of
    it is judged by a rule of paper/claims.tsv."""
    found = shares(groups)
    what = described("algorithm=read-some")
    reads = [name for name in found if is_static(name) and name[2] == what]
    most = dearest(found, is_static)
    if not reads or not most:
        return ""
    static = {name: share for name, share in found.items() if is_static(name)}
    above = [named(name) for name, share in static.items() if share[1] >= LITTLE]
    open_ = [named(name) for name, share in static.items() if share[1] < LITTLE <= share[2]]
    if above:
        told = f"{LITTLE} % or more is taken by {'; '.join(above)}"
    elif open_:
        told = f"{LITTLE} % lies within the interval of {'; '.join(open_)}"
    else:
        told = f"all are below {LITTLE} %"
    takes = "; ".join(f"{name[0]} {name[1]} takes {share_of(found[name])}" for name in reads)
    text = (
        f"At {RATE:,} reads a second, of a core above the floor, for building, starting and completing the operation "
        f"state of read_some: {takes}. The dearest of all static operation states ({named(most[0])}) takes "
        f"{share_of(most[1])}. In the discussion of P4003R1 the construction on every operation is the overhead; "
        f"here {told}."
    )
    return text + beside(found, most[0]) + with_frames(found)


def beside(found, static):
    """The dearest awaitable form of the same operation."""
    other = dearest(found, lambda name: name[2] == static[2] and name[0].endswith("awaitable"))
    if not other:
        return ""
    (model, mechanism, _), share = other
    return f" The dearest awaitable form of that operation, {model} {mechanism}, takes {share_of(share)}."


def with_frames(found):
    """The dearest of what allocates, for each of the frames or blocks that it allocates."""
    most = dearest(found, lambda name: not is_static(name) and found[name][3])
    if not most:
        return ""
    name, share = most
    return (
        f" Of what allocates, {named(name)} takes most, {share_of(share)}, with {shown(share[3])} "
        f"allocation{'s' if share[3] > 1 else ''} an operation: {share[0] / share[3]:.2g} % for each."
    )
