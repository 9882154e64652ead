"""The first page: ten findings in plain words, each computed from rows that its figures link to.

Each function below answers one question from the rows of one experiment, and returns nothing where these are not there.
Which model a finding speaks for is computed as well, by the growth that was seen or by intervals that lie apart."""

import html
from dataclasses import dataclass

from .conns import published_share as published_saving
from .frames import published_ratios
from .rows import cited, shown
from .syncratio_sockets import published_share
from .tables import linked

SHOWN = 10
AWAITABLES, SENDERS, BOTH, NEITHER = "for awaitables", "for senders", "for both", "for neither"


class Sentence:
    """Text whose figures may cite rows: say("{} bytes", figure)."""

    def __init__(self, parts):
        self.parts = parts

    def __str__(self):
        return "".join(str(part) for part in self.parts)

    def html(self, links=True):
        return "".join(linked(part, links) for part in self.parts)

    @property
    def rows(self):
        return [row for part in self.parts for row in getattr(part, "rows", ())[:1]]


def say(template, *figures):
    words = template.split("{}")
    assert len(words) == len(figures) + 1, template
    return Sentence([part for pair in zip(words, [*figures, ""]) for part in pair if part != ""])


@dataclass
class Finding:
    experiment: str
    title: str
    text: Sentence
    speaks: str = ""  # for which model
    figure: str = ""  # drawn beside it

    @property
    def rows(self):
        return self.text.rows


class Rows:
    """One experiment's rows, found by what they measure. The main build's come first, then its compiler's."""

    def __init__(self, rows):
        self.main = rows[0].toolchain
        self.compiler = rows[0].setting.compiler
        self.found = {}
        for row in rows:
            self.found.setdefault((row.model, row.mechanism, row.variant, row.metric), []).append(row)

    def all(self, model, mechanism, variant, metric):
        return [row for row in self.found.get((model, mechanism, variant, metric), ()) if not row.missing]

    def get(self, model, mechanism, variant, metric):
        rows = [row for row in self.all(model, mechanism, variant, metric) if row.setting.compiler == self.compiler]
        return min(rows, key=lambda row: row.toolchain != self.main, default=None)

    def several(self, variant, metric, *cells):
        """The rows of several cells, or nothing if one is missing."""
        rows = [self.get(*cell, variant, metric) for cell in cells]
        return rows if None not in rows else None

    def of(self, metric, where):
        return [
            row
            for rows in self.found.values()
            for row in rows
            if row.metric == metric and not row.missing and where(row)
        ]


def figure(row, unit=""):
    """A row's value without its interval, which its link shows."""
    return cited(shown(row.value) + (f" {unit}" if unit else ""), row)


def counted(value, what, row):
    text = shown(value)
    return cited(f"{'no' if text == '0' else text} {what}{'' if text == '1' else 's'}", row)


def inverse(row):
    """How many times as fast, of a row that says how many times the time."""
    return cited(f"{1 / row.value:.2f} times ({1 / row.high:.2f} to {1 / row.low:.2f})", row)


def times(row):
    return cited(f"{shown(row.value)} times ({shown(row.low)} to {shown(row.high)})", row)


def ends(values, text=shown):
    """The least and the greatest of rows, as one figure that cites both."""
    least, most = min(values, key=lambda row: row.value), max(values, key=lambda row: row.value)
    if text(least.value) == text(most.value):
        return cited(text(least.value), least)
    return cited(f"{text(least.value)} to {text(most.value)}", most, least)


def apart(one, other):
    """-1 where one is surely less than other, 1 where surely more, else 0."""
    return -1 if one.high < other.low else 1 if other.high < one.low else 0


def grown(rows):
    """Rows of stack_growth: how many, and those that grow."""
    return len(rows), [row for row in rows if row.text == "linear"]


