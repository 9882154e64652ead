"""syncratio: what a turn of the loop costs as more of its operations complete at once, and where the curves cross."""

from .ratios import control_finding, groups_of
from .rows import model_order, shown, shown_row
from .syncratio_sockets import FLOOR, Shares, claim, forms_alike, said, shares_table, tries
from .tables import Section, Table

INSTRUCTIONS, TIME, ABOVE = "instructions_per_op", "ns_per_op", "ns_above_floor"
RATIO, TO_TASK = "ratio_to_floor", "ratio_to_native"
TASK = ("awaitable", "task")
PIPELINE, P2300 = ("sender", "pipeline"), ("sender", "p2300-task")
DRAWN = [TASK, PIPELINE, P2300, ("sender", "handshake-exchange"), ("sender", "handshake-thread-id")]
CXX_TASK, CXX_PIPELINE = ("cxx-awaitable", "task"), ("cxx-sender", "pipeline")
BREAK = 10  # instructions that a curve may be off its line
STEP = 10  # shares further apart than this say only between which two a crossing lies


class Turns:
    """What a turn on the sim backend costs above the floor, by form and share in percent."""

    def __init__(self, rows):
        self.rows = {}
        for row in rows:
            keys = row.keys
            if keys.get("reactor") == "sim" and "control" not in keys:
                name = (row.model, row.mechanism)
                self.rows.setdefault(name, {}).setdefault(row.metric, {})[int(keys["share"])] = row

    def names(self):
        """All forms but the floor: those that are drawn, then the others, in the models' order."""
        others = [name for name in self.rows if name != FLOOR and name not in DRAWN]
        return [name for name in DRAWN if name in self.rows] + sorted(others, key=lambda name: model_order(name[0]))

    def instructions(self, name):
        """{share: instructions above the floor's}"""
        floor = self.rows.get(FLOOR, {}).get(INSTRUCTIONS, {})
        return {
            share: row.value - floor[share].value
            for share, row in sorted(self.rows.get(name, {}).get(INSTRUCTIONS, {}).items())
            if row.value is not None and share in floor and floor[share].value is not None
        }

    def times(self, name, metric=ABOVE):
        """{share: row of a figure that comes of times}"""
        found = self.rows.get(name, {}).get(metric, {})
        return {share: row for share, row in sorted(found.items()) if row.value is not None}

    def shares(self, metric):
        return sorted({share for figures in self.rows.values() for share in figures.get(metric, {})})


def build(rows, papers):
    section = Section("syncratio")
    turns, shares = Turns(rows), Shares(rows)
    tables = [counts_table(turns), times_table(turns), crossings_table(turns), shares_table(shares)]
    section.tables = [table for table in tables if table.rows]
    verdict, short_verdict = claim(shares, papers)
    section.headline = "\n".join(line for line in [crossing_sentence(turns), verdict] if line)
    section.short = " ".join(line for line in [short_crossing(turns), short_verdict] if line)
    found = [time_sentence(turns), twins(turns), waiting(turns), breaks(turns), tries(shares), forms_alike(shares)]
    section.findings = [line for line in found if line] + control_finding(groups_of(rows), RATIO)
    section.data = figure_data(turns)
    return section


# ---- What a turn costs ----


def sign_changes(figures, others):
    """[(share before, share after, share where a straight line between them is 0)] of the difference of two curves."""
    changes, before, zero = [], None, None
    for share in [share for share in figures if share in others]:
        difference = figures[share] - others[share]
        if difference == 0:
            zero = share
            continue
        if before and (before[1] < 0) != (difference < 0):
            at = before[0] + (share - before[0]) * before[1] / (before[1] - difference)
            changes.append((before[0], share, at) if zero is None else (zero, zero, zero))
        before, zero = (share, difference), None
    return changes


def crossing(change):
    before, after, at = change
    return f"at {at:.0f} %" if after - before <= STEP else f"between {before} and {after} %"


def cheaper_at(figures, others, share):
    """-1: the first takes fewer instructions there; 1: more; 0: as many."""
    difference = figures[share] - others[share]
    return (difference > 0) - (difference < 0)


