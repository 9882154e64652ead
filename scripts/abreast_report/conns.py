"""conns: the memory of many connections, by model, frame allocator and moment; and the published 60 %."""

from .conns_cells import Conns, Place, whole
from .finding import figure, span
from .rows import cited, model_order, shown, shown_row
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
SPOKEN_OF = [("raw", "floor"), ("awaitable", "task"), ("sender", "pipeline")]
HOLES = ("fresh", "churn", "rest")
PUBLISHED_AT = 50000
CLAIM = f"memory saved by a frame recycler at {PUBLISHED_AT} connections"


def build(rows, papers):
    section = Section("conns")
    found = Conns(rows)
    tables = [idle_table(found), memory_table(found), published_table(found, papers)]
    section.tables = [table for table in tables if table.rows]
    verdicts, section.short = claim(found, papers)
    section.headline = "\n".join(line for line in [verdicts, models(found), idle(found)] if line)
    lines = [holes(found, papers), ended(found), *emptied(found), small(found), others(found), in_cxx(found)]
    lines += [idle_at_most(found)]
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
            body.append([words, *(shown_row(parts.get(part)) for parts in sums)])
    if body:
        body.append(["sum, as malloc counts it", *(shown_row(parts.get("")) for parts in sums)])
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
    return "-" if figure is None else figure.said


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
    ratio = cells[0].figure(RATIO, "churn")
    told = "" if ratio.low > 1 or ratio.high < 1 or ratio.low == ratio.high else ", not told apart"
    return cited(percent(ours / malloc if ours and malloc else ratio.value) + told, ratio.row)


def measured(found, place, ratio):
    """The figures of that saving, and how far the runs' ratios lie apart."""
    cells = [found.cell(place, "awaitable", "task", name) for name in ("recycling", "malloc")]
    figures = [cell.figure(RSS, "churn") if cell else None for cell in cells]
    if None in figures:
        return ratio.times
    spread = "one run" if ratio.runs == 1 else f"{ratio.low:.3f} to {ratio.high:.3f} times in {ratio.runs} runs"
    return f"{figures[0].alone} against {figures[1].alone} bytes; {cited(spread, ratio.row)}"


def where(place):
    return OBJECTS[place.objects] + ("" if place.library == "glibc" else f", over {place.library}")


def claim(found, papers):
    """What was published and what is here, in full and in short; paper/claims.tsv has the rule that judges it."""
    share, ratios = published_share(papers), recycled(found)
    if share is None or not ratios:
        return "", ""
    if found.largest < PUBLISHED_AT:
        return f"The published figure is of {PUBLISHED_AT:,} connections; this run had {found.largest:,}.", ""
    first, *others_ = ratios
    lines = [
        f"What is published is of a server in production (discussion of P4003R1). Here are {first.many} on one thread, "
        "each a chain of four tasks, after ten rounds of churn: in each about half of the connections end, and as many "
        "new ones are opened."
    ]
    lines += [
        f"Where {where(place)} recycling takes {saving(found, place)} ({measured(found, place, ratios[place])})."
        for place in others_
    ]
    task = [found.cell(first, "awaitable", "task", name) for name in ("recycling", "malloc")]
    sizes = " against ".join(f"{cell.figure(RSS, 'churn').said}" for cell in task if cell and cell.figure(RSS, "churn"))
    short = (
        f"{shown(share)} % less memory with a frame recycler is published. Here, against malloc, it is "
        f"{saving(found, first)}: {sizes} resident bytes for each of {first.connections:,} connections (lower is "
        "better)."
    )
    return "\n".join(lines), short


def idle(found):
    sizes = {name[:2]: parts[""] for name, parts in found.idle.items() if name[2] == "malloc" and "" in parts}
    said = [f"{' '.join(name)} {figure(sizes[name])}" for name in SPOKEN_OF if name in sizes]
    if len(said) < 2:
        return ""
    return (
        f"An idle connection whose four levels have 64 bytes of locals each takes so many bytes with malloc: "
        f"{', '.join(said)}."
    )


def in_cxx(found):
    """The same chain by a C++ compiler."""
    parts, beside = [], ()
    for name, sizes in found.idle.items():
        twin = found.idle.get((name[0].removeprefix("cxx-"), *name[1:]), {})
        if name[0].startswith("cxx-") and "" in sizes and "" in twin:
            more = sizes[""].value - twin[""].value
            change = f"{shown(abs(more))} {'more' if more > 0 else 'less'} than in C" if more else "as many as in C"
            parts.append(f"{figure(sizes[''])} bytes with {name[2]} ({cited(change, sizes[''])})")
            kept = [twin[part] for part in ("children", "bodies") if part in twin]
            beside = [sizes[part] for part in ("compiler",) if part in sizes], kept
    if not parts:
        return ""
    ours, theirs = (
        cited(f"{shown(sum(row.value for row in rows))} bytes in {language}", *rows)
        for rows, language in zip(beside, ("C++", "C"))
    )
    return (
        f"Real C++20 coroutines of {found.compiler}, a chain of the same four, take idle: {'; '.join(parts)}. Beside "
        f"promises, locals and the read their four frames have {ours}, {theirs}."
    )


