"""echo: the models as servers with a reactor of their own, beside the floor that has one too."""

from .echo_cost import NEAR, OUTSIDE, UNDECIDED, WITHIN, counted, judge, mark, place, shown_cpu
from .finding import span
from .ratios import shown_speed, speed
from .rows import cited, shown_row
from .tables import Table

FLOOR = ("raw", "floor-apart")
FORMS = [("awaitable", "task-apart"), ("sender", "pipeline-apart"), ("sender", "p2300-task-apart")]
RATIO, CPU_RATIO, ABOVE, OWN = "ratio_to_native", "cpu_ratio_to_native", "ns_above_native", "server_ns_per_msg"
NEAR_PERCENT = 100 * (1 / NEAR - 1)  # more time than this is less throughput than NEAR


def is_model_apart(name):
    return name in FORMS


def of_own_part(row, floor):
    """Per cent of the floor's own part of a message that a form takes above it: (value, low, high), or None."""
    own = floor.get(OWN)
    if not row or row.value is None or not own or not own.value:
        return None
    return tuple(100 * number / own.value for number in (row.value, row.low, row.high))


def judge_share(share):
    _, low, high = share
    return WITHIN if high <= NEAR_PERCENT else OUTSIDE if low > NEAR_PERCENT else UNDECIDED


def shown_share(row, floor):
    share = of_own_part(row, floor)
    if share is None:
        return "-"
    text = "{:.1f} ({:.1f} to {:.1f})".format(*share)
    return mark(text, judge_share(share), row, floor[OWN])


def places(groups):
    """[(group, the floor's figures, {form: figures})]"""
    found = []
    for group in groups:
        forms = {name: group.cells[name] for name in FORMS if speed(group.cells.get(name, {}).get(RATIO))}
        if forms and FLOOR in group.cells:
            found.append((group, group.cells[FLOOR], forms))
    return found


def table(groups):
    lines = []
    for group, floor, forms in places(groups):
        where = place(group.variant)
        own = [shown_row(floor.get(OWN)), "1 (floor)", "1 (floor)", "0 (floor)", "0 (floor)"]
        lines.append([where, " ".join(FLOOR), *own])
        for name, figures in forms.items():
            ratio, above = figures[RATIO], figures.get(ABOVE)
            throughput = mark(shown_speed(ratio), judge(speed(ratio)), ratio)
            lines.append(
                [
                    where,
                    " ".join(name),
                    shown_row(figures.get(OWN)),
                    throughput,
                    shown_cpu(figures.get(CPU_RATIO)),
                    shown_row(above),
                    shown_share(above, floor),
                ]
            )
    if not lines:
        return []
    return [
        Table(
            "echo-apart",
            "The loop as a server with a reactor of its own, apart from its clients: each form beside the floor there",
            [
                "variant",
                "form",
                "server's own ns a message (lower is better)",
                "throughput, floor-apart = 1 (higher is better)",
                "CPU, floor-apart = 1 (lower is better)",
                "ns a message above floor-apart (lower is better)",
                "the same, % of the server's own part",
            ],
            lines,
            "Here each of a server's turns begins with a message on every connection, as of the bare loops, so that "
            "its reads do not have to wait. The server's own part is the time of its turns; throughput and CPU are of "
            "clients and server together. A difference to floor-apart is the server's alone, for the clients are the "
            "same: the last column is that difference in per cent of the floor's own part. In brackets 99 % intervals. "
            "Within 3 % or outside only if the whole interval is.",
        )
    ]


def between(values, form):
    """The least and the greatest of what is made of several rows."""
    return " to ".join(dict.fromkeys(form.format(value) for value in (min(values), max(values))))


def sentences(groups):
    found = places(groups)
    floors = [(floor.get(OWN), floor.get("ns_per_op")) for _, floor, _ in found]
    own = [(part.value / whole.value, part) for part, whole in floors if part and whole and part.value and whole.value]
    if own:
        shares = [part for part, _ in own]
        whole = cited(f"{between([100 * part for part in shares], '{:.0f}')} % of the whole", own[0][1])
        three = cited(f"{between([3 / part for part in shares], '{:.2f}')} % of its own part", own[0][1])
        yield (
            f"Of the time of a message over sockets the server's own is {whole}, measured where it stands apart from "
            f"its clients; the rest is theirs. So 3 % of the whole are {three}."
        )
    for name in FORMS:
        whole = [(floor, forms[name]) for _, floor, forms in found if name in forms]
        if not whole:
            continue
        ratios = [figures[RATIO] for _, figures in whole]
        times = span([(speed(row)[0], row) for row in ratios], "{:.2f}".format)
        text = (
            f"{' '.join(name)}, on a reactor of its own, has {times} of the throughput of the floor there (1 or more: "
            f"it costs nothing): {counted([(judge(speed(row)), row) for row in ratios])}."
        )
        shares = [
            (share, figures[ABOVE]) for floor, figures in whole if (share := of_own_part(figures.get(ABOVE), floor))
        ]
        if shares:
            more = between([share[0] for share, _ in shares], "{:.1f}")
            text += (
                f" It takes {cited(f'{more} % of the own part', shares[0][1])} of the server there more: "
                f"{counted([(judge_share(share), row) for share, row in shares])}."
            )
        yield text
