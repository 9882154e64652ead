"""The first page: ten findings in plain words, each computed from rows that its figures link to.

Each function below answers one question from the rows of one experiment, and returns nothing where these are not there.
Which model a finding favours is computed as well, by the growth that was seen or by intervals that lie apart: it
favours neither where they do not, and where both models can have what was found. Real C++ comes first where it was
measured."""

import html

from . import claims, links
from .conns import published_share as published_saving
from .finding import AWAITABLES, NEITHER, Finding, Rows, apart, counted, ends, favours, figure, grown, settled, share
from .finding import span, times
from .frames import published_ratios
from .mitigations import NO_BOUNDARY
from .mitigations import apart as beyond_placement
from .ratios import part, speed
from .rows import cited, shown
from .shape import reached
from .syncratio_sockets import NEAR, SHARE, Shares, published_share, sorted_out

SHOWN = 10
LABELS = (
    "The label after a finding says which design it favours: by its intervals, or by what it counts. It favours "
    "neither where the two are not told apart, and where both can have what was found."
)
LITTLE = 1.10  # times the loop by hand, below which a difference hardly shows


def echo(rows, _):
    cells = rows.of("ratio_to_floor", lambda row: row.keys.get("transport") in ("socketpair", "tcp")
                    and "control" not in row.keys and (row.model.removeprefix("cxx-"), row.mechanism) in (
                        ("awaitable", "task"), ("sender", "pipeline")))
    ours = {model: [row for row in cells if row.model.endswith(model)] for model in ("awaitable", "sender")}
    loads = {}
    for row in cells:
        loads.setdefault((row.model.startswith("cxx-"), row.variant, row.toolchain), {})[row.model[-6:]] = row
    orders = [apart(pair["sender"], pair["itable"]) for pair in loads.values() if len(pair) == 2]
    if not orders:
        return None
    differ = [order for order in orders if order]
    told = [row for row in cells if row.low > 1 or row.high < 1]
    if all(row.high < LITTLE for row in cells):
        title = "Over real sockets the choice hardly shows"
        end = " No interval reaches a difference of 10 %."
    else:
        title = "Over real sockets " + ("the choice shows at some loads" if differ else "this run tells no difference")
        end = ""
    languages = ", in C and in C++" if len({cxx for cxx, *_ in loads}) > 1 else ""
    one = next(row for pair in loads.values() if len(pair) == 2 for row in pair.values())
    text = (
        "Of the time of the same loop by hand, the whole loop with a client at the other end takes "
        f"{ends(ours['awaitable'], '{:.2f}'.format)} times with awaitables and "
        f"{ends(ours['sender'], '{:.2f}'.format)} times with senders{languages} (lower is better). The 99 % intervals "
        f"tell a difference to the loop by hand in {part(told, cells)} cases, and one between the models in "
        f"{cited(f'{len(differ)} of {len(orders)}', one)}.{end}"
    )
    return Finding("echo", title, text, favours(settled(differ or [0])))


def either(rows, model, *cell):
    """The rows of the C++ model, or of the C one where it was not measured."""
    return rows.all(f"cxx-{model}", *cell) or rows.all(model, *cell)


def stack_bridge(rows, _):
    variant = "boundary=yes"
    known = [row for row in either(rows, "sender", "p2300", variant, "stack_growth")
             if ("exc", "on") in row.setting.options]
    if not known:
        return None
    cell = (known[0].model, "p2300", variant)
    growing = grown(known)
    bytes_each = [row for row in rows.all(*cell, "stack_bytes_per_completion")
                  if row.value and row.toolchain in {each.toolchain for each in growing}]
    if not growing or not bytes_each:
        return Finding("stack", "A coroutine that awaits senders keeps its stack flat", "By the bridge of P2300R10, "
                       f"with exceptions on, the stack grows at {share(known)} settings.", NEITHER)
    flat = [row for row in either(rows, "awaitable", "transfer", "-", "stack_growth")
            if row.text != "linear" and row.toolchain in {each.toolchain for each in growing}]
    cxx = known[0].model.startswith("cxx-")
    in_c = [row for row in rows.all("sender", "p2300", variant, "stack_bytes_per_completion") if row.value
            and ("exc", "on") in row.setting.options] if cxx else []
    text = (
        "When an operation completes at once, the bridge that P2300R10 describes resumes the coroutine from inside "
        f"it, and nothing returns. Each takes {ends(bytes_each)} bytes of stack{' in C++' if cxx else ''}"
        f"{f' ({ends(in_c)} in our C)' if in_c else ''}, at {share(known)} settings with exceptions on."
    )
    if flat:
        text += (f" Symmetric transfer between coroutines keeps it flat at "
                 f"{cited(f'{len(flat)} of {len(growing)}', *flat)} of these.")
    full = [row for row in rows.all(*cell[:2], f"{variant},stack=8388608", "overflow_seen")
            if row.value and row.toolchain in {each.toolchain for each in growing}]
    if full:
        latest = max(full, key=lambda row: row.value)
        text += f" At best, 8 MiB of stack are full after {cited(f'{latest.value:,.0f}', latest)} operations."
    return Finding("stack", "A coroutine that awaits senders runs out of stack, as P2300R10 writes the bridge",
                   text, AWAITABLES if flat else NEITHER, "growth")


