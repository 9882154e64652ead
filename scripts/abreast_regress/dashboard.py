"""The history on one page: what changed last, then every chart. One file, which opens offline."""

import html
import re
import tempfile
from pathlib import Path

from .charts import METRIC_TITLES, as_percent, changes_of, draw, ordered, short, slug, title, when, work
from .history import charts, series
from .metrics import LARGER, metric

STYLE = """
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #222; margin: 0 auto;
       max-width: 1260px; padding: 0 16px; }
h1 { font-size: 1.5em; margin-bottom: 0; } h2 { font-size: 1.15em; margin: 1.6em 0 .3em; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); gap: 12px; }
figure { margin: 0; overflow-x: auto; border: 1px solid #ddd; border-radius: 4px; }
figure svg { width: 100%; min-width: 500px; height: auto; display: block; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .93em; }
th, td { text-align: left; padding: 3px 12px 3px 0; border-bottom: 1px solid #e4e4e4; vertical-align: top; }
td.number { text-align: right; } td.number, td.whole { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.worse { color: #a33b00; font-weight: 600; } td.better { color: #00663f; }
"""
HOW = """<p>Each chart is one piece of work, run by run, oldest on the left. <b>Colour is the model</b>: grey is the
floor (the same work with neither protocol), blue are awaitables, orange are senders. The band is the
99&nbsp;% interval of each figure. A <b>ring</b> marks a change point: from there on the figure is another
one, by the percentage beside it. A <b>dotted line</b> is a run with a note, by whose number it is listed
below. Axes do not begin at 0, so that small changes show. Lines of different processors are never joined: the
second and later ones are dashed.</p>
<p>Change points need later runs, so nothing here fails a build; the gates are <code>scripts/regress check</code> and
<code>scripts/regress compare</code>.</p>"""


def escape(text):
    return html.escape(str(text), quote=True)


def table(heads, rows):
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def cell(text, kind=""):
    return f'<td class="{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"


def change_rows(points):
    """Change points of all charts, the newest first."""
    found = []
    for key, chart in charts(points).items():
        for name, line in ordered(series(chart)):
            for point, ratio in changes_of(line):
                rule = metric(point.metric, point.unit)
                worse = (ratio > 1) != (rule is not None and rule.better == LARGER)
                found.append((point, key, name, ratio, "worse" if worse else "better"))
    found.sort(key=lambda change: -change[0].seq)
    return [
        [cell(as_percent(ratio), f"number {kind}"), cell(f"{name[0]} {name[1]}"),
         cell(METRIC_TITLES.get(key[2], key[2])), cell(work(key)), cell(when(point), "whole"),
         cell(short(point.revision)), cell(name[2])]
        for point, key, name, ratio, kind in found
    ]  # fmt: skip


def notes(points):
    runs = {point.seq: point for point in points if point.note}
    return [
        [cell(f"#{seq}"), cell(when(point), "whole"), cell(short(point.revision)), cell(point.note)]
        for seq, point in sorted(runs.items())
    ]


def inline(path):
    """An SVG without what only a file of its own may begin with."""
    return re.sub(r"^.*?(?=<svg)", "", path.read_text(encoding="utf-8"), count=1, flags=re.DOTALL)


def sections(chosen, folder, say):
    parts, last = [], None
    for number, (key, points) in enumerate(chosen.items()):
        if number % 10 == 0:
            say(f"{number} of {len(chosen)} charts", number, len(chosen))
        if key[:2] != last:
            parts.append(("</div>" if last else "") + f"<h2>{escape(work(key))}</h2>" + '<div class="charts">')
            last = key[:2]
        picture = inline(draw(key, points, folder))
        parts.append(f'<figure id="{slug(key)}" role="img" aria-label="{escape(title(key))}">{picture}</figure>')
    return "".join(parts) + ("</div>" if parts else "")


def contents(chosen, zero):
    """A line for each piece of work: its charts, and what is always 0, which has none."""
    lines = {}
    for key in [*chosen, *zero]:
        name = escape(METRIC_TITLES.get(key[2], key[2]))
        shown = f'<a href="#{slug(key)}">{name}</a>' if key in chosen else f"{name}: always 0"
        lines.setdefault(escape(work(key)), []).append(shown)
    items = "".join(f"<li>{name}: {', '.join(shown)}</li>" for name, shown in lines.items())
    return f"<h2>Charts</h2><ul>{items}</ul>"


def page(points, filters, say):
    chosen = charts(points, filters)
    shown = [point for chart in chosen.values() for point in chart]
    zero = [key for key, chart in chosen.items() if all(point.value == 0 for point in chart)]
    chosen = {key: chart for key, chart in chosen.items() if key not in zero}
    runs = sorted({(point.seq, when(point), point.revision) for point in shown})
    processors = sorted({point.processor for point in shown})
    parts = [f"<h1>abreast: history of {len(runs)} {'run' if len(runs) == 1 else 'runs'}</h1>"]
    days = f"{escape(runs[0][1])} to {escape(runs[-1][1])}"
    latest = f"<code>{escape(short(runs[-1][2]))}</code>"
    parts.append(f"<p>{days}; latest: {latest}; on {escape(', '.join(processors))}</p>{HOW}")
    changes, noted = change_rows(shown), notes(shown)
    parts.append("<h2>Changes, the latest first</h2>")
    heads = ["change", "form", "metric", "work", "first run", "revision", "processor"]
    parts.append(table(heads, changes) if changes else "<p>None so far.</p>")
    if noted:
        parts.append("<h2>Notes</h2>" + table(["run", "of", "revision", "note"], noted))
    parts.append(contents(chosen, zero))
    with tempfile.TemporaryDirectory() as scratch:
        parts.append(sections(chosen, Path(scratch), say))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="abreast-dashboard" content="1">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>abreast: history</title>'
        f"<style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )
