"""Change points of a series, for charts alone: they need later points, so that they cannot gate anything.

A deterministic series changes where its value does. Of a measured one the logarithms are cut into the segments, of at
least 4 points, that cost least: the squared distances from each segment's mean, in units of the noise, and a price for
each further segment (Jackson and others, "An algorithm for optimal partitioning of data on an interval", 2005). The
noise is told from the differences between neighbours, in which a step hardly counts. A step of less than 3 % is not
marked.
"""

import math
from itertools import accumulate

from .statistics import median

LEAST_POINTS = 4
LEAST_EFFECT = 0.03
LEAST_NOISE = 0.001
PRICE = 20.0  # of a segment, in squared standard deviations; with more for longer series


def noise_of(logs):
    steps = sorted(abs(b - a) for a, b in zip(logs, logs[1:]))
    return max(median(steps) / (0.6745 * math.sqrt(2)), LEAST_NOISE)


def segments(logs):
    """Where each but the first begins."""
    count = len(logs)
    if count < 2 * LEAST_POINTS:
        return []
    sums = [0.0, *accumulate(logs)]
    squares = [0.0, *accumulate(x * x for x in logs)]
    variance, price = noise_of(logs) ** 2, PRICE + 2 * math.log(count)

    def cost(start, end):
        return (squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)) / variance

    best, came = [-price] + [math.inf] * count, [0] * (count + 1)
    for end in range(LEAST_POINTS, count + 1):
        for start in range(end - LEAST_POINTS + 1):
            total = best[start] + cost(start, end) + price
            if total < best[end]:
                best[end], came[end] = total, start
    starts, at = [], came[count]
    while at:
        starts.append(at)
        at = came[at]
    return starts[::-1]


def change_points(values, exact):
    """Pairs of the index of the first point after a change and its size as a ratio."""
    if exact:
        starts = [index for index in range(1, len(values)) if values[index] != values[index - 1]]
    elif min(values, default=0) <= 0:
        starts = []
    else:
        starts = segments([math.log(value) for value in values])
    edges = [0, *starts, len(values)]
    found = []
    for before, at, after in zip(edges, edges[1:], edges[2:]):
        old, new = median(values[before:at]), median(values[at:after])
        ratio = new / old if old else math.inf
        if exact or abs(ratio - 1) >= LEAST_EFFECT:
            found.append((at, ratio))
    return found
