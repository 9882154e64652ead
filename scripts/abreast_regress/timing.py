"""The timing gate: two executables, the same cells, in pairs.

A round takes one sample of each executable and one more of the first, the control (A/A), each from a process of its
own, so that every sample has another layout of stack and heap; a round is A B C, the next one C B A, and so on, in an
order drawn from the seed. A pair is what two of them took in one round. The estimate is the median of the pairs' log
ratios, with a 99 % bootstrap interval of pairs. B is

    red            when the interval lies beyond 1.02 and the exact rank test, corrected by Holm for all cells, agrees;
                   it is measured once more with fresh pairs, and must be red again
    green          when the interval ends below 1.02
    inconclusive   otherwise, and when the control is off by more than 1 %

No sample is ever left out.
"""

import math
import random
import subprocess
from dataclasses import dataclass, field

from . import statistics
from .status import INCONCLUSIVE, NOTHING, OK, REGRESSION, Stop, worst

EFFECT = 1.02
CONTROL = 1.01
SIGNIFICANT = 0.01
PAIRS = 30
SAMPLE_MS = 10.0
FIRST_OPERATIONS = 1000
MOST_OPERATIONS = 1 << 40
RED, GREEN, UNSURE, SKIPPED, WAIVED, MISSING = "red", "green", "inconclusive", "skipped", "waived", "missing"
STATUS = {RED: REGRESSION, GREEN: OK, UNSURE: INCONCLUSIVE, WAIVED: OK, MISSING: NOTHING}
UNTIMED = {SKIPPED, MISSING}


class Skipped(Exception):
    """A cell that an executable cannot run here; the message says what is missing."""

    def __init__(self, message, executable):
        super().__init__(message)
        self.executable = executable


@dataclass(frozen=True)
class Plan:
    pairs: int = PAIRS
    sample_ms: float = SAMPLE_MS
    seed: int = 1
    effect: float = EFFECT


@dataclass
class Timing:
    cell: str
    before: list = field(default_factory=list)  # ns per operation, a round each
    after: list = field(default_factory=list)
    control: list = field(default_factory=list)
    verdict: str = UNSURE
    ratio: tuple = (1.0, 0.0, math.inf)  # estimate, low, high
    control_ratio: tuple = (1.0, 0.0, math.inf)
    p: float = 1.0
    p_adjusted: float = 1.0
    note: str = ""

    def line(self):
        if self.verdict in UNTIMED:
            return f"{self.verdict:<12} {self.cell}: {self.note}"
        ns = f"{statistics.median(self.before):.4g} -> {statistics.median(self.after):.4g} ns"
        note = f"; {self.note}" if self.note else ""
        return (
            f"{self.verdict:<12} {self.cell}: {ns}, {len(self.before)} pairs, B/A {shown(self.ratio)}, "
            f"control A/A {shown(self.control_ratio)}, U p {self.p:.2g}, Holm {self.p_adjusted:.2g}{note}"
        )


def shown(ratio):
    return f"{ratio[0]:.4f} (99 %: {ratio[1]:.4f} to {ratio[2]:.4f})"


