"""The claims ledger, paper/claims.tsv: every claim judged by its rule, in one place. docs/claims.md has the words."""

from dataclasses import dataclass
from pathlib import Path

from . import published
from .claims_condition import separate
from .claims_rules import BadRule, index_of, judge_clause, parse, together
from .rows import Cited, cited, shown, without_calibration
from .tables import Mark, Section, Table

COLUMNS = "id claim source section rule notes".split()
WRITTEN = "id claim source section experiment rule measured spread verdict condition command minutes notes".split()
HOLDS, WHEN, REFUTED, UNTESTED = VERDICTS = "holds", "holds when", "refuted", "not testable here"
STRADDLES = "the intervals straddle the limit"
WORDS = "words"  # the kind of cells that are text
CITED = 3  # rows that a figure of many links to


@dataclass
class Claim:
    id: str
    claim: str
    source: str
    section: str
    rule: str
    notes: str
    clauses: list

    @property
    def experiments(self):
        return list(dict.fromkeys(part.experiment for clause in self.clauses for part in clause.selections()))

    @property
    def filters(self):
        """What `abreast run` has to be told, and no more."""
        parts = [part for clause in self.clauses for part in clause.selections()]
        found = list(dict.fromkeys(name for part in parts for name in part.filters()))
        return [name for name in found if name.partition("/")[0] == name or name.partition("/")[0] not in found]


@dataclass
class Verdict:
    id: str
    claim: str
    source: str
    section: str
    experiment: str
    rule: str
    verdict: str  # one of VERDICTS
    condition: str  # under which it holds, or why it cannot be tested, or what cannot be told
    measured: Cited
    spread: str
    command: str
    minutes: float  # None where the run does not say
    rows: tuple
    notes: str = ""
    counts: tuple = (0, 0, 0)  # cases that are true, false, undecided

    @property
    def text(self):
        """The verdict with its condition."""
        if not self.condition:
            return self.verdict
        return f"{self.verdict} {self.condition}" if self.verdict == WHEN else f"{self.verdict}: {self.condition}"


def read(paper):
    """[Claim] of paper/claims.tsv; a ValueError says which line is wrong."""
    lines = (Path(paper) / "claims.tsv").read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].split("\t") != COLUMNS:
        raise ValueError(f"claims.tsv: the first line is not '{' '.join(COLUMNS)}'")
    claims = []
    for index, line in enumerate(lines[1:], 2):
        fields = line.split("\t")
        if len(fields) != len(COLUMNS):
            raise ValueError(f"claims.tsv:{index}: {len(fields)} columns instead of {len(COLUMNS)}")
        try:
            claims.append(Claim(*fields, parse(fields[COLUMNS.index("rule")])))
        except BadRule as error:
            raise ValueError(f"claims.tsv:{index}: {fields[0]}: {error}") from None
    return claims


def judge(paper, results, info, only=None):
    """[Verdict], in the ledger's order; only: of this id alone."""
    index, papers = index_of(without_calibration(results)), published.read(paper)
    return [verdict_of(claim, index, papers, results, info) for claim in read(paper) if only in (None, claim.id)]


def find(paper, name):
    claims = read(paper)
    found = next((claim for claim in claims if claim.id == name), None)
    if found is None:
        near = [claim.id for claim in claims if name in claim.id]
        others = f": is it {' or '.join(near[:3])}?" if near else ": scripts/report claim lists them"
        raise ValueError(f"there is no claim '{name}'{others}")
    return found


def verdict_of(claim, index, papers, results, info):
    judged = [judge_clause(clause, index, papers) for clause in claim.clauses]
    cases = together(judged) if judged else []
    rows = tuple(dict.fromkeys(row for case in cases for row in case.rows))
    word, condition, counts = decide(cases) if cases else (UNTESTED, reason(claim, judged, results, info), (0, 0, 0))
    measured, spread = figures(judged) if cases else (cited("-"), "-")
    lacking = [row for one in judged for row in one.missing]
    if cases and lacking:
        untold = f"{len(lacking)} rows have no figure: {why_missing(lacking[0], info)}"
        condition = f"{condition}; {untold}" if condition else untold
    command = f"scripts/reproduce --claim {claim.id}" if claim.clauses else "-"
    fields = (claim.id, claim.claim, claim.source, claim.section, ", ".join(claim.experiments) or "-", claim.rule)
    return Verdict(
        *fields, word, condition, measured, spread, command, minutes(claim, results, info), rows, claim.notes, counts
    )


def decide(cases):
    """(verdict, condition, counts)"""
    true, false, open_ = (sum(case.outcome is wanted for case in cases) for wanted in (True, False, None))
    counts = true, false, open_
    untold = f"{open_} of {len(cases)} cases cannot be told, for {STRADDLES}" if open_ else ""
    if not true and not false:
        return UNTESTED, STRADDLES, counts
    if not false:
        told = f"it can be told: in {true} of {len(cases)} cases; in the others {STRADDLES}"
        return (WHEN, told, counts) if open_ else (HOLDS, "", counts)
    if not true:
        return REFUTED, untold, counts
    found = separate([case for case in cases if case.outcome is not None])
    share = f"{true} of {true + false} cases"
    if not found.text:
        text = f"something holds that is no part of a row: {share}"
    elif found.wrong:
        text = f"{found.text} ({share}; this describes all but {found.wrong})"
    else:
        text = f"{found.text} ({share})"
    return WHEN, text + (f"; {untold}" if untold else ""), counts


