"""What the timing gate rests on: medians, a bootstrap of pairs, the exact rank test, Holm's correction."""

import math
import random
from functools import lru_cache

LEVEL = 0.99
RESAMPLES = 2000


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def bootstrap(logs, seed, resamples=RESAMPLES, level=LEVEL):
    """The percentile interval of the median, from resampling pairs. Few pairs are no reason to look certain: at fewer
    than 8 there is none."""
    if len(logs) < 8:
        return -math.inf, math.inf
    draw = random.Random(seed).choices
    medians = sorted(median(draw(logs, k=len(logs))) for _ in range(resamples))
    cut = int(resamples * (1 - level) / 2)
    return medians[cut], medians[-1 - cut]


@lru_cache(maxsize=8)
def rank_sums(n, m):
    """How many of the orders of n and m values have each U, 0..n*m (Mann and Whitney 1947): the coefficients of the
    Gaussian binomial, as products of (1 - q^(m+i)) / (1 - q^i)."""
    counts = [1] + [0] * (n * m)
    for i in range(1, n + 1):
        for at in range(n * m, m + i - 1, -1):
            counts[at] -= counts[at - m - i]
        for at in range(i, n * m + 1):
            counts[at] += counts[at - i]
    return counts


def mann_whitney(a, b):
    """The exact two-sided p that both come from one distribution. Of ties each counts a half, and what is left of U is
    rounded towards the middle, which makes p larger, not smaller."""
    n, m = len(a), len(b)
    if not n or not m:
        return 1.0
    twice = sum((x > y) * 2 + (x == y) for x in a for y in b)
    low = math.ceil(min(twice, 2 * n * m - twice) / 2)
    counts = rank_sums(n, m)
    return min(1.0, 2 * sum(counts[: low + 1]) / math.comb(n + m, n))


def holm(values):
    """Adjusted p values, in the order given (Holm 1979)."""
    adjusted, running = [0.0] * len(values), 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        running = max(running, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = running
    return adjusted
