"""opstate: sizes and instructions of operation states and coroutine frames against depth."""

from .rows import Setting, model_order, shown, shown_row
from .tables import Section, Table

FIGURES = ("op_state_bytes", "frame_bytes", "instructions_per_op")
WORDS = {
    "op_state_bytes": "bytes of operation state",
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


def sentence(form, depths):
    parts = []
    first, last = min(depths), max(depths)
    for metric in FIGURES:
        low, high = depths[first].get(metric), depths[last].get(metric)
        if not low or not high:
            continue
        if low.value is None or high.value is None:
            parts.append(f"{WORDS[metric]}: ?")
        elif low.value == high.value:
            parts.append(f"{shown(low.value)} {WORDS[metric]} throughout")
        elif last > first:
            each = (high.value - low.value) / (last - first)
            parts.append(f"{shown(low.value)} to {shown(high.value)} {WORDS[metric]} ({shown(each)} a level)")
        else:
            parts.append(f"{shown(low.value)} {WORDS[metric]}")
    if not parts:
        return ""
    return f"{name_of(form)} with {compiler_of(form)}, depth {first} to {last}: " + "; ".join(parts) + "."


def build(rows):
    section = Section("opstate")
    forms = by_form(rows)
    section.findings = [text for text in (sentence(form, depths) for form, depths in forms.items()) if text]
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
    section.headline = headline(forms)
    section.data = figure_data(forms)
    return section


def headline(forms):
    """Bytes and instructions at the greatest depth that all forms share: the main build, the last kind of function."""
    main = next((form[3] for form in forms), None)
    forms = {form: depths for form, depths in forms.items() if form[3] == main}
    rest = next((form[2] for form in reversed(forms)), None)
    forms = {form: depths for form, depths in forms.items() if form[2] == rest}
    shared = [set(depths) for depths in forms.values()]
    common = set.intersection(*shared) if shared else set()
    if not common:
        return ""
    deepest = max(common)
    parts = []
    for form, depths in forms.items():
        figures = [
            f"{shown(row.value)} {WORDS[metric]}"
            for metric in FIGURES
            if (row := depths[deepest].get(metric)) is not None and row.value is not None
        ]
        if figures:
            parts.append(f"{name_of(form)} {', '.join(figures)}")
    compiler = Setting.parse(main).compiler
    return f"At depth {deepest}, with {compiler}: " + "; ".join(parts) + "." if parts else ""


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
