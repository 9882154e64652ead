"""echo: the real loop, each model beside the floor."""

from . import echo_apart, echo_latency
from .echo_cost import OUTSIDE, UNDECIDED, WITHIN, core_sentence, core_table, judge, mark, shown_cpu, where_table
from .ratios import control_finding, difference, groups_of, more, shown_range, shown_speed, speed
from .rows import breakable, cited, model_order, shown, shown_row
from .tables import Section, Table

RATIO = "ratio_to_floor"
CPU_RATIO = "cpu_ratio_to_floor"
TO_BARE = "ratio_to_native"  # floor-apart's time over the bare loop's
CPU_TO_BARE = "cpu_ratio_to_native"
YARDSTICK = 0.97  # of a bare loop's throughput, that the floor's interval must not go below

ELSEWHERE = {"ns_per_op", "ns_above_floor", "cpu_ns_above_floor", RATIO, CPU_RATIO, TO_BARE, CPU_TO_BARE, "msgs_per_s",
             "cpu_ns_per_msg", "offered_msgs_per_s", "ns_above_native", "cpu_ns_above_native", "server_ns_per_msg"}


def in_memory(group):
    return "transport=memory" in group.variant.split(",")


def timed_line(name, figures, judged):
    """Throughput and processor time, each beside the floor's."""
    rate, cpu, ratio = (figures.get(metric) for metric in ("msgs_per_s", "cpu_ns_per_msg", RATIO))
    floor = ["1 (floor)", "1 (floor)"]
    beside = [mark_speed(ratio), shown_cpu(figures.get(CPU_RATIO))] if ratio else floor
    if not judged:
        beside = [shown_speed(ratio), shown_speed_of_cpu(figures.get(CPU_RATIO))]
    return [*name, shown_row(rate), beside[0], shown_row(cpu), beside[1]]


def build(rows, results=None):
    section = Section("echo")
    groups = groups_of(rows)
    metrics = [m for m in dict.fromkeys(row.metric for row in rows) if m not in ELSEWHERE and "latency" not in m]
    times, counts = [], []
    for group in groups:
        for (model, mechanism), figures in group.ordered():
            name = [breakable(group.variant), f"{model} {mechanism}"]
            if "ns_per_op" in figures:
                times.append(timed_line(name, figures, not echo_apart.is_model_apart((model, mechanism))))
            if any(metric in figures for metric in metrics):
                counts.append([*name, group.compiler, *(shown_row(figures.get(metric)) for metric in metrics)])
    section.tables = [
        Table(
            "echo",
            "The loop: throughput and processor time of each form beside the floor's",
            ["variant", "form", "messages/s (higher is better)", "throughput, floor = 1 (higher is better)",
             "CPU ns a message (lower is better)", "CPU, floor = 1 (lower is better)"],
            times,
            "Throughput: higher is better; CPU: lower is better. In brackets the 99 % interval of paired, interleaved"
            " runs. CPU is all processor time of the thread that client and loop share, the kernel's included. All "
            "forms of a variant moved the same bytes and gave the same checksum: the runner refuses a group where "
            "they differ. window: so many messages in flight on each connection; parts: sub-requests that a message "
            "is split in. A library, named with its version, has its own reactor of that kind, on both ends of a "
            "connection. The clients of bare loops and of servers named apart have a reactor of their own, and the "
            "models there are judged in the table of servers apart; task-preallocated has its sub-requests' frames in "
            "its own; floor-plain is without the policy that its variant names.",
        ),
        Table(
            "echo-counts",
            "The loop: the other figures",
            ["variant", "form", "compiler", *metrics],
            counts,
            "Only the main build is timed; builds by other compilers give counts of what is not I/O.",
        ),
    ]
    real = [group for group in groups if not in_memory(group)]
    memory = [group for group in groups if in_memory(group)]
    section.short = short(real, memory)
    section.headline = headline(real)
    section.tables[1:1] = [*where_table(memory, real, results), *echo_apart.table(real), *core_table(real),
                              *echo_latency.table(groups)]
    section.findings = [*core_sentence(real), *echo_apart.sentences(real), *echo_latency.sentences(groups)]
    section.findings += [*instructions(groups), *control_finding(groups, RATIO)]
    section.findings += [text for group in groups for text in [*against_bare(group), *policy(group)]]
    section.findings += [text for group in groups for text in [*frames_in_place(group), *far_from_floor(group)]]
    section.data = figure_data(groups)
    latencies = echo_latency.figure_data(groups)
    section.more_data = {"echo-latency": latencies} if latencies else {}
    return section


