"""Measures the harness: puts each known defect back and counts how long the fuzzer needs to see it.

For each mutant, engine, flavour (from the patch's header), corpus mode and engine seed one
single-worker campaign runs until it finds something or its time is up. One finding of each is
minimised, to at most 3 goroutines and 8 operations; it must fail in every one of 100 replays with
the mutant, and pass without it, as must 1,000 schedules near its own. Prints Markdown tables of
medians. Exit code: 0 when every campaign found its mutant by an oracle of the header's list, 1 when
not, 2 when all that is missing are mutants that could not be measured.
"""

import arguments
import building
import engines
import experiment
import mutant_hunts
import mutants
import needs
from common import EXIT_OK, Unusable, cores, relative, say


def NEEDS(options):  # pylint: disable=invalid-name
    if options.list:
        return ()
    return needs.AFL if engines.uses_afl(options.engine) else needs.BUILD


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--names", type=arguments.mutant_list, metavar="A,B",
                        help="only these (default: all)")
    parser.add_argument("--engine", choices=engines.NAMES, default="libfuzzer",
                        help="all: one after the other, side by side in the table")
    parser.add_argument("--seeds", type=arguments.count, default=1,
                        help="engine seeds per mutant (default 1)")
    parser.add_argument("--from", dest="modes", choices=["seeds", "empty", "both"],
                        default="seeds", help="begin with corpus/seeds, or with nothing")
    parser.add_argument("--seconds", type=arguments.seconds(1), default=120.0,
                        help="budget of a campaign")
    parser.add_argument("--jobs", type=arguments.workers, default=cores(), help="campaigns at once")
    experiment.add_options(parser, "mutants", json_help="also write all runs here")
    parser.add_argument("--list", action="store_true", help="print the mutants and stop")
    options = parser.parse_args()
    options.modes = ["seeds", "empty"] if options.modes == "both" else [options.modes]
    return options


def main(options):
    chosen = [mutants.find(name) for name in options.names or mutants.names()]
    if options.list:
        for mutant in chosen:
            say(f"{mutant.name}: {mutant.header.get('title', '')} "
                f"[{', '.join(mutant.flavours)}; {', '.join(mutant.oracles)}]")
        return EXIT_OK
    if not chosen:
        raise Unusable(f"no mutants in {relative(mutants.FOLDER)}")
    for flavour in sorted({flavour for mutant in chosen for flavour in mutant.flavours}):
        building.build(building.clean_tree(), flavour, ["concertina"])
    options.mutants = [mutant.name for mutant in chosen]
    measured = mutant_hunts.Hunts(options)
    rows = measured.show(measured.run())
    good = sum(not row["faults"] for row in rows)
    say(f"\n{good} of {len(rows)} rows are good")
    return mutant_hunts.code_of(rows)
