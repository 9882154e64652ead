"""frames: the sentences. What is said of P4003R4 3.5, and of what an allocator costs."""

from .ratios import shown_range, shown_speed, speed
from .rows import shown

WORKLOAD_ITERATIONS = 2_000_000  # as P4003R4 3.5 says
EXAMPLE_FRAMES = 66  # of an iteration of Capy's example/allocation; TREE_FRAMES of bench/frames/order.h
PAIR_MOST = 50  # instructions of an allocation and its free
CHAIN_MOST = 1.45  # of a chain of four, to the arena's
EXAMPLE = "Capy's example"
FEW = 3  # kinds of chain: so many are named
LIBRARIES = ("mimalloc", "jemalloc", "tcmalloc")


REACHES = REACHED, OPEN, BELOW = "reached", "open", "below"


def reach(row, published):
    """Whether the whole interval is at the published ratio or above, has it in it, or is below."""
    _, low, high = speed(row)
    return REACHED if low >= published else OPEN if high >= published else BELOW


def decides(place):
    """A chain in steady state on one thread."""
    return place.steady and place.keys.get("depth") != "0"


def compared(places, allocator):
    """[(place, row)] of the chains that decide; of processes that have had several threads one group each."""
    found = [(place, place.ratio(allocator)) for place in places if decides(place)]
    found = [(place, row) for place, row in found if row]
    main = {place.chain for place, _ in found if not place.process}
    return [(place, row) for place, row in found if place.process != "several-threads" or place.chain not in main]


def reached_column(place, allocator, published):
    """Of the table: yes, no, or cannot tell; - where no verdict is built on it."""
    row = place.ratio(allocator)
    if not row or not decides(place):
        return "-"
    return {REACHED: "yes", OPEN: "cannot tell", BELOW: "no"}[reach(row, published)]


def published_headline(places, papers):
    """(short, in full)"""
    rows = compared(places, "recycling")
    if not rows:
        return "", ""
    compiler, top = max(
        ((who, value) for who, allocator, value in papers if allocator == "recycling"),
        key=lambda paper: paper[1],
        default=("", None),
    )
    own = [row for place, row in rows if "workload" in place.keys]
    others = [row for place, row in rows if "workload" not in place.keys]
    parts = []
    if own:
        parts.append(f"{speeds(own)} times as fast as malloc's on {EXAMPLE}, taken for the paper's workload,")
    if others:
        where = "on other chains" if own else "as fast as malloc's"
        parts.append(f"{speeds(others)} times {where}")
    text = f"Recycled coroutine frames are {' and '.join(parts)} (higher is better)."
    if top is not None:
        text = f"{top_verdict([reach(row, top) for row in own or others], top, compiler, bool(own))} {text}"
    faster = sum(speed(row)[1] > 1 for _, row in rows)
    slower = sum(speed(row)[2] < 1 for _, row in rows)
    counts = (
        f" It is faster in {faster} of {len(rows)} kinds of chain, slower in {slower}, and cannot be told apart in "
        f"{len(rows) - faster - slower}."
    )
    return text, text + counts


def top_verdict(found, top, compiler, example):
    if found.count(found[0]) == len(found):
        word = {REACHED: "is reached", OPEN: "cannot be told apart", BELOW: "is not reached"}[found[0]]
    else:
        word = "is reached in some kinds only" if REACHED in found else "is not clearly reached"
    where = f"on {EXAMPLE}" if example else "here"
    return f"The published {top:.2f} times as fast as malloc (recycling, {compiler}, P4003R4 3.5) {word} {where}."


def speeds(rows):
    return shown_range([speed(row)[0] for row in rows])


