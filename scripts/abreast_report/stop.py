"""stop: how long a stop request takes, what being stoppable costs, and what an error costs."""

from .ratios import control_finding, groups_of
from .rows import pairs, shown, shown_row
from .tables import Heading, Section, Table

NS, COUNT, LATENCY = "ns_per_op", "instructions_per_op", "stop_latency_ns"
TOLD = "told_bytes"
RATIO, ABOVE, NATIVE, CALLS = "ratio_to_floor", "ns_above_floor", "ratio_to_native", "syscalls_per_msg"
FLOOR, LAST_FIRST, CALLBACK = ("raw", "floor"), ("raw", "floor-last-first"), ("raw", "stop-callback")
TASK, PIPELINE, SENDER_TASK = ("awaitable", "task"), ("sender", "pipeline"), ("sender", "p2300-task")
NESTED = ("awaitable", "task-in-task")
NAMES = {
    FLOOR: "bare cancels (the floor)",
    LAST_FIRST: "bare cancels, the last first",
    CALLBACK: "bare reads with stop callbacks",
    TASK: "tasks of the awaitable model",
    PIPELINE: "pipelines of senders",
    SENDER_TASK: "tasks of the sender model",
}
# Without a token that could be asked to stop, and with one.
STOPPABLE = {
    FLOOR: CALLBACK,
    TASK: ("awaitable", "task-stoppable"),
    PIPELINE: ("sender", "pipeline-stoppable"),
}
OF_PAIRS = " A ratio is the median of those of the pairs: it need not be the quotient of two columns."
STREAMS = {"sim": "on the sim reactor", "io_uring": "on sockets, io_uring", "epoll": "on sockets, epoll"}
ENDS = {"value": "a value", "error": "an error", "stopped": "stopped"}


class Stop:
    def __init__(self, rows):
        self.stops, self.ends, self.groups = {}, {}, groups_of(rows)
        self.told = {(row.model, row.mechanism): row for row in rows if row.metric == TOLD and row.value is not None}
        for group in self.groups:
            keys = pairs(group.variant)
            if keys.get("work") == "stop":
                self.stops[keys["stream"], int(keys["pending"])] = group
            elif keys.get("work") == "complete":
                self.ends[keys["ends"]] = group
        streams = list(STREAMS)
        self.stops = dict(sorted(self.stops.items(), key=lambda item: (streams.index(item[0][0]), item[0][1])))

    def row(self, place, name, metric):
        """Of a stop request; null where there is no figure."""
        return figure(self.stops.get(place), name, metric)

    def end(self, ends, name, metric):
        return figure(self.ends.get(ends), name, metric)

    def most(self, stream):
        """The place on that stream with the most pending reads."""
        places = [place for place in self.stops if place[0] == stream]
        return max(places, key=lambda place: place[1], default=None)


def figure(group, name, metric):
    row = group.cells.get(name, {}).get(metric) if group else None
    return row if row is not None and row.value is not None else None


def build(rows):
    section = Section("stop")
    found = Stop(rows)
    tables = [latency_table(found), stoppable_table(found), ends_table(found), told_table(found)]
    section.tables = [table for table in tables if table.rows]
    section.short = short(found)
    lines = [latency(found, stream) for stream in STREAMS]
    section.headline = "\n".join(line for line in [*lines, stoppable(found), error(found), told(found)] if line)
    section.findings = [line for line in [parts(found), order(found), growth(found), checked(found)] if line]
    section.findings += control_finding(found.groups, RATIO)
    section.data = figure_data(found)
    return section


# ---- Tables ----


def said(name):
    return " ".join(name)


def latency_table(found):
    metrics = [LATENCY, NS, ABOVE, RATIO, COUNT, CALLS]
    columns = ["mechanism", "request to last completion, ns", "a read, ns", "above the floor, ns", "times the floor"]
    columns += ["instructions a read", "system calls a read"]
    body = []
    for place, group in found.stops.items():
        body.append(Heading(f"{place[1]:,} pending, {STREAMS[place[0]]}", len(columns)))
        for name, figures in group.ordered():
            body.append([said(name), *(shown_row(figures.get(metric)) for metric in metrics)])
    return Table(
        "stop-latency",
        "From a stop request to the last completion",
        columns,
        body,
        "Less is better. In brackets the 99 % interval of paired, interleaved runs. Each figure includes one reading "
        "of the clock for the request, some tens of ns; starting the reads is in none of them. On sockets 64 reads "
        "wait on each descriptor." + OF_PAIRS,
        essential=True,
    )


def stoppable_table(found):
    columns = ["mechanism", "instructions, never stops", "instructions, stoppable", "ns, never stops"]
    columns += ["ns, stoppable", "times as long"]
    body = []
    for without, with_ in STOPPABLE.items():
        cells = [found.end("value", name, metric) for metric in (COUNT, NS) for name in (without, with_)]
        if any(cells):
            ratio = found.end("value", with_, NATIVE)
            body.append([said(without), *(shown_row(cell) for cell in cells), shown_row(ratio)])
    return Table(
        "stop-stoppable",
        "A read that could be stopped, and was not",
        columns,
        body,
        "Less is better. The floor that could be stopped is a bare read with its stop callback. Times as long: with "
        "the 99 % interval of paired, interleaved runs." + OF_PAIRS,
        essential=True,
    )