def compared(turns, first, second):
    """(who takes fewer instructions at the least share, crossings, who does at the most), or None."""
    mine, theirs = turns.instructions(first), turns.instructions(second)
    shares = [share for share in mine if share in theirs]
    if not shares:
        return None
    words = {-1: said(first), 0: "neither", 1: said(second)}
    before, after = (words[cheaper_at(mine, theirs, share)] for share in (shares[0], shares[-1]))
    return before, sign_changes(mine, theirs), after


def against_task(row):
    """Whether a form takes less time than awaitable task, more, or is not told apart from it."""
    return "less" if row.high < 1 else "more" if row.low > 1 else "not told apart"


def crossing_sentence(turns):
    parts = []
    for other in DRAWN[1:]:
        found = compared(turns, TASK, other)
        if found:
            before, changes, after = found
            if changes:
                at = " and ".join(crossing(change) for change in changes)
                parts.append(f"with {said(other)} {at}, where {before} is cheaper before and {after} after")
            else:
                parts.append(f"with {said(other)} nowhere: {after} is cheaper throughout")
    if not parts:
        return ""
    return (
        "By instructions above the floor, the share of operations that complete at once at which awaitable task "
        f"crosses: {'; '.join(parts)}."
    )


def short_crossing(turns):
    found = [(other, compared(turns, TASK, other)) for other in (PIPELINE, P2300)]
    parts = [cheaper_where(other, crossings) for other, crossings in found if crossings]
    if not parts:
        return ""
    return (
        "By the share of operations that complete at once, awaitable task takes fewer instructions above the floor "
        f"{' and '.join(parts)}."
    )


def cheaper_where(other, found):
    """"than sender pipeline above 33 %": the shares at which the task takes fewer instructions."""
    _, changes, after = found
    if not changes:
        where = "at any share" if after == said(TASK) else "at no share"
    elif len(changes) > 1:
        where = f"on one side of the crossings {' and '.join(crossing(change) for change in changes)}"
    else:
        at = crossing(changes[0])
        at = at.removeprefix("at ") if at.startswith("at ") else f"a share {at}"
        where = f"{'above' if after == said(TASK) else 'below'} {at}"
    return f"than {said(other)} {where}"


def time_sentence(turns):
    parts = []
    for name in DRAWN[1:]:
        found = [
            f"{ratio(row)} at {share} %, {against_task(row)}" for share, row in turns.times(name, TO_TASK).items()
        ]
        if found:
            parts.append(f"{said(name)} {'; '.join(found)}")
    if not parts:
        return ""
    return (
        "Time of a turn in pairs with awaitable task, whose time is 1, by the share that completes at once (below 1 is "
        f"faster than the task): {'. '.join(parts)}."
    )


def ratio(row):
    return f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})"


def twins(turns):
    """The same crossing by a C++ compiler."""
    found = compared(turns, CXX_TASK, CXX_PIPELINE)
    if not found:
        return ""
    before, changes, after = found
    at = " and ".join(crossing(change) for change in changes) or "nowhere"
    return (
        f"As C++ compilers have them, {said(CXX_TASK)} crosses {said(CXX_PIPELINE)} {at}: by instructions {before} is "
        f"cheaper at the least share and {after} at the largest."
    )


def breaks(turns):
    """Forms whose curve does not go on in its last step as it did: what never waits is compiled otherwise."""
    parts = []
    for name in [*DRAWN, CXX_TASK, CXX_PIPELINE]:
        counts = turns.instructions(name)
        if {80, 90, 100} <= set(counts):
            straight = 2 * counts[90] - counts[80]
            if abs(counts[100] - straight) >= BREAK:
                parts.append(f"{said(name)} {shown(counts[90])} at 90 % and {shown(counts[100])} at 100 %")
    if not parts:
        return ""
    return (
        f"Where nothing ever waits a curve may leave its line: {'; '.join(parts)}, in instructions above the floor. "
        "The compiler has the loop whole inside start; once an operation has waited, it goes on in the functions that "
        "complete operations, which are compiled apart."
    )


