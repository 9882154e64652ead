"""A section for an experiment that has no module of its own: one table of all its figures."""

from .rows import model_order, shown_row
from .tables import Section, Table


def build(experiment, rows):
    metrics = list(dict.fromkeys(row.metric for row in rows))
    cells = {}
    for row in rows:
        cells.setdefault((row.model, row.mechanism, row.variant, row.toolchain), {})[row.metric] = row
    body = [
        [f"{model} {mechanism}", variant, toolchain, *(shown_row(figures.get(metric)) for metric in metrics)]
        for (model, mechanism, variant, toolchain), figures in sorted(
            cells.items(), key=lambda item: model_order(item[0][0])
        )
    ]
    columns = ["mechanism", "variant", "toolchain", *metrics]
    return Section(experiment, tables=[Table(experiment, f"All figures of {experiment}", columns, body)])
