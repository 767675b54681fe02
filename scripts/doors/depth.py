"""How many preemptions each regression needs, and which two steps it turns on.

Each case is explored with the mutant that its header names: without a sanitizer if the same oracle sees
it there, else in the flavours that the header names. Where exploring takes too long, the preemptions of
failing runs are reduced; the depth is then "at most" the result, unless all lower bounds were explored.
With --write, depth and steps become lines of the case's header. A header comes from the build that
wrote it: those that this build has shown to be wrong are listed.
Exit code: 0 when every case has a depth, or an upper bound of it, and no header is wrong; 1 when not,
2 could not run.
"""

from pathlib import Path

import arguments
import building
import common
import depths
import experiment
import files
import mutants
import needs
from common import say

NEEDS = needs.BUILD

REGRESS = common.ROOT / "corpus" / "regress"


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("files", metavar="FILE", nargs="*", type=arguments.existing,
                        help="default: all of corpus/regress")
    parser.add_argument("--bound", type=arguments.preemptions, default=depths.BOUND,
                        help="preemptions, at most")
    parser.add_argument("--budget", type=arguments.seconds(1), default=depths.BUDGET_S,
                        help="seconds to explore each case, and as many again to reduce its failing runs")
    parser.add_argument("--starts", type=arguments.count, metavar="N",
                        help="failing runs to reduce if exploring finds no proof (default: the tool's)")
    parser.add_argument("--reducing-runs", type=arguments.count, metavar="N",
                        help="runs to reduce each of them (default: the tool's)")
    parser.add_argument("--flavour", dest="flavours", action="append",
                        choices=common.FUZZ_FLAVOURS, help="only this one; may be repeated")
    parser.add_argument("--write", action="store_true", help="write into the cases' headers")
    experiment.add_options(parser)
    options = parser.parse_args()
    handed_on = {"--starts": options.starts, "--reducing-runs": options.reducing_runs}
    options.more = [part for name, value in handed_on.items() if value is not None
                    for part in (name, str(value))]
    return options


def main(options):
    files.check_writable(options.json, "--json")
    paths = [Path(name) for name in options.files] or files.listed(REGRESS, "*.case")
    clean = building.clean_tree()
    building.build(clean, "none", ["concertina"])
    found = depths.by_mutant(clean.tool("none"), paths, mutants.names())
    measured = depths.Depths(options, found, clean)
    rows = measured.run()
    say("\n" + "\n".join(measured.tables(rows)))
    known = sum(row["known"] for row in rows)
    say(f"\n{known} of {len(rows)} have a depth or an upper bound of it, "
        f"{sum(row.get('proved', False) for row in rows)} proved")
    wrong = [row for row in rows if row["contradiction"]]
    for row in wrong:
        say(f"{row['case']}: {row['contradiction']}: --write corrects it")
    return common.EXIT_OK if known == len(rows) and not wrong else common.EXIT_FAILED
