"""The stepper for a terminal: two panes, awaitable and sender, that go on together. What a pane shows is made of plain
lines, so that colour and emphasis never carry a meaning alone."""
import curses
import textwrap

from . import player_facts, trace

KEYS = "right/space: on   left: back   ]/[: next, last read   Home/End   n/p: scene   q: quit"
NARROWEST, LOWEST = 64, 20


def short(text, width):
    return text if len(text) <= width else text[:max(0, width - 3)] + "..."


def source_lines(text, file, line, width, height):
    """Some lines of the source around the current one, which has a > before it."""
    lines = text.get(file, [])
    first = max(1, min(line - height // 2, len(lines) - height + 1))
    return [short(f"{'>' if n == line else ' '}{n:4} {lines[n - 1]}", width)
            for n in range(first, min(first + height, len(lines) + 1))]


def stack_lines(state, deepest, width, height):
    """The whole stack as a bar to scale, then its functions, the innermost on top."""
    bar = max(4, width - 24)
    filled = round(bar * state.stack_bytes / max(1, deepest))
    lines = [f"stack {state.stack_bytes:6} bytes [{'#' * filled}{' ' * (bar - filled)}]"]
    room = max(1, height - 1)
    shown = state.stack[-room:] if len(state.stack) <= room else state.stack[-(room - 1):]
    for function, size in reversed(shown):
        lines.append(f"  {size:6}  {function}")
    if len(shown) < len(state.stack):
        below = state.stack[:len(state.stack) - len(shown)]
        lines.append(f"  {sum(size for _, size in below):6}  in {len(below)} functions below")
    return [short(line, width) for line in lines]


def object_lines(objects, state, width, height):
    lines = [f"objects alive: {len(state.objects)}"]
    for number in state.objects:
        thing = objects[number]
        indent = "    " if "inside" in thing else "  "
        place = f"at {thing['offset']} in its frame" if "inside" in thing else thing["where"]
        lines.append(f"{indent}{thing['bytes']} {thing['kind']} {thing['name']}, {place}")
    if len(lines) > height:
        lines = lines[:height - 1] + [f"  and {len(lines) - height + 1} more"]
    return [short(line, width) for line in lines]


def pane(scene, index, states, number, text, meanings, width, height):
    """One side after its step `number`, as at most `height` lines."""
    side = scene["sides"][index]
    lines = [short(f"{side['model'].upper()}: {side['mechanism']}", width)]
    if number < 0:
        return lines + ["(has not begun)"]
    state = states[number]
    seen = states[:number + 1]
    lines += [short(f"{state.event}  in {state.function}", width)]
    lines += (textwrap.wrap(meanings.get(state.event, ""), width) + ["", ""])[:2]
    file, line = state.written or (state.file, state.line)
    used = text[state.file][state.line - 1].strip() if state.written else ""
    lines += [short(f"{file}:{line}" + (f"  for {used}" if used else ""), width)]
    tail = [short(each, width) for each in (
        f"ready queue: {', '.join(state.queue) or 'empty'}",
        f"suspended {trace.count(seen, 'SUSPEND')}, resumed by call {trace.count(seen, 'NESTED_RESUME')},",
        f"  by transfer {trace.count(seen, 'TRANSFER')}",
        f"operation states {trace.count(seen, 'OP_STATE_BUILT')}, allocations {trace.count(seen, 'ALLOCATE')}")]
    rest = max(0, height - len(lines) - len(tail))
    objects = object_lines(trace.objects_of(side), state, width, max(2, rest // 3))
    deepest = max(scene["figures"][model]["stack_deepest"] for model in ("awaitable", "sender"))
    source_height = max(3, rest // 3)
    stack = stack_lines(state, deepest, width, max(2, rest - len(objects) - source_height))
    source_height = max(3, rest - len(objects) - len(stack))
    lines += source_lines(text, file, line, width, min(source_height, 15)) + stack + objects + tail
    return lines[:height]


class Stepper:
    """Where a reader is in a scene: a tick, and which prompts have been asked and answered. -1: before the first."""

    def __init__(self, scene):
        self.scene = scene
        self.states = [trace.replay(side) for side in scene["sides"]]
        self.pairs = trace.pairs(scene["ticks"])
        self.tick = 0
        self.asking = None  # a prompt that is shown
        self.revealed = False
        self.done = set()

    def forward(self):
        if self.asking is not None:
            if not self.revealed:
                self.revealed = True
                return
            self.done.add(self.asking)
            self.asking = None
            self.tick = min(self.tick + 1, len(self.pairs) - 1)
            return
        for number, prompt in enumerate(self.scene["prompts"]):
            if number not in self.done and prompt["tick"] == self.tick + 1:
                self.asking, self.revealed = number, False
                return
        self.tick = min(self.tick + 1, len(self.pairs) - 1)

    def back(self):
        if self.asking is not None:
            self.asking = None
        else:
            self.tick = max(0, self.tick - 1)

    def to(self, tick):
        self.asking = None
        self.tick = max(0, min(tick, len(self.pairs) - 1))

    def reads(self):
        """The ticks at which a side has what it asked for."""
        return [tick for tick, pair in enumerate(self.pairs) for i in (0, 1)
                if pair[i] >= 0 and (not tick or pair[i] != self.pairs[tick - 1][i])
                and self.states[i][pair[i]].event == "GOT"]

    def next_read(self):
        self.to(next((tick for tick in self.reads() if tick > self.tick), len(self.pairs) - 1))

    def last_read(self):
        self.to(next((tick for tick in reversed(self.reads()) if tick < self.tick), 0))

    def question_lines(self, width):
        if self.asking is None:
            return self.summary_lines(width)
        prompt = self.scene["prompts"][self.asking]
        lines = textwrap.wrap("Question: " + prompt["question"], width)
        if self.revealed:
            return lines + textwrap.wrap("Answer: " + prompt["answer"], width)
        return lines + ["Think of an answer, then go on to see what the trace says."]

    def summary_lines(self, width):
        """At the end, once every question has been asked: why the stack grew or did not."""
        if self.tick < len(self.pairs) - 1 or len(self.done) < len(self.scene["prompts"]):
            return []
        return [line for side, states in zip(self.scene["sides"], self.states)
                for line in textwrap.wrap(f"{side['model']}: {player_facts.why(side, states)} It rests on: "
                                          f"{side['rests_on']}.", width)]


def draw(screen, stepper, text, meanings, place):
    height, width = screen.getmaxyx()
    screen.erase()

    def put(row, column, line, attribute=0):
        if 0 <= row < height and column < width - 1:
            screen.addnstr(row, column, line, width - 1 - column, attribute)

    if width < NARROWEST or height < LOWEST:
        put(0, 0, f"make this at least {NARROWEST} x {LOWEST}, or use --text")
        screen.refresh()
        return
    put(0, 0, short(f"{place}  {stepper.scene['title']}   step {stepper.tick} of {len(stepper.pairs) - 1}", width - 1),
        curses.A_BOLD)
    question = stepper.question_lines(width - 2)
    tall = height - 3 - (len(question) + 1 if question else 0)
    half = (width - 3) // 2
    for index in (0, 1):
        column = index * (half + 3)
        lines = pane(stepper.scene, index, stepper.states[index], stepper.pairs[stepper.tick][index], text, meanings,
                     half, tall)
        for row, line in enumerate(lines):
            bold = row < 2 or line.startswith(">")
            put(2 + row, column, line, curses.A_BOLD if bold else 0)
        if index:
            for row in range(tall):
                put(2 + row, half + 1, "|")
    for row, line in enumerate(question):
        put(2 + tall + row + 1, 1, line, curses.A_REVERSE)
    put(height - 1, 0, short(KEYS, width - 1))
    screen.refresh()


def show(scenes, start, load):
    """Steps through scenes until the reader has enough. load(name) gives scene, sources and the events' meanings."""

    def loop(screen):
        curses.curs_set(0)
        current = start
        stepper, text, meanings = None, {}, {}
        while True:
            if stepper is None:
                scene, text, meanings = load(scenes[current])
                stepper = Stepper(scene)
            draw(screen, stepper, text, meanings, f"[{current + 1}/{len(scenes)}]")
            key = screen.getch()
            if key in (ord("q"), 27):
                return
            if key in (curses.KEY_RIGHT, ord(" "), 10):
                stepper.forward()
            elif key == curses.KEY_LEFT:
                stepper.back()
            elif key in (ord("]"), curses.KEY_NPAGE):
                stepper.next_read()
            elif key in (ord("["), curses.KEY_PPAGE):
                stepper.last_read()
            elif key == curses.KEY_HOME:
                stepper.to(0)
            elif key == curses.KEY_END:
                stepper.to(len(stepper.pairs) - 1)
            elif key in (ord("n"), ord("p")):
                current = (current + (1 if key == ord("n") else -1)) % len(scenes)
                stepper = None

    curses.wrapper(loop)