def ends_table(found):
    columns = ["mechanism", *(f"instructions, {words}" for words in ENDS.values())]
    columns += [f"ns, {words}" for words in ENDS.values()] + ["times the floor, an error"]
    names = [FLOOR, TASK, NESTED, PIPELINE]
    body = []
    for name in names:
        cells = [found.end(ends, name, metric) for metric in (COUNT, NS) for ends in ENDS]
        if any(cells):
            body.append([said(name), *map(shown_row, cells), shown_row(found.end("error", name, RATIO))])
    return Table(
        "stop-ends",
        "A read that ends with a value, with an error, and as stopped",
        columns,
        body,
        "Less is better. A value goes through four steps; an error and stopped go past them, and are dealt with "
        "behind. Counts are exact. Times of the three ends are of runs of their own: between ends the counts "
        "tell more." + OF_PAIRS,
        essential=True,
    )


def told_table(found):
    body = [[said(name), shown(row.value)] for name, row in found.told.items()]
    return Table(
        "stop-told",
        "A stop request between the end of a write of 64 bytes and its awaiter",
        ["mechanism", "bytes told"],
        body,
        "64 is right: so many have been written.",
    )


# ---- Sentences ----


def duration(ns):
    """Nanoseconds in a unit that a reader can hold."""
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def times(row):
    """A ratio to the floor; where its interval has 1 in it, that they are not told apart."""
    range_ = f"{row.low:.2f} to {row.high:.2f}"
    if row.low <= 1 <= row.high:
        return f"not told apart from the floor: {row.value:.2f} times, {range_}"
    return f"{row.value:.2f} times the floor, {range_}"


def latency(found, stream):
    """All mechanisms with the most reads pending."""
    place = found.most(stream)
    if place is None:
        return ""
    told = []
    for name, words in NAMES.items():
        row, ratio = found.row(place, name, LATENCY), found.row(place, name, RATIO)
        if row:
            told.append(f"{words} {duration(row.value)}" + (f" ({times(ratio)})" if ratio else ""))
    if not told:
        return ""
    return (
        f"From a stop request to the last of {place[1]:,} completions {STREAMS[stream]} (medians, and the median ratio "
        f"of pairs): {', '.join(told)}."
    )


def short(found):
    """The tasks of the two models beside each other, and the pipeline beside the floor."""
    place = next((found.most(stream) for stream in STREAMS if found.most(stream)), None)
    floor = found.row(place, FLOOR, LATENCY)
    ratios = {name: found.row(place, name, RATIO) for name in (TASK, SENDER_TASK, PIPELINE)}
    ratios = {name: row for name, row in ratios.items() if row}
    if floor is None or not ratios:
        return ""
    reads = "read" if place[1] == 1 else "reads"
    said_ = "; ".join(f"{NAMES[name]} {times(row)}" for name, row in ratios.items())
    return (
        f"Stopping {place[1]:,} pending {reads} {STREAMS[place[0]]} takes by bare cancels {duration(floor.value)}; "
        f"{said_}.{tasks_apart(ratios)} Nothing was left pending."
    )


def tasks_apart(ratios):
    """Which model's tasks are stopped in less time, where their intervals tell it."""
    if not {TASK, SENDER_TASK} <= set(ratios):
        return ""
    least, most = sorted((TASK, SENDER_TASK), key=lambda name: ratios[name].value)
    if ratios[least].high < ratios[most].low:
        return f" Of the two kinds of task {NAMES[least]} take less."
    return " The two kinds of task are not told apart: their intervals overlap."


def parts(found):
    """Where the instructions of a stopped read go."""
    place = max((place for place in found.stops if found.row(place, FLOOR, COUNT)), default=None)
    rows = {name: found.row(place, name, COUNT) for name in NAMES} if place else {None: None}
    if None in rows.values():
        return ""
    values = {name: row.value for name, row in rows.items()}
    callback = values[CALLBACK] - values[FLOOR]
    beyond = "; ".join(
        f"{NAMES[name]} {signed(values[name] - values[CALLBACK])}" for name in (TASK, PIPELINE, SENDER_TASK)
    )
    return (
        f"Of {place[1]:,} reads that are stopped {STREAMS[place[0]]}, each takes {shown(values[FLOOR])} instructions "
        f"when cancelled bare. To be found by the stop request, by a callback of its own, takes {signed(callback)}: "
        f"the same in both models, for both embed the same callback. Beyond that, of the models: {beyond}. A task's "
        f"are those of resuming its coroutine, ending it and giving back its frame; a pipeline has no frame."
    )


def signed(value):
    """"35 more", "1 fewer"; counts."""
    if abs(value) < 0.5:
        return "none"
    return f"{shown(round(abs(value), 1))} {'more' if value > 0 else 'fewer'}"