def echo(rows, _):
    cells = rows.of("ratio_to_floor", lambda row: row.keys.get("transport") in ("socketpair", "tcp")
                    and "control" not in row.keys and (row.model, row.mechanism) in (
                        ("awaitable", "task"), ("sender", "pipeline")))
    ours = {model: [row for row in cells if row.model == model] for model in ("awaitable", "sender")}
    if not all(ours.values()):
        return None
    told = [row for row in cells if row.low > 1 or row.high < 1]
    return Finding(
        "echo",
        "Over real sockets the choice hardly shows" if all(row.value < 1.1 for row in cells)
        else "Over real sockets the choice shows",
        say("The whole loop with a client at the other end takes, of the time of the same loop written by hand without "
            "either model, {} times with awaitables and {} times with senders (lower is better). In {} of {} cases is "
            "the difference larger than what repeating the run changes.",
            ends(ours["awaitable"], "{:.2f}".format), ends(ours["sender"], "{:.2f}".format),
            cited(str(len(told)), *told[:1]), cited(str(len(cells)), cells[0])),
        BOTH if all(row.value < 1.1 for row in cells) else NEITHER,
    )


def stack_bridge(rows, _):
    cell = ("cxx-sender", "p2300", "boundary=yes")
    if not rows.all(*cell, "stack_growth"):
        cell = ("sender", *cell[1:])
    known = [row for row in rows.all(*cell, "stack_growth") if ("exc", "on") in row.setting.options]
    count, growing = grown(known)
    if not count:
        return None
    bytes_each = [row for row in rows.all(*cell, "stack_bytes_per_completion")
                  if row.value and row.toolchain in {each.toolchain for each in growing}]
    if not growing or not bytes_each:
        return Finding("stack", "A coroutine that awaits senders keeps its stack flat",
                       say("By the bridge of P2300R10, with exceptions on, the stack grows at {} of {} settings.",
                           cited("0", known[0]), cited(str(count), known[0])), BOTH)
    size = "stack=8388608"
    full = [row for row in rows.all(*cell[:2], f"{cell[2]},{size}", "overflow_seen")
            if row.value and row.toolchain in {each.toolchain for each in growing}]
    latest = max(full, key=lambda row: row.value, default=None)
    end = (say(" At best, 8 MiB of stack are full after {} operations.", cited(f"{latest.value:,.0f}", latest)).parts
           if latest else [])
    text = say(
        "When operations complete at once, the bridge that P2300R10 describes resumes the coroutine from inside the "
        "operation, and nothing returns: each one takes {} bytes of stack, with exceptions on, at {} settings of the "
        "compilers.", ends(bytes_each), of_all(growing, count))
    return Finding("stack", "A coroutine that awaits senders runs out of stack, as P2300R10 writes the bridge",
                   Sentence(text.parts + end), AWAITABLES, "growth")


def of_all(part, whole):
    return cited(f"all {whole}" if len(part) == whole else f"{len(part)} of {whole}", *part[:1])


def stack_transfer(rows, _):
    cell = ("cxx-awaitable", "transfer", "-")
    known = rows.all(*cell, "stack_growth") or rows.all("awaitable", "transfer", "-", "stack_growth")
    if not known:
        return None
    parts, flat_with, compilers = [], 0, dict.fromkeys(row.setting.compiler for row in known)
    for compiler in compilers:
        mine = [row for row in known if row.setting.compiler == compiler]
        count, growing = grown(mine)
        flat_with += not growing
        told = cited(f"{len(growing)} of {count}", *(growing or mine)[:1])
        parts += [", " if parts else "", f"with {compiler} at ", told]
    _, growing = grown(known)
    title = "Coroutines hand over without growing the stack" + (" only as the compiler makes it so" if growing else "")
    where = ""
    if growing and all(("sib", "off") in row.setting.options for row in growing):
        where = ", all of them with the compiler's sibling calls switched off"
    text = Sentence(["Symmetric transfer, where an await returns the coroutine to go on with, is meant to keep the "
                     "stack flat. It grows ", *parts, f" settings{where}."])
    return Finding("stack", title, text, AWAITABLES if flat_with else NEITHER)


