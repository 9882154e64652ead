"""What the rows of a claim measured, in words: the middle, the ends, and the rows to look at."""

from .rows import cited, median, shown

CITED = 3  # rows that a figure of many links to
FEW = 3  # values that are all shown, and have no median
MISSED = 0.01  # of the intervals: they are at 99 %
WORTH_TELLING = 0.2  # intervals that miss


def figures(judged):
    """(what was measured, its spread) of every clause."""
    judged = [one for one in judged if one.clause.quantifier != "where"]
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
        parts = [f"{word} in {len(rows)}" for word, rows in sorted(few(found).items(), key=lambda item: -len(item[1]))]
        return f"{metric}: {', '.join(parts)} of {len(cases)} rows", "exact", [rows[0] for rows in found.values()]
    numbers = [case.rows for case in cases if all(row.value is not None for row in case.rows)]
    if not numbers:
        return f"{metric}: {cases[0].rows[0].text}", "exact", cases[0].rows
    value, low, high, rows = middle_of(clause, numbers)
    if clause.right:
        other = "that" if clause.right.metric == clause.left.metric else words(clause.right.metric)
        metric += f", over {other} of {said(clause.right)}"
    text = f"{metric}: {value}"
    if low == high == value and all(row.exact for one in numbers for row in one):
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
    return f"; of its {len(intervals)} intervals at 99 % about {expected:.1f} miss by chance"


def middle_of(clause, found):
    """(median, least, most, rows of them): of a few the values and their range, of one its interval."""
    show, value_of = (times, quotient) if clause.right else (shown, lambda rows: rows[0].value)
    values = sorted(((value_of(rows), rows) for rows in found), key=lambda item: item[0])
    numbers = [value for value, _ in values]
    if len(values) > 1:
        middle = values[(len(values) - 1) // 2 : len(values) // 2 + 1]
        several = [row for one in (*middle, values[0], values[-1]) for row in one[1]]
        ends = numbers[0], numbers[-1]
        listed = len(values) <= FEW and show(ends[0]) != show(ends[1])
        told = ", ".join(map(show, numbers)) if listed else show(median(numbers))
        if listed:
            intervals = [interval_of(rows) for _, rows in values]
            ends = min(low for low, _ in intervals), max(high for _, high in intervals)
        return told, *map(show, ends), list(dict.fromkeys(several))[:CITED]
    return (*map(show, (numbers[0], *interval_of(found[0]))), found[0])


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
