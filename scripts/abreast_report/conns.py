"""conns: the memory of many connections, by model, frame allocator and moment; and the published 60 %."""

from .conns_cells import Conns, Place, whole
from .rows import model_order, shown
from .tables import Heading, Section, Table

RSS, LIVE, RATIO = "rss_bytes_per_connection", "live_bytes_per_connection", "ratio_to_malloc"
IN_USE = "heap_bytes_per_connection"
FRAGMENTED, RETAINED = "held_bytes_per_live_byte", "retained_bytes_per_connection"
IDLE, PART = "idle_bytes_per_connection", "idle_part_bytes"
MOMENTS = {
    "fresh": "all open",
    "churn": "after churn",
    "rest": "chains ended",
    "closed": "none left",
    "trimmed": "given back",
}
PARTS = {
    "connection": "the connection itself",
    "stream": "its stream",
    "launch": "who is told that the outermost task has ended",
    "promises": "promises of the tasks (frame header, continuation or state, environment, result)",
    "children": "what awaits the next level: awaitables, or operation states",
    "operation": "the read in flight (io_request)",
    "bodies": "what else the frames have",
    "compiler": "what else the compiler has put in the frames: awaiters, handles, copies",
    "locals": "locals, 64 bytes a level",
    "rounding": "allocators' rounding, and malloc's headers",
}
OBJECTS = {"none": "the application keeps nothing", "kept": "the application keeps small objects between the frames"}
SETTINGS = {"glibc-arena-1": "MALLOC_ARENA_MAX=1", "glibc-trim-0": "MALLOC_TRIM_THRESHOLD_=0"}
HOLES = ("fresh", "churn", "rest")
PUBLISHED_AT = 50000
CLAIM = f"memory saved by a frame recycler at {PUBLISHED_AT} connections"


def build(rows, papers):
    section = Section("conns")
    found = Conns(rows)
    tables = [idle_table(found), memory_table(found), published_table(found, papers)]
    section.tables = [table for table in tables if table.rows]
    verdicts, section.short = claim(found, papers)
    section.headline = "\n".join(line for line in [verdicts, idle(found), models(found)] if line)
    lines = [in_cxx(found), idle_at_most(found), holes(found, papers), *at_rest(found), small(found), *others(found)]
    section.findings = [line for line in lines if line]
    section.data = figure_data(found)
    return section


# ---- Tables ----


def idle_table(found):
    names = sorted(found.idle, key=lambda name: (model_order(name[0]), name[1] != "pipeline", name[1]))
    sums = [found.idle[name] for name in names]
    body = []
    for part, words in PARTS.items():
        if any(parts.get(part) for parts in sums):
            body.append([words, *(shown(parts[part]) if part in parts else "-" for parts in sums)])
    if body:
        body.append(["sum, as malloc counts it", *(shown(parts.get("")) for parts in sums)])
    return Table(
        "conns-idle",
        "What an idle connection takes, to the byte",
        ["bytes of", *(" ".join(name) for name in names)],
        body,
        "Four levels wait inside each other, the innermost in a read. Fewer bytes are better. Sizes are the "
        "compiler's; the sum is what malloc has handed out, and the rounding is what the sizes leave of it.",
        essential=True,
    )


def memory_table(found):
    columns = ["mechanism and allocator", "live after churn, bytes", "in use after churn, bytes"]
    columns += [f"holes, {MOMENTS[moment]}, times live" for moment in HOLES]
    columns += [f"RSS, {words}, bytes" for words in MOMENTS.values()] + ["RSS after churn, times malloc's"]
    body = []
    for place in found.places:
        cells = found.cells(place)
        body.append(Heading(str(place), len(columns)))
        for cell in cells:
            body.append(
                [
                    cell.said,
                    *(text(cell.figure(metric, "churn")) for metric in (LIVE, IN_USE)),
                    *(text(cell.figure(FRAGMENTED, moment)) for moment in HOLES),
                    *(text(cell.figure(RSS, moment)) for moment in MOMENTS),
                    cell.figure(RATIO, "churn").ratio if cell.figure(RATIO, "churn") else "-",
                ]
            )
    return Table(
        "conns-memory",
        "Memory for each connection",
        *with_figures(columns, body),
        "live: asked for and not given back. in use: the blocks that malloc has handed out for it, with "
        "their headers and what a frame allocator keeps. holes: what malloc holds, times what is live. RSS: resident "
        "memory of the process, without what it had before; in brackets the least and the most of several runs with "
        "other seeds, or the 99 % interval. given back: after the allocator's release and malloc_trim. times "
        "malloc's: the median of the runs' ratios, which need not be the quotient of two figures. In all of them less "
        "is better.",
    )


