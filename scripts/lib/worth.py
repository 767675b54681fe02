"""What a strategy is worth to the portfolio: how many more runs a search takes without its turns.

The time to find a bug is nearly geometric, so that single searches are a factor of several apart: what
counts is the mean of the logarithms, over all searches of all programs (or mutants), with its interval.
Each program counts alike. A search that found nothing counts as twice the cap.
"""

import math
import statistics
from dataclasses import dataclass

PORTFOLIO = "portfolio"
PREFIX = "without-"
NORMAL_95 = 1.96


@dataclass
class Worth:
    strategy: str
    ratio: float  # of the geometric means of all searches, without the strategy and with it
    low: float    # where the ratio is with 95 %
    high: float
    units: int    # programs or mutants that were compared

    def earns_its_turns(self):
        return self.low > 1

    def words(self, noun):
        verdict = "earns its turns" if self.earns_its_turns() else "earns nothing that could be shown"
        return (f"{self.strategy}: without it {self.ratio:.2f} times the runs "
                f"({self.low:.2f} to {self.high:.2f}, {self.units} {noun}): {verdict}")


def logarithms(row, cap):
    found = [math.log(count) for count in row["counts"]]
    return found + [math.log(2 * cap)] * (row["seeds"] - row["found"])


def compare(rows, key, name, cap):
    """Of the strategy that `name` is without; None when nothing can be compared. Rows that were stored
    before searches were kept one by one have no counts."""
    usable = {(row[key], row["strategy"]): row for row in rows
              if row.get("counts") is not None and row["seeds"] > 1}
    units = [unit for unit, strategy in usable
             if strategy == name and (unit, PORTFOLIO) in usable]
    if not units:
        return None
    differences, variance = [], 0.0
    for unit in units:
        without, portfolio = (logarithms(usable[unit, strategy], cap)
                              for strategy in (name, PORTFOLIO))
        differences.append(statistics.fmean(without) - statistics.fmean(portfolio))
        variance += sum(statistics.variance(part) / len(part) for part in (without, portfolio))
    middle = statistics.fmean(differences)
    margin = NORMAL_95 * math.sqrt(variance) / len(units)
    return Worth(name.removeprefix(PREFIX), math.exp(middle), math.exp(middle - margin),
                 math.exp(middle + margin), len(units))


def lines(rows, key, noun, names, cap):
    """A line for each portfolio without a strategy that was measured."""
    worths = [compare(rows, key, name, cap) for name in names if name.startswith(PREFIX)]
    return [worth.words(noun) for worth in worths if worth is not None]
