"""What the player and the handout conclude from a trace: how the stack grows, and by what."""
import pathlib
import subprocess

from . import trace


def asked(states):
    """The numbers of the steps at which the program is about to ask."""
    return [number for number, state in enumerate(states) if state.event == "ASK"]


def growth(states):
    """How deep the stack is each time that the program asks again: {"kind", "slope", "base", "most"}, in bytes. `base`
    is what the stack takes without what completions leave; of two depths alone nothing is concluded."""
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


def between(before, after):
    """The frames, as (function, bytes), that a later stack has and an earlier one has not."""
    first, second, same = before.stack, after.stack, 0
    while same < min(len(first), len(second)) and first[same] == second[same]:
        same += 1
    end = 0
    while end < min(len(first), len(second)) - same and first[-1 - end] == second[-1 - end]:
        end += 1
    return second[same:len(second) - end]


def first_round(states):
    """The states in which the program asks first, and in which it then has what it asked for; or None."""
    asks = asked(states)
    got = next((state for state in states[asks[0]:] if state.event == "GOT"), None) if asks else None
    return (states[asks[0]], got) if got else None


def deeper(states):
    """How many bytes deeper the stack is when the program has what it asked for first than when it asked; or None."""
    ends = first_round(states)
    return ends[1].stack_bytes - ends[0].stack_bytes if ends else None


def named(frames):
    return " and ".join(f"{name} ({size} B)" for name, size in frames)


def count(states, event):
    return sum(state.event == event for state in states)


def why(side, states):
    """In a sentence or two, why the stack grew, or why it did not."""
    grown, asks = growth(states), asked(states)
    if grown["kind"] == "linear":
        frames = named(between(states[asks[1]], states[asks[2]]))
        return (f"It grows: each completion leaves the frame of {frames}. From inside it the coroutine was resumed by "
                "a call, so that it has to wait for that call to return; the coroutine asks again before it does.")
    if grown["kind"] == "bounded":
        return ("It grows for some completions and falls back: after so many, the next is put into a queue, and runs "
                "when the calls have returned.")
    awaiting = states[asks[0]:] if asks else states
    if not count(awaiting, "SUSPEND"):
        return "Nothing is left: the coroutine did not suspend, so nobody had to resume it."
    if side["stream"] != "ready":
        return "Nothing is left: when the reactor resumes the coroutine, what started the read has long returned."
    if (deeper(states) or 0) > 0:
        return (f"The coroutine goes on {deeper(states)} B deeper than it asked: it was resumed by a call from inside "
                f"{named(between(*first_round(states)))}, which waits on the stack for that call to return.")
    if count(awaiting, "TRANSFER") > count(awaiting, "NESTED_RESUME"):
        return ("Nothing is left: await_suspend returns the coroutine's handle, so that whoever called returns first, "
                "and the coroutine goes on in its place, by a jump.")
    return "Nothing is left: the coroutine goes on where it asked."


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


def of_reads(states):
    """The states from the first asking until the program has what it asked for last: not the launch, nor the end."""
    asks, gots = asked(states), [number for number, state in enumerate(states) if state.event == "GOT"]
    return states[asks[0] if asks else 0:gots[-1] + 1 if gots else len(states)]


def summary(scene, states):
    """[[what, of one side, of the other], ...]: the end of a scene."""
    sides = list(zip(scene["sides"], states))
    return [
        ["Stack, at its deepest", *(f"{max(state.stack_bytes for state in each):,} B" for _, each in sides)],
        ["Deeper after the first read than before it", *(
            "?" if deeper(each) is None else f"{deeper(each)} B" for _, each in sides)],
        ["Each completion leaves", *(left_text(each) for _, each in sides)],
        ["Why", *(why(*each) for each in sides)],
        ["That it would not grow rests on", *(side["rests_on"] for side, _ in sides)],
        ["Suspended; resumed by call; by jump (first ASK to last GOT)", *(
            "; ".join(str(count(of_reads(each), event)) for event in ("SUSPEND", "NESTED_RESUME", "TRANSFER"))
            for _, each in sides)],
        ["Operation states; the largest, B", *(
            f"{count(each, 'OP_STATE_BUILT')}; {largest(side, each, 'operation state')}" for side, each in sides)],
        ["Memory blocks, frames too; the largest, B", *(
            f"{len(blocks(side))}; {max([thing['bytes'] for thing in blocks(side)], default=0)}" for side, _ in sides)],
    ]


def setting(scene):
    """What the figures of a scene hold for, in a sentence or two."""
    compiler = scene["toolchain"].split()[0]
    jump = (f"{compiler} guarantees the tail call that a symmetric transfer is; gcc gives no such guarantee."
            if compiler.startswith("clang") else
            f"{compiler} does not guarantee the tail call that a symmetric transfer is; clang does.")
    bound = {"-fexceptions", "-DABREAST_NOEXCEPT_BOUNDARY"} <= set(scene["flags"].split())
    call = " Exceptions are on, so that a call out of a noexcept function cannot become a jump: its frame stays."
    return f"Setting: {jump}{call if bound else ''}"


def revision(info):
    """Of the sources that were recorded: what the run noted, else what git says now."""
    noted = info.get("git") or {}
    if not noted.get("revision"):
        try:
            done = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12"], capture_output=True,
                                  text=True, check=True, cwd=pathlib.Path(__file__).resolve().parent)
        except (OSError, subprocess.CalledProcessError):
            return "unknown revision"
        return f"revision {done.stdout.strip()}"
    return f"revision {noted['revision'][:12]}" + ("-dirty" if noted.get("dirty") else "")


def short_origin(info):
    return f"scripts/reproduce, {revision(info)}"


def origin(traces, info):
    return (f"Recorded from this project's own code, compiled by {traces[0]['toolchain']} with {traces[0]['flags']}; "
            f"{revision(info)}. Made by: scripts/reproduce. The same steps as text: abreast demo SCENE --text.")
