"""frames: the sentences. What is said of P4003R4 3.5, and of what an allocator costs."""

from .ratios import shown_range, shown_speed, speed
from .rows import shown

WORKLOAD_FRAMES = 2_000_000 * 66  # iterations, and the coroutines of one
PAIR_MOST = 50  # instructions of an allocation and its free
CHAIN_MOST = 1.45  # of a chain of four, to the arena's
EXAMPLE = "Capy's example"
FEW = 8  # kinds of chain: a verdict of so many names them
LIBRARIES = ("mimalloc", "jemalloc", "tcmalloc")


def interval(row):
    value, low, high = speed(row)
    return f"{value:.2f} times as fast as malloc (99 % interval {low:.2f} to {high:.2f})"


REACHES = REACHED, OPEN, BELOW = "reached", "open", "below"


def reach(row, published):
    """Whether the whole interval is at the published ratio or above, has it in it, or is below."""
    _, low, high = speed(row)
    return REACHED if low >= published else OPEN if high >= published else BELOW


def compared(places, allocator):
    """[(place, row)] of the chains in steady state on one thread; of a process that has had several one group each."""
    found = [(place, place.ratio(allocator)) for place in places if place.steady and place.keys.get("depth") != "0"]
    found = [(place, row) for place, row in found if row]
    main = {place.chain for place, _ in found if not place.process}
    return [(place, row) for place, row in found if place.process != "several-threads" or place.chain not in main]


def published_headline(places, papers):
    """(short, in full)"""
    rows = compared(places, "recycling")
    if not rows:
        return "", ""
    values = [speed(row)[0] for _, row in rows]
    text = f"Recycling coroutine frames is {shown_range(values)} times as fast as malloc here"
    own = [in_short(place, row) for place, row in rows if "workload" in place.keys]
    if own:
        text += f", on {EXAMPLE}, taken for the paper's workload, {', '.join(own)}"
    paper = [f"{value:.2f} ({compiler})" for compiler, allocator, value in papers if allocator == "recycling"]
    text += f"; published: {' and '.join(paper)}, P4003R4 3.5." if paper else "."
    faster = sum(speed(row)[1] > 1 for _, row in rows)
    slower = sum(speed(row)[2] < 1 for _, row in rows)
    counts = (
        f" It is faster in {faster} of {len(rows)} kinds of chain, slower in {slower}, and not told apart in "
        f"{len(rows) - faster - slower}."
    )
    return text, text + counts + claim(rows, papers)


def in_short(place, row):
    language = "C++" if place.model.startswith("cxx") else "C"
    return f"{shown_speed(row)} in {language}, process of {'one thread' if place.one_thread else 'several threads'}"


def claim(rows, papers):
    """The published ratio holds here when ..., not when ..."""
    most = max((value for _, allocator, value in papers if allocator == "recycling"), default=None)
    if most is None:
        return ""
    found = {word: [str(place) for place, row in rows if reach(row, most) == word] for word in REACHES}
    parts = []
    if found[REACHED]:
        parts.append(f"holds here for {listed(found[REACHED])}")
    else:
        parts.append(f"is not clearly reached in any of these {len(rows)} kinds of chain")
    if found[OPEN]:
        parts.append(f"is within the interval for {listed(found[OPEN])}")
    if found[BELOW]:
        parts.append(f"does not hold for {listed(found[BELOW])}")
    return f" {most:.2f} {'; it '.join(parts)}."


def listed(names, most=12):
    told = ", ".join(f"({name})" for name in names[:most])
    return told + (f" and {len(names) - most} more" if len(names) > most else "")


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
            f" {top:.2f} is reached, or within the interval, where malloc takes {shown(min(above))} or more; it is not "
            f"where malloc takes {shown(max(below))} or fewer."
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
    return f"{total_ms * 1e6 / WORKLOAD_FRAMES:.1f}"