def idle_at_most(found):
    """Whether a connection takes as much where there are many."""
    few, many = min(found.fixed, default=0), max(found.fixed, default=0)
    pairs = [
        (sizes[""], found.idle[name][""], name)
        for name, sizes in found.fixed.get(many, {}).items()
        if many > few and "" in sizes and "" in found.idle.get(name, {})
    ]
    if not pairs:
        return ""
    most, least, name = max(pairs, key=lambda pair: abs(pair[0].value - pair[1].value))
    return (
        f"Of {len(pairs)} forms an idle connection differs most in {' '.join(name)} with how many there are: "
        f"{figure(most)} bytes of each of {many:,}, and {figure(least)} of each of {few:,}."
    )


def models(found):
    """The models at the most connections, after churn."""
    place = Place("memory", found.largest or 0, "none", "glibc")
    said = [
        f"{' '.join(cell.name)} {cell.figure(RSS, 'churn').alone}"
        for cell in found.cells(place)
        if cell.allocator == "malloc" and cell.figure(RSS, "churn")
    ]
    if not said:
        return ""
    return (
        f"Resident bytes for each of {place.many} with locals of 64 to 3840 bytes a level, after churn, with malloc: "
        f"{', '.join(said)}."
    )


def holes(found, papers):
    """How much malloc loses in holes, which is all that a recycler could save."""
    share = published_share(papers)
    lost = [
        (cell.figure(FRAGMENTED, "churn"), cell, place)
        for place in found.places
        for cell in found.cells(place)
        if cell.allocator == "malloc" and cell.value(FRAGMENTED, "churn") and place.connections == found.largest
    ]
    if not lost or not share:
        return ""
    worst, cell, place = max(lost, key=lambda item: item[0].value)
    return (
        f"A recycler that takes its memory from malloc can save what malloc loses in holes between blocks. After churn "
        f"malloc holds at most {cited(shown(worst.value), worst.row)} times what is live ({' '.join(cell.name)}, "
        f"{where(place)}); for {shown(share)} % less it would have to hold {shown(100 / (100 - share))} times what the "
        "recycler does. The recycler rounds frames up to its size classes and keeps free ones."
    )


def ended(found):
    """What goes back when the chains have ended."""
    place, parts, given_back = Place("memory", found.largest or 0, "none", "glibc"), [], False
    for name in SPOKEN_OF[1:]:
        cell = found.cell(place, *name, "malloc")
        figures = [cell.figure(*at) for at in ((LIVE, "rest"), (RSS, "rest"), (RSS, "churn"))] if cell else [None]
        if None not in figures:
            live, resident, before = figures
            parts.append(f"{' '.join(name)} {live.alone} live and {resident.alone} resident")
            given_back = given_back or resident.value < 0.9 * before.value
    if not parts:
        return ""
    stays = " What frames leave lies between connections that stay, and does not go back to the system."
    return (
        "When its chain has ended a connection of tasks keeps no frame, while an operation state that is part of the "
        f"connection stays. Bytes of each are then, with malloc: {'; '.join(parts)}.{'' if given_back else stays}"
    )


def emptied(found):
    """What goes back when nothing is open any more."""
    for objects, words in OBJECTS.items():
        place, closed, trimmed = Place("memory", found.largest or 0, objects, "glibc"), [], []
        for allocator in ("malloc", "recycling"):
            cell = found.cell(place, "awaitable", "task", allocator)
            figures = [cell.figure(RSS, moment) for moment in ("closed", "trimmed")] if cell else [None]
            if None not in figures:
                closed.append(f"{figures[0].alone} bytes with {allocator}")
                trimmed.append(f"{figures[1].alone}")
        if closed:
            yield (
                f"When no connection is left and {words}, each that there was still holds {' and '.join(closed)}; once "
                f"allocators are told to give memory back, {' and '.join(trimmed)}."
            )


def small(found):
    """The same ratio with fewer connections: what a recycler keeps is a larger part of it."""
    ratios = {}
    for place in found.places:
        cell = found.cell(place, "awaitable", "task", "recycling")
        ratio = cell.figure(RATIO, "churn") if cell else None
        if ratio and place.library == "glibc" and place.objects == "none" and place.connections != found.largest:
            ratios[place] = (ratio.value, ratio.row)
    if not ratios:
        return ""
    many = " and ".join(f"{count:,}" for count in sorted({place.connections for place in ratios}))
    return (
        f"With fewer connections ({many}) the free frames that the recycler keeps weigh more: resident memory of tasks "
        f"after churn is {span(list(ratios.values()), '{:.2f}'.format)} times malloc's."
    )


def others(found):
    """Other mallocs, and glibc's with other settings, beside glibc's at the same place."""
    sentences = []
    for connections in sorted({place.connections for place in found.places}, reverse=True):
        sizes = {}
        for place in found.places:
            cell = found.cell(place, "awaitable", "task", "malloc")
            if place.connections == connections and place.objects == "kept" and cell and cell.figure(RSS, "churn"):
                sizes[place.library] = cell.figure(RSS, "churn").alone
        if len(sizes) > 1:
            told = ", ".join(f"{library} {size}" for library, size in sizes.items() if library not in SETTINGS)
            sentences.append(
                f"Resident bytes for each of {connections:,} connections of tasks without a recycler, after churn, "
                f"objects kept: {told}."
            )
    settings = dict.fromkeys(place.library for place in found.places if place.library in SETTINGS)
    if settings:
        words = ", ".join(f"{name} is glibc with {SETTINGS[name]}" for name in settings)
        sentences.append(f"In the table {words}: with one thread it has one arena in any case.")
    return " ".join(sentences)


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
