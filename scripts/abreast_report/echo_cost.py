"""echo: what the models cost above the floor in time and processor time, and where it goes."""

from .finding import span
from .ratios import difference, speed
from .rows import cited, pairs, shown
from .tables import Mark, Table

NEAR = 0.97  # of the floor: within 3 %
RATE = 100_000  # messages a second, the discussion's
WITHIN, OUTSIDE, UNDECIDED = "within 3 %", "outside", "too noisy to tell"
KINDS = {WITHIN: "constant", OUTSIDE: "linear", UNDECIDED: "bounded"}
FORMS = [("awaitable", "task"), ("sender", "pipeline"), ("sender", "p2300-task")]
# The same in the experiment phases, which counts resumptions.
PHASES = {FORMS[0]: "read-some", FORMS[1]: "pipeline", FORMS[2]: "p2300"}


COUNTED = {"connections": "connection", "parts": "part"}


def place(variant):
    """A variant in words: "tcp, 64 connections, 64 B, io_uring"."""
    words = []
    for key, value in pairs(variant).items():
        if key in COUNTED:
            words.append(f"{value} {COUNTED[key]}{'' if value == '1' else 's'}")
        elif key == "message":
            words.append(f"{value} B")
        elif key == "window":
            words.append(f"{value} in flight")
        elif key in ("transport", "reactor"):
            words.append(value)
        elif (key, value) != ("spec", "off"):
            words.append(f"{value} step" if key == "process" else f"{key}={value}")
    return ", ".join(words)


def judge(times):
    """Whether a throughput is within 3 % of the floor's, as far as its interval tells: both sides alike."""
    _, low, high = times
    return WITHIN if low >= NEAR else OUTSIDE if high < NEAR else UNDECIDED


def judge_cpu(row):
    """The same of processor time, floor = 1: less is better."""
    return WITHIN if row.high <= 1 / NEAR else OUTSIDE if row.low > 1 / NEAR else UNDECIDED


def mark(text, verdict, *rows):
    return cited(Mark(str(text), KINDS[verdict]), *rows)


def shown_cpu(row):
    if row is None or row.value is None:
        return "-"
    return mark(f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})", judge_cpu(row), row)


def of_core(ns):
    """Per cent of one core at RATE, of so many nanoseconds a message."""
    return ns * RATE / 1e7


def share(row):
    """Of a core at RATE, with its interval."""
    value, low, high = (f"{of_core(number):.2g}" for number in (row.value, row.low, row.high))
    if row.low <= 0 <= row.high:
        return cited(f"not told from 0 ({low} to {high})", row)
    return cited(f"{value} ({low} to {high})", row)


def shares(groups):
    """[(group, {form: row of cpu_ns_above_floor})], over sockets."""
    found = []
    for group in groups:
        rows = {form: group.cells.get(form, {}).get("cpu_ns_above_floor") for form in FORMS}
        rows = {form: row for form, row in rows.items() if row and row.value is not None}
        if rows:
            found.append((group, rows))
    return found


def core_table(groups):
    lines = []
    for group, rows in shares(groups):
        floor = group.cells.get(("raw", "floor"), {}).get("cpu_ns_per_msg")
        takes = cited(f"{of_core(floor.value):.0f}", floor) if floor and floor.value else "-"
        lines.append([place(group.variant), takes, *(share(rows[form]) if form in rows else "-" for form in FORMS)])
    if not lines:
        return []
    return [
        Table(
            "echo-core",
            f"Per cent of one core at {RATE:,} messages a second: the floor, and what each form takes above it",
            ["variant", "raw floor", *(f"{' '.join(form)}, above" for form in FORMS)],
            lines,
            "Lower is better. Processor time of the thread, client, loop and kernel together; 100 ns a message are 1 "
            "%. Above the floor: the median of paired differences, in brackets its 99 % interval. More than 100 is "
            "more than one core has.",
        )
    ]


