"""report.html: one file that opens offline, from the templates in paper/."""

import html
import re
import shlex
from pathlib import Path

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


def paragraphs(items):
    return "".join(f"<li>{html.escape(item)}</li>\n" for item in items)


def inline_svg(path):
    """The SVG element of a figure, without XML declaration, fit to go into HTML."""
    if not path.exists():
        return ""
    text = path.read_text(encoding="utf-8")
    return text[text.find("<svg") :] if "<svg" in text else ""


def fill(template, **values):
    """Replaces every {{name}}; a name without a value is an error, so that no template speaks of nothing."""
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match.group(1)], template)


def picture_html(folder, name, printed):
    """The SVG itself, so that the report is one file; on paper the PNG, which every PDF renderer can draw."""
    if printed:
        path = Path(folder) / "figures" / f"{name}.png"
        return f'<img src="figures/{name}.png" alt="">' if path.exists() else ""
    return inline_svg(Path(folder) / "figures" / f"{name}.svg")


def found_html(section):
    name = html.escape(section.experiment)
    return f"<dt><a href=#{name}>{name}</a></dt>\n<dd>{html.escape(section.short)}</dd>\n"


def section_html(section, folder, paper, printed):
    name = section.experiment
    intro = paper / f"{name}.html"
    text = f"<section id={name}>\n<h2>{html.escape(name)}</h2>\n"
    text += intro.read_text(encoding="utf-8") if intro.exists() else ""
    if section.headline:
        text += f"<ul class=headline>\n{paragraphs(section.headline.splitlines())}</ul>\n"
    essential = [table for table in section.tables if table.essential]
    text += "".join(table.html() for table in essential)
    for picture in [picture_html(folder, figure, printed) for figure in [name, *section.more_data]]:
        text += f"<figure class=picture>\n{picture}</figure>\n" if picture else ""
    if section.findings:
        text += f"<ul>\n{paragraphs(section.findings)}</ul>\n"
    text += "".join(table.printed() if printed else table.html() for table in section.tables if not table.essential)
    return text + "</section>\n"


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


def load(info):
    """A paragraph where other work had a part of the processors."""
    average = info.get("noise", {}).get("load_average")
    processors = info.get("machine", {}).get("cores")
    if not (isinstance(average, list) and average and processors and average[0] > processors):
        return ""
    return (
        f"<p><strong>The machine was busy: in the minute before this run {average[0]:.1f} programs wanted to run at "
        f"once on {processors} processors (load average; a build just before counts too). Other work makes times "
        "longer and their intervals wider; counts, sizes and bytes of stack stay the same.</strong></p>\n"
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


def page(sections, tables, results, info, pairs, folder, paper, printed=False):
    """tables: those that belong to no experiment; pairs: run.json, flattened."""
    skipped = gaps(info)
    method = "".join(
        f"<tr><th scope=row>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>\n"
        for name, value in pairs
        if not name.startswith(("skipped", "missing"))
    )
    if not info:
        record = f"<p>No record: {UNFINISHED}.</p>"
    elif skipped:
        record = f"<ul>\n{paragraphs(skipped)}</ul>"
    else:
        record = "<p>Nothing was skipped.</p>"
    contents = "".join(f"<a href=#{s.experiment}>{html.escape(s.experiment)}</a>\n" for s in sections)
    return fill(
        (paper / "report.html").read_text(encoding="utf-8"),
        style=(paper / "report.css").read_text(encoding="utf-8"),
        contents=contents,
        headlines="".join(found_html(section) for section in sections if section.short),
        sections="".join(section_html(section, folder, paper, printed) for section in sections),
        published="".join(table.html() for table in tables),
        unfinished="" if info else f"<p class=unfinished role=alert>{UNFINISHED.capitalize()}.</p>\n",
        skipped=record,
        sender_libraries=sender_libraries(results),
        method=method,
        threads=html.escape(threads(results)),
        load=load(info),
        again=again(info),
    )
