"""Compares strategies: executions until each known bug shows, in the program of its regression
case.

Each mutant is put into a copy of the tree; `concertina explore` then searches the schedules of the
program in corpus/regress that shows it, from several seeds, with each strategy. The case's own
preemptions are dropped; its stack events stay, as they are part of the program's input. Prints a
Markdown table of medians with their geometric mean. A search that finds nothing counts as twice the
cap. Rows go to --json as they are measured, and a rerun takes them from there, unless the source,
the case or an option that they depend on has changed: those are measured again.
Exit code: 0 when the portfolio keeps within its limit (30 executions, or what the best single
strategy needs times the strategies in its rotation), 1 when not, 2 could not run.
"""

import statistics
from dataclasses import dataclass
from pathlib import Path

import arguments
import building
import concertina
import experiment
import files
import markdown
import mutants
import needs
import provenance
import stats
from common import BUILD, EXIT_FAILED, EXIT_OK, ROOT, Unusable, chosen, say

NEEDS = needs.BUILD

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
        header = mutants.parse_header(path.read_text())  # the tool may not be there yet
        mutant = header.get("bug", "")
        if mutant not in known:
            continue
        said = header.get("flavour", "address")
        flavour = said if header.get("oracle") in SANITIZED and said != "any" else "none"
        if mutant in found and (found[mutant].flavour == "none" or flavour != "none"):
            continue
        found[mutant] = Case(mutant, path, flavour, mutants.find(mutant).oracles)
    return found


class Searches(experiment.Experiment):
    script = "strategies"
    key = ("mutant", "strategy")
    of_row = ("strategy",)

    def plan(self):
        return {mutant: [(mutant, strategy) for strategy in self.options.strategies]
                for mutant in self.options.mutants}

    def source(self, unit):
        case = self.options.cases[unit]
        return provenance.of(unit, [case.path], flavour=case.flavour, seeds=self.options.seeds,
                             cap=self.options.cap, timeout=TIMEOUT_S)

    def prepare(self, unit):
        return building.build_tool(building.mutant_tree(unit, building.SLOT),
                                   self.options.cases[unit].flavour)

    def measure(self, prepared, unit, name):
        case = self.options.cases[unit]
        runs = search(prepared, case.path, name[1], self.options)
        return {**row_of(case, name[1], runs), "cap": self.options.cap}

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
    """A search that ended with an oracle that the mutant's header does not name is counted
    separately."""
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


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--strategy", metavar="NAME,...",
                        default=",".join([*SINGLE, stats.PORTFOLIO]),
                        help=f"of {', '.join(ALL)} (default: those that are not 'without')")
    parser.add_argument("--mutant", metavar="NAME,...", default="", help="only these")
    parser.add_argument("--seeds", type=arguments.count, default=20, metavar="N")
    parser.add_argument("--cap", type=arguments.count, default=20_000, metavar="N",
                        help="executions per search, at most (default 20000)")
    experiment.add_options(parser, "strategies", BUILD / "strategies.json",
                           "the rows; taken up again if it is there")
    parser.set_defaults(resume=True)
    options = parser.parse_args()
    options.strategies = chosen("strategy", options.strategy, ALL)
    BUILD.mkdir(exist_ok=True)  # for --json
    options.cases = cases_of_mutants()
    options.mutants = chosen("mutant", options.mutant, list(options.cases))
    return options


def main(options):
    measured = Searches(options)
    rows = measured.show(measured.run())
    beyond = beyond_limit(rows)
    for text in beyond:
        say(text)
    return EXIT_FAILED if beyond else EXIT_OK
