"""What the first rule of a claim gives on this run, beside the rule of today: so that a reader can see what came of the
changes that were made when verdicts were known.

Column `first` of paper/claims.tsv has the rule of the ledger's first commit, ADDED, or nothing where it is today's. A
verdict (claims.Verdict) has by_first, the verdict by that rule, where it is another. docs/claims.md has the words."""

from . import links
from .tables import Mark, Table

ADDED = "added"  # the ledger's first commit has no such claim
SEEN = " seen: "  # in `amended`: the verdict had been seen
NO_RULE = "the first ledger had no rule for it"
WORDS = "words"  # the kind of cells that are text
COLUMN = "first_verdict"  # of DIR/claims.tsv


def has_rule(first):
    """Whether the column has a rule that is not today's."""
    return first not in ("", ADDED)


def word(one):
    """What DIR/claims.tsv says."""
    if one.by_first:
        return one.by_first.word
    return ADDED if one.first == ADDED else "-"


def testable(one):
    """Whether the rule finds anything to judge, be it undecided."""
    return any(one.counts)


def alike(one):
    """Whether both rules give the same verdict, under the same condition."""
    return one.by_first.word == one.word


def lines(one):
    """[(name, text)] for a terminal, of a claim that was amended."""
    if one.amended == "-":
        return []
    if not one.by_first:
        return [("first rule", "none: the claim was added later" if one.first == ADDED else "today's")]
    same = ", the same" if alike(one) else ""
    rule = "none" if one.by_first.rule == "-" else one.by_first.rule
    return [("first rule", rule), ("gives", f"{one.by_first.text}{same}")]


def sentences(verdicts):
    """How many claims were added or changed, and what the first rules of those give."""
    amended = [one for one in verdicts if one.amended != "-"]
    added, changed = split(amended, lambda one: one.first == ADDED)
    found = []
    if added:
        found.append(f"{len(added)} of the {len(verdicts)} claims were added after the ledger's first commit, "
                     f"{seen(added)} of them when verdicts on their neighbours had been seen.")
    if not changed:
        return found
    other, back = split(changed, lambda one: one.by_first)
    found.append(f"{len(changed)} rules were changed since, {seen(changed)} of them when their verdict had been seen; "
                 f"{len(back)} are the first rule again.")
    tested, gone = split(other, lambda one: testable(one.by_first))
    same, another = split(tested, alike)
    if other:
        found[-1] += (f" Of the other {len(other)} the first rule gives the same verdict on this run for {len(same)}, "
                      f"another for {len(another)}, and none for {len(gone)}{why(gone)}.")
    if another or gone:
        found[-1] += " Both verdicts are in a table below, with the reason of each change."
    return found


def in_short(verdicts):
    """Where the claims are counted and no more is said."""
    changed = [one for one in verdicts if one.by_first]
    other = [one for one in changed if not alike(one)]
    return (f" Of {len(changed)} whose rule is not their first, the first would say something else of {len(other)}."
            if changed else "")


def why(gone):
    reasons = dict.fromkeys(one.by_first.condition for one in gone)
    return f", for {links.plain('; '.join(reasons))}" if gone else ""


def split(items, wanted):
    """(those that are wanted, the others)"""
    return [item for item in items if wanted(item)], [item for item in items if not wanted(item)]


def seen(verdicts):
    return sum(SEEN in one.amended for one in verdicts)


def table(verdicts):
    """[Table] of the claims that the first rule judges otherwise, or not at all."""
    rows = [
        [one.id, *(Mark(text, WORDS) for text in (one.claim, one.by_first.text, one.text, one.amended))]
        for one in verdicts
        if one.by_first and not alike(one)
    ]
    columns = ["claim", "in our words", "by its first rule", "by its rule", "changed, when and why"]
    title = "Claims that their first rule judges otherwise on this run"
    return [Table("claims-first", title, columns, rows, essential=True)] if rows else []
