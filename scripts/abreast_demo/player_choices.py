"""The answers that the player offers to a question. Which one is right is told from the trace; the wrong ones are
made of the same figures."""
from . import trace

BOTH = ("neither", "the awaitable's", "the sender's", "both")


def which(awaitable, sender):
    """Which of the two: a choice of four."""
    return list(BOTH), bool(awaitable) + 2 * bool(sender)


def numbers(unit):
    """Makes the choice among pairs of numbers, of which the true one is (awaitable, sender)."""
    def choose(awaitable, sender):
        other = sender if sender != awaitable else 2 * awaitable or 1
        pairs = [(awaitable, awaitable), (awaitable, sender), (other, awaitable), (other, other)]
        told = list(dict.fromkeys(f"awaitable {a:,}, sender {s:,}{unit}" for a, s in sorted(pairs)))
        return told, told.index(f"awaitable {awaitable:,}, sender {sender:,}{unit}")
    return choose


def yes(holds):
    return ["yes", "no"], 0 if holds else 1


def resumer(sender):
    """Who resumes the coroutine of the sender's side."""
    return (["set_value, by a call", "whoever called await_suspend, by a jump", "the reactor, later"],
            0 if sender["nested"] >= sender["reads"] else 1 if sender["transfers"] >= sender["reads"] else 2)


# By the scene and the place of a question in it: of the two sides' figures the choices and the number of the right one.
CHOICES = {
    ("read", 0): lambda a, s: which(a["suspensions_per_read"], s["suspensions_per_read"]),
    ("read", 2): lambda a, s: numbers(" operation states")(a["op_states"], s["op_states"]),
    ("hundred", 0): lambda a, s: numbers(" bytes")(a["stack_grown"], s["stack_grown"]),
    ("hundred", 1): lambda a, s: numbers(" bytes")(a["stack_per_read"], s["stack_per_read"]),
    ("handshake", 0): lambda a, s: resumer(s),
    ("suspend", 0): lambda a, s: yes(s["stack_per_read"] > a["stack_per_read"]),
    ("erased", 0): lambda a, s: numbers(" blocks")(a["blocks_for_reads"], s["blocks_for_reads"]),
    ("erased", 1): lambda a, s: numbers(" calls")(a["table_calls_per_read"], s["table_calls_per_read"]),
    ("stop", 1): lambda a, s: which(a["resumes"] > 1, s["resumes"] > 1),
    ("when-all", 1): lambda a, s: numbers(" times")(a["resumes_of_await"], s["resumes_of_await"]),
}
OWN = ["its parent's own", "the other coroutine's"]


def at_question(scene, states, number):
    """Of `channel`: whether the frame that the awaitable allocates next is spoiled."""
    model, tick = 0, scene["prompts"][number]["tick"]
    before = max(0, trace.pairs(scene["ticks"])[tick - 1][model])
    objects, old = trace.objects_of(scene["sides"][model]), set(states[model][before].objects)
    for state in states[model][before + 1:]:
        new = [each for each in state.objects if each not in old and "inside" not in objects[each]]
        if new:
            return OWN, int(objects[new[0]]["where"] != "heap")
    return [], None


def of(scene, states):
    """[(choices, number of the right one), ...] for the questions of a scene; none where there is just an answer."""
    sides, found = [scene["figures"][model] for model in ("awaitable", "sender")], []
    for number in range(len(scene["prompts"])):
        choose = CHOICES.get((scene["scene"], number))
        if scene["scene"] == "channel":
            found.append(at_question(scene, states, number))
        else:
            found.append(choose(*sides) if choose else ([], None))
    return found