def with_figures(columns, body):
    """Columns and rows without the columns that hold no figure."""
    rows = [row for row in body if not isinstance(row, Heading)]
    kept = [at for at in range(len(columns)) if any(row[at] != "-" for row in rows)]
    short = [Heading(row[0], len(kept)) if isinstance(row, Heading) else [row[at] for at in kept] for row in body]
    return [columns[at] for at in kept], short


def published_table(found, papers):
    """The published saving, and the same by what was measured."""
    share = published_share(papers)
    body = [
        [f"{place.many}, {where(place)}", f"{shown(share)} % less", saving(found, place), measured(found, place, ratio)]
        for place, ratio in recycled(found).items()
        if share is not None and place.connections >= PUBLISHED_AT
    ]
    return Table(
        "conns-published",
        f"Published and ours: memory of {PUBLISHED_AT:,} connections with a frame recycler",
        ["awaitable task, after churn", "published", "here", "RSS with recycling, and with malloc"],
        body,
        "Published: a figure of a server in production (discussion of P4003R1). Here: resident memory, against malloc.",
        essential=True,
    )


def text(figure):
    return "-" if figure is None else str(figure)


# ---- Sentences ----


def percent(ratio):
    """How a ratio of memory is said: "3.4 % more", "12 % less"."""
    change = 100 * (ratio - 1)
    words = "more" if change > 0 else "less"
    return f"{abs(change):.1f} % {words}" if abs(change) >= 0.05 else "as much"


def published_share(papers):
    return next((float(row[4]) for row in papers if row[2] == CLAIM), None)


def recycled(found):
    """{place: ratio} of an awaitable chain with recycling to the same with malloc, after churn, at the most
    connections."""
    ratios = {}
    for place in found.places:
        cell = found.cell(place, "awaitable", "task", "recycling")
        figure = cell.figure(RATIO, "churn") if cell else None
        if figure and place.connections == found.largest and place.stream == "memory":
            ratios[place] = figure
    return ratios


def saving(found, place):
    """What recycling changes, by the figures that are shown."""
    cells = [found.cell(place, "awaitable", "task", name) for name in ("recycling", "malloc")]
    ours, malloc = (round(cell.value(RSS, "churn") or 0) if cell else 0 for cell in cells)
    return percent(ours / malloc if ours and malloc else cells[0].value(RATIO, "churn"))


def measured(found, place, ratio):
    """The figures of that saving, and how far the runs' ratios lie apart."""
    cells = [found.cell(place, "awaitable", "task", name) for name in ("recycling", "malloc")]
    values = [cell.value(RSS, "churn") if cell else None for cell in cells]
    if None in values:
        return ratio.times
    runs = "one run" if ratio.runs == 1 else f"{ratio.low:.3f} to {ratio.high:.3f} times in {ratio.runs} runs"
    return f"{whole(values[0])} against {whole(values[1])} bytes; {runs}"


def where(place):
    return OBJECTS[place.objects] + ("" if place.library == "glibc" else f", over {place.library}")


def claim(found, papers):
    """What was published and what is here, in full and in short; paper/claims.tsv has the rule that judges it."""
    share, ratios = published_share(papers), recycled(found)
    if share is None or not ratios:
        return "", ""
    if found.largest < PUBLISHED_AT:
        return f"The published figure is of {PUBLISHED_AT:,} connections; this run had {found.largest:,}.", ""
    parts = [
        f"{saving(found, place)} ({measured(found, place, ratio)}) where {where(place)}"
        for place, ratio in ratios.items()
    ]
    line = (
        f"{shown(share)} % less memory at {PUBLISHED_AT:,} connections with a frame recycler is published (discussion "
        f"of P4003R1). Here resident memory of each with recycling is, against malloc, {'; '.join(parts)}. "
        f"These are {next(iter(ratios)).many}, a chain of four tasks each, on one thread, after ten "
        f"rounds of churn: in each about half of the connections end, and as many new ones are opened."
    )
    place = next(iter(ratios))
    task = {name: found.cell(place, "awaitable", "task", name) for name in ("malloc", "recycling")}
    figures = [f"{text(cell.figure(RSS, 'churn'))} bytes with {name}" for name, cell in task.items() if cell]
    short = (
        f"{shown(share)} % less memory with a frame recycler is published; here it is {saving(found, place)}. "
        f"Each of {place.many}, a chain of four tasks, holds {' and '.join(figures)} in "
        f"resident memory after churn (connections that end, and new ones in their place)."
    )
    return line, short


