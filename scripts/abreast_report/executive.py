"""The first page: ten findings in plain words, each computed from rows that its figures link to.

Each function below answers one question from the rows of one experiment, and returns nothing where these are not there.
Which model a finding favours is computed as well, by the growth that was seen or by intervals that lie apart: it
favours neither where they do not, and where both models can have what was found. Real C++ comes first where it was
measured."""

import html

from . import claims
from .conns import published_share as published_saving
from .finding import AWAITABLES, NEITHER, Finding, Rows, Sentence, apart, counted, ends, favours, figure, grown, say
from .finding import settled, share, times
from .frames import published_ratios
from .ratios import speed
from .rows import cited, shown
from .shape import reached
from .syncratio_sockets import published_share

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
        end = " In none of them does an interval reach 10 %."
    else:
        title = "Over real sockets " + ("the choice shows at some loads" if differ else "this run tells no difference")
        end = ""
    languages = ", in C and in C++" if len({cxx for cxx, *_ in loads}) > 1 else ""
    return Finding(
        "echo",
        title,
        say("The whole loop with a client at the other end takes, of the time of the same loop written by hand without "
            f"either model, {{}} times with awaitables and {{}} times with senders{languages} (lower is better). The "
            "99 % intervals tell a difference to the loop by hand in {} of {} cases, and one between the models in "
            f"{len(differ)} of {len(orders)}.{end}",
            ends(ours["awaitable"], "{:.2f}".format), ends(ours["sender"], "{:.2f}".format),
            cited(str(len(told)), *told[:1]), cited(str(len(cells)), cells[0])),
        favours(settled(orders)),
    )


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
        return Finding("stack", "A coroutine that awaits senders keeps its stack flat",
                       say("By the bridge of P2300R10, with exceptions on, the stack grows at {} settings.",
                           share(known)), NEITHER)
    full = [row for row in rows.all(*cell[:2], f"{variant},stack=8388608", "overflow_seen")
            if row.value and row.toolchain in {each.toolchain for each in growing}]
    latest = max(full, key=lambda row: row.value, default=None)
    end = (say(" At best, 8 MiB of stack are full after {} operations.", cited(f"{latest.value:,.0f}", latest)).parts
           if latest else [])
    flat = {row.toolchain for row in either(rows, "awaitable", "transfer", "-", "stack_growth")
            if row.text != "linear"}
    beside = [row for row in growing if row.toolchain in flat]
    also = (say(" At {} of these settings symmetric transfer between coroutines keeps it flat.",
                cited(str(len(beside)), *beside[:1])).parts if flat else [])
    text = say(
        "When operations complete at once, the bridge that P2300R10 describes resumes the coroutine from inside the "
        "operation, and nothing returns: each one takes {} bytes of stack, with exceptions on, at {} settings of the "
        "compilers.", ends(bytes_each), share(known))
    return Finding("stack", "A coroutine that awaits senders runs out of stack, as P2300R10 writes the bridge",
                   Sentence(text.parts + also + end), AWAITABLES if beside else NEITHER, "growth")


def stack_transfer(rows, _):
    ways = {"symmetric transfer": ("awaitable", "transfer", "-")}
    ways["stdexec's handshake"] = ("sender", "handshake", "boundary=yes,by=thread-id")
    ways["beman's"] = ("sender", "handshake", "boundary=yes,by=exchange")
    found = {name: either(rows, *cell, "stack_growth") for name, cell in ways.items()}
    transfer = found["symmetric transfer"]
    if not transfer:
        return None
    by_compiler = []
    for compiler in dict.fromkeys(row.setting.compiler for row in transfer):
        parts = [[f"{', ' if index else ''}{name} ", share(mine)] for index, (name, known) in enumerate(found.items())
                 if (mine := [row for row in known if row.setting.compiler == compiler])]
        by_compiler += ["; " if by_compiler else "", f"with {compiler} ", *[part for each in parts for part in each]]
    growing = grown(transfer)
    bridges = [{row.toolchain: row.text == "linear" for row in known} for name, known in found.items()
               if known and known is not transfer]
    ours = {row.toolchain: row.text == "linear" for row in transfer}
    more = [sum(ours.values()) < sum(theirs.get(name, False) for name in ours) for theirs in bridges]
    title = "Handing over without growing the stack needs the compiler" if growing else "Coroutines hand over flat"
    off = [row for row in growing if ("sib", "off") in row.setting.options]
    where = (say(" Where symmetric transfer grows, the compiler's sibling calls are switched off in {} of {}.",
                 cited(str(len(off)), *off[:1]), cited(str(len(growing)), growing[0])).parts if growing else [])
    c = rows.all("awaitable", "transfer", "-", "stack_growth")
    language = " in C++" if transfer[0].model.startswith("cxx-") else ""
    other = say(" As our C writes it, symmetric transfer grows at {}.", share(c)).parts if language and c else []
    text = Sentence(["Symmetric transfer, where an await returns the coroutine to go on with, is meant to keep "
                     "the stack flat, and the bridges of shipped sender libraries rest on it too. The stack grows"
                     f"{language} at this many of the settings: ", *by_compiler, ".", *where, *other])
    return Finding("stack", title, text, AWAITABLES if more and all(more) else NEITHER)


