"""opstate: sizes and instructions of operation states and coroutine frames against depth."""

from .rows import Setting, model_order, pairs, shown, shown_row
from .tables import Section, Table

WORD_BYTES = 8
DETAILS = {"allocs_fresh_per_op", "ns_above_floor", "ratio_to_floor"}  # derived from, or implied by, the others
NOTES = {
    "op_state_bytes": "sender: the operation state that connect builds; awaitable: the awaitable, which lies in the "
    "coroutine's frame; task-in-task: the frames of one operation, one for each depth.",
    "frame_bytes": "The one frame that outlives all operations; task-in-task: each of the frames of an operation.",
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


def level_of(form):
    return dict(Setting.parse(form[3]).options).get("opt")


def compiler_of(form):
    """The compiler, and its level where that is not the one of products."""
    return Setting.parse(form[3]).compiler + ("" if level_of(form) in (None, "O2") else f" -{level_of(form)}")


def build(rows):
    section = Section("opstate")
    forms = by_form(rows)
    metrics = list(dict.fromkeys(row.metric for row in rows if row.keys.get("depth", "").isdigit()))
    for metric in metrics:
        depths = sorted({depth for form in forms.values() for depth in form if metric in form[depth]})
        unit = next(row.unit for row in rows if row.metric == metric)
        body = [
            [name_of(form), compiler_of(form), *(shown_row(found.get(depth, {}).get(metric)) for depth in depths)]
            for form, found in forms.items()
            if any(metric in found[depth] for depth in found)
        ]
        section.tables.append(
            Table(
                f"opstate-{metric}",
                f"{metric} ({'below 1: faster' if unit == 'ratio' else unit}) by depth",
                ["form", "compiler", *(f"depth {depth}" for depth in depths)],
                body,
                NOTES.get(metric, ""),
                detail=metric in DETAILS,
            )
        )
    # What is said, and drawn, is of the level of the main build; the tables have all that were measured.
    forms = {form: depths for form, depths in forms.items() if level_of(form) == level_of(next(iter(forms)))}
    section.short, section.headline = above_floor(forms), within_stores(forms)
    section.findings = deepest(forms)
    section.data = figure_data(forms)
    return section


def counted_in_frames(found, depth):
    """Whether the bytes of an operation are those of its frames, one for each function."""
    state, frame = (found.get(metric) for metric in ("op_state_bytes", "frame_bytes"))
    return bool(state and frame and frame.value and state.value == depth * frame.value)


def sizes(found, depth):
    """What an operation takes, in the words of its model: nothing is counted twice."""
    state, frame = (found.get(metric) for metric in ("op_state_bytes", "frame_bytes"))
    if state is None or not state.value:
        return [f"{shown(frame.value)} bytes of coroutine frame"] if frame and frame.value else []
    if frame is None or not frame.value:
        return [f"{shown(state.value)} bytes of operation state"]
    if counted_in_frames(found, depth):
        return [f"{depth} frames of {shown(frame.value)} bytes"]
    return [f"{shown(state.value)} bytes of awaitable, which lie in the frame of {shown(frame.value)}"]


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
            counted = depths[depth].get("instructions_per_op")
            figures = [f"{shown(counted.value)} instructions"] if counted and counted.value else []
            figures += sizes(depths[depth], depth)
            if figures:
                parts.append(f"{form[0]} {form[1]} {', '.join(figures)}")
        if parts:
            compiler = Setting.parse(toolchain).compiler
            start = f"One operation through {depth} functions{with_state(rest)}, {compiler}: "
            sentences.append(start + "; ".join(parts) + ".")
    return sentences


def with_state(rest):
    return "" if rest == "-" else f" ({rest})"


def against(extra, stores):
    if extra <= 0:
        return "equal to the floor" if extra == 0 else f"{shown(-extra)} below the floor"
    if extra <= stores:
        return f"{shown(extra)} above the floor, within the {shown(stores)} stores that the operation state takes"
    over = shown(extra - stores)
    return f"{shown(extra)} above the floor, {over} more than the {shown(stores)} stores that the operation state takes"


def within_stores(forms, depth=2):
    """Whether just | then | then costs more than the floor and one store for each word of its operation state."""
    sentences = []
    for form, depths in forms.items():
        model, _, rest, toolchain = form
        ours = depths.get(depth, {})
        floor = forms.get(("raw", "floor", rest, toolchain), {}).get(depth, {}).get("instructions_per_op")
        counted, state = ours.get("instructions_per_op"), ours.get("op_state_bytes")
        if model != "sender" or not all(row and row.value is not None for row in (floor, counted, state)):
            continue
        extra, stores = counted.value - floor.value, state.value / WORD_BYTES
        sentences.append(
            f"just{' | then' * depth}{with_state(rest)}, {compiler_of(form)}: {shown(counted.value)} instructions, "
            f"{against(extra, stores)} ({shown(state.value)} bytes of operation state)."
        )
    return "\n".join(sentences)


COMPARED = {
    ("sender", "pipeline"): "a pipeline of {depth} `then`",
    ("awaitable", "ready"): "an awaitable that is ready",
    ("awaitable", "ready-known"): "the same where the compiler knows that it is ready",
    ("awaitable", "task-in-task"): "a coroutine for each function",
}


def above_floor(forms, depth=2):
    """How many instructions each form takes beyond the same calls without a protocol, over all kinds and compilers."""
    extra = {}
    for (model, mechanism, rest, toolchain), depths in forms.items():
        floor = forms.get(("raw", "floor", rest, toolchain), {}).get(depth, {}).get("instructions_per_op")
        counted = depths.get(depth, {}).get("instructions_per_op")
        if all(row and row.value is not None for row in (floor, counted)):
            extra.setdefault((model, mechanism), []).append(counted.value - floor.value)
    number = "two" if depth == 2 else depth
    parts = [
        f"{words.format(depth=number)} {span(extra[form])}"
        for form, words in COMPARED.items()
        if form in extra
    ]
    if not parts:
        return ""
    return f"Instructions beyond the same {number} calls without a protocol: {', '.join(parts)}."


def span(values):
    low, high = shown(min(values)), shown(max(values))
    return low if low == high else f"{low} to {high}"


VISIBLE = 1.15  # two values that differ by less are one point on the logarithmic axis


def figure_data(forms):
    """A block for each line of the figure: its title, then panel, depth, value, model, the number of its mechanism, its
    state, whether it is a frame that outlives the operation, and whether the legend has the title already. Only the
    main build."""
    main = next((form[3] for form in forms), None)
    forms = {form: depths for form, depths in forms.items() if form[3] == main}
    numbers = {name: number for number, name in enumerate(dict.fromkeys(form[:2] for form in forms))}
    blocks, titles = [], set()
    for panel, (form, metric, points, title) in lines_of(forms):
        state = pairs(form[2]).get("state", "0")
        style = f"{min(model_order(form[0]), 5)}\t{numbers[form[:2]]}\t{state if state.isdigit() else 0}"
        style += f"\t{int(metric == 'frame_bytes')}\t{int(title in titles)}"
        titles.add(title)
        drawn = [f"{panel}\t{depth}\t{value:.10g}\t{style}" for depth, value in points.items()]
        blocks.append("\n".join([f'"{title}"', *drawn]) + "\n")
    return "\n\n".join(blocks)


def lines_of(forms):
    """(panel, (form, metric, {depth: value}, title)) for each line. Values of 0 have no place on a logarithmic axis."""
    for panel, metrics in enumerate((("op_state_bytes",), ("instructions_per_op",))):
        by_name = {}
        for form, depths in forms.items():
            by_name.setdefault(form[:2], {})[form] = depths
        for alike in by_name.values():
            for metric in metrics:
                yield from ((panel, line) for line in states_apart(alike, metric))
        if panel == 0:
            yield from ((panel, line) for line in frames_once(forms))


def points_of(depths, metric):
    return {
        depth: depths[depth][metric].value
        for depth in sorted(depths)
        if metric in depths[depth] and depths[depth][metric].value
    }


def look_alike(points, other):
    both = [(value, other[depth]) for depth, value in points.items() if depth in other]
    return all(max(pair) < VISIBLE * min(pair) for pair in both)


def states_apart(alike, metric):
    """The line of the functions with most state, and another for those with less where one can see the difference."""
    shown_already = []
    for form, depths in reversed(alike.items()):
        points = points_of(depths, metric)
        if points and not any(look_alike(points, other) for other in shown_already):
            title = f"{form[0]} {form[1]}" if not shown_already else name_of(form)
            yield form, metric, points, title
            shown_already.append(points)


def frames_once(forms):
    """The frames that outlive an operation; equal ones of a model share a line."""
    found = {}
    for form, depths in forms.items():
        points = points_of(depths, "frame_bytes")
        if points and not all(counted_in_frames(figures, depth) for depth, figures in depths.items()):
            found.setdefault((form[0], tuple(points.values())[-1:]), []).append((form, points))
    for (model, _), lines in found.items():
        names = " and ".join(dict.fromkeys(form[1] for form, _ in lines))
        yield lines[0][0], "frame_bytes", lines[0][1], f"{model} {names}: the frame around it"
