"""The rules of the claims ledger: a predicate over tidy rows, parsed and judged. docs/claims.md is their reference.

A rule gives a case for each row or pair of rows that it selects. A case is true, false, or undecided, where an
interval straddles the limit. Nothing is evaluated as code.
"""

import functools
import re
from dataclasses import dataclass, field

from .rows import Setting, pairs

OPERATORS = ("<=", ">=", "!=", "<", ">", "=")
TOOLCHAIN_KEYS = ("compiler", "opt", "sib", "exc", "san")
# Allocations are written where some cell of a group has any; the other is a ratio to a cell that a filter may omit.
WITH_OTHERS = ("allocs_", "ratio_to_native")
TOKEN = re.compile(r"published\([^)]*\)|\S+")
SELECTION = re.compile(r"([a-z0-9_-]+)/([a-z|*-]+)/([^/\[\]\s]+)(?:\[([^\]]*)\])?$")
METRIC = re.compile(r"[a-z][a-z0-9_]*$")
CONDITION = re.compile(r"(!?)([a-z_-]+(?:\|[a-z_-]+)*)(?:(!?=)(.+))?$")
NUMBER = re.compile(r"\d+(\.\d+)?$")
UNTRIED = "untried"  # of overflow_seen: nobody looked, which is neither true nor false


class BadRule(ValueError):
    """A rule that cannot be read; the message says which part."""


@functools.lru_cache(maxsize=None)
def pattern_of(globs):
    return re.compile("|".join(re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".") for glob in globs))


def any_glob(word, globs):
    """Whether a word is one of these; * stands for anything, ? for a character."""
    return pattern_of(globs).fullmatch(word) is not None


@dataclass(frozen=True)
class Condition:
    keys: tuple  # one of them has to fit
    wanted: bool  # whether it has to fit, or must not
    globs: tuple  # of the value; empty: any value

    def fits(self, keys):
        found = any(key in keys and (not self.globs or any_glob(keys[key], self.globs)) for key in self.keys)
        return found == self.wanted


@dataclass(frozen=True)
class Selection:
    experiment: str
    models: tuple
    mechanisms: tuple
    conditions: tuple
    metric: str
    text: str

    def names(self):
        """Keys that a condition speaks of."""
        return {key for condition in self.conditions for key in condition.keys}

    def rows(self, index):
        """[(row, keys of its variant and toolchain)] of those that fit, controls apart."""
        found = []
        for row in index.get((self.experiment, self.metric), ()):
            if row.model not in self.models or not any_glob(row.mechanism, self.mechanisms):
                continue
            keys = keys_of(row.variant, row.toolchain)
            if ("control" in keys) == ("control" in self.names()) and all(c.fits(keys) for c in self.conditions):
                found.append((row, keys))
        return found

    def filters(self):
        """What `abreast run` has to be told to measure these rows: where other cells decide whether there are any, the
        whole experiment."""
        if self.metric.startswith(WITH_OTHERS):
            return [self.experiment]
        mechanisms = self.mechanisms
        return [f"{self.experiment}/{model}/{mechanism}/*" for model in self.models for mechanism in mechanisms]


@dataclass(frozen=True)
class Clause:
    quantifier: str  # every, some or where
    left: Selection
    operator: str  # one of OPERATORS, is, within
    words: tuple = ()  # of is
    limit: str = ""  # of within: 10% or 0.05
    factor: tuple = ()  # tokens of an expression without a selection
    right: Selection = None

    def selections(self):
        return [self.left] + ([self.right] if self.right else [])


@dataclass
class Case:
    outcome: object  # True, False, or None: undecided
    rows: tuple
    features: dict = field(default_factory=dict)


