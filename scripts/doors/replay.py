"""Replays inputs: prints the program as Go-like text, the verdict and, for a failure, the last
steps.

Each file runs in a child process of the flavour that its header asks for (address when any will
do). Exit code: 0 when every verdict is what the header expects (a pass, if it says nothing), 1 when
one is not, 2 when a file cannot be read or the flavour given cannot see the bug.
"""

import sys

import arguments
import building
import cases
import concertina
import mutants
import needs
from common import EXIT_OK, EXIT_UNUSABLE, FUZZ_FLAVOURS, Unusable, verdict_of

NEEDS = needs.BUILD


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("files", nargs="+", type=arguments.existing, metavar="FILE",
                        help="cases, or engine bytes that are named as such (fuzzers/README.md)")
    arguments.add_form(parser)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--mutant", default="", type=arguments.mutant, metavar="NAME",
                       help="replay against a copy with fuzzers/mutants/NAME.patch applied")
    group.add_argument("--own-mutant", action="store_true",
                       help="replay each file on the mutant that its header names, in each flavour "
                            "that it names: there it must fail")
    parser.add_argument("-q", "--quiet", action="store_true", help="one line per file and flavour")
    parser.add_argument("--neighbours", type=arguments.count_or_none, default=0, metavar="N",
                        help="also run N schedules near each file's own; all must pass")
    parser.add_argument("--flavour", choices=FUZZ_FLAVOURS,
                        help="default: what the header asks for")
    parser.add_argument("--times", type=arguments.count, default=1, help="replays of each file")
    parser.add_argument("--last", type=arguments.count_or_none, default=40,
                        help="steps to print of a failure (default %(default)s)")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto",
                        help="default: on a terminal, unless NO_COLOR is set")
    parser.add_argument("--raw", action="store_true",
                        help="also print a sanitizer's own report, as it is")
    parser.add_argument("--timeout", type=arguments.whole(1, arguments.YEAR_S), default=20,
                        help="seconds until a run has hung (default %(default)s)")
    return parser.parse_args()


def flavours_of(path, header, options):
    """On its own mutant a case is replayed wherever it can be seen; else in one flavour."""
    if options.own_mutant and not options.flavour:
        return cases.able_flavours(path, header) or ["address"]
    return [cases.choose_flavour(path, header, options.flavour)]


def replay_file(tree, path, header, options):
    """The tool does the work and the talking."""
    asked = [["replay", "--expect-from-header", "--last", options.last, "--timeout",
              options.timeout, "--times", options.times, "--color", options.color,
              *(["--raw"] if options.raw else []),
              *(["--mutant", tree.mutant] if options.own_mutant else []),
              *(["--quiet"] if options.quiet else [])]]
    if options.neighbours:
        asked.append(["neighbours", "--count", options.neighbours])
    worst = EXIT_OK
    for flavour in flavours_of(path, header, options):
        tool = building.build_tool(tree, flavour)
        for words in asked:
            sys.stdout.flush()
            worst = max(worst, verdict_of(concertina.talk(concertina.command(
                tool, *words, files=[path], as_bytes=options.bytes))))
    return worst


def mutant_of(path, header, options):
    if not options.own_mutant:
        return options.mutant
    if not header.get("bug"):
        raise Unusable(f"{path}:1:1: the header names no bug, so there is no mutant to replay it "
                       f"on")
    return mutants.find(header["bug"]).name


def main(options):
    # Headers are read by a tool of the unchanged tree: which mutant runs does not matter for that.
    reader = building.build_tool(building.clean_tree(), options.flavour or "address")
    worst = EXIT_OK
    by_mutant = {}
    for path in options.files:
        try:
            header = concertina.header(reader, path, options.bytes)
            by_mutant.setdefault(mutant_of(path, header, options), []).append((path, header))
        except Unusable as reason:
            print(reason, file=sys.stderr)
            worst = EXIT_UNUSABLE
    for mutant, files in by_mutant.items():
        tree = building.mutant_tree(mutant, building.SLOT) if options.own_mutant \
            else building.tree(mutant)
        for path, header in files:
            try:
                worst = max(worst, replay_file(tree, path, header, options))
            except Unusable as reason:
                print(reason, file=sys.stderr)
                worst = EXIT_UNUSABLE
    return worst