def reason(places, papers):
    """Whether the ratio follows malloc's own instructions."""
    found = [
        (place, row, count(place, "malloc"), count(place, "recycling"))
        for place, row in compared(places, "recycling")
        if place.model == "awaitable"
    ]
    found = [item for item in found if None not in item[2:]]
    if len(found) < 2:
        return []
    least, most = (choose(found, key=lambda item: item[2]) for choose in (min, max))
    recycled = [item[3] for item in found]
    text = (
        f"A frame of an awaitable task takes {shown(least[2])} ({least[0]}) to {shown(most[2])} ({most[0]}) "
        f"instructions with malloc, and {shown(min(recycled))} to {shown(max(recycled))} with recycling. "
        f"{agreement([(item[2], speed(item[1])[0]) for item in found])}"
    )
    top = max((value for _, allocator, value in papers if allocator == "recycling"), default=None)
    above = [item[2] for item in found if top and reach(item[1], top) != BELOW]
    below = [item[2] for item in found if top and reach(item[1], top) == BELOW]
    if above and below and min(above) > max(below):
        text += (
            f" {top:.2f} is reached, or cannot be told apart, where malloc takes {shown(min(above))} or more; it is "
            f"not reached where malloc takes {shown(max(below))} or fewer."
        )
    return [text]


def agreement(found):
    """Of pairs (instructions, ratio)."""
    pairs = [(a, b) for i, a in enumerate(found) for b in found[:i] if a[0] != b[0] and a[1] != b[1]]
    same = sum((a[0] > b[0]) == (a[1] > b[1]) for a, b in pairs)
    return (
        f"Of two kinds of chain the one where malloc takes more instructions is the one where recycling gives more in "
        f"{same} of {len(pairs)} pairs."
    )


def of_a_frame(total_ms):
    return f"{total_ms * 1e6 / (WORKLOAD_ITERATIONS * EXAMPLE_FRAMES):.1f}"


def workload(places, papers, times):
    """What stands for the paper's benchmark."""
    lines = []
    places = [place for place in places if "workload" in place.keys]
    for name in ("recycling", *LIBRARIES):
        rows = [row for _, row in compared(places, name)]
        if rows:
            paper = [f"{value:.2f} ({who})" for who, allocator, value in papers if allocator == name]
            told = f"{speeds(rows)} in {len(rows)} groups" if len(rows) > 1 else shown_speed(rows[0])
            told += f"; published {' and '.join(paper)}" if paper else ""
            lines.append(f"Times as fast as malloc, {EXAMPLE}, {name}: {told}.")
    ours = [place for place in places if place.ratio("recycling")]
    ours = max(ours, key=lambda place: (place.model.startswith("cxx"), place.one_thread), default=None)
    both = [ours.figures(name).get("ns_per_op") for name in ("recycling", "malloc")] if ours else []
    if times and len(both) == 2 and all(both):
        paper = [
            f"{of_a_frame(found['recycling'])} and {of_a_frame(found['std::allocator'])} ns ({compiler})"
            for compiler, found in times.items()
            if {"recycling", "std::allocator"} <= found.keys()
        ]
        lines.append(
            "Nanoseconds a frame from the recycler and from the default allocator, if the paper's workload is "
            f"{EXAMPLE} ({EXAMPLE_FRAMES} frames an iteration, counted in its source): {' and '.join(paper)}; ours "
            f"{both[0].value:.1f} and {both[1].value:.1f} ns ({ours}). Less is better."
        )
    return lines


def of_kinds(found):
    """In how many kinds of chain it is reached, cannot be told apart and is not reached; how fast, and which."""
    words = {REACHED: "reached in", OPEN: "cannot be told apart in", BELOW: "not reached in"}
    told = []
    for word, items in found.items():
        if items:
            which = "" if word == REACHED else named(items)
            told.append(f"{words[word]} {len(items)} ({speeds([row for _, row in items])} times{which})")
    return f"of {sum(map(len, found.values()))} kinds of chain {', '.join(told)}"


def named(items):
    """All of a few, or the fastest of many."""
    names = [str(place) for place, _ in sorted(items, key=lambda item: -speed(item[1])[0])]
    return f": {'; '.join(names)}" if len(names) <= FEW else f", the fastest {names[0]}"


def verdicts(places, papers):
    lines = []
    for compiler, allocator, value in papers:
        rows = compared(places, allocator)
        if not rows:
            lines.append(f"Published {value:.2f} ({allocator}, {compiler}): not measured.")
            continue
        found = {word: [item for item in rows if reach(item[1], value) == word] for word in REACHES}
        text = f"Published {value:.2f} ({allocator}, {compiler}): {of_kinds(found)}"
        best, row = max(rows, key=lambda item: speed(item[1])[0])
        most, low, high = speed(row)
        lines.append(f"{text}. The largest seen is {most:.2f} times (99 % interval {low:.2f} to {high:.2f}), {best}.")
    return lines


