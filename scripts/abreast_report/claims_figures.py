"""What the rows of a claim measured, in words: the middle, the ends, and the rows to look at."""

from . import links
from .rows import cited, median, shown

FEW = 3  # values that are all shown, and have no median
MISSED = 0.01  # of the intervals: they are at 99 %
WORTH_TELLING = 0.2  # intervals that miss


def figures(judged):
    """(what was measured, its spread) of every clause; their figures link to the rows that have them."""
    judged = [one for one in judged if one.clause.quantifier != "where"]
    found = [figure(one, len(judged) > 1) for one in judged]
    rows = [row for _, _, cited_rows in found for row in cited_rows]
    spread = "; ".join({links.plain(spread): spread for _, spread, _ in found}.values())
    return cited("; ".join(text for text, _, _ in found), *rows), spread


def figure(one, several):
    """(text, spread, rows to cite)"""
    clause, cases = one.clause, one.cases
    metric = words(clause.left.metric) + (f" of {said(clause.left)}" if several else "")
    if clause.operator == "is":
        found = {}
        for case in cases:
            found.setdefault(case.rows[0].text, []).append(case.rows[0])
        counts = sorted(few(found).items(), key=lambda item: -len(item[1]))
        parts = [f"{word} in {cited(len(rows), rows[0])}" for word, rows in counts]
        return f"{metric}: {', '.join(parts)} of {len(cases)} rows", "exact", [rows[0] for rows in found.values()]
    numbers = [case.rows for case in cases if all(row.value is not None for row in case.rows)]
    if not numbers:
        return f"{metric}: {cited(cases[0].rows[0].text, *cases[0].rows)}", "exact", cases[0].rows
    value, low, high, rows = middle_of(clause, numbers)
    if clause.right:
        other = "that" if clause.right.metric == clause.left.metric else words(clause.right.metric)
        metric += f", over {other} of {said(clause.right)}"
    text = f"{metric}: {value}"
    if low == high == links.plain(value) and all(row.exact for one in numbers for row in one):
        return text + (f" in all {len(numbers)}" if len(numbers) > 1 else ""), "exact", rows
    return text + (f" (median of {len(numbers)})" if len(numbers) > FEW else ""), f"{low} to {high}{misses(one)}", rows


def few(found):
    """{word: rows}, of many numbers their range."""
    numbers = sorted((float(word), word) for word, rows in found.items() if rows[0].value is not None)
    if len(numbers) <= FEW:
        return found
    rows = [row for _, word in numbers for row in found[word]]
    return {**{word: of for word, of in found.items() if of[0].value is None},
            f"{numbers[0][1]} to {numbers[-1][1]}": rows}


def misses(one):
    """What is to be expected of many intervals at 99 %: some of them leave out what they measure."""
    intervals = {row for case in one.cases for row in case.rows if row.value is not None and not row.exact}
    expected = MISSED * len(intervals)
    if one.clause.quantifier != "every" or expected < WORTH_TELLING:
        return ""
    return f"; of its {len(intervals)} intervals at 99 % about {expected:.1f} miss by chance within a run"


def middle_of(clause, found):
    """(median, least, most, rows of them): of a few the values and their range, of one its interval."""
    show, value_of = (times, quotient) if clause.right else (shown, lambda rows: rows[0].value)
    values = sorted(((value_of(rows), rows) for rows in found), key=lambda item: item[0])
    low, high = values[0], values[-1]
    middle = values[(len(values) - 1) // 2 : len(values) // 2 + 1]
    several = [row for one in (*middle, low, high) for row in one[1]]
    if len(values) > 1 and (len(values) > FEW or show(low[0]) == show(high[0])):
        told = cited(show(median([value for value, _ in values])), *middle[0][1])
    else:
        told = ", ".join(f"{cited(show(value), *rows)}" for value, rows in values)
        intervals = [(interval_of(rows), rows) for _, rows in values]
        low = min(((ends[0], rows) for ends, rows in intervals), key=lambda item: item[0])
        high = max(((ends[1], rows) for ends, rows in intervals), key=lambda item: item[0])
    return told, *(cited(show(value), *rows) for value, rows in (low, high)), list(dict.fromkeys(several))


def interval_of(rows):
    """Of a row, or of a quotient of two."""
    row, other = (*rows, None)[:2]
    if other is None:
        return row.low, row.high
    return (row.low / other.high, row.high / other.low) if other.low > 0 else (quotient(rows),) * 2


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
    apart = [
        f"{condition.keys[0]} {word}" if word in ("yes", "no") else word
        for condition in selection.conditions
        for word in condition.globs
        if condition.wanted
    ]
    return f"{models} {listed}" + (f" ({', '.join(apart)})" if apart else "")
