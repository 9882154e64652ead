"""The handout: a scene's first read in numbered steps, its stacks side by side, and a table of all scenes, on A4."""
import html

from . import player_facts, player_words, scenes, trace

SCENE, ALSO = "hundred", "handshake"  # of the second, the sender's side is drawn too
AFTER = (1, 2, 3, 5, 10, 20, 50, 100)  # reads, of which the stack is drawn
WIDTH, HEIGHT, GAP, LABEL = 34, 230, 8, 22  # of one stack, in SVG units


def escape(text):
    return html.escape(str(text), quote=False)


def label(side):
    return side["model"].capitalize()


def full_label(side):
    return f"{label(side)}: {side['mechanism']}"


# ---- The stacks ----

def drawn_stack(state, base, left, scale, x):
    """One stack, growing downwards: white what was there before, grey what completions left, black what runs."""
    parts, y = [], LABEL
    for index, (_, size) in enumerate(state.stack):
        high = size * scale
        fill = "#ffffff" if index < base else "#9a9a9a" if index < left else "#000000"
        line = ' stroke="#000000" stroke-width="0.5"' if high > 3 or index < base else ""
        parts.append(f'<rect x="{x}" y="{y:.2f}" width="{WIDTH}" height="{high:.2f}" fill="{fill}"{line}/>')
        y += high
    outline = f'<rect x="{x}" y="{LABEL}" width="{WIDTH}" height="{y - LABEL:.2f}" fill="none" stroke="#000000"/>'
    below = (f'<text x="{x + WIDTH / 2}" y="{y + 10:.2f}" font-size="10" text-anchor="middle">'
             f"{state.stack_bytes:,}</text>")
    return "".join(parts) + outline + below


def row(side, states, deepest):
    """A side's stack at one read after the other."""
    asks, parts = player_facts.asked(states), []
    base = len(states[asks[0]].stack) - 1
    shown = [count for count in AFTER if count < len(asks)] + [len(asks)]
    for column, count in enumerate(dict.fromkeys(shown)):
        state = states[asks[count - 1]]
        x = column * (WIDTH + GAP)
        parts.append(f'<text x="{x + WIDTH / 2}" y="12" font-size="11" text-anchor="middle">{count}</text>')
        parts.append(drawn_stack(state, base, len(state.stack) - 1, HEIGHT / deepest, x))
    width = (len(AFTER) + 1) * (WIDTH + GAP)
    tall = LABEL + max(states[at].stack_bytes for at in asks) * HEIGHT / deepest + 16
    return (f"<h3>{escape(full_label(side))}</h3>"
            f'<svg viewBox="0 0 {width} {tall:.0f}" width="{width / 4.4:.1f}mm" height="{tall / 4.4:.1f}mm" '
            f'xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>')


def stacks(sides):
    """A row of stacks for each side, all to one scale. The second side's, which is the deepest, has a column of its
    own."""
    deepest = max(state.stack_bytes for _, states in sides for state in states)
    rows = [row(side, states, deepest) for side, states in sides]
    columns = (rows[:1] + rows[2:], rows[1:2])
    return "".join(f"<div class=stacks>{''.join(column)}</div>" for column in columns)


# ---- The steps ----

def first_read(scene, sides):
    """The ticks from the first asking to where both sides have asked again."""
    pairs = trace.pairs(scene["ticks"])
    first = [player_facts.asked(states)[0] for _, states in sides]
    second = [player_facts.asked(states)[1] for _, states in sides]
    return [pair for pair in pairs if any(a <= at <= b for at, a, b in zip(pair, first, second))], first, second


def steps(scene, sides):
    pairs, first, second = first_read(scene, sides)
    rows, before = [], (-1, -1)
    for pair in pairs:
        cells = []
        for k, (_, states) in enumerate(sides):
            if pair[k] == before[k] or not first[k] <= pair[k] <= second[k]:
                cells.append("<td colspan=2></td>")
                continue
            state = states[pair[k]]
            words = player_words.EVENTS.get(state.event, "")
            cells.append(f"<td><b>{escape(state.event)}</b> {escape(words)}</td><td class=n>{state.stack_bytes}</td>")
        before = pair
        rows.append(f"<tr><th>{len(rows) + 1}</th>{''.join(cells)}</tr>")
    head = "".join(f"<th>{escape(label(side))}</th><th>bytes</th>" for side, _ in sides)
    return f"<table class=steps><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


# ---- The table of all scenes ----

def everything(traces):
    rows = []
    for scene in traces:
        for number, side in enumerate(scene["sides"]):
            states = trace.replay(side)
            counts = "; ".join(str(player_facts.count(player_facts.of_reads(states), event))
                               for event in ("NESTED_RESUME", "TRANSFER"))
            cells = [full_label(side), side["rests_on"], side["reads"],
                     player_facts.count(states, "SUSPEND"), counts,
                     max(state.stack_bytes for state in states), player_facts.left_text(states),
                     player_facts.count(states, "OP_STATE_BUILT"), len(player_facts.blocks(side))]
            first = f"<th rowspan={len(scene['sides'])}>{escape(scene['title'])}</th>" if number == 0 else ""
            rows.append("<tr>" + first + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    names = ("scene", "side", "that it would not grow rests on", "reads", "suspended", "resumed by a call; by a jump",
             "stack at its deepest, B", "a completion leaves", "operation states", "memory blocks")
    head = "".join(f"<th>{name}</th>" for name in names)
    return f"<table class=all><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def page(traces, _sources, info):
    """The handout as HTML, to be printed."""
    scene = next((one for one in traces if one["scene"] == SCENE), traces[0])
    sides = [(side, trace.replay(side)) for side in scene["sides"]]
    drawn = sides + [(side, trace.replay(side)) for other in traces if other["scene"] == ALSO
                     for side in other["sides"][1:]]
    grouped = {}
    for side, states in drawn:
        words = (f"{player_facts.why(side, states)} That it would not grow rests on: {side['rests_on']}. "
                 f"{side['elsewhere']}")
        grouped.setdefault(words, []).append(f"{full_label(side)} ({side['models']})")
    reasons = "".join(f"<p><b>{escape('; '.join(names))}.</b> {escape(words)}</p>" for words, names in grouped.items())
    parts = {
        "css": (scenes.SOURCES / "demo" / "player" / "handout.css").read_text(encoding="utf-8").replace(
            "@footer@", player_facts.short_origin(info)),
        "title": escape(scene["title"]),
        "text": escape(scene["text"]),
        "stacks": stacks(drawn),
        "reasons": reasons,
        "steps": steps(scene, sides),
        "everything": everything(traces),
        "limits": "".join(f"<li>{escape(limit)}</li>" for limit in player_words.LIMITS),
        "origin": escape(player_facts.origin(traces, info)),
    }
    text = (scenes.SOURCES / "demo" / "player" / "handout.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part, 1)
    return text