def reason(claim, judged, results, info):
    """Why there is no case."""
    if not claim.clauses:
        return claim.notes
    absent = [name for name in claim.experiments if name not in results]
    if absent:
        told = [entry for entry in info.get("skipped", []) if entry.get("experiment") in absent]
        why = f": {told[0].get('reason', '?')}" if told else ""
        return f"{' and '.join(absent)} was not run{why}"
    for one in judged:
        if one.cases:
            continue
        if one.missing:
            return f"{one.missing[0].metric} is missing: {why_missing(one.missing[0], info)}"
        return f"this run has no {one.empty.metric} of {one.empty.text}{why_skipped(one.empty, info)}"
    return "its figures were measured at no toolchain that they have in common"


def why_missing(row, info):
    for entry in info.get("missing", []):
        if all(entry.get(key) == getattr(row, key) for key in ("experiment", "model", "mechanism", "metric")):
            return entry.get("reason", "?")
    return row.text


def why_skipped(selection, info):
    told = [entry for key in ("missing", "skipped") for entry in info.get(key, [])]
    for entry in told:
        words = f"{entry.get('what', '')} {entry.get('mechanism', '')}".split()
        if entry.get("experiment") == selection.experiment and set(words) & set(selection.mechanisms):
            return f": {entry.get('reason', '?')}"
    return ""


def minutes(claim, results, info):
    """Of the whole experiments, and of the counts made for all of them, as this run took them: at most what the claim
    alone takes, once it is built."""
    seconds = {stage["name"]: stage["seconds"] for stage in info.get("stages", []) if stage.get("of") != "reproduce"}
    known = [seconds[name] for name in claim.experiments if name in seconds]
    if not known or len(known) < len(claim.experiments):
        return None
    shared = sum(took for name, took in seconds.items() if name not in results)
    return max(0.1, round((sum(known) + shared) / 60, 1))


# ---- Figures ----


def figures(judged):
    """(what was measured, its spread) of every clause."""
    found = [figure(one, len(judged) > 1) for one in judged]
    rows = [row for _, _, cited_rows in found for row in cited_rows]
    spread = "; ".join(dict.fromkeys(spread for _, spread, _ in found))
    return cited("; ".join(text for text, _, _ in found), *rows), spread


def figure(one, several):
    """(text, spread, rows to cite)"""
    clause, cases = one.clause, one.cases
    metric = words(clause.left.metric) + (f" of {said(clause.left)}" if several else "")
    if clause.operator == "is":
        found = {}
        for case in cases:
            found.setdefault(case.rows[0].text, []).append(case.rows[0])
        parts = [f"{word} in {len(rows)}" for word, rows in sorted(found.items(), key=lambda item: -len(item[1]))]
        return f"{metric}: {', '.join(parts)} of {len(cases)} rows", "exact", [rows[0] for rows in found.values()]
    numbers = [case.rows for case in cases if all(row.value is not None for row in case.rows)]
    if not numbers:
        return f"{metric}: {cases[0].rows[0].text}", "exact", cases[0].rows
    value, low, high, rows = middle_of(clause, numbers)
    if clause.right:
        other = "that" if clause.right.metric == clause.left.metric else words(clause.right.metric)
        metric += f", over {other} of {said(clause.right)}"
    text = f"{metric}: {value}"
    if low == high == value:
        return text + (f" in all {len(numbers)}" if len(numbers) > 1 else ""), "exact", rows
    return text + (f" (median of {len(numbers)})" if len(numbers) > 1 else ""), f"{low} to {high}", rows


