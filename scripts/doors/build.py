"""Builds one flavour of the tree, or of the tree with a mutant in it.

The last line printed is the build folder.
"""

import arguments
import building
import common
import needs

NEEDS = needs.BUILD


def parse_options():
    parser = arguments.parser(__doc__)
    parser.add_argument("flavour", nargs="?", default="address", choices=common.FLAVOURS)
    parser.add_argument("--mutant", default="", type=arguments.mutant, metavar="NAME",
                        help="build a copy with fuzzers/mutants/NAME.patch applied")
    parser.add_argument("--target", action="append", default=[], metavar="T",
                        help="build this target only; may be repeated")
    return parser.parse_args()


def main(options):
    folder = building.build(building.tree(options.mutant), options.flavour, options.target,
                            quiet=False)
    common.say(folder)
    return common.EXIT_OK