def waiting(turns):
    """What it takes to wait, as far as the counts tell: a form at share 0 less at 100."""
    parts = []
    for name in DRAWN:
        counts = turns.instructions(name)
        if {0, 100} <= set(counts):
            parts.append(f"{said(name)} {(counts[0] - counts[100]) / 2:+.1f}")
    if not parts:
        return ""
    return (
        "What an operation that waits takes more than one that completes at once, in instructions and beyond what it "
        f"takes the floor: {', '.join(parts)}."
    )


def counts_table(turns):
    shares = turns.shares(INSTRUCTIONS)
    floor = turns.rows.get(FLOOR, {}).get(INSTRUCTIONS, {})
    body = [["raw floor, in all", *(shown(floor[share].value) if share in floor else "-" for share in shares)]]
    for name in turns.names():
        counts = turns.instructions(name)
        if counts:
            body.append([said(name), *(shown(counts[share]) if share in counts else "-" for share in shares)])
    return Table(
        "syncratio-instructions",
        "Instructions of a turn above the floor, by the share of operations that complete at once",
        ["form", *(f"{share} %" for share in shares)],
        body if floor else [],
        "A turn is a read and a write on the sim backend, driven by a run_loop. Fewer are better. What completes at "
        "once is drawn from the seed, the same for all forms. -: not counted in this mode.",
        essential=True,
    )


def times_table(turns):
    shares = turns.shares(TIME)
    names = [name for name in [FLOOR, *turns.names()] if turns.rows.get(name, {}).get(TIME)]
    body = []
    for name in names:
        times = turns.rows[name].get(TIME if name == FLOOR else ABOVE, {})
        words = said(name) + (", in all" if name == FLOOR else "")
        body.append([words, *(shown_row(times.get(share)) for share in shares)])
    return Table(
        "syncratio-times",
        "ns of a turn above the floor, by the share of operations that complete at once",
        ["form", *(f"{share} %" for share in shares)],
        body,
        "In brackets the 99 % interval of paired, interleaved runs. Fewer are better.",
    )


def crossings_table(turns):
    body = []
    for name in turns.names():
        cells = [said(name)]
        found = None if name == TASK or name[0].startswith("cxx-") else compared(turns, TASK, name)
        if not found:
            continue
        before, changes, after = found
        cells += [before, ", ".join(crossing(change) for change in changes) or "nowhere", after]
        order = turns.times(name, TO_TASK)
        cells.append(", ".join(f"{share} %: {ratio(row)}" for share, row in order.items()) or "-")
        body.append(cells)
    columns = ["the other form", "fewer instructions at 0 %", "crosses", "fewer at 100 %", "time, the task's = 1"]
    timed = any(cells[-1] != "-" for cells in body)
    if not timed:
        columns, body = columns[:-1], [cells[:-1] for cells in body]
    return Table(
        "syncratio-crossings",
        "Where the curves cross: awaitable task against every other form",
        columns,
        body,
        "Between shares at most 10 % apart the place is interpolated; of forms that were counted at fewer shares only "
        "the two are named between which it lies, and what crosses twice between them is not seen."
        + (" Time: the other form's in pairs with the task's, with the 99 % interval; below 1 is faster." * timed),
    )


def figure_data(turns):
    """A block for each panel (0: instructions, 1: ns) and form: panel, share, value, low, high, number of the form."""
    blocks = []
    for panel in (0, 1):
        for number, name in enumerate(DRAWN):
            if panel:
                points = [(share, row.value, row.low, row.high) for share, row in turns.times(name).items()]
            else:
                points = [(share, *[value] * 3) for share, value in turns.instructions(name).items()]
            lines = ["\t".join(f"{value:.6g}" for value in (panel, *point, number)) + "\n" for point in points]
            if lines:
                blocks.append(f"{said(name)}\t\t\t\t\t\n" + "".join(lines))
    return "\n\n".join(blocks)
