"""frames: the sentences. What is said of P4003R4 3.5, and of what an allocator costs."""

from .ratios import shown_range, shown_speed, speed
from .rows import shown

WORKLOAD_FRAMES = 2_000_000 * 66  # iterations, and the coroutines of one
PAIR_MOST = 50  # instructions of an allocation and its free
CHAIN_MOST = 1.45  # of a chain of four, to the arena's
LIBRARIES = ("mimalloc", "jemalloc", "tcmalloc")


def interval(row):
    value, low, high = speed(row)
    return f"{value:.2f} times as fast as malloc (99 % interval {low:.2f} to {high:.2f})"


REACHED, OPEN, BELOW = "reached", "open", "below"


def reach(row, published):
    """Whether the whole interval is at the published ratio or above, has it in it, or is below."""
    _, low, high = speed(row)
    return REACHED if low >= published else OPEN if high >= published else BELOW


def compared(places, allocator):
    """[(place, row)] of the chains in steady state on one thread."""
    found = [(place, place.ratio(allocator)) for place in places if place.steady and place.keys.get("depth") != "0"]
    return [(place, row) for place, row in found if row]


def published_headline(places, papers):
    """(short, in full)"""
    rows = compared(places, "recycling")
    if not rows:
        return "", ""
    values = [speed(row)[0] for _, row in rows]
    text = f"Recycling coroutine frames is {shown_range(values)} times as fast as malloc here"
    own = [(place, row) for place, row in rows if "workload" in place.keys and place.model == "awaitable"]
    if own:
        _, row = max(own, key=lambda item: "process" in item[0].keys)
        text += f", on the paper's own workload {shown_speed(row)}"
    paper = [f"{value:.2f} ({compiler})" for compiler, allocator, value in papers if allocator == "recycling"]
    text += f"; published: {' and '.join(paper)}, P4003R4 3.5." if paper else "."
    faster = sum(speed(row)[1] > 1 for _, row in rows)
    slower = sum(speed(row)[2] < 1 for _, row in rows)
    counts = (
        f" It is faster in {faster} of {len(rows)} kinds of chain, slower in {slower}, and not told apart in "
        f"{len(rows) - faster - slower}."
    )
    return text, text + counts + claim(rows, papers)


def claim(rows, papers):
    """The published ratio holds here when ..., not when ..."""
    most = max((value for _, allocator, value in papers if allocator == "recycling"), default=None)
    if most is None:
        return ""
    found = {word: [str(place) for place, row in rows if reach(row, most) == word] for word in (REACHED, OPEN, BELOW)}
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
    """What the ratio follows: malloc's own instructions."""
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
        f"instructions with malloc, and {shown(min(recycled))} to {shown(max(recycled))} with recycling: what the "
        "ratio depends on is how much malloc has to do."
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


def of_a_frame(total_ms):
    return f"{total_ms * 1e6 / WORKLOAD_FRAMES:.1f}"


def workload(places, papers, times):
    """The paper's own benchmark."""
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
    ours = max(ours, key=lambda place: "process" in place.keys, default=None)
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
            f"default allocator, {' and '.join(paper)}; ours {both[0].value:.1f} and {both[1].value:.1f} ns."
        )
    return lines


def verdicts(places, papers):
    lines = []
    for compiler, allocator, value in papers:
        rows = compared(places, allocator)
        if not rows:
            lines.append(f"Published {value:.2f} ({allocator}, {compiler}): not measured here.")
            continue
        found = {word: sum(reach(row, value) == word for _, row in rows) for word in (REACHED, OPEN, BELOW)}
        verdict = "depends on the chain"
        if found[REACHED] == len(rows):
            verdict = "holds"
        elif found[BELOW] == len(rows):
            verdict = "refuted here"
        text = (
            f"Published {value:.2f} ({allocator}, {compiler}): {verdict}; reached or exceeded in {found[REACHED]} of "
            f"{len(rows)} kinds of chain, within the interval in {found[OPEN]}, not reached in {found[BELOW]}"
        )
        best = max(rows, key=lambda item: speed(item[1])[0])
        lines.append(f"{text}; at most {interval(best[1])}, {best[0]}.")
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
        line = f"recycling, allocate and free in steady state: {shown(ours)} instructions{alone}: {word} {PAIR_MOST}"
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
