"""The claims ledger, paper/claims.tsv: every claim judged by its rule, in one place. docs/claims.md has the words."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from . import claims_first, links, published
from .claims_condition import EXCEPT, separate
from .claims_figures import figures
from .claims_minutes import Took
from .claims_remarks import measured_where, reason, remarks, unbuilt
from .claims_rules import BadRule, Case, index_of, judge_clause, parse, together
from .rows import Cited, cited, without_calibration
from .tables import Mark, Section, Table

COLUMNS = "id claim source section rule first notes amended".split()
WRITTEN = [*"id claim source section experiment rule measured spread verdict condition command minutes".split(),
           *COLUMNS[-2:], claims_first.COLUMN]
HOLDS, WHEN, REFUTED, UNTESTED = VERDICTS = "holds", "holds when", "refuted", "not testable here"
STRADDLES = "the intervals straddle the limit"
NO_CONDITION = "no short condition"  # tells the cases apart that agree
UNDECIDED = "undecided"
WORDS = "words"  # the kind of cells that are text
OF_COMPILER = ("stack_", "overflow_")  # metrics that a compiler's options decide
NOT_COUNTED = "not counted"  # begins what is said beside a verdict


@dataclass
class Claim:
    id: str
    claim: str
    source: str
    section: str
    rule: str
    first: str  # the rule that it was committed with, where that is another; claims_first
    notes: str
    amended: str  # when the rule was changed or added since the ledger's first commit, how and why; or -
    clauses: list

    def by_first(self):
        """The claim with the rule that it was committed with, or None."""
        if not claims_first.has_rule(self.first):
            return None
        clauses = parse(self.first)
        return replace(self, rule=self.first, first="", notes=self.notes if clauses else claims_first.NO_RULE,
                       clauses=clauses)

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
    minutes: float  # to measure it again; None where the run does not say
    rows: tuple
    notes: str = ""
    counts: tuple = (0, 0, 0)  # cases that are true, false, undecided
    amended: str = "-"
    first: str = ""
    by_first: object = None  # the verdict by the first rule, where that is another
    told: str = ""  # beside it: where alone it was measured, what it does not count, and why

    @property
    def text(self):
        """The verdict with its condition, and what it does not count."""
        text, condition = self.verdict, self.condition
        if text == WHEN and condition.startswith((EXCEPT, NO_CONDITION)):
            text = f"{HOLDS}{' in part,' * condition.startswith(NO_CONDITION)} {condition}"
        elif condition:
            text += f" {condition}" if text == WHEN else f": {condition}"
        return links.plain(f"{text}; {self.told}" if self.told else text)

    @property
    def why(self):
        """The condition, and what is told beside it."""
        return "; ".join(part for part in (self.condition, self.told) if part)

    @property
    def word(self):
        """The verdict as other tools read it: one of VERDICTS, and of WHEN what follows the word."""
        if self.verdict != WHEN:
            return self.verdict
        condition = self.condition
        if condition.startswith(EXCEPT):
            condition = condition.replace(EXCEPT, "not ")
        elif condition.startswith(NO_CONDITION):
            condition = condition.replace(NO_CONDITION, "in part", 1)
        return links.plain(f"{WHEN} {condition}")


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
            claims[-1].by_first()
        except BadRule as error:
            raise ValueError(f"claims.tsv:{index}: {fields[0]}: {error}") from None
    return claims


def fingerprints(paper):
    """{id: hash of its rule}, by which a run says which rules there were when it was made."""
    return {claim.id: fingerprint(claim.rule) for claim in read(paper)}


def fingerprint(rule):
    return hashlib.sha256(rule.encode()).hexdigest()[:16]


def judge(paper, results, info, only=None):
    """[Verdict], in the ledger's order; only: of this id alone."""
    index, papers, took = index_of(without_calibration(results)), published.read(paper), Took(results, info)
    verdicts = []
    for claim in read(paper):
        if only in (None, claim.id):
            verdicts.append(replace(verdict_of(claim, index, papers, results, info), minutes=took.minutes(claim)))
    return verdicts


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
    if cases:
        word, condition = narrowed(word, condition, cases)
    left = "; ".join((remarks(judged, info) if cases else []) + unbuilt(claim, results, info))
    told = measured_where(judged, condition) + ([f"{NOT_COUNTED}: {left}"] if left else [])
    measured, spread = figures(judged) if cases else (cited("-"), "-")
    command = f"scripts/reproduce --claim {claim.id}" if claim.clauses else "-"
    fields = (claim.id, claim.claim, claim.source, claim.section, ", ".join(claim.experiments) or "-", claim.rule)
    first = claim.by_first()
    by_first = verdict_of(first, index, papers, results, info) if first else None
    return Verdict(*fields, word, condition, measured, spread, command, None, rows, claim.notes, counts, claim.amended,
                   claim.first, by_first, "; ".join(told))