def ways_out(rows, _):
    def of(metric):
        return rows.several("completes=inline", metric, ("awaitable", "transfer"), ("sender", "member"),
                            ("sender", "scheduler"))

    named = ("handshake-exchange", "handshake-thread-id", "handshake-thread-id-look-first")
    handshakes = [row for name in named if (row := rows.get("sender", name, "completes=inline", "ns_per_op"))]
    ratios = [row for name in named if (row := rows.get("sender", name, "completes=inline", "ratio_to_floor"))]
    times_, floors = of("ns_per_op"), of("ratio_to_floor")
    if not times_ or not floors or not handshakes or not ratios:
        return None
    transfer, member, scheduler = floors
    dearer = [apart(row, transfer) > 0 for row in [scheduler, *ratios]]
    title = "Senders can keep the stack flat too"
    order = apart(member, transfer)
    if all(dearer):
        title += {0: ": with an await of their own at awaitables' price, by other ways at more",
                  1: ", at a higher price", -1: ": with an await of their own for less, by other ways for more"}[order]
    transfer, member, scheduler = times_
    known = rows.get("sender", "inline-known", "completes=inline", "ns_per_op")
    also = say(", {} where a sender says beforehand that it completes at once (stdexec)",
               figure(known, "ns")).parts if known else []
    text = say("A completion takes {} with a sender whose author wrote an await for it (a member as_awaitable)",
               figure(member, "ns")).parts + also
    text += say(", {} by a round trip through the scheduler's queue, and {} ns by the handshakes that shipped libraries"
                " make; with symmetric transfer between coroutines it takes {} (lower is better).",
                figure(scheduler, "ns"), ends(handshakes), figure(transfer, "ns")).parts
    return Finding("mitigations", title, Sentence(text), favours(order))


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

    def told(found, compilers):
        parts = [cited(shown(found[name][0]), found[name][1]) for name in compilers if name in found]
        return [part for each in parts for part in (" and ", each)][1:]

    prefix = "cxx-" if beyond("cxx-sender", "pipeline") and beyond("cxx-awaitable", "ready") else ""
    pipeline, ready = beyond(f"{prefix}sender", "pipeline"), beyond(f"{prefix}awaitable", "ready")
    compilers = [name for name in pipeline if name in ready]
    tasks = [entry for entry in beyond(f"{prefix}awaitable", "task-in-task").values()]
    made = rows.get("awaitable", "task-in-task", variant, "allocs_per_op")
    if not compilers or not tasks or not made:
        return None
    known = beyond("awaitable", "ready-known")  # in C++ the compiler is the one that knows
    best = {name: min(ready[name][0], known[name][0]) if not prefix and name in known else ready[name][0]
            for name in compilers}
    order = settled([(pipeline[name][0] > best[name]) - (pipeline[name][0] < best[name]) for name in compilers])
    parts = [f"With {' and '.join(compilers)}, four functions joined into one operation of a sender take ",
             *told(pipeline, compilers), " instructions more than the four calls written by hand; one awaitable of the "
             "four, always ready, takes ", *told(ready, compilers), " more in ", "C++" if prefix else "C"]
    if prefix and beyond("sender", "pipeline") and beyond("awaitable", "ready"):
        parts += [". In C the two take ", *told(beyond("sender", "pipeline"), compilers), ", and ",
                  *told(beyond("awaitable", "ready"), compilers)]
    parts += [", the awaitable ", *told(known, compilers), " where the compiler knows it is ready"] if known else []
    parts += ["."]
    size = rows.get("sender", "pipeline", variant, "op_state_bytes")
    parts += [" The sender's operation is ", figure(size, "bytes"), " and no allocation."] if size else []
    least, most = min(tasks, key=lambda entry: entry[0]), max(tasks, key=lambda entry: entry[0])
    words = shown(least[0]) if least[0] == most[0] else f"{shown(least[0])} to {shown(most[0])}"
    parts += [" Four coroutines that await each other take ", cited(words, most[1], least[1]), " more, and ",
              counted(made.value, "allocation", made), " (lower is better)."]
    title = {-1: "Composing operations as senders takes least", 1: "Composing operations as one awaitable takes least",
             0: "Composed without a coroutine each, which form takes least depends on the compiler"}[order]
    if order == 0 and all(pipeline[name][0] == best[name] for name in compilers):
        title = "Composed without a coroutine each, both forms take the same"
    return Finding("opstate", title, Sentence(parts), favours(order), "opstate")


