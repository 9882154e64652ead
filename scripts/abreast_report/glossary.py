"""What the words and the mechanisms of the report are, a line each: words from paper/glossary.tsv; mechanisms, as far
as the run has them, from where the cells of stack and finals are declared (bench/stack/mechanisms.def)."""

import html
import re
from pathlib import Path

from .rows import model_order

ENTRY = re.compile(r'MECHANISM\(\s*(\w+),\s*(\w+),\s*\w+,\s*"([^"]+)",\s*\w+,\s*"((?:[^"\\]|\\.)*)"\s*\)')


def terms(paper):
    """[(term, words)]"""
    lines = (Path(paper) / "glossary.tsv").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split("\t")) for line in lines[1:] if line]


def mechanisms(definitions, results):
    """[(model mechanism, what it models)] of those that the run measured."""
    found = {}
    for experiment, model, name, words in ENTRY.findall(Path(definitions).read_text(encoding="utf-8")):
        if any(row.model == model and row.mechanism == name for row in results.get(experiment, ())):
            found.setdefault((model, name), words)
    ordered = sorted(found.items(), key=lambda item: model_order(item[0][0]))
    return [(name if model == name else f"{model} {name}", words) for (model, name), words in ordered]


def listed(entries):
    return "".join(f"<dt>{html.escape(term)}</dt><dd>{html.escape(words)}</dd>\n" for term, words in entries)


def section(paper, definitions, results):
    named = mechanisms(definitions, results)
    text = f"<section id=glossary>\n<h2>Words and mechanisms</h2>\n<dl class=glossary>\n{listed(terms(paper))}</dl>\n"
    if named:
        text += f"<h3>Mechanisms of stack and finals</h3>\n<dl class=glossary>\n{listed(named)}</dl>\n"
    return text + "</section>\n"
