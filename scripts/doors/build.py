"""Builds one flavour of the tree, or of the tree with a mutant in it.

The last line printed is the build folder.
"""

import arguments
import building
import common


def main():
    parser = arguments.parser(__doc__)
    parser.add_argument("flavour", nargs="?", default="address", choices=common.FLAVOURS)
    parser.add_argument("--mutant", default="", metavar="NAME",
                        help="build a copy with fuzzers/mutants/NAME.patch applied")
    parser.add_argument("--target", action="append", default=[], metavar="T",
                        help="build this target only; may be repeated")
    options = parser.parse_args()
    folder = building.build(building.tree(options.mutant), options.flavour, options.target,
                            quiet=False)
    common.say(folder)
    return common.EXIT_OK