@dataclass
class Judged:
    """A clause beside rows: its cases, and what each of them measured."""

    clause: Clause
    cases: list = field(default_factory=list)
    missing: list = field(default_factory=list)  # rows without a value
    empty: Selection = None  # the first selection that found nothing, or no partner
    unnamed: list = field(default_factory=list)  # models and mechanisms that selected no row, though others did
    alone: list = field(default_factory=list)  # rows without a partner
    untried: list = field(default_factory=list)  # rows that say so
    left_out: list = field(default_factory=list)  # of a where: rows of the other clauses that it leaves out


@functools.lru_cache(maxsize=None)
def keys_of(variant, toolchain):
    setting = Setting.parse(toolchain)
    return {**pairs(variant), "compiler": setting.compiler, **dict(setting.options)}


def index_of(results):
    """{(experiment, metric): rows}, which every rule is judged by."""
    index = {}
    for rows in results.values():
        for row in rows:
            index.setdefault((row.experiment, row.metric), []).append(row)
    return index


# ---- Parsing ----


def parse(rule):
    """[Clause] of a rule; none of "-", which says that a claim cannot be tested."""
    if rule == "-":
        return []
    clauses, tokens = [], []
    for token in [*TOKEN.findall(rule), "and"]:
        if token != "and":
            tokens.append(token)
            continue
        clauses.append(parse_clause(tokens))
        tokens = []
    wheres = [clause for clause in clauses if clause.quantifier == "where"]
    if len(wheres) == len(clauses) or any(clause.operator != "is" for clause in wheres):
        raise BadRule("'where' stands beside another clause, says which of its rows count, and takes 'is'")
    return clauses


def parse_clause(tokens):
    if len(tokens) < 5 or tokens[0] not in ("every", "some", "where"):
        raise BadRule(f"'{' '.join(tokens)}' is not: every|some|where SELECTION METRIC TEST")
    left = parse_selection(tokens[1], tokens[2])
    quantifier, operator, rest = tokens[0], tokens[3], tokens[4:]
    if operator == "is":
        if len(rest) != 1:
            raise BadRule(f"'is' takes one word, or words joined by |, not '{' '.join(rest)}'")
        return Clause(quantifier, left, operator, words=tuple(rest[0].split("|")))
    if operator == "within":
        if len(rest) < 3 or rest[1] != "of" or not NUMBER.match(rest[0].rstrip("%")):
            raise BadRule(f"'within' takes LIMIT of VALUE, not '{' '.join(rest)}'")
        factor, right = parse_value(rest[2:])
        return Clause(quantifier, left, operator, limit=rest[0], factor=factor, right=right)
    if operator not in OPERATORS:
        raise BadRule(f"'{operator}' is none of {' '.join(OPERATORS)} is within")
    factor, right = parse_value(rest)
    return Clause(quantifier, left, operator, factor=factor, right=right)


def parse_selection(text, metric):
    found = SELECTION.match(text)
    if not found:
        raise BadRule(f"'{text}' is not EXPERIMENT/MODEL/MECHANISM[CONDITION,...]")
    if not METRIC.match(metric):
        raise BadRule(f"'{metric}' after '{text}' is not a metric")
    experiment, models, mechanisms, conditions = found.groups()
    parsed = tuple(parse_condition(word) for word in conditions.split(",")) if conditions else ()
    return Selection(experiment, tuple(models.split("|")), tuple(mechanisms.split("|")), parsed, metric, text)


def parse_condition(word):
    found = CONDITION.match(word)
    if not found or (found.group(1) and found.group(3)):
        raise BadRule(f"'{word}' is not KEY, !KEY, KEY=VALUE or KEY!=VALUE")
    negated, keys, operator, values = found.groups()
    globs = tuple(values.split("|")) if values else ()
    return Condition(tuple(keys.split("|")), not negated and operator != "!=", globs)


