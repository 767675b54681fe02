"""Compares strategies: executions until each known bug shows, in the program of its regression case.

Each mutant is put into a copy of the tree; `concertina explore` then searches the schedules of the
program in corpus/regress that shows it, from several seeds, with each strategy. The case's own
preemptions are dropped; its stack events stay, as they are part of the program's input. Prints a
Markdown table of medians with their geometric mean. A search that finds nothing counts as twice the
cap. Rows go to --json as they are measured, and a rerun takes them from there, unless the source,
the case or an option that they depend on has changed: those are measured again.
Exit code: 0 when the portfolio keeps within its limit (30 executions, or what the best single
strategy needs times the strategies in its rotation), 1 when not, 2 could not run.
"""

import arguments
import common
import experiment
import files
import needs
import results
import strategies
from common import say

NEEDS = needs.BUILD


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--strategy", metavar="NAME,...", default=",".join(strategies.SINGLE
                                                                           + ["portfolio"]),
                        help=f"of {', '.join(strategies.ALL)} (default: those that are not "
                             "'without')")
    parser.add_argument("--mutant", metavar="NAME,...", default="", help="only these")
    parser.add_argument("--seeds", type=arguments.count, default=20, metavar="N")
    parser.add_argument("--cap", type=arguments.count, default=20_000, metavar="N",
                        help="executions per search, at most (default 20000)")
    experiment.add_options(parser, common.BUILD / "strategies.json",
                           "the rows; taken up again if it is there", resume=False)
    results.add_option(parser, "strategies")
    parser.set_defaults(resume=True)
    options = parser.parse_args()
    options.strategies = common.chosen("strategy", options.strategy, strategies.ALL)
    options.cases = strategies.cases_of_mutants()
    options.mutants = common.chosen("mutant", options.mutant, list(options.cases))
    return options


def main(options):
    common.BUILD.mkdir(exist_ok=True)
    files.check_writable(options.json, "--json")
    measured = strategies.Searches(options)
    rows = measured.run()
    results.show(measured, rows)
    beyond = strategies.beyond_limit(rows)
    for text in beyond:
        say(text)
    return common.EXIT_FAILED if beyond else common.EXIT_OK
