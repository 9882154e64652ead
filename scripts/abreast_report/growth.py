"""The figure of stack growth: bytes of stack against the completions until they are full, as child processes saw it."""

from .rows import cited, shown, without

LEVEL = {"opt": "O2", "sib": "on", "exc": "on", "san": "none"}
# Each with the words of the legend; real C++ where it was measured, else the C rendition of the same.
LINES = (
    ("bridge as P2300R10 writes it", (("cxx-sender", "p2300", "boundary=yes"), ("sender", "p2300", "boundary=yes"))),
    ("the same, after when_all", (("cxx-sender", "p2300", "boundary=yes,with=when_all"),)),
    ("tasks by affine_on, inline scheduler", (("cxx-sender", "task-affine", "boundary=yes,scheduler=inline"),
                                              ("sender", "task-affine", "boundary=yes,scheduler=inline"))),
    ("callbacks called inline", (("callback", "callback", "complete=inline"),)),
    ("Asio, dispatched handlers", (("callback", "asio-1.22.1", "complete=dispatch"),)),
    ("symmetric transfer", (("cxx-awaitable", "transfer", "-"), ("awaitable", "transfer", "-"))),
    ("handshake of sender libraries", (("cxx-sender", "handshake", "boundary=yes,by=exchange"),
                                       ("sender", "handshake", "boundary=yes,by=exchange"))),
    ("scheduler (a queue)", (("cxx-sender", "scheduler", "boundary=yes"), ("sender", "scheduler", "boundary=yes"))),
    ("member as_awaitable", (("sender", "member", "-"),)),
)


def lines_of(rows):
    """[(words, [row of overflow_seen, ...])] of the first compiler at the level that people ship with exceptions."""
    compiler = rows[0].setting.compiler
    found = {}
    for row in rows:
        if row.metric == "overflow_seen" and not row.missing and "stack" in row.keys:
            setting = row.setting
            if setting.compiler == compiler and dict(setting.options) == LEVEL:
                found.setdefault((row.model, row.mechanism, without(row.variant, "stack")), []).append(row)
    lines = []
    for words, cells in LINES:
        seen = next((found[cell] for cell in cells if cell in found), None)
        if seen:
            lines.append((words, sorted(seen, key=lambda row: int(row.keys["stack"]))))
    return lines


def data(rows):
    """For growth.gnuplot: a block a mechanism whose stack overflows, then the names of those whose stack does not."""
    blocks, flat = "", []
    for words, seen in lines_of(rows):
        full = [row for row in seen if row.value]
        if not full:
            flat.append(words)
            continue
        slope = int(full[-1].keys["stack"]) / full[-1].value
        blocks += f'"completions"\t"{words}: {shown(round(slope))} bytes each"\n'
        blocks += "".join(f"{row.value:.0f}\t{row.keys['stack']}\n" for row in full) + "\n\n"
    if not blocks:
        return ""
    compiler = rows[0].setting.compiler
    return blocks + f'"at"\t"flat"\n"{compiler} at -O2 with exceptions"\t"{", ".join(flat) or "none"}"\n'


def caption(rows):
    lines = lines_of(rows)
    if not lines:
        return ""
    stack = max(int(row.keys["stack"]) for _, seen in lines for row in seen)
    full = [(seen[-1], words) for words, seen in lines if seen[-1].value and int(seen[-1].keys["stack"]) == stack]
    if stack < 1048576 or not full:
        return ""
    first, last = min(full, key=lambda one: one[0].value), max(full, key=lambda one: one[0].value)
    never = sum(not any(row.value for row in seen) for _, seen in lines)
    return (
        "Completions until a stack is full (further to the right is better; both axes are logarithmic). Of "
        f"{stack // 1048576} MiB the first is full after {cited(f'{first[0].value:,.0f}', first[0])} ({first[1]}), the "
        f"last after {cited(f'{last[0].value:,.0f}', last[0])} ({last[1]}); "
        f"{cited(f'{never} of {len(lines)}', lines[-1][1][-1])} are never full."
    )