def parse_value(tokens):
    """(tokens of an expression, selection or None): EXPRESSION, SELECTION METRIC, or EXPRESSION * SELECTION METRIC."""
    if len(tokens) >= 2 and "/" in tokens[-2] and tokens[-2] != "/" and not tokens[-2].startswith("published("):
        right, factor = parse_selection(tokens[-2], tokens[-1]), tokens[:-2]
        if factor and factor.pop() != "*":
            raise BadRule(f"only '*' may stand before '{tokens[-2]}'")
    else:
        right, factor = None, tokens
    if factor or not right:
        check_expression(factor)
    return tuple(factor), right


def check_expression(tokens):
    for index, token in enumerate(tokens):
        operand = NUMBER.match(token) or token.startswith("published(")
        if not (token in ("+", "-", "*", "/") if index % 2 else operand):
            raise BadRule(f"'{' '.join(tokens)}' is not numbers and published(...) joined by + - * /")
    if len(tokens) % 2 == 0:
        raise BadRule(f"'{' '.join(tokens)}' ends early")


# ---- Values ----


def published_value(token, published):
    """The figure of published(SOURCE; TABLE; ROW; COLUMN)."""
    wanted = [word.strip() for word in token[len("published(") : -1].split(";")]
    for row in published:
        if list(row[:4]) == wanted:
            try:
                return float(row[4])
            except ValueError:
                break
    raise BadRule(f"{token} is no figure of paper/published.tsv")


def number(tokens, published):
    """The value of an expression, * and / before + and -."""
    total, sign, product, operator = 0.0, 1, 1.0, "*"
    for token in tokens:
        if token in ("*", "/"):
            operator = token
        elif token in ("+", "-"):
            total, sign, product, operator = total + sign * product, 1 if token == "+" else -1, 1.0, "*"
        else:
            value = published_value(token, published) if token.startswith("published(") else float(token)
            product = product * value if operator == "*" else product / value
    return total + sign * product


def interval(row, factor=1.0):
    return factor * row.low, factor * row.high


def below(low, high, other_low, other_high, equal):
    """Whether an interval lies below another, or ends where it begins; None where they overlap."""
    if high < other_low or (equal and high <= other_low):
        return True
    if low > other_high or (not equal and low >= other_high):
        return False
    return None


def compare(operator, one, other):
    (low, high), (other_low, other_high) = one, other
    if operator in ("<", "<="):
        return below(low, high, other_low, other_high, operator == "<=")
    if operator in (">", ">="):
        return below(other_low, other_high, low, high, operator == ">=")
    if low > other_high or high < other_low:
        same = False
    else:
        same = True if low == high == other_low == other_high else None
    return same if operator == "=" or same is None else not same


def near(limit, one, other, value):
    """Whether two intervals are not further apart than a share of the second's value, or than a number."""
    most = float(limit[:-1]) / 100 * abs(value) if limit.endswith("%") else float(limit)
    most += 1e-12
    least_apart, most_apart = one[0] - other[1], one[1] - other[0]
    if -most <= least_apart and most_apart <= most:
        return True
    return False if least_apart > most or most_apart < -most else None


# ---- Judging ----


def partners(row, right, found):
    """Rows of the same toolchain whose variant has the same keys, those apart that the right selection names; of the
    same language where it names models of both."""
    exempt = right.names()
    languages = {in_cxx(model) for model in right.models}
    mine = {key: value for key, value in row.keys.items() if key not in exempt}
    return [
        other
        for other, _ in found
        if other.toolchain == row.toolchain
        and (len(languages) == 1 or in_cxx(other.model) == in_cxx(row.model))
        and mine == {key: value for key, value in other.keys.items() if key not in exempt}
    ]


def in_cxx(model):
    return model.startswith("cxx-")


def features_of(row, keys):
    language = "C++" if in_cxx(row.model) else "C"
    return {"model": row.model, "mechanism": row.mechanism, "language": language, **keys}


def outcome(clause, row, other, factor):
    """Of a comparison. A word, such as none, is no number, and so neither more nor less nor as much: false."""
    if row.value is None or (other and other.value is None):
        return False
    limit = interval(other, factor) if other else (factor, factor)
    if clause.operator == "within":
        return near(clause.limit, interval(row), limit, factor * other.value if other else factor)
    return compare(clause.operator, interval(row), limit)


