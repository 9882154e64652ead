"""frames: the sentences. What is said of P4003R4 3.5, and of what an allocator costs."""

from .finding import ends, figure, span
from .ratios import shown_speed, speed
from .rows import cited, number_of, shown

WORKLOAD_ITERATIONS = 2_000_000  # as P4003R4 3.5 says
EXAMPLE_FRAMES = 66  # of an iteration of Capy's example/allocation; TREE_FRAMES of bench/frames/order.h
PAIR_MOST = 50  # instructions of an allocation and its free
CHAIN_MOST = 1.45  # times the instructions of the arena, of a chain of four
EXAMPLE = "Capy's example"
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
    """What leads the section."""
    rows = compared(places, "recycling")
    if not rows:
        return ""
    top = max((value for _, allocator, value in papers if allocator == "recycling"), default=None)
    own = [row for place, row in rows if "workload" in place.keys]
    others = [row for place, row in rows if "workload" not in place.keys]
    told = f" (published: {top:.2f}, {top_verdict([reach(row, top) for row in own or others])})" if top else ""
    parts = [f"{speeds(own)} times as fast as from malloc in P4003R4's likely workload{told}"] if own else []
    if others:
        where = "in other chains" if own else f"as fast as from malloc in chains of coroutines{told}"
        parts.append(f"{speeds(others)} times {where}")
    return f"Coroutine frames that are reused come {', and '.join(parts)} (higher is better)."


def counts(places):
    """In how many kinds of chain recycling is faster than malloc; with one list for all threads, too."""
    for allocator, words in (
        ("recycling", "Recycling"),
        ("recycling-global", "With one list for all threads, behind a mutex (recycling-global), it"),
    ):
        if rows := compared(places, allocator):
            yield counted(places, allocator, words, rows)


def counted(places, allocator, words, rows):
    faster = [row for _, row in rows if speed(row)[1] > 1]
    slower = [row for _, row in rows if speed(row)[2] < 1]
    left = [row for _, row in rows if row not in faster + slower]
    cold = [row for place in places if place.keys.get("state") == "cold" and (row := place.ratio(allocator))]
    reused = " and ".join(f"{shown_speed(row)}" for row in cold)
    return (
        f"{words} is faster than malloc in {number_of(faster, len(rows))} kinds of chain in steady state, slower in "
        f"{number_of(slower, len(rows))}, and cannot be told apart in {number_of(left, len(rows))}."
        + (f" Where no frame is reused (cold) it is {reused} times as fast." if cold else "")
    )


def top_verdict(found):
    if len(set(found)) == 1:
        return {REACHED: "reached", OPEN: "cannot be told", BELOW: "not reached"}[found[0]]
    return "reached in some kinds only" if REACHED in found else "not clearly reached"


def speeds(rows):
    return span([(speed(row)[0], row) for row in rows], "{:.2f}".format)


def reason(places):
    """Whether the ratio follows malloc's own instructions."""
    found = [
        (place, row, count(place, "malloc"), count(place, "recycling"))
        for place, row in compared(places, "recycling")
        if place.model == "awaitable"
    ]
    found = [item for item in found if None not in item[2:]]
    if len(found) < 2:
        return []
    least, most = (choose(found, key=lambda item: item[2].value) for choose in (min, max))
    return [
        f"A frame of an awaitable task takes {figure(least[2])} ({least[0]}) to {figure(most[2])} ({most[0]}) "
        f"instructions with malloc, and {ends([item[3] for item in found])} with recycling.",
        agreement([(item[2].value, speed(item[1])[0], item[1]) for item in found]),
    ]


def agreement(found):
    """Of (instructions, ratio, row)."""
    pairs = [(a, b) for i, a in enumerate(found) for b in found[:i] if a[0] != b[0] and a[1] != b[1]]
    same = [a[2] for a, b in pairs if (a[0] > b[0]) == (a[1] > b[1])]
    return (
        f"Of two kinds of chain the one where malloc takes more instructions is the one where recycling gives more in "
        f"{number_of(same, len(pairs))} pairs."
    )


def of_a_frame(total_ms):
    return f"{total_ms * 1e6 / (WORKLOAD_ITERATIONS * EXAMPLE_FRAMES):.1f}"


