"""The captions of the figures: what is drawn, which direction is better, and the least and the greatest of the rows."""

from . import grid, growth, links
from .finding import span
from .matrix import GROWS
from .rows import cited


def range_of(rows, metric, unit, where=lambda row: True, of=lambda value: value):
    """From the least to the greatest of what was measured by the main build, and whose they are."""
    main = rows[0].toolchain
    found = [
        row for row in rows
        if row.metric == metric and row.value is not None and row.toolchain == main and "control" not in row.keys
        and where(row)
    ]
    if not found:
        return ""
    found.sort(key=lambda row: of(row.value))
    ends = span([(of(row.value), row) for row in found])
    if of(found[0].value) == of(found[-1].value):
        return f" {ends} {unit} in all {len(found)} rows."
    least, most = found[0], found[-1]
    return f" {ends} {unit} ({who(least, most)}; {who(most, least)}), in {len(found)} rows."


def who(row, other):
    """Its name, with what its variant does not share with the other's."""
    apart = ", ".join(f"{key}={value}" for key, value in row.keys.items() if other.keys.get(key) != value)
    return f"{row.model} {row.mechanism}{f' at {apart}' if apart else ''}"


def ours(row):
    return row.model != "raw"


def inverse(value):
    return 1 / value


def heat_map(rows):
    classes = {}
    for row in rows:
        if row.metric == GROWS and "boundary=no" not in row.variant and not row.missing:
            classes.setdefault(row.text, []).append(row)
    counts = ", ".join(f"{cited(str(len(found)), found[0])} {name}" for name, found in sorted(classes.items()))
    return (
        "Mechanisms against settings of the compilers: bytes of stack that one synchronous completion leaves behind "
        "(lower is better; b is bounded, ? was not measured). Of all cells, C and C++, controls aside, there are "
        f"{counts}."
    )


def ranged(words, metric, unit, where=ours, of=lambda value: value):
    return lambda rows: words + range_of(rows, metric, unit, where, of)


CAPTIONS = {
    "stack": heat_map,
    "finals": heat_map,
    "stack-matrix": heat_map,
    "finals-matrix": heat_map,
    "growth": growth.caption,
    "opstate": ranged(
        "What one operation takes as it is composed of more functions: bytes to the left, instructions to the right "
        "(lower is better).",
        "instructions_per_op",
        "instructions",
        lambda row: ours(row) and "depth" in row.keys,
    ),
    "frames": ranged(
        "How many times as fast as malloc an allocator of coroutine frames is (higher is better; bars are 99 % "
        "intervals), by the size of a frame and the length of a chain; to the right on the workload that P4003R4 3.5 "
        "publishes figures of (dotted), by whether the process ever had a second thread. The recycler's:",
        "ratio_to_malloc",
        "times",
        lambda row: row.mechanism == "recycling" and ("depth" in row.keys or "workload" in row.keys),
        inverse,
    ),
    "grid": ranged(
        "What a read costs above the same read by hand (lower is better; bars are 99 % intervals), by stream and by "
        "what its read_some returns.",
        "ns_above_floor",
        "ns",
        grid.drawn,
    ),
    "mitigations": ranged(
        "A connection beside one whose operations all complete at once: how long it waits for its turn, by the other's "
        "inline budget (lower is better).",
        "ns_per_op",
        "ns",
        lambda row: ours(row) and "starvation" in row.keys,
    ),
    "syncratio": ranged(
        "What a turn of the loop costs above the floor, by the share of operations that complete at once (lower is "
        "better).",
        "ns_above_floor",
        "ns",
    ),
    "fanout": ranged(
        "What each child of a join takes, by the number of children (lower is better). Whole joins:",
        "ns_per_op",
        "ns",
        lambda row: ours(row) and row.keys.get("shape") == "join",
    ),
    "conns": ranged(
        "Memory of one connection at three moments (lower is better).",
        "rss_bytes_per_connection",
        "bytes",
        lambda row: row.keys.get("moment") == "churn" and row.keys.get("connections") == "50000",
    ),
    "stop": ranged(
        "From a stop request to the last completion, in times of bare cancels (lower is better).",
        "ratio_to_floor",
        "times",
        lambda row: ours(row) and row.keys.get("work") == "stop",
    ),
    "echo": ranged(
        "The loop over sockets and in memory, on the floor's reactor: turns in the time of one of the floor's (higher "
        "is better).",
        "ratio_to_floor",
        "times",
        lambda row: ours(row) and not row.mechanism.endswith("-apart"),
        inverse,
    ),
    "echo-latency": ranged(
        "How long a message takes from when it is due, by percentile (lower is better): under a closed load, and under "
        "an open one that does not wait for replies. Medians of the models:",
        "latency_p50_ns",
        "ns",
    ),
}


def caption(figure, rows):
    """HTML, or nothing for a figure that has no words here."""
    words = CAPTIONS.get(figure)
    return links.html(words(rows)) if words and rows else ""
