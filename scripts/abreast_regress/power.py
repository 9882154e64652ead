"""How often the timing gate is wrong: trials of a build against itself, as it is and made slower by a known part.

Slower means that B does so much more work than it is credited with: for 3 %, 103 operations for every 100. Each trial
is what `compare` does with one cell, second look included.
"""

import datetime
import random
from pathlib import Path

from . import machine, timing
from .sources import identity_of
from .status import Stop

SLOWDOWNS = [0, 3, 5, 10]
BEGIN, END = "<!-- power: begin, written by scripts/regress power --write -->", "<!-- power: end -->"
ESTIMATE_S = 0.06  # a round of three samples of 10 ms, for "about T left" before the first trial


def trial(executable, cell, plan, percent, operations):
    """Verdict, verdict before the second look, and the estimate."""
    one = timing.Timing(cell)
    both = (executable, executable)
    slowdown = 1 + percent / 100
    timing.measure(one, both, plan, random.Random(f"{plan.seed} power {percent}"), slowdown, operations)
    timing.weigh([one], plan)
    first = one.verdict
    if first == timing.RED:
        again = timing.Timing(cell)
        timing.measure(again, both, plan, random.Random(f"{plan.seed} again {percent}"), slowdown, operations)
        timing.weigh([again], plan)
        if again.verdict != timing.RED:
            one.verdict = timing.UNSURE
    return one.verdict, first, one.ratio[0]


def run(executable, cell, plan, trials, slow_trials, say):
    """A row for each slowdown: percent, trials, red, red at the first look, inconclusive, green, worst error."""
    counts = [trials if percent == 0 else slow_trials for percent in SLOWDOWNS]
    total, done, rows = sum(counts), 0, []
    draw = random.Random(f"{plan.seed} calibrate")
    operations = timing.calibrate(executable, cell, plan, draw)
    say(f"{total} trials of {plan.pairs} pairs, {operations} operations a sample: "
        f"about {max(1, round(total * plan.pairs * ESTIMATE_S / 60))} min", 0, total)  # fmt: skip
    for percent, count in zip(SLOWDOWNS, counts):
        said = []
        for number in range(count):
            fresh = timing.Plan(plan.pairs, plan.sample_ms, plan.seed * 100003 + number, plan.effect)
            said.append(trial(executable, cell, fresh, percent, operations))
            done += 1
            if done % 10 == 0:
                say(f"{done} of {total} trials", done, total)
        verdicts = [verdict for verdict, _, _ in said]
        rows.append((percent, count, verdicts.count(timing.RED), [first for _, first, _ in said].count(timing.RED),
                     verdicts.count(timing.UNSURE), verdicts.count(timing.GREEN),
                     max(abs(ratio / (1 + percent / 100) - 1) for _, _, ratio in said)))  # fmt: skip
    return rows


def label(percent):
    return f"{percent} %" if percent else "0 (A/A)"


def text(rows, executable, cell, plan, noise, forced):
    identity, info = identity_of(executable)
    busy = noise.describe() if noise else "the system does not tell how busy it was"
    lines = [
        "| B slower by | trials | red | red at the first look | inconclusive | green | largest error of the estimate |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {label(percent)} | {count} | {red} | {first} | {unsure} | {green} | {error:.1%} |"
            for percent, count, red, first, unsure, green, error in rows
        ),
        "",
        f"Cell `{cell}`, {plan.pairs} pairs a trial, samples of {plan.sample_ms:g} ms, seed {plan.seed}; "
        f"{identity.processor}, {info['machine'].get('cores', '?')} processors, {identity.toolchain}, {identity.libc}; "
        f"{datetime.date.today()}; meanwhile {busy}{'; measured on a busy machine, with `--force`' if forced else ''}.",
    ]
    return "\n".join(lines) + "\n"


def put(path, table):
    """Between the markers of a document."""
    path = Path(path)
    try:
        document = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Stop(f"{path} cannot be read: {error.strerror}") from None
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise Stop(f"{path} has not the two markers of the table: '{BEGIN}' and '{END}'")
    return f"{before}{BEGIN}\n\n{table}\n{END}{after}"


def watched(work):
    """What `work` returns, and how busy others were meanwhile."""
    before = machine.moment()
    result = work()
    return result, machine.between(before, machine.moment())
