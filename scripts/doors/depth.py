"""How many preemptions each regression needs, and which two steps it turns on.

Each case is explored with the mutant that its header names: without a sanitizer if the same oracle sees
it there, else in the flavours that the header names. Where exploring takes too long, the preemptions of
failing runs are made fewer; the depth is then "at most" what that comes to, unless all fewer were
explored. With --write, both become lines of its header.
A header is of the build that wrote it: one that this build has shown to be wrong is named.
Exit code: 0 when every case has a depth, or such a bound of it, and no header is wrong; 1 when not,
2 could not run.
"""

from pathlib import Path

import arguments
import building
import cases
import common
import concertina
import depths
import files
import mutants
import needs
import provenance
from common import say

NEEDS = needs.BUILD

REGRESS = common.ROOT / "corpus" / "regress"


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("files", metavar="FILE", nargs="*", type=arguments.existing,
                        help="default: all of corpus/regress")
    parser.add_argument("--bound", type=arguments.preemptions, default=depths.BOUND,
                        help="preemptions at most")
    parser.add_argument("--budget", type=arguments.seconds(1), default=depths.BUDGET_S,
                        help="seconds to explore a case, and as many to reduce its failing runs")
    parser.add_argument("--starts", type=arguments.count, metavar="N",
                        help="failing runs to reduce where exploring finds none (default: the tool's)")
    parser.add_argument("--reducing-runs", type=arguments.count, metavar="N",
                        help="runs for each of them (default: the tool's)")
    parser.add_argument("--flavour", dest="flavours", action="append",
                        choices=common.FUZZ_FLAVOURS, help="only this one; may be repeated")
    parser.add_argument("--write", action="store_true", help="into the cases' headers")
    parser.add_argument("--json", metavar="FILE", help="also write the rows here")
    return parser.parse_args()


def more_options(options):
    """What is handed on to the tool as it is."""
    wanted = {"--starts": options.starts, "--reducing-runs": options.reducing_runs}
    return [part for name, value in wanted.items() if value is not None
            for part in (name, str(value))]


def flavours_for(path, header, options):
    if options.flavours:
        return options.flavours
    return list(dict.fromkeys(["none", *cases.able_flavours(path, header)]))


def of_mutant(name, found, options, clean):
    """Rows of all cases that one mutant's tree is built for."""
    tree = building.mutant_tree(name, building.SLOT)
    for path, header in found:
        answer, flavour = depths.UNKNOWN, ""
        measured_of = provenance.of(name, [path], bound=options.bound, budget=options.budget,
                                    more=more_options(options))
        # Most bugs show without a sanitizer, too, and that is the fastest; but it must be the same one.
        for flavour in flavours_for(path, header, options):
            building.build(tree, flavour, ["concertina"])
            answer = depths.depth_of(tree.tool(flavour), path, options.bound, options.budget,
                                     more_options(options))
            if answer["known"] and depths.oracle_of(answer) == header["oracle"]:
                break
            answer = depths.UNKNOWN
        fields = depths.fields_of(answer)
        if options.write and fields and depths.improves(answer, header):
            concertina.write_text(clean.tool("none"), path, path, fields)
        say(f"{path.stem}: {answer['depth_words'] or 'not found'}; {answer['pair_words'] or 'no pair'}")
        contradiction = depths.contradiction(answer, header)
        if contradiction:
            say(f"{path.stem}: {contradiction}" + (", which it says now" if options.write else ""))
        row = {"case": path.stem, "flavour": flavour, **answer,
               "contradiction": "" if options.write else contradiction}
        yield provenance.labelled(row, measured_of)


def main(options):
    files.check_writable(options.json, "--json")
    paths = [Path(name) for name in options.files] or sorted(REGRESS.glob("*.case"))
    clean = building.clean_tree()
    building.build(clean, "none", ["concertina"])
    by_mutant = {}
    for path in paths:
        header = concertina.header(clean.tool("none"), path)
        if header.get("bug") not in mutants.names():
            raise common.Unusable(f"{path}: its header names no mutant")
        by_mutant.setdefault(header["bug"], []).append((path, header))
    rows = []
    for name, found in sorted(by_mutant.items()):
        rows += of_mutant(name, found, options, clean)
        if options.json:
            files.write_json(options.json, rows)
    say("\n" + depths.table(rows))
    known = sum(row["known"] for row in rows)
    say(f"\n{known} of {len(rows)} have a depth or an upper bound of it, "
        f"{sum(row.get('proved', False) for row in rows)} proved")
    wrong = [row for row in rows if row["contradiction"]]
    for row in wrong:
        say(f"{row['case']}: {row['contradiction']}: --write corrects it")
    return common.EXIT_OK if known == len(rows) and not wrong else common.EXIT_FAILED
