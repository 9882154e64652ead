"""syncratio: what a turn of the loop costs as more of its operations complete at once, and where the curves cross."""

from .ratios import control_finding, groups_of
from .rows import cited, model_order, shown, shown_row
from .syncratio_sockets import FLOOR, Shares, claim, forms_alike, said, shares_table, tries
from .tables import Section, Table

INSTRUCTIONS, TIME, ABOVE = "instructions_per_op", "ns_per_op", "ns_above_floor"
RATIO, TO_TASK = "ratio_to_floor", "ratio_to_native"
TASK, SUSPENDING = ("awaitable", "task"), ("awaitable", "task-suspending")
PIPELINE, P2300 = ("sender", "pipeline"), ("sender", "p2300-task")
DRAWN = [TASK, PIPELINE, P2300, ("sender", "handshake-exchange"), ("sender", "handshake-thread-id")]
AFFINE = ("sender", "task-affine")
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

    def cited(self, text, name, share):
        """text, with the row of that form's instructions."""
        return cited(text, self.rows[name][INSTRUCTIONS][share])

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
    section.headline = "\n".join(line for line in [other_crossings(turns), time_sentence(turns), verdict] if line)
    section.short = " ".join(line for line in [short_crossing(turns), short_verdict] if line)
    found = [skipping(turns), affinity(turns), waiting(turns), breaks(turns), tries(shares), forms_alike(shares)]
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


def short_crossing(turns):
    """In C, and where it was counted as C++ compilers have it."""
    where, cxx = cheaper_where(turns, TASK, PIPELINE), cheaper_where(turns, CXX_TASK, CXX_PIPELINE)
    if not where:
        return ""
    twin = cxx.removeprefix(f"than {said(CXX_PIPELINE)} ")
    return (
        f"By the share of operations that complete at once, a coroutine takes fewer instructions {where}"
        f"{f' (C++: {twin})' if twin else ''}."
    )


def other_crossings(turns):
    parts = [where for other in DRAWN[2:] if (where := cheaper_where(turns, TASK, other))]
    if not parts:
        return ""
    return (
        f"Against other forms {said(TASK)} takes fewer instructions, by the share of operations that complete at once, "
        f"{', '.join(parts)}."
    )


def cheaper_where(turns, first, second):
    """"than sender pipeline above 33 %": the shares at which the first takes fewer instructions."""
    found = compared(turns, first, second)
    if not found:
        return ""
    _, changes, after = found
    if not changes:
        where = "at any share" if after == said(first) else "at no share"
    elif len(changes) > 1:
        where = f"on one side of the crossings {' and '.join(map(crossing, changes))}"
    else:
        at = crossing(changes[0])
        at = at.removeprefix("at ") if at.startswith("at ") else f"a share {at}"
        where = f"{'above' if after == said(first) else 'below'} {at}"
    return f"than {said(second)} {turns.cited(where, first, changes[0][0]) if changes else where}"


def affinity(turns):
    """A guarantee that the task has and a pipeline has not."""
    counts = {name: turns.instructions(name) for name in (TASK, AFFINE)}
    if not all(0 in found for found in counts.values()):
        return ""
    task, affine = (turns.cited(shown(found[0]), name, 0) for name, found in counts.items())
    return (
        f"{said(TASK).capitalize()} asks its executor at each wait where to go on; sender pipeline and p2300-task go "
        "on where the reactor completes them. The form of senders that gives the same guarantee, task-affine, takes "
        f"{affine} instructions above the floor where every operation waits, {said(TASK)} {task}."
    )


def skipping(turns):
    """What it saves that an awaitable which is ready does not suspend: the same loop with awaitables that always do."""
    mine, theirs = turns.instructions(TASK), turns.instructions(SUSPENDING)
    shares = [share for share in (40, 100) if share in mine and share in theirs]
    if not shares:
        return ""
    parts = [f"{turns.cited(shown(theirs[at] - mine[at]), SUSPENDING, at)} at {at} %" for at in shares]
    times = turns.times(SUSPENDING, TO_TASK)
    ratios = " and ".join(f"{ratio(times[at])} times at {at} %" for at in shares if at in times)
    in_time = f"; of time, in pairs with the task, {ratios}" if ratios else ""
    return (
        f"What skipping a suspension saves: {said(SUSPENDING)} is the loop of {said(TASK)}, but its awaitables are "
        "never ready; each suspends, and where the operation is complete at once goes on by symmetric transfer. Of "
        f"instructions a turn it takes more by {' and '.join(parts)} of operations that complete at once{in_time}."
    )


def time_sentence(turns):
    """The pipeline at the least and the largest share; the others are in the table of crossings."""
    found = list(turns.times(PIPELINE, TO_TASK).items())
    if not found:
        return ""
    ends = dict([found[0], found[-1]]).items()
    parts = [f"{ratio(row)} times at {share} % ({against_task(row)})" for share, row in ends]
    return (
        f"A turn of {said(PIPELINE)} takes, of the time of one of {said(TASK)} in pairs (below 1 is faster), "
        f"{', '.join(parts)}."
    )


def ratio(row):
    return cited(f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})", row)


def breaks(turns):
    """Forms whose curve does not go on in its last step as it did: what never waits is compiled otherwise."""
    bent = []
    for name in [*DRAWN, CXX_TASK, CXX_PIPELINE]:
        counts = turns.instructions(name)
        if {80, 90, 100} <= set(counts) and abs(counts[100] - 2 * counts[90] + counts[80]) >= BREAK:
            bent.append(f"{said(name)} ({turns.cited(shown(counts[100]), name, 100)})")
    if not bent:
        return ""
    return (
        f"At 100 %, where nothing ever waits, the instructions above the floor leave the line: {', '.join(bent)}. "
        "The compiler has the loop whole inside start; once an operation has waited, it goes on in the functions that "
        "complete operations, which are compiled apart."
    )


def waiting(turns):
    """What it takes to wait, as far as the counts tell: a form at share 0 less at 100."""
    parts = []
    for name in DRAWN:
        counts = turns.instructions(name)
        if {0, 100} <= set(counts):
            more = (counts[0] - counts[100]) / 2
            told = turns.cited(f"{abs(more):.1f} {'more' if more >= 0 else 'fewer'}", name, 0)
            parts.append(f"{said(name)} {told}")
    if not parts:
        return ""
    return (
        "Waiting takes the floor more instructions than completing at once; an operation of a model takes, besides "
        f"these: {', '.join(parts)}."
    )


def counts_table(turns):
    shares = turns.shares(INSTRUCTIONS)
    floor = turns.rows.get(FLOOR, {}).get(INSTRUCTIONS, {})
    body = [["raw floor, in all", *(shown_row(floor.get(share)) for share in shares)]]
    for name in turns.names():
        counts = turns.instructions(name)
        if counts:
            cells = [turns.cited(shown(counts[at]), name, at) if at in counts else "-" for at in shares]
            body.append([said(name), *cells])
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
        where = turns.cited(", ".join(map(crossing, changes)), TASK, changes[0][0]) if changes else "nowhere"
        cells += [before, where, after]
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
