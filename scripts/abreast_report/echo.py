"""echo: the real loop, each model beside the floor."""

from . import echo_apart, echo_latency
from .echo_cost import FORMS, OUTSIDE, core_sentence, core_table, counted, judge, mark, place, shown_cpu, where_table
from .finding import figure, span
from .ratios import control_finding, difference, groups_of, more, shown_speed, speed
from .rows import cited, model_order, shown, shown_row
from .tables import Section, Table

RATIO = "ratio_to_floor"
CPU_RATIO = "cpu_ratio_to_floor"
TO_BARE = "ratio_to_native"  # floor-apart's time over the bare loop's
CPU_TO_BARE = "cpu_ratio_to_native"
YARDSTICK = 0.97  # of a bare loop's throughput, that the floor's interval must not go below

CXX_FORMS = [("cxx-awaitable", "task"), ("cxx-sender", "pipeline")]

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
            name = [place(group.variant), f"{model} {mechanism}"]
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
            "they differ. in flight: messages on each connection; parts: sub-requests that a message is split in; "
            "spec=on: reads and writes are tried before they are submitted. A library, named with its version, has its "
            "own reactor of that kind, on both ends of a connection. The clients of bare loops and of servers named "
            "apart have a reactor of their own, and the models there are judged in the table of servers apart; "
            "task-preallocated has its sub-requests' frames in its own; floor-plain is without the policy that its "
            "variant names. With parts the senders' pipelines are joined by a when_all over an array, which no library "
            "has.",
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
    section.headline = "\n".join(line for line in [headline(real), *core_sentence(real)] if line)
    section.tables[1:1] = [*where_table(memory, real, results), *echo_apart.table(real), *core_table(real),
                              *echo_latency.table(groups)]
    section.findings = [*instructions(groups), *echo_apart.sentences(real), *echo_latency.sentences(groups)]
    section.findings += [text for group in groups for text in [*against_bare(group), *policy(group)]]
    section.findings += [text for group in real for text in [*frames_in_place(group), *far_from_floor(group)]]
    section.findings += control_finding(groups, RATIO)
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
    """[(model and mechanism, row of the floor's time over its own)], of the models: raw loops are yardsticks."""
    return [
        (name, figures[RATIO])
        for group in groups
        for name, figures in group.ordered()
        if speed(figures.get(RATIO)) and name[0] != "raw" and not echo_apart.is_model_apart(name)
    ]


def speeds(rows):
    return span([(speed(row)[0], row) for row in rows], "{:.2f}".format)


def short(real, memory):
    parts = []
    for where, groups in (("over sockets", real), ("in memory, where nothing waits,", memory)):
        found = [
            f"{model}s {speeds(rows)}"
            for model in ("awaitable", "sender")
            if (rows := [row for name, row in throughputs(groups) if name[0].endswith(model)])
        ]
        if found:
            parts.append(f"{where} {', '.join(found)}")
    if not parts:
        return ""
    return f"Throughput beside the same loop written by hand (1; higher is better): {'; '.join(parts)}."


def headline(groups):
    found = [(judge(speed(row)), row) for _, row in throughputs(groups)]
    if not found:
        return ""
    return (
        f"The throughput over sockets, in {cited(f'{len(found)} cells', found[0][1])} of a form and a load, beside the "
        f"floor's: {counted(found)}. A cell is within or outside only if its whole interval is."
    )