def narrowed(word, condition, cases):
    """What a compiler's options decide, and was measured at one of them only, does not hold without a condition."""
    settings = {row.setting.options for case in cases for row in case.rows if row.metric.startswith(OF_COMPILER)}
    levels = {(dict(options).get("opt"), dict(options).get("sib")) for options in settings}
    if len(levels) != 1:
        return word, condition
    [(level, siblings)] = levels
    narrow = f"at {level} with{'out' if siblings == 'off' else ''} sibling calls"
    if word == HOLDS:
        return WHEN, f"{narrow} ({len(cases)} of {len(cases)} cases; no other setting was measured)"
    alone = f"{narrow} alone: no other setting was measured"
    return word, f"{condition}; {alone}" if condition else alone


def decide(cases):
    """(verdict, condition, counts)"""
    true, false, open_ = (sum(case.outcome is wanted for case in cases) for wanted in (True, False, None))
    counts = true, false, open_
    untold = f"{open_} of {len(cases)} cases cannot be told, for {STRADDLES}" if open_ else ""
    if not true and not false:
        return UNTESTED, f"{UNDECIDED}, for {STRADDLES}", counts
    if not false:
        return (*undecided(cases, true), counts) if open_ else (HOLDS, "", counts)
    if not true:
        return REFUTED, untold, counts
    found = separate([case for case in cases if case.outcome is not None])
    share = f"{example(true, True, cases)} of {example(true + false, False, cases)} cases"
    if not found.text:
        text = f"{NO_CONDITION}: {share}"
    elif found.wrong:
        text = f"{found.text} ({share}; this describes all but {found.wrong})"
    else:
        text = f"{found.text} ({share})"
    return WHEN, text + (f"; {untold}" if untold else ""), counts


def example(number, outcome, cases):
    """A count, with the first of the cases that agree, or do not."""
    return cited(number, *next(case.rows[:1] for case in cases if case.outcome is outcome))


def undecided(cases, true):
    """Of cases that are true or cannot be told: the others are no yes. Where the true ones are most, and a condition
    tells them apart exactly, they are what holds."""
    found = separate([Case(bool(case.outcome), case.rows, case.features) for case in cases])
    if found.text and not found.wrong and 2 * true > len(cases):
        return WHEN, f"{found.text} ({true} of {len(cases)} cases; in the others {STRADDLES})"
    return UNTESTED, f"{UNDECIDED}: told in {true} of {len(cases)} cases, which agree; in the others {STRADDLES}"


# ---- What is written and printed ----


def counted(verdicts):
    """{verdict: how many}"""
    return {word: sum(one.verdict == word for one in verdicts) for word in VERDICTS}