def stack_transfer(rows, _):
    ways = {"symmetric transfer": ("awaitable", "transfer", "-")}
    ways["stdexec's handshake"] = ("sender", "handshake", "boundary=yes,by=thread-id")
    ways["beman's"] = ("sender", "handshake", "boundary=yes,by=exchange")
    found = {name: either(rows, *cell, "stack_growth") for name, cell in ways.items()}
    transfer = found["symmetric transfer"]
    if not transfer:
        return None
    by_compiler, alike = [], True
    for compiler in dict.fromkeys(row.setting.compiler for row in transfer):
        shares = {name: share([row for row in known if row.setting.compiler == compiler])
                  for name, known in found.items() if known}
        same = len(set(shares.values())) == 1
        alike = alike and same
        said = {"": shares["symmetric transfer"]} if same else {f" {name}": known for name, known in shares.items()}
        by_compiler.append(f"with {compiler}" + " and".join(f"{name} at {known}" for name, known in said.items()))
    growing = grown(transfer)
    bridges = [{row.toolchain: row.text == "linear" for row in known} for name, known in found.items()
               if known and known is not transfer]
    ours = {row.toolchain: row.text == "linear" for row in transfer}
    more = [sum(ours.values()) < sum(theirs.get(name, False) for name in ours) for theirs in bridges]
    title = "Handing over without growing the stack needs the compiler" if growing else "Coroutines hand over flat"
    off = [row for row in growing if ("sib", "off") in row.setting.options]
    c = rows.all("awaitable", "transfer", "-", "stack_growth")
    language = " in C++" if transfer[0].model.startswith("cxx-") else ""
    others = [name for name, known in found.items() if known and known is not transfer]
    too = f", on which the bridges of shipped sender libraries rest too ({' and '.join(others)})" if others else ""
    text = (
        f"Symmetric transfer{too}, is meant to keep the stack flat: an await returns the coroutine to go on with. "
        f"Of the settings of the compilers it grows{language} {('; ', ' and ')[alike].join(by_compiler)}"
        f"{', with each of these alike' if alike and others else ''}."
    ).replace("transfer, is", "transfer is")
    text += f" Sibling calls are switched off in {part(off, growing)} where it grows." if growing else ""
    text += f" As our C writes it, symmetric transfer grows at {share(c)}." if language and c else ""
    return Finding("stack", title, text, AWAITABLES if more and all(more) else NEITHER)


def ways_out(rows, _):
    """Like beside like: with exceptions off, as the awaitables are; what suspends, and what does not."""
    def of(model, name):
        for mechanism in (name + NO_BOUNDARY, name):
            found = rows.several("completes=inline", "ns_per_op", (model, mechanism))
            ratio = rows.several("completes=inline", "ratio_to_floor", (model, mechanism))
            if found and ratio:
                return found + ratio
        return None

    def told(one, other):
        """-1 or 1 where the paired ratios are apart, and the times by more than the place of the code can make."""
        return apart(one[1], other[1]) if beyond_placement(*sorted((one[0].value, other[0].value))) else 0

    ready, transfer = of("awaitable", "ready"), of("awaitable", "transfer")
    member, scheduler, known = (of("sender", name) for name in ("member", "scheduler", "inline-known"))
    shipped = {"stdexec": of("sender", "handshake-thread-id"), "beman": of("sender", "handshake-exchange")}
    shipped = {library: rows_ for library, rows_ in shipped.items() if rows_}
    if not (ready and transfer and member and scheduler and shipped):
        return None
    order = told(member, ready)
    title = "Senders can keep the stack flat too"
    if all(told(rows_, transfer) > 0 for rows_ in (scheduler, *shipped.values())):
        title += {0: ": with an await of their own at awaitables' price, by other ways at more",
                  1: ", at a higher price", -1: ": with an await of their own for less, by other ways for more"}[order]
    shakes = " and ".join(f"{figure(rows_[0])} ({library})" for library, rows_ in shipped.items())
    text = (
        f"A completion at once takes {figure(ready[0], 'ns')} with an awaitable that is ready, and "
        f"{figure(member[0])} with a sender whose author wrote an await for it (a member as_awaitable). Where the "
        f"coroutine suspends, symmetric transfer takes {figure(transfer[0], 'ns')}, the handshakes of shipped sender "
        f"libraries {shakes}, and a round trip through the scheduler's queue {figure(scheduler[0])} (lower is better)."
    )
    text += (f" stdexec's way for a sender that is known to complete at once takes {figure(known[0], 'ns')}."
             if known else "")
    return Finding("mitigations", title, text, favours(order))


