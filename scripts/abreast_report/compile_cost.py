"""compile: what the two forms of the loop cost a C++ compiler. Its times have an interval in full mode alone; of quick
mode each round has a row, and from the least to the most of them is what is shown."""

from . import links
from .finding import ends, figure
from .rows import cited, model_order, shown_row
from .tables import Section, Table

FORMS = {
    "task": "a coroutine",
    "pipeline": "an expression of senders",
    "pipeline-erased": "a sender behind a virtual start",
}
COLUMNS = {
    "compiles in, ms": "compile_ms",
    "builds again after a change of one turn, ms": "rebuild_ms",
    "bytes of the object": "object_bytes",
    "symbols": "symbols_count",
}


class Cells:
    def __init__(self, rows):
        self.found = {}
        for row in sorted(rows, key=lambda row: model_order(row.model)):
            if not row.missing:
                cell = self.found.setdefault((row.setting.compiler, row.model, row.mechanism), {})
                cell.setdefault(row.metric, []).append(row)

    @property
    def compilers(self):
        return list(dict.fromkeys(compiler for compiler, _, _ in self.found))

    def rows(self, compiler, mechanism, metric):
        for (of, _, name), figures in self.found.items():
            if (of, name) == (compiler, mechanism):
                return figures.get(metric, [])
        return []

    def both(self, metric, names):
        """Of each compiler that has them all: (compiler, [what is shown of each])."""
        for compiler in self.compilers:
            rows = [self.rows(compiler, name, metric) for name in names]
            if all(rows):
                yield compiler, [shown(each) for each in rows]


def shown(rows):
    """Without its interval, which the table has."""
    unit = {"ms": "ms", "B": "bytes"}[rows[0].unit]
    return figure(rows[0], unit) if len(rows) == 1 else cited(f"{links.plain(ends(rows))} {unit}", *rows)


def in_table(rows):
    return "-" if not rows else shown_row(rows[0]) if len(rows) == 1 else ends(rows)


def told(pairs, names):
    """"gcc 5 ms as a coroutine and 7 ms as an expression of senders, clang 6 ms and 8 ms"."""
    text = []
    for compiler, figures in pairs:
        of = [f" as {FORMS[name]}" for name in names] if not text else ["" for _ in names]
        text.append(f"{compiler} " + " and ".join(f"{one}{form}" for one, form in zip(figures, of)))
    return ", ".join(text)


def build(rows):
    cells = Cells(rows)
    section = Section("compile")
    whole = ("task", "pipeline")
    apart = ("task", "pipeline-erased")
    few = any(row.metric == "compile_ms" and row.samples == 1 for row in rows)
    times, sizes = list(cells.both("compile_ms", whole)), list(cells.both("object_bytes", whole))
    if times:
        no = "; in so few rounds no interval" if few else ""
        section.short = f"To compile the loop takes {told(times, whole)} (lower is better{no})."
    elif sizes:
        section.short = f"The object of the loop takes {told(sizes, whole)} (lower is better)."
    if again := list(cells.both("rebuild_ms", whole)):
        section.findings.append(
            f"After a change of one turn, which two users share, building again takes {told(again, whole)}: the "
            "coroutine is compiled alone, the senders with each user, for their type is part of it."
        )
    if again := list(cells.both("rebuild_ms", apart)):
        section.findings.append(
            f"Where the sender's turn has a translation unit of its own too, that takes {told(again, apart)}."
        )
    if sizes and times:
        section.findings.append(f"The object that is made takes {told(sizes, whole)}.")
    section.tables = [table(cells)]
    return section


def table(cells):
    body = [
        [f"{model} {mechanism}", compiler, *(in_table(figures.get(metric, [])) for metric in COLUMNS.values())]
        for (compiler, model, mechanism), figures in cells.found.items()
    ]
    return Table(
        "compile",
        "What each form of the loop costs a C++ compiler",
        ["form", "compiler", *COLUMNS],
        body,
        "Less is better. task is a coroutine, pipeline an expression of senders, pipeline-erased (in full mode) a "
        "sender behind a virtual start. In brackets the 99 % interval, of eight rounds or more; of fewer the least and "
        "the most.",
        essential=True,
    )