def tsv(verdicts):
    """DIR/claims.tsv"""
    lines = [WRITTEN]
    for one in verdicts:
        fields = {**{name: getattr(one, name, "") for name in WRITTEN}, "verdict": one.word, "condition": one.why}
        fields[claims_first.COLUMN] = claims_first.word(one)
        fields["minutes"] = "?" if one.minutes is None else one.minutes
        lines.append([str(fields[name]) or "-" for name in WRITTEN])
    return links.plain("".join("\t".join(line) + "\n" for line in lines))


def sentence(verdicts):
    counts = counted(verdicts)
    true_false = [one.counts for one in verdicts if one.verdict == WHEN]
    fewer = sum(true < false for true, false, _ in true_false)
    share = f" (in {fewer} of them fewer than half of the cases agree)" if fewer else ""
    return (
        f"Of {len(verdicts)} claims of the papers {counts[HOLDS]} hold, {counts[WHEN]} hold under a condition{share}, "
        f"{counts[REFUTED]} are refuted, and {counts[UNTESTED]} cannot be tested here.{claims_first.in_short(verdicts)}"
    )


def age(verdicts, info):
    """[sentence]: how many rules are younger than the run, how many were changed, and what their first ones give."""
    known = info.get("ledger", {}).get("rules")
    if known is None:
        found = ["This run does not record the rules that there were when it was made, so nobody can tell from it how "
                 "many are younger."]
    else:
        younger = sum(known.get(one.id) != fingerprint(one.rule) for one in verdicts)
        found = [f"{younger} of the {len(verdicts)} rules are younger than this run: written or changed after it."
                 if younger else f"All {len(verdicts)} rules are those that there were when this run was made."]
    return found + claims_first.sentences(verdicts)


def section(verdicts, info=None):
    """The report's section: a table for each source, the verdict first; and what the verdicts rest on, folded."""
    found = Section("claims")
    found.short = sentence(verdicts)
    found.headline = "\n".join(age(verdicts, info or {}))
    for source in dict.fromkeys(one.source for one in verdicts):
        mine = [one for one in verdicts if one.source == source]
        found.tables.append(
            Table(
                "claims-" + "".join(char if char.isalnum() else "-" for char in source.lower()),
                f"{source}: {title(mine)}",
                ["verdict", "claim", "when, or why not", "measured", "paper's section"],
                [line(one) for one in mine],
                essential=True,
            )
        )
    found.tables += claims_first.table(verdicts)
    found.tables.append(
        Table(
            "claims-rules",
            "What each verdict rests on: the rule, and what it takes for the text's words",
            ["claim", "rule", "its first rule, if another", "note", "changed"],
            [
                [one.id, *(Mark(text or "-", WORDS) for text in (one.rule, one.first, one.notes, one.amended))]
                for one in verdicts
            ],
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
    verdict, condition = one.verdict, one.why
    if verdict == WHEN and condition.startswith(EXCEPT):
        verdict, condition = f"{HOLDS} {EXCEPT.strip()}", condition[len(EXCEPT):]
    elif verdict == WHEN and condition.startswith(NO_CONDITION):
        verdict = f"{HOLDS} in part"
    return [verdict, Mark(one.claim, WORDS), Mark(condition or "-", WORDS), measured, one.section]


def printed(one):
    """A claim in full, for a terminal."""
    took = f" (about {one.minutes:g} minutes, once built)" if one.minutes is not None else ""
    lines = [
        ("claim", one.claim),
        ("source", f"{one.source}, {one.section}"),
        ("verdict", one.text),
        ("measured", str(one.measured)),
        ("spread", one.spread),
        ("rule", one.rule),
        ("rests on", one.notes or "-"),
        ("changed", one.amended),
        *claims_first.lines(one),
        ("again", one.command + took if one.command != "-" else "-"),
    ]
    return f"{one.id}\n" + "".join(f"  {name:<10} {text}\n" for name, text in lines)


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
    return INCONCLUSIVE if one.counts[2] else NOTHING


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
    print(links.plain(printed(verdicts[0]) if part == "claim" else listed(verdicts)), end="")
    return status(verdicts[0]) if part == "claim" else 0