def opstate(rows, _):
    """Beyond the calls by hand, with each compiler: a pipeline, and one awaitable of the same functions."""
    variant, metric = "depth=4,state=8", "instructions_per_op"

    def beyond(model, mechanism):
        floors = {row.toolchain: row for row in rows.all("raw", "floor", variant, metric)}
        known = [row for row in rows.all(model, mechanism, variant, metric) if row.toolchain in floors]
        known.sort(key=lambda row: row.toolchain.partition(" ")[2] != rows.main.partition(" ")[2])
        found = {}
        for row in known:
            found.setdefault(row.setting.compiler, (row.value - floors[row.toolchain].value, row))
        return found

    def told(found):
        return " and ".join(f"{cited(shown(found[name][0]), found[name][1])}" for name in compilers if name in found)

    prefix = "cxx-" if beyond("cxx-sender", "pipeline") and beyond("cxx-awaitable", "ready") else ""
    pipeline, ready = beyond(f"{prefix}sender", "pipeline"), beyond(f"{prefix}awaitable", "ready")
    compilers = [name for name in pipeline if name in ready]
    tasks = list(beyond(f"{prefix}awaitable", "task-in-task").values())
    made = rows.get("awaitable", "task-in-task", variant, "allocs_per_op")
    if not compilers or not tasks or not made:
        return None
    known = beyond("awaitable", "ready-known")  # in C++ the compiler is the one that knows
    best = {name: min(ready[name][0], known[name][0]) if not prefix and name in known else ready[name][0]
            for name in compilers}
    order = settled([(pipeline[name][0] > best[name]) - (pipeline[name][0] < best[name]) for name in compilers])
    text = (
        f"With {' and '.join(compilers)}, four functions joined into one operation of a sender take {told(pipeline)} "
        "instructions more than the four calls by hand; one awaitable of the four, always ready, takes "
        f"{told(ready)} more{' (C++)' if prefix else ''}."
    )
    if prefix and beyond("sender", "pipeline") and beyond("awaitable", "ready"):
        text += (f" In C the sender takes {told(beyond('sender', 'pipeline'))} more, the awaitable "
                 f"{told(beyond('awaitable', 'ready'))}.")
    text += f" Where the compiler knows that it is ready, the awaitable takes {told(known)} in C." if known else ""
    size = rows.get("sender", "pipeline", variant, "op_state_bytes")
    text += f" The sender's operation is {figure(size, 'bytes')} and no allocation." if size else ""
    text += (f" Four coroutines that await each other take {span(tasks)} instructions more, and "
             f"{counted(made.value, 'allocation', made)} (lower is better).")
    title = {-1: "Composing operations as senders takes least", 1: "Composing operations as one awaitable takes least",
             0: "Composed without a coroutine each, which form takes least depends on the compiler"}[order]
    if order == 0 and all(pipeline[name][0] == best[name] for name in compilers):
        title = "Composed without a coroutine each, both forms take the same"
    return Finding("opstate", title, text, favours(order), "opstate")


def fanout(rows, _):
    variant = "shape=join,completes=later,width=8"

    def of(*cell):
        found = [rows.get(*cell, variant, metric) for metric in ("graph_bytes_per_op", "allocs_per_op", "ns_per_op")]
        return found if all(found) else None

    def said(found):
        size, made, time = found
        return f"{figure(size, 'bytes')}, {counted(made.value, 'allocation', made)} and {figure(time, 'ns')}"

    senders, tasks = of("sender", "when-all"), of("awaitable", "when-all")
    if not senders or not tasks:
        return None
    order = apart(senders[-1], tasks[-1])
    text = (f"A when_all of senders, which is one static graph, takes {said(senders)}. Eight tasks in coroutines take "
            f"{said(tasks)} (lower is better).")
    if plain := of("awaitable", "when-all-awaitables"):
        text += (f" Awaitables joined without a coroutine each take {said(plain)}, on frames made by hand, which P4126 "
                 "proposes and standard C++ does not have.")
    title = "Waiting for eight operations at once is " + {
        -1: "cheaper with senders than with tasks", 1: "cheaper with tasks than with senders",
        0: "not told apart by its time"}[order]
    return Finding("fanout", title, text, favours(order))


