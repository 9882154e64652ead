"""frames: what frame allocators give over malloc, by size of frames and depth of chains, beside what is published."""

from .frames_claims import EXAMPLE, counts, gates, history, published_headline, reached_column, reason, situations
from .frames_claims import verdicts, workload
from .frames_delivery import delivery_findings, delivery_tables, is_delivery
from .ratios import control_finding, groups_of, shown_speed, speed
from .rows import breakable, cited, shown, shown_row
from .tables import Heading, Section, Table

RATIO = "ratio_to_malloc"
LIBRARIES = ["mimalloc", "jemalloc", "tcmalloc"]
ALLOCATORS = ["recycling", "recycling-global", "pool", "arena", *LIBRARIES]
MODELS = {"awaitable": "awaitable", "sender": "sender", "cxx-awaitable": "C++ awaitable", "cxx-sender": "C++ sender"}
SHOWN_ABOVE = 1.25  # the figure's end, to the largest value: an interval that goes on is cut there
SIZES_AT, DEPTHS_AT = "4", "256"  # where the figure's two lines through the cross product lie


PROCESSES = {"child": ", process of one thread", "several-threads": ", own process of several threads"}
PAIRS = " A ratio is the median of such pairs and need not be the quotient of two times in the table."


class Place:
    """A group as a reader thinks of it: whose chains, how deep, how large the frames, and what else is special."""

    def __init__(self, group):
        self.group = group
        keys = next(row.keys for figures in group.cells.values() for row in figures.values())
        self.keys = keys
        self.models = {model for model, _ in group.cells} - {"raw"}
        self.default = "frame" not in keys and "workload" not in keys
        self.in_main_process = False  # to be said, for the same chain is also in a process of its own

    def figures(self, mechanism):
        """Of this group's own model: a library's cells may be of another."""
        found = [figures for (model, name), figures in self.group.cells.items() if name == mechanism]
        return found[0] if found else {}

    def ratio(self, mechanism):
        row = self.figures(mechanism).get(RATIO)
        return row if row and speed(row) else None

    @property
    def model(self):
        own = [model for model, name in self.group.cells if name == "malloc"]
        return own[0] if own else sorted(self.models)[0] if self.models else "raw"

    @property
    def steady(self):
        return not {"state", "threads", "callee"} & self.keys.keys()

    @property
    def chain(self):
        """The variant, whatever its process."""
        return (self.model, *sorted((key, value) for key, value in self.keys.items() if key != "process"))

    @property
    def process(self):
        return self.keys.get("process", "")

    @property
    def one_thread(self):
        """Whether the process never had a second one."""
        return self.process == "child"

    @property
    def bytes(self):
        if self.keys.get("frame") == "mixed":
            return "64 B to 4 KiB, mixed"
        if "frame" in self.keys:
            return f"{self.keys['frame']} B"
        row = self.figures("malloc").get("frame_bytes")
        return f"{shown(row.value)} B" if row and row.value is not None else "?"

    def __str__(self):
        keys = self.keys
        if keys.get("workload") == "p4003":
            text = EXAMPLE
        elif keys.get("depth") == "0":
            text = f"allocate and free alone, {self.bytes}"
        else:
            text = f"{keys.get('depth', '?')} deep, {self.bytes}"
        if keys.get("state") == "cold":
            text += ", cold"
        if keys.get("freed"):
            text += ", freed on another thread"
        elif keys.get("threads"):
            text += f", {keys['threads']} threads"
        if keys.get("callee"):
            text += ", callee visible"
        text += ", main process" if self.in_main_process else PROCESSES.get(self.process, "")
        return text if self.model == "awaitable" else f"{MODELS.get(self.model, self.model)}, {text}"


def order(place):
    """The workload first, then chains by model, size and depth, then what is special."""
    keys = place.keys
    size = keys.get("frame", "0")
    return (
        keys.get("workload") is None,
        not place.steady,
        keys.get("depth") == "0",
        list(MODELS).index(place.model) if place.model in MODELS else len(MODELS),
        10**6 if size == "mixed" else int(size),
        int(keys.get("depth", "0")),
        str(place),
    )


