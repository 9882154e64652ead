"""What the player and the handout conclude from a trace: how the stack grows, and by what."""
from . import trace


def asked(states):
    """The numbers of the steps at which the program is about to ask."""
    return [number for number, state in enumerate(states) if state.event == "ASK"]


def growth(states):
    """How deep the stack is each time that the program asks again: {"kind", "slope", "base", "most"}, in bytes. `base` is
    what the stack takes without what completions leave; of two depths alone nothing is concluded."""
    depths = [states[number].stack_bytes for number in asked(states)]
    deepest = max(state.stack_bytes for state in states)
    steps = {after - before for before, after in zip(depths, depths[1:])}
    if len(depths) < 3:
        return {"kind": "unknown", "slope": None, "base": deepest, "most": deepest}
    if steps == {0}:
        return {"kind": "constant", "slope": 0, "base": deepest, "most": deepest}
    if len(steps) == 1 and min(steps) > 0:
        slope = steps.pop()
        return {"kind": "linear", "slope": slope, "base": deepest - slope * len(depths), "most": deepest}
    return {"kind": "bounded", "slope": 0, "base": deepest, "most": deepest}


def left_behind(states):
    """The frames, as (function, bytes), that are on the stack at the second asking and were not at the first."""
    asks = asked(states)
    if len(asks) < 2:
        return []
    first, second = (states[number].stack for number in asks[:2])
    same = 0
    while same < min(len(first), len(second)) and first[same] == second[same]:
        same += 1
    return second[same:]


def count(states, event):
    return sum(state.event == event for state in states)


def why(side, states):
    """In a sentence, why the stack grew, or why it did not."""
    grown = growth(states)
    if grown["kind"] == "linear":
        frames = " and ".join(f"{name} ({size} B)" for name, size in left_behind(states))
        return (f"It grows: each completion leaves {frames} on the stack. The coroutine was resumed by a call inside it, "
                "which returns only when the coroutine does not run any more.")
    if grown["kind"] == "bounded":
        return ("It grows for some completions and falls back: after so many, the next is put into a queue, and runs when "
                "the calls have returned.")
    asks = asked(states)
    awaiting = states[asks[0]:] if asks else states
    if not count(awaiting, "SUSPEND"):
        return "Nothing is left: the coroutine did not suspend, so nobody had to resume it."
    if side["stream"] == "later":
        return "Nothing is left: when the reactor resumes the coroutine, what started the read has long returned."
    if count(awaiting, "TRANSFER") > count(awaiting, "NESTED_RESUME"):
        return ("Nothing is left: the handle is returned to whoever called, and the coroutine takes that frame's place by a "
                "jump.")
    return "Nothing is left in what this scene does."


def left_text(states):
    grown = growth(states)
    return {"unknown": "too few to tell", "constant": "0 B", "linear": f"{grown['slope']} B",
            "bounded": f"0 B in the long run, {grown['most']} B at most"}[grown["kind"]]


def largest(side, states, kind):
    """Bytes of the largest object of that kind that was ever alive."""
    objects = trace.objects_of(side)
    return max([objects[number]["bytes"] for state in states for number in state.objects
                if objects[number]["kind"] == kind], default=0)


def blocks(side):
    return [thing for thing in trace.objects_of(side) if "inside" not in thing]


def summary(scene, states):
    """[[what, of one side, of the other], ...]: the end of a scene."""
    sides = list(zip(scene["sides"], states))
    return [
        ["Stack, at its deepest", *(f"{max(state.stack_bytes for state in each):,} B" for _, each in sides)],
        ["Each completion leaves", *(left_text(each) for _, each in sides)],
        ["Why", *(why(*each) for each in sides)],
        ["That it would not grow rests on", *(side["rests_on"] for side, _ in sides)],
        ["Suspended; resumed by a call; by a jump", *(
            "; ".join(str(count(each, event)) for event in ("SUSPEND", "NESTED_RESUME", "TRANSFER")) for _, each in sides)],
        ["Operation states built; bytes of the largest", *(
            f"{count(each, 'OP_STATE_BUILT')}; {largest(side, each, 'operation state')}" for side, each in sides)],
        ["Memory blocks, coroutine frames included; bytes of the largest", *(
            f"{len(blocks(side))}; {max([thing['bytes'] for thing in blocks(side)], default=0)}" for side, _ in sides)],
    ]


def origin(traces, info):
    revision = info.get("revision") or info.get("git", {}).get("revision") or "unknown"
    return (f"Recorded from the program's own code: {traces[0]['toolchain']}, {traces[0]['flags']}; revision {revision}. "
            "The same steps as text: abreast demo SCENE --text.")