def frames(rows, papers):
    told = ("workload=p4003,task=awaitable,process=child", "workload=p4003,task=awaitable")
    found = [row for name in told if (row := rows.get("awaitable", "recycling", name, "ratio_to_malloc"))]
    ratios = {who: ratio for who, allocator, ratio in published_ratios(papers) if allocator == "recycling"}
    ours = speed(found[0]) if found else None

    def chains(model, cold):
        return [row for row in rows.of("ratio_to_malloc", lambda row: row.mechanism == "recycling"
                                       and row.model == model and "depth" in row.keys and "task" in row.keys
                                       and ("state" in row.keys) == cold and row.toolchain == rows.main) if speed(row)]

    def gains(found):
        return span([(1 / row.value, row) for row in found], "{:.2f}".format)

    warm, sender, cold = chains("awaitable", False), chains("sender", False), chains("awaitable", True)
    if not ours or not warm or not ratios:
        return None
    pays = {1: "pays", -1: "does not pay here", 0: "makes no difference that is told here"}[
        1 if ours[1] > 1 else -1 if ours[2] < 1 else 0]
    if pays == "pays" and any(row.low > 1 for row in cold):
        pays += " where they are reused while in the cache"
    whole = cited(f"{ours[0]:.2f} times ({ours[1]:.2f} to {ours[2]:.2f})", found[0])
    text = (f"An allocator that keeps freed frames is {whole} as fast as malloc on the example that stands for the "
            f"paper's workload, and {gains(warm)} times on other chains of coroutines (higher is better).")
    also = [f"{gains(sender)} times on chains of tasks of the sender model"] if sender else []
    also += [f"{gains(cold)} times where the frames are not in the cache"] if cold else []
    text += f" It is {', and '.join(also)}." if also else ""
    said = ", and ".join(f"{ratio:.2f} times ({who}), which {reached(ratio, ours)}" for who, ratio in ratios.items())
    return Finding("frames", f"Recycling coroutine frames {pays}", f"{text} P4003R4 3.5 publishes {said}.", NEITHER,
                   "frames")


def conns(rows, papers):
    def of(metric, allocator):
        wanted = {"allocator": allocator, "connections": "50000", "objects": "none", "moment": "churn",
                  "library": "glibc", "stream": "memory"}
        return rows.of(metric, lambda row: (row.model, row.mechanism) == ("awaitable", "task")
                       and wanted.items() <= row.keys.items())

    malloc, recycling = (of("rss_bytes_per_connection", allocator) for allocator in ("malloc", "recycling"))
    rounds, saved = of("ratio_to_malloc", "recycling"), published_saving(papers)
    if not malloc or not recycling or not rounds or saved is None:
        return None
    signs = {row.value < 1 for row in rounds}

    def change(row):
        text = f"{abs(100 * (row.value - 1)):.1f} %"
        return text if len(signs) == 1 else f"{text} {'less' if row.value < 1 else 'more'}"

    word = f" {'less' if True in signs else 'more'}" if len(signs) == 1 else ""
    changes = " and ".join(f"{cited(text, row)}" for text, row in {change(row): row for row in rounds}.items())
    return Finding(
        "conns",
        f"A frame recycler {'saves' if signs == {True} else 'does not save'} memory",
        f"With 50,000 connections, after many were replaced by new ones, each holds {ends(malloc)} bytes of memory "
        f"with malloc and {ends(recycling)} with a recycler (lower is better). That is {changes}{word}, in "
        f"{len(rounds)} rounds that measured both. The discussion of P4003R1 reports {saved:.0f} % less.",
        NEITHER,
    )


