"""stop: how long a stop request takes, what being stoppable costs, and what an error costs."""

from .ratios import control_finding, groups_of
from .rows import cited, pairs, shown, shown_row
from .tables import Heading, Section, Table

NS, COUNT, LATENCY = "ns_per_op", "instructions_per_op", "stop_latency_ns"
TOLD = "told_bytes"
RATIO, ABOVE, NATIVE, CALLS = "ratio_to_floor", "ns_above_floor", "ratio_to_native", "syscalls_per_msg"
FLOOR, LAST_FIRST, CALLBACK = ("raw", "floor"), ("raw", "floor-last-first"), ("raw", "stop-callback")
TASK, PIPELINE, SENDER_TASK = ("awaitable", "task"), ("sender", "pipeline"), ("sender", "p2300-task")
MENDING = ("sender", "p2300-task-mending")
NESTED, SENDER_NESTED = ("awaitable", "task-in-task"), ("sender", "p2300-task-in-task")
DRAWN = [FLOOR, LAST_FIRST, CALLBACK, TASK, PIPELINE, SENDER_TASK]
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
    lines = [latency(found, place) for stream in STREAMS if (place := found.most(stream))]
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
    names = [FLOOR, TASK, SENDER_TASK, MENDING, PIPELINE, NESTED, SENDER_NESTED]
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
        "behind. task-in-task: a coroutine for each step. A coroutine that awaits a sender gets an error as an errno "
        "here; in C++ it is thrown again, and what throwing takes is in no figure. Stopped ends such a coroutine, and "
        "the next read has a new one, but for p2300-task-mending, to which upon_stopped makes it a value. Counts "
        "are exact. Times of the three ends are of runs of their own: between ends the counts tell more." + OF_PAIRS,
        essential=True,
    )


def told_table(found):
    body = [[said(name), shown_row(row)] for name, row in found.told.items()]
    return Table(
        "stop-told",
        "A stop request between the end of a write of 64 bytes and its awaiter",
        ["mechanism", "bytes told"],
        body,
        "64 is right: so many have been written.",
    )


# ---- Sentences ----


def duration(row):
    """Nanoseconds in a unit that a reader can hold."""
    size, unit = next(((size, unit) for size, unit in ((1e6, "ms"), (1e3, "µs")) if row.value >= size), (1, "ns"))
    return cited(f"{row.value / size:.3g} {unit}", row)


def times(row):
    """A ratio; where its interval has 1 in it, that the two are not told apart."""
    told = "" if row.low > 1 or row.high < 1 else " (not told apart)"
    return f"{cited(f'{row.value:.2f} ({row.low:.2f} to {row.high:.2f})', row)}{told}"


def of_floor(found, place, names):
    rows = {name: found.row(place, name, RATIO) for name in names}
    return ", ".join(f"{times(row)} with {said(name)}" for name, row in rows.items() if row)


def spoken_of(found):
    """The place of the short answer."""
    return next((place for stream in STREAMS if (place := found.most(stream))), None)


def short(found):
    place = spoken_of(found)
    told = of_floor(found, place, (TASK, PIPELINE))
    if not told:
        return ""
    reads = "read" if place[1] == 1 else "reads"
    return (
        f"Stopping {place[1]:,} waiting {reads} {STREAMS[place[0]]} takes so many times as long as bare cancels (lower "
        f"is better): {told}. Nothing was left pending."
    )


def latency(found, place):
    """The mechanisms with the most reads pending on a stream, those aside that the short answer has."""
    floor, spoken = found.row(place, FLOOR, LATENCY), place == spoken_of(found)
    told = of_floor(found, place, (CALLBACK, SENDER_TASK) if spoken else (TASK, PIPELINE, SENDER_TASK))
    if not floor or not told:
        return ""
    return (
        f"{place[1]:,} reads {STREAMS[place[0]]}, from the stop request to the last completion: bare cancels take "
        f"{duration(floor)}; in multiples of that {told}.{tasks_apart(found, place) if spoken else ''}"
    )


def tasks_apart(found, place):
    """Which model's tasks are stopped in less time, where their intervals tell it."""
    rows = [found.row(place, name, RATIO) for name in (TASK, SENDER_TASK)]
    if None in rows:
        return ""
    least, most = sorted(rows, key=lambda row: row.value)
    if least.high < most.low:
        return f" Of the two kinds of task {said((least.model, least.mechanism))} takes less."
    return " The two kinds of task are not told apart: their intervals overlap."


def parts(found):
    """Where the instructions of a stopped read go."""
    place = max((place for place in found.stops if found.row(place, FLOOR, COUNT)), default=None)
    rows = {name: found.row(place, name, COUNT) for name in (FLOOR, CALLBACK, TASK, PIPELINE, SENDER_TASK)}
    if place is None or None in rows.values():
        return ""
    beyond = "; ".join(
        f"{said(name)} {signed(rows[name], rows[CALLBACK])}" for name in (TASK, PIPELINE, SENDER_TASK)
    )
    return (
        f"Of {place[1]:,} reads that are stopped {STREAMS[place[0]]}, each takes {shown_row(rows[FLOOR])} instructions "
        f"when cancelled bare. To be found by the stop request, by a callback of its own, takes "
        f"{signed(rows[CALLBACK], rows[FLOOR])}: the same in both models, for both embed the same callback. Beyond "
        f"that, of the models: {beyond}. A task's are those of resuming its coroutine, ending it and giving back its "
        "frame; a pipeline has no frame."
    )