def unselected(selection, rows):
    """Its mechanisms and models of which there is no row."""
    names = [name for name in selection.mechanisms if not any(any_glob(row.mechanism, (name,)) for row, _ in rows)]
    return [name for name in selection.models if not any(row.model == name for row, _ in rows)] + names


def judge_clause(clause, index, published):
    judged = Judged(clause)
    found = clause.left.rows(index)
    others = clause.right.rows(index) if clause.right else []
    judged.unnamed = unselected(clause.left, found) + (unselected(clause.right, others) if clause.right else [])
    factor = number(clause.factor, published) if clause.factor else 1.0
    for row, keys in found:
        if row.missing:
            judged.missing.append(row)
        elif row.text == UNTRIED:
            judged.untried.append(row)
        elif clause.operator == "is":
            judged.cases.append(Case(row.text in clause.words, (row,), features_of(row, keys)))
        else:
            mine = partners(row, clause.right, others) if clause.right else [None]
            judged.alone += [] if mine else [row]
            for other in mine:
                if other is not None and other.missing:
                    judged.missing.append(other)
                else:
                    rows = (row, other) if other else (row,)
                    judged.cases.append(Case(outcome(clause, row, other, factor), rows, features_of(row, keys)))
    if not judged.cases:
        judged.empty = clause.right if clause.right and found and not judged.missing else clause.left
    return judged


def both(outcomes):
    """Three-valued: false where one is, else undecided where one is."""
    return False if False in outcomes else None if None in outcomes else True


def some(cases):
    outcomes = [case.outcome for case in cases]
    return True if True in outcomes else None if None in outcomes else False


def together(judged):
    """The cases of a whole rule. Of one `every` its own; of several one for each toolchain that all have."""
    leave_out(judged)
    if any(not one.cases for one in judged):
        return []
    whole = [one for one in judged if one.clause.quantifier == "every"]
    any_of = [Case(some(one.cases), told(one.cases)) for one in judged if one.clause.quantifier == "some"]
    if not whole:
        return [joined(any_of, {})]
    if len(whole) == 1:
        return [joined([case, *any_of], case.features) for case in whole[0].cases]
    by_toolchain = [groups(one.cases) for one in whole]
    cases = []
    for toolchain, first in by_toolchain[0].items():
        if all(toolchain in other for other in by_toolchain):
            mine = [case for found in by_toolchain for case in found[toolchain]] + any_of
            cases.append(joined(mine, {key: first[0].features[key] for key in TOOLCHAIN_KEYS}))
    return cases


def leave_out(judged):
    """Takes away the cases at toolchains where a `where` is not true of all its rows; where it names models of both
    languages, of their own language."""
    for where in judged:
        if where.clause.quantifier != "where":
            continue
        languages = len({in_cxx(model) for model in where.clause.left.models})

        def place(case):
            row = case.rows[0]
            return row.toolchain, languages > 1 and in_cxx(row.model)

        found = {}
        for case in where.cases:
            found.setdefault(place(case), []).append(case.outcome)
        kept = {at for at, outcomes in found.items() if all(outcomes)}
        for one in judged:
            if one.clause.quantifier != "where":
                where.left_out += [case.rows[0] for case in one.cases if place(case) not in kept]
                one.cases = [case for case in one.cases if place(case) in kept]


def joined(cases, features):
    return Case(both([case.outcome for case in cases]), tuple(row for case in cases for row in case.rows), features)


def told(cases):
    """The rows by which `some` is true, or all."""
    true = [case for case in cases if case.outcome]
    return tuple(row for case in (true[:1] or cases) for row in case.rows)


def groups(cases):
    found = {}
    for case in cases:
        found.setdefault(case.rows[0].toolchain, []).append(case)
    return found

