"""What frames and echo share: cells that do the same work, each compared with a baseline in interleaved pairs.

A ratio in the TSV is time over the baseline's time. A reader wants to know how many times as fast: the inverse, with
the interval's ends exchanged.
"""

from .finding import ends
from .rows import Setting, cited, model_order, shown, without


class Group:
    """The cells with the same variant and toolchain: {(model, mechanism): {metric: Row}}."""

    def __init__(self, variant, toolchain):
        self.variant = variant
        self.toolchain = toolchain
        self.cells = {}
        self.controls = {}  # the baseline measured against itself

    def ordered(self):
        return sorted(self.cells.items(), key=lambda item: model_order(item[0][0]))

    @property
    def compiler(self):
        return Setting.parse(self.toolchain).compiler

    @property
    def timed(self):
        """Only the main build is timed; builds by other compilers give counts."""
        return any("ns_per_op" in figures for figures in self.cells.values())


def groups_of(rows):
    found = {}
    for row in rows:
        variant = without(row.variant, "control")
        group = found.setdefault((variant, row.toolchain), Group(variant, row.toolchain))
        cells = group.controls if "control" in row.keys else group.cells
        cells.setdefault((row.model, row.mechanism), {})[row.metric] = row
    return list(found.values())


def control_finding(groups, metric):
    """How far a cell lies from itself: the measure of what a ratio here can tell."""
    rows = [row for group in groups for figures in group.controls.values() if (row := figures.get(metric))]
    rows = [row for row in rows if row.value]
    if not rows:
        return []
    took, apart = ends(rows, "{:.2f}".format), [row for row in rows if row.low > 1 or row.high < 1]
    return [
        f"Control: the baseline measured against itself, as if it were another cell, took {took} times its time; in "
        f"{part(apart, rows)} variants the interval leaves out 1. Differences of that size mean nothing."
    ]


def speed(row):
    """(value, low, high) of how many times as fast as the baseline, or None."""
    if row is None or row.value is None or not row.value > 0 or not row.low > 0:
        return None
    return 1 / row.value, 1 / row.high, 1 / row.low


def shown_speed(row):
    if row is None:
        return "-"
    times = speed(row)
    if times is None:
        return row.text
    return cited(f"{times[0]:.2f} ({times[1]:.2f} to {times[2]:.2f})", row)


def part(rows, all_rows):
    """"2 of 9", linked to the first that is counted."""
    return cited(f"{len(rows)} of {len(all_rows)}", *(rows or all_rows)[:1])


def shown_range(values):
    low, high = min(values), max(values)
    return f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"


def difference(figures, base, metric):
    """This cell's figure less the baseline's, or None where either is missing."""
    ours, theirs = figures.get(metric), base.get(metric)
    if not ours or not theirs or ours.value is None or theirs.value is None:
        return None
    return ours.value - theirs.value


def more(value, what):
    count = shown(abs(value))
    return f"{count} {'more' if value > 0 else 'fewer'} {what[0] if count == '1' else what[1]} an operation"
