"""opstate: sizes and instructions of operation states and coroutine frames against depth."""

from .rows import Setting, model_order, shown, shown_row
from .tables import Section, Table

FIGURES = ("instructions_per_op", "op_state_bytes", "frame_bytes")
WORDS = {
    "op_state_bytes": "bytes of operation state or awaitable",
    "frame_bytes": "bytes of coroutine frame",
    "instructions_per_op": "instructions",
}


def by_form(rows):
    """{(model, mechanism, rest of the variant, toolchain): {depth: {metric: Row}}}"""
    found = {}
    for row in rows:
        depth = row.keys.get("depth")
        if depth is None or not depth.isdigit():
            continue
        rest = ",".join(f"{key}={value}" for key, value in row.keys.items() if key != "depth") or "-"
        form = found.setdefault((row.model, row.mechanism, rest, row.toolchain), {})
        form.setdefault(int(depth), {})[row.metric] = row
    toolchains = list(dict.fromkeys(form[3] for form in found))
    return dict(sorted(found.items(), key=lambda item: (toolchains.index(item[0][3]), model_order(item[0][0]))))


def name_of(form):
    model, mechanism, rest, _ = form
    return f"{model} {mechanism}" + ("" if rest == "-" else f" ({rest})")


def compiler_of(form):
    return Setting.parse(form[3]).compiler


def build(rows):
    section = Section("opstate")
    forms = by_form(rows)
    metrics = list(dict.fromkeys(row.metric for row in rows if row.keys.get("depth", "").isdigit()))
    for metric in metrics:
        depths = sorted({depth for form in forms.values() for depth in form if metric in form[depth]})
        unit = next(row.unit for row in rows if row.metric == metric)
        body = [
            [name_of(form), form[3], *(shown_row(found.get(depth, {}).get(metric)) for depth in depths)]
            for form, found in forms.items()
            if any(metric in found[depth] for depth in found)
        ]
        section.tables.append(
            Table(
                f"opstate-{metric}",
                f"{metric} ({unit}) by depth",
                ["form", "toolchain", *(f"depth {depth}" for depth in depths)],
                body,
            )
        )
    section.headline, *section.findings = deepest(forms) or [""]
    section.data = figure_data(forms)
    return section


def deepest(forms):
    """A sentence for each toolchain and kind of function: every form at the greatest depth that all of them have."""
    sentences = []
    for toolchain, rest in dict.fromkeys((form[3], form[2]) for form in forms):
        mine = {form: depths for form, depths in forms.items() if form[3] == toolchain and form[2] == rest}
        shared = set.intersection(*(set(depths) for depths in mine.values()))
        if not shared:
            continue
        depth = max(shared)
        parts = []
        for form, depths in mine.items():
            figures = [
                f"{shown(row.value)} {WORDS[metric]}"
                for metric in FIGURES
                if (row := depths[depth].get(metric)) is not None and row.value
            ]
            if figures:
                parts.append(f"{form[0]} {form[1]} {', '.join(figures)}")
        if parts:
            compiler = Setting.parse(toolchain).compiler
            kind = "" if rest == "-" else f" ({rest})"
            sentences.append(f"One operation through {depth} functions{kind}, {compiler}: " + "; ".join(parts) + ".")
    return sentences


def figure_data(forms):
    """A block for each line of the figure: its title, then panel, depth, value and model. Only the main build, and
    lines that coincide only once: the logarithmic axis has no zero."""
    main = next((form[3] for form in forms), None)
    blocks, drawn = [], {}
    for panel, metrics in enumerate((("op_state_bytes", "frame_bytes"), ("instructions_per_op",))):
        for form, depths in forms.items():
            for metric in metrics if form[3] == main else ():
                points = {
                    depth: depths[depth][metric].value
                    for depth in sorted(depths)
                    if metric in depths[depth] and depths[depth][metric].value
                }
                twin = drawn.setdefault((panel, form[:2], metric), {})
                if not points or (twin and all(twin.get(depth) == value for depth, value in points.items())):
                    continue
                twin.update(points)
                what = ", frame" if metric == "frame_bytes" else ""
                model = min(model_order(form[0]), 5)
                lines = [f"{panel}\t{depth}\t{value:.10g}\t{model}" for depth, value in points.items()]
                blocks.append("\n".join([f'"{name_of(form)}{what}"', *lines]) + "\n")
    return "\n\n".join(blocks)