def core_sentence(groups):
    """The discussion's workload: reads of a hot TCP connection."""
    for group, rows in shares(groups):
        keys = set(group.variant.split(","))
        if {"transport=tcp", "connections=1", "message=64"} <= keys:
            parts = [f"{' '.join(form)} {share(row)} %" for form, row in rows.items()]
            yield (
                f"{RATE:,} messages a second ({place(group.variant)}) take, of one core above the floor (lower is "
                f"better): {'; '.join(parts)}."
            )


def verdicts(groups, form):
    """How often it is within 3 %: [(verdict, row)] of throughput, and the same of processor time."""
    throughput, cpu = [], []
    for group in groups:
        figures = group.cells.get(form, {})
        ratio, row = figures.get("ratio_to_floor"), figures.get("cpu_ratio_to_floor")
        if speed(ratio):
            throughput.append((judge(speed(ratio)), ratio))
        if row and row.value is not None:
            cpu.append((judge_cpu(row), row))
    return throughput, cpu


def counted(found):
    """"5 within 3 %, 3 too noisy to tell", of [(verdict, row)]: each count linked to the first row."""
    told = {kind: [row for word, row in found if word == kind] for kind in KINDS}
    return ", ".join(f"{cited(f'{len(rows)} {kind}', *rows[:1])}" for kind, rows in told.items() if rows) or "-"


def above_floor(groups, form, metric):
    """What it has more of than the floor, over all places. A group where nobody allocates has no rows of it."""
    found = []
    for group in groups:
        mine, floor = group.cells.get(form, {}), group.cells.get(("raw", "floor"), {})
        value = difference(mine, floor, metric)
        unknown = value is None and metric == "allocs_per_op" and "ns_per_op" in mine
        if unknown and not any(metric in cell for cell in group.cells.values()):
            value = 0.0
        if value is not None:
            found.append((value if abs(value) >= 0.005 else 0.0, mine.get(metric)))
    return span(found) if found else "-"


def resumptions(results, form):
    for row in (results or {}).get("phases", []):
        same = (row.model, row.mechanism, row.metric) == (form[0], PHASES[form], "resumptions_per_op")
        if same and row.keys.get("stream") == "later" and row.value is not None:
            return cited(shown(row.value), row)
    return "-"


def where_table(memory, real, results):
    """Where it goes: what each form does more than the floor for a message. `memory`: the groups that wait for "
    "nothing."""
    lines = []
    main = next((group for group in memory if group.timed), None)
    base = main.cells.get(("raw", "floor"), {}) if main else {}
    for form in FORMS:
        throughput, cpu = verdicts(real, form)
        if not throughput:
            continue
        figures = main.cells.get(form, {}) if main else {}
        more = difference(figures, base, "instructions_per_op")
        instructions = cited(shown(more), figures.get("instructions_per_op")) if more is not None else "-"
        frame, storage = (figures.get(metric) for metric in ("frame_bytes", "storage_bytes"))
        sizes = [cited(shown(row.value), row) if row and row.value is not None else "-" for row in (frame, storage)]
        lines.append(
            [
                " ".join(form),
                counted(throughput),
                counted(cpu),
                instructions,
                above_floor(real, form, "syscalls_per_msg"),
                above_floor(real, form, "allocs_per_op"),
                resumptions(results, form),
                *sizes,
            ]
        )
    if not lines:
        return []
    return [
        Table(
            "echo-where",
            "Within 3 % of the floor or not, and where it goes: what each form does more than the floor",
            [
                "form",
                "throughput, variants",
                "CPU a message, variants",
                "instructions a turn",
                "system calls a message",
                "allocations a message",
                "resumptions a wait",
                "bytes of frame",
                "bytes beside",
            ],
            lines,
            "A variant is within 3 % of the floor, or outside, only if its whole 99 % interval is. Instructions are "
            "those of a turn in memory, where the kernel has no part (the main build; checksum or empty step); a turn"
            " over sockets waits besides, once for each read and write that does not complete at once, with as many "
            "resumptions of a coroutine as the experiment phases counts. The frame is the coroutine's, asked of the "
            "frame allocator once a connection; the bytes beside are what the caller keeps: a pipeline's whole "
            "operation state.",
            essential=True,
        )
    ]