def floor_of(group):
    """The figures of the bare state machine."""
    return group.cells.get(("raw", "floor"), {})


def shown_speed_of_cpu(row):
    """Processor time, floor = 1, and no verdict."""
    return cited(f"{row.value:.2f} ({row.low:.2f} to {row.high:.2f})", row) if row and row.value is not None else "-"


def mark_speed(ratio):
    times = speed(ratio)
    return mark(shown_speed(ratio), judge(times), ratio) if times else shown_speed(ratio)


def throughputs(groups):
    """{(model, mechanism): [throughput, floor = 1]}, of the models: raw loops are yardsticks."""
    found = {}
    for group in groups:
        for name, figures in group.cells.items():
            times = speed(figures.get(RATIO))
            if times and name[0] != "raw" and not echo_apart.is_model_apart(name):
                found.setdefault(name, []).append(times)
    return dict(sorted(found.items(), key=lambda item: model_order(item[0][0])))


def short(real, memory):
    places = (("over sockets", real), ("in memory, where nothing waits", memory))
    parts = []
    for where, groups in places:
        found = [
            f"{model} {mechanism} {shown_range([value for value, _, _ in all_times])}"
            for (model, mechanism), all_times in throughputs(groups).items()
        ]
        if found:
            parts.append(f"{where}, {', '.join(found)}")
    return f"Throughput of the loop, the floor's = 1: {'; '.join(parts)}." if parts else ""


def headline(groups):
    parts = []
    for (model, mechanism), all_times in throughputs(groups).items():
        judged = [judge(times) for times in all_times]
        span = shown_range([value for value, _, _ in all_times])
        parts.append(
            f"{model} {mechanism} {span} of the floor's throughput (of {len(judged)} variants, "
            + ", ".join(f"{judged.count(word)} {word}" for word in (WITHIN, OUTSIDE, UNDECIDED))
            + ")"
        )
    if not parts:
        return ""
    return (
        "The echo loop over sockets, where a form counts as within 3 % of the floor, or outside, only if its whole "
        f"interval is: {'; '.join(parts)}."
    )


def far_from_floor(group):
    """For each form outside the 3 %, where the rest goes, as far as the counts tell."""
    base = floor_of(group)
    for (model, mechanism), figures in group.ordered():
        times = speed(figures.get(RATIO))
        elsewhere = model == "raw" or echo_apart.is_model_apart((model, mechanism))
        if elsewhere or times is None or judge(times) != OUTSIDE:
            continue
        reasons, same = [], []
        for metric, what in (
            ("instructions_per_op", ("instruction", "instructions")),
            ("syscalls_per_msg", ("system call", "system calls")),
            ("allocs_per_op", ("allocation", "allocations")),
        ):
            value = difference(figures, base, metric)
            if value is not None and abs(value) >= 0.005:
                reasons.append(more(value, what))
            elif value is not None:
                same.append(what[1])
        extra = figures.get("ns_above_floor")
        cost = f"{shown(extra.value)} ns above the floor" if extra and extra.value is not None else "above the floor"
        if reasons:
            cost += f", with {', '.join(reasons)}"
        elif same:
            cost += f", with the same number of {' and '.join(same)}"
        yield (
            f"{model} {mechanism}, {group.variant}: {times[0]:.2f} of the floor's throughput "
            f"({times[1]:.2f} to {times[2]:.2f}), {cost}."
        )


def met(times):
    """That the interval reaches 1 and does not go below the yardstick, as far as it tells."""
    _, low, high = times
    if low < YARDSTICK and high >= 1:
        return "too noisy to tell"
    return "met" if low >= YARDSTICK and high >= 1 else "missed"