def far_from_floor(group):
    """For each form outside the 3 %, where the rest goes, as far as the counts tell."""
    base = floor_of(group)
    for name, ratio in throughputs([group]):
        if judge(speed(ratio)) != OUTSIDE:
            continue
        figures, reasons, same = group.cells[name], [], []
        for metric, what in (
            ("instructions_per_op", ("instruction", "instructions")),
            ("syscalls_per_msg", ("system call", "system calls")),
            ("allocs_per_op", ("allocation", "allocations")),
        ):
            value = difference(figures, base, metric)
            if value is not None and abs(value) >= 0.005:
                reasons.append(cited(more(value, what), figures[metric]))
            elif value is not None:
                same.append(what[1])
        extra = figures.get("ns_above_floor")
        cost = f", {figure(extra)} ns more than the floor" if extra and extra.value is not None else ""
        if reasons:
            cost += f", with {', '.join(f'{reason}' for reason in reasons)}"
        elif same:
            cost += f", with the same number of {' and '.join(same)}"
        yield (
            f"{shown_speed(ratio)} of the floor's throughput has {' '.join(name)} ({place(group.variant)}){cost}."
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
    ratio, shared = apart.get(TO_BARE), apart.get(RATIO)
    if not speed(ratio):
        return
    name, bare = next(((name, cell) for (_, name), cell in group.cells.items() if name.startswith("bare-")), ("", {}))
    yield (
        f"What the reactor costs ({place(group.variant)}): the floor has {thousandths(ratio)} of the throughput of "
        f"{name}, which has no reactor (1 or more: it costs nothing). The limit, that the interval reaches 1.00 and "
        f"does not go below {YARDSTICK:.2f}: {cited(met(speed(ratio)), ratio)}."
    )
    if speed(apart.get(CPU_TO_BARE)):
        calls = difference(apart, bare, "syscalls_per_msg")
        kernel = ""
        if calls is not None:
            same = abs(calls) < 0.005
            number = "as many system calls" if same else more(calls, ("system call", "system calls"))
            kernel = f", with {cited(number, apart['syscalls_per_msg'])}"
        yield (
            f"The same in processor time: {thousandths(apart[CPU_TO_BARE])} times the messages of {name} in a second "
            f"of it{kernel}: {met(speed(apart[CPU_TO_BARE]))}."
        )
    if speed(shared) and not shared.low <= 1 <= shared.high:
        yield (
            f"The floor apart from its clients ({place(group.variant)}) has {shown_speed(shared)} times the throughput "
            "of the floor that shares its reactor with them. That is not the reactor: bare loops are judged by the "
            "floor apart."
        )


def thousandths(ratio):
    return cited("{:.3f} ({:.3f} to {:.3f})".format(*speed(ratio)), ratio)


def policy(group):
    """What a policy of the streams changes for the floor itself; the ratio is of the floor without it."""
    ratio = group.cells.get(("raw", "floor-plain"), {}).get(RATIO)
    word = next((part for part in group.variant.split(",") if part.startswith(("receive=", "files="))), None)
    if ratio is None or not ratio.value or word is None:
        return
    verdict = "gains" if ratio.low > 1 else "costs" if ratio.high < 1 else "no difference that can be told"
    times = cited(f"{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})", ratio)
    yield (
        f"{word}: the floor has {times} times the throughput that it has without ({place(group.variant)}; above 1 is "
        f"better): {verdict}."
    )


def frames_in_place(group):
    """The fan-out of awaitables with frames from the allocator, and with frames in the server's own."""
    cells = [group.cells.get(("awaitable", mechanism), {}) for mechanism in ("task", "task-preallocated")]
    rows = [cell.get(metric) for metric in ("allocs_per_op", RATIO) for cell in cells]
    if any(row is None or row.value is None for row in rows):
        return
    yield (
        f"Throughput of sub-requests as awaitable tasks ({place(group.variant)}; the floor's = 1, higher is better), "
        f"{shown_speed(rows[2])} with {figure(rows[0])} frames of the allocator a request, {shown_speed(rows[3])} with "
        f"{figure(rows[1])}, for they are in the server's own."
    )


def instructions(groups):
    """What a turn of the loop costs above the floor in instructions, over all compilers and steps."""
    found = {}
    for group in groups:
        for name, figures in group.ordered():
            value = difference(figures, floor_of(group), "instructions_per_op")
            if value is not None:
                found.setdefault(name, []).append((value, figures["instructions_per_op"]))
    for forms, where in ((FORMS, "In memory"), (CXX_FORMS, "As C++ in memory")):
        parts = [f"{span(found[name])} with {' '.join(name)}" for name in forms if name in found]
        if parts:
            yield (
                f"{where} a turn takes so many instructions more than the floor's, by compiler and step: "
                f"{', '.join(parts)}."
            )


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
                text += f"{model} {mechanism}, {place(group.variant)}\n"
                x += 1
        x += x > before
    return text if x else ""
