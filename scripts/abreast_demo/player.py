"""player.html: the scenes' traces, made small, in one file with the program that shows them (demo/player)."""
import json

from . import player_choices, player_facts, player_words, scenes, trace

TEMPLATES = scenes.SOURCES / "demo" / "player"
AROUND = 16  # lines of source before and behind one that a step is in
LABELS = {"awaitable": "Awaitable", "sender": "Sender"}


class Shared:
    """A list of things that are named by their numbers, each once."""

    def __init__(self):
        self.each, self.numbers = [], {}

    def number(self, thing):
        key = json.dumps(thing)
        if key not in self.numbers:
            self.numbers[key] = len(self.each)
            self.each.append(thing)
        return self.numbers[key]


def shown_objects(objects, alive):
    """[[name, bytes, where a block is; "" for a part], ...]: each block, and behind it the parts that lie in it."""
    shown = []
    for number in alive:
        if "inside" not in objects[number]:
            parts = [other for other in alive if objects[other].get("inside") == number]
            shown += [[" ".join(filter(None, (thing["kind"], thing["name"]))), thing["bytes"], where]
                      for thing, where in [(objects[number], objects[number]["where"])]
                      + [(objects[part], "") for part in parts]]
    return shown


def shown_side(side, shared):
    """A side's steps by their numbers among the different ones: what is the same a hundred times is written once."""
    objects, states, before, steps = trace.objects_of(side), trace.replay(side), [], []
    for state in states:
        kept = 0
        while kept < min(len(before), len(state.stack)) and before[kept] == state.stack[kept]:
            kept += 1
        places = [(state.file, state.line)]
        if state.written:  # the function's own text comes first, the macro that makes it after
            places.insert(0, state.written)
        numbered = [[shared["files"].number(file), line] for file, line in places]
        site = shared["sites"].number([*numbered[0], state.event, *sum(numbered[1:], [])])
        pushed = [shared["frames"].number(frame) for frame in state.stack[kept:]]
        alive = shared["alive"].number(shown_objects(objects, state.objects))
        steps.append(shared["steps"].number([site, len(before) - kept, pushed, alive,
                                             shared["queues"].number(state.queue)]))
        before = state.stack
    return {
        "model": side["model"],
        "label": LABELS.get(side["model"], side["model"]),
        "mechanism": side["mechanism"],
        "models": side["models"],
        "rests": side["rests_on"],
        "elsewhere": side.get("elsewhere"),
        "growth": player_facts.growth(states),
        "steps": steps,
    }, states


def shown_scene(scene, shared):
    sides, states = zip(*(shown_side(side, shared) for side in scene["sides"]))
    pairs = [[max(0, number) for number in pair] for pair in trace.pairs(scene["ticks"])]
    events, seen = [], (-1, -1)
    for at, pair in enumerate(pairs):
        new = [states[k][pair[k]].event for k in (0, 1) if pair[k] != seen[k]]
        if any(event in player_words.IO for event in new):
            events.append(at)
        seen = pair
    return {
        "name": scene["scene"],
        "title": scene["title"],
        "intro": scene["text"],
        "sides": sides,
        "timeline": pairs,
        "io": events,
        "prompts": [{"at": max(0, prompt["tick"] - 1), "question": prompt["question"], "choices": choices,
                     "right": right, "answer": prompt["answer"]}
                    for prompt, (choices, right) in zip(scene["prompts"], player_choices.of(scene, states))],
        "summary": player_facts.summary(scene, states),
    }


def excerpts(traces, texts):
    """The lines around every one that a step is in: {file: [[first line, [text, ...]], ...]}."""
    found, lines = {}, {}
    for scene in traces:
        for side in scene["sides"]:
            for state in trace.replay(side):
                file, line = state.written or (state.file, state.line)
                lines.setdefault(file, set()).add(line)
    for file, wanted in lines.items():
        text, runs = texts[file], []
        for line in sorted(wanted):
            first, last = max(1, line - AROUND), min(len(text), line + AROUND)
            if runs and first <= runs[-1][1] + 1:
                runs[-1][1] = last
            else:
                runs.append([first, last])
        found[file] = [[first, [without_backslash(one) for one in text[first - 1:last]]] for first, last in runs]
    return found


def without_backslash(line):
    """A macro's continuation lines are not code, and so far to the right that they would be wrapped."""
    return line[:-1].rstrip() if line.endswith("\\") else line


def data(traces, texts, info):
    shared = {name: Shared() for name in ("files", "sites", "frames", "alive", "queues", "steps")}
    shown = [shown_scene(scene, shared) for scene in traces]
    excerpt = excerpts(traces, texts)
    found = {name: each.each for name, each in shared.items()}
    found.update(scenes=shown, words=player_words.EVENTS, counted=player_words.COUNTED, sources=excerpt,
                 limits=player_words.LIMITS, setting=player_facts.setting(traces[0]),
                 origin=player_facts.origin(traces, info))
    return found


def page(traces, texts, info):
    """The whole file."""
    text = (TEMPLATES / "player.html").read_text(encoding="utf-8")
    program = "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("trace.js", "draw.js", "player.js"))
    parts = {
        "css": (TEMPLATES / "player.css").read_text(encoding="utf-8"),
        "data": json.dumps(data(traces, texts, info), separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/"),
        "js": "(() => {\n" + program.replace('"use strict";\n', "") + "})();\n",
    }
    for name, part in parts.items():
        text = text.replace(f"@{name}@", part, 1)
    return text


def load(folder):
    """(traces in their order, the sources they were recorded from) of DIR/demo."""
    read = lambda name: json.loads((folder / name).read_text(encoding="utf-8"))
    return [read(f"{name}.json") for name in read("index.json")["scenes"]], read("sources.json")