def idle(found):
    parts = [(name[:2], parts[""]) for name, parts in found.idle.items() if name[2] == "malloc" and "" in parts]
    parts.sort(key=lambda item: item[1])
    if len(parts) < 2:
        return ""
    floor = next((size for name, size in parts if name[0] == "raw"), None)
    said = ", ".join(
        f"{' '.join(name)} {shown(size)} bytes"
        + (f" ({shown(size - floor)} above the floor)" if floor and size > floor else "")
        for name, size in parts
    )
    return f"An idle connection whose four levels have 64 bytes of locals each takes with malloc: {said}."


def in_cxx(found):
    """The same chain by a C++ compiler."""
    parts, beside = [], ()
    for name, sizes in found.idle.items():
        twin = found.idle.get((name[0].removeprefix("cxx-"), *name[1:]), {})
        if name[0].startswith("cxx-") and "" in sizes and "" in twin:
            more = sizes[""] - twin[""]
            change = f"{shown(abs(more))} {'more' if more > 0 else 'less'} than in C" if more else "as many as in C"
            parts.append(f"{shown(sizes[''])} bytes with {name[2]} ({change})")
            beside = (sizes.get("compiler", 0), twin.get("children", 0) + twin.get("bodies", 0))
    if not parts:
        return ""
    return (
        f"Real C++20 coroutines of {found.compiler}, a chain of the same four, take idle: {'; '.join(parts)}. Beside "
        f"promises, locals and the read their four frames have {shown(beside[0])} bytes, those in C {shown(beside[1])}."
    )


def idle_at_most(found):
    """Whether a connection takes as much where there are many."""
    few, many = min(found.fixed, default=0), max(found.fixed, default=0)
    parts = [
        f"{' '.join(name)} {shown(sizes[''])} and {shown(found.idle[name][''])}"
        for name, sizes in found.fixed.get(many, {}).items()
        if many > few and "" in sizes and "" in found.idle.get(name, {})
    ]
    if not parts:
        return ""
    return f"Bytes of each of {many:,} idle connections, and of each of {few:,}: {'; '.join(parts)}."


def models(found):
    """The models at the most connections: what is resident when all are open, after churn and when the chains ended."""
    place = Place("memory", found.largest or 0, "none", "glibc")
    said = []
    for cell in found.cells(place):
        figures = [cell.figure(RSS, moment) for moment in ("fresh", "churn", "rest")]
        if cell.allocator == "malloc" and all(figures):
            fresh, churn, rest = (whole(figure.value) for figure in figures)
            said.append(f"{' '.join(cell.name)} {fresh}, {churn} and {rest}")
    if not said:
        return ""
    return (
        f"Resident bytes for each of {place.many} with locals of 64 to 3840 bytes a level, when all "
        f"are open, after churn, and when their chains have ended but the connections remain, with malloc: "
        f"{'; '.join(said)}."
    )


def holes(found, papers):
    """How much malloc loses in holes, which is all that a recycler could save."""
    worst, share = None, published_share(papers)
    for place in found.places:
        for cell in found.cells(place):
            figure = cell.value(FRAGMENTED, "churn")
            if cell.allocator == "malloc" and figure and place.connections == found.largest:
                if worst is None or figure > worst[0]:
                    worst = (figure, cell, place)
    if worst is None or not share:
        return ""
    figure, cell, place = worst
    needed = 100 / (100 - share)
    return (
        f"A recycler that takes its memory from malloc can save what malloc loses in holes between blocks. After churn "
        f"malloc holds at most {shown(figure)} times what is live ({' '.join(cell.name)}, {where(place)}); for "
        f"{shown(share)} % less it would have to hold {shown(needed)} times what the recycler does. The recycler "
        f"rounds frames up to its size classes and keeps free ones."
    )


def at_rest(found):
    """What goes back when the chains have ended, and when nothing is open any more."""
    kept = Place("memory", found.largest or 0, "kept", "glibc")
    place = Place("memory", found.largest or 0, "none", "glibc")
    return [line for line in (ended(found, place), emptied(found, place), emptied(found, kept)) if line]


