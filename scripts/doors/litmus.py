"""Verifies the litmus set: every schedule of corpus/litmus with a bounded number of preemptions.

Without --mutants each program must be complete and pass on this tree. With it, each mutant is put into
a copy of the tree, and the program that shows it with the fewest preemptions, then schedules, is named;
in the flavour none first, then in those of the patch's header. A mutant that no program shows needs a
reason in lab/litmus.py. Exit code: 0 as expected, 1 not, 2 could not run.
"""

import arguments
import common
import experiment
import files
import litmus
import needs
import results
from common import say

NEEDS = needs.BUILD


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--mutants", action="store_true", help="hunt the mutants")
    parser.add_argument("--names", type=arguments.mutant_list, metavar="A,B",
                        help="only these mutants (default: all)")
    parser.add_argument("--bound", type=arguments.preemptions, default=2,
                        help="preemptions, at most (default 2)")
    parser.add_argument("--flavour", dest="flavours", action="append",
                        choices=common.FUZZ_FLAVOURS, help="may be repeated")
    parser.add_argument("--budget", type=arguments.seconds(1), metavar="S", help="seconds per program")
    experiment.add_options(parser)
    results.add_option(parser, "litmus")
    options = parser.parse_args()
    if options.write and options.mutants:
        options.write = "litmus-mutants"
    return options


def main(options):
    files.check_writable(options.json, "--json")
    measured = (litmus.Hunt if options.mutants else litmus.Verification)(options)
    rows = measured.run()
    good = sum(map(measured.is_good, rows))
    results.show(measured, rows)
    say(f"\n{good} of {len(rows)} rows are good")
    return common.EXIT_OK if good == len(rows) else common.EXIT_FAILED