def workload(places, times):
    """The paper's times, of a frame if what stands for its benchmark is that, and ours."""
    ours = [place for place in places if "workload" in place.keys and place.ratio("recycling")]
    ours = max(ours, key=lambda place: (place.model.startswith("cxx"), place.one_thread), default=None)
    both = [ours.figures(name).get("ns_per_op") for name in ("recycling", "malloc")] if ours else []
    paper = [
        f"{of_a_frame(found['recycling'])} and {of_a_frame(found['std::allocator'])} ns ({compiler})"
        for compiler, found in times.items()
        if {"recycling", "std::allocator"} <= found.keys()
    ]
    if not paper or not both or None in both:
        return []
    recycled, fresh = (cited(f"{row.value:.1f}", row) for row in both)
    return [
        f"A frame from the recycler and one from malloc take {recycled} and {fresh} ns here ({ours}; lower is better). "
        f"Published, if the paper's workload is {EXAMPLE} with its {EXAMPLE_FRAMES} frames: {', '.join(paper)}."
    ]


def verdicts(places, papers):
    """In how many kinds of chain each published ratio is reached, and the most that was seen."""
    lines = []
    for compiler, allocator, value in papers:
        rows = compared(places, allocator)
        if not rows:
            lines.append(f"Published {value:.2f} ({allocator}, {compiler}): not measured.")
            continue
        found = {word: [row for _, row in rows if reach(row, value) == word] for word in REACHES}
        words = {REACHED: "reached in", OPEN: "cannot be told apart in", BELOW: "not reached in"}
        told = [f"{words[word]} {number_of(found[word], len(rows))}" for word in REACHES if found[word]]
        best, row = max(rows, key=lambda item: speed(item[1])[0])
        lines.append(
            f"Published {value:.2f} ({allocator}, {compiler}): {', '.join(told)} kinds of chain. The most is "
            f"{shown_speed(row)} times, {best}."
        )
    return lines


def history(places):
    """The same chain in a process that never had a second thread, and in one that has."""
    lines = []
    for single in places:
        several = [place for place in places if place.chain == single.chain and not place.one_thread]
        if not single.one_thread or not single.steady or not several:
            continue
        several = max(several, key=lambda place: place.process)
        rows = single.ratio("recycling"), several.ratio("recycling")
        if None not in rows:
            what = str(single).rsplit(", ", 1)[0]
            lines.append(
                f"Times as fast as malloc, recycling, {what}: {shown_speed(rows[0])} in a process that never had a "
                f"second thread, {shown_speed(rows[1])} in one that has."
            )
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
                told = f", {of_frames(fresh)} from malloc" if fresh and fresh.value is not None else ""
                text.append(f"{name} {shown_speed(row)}{told}")
        if text:
            lines.append(f"Times as fast as malloc, {place}: {'; '.join(text)}.")
    return lines


def of_frames(row):
    words = {0: "no frame", 1: "every frame"}
    return cited(words.get(row.value, f"{shown(row.value)} of the frames"), row)


def count(place, name):
    row = place.figures(name).get("instructions_per_op")
    return row if row and row.value is not None else None


def gates(places):
    """What recycling costs in instructions, against limits and the other allocators."""
    lines = []
    pair = next((place for place in places if place.keys.get("depth") == "0"), None)
    ours = count(pair, "recycling") if pair else None
    if ours:
        others = {name: count(pair, name) for name in ("malloc", *LIBRARIES)}
        rows = [row for row in others.values() if row]
        fewer = "fewer" if all(ours.value < row.value for row in rows) else "not fewer"
        missing = [name for name, row in others.items() if not row]
        lines.append(
            f"To allocate and free a frame by recycling takes {figure(ours)} instructions "
            f"(target: at most {PAIR_MOST}, {'met' if ours.value <= PAIR_MOST else 'missed'})"
            + (f", {fewer} than by each of malloc and its replacements: {ends(rows)}" if rows else "")
            + (f" ({', '.join(missing)} not measured)." if missing else ".")
        )
    fours = [place for place in places if place.keys.get("depth") == "4" and place.steady]
    both = [(count(place, "recycling"), count(place, "arena")) for place in fours]
    ratios = [(ours.value / arena.value, ours) for ours, arena in both if ours and arena]
    if ratios:
        lines.append(
            f"A chain of 4 frames from recycling takes {span(ratios, '{:.2f}'.format)} times the instructions of the "
            f"same from an arena whose free does nothing (target: at most {CHAIN_MOST}, "
            f"{'met' if max(ratio for ratio, _ in ratios) <= CHAIN_MOST else 'missed'})."
        )
    steady = [place for place in places if place.steady and not place.default]
    fresh = [place.figures("recycling").get("allocs_fresh_per_op") for place in steady]
    fresh = [row for row in fresh if row and row.value is not None]
    if fresh:
        none = number_of([row for row in fresh if row.value == 0], len(fresh))
        lines.append(f"After warm-up recycling takes nothing from malloc in {none} steady cells.")
    return lines