def fanout(rows, _):
    variant = "shape=join,completes=later,width=8"
    cells = (("sender", "when-all"), ("awaitable", "when-all"))
    metrics = ("graph_bytes_per_op", "allocs_per_op", "ns_per_op")
    parts = [rows.several(variant, metric, *cells) for metric in metrics]
    if not all(parts):
        return None
    (sender_b, task_b), (sender_a, task_a), (sender_t, task_t) = parts
    order = apart(sender_t, task_t)
    text = say("The static graph of a when_all takes {}, {} and {}; eight tasks in coroutines take {}, {} and {} "
               "(lower is better).", figure(sender_b, "bytes"), counted(sender_a.value, "allocation", sender_a),
               figure(sender_t, "ns"), figure(task_b, "bytes"), counted(task_a.value, "allocation", task_a),
               figure(task_t, "ns"))
    plain = [rows.get("awaitable", "when-all-awaitables", variant, metric) for metric in metrics]
    if all(plain):
        text.parts += say(" Awaitables joined without a coroutine each take {}, {} and {}, on frames made by hand,"
                          " which P4126 proposes and standard C++ does not have.", figure(plain[0], "bytes"),
                          counted(plain[1].value, "allocation", plain[1]), figure(plain[2], "ns")).parts
    return Finding(
        "fanout",
        "Waiting for eight operations at once is "
        + {-1: "cheaper with senders than with tasks", 1: "cheaper with tasks than with senders",
           0: "not told apart by its time"}[order],
        text,
        favours(order),
    )


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
        least, most = max(found, key=lambda row: row.value), min(found, key=lambda row: row.value)
        words = [f"{1 / row.value:.2f}" for row in (least, most)]
        return cited(words[0] if words[0] == words[1] else " to ".join(words), most, least)

    warm, sender, cold = chains("awaitable", False), chains("sender", False), chains("awaitable", True)
    if not ours or not warm or not ratios:
        return None
    pays = {1: "pays", -1: "does not pay here", 0: "makes no difference that is told here"}[
        1 if ours[1] > 1 else -1 if ours[2] < 1 else 0]
    text = say("An allocator that keeps freed frames is {} as fast as malloc on the example that stands for the "
               "paper's workload, and {} times on other chains of coroutines", cited(
                   f"{ours[0]:.2f} times ({ours[1]:.2f} to {ours[2]:.2f})", found[0]), gains(warm)).parts
    text += say("; {} times on chains of tasks of the sender model", gains(sender)).parts if sender else []
    text += say("; {} times where the frames are not in the cache", gains(cold)).parts if cold else []
    text += [" (higher is better). P4003R4 3.5 publishes ",
             ", and ".join(f"{ratio:.2f} times ({who}), which {reached(ratio, ours)}" for who, ratio in ratios.items()),
             "."]
    return Finding("frames", f"Recycling coroutine frames {pays}", Sentence(text), NEITHER, "frames")


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
    word = "saves" if all(row.value < 1 for row in rounds) else "does not save"

    def change(value):
        return f"{abs(100 * (value - 1)):.1f} % {'less' if value < 1 else 'more'}"

    return Finding(
        "conns",
        f"A frame recycler {word} memory",
        say("With 50,000 connections, after many were replaced by new ones, each holds {} bytes of memory with malloc "
            f"and {{}} with a recycler: {{}} in pairs of one round, of which there are {len(rounds)} (lower is better)."
            " The discussion of P4003R1 reports {} less.",
            ends(malloc), ends(recycling), ends(rounds, change), f"{saved:.0f} %"),
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

    def told(template, found):
        return say(template, *[figure(row) for row in found]).parts if found else []

    text = told("An awaitable used as a sender takes {} times a native sender where it completes at once, and {} later",
                there) + [", ", counted(made.value, "allocation", made), ", by the bridge of P2300R10"]
    text += told("; {} and {} by a callback handle, which needs the frames made by hand of P4126, not standard C++",
                 of("callback-handle"))
    text += told(". A sender used as an awaitable takes {} times a native awaitable at once, and {} later", back)
    grows = rows.get("sender", "sender-awaitable", variants[0], "stack_bytes_per_completion")
    text += say(", and {} of stack for each that completes at once",
                figure(grows, "bytes")).parts if grows and grows.value else []
    text += told("; {} and {} with an await that its author wrote", of("member")) + [" (lower is better)."]
    dear = [row.low > 1 for row in (there[0], back[0])]
    words = {2: "costs, either way, where operations complete at once",
             1: "costs in one direction, where operations complete at once",
             0: "costs nothing that this run tells"}[sum(dear)]
    return Finding("bridges", f"Crossing from one model to the other by P2300R10's bridges {words}", Sentence(text),
                   NEITHER)


def syncratio(rows, papers):
    seen = rows.of("sync_share", lambda row: "load" in row.keys and row.model == "raw")
    published = published_share(papers)
    if not seen or published is None:
        return None
    near = [row for row in seen if row.low <= published / 100 <= row.high]
    depends = max(row.low for row in seen) > min(row.high for row in seen)
    return Finding(
        "syncratio",
        f"How often a read completes at once {'depends' if depends else 'is not seen to depend'} on the load",
        say("A discussion of P4003R1 puts it at about {}. In the {} loads and ways of counting here it is {}; the "
            "99 % interval has the discussion's figure in it at {} of them. A cost that only reads have which complete "
            "at once counts by that share.", f"{published:.0f} %", cited(str(len(seen)), seen[0]),
            ends(seen, lambda value: f"{100 * value:.0f} %"), cited(str(len(near)), *near[:1])),
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
        + {0: "the same in both models, as far as intervals tell", -1: "less with senders",
           1: "less with awaitables"}[order],
        say("Above the same read by hand it takes {} with an awaitable task, {} with a sender pipeline and {} with a "
            "task of the sender model whose senders have an await of their own (lower is better).", figure(task, "ns"),
            figure(pipeline, "ns"), figure(own, "ns")),
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
        say("It takes {} the time of bare cancels with coroutines and {} with pipelines of senders (lower is better).",
            times(task), times(pipeline)),
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
    text += f"<p>{finding.text.html(wanted)} "
    text += f"<span class=speaks>{finding.speaks}</span> <a href=#{name}>{name}</a></p>\n"
    side = f"<a class=side href=#fig-{finding.figure}>{picture}</a>\n" if picture else ""
    return f"<li class=\"finding{' pictured' if side else ''}\"><div>{text}</div>{side}</li>\n"


def verdict_counts(verdicts):
    """How many claims of the papers hold, with a link to them: the ledger's sentence, or nothing."""
    if not verdicts:
        return ""
    return f"<p class=verdicts>{html.escape(claims.sentence(verdicts))} <a href=#claims>All of them</a></p>\n"


def findings_markdown(found):
    return "".join(
        f"{number}. **{item.title}.** {item.text} ({item.speaks})\n" for number, item in enumerate(found, 1)
    )


def titles(found):
    """What scripts/report prints."""
    return [f"{number}. {item.title} ({item.speaks})" for number, item in enumerate(found, 1)]
