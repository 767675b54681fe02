"""Makes a finding a regression: corpus/regress/BEHAVIOUR.case, which the test suite replays from
then on.

A regression shows a bug that is fixed: the case must pass on this tree, and so must schedules near
its own; and it must fail, in every replay, on the mutant that puts the bug back (the header's bug,
or --mutant), in a flavour in which that is hunted. Those flavours, and the oracle that sees it, go
into the header. With --measured, the cases are those that a measurement of scripts/mutants has
minimised and replayed, one per mutant and flavour, named after the mutant.
Exit code: 0 written, 1 it is not a regression (with the reason), 2 could not run.
"""

import re

import arguments
import building
import concertina
import depth
import files
import mutants
import needs
import promoting
from common import EXIT_FAILED, EXIT_OK, ROOT, Unusable, relative, say

NEEDS = needs.BUILD

REGRESS = ROOT / "corpus" / "regress"
NAME = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)+$")


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("case", metavar="CASE", nargs="?", type=arguments.existing,
                        help="a finding; minimise it first")
    parser.add_argument("--measured", type=arguments.existing, metavar="JSON",
                        help="what scripts/mutants --json wrote, instead of CASE and --name")
    parser.add_argument("--name", metavar="BEHAVIOUR",
                        help="what goes wrong, in words-with-hyphens; becomes the file's name")
    parser.add_argument("--title", help="a sentence for the header (default: the name as words)")
    parser.add_argument("--mutant", type=arguments.mutant, metavar="NAME",
                        help="the mutant that re-creates it (default: the header's bug)")
    parser.add_argument("--times", type=arguments.count, default=100,
                        help="replays with the mutant")
    parser.add_argument("--neighbours", type=arguments.count_or_none, default=1000,
                        help="neighbouring schedules without the mutant")
    parser.add_argument("--force", action="store_true", help="overwrite a case of that name")
    options = parser.parse_args()
    if options.measured:
        return options
    if not options.case or not options.name:
        parser.error("give CASE and --name, or --measured")
    if not NAME.match(options.name):
        parser.error(f"--name: '{options.name}' is not words-with-hyphens in small letters")
    if target_of(options).exists() and not options.force:
        raise Unusable(f"{relative(target_of(options))} exists (--force overwrites it)")
    return options


def target_of(options):
    return REGRESS / f"{options.name}.case"


def write_case(tool, source, target, fields):
    REGRESS.mkdir(parents=True, exist_ok=True)
    concertina.write_text(tool, source, target, fields)
    say(f"wrote {relative(target)}: {fields['oracle']}, seen in {fields['flavour']}")


def promote_measured(options):
    """The measurement has replayed them already: with the mutant, without it, and their
    neighbours."""
    tool = building.build_tool(building.clean_tree(), "none")
    rows = files.read_json(options.measured, "what scripts/mutants --json wrote")
    for name, row in sorted(promoting.choose(rows).items()):
        target = REGRESS / f"{name}.case"
        if target.exists() and not options.force:
            say(f"{relative(target)} exists (--force overwrites it)")
            continue
        outdated = promoting.why_outdated(row)
        if outdated:
            raise Unusable(f"{options.measured}: what it says of {row['mutant']} is not of this "
                           f"tree ({outdated}): measure again")
        answer = row["kept"]["minimised"]
        write_case(tool, answer["output"], target, {
            "title": mutants.find(row["mutant"]).header.get("title", row["mutant"]),
            "bug": row["mutant"], "oracle": answer["oracle"], "flavour": row["flavour"],
            "expect": "pass"})
    return EXIT_OK


def main(options):
    if options.measured:
        return promote_measured(options)
    target = target_of(options)
    clean = building.clean_tree()
    reader = building.build_tool(clean, "none")
    header = concertina.header(reader, options.case)
    name = options.mutant or header.get("bug")
    if not name:
        raise Unusable(f"{options.case}: its header names no bug; say which mutant re-creates it: "
                       "--mutant NAME")
    mutant = mutants.find(name)
    for flavour in mutant.flavours:
        tool = building.build_tool(clean, flavour)
        say(f"without {mutant.name}, {flavour}: one replay, {options.neighbours} neighbours")
        complaint = promoting.complaint_of_clean(tool, options.case, options.neighbours)
        if complaint:
            say(f"not promoted: {complaint}")
            return EXIT_FAILED
    tree = building.mutant_tree(mutant.name, building.SLOT)
    answers = {}
    for flavour in mutant.flavours:
        answers[flavour] = concertina.replay(building.build_tool(tree, flavour), options.case,
                                             options.times, limit_s=3600)
        say(f"with {mutant.name}, {flavour}: {answers[flavour]['failures']} of {options.times} "
            f"replays fail ({answers[flavour]['signature']})")
    oracle, flavours = promoting.who_sees_it(answers, header.get("oracle", ""))
    if not flavours:
        say(f"not promoted: in no flavour does every replay with {mutant.name} fail")
        return EXIT_FAILED
    fields = {"title": options.title or options.name.replace("-", " "), "bug": mutant.name,
              "oracle": oracle, "flavour": promoting.flavour_words(flavours), "expect": "pass"}
    if not header.get("depth"):  # scripts/minimize writes it
        fields.update(depth.fields_of(depth.depth_of(tree.tool(flavours[0]), options.case)))
    write_case(reader, options.case, target, fields)
    return EXIT_OK