def signed(row, base):
    """"35 more", "1 fewer"; of counts."""
    value = row.value - base.value
    word = "more" if value > 0 else "fewer"
    return cited("none" if abs(value) < 0.5 else f"{shown(round(abs(value), 1))} {word}", row)


def order(found):
    """What the order of cancellation does behind the callbacks: in the kernel, or in the reactor."""
    ratios = {
        place: found.row(place, LAST_FIRST, RATIO)
        for stream in ("io_uring", "epoll")
        if (place := found.most(stream)) and place[1] > 1
    }
    told_ = [f"{STREAMS[place[0]]} with {place[1]:,} pending {times(row)}" for place, row in ratios.items() if row]
    if not told_:
        return ""
    return (
        "A stop source calls its callbacks from the last to the first; the floor cancels from the first to the last. "
        "Bare cancels from the last to the first take so many times as long as in the other order: "
        f"{'; '.join(told_)}. That much of what the models take above the floor is the doing of the kernel or the "
        "reactor, which look for the operation."
    )


def stoppable(found):
    ratios = {without: found.end("value", with_, NATIVE) for without, with_ in STOPPABLE.items()}
    told_ = [f"{times(row)} with {said(name)}" for name, row in ratios.items() if row]
    if not told_:
        return ""
    return (
        "A read that could be stopped, but is not, takes so many times as long as one whose stop token can never be "
        f"asked (lower is better): {', '.join(told_)}. The difference is what registering a stop callback and taking "
        "it off again costs each operation that waits."
    )


def error(found):
    """What the ends of a read take, beside a value, in instructions and in time."""
    counted = (TASK, SENDER_TASK, MENDING, PIPELINE)
    names = [name for name in counted if all(found.end(ends, name, COUNT) for ends in ENDS)]
    if not names:
        return ""
    told_ = ", ".join(
        f"{shown_row(found.end('error', name, COUNT))} with {said(name)} (a value "
        f"{shown_row(found.end('value', name, COUNT))})"
        for name in names
    )
    return (
        "In the awaitable model an error is the value that the await returns; in the sender model it is a channel of "
        f"its own. A read that ends with an error takes so many instructions: {told_}. {cheaper(found, names)}"
    )


def cheaper(found, names):
    """Which of them take more for an error or a stop than for a value: by counts, and by intervals that lie apart."""
    dearer, slower = (
        [
            said(name)
            for name in names
            if (value := found.end("value", name, metric))
            and any((row := found.end(ends, name, metric)) and row.low > value.high for ends in ("error", "stopped"))
        ]
        for metric in (COUNT, NS)
    )
    timed = any(found.end("value", name, NS) for name in names)
    in_time = f"; in time, in runs of their own, {takes_more(slower, 'time')}" if timed else ""
    text = takes_more(dearer, "instructions")
    return f"{text[0].upper()}{text[1:]}{'' if dearer else ', which has four steps to take'}{in_time}."


def takes_more(names, what):
    if not names:
        return f"neither an error nor a stop takes more {what} than a value"
    return f"an error or a stop takes more {what} than a value in {', '.join(names)}"


def told(found):
    """Whether a stop request can make a completed write forget its bytes."""
    ways = {
        TASK: "the task of the awaitable model",
        ("sender", "posted"): "a sender that completes from the queue itself",
        ("sender", "affine-on"): "write_some | affine_on",
    }
    if not set(ways) <= set(found.told):
        return ""
    parts_ = ", ".join(f"{words} {shown_row(found.told[name])}" for name, words in ways.items())
    lost = [words for name, words in ways.items() if not found.told[name].value]
    why = ""
    if lost:
        why = (
            f" Not told in {' and '.join(lost)}: the bytes are written, and the schedule operation that carries their "
            f"count back is stopped and drops it (P3941)."
        )
    return (
        f"A write of 64 B is done, and a stop request comes before whoever awaits it has been resumed from the "
        f"queue of its executor. Bytes that it is told were written: {parts_}.{why}"
    )


def growth(found):
    """Whether a read is stopped in the same time however many are pending."""
    told_ = []
    for stream, words in STREAMS.items():
        places = [place for place in found.stops if place[0] == stream]
        rows = [found.row(place, TASK, NS) for place in places]
        if len(places) > 1 and None not in rows:
            each = ", ".join(f"{duration(row)} of {place[1]:,}" for place, row in zip(places, rows))
            told_.append(f"{words} {each}")
    if not told_:
        return ""
    return f"What one read takes of the stop with {said(TASK)}, by how many are pending: {'; '.join(told_)}."


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
    for number, name in enumerate(DRAWN):
        lines = []
        for at, place in enumerate(found.stops):
            row = found.row(place, name, RATIO)
            if row:
                fields = (at, row.value, row.low, row.high, number)
                lines.append("\t".join(f"{field:g}" for field in fields) + "\n")
        if lines:
            blocks.append(f'"{said(name)}"\n' + "".join(lines))
    return "\n\n".join(["".join(places), *blocks]) if blocks else ""