def against_bare(group):
    """What the reactor costs: the floor's throughput beside a loop's without one."""
    apart = group.cells.get(("raw", "floor-apart"), {})
    times = speed(apart.get(TO_BARE))
    if times is None:
        return
    name, bare = next(((name, cell) for (_, name), cell in group.cells.items() if name.startswith("bare-")), ("", {}))
    value, low, high = times
    cpu_times = speed(apart.get(CPU_TO_BARE))
    verdict = met(times)
    figures = [apart.get("cpu_ns_per_msg"), bare.get("cpu_ns_per_msg")]
    cpu = ""
    if all(row and row.value is not None for row in figures):
        cpu = f"; processor time a message {shown(figures[0].value)} ns against {shown(figures[1].value)} ns"
    calls = difference(apart, bare, "syscalls_per_msg")
    if calls is not None:
        cpu += f", with {more(calls, ('system call', 'system calls'))}" if abs(calls) >= 0.005 else (
            ", with the same number of system calls"
        )
    yield (
        f"What the reactor costs, {group.variant}: the floor has {value:.3f} ({low:.3f} to {high:.3f}) of the "
        f"throughput of {name}, which has no reactor (1 or more: it costs nothing){cpu}. Both have their clients on "
        f"another reactor. That the interval reaches 1.00 and does not go below {YARDSTICK:.2f}: {verdict}."
    )
    if cpu_times:
        yield (
            f"The same in processor time, {group.variant}: the floor does {cpu_times[0]:.3f} ({cpu_times[1]:.3f} to "
            f"{cpu_times[2]:.3f}) times the messages of {name} in a second of it (1 or more: it costs nothing): "
            f"{met(cpu_times)}."
        )
    shared = speed(apart.get(RATIO))
    if shared and not shared[1] <= 1 <= shared[2]:
        yield (
            f"The floor apart from its clients, {group.variant}, has {shared[0]:.2f} ({shared[1]:.2f} to "
            f"{shared[2]:.2f}) times the throughput of the floor that shares its reactor with them. That is not "
            "the reactor: bare loops are judged by the floor apart."
        )


def policy(group):
    """What a policy of the streams changes for the floor itself; the ratio is of the floor without it."""
    ratio = group.cells.get(("raw", "floor-plain"), {}).get(RATIO)
    word = next((part for part in group.variant.split(",") if part.startswith(("receive=", "files="))), None)
    if ratio is None or not ratio.value or word is None:
        return
    verdict = "gains" if ratio.low > 1 else "costs" if ratio.high < 1 else "no difference that can be told"
    yield (
        f"{word}: the floor has {ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f}) times the throughput that it "
        f"has without, 64 connections, 64 bytes, socketpair, io_uring (above 1 is better): {verdict}."
    )


def frames_in_place(group):
    """The fan-out of awaitables with frames from the allocator, and with frames in the server's own."""
    cells = [group.cells.get(("awaitable", mechanism), {}) for mechanism in ("task", "task-preallocated")]
    rows = [cell.get(metric) for metric in ("allocs_per_op", RATIO) for cell in cells]
    if any(row is None or row.value is None for row in rows):
        return
    yield cited(
        f"Sub-requests as awaitable tasks, {group.variant}: with frames from the allocator, {shown(rows[0].value)} a "
        f"request, {shown_speed(rows[2])} of the floor's throughput; with frames in the server's own, "
        f"{shown(rows[1].value)} from the allocator, {shown_speed(rows[3])} (higher is better).",
        *rows,
    )


def instructions(groups):
    """What a turn of the loop costs above the floor in instructions, where they were counted."""
    for group in groups:
        base = floor_of(group)
        if "instructions_per_op" not in base or base["instructions_per_op"].value is None:
            continue
        parts = []
        for (model, mechanism), figures in group.ordered():
            value = difference(figures, base, "instructions_per_op")
            if model != "raw" and value is not None:
                parts.append(f"{model} {mechanism} {value:+.1f}")
        if parts:
            floor = shown(base["instructions_per_op"].value)
            where = f"Instructions a turn with {group.compiler}, {group.variant}"
            yield f"{where}, against the floor's {floor}: {', '.join(parts)}."


def figure_data(groups):
    text = "x\tspeed\tlow\thigh\tmodel\tlabel\n"
    x = 0
    for group in groups:
        before = x
        for (model, mechanism), figures in group.ordered():
            times = speed(figures.get(RATIO))
            if times and model != "raw" and not echo_apart.is_model_apart((model, mechanism)):
                value, low, high = times
                text += f"{x}\t{value:.6g}\t{low:.6g}\t{high:.6g}\t{min(model_order(model), 5)}\t"
                text += f"{model} {mechanism}, {group.variant}\n"
                x += 1
        x += x > before
    return text if x else ""