def history(places, papers):
    """The same chain in a process that never had a second thread, and in one that has."""
    most = max((value for _, allocator, value in papers if allocator == "recycling"), default=None)
    lines = []
    for single in places:
        several = [place for place in places if place.chain == single.chain and not place.one_thread]
        if not single.one_thread or not single.steady or not several:
            continue
        several = max(several, key=lambda place: place.process)
        rows = single.ratio("recycling"), several.ratio("recycling")
        if None in rows:
            continue
        what = str(single).rsplit(", ", 1)[0]
        text = (
            f"Times as fast as malloc, recycling, {what}: {shown_speed(rows[0])} in a process that never had a second "
            f"thread, {shown_speed(rows[1])} in one that has"
        )
        if most:
            words = {REACHED: "is reached", OPEN: "cannot be told apart", BELOW: "is not reached"}
            told = [words[reach(row, most)] for row in rows]
            where = "either" if told[0] == told[1] else f"the one and {told[1]} in the other"
            text += f"; {most:.2f} {told[0]} in {where}"
        lines.append(f"{text}.")
    return lines


def situations(places):
    """Cold, two threads, and frames freed elsewhere."""
    lines = []
    for place in places:
        if place.steady or "callee" in place.keys:
            continue
        text = []
        for name in ("recycling", "recycling-global"):
            row = place.ratio(name)
            if row:
                fresh = place.figures(name).get("allocs_fresh_per_op")
                told = f", {of_frames(fresh.value)} from malloc" if fresh and fresh.value is not None else ""
                text.append(f"{name} {shown_speed(row)}{told}")
        if text:
            lines.append(f"Times as fast as malloc, {place}: {'; '.join(text)}.")
    return lines


def of_frames(fresh):
    return "no frame" if fresh == 0 else "every frame" if fresh == 1 else f"{shown(fresh)} of the frames"


def count(place, name):
    row = place.figures(name).get("instructions_per_op")
    return row.value if row else None


def gates(places):
    """What recycling costs in instructions, against limits and the other allocators."""
    lines = []
    pair = next((place for place in places if place.keys.get("depth") == "0"), None)
    ours = count(pair, "recycling") if pair else None
    if ours is not None:
        calls = count(pair, "calls")
        alone = f", {shown(ours - calls)} beyond two empty calls" if calls is not None else ""
        line = (
            f"recycling, called directly, allocate and free in steady state: {shown(ours)} instructions{alone} "
            f"(target: at most {PAIR_MOST}, {'met' if ours <= PAIR_MOST else 'missed'})"
        )
        others = {name: count(pair, name) for name in ("malloc", *LIBRARIES)}
        told = [f"{name} {shown(value)}" for name, value in others.items() if value is not None]
        fewer = all(ours < value for value in others.values() if value is not None)
        missing = [name for name, value in others.items() if value is None]
        line += f"; {'fewer than each of' if fewer else 'not fewer than each of'} {', '.join(told)}" if told else ""
        lines.append(line + (f" ({', '.join(missing)} not measured)" if missing else "") + ".")
    fours = [place for place in places if place.keys.get("depth") == "4" and place.steady]
    both = [(count(place, "recycling"), count(place, "arena")) for place in fours]
    ratios = [ours / arena for ours, arena in both if ours and arena]
    if ratios:
        lines.append(
            f"A chain of 4 frames from recycling takes {shown_range(ratios)} times the instructions of the same from "
            f"an arena whose free does nothing (target: at most {CHAIN_MOST}, "
            f"{'met' if max(ratios) <= CHAIN_MOST else 'missed'})."
        )
    steady = [place for place in places if place.steady and not place.default]
    fresh = [place.figures("recycling").get("allocs_fresh_per_op") for place in steady]
    fresh = [row.value for row in fresh if row and row.value is not None]
    if fresh:
        none = sum(value == 0 for value in fresh)
        lines.append(f"After warm-up recycling takes nothing from malloc in {none} of {len(fresh)} steady cells.")
    return lines