def ended(found, place):
    parts, given_back = [], False
    for cell in found.cells(place):
        live, before, resident = cell.value(LIVE, "rest"), cell.value(RSS, "churn"), cell.value(RSS, "rest")
        if cell.allocator == "malloc" and None not in (live, before, resident):
            held = cell.value(FRAGMENTED, "rest")
            times = "" if held is None else f" ({shown(held)} times)"
            parts.append(f"{' '.join(cell.name)} {whole(live)} and {whole(resident)}{times}")
            given_back = given_back or resident < 0.9 * before
    if not parts:
        return ""
    stays = " What frames leave lies between connections that stay, and does not go back to the system."
    return (
        f"When its chain has ended a connection of tasks keeps no frame, while an operation state that is part of the "
        f"connection stays. Live and resident bytes are then, with malloc, and in brackets what malloc holds against "
        f"what is live: {'; '.join(parts)}."
        f"{'' if given_back else stays}"
    )


def emptied(found, place):
    parts = []
    for allocator in ("malloc", "recycling"):
        cell = found.cell(place, "awaitable", "task", allocator)
        wanted = [(RSS, "closed"), (RSS, "trimmed"), (LIVE, "closed")]
        figures = [cell.value(metric, moment) for metric, moment in wanted] if cell else [None]
        if None not in figures:
            closed, trimmed, live = map(whole, figures)
            parts.append(f"with {allocator} {closed}, and {trimmed} once told to give memory back ({live} live)")
    if not parts:
        return ""
    return (
        f"When no connection is left and {OBJECTS[place.objects]}, so many bytes stay resident for each that there "
        f"was: {'; '.join(parts)}. What tells it is the allocator's release, and malloc_trim."
    )


def small(found):
    """The same ratio with fewer connections: what a recycler keeps is a larger part of it."""
    parts = []
    for place in found.places:
        cell = found.cell(place, "awaitable", "task", "recycling")
        ratio = cell.figure(RATIO, "churn") if cell else None
        if ratio and place.library == "glibc" and place.objects == "none" and place.connections != found.largest:
            kept = whole(cell.value(RETAINED, "churn") or 0)
            parts.append(f"{ratio.times}, {place.many} ({kept} bytes kept for each)")
    if not parts:
        return ""
    return (
        f"With fewer connections the free frames that the recycler keeps weigh more. Resident memory with recycling "
        f"against malloc, tasks after churn: {'; '.join(parts)}."
    )


def others(found):
    """Other mallocs, and glibc's with other settings, beside glibc's at the same place."""
    sentences = []
    for connections in sorted({place.connections for place in found.places}, reverse=True):
        parts = []
        for place in found.places:
            cell = found.cell(place, "awaitable", "task", "malloc")
            figures = [cell.figure(RSS, moment) for moment in ("churn", "closed")] if cell else [None]
            if place.connections == connections and place.objects == "kept" and None not in figures:
                parts.append(f"{place.library} {figures[0]} and {figures[1]}")
        if len(parts) > 1:
            sentences.append(
                f"Resident bytes for each of {connections:,} connections of tasks without a recycler, after churn and "
                f"when none is left, objects kept: {'; '.join(parts)}."
            )
    settings = [place.library for place in found.places if place.library in SETTINGS]
    if settings:
        words = ", ".join(f"{SETTINGS[name]} is {name}" for name in dict.fromkeys(settings))
        sentences.append(f"{words}. With one thread glibc has one arena in any case.")
    return sentences


# ---- Figure ----

DRAWN = [(metric, moment) for metric in (RSS, LIVE) for moment in ("fresh", "churn", "rest")]


def figure_data(found):
    """A line for each group of bars: its label, RSS when all are open, after churn and at rest, live bytes at the same
    moments, and the number of connections."""
    lines = []
    for objects in OBJECTS:
        place = Place("memory", found.largest or 0, objects, "glibc")
        for cell in found.cells(place):
            figures = [cell.value(metric, moment) for metric, moment in DRAWN]
            if None not in figures:
                label = "\\n".join([*cell.name, cell.allocator, *(["objects kept"] if objects == "kept" else [])])
                numbers = (f"{figure:.10g}" for figure in [*figures, place.connections])
                lines.append("\t".join([f'"{label}"', *numbers]) + "\n")
    return "".join(lines) if len(lines) > 1 else ""
