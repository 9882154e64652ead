"""What the page says of the run: its limits, its gaps, its load, and how to do it again."""

import html
import shlex

from .rows import is_library

UNFINISHED = "this run did not finish, and there is no record of the machine or of what was skipped"
# Where more than one thread has a part in what is measured: experiment, what variants of such cells hold, and the part.
THREADED = (
    ("frames", "threads=", "cells with threads=N allocate on N at once"),
    ("frames", "freed=elsewhere", "with freed=elsewhere frames are made on one thread, and run and freed on another"),
    ("grid", "", "the thread of a pool completes some of the reads"),
    ("fanout", "", "some children complete on a pool of two threads"),
)
FEW = 3  # programs that one reason kept from running, each with a line of its own
SENDER_LIBRARIES = ("stdexec", "beman", "libunifex")


def programs(skipped):
    """Of programs named TOOLCHAIN/PROGRAM that one reason kept from running, more than a few are named together."""
    alike = {}
    for entry in skipped:
        _, slash, program = str(entry.get("what", "")).partition("/")
        of_toolchain = slash and entry.get("experiment", "-") == "-"
        alike.setdefault((program, entry.get("reason")) if of_toolchain else id(entry), []).append(entry)
    for entries in alike.values():
        if len(entries) <= FEW:
            yield from entries
            continue
        program = entries[0]["what"].partition("/")[2]
        yield {**entries[0], "what": f"the program {program} of {len(entries)} toolchains"}


def gaps(info):
    """What was skipped; and the figures that are missing, those of one mechanism and reason together."""
    found = {}
    for key in ("skipped", "missing"):
        for entry in programs([entry for entry in info.get(key, []) if isinstance(entry, dict)]):
            experiment = entry.get("experiment", "-")
            what = entry.get("what") or f"{entry.get('model', '-')} {entry.get('mechanism', '-')}"
            where = [name for name in (experiment, what) if name != "-"]
            found.setdefault(f"{', '.join(where)}: {entry.get('reason', '?')}", []).append(key)
    return [
        line + (f" ({len(kinds)} figures)" if len(kinds) > 1 and "missing" in kinds else "")
        for line, kinds in found.items()
    ]


def sender_libraries(results):
    """Which libraries of senders were run, and where."""
    ran = {}
    for experiment, rows in results.items():
        for row in rows:
            if row.model == "cxx-sender" and is_library(row.mechanism):
                ran.setdefault(row.mechanism, []).append(experiment)
    absent = [name for name in SENDER_LIBRARIES if not any(found.startswith(f"{name}-") for found in ran)]
    if not ran:
        return f"<strong>No sender library was run: not {', not '.join(absent)}.</strong> Every"
    where = "; ".join(f"{name} in {', '.join(dict.fromkeys(experiments))}" for name, experiments in sorted(ran.items()))
    missing = f" Not run: {', '.join(absent)}." if absent else ""
    return f"<strong>Of sender libraries, these were run: {html.escape(where)}.{missing}</strong> Every other"


def threads(results):
    """How many threads drive what was measured."""
    several = [
        f"in {name} {what}"
        for name, sign, what in THREADED
        if any(sign in row.variant for row in results.get(name, ()))
    ]
    alone = "One thread drives each loop" + (f"; {'; '.join(several)}" if several else "") + "."
    return alone + " Nothing here speaks of work stealing, or of a task that goes on on another processor."


BUSY = 0.5  # processors: bench/environment.c warns from there on


def load(info):
    """A paragraph where other work had a part of the processors."""
    others = info.get("noise", {}).get("other_programs_processors")
    if others is None or others <= BUSY:
        return ""
    return (
        f"<p><strong>The machine was busy: when this run began, other programs used {others:.1f} of its "
        f"{info.get('machine', {}).get('cores', '?')} processors. Other work makes times longer and their intervals "
        "wider; counts, sizes and bytes of stack stay the same.</strong></p>\n"
    )


def again(info):
    """The commands that measure the same once more."""
    mode = f"--{info.get('mode', 'quick')}"
    seed = ["--seed", str(info["seed"])] if "seed" in info else []
    allocator = ["--allocator", info["allocator"]] if "allocator" in info else []
    if not info.get("filters") and not allocator and mode != "--smoke":
        return f"<code>{html.escape(shlex.join(['scripts/reproduce', mode, *seed]))}</code>"
    words = ["build/release/abreast", "run", mode, *seed, *allocator, *info.get("filters", []), "--out", "DIR"]
    return f"<code>{html.escape(shlex.join(words))}</code>, then <code>scripts/report --out DIR</code>"
