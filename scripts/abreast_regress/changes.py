"""Change points of a series, for charts alone: they need later points, so that they cannot gate anything.

A deterministic series changes where its value does. For a measured one: binary segmentation of the logarithms. The split
whose sides differ most, in units of their spread, counts when fewer than 1 % of seeded permutations have one as large,
both sides have at least 4 points, and their medians are 3 % apart; then each side is searched.
"""

import math
import random

from .statistics import median

LEAST_POINTS = 4
LEAST_EFFECT = 0.03
PERMUTATIONS = 499
SIGNIFICANT = 0.01


def best_split(logs):
    """Where, and how large the difference is. Sums that run along make it linear."""
    total, squares = sum(logs), sum(x * x for x in logs)
    best, at, left, left_squares = 0.0, None, 0.0, 0.0
    for k, x in enumerate(logs[:-1], 1):
        left += x
        left_squares += x * x
        other = len(logs) - k
        if k < LEAST_POINTS or other < LEAST_POINTS:
            continue
        right = total - left
        spread = (left_squares - left * left / k) + (squares - left_squares - right * right / other)
        spread = math.sqrt(max(spread, 0.0) / (len(logs) - 2) + 1e-12)
        size = abs(left / k - right / other) / (spread * math.sqrt(1 / k + 1 / other))
        if size > best:
            best, at = size, k
    return at, best


def split(logs, start, draw, found):
    at, size = best_split(logs)
    if at is None or abs(median(logs[at:]) - median(logs[:at])) < math.log1p(LEAST_EFFECT):
        return
    shuffled, as_large = list(logs), 0
    for _ in range(PERMUTATIONS):
        draw.shuffle(shuffled)
        as_large += best_split(shuffled)[1] >= size
    if (as_large + 1) / (PERMUTATIONS + 1) > SIGNIFICANT:
        return
    split(logs[:at], start, draw, found)
    found.append(start + at)
    split(logs[at:], start + at, draw, found)


def change_points(values, exact, seed=1):
    """Pairs of the index of the first point after a change and its size as a ratio."""
    if exact:
        starts = [index for index in range(1, len(values)) if values[index] != values[index - 1]]
    elif min(values, default=0) <= 0:
        starts = []
    else:
        starts = []
        split([math.log(value) for value in values], 0, random.Random(seed), starts)
    edges = [0, *starts, len(values)]
    found = []
    for before, at, after in zip(edges, edges[1:], edges[2:]):
        old = median(values[before:at])
        if old:
            found.append((at, median(values[at:after]) / old))
        else:
            found.append((at, math.inf))
    return found