def ways_out(rows, _):
    cells = [("awaitable", "transfer"), ("sender", "member"), ("sender", "scheduler")]
    found = rows.several("completes=inline", "ns_per_op", *cells)
    named = ("handshake-exchange", "handshake-thread-id", "handshake-thread-id-look-first")
    handshakes = [row for name in named if (row := rows.get("sender", name, "completes=inline", "ns_per_op"))]
    if not found or not handshakes:
        return None
    transfer, member, scheduler = found
    equal = apart(member, transfer) == 0
    return Finding(
        "mitigations",
        "Senders can keep the stack flat too: at awaitables' price, or several times that"
        if equal else "Senders can keep the stack flat too, at a price",
        say("A completion takes {} with a sender that has an await of its own (a member as_awaitable), {} by a round "
            "trip through the scheduler's queue, and {} ns by the handshakes that shipped libraries make; with "
            "symmetric transfer it takes {} (lower is better).",
            figure(member, "ns"), figure(scheduler, "ns"), ends(handshakes), figure(transfer, "ns")),
        BOTH if equal else AWAITABLES if apart(transfer, member) < 0 else SENDERS,
    )


def opstate(rows, _):
    variant = "depth=4,state=8"
    cells = (("sender", "pipeline"), ("awaitable", "ready"), ("awaitable", "task-in-task"), ("raw", "floor"))
    found = rows.several(variant, "instructions_per_op", *cells)
    size = rows.get("sender", "pipeline", variant, "op_state_bytes")
    made = rows.get("awaitable", "task-in-task", variant, "allocs_per_op")
    if not found or not size or not made:
        return None
    pipeline, ready, tasks, floor = found
    extra = [counted(row.value - floor.value, "instruction", row) for row in (pipeline, ready, tasks)]
    cheapest = pipeline.value <= ready.value
    return Finding(
        "opstate",
        "Composing operations as senders costs next to nothing" if pipeline.value - floor.value < 10
        else "Composing operations as senders has a cost",
        say("Four functions joined into one operation state, {} bytes and no allocation, take {} more than the "
            "four calls written by hand. One awaitable of the four takes {} more; four coroutines that await each "
            "other take {} more, and {} (lower is better).",
            figure(size), *extra, counted(made.value, "allocation", made)),
        SENDERS if cheapest else AWAITABLES,
        "opstate",
    )


def fanout(rows, _):
    variant = "shape=join,completes=later,width=8"
    cells = (("sender", "when-all"), ("awaitable", "when-all"))
    parts = [rows.several(variant, metric, *cells) for metric in ("graph_bytes_per_op", "allocs_per_op", "ns_per_op")]
    if not all(parts):
        return None
    (sender_b, task_b), (sender_a, task_a), (sender_t, task_t) = parts
    order = apart(sender_t, task_t)
    return Finding(
        "fanout",
        "Waiting for eight operations at once is "
        + ("cheaper" if order < 0 else "dearer" if order > 0 else "equally fast") + " with senders",
        say("The static graph of a when_all takes {}, {} and {}; eight tasks in coroutines take {}, {} and {} "
            "(lower is better).", figure(sender_b, "bytes"), counted(sender_a.value, "allocation", sender_a),
            figure(sender_t, "ns"), figure(task_b, "bytes"), counted(task_a.value, "allocation", task_a),
            figure(task_t, "ns")),
        SENDERS if order < 0 else AWAITABLES if order > 0 else BOTH,
    )


