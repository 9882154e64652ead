"""When a claim holds: the shortest description, by the dimensions of its cases, of those that are true.

A literal is a dimension and the values that it may have, a term some literals that all hold. A condition is any of some
terms, or all but them. Exact where a few terms are; else the best of them, with its exceptions counted; and none where
these are many.
"""

from dataclasses import dataclass, replace

FEW = 5  # values of a dimension of which every set is tried
TERMS = 2  # joined by or
LITERALS = 4  # joined by and: a whole setting of a compiler
SAME = 2  # so many literals that say the same are named
KEPT = 60  # terms that are made longer
WORTH = 0.4  # cases that a further literal has to put right, at least
SHARE = 0.1  # of the cases: a condition that gets more of them wrong describes nothing
EXCEPT = "except "  # begins a condition that names what does not agree
FEW_LEVELS = 2  # of optimisation, which are named rather than the ones left out
SWITCHES = {"sib": "sibling calls", "exc": "exceptions"}
WORDS = {"opt": "at", "compiler": "with", "language": "in", "model": "of", "mechanism": "by"}
# Of literals that say the same those of the variant are named first, for it was varied on purpose, and then these.
ORDER = ["opt", "exc", "sib", "compiler", "language", "model", "mechanism"]
READ = ["compiler", "language", "opt", "exc", "sib", "model", "mechanism"]  # of a term; then keys of the variant


@dataclass(frozen=True)
class Literal:
    dimension: str
    values: frozenset
    others: frozenset
    mask: int
    same: tuple = ()  # literals of other dimensions that part these cases alike


@dataclass
class Condition:
    text: str
    wrong: int  # cases that are on the other side
    cases: int


def count_digits(mask):
    return bin(mask).count("1")


count = getattr(int, "bit_count", count_digits)  # Python 3.10 has it, which is faster


def subsets(values, true, false):
    values = sorted(values)
    if len(values) <= FEW:
        for bits in range(1, 2 ** len(values) - 1):
            yield frozenset(value for index, value in enumerate(values) if bits >> index & 1)
        return
    for value in values:
        yield frozenset([value])
        yield frozenset(values) - {value}
    for wanted in (
        {value for value in values if value not in false},
        {value for value in values if value not in true},
        {value for value in values if true.get(value, 0) > false.get(value, 0)},
    ):
        if wanted and len(wanted) < len(values):
            yield frozenset(wanted)
            yield frozenset(values) - wanted


def literals_of(cases):
    """Every literal that parts the cases, those that part them alike once; fewest values first."""
    names = {name for case in cases for name in case.features}
    names = sorted(names - set(ORDER)) + [name for name in ORDER if name in names]
    found = []
    for name in names:
        masks, true, false = {}, {}, {}
        for index, case in enumerate(cases):
            value = case.features.get(name, "-")
            masks[value] = masks.get(value, 0) | 1 << index
            side = true if case.outcome else false
            side[value] = side.get(value, 0) + 1
        for values in subsets(masks, true, false) if len(masks) > 1 else ():
            mask = sum(masks[value] for value in values)
            found.append(Literal(name, values, frozenset(masks) - values, mask))
    found.sort(key=lambda literal: min(len(literal.values), len(literal.others) + 0.5))
    alike = {}
    for literal in found:
        alike.setdefault(literal.mask, []).append(literal)
    parted = []
    for same in alike.values():
        first, *rest = sorted(same, key=lambda literal: literal.dimension in ORDER)
        others = {literal.dimension: literal for literal in reversed(rest) if literal.dimension != first.dimension}
        parted.append(replace(first, same=tuple(others.values())))
    return parted


def terms_of(literals, wanted, unwanted):
    """[(mask, literals)]: single literals, pairs, and the best pairs made longer."""
    found = {literal.mask: (literal,) for literal in literals}
    last = dict(found)
    for _ in range(LITERALS - 1):
        best = sorted(last.items(), key=lambda term: count(term[0] & unwanted) - count(term[0] & wanted))[:KEPT]
        last = {}
        for mask, term in best:
            dimensions = {literal.dimension for literal in term}
            negative = any(map(is_negative, term))
            for literal in literals:
                if negative and is_negative(literal):
                    continue
                both = mask & literal.mask
                if literal.dimension not in dimensions and both & wanted and both not in found:
                    found[both] = last[both] = (*term, literal)
    return list(found.items())


def cover(terms, wanted, unwanted):
    """(cost, wrong, terms): terms joined by or, the one that puts most right at a time."""
    mask, chosen = 0, []
    wrong = count(wanted)
    for _ in range(TERMS):
        best = min(
            (
                (count(wanted & ~(mask | more)) + count(unwanted & (mask | more)) + WORTH * len(term), more, term)
                for more, term in terms
            ),
            key=lambda found: found[0],
            default=None,
        )
        if best is None or best[0] >= wrong:
            break
        mask |= best[1]
        chosen.append(best[2])
        wrong = count(wanted & ~mask) + count(unwanted & mask)
    return wrong + WORTH * sum(len(term) for term in chosen), wrong, chosen


def separate(cases):
    """The condition under which cases are true; of decided cases, some true and some false."""
    literals = literals_of(cases)
    everything = (1 << len(cases)) - 1
    true = sum(1 << index for index, case in enumerate(cases) if case.outcome)
    false = everything & ~true
    trivial = min(count(true), count(false))  # wrong of a condition that is fulfilled always, or never
    found = []
    plain = [literal for literal in literals if not is_negative(literal)]  # of "except not" nobody makes sense
    for words, parts, wanted, unwanted in ((any_of, literals, true, false), (all_but, plain, false, true)):
        cost, wrong, terms = cover(terms_of(parts, wanted, unwanted), wanted, unwanted)
        if terms and wrong <= SHARE * len(cases) and 2 * wrong < trivial:
            found.append((cost, len(found), wrong, words(terms)))
    if not found:
        return Condition("", trivial, len(cases))
    _, _, wrong, text = min(found)
    return Condition(text, wrong, len(cases))


def any_of(terms):
    several = len(terms) > 1
    return ", or ".join(f"({text})" if several and len(term) > 1 else text for term, text in worded(terms))


def all_but(terms):
    return ", and ".join(EXCEPT + text for _, text in worded(terms))


def worded(terms):
    for term in terms:
        ordered = sorted(term, key=lambda literal: READ.index(literal.dimension) if literal.dimension in READ else 9)
        text = " ".join(literal_text(literal) for literal in ordered)
        if len(term) == 1 and term[0].same:
            others = [literal_text(other) for other in term[0].same[:SAME]]
            text += f", or, which is the same here, {' or '.join(others)}"
        yield term, text


def is_negative(literal):
    """Whether it names the values that are left out; a switch never, whose both sides have words."""
    name, values = literal.dimension, literal.values
    if name in SWITCHES and len(values) == 1 or name == "opt" and len(values) <= FEW_LEVELS:
        return False
    return len(literal.others) < len(values)


def literal_text(literal):
    name = literal.dimension
    if name in SWITCHES and len(literal.values) == 1:
        return f"{'with' if 'on' in literal.values else 'without'} {SWITCHES[name]}"
    negative = is_negative(literal)
    values = sorted(literal.others if negative else literal.values)
    if values == ["-"]:
        return f"{'with' if negative else 'without'} {name}"
    listed = "/".join(value if value != "-" else "none" for value in values)
    if name in WORDS:
        return f"{'not ' if negative else ''}{WORDS[name]} {listed}"
    return f"{name} {'not ' if negative else ''}{listed}"
