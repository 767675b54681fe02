"""Compares strategies: executions until each known bug shows, in the program of its regression case.

Each mutant is put into a copy of the tree; `concertina explore` then searches the schedules of the
program in corpus/regress that shows it, from so many seeds, once with each strategy. The case's own
preemptions are dropped; its stack events stay, as they are part of the program's input. Prints a
Markdown table of medians with their geometric mean. A search that finds nothing counts as twice the
cap. Rows go to --json as they are measured, and a rerun takes them from there, unless the source,
the case or an option that they depend on has changed: those are measured anew.
Exit code: 0 when the portfolio keeps within its limit (30 executions, or what the best single
strategy needs times the strategies in its rotation), 1 when not, 2 could not run.
"""

from pathlib import Path

import arguments
import building
import common
import files
import needs
import provenance
import strategies
import worth
from common import say

NEEDS = needs.BUILD


def measure(case, names, options, rows, old_rows):
    """The missing rows of one mutant; built only when there are some."""
    done = {strategies.key_of(row) for row in rows}
    missing = [name for name in names if (case.mutant, name) not in done]
    if not missing:
        return
    identities = {name: strategies.identity(case, name, options) for name in missing}
    tree = building.mutant_tree(case.mutant, building.SLOT)
    building.build(tree, case.flavour, ["concertina"])
    for name in missing:
        runs = strategies.search(tree.tool(case.flavour), case.path, name, options)
        rows.append(provenance.labelled(
            {**strategies.row_of(case, name, runs), "cap": options.cap}, identities[name]))
        say(f"{case.mutant}, {name}: {strategies.cell(rows[-1])}")
        files.write_json(options.json, provenance.with_others(rows, old_rows, strategies.key_of))


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--strategy", metavar="NAME,...", default=",".join(strategies.SINGLE
                                                                           + ["portfolio"]),
                        help=f"of {', '.join(strategies.ALL)} (default: those that are not "
                             "'without')")
    parser.add_argument("--mutant", metavar="NAME,...", default="", help="only these")
    parser.add_argument("--seeds", type=arguments.count, default=20, metavar="N")
    parser.add_argument("--cap", type=arguments.count, default=20_000, metavar="N",
                        help="executions a search at most (default 20000)")
    parser.add_argument("--json", type=Path, default=common.BUILD / "strategies.json",
                        metavar="FILE", help="the rows; taken up again if it is there")
    options = parser.parse_args()
    options.strategies = common.chosen("strategy", options.strategy, strategies.ALL)
    options.cases = strategies.cases()
    options.mutants = common.chosen("mutant", options.mutant, list(options.cases))
    return options


def main(options):
    common.BUILD.mkdir(exist_ok=True)
    files.check_writable(options.json, "--json")
    names, wanted = options.strategies, options.mutants
    old_rows, rows = strategies.stored(options)
    for mutant in wanted:
        measure(options.cases[mutant], names, options, rows, old_rows)
    shown = [row for row in rows if row["mutant"] in wanted and row["strategy"] in names]
    say(strategies.table(shown, names, options))
    for line in worth.lines(shown, "mutant", "mutants", names, options.cap):
        say(line)
    beyond = strategies.beyond_limit(shown)
    for text in beyond:
        say(text)
    return common.EXIT_FAILED if beyond else common.EXIT_OK