def build(rows, published=()):
    section = Section("frames")
    delivered = [row for row in rows if is_delivery(row)]
    groups = groups_of([row for row in rows if not is_delivery(row)])
    places = places_of(groups)
    timed = [place for place in places if place.group.timed]
    papers = published_ratios(published)
    tables = [ratio_table(timed, papers), instructions_table(places)]
    section.tables = [table for table in [*tables, whole_table(groups)] if table and table.rows]
    section.tables += delivery_tables(rows)
    section.short = published_headline(timed, papers)
    section.headline = "\n".join([*counts(timed), *verdicts(timed, papers)])
    section.findings = workload(timed, published_times(published)) + history(timed) + reason(timed)
    section.findings += situations(timed) + gates(places) + control_finding(groups, RATIO)
    section.findings += delivery_findings(rows) if delivered else []
    section.data = figure_data(timed, papers)
    return section


def places_of(groups):
    places = [Place(group) for group in groups]
    apart = {place.chain for place in places if place.process == "several-threads"}
    for place in places:
        place.in_main_process = not place.process and place.chain in apart
    return sorted(places, key=order)


def published_times(published):
    """{compiler: {allocator: ms}} of P4003R4 3.5."""
    times = {}
    for source, table, row, _, value, *_ in published:
        if source.startswith("P4003") and table.startswith("3.5"):
            compiler, allocator = row.split(" / ")
            times.setdefault(compiler, {})[allocator] = float(value)
    return times


def published_ratios(published):
    """[(compiler, allocator, ratio)] of P4003R4 3.5, computed from the published times."""
    return [
        (compiler, allocator, found["std::allocator"] / time)
        for compiler, found in published_times(published).items()
        if "std::allocator" in found
        for allocator, time in found.items()
        if allocator != "std::allocator"
    ]


# --- Tables ---


def ratio_table(places, papers):
    named = [name for name in ALLOCATORS if any(place.ratio(name) for place in places)]
    body, heading = [], None
    told = [paper for paper in papers if paper[1] in named]
    columns = ["chains", "malloc, ns a frame", *named]
    columns += [f"{value:.2f} reached? ({name}, {compiler})" for compiler, name, value in told]
    for place in places:
        if not any(place.ratio(name) for name in named):
            continue
        title = kind(place)
        if title != heading:
            body.append(Heading(title, len(columns)))
            heading = title
        ratios = [place.ratio(name) for name in named]
        body.append(
            [
                str(place),
                shown_row(place.figures("malloc").get("ns_per_op")),
                *(shown_speed(ratio) if ratio else "-" for ratio in ratios),
                *(reached_column(place, name, value) for _, name, value in told),
            ]
        )
    return Table(
        "frames-ratio",
        "Times as fast as malloc, by allocator",
        columns,
        body,
        "malloc's time over the allocator's, as the paper has it: above 1 is faster. In brackets the 99 % interval of "
        f"paired, interleaved runs.{PAIRS} reached? is of the published ratio, for chains in steady state on one "
        "thread: yes, the whole interval is there or above; no, it is below; cannot tell, the ratio lies in it. "
        "results/frames.tsv has the inverse, ratio_to_malloc, where below 1 is faster. Main process: that of all other "
        "cells, which has had several threads. Own "
        "process, or process of one thread: all of the group, malloc too, run in processes of their own, where "
        "mimalloc, jemalloc and tcmalloc stand in malloc's place (LD_PRELOAD) and the frames are taken from it as they "
        "are. Of one thread: it never had a second one, and glibc leaves atomic operations out; every other process "
        "has had one.",
        essential=True,
    )


def kind(place):
    if "workload" in place.keys:
        return f"{EXAMPLE}, taken for the workload of P4003R4 3.5"
    if not place.steady:
        return "Not steady, or not of one thread"
    if place.keys.get("depth") == "0":
        return "No coroutine"
    return f"Chains of {MODELS.get(place.model, place.model)} tasks"


def instructions_table(places):
    """A pair and a chain of four, of every allocator."""
    pair = next((place for place in places if place.keys.get("depth") == "0"), None)
    chain = next((place for place in places if place.keys.get("depth") == "4" and "frame" in place.keys), None)
    if not pair:
        return None
    body = []
    calls = pair.figures("calls").get("instructions_per_op")
    for name in ["malloc", "recycling", "recycling-by-table", *ALLOCATORS[1:]]:
        row = pair.figures(name).get("instructions_per_op")
        known = row and calls and None not in (row.value, calls.value)
        own = cited(shown(row.value - calls.value), row, calls) if known else "?"
        of_chain = chain.figures(name).get("instructions_per_op") if chain else None
        if row:
            body.append([name, shown_row(row), own, shown_row(of_chain)])
    return Table(
        "frames-instructions",
        "Instructions of a frame from each allocator",
        ["allocator", "allocate and free", "more than two empty calls", "a frame of a chain of 4"],
        body,
        "Less is better. Counted by callgrind in steady state. The first two columns are of a pair with no coroutine, "
        f"its calls included; the last is {chain or 'missing'}. recycling is called directly, as Capy's promises do "
        "with theirs, all others through a table of functions; recycling-by-table is the same through its table. The "
        "rows of malloc and of the libraries have that call, and a count of allocations, in them too.",
    )


