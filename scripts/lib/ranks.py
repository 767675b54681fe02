"""Rank statistics for trials whose measure is skewed and cut off at a cap: only order counts."""

import math
import statistics


def compare(ours, theirs):
    """(z, share): the normal form of Mann and Whitney's U, corrected for ties, positive when `ours`
    tend to be smaller; and how likely a random one of ours is smaller (ties count half)."""
    wins = sum((a < b) + (a == b) / 2 for a in ours for b in theirs)
    pairs = len(ours) * len(theirs)
    total = len(ours) + len(theirs)
    counts = {}
    for value in (*ours, *theirs):
        counts[value] = counts.get(value, 0) + 1
    ties = sum(count ** 3 - count for count in counts.values())
    variance = pairs / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:  # all are equal
        return 0.0, 0.5
    return (wins - pairs / 2) / math.sqrt(variance), wins / pairs


def combine(values):
    """Stouffer: one z of independent ones."""
    return sum(values) / math.sqrt(len(values))


def p_value(z):
    """Two-sided."""
    return math.erfc(abs(z) / math.sqrt(2))


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(value) for value in values))
