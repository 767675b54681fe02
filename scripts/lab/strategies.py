"""Executions until a known bug shows, by strategy: what scripts/strategies measures and how it counts."""

import statistics
from dataclasses import dataclass
from pathlib import Path

import building
import cases
import concertina
import experiment
import files
import markdown
import mutants
import provenance
import stats
from common import ROOT, Unusable, say

REGRESSIONS = ROOT / "corpus" / "regress"
SINGLE = ["random", "pct", "pos", "surw", "reads-from"]
WITHOUT = ["without-reads-from", "without-surw", "without-pct"]
ALL = SINGLE + ["portfolio"] + WITHOUT
ROTATED = 3  # strategies that have turns in the portfolio (fuzzers/schedule/explorer.cc)
LIMIT_MIN = 30
TIMEOUT_S = 60
# Only these builds see what other oracles do not.
SANITIZED = ("memory", "race", "crash")


@dataclass
class Case:
    mutant: str
    path: Path
    flavour: str
    oracles: list


def cases_of_mutants(folder=REGRESSIONS):
    """By mutant: its first regression case, one that needs no sanitizer if there is one."""
    found = {}
    known = set(mutants.names())
    for path in files.listed(folder, "*.case"):
        header = cases.header_of(path)
        mutant = header.get("bug", "")
        if mutant not in known:
            continue
        needs = header.get("oracle") in SANITIZED
        flavour = header.get("flavour", "address") if needs else "none"
        if mutant in found and (found[mutant].flavour == "none" or flavour != "none"):
            continue
        found[mutant] = Case(mutant, path, flavour, mutants.find(mutant).oracles)
    return found


class Searches(experiment.Experiment):
    script = "strategies"
    key = ("mutant", "strategy")
    of_setting = "strategy"
    title = "Runs until a known bug shows, by strategy"
    about = ["Runs until a mutant shows in the program of its regression case, without coverage and",
             "without the case's preemptions: medians; (k/N) if only k searches of N found it, - if fewer",
             "than half did, which counts as twice the cap in the geometric mean."]

    def units(self):
        return [self.options.cases[mutant] for mutant in self.options.mutants]

    def settings(self, unit):
        return self.options.strategies

    def name_of(self, unit, setting):
        return unit.mutant, setting

    def source(self, unit):
        return provenance.of(unit.mutant, [unit.path], flavour=unit.flavour,
                             seeds=self.options.seeds, cap=self.options.cap, timeout=TIMEOUT_S)

    def prepare(self, unit):
        tree = building.mutant_tree(unit.mutant, building.SLOT)
        building.build(tree, unit.flavour, ["concertina"])
        return tree.tool(unit.flavour)

    def measure(self, prepared, unit, setting):
        runs = search(prepared, unit.path, setting, self.options)
        return {**row_of(unit, setting, runs), "cap": self.options.cap}

    def said(self, row):
        say(f"{row['mutant']}, {row['strategy']}: {cell(row)}")

    def for_tables(self):
        return {"cap": self.options.cap}


def search(tool, path, name, options):
    """What `concertina explore` says of each search, as dictionaries."""
    words = ["--runs", options.cap, "--seeds", options.seeds, "--timeout", TIMEOUT_S]
    if name.startswith(stats.PREFIX):
        words += ["--strategy", "portfolio", "--without", name.removeprefix(stats.PREFIX)]
    else:
        words += ["--strategy", name]
    runs, reason = concertina.explore(tool, path, *words)
    if len(runs) != options.seeds:
        raise Unusable(f"explore {path}: {len(runs)} searches of {options.seeds}: {reason}")
    return runs


def row_of(case, name, runs):
    """A search that ended with an oracle that the mutant's header does not name is counted separately."""
    found = [run for run in runs if run["found"]]
    strange = [run["signature"] for run in found
               if run["signature"].split(":")[0] not in case.oracles]
    counts = sorted(run["runs"] for run in found)
    middle = (len(runs) - 1) // 2
    return {"mutant": case.mutant, "strategy": name, "flavour": case.flavour, "seeds": len(runs),
            "found": len(found), "median": counts[middle] if middle < len(counts) else None,
            "mean": statistics.mean(counts) if counts else None,
            "counts": counts, "strange": sorted(set(strange))}


def cell(row):
    if row is None:
        return ""
    return stats.of_searches(f"{row['median']:,}" if row["median"] is not None else "-", row)


def counted(row, cap):
    return row["median"] if row["median"] is not None else 2 * cap


def tables(rows, cap, worths=()):
    """Medians by mutant and strategy, and what each strategy is worth."""
    by_key = {(row["mutant"], row["strategy"]): row for row in rows}
    names = sorted(stats.names_in(rows, "strategy"), key=ALL.index)
    lines = [[mutant, next(row["flavour"] for row in rows if row["mutant"] == mutant),
              *(cell(by_key.get((mutant, name))) for name in names)]
             for mutant in stats.names_in(rows, "mutant")]
    means = [stats.geometric_mean([counted(row, cap) for row in rows if row["strategy"] == name])
             for name in names]
    lines.append(["geometric mean", "", *(f"{mean:,.1f}" for mean in means)])
    return markdown.table(["mutant", "flavour", *names], lines, right=len(names)) + \
        stats.worth_table(rows, "mutant", "mutants", cap, worths)


def beyond_limit(rows):
    """A line for each mutant for which the portfolio needs more than it may."""
    texts = []
    for row in rows:
        if row["strategy"] != stats.PORTFOLIO:
            continue
        singles = [other["median"] for other in rows
                   if other["mutant"] == row["mutant"] and other["strategy"] in SINGLE
                   and other["median"] is not None]
        limit = max(LIMIT_MIN, ROTATED * min(singles, default=0))
        if row["median"] is None or row["median"] > limit:
            texts.append(f"{row['mutant']}: portfolio {cell(row)}, limit {limit:,}")
    return texts