def whole_table(groups):
    body = []
    compilers = {group.compiler for group in groups}
    several = len(compilers) > 1
    for group in groups:
        for (model, mechanism), figures in group.ordered():
            ratio = figures.get(RATIO)
            body.append(
                [
                    breakable(group.variant),
                    f"{model} {mechanism}",
                    *([group.compiler] if several else []),
                    shown_row(figures.get("ns_per_op")),
                    shown_speed(ratio) if ratio else "1 (baseline)" if mechanism == "malloc" and group.timed else "-",
                    *(shown_row(figures.get(metric)) for metric in WHOLE.values()),
                ]
            )
    return Table(
        "frames",
        "All cells of frames",
        ["variant", "allocator", *(["compiler"] if several else []), "ns per operation", FASTER, *WHOLE],
        body,
        f"{'' if several else f'Compiled by {min(compilers)}. ' if compilers else ''}"
        f"{FASTER}: above 1 is faster, from paired, interleaved runs.{PAIRS} "
        "peak: bytes of frames handed out at most at once; retained: what the allocator holds after the last one, in a "
        "pool and an arena all that they were given. Only the main build is timed.",
        detail=True,
    )


FASTER = "times as fast as malloc"
WHOLE = {
    "allocations per operation": "allocs_per_op",
    "fresh from malloc": "allocs_fresh_per_op",
    "instructions per operation": "instructions_per_op",
    "bytes of a frame": "frame_bytes",
    "peak bytes": "peak_bytes",
    "retained bytes": "retained_bytes",
}


# --- Figure ---


def figure_data(places, papers):
    """The first two panels are all of processes that have had several threads. A block a line: its panel, x, times as
    fast with low and high, the allocator's number, and whether the interval is cut, 1, for it goes far beyond all
    values. The third panel is the workload that the published ratios are of, x 1 in a process that never had a second
    thread and 2 in one that has; those ratios are a block of their own, the last."""
    found = []
    for panel, fixed, at, along in ((0, "depth", SIZES_AT, "frame"), (1, "frame", DEPTHS_AT, "depth")):
        for number, name in enumerate(ALLOCATORS):
            process = "several-threads" if name in LIBRARIES else ""
            for place in places:
                ratio = place.ratio(name)
                x = place.keys.get(along, "")
                alone = place.model == "awaitable" and place.steady and place.process == process
                if ratio and alone and place.keys.get(fixed) == at and x.isdigit() and x != "0":
                    found.append((panel, number, name, x, speed(ratio)))
    found += examples(places)
    if not found:
        return ""
    top = max([value for *_, (value, _, _) in found] + [value for *_, value in papers]) * SHOWN_ABOVE
    text = ""
    for panel, number, name in sorted({item[:3] for item in found}):
        text += f"{name}\tx\tspeed\tlow\thigh\tnumber\tcut\n"
        for x, (value, low, high) in [item[3:] for item in found if item[:3] == (panel, number, name)]:
            text += f"{panel}\t{x}\t{value:.6g}\t{low:.6g}\t{min(high, top):.6g}\t{number}\t{int(high > top)}\n"
        text += "\n\n"
    lines = "".join(
        f"3\t1\t{value:.6g}\t0\t0\t9\t0\t{value:.2f} {who}, {compiler}\n" for compiler, who, value in papers
    )
    return text + f"published\tx\tspeed\tlow\thigh\tnumber\tcut\tlabel\n{lines}"


def examples(places):
    """What stands for the paper's workload; of several processes that have had several threads the one of its own."""
    found = {}
    for place in sorted(places, key=lambda place: place.process):
        if place.keys.get("workload") != "p4003" or place.model != "awaitable":
            continue
        for number, name in enumerate(ALLOCATORS):
            if ratio := place.ratio(name):
                x = 1 if place.one_thread else 2
                found[number, x] = (2, number, name, x, speed(ratio))
    return [found[key] for key in sorted(found)]