def bridges(rows, _):
    """Both directions, at once and later, in times of the same operation without a bridge."""
    variants = ("completes=inline", "completes=later")

    def of(mechanism):
        found = [rows.get("sender", mechanism, variant, "ratio_to_native") for variant in variants]
        return found if all(found) else None

    there, back = of("connect-awaitable"), of("sender-awaitable")
    made = rows.get("sender", "connect-awaitable", variants[0], "allocs_per_op")
    if not there or not back or not made:
        return None
    text = (f"By P2300R10's bridge an awaitable used as a sender takes {figure(there[0])} times the time of a native "
            f"sender where it completes at once, {figure(there[1])} later, and "
            f"{counted(made.value, 'allocation', made)} (lower is better).")
    if handle := of("callback-handle"):
        text += (f" A callback handle takes {figure(handle[0])} and {figure(handle[1])}, on the frames made by hand of "
                 "P4126, which standard C++ does not have.")
    grows = rows.get("sender", "sender-awaitable", variants[0], "stack_bytes_per_completion")
    stack = (f", and {figure(grows, 'bytes')} of stack (in C) for each that completes at once"
             if grows and grows.value else "")
    text += (f" A sender used as an awaitable takes {figure(back[0])} times the time of a native awaitable at once and "
             f"{figure(back[1])} later{stack}.")
    if member := of("member"):
        text += f" With an await that its author wrote it takes {figure(member[0])} and {figure(member[1])}."
    words = {2: "costs, either way, where operations complete at once",
             1: "costs in one direction, where operations complete at once",
             0: "costs nothing that this run tells"}[sum(row.low > 1 for row in (there[0], back[0]))]
    return Finding("bridges", f"Crossing from one model to the other by P2300R10's bridges {words}", text, NEITHER)


def syncratio(rows, papers):
    shares, published = Shares(rows.of(SHARE, lambda row: True)), published_share(papers)
    found = sorted_out(shares, published) if published is not None else {}
    seen = [row for places in found.values() for *_, row in places]
    if not seen:
        return None
    depends = max(row.low for row in seen) > min(row.high for row in seen)
    near, more, less, untold = (part([row for *_, row in places], seen) for places in found.values())
    return Finding(
        "syncratio",
        f"How often a read completes at once {'depends' if depends else 'is not seen to depend'} on the load",
        f"A discussion of P4003R1 puts it at about {published:.0f} %. Of reads submitted to io_uring here it is "
        f"{ends(seen, lambda value: f'{100 * value:.0f} %')}, by load: within {NEAR} points of that in {near} cases, "
        f"more in {more}, less in {less}; in {untold} the repeats differ too much to tell. A cost that only reads have "
        "which complete at once counts by that share.",
        NEITHER,
    )


def grid(rows, _):
    cells = (("awaitable", "task"), ("sender", "pipeline"), ("sender", "task-member"))
    found = rows.several("stream=native", "ns_above_floor", *cells)
    if not found:
        return None
    task, pipeline, own = (figure(row, "ns") for row in found)
    order = apart(found[1], found[0])
    return Finding(
        "grid",
        "A read from a thread pool costs "
        + {0: "the same in both models, as far as intervals tell", -1: "less with senders",
           1: "less with awaitables"}[order],
        f"Above the same read by hand it takes {task} with an awaitable task, {pipeline} with a sender pipeline and "
        f"{own} with a task of the sender model whose senders have an await of their own (lower is better).",
        favours(order),
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
        + {0: "equally fast, as far as intervals tell", -1: "faster with senders", 1: "faster with awaitables"}[order],
        f"It takes {times(task)} the time of bare cancels with coroutines and {times(pipeline)} with pipelines of "
        "senders (lower is better).",
        favours(order),
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


def finding_html(finding, picture, wanted):
    name = html.escape(finding.experiment)
    text = f"<h3>{html.escape(finding.title)}</h3>\n"
    text += f"<p>{links.html(finding.text, wanted)} "
    text += f"<span class=speaks>{finding.speaks}</span> <a href=#{name}>section {name}</a></p>\n"
    side = f"<a class=side href=#fig-{finding.figure}>{picture}</a>\n" if picture else ""
    return f"<li class=\"finding{' pictured' if side else ''}\"><div>{text}</div>{side}</li>\n"


def verdict_counts(verdicts):
    """How many claims of the papers hold, with a link to them: the ledger's sentence, or nothing."""
    if not verdicts:
        return ""
    return f"<p class=verdicts>{html.escape(claims.sentence(verdicts))} <a href=#claims>All: section claims</a></p>\n"


def findings_markdown(found):
    return "".join(
        f"{number}. **{item.title}.** {item.text} ({item.speaks})\n" for number, item in enumerate(found, 1)
    )


def titles(found):
    """What scripts/report prints."""
    return [f"{number}. {item.title} ({item.speaks})" for number, item in enumerate(found, 1)]
