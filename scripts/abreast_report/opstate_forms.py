"""opstate's forms by depth: one way each to write an operation; and their figure."""

from .rows import Setting, model_order, pairs


def by_form(rows):
    """{(model, mechanism, rest of the variant, toolchain): {depth: {metric: Row}}}"""
    found = {}
    for row in rows:
        depth = row.keys.get("depth")
        if depth is None or not depth.isdigit() or "control" in row.keys:
            continue
        rest = ",".join(f"{key}={value}" for key, value in row.keys.items() if key != "depth") or "-"
        form = found.setdefault((row.model, row.mechanism, rest, row.toolchain), {})
        form.setdefault(int(depth), {})[row.metric] = row
    toolchains = list(dict.fromkeys(form[3] for form in found))
    return dict(sorted(found.items(), key=lambda item: (toolchains.index(item[0][3]), model_order(item[0][0]))))


def name_of(form):
    model, mechanism, rest, _ = form
    return f"{model} {mechanism}" + ("" if rest == "-" else f" ({rest})")


def described(variant):
    """What the cells of a group do."""
    keys = pairs(variant)
    if "depth" in keys:
        return f"a value through {keys['depth']} {functions(variant)}"
    if keys.get("algorithm") == "when-all":
        return f"when_all of {keys.get('children', '?')}"
    words = {"schedule": "schedule: a round trip through the run_loop", "read-some": "read_some of 8 bytes in memory"}
    return words.get(keys.get("algorithm"), variant)


def in_columns(depths):
    """Those that a table shows: no depth and powers of two; what lies between is in the results."""
    return sorted({depth for depth in depths if depth & (depth - 1) == 0})


def functions(variant):
    """What its functions carry."""
    state = pairs(variant).get("state", "0")
    return "stateless functions" if state == "0" else f"functions of {state} bytes"


def compiler_of(toolchain):
    """The compiler, and its level where that is not the one of products."""
    level = dict(Setting.parse(toolchain).options).get("opt")
    return Setting.parse(toolchain).compiler + ("" if level in (None, "O2") else f" -{level}")


def carried(figures):
    """(bytes that an operation builds, in what, their row), or None: nothing is counted twice."""
    state, frame, calls, awaitable = (
        value(figures, metric) for metric in ("op_state_bytes", "frame_bytes", "allocs_per_op", "awaitable_bytes")
    )
    if state:
        block = value(figures, "op_state_block_bytes") or 0
        return state + block, f"operation state{' and its block' if block else ''}", figures["op_state_bytes"]
    if frame and calls:
        return frame * calls + (awaitable or 0), "frames", figures["frame_bytes"]
    if awaitable:
        return awaitable, "awaitable", figures["awaitable_bytes"]
    return None


def value(figures, metric):
    row = figures.get(metric)
    return row.value if row else None


VISIBLE = 1.15  # two values that differ by less are one point on the logarithmic axis
DRAWN = ("floor", "ready", "task-in-task", "pipeline", "let-value")


def figure_data(forms):
    """A block for each line of the figure: its title, then panel, depth, value, model, the number of its mechanism, its
    state, whether it is a frame that outlives the operation, and whether the legend has the title already. Only the
    main build."""
    main = next((form[3] for form in forms), None)
    forms = {form: depths for form, depths in forms.items() if form[3] == main and form[1] in DRAWN}
    numbers = {name: number for number, name in enumerate(dict.fromkeys(form[:2] for form in forms))}
    blocks, titles = [], set()
    for panel, (form, metric, points, title) in lines_of(forms):
        state = pairs(form[2]).get("state", "0")
        style = f"{min(model_order(form[0]), 5)}\t{numbers[form[:2]]}\t{state if state.isdigit() else 0}"
        style += f"\t{int(metric == 'frame_bytes')}\t{int(title in titles)}"
        titles.add(title)
        drawn = [f"{panel}\t{depth}\t{point:.10g}\t{style}" for depth, point in points.items()]
        blocks.append("\n".join([f'"{title}"', *drawn]) + "\n")
    return "\n\n".join(blocks)


def lines_of(forms):
    """(panel, (form, metric, {depth: value}, title)) for each line. Values of 0 have no place on a logarithmic axis."""
    for panel, metric in enumerate((None, "instructions_per_op")):
        by_name = {}
        for form, depths in forms.items():
            by_name.setdefault(form[:2], {})[form] = depths
        for alike in by_name.values():
            yield from ((panel, line) for line in states_apart(alike, metric))
        if panel == 0:
            yield from ((panel, line) for line in frames_once(forms))


def points_of(depths, metric):
    """{depth: value}; without a metric what an operation builds."""
    found = {}
    for depth, figures in sorted(depths.items()):
        built = carried(figures) if metric is None else None
        point = built[0] if built else value(figures, metric)
        if point:
            found[depth] = point
    return found


def look_alike(points, other):
    both = [(point, other[depth]) for depth, point in points.items() if depth in other]
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
        if points and not any(value(figures, "allocs_per_op") for figures in depths.values()):
            found.setdefault((form[0], tuple(points.values())[-1:]), []).append((form, points))
    for (model, _), lines in found.items():
        names = " and ".join(dict.fromkeys(form[1] for form, _ in lines))
        form, points = max(lines, key=lambda line: len(line[1]))
        yield form, "frame_bytes", points, f"{model} {names}: the frame around it"
