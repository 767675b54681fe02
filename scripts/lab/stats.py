"""What measured numbers come to: means, searches that may find nothing, ratios with their
intervals.

The time to find a bug is nearly geometric, so that single searches are a factor of several apart.
One that found nothing counts as twice the cap.
"""

import math
import statistics
from dataclasses import dataclass

import markdown

PORTFOLIO = "portfolio"
PREFIX = "without-"
NORMAL_95 = 1.96


def geometric_mean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def of_searches(text, row):
    """A cell about searches: how many found it, unless all did."""
    return text if row["found"] == row["seeds"] else f"{text} ({row['found']}/{row['seeds']})"


def names_in(rows, key):
    """The different values, in the order in which they come."""
    return list(dict.fromkeys(row[key] for row in rows))


@dataclass
class Ratio:
    """Of a mean without the strategy to that with it, and the 95 % interval."""
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
    """What a strategy is worth to the portfolio: how many more runs a search takes without its
    turns. In the geometric mean each program or mutant counts alike, however hard its bug is; the
    plain mean is what a hunt costs, and the hardest bugs make most of it."""
    strategy: str
    geometric: Ratio
    plain: Ratio
    units: int  # programs or mutants that were compared

    def earns_its_turns(self):
        return self.geometric.is_above_the_noise() or self.plain.is_above_the_noise()

    def cells(self):
        return (self.strategy, self.geometric.words(), self.plain.words(), self.units,
                "it earns its turns" if self.earns_its_turns() else "nothing that could be shown")


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


def worth_of(rows, key, name, cap):
    """Of the strategy that `name` is without; None when nothing can be compared: rows that do not
    have their searches one by one cannot."""
    usable = {(row[key], row["strategy"]):
              row["counts"] + [2 * cap] * (row["seeds"] - row["found"])
              for row in rows if row.get("counts") is not None and row["seeds"] > 1}
    pairs = [(runs, usable[unit, PORTFOLIO]) for (unit, strategy), runs in usable.items()
             if strategy == name and (unit, PORTFOLIO) in usable]
    if not pairs:
        return None
    return Worth(name.removeprefix(PREFIX), geometric_ratio(pairs), plain_ratio(pairs), len(pairs))


def worth_table(rows, key, noun, cap, known=()):
    """Of each portfolio without a strategy that was measured; `known`: of rows that are gone.
    Nothing when there is none."""
    found = [worth_of(rows, key, name, cap) for name in names_in(rows, "strategy")
             if name.startswith(PREFIX)]
    found = [worth for worth in found if worth] + [
        Worth(strategy, Ratio(*geometric), Ratio(*plain), units)
        for strategy, geometric, plain, units in known]
    return ["", *markdown.table(
        ["without", "geometric mean of the runs, times", "mean of the runs, times", noun,
         "verdict"],
        [worth.cells() for worth in found])] if found else []