def frames(rows, papers):
    told = ("workload=p4003,task=awaitable", "workload=p4003,task=awaitable,process=child")
    found = [row for name in told if (row := rows.get("awaitable", "recycling", name, "ratio_to_malloc"))]
    published = found[0] if found else None
    chains = rows.of("ratio_to_malloc", lambda row: row.mechanism == "recycling" and row.model == "awaitable"
                     and "depth" in row.keys and row.keys.get("task") == "awaitable" and "state" not in row.keys
                     and row.toolchain == rows.main and row.value > 0 and row.low > 0)
    ratios = {who: ratio for who, allocator, ratio in published_ratios(papers) if allocator == "recycling"}
    if not published or not chains or not published.low > 0 or not ratios:
        return None
    faster = published.high < 1
    reached = 1 / published.low >= max(ratios.values())
    title = ("Recycling coroutine frames pays" if faster else "Recycling coroutine frames does not pay here")
    title += (", as much as published" if reached else ", but less than published") if faster else ""
    least, most = max(chains, key=lambda row: row.value), min(chains, key=lambda row: row.value)
    return Finding(
        "frames",
        title,
        say("An allocator that keeps freed frames is {} as fast as malloc on the example that stands for the "
            "paper's workload, and {} times on other chains of coroutines (higher is better). P4003R4 3.5 publishes "
            "{}, on other machines.",
            inverse(published), cited(f"{1 / least.value:.2f} to {1 / most.value:.2f}", most, least),
            " and ".join(f"{ratio:.2f} times ({who})" for who, ratio in ratios.items())),
        AWAITABLES if faster else NEITHER,
        "frames",
    )