def sample(executable, cell, operations, draw):
    """ns of so many operations by one fresh process. The environment's length moves the stack where addresses are not
    random."""
    environment = {"PATH": "/usr/bin:/bin", "ABREAST_PAD": "x" * draw.randrange(4096)}
    try:
        command = [str(executable), "time", cell, str(operations)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Stop(f"{executable} time {cell}: {error}") from None
    said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
    if done.returncode == 77:
        raise Skipped(said[0], executable)
    if done.returncode:
        status = NOTHING if done.returncode == NOTHING else 1
        raise Stop(f"{executable} time {cell} ended with {done.returncode}: {said[0]}", status)
    try:
        did, ns = (float(word) for word in done.stdout.split())
    except ValueError:
        raise Stop(f"{executable} time {cell}: it printed '{done.stdout.strip()}' and no two numbers") from None
    if did < operations or ns <= 0:
        raise Stop(f"{executable} time {cell}: it did not do its work")
    return ns * operations / did


def calibrate(executable, cell, plan, draw):
    """How many operations make a sample that is long enough."""
    operations = FIRST_OPERATIONS
    wanted = plan.sample_ms * 1e6
    while operations < MOST_OPERATIONS:
        ns = sample(executable, cell, operations, draw)
        if ns >= wanted / 2:
            return max(1, math.ceil(operations * wanted / ns))
        operations = math.ceil(operations * min(100.0, max(2.0, 1.1 * wanted / ns)))
    raise Stop(f"{cell}: its operations take no time")


def measure(timing, executables, plan, draw, slowdown=1.0, operations=None, step=lambda: None):
    """Appends plan.pairs rounds. `slowdown` has B do so much more work than it is credited with: power.py's."""
    a, b = executables
    operations = operations or calibrate(a, timing.cell, plan, draw)
    more = round(operations * slowdown)
    contenders = [(timing.before, a, operations), (timing.after, b, more), (timing.control, a, operations)]
    for number in range(plan.pairs):
        if number % 2 == 0:
            order = draw.sample(contenders, 3)
        for samples, executable, amount in order if number % 2 == 0 else reversed(order):
            samples.append(sample(executable, timing.cell, amount, draw) / operations)
        step()
    return operations


def estimate(before, after, seed):
    logs = [math.log(b / a) for a, b in zip(before, after)]
    low, high = statistics.bootstrap(logs, seed)
    return tuple(math.exp(x) for x in (statistics.median(logs), low, high))


def weigh(timings, plan):
    """Verdicts of all cells together, for Holm's correction is over them."""
    measured = [timing for timing in timings if timing.verdict not in UNTIMED]
    for timing in measured:
        timing.ratio = estimate(timing.before, timing.after, plan.seed)
        timing.control_ratio = estimate(timing.before, timing.control, plan.seed)
        timing.p = statistics.mann_whitney(timing.before, timing.after)
    for timing, adjusted in zip(measured, statistics.holm([timing.p for timing in measured])):
        timing.p_adjusted = adjusted
        timing.verdict, timing.note = verdict(timing, plan)


def verdict(timing, plan):
    _, low, high = timing.control_ratio
    if low > CONTROL or high < 1 / CONTROL:
        return UNSURE, "the control is off: the machine is not steady"
    _, low, high = timing.ratio
    if low > plan.effect and timing.p_adjusted < SIGNIFICANT:
        return RED, ""
    if high < plan.effect:
        return GREEN, "faster" if high < 1 / plan.effect else ""
    if low <= plan.effect:
        return UNSURE, f"the interval reaches across {plan.effect}"
    return UNSURE, "the rank test does not agree"


def confirm(timing, executables, plan, step):
    """A red cell once more, with fresh pairs. It stays red only if both are."""
    again = Timing(timing.cell)
    fresh = Plan(plan.pairs, plan.sample_ms, plan.seed + 1, plan.effect)
    measure(again, executables, fresh, random.Random(f"{fresh.seed} {timing.cell}"), step=step)
    weigh([again], fresh)
    if again.verdict == RED:
        timing.note = f"and again: {shown(again.ratio)}"
    else:
        timing.verdict = UNSURE
        timing.note = f"not confirmed: the second time {again.verdict}, {shown(again.ratio)}"


def compare(executables, cells, plan, progress):
    """All cells, one after the other, and the red ones a second time."""
    timings = []
    for number, cell in enumerate(cells, 1):
        timing = Timing(cell)
        progress(f"[{number}/{len(cells)}] {cell}", number - 1, len(cells))
        try:
            measure(timing, executables, plan, random.Random(f"{plan.seed} {cell}"))
        except Skipped as reason:  # A comes first: where B skips, A has measured it
            if reason.executable == executables[0]:
                timing.verdict, timing.note = SKIPPED, str(reason)
            else:
                timing.verdict, timing.note = MISSING, f"A measures it, and B does not: {reason}"
        timings.append(timing)
    weigh(timings, plan)
    for timing in timings:
        if timing.verdict == RED:
            progress(f"once more, for it is red: {timing.cell}", None, None)
            confirm(timing, executables, plan, lambda: None)
    return timings


def waive(timings, waivers):
    for timing in timings:
        about = (timing.cell, "ns_per_op", 100 * (timing.ratio[0] - 1))
        waiver = next((w for w in waivers if timing.verdict == RED and w.covers(*about)), None)
        if waiver:
            timing.verdict = WAIVED
            timing.note = f"red, waived until {waiver.until}: {waiver.reason}"


def status_of(timings):
    """Cells that A skips say nothing; one that B alone skips is missing, and nothing but skipped cells is nothing
    measured."""
    return worst([STATUS[timing.verdict] for timing in timings if timing.verdict != SKIPPED])
