"""Verifies the litmus set: every schedule of corpus/litmus with at most so many preemptions.

Without --mutants each program must be complete and pass on this tree. With it, each mutant is put into
a copy of the tree, and the program that shows it with the fewest preemptions, then schedules, is named;
in the flavour none first, then in those of the patch's header. A mutant that no program shows needs a
reason in lib/litmus.py. Exit code: 0 as it must be, 1 not, 2 could not run.
"""

import arguments
import building
import common
import concertina
import files
import litmus
import mutants
import needs
import provenance
from common import say

NEEDS = needs.BUILD


def identity(mutant, options):
    """What a row is of."""
    return provenance.of(mutant, litmus.programs(), bound=options.bound, budget=options.budget)


def verify_all(options):
    clean = building.clean_tree()
    rows = []
    measured_of = identity("", options)
    for flavour in options.flavours or ["none"]:
        building.build(clean, flavour, ["concertina"])
        for path in litmus.programs():
            answer = concertina.verify(clean.tool(flavour), path, options.bound,
                                       budget_s=options.budget)
            row = {**litmus.row_of(path.stem, answer), "flavour": flavour}
            rows.append(provenance.labelled(row, measured_of))
            say(f"{flavour}: {path.stem}: {rows[-1]['end']}, {rows[-1]['schedules']:,} schedules, "
                f"{rows[-1]['seconds']:.1f} s")
    good = sum(row["end"] == "complete" for row in rows)
    return rows, litmus.programs_table(rows), good


def flavours_for(mutant, options):
    return options.flavours or list(dict.fromkeys(["none", *mutant.flavours]))


def measure(mutant, options):
    measured_of = identity(mutant.name, options)
    tree = building.mutant_tree(mutant.name, building.SLOT)
    found_in = mutants.folder_of(mutant.name) / "litmus"
    found_in.mkdir(parents=True, exist_ok=True)
    row = provenance.labelled({"mutant": mutant.name, "found": False, "flavour": ""}, measured_of)
    for flavour in flavours_for(mutant, options):
        building.build(tree, flavour, ["concertina"])
        cases = []
        only, bound = litmus.DEEPER.get(mutant.name, (None, options.bound))
        best = litmus.hunt(tree.tool(flavour), max(bound, options.bound), cases, found_in,
                           budget_s=options.budget, only=only)
        if not best:
            continue
        row.update(best, found=True, flavour=flavour, shown_by=[case["program"] for case in cases],
                   replays_failing=litmus.replays_that_fail(tree.tool(flavour), best))
        break
    row["faults"] = list(litmus.faults_of(row, mutant))
    return row


def hunt_mutants(options):
    rows = []
    for name in options.names or mutants.names():
        rows.append(measure(mutants.find(name), options))
        row = rows[-1]
        say(f"{row['mutant']}: " + (
            f"{row['program']}, {row['flavour']}, {row['bound']} preemptions, "
            f"{row['schedules']:,} schedules: {row['signature']}" if row["found"] else "not found")
            + "".join(f" {fault}" for fault in row["faults"]))
        if options.json:
            files.write_json(options.json, rows)
    return rows, litmus.mutants_table(rows), sum(not row["faults"] for row in rows)


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("--mutants", action="store_true", help="hunt the mutants")
    parser.add_argument("--names", type=arguments.mutant_list, metavar="A,B",
                        help="only these mutants (default: all)")
    parser.add_argument("--bound", type=arguments.preemptions, default=2,
                        help="preemptions at most (default 2)")
    parser.add_argument("--flavour", dest="flavours", action="append",
                        choices=common.FUZZ_FLAVOURS, help="may be repeated")
    parser.add_argument("--budget", type=arguments.seconds(1), metavar="S", help="seconds a program")
    parser.add_argument("--json", metavar="FILE", help="also write the rows here")
    return parser.parse_args()


def main(options):
    files.check_writable(options.json, "--json")
    rows, table, good = hunt_mutants(options) if options.mutants else verify_all(options)
    if options.json:
        files.write_json(options.json, rows)
    say(f"\n{table}\n\n{good} of {len(rows)} rows are good")
    return common.EXIT_OK if good == len(rows) else common.EXIT_FAILED
