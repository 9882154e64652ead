"""The deterministic gate: each gated row of one run against the same row of a baseline or of another run."""

from dataclasses import dataclass, replace

from .metrics import LARGER, SAME, gated, metric
from .runs import cell, key
from .status import NOTHING, OK, REGRESSION, worst

# What came of a row. "missing" is never green. "unmeasured": there in neither; of some cells a figure never is, but a
# metric that no cell of an experiment has was not looked at, and that is never green either.
EQUAL, BETTER, WORSE, CHANGED, MISSING, NEW, WAIVED, UNMEASURED = (
    "equal better worse changed missing new waived unmeasured".split()
)
RED = {WORSE, CHANGED}
ORDER = [WORSE, CHANGED, MISSING, WAIVED, BETTER, NEW, UNMEASURED]  # what must not be overlooked comes first


@dataclass(frozen=True)
class Finding:
    outcome: str
    row: object  # of the run; of the baseline where the run has none
    before: str
    after: str
    change: float = 0.0  # relative, where both are numbers and the first is not 0
    note: str = ""

    @property
    def name(self):
        return f"{cell(self.row)} {self.row.metric}"

    def line(self):
        percent = f" ({self.change:+.3g} %)" if self.change else ""
        note = f"; {self.note}" if self.note else ""
        what = f"{self.before} -> {self.after}{percent}"
        return f"{self.outcome:<8} {self.name} [{self.row.toolchain}]: {what}{note}"


def judge_row(before, after):
    """What became of a row that both have."""
    rule = metric(after.metric, after.unit)
    if before.missing and after.missing:
        return Finding(UNMEASURED, after, "?", "?")
    if after.missing or before.missing:
        return Finding(MISSING if after.missing else NEW, after, before.text, after.text)
    if before.unit != after.unit:
        return Finding(CHANGED, after, f"{before.text} {before.unit}", f"{after.text} {after.unit}")
    if rule.order and before.text in rule.order and after.text in rule.order:
        step = rule.order.index(after.text) - rule.order.index(before.text)
        return Finding(WORSE if step > 0 else BETTER if step else EQUAL, after, before.text, after.text)
    if before.value is None or after.value is None:
        return Finding(EQUAL if before.text == after.text else CHANGED, after, before.text, after.text)
    return judge_numbers(rule, before, after)


def judge_numbers(rule, before, after):
    difference = after.value - before.value
    change = 100 * difference / abs(before.value) if before.value else 0.0
    if abs(difference) <= rule.tolerance * abs(before.value):
        return Finding(EQUAL, after, before.text, after.text)
    if rule.better == SAME:
        outcome = CHANGED
    else:
        outcome = BETTER if (difference > 0) == (rule.better == LARGER) else WORSE
    return Finding(outcome, after, before.text, after.text, change)


def judge(before_rows, after_rows):
    """A finding for every gated row of either, in the order of the run and then of what it lacks."""
    before = {key(row): row for row in before_rows if gated(row.metric, row.unit)}
    findings = []
    for row in after_rows:
        if not gated(row.metric, row.unit):
            continue
        old = before.pop(key(row), None)
        if old:
            findings.append(judge_row(old, row))
        elif not row.missing:
            findings.append(Finding(NEW, row, "-", row.text))
    findings += [Finding(MISSING, row, row.text, "-") for row in before.values() if not row.missing]
    return findings


def unmeasured_metrics(findings):
    """Pairs of experiment and metric of which neither has a single figure."""
    some, none = set(), {}
    for finding in findings:
        about = (finding.row.experiment, finding.row.metric)
        if finding.outcome == UNMEASURED:
            none[about] = none.get(about, 0) + 1
        else:
            some.add(about)
    return {about: count for about, count in none.items() if about not in some}


def unmeasured_lines(findings):
    """One for each experiment and metric of which figures are in neither."""
    counts = {}
    for finding in findings:
        if finding.outcome == UNMEASURED:
            about = f"{finding.row.experiment} {finding.row.metric}"
            counts[about] = counts.get(about, 0) + 1
    return [f"{about}: {count} {'figure' if count == 1 else 'figures'}" for about, count in counts.items()]


def unknown_metrics(rows):
    """Those that nothing judges because metrics.py does not know them."""
    return sorted({row.metric for row in rows if metric(row.metric, row.unit) is None})


def differences(before, after):
    """In which parts two identities differ, in words; empty: they may be compared."""
    return [
        f"{part}: {old} against {new}" for part, old, new in zip(before._fields, before, after) if old != new
    ]


def status_of(findings):
    """Red before missing before green; nothing in common is nothing measured."""
    outcomes = {finding.outcome for finding in findings}
    if not outcomes - {NEW, MISSING, UNMEASURED}:
        return NOTHING
    statuses = [OK]
    if outcomes & RED:
        statuses.append(REGRESSION)
    if MISSING in outcomes or unmeasured_metrics(findings):
        statuses.append(NOTHING)
    return worst(statuses)


def waived(findings, waivers):
    """The same findings, those that are red and waived marked so; and the waivers that met none."""
    used, marked = set(), []
    for finding in findings:
        about = (cell(finding.row), finding.row.metric, finding.change or None)
        waiver = next((w for w in waivers if finding.outcome in RED and w.covers(*about)), None)
        if waiver:
            used.add(waiver)
            finding = replace(finding, outcome=WAIVED, note=f"waived until {waiver.until}: {waiver.reason}")
        marked.append(finding)
    return marked, [waiver for waiver in waivers if waiver not in used]


SAID = {0: "green", 1: "error", 2: "red", 3: "inconclusive", 4: "incomparable or incomplete"}


def summary(findings, status):
    counts = {}
    for finding in findings:
        counts[finding.outcome] = counts.get(finding.outcome, 0) + 1
    listed = ", ".join(f"{counts[outcome]} {outcome}" for outcome in [EQUAL, *ORDER] if outcome in counts)
    return f"deterministic: {SAID[status]}: {listed or 'nothing to judge'}"
