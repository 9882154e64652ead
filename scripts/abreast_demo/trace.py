"""What one side of a scene did: the recorder's steps, replayed; and what is counted from them. docs/demo.md has the
schema."""


class State:
    """What there is after a step."""

    def __init__(self, site, stack, objects, queue):
        self.event, self.function, self.file, self.line = site[:4]
        self.written = tuple(site[4:6])  # where a macro defines the function: file and line; or nothing
        self.stack = stack  # [(function, bytes)], the outermost first
        self.objects = objects  # those alive, by number
        self.queue = queue  # what is ready to run: names of functions

    @property
    def stack_bytes(self):
        return sum(size for _, size in self.stack)


def replay(side):
    """Every step of a side as a State."""
    states, stack, objects, queue = [], [], [], []
    for step in side["steps"]:
        site, kept, pushed, came, went, waiting = (step + [None] * 6)[:6]
        if kept is not None:
            stack = stack[:kept] + [(side["functions"][function], size) for function, size in pushed]
        objects = [number for number in objects + (came or []) if number not in (went or [])]
        queue = waiting or []
        states.append(State(side["sites"][site], stack, objects, queue))
    return states


def objects_of(side):
    """Every object that there ever was, by number. One with "inside" is a part of that object."""
    found = []
    for number, inside in side["objects"]:
        kind, name, size, where, offset = side["types"][number]
        found.append({"kind": kind, "name": name, "bytes": size, "where": where})
        if inside >= 0:
            found[-1].update(inside=inside, offset=offset)
    return found


def per_read(value, reads):
    """A count for each read, as a whole number where it is one."""
    each = value / reads
    return int(each) if each == int(each) else round(each, 2)


def count(states, event):
    return sum(state.event == event for state in states)


def object_bytes(objects, kind):
    """The largest of that kind; operation states lie inside each other, so that is the whole."""
    return max([thing["bytes"] for thing in objects if thing["kind"] == kind], default=0)


def figures(side, states=None):
    """What is counted from a trace. Every figure that a demo shows is one of these."""
    states = states or replay(side)
    objects, reads = objects_of(side), max(1, count(states, "GOT"))
    depths = [state.stack_bytes for state in states if state.event == "GOT"]
    grown = depths[-1] - depths[0] if depths else 0
    op_states = [thing["bytes"] for thing in objects if thing["kind"] == "operation state"]
    blocks = [thing for thing in objects if "inside" not in thing]
    frames = [thing for thing in blocks if thing["kind"] == "coroutine frame"]
    for_reads = blocks[1:]
    found = {
        "reads": reads,
        "steps": len(states),
        "stack_deepest": max(state.stack_bytes for state in states),
        "stack_grown": grown,
        "stack_per_read": per_read(grown, max(1, reads - 1)),
        "blocks": len(blocks),
        "blocks_for_reads": len(for_reads),
        "block_bytes": max([thing["bytes"] for thing in blocks if thing["kind"] == "block"], default=0),
        "heap_most": max(sum(objects[n]["bytes"] for n in state.objects if "inside" not in objects[n])
                         for state in states),
        "spoiled": sum(thing["where"] != "heap" for thing in blocks),
        "frame_bytes": frames[0]["bytes"] if frames else 0,
        "awaiter_bytes": object_bytes(objects, "awaiter"),
        "op_state_bytes": object_bytes([thing for thing in objects if "inside" in thing
                                        and objects[thing["inside"]]["kind"] == "coroutine frame"], "operation state"),
        "op_state_smallest": min(op_states, default=0),
        "rests_on": side["rests_on"],
    }
    for name, event in (("suspensions", "SUSPEND"), ("resumes", "RESUME"), ("nested", "NESTED_RESUME"),
                        ("transfers", "TRANSFER"), ("op_states", "OP_STATE_BUILT"), ("receivers", "RECEIVER_BUILT"),
                        ("table_calls", "TABLE_CALL"), ("posts", "POST"), ("allocations", "ALLOCATE")):
        found[name] = count(states, event)
    first, last = [next((i for i, state in order if state.event == "GOT"), None)
                   for order in (list(enumerate(states)), list(enumerate(states))[::-1])]
    if first is not None:
        asked = next(i for i, state in enumerate(states) if state.event == "ASK")
        between = states[asked:last + 1]
        found["resumes_of_await"] = count(between, "RESUME")
        found["nested_of_await"] = count(between, "NESTED_RESUME")
        found["transfers_of_await"] = count(between, "TRANSFER")
        for name, event in (("op_states_per_read", "OP_STATE_BUILT"), ("table_calls_per_read", "TABLE_CALL"),
                            ("suspensions_per_read", "SUSPEND")):
            found[name] = per_read(count(between, event), reads)
    return found


# What both sides do whatever their model, and what the reactor does: where the two are aligned.
BEATS = ("ASK", "SUBMIT", "STOP", "COMPLETE", "NEIGHBOUR", "GOT", "END")


def segments(states):
    """The steps of each beat: a beat's event and all that follows it, up to the next."""
    found = [("START", [])]
    for number, state in enumerate(states):
        if state.event in BEATS:
            found.append((state.event, []))
        found[-1][1].append(number)
    return found


def ticks(left, right):
    """How two lists of states are shown beside each other: both go on until one comes to its next beat, and waits there
    for the other. A digit for each tick: 1, the left one goes on by a step; 2, the right one; 3, both."""
    a, b = segments(left), segments(right)
    found = ""
    i = j = 0
    while i < len(a) or j < len(b):
        take_a, take_b = i < len(a), j < len(b)
        if take_a and take_b and a[i][0] != b[j][0]:
            names_a, names_b = [name for name, _ in a[i:]], [name for name, _ in b[j:]]
            if a[i][0] not in names_b or (b[j][0] in names_a and names_b.index(a[i][0]) > names_a.index(b[j][0])):
                take_b = False
            else:
                take_a = False
        steps_a, steps_b = a[i][1] if take_a else [], b[j][1] if take_b else []
        for k in range(max(len(steps_a), len(steps_b))):
            found += str((k < len(steps_a)) + 2 * (k < len(steps_b)))
        i, j = i + take_a, j + take_b
    return found


def pairs(digits):
    """The same as the steps' numbers; -1: nothing has happened yet on that side."""
    found, at = [], (-1, -1)
    for digit in digits:
        at = (at[0] + (digit in "13"), at[1] + (digit in "23"))
        found.append(at)
    return found
