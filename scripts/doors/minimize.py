"""Makes a failing case as small as possible: schedule, then program under fresh schedules, then
preemptions.

The result fails with the same signature as the input. The mutant is the one that the header
names, unless --mutant names another. Exit code: 0 written, 2 it does not fail, or could not run.
Interrupted, it writes nothing.
"""

import sys

import arguments
import building
import cases
import common
import concertina
import mutants
import needs

NEEDS = needs.BUILD


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("file", metavar="FILE", type=arguments.existing,
                        help="a case, or engine bytes that are named as such (fuzzers/README.md)")
    arguments.add_form(parser)
    parser.add_argument("-o", "--output", metavar="OUT", help="default: FILE with .min.case")
    parser.add_argument("--mutant", type=arguments.mutant, metavar="NAME",
                        help="run with fuzzers/mutants/NAME.patch applied (default: the header's "
                             "bug)")
    parser.add_argument("--flavour", choices=common.FUZZ_FLAVOURS,
                        help="default: the first that the header names, or address")
    parser.add_argument("--budget", type=arguments.count, default=3_000_000, help="runs, at most")
    parser.add_argument("--seed", type=arguments.seed, default=1, help="seed of the search")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    return parser.parse_args()


def main(options):
    reader = building.build_tool(building.clean_tree(), options.flavour or "address")
    header = concertina.header(reader, options.file, options.bytes)
    mutant = options.mutant
    if mutant is None:
        mutant = header["bug"] if header.get("bug") in mutants.names() else ""
    flavour = cases.choose_flavour(options.file, header, options.flavour)
    tool = building.build_tool(building.tree(mutant), flavour)
    command = concertina.command(tool, "minimize", "--budget", options.budget, "--seed",
                                 options.seed, files=[options.file], as_bytes=options.bytes)
    if options.output:
        command += ["-o", concertina.plain(options.output)]
    if options.json:
        command += ["--json"]
    if sys.stderr.isatty():
        command += ["--progress"]
    sys.stdout.flush()
    return common.verdict_of(concertina.talk(command))