def middle_of(clause, found):
    """(median, least, most, rows of them): of several their range, of one its interval."""
    if clause.right:
        values = sorted(((quotient(rows), rows) for rows in found), key=lambda item: item[0])
        show = times
    else:
        values = sorted(((rows[0].value, rows) for rows in found), key=lambda item: item[0])
        show = shown
    value, rows = values[len(values) // 2]
    if len(values) > 1:
        several = [row for one in (rows, values[0][1], values[-1][1]) for row in one]
        return show(value), show(values[0][0]), show(values[-1][0]), list(dict.fromkeys(several))[:CITED]
    if not clause.right:
        return shown(value), shown(rows[0].low), shown(rows[0].high), rows
    row, other = rows
    ends = (row.low / other.high, row.high / other.low) if other.low > 0 else (value, value)
    return show(value), show(ends[0]), show(ends[1]), rows


def quotient(rows):
    row, other = rows
    return row.value / other.value if other.value else float("inf") if row.value else 1.0


def times(value):
    """A quotient; near 1 with the digits that tell it from 1."""
    return f"{value:.3f}" if 0.9 < value < 1.1 else shown(value)


def words(metric):
    return metric.replace("_", " ")


def said(selection):
    """Models and mechanisms of a selection, in short, and what sets it apart."""
    models = " and ".join(selection.models)
    names = list(selection.mechanisms)
    listed = " or ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} others"
    apart = [word for condition in selection.conditions for word in condition.globs if condition.wanted]
    return f"{models} {listed}" + (f" ({', '.join(apart)})" if apart else "")


# ---- What is written and printed ----


def counted(verdicts):
    """{verdict: how many}"""
    return {word: sum(one.verdict == word for one in verdicts) for word in VERDICTS}


def tsv(verdicts):
    """DIR/claims.tsv"""
    lines = [WRITTEN]
    for one in verdicts:
        fields = {**{name: getattr(one, name) for name in WRITTEN}, "verdict": one.text}
        fields["minutes"] = "?" if one.minutes is None else one.minutes
        lines.append([str(fields[name]) or "-" for name in WRITTEN])
    return "".join("\t".join(line) + "\n" for line in lines)


def sentence(verdicts):
    counts = counted(verdicts)
    return (
        f"Of {len(verdicts)} claims of the papers {counts[HOLDS]} hold, {counts[WHEN]} hold under a condition, "
        f"{counts[REFUTED]} are refuted, and {counts[UNTESTED]} cannot be tested here."
    )


def section(verdicts):
    """The report's section: a table for each source, the verdict first; and what the verdicts rest on, folded."""
    found = Section("claims")
    found.short = found.headline = sentence(verdicts)
    for source in dict.fromkeys(one.source for one in verdicts):
        mine = [one for one in verdicts if one.source == source]
        found.tables.append(
            Table(
                "claims-" + "".join(char if char.isalnum() else "-" for char in source.lower()),
                f"{source}: {title(mine)}",
                ["verdict", "claim", "when, or why not", "measured", "section"],
                [line(one) for one in mine],
                essential=True,
            )
        )
    found.tables.append(
        Table(
            "claims-rules",
            "What each verdict rests on: the rule, and what it takes for the text's words",
            ["claim", "rule", "note"],
            [[one.id, Mark(one.rule, WORDS), Mark(one.notes or "-", WORDS)] for one in verdicts],
            detail=True,
        )
    )
    return found


def title(verdicts):
    words = {HOLDS: "hold", WHEN: "hold under a condition", REFUTED: "refuted", UNTESTED: "not testable here"}
    return ", ".join(f"{number} {words[word]}" for word, number in counted(verdicts).items() if number)


def line(one):
    text = str(one.measured)
    if one.spread not in ("-", "exact"):
        text = f"{text[:-1]}, {one.spread})" if text.endswith(")") else f"{text} ({one.spread})"
    measured = cited(Mark(text, WORDS), *one.measured.rows)
    return [one.verdict, Mark(one.claim, WORDS), Mark(one.condition or "-", WORDS), measured, one.section]


def printed(one):
    """A claim in full, for a terminal."""
    took = f" (at most {one.minutes:g} minutes, once built)" if one.minutes is not None else ""
    lines = [
        ("claim", one.claim),
        ("source", f"{one.source}, {one.section}"),
        ("verdict", one.text),
        ("measured", str(one.measured)),
        ("spread", one.spread),
        ("rule", one.rule),
        ("rests on", one.notes or "-"),
        ("again", one.command + took if one.command != "-" else "-"),
    ]
    return f"{one.id}\n" + "".join(f"  {name:<9} {text}\n" for name, text in lines)


def listed(verdicts):
    """All claims, a line each and a count."""
    width = max(len(one.id) for one in verdicts)
    return "".join(f"{one.id:<{width}}  {one.text}\n" for one in verdicts) + f"\n{sentence(verdicts)}\n"


# ---- scripts/report claim, claims and claim-filters ----

STATUSES = {HOLDS: 0, WHEN: 0, REFUTED: 0}
INCONCLUSIVE, NOTHING, SKIPPED = 3, 4, 77


def status(one):
    """What a command that was asked for this verdict ends with."""
    if one.verdict in STATUSES:
        return STATUSES[one.verdict]
    if one.rule == "-":
        return SKIPPED
    return INCONCLUSIVE if one.condition == STRADDLES else NOTHING


def command(part, name, paper, read_run):
    """Prints what was asked for, and gives the exit status. read_run: gives (results, info) of the folder."""
    if part == "claim-filters":
        print("".join(f"{line}\n" for line in find(paper, name or "").filters), end="")
        return 0
    if part == "claim" and not name:
        claims = read(paper)
        width = max(len(claim.id) for claim in claims)
        print("\n".join(f"{claim.id:<{width}}  {claim.claim}" for claim in claims))
        return 0
    found = find(paper, name) if part == "claim" else None
    never = found is not None and not found.clauses
    results, info = ({}, {}) if never else read_run()
    verdicts = judge(paper, results, info, name if part == "claim" else None)
    print(printed(verdicts[0]) if part == "claim" else listed(verdicts), end="")
    return status(verdicts[0]) if part == "claim" else 0
