"""The claims ledger, paper/claims.tsv: every claim judged by its rule, in one place. docs/claims.md has the words."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from . import published
from .claims_condition import separate
from .claims_rules import BadRule, index_of, judge_clause, parse, together
from .rows import Cited, cited, shown
from .tables import Mark, Section, Table

COLUMNS = "id claim source section rule notes".split()
WRITTEN = "id claim source section experiment rule measured spread verdict condition command minutes".split()
HOLDS, WHEN, REFUTED, UNTESTED = VERDICTS = "holds", "holds when", "refuted", "not testable here"
STRADDLES = "the intervals straddle the limit"
CITED = 3  # rows that a figure of many links to
PHRASES = {"is": "", "within": "within {} of "}


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
        return list(
            dict.fromkeys(name for clause in self.clauses for part in clause.selections() for name in part.filters())
        )


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
    index, papers = index_of(results), published.read(paper)
    return [verdict_of(claim, index, papers, results, info) for claim in read(paper) if only in (None, claim.id)]


def find(paper, name):
    claims = read(paper)
    found = next((claim for claim in claims if claim.id == name), None)
    if found is None:
        near = [claim.id for claim in claims if name in claim.id]
        others = f": is it {' or '.join(near[:3])}?" if near else ", see scripts/report claims --out DIR"
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
        *fields, word, condition, measured, spread, command, minutes(claim, info), rows, claim.notes, counts
    )


def decide(cases):
    """(verdict, condition, counts)"""
    true, false, open_ = (sum(case.outcome is wanted for case in cases) for wanted in (True, False, None))
    counts = true, false, open_
    untold = f"{open_} of {len(cases)} cases cannot be told, for {STRADDLES}" if open_ else ""
    if not true and not false:
        return UNTESTED, STRADDLES, counts
    if not false:
        return (WHEN, f"it can be told: in {true} of {len(cases)} cases, and in none the other way", counts) if open_ else (
            HOLDS,
            "",
            counts,
        )
    if not true:
        return REFUTED, untold, counts
    found = separate([case for case in cases if case.outcome is not None])
    share = f"{true} of {true + false} cases"
    if not found.text:
        text = f"nothing that sets them apart is known: {share}"
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
    for key in ("missing", "skipped"):
        for entry in info.get(key, []):
            words = f"{entry.get('what', '')} {entry.get('mechanism', '')}".split()
            if entry.get("experiment") == selection.experiment and set(words) & set(selection.mechanisms):
                return f": {entry.get('reason', '?')}"
    return ""


def minutes(claim, info):
    """Of the whole experiments, as this run took them: at most what the claim alone takes, once it is built."""
    seconds = {stage["name"]: stage["seconds"] for stage in info.get("stages", []) if stage.get("of") != "reproduce"}
    known = [seconds[name] for name in claim.experiments if name in seconds]
    return round(sum(known) / 60, 1) if known and len(known) == len(claim.experiments) else None


# ---- Figures ----


def figures(judged):
    """(what was measured, its spread) of each different clause."""
    found = [figure(one) for one in judged]
    return cited("; ".join(str(text) for text, _, _ in found), *(row for _, _, rows in found for row in rows)), "; ".join(
        dict.fromkeys(spread for _, spread, _ in found)
    )


def figure(one):
    clause, cases = one.clause, one.cases
    metric = clause.left.metric
    if clause.operator == "is":
        words = {}
        for case in cases:
            words.setdefault(case.rows[0].text, []).append(case.rows[0])
        parts = [f"{word} in {len(rows)}" for word, rows in sorted(words.items(), key=lambda item: -len(item[1]))]
        return f"{metric}: {', '.join(parts)} of {len(cases)} rows", "exact", [rows[0] for rows in words.values()]
    if clause.right:
        values = [(quotient(*case.rows), case.rows) for case in cases]
        other = f"{clause.right.metric} of " if clause.right.metric != metric else ""
        name = f"{metric} is {{}} times {other}{clause.right.text}"
    else:
        values = [(case.rows[0].value, case.rows) for case in cases]
        name = f"{metric} {{}}"
    values.sort(key=lambda item: item[0])
    middle, rows = values[len(values) // 2]
    text = name.format(shown(middle))
    if len(values) > 1:
        return f"{text} (median of {len(values)})", f"{shown(values[0][0])} to {shown(values[-1][0])}", distinct(
            rows, values[0][1], values[-1][1]
        )
    row = rows[0]
    return text, "exact" if all(row.exact for row in rows) else f"{metric} {shown(row.low)} to {shown(row.high)}", rows


def quotient(row, other):
    return row.value / other.value if other.value else float("inf") if row.value else 1.0


def distinct(*several):
    return list(dict.fromkeys(row for rows in several for row in rows))[:CITED]


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
    """The report's section: a table for each source, the verdict first."""
    found = Section("claims")
    found.short = found.headline = sentence(verdicts)
    for source in dict.fromkeys(one.source for one in verdicts):
        mine = [one for one in verdicts if one.source == source]
        counts = ", ".join(f"{number} {word}" for word, number in counted(mine).items() if number)
        found.tables.append(
            Table(
                "claims-" + "".join(char if char.isalnum() else "-" for char in source.lower()),
                f"{source}: {counts}",
                ["claim", "verdict", "measured", "spread", "section", "what it rests on"],
                [
                    [one.claim, Mark(one.text, kind(one)), one.measured, one.spread, one.section, one.notes or "-"]
                    for one in mine
                ],
                essential=True,
            )
        )
    return found


def kind(verdict):
    return {HOLDS: "good", REFUTED: "bad", WHEN: "mixed"}.get(verdict.verdict, "")


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


def changed(verdict, **fields):
    return dataclasses.replace(verdict, **fields)
