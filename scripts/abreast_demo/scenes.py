"""The scenes, from demo/scenes.json, and their traces: both sides recorded, put beside each other, and each prompt with
its answer from the trace."""
import json
import pathlib
import re
import subprocess

from . import trace, written

SOURCES = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = 1


class Trouble(Exception):
    """What cannot be done, in one line."""


def listed():
    return json.loads((SOURCES / "demo" / "scenes.json").read_text())


def named(name):
    scenes = listed()
    for scene in scenes:
        if scene["name"] == name:
            return scene
    raise Trouble(f"there is no scene '{name}': there are {', '.join(scene['name'] for scene in scenes)}")


def meanings():
    """What each event means, from the comments beside its name."""
    found = {}
    for file in ("common/probe.h", "demo/recorder/world.h"):
        text = (SOURCES / file).read_text()
        for name, meaning in re.findall(r"^ +X\((\w+)\) +/\* (.*?) \*/", text, re.MULTILINE):
            found[name] = re.sub(r"^\.\.\. by", "a suspended coroutine was resumed by", meaning)
    return found


def record_side(recorder, model, scene):
    try:
        done = subprocess.run([recorder, model, scene[model], scene["stream"], str(scene["reads"])],
                              capture_output=True, text=True, check=False)
    except OSError as error:
        raise Trouble(f"cannot run the recorder '{recorder}': {error.strerror}; build it with `cmake --build "
                      f"build/release --target abreast`") from error
    if done.returncode:
        raise Trouble(done.stderr.strip() or f"the recorder ended with status {done.returncode}")
    return json.loads(done.stdout)


class Side(dict):
    """For a template: {awaitable.nested}."""

    def __getattr__(self, name):
        return self[name]


# Of what the stack rests on: what another compiler, or other flags, would make of the same code.
ELSEWHERE = {
    "compiler (musttail)": "This compiler guarantees the tail call that symmetric transfer is. gcc gives no such "
                           "guarantee to C: there it rests on the optimiser, and without optimisation the stack grows.",
    "optimiser (sibling call)": "No compiler promises this jump. With exceptions, a call inside a noexcept function, "
                                "as P2300R10 writes it, cannot become one; without them, an optimiser may make it.",
    "construction": "It is the same with every compiler and with all flags.",
}


def elsewhere(side):
    return next((words for start, words in ELSEWHERE.items() if side["rests_on"].startswith(start)), "")


def prompt_tick(before, pairs, states):
    """The tick that a prompt stands before: that of the nth such event of a side, or behind the last."""
    if before == "end":
        return len(pairs)
    model, event, nth = before
    index = ("awaitable", "sender").index(model)
    found = [number for number, state in enumerate(states[index]) if state.event == event]
    if len(found) < nth:
        raise Trouble(f"{model} has {len(found)} events {event}, and a prompt asks for number {nth}")
    return next(tick for tick, pair in enumerate(pairs) if pair[index] >= found[nth - 1])


def record(recorder, scene):
    """The trace of a scene, as docs/demo.md has it."""
    sides = [record_side(recorder, model, scene) for model in ("awaitable", "sender")]
    for side in sides:
        side["elsewhere"] = elsewhere(side)
        side["sites"] = [written.shown(SOURCES, site) for site in side["sites"]]
    states = [trace.replay(side) for side in sides]
    ticks = trace.ticks(*states)
    pairs = trace.pairs(ticks)
    figures = {side["model"]: Side(trace.figures(side, each)) for side, each in zip(sides, states)}
    prompts = [{"tick": prompt_tick(prompt["before"], pairs, states), "question": prompt["question"],
                "answer": prompt["answer"].format(**figures)} for prompt in scene["prompts"]]
    return {
        "schema": SCHEMA,
        "scene": scene["name"],
        "title": scene["title"],
        "text": scene["text"],
        "toolchain": sides[0].pop("toolchain"),
        "flags": sides[0].pop("flags"),
        "sides": [{key: value for key, value in side.items() if key not in ("toolchain", "flags")} for side in sides],
        "figures": figures,
        "ticks": ticks,
        "prompts": prompts,
    }


NEAR = 20


def sources(traces):
    """The text of every file that a step is in: path to lines. The scenes' own files are whole; of others there are the
    lines near a step, and what lies further is left empty."""
    places = sorted({tuple(place) for scene in traces for side in scene["sides"] for site in side["sites"]
                     for place in (site[2:4], site[4:6]) if place})
    found = {}
    for file in sorted({file for file, _ in places}):
        lines = [re.sub(r" +\\$", r" \\", line) for line in (SOURCES / file).read_text().splitlines()]
        near = {line + k for other, line in places if other == file for k in range(-NEAR, NEAR + 1)}
        whole = file.startswith("demo/")
        found[file] = [line if whole or number in near else "" for number, line in enumerate(lines, 1)]
    return found