def conns(rows, papers):
    def resident(allocator):
        found = rows.of("rss_bytes_per_connection", lambda row: (row.model, row.mechanism) == ("awaitable", "task")
                        and row.keys.get("allocator") == allocator and row.keys.get("connections") == "50000"
                        and row.keys.get("objects") == "none" and row.keys.get("moment") == "churn"
                        and row.keys.get("library") == "glibc" and row.keys.get("stream") == "memory")
        return sorted(found, key=lambda row: row.value)[len(found) // 2] if found else None

    malloc, recycling = resident("malloc"), resident("recycling")
    saved = published_saving(papers)
    if not malloc or not recycling or not malloc.value or saved is None:
        return None
    change = 100 * (recycling.value / malloc.value - 1)
    return Finding(
        "conns",
        "A frame recycler saves memory" if change < -1 else "A frame recycler does not save memory",
        say("With 50,000 connections, after many were replaced by new ones, each holds {} of memory with malloc and {} "
            "with a recycler: {} (lower is better). The discussion of P4003R1 reports {} less.",
            figure(malloc, "bytes"), figure(recycling, "bytes"),
            cited(f"{abs(change):.1f} % {'less' if change < 0 else 'more'}", recycling), f"{saved:.0f} %"),
        AWAITABLES if change < -1 else NEITHER,
    )


def bridges(rows, _):
    cells = (("sender", "native"), ("sender", "connect-awaitable"), ("sender", "callback-handle"))
    found = rows.several("completes=inline", "ns_per_op", *cells)
    made = rows.get("sender", "connect-awaitable", "completes=inline", "allocs_per_op")
    if not found or not made:
        return None
    native, written, handle = found
    return Finding(
        "bridges",
        "Crossing from one model to the other can be dear, and need not be" if handle.value < written.value / 2
        else "Crossing from one model to the other is dear",
        say("An awaitable used as a sender takes {} and {} as P2300R10 writes the bridge, {} by a callback "
            "handle, and {} if it had been a sender from the start (lower is better).",
            figure(written, "ns"), counted(made.value, "allocation", made), figure(handle, "ns"), figure(native, "ns")),
        BOTH if handle.value < written.value / 2 else NEITHER,
    )


def syncratio(rows, papers):
    seen = rows.of("sync_share", lambda row: "load" in row.keys and row.model == "raw")
    published = published_share(papers)
    if not seen or published is None:
        return None
    near = [row for row in seen if row.low <= published / 100 <= row.high]
    least, most = min(row.value for row in seen), max(row.value for row in seen)
    words = "hardly depends" if most - least < 0.2 else "depends"
    return Finding(
        "syncratio",
        f"How often a read completes at once {words} on the load",
        say("A discussion of P4003R1 puts it at about {}. Here it is {} over {} loads and ways of counting, and "
            "within the 99 % interval {} at {} of them. A cost that only reads have which complete at once counts "
            "by that share.", f"{published:.0f} %", ends(seen, lambda value: f"{100 * value:.0f} %"),
            cited(str(len(seen)), seen[0]), f"{published:.0f} %", cited(str(len(near)), *near[:1])),
        NEITHER,
    )


def grid(rows, _):
    cells = (("awaitable", "task"), ("sender", "pipeline"), ("sender", "task-member"))
    found = rows.several("stream=native", "ns_above_floor", *cells)
    if not found:
        return None
    task, pipeline, own = found
    order = apart(pipeline, task)
    return Finding(
        "grid",
        "A read from a thread pool costs "
        + ("the same in both models" if not order else "less with senders" if order < 0 else "less with awaitables"),
        say("Above the same read by hand it takes {} with an awaitable task, {} with a sender pipeline and {} with a "
            "task of the sender model (lower is better).", figure(task, "ns"), figure(pipeline, "ns"),
            figure(own, "ns")),
        BOTH if not order else SENDERS if order < 0 else AWAITABLES,
    )


def stop(rows, _):
    variant = "work=stop,stream=sim,pending=10000"
    found = rows.several(variant, "ratio_to_floor", ("awaitable", "task"), ("sender", "pipeline"))
    if not found:
        return None
    task, pipeline = found
    order = apart(pipeline, task)
    return Finding(
        "stop",
        "Stopping 10,000 waiting reads is "
        + ("equally fast" if not order else "faster with senders" if order < 0 else "faster with awaitables"),
        say("It takes {} the time of bare cancels with coroutines and {} with pipelines of senders (lower is better).",
            times(task), times(pipeline)),
        BOTH if not order else SENDERS if order < 0 else AWAITABLES,
    )


# In the order of the page; those beyond the tenth stand in where an experiment was not run.
QUESTIONS = (
    echo, stack_bridge, stack_transfer, ways_out, opstate, fanout, frames, conns, bridges, syncratio, grid, stop
)
EXPERIMENTS = {stack_bridge: "stack", stack_transfer: "stack", ways_out: "mitigations"}


def findings(results, papers):
    """(the findings, the experiments whose rows for one are missing)"""
    found, missing = [], []
    rows = {name: Rows(listed) for name, listed in results.items()}
    for question in QUESTIONS:
        name = EXPERIMENTS.get(question, question.__name__)
        finding = question(rows[name], papers) if name in rows else None
        if finding and len(found) < SHOWN:
            found.append(finding)
        elif not finding and name not in missing:
            missing.append(name)
    return found, missing


def finding_html(finding, picture, links):
    name = html.escape(finding.experiment)
    text = f"<h3>{html.escape(finding.title)}</h3>\n"
    text += f"<p>{finding.text.html(links)} "
    text += f"<span class=speaks>{finding.speaks}</span> <a href=#{name}>{name}</a></p>\n"
    side = f"<a class=side href=#fig-{finding.figure}>{picture}</a>\n" if picture else ""
    return f"<li class=\"finding{' pictured' if side else ''}\"><div>{text}</div>{side}</li>\n"


def verdict_counts(verdicts):
    """How many claims of the papers hold, with a link to them: one sentence, or nothing."""
    counts = {}
    for verdict in verdicts:
        kind = "holds under conditions" if verdict.verdict.startswith("holds when") else verdict.verdict
        counts[kind] = counts.get(kind, 0) + 1
    if not counts:
        return ""
    words = ", ".join(f"<b>{count}</b> {html.escape(kind)}" for kind, count in counts.items())
    total = sum(counts.values())
    return f"<p class=verdicts>Of {total} claims of the papers: {words}. <a href=#claims>All of them</a></p>\n"


def findings_markdown(found):
    return "".join(f"{number}. **{item.title}.** {item.text}\n" for number, item in enumerate(found, 1))