def workload(places, papers, times):
    """What stands for the paper's benchmark."""
    lines = []
    for place in places:
        if "workload" not in place.keys:
            continue
        text = []
        for name in ("recycling", *LIBRARIES):
            row = place.ratio(name)
            if row:
                paper = [f"{value:.2f}, {who}" for who, allocator, value in papers if allocator == name]
                text.append(f"{name} {shown_speed(row)}" + (f" (published {'; '.join(paper)})" if paper else ""))
        if text:
            lines.append(f"Times as fast as malloc, {place}: {', '.join(text)}.")
    ours = [place for place in places if "workload" in place.keys and place.ratio("recycling")]
    ours = max(ours, key=lambda place: (place.model.startswith("cxx"), place.one_thread), default=None)
    both = [ours.figures(name).get("ns_per_op") for name in ("recycling", "malloc")] if ours else []
    if times and len(both) == 2 and all(both):
        paper = [
            f"{of_a_frame(found['recycling'])} and {of_a_frame(found['std::allocator'])} ns ({compiler})"
            for compiler, found in times.items()
            if {"recycling", "std::allocator"} <= found.keys()
        ]
        lines.append(
            "The paper says of its workload: a chain of 4 coroutines, 2 million iterations. Capy's example of that "
            "name makes 66 frames an iteration; taken so, its times are, for a frame from the recycler and from the "
            f"default allocator, {' and '.join(paper)}; ours {both[0].value:.1f} and {both[1].value:.1f} ns ({ours})."
        )
    return lines


def verdict(found):
    """Of {word of reach: kinds of chain}, in the words of claims.tsv."""
    if found[REACHED]:
        return f"holds when the chain is {listed(found[REACHED])}" if found[OPEN] or found[BELOW] else "holds"
    return "not told apart" if found[OPEN] else "refuted here"


def verdicts(places, papers):
    lines = []
    for compiler, allocator, value in papers:
        rows = compared(places, allocator)
        if not rows:
            lines.append(f"Published {value:.2f} ({allocator}, {compiler}): not testable here: not measured.")
            continue
        found = {word: [str(place) for place, row in rows if reach(row, value) == word] for word in REACHES}
        number = {word: len(names) for word, names in found.items()}
        text = (
            f"Published {value:.2f} ({allocator}, {compiler}): {verdict(found)}; reached or exceeded in "
            f"{number[REACHED]} of {len(rows)} kinds of chain, within the interval in {number[OPEN]}, not reached in "
            f"{number[BELOW]}"
        )
        if len(rows) <= FEW:
            text += f"; not tested beyond {listed([str(place) for place, _ in rows])}"
        best = max(rows, key=lambda item: speed(item[1])[0])
        lines.append(f"{text}; at most {interval(best[1])}, {best[0]}.")
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
            reached = {REACHED: "reached", OPEN: "within the interval", BELOW: "not reached"}
            told = [reached[reach(row, most)] for row in rows]
            where = "both" if told[0] == told[1] else f"the one, {told[1]} in the other"
            text += f"; {most:.2f} is {told[0]} in {where}"
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
        word = "no more than" if ours <= PAIR_MOST else "more than"
        line = (
            f"recycling, called directly, allocate and free in steady state: {shown(ours)} instructions{alone}: "
            f"{word} {PAIR_MOST}"
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
        word = "no more than" if max(ratios) <= CHAIN_MOST else "more than"
        lines.append(
            f"A chain of 4 frames from recycling takes {shown_range(ratios)} times the instructions of the same from "
            f"an arena whose free does nothing: {word} {CHAIN_MOST}."
        )
    steady = [place for place in places if place.steady and not place.default]
    fresh = [place.figures("recycling").get("allocs_fresh_per_op") for place in steady]
    fresh = [row.value for row in fresh if row and row.value is not None]
    if fresh:
        none = sum(value == 0 for value in fresh)
        lines.append(f"After warm-up recycling takes nothing from malloc in {none} of {len(fresh)} steady cells.")
    return lines