def order(found):
    """What the order of cancellation does behind the callbacks: in the kernel, or in the reactor."""
    told = []
    for stream in ("io_uring", "epoll"):
        place = found.most(stream)
        ratio = found.row(place, LAST_FIRST, RATIO) if place and place[1] > 1 else None
        if ratio:
            range_ = f"{ratio.low:.2f} to {ratio.high:.2f}"
            apart = "" if ratio.low > 1 or ratio.high < 1 else ", not told apart from 1"
            told.append(f"{STREAMS[stream]} with {place[1]:,} pending {ratio.value:.2f} times ({range_}{apart})")
    if not told:
        return ""
    return (
        "A stop source calls its callbacks from the last to the first; the floor cancels from the first to the last. "
        f"Bare cancels from the last to the first take, of the time of the other order: {'; '.join(told)}. That much "
        "of what the models take above the floor is the doing of the kernel or the reactor, which look for "
        "the operation."
    )


def stoppable(found):
    told = []
    for without, with_ in STOPPABLE.items():
        rows = [found.end("value", name, NS) for name in (without, with_)]
        counts = [found.end("value", name, COUNT) for name in (without, with_)]
        ratio = found.end("value", with_, NATIVE)
        if None in rows or ratio is None:
            continue
        more = f", {signed(counts[1].value - counts[0].value)} instructions" if None not in counts else ""
        told.append(
            f"{said(without)} {rows[0].value:.1f} and {rows[1].value:.1f} ns ({ratio.value:.2f} times, {ratio.low:.2f} "
            f"to {ratio.high:.2f}{more})"
        )
    if not told:
        return ""
    return (
        f"A read that waits, with a stop token that can never be asked and with one that could, but is not: "
        f"{'; '.join(told)}. The difference is what registering a stop callback and taking it off again costs each "
        f"operation that waits."
    )


def error(found):
    told = []
    for name in (FLOOR, TASK, NESTED, PIPELINE):
        rows = [found.end(ends, name, COUNT) for ends in ENDS]
        if None not in rows:
            told.append(f"{said(name)} {', '.join(shown(row.value) for row in rows)}")
    if not told:
        return ""
    return (
        f"Instructions of a read that ends with a value, with an error and as stopped: {'; '.join(told)}. In the "
        f"awaitable model an error is the value that the await returns; in the sender model it is a channel of its "
        f"own. {cheaper(found)}"
    )


def cheaper(found):
    rows = {
        name: [found.end(ends, name, COUNT).value for ends in ENDS]
        for name in (TASK, PIPELINE)
        if all(found.end(ends, name, COUNT) for ends in ENDS)
    }
    if len(rows) < 2:
        return ""
    dearer = [said(name) for name, values in rows.items() if max(values[1:]) > values[0]]
    if not dearer:
        return "Neither channel costs more than a value, which has four steps to take."
    return f"More than a value costs an error or stopped in {' and '.join(dearer)}."


def told(found):
    """Whether a stop request can make a completed write forget its bytes."""
    ways = {
        TASK: "the task of the awaitable model",
        ("sender", "posted"): "a sender that completes from the queue itself",
        ("sender", "affine-on"): "write_some | affine_on",
    }
    if not set(ways) <= set(found.told):
        return ""
    parts_ = ", ".join(f"{words} {shown(found.told[name].value)}" for name, words in ways.items())
    lost = [words for name, words in ways.items() if not found.told[name].value]
    why = ""
    if lost:
        why = (
            f" Not told in {' and '.join(lost)}: the bytes are written, and the schedule operation that carries their "
            f"count back is stopped and drops it (P3941)."
        )
    return (
        f"A write of 64 bytes is done, and a stop request comes before whoever awaits it has been resumed from the "
        f"queue of its executor. Bytes that it is told were written: {parts_}.{why}"
    )


def growth(found):
    """Whether a read is stopped in the same time however many are pending."""
    told = []
    for stream, words in STREAMS.items():
        places = [place for place in found.stops if place[0] == stream]
        rows = [found.row(place, TASK, NS) for place in places]
        if len(places) > 1 and None not in rows:
            each = ", ".join(f"{duration(row.value)} of {place[1]:,}" for place, row in zip(places, rows))
            told.append(f"{words} {each}")
    if not told:
        return ""
    return f"What one read takes of the stop, tasks of the awaitable model, by how many are pending: {'; '.join(told)}."


def checked(found):
    if not found.stops:
        return ""
    return (
        "After each request every read had ended once, as stopped; the reactor had nothing in flight and the stop "
        "source no callback: a run where one of these fails is an error, and has no row."
    )


# ---- Figure ----


def figure_data(found):
    """A block of the places, number and label; and one for each mechanism: place, times the floor with their interval,
    number of the mechanism."""
    places = [f'{at}\t"{place[0]}\\n{place[1]:,}"\n' for at, place in enumerate(found.stops)]
    blocks = []
    for number, name in enumerate(NAMES):
        lines = []
        for at, place in enumerate(found.stops):
            row = found.row(place, name, RATIO)
            if row:
                fields = (at, row.value, row.low, row.high, number)
                lines.append("\t".join(f"{field:g}" for field in fields) + "\n")
        if lines:
            blocks.append(f'"{said(name)}"\n' + "".join(lines))
    return "\n\n".join(["".join(places), *blocks]) if blocks else ""
