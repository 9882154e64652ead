"""A scene as plain text: for a pipe, a screen reader, a log. What repeats is told once."""
import textwrap

from . import player_facts, trace

WIDTH = 100
LONG = 30  # what is longer gets a line for each side


def paragraph(text, indent=""):
    return textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def functions(count):
    return f"{count} function" + ("" if count == 1 else "s")


def describe(side, states, number, meanings):
    """What a step did, in a line, and what it changed, in further ones."""
    state, before = states[number], states[number - 1] if number else None
    stack = f"{state.stack_bytes} bytes, {functions(len(state.stack))}"
    place = ", written in {}:{}".format(*state.written) if state.written else ""
    lines = [f"  {side['model']:<9}  {state.event}: {meanings.get(state.event, '')}",
             f"             in {state.function}, {state.file}:{state.line}{place}; stack {stack}"]
    objects = trace.objects_of(side)
    old = set(before.objects) if before else set()
    for word, numbers in (("new", sorted(set(state.objects) - old)), ("gone", sorted(old - set(state.objects)))):
        for each in numbers:
            thing = objects[each]
            place = f"inside object {thing['inside']} at {thing['offset']}" if "inside" in thing else thing["where"]
            lines.append(f"             {word}: object {each}, {thing['kind']} {thing['name']}".rstrip()
                         + f", {thing['bytes']} bytes, {place}")
    if state.queue:
        lines.append(f"             ready queue: {', '.join(state.queue)}")
    return lines


def rounds(pairs, states):
    """The ticks in rounds, each from one ASK to the next: [(first tick, behind the last)]."""
    starts = [0]
    for tick, pair in enumerate(pairs):
        before = pairs[tick - 1] if tick else (-1, -1)
        if any(pair[i] != before[i] and states[i][pair[i]].event == "ASK" for i in (0, 1)):
            starts.append(tick)
    return [pair for pair in zip(starts, starts[1:] + [len(pairs)]) if pair[0] < pair[1]]


def signature(scene, pairs, span):
    """What a round did, without how deep the stack was."""
    sides, found = scene["sides"], []
    for tick in range(*span):
        before = pairs[tick - 1] if tick else (-1, -1)
        found += [(i, tuple(sides[i]["steps"][pairs[tick][i]][:1])) for i in (0, 1) if pairs[tick][i] != before[i]]
    return found


def scene_lines(scene, meanings):
    """All lines of a scene."""
    states = [trace.replay(side) for side in scene["sides"]]
    pairs = trace.pairs(scene["ticks"])
    yield scene["title"]
    yield "=" * len(scene["title"])
    yield ""
    yield paragraph(scene["text"])
    yield ""
    for side in scene["sides"]:
        yield paragraph(f"{side['model']}: {side['mechanism']}. It models {side['models']}. That its stack does not "
                        f"grow rests on: {side['rests_on']}. {side['elsewhere']}")
    yield paragraph(f"Compiled by {scene['toolchain']} ({scene['flags']}).")
    prompts = {}
    for prompt in scene["prompts"]:
        prompts.setdefault(prompt["tick"], []).append(prompt)

    def asked(tick):
        for prompt in prompts.get(tick, []):
            yield ""
            yield paragraph(f"Question: {prompt['question']}")
            yield paragraph(f"Answer: {prompt['answer']}")

    told, skipped = [], []
    for span in rounds(pairs, states):
        now = signature(scene, pairs, span)
        if now in told and not any(tick in prompts for tick in range(*span)):
            skipped.append(now)
            at = pairs[span[1] - 1]
            continue
        if skipped:
            yield from told_again(skipped, told, states, at)
        told, skipped = [each for each in told if each != now] + [now], []
        for tick in range(*span):
            yield from asked(tick)
            yield ""
            yield f"[{tick} of {len(pairs) - 1}]"
            before = pairs[tick - 1] if tick else (-1, -1)
            for i, side in enumerate(scene["sides"]):
                if pairs[tick][i] != before[i]:
                    yield from describe(side, states[i], pairs[tick][i], meanings)
                elif before[i] < 0:
                    yield f"  {side['model']:<9}  has not begun"
                else:
                    yield f"  {side['model']:<9}  waits"
    if skipped:
        yield from told_again(skipped, told, states, at)
    yield from asked(len(pairs))
    yield ""
    yield "At the end (awaitable | sender)"
    for what, *of_sides in player_facts.summary(scene, states):
        if max(map(len, of_sides)) > LONG:
            yield f"  {what}:"
            for side, words in zip(scene["sides"], of_sides):
                yield paragraph(f"{side['model']}: {words}", "    ")
        else:
            yield f"  {what}: {' | '.join(of_sides)}"


def told_again(rounds_skipped, told, states, at):
    depths = [states[i][at[i]].stack_bytes if at[i] >= 0 else 0 for i in (0, 1)]
    count = len(rounds_skipped)
    same = all(each == told[-1] for each in rounds_skipped)
    yield ""
    yield paragraph(f"... {'the same steps' if same else 'steps that were told above,'} {count} more "
                    f"time{'' if count == 1 else 's'}; then the stack has, awaitable: {depths[0]} bytes, sender: "
                    f"{depths[1]} bytes")
