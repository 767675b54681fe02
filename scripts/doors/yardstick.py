"""Measures strategies on small programs with known bugs: schedules to the first that shows the bug.

Prints a Markdown table: for each program and strategy the mean over the seeds that found the bug,
and how many did if not all; beside it what has been published of other tools. A second table has
schedules a second. stress/lab/yardstick/README.md says what the programs are, and why figures of
different tools are not the same measure. SafeStack is left out unless it is named: it needs millions
of schedules (--program safestack --cap 1000000000 --seconds 60).
Exit code: 0 measured, 1 a run ended neither well nor with its program's bug, 2 could not run.
"""

import arguments
import building
import common
import experiment
import files
import needs
import results
import yard as yardstick
from common import say

NEEDS = needs.BUILD


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--program", metavar="NAME,...", default="",
                        help="only these (default: all but safestack)")
    parser.add_argument("--strategy", metavar="NAME,...", default="",
                        help="only these (default: all)")
    parser.add_argument("--seeds", type=arguments.count, default=20, metavar="N",
                        help="searches per program and strategy (20)")
    parser.add_argument("--seed", type=arguments.seed, default=1, help="of the first search (1)")
    parser.add_argument("--cap", type=arguments.count, default=10000, metavar="N",
                        help="schedules per search, at most (10000)")
    parser.add_argument("--seconds", type=arguments.seconds(0), default=0, metavar="S",
                        help="seconds per search, at most (0: no limit)")
    parser.add_argument("--speed", type=arguments.seconds(0), default=0.2, metavar="S",
                        help="seconds to measure each speed for (0.2; 0: not at all)")
    experiment.add_options(parser, json_help="the rows; written after each, so that a killed run keeps "
                           "what it has")
    results.add_option(parser, "yardstick")
    parser.add_argument("--list", action="store_true",
                        help="print the programs and strategies, and stop")
    options = parser.parse_args()
    # The program itself has the last word; but it must first be built.
    common.chosen("program", options.program, yardstick.programs_in_source())
    common.chosen("strategy", options.strategy, yardstick.strategies_in_source())
    return options


def main(options):
    files.check_writable(options.json, "--json")
    building.build(building.clean_tree(), "none", ["yardstick"])
    yard = yardstick.Yard(building.clean_tree().binary("none", "yardstick"))
    if options.list:
        say("\n".join(yard.described()))
        return common.EXIT_OK
    programs = common.chosen("program", options.program, list(yard.programs),
                                without=yardstick.ONLY_WHEN_NAMED)
    strategies = common.chosen("strategy", options.strategy, yard.strategies,
                                  without=yardstick.portfolios_without_one(yard.strategies))
    measured = yardstick.Searches(options, yard, programs, strategies)
    rows = measured.run()
    say(f"{options.seeds} seeds from {options.seed}, at most {options.cap:,} schedules"
        + (f" or {options.seconds:g} s" if options.seconds else "") + " each.\n\n" + yardstick.NOTE)
    results.show(measured, rows)
    strange = [row for row in rows if row["strange"]]
    for row in strange:
        say(f"{row['program']}, {row['strategy']}: {row['strange']} runs ended neither well nor "
            f"with the bug")
    return common.EXIT_FAILED if strange else common.EXIT_OK
