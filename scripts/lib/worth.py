"""What a strategy is worth to the portfolio: how many more runs a search takes without its turns.

Two means, over all searches of all programs (or mutants), each with the interval in which the ratio is
with 95 %. In the geometric mean each program counts alike, however hard its bug is; the plain mean is
what a hunt costs, and the hardest bugs make most of it. The time to find a bug is nearly geometric, so
that single searches are a factor of several apart. One that found nothing counts as twice the cap.
"""

import math
import statistics
from dataclasses import dataclass

PORTFOLIO = "portfolio"
PREFIX = "without-"
NORMAL_95 = 1.96


@dataclass
class Ratio:
    """Of a mean without the strategy to that with it."""
    middle: float
    low: float
    high: float

    @staticmethod
    def of_logarithm(value, error):
        margin = NORMAL_95 * error
        return Ratio(math.exp(value), math.exp(value - margin), math.exp(value + margin))

    def is_above_the_noise(self):
        return self.low > 1

    def words(self):
        return f"{self.middle:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass
class Worth:
    strategy: str
    geometric: Ratio
    plain: Ratio
    units: int  # programs or mutants that were compared

    def earns_its_turns(self):
        return self.geometric.is_above_the_noise() or self.plain.is_above_the_noise()

    def words(self, noun):
        verdict = "it earns its turns" if self.earns_its_turns() else "nothing that could be shown"
        return (f"{self.strategy}: without it the geometric mean of the runs is "
                f"{self.geometric.words()} times as high, the mean {self.plain.words()} times; "
                f"{self.units} {noun}: {verdict}")


def runs_of(row, cap):
    return row["counts"] + [2 * cap] * (row["seeds"] - row["found"])


def geometric_ratio(pairs):
    """`pairs` has the runs of the searches without and with it, for each program."""
    differences, variance = [], 0.0
    for pair in pairs:
        without, portfolio = ([math.log(run) for run in runs] for runs in pair)
        differences.append(statistics.fmean(without) - statistics.fmean(portfolio))
        variance += sum(statistics.variance(part) / len(part) for part in (without, portfolio))
    return Ratio.of_logarithm(statistics.fmean(differences), math.sqrt(variance) / len(pairs))


def plain_ratio(pairs):
    """The error of a logarithm of a mean is the mean's, relative to it."""
    sums, squares = [], 0.0
    for side in zip(*pairs):
        total = sum(map(statistics.fmean, side))
        variance = sum(statistics.variance(runs) / len(runs) for runs in side)
        sums.append(total)
        squares += variance / total ** 2
    return Ratio.of_logarithm(math.log(sums[0] / sums[1]), math.sqrt(squares))


def compare(rows, key, name, cap):
    """Of the strategy that `name` is without; None when nothing can be compared. Rows that were stored
    before searches were kept one by one have no counts."""
    usable = {(row[key], row["strategy"]): row for row in rows
              if row.get("counts") is not None and row["seeds"] > 1}
    pairs = [(runs_of(row, cap), runs_of(usable[unit, PORTFOLIO], cap))
             for (unit, strategy), row in usable.items()
             if strategy == name and (unit, PORTFOLIO) in usable]
    if not pairs:
        return None
    return Worth(name.removeprefix(PREFIX), geometric_ratio(pairs), plain_ratio(pairs), len(pairs))


def lines(rows, key, noun, names, cap):
    """A line for each portfolio without a strategy that was measured."""
    worths = [compare(rows, key, name, cap) for name in names if name.startswith(PREFIX)]
    return [worth.words(noun) for worth in worths if worth is not None]
